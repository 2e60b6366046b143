/* test_enforce.c - nested, optional and typed input, params and LLM bodies, as MLflow enforces them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "data/columns.h"
#include "data/data.h"
#include "data/document.h"
#include "data/nested.h"
#include "data/params.h"
#include "data/strict.h"
#include "show.h"

/* "dtype [values]" as a table of the one column "a". */
static void make_typed(struct pf_table *out, struct pf_arena *a, struct pf_str text)
{
	static const enum pf_type types[] = {
		PF_T_BOOL,   PF_T_INT8,	  PF_T_INT16,  PF_T_INT32,   PF_T_INT64,    PF_T_UINT8,	 PF_T_UINT16,
		PF_T_UINT32, PF_T_UINT64, PF_T_FLOAT32, PF_T_FLOAT64, PF_T_STRING, PF_T_OBJECT,
	};
	struct pf_column *c = PF_PUSH(a, &out->columns);
	struct pf_value list;
	struct pf_str kind;
	struct pf_err err;
	unsigned layout;

	assert_true(pf_str_next(&text, ' ', &kind));
	assert_int_equal(pf_document_read(&list, a, text, &err), 0);
	*c = (struct pf_column){ .name = PF_S("a"), .type = PF_T_DATETIME, .values = list.list.v };
	for (size_t i = 0; i < PF_COUNT(types); i++)
		if (pf_str_is(kind, types[i] == PF_T_STRING ? "string" : pf_type_numpy(types[i])))
			c->type = types[i];
	out->rows = list.list.n;
	if (!pf_type_width(c->type))
		return;
	c->data = pf_alloc_array(a, out->rows, pf_type_width(c->type));
	c->values = NULL;
	for (size_t i = 0; i < out->rows; i++) {
		void *to = (char *)c->data + i * pf_type_width(c->type);

		if (c->type != PF_T_DATETIME)
			assert_true(pf_element_put(to, c->type, &list.list.v[i]));
		else if (list.list.v[i].kind == PF_V_NULL)
			*(int64_t *)to = INT64_MIN;
		else
			assert_int_equal(pf_datetime_read(to, &layout, list.list.v[i].s), PF_DATETIME_GOOD);
	}
}

static int ask(struct pf_request *r, struct pf_arena *a, const struct unit_row *row,
	       const struct pf_expect *expect, struct pf_err *err)
{
	struct pf_table *t;

	if (!pf_str_is(row->v[0], "typed"))
		return pf_payload_read(r, a, row->v[3], expect, err);
	t = pf_alloc(a, sizeof(*t));
	make_typed(t, a, row->v[3]);
	r->data = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
	if (pf_strict_table(t, &r->why, a, expect->inputs, err) < 0)
		return -1;
	r->raw = r->why != NULL;
	return 0;
}

static void answer(struct pf_buf *out, const struct unit_row *row, bool compat)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_signature s = { 0 };
	struct pf_request r = { 0 };
	struct pf_err err = { 0 };
	struct pf_expect expect = { .inputs = &s.inputs, .params = &s.params, .compat = compat };

	parse_signature(&s, &a, row->v[1], row->v[2]);
	if (ask(&r, &a, row, &expect, &err) < 0) {
		pf_buf_printf(out, "error: %s", err.msg);
		return;
	}
	if (r.raw)
		pf_buf_cstr(out, "raw");
	else
		show(out, &r.data);
	if (r.params.kind == PF_V_MAP && !r.raw) {
		pf_buf_cstr(out, " params ");
		show_nested(out, &r.params);
	}
}

struct counts {
	size_t same, told, errors, refused, raw, wrong;
};

/* Does MLflow's message end as ours does, but for the place? */
static bool is_told(struct pf_str wanted, const char *got)
{
	struct pf_str ours = pf_str_skip(pf_s(got), 7);
	size_t at = pf_str_starts(ours, "column ") ? pf_str_find_str(ours, ": ") : PF_NPOS;

	if (at != PF_NPOS)
		ours = pf_str_skip(ours, at + 2);
	return wanted.n >= ours.n && memcmp(wanted.p + wanted.n - ours.n, ours.p, ours.n) == 0;
}

/* What is refused is explained, and left to MLflow where that is asked for. */
static void check_compat(const struct unit_row *row)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));

	assert_explained(row->v[5]);
	if (pf_str_is(row->v[0], "typed"))
		return;
	answer(&out, row, true);
	assert_string_equal(out.p, "raw");
}

