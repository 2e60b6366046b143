/* used.h - what the environments of a store are made of, of its cache */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/stored.h"

/* A source distribution that was built, or looked into: STORE/built/NAME.json, NAME.metadata. */
struct pf_built {
	struct pf_str name;
	struct pf_str source; /* its SHA-256 */
	struct pf_str wheel;  /* that of its wheel; empty: none was built */
	struct pf_str file;   /* the wheel's name */
};

struct pf_built_list {
	PF_VEC(struct pf_built) items;
};

/* Reads STORE/built into the arena of `s`; a record of other form is one without a wheel. */
int pf_built_read(struct pf_built_list *out, struct pf_stored_list *s,
		  struct pf_err *err) PF_MUST_USE;

/* Puts the SHA-256 of all wheels that the environments' plans name into `used`, those that were
 * built of what is named among them; environments of the keys `gone` do not count. False: one of
 * them has a package whose digest nobody knows. */
bool pf_used_by_plans(struct pf_map *used, struct pf_stored_list *s, const struct pf_strs *gone,
		      const struct pf_built_list *built);
/* Those into which an environment has links by name, without which it would not be whole. */
int pf_used_by_links(struct pf_map *used, struct pf_stored_list *s, struct pf_err *err) PF_MUST_USE;
