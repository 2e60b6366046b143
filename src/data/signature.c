/* signature.c - MLmodel's signature: JSON texts into columns, tensors and params */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/signature.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"
#include "data/value.h"

/* Where we are in the signature, "inputs[2].properties.a", for messages. Too long a way is cut. */
struct reader {
	struct pf_arena *arena;
	struct pf_err *err;
	char path[300];
	size_t n;
};

static size_t enter(struct reader *r, const char *before, struct pf_str name)
{
	size_t back = r->n;
	int n = snprintf(r->path + r->n, sizeof(r->path) - r->n, "%s" PF_FMT, before,
			 PF_ARG(pf_shown(name)));

	r->n += n > 0 && (size_t)n < sizeof(r->path) - r->n ? (size_t)n : 0;
	return back;
}

static size_t enter_item(struct reader *r, size_t i)
{
	char number[32];

	snprintf(number, sizeof(number), "[%zu]", i);
	return enter(r, number, (struct pf_str){ 0 });
}

static void leave(struct reader *r, size_t back)
{
	r->n = back;
	r->path[back] = '\0';
}

static int refuse(struct reader *r, const char *what)
{
	return pf_fail(r->err, PF_EMODEL, "signature %s: %s", r->path, what);
}

static int refuse_text(struct reader *r, const char *what, struct pf_str text)
{
	text = pf_shown(text);
	return pf_fail(r->err, PF_EMODEL, "signature %s: %s \"" PF_FMT "\"", r->path, what,
		       PF_ARG(text));
}

/* ---- columns ---- */

static const char *const type_names[] = {
	[PF_D_BOOLEAN] = "boolean",
	[PF_D_INTEGER] = "integer",
	[PF_D_LONG] = "long",
	[PF_D_FLOAT] = "float",
	[PF_D_DOUBLE] = "double",
	[PF_D_STRING] = "string",
	[PF_D_BINARY] = "binary",
	[PF_D_DATETIME] = "datetime",
	[PF_D_ARRAY] = "array",
	[PF_D_OBJECT] = "object",
	[PF_D_MAP] = "map",
	[PF_D_ANY] = "any",
	[PF_D_SPARKML] = "sparkml_vector",
};

static int read_type(struct reader *r, enum pf_dtype *out, const struct pf_node *type)
{
	if (!type || type->kind != PF_NODE_STRING)
		return refuse(r, "no type");
	for (size_t i = 0; i < PF_COUNT(type_names); i++) {
		if (pf_str_is(type->text, type_names[i])) {
			*out = (enum pf_dtype)i;
			return 0;
		}
	}
	return refuse_text(r, "unknown type", type->text);
}

/* Absent and null: what the type says of itself. */
static int read_required(struct reader *r, bool *out, const struct pf_node *map, bool otherwise)
{
	const struct pf_node *n = pf_node_get(map, "required");

	*out = otherwise;
	if (!n || n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_BOOL)
		return refuse(r, "required is neither true nor false");
	*out = n->truth;
	return 0;
}

static int read_colspec(struct reader *r, struct pf_colspec *out, const struct pf_node *map);

static int read_properties(struct reader *r, struct pf_colspec *out, const struct pf_node *map)
{
	const struct pf_node *props = pf_node_get(map, "properties");

	if (!props || props->kind != PF_NODE_MAP)
		return refuse(r, "an object without properties");
	out->inner = pf_alloc_array(r->arena, props->n, sizeof(*out->inner));
	out->inner_count = props->n;
	for (size_t i = 0; i < props->n; i++) {
		size_t back = enter(r, ".properties.", props->v[i].key);

		out->inner[i].name = props->v[i].key;
		if (read_colspec(r, &out->inner[i], &props->v[i]) < 0 ||
		    read_required(r, &out->inner[i].required, &props->v[i], true) < 0)
			return -1;
		leave(r, back);
	}
	return 0;
}

static int read_inner(struct reader *r, struct pf_colspec *out, const struct pf_node *map,
		      const char *key)
{
	const struct pf_node *inner = pf_node_get(map, key);
	size_t back = enter(r, ".", pf_s(key));

	out->inner = pf_alloc(r->arena, sizeof(*out->inner));
	out->inner_count = 1;
	if (read_colspec(r, out->inner, inner) < 0)
		return -1;
	out->inner->required = true;
	leave(r, back);
	return 0;
}

