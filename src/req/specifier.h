/* specifier.h - version specifiers and sets of them (PEP 440): read, asked, written */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/version.h"

enum pf_spec_op {
	PF_SPEC_COMPATIBLE,	/* ~= */
	PF_SPEC_EQ,
	PF_SPEC_NE,
	PF_SPEC_LE,
	PF_SPEC_GE,
	PF_SPEC_LT,
	PF_SPEC_GT,
	PF_SPEC_ARBITRARY,	/* === : compared as text */
};

struct pf_spec {
	enum pf_spec_op op;
	bool wildcard;		/* ==1.2.* or !=1.2.* ; `version` is 1.2 */
	struct pf_str text;	/* the version as written */
	struct pf_version version; /* of ===: only if its text happens to be one */
};

/* All of them have to hold. Zeroed: everything is admitted. */
struct pf_specset {
	struct pf_spec *v;
	size_t n;
};

/* What becomes of pre-releases: as the set itself and the candidates suggest, taken, left. */
enum pf_pre { PF_PRE_DEFAULT, PF_PRE_ALLOW, PF_PRE_DENY };

/* ">=1.0, <2, !=1.5.*"; empty text is the empty set. EMODEL, ELIMIT. */
int pf_specset_parse(struct pf_specset *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
/* Reads the specifier that `text` begins with; returns its length, or 0 when there is none. */
size_t pf_spec_scan(struct pf_spec *out, struct pf_arena *a, struct pf_str text);
/* One specifier that fills the text, white space around it aside. */
bool pf_spec_read(struct pf_spec *out, struct pf_arena *a, struct pf_str text);
bool pf_spec_admits(const struct pf_spec *s, const struct pf_version *v);

/* Does the set contain this one version? A version whose release_count is 0 (its text is no
 * version) can be admitted by === alone. */
bool pf_specset_admits(const struct pf_specset *s, const struct pf_version *v, enum pf_pre pre);
/* Is it one == (no wildcard) or ===? Then that version; else NULL. */
const struct pf_spec *pf_specset_pin(const struct pf_specset *s);
/* The normal form: no blanks, sorted, no doubles: "!=1.5,<2,>=1.0". */
struct pf_str pf_specset_print(struct pf_arena *a, const struct pf_specset *s);
