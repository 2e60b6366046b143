/* test_signature.c - signatures: columns of every type, tensors, params, and what is refused where */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "data/signature.h"

static const char *const dtype_names[] = {
	[PF_D_BOOLEAN] = "boolean", [PF_D_INTEGER] = "integer",	  [PF_D_LONG] = "long",
	[PF_D_FLOAT] = "float",	    [PF_D_DOUBLE] = "double",	  [PF_D_STRING] = "string",
	[PF_D_BINARY] = "binary",   [PF_D_DATETIME] = "datetime", [PF_D_ARRAY] = "array",
	[PF_D_OBJECT] = "object",   [PF_D_MAP] = "map",		  [PF_D_ANY] = "any",
	[PF_D_SPARKML] = "sparkml",
};

/* "a:long", "?b:array(double)": the question mark is an optional one. */
static void dump_column(struct pf_buf *out, const struct pf_colspec *c)
{
	pf_buf_printf(out, "%s" PF_FMT "%s%s", c->required ? "" : "?", PF_ARG(c->name),
		      c->name.p ? ":" : "", dtype_names[c->type]);
	for (size_t i = 0; i < c->inner_count; i++) {
		pf_buf_cstr(out, i ? " " : "(");
		dump_column(out, &c->inner[i]);
	}
	pf_buf_cstr(out, c->inner_count ? ")" : "");
}

static void dump_tensor(struct pf_buf *out, const struct pf_tensorspec *t)
{
	pf_buf_printf(out, PF_FMT "%s" PF_FMT "/%d[", PF_ARG(t->name), t->name.p ? ":" : "",
		      PF_ARG(t->dtype), (int)t->type);
	for (unsigned i = 0; i < t->rank; i++)
		pf_buf_printf(out, "%s%lld", i ? "," : "", (long long)t->shape[i]);
	pf_buf_cstr(out, "]");
}

static void dump_value(struct pf_buf *out, const struct pf_value *v)
{
	switch (v->kind) {
	case PF_V_NULL:
		pf_buf_cstr(out, "null");
		return;
	case PF_V_BOOL:
		pf_buf_cstr(out, v->b ? "true" : "false");
		return;
	case PF_V_INT:
		pf_buf_printf(out, "%lld", (long long)v->i);
		return;
	case PF_V_FLOAT:
		pf_buf_printf(out, "%g", v->d);
		return;
	case PF_V_LIST:
		for (size_t i = 0; i < v->list.n; i++) {
			pf_buf_cstr(out, i ? "," : "[");
			dump_value(out, &v->list.v[i]);
		}
		pf_buf_cstr(out, "]");
		return;
	case PF_V_MAP:
		pf_buf_printf(out, "{%zu}", v->list.n);
		return;
	default:
		pf_buf_printf(out, "'" PF_FMT "'", PF_ARG(v->s));
	}
}

static void dump(struct pf_buf *out, const struct pf_signature *s)
{
	for (size_t i = 0; i < s->inputs.n; i++) {
		pf_buf_cstr(out, i ? " " : "");
		if (s->inputs.kind == PF_SCHEMA_COLUMNS)
			dump_column(out, &s->inputs.columns[i]);
		else
			dump_tensor(out, &s->inputs.tensors[i]);
	}
	for (size_t i = 0; i < s->params.n; i++) {
		const struct pf_param *p = &s->params.v[i];

		pf_buf_printf(out, "%s" PF_FMT ":%s%s=", i ? " " : "", PF_ARG(p->name),
			      dtype_names[p->type], p->is_list ? "[]" : "");
		dump_value(out, &p->fallback);
	}
}

/* A signature with one key, as MLmodel holds it. */
static int parse(struct pf_signature *s, struct pf_arena *a, const char *key, struct pf_str json,
		 struct pf_err *err)
{
	struct pf_node value = { .kind = PF_NODE_STRING, .text = json, .key = pf_s(key), .line = 1 };
	struct pf_node map = { .kind = PF_NODE_MAP, .v = &value, .n = 1, .line = 1 };

	return pf_signature_parse(s, a, &map, err);
}