/* The type with all that is inside it; as deep as the JSON reader lets a text be. */
static int read_colspec(struct reader *r, struct pf_colspec *out, const struct pf_node *map)
{
	if (!map || map->kind != PF_NODE_MAP)
		return refuse(r, "a type that is no object");
	if (read_type(r, &out->type, pf_node_get(map, "type")) < 0)
		return -1;
	if (out->type == PF_D_ARRAY)
		return read_inner(r, out, map, "items");
	if (out->type == PF_D_MAP)
		return read_inner(r, out, map, "values");
	return out->type == PF_D_OBJECT ? read_properties(r, out, map) : 0;
}

/* ---- tensors ---- */

/* numpy's names. What no input can be made of is an object. */
static const struct {
	const char *name;
	enum pf_type type;
} dtypes[] = {
	{ "bool", PF_T_BOOL },
	{ "int8", PF_T_INT8 },
	{ "int16", PF_T_INT16 },
	{ "int32", PF_T_INT32 },
	{ "int64", PF_T_INT64 },
	{ "uint8", PF_T_UINT8 },
	{ "uint16", PF_T_UINT16 },
	{ "uint32", PF_T_UINT32 },
	{ "uint64", PF_T_UINT64 },
	{ "float32", PF_T_FLOAT32 },
	{ "float64", PF_T_FLOAT64 },
	{ "float16", PF_T_OBJECT },
	{ "longdouble", PF_T_OBJECT },
	{ "float128", PF_T_OBJECT },
	{ "complex64", PF_T_OBJECT },
	{ "complex128", PF_T_OBJECT },
	{ "str", PF_T_STRING },
	{ "bytes", PF_T_BYTES },
	{ "object", PF_T_OBJECT },
	{ "datetime64", PF_T_DATETIME },
	{ "datetime64[ns]", PF_T_DATETIME },
	{ "datetime64[us]", PF_T_DATETIME },
	{ "datetime64[ms]", PF_T_DATETIME },
	{ "datetime64[s]", PF_T_DATETIME },
	{ "datetime64[D]", PF_T_DATETIME },
	{ "timedelta64[ns]", PF_T_OBJECT },
};

static int read_dtype(struct reader *r, struct pf_tensorspec *out, const struct pf_node *dtype)
{
	if (!dtype || dtype->kind != PF_NODE_STRING)
		return refuse(r, "no dtype");
	out->dtype = dtype->text;
	for (size_t i = 0; i < PF_COUNT(dtypes); i++) {
		if (pf_str_is(dtype->text, dtypes[i].name)) {
			out->type = dtypes[i].type;
			return 0;
		}
	}
	return refuse_text(r, "unknown dtype", dtype->text);
}

static int read_shape(struct reader *r, struct pf_tensorspec *out, const struct pf_node *shape)
{
	int64_t total = 1;

	if (!shape || shape->kind != PF_NODE_LIST)
		return refuse(r, "no shape");
	if (shape->n > PF_COUNT(out->shape))
		return refuse(r, "a shape of more than 16 dimensions");
	for (size_t i = 0; i < shape->n; i++) {
		int64_t size;

		if (shape->v[i].kind != PF_NODE_NUMBER || !pf_int64_read(shape->v[i].text, &size) ||
		    size < -1)
			return refuse_text(r, "no size of a dimension:", shape->v[i].text);
		if (size > 0 && __builtin_mul_overflow(total, size, &total))
			return refuse(r, "a shape of more elements than can be counted");
		out->shape[out->rank++] = size;
	}
	return 0;
}

static int read_tensor(struct reader *r, struct pf_tensorspec *out, const struct pf_node *map)
{
	const struct pf_node *spec = pf_node_get(map, "tensor-spec");
	size_t back = enter(r, ".", PF_S("tensor-spec"));

	if (!spec || spec->kind != PF_NODE_MAP)
		return refuse(r, "is missing");
	if (read_dtype(r, out, pf_node_get(spec, "dtype")) < 0 ||
	    read_shape(r, out, pf_node_get(spec, "shape")) < 0)
		return -1;
	leave(r, back);
	return 0;
}

/* ---- schemas ---- */

static int read_name(struct reader *r, struct pf_str *out, const struct pf_node *map)
{
	const struct pf_node *n = pf_node_get(map, "name");

	if (!n || n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_STRING && n->kind != PF_NODE_NUMBER)
		return refuse(r, "a name that is no text");
	*out = n->text;
	return 0;
}

static bool is_tensor(const struct pf_node *input)
{
	return pf_str_is(pf_node_text(input, "type"), "tensor");
}

