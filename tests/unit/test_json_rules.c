/* test_json_rules.c - texts at the borders of JSON's grammar, replayed against Python's json */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "data/document.h"
#include "show.h"

struct counts {
	size_t values, errors, refused;
};

static struct pf_str from_hex(struct pf_arena *a, struct pf_str hex)
{
	char *out = pf_alloc(a, hex.n / 2 + 1);

	for (size_t i = 0; i < hex.n / 2; i++)
		out[i] = (char)(pf_hex_digit(hex.p[2 * i]) << 4 | pf_hex_digit(hex.p[2 * i + 1]));
	return (struct pf_str){ out, hex.n / 2 };
}

static void check(const struct unit_row *row, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	struct counts *c = ctx;
	struct pf_str text = from_hex(&a, row->v[0]);
	struct pf_value v;
	struct pf_err err = { 0 };
	bool failed = pf_document_read(&v, &a, text, &err) < 0;

	if (!pf_str_is(row->v[2], "same") || pf_str_is(row->v[1], "error")) {
		if (!failed)
			fail_msg("line %u: " PF_FMT " is to be refused", row->line, PF_ARG(text));
		assert_true(err.code == PF_EMODEL || err.code == PF_ELIMIT);
		c->errors += pf_str_is(row->v[1], "error");
		c->refused += !pf_str_is(row->v[2], "same");
		return;
	}
	if (failed)
		fail_msg("line %u: " PF_FMT ": %s", row->line, PF_ARG(text), err.msg);
	show_nested(&out, &v);
	if (!pf_str_eq(pf_buf_view(&out), row->v[1]))
		fail_msg("line %u: " PF_FMT ", but %s", row->line, PF_ARG(row->v[1]), out.p);
	c->values++;
}

static void recorded(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct counts c = { 0 };

	(void)state;
	unit_table(unit_data(&a, "json.tsv"), check, &c);
	printf("# %zu values, %zu errors, %zu that Python takes\n", c.values, c.errors, c.refused);
	assert_true(c.values > 200 && c.errors > 300 && c.refused > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
