/* conda_fetch.h - the conda packages of a plan in the cache: looked up, or fetched and unpacked */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/wheel.h"
#include "fetch/fetch.h"
#include "solve/solve.h"

/* Fills `packages`, as many as there are items, with what the cache has of them by now, and each
 * record's sha256 where it was not known. Files that lie here are unpacked from where they are,
 * others while the rest is still on its way, the biggest first. ETRANSFER, EINTEGRITY (another
 * digest or size, or what pf_conda_package_get refuses), ELIMIT, EIO. `net` may be NULL. */
int pf_conda_fetch(struct pf_wheel *packages, struct pf_planned_conda *items, size_t n,
		   struct pf_workdir *w, const struct pf_net *net, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;

/* Fetches the packages of a plan that are known by MD5 alone, unless that was done before, and adds
 * their SHA-256: before it is sealed, since the key is the same whoever told which digest. */
int pf_conda_learn(struct pf_plan *plan, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
