/* test_enforce.c - nested, optional and typed input, params and LLM bodies, as MLflow enforces them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "data/columns.h"
#include "data/data.h"
#include "data/document.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(matrix),
	};
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