/* Plain types are required unless they say otherwise, nested ones the other way round. Only a
 * plain "required": false is too much for an input without a name. */
static int read_input(struct reader *r, struct pf_schema *out, size_t i, const struct pf_node *map)
{
	struct pf_colspec *col = out->columns ? &out->columns[i] : NULL;
	struct pf_str *name = col ? &col->name : &out->tensors[i].name;
	const struct pf_node *required = pf_node_get(map, "required");
	const struct pf_node *label = pf_node_get(map, "name");

	if (map->kind != PF_NODE_MAP)
		return refuse(r, "an input that is no object");
	if (is_tensor(map) != (out->kind == PF_SCHEMA_TENSORS))
		return refuse(r, "columns and tensors are mixed");
	if (read_name(r, name, map) < 0)
		return -1;
	if (i && (name->p != NULL) != out->named)
		return refuse(r, "some inputs have names and some have none");
	out->named = name->p != NULL;
	if (!col)
		return read_tensor(r, &out->tensors[i], map);
	col->number = label && label->kind == PF_NODE_NUMBER;
	if (read_colspec(r, col, map) < 0 ||
	    read_required(r, &col->required, map, col->type < PF_D_ARRAY) < 0)
		return -1;
	if (!out->named && required && required->kind == PF_NODE_BOOL && !required->truth)
		return refuse(r, "an input without a name has to be required");
	return 0;
}

static int refuse_double(struct reader *r, struct pf_map *names, struct pf_arena *scratch,
			 struct pf_str name)
{
	void **place;

	if (!name.p)
		return 0;
	place = pf_map_put(scratch, names, name);
	if (*place)
		return refuse_text(r, "a second", name);
	*place = r;
	return 0;
}

static int read_inputs(struct reader *r, struct pf_schema *out, const struct pf_node *list)
{
	PF_AUTO(arena) scratch = { 0 };
	struct pf_map names = { 0 };

	if (list->kind != PF_NODE_LIST || !list->n)
		return refuse(r, "a list with one input at least is wanted");
	out->kind = is_tensor(&list->v[0]) ? PF_SCHEMA_TENSORS : PF_SCHEMA_COLUMNS;
	out->n = list->n;
	if (out->kind == PF_SCHEMA_TENSORS)
		out->tensors = pf_alloc_array(r->arena, list->n, sizeof(*out->tensors));
	else
		out->columns = pf_alloc_array(r->arena, list->n, sizeof(*out->columns));
	for (size_t i = 0; i < list->n; i++) {
		size_t back = enter_item(r, i);

		if (read_input(r, out, i, &list->v[i]) < 0 ||
		    refuse_double(r, &names, &scratch,
				  out->columns ? out->columns[i].name : out->tensors[i].name) < 0)
			return -1;
		leave(r, back);
	}
	if (out->kind == PF_SCHEMA_TENSORS && out->n > 1 && !out->named)
		return refuse(r, "several tensors need names");
	return 0;
}

/* ---- params ---- */

/* A default has its type: whole numbers may stand for real ones, null for anything. */
static bool fits(enum pf_dtype type, struct pf_value *v)
{
	if (v->kind == PF_V_INT && (type == PF_D_FLOAT || type == PF_D_DOUBLE))
		*v = (struct pf_value){ .kind = PF_V_FLOAT, .d = (double)v->i };
	switch (type) {
	case PF_D_BOOLEAN:
		return v->kind == PF_V_BOOL || v->kind == PF_V_NULL;
	case PF_D_INTEGER:
	case PF_D_LONG:
		return v->kind == PF_V_INT || v->kind == PF_V_NULL;
	case PF_D_FLOAT:
	case PF_D_DOUBLE:
		return v->kind == PF_V_FLOAT || v->kind == PF_V_NULL;
	case PF_D_STRING:
	case PF_D_DATETIME:
		return v->kind == PF_V_STRING || v->kind == PF_V_NULL;
	default:
		return v->kind == PF_V_MAP || v->kind == PF_V_NULL;
	}
}

static int read_default(struct reader *r, struct pf_param *out, const struct pf_node *map)
{
	const struct pf_node *fallback = pf_node_get(map, "default");

	if (!fallback)
		return refuse(r, "no default");
	out->fallback = pf_value_of_node(r->arena, fallback);
	if (!out->is_list)
		return fits(out->type, &out->fallback)
			       ? 0
			       : refuse(r, "the default is of another type");
	if (out->fallback.kind != PF_V_LIST)
		return refuse(r, "the default of shape [-1] is no list");
	for (size_t i = 0; i < out->fallback.list.n; i++)
		if (!fits(out->type, &out->fallback.list.v[i]))
			return refuse(r, "the default is of another type");
	return 0;
}

