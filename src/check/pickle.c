/* pickle.c - the modules and names in a pickle, found without loading it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/pickle.h"

#include "base/limits.h"
#include "base/str.h"
#include "check/pickle_machine.h"

/* ---- text ---- */

static int push_text(struct pf_machine *m, struct pf_str text, struct pf_err *err)
{
	if (!text.p)
		return pf_machine_push_kind(m, V_OTHER, err);
	return pf_machine_push(
		m, (struct value){ .kind = V_STR, .n = (uint32_t)text.n, .p = text.p }, err);
}

static int run_text(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	return push_text(m, a->text, err);
}

static int run_string_line(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct pf_str s = pf_str_trim(a->text);

	if (s.n >= 2 && (s.p[0] == '\'' || s.p[0] == '"') && s.p[s.n - 1] == s.p[0])
		s = pf_str_cut(s, 1, s.n - 1);
	else if (a->text.p)
		return pf_machine_damaged(err, m, "text without its quotes");
	if (s.n && pf_str_find(s, '\\') != PF_NPOS)
		s = pf_machine_unescape(m, s, 'x', 2);
	return push_text(m, s, err);
}

static int run_unicode_line(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct pf_str s = a->text;

	if (s.n && pf_str_find(s, '\\') != PF_NPOS)
		s = pf_machine_unescape(m, s, 'u', 4);
	return push_text(m, s, err);
}

/* ---- numbers ---- */

static int push_int(struct pf_machine *m, int64_t i, struct pf_err *err)
{
	return pf_machine_push(m, (struct value){ .kind = V_INT, .i = i }, err);
}

static int run_int(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	return push_int(m, (int64_t)a->n, err);
}

static int run_int4(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	return push_int(m, (int32_t)(uint32_t)a->n, err);
}

static int run_int_line(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct pf_str s = pf_str_trim(a->text);
	uint64_t u;

	if (pf_str_ends(s, "L"))
		s.n--;
	if (pf_str_u64(s, &u) && u <= INT64_MAX)
		return push_int(m, (int64_t)u, err);
	return pf_machine_push_kind(m, V_OTHER, err);
}

/* Two's complement, little-endian, any length: few are of interest. */
static int64_t little_int(struct pf_str bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes.n; i-- > 0;)
		v = v << 8 | (unsigned char)bytes.p[i];
	return (int64_t)v;
}

static int run_long(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	if (a->n < 8)
		return push_int(m, little_int(a->text), err);
	return pf_machine_push_kind(m, V_OTHER, err);
}

/* ---- memo ---- */

static int run_put(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	return pf_machine_remember(m, a->n, err);
}

static int run_memoize(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	(void)a;
	return pf_machine_remember(m, m->remembered, err);
}

static int run_get(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	if (a->n >= m->memo.n || m->memo.v[a->n].kind == V_UNSET)
		return pf_machine_damaged(err, m, "it refers to what it has not remembered");
	return pf_machine_push(m, m->memo.v[a->n], err);
}

static int take_place(uint64_t *out, struct pf_machine *m, struct pf_str line, struct pf_err *err)
{
	return pf_str_u64(pf_str_trim(line), out) ? 0 : pf_machine_damaged(err, m, "no number");
}

static int run_put_line(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	uint64_t place;

	return take_place(&place, m, a->text, err) < 0 ? -1 : pf_machine_remember(m, place, err);
}

static int run_get_line(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct pf_arg b = { 0 };

	return take_place(&b.n, m, a->text, err) < 0 ? -1 : run_get(m, &b, err);
}

/* ---- collections ---- */

/* A new dictionary; that of a NumpyArrayWrapper's state is looked into. */
static int push_dict(struct pf_machine *m, struct pf_err *err)
{
	struct value *below = pf_machine_peek(m, 0);
	struct value dict = { .kind = V_OTHER };

	if (m->p->joblib && below && below->kind == V_WRAPPER) {
		dict.kind = V_ARRAY;
		dict.array = pf_alloc(&m->arena, sizeof(*dict.array));
		*dict.array = (struct joblib_array){ .count = -1, .item_size = -1 };
	}
	return pf_machine_push(m, dict, err);
}