static void check_recorded(const struct unit_row *row, void *ctx)
{
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct counts *c = ctx;
	struct pf_str wanted = row->v[4];
	bool refused = !pf_str_is(row->v[5], "same"), failed;

	answer(&out, row, false);
	failed = strncmp(out.p, "error: ", 7) == 0;
	if (strcmp(out.p, "raw") == 0) {
		c->raw++;
	} else if (refused && failed) {
		c->refused++;
		check_compat(row);
	} else if (pf_str_starts(wanted, "error: ") && failed) {
		c->errors++;
		c->told += is_told(wanted, out.p);
	} else if (!refused && pf_str_is(wanted, out.p)) {
		c->same++;
	} else {
		c->wrong++;
		printf("%u\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t%s\n", row->line,
		       PF_ARG(row->v[1]), PF_ARG(row->v[2]), PF_ARG(row->v[3]),
		       PF_ARG(pf_shown(wanted)), out.p);
	}
}

static void recorded(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct counts c = { 0 };

	(void)state;
	unit_table(unit_data(&a, "enforce.tsv"), check_recorded, &c);
	printf("# %zu the same, %zu errors of which %zu are told alike, %zu refused, %zu left to the "
	       "environment, %zu differ\n", c.same, c.errors, c.told, c.refused, c.raw, c.wrong);
	assert_int_equal(c.wrong, 0);
	assert_true(c.same > 1500 && c.errors > 6000 && c.told > 5600 && c.refused > 150);
}

/* ---- the matrix of dtypes ---- */

/* How its rows are spelled here; the others are types that only pandas has. */
static const struct {
	const char *row, *values;
} rows[] = {
	{ "bool", "bool [true, false]" },	   { "int8", "int8 [1, 2]" },
	{ "int16", "int16 [1, 2]" },		   { "int32", "int32 [1, 2]" },
	{ "int64", "int64 [1, 2]" },		   { "int64_01", "int64 [0, 1]" },
	{ "uint8", "uint8 [1, 2]" },		   { "uint32", "uint32 [1, 2]" },
	{ "uint64", "uint64 [1, 2]" },		   { "float32", "float32 [1.5, 2.5]" },
	{ "float64", "float64 [1.5, 2.5]" },	   { "float64_int_nan", "float64 [1.0, NaN]" },
	{ "str", "string [\"a\", \"b\"]" },	   { "obj_str", "object [\"a\", \"b\"]" },
	{ "obj_int", "object [1, 2]" },		   { "obj_none_bool", "object [true, null]" },
	{ "dt_ns", "datetime [\"2024-01-01\"]" },
};

static const char *const declared[] = { "boolean", "integer", "long",	"float",
					"double",  "string",  "binary", "datetime" };

/* "ok:int32" or "ERR" against what comes out. */
static void check_cell(const char *values, const char *type, struct pf_str wanted)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_KIB(64));
	struct unit_row row = { 0 };
	struct pf_str kind = pf_str_skip(wanted, 3);

	row.v[0] = PF_S("typed");
	row.v[1] = pf_format(&a, "[{\"type\":\"%s\",\"name\":\"a\",\"required\":true}]", type);
	row.v[3] = pf_s(values);
	answer(&out, &row, false);
	if (pf_str_is(kind, "str"))
		kind = PF_S("string");
	if (pf_str_is(kind, "datetime64[ns]"))
		kind = PF_S("datetime");
	if (pf_str_is(wanted, "ERR") ? strncmp(out.p, "error: ", 7) != 0
				     : !strstr(out.p, pf_formatz(&a, "\"a\" " PF_FMT ":", PF_ARG(kind))))
		fail_msg("%s as %s: " PF_FMT ", but %s", values, type, PF_ARG(wanted), out.p);
}

static size_t check_line(struct pf_str line)
{
	struct pf_str cell;
	const char *values = NULL;

	pf_str_next(&line, '|', &cell);
	pf_str_next(&line, '|', &cell);
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		if (pf_str_is(pf_str_trim(cell), rows[i].row))
			values = rows[i].values;
	for (size_t i = 0; values && i < PF_COUNT(declared); i++) {
		assert_true(pf_str_next(&line, '|', &cell));
		check_cell(values, declared[i], pf_str_trim(cell));
	}
	return values != NULL;
}

