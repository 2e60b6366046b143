/* run_driver.c - starts a runner from the command line and prints its answer: for tests/cli */
/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <locale.h>

#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "run/run.h"

/* run_driver [OPTIONS] PYTHON MODEL_DIR LOADER_MODULE
 * The request: -j JSON, -f CSV (RAW frames), -n N (a list of N integers), -x ROWSxCOLUMNS (a table
 * of doubles c0, c1, ...), -m (a table of all kinds), -N (its numbers, with one row, with two, with
 * one ...). -r N asks N times. The answer goes to stdout,
 * one line. */

struct settings {
	struct pf_load load;
	struct pf_opts opts;
	struct pf_arena a;
	const char *python, *text;
	char form;
	size_t rows, columns;
	unsigned times, asked;
	double seconds;
};

static void print_value(const struct pf_value *v);

static void print_values(const struct pf_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", stdout);
		print_value(&v[i]);
	}
}

static void print_double(double d)
{
	char text[PF_DOUBLE_SIZE];

	printf("%.*s", (int)pf_double_write(text, d), text);
}

static void print_element(enum pf_type type, const void *data, size_t i)
{
	const char *p = (const char *)data + i * pf_type_width(type);
	int64_t wide = 0;
	double d;
	float f;

	if (type == PF_T_FLOAT64) {
		memcpy(&d, p, sizeof(d));
		print_double(d);
	} else if (type == PF_T_FLOAT32) {
		memcpy(&f, p, sizeof(f));
		print_double(f);
	} else {
		memcpy(&wide, p, pf_type_width(type));
		if (type == PF_T_INT32)
			wide = (int32_t)wide;
		else if (type == PF_T_INT16)
			wide = (int16_t)wide;
		else if (type == PF_T_INT8)
			wide = (int8_t)wide;
		printf("%lld", (long long)wide);
	}
}

static void print_cells(enum pf_type type, const void *data, const struct pf_value *values,
			size_t n)
{
	putchar('[');
	for (size_t i = 0; i < n; i++) {
		fputs(i ? ", " : "", stdout);
		if (values)
			print_value(&values[i]);
		else
			print_element(type, data, i);
	}
	putchar(']');
}

static void print_table(const struct pf_value *v)
{
	const struct pf_table *t = v->table;

	printf("%s(", v->kind == PF_V_TABLE ? "table" : "series");
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[i];

		printf("%s%.*s:%s=", i ? ", " : "", c->unnamed ? 1 : (int)c->name.n,
		       c->unnamed ? "#" : c->name.p, pf_type_numpy(c->type));
		print_cells(c->type, c->data, c->values, t->rows);
	}
	putchar(')');
}

static void print_tensor(const struct pf_tensor *t)
{
	printf("%s(", pf_type_numpy(t->type));
	for (unsigned i = 0; i < t->rank; i++)
		printf("%s%llu", i ? "x" : "", (unsigned long long)t->shape[i]);
	print_cells(t->type, t->data, t->values, pf_tensor_count(t));
	putchar(')');
}

static void print_map(const struct pf_value *v)
{
	putchar('{');
	for (size_t i = 0; i < v->list.n; i++) {
		fputs(i ? ", " : "", stdout);
		print_value(&v->list.v[2 * i]);
		fputs(": ", stdout);
		print_value(&v->list.v[2 * i + 1]);
	}
	putchar('}');
}

