/* pickle_machine.h - what the opcodes of a pickle work on, and how their arguments are read */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check/pickle.h"
#include "check/pickle_stack.h"

/* The machine of Python's pickletools, with just enough of its values: a stack, a memo, text that
 * may become a name, and the few tuples that say how long a joblib array is. */
struct pf_machine {
	struct pf_pickle *p;
	struct pf_source *s;
	struct pf_arena arena;
	size_t text;		/* bytes of it in the arena */
	struct values stack, memo;
	size_t remembered;	/* places of the memo that are taken */
	bool stopped;
};

/* An opcode's argument. */
struct pf_arg {
	uint64_t n;		/* a number, or how many bytes of text there are */
	struct pf_str text;	/* kept up to PF_MAX_PICKLE_NAME bytes, else of NULL */
	struct pf_str second;	/* the second line */
};

enum pf_arg_kind {
	A_NONE,
	A_U1,
	A_U2,
	A_U4,
	A_8,
	A_LINE,
	A_LINES,
	A_TEXT1,
	A_TEXT4,
	A_TEXT8,
	A_SIGNED4
};

/* One opcode's argument from the source. */
int pf_machine_take(struct pf_arg *a, struct pf_machine *m, enum pf_arg_kind kind,
		    struct pf_err *err) PF_MUST_USE;
/* \xHH of a STRING, \uHHHH of a UNICODE: a name may be spelled with them. Others stay. */
struct pf_str pf_machine_unescape(struct pf_machine *m, struct pf_str s, char letter,
				  size_t digits);
/* At least n bytes at hand. */
int pf_machine_need(struct pf_machine *m, size_t n, struct pf_err *err) PF_MUST_USE;
int pf_machine_damaged(struct pf_err *err, const struct pf_machine *m, const char *what);
int pf_machine_too_big(struct pf_err *err, const char *what);

int pf_machine_push(struct pf_machine *m, struct value v, struct pf_err *err) PF_MUST_USE;
int pf_machine_push_kind(struct pf_machine *m, enum value_kind kind,
			 struct pf_err *err) PF_MUST_USE;
/* The value `down` below the top; NULL when a mark or the bottom is in between. */
struct value *pf_machine_peek(struct pf_machine *m, size_t down);
int pf_machine_pop(struct pf_machine *m, size_t n, struct pf_err *err) PF_MUST_USE;
int pf_machine_pop_to_mark(struct pf_machine *m, struct pf_err *err) PF_MUST_USE;
/* How many values lie above the last mark. */
int pf_machine_count_to_mark(size_t *out, struct pf_machine *m, struct pf_err *err) PF_MUST_USE;
/* Puts a copy of the top into a place of the memo. */
int pf_machine_remember(struct pf_machine *m, uint64_t place, struct pf_err *err) PF_MUST_USE;

/* ---- opcodes of their own file, pickle_refs.c ---- */
#define PF_OP(name) \
	int pf_op_##name(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
PF_OP(global);
PF_OP(stack_global);
PF_OP(inst);
PF_OP(extension);
PF_OP(call);
PF_OP(build);