static int read_param(struct reader *r, struct pf_param *out, const struct pf_node *map)
{
	const struct pf_node *shape = pf_node_get(map, "shape"), *type = pf_node_get(map, "type");

	if (map->kind != PF_NODE_MAP)
		return refuse(r, "a param that is no object");
	if (read_name(r, &out->name, map) < 0)
		return -1;
	if (!out->name.p)
		return refuse(r, "no name");
	if (read_type(r, &out->type,
		      type && type->kind != PF_NODE_NULL ? type : pf_node_get(map, "dtype")) < 0)
		return -1;
	if (out->type >= PF_D_BINARY && out->type != PF_D_DATETIME && out->type != PF_D_OBJECT)
		return refuse_text(r, "no type of a param:", pf_s(type_names[out->type]));
	out->is_list = shape && shape->kind == PF_NODE_LIST;
	if (out->is_list && (shape->n != 1 || !pf_str_is(shape->v[0].text, "-1")))
		return refuse(r, "a shape other than null and [-1]");
	if (shape && !out->is_list && shape->kind != PF_NODE_NULL)
		return refuse(r, "a shape other than null and [-1]");
	return read_default(r, out, map);
}

static int read_params(struct reader *r, struct pf_params *out, const struct pf_node *list)
{
	PF_AUTO(arena) scratch = { 0 };
	struct pf_map names = { 0 };

	if (list->kind != PF_NODE_LIST)
		return refuse(r, "a list is wanted");
	out->v = pf_alloc_array(r->arena, list->n, sizeof(*out->v));
	out->n = list->n;
	out->present = true;
	for (size_t i = 0; i < list->n; i++) {
		size_t back = enter_item(r, i);

		if (read_param(r, &out->v[i], &list->v[i]) < 0 ||
		    refuse_double(r, &names, &scratch, out->v[i].name) < 0)
			return -1;
		leave(r, back);
	}
	return 0;
}

/* ---- the whole ---- */

/* A node is behind each of these bytes, so that the tree is no larger than one of YAML. */
static int count_nodes(struct reader *r, struct pf_str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == ',' || text.p[i] == '[' || text.p[i] == '{';
	return n <= PF_MAX_YAML_NODES
		       ? 0
		       : pf_fail(r->err, PF_ELIMIT, "signature %s: more than %d nodes", r->path,
				 PF_MAX_YAML_NODES);
}

/* The JSON text under a key; *out stays NULL where there is none. */
static int parse_text(struct reader *r, struct pf_node **out, struct pf_str *text,
		      const struct pf_node *signature, const char *key)
{
	const struct pf_node *n = pf_node_get(signature, key);

	leave(r, 0);
	enter(r, key, (struct pf_str){ 0 });
	if (!n || n->kind == PF_NODE_NULL)
		return 0;
	if (n->kind != PF_NODE_STRING)
		return refuse(r, "JSON in a text is wanted");
	if (!n->text.n)
		return 0;
	*text = n->text;
	if (count_nodes(r, n->text) < 0)
		return -1;
	return pf_json_parse(out, r->arena, n->text, r->err) < 0
		       ? pf_wrap(r->err, "signature %s", key)
		       : 0;
}

int pf_signature_parse(struct pf_signature *out, struct pf_arena *a,
		       const struct pf_node *signature, struct pf_err *err)
{
	struct reader r = { .arena = a, .err = err };
	struct pf_signature s = { .present = true };
	struct pf_str unused;
	struct pf_node *inputs = NULL, *outputs = NULL, *params = NULL;

	if (signature->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL, "line %u: signature is %s, where a map is wanted",
			       signature->line, pf_node_kind_name(signature->kind));
	if (parse_text(&r, &inputs, &s.inputs.text, signature, "inputs") < 0 ||
	    (inputs && read_inputs(&r, &s.inputs, inputs) < 0) ||
	    parse_text(&r, &outputs, &s.outputs.text, signature, "outputs") < 0 ||
	    (outputs && read_inputs(&r, &s.outputs, outputs) < 0) ||
	    parse_text(&r, &params, &unused, signature, "params") < 0 ||
	    (params && read_params(&r, &s.params, params) < 0))
		return -1;
	*out = s;
	return 0;
}