static void print_value(const struct pf_value *v)
{
	switch (v->kind) {
	case PF_V_NULL: fputs("null", stdout); break;
	case PF_V_BOOL: fputs(v->b ? "true" : "false", stdout); break;
	case PF_V_INT: printf("%lld", (long long)v->i); break;
	case PF_V_DATETIME: printf("@%lld", (long long)v->i); break;
	case PF_V_FLOAT: print_double(v->d); break;
	case PF_V_BIGINT: printf(PF_FMT, PF_ARG(v->s)); break;
	case PF_V_STRING: printf("\"" PF_FMT "\"", PF_ARG(v->s)); break;
	case PF_V_BYTES: printf("b\"" PF_FMT "\"", PF_ARG(v->s)); break;
	case PF_V_LIST:
		putchar('[');
		print_values(v->list.v, v->list.n);
		putchar(']');
		break;
	case PF_V_MAP:
	case PF_V_TAGGED: print_map(v); break;
	case PF_V_TABLE:
	case PF_V_SERIES: print_table(v); break;
	case PF_V_TENSOR:
	case PF_V_ELEMENT: print_tensor(v->tensor); break;
	}
}

/* ---- requests ---- */

static struct pf_value make_string(struct pf_str s)
{
	return (struct pf_value){ .kind = PF_V_STRING, .s = s };
}

static struct pf_value make_ints(struct settings *s)
{
	struct pf_value *v = pf_alloc_array(&s->a, s->rows, sizeof(*v));

	for (size_t i = 0; i < s->rows; i++)
		v[i] = (struct pf_value){ .kind = PF_V_INT, .i = (int64_t)i };
	return (struct pf_value){ .kind = PF_V_LIST, .list = { v, s->rows } };
}

static struct pf_value make_table(struct settings *s)
{
	struct pf_table *t = pf_alloc(&s->a, sizeof(*t));

	t->rows = s->rows;
	for (size_t i = 0; i < s->columns; i++) {
		double *data = pf_alloc_array(&s->a, s->rows, sizeof(*data));

		for (size_t j = 0; j < s->rows; j++)
			data[j] = (double)(j % 150) / 10 + (double)i;
		*PF_PUSH(&s->a, &t->columns) = (struct pf_column){
			.name = pf_format(&s->a, "c%zu", i), .type = PF_T_FLOAT64, .data = data
		};
	}
	return (struct pf_value){ .kind = PF_V_TABLE, .table = t };
}

static struct pf_value make_mixed(struct settings *s)
{
	static int64_t longs[] = { 1, -2 }, times[] = { 1700000000123456789, INT64_MIN };
	static double doubles[] = { 0.5, 1e300 };
	static float floats[] = { 0.1f, -0.0f };
	static bool bools[] = { true, false };
	static struct pf_value texts[] = { { .kind = PF_V_STRING, .s = { "\xc3\xa9", 2 } }, { 0 } };
	static struct pf_value bytes[] = { { .kind = PF_V_BYTES, .s = { "\xff", 1 } }, { 0 } };
	static struct pf_value objects[] = { { .kind = PF_V_INT, .i = 7 },
					     { .kind = PF_V_STRING, .s = { "x", 1 } } };
	struct pf_column columns[] = {
		{ .name = PF_S("long"), .type = PF_T_INT64, .data = longs },
		{ .name = PF_S("double"), .type = PF_T_FLOAT64, .data = doubles },
		{ .name = PF_S("float"), .type = PF_T_FLOAT32, .data = floats },
		{ .name = PF_S("bool"), .type = PF_T_BOOL, .data = bools },
		{ .name = PF_S("time"), .type = PF_T_DATETIME, .data = times },
		{ .name = PF_S("text"), .type = PF_T_STRING, .values = texts },
		{ .name = PF_S("bytes"), .type = PF_T_BYTES, .values = bytes },
		{ .name = PF_S("object"), .type = PF_T_OBJECT, .values = objects },
		{ .unnamed = true, .type = PF_T_INT64, .data = longs },
	};
	struct pf_table *t = pf_alloc(&s->a, sizeof(*t));
	bool numbers = s->form == 'N';

	t->rows = numbers ? 1 + s->asked++ / 3 % 2 : 2;
	for (size_t i = 0; i < (numbers ? 4 : PF_COUNT(columns)); i++)
		*PF_PUSH(&s->a, &t->columns) = columns[i];
	if (numbers)
		*PF_PUSH(&s->a, &t->columns) = columns[1]; /* a name twice, and types apart */
	return (struct pf_value){ .kind = PF_V_TABLE, .table = t };
}

