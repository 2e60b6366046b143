/* version.h - versions of Python distributions (PEP 440): read, ordered, written */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* Numbers are views of their digits without leading zeros ("0" for zero), so that none is too
 * big; a part that is not there is a view of NULL. The views borrow from the text that was read
 * and from the arena. A zeroed struct is no version: release_count is 0. */
struct pf_version {
	struct pf_str text;	/* as it was given */
	struct pf_str epoch;
	struct pf_str *release;
	size_t release_count;
	struct pf_str pre_kind;	/* "a", "b" or "rc" */
	struct pf_str pre, post, dev;
	struct pf_str local; /* lower case, parts joined by dots, numbers without leading zeros */
};

/* EMODEL when it is no version, ELIMIT beyond PF_MAX_VERSION bytes. */
int pf_version_parse(struct pf_version *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
/* The same without a word of why: false. */
bool pf_version_read(struct pf_version *out, struct pf_arena *a, struct pf_str text);
/* Reads the version that `text` begins with, "1.0rc1" of "1.0rc1 ; x"; returns its length, or 0.
 * out->text is left alone. */
size_t pf_version_scan(struct pf_version *out, struct pf_arena *a, struct pf_str text);

/* The order of PEP 440: negative, 0 or positive. 1.0 and 1.0.0 are equal. */
int pf_version_cmp(const struct pf_version *l, const struct pf_version *r);
/* The same, local labels left out. */
int pf_version_cmp_public(const struct pf_version *l, const struct pf_version *r);
/* Do epoch and the first `count` numbers of the release agree? */
bool pf_version_same_prefix(const struct pf_version *l, const struct pf_version *r, size_t count);
/* A pre-release or a development release? */
bool pf_version_is_pre(const struct pf_version *v);

/* The normal form, "1!2.0rc1.post2.dev3+local.4". */
struct pf_str pf_version_print(struct pf_arena *a, const struct pf_version *v);
/* The same without trailing ".0" of the release: equal versions, equal texts. */
struct pf_str pf_version_canonical(struct pf_arena *a, const struct pf_version *v);