static int run_empty_dict(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	(void)a;
	return push_dict(m, err);
}

static void take_items(struct value *dict, const struct value *items, size_t n)
{
	for (size_t i = 0; dict->kind == V_ARRAY && i + 1 < n; i += 2)
		pf_array_take(dict->array, &items[i], &items[i + 1]);
}

static int run_dict(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *items;
	size_t n = 0;

	(void)a;
	if (pf_machine_count_to_mark(&n, m, err) < 0)
		return -1;
	m->stack.n -= n + 1;
	if (push_dict(m, err) < 0)
		return -1;
	items = &m->stack.v[m->stack.n];
	take_items(items - 1, items, n);
	return 0;
}

static int run_set_item(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *dict = pf_machine_peek(m, 2);

	(void)a;
	if (!dict)
		return pf_machine_damaged(err, m, "the stack is empty");
	take_items(dict, dict + 1, 2);
	m->stack.n -= 2;
	return 0;
}

static int run_set_items(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *dict;
	size_t n = 0;

	(void)a;
	if (pf_machine_count_to_mark(&n, m, err) < 0)
		return -1;
	m->stack.n -= n + 1;
	if (!(dict = pf_machine_peek(m, 0)))
		return pf_machine_damaged(err, m, "the stack is empty");
	take_items(dict, dict + 2, n);
	return 0;
}

static int fold_tuple(struct pf_machine *m, size_t n, size_t marks, struct pf_err *err)
{
	struct value tuple = pf_value_tuple(m->stack.v + m->stack.n - n, n);

	m->stack.n -= n + marks;
	return pf_machine_push(m, tuple, err);
}

static int run_tuple(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	size_t n = 0;

	(void)a;
	return pf_machine_count_to_mark(&n, m, err) < 0 ? -1 : fold_tuple(m, n, 1, err);
}

/* n: how many, of the opcode itself. */
static int run_tuple_of(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	if (a->n && !pf_machine_peek(m, (size_t)a->n - 1))
		return pf_machine_damaged(err, m, "the stack is empty");
	return fold_tuple(m, (size_t)a->n, 0, err);
}

/* ---- the rest ---- */

static int run_pop(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	(void)a;
	if (!m->stack.n)
		return pf_machine_damaged(err, m, "the stack is empty");
	m->stack.n--;	/* a mark, too */
	return 0;
}

static int run_dup(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	struct value *top = pf_machine_peek(m, 0);

	(void)a;
	return top ? pf_machine_push(m, *top, err)
		   : pf_machine_damaged(err, m, "the stack is empty");
}

static int run_protocol(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	if ((int)a->n > m->p->protocol)
		m->p->protocol = (int)a->n;
	if (a->n > 5)
		return pf_fail(err, PF_EMODEL, "pickle protocol %u is not known", (unsigned)a->n);
	return 0;
}

static int run_stop(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err)
{
	(void)a;
	m->stopped = true;
	return pf_machine_pop(m, 1, err);
}

/* ---- the opcodes ---- */

struct opcode {
	const char *name;	/* NULL: there is none */
	enum pf_arg_kind arg;
	int pops;		/* TO_MARK: everything to the mark, and the mark */
	enum value_kind push;	/* V_UNSET: nothing */
	/* Instead of pops and push; an opcode without an argument gets `pops` as the number. */
	int (*run)(struct pf_machine *m, const struct pf_arg *a, struct pf_err *err);
};
#define TO_MARK (-1)