static const struct {
	const char *key, *json, *out;
} good[] = {
	{ "inputs", "[{\"type\":\"long\"}]", "long" },
	{ "inputs", "[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":\"double\",\"required\":false}]",
	  "a:long ?b:double" },
	{ "inputs", "[{\"name\":\"a\",\"type\":\"string\",\"required\":null}]", "a:string" },
	{ "inputs", "[{\"name\":\"x\",\"type\":\"array\",\"items\":{\"type\":\"array\",\"items\":{\"type\":\"double\"}},\"required\":true}]",
	  "x:array(array(double))" },
	{ "inputs", "[{\"name\":\"x\",\"type\":\"array\",\"items\":{\"type\":\"string\"}}]", "?x:array(string)" },
	{ "inputs", "[{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]", "?array(string)" },
	{ "inputs", "[{\"name\":\"o\",\"type\":\"object\",\"required\":true,\"properties\":{\"a\":{\"type\":\"long\",\"required\":false},\"b\":{\"type\":\"map\",\"values\":{\"type\":\"any\"}}}}]",
	  "o:object(?a:long b:map(any))" },
	{ "inputs", "[{\"name\":\"v\",\"type\":\"sparkml_vector\"}]", "?v:sparkml" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\",\"shape\":[-1,28,28]}}]",
	  "float32/10[-1,28,28]" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"str\",\"shape\":[]},\"name\":\"t\"},{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float16\",\"shape\":[0]},\"name\":\"u\"}]",
	  "t:str/13[] u:float16/15[0]" },
	{ "params", "[{\"name\":\"t\",\"type\":\"double\",\"default\":1,\"shape\":null}]", "t:double=1" },
	{ "params", "[{\"name\":\"t\",\"dtype\":\"long\",\"default\":7}]", "t:long=7" },
	{ "params", "[{\"name\":\"s\",\"type\":\"string\",\"default\":null,\"shape\":null},{\"name\":\"l\",\"type\":\"float\",\"default\":[1,0.5],\"shape\":[-1]}]",
	  "s:string=null l:float[]=[1,0.5]" },
	{ "params", "[{\"name\":\"o\",\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"long\"}},\"default\":{\"a\":1},\"shape\":null}]",
	  "o:object={1}" },
	{ "params", "[{\"name\":\"d\",\"type\":\"datetime\",\"default\":\"2024-01-01T00:00:00\"},{\"name\":\"b\",\"type\":\"boolean\",\"default\":true}]",
	  "d:datetime='2024-01-01T00:00:00' b:boolean=true" },
	{ "params", "[]", "" },
	{ "inputs", "", "" },
};

static void reads_what_models_have(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(good); i++) {
		struct pf_arena a = { 0 };
		struct pf_buf out = PF_BUF(4096);
		struct pf_signature s = { 0 };
		struct pf_err err = { 0 };

		if (parse(&s, &a, good[i].key, pf_s(good[i].json), &err) < 0)
			fail_msg("%s: %s", good[i].json, err.msg);
		dump(&out, &s);
		assert_string_equal(out.p ? out.p : "", good[i].out);
		assert_true(s.present);
		pf_buf_free(&out);
		pf_arena_free(&a);
	}
}

