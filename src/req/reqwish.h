/* reqwish.h - what the index options of requirements files add up to */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "req/needs.h"

/* Adds one line's options. `alone`: the line holds no requirement, where alone most of them count.
 * `dir` is the file's folder below `root`: a --find-links that is there is meant relative to it.
 * ELIMIT: more than PF_MAX_WISHES names. */
int pf_wish_add(struct pf_index_wish *wish, struct pf_arena *a, const struct pf_reqopts *o,
		bool alone, struct pf_str dir, int root, struct pf_err *err) PF_MUST_USE;
/* A value of --no-binary or --only-binary: names, ":all:" and ":none:", each taking from the
 * other's list. */
void pf_wish_formats(struct pf_strs *to, struct pf_strs *other, struct pf_arena *a,
		     struct pf_str value);
