/* test_payload.c - request bodies, replayed against what MLflow made of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "base/log.h"
#include "data/data.h"
#include "show.h"

/* "error: MESSAGE", "raw", or the value. */
static void answer(struct pf_buf *out, struct pf_str inputs, struct pf_str params, struct pf_str body)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_signature s = { 0 };
	struct pf_request r = { 0 };
	struct pf_err err;
	struct pf_expect expect = { 0 };

	parse_signature(&s, &a, inputs, params);
	expect.inputs = &s.inputs;
	expect.params = &s.params;
	if (pf_payload_read(&r, &a, body, &expect, &err) < 0) {
		pf_buf_printf(out, "error: %s", err.msg);
		return;
	}
	if (r.raw)
		pf_buf_cstr(out, "raw");
	else
		show(out, &r.data);
	if (r.params.kind == PF_V_MAP) {
		pf_buf_cstr(out, " params ");
		assert_int_equal(pf_answer_json(out, &r.params, false, &err), 0);
	}
}

struct tally {
	size_t same, raw, errors, wrong;
};

static void check_recorded(const struct unit_row *r, void *ctx)
{
	struct tally *t = ctx;
	PF_AUTO(buf) out = PF_BUF(PF_MIB(1));
	bool wanted_error = pf_str_is(r->v[2], "error") || pf_str_is(r->v[3], "refuse");

	answer(&out, r->v[0], (struct pf_str){ 0 }, r->v[1]);
	if (strcmp(out.p, "raw") == 0) {
		t->raw++;
	} else if (strncmp(out.p, "error", 5) == 0 && wanted_error) {
		t->errors++;
	} else if (pf_str_is(r->v[2], out.p)) {
		t->same++;
	} else {
		t->wrong++;
		printf("%u\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t%s\n", r->line, PF_ARG(r->v[0]),
		       PF_ARG(r->v[1]), PF_ARG(r->v[2]), out.p);
	}
}

static void recorded_bodies(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct tally t = { 0 };

	(void)state;
	unit_table(unit_data(&a, "payload.tsv"), check_recorded, &t);
	printf("# %zu the same, %zu refused, %zu left to the environment, %zu differ\n", t.same,
	       t.errors, t.raw, t.wrong);
	assert_int_equal(t.wrong, 0);
	assert_true(t.same > 2000 && t.errors > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_bodies),
	};
	struct pf_log_opts quiet = { .level = PF_LOG_QUIET };

	pf_log_setup(&quiet);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
