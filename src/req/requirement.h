/* requirement.h - one requirement (PEP 508): name[extras] specifier or @ URL ; marker */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/marker.h"
#include "req/name.h"
#include "req/specifier.h"

/* Views borrow from the text that was read and from the arena. */
struct pf_requirement {
	struct pf_str name;	/* as written */
	struct pf_str key;	/* canonical: "scikit-learn" */
	struct pf_strs extras;	/* as written, sorted, no doubles */
	struct pf_specset specs;
	struct pf_str url;	/* empty: none */
	struct pf_marker *marker; /* NULL: none */
};

/* EMODEL saying what was expected and where; ELIMIT for limits. */
int pf_requirement_parse(struct pf_requirement *out, struct pf_arena *a, struct pf_str text,
			 struct pf_err *err) PF_MUST_USE;
/* The same of a published package's metadata: what old tools let pass and what is meant is beyond
 * doubt is read as uv reads it (">=1.0.*", ">=1.0<2", a last comma, quoted versions). */
int pf_requirement_parse_published(struct pf_requirement *out, struct pf_arena *a,
				   struct pf_str text, struct pf_err *err) PF_MUST_USE;
/* The normal form: 'pandas[excel]<3,>=2; python_version < "4"'. */
struct pf_str pf_requirement_print(struct pf_arena *a, const struct pf_requirement *r);
