/* enforce.c - which of the given columns the signature asks for, in MLflow's words */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/enforce.h"

#include <inttypes.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"

#define SHOWN_LABELS 20

const char *pf_dtype_name(enum pf_dtype t)
{
	static const char *const names[] = {
		[PF_D_BOOLEAN] = "boolean", [PF_D_INTEGER] = "integer",	  [PF_D_LONG] = "long",
		[PF_D_FLOAT] = "float",	    [PF_D_DOUBLE] = "double",	  [PF_D_STRING] = "string",
		[PF_D_BINARY] = "binary",   [PF_D_DATETIME] = "datetime", [PF_D_ARRAY] = "array",
		[PF_D_OBJECT] = "object",   [PF_D_MAP] = "map",		  [PF_D_ANY] = "any",
		[PF_D_SPARKML] = "sparkml_vector",
	};

	return names[t];
}

bool pf_schema_is_scalar(const struct pf_schema *schema)
{
	for (size_t i = 0; i < schema->n; i++)
		if (schema->columns[i].type > PF_D_DATETIME)
			return false;
	return true;
}

/* Python prefers single quotes, unless the text holds one and no double quote. */
void pf_repr(struct pf_buf *out, struct pf_str s)
{
	char quote;

	s = pf_shown(s);
	quote = pf_str_find(s, '\'') != PF_NPOS && pf_str_find(s, '"') == PF_NPOS ? '"' : '\'';
	pf_buf_char(out, quote);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '\n' || c == '\r' || c == '\t') {
			pf_buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		} else if (c < 0x20 || c == 0x7f) {
			pf_buf_printf(out, "\\x%02x", c);
		} else {
			if (c == '\\' || c == (unsigned char)quote)
				pf_buf_char(out, '\\');
			pf_buf_char(out, (char)c);
		}
	}
	pf_buf_char(out, quote);
}

/* ---- labels as a Python list: ['a', 'b', 0] ---- */

struct labels {
	struct pf_buf text;
	size_t n;
};

static void add_label(struct labels *l, const struct pf_label *label, size_t number)
{
	if (!l->text.max)
		l->text = PF_BUF(PF_KIB(16));
	if (l->n++ >= SHOWN_LABELS)
		return;
	if (l->n > 1)
		pf_buf_cstr(&l->text, ", ");
	if (label->shift == PF_LABEL_ODD)
		pf_buf_char(&l->text, '?');
	else if (label->unnamed && label->name.p)
		pf_buf_str(&l->text, pf_shown(label->name));
	else if (label->unnamed)
		pf_buf_printf(&l->text, "%" PRId64, (int64_t)number + label->shift);
	else
		pf_repr(&l->text, label->name);
}

static struct pf_str labels_text(struct labels *l)
{
	if (l->n > SHOWN_LABELS)
		pf_buf_printf(&l->text, ", ... %zu more", l->n - SHOWN_LABELS);
	l->n = 0;
	return pf_buf_view(&l->text);
}

static void free_labels(struct labels *l)
{
	pf_buf_free(&l->text);
}

#define AUTO_LABELS __attribute__((cleanup(free_labels))) struct labels

/* ---- */

static struct pf_label declared(const struct pf_schema *schema, size_t i)
{
	struct pf_str name = schema->kind == PF_SCHEMA_TENSORS ? schema->tensors[i].name
							       : schema->columns[i].name;
	bool number = schema->kind == PF_SCHEMA_COLUMNS && schema->columns[i].number;

	return (struct pf_label){ .name = name, .unnamed = !name.p || number };
}

static bool is_required(const struct pf_schema *schema, size_t i)
{
	return schema->kind == PF_SCHEMA_TENSORS || schema->columns[i].required;
}

static int pick_by_position(size_t *pick, size_t n, const struct pf_schema *schema,
			    struct pf_err *err)
{
	if (n < schema->n)
		return pf_fail(
			err, PF_EMODEL,
			"Model inference is missing inputs. The model signature declares %zu "
			"inputs  but the provided value only has %zu inputs. Note: the inputs "
			"were not named in the signature so we can only verify their count.",
			schema->n, n);
	for (size_t i = 0; i < schema->n; i++)
		pick[i] = i;
	return 0;
}

