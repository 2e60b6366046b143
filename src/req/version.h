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
	struct pf_str text;	/* as written, less white space around it */
	struct pf_str epoch;
	struct pf_str *release;
	size_t release_count;
	struct pf_str pre_kind;	/* "a", "b" or "rc" */
	struct pf_str pre, post, dev;
	struct pf_str local;	/* lower case, parts joined by dots, numbers without leading zeros */
};

/* EMODEL when it is no version, ELIMIT beyond PF_MAX_VERSION bytes. */
int pf_version_parse(struct pf_version *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
/* The order of PEP 440: negative, 0 or positive. 1.0 and 1.0.0 are equal. */
int pf_version_cmp(const struct pf_version *l, const struct pf_version *r);
/* A pre-release or a development release? */
bool pf_version_is_pre(const struct pf_version *v);
/* The normal form, "1!2.0rc1.post2.dev3+local.4". */
struct pf_str pf_version_print(struct pf_arena *a, const struct pf_version *v);
/* The same without trailing ".0" of the release: equal versions, equal texts. */
struct pf_str pf_version_canonical(struct pf_arena *a, const struct pf_version *v);
