/* imports.c - the import statements of a Python source, found without running it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/imports.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/str.h"
#include "check/pylex.h"

/* A logical line that others may be deeper than. */
struct block {
	unsigned indent;
	bool sure;	/* what is in it runs whenever the file does */
};

struct reader {
	struct pf_imports *p;
	struct pf_pylexer lexer;
	struct pf_pytoken token;
	struct block blocks[PF_MAX_CODE_INDENT];
	size_t depth;
	struct pf_buf module;
};

static int advance(struct reader *r, struct pf_err *err)
{
	if (pf_pylexer_next(&r->token, &r->lexer, err) < 0)
		return -1;
	if (r->token.kind == PF_PY_NAME && (pf_str_is(r->token.text, "importlib") ||
					    pf_str_is(r->token.text, "__import__")))
		r->p->dynamic = true;
	return 0;
}

static bool at_word(const struct reader *r, const char *word)
{
	return r->token.kind == PF_PY_NAME && pf_str_is(r->token.text, word);
}

static bool at_sign(const struct reader *r, char sign)
{
	return r->token.kind == PF_PY_SIGN && r->token.text.p[0] == sign;
}

static bool at_line_end(const struct reader *r)
{
	return r->token.kind == PF_PY_NEWLINE || r->token.kind == PF_PY_END;
}

/* ---- statements ---- */

static void tell(struct reader *r, struct pf_str name, unsigned line, bool sure)
{
	struct pf_imported one = { pf_buf_view(&r->module), name, line, sure };

	if (one.module.n && !r->module.toobig && name.n <= PF_MAX_PICKLE_NAME)
		r->p->found(r->p->ctx, &one);
}

/* "a . b" is "a.b". */
static int take_module(struct reader *r, struct pf_err *err)
{
	pf_buf_free(&r->module);
	r->module = PF_BUF(PF_MAX_PICKLE_NAME);
	while (r->token.kind == PF_PY_NAME) {
		pf_buf_str(&r->module, r->token.text);
		if (advance(r, err) < 0)
			return -1;
		if (!at_sign(r, '.'))
			return 0;
		pf_buf_char(&r->module, '.');
		if (advance(r, err) < 0)
			return -1;
	}
	return 0;
}

/* "as c", if it is there, then a comma: 1, or 0 when nothing goes on. */
static int pass_alias(struct reader *r, struct pf_err *err)
{
	if (at_word(r, "as") && (advance(r, err) < 0 || advance(r, err) < 0))
		return -1;
	if (!at_sign(r, ','))
		return 0;
	return advance(r, err) < 0 ? -1 : 1;
}

/* import a.b, c as d */
static int take_import(struct reader *r, bool sure, struct pf_err *err)
{
	unsigned line = r->token.line;
	int more = advance(r, err) < 0 ? -1 : 1;

	while (more > 0) {
		if (take_module(r, err) < 0)
			return -1;
		tell(r, (struct pf_str){ 0 }, line, sure);
		more = pass_alias(r, err);
	}
	return more;
}

/* from a.b import c, d as e; from a import (b, c,); from a import * */
static int take_from(struct reader *r, bool sure, struct pf_err *err)
{
	unsigned line = r->token.line;
	int more = 1;

	if (advance(r, err) < 0)
		return -1;
	if (at_sign(r, '.'))
		return 0;
	if (take_module(r, err) < 0)
		return -1;
	if (!at_word(r, "import"))
		return 0;
	if (advance(r, err) < 0 || (at_sign(r, '(') && advance(r, err) < 0))
		return -1;
	while (more > 0 && (r->token.kind == PF_PY_NAME || at_sign(r, '*'))) {
		tell(r, r->token.text, line, sure);
		more = advance(r, err) < 0 ? -1 : pass_alias(r, err);
	}
	return more < 0 ? -1 : 0;
}

/* ---- lines ---- */

/* Words whose lines end in a colon with a block behind it; the last two may be names, too. */
static const char *const HEADS[] = { "if",    "elif",	"else",	   "for",  "while",
				     "try",   "except", "finally", "with", "def",
				     "class", "async",	"match",   "case", NULL };

/* Returns whether the line runs whenever the file does; -1: too deep. */
static int enter_line(struct reader *r, struct pf_err *err)
{
	unsigned indent = r->token.indent;
	bool sure;

	while (r->depth && r->blocks[r->depth - 1].indent >= indent)
		r->depth--;
	if (r->depth == PF_MAX_CODE_INDENT)
		return pf_fail(err, PF_ELIMIT, "line %u: more than %d blocks in one another",
			       r->token.line, PF_MAX_CODE_INDENT);
	sure = !r->depth || r->blocks[r->depth - 1].sure;
	r->blocks[r->depth++] = (struct block){ indent, sure && at_word(r, "class") };
	return sure;
}

/* A statement begins a line, or stands behind a semicolon or behind the colon of its block: nowhere
 * else is either word one of the keywords that begin it. */
static int take_line(struct reader *r, struct pf_err *err)
{
	bool head = r->token.kind == PF_PY_NAME && pf_str_in(r->token.text, HEADS);
	int sure = enter_line(r, err);
	char before = ';';

	if (sure < 0)
		return -1;
	while (!at_line_end(r)) {
		bool begins = r->token.depth == 0 && (before == ';' || before == ':');

		if (head && before == ':')
			sure = r->blocks[r->depth - 1].sure;
		if (begins && (at_word(r, "import") || at_word(r, "from"))) {
			before = 0;
			if ((at_word(r, "import") ? take_import : take_from)(r, sure, err) < 0)
				return -1;
			continue;
		}
		before = r->token.depth == 0 && r->token.kind == PF_PY_SIGN ?
				 r->token.text.p[0] : 0;
		if (advance(r, err) < 0)
			return -1;
	}
	return r->token.kind == PF_PY_END ? 0 : advance(r, err);
}

int pf_imports_read(struct pf_imports *p, struct pf_str text, struct pf_err *err)
{
	struct reader r = { .p = p };
	int rc;

	if (text.n && memchr(text.p, '\0', text.n))
		return pf_fail(err, PF_EMODEL, "no source: it holds NUL bytes");
	pf_pylexer_init(&r.lexer, text.p ? text : PF_S(""));
	rc = advance(&r, err);
	while (rc == 0 && r.token.kind != PF_PY_END)
		rc = take_line(&r, err);
	pf_buf_free(&r.module);
	return rc;
}
