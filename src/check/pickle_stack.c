/* pickle_stack.c - the part of a pickle machine's values that names and array sizes depend on */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/pickle_stack.h"

#include "base/str.h"

bool pf_values_push(struct values *s, struct value v, size_t max)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 1024;
		struct value *grown;

		if (s->n >= max)
			return false;
		if (!(grown = realloc(s->v, cap * sizeof(*grown))))
			pf_oom();
		s->v = grown;
		s->cap = cap;
	}
	s->v[s->n++] = v;
	return true;
}

static bool multiply_all(int64_t *out, const struct value *v, size_t n)
{
	*out = 1;
	for (size_t i = 0; i < n; i++)
		if (v[i].kind != V_INT || v[i].i < 0 || __builtin_mul_overflow(*out, v[i].i, out))
			return false;
	return true;
}

struct value pf_value_tuple(const struct value *v, size_t n)
{
	int64_t product;

	if (multiply_all(&product, v, n))
		return (struct value){ .kind = V_SHAPE, .i = product };
	if (v[0].kind == V_STR)
		return (struct value){ .kind = V_TEXTS, .n = v[0].n, .p = v[0].p };
	if (v[0].kind == V_GLOBAL)
		return (struct value){ .kind = V_GLOBALS, .i = v[0].i };
	if (v[n - 1].kind == V_INT)
		return (struct value){ .kind = V_STATE, .i = v[n - 1].i };
	return (struct value){ .kind = V_OTHER };
}

/* [<>=|] kind, bytes: numpy's array interface; U counts characters of four bytes. */
struct value pf_value_dtype(struct pf_str code)
{
	struct value v = { .kind = V_DTYPE, .i = -1 };
	uint64_t size = 0;
	char kind;

	if (code.n && strchr("<>=|", code.p[0]))
		code = pf_str_skip(code, 1);
	kind = code.n ? code.p[0] : '\0';
	v.objects = kind == 'O';
	code = pf_str_skip(code, 1);
	if (kind == '?' && !code.n)
		size = 1;
	else if (!pf_str_u64(code, &size) || size > INT32_MAX)
		return v;
	v.i = (int64_t)(kind == 'U' ? size * 4 : size);
	return v;
}

void pf_array_take(struct joblib_array *a, const struct value *key, const struct value *value)
{
	struct pf_str name = { key->p, key->n };

	if (key->kind != V_STR)
		return;
	if (pf_str_is(name, "shape"))
		a->count = value->kind == V_SHAPE ? value->i : -1;
	else if (pf_str_is(name, "numpy_array_alignment_bytes"))
		a->padded = value->kind == V_INT;
	if (!pf_str_is(name, "dtype") || value->kind != V_DTYPE)
		return;
	a->item_size = value->i;
	a->objects = value->objects;
}
