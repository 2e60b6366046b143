/* tensor.c - nested lists to an array, as numpy would make it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/tensor.h"

#include "base/limits.h"
#include "data/columns.h"
#include "data/enforce.h"

#define MAX_RANK ((unsigned)PF_COUNT(((struct pf_tensor *)0)->shape))
#define KIND(k) (1u << (k))

/* The elements of nested lists, side by side. */
struct leaves {
	struct pf_value *v;
	size_t n;
	unsigned kinds;	/* a bit a kind */
};

/* The shape that the first elements suggest; false when there are too many dimensions. */
static bool measure(struct pf_tensor *t, const struct pf_value *v)
{
	while (v->kind == PF_V_LIST) {
		if (t->rank == MAX_RANK)
			return false;
		t->shape[t->rank++] = v->list.n;
		if (!v->list.n)
			break;
		v = v->list.v;
	}
	return true;
}

static int refuse_ragged(const size_t *at, unsigned depth, struct pf_err *err)
{
	PF_AUTO(buf) place = PF_BUF(PF_KIB(1));

	for (unsigned i = 0; i < depth; i++)
		pf_buf_printf(&place, "[%zu]", at[i]);
	return pf_fail(err, PF_EMODEL,
		       "the input is no array: at " PF_FMT " the lists differ in length "
		       "or depth from those before",
		       PF_ARG(pf_buf_view(&place)));
}

/* Collects the elements in C order; the depth is bounded by MAX_RANK. */
static int collect(struct leaves *out, const struct pf_tensor *t, const struct pf_value *v,
		   size_t *at, unsigned depth, struct pf_err *err)
{
	if (depth == t->rank) {
		if (v->kind == PF_V_LIST)
			return refuse_ragged(at, depth, err);
		out->kinds |= KIND(v->kind);
		out->v[out->n++] = *v;
		return 0;
	}
	if (v->kind != PF_V_LIST || v->list.n != t->shape[depth])
		return refuse_ragged(at, depth, err);
	for (size_t i = 0; i < v->list.n; i++) {
		at[depth] = i;
		if (collect(out, t, &v->list.v[i], at, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

static size_t count_leaves(const struct pf_value *v, unsigned depth)
{
	size_t n = 0;

	if (v->kind != PF_V_LIST || depth == MAX_RANK)
		return 1;
	for (size_t i = 0; i < v->list.n; i++)
		n += count_leaves(&v->list.v[i], depth + 1);
	return n;
}

static int take_leaves(struct leaves *out, struct pf_tensor *t, const char **why,
		       struct pf_arena *a, const struct pf_value *v, struct pf_err *err)
{
	size_t at[MAX_RANK] = { 0 };

	if (!measure(t, v)) {
		*why = "an array of very many dimensions";
		return 0;
	}
	out->v = pf_alloc_array(a, count_leaves(v, 0), sizeof(*out->v));
	return collect(out, t, v, at, 0, err);
}

static void fill(struct pf_tensor *t, struct pf_arena *a, const struct leaves *from)
{
	size_t width = pf_type_width(t->type);

	t->data = pf_alloc_array(a, from->n, width);
	for (size_t i = 0; i < from->n; i++)
		/* Of the inferred type every element is good. */
		if (!pf_element_put((char *)t->data + i * width, t->type, &from->v[i]))
			t->rank = 0;
}

int pf_tensor_infer(struct pf_tensor **out, const char **why, struct pf_arena *a,
		    const struct pf_value *v, struct pf_err *err)
{
	struct pf_tensor *t = pf_alloc(a, sizeof(*t));
	struct leaves found = { 0 };
	unsigned numbers = KIND(PF_V_INT) | KIND(PF_V_BOOL) | KIND(PF_V_FLOAT);

	if (take_leaves(&found, t, why, a, v, err) < 0)
		return -1;
	if (*why)
		return 0;
	if (found.kinds & KIND(PF_V_BIGINT)) {
		*why = "integers beyond int64";
		return 0;
	}
	if (found.kinds == KIND(PF_V_STRING)) {
		t->type = PF_T_STRING;
		t->values = found.v;
	} else if (found.kinds & KIND(PF_V_STRING) &&
		   !(found.kinds & (KIND(PF_V_NULL) | KIND(PF_V_MAP)))) {
		*why = "text and numbers in one array";
		return 0;
	} else if (found.kinds & ~numbers) {
		t->type = PF_T_OBJECT;
		t->values = found.v;
	} else {
		t->type = found.kinds == KIND(PF_V_BOOL)		     ? PF_T_BOOL
			  : !found.n || (found.kinds & KIND(PF_V_FLOAT)) ? PF_T_FLOAT64
									 : PF_T_INT64;
		fill(t, a, &found);
	}
	*out = t;
	return 0;
}

static int refuse_element(const struct pf_tensor *t, size_t number, const struct pf_value *v,
			  struct pf_str name, struct pf_err *err)
{
	PF_AUTO(buf) place = PF_BUF(PF_KIB(1));
	PF_AUTO(buf) got = PF_BUF(PF_KIB(4));
	size_t at[MAX_RANK] = { 0 };

	for (unsigned i = t->rank; i-- > 0;) {
		at[i] = number % (size_t)t->shape[i];
		number /= (size_t)t->shape[i];
	}
	for (unsigned i = 0; i < t->rank; i++)
		pf_buf_printf(&place, "[%zu]", at[i]);
	if (name.n) {
		pf_buf_cstr(&place, " of ");
		pf_repr(&place, name);
	}
	pf_value_repr(&got, v);
	return pf_fail(err, PF_EMODEL, "element " PF_FMT ": expected %s, got " PF_FMT,
		       PF_ARG(pf_buf_view(&place)), pf_type_numpy(t->type),
		       PF_ARG(pf_buf_view(&got)));
}

int pf_tensor_cast(struct pf_tensor **out, const char **why, struct pf_arena *a,
		   const struct pf_value *v, enum pf_type type, struct pf_str name,
		   struct pf_err *err)
{
	struct pf_tensor *t = pf_alloc(a, sizeof(*t));
	struct leaves found = { 0 };
	size_t width;

	if (type < PF_T_BOOL || type > PF_T_FLOAT64) {
		*why = "a tensor that is not of numbers";
		return 0;
	}
	if (take_leaves(&found, t, why, a, v, err) < 0)
		return -1;
	if (*why)
		return 0;
	t->type = type;
	width = pf_type_width(type);
	t->data = pf_alloc_array(a, found.n, width);
	for (size_t i = 0; i < found.n; i++)
		if (!pf_element_put((char *)t->data + i * width, type, &found.v[i]))
			return refuse_element(t, i, &found.v[i], name, err);
	*out = t;
	return 0;
}
