/* params.c - the parameters of a request against those that the signature declares */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/params.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "data/columns.h"
#include "data/data.h"
#include "data/datetime.h"
#include "data/document.h"
#include "data/enforce.h"
#include "data/nested.h"

/* Which kinds each declared type takes; integers become floats where floats are declared. */
static bool takes(enum pf_dtype type, const struct pf_value *v)
{
	static const unsigned kinds[] = {
		[PF_D_BOOLEAN] = 1u << PF_V_BOOL,
		[PF_D_INTEGER] = 1u << PF_V_INT | 1u << PF_V_BIGINT,
		[PF_D_LONG] = 1u << PF_V_INT | 1u << PF_V_BIGINT,
		[PF_D_FLOAT] = 1u << PF_V_FLOAT | 1u << PF_V_INT | 1u << PF_V_BIGINT,
		[PF_D_DOUBLE] = 1u << PF_V_FLOAT | 1u << PF_V_INT | 1u << PF_V_BIGINT,
		[PF_D_STRING] = 1u << PF_V_STRING,
		[PF_D_BINARY] = 1u << PF_V_BYTES,
		[PF_D_DATETIME] = 1u << PF_V_STRING | 1u << PF_V_DATETIME,
		[PF_D_OBJECT] = 1u << PF_V_MAP,
		[PF_D_SPARKML] = 0,
	};

	return v->kind == PF_V_NULL || type == PF_D_ANY ||
	       (type < PF_COUNT(kinds) && (kinds[type] >> v->kind & 1));
}

static void put_spec(struct pf_buf *out, const struct pf_param *p)
{
	pf_buf_printf(out, "'" PF_FMT "': %s (default: ", PF_ARG(pf_shown(p->name)),
		      pf_dtype_name(p->type));
	if (p->fallback.kind == PF_V_STRING)
		pf_buf_str(out, pf_shown(p->fallback.s));
	else
		pf_value_repr(out, &p->fallback);
	pf_buf_cstr(out, p->is_list ? ") (shape: (-1,))" : ")");
}

static void put_unsafe(struct pf_buf *out, const struct pf_param *p, const struct pf_value *v)
{
	pf_buf_cstr(out, "Failed to validate type and shape for ");
	put_spec(out, p);
	pf_buf_cstr(out, ", error: ");
	if (p->type == PF_D_DATETIME) {
		pf_buf_cstr(out, "Failed to convert value `");
	} else if (!pf_value_is_scalar(v)) {
		pf_buf_printf(out, "Value must be a scalar for type `DataType.%s`, got `",
			      pf_dtype_name(p->type));
	} else {
		pf_buf_printf(out,
			      "Can not safely convert `<class '%s'>` to `DataType.%s` for value `",
			      pf_python_type(v), pf_dtype_name(p->type));
	}
	if (v->kind == PF_V_STRING)
		pf_buf_str(out, pf_shown(v->s));
	else
		pf_value_repr(out, v);
	pf_buf_cstr(out, "`");
}

/* As numpy's datetime64 has it, of which MLflow asks for a datetime: hours alone will do, and what
 * is finer than microseconds will not. */
static bool read_date(int64_t *ns, struct pf_str s)
{
	static const char midnight[] = "2000-01-01T00:00:00";
	char full[sizeof(midnight)];
	unsigned layout;

	if (s.n == strlen("2000-01-01T00") || s.n == strlen("2000-01-01T00:00")) {
		memcpy(full, midnight, sizeof(full));
		memcpy(full, s.p, s.n);
		s = pf_s(full);
	}
	return pf_datetime_read(ns, &layout, s) == PF_DATETIME_GOOD && layout % 100 <= 6;
}

/* One scalar; on failure the message is appended to `bad`. */
static bool convert(struct pf_value *out, const struct pf_param *p, const struct pf_value *v,
		    struct pf_buf *bad)
{
	double d;
	int64_t ns;

	if (!takes(p->type, v)) {
		put_unsafe(bad, p, v);
		return false;
	}
	*out = *v;
	if (v->kind == PF_V_NULL)
		return true;
	if (p->type == PF_D_FLOAT || p->type == PF_D_DOUBLE) {
		if (!pf_element_put(&d, PF_T_FLOAT64, v)) {
			put_unsafe(bad, p, v);
			return false;
		}
		*out = (struct pf_value){ .kind = PF_V_FLOAT, .d = d };
	}
	if (p->type == PF_D_DATETIME && v->kind == PF_V_STRING) {
		if (!read_date(&ns, v->s)) {
			put_unsafe(bad, p, v);
			return false;
		}
		*out = (struct pf_value){ .kind = PF_V_DATETIME, .i = ns };
	}
	return true;
}

static bool convert_list(struct pf_value *out, struct pf_arena *a, const struct pf_param *p,
			 const struct pf_value *v, struct pf_buf *bad)
{
	if (v->kind != PF_V_LIST) {
		pf_buf_cstr(bad, "Value must be a 1D array with shape (-1,) for param ");
		put_spec(bad, p);
		pf_buf_printf(bad, ", received %s with ndim 0", pf_python_type(v));
		return false;
	}
	*out = (struct pf_value){ .kind = PF_V_LIST };
	out->list.n = v->list.n;
	out->list.v = pf_alloc_array(a, v->list.n, sizeof(*v));
	for (size_t i = 0; i < v->list.n; i++)
		if (!convert(&out->list.v[i], p, &v->list.v[i], bad))
			return false;
	return true;
}

