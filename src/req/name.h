/* name.h - names of distributions and extras: their one normal form (PEP 503, PEP 685) */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* Lower case, runs of "-", "_" and "." as one "-". ASCII alone changes; nothing is refused. */
struct pf_str pf_name_canonical(struct pf_arena *a, struct pf_str name);
/* Is it in that form already (letters, digits, single "-" inside)? */
bool pf_name_is_canonical(struct pf_str name);
/* [A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])? : what a distribution or an extra may be called. */
bool pf_name_is_valid(struct pf_str name);
/* Do two names mean the same distribution? */
bool pf_name_eq(struct pf_str a, struct pf_str b);
