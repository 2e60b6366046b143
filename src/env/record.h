/* record.h - locks: which plan the same needs came to before */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/solve.h"

/* The name of the needs' lock: a digest of what was asked, of the interpreter, the manager and the
 * settings of indexes. NULL where what they come to cannot be told from their text (files of the
 * model's own). */
char *pf_record_name(struct pf_arena *a, const struct pf_needs *needs,
		     const struct pf_python *python, const struct pf_opts *o);
/* That of the last one, whatever the settings of indexes were: for those who go to none. */
char *pf_record_last(struct pf_arena *a, const struct pf_needs *needs,
		     const struct pf_python *python, const struct pf_opts *o);

/* STORE/locks/NAME.json is two lines: {"schema":...,"key":...,"left_out":[...]} and the plan. */
int pf_record_write(const char *store, const char *name, const struct pf_plan *plan,
		    struct pf_err *err) PF_MUST_USE;
/* The first line: key and left_out. 1, or 0 when there is none (or a damaged one). */
int pf_record_head(struct pf_plan *out, const char *store, const char *name);
/* All of it. 1, or 0 also where it cannot be carried out, since a URL's secrets are not
 * recorded. */
int pf_record_plan(struct pf_plan *out, const char *store, const char *name);