static void matrix(void **state)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	const char *path = unit_acceptance(&a, "conformance/mlflow/schema_matrix.txt");
	struct pf_str rest, line;
	struct pf_err err;
	size_t found = 0;

	(void)state;
	if (!path) {
		print_message("skipped: the matrix of dtypes needs PYFUNC_ENV_ACCEPTANCE\n");
		skip();
	}
	assert_int_equal(pf_read_file(&text, AT_FDCWD, path, &err), 0);
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line))
		found += check_line(line);
	assert_int_equal(found, PF_COUNT(rows));
}

/* ---- what a scoring server answered ---- */

#define OPTIONAL(type, name) "{\"type\":\"" type "\",\"name\":\"" name "\",\"required\":false}"
#define TENSOR(dtype, shape, name) \
	"{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"" dtype "\",\"shape\":" shape "}" name "}"

/* Sections of the table, and the model that was asked; the one whose name the body has comes first. */
static const struct {
	const char *section, *mark;
	const char *inputs, *params;
} served[] = {
	{ "params", "", "[{\"type\":\"string\",\"name\":\"q\",\"required\":true}]",
	  "[{\"name\":\"temperature\",\"type\":\"double\",\"default\":0.5,\"shape\":null},"
	  "{\"name\":\"n\",\"type\":\"integer\",\"default\":1,\"shape\":null},"
	  "{\"name\":\"stop\",\"type\":\"string\",\"default\":[\"a\"],\"shape\":[-1]},"
	  "{\"name\":\"flag\",\"type\":\"boolean\",\"default\":false,\"shape\":null}]" },
	{ "alltypes", "", "[" OPTIONAL("boolean", "boolean") "," OPTIONAL("integer", "integer") ","
	  OPTIONAL("long", "long") "," OPTIONAL("float", "float") "," OPTIONAL("double", "double") ","
	  OPTIONAL("string", "string") "," OPTIONAL("binary", "binary") "," OPTIONAL("datetime", "datetime")
	  ",{\"type\":\"array\",\"items\":{\"type\":\"long\"},\"name\":\"arr\",\"required\":false}"
	  ",{\"type\":\"object\",\"properties\":{\"p\":{\"type\":\"string\",\"required\":true},"
	  "\"q\":{\"type\":\"double\",\"required\":false}},\"name\":\"obj\",\"required\":false}"
	  ",{\"type\":\"map\",\"values\":{\"type\":\"long\"},\"name\":\"map\",\"required\":false},"
	  OPTIONAL("any", "any") "]", NULL },
	{ "tensor", "\"a\":", "[" TENSOR("float64", "[-1,2]", ",\"name\":\"a\"") ","
	  TENSOR("int64", "[-1,3]", ",\"name\":\"b\"") "]", NULL },
	{ "tensor", "", "[" TENSOR("float32", "[-1,3]", "") "]", NULL },
};

/* Where it changed a value, we do not answer. */
static const char *const changed[] = {
	"{\"boolean\": \"true\"}", "{\"boolean\": null}",	   "{\"integer\": 1.7}",
	"{\"integer\": 3000000000}", "{\"float\": 1e+300}",
	"{\"inputs\": {\"a\": [[1, 2]], \"b\": [[1.5, 2, 3]]}}", NULL
};

/* Python's spelling of plain data. */
static struct pf_str as_json(struct pf_arena *a, struct pf_str text)
{
	static const char *const words[][2] = {
		{ "None", "null" }, { "True", "true" }, { "False", "false" }, { "'", "\"" },
	};
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));

	while (text.n) {
		size_t i = 0;

		while (i < PF_COUNT(words) && !pf_str_starts(text, words[i][0]))
			i++;
		if (i < PF_COUNT(words))
			pf_buf_cstr(&out, words[i][1]);
		else
			pf_buf_char(&out, *text.p);
		text = pf_str_skip(text, i < PF_COUNT(words) ? strlen(words[i][0]) : 1);
	}
	return pf_dup(a, pf_buf_view(&out));
}

static size_t find_served(const char *section, struct pf_str body)
{
	size_t i = 0;

	while (i < PF_COUNT(served) && (strcmp(served[i].section, section) != 0 ||
					pf_str_find_str(body, served[i].mark) == PF_NPOS))
		i++;
	return i;
}