/* ---- */

const struct pf_param *pf_params_find(const struct pf_params *declared, struct pf_str name)
{
	for (size_t i = 0; i < declared->n; i++)
		if (pf_str_eq(declared->v[i].name, name))
			return &declared->v[i];
	return NULL;
}

static int ignore_all(const struct pf_value *given)
{
	PF_AUTO(buf) names = PF_BUF(PF_KIB(8));

	if (!given || !given->list.n)
		return 0;
	for (size_t i = 0; i < given->list.n && i < 20; i++) {
		pf_buf_cstr(&names, i ? ", " : "");
		pf_repr(&names, given->list.v[2 * i].s);
	}
	pf_warn("`params` can only be specified at inference time if the model signature defines a "
		"params schema. This model does not define a params schema. "
		"Ignoring provided params: [" PF_FMT "]", PF_ARG(pf_buf_view(&names)));
	return 0;
}

static void warn_unknown(const struct pf_value *given, const struct pf_params *declared)
{
	PF_AUTO(buf) names = PF_BUF(PF_KIB(8));
	PF_AUTO(buf) known = PF_BUF(PF_KIB(8));
	size_t n = 0;

	for (size_t i = 0; given && i < given->list.n && n < 20; i++) {
		if (pf_params_find(declared, given->list.v[2 * i].s))
			continue;
		pf_buf_cstr(&names, n++ ? ", " : "");
		pf_repr(&names, given->list.v[2 * i].s);
	}
	for (size_t i = 0; i < declared->n && i < 20; i++) {
		pf_buf_cstr(&known, i ? ", " : "");
		pf_repr(&known, declared->v[i].name);
	}
	if (n)
		pf_warn("Unrecognized params [" PF_FMT
			"] are ignored for inference. Supported params "
			"are: {" PF_FMT "}. To enable them, please add corresponding schema in "
			"ModelSignature.",
			PF_ARG(pf_buf_view(&names)), PF_ARG(pf_buf_view(&known)));
}

/* One name and its checked value at `pair`; what is wrong with it goes to `bad`. */
static void take_one(struct pf_value *pair, struct pf_arena *a, const struct pf_param *p,
		     const struct pf_value *v, struct pf_buf *bad)
{
	PF_AUTO(buf) why = PF_BUF(PF_KIB(8));

	pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = p->name };
	if (p->is_list ? convert_list(&pair[1], a, p, v, &why) : convert(&pair[1], p, v, &why))
		return;
	pf_buf_cstr(bad, bad->n ? ", (" : "(");
	pf_repr(bad, p->name);
	pf_buf_printf(bad, ", \"" PF_FMT "\")", PF_ARG(pf_buf_view(&why)));
}

static bool is_given(const struct pf_value *given, struct pf_str name)
{
	for (size_t i = 0; given && i < given->list.n; i++)
		if (pf_str_eq(given->list.v[2 * i].s, name))
			return true;
	return false;
}

/* A default date is one, too; a default that is none stays as it was written. */
static void put_default(struct pf_value *pair, struct pf_arena *a, const struct pf_param *p)
{
	PF_AUTO(buf) ignored = PF_BUF(PF_KIB(8));

	pair[0] = (struct pf_value){ .kind = PF_V_STRING, .s = p->name };
	if (p->type != PF_D_DATETIME ||
	    !(p->is_list ? convert_list(&pair[1], a, p, &p->fallback, &ignored) :
			   convert(&pair[1], p, &p->fallback, &ignored)))
		pair[1] = p->fallback;
}

int pf_params_enforce(struct pf_value *out, struct pf_arena *a, const struct pf_value *given,
		      const struct pf_params *declared, struct pf_err *err)
{
	PF_AUTO(buf) bad = PF_BUF(PF_KIB(64));
	struct pf_value made = { .kind = PF_V_MAP };

	if (given && given->kind == PF_V_NULL)
		given = NULL;
	if (given && given->kind != PF_V_MAP)
		return pf_fail(err, PF_EMODEL, "Parameters must be a dictionary. Got type '%s'.",
			       pf_python_type(given));
	if (!declared || !declared->present) {
		*out = (struct pf_value){ 0 };
		return ignore_all(given);
	}
	warn_unknown(given, declared);
	made.list.v = pf_alloc_array(a, 2 * declared->n, sizeof(*made.list.v));
	for (size_t i = 0; given && i < given->list.n; i++) {
		const struct pf_param *p = pf_params_find(declared, given->list.v[2 * i].s);

		if (p)
			take_one(&made.list.v[2 * made.list.n++], a, p, &given->list.v[2 * i + 1],
				 &bad);
	}
	if (bad.n)
		return pf_fail(err, PF_EMODEL, "Invalid parameters found: {" PF_FMT "}",
			       PF_ARG(pf_buf_view(&bad)));
	for (size_t i = 0; i < declared->n; i++) {
		struct pf_value *pair = &made.list.v[2 * made.list.n];

		if (is_given(given, declared->v[i].name))
			continue;
		put_default(pair, a, &declared->v[i]);
		made.list.n++;
	}
	*out = made;
	return 0;
}

int pf_params_read(struct pf_value *out, struct pf_arena *a, struct pf_str json,
		   const struct pf_params *declared, struct pf_err *err)
{
	struct pf_value given;

	if (pf_document_read(&given, a, json, err) < 0)
		return pf_wrap(err, "the parameters");
	return pf_params_enforce(out, a, &given, declared, err);
}
