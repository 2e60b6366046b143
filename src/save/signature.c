/* signature.c - a signature as MLflow spells it in MLmodel */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "data/enforce.h"
#include "model/model.h"
#include "req/version.h"
#include "save/inside.h"

/* types/schema.py: to_dict of ColSpec, TensorSpec and ParamSpec say which keys there are, in which
 * order. */

static void set(struct pf_arena *a, struct pf_node *map, const char *key, struct pf_node value)
{
	pf_node_set(a, map, pf_s(key), value);
}

static struct pf_node type_node(struct pf_arena *a, const struct pf_colspec *c);

static int by_name(const void *l, const void *r)
{
	return pf_str_cmp(((const struct pf_colspec *)l)->name,
			  ((const struct pf_colspec *)r)->name);
}

/* An object's properties are sorted, each with `required`. */
static struct pf_node properties_node(struct pf_arena *a, const struct pf_colspec *c)
{
	struct pf_node map = pf_node_map();

	qsort(c->inner, c->inner_count, sizeof(*c->inner), by_name);
	map.v = pf_alloc_array(a, c->inner_count, sizeof(*map.v));
	for (size_t i = 0; i < c->inner_count; i++) {
		map.v[i] = type_node(a, &c->inner[i]);
		set(a, &map.v[i], "required", pf_node_bool(c->inner[i].required));
		map.v[i].key = c->inner[i].name;
	}
	map.n = c->inner_count;
	return map;
}

static struct pf_node type_node(struct pf_arena *a, const struct pf_colspec *c)
{
	struct pf_node map = pf_node_map();

	set(a, &map, "type", pf_node_string(pf_s(pf_dtype_name(c->type))));
	if (c->type == PF_D_ARRAY)
		set(a, &map, "items", type_node(a, c->inner));
	else if (c->type == PF_D_MAP)
		set(a, &map, "values", type_node(a, c->inner));
	else if (c->type == PF_D_OBJECT)
		set(a, &map, "properties", properties_node(a, c));
	return map;
}

/* MLflow before 2.10 has "optional" for "required", and before 2.1 refuses any such key. */
enum spelling { REQUIRED, OPTIONAL, NEITHER };

static enum spelling spelling_of(struct pf_arena *a, struct pf_str mlflow)
{
	static const struct {
		const char *below;
		enum spelling spelling;
	} table[] = { { "2.1", NEITHER }, { "2.10", OPTIONAL } };
	struct pf_version v = { 0 }, below;

	for (size_t i = 0; i < PF_COUNT(table) && pf_version_read(&v, a, mlflow); i++)
		if (pf_version_read(&below, a, pf_s(table[i].below)) &&
		    pf_version_cmp(&v, &below) < 0)
			return table[i].spelling;
	return REQUIRED;
}

static struct pf_node column_node(struct pf_arena *a, const struct pf_colspec *c,
				  enum spelling spelling)
{
	struct pf_node map = type_node(a, c);

	if (c->name.p)
		set(a, &map, "name",
		    c->number ? pf_node_number(c->name) : pf_node_string(c->name));
	if (spelling == REQUIRED)
		set(a, &map, "required", pf_node_bool(c->required));
	else if (spelling == OPTIONAL && !c->required)
		set(a, &map, "optional", pf_node_bool(true));
	return map;
}

static struct pf_node tensor_node(struct pf_arena *a, const struct pf_tensorspec *t)
{
	struct pf_node map = pf_node_map(), spec = pf_node_map(), shape = pf_node_list();

	for (unsigned i = 0; i < t->rank; i++)
		pf_node_push(a, &shape,
			     pf_node_number(pf_format(a, "%lld", (long long)t->shape[i])));
	set(a, &spec, "dtype", pf_node_string(t->dtype));
	set(a, &spec, "shape", shape);
	if (t->name.p)
		set(a, &map, "name", pf_node_string(t->name));
	set(a, &map, "type", pf_node_string(PF_S("tensor")));
	set(a, &map, "tensor-spec", spec);
	return map;
}

static struct pf_node schema_node(struct pf_arena *a, const struct pf_schema *s,
				  enum spelling spelling)
{
	struct pf_node list = pf_node_list();

	list.v = pf_alloc_array(a, s->n, sizeof(*list.v));
	for (; list.n < s->n; list.n++)
		list.v[list.n] = s->tensors ? tensor_node(a, &s->tensors[list.n])
					    : column_node(a, &s->columns[list.n], spelling);
	return list;
}

/* A whole number is a real one where the type is. */
static struct pf_node default_node(struct pf_arena *a, const struct pf_node *n, enum pf_dtype type)
{
	struct pf_node out = *n;
	bool real = type == PF_D_FLOAT || type == PF_D_DOUBLE;