/* The dtype that the model told of: "t": "int32" */
static struct pf_str dtype_told(struct pf_str answer)
{
	size_t at = pf_str_find_str(answer, "\"t\": \"");
	struct pf_str type = at == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(answer, at + 6);

	type = pf_str_cut(type, 0, pf_str_find(type, '"'));
	return pf_str_is(type, "datetime64[ns]") ? PF_S("datetime") : pf_str_is(type, "str") ? PF_S("string") : type;
}

static bool check_served(const char *section, struct pf_str line)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	size_t split = pf_str_find_str(line, " => (");
	struct pf_str body = as_json(&a, pf_str_cut(line, 2, split)), answered, type;
	struct unit_row row = { 0 };
	size_t i = find_served(section, body);
	bool good, table = strcmp(section, "alltypes") == 0, failed;

	if (split == PF_NPOS || i == PF_COUNT(served) || !pf_str_starts(body, "{"))
		return false;
	answered = pf_str_skip(line, split + 5);
	good = pf_str_starts(answered, "200");
	row.v[0] = PF_S("json");
	row.v[1] = pf_s(served[i].inputs);
	row.v[2] = served[i].params ? pf_s(served[i].params) : (struct pf_str){ 0 };
	row.v[3] = table ? pf_format(&a, "{\"dataframe_records\":[" PF_FMT "]}", PF_ARG(body)) : body;
	answer(&out, &row, false);
	failed = strncmp(out.p, "error: ", 7) == 0;
	if (strcmp(out.p, "raw") == 0 || (failed && (!good || pf_str_in(body, changed))))
		return true;
	type = dtype_told(answered);
	/* bytes are objects to pandas */
	if (failed == good || (table && good && !pf_str_is(type, "object") &&
			       !strstr(out.p, pf_formatz(&a, "\" " PF_FMT ":", PF_ARG(type)))))
		fail_msg("%s " PF_FMT ": " PF_FMT ", but %s", section, PF_ARG(body),
			 PF_ARG(pf_shown(answered)), out.p);
	return true;
}

static void scored(void **state)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	const char *path = unit_acceptance(&a, "conformance/mlflow/scoring_server.txt");
	const char *section = "";
	struct pf_str rest, line;
	struct pf_err err;
	size_t found = 0;

	(void)state;
	if (!path) {
		print_message("skipped: a scoring server's answers need PYFUNC_ENV_ACCEPTANCE\n");
		skip();
	}
	assert_int_equal(pf_read_file(&text, AT_FDCWD, path, &err), 0);
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line)) {
		if (pf_str_starts(line, "### "))
			section = pf_dupz(&a, pf_str_skip(line, 4));
		else if (pf_str_starts(line, "* "))
			found += check_served(section, line);
	}
	assert_true(found >= 45);
}

/* ---- types by numpy's kind and size ---- */

static const struct {
	char kind;
	size_t width;
	enum pf_dtype to[4];	/* what they go up to, then the first again */
} upwards[] = {
	{ 'b', 1, { PF_D_BOOLEAN } },
	{ 'i', 1, { PF_D_INTEGER, PF_D_LONG, PF_D_DOUBLE } },
	{ 'i', 4, { PF_D_INTEGER, PF_D_LONG, PF_D_DOUBLE } },
	{ 'i', 8, { PF_D_LONG } },
	{ 'u', 2, { PF_D_INTEGER, PF_D_LONG, PF_D_DOUBLE } },
	{ 'u', 4, { PF_D_LONG, PF_D_DOUBLE } },
	{ 'f', 2, { PF_D_FLOAT, PF_D_DOUBLE } },
	{ 'f', 4, { PF_D_FLOAT, PF_D_DOUBLE } },
	{ 'f', 8, { PF_D_DOUBLE } },
	{ 'M', 8, { PF_D_DATETIME } },
};

