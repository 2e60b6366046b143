/* names.h - the names of artifacts, for comparison: "module:name module:name", sorted */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base64.h"
#include "check/artifact.h"

static inline int unit_by_text(const void *a, const void *b)
{
	return pf_str_cmp(*(const struct pf_str *)a, *(const struct pf_str *)b);
}

static inline struct pf_str unit_sorted(struct pf_arena *a, struct pf_strs *list)
{
	PF_AUTO(buf) out = PF_BUF((size_t)1 << 20);

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), unit_by_text);
	for (size_t i = 0; i < list->n; i++) {
		pf_buf_cstr(&out, i ? " " : "");
		pf_buf_str(&out, list->v[i]);
	}
	return pf_dup(a, pf_buf_view(&out));
}

static inline struct pf_str unit_found_names(struct pf_arena *a, const struct pf_artifact *found)
{
	struct pf_strs list = { 0 };

	for (size_t i = 0; i < found->names.n; i++) {
		struct pf_str one = pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(found->names.v[i].module),
					      PF_ARG(found->names.v[i].name));

		if (!pf_strs_have(&list, one))
			*PF_PUSH(a, &list) = one;
	}
	return unit_sorted(a, &list);
}

static inline struct pf_str unit_wanted_names(struct pf_arena *a, struct pf_str text)
{
	struct pf_strs list = { 0 };
	struct pf_str one;

	while (text.n && pf_str_next(&text, ' ', &one))
		*PF_PUSH(a, &list) = one;
	return unit_sorted(a, &list);
}