static const struct opcode OPCODES[256] = {
	['('] = { "MARK", A_NONE, 0, V_MARK, NULL },
	['.'] = { "STOP", A_NONE, 0, V_UNSET, run_stop },
	['0'] = { "POP", A_NONE, 0, V_UNSET, run_pop },
	['1'] = { "POP_MARK", A_NONE, TO_MARK, V_UNSET, NULL },
	['2'] = { "DUP", A_NONE, 0, V_UNSET, run_dup },
	['F'] = { "FLOAT", A_LINE, 0, V_OTHER, NULL },
	['I'] = { "INT", A_LINE, 0, V_UNSET, run_int_line },
	['J'] = { "BININT", A_U4, 0, V_UNSET, run_int4 },
	['K'] = { "BININT1", A_U1, 0, V_UNSET, run_int },
	['L'] = { "LONG", A_LINE, 0, V_UNSET, run_int_line },
	['M'] = { "BININT2", A_U2, 0, V_UNSET, run_int },
	['N'] = { "NONE", A_NONE, 0, V_OTHER, NULL },
	['P'] = { "PERSID", A_LINE, 0, V_OTHER, NULL },
	['Q'] = { "BINPERSID", A_NONE, 1, V_OTHER, NULL },
	['R'] = { "REDUCE", A_NONE, 0, V_UNSET, pf_op_call },
	['S'] = { "STRING", A_LINE, 0, V_UNSET, run_string_line },
	['T'] = { "BINSTRING", A_SIGNED4, 0, V_UNSET, run_text },
	['U'] = { "SHORT_BINSTRING", A_TEXT1, 0, V_UNSET, run_text },
	['V'] = { "UNICODE", A_LINE, 0, V_UNSET, run_unicode_line },
	['X'] = { "BINUNICODE", A_TEXT4, 0, V_UNSET, run_text },
	[0x8c] = { "SHORT_BINUNICODE", A_TEXT1, 0, V_UNSET, run_text },
	[0x8d] = { "BINUNICODE8", A_TEXT8, 0, V_UNSET, run_text },
	['B'] = { "BINBYTES", A_TEXT4, 0, V_OTHER, NULL },
	['C'] = { "SHORT_BINBYTES", A_TEXT1, 0, V_OTHER, NULL },
	[0x8e] = { "BINBYTES8", A_TEXT8, 0, V_OTHER, NULL },
	[0x96] = { "BYTEARRAY8", A_TEXT8, 0, V_OTHER, NULL },
	[0x97] = { "NEXT_BUFFER", A_NONE, 0, V_OTHER, NULL },
	[0x98] = { "READONLY_BUFFER", A_NONE, 1, V_OTHER, NULL },
	['a'] = { "APPEND", A_NONE, 1, V_UNSET, NULL },
	['b'] = { "BUILD", A_NONE, 0, V_UNSET, pf_op_build },
	['c'] = { "GLOBAL", A_LINES, 0, V_UNSET, pf_op_global },
	['d'] = { "DICT", A_NONE, 0, V_UNSET, run_dict },
	['}'] = { "EMPTY_DICT", A_NONE, 0, V_UNSET, run_empty_dict },
	['e'] = { "APPENDS", A_NONE, TO_MARK, V_UNSET, NULL },
	['g'] = { "GET", A_LINE, 0, V_UNSET, run_get_line },
	['h'] = { "BINGET", A_U1, 0, V_UNSET, run_get },
	['i'] = { "INST", A_LINES, 0, V_UNSET, pf_op_inst },
	['j'] = { "LONG_BINGET", A_U4, 0, V_UNSET, run_get },
	['l'] = { "LIST", A_NONE, TO_MARK, V_OTHER, NULL },
	[']'] = { "EMPTY_LIST", A_NONE, 0, V_OTHER, NULL },
	['o'] = { "OBJ", A_NONE, TO_MARK, V_OTHER, NULL },
	['p'] = { "PUT", A_LINE, 0, V_UNSET, run_put_line },
	['q'] = { "BINPUT", A_U1, 0, V_UNSET, run_put },
	['r'] = { "LONG_BINPUT", A_U4, 0, V_UNSET, run_put },
	['s'] = { "SETITEM", A_NONE, 0, V_UNSET, run_set_item },
	['t'] = { "TUPLE", A_NONE, 0, V_UNSET, run_tuple },
	[')'] = { "EMPTY_TUPLE", A_NONE, 0, V_UNSET, run_tuple_of },
	['u'] = { "SETITEMS", A_NONE, 0, V_UNSET, run_set_items },
	['G'] = { "BINFLOAT", A_8, 0, V_OTHER, NULL },
	[0x80] = { "PROTO", A_U1, 0, V_UNSET, run_protocol },
	[0x81] = { "NEWOBJ", A_NONE, 0, V_UNSET, pf_op_call },
	[0x82] = { "EXT1", A_U1, 0, V_UNSET, pf_op_extension },
	[0x83] = { "EXT2", A_U2, 0, V_UNSET, pf_op_extension },
	[0x84] = { "EXT4", A_U4, 0, V_UNSET, pf_op_extension },
	[0x85] = { "TUPLE1", A_NONE, 1, V_UNSET, run_tuple_of },
	[0x86] = { "TUPLE2", A_NONE, 2, V_UNSET, run_tuple_of },
	[0x87] = { "TUPLE3", A_NONE, 3, V_UNSET, run_tuple_of },
	[0x88] = { "NEWTRUE", A_NONE, 0, V_OTHER, NULL },
	[0x89] = { "NEWFALSE", A_NONE, 0, V_OTHER, NULL },
	[0x8a] = { "LONG1", A_TEXT1, 0, V_UNSET, run_long },
	[0x8b] = { "LONG4", A_SIGNED4, 0, V_UNSET, run_long },
	[0x8f] = { "EMPTY_SET", A_NONE, 0, V_OTHER, NULL },
	[0x90] = { "ADDITEMS", A_NONE, TO_MARK, V_UNSET, NULL },
	[0x91] = { "FROZENSET", A_NONE, TO_MARK, V_OTHER, NULL },
	[0x92] = { "NEWOBJ_EX", A_NONE, 3, V_OTHER, NULL },
	[0x93] = { "STACK_GLOBAL", A_NONE, 0, V_UNSET, pf_op_stack_global },
	[0x94] = { "MEMOIZE", A_NONE, 0, V_UNSET, run_memoize },
	[0x95] = { "FRAME", A_8, 0, V_UNSET, NULL },
};