static void types_go_up(void **state)
{
	static const char none[] = "cUSOmV";

	(void)state;
	for (size_t i = 0; i < PF_COUNT(upwards); i++) {
		unsigned wanted = 0, found = 0;

		for (size_t j = 0; j < PF_COUNT(upwards[i].to); j++)
			if (!j || upwards[i].to[j])
				wanted |= 1u << upwards[i].to[j];
		for (unsigned t = PF_D_BOOLEAN; t <= PF_D_DATETIME; t++)
			found |= (unsigned)pf_strict_goes_up(upwards[i].kind, upwards[i].width,
							     (enum pf_dtype)t) << t;
		if (wanted != found)
			fail_msg("%c%zu: %x, not %x", upwards[i].kind, upwards[i].width, found, wanted);
	}
	for (size_t i = 0; none[i]; i++)
		for (unsigned t = PF_D_BOOLEAN; t <= PF_D_DATETIME; t++)
			assert_false(pf_strict_goes_up(none[i], 8, (enum pf_dtype)t));
	assert_false(pf_strict_goes_up('u', 8, PF_D_LONG));
	assert_false(pf_strict_goes_up('f', 0, PF_D_DOUBLE));
}

static void types_that_do_not(void **state)
{
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_strict_refuse(PF_S("x"), "category", PF_D_LONG, false, &err), -1);
	assert_string_equal(err.msg, "Incompatible input types for column x. Can not safely convert "
				     "category to int64.");
	assert_int_equal(pf_strict_refuse(PF_S("x"), "float64", PF_D_INTEGER, true, &err), -1);
	assert_non_null(strstr(err.msg, "likely caused by missing values"));
	(void)pf_strict_refuse(PF_S("x"), "float64", PF_D_FLOAT, true, &err);
	assert_null(strstr(err.msg, "missing values"));
	assert_string_equal(pf_strict_numpy(PF_D_INTEGER), "int32");
}

/* ---- params that are dates ---- */

static void dates_as_params(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_signature s;
	struct pf_value given[2] = { { .kind = PF_V_STRING, .s = PF_S("t") },
				     { .kind = PF_V_DATETIME, .i = 86400000000000 } };
	struct pf_value map = { .kind = PF_V_MAP, .list = { given, 1 } }, made;
	struct pf_err err;

	(void)state;
	parse_signature(&s, &a, (struct pf_str){ 0 },
			PF_S("[{\"name\":\"t\",\"type\":\"datetime\",\"default\":"
			     "\"1970-01-01T00:00:01\",\"shape\":null}]"));
	assert_int_equal(pf_params_enforce(&made, &a, NULL, &s.params, &err), 0);
	assert_int_equal(made.list.v[1].kind, PF_V_DATETIME);
	assert_int_equal(made.list.v[1].i, 1000000000);
	assert_int_equal(pf_params_enforce(&made, &a, &map, &s.params, &err), 0);
	assert_int_equal(made.list.v[1].i, 86400000000000);
	given[1] = (struct pf_value){ .kind = PF_V_INT, .i = 5 };
	assert_int_equal(pf_params_enforce(&made, &a, &map, &s.params, &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
}

/* ---- arrays in cells ---- */

static void arrays_in_cells(void **state)
{
	static const struct pf_colspec number = { .type = PF_D_DOUBLE, .required = true },
				       list = { .type = PF_D_ARRAY, .required = true,
						.inner = (struct pf_colspec *)(uintptr_t)&number };
	PF_AUTO(arena) a = { 0 };
	int32_t small[] = { 1, -2 };
	int64_t big[] = { 1, 3 };
	struct pf_tensor t = { .type = PF_T_INT32, .rank = 1, .shape = { 2 }, .data = small };
	struct pf_value v = { .kind = PF_V_TENSOR, .tensor = &t }, made;
	const char *why = NULL;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_nested_value(&made, &why, &a, &v, &list, true, &err), 0);
	assert_int_equal(made.tensor->type, PF_T_FLOAT64);
	assert_true(((const double *)made.tensor->data)[1] == -2);
	assert_int_equal(t.type, PF_T_INT32);
	t.type = PF_T_INT64;
	t.data = big;
	assert_int_equal(pf_nested_value(&made, &why, &a, &v, &list, true, &err), -1);
	t.rank = 2;
	t.shape[1] = 1;
	assert_int_equal(pf_nested_value(&made, &why, &a, &v, &list, true, &err), -1);
	assert_non_null(strstr(err.msg, "Data must be 1-dimensional"));
	assert_null(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_go_up),
		cmocka_unit_test(types_that_do_not),
		cmocka_unit_test(dates_as_params),
		cmocka_unit_test(arrays_in_cells),
		cmocka_unit_test(recorded),
		cmocka_unit_test(matrix),
		cmocka_unit_test(scored),
	};
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
