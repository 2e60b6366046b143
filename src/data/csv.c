/* csv.c - CSV text as rows of fields */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/csv.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"
#include "data/data.h"
#include "data/enforce.h"
#include "data/params.h"

void pf_csv_free(struct pf_csv *c)
{
	free(c->fields);
	*c = (struct pf_csv){ 0 };
}

/* ---- the text ---- */

struct scanner {
	struct pf_arena *a;
	const char *p, *end;
	size_t line;	/* of p, from 1 */
};

static int check_text(struct pf_str text, struct pf_err *err)
{
	const char *p = text.p, *end = text.p + text.n, *nul = text.n ? memchr(p, 0, text.n) : NULL;
	size_t line = 1, n;
	uint64_t w;

	for (const char *q = p; nul && q < nul; q++)
		line += *q == '\n';
	if (nul)
		return pf_fail(err, PF_EMODEL, "line %zu: a NUL byte in the CSV text", line);
	while (p < end) {
		if (end - p >= 8) {
			memcpy(&w, p, 8);
			if (!(w & 0x8080808080808080u)) {
				p += 8;
				continue;
			}
		}
		if (!(n = pf_utf8_length(p, end))) {
			for (const char *q = text.p; q < p; q++)
				line += *q == '\n';
			return pf_fail(err, PF_EMODEL, "line %zu: the CSV text is not valid UTF-8",
				       line);
		}
		p += n;
	}
	return 0;
}

static void skip_line_end(struct scanner *s)
{
	if (s->p < s->end && *s->p == '\r')
		s->p++;
	else if (s->p < s->end && *s->p == '\n') {
		s->p++;
		s->line++;
		return;
	} else {
		return;
	}
	if (s->p < s->end && *s->p == '\n')
		s->p++;
	s->line++;
}

/* Rows of nothing but blanks do not count. */
static void skip_blank_rows(struct scanner *s)
{
	for (;;) {
		const char *q = s->p;

		while (q < s->end && (*q == ' ' || *q == '\t'))
			q++;
		if (q < s->end && *q != '\n' && *q != '\r')
			return;
		s->p = q;
		if (q == s->end)
			return;
		skip_line_end(s);
	}
}

static bool ends_field(char c)
{
	return c == ',' || c == '\n' || c == '\r';
}

/* Behind the opening quote. What stands between the closing quote and the comma is kept. */
static int take_quoted(struct pf_str *out, struct scanner *s, struct pf_err *err)
{
	const char *from = s->p, *q = from, *close = NULL;
	size_t start = s->line, n = 0;
	char *copy;

	for (; q < s->end; q++) {
		if (*q == '\n')
			s->line++;
		if (*q != '"')
			continue;
		if (q + 1 < s->end && q[1] == '"') {
			q++;
			continue;
		}
		close = q;
		break;
	}
	if (!close)
		return pf_fail(err, PF_EMODEL, "line %zu: a quoted field has no end", start);
	q = close + 1;
	while (q < s->end && !ends_field(*q))
		q++;
	s->p = q;
	if (q == close + 1 && !memchr(from, '"', (size_t)(close - from))) {
		*out = (struct pf_str){ from, (size_t)(close - from) };
		return 0;
	}
	copy = pf_alloc(s->a, (size_t)(q - from) + 1);
	for (const char *c = from; c < q; c++) {
		if (c == close)
			continue;
		copy[n++] = *c;
		if (c < close && *c == '"')
			c++;
	}
	*out = (struct pf_str){ copy, n };
	return 0;
}

static int take_field(struct pf_str *out, struct scanner *s, struct pf_err *err)
{
	const char *q = s->p;

	if (q < s->end && *q == '"') {
		s->p++;
		return take_quoted(out, s, err);
	}
	q = pf_find_any(q, s->end, ',', '\n', '\r');
	*out = (struct pf_str){ s->p, (size_t)(q - s->p) };
	s->p = q;
	return 0;
}

/* ---- header and rows ---- */

/* pandas calls the third column "Unnamed: 2" when its name is empty. */
static int name_columns(struct pf_csv *c, struct pf_arena *a, struct pf_err *err)
{
	size_t twice;

	for (size_t i = 0; i < c->columns; i++)
		if (!c->names[i].n)
			c->names[i] = pf_format(a, "Unnamed: %zu", i);
	twice = pf_find_twice(c->names, c->columns, sizeof(*c->names));
	if (twice == c->columns)
		return 0;
	return pf_fail(err, PF_EMODEL, "the column \"" PF_FMT "\" appears twice in the header",
		       PF_ARG(pf_shown(c->names[twice])));
}

static int take_header(struct pf_csv *c, struct scanner *s, struct pf_err *err)
{
	struct pf_strs names = { 0 };

	skip_blank_rows(s);
	if (s->p == s->end)
		return pf_fail(err, PF_EMODEL, "the CSV text is empty: there is no header");
	for (;;) {
		if (names.n == PF_MAX_COLUMNS)
			return pf_fail(err, PF_ELIMIT,
				       "line %zu: the header has more than %d columns", s->line,
				       PF_MAX_COLUMNS);
		if (take_field(PF_PUSH(s->a, &names), s, err) < 0)
			return -1;
		if (s->p == s->end || *s->p != ',')
			break;
		s->p++;
	}
	skip_line_end(s);
	c->names = names.v;
	c->columns = names.n;
	return name_columns(c, s->a, err);
}

