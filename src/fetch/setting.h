/* setting.h - inside fetch: what the environment says of servers, and who we are there */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* A variable's value; NULL when it is not there, or empty. */
const char *pf_setting(const char *name);
/* "true" in any case, or "1". */
bool pf_setting_is_true(const char *name);
/* The file that a variable names, else one below the home directory; NULL when it cannot be
 * read. */
char *pf_setting_file(struct pf_arena *a, const char *name, const char *below_home);
/* All of a small file, in the arena. EIO, ELIMIT. */
int pf_setting_read(struct pf_str *out, struct pf_arena *a, const char *path,
		    struct pf_err *err) PF_MUST_USE;