static struct pf_str number_text(struct pf_arena *a, const struct pf_label *label, size_t place)
{
	return pf_format(a, "%" PRId64, (int64_t)place + label->shift);
}

int pf_enforce_columns(size_t *pick, const struct pf_label *given, size_t n,
		       const struct pf_schema *schema, struct pf_err *err)
{
	PF_AUTO(arena) temp = { 0 };
	AUTO_LABELS missing = { 0 };
	AUTO_LABELS extra = { 0 };
	struct pf_map names = { 0 }, numbers = { 0 }; /* of labels: a column's place and 1 */
	bool *used = pf_alloc(&temp, n + 1);

	if (!schema->named)
		return pick_by_position(pick, n, schema, err);
	for (size_t i = 0; i < n; i++) {
		struct pf_str label = given[i].unnamed ? number_text(&temp, &given[i], i)
						       : given[i].name;

		if (given[i].shift != PF_LABEL_ODD)
			*pf_map_put(&temp, given[i].unnamed ? &numbers : &names, label) =
				(void *)(uintptr_t)(i + 1);
	}
	for (size_t i = 0; i < schema->n; i++) {
		struct pf_label wanted = declared(schema, i);
		const struct pf_map *known = wanted.unnamed ? &numbers : &names;
		size_t number = (size_t)(uintptr_t)pf_map_get(known, wanted.name);

		pick[i] = number ? number - 1 : PF_NPOS;
		if (number)
			used[number - 1] = true;
		else if (is_required(schema, i))
			add_label(&missing, &wanted, i);
	}
	for (size_t i = 0; i < n; i++)
		if (!used[i])
			add_label(&extra, &given[i], i);
	if (missing.n && extra.n)
		return pf_fail(err, PF_EMODEL,
			       "Model is missing inputs [" PF_FMT
			       "]. Note that there were extra inputs: [" PF_FMT "].",
			       PF_ARG(labels_text(&missing)), PF_ARG(labels_text(&extra)));
	if (missing.n)
		return pf_fail(err, PF_EMODEL, "Model is missing inputs [" PF_FMT "].",
			       PF_ARG(labels_text(&missing)));
	if (extra.n)
		pf_warn("Found extra inputs in the model input that are not defined in the model "
			"signature: `[" PF_FMT "]`. These inputs will be ignored.",
			PF_ARG(labels_text(&extra)));
	return 0;
}

/* A shape as Python shows a tuple: (), (3,), (-1, 3) */
static void put_shape(struct pf_buf *out, const int64_t *shape, unsigned rank)
{
	pf_buf_char(out, '(');
	for (unsigned i = 0; i < rank; i++)
		pf_buf_printf(out, "%s%" PRId64, i ? ", " : "", shape[i]);
	pf_buf_cstr(out, rank == 1 ? ",)" : ")");
}

int pf_enforce_shape(const struct pf_tensor *t, const struct pf_tensorspec *spec,
		     struct pf_err *err)
{
	PF_AUTO(buf) given = PF_BUF(PF_KIB(1));
	PF_AUTO(buf) wanted = PF_BUF(PF_KIB(1));
	int64_t shape[PF_COUNT(t->shape)];
	bool same = t->rank == spec->rank;

	for (unsigned i = 0; i < t->rank; i++)
		shape[i] = (int64_t)t->shape[i];
	for (unsigned i = 0; same && i < t->rank; i++)
		same = spec->shape[i] == -1 || spec->shape[i] == shape[i];
	if (same)
		return 0;
	put_shape(&given, shape, t->rank);
	put_shape(&wanted, spec->shape, spec->rank);
	if (spec->name.p)
		return pf_fail(err, PF_EMODEL,
			       "input '" PF_FMT "': Shape of input %s does not match "
			       "expected shape %s.",
			       PF_ARG(pf_shown(spec->name)), given.p, wanted.p);
	return pf_fail(err, PF_EMODEL, "Shape of input %s does not match expected shape %s.",
		       given.p, wanted.p);
}