static int grow(struct pf_csv *c, struct pf_err *err)
{
	size_t used = c->rows * c->columns;

	if (c->cap - used >= c->columns)
		return 0;
	if (used + c->columns > PF_MAX_CELLS)
		return pf_fail(err, PF_ELIMIT, "the CSV text has more than %d fields",
			       PF_MAX_CELLS);
	c->cap = c->cap * 2 + 64 * c->columns;
	if (!(c->fields = reallocarray(c->fields, c->cap, sizeof(*c->fields))))
		pf_oom();
	return 0;
}

static int take_row(struct pf_csv *c, struct scanner *s, struct pf_err *err)
{
	struct pf_str *row = c->fields + c->rows * c->columns;
	size_t line = s->line, n = 0;

	for (;;) {
		if (n == c->columns)
			return pf_fail(err, PF_EMODEL,
				       "line %zu: more than %zu fields, the columns of the "
				       "header",
				       line, c->columns);
		if (take_field(&row[n++], s, err) < 0)
			return -1;
		if (s->p == s->end || *s->p != ',')
			break;
		s->p++;
	}
	skip_line_end(s);
	while (n < c->columns)
		row[n++] = (struct pf_str){ "", 0 };
	c->rows++;
	return 0;
}

int pf_csv_split(struct pf_csv *out, struct pf_arena *a, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(csv) c = { 0 };
	struct scanner s = { .a = a, .line = 1 };

	if (check_text(text, err) < 0)
		return -1;
	if (pf_str_starts(text, "\xef\xbb\xbf"))
		text = pf_str_skip(text, 3);
	s.p = text.p;
	s.end = text.p + text.n;
	if (take_header(&c, &s, err) < 0)
		return -1;
	for (skip_blank_rows(&s); s.p < s.end; skip_blank_rows(&s))
		if (grow(&c, err) < 0 || take_row(&c, &s, err) < 0)
			return -1;
	*out = PF_TAKE(c);
	return 0;
}

/* ---- the request ---- */

static int cast_columns(struct pf_table *t, const char **why, struct pf_arena *a,
			const struct pf_csv *c, const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_label *labels = pf_alloc_array(a, c->columns, sizeof(*labels));
	size_t *pick = pf_alloc_array(a, schema->n, sizeof(*pick));

	for (size_t i = 0; i < c->columns; i++)
		labels[i].name = c->names[i];
	if (pf_enforce_columns(pick, labels, c->columns, schema, err) < 0)
		return -1;
	t->columns.v = pf_alloc_array(a, schema->n, sizeof(*t->columns.v));
	for (size_t i = 0; i < schema->n; i++) {
		if (pick[i] != PF_NPOS && pf_csv_cast(&t->columns.v[t->columns.n++], why, a, c,
						      pick[i], &schema->columns[i], err) < 0)
			return -1;
	}
	return 0;
}

static int make_table(struct pf_request *out, struct pf_arena *a, const struct pf_csv *c,
		      const struct pf_schema *schema, struct pf_err *err)
{
	struct pf_table *t = pf_alloc(a, sizeof(*t));

	t->rows = c->rows;
	if (schema) {
		if (cast_columns(t, &out->why, a, c, schema, err) < 0)
			return -1;
	} else {
		t->columns.v = pf_alloc_array(a, c->columns, sizeof(*t->columns.v));
		for (size_t i = 0; i < c->columns && !out->why; i++)
			pf_csv_infer(&t->columns.v[t->columns.n++], &out->why, a, c, i);
	}
	t->columns.cap = t->columns.n;
	out->data = (struct pf_value){ .kind = PF_V_TABLE, .table = t };
	return 0;
}

/* Types of which MLflow refuses all CSV, and bytes, which it leaves as their text. */
static bool is_ours_alone(const struct pf_schema *schema)
{
	for (size_t i = 0; schema && i < schema->n; i++)
		if (schema->columns[i].type >= PF_D_BINARY)
			return true;
	return false;
}

static int read_table(struct pf_request *out, struct pf_arena *a, const struct pf_csv *c,
		      const struct pf_expect *expect, const struct pf_schema *schema,
		      struct pf_err *err)
{
	if (expect->from_type_hint || (schema && schema->kind == PF_SCHEMA_TENSORS))
		out->why = "CSV for a signature that is not of columns";
	else if (expect->compat && is_ours_alone(schema))
		out->why = "CSV of types that MLflow reads otherwise";
	else
		return make_table(out, a, c, schema, err);
	return 0;
}

int pf_csv_read(struct pf_request *out, struct pf_arena *a, struct pf_str text,
		const struct pf_expect *expect, struct pf_err *err)
{
	const struct pf_schema *schema = expect->inputs;
	PF_AUTO(csv) c = { 0 };
	struct pf_request made = { 0 };

	if (schema && (schema->kind == PF_SCHEMA_NONE || !schema->n))
		schema = NULL;
	if (pf_params_enforce(&made.params, a, NULL, expect->params, err) < 0)
		return -1;
	if (pf_csv_split(&c, a, text, err) < 0 ||
	    read_table(&made, a, &c, expect, schema, err) < 0) {
		if (!expect->compat || err->code != PF_EMODEL)
			return -1;
		made.why = "as MLflow would, whatever becomes of it";
	}
	if (made.why) {
		made.raw = true;
		made.format = "csv";
		made.data = (struct pf_value){ 0 };
		pf_debug("the environment reads the input itself: %s", made.why);
	}
	*out = made;
	return 0;
}
