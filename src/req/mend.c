/* mend.c - requirements as published packages wrote them, before indexes looked at them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "req/requirement.h"

/* How far the specifiers have been copied. */
struct mending {
	struct pf_buf out;
	bool begun;	/* an operator was seen since the last comma */
	bool ordered;	/* it was one that takes no ".*" */
};

static bool is_operator(char c)
{
	return c && strchr("<>=!~", c);
}

static void put_operator(struct mending *m, struct pf_str op)
{
	if (m->begun)
		pf_buf_char(&m->out, ',');
	m->begun = true;
	m->ordered = !pf_str_is(op, "==") && !pf_str_is(op, "!=") && !pf_str_is(op, "===");
	pf_buf_str(&m->out, op);
}

static void put_comma(struct mending *m, struct pf_str rest)
{
	rest = pf_str_trim(rest);
	m->begun = false;
	if (rest.n && rest.p[0] != ')')
		pf_buf_char(&m->out, ',');
}

static void mend_specifiers(struct mending *m, struct pf_str s)
{
	for (size_t i = 0, n; i < s.n; i += n) {
		n = 1;
		while (is_operator(s.p[i]) && i + n < s.n && is_operator(s.p[i + n]))
			n++;
		if (is_operator(s.p[i]))
			put_operator(m, pf_str_cut(s, i, i + n));
		else if (s.p[i] == ',')
			put_comma(m, pf_str_skip(s, i + 1));
		else if (m->ordered && pf_str_starts(pf_str_skip(s, i), ".*"))
			n = 2;
		else if (s.p[i] != '\'' && s.p[i] != '"')
			pf_buf_char(&m->out, s.p[i]);
	}
}

/* ">=1.0.*" is >=1.0, ">=1.0<2" wants a comma, ">=1," has one too many, "=='1.0'" quotes. */
int pf_requirement_parse_published(struct pf_requirement *out, struct pf_arena *a,
				   struct pf_str text, struct pf_err *err)
{
	struct mending m = { .out = PF_BUF(PF_MAX_REQ_LINE * 2) };
	size_t marker = pf_str_find(text, ';');
	struct pf_err again;
	int rc = pf_requirement_parse(out, a, text, err);

	if (rc == 0 || err->code != PF_EMODEL ||
	    pf_str_find(pf_str_cut(text, 0, marker), '@') != PF_NPOS)
		return rc;
	mend_specifiers(&m, pf_str_cut(text, 0, marker));
	if (marker != PF_NPOS)
		pf_buf_str(&m.out, pf_str_skip(text, marker));
	if (pf_requirement_parse(out, a, pf_dup(a, pf_buf_view(&m.out)), &again) == 0)
		rc = 0;
	pf_buf_free(&m.out);
	return rc;
}
