/* condaver.h - versions of conda packages (CEP 33), specs of them (CEP 29): read, ordered, asked */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/pattern.h"

/* ---- versions ---- */

/* A run of digits, or of what is none: "1.2rc3" is 1 | 2 "rc" 3. Where two differ in kind, the
 * lower of this list is the smaller one. */
struct pf_condaver_atom {
	enum pf_condaver_kind {
		PF_CONDAVER_DEV,
		PF_CONDAVER_WORD,
		PF_CONDAVER_NUMBER,
		PF_CONDAVER_POST,
	} kind;
	bool opens;		/* the first one of its segment */
	uint64_t number;	/* of a NUMBER */
	struct pf_str word;	/* of a WORD, in lower case; in the arena */
};

/* Zeroed it is no version: text.n is 0. */
struct pf_condaver {
	struct pf_str text;	/* as it was given */
	const struct pf_condaver_atom *atoms; /* epoch and main part, then the local one */
	uint32_t main, local;	/* how many of each */
};

/* Views borrow from the text and from the arena. EMODEL naming the place when it is no version;
 * ELIMIT beyond PF_MAX_VERSION bytes, or a number beyond 64 bits. */
int pf_condaver_parse(struct pf_condaver *out, struct pf_arena *a, struct pf_str text,
		      struct pf_err *err) PF_MUST_USE;
/* The same without a word of why: false. */
bool pf_condaver_read(struct pf_condaver *out, struct pf_arena *a, struct pf_str text);

/* The order of CEP 33: negative, 0 or positive. 1.1, 1.1.0 and 1.1+0 are equal. What is no version
 * comes before every one that is. Allocates nothing. */
int pf_condaver_cmp(const struct pf_condaver *l, const struct pf_condaver *r);
/* Is `v` one of `prefix`.*? 1.2.3 of 1.2; 1.2rc1 of 1.2, and of 1.2r. */
bool pf_condaver_starts(const struct pf_condaver *v, const struct pf_condaver *prefix);

/* ---- specs of versions: ">=1,<2|3.*" ---- */

enum pf_condaver_op {
	PF_CONDAVER_ANY,	/* "*" */
	PF_CONDAVER_ALL,	/* of the `count` that follow: "," */
	PF_CONDAVER_EITHER,	/* of them: "|" */
	PF_CONDAVER_EQ,		/* == */
	PF_CONDAVER_NE,
	PF_CONDAVER_LT,
	PF_CONDAVER_LE,
	PF_CONDAVER_GT,
	PF_CONDAVER_GE,
	PF_CONDAVER_STARTS,	/* =1.2, 1.2.*, 1.2* */
	PF_CONDAVER_STARTS_NOT,	/* !=1.2.* */
	PF_CONDAVER_COMPATIBLE,	/* ~=1.2.3: at least that, and 1.2.* */
	PF_CONDAVER_PATTERN,	/* the version's text: 1.*.3, ^1\.[23]$ */
};

struct pf_condaver_clause {
	enum pf_condaver_op op;
	uint32_t count;		/* ALL and EITHER: how many clauses they have */
	uint32_t size;		/* clauses from this one to the end of what belongs to it */
	uint32_t prefix;	/* COMPATIBLE: so many atoms of the version are that of 1.2 */
	struct pf_condaver version;	/* of what compares */
	struct pf_pattern pattern;
};

/* Zeroed: everything is admitted. The clauses lie before what belongs to them. */
struct pf_condaver_spec {
	struct pf_str text;	/* as written, white space around it aside */
	const struct pf_condaver_clause *v;
	size_t n;
};

/* EMODEL naming the place, ELIMIT: PF_MAX_SPECIFIERS clauses, PF_MAX_MARKER_DEPTH parentheses. */
int pf_condaver_spec_parse(struct pf_condaver_spec *out, struct pf_arena *a, struct pf_str text,
			   struct pf_err *err) PF_MUST_USE;
/* A version that is none (zeroed, or its text alone) is admitted by "*" and by patterns alone.
 * Allocates nothing. */
bool pf_condaver_spec_admits(const struct pf_condaver_spec *s, const struct pf_condaver *v);
/* Is it one == ? Then that version; else NULL. */
const struct pf_condaver *pf_condaver_spec_pin(const struct pf_condaver_spec *s);
/* ">=1,<2|3.*": no blanks, versions in lower case, == before what is to be equal. */
struct pf_str pf_condaver_spec_print(struct pf_arena *a, const struct pf_condaver_spec *s);
/* Does an operator that compares (EQ to GE) hold where the order is `cmp`? How is it written? */
bool pf_condaver_op_holds(enum pf_condaver_op op, int cmp);
const char *pf_condaver_op_text(enum pf_condaver_op op);
