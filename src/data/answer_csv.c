/* answer_csv.c - what the model answered, as CSV */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/base64.h"
#include "data/data.h"
#include "data/document.h"
#include "data/element.h"

static const struct pf_spelling spelling = { "False", "True", "", true, "" };

/* RFC 4180; an empty text is quoted, to be told from a missing cell. */
static void put_text(struct pf_buf *out, struct pf_str s)
{
	bool quote = !s.n;

	for (size_t i = 0; i < s.n; i++)
		quote |= s.p[i] == ',' || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r';
	if (!quote) {
		pf_buf_str(out, s);
		return;
	}
	pf_buf_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			pf_buf_char(out, '"');
		pf_buf_char(out, s.p[i]);
	}
	pf_buf_char(out, '"');
}

static int put_cell(struct pf_buf *out, const struct pf_value *v, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(out->max);

	if (pf_scalar_write(out, &spelling, v))
		return 0;
	switch (v->kind) {
	case PF_V_BIGINT:
	case PF_V_STRING:
		put_text(out, v->s);
		return 0;
	case PF_V_BYTES:
		pf_base64_encode(out, v->s, "");
		return 0;
	default:
		if (pf_answer_json(&text, v, false, err) < 0)
			return -1;
		put_text(out, pf_buf_view(&text));
		return 0;
	}
}

static int put_table(struct pf_buf *out, const struct pf_table *t, struct pf_err *err)
{
	for (size_t j = 0; j < t->columns.n; j++) {
		if (j)
			pf_buf_char(out, ',');
		if (t->columns.v[j].unnamed)
			pf_buf_printf(out, "%zu", j);
		else
			put_text(out, t->columns.v[j].name);
	}
	pf_buf_char(out, '\n');
	for (size_t i = 0; i < t->rows && !out->toobig; i++) {
		for (size_t j = 0; j < t->columns.n; j++) {
			const struct pf_column *c = &t->columns.v[j];

			if (j)
				pf_buf_char(out, ',');
			if (!c->values)
				pf_element_write(out, &spelling, c->type, c->data, i);
			else if (put_cell(out, &c->values[i], err) < 0)
				return -1;
		}
		pf_buf_char(out, '\n');
	}
	return 0;
}

static int put_tensor(struct pf_buf *out, const struct pf_tensor *t, struct pf_err *err)
{
	size_t columns = t->rank == 2 ? (size_t)t->shape[1] : 1;

	for (size_t j = 0; j < columns && !out->toobig; j++)
		pf_buf_printf(out, "%s%zu", j ? "," : "", j);
	pf_buf_char(out, '\n');
	for (size_t i = 0; i < (size_t)t->shape[0] * columns; i++) {
		if (i % columns)
			pf_buf_char(out, ',');
		if (!t->values)
			pf_element_write(out, &spelling, t->type, t->data, i);
		else if (put_cell(out, &t->values[i], err) < 0)
			return -1;
		if (i % columns == columns - 1)
			pf_buf_char(out, '\n');
	}
	return 0;
}

int pf_answer_csv(struct pf_buf *out, const struct pf_value *answer, struct pf_err *err)
{
	int rc;

	if (answer->kind == PF_V_TABLE || answer->kind == PF_V_SERIES)
		rc = put_table(out, answer->table, err);
	else if (answer->kind == PF_V_TENSOR &&
		 (answer->tensor->rank == 1 || answer->tensor->rank == 2))
		rc = put_tensor(out, answer->tensor, err);
	else if (answer->kind == PF_V_TENSOR)
		return pf_fail(err, PF_EMODEL,
			       "the answer is an array of %u dimensions, which CSV cannot "
			       "hold (write it as JSON)",
			       answer->tensor->rank);
	else
		return pf_fail(err, PF_EMODEL,
			       "the answer is %s, not a table, so it cannot be written as "
			       "CSV (write it as JSON)",
			       pf_value_kind_name(answer));
	return rc < 0 ? -1 : pf_buf_check(out, "the answer", err);
}