static const struct {
	const char *key, *json, *msg;
} bad[] = {
	{ "inputs", "[{", "signature inputs: line 1, column 3: " },
	{ "inputs", "{}", "signature inputs: a list with one input at least is wanted" },
	{ "inputs", "[]", "signature inputs: a list with one input at least is wanted" },
	{ "outputs", "[1]", "signature outputs[0]: an input that is no object" },
	{ "inputs", "[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"a\",\"type\":\"string\"}]",
	  "signature inputs[1]: a second \"a\"" },
	{ "inputs", "[{\"name\":\"a\",\"type\":\"quaternion\"}]",
	  "signature inputs[0]: unknown type \"quaternion\"" },
	{ "inputs", "[{\"name\":\"a\"}]", "signature inputs[0]: no type" },
	{ "inputs", "[{\"name\":\"a\",\"type\":\"array\"}]",
	  "signature inputs[0].items: a type that is no object" },
	{ "inputs", "[{\"type\":\"object\",\"properties\":{\"p\":{\"type\":\"array\",\"items\":{\"type\":\"x\"}}}}]",
	  "signature inputs[0].properties.p.items: unknown type \"x\"" },
	{ "inputs", "[{\"type\":\"long\"},{\"type\":\"long\",\"name\":\"b\"}]",
	  "signature inputs[1]: some inputs have names and some have none" },
	{ "inputs", "[{\"type\":\"long\",\"required\":false}]",
	  "signature inputs[0]: an input without a name has to be required" },
	{ "inputs", "[{\"type\":\"long\",\"name\":\"a\",\"required\":1}]",
	  "signature inputs[0]: required is neither true nor false" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float64\",\"shape\":[-1,99999999999999999999]}}]",
	  "signature inputs[0].tensor-spec: no size of a dimension: \"99999999999999999999\"" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"int8\",\"shape\":[4294967296,4294967296]}}]",
	  "signature inputs[0].tensor-spec: a shape of more elements than can be counted" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"int8\",\"shape\":[1.5]}}]",
	  "signature inputs[0].tensor-spec: no size of a dimension: \"1.5\"" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"quad\",\"shape\":[1]}}]",
	  "signature inputs[0].tensor-spec: unknown dtype \"quad\"" },
	{ "inputs", "[{\"type\":\"tensor\"}]", "signature inputs[0].tensor-spec: is missing" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"int8\",\"shape\":[1]}},{\"type\":\"long\"}]",
	  "signature inputs[1]: columns and tensors are mixed" },
	{ "inputs", "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"int8\",\"shape\":[1]}},{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"int8\",\"shape\":[1]}}]",
	  "signature inputs: several tensors need names" },
	{ "params", "[{\"name\":\"a\",\"type\":\"long\"}]", "signature params[0]: no default" },
	{ "params", "[{\"name\":\"a\",\"type\":\"long\",\"default\":\"x\"}]",
	  "signature params[0]: the default is of another type" },
	{ "params", "[{\"name\":\"a\",\"type\":\"binary\",\"default\":null}]",
	  "signature params[0]: no type of a param: \"binary\"" },
	{ "params", "[{\"name\":\"a\",\"type\":\"long\",\"default\":1,\"shape\":[2]}]",
	  "signature params[0]: a shape other than null and [-1]" },
	{ "params", "[{\"name\":\"a\",\"type\":\"long\",\"default\":1},{\"name\":\"a\",\"type\":\"long\",\"default\":1}]",
	  "signature params[1]: a second \"a\"" },
};

static void refuses_with_a_pointer(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(bad); i++) {
		struct pf_arena a = { 0 };
		struct pf_signature s = { 0 };
		struct pf_err err = { 0 };

		assert_int_equal(parse(&s, &a, bad[i].key, pf_s(bad[i].json), &err), -1);
		if (i) {
			assert_string_equal(err.msg, bad[i].msg);
		} else {
			assert_true(pf_str_starts(pf_s(err.msg), bad[i].msg));
		}
		assert_int_equal(err.code, PF_EMODEL);
		assert_false(s.present);
		pf_arena_free(&a);
	}
}

static void holds_the_ceilings(void **state)
{
	static const struct {
		const char *text, *msg;
		size_t times;
	} rows[] = {
		{ "[", "signature inputs: line 1, column 65: ", 5000 },
		{ "1,", "signature inputs: more than 200000 nodes", 300000 },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
		struct pf_arena a = { 0 };
		struct pf_signature s = { 0 };
		struct pf_err err = { 0 };

		for (size_t k = 0; k < rows[i].times; k++)
			pf_buf_cstr(&text, rows[i].text);
		assert_int_equal(parse(&s, &a, "inputs", pf_buf_view(&text), &err), -1);
		assert_int_equal(err.code, PF_ELIMIT);
		if (!pf_str_starts(pf_s(err.msg), rows[i].msg))
			fail_msg("%s", err.msg);
		pf_arena_free(&a);
		pf_buf_free(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_models_have),
		cmocka_unit_test(refuses_with_a_pointer),
		cmocka_unit_test(holds_the_ceilings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
