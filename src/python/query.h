/* query.h - what an interpreter says of itself, asked once and remembered */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"

/* Fills the installation's part of `p` (everything but exe, prefix, substitute and origins; paths
 * are those of the installation) for the program `real`, a resolved path. `known` is the folder of
 * remembered answers, or NULL. EIO when it cannot be run, ELIMIT when it hangs, EMODEL when what
 * it says is no Python's answer. */
int pf_query(struct pf_python *p, const char *real, const char *known,
	     struct pf_err *err) PF_MUST_USE;

/* The answer's text into `p`, every line checked. For tests. */
int pf_query_parse(struct pf_python *p, struct pf_str text, struct pf_err *err) PF_MUST_USE;