	if (n->kind == PF_NODE_LIST) {
		out.v = pf_alloc_array(a, n->n, sizeof(*out.v));
		for (size_t i = 0; i < n->n; i++)
			out.v[i] = default_node(a, &n->v[i], type);
	} else if (n->kind == PF_NODE_NUMBER && real && pf_str_find(n->text, '.') == PF_NPOS &&
		   pf_str_find(n->text, 'e') == PF_NPOS && pf_str_find(n->text, 'E') == PF_NPOS) {
		out.text = pf_format(a, PF_FMT ".0", PF_ARG(n->text));
	}
	return out;
}

static struct pf_node params_node(struct pf_arena *a, const struct pf_params *p,
				  const struct pf_node *given)
{
	struct pf_node list = pf_node_list();

	for (size_t i = 0; i < p->n; i++) {
		struct pf_node map = pf_node_map(), shape = pf_node_list();
		struct pf_colspec type = { .type = p->v[i].type };
		const struct pf_node *properties = pf_node_get(&given->v[i], "properties");

		pf_node_push(a, &shape, pf_node_number(PF_S("-1")));
		set(a, &map, "name", pf_node_string(p->v[i].name));
		set(a, &map, "default",
		    default_node(a, pf_node_get(&given->v[i], "default"), type.type));
		set(a, &map, "shape", p->v[i].is_list ? shape : (struct pf_node){ 0 });
		set(a, &map, "type", pf_node_string(pf_s(pf_dtype_name(type.type))));
		if (properties)
			set(a, &map, "properties", *properties);
		pf_node_push(a, &list, map);
	}
	return list;
}

/* ---- the file ---- */

static int json_text(struct pf_str *out, struct pf_arena *a, const struct pf_node *n,
		     struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	pf_json_as_python(&text, n, 0);
	if (pf_buf_check(&text, "the signature", err) < 0)
		return -1;
	*out = pf_dup(a, pf_buf_view(&text));
	return 0;
}

/* inputs, outputs and params as texts of JSON, as MLmodel has them, or as the lists themselves. */
static int read_file(struct pf_node *out, struct pf_arena *a, const char *path, struct pf_err *err)
{
	static const char *const keys[] = { "inputs",
					    "outputs",
					    "params",
					    "is_signature_from_type_hint",
					    "type_hint_from_example",
					    NULL };
	struct pf_node *doc;
	bool any = false;

	if (pf_save_read_json(&doc, a, "--signature", path, err) < 0)
		return -1;
	if (doc->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL,
			       "%s: a signature is an object with inputs, outputs "
			       "and params",
			       path);
	for (size_t i = 0; i < doc->n; i++) {
		struct pf_node *n = &doc->v[i];

		if (!pf_str_in(n->key, keys))
			return pf_fail(err, PF_EMODEL,
				       "%s, line %u: a signature has no \"" PF_FMT "\"", path,
				       n->line, PF_ARG(pf_shown(n->key)));
		any |= n->kind == PF_NODE_LIST || (n->kind == PF_NODE_STRING && n->text.n);
		if (n->kind != PF_NODE_LIST)
			continue;
		if (json_text(&n->text, a, n, err) < 0)
			return -1;
		n->kind = PF_NODE_STRING;
	}
	*out = *doc;
	if (!any)
		return pf_fail(err, PF_EMODEL,
			       "At least one of inputs, outputs or params must be provided");
	return 0;
}

static int put_text(struct pf_node *signature, struct pf_arena *a, const char *key,
		    const struct pf_node *list, struct pf_err *err)
{
	struct pf_str text;

	if (json_text(&text, a, list, err) < 0)
		return -1;
	set(a, signature, key, list->n ? pf_node_string(text) : (struct pf_node){ 0 });
	return 0;
}

static void set_flag(struct pf_saving *w, const struct pf_node *given, const char *key)
{
	const struct pf_node *flag = pf_node_get(given, key);

	set(&w->arena, &w->mlmodel, key, pf_node_bool(flag && flag->truth));
}

int pf_save_signature(struct pf_saving *w, struct pf_err *err)
{
	struct pf_arena *a = &w->arena;
	struct pf_node given, out = pf_node_map(), inputs, outputs, params;
	struct pf_node *list = NULL;
	struct pf_signature s;
	enum spelling spelling;

	if (!w->s->signature)
		return 0;
	if (read_file(&given, a, w->s->signature, err) < 0 ||
	    pf_signature_parse(&s, a, &given, err) < 0 ||
	    (s.params.present && pf_json_parse(&list, a, pf_node_text(&given, "params"), err) < 0))
		return pf_wrap(err, "--signature");
	spelling = spelling_of(a, pf_node_text(&w->mlmodel, "mlflow_version"));
	inputs = schema_node(a, &s.inputs, spelling);
	outputs = schema_node(a, &s.outputs, spelling);
	params = list ? params_node(a, &s.params, list) : pf_node_list();
	if (put_text(&out, a, "inputs", &inputs, err) < 0 ||
	    put_text(&out, a, "outputs", &outputs, err) < 0 ||
	    put_text(&out, a, "params", &params, err) < 0)
		return -1;
	set(a, &w->mlmodel, "signature", out);
	set_flag(w, &given, "is_signature_from_type_hint");
	set_flag(w, &given, "type_hint_from_example");
	return 0;
}
