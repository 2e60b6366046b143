/* json.h - JSON: a bounded pull reader over text in memory, a small tree, and a writer */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/node.h"

/* ---- reader: RFC 8259 plus the bare NaN, Infinity and -Infinity of Python's json ---- */

enum pf_json_kind {
	PF_JSON_END,	/* of the text */
	PF_JSON_NULL,
	PF_JSON_TRUE,
	PF_JSON_FALSE,
	PF_JSON_NUMBER,
	PF_JSON_STRING,
	PF_JSON_KEY,	/* a member's name; its value comes next */
	PF_JSON_OBJECT,
	PF_JSON_OBJECT_END,
	PF_JSON_ARRAY,
	PF_JSON_ARRAY_END,
};

struct pf_json_token {
	enum pf_json_kind kind;
	bool integer;		/* a NUMBER without fraction, exponent and not NaN or infinite */
	/* NUMBER as written; STRING and KEY unescaped (borrows from the text where nothing was
	 * escaped, else from the reader until the next call) */
	struct pf_str text;
};

struct pf_json {
	struct pf_str text;
	size_t at;	/* behind the last token */
	size_t start;	/* its first byte */
	unsigned depth, max_depth;
	struct pf_buf scratch;
	uint64_t *stack;	/* one bit a level: object or array; grows with depth */
	size_t stack_words;
	int state;
};

/* Borrows `text`. A UTF-8 BOM is skipped. max_depth 0: PF_MAX_JSON_DEPTH. */
void pf_json_init(struct pf_json *r, struct pf_str text, unsigned max_depth);
void pf_json_free(struct pf_json *r);
/* Errors: EMODEL "line L, column C: what", ELIMIT for depth and for integers of more than
 * PF_MAX_JSON_NUMBER digits. Trailing text is an error at END. */
int pf_json_next(struct pf_json *r, struct pf_json_token *out, struct pf_err *err) PF_MUST_USE;
/* Skips the rest of the value whose first token was just read. */
int pf_json_skip(struct pf_json *r, const struct pf_json_token *first,
		 struct pf_err *err) PF_MUST_USE;
/* Behind a value: leaves the object or array that it is in. What is passed over is not looked at,
 * but for where its strings and brackets end. */
int pf_json_leave(struct pf_json *r, struct pf_err *err) PF_MUST_USE;
/* EMODEL "line L, column C: ..." where the last token began; columns count characters. */
int pf_json_fail(const struct pf_json *r, struct pf_err *err, const char *fmt, ...) PF_PRINTF(3, 4);

/* ---- tree: for small documents; a duplicate key is refused ---- */

/* Views live in the arena. Strings are `quoted`; a number's text is as written. */
int pf_json_parse(struct pf_node **out, struct pf_arena *a, struct pf_str text,
		  struct pf_err *err) PF_MUST_USE;

/* Appends a tree as json.dumps(value, indent=...) of Python writes it: ASCII alone, floats by their
 * repr, NaN and Infinity bare; `indent` 0 is None, all on one line. */
void pf_json_as_python(struct pf_buf *out, const struct pf_node *n, int indent);

/* ---- writer: compact, UTF-8 as it is (what is none becomes U+FFFD), control bytes escaped;
 * commas are its own business; at most 64 levels ---- */

struct pf_json_out {
	struct pf_buf *buf;
	uint64_t comma;	/* a bit a level: something was written there */
	unsigned depth;
	bool after_key;
};

void pf_json_open(struct pf_json_out *w, char bracket);	 /* '{' or '[' */
void pf_json_close(struct pf_json_out *w, char bracket); /* '}' or ']' */
/* {"schema": "pyfunc-env/1", "kind": KIND: how every object of ours begins */
void pf_json_begin(struct pf_json_out *w, const char *kind);
void pf_json_key(struct pf_json_out *w, const char *key);
void pf_json_str(struct pf_json_out *w, struct pf_str s); /* a view of NULL writes null */
void pf_json_cstr(struct pf_json_out *w, const char *s);  /* NULL writes null */
void pf_json_int(struct pf_json_out *w, int64_t value);
void pf_json_bool(struct pf_json_out *w, bool value);
void pf_json_null(struct pf_json_out *w);
void pf_json_raw(struct pf_json_out *w, struct pf_str json); /* written as it is */
/* "text", without a writer: for those who place commas themselves. */
void pf_json_quote(struct pf_buf *out, struct pf_str s);
/* "key": "text" */
void pf_json_field(struct pf_json_out *w, const char *key, struct pf_str s);
