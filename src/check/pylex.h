/* pylex.h - Python's source as tokens, just as far as statements and names need them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/limits.h"

enum pf_pytoken_kind {
	PF_PY_END,
	PF_PY_NEWLINE,	/* the end of a logical line that is not empty */
	PF_PY_NAME,	/* keywords too */
	PF_PY_LITERAL,	/* the end of a string, or a number */
	PF_PY_SIGN,	/* one byte of an operator, a bracket or whatever else there is */
};

struct pf_pytoken {
	enum pf_pytoken_kind kind;
	struct pf_str text;	/* of a NAME and a SIGN */
	unsigned line;
	unsigned indent;	/* of its logical line */
	unsigned depth;		/* brackets and strings around it; a bracket is not in itself */
};

/* A bracket, or an f-string's part: text, a replacement field, its format. */
struct pf_pylevel {
	enum { PF_PY_BRACKET, PF_PY_TEXT, PF_PY_FIELD, PF_PY_FORMAT } kind;
	char quote;	/* of the string */
	bool triple, raw;
};

struct pf_pylexer {
	const char *p, *end;
	unsigned line, indent;
	bool begun;	/* the logical line has a token */
	bool fresh;	/* at the start of a physical line that may begin a logical one */
	struct pf_pylevel levels[PF_MAX_CODE_DEPTH];
	unsigned depth;
};

void pf_pylexer_init(struct pf_pylexer *x, struct pf_str text);
/* Strings, comments, continued lines and what is in brackets are passed over as Python does it,
 * f-strings as since 3.12. EMODEL "line N: ...", ELIMIT. */
int pf_pylexer_next(struct pf_pytoken *out, struct pf_pylexer *x, struct pf_err *err) PF_MUST_USE;