static int run_one(struct pf_machine *m, const struct opcode *op, struct pf_err *err)
{
	struct pf_arg a;

	if (pf_machine_take(&a, m, op->arg, err) < 0)
		return -1;
	if (op->arg == A_NONE)
		a.n = (uint64_t)(op->pops > 0 ? op->pops : 0);
	if (op->run)
		return op->run(m, &a, err);
	if ((op->pops == TO_MARK ? pf_machine_pop_to_mark(m, err)
				 : pf_machine_pop(m, (size_t)op->pops, err)) < 0)
		return -1;
	return op->push == V_UNSET ? 0 : pf_machine_push_kind(m, op->push, err);
}

static int run_machine(struct pf_machine *m, struct pf_err *err)
{
	while (!m->stopped) {
		const struct opcode *op;

		if (m->p->ops++ >= PF_MAX_PICKLE_OPS)
			return pf_machine_too_big(err, "too many opcodes");
		if (pf_machine_need(m, 1, err) < 0)
			return -1;
		op = &OPCODES[(unsigned char)m->s->window[m->s->pos]];
		if (!op->name)
			return pf_machine_damaged(err, m, "an unknown opcode");
		m->s->pos++;
		if (run_one(m, op, err) < 0)
			return -1;
	}
	return 0;
}

int pf_pickle_read(struct pf_pickle *p, struct pf_source *s, struct pf_err *err)
{
	struct pf_machine m = { .p = p, .s = s };
	int status = run_machine(&m, err);

	free(m.stack.v);
	free(m.memo.v);
	pf_arena_free(&m.arena);
	return status;
}

/* A protocol, or for the first two protocols an opcode that one of Python's picklers begins with:
 * not a number or text, with which any file may begin. */
bool pf_pickle_begins(struct pf_str start)
{
	unsigned char first = start.n ? (unsigned char)start.p[0] : 0;

	if (first == 0x80)
		return start.n > 1 && (unsigned char)start.p[1] <= 5;
	if (first == 'c' || first == 'i')
		return pf_str_find(start, '\n') != PF_NPOS;
	return first == '(' || first == ']' || first == '}';
}