static struct pf_value make_request(struct settings *s)
{
	struct pf_value *v = pf_alloc_array(&s->a, 4, sizeof(*v));
	bool raw = s->form == 'j' || s->form == 'f';

	if (raw) {
		v[0] = make_string(PF_S("format"));
		v[1] = make_string(s->form == 'j' ? PF_S("json") : PF_S("csv"));
		v[2] = make_string(PF_S("bytes"));
		v[3] = (struct pf_value){ .kind = PF_V_BYTES, .s = pf_s(s->text) };
	} else {
		v[0] = make_string(PF_S("data"));
		v[1] = s->form == 'x' ? make_table(s) :
		       strchr("mN", s->form) ? make_mixed(s) :
						make_ints(s);
	}
	return (struct pf_value){ .kind = PF_V_MAP, .list = { v, raw ? 2 : 1 } };
}

/* ---- main ---- */

static int ask(struct settings *s, struct pf_runner *r, struct pf_err *err)
{
	struct pf_value request = make_request(s), answer = { 0 };
	struct pf_buf bytes = { 0 };
	struct pf_arena a = { 0 };
	int rc = pf_runner_ask(r, s->form == 'j' || s->form == 'f' ? PF_FRAME_RAW : PF_FRAME_PREDICT,
			       &request, &bytes, s->seconds, err);

	if (rc == 0)
		rc = pf_value_read(&answer, &a, pf_buf_view(&bytes), err);
	if (rc == 0) {
		print_value(&answer);
		putchar('\n');
		fflush(stdout);
	}
	pf_arena_free(&a);
	pf_buf_free(&bytes);
	return rc;
}

static void take_option(struct settings *s, int option, const char *text)
{
	switch (option) {
	case 'c': s->load.code_path = pf_s(text); break;
	case 'd': s->load.data_path = pf_s(text); break;
	case 'g': s->load.config_json = pf_s(text); break;
	case 'p': s->load.predict_fn = pf_s(text); break;
	case 'M': s->load.through_mlflow = true; break;
	case 'L': s->opts.env_manager = PF_ENV_LOCAL; break;
	case 'e': *PF_PUSH(&s->a, &s->opts.set_env) = pf_s(text); break;
	case 'P': *PF_PUSH(&s->a, &s->opts.pass_env) = pf_s(text); break;
	case 'i': s->load.imports = pf_s(text); break;
	case 't': s->seconds = strtod(text, NULL); break;
	case 'r': s->times = (unsigned)strtoul(text, NULL, 10); break;
	case 'n': s->form = 'n', s->rows = strtoul(text, NULL, 10); break;
	case 'm':
	case 'N': s->form = (char)option; break;
	case 'x':
		s->form = 'x';
		sscanf(text, "%zux%zu", &s->rows, &s->columns);
		break;
	default: s->form = (char)option, s->text = text; break;
	}
}

int main(int argc, char **argv)
{
	struct settings s = { .form = 'n', .rows = 3, .times = 1 };
	PF_AUTO(runner) r = { 0 };
	struct pf_err err = { 0 };
	int option, rc = 0;

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	while ((option = getopt(argc, argv, "c:d:g:i:p:MLe:P:t:r:n:mNx:j:f:")) != -1)
		take_option(&s, option, optarg);
	if (argc - optind != 3)
		return PF_EUSAGE;
	s.load.model_dir = argv[optind + 1];
	s.load.loader_module = pf_s(argv[optind + 2]);
	if (!s.load.data_path.n)
		s.load.data_path = pf_s(s.load.model_dir);
	rc = pf_runner_start(&r, argv[optind], &s.load, &s.opts, &err);
	for (unsigned i = 0; rc == 0 && i < s.times; i++)
		rc = ask(&s, &r, &err);
	pf_arena_free(&s.a);
	if (rc == 0)
		return 0;
	pf_log_error(&err);
	return err.code;
}
