/* reader.h - the text of a requirement or a marker, read from left to right */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

struct pf_reader {
	struct pf_str text;
	size_t at;
	struct pf_arena *a;
	struct pf_err *err;
};

static inline int pf_reader_fail(struct pf_reader *r, const char *expected)
{
	return pf_fail(r->err, PF_EMODEL, "expected %s at column %zu of '" PF_FMT "'", expected,
		       r->at + 1, PF_ARG(pf_shown(r->text)));
}

static inline char pf_reader_peek(const struct pf_reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static inline void pf_reader_skip_blanks(struct pf_reader *r)
{
	while (pf_reader_peek(r) == ' ' || pf_reader_peek(r) == '\t')
		r->at++;
}

static inline bool pf_reader_take(struct pf_reader *r, char c)
{
	bool there = r->at < r->text.n && r->text.p[r->at] == c;

	r->at += there;
	return there;
}
