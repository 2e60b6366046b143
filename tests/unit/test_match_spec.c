/* test_match_spec.c - versions and match specs of conda: recorded tables */
/* SPDX-License-Identifier: Apache-2.0 */
#include "match_spec.h"
#include "replay.h"

/* ---- what is decided where conda and rattler differ: docs/conda.md ---- */

struct decided {
	struct pf_arena arena;
	struct pf_map ours;	/* "table\tinput": "conda", "rattler", "error", "0" */
	const char *table;
};

static void learn(const struct unit_row *row, void *ctx)
{
	struct decided *d = ctx;
	struct pf_str key = pf_format(&d->arena, PF_FMT "\t" PF_FMT, PF_ARG(row->v[0]),
				      PF_ARG(row->v[1]));
	struct pf_str *value = pf_alloc(&d->arena, sizeof(*value));

	*value = pf_dup(&d->arena, row->v[2]);
	*pf_map_put(&d->arena, &d->ours, key) = value;
}

static void decided_load(struct decided *d)
{
	assert_true(unit_table(unit_data(&d->arena, "conda_decided.tsv"), learn, d) > 0);
}

/* Whom we follow, "error", or the answer itself; empty: there is nothing to decide. */
static struct pf_str decision(struct decided *d, struct pf_str input)
{
	struct pf_str *who = pf_map_get(&d->ours, pf_format(&d->arena, "%s\t" PF_FMT, d->table,
							    PF_ARG(input)));

	return who ? *who : PF_S("");
}

/* What is wanted of a row of which conda says one thing and rattler another ("-": not asked). */
static struct pf_str wanted(struct decided *d, struct pf_str input, struct pf_str conda,
			    struct pf_str rattler)
{
	struct pf_str who = decision(d, input);

	if (pf_str_is(who, "error"))
		return who;
	if (pf_str_eq(conda, rattler) || pf_str_is(who, "conda"))
		return conda;
	if (pf_str_is(who, "rattler") || pf_str_is(conda, "-"))
		return who.n && !pf_str_is(who, "rattler") ? who : rattler;
	if (who.n)
		return who;
	return PF_S("a decision in conda_decided.tsv");
}

/* table input ours group: each group has a row in docs/conda.md */
static void check_explained(const struct unit_row *row, void *ctx)
{
	const char *line = pf_formatz(ctx, "\n| " PF_FMT " |", PF_ARG(row->v[3]));
	PF_AUTO(buf) text = PF_BUF(PF_MIB(1));
	struct pf_err err;

	if (pf_read_file(&text, AT_FDCWD, unit_data(ctx, "../../docs/conda.md"), &err) < 0)
		fail_msg("%s", err.msg);
	if (pf_str_find_str(pf_buf_view(&text), line) == PF_NPOS)
		fail_msg("docs/conda.md does not tell of \"" PF_FMT "\"", PF_ARG(row->v[3]));
}

static void test_explained(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "conda_decided.tsv"), check_explained, &a) > 0);
}

static void replay_decided(const char *file, const char *table,
			   void (*row)(const struct unit_row *, void *))
{
	struct decided d = { .table = table };

	decided_load(&d);
	replay_tables(file, NULL, row, &d);
	pf_arena_free(&d.arena);
}

/* ---- versions ---- */

/* version conda rattler */
static void check_version(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_condaver v;
	bool ok = pf_condaver_read(&v, &a, row->v[0]);

	replay_field(r, row, "version", ok ? PF_S("ok") : PF_S("error"),
		     wanted(r->user, row->v[0], row->v[1], row->v[2]));
	pf_arena_free(&a);
}

static void test_versions(void **state)
{
	(void)state;
	replay_decided("conda_version_parse.tsv", "version", check_version);
}

/* a b conda rattler */
static void check_order(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_condaver one, other;
	struct pf_str got = PF_S("error");

	if (pf_condaver_read(&one, &a, row->v[0]) && pf_condaver_read(&other, &a, row->v[1])) {
		int cmp = pf_condaver_cmp(&one, &other);

		assert_int_equal(pf_condaver_cmp(&other, &one), -cmp);
		got = cmp < 0 ? PF_S("-1") : cmp > 0 ? PF_S("1") : PF_S("0");
	}
	replay_field(r, row, "order", got,
		     wanted(r->user, pf_format(&a, PF_FMT " " PF_FMT, PF_ARG(row->v[0]),
					       PF_ARG(row->v[1])),
			    row->v[2], row->v[3]));
	pf_arena_free(&a);
}

static void test_order(void **state)
{
	(void)state;
	replay_decided("conda_version_order.tsv", "order", check_order);
	replay_decided("conda_version_rattler.tsv", "order", check_order);
}

/* What was written admits the same. */
static void check_printed(struct pf_arena *a, const struct pf_condaver_spec *s,
			  const struct pf_condaver *v)
{
	struct pf_condaver_spec again;
	struct pf_str text = pf_condaver_spec_print(a, s);
	struct pf_err err;

	if (pf_condaver_spec_parse(&again, a, text, &err) < 0)
		fail_msg(PF_FMT " was printed: %s", PF_ARG(text), err.msg);
	assert_int_equal(pf_condaver_spec_admits(&again, v), pf_condaver_spec_admits(s, v));
	assert_true(pf_str_eq(pf_condaver_spec_print(a, &again), text));
}

/* spec version conda rattler */
static void check_version_spec(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_condaver_spec s;
	struct pf_condaver v;
	struct pf_err err;
	struct pf_str got = PF_S("error");

	if (pf_condaver_spec_parse(&s, &a, row->v[0], &err) == 0 &&
	    pf_condaver_read(&v, &a, row->v[1])) {
		got = pf_condaver_spec_admits(&s, &v) ? PF_S("1") : PF_S("0");
		check_printed(&a, &s, &v);
	}
	replay_field(r, row, "admits", got, wanted(r->user, row->v[0], row->v[2], row->v[3]));
	pf_arena_free(&a);
}

static void test_version_specs(void **state)
{
	(void)state;
	replay_decided("conda_version_spec.tsv", "version spec", check_version_spec);
}

/* ---- match specs ---- */

/* Written in our way, or as it is when it is no version spec. */
static struct pf_str plain_version(struct pf_arena *a, struct pf_str text)
{
	struct pf_condaver_spec s;
	struct pf_err err;

	if (!text.n || pf_condaver_spec_parse(&s, a, text, &err) < 0)
		return text;
	return pf_condaver_spec_print(a, &s);
}

static struct pf_str build_number_text(struct pf_arena *a, const struct pf_match_spec *s)
{
	if (s->build_number.op == PF_CONDAVER_ANY)
		return PF_S("");
	return pf_format(a, "%s%d", pf_condaver_op_text(s->build_number.op),
			 (int)s->build_number.number);
}

/* `want`: name version build build_number channel subdir */
static void check_fields(struct replay *r, const struct unit_row *row, struct pf_arena *a,
			 const struct pf_match_spec *s, const struct pf_str *want)
{
	struct pf_str number = want[3], version = PF_S("");

	if (number.n && pf_is_digit(number.p[0]))
		number = pf_format(a, "==" PF_FMT, PF_ARG(number));
	if (s->version.n)
		version = pf_condaver_spec_print(a, &s->version);
	replay_field(r, row, "name", s->name.n ? s->name : s->name_pattern.text, want[0]);
	replay_field(r, row, "version", version, plain_version(a, want[1]));
	replay_field(r, row, "build", s->build.text.n ? s->build.text : PF_S(""), want[2]);
	replay_field(r, row, "build number", build_number_text(a, s), number);
	/* conda calls the first of those that are its defaults so */
	if (!(pf_str_is(want[4], "defaults") && pf_str_is(s->channel.text, "pkgs/main")))
		replay_field(r, row, "channel",
			     s->channel.kind == PF_PATTERN_ANY ? PF_S("") : s->channel.text,
			     want[4]);
	replay_field(r, row, "subdir", s->subdir.text.n ? s->subdir.text : PF_S(""), want[5]);
}

/* spec conda rattler, and six fields of conda's, six of rattler's */
static void check_match_spec(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;
	bool ok = pf_match_spec_parse(&s, &a, row->v[0], &err) == 0;
	struct pf_str want = wanted(r->user, row->v[0], row->v[1], row->v[2]);

	replay_field(r, row, ok ? "spec" : err.msg, ok ? PF_S("ok") : PF_S("error"), want);
	if (ok) {
		struct pf_str who = decision(r->user, row->v[0]);

		if (!pf_str_is(who, "rattler"))
			check_fields(r, row, &a, &s, &row->v[3]);
		if (!pf_str_is(who, "conda"))
			check_fields(r, row, &a, &s, &row->v[9]);
		check_same_print(&a, &s);
	}
	pf_arena_free(&a);
}

static void test_match_specs(void **state)
{
	(void)state;
	replay_decided("conda_match_spec.tsv", "match spec", check_match_spec);
}

static bool read_record(struct pf_conda_record *rec, struct pf_arena *a, const struct unit_row *row)
{
	*rec = (struct pf_conda_record){ .name = row->v[1], .build = row->v[3],
					 .subdir = PF_S("linux-64") };
	return pf_str_u64(row->v[4], &rec->build_number) &&
	       pf_conda_record_set_version(rec, a, row->v[2]);
}

/* rattler takes the rest of a line for the build, whatever is in it. */
static bool is_no_build(struct pf_str build)
{
	for (size_t i = 0; i < build.n; i++)
		if (!pf_is_alnum(build.p[i]) && !strchr("_.+-* /", build.p[i]))
			return true;
	return false;
}

/* It has neither stars in names nor, but at their end, in versions, nor two together. */
static bool has_pattern(const struct pf_match_spec *s)
{
	if (pf_str_find_str(s->build.text, "**") != PF_NPOS)
		return true;
	for (size_t i = 0; i < s->version.n; i++)
		if (s->version.v[i].op == PF_CONDAVER_PATTERN)
			return true;
	return !s->name.n;
}

/* spec name version build build_number conda rattler [its_build] */
static void check_record(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	struct pf_arena a = { 0 };
	struct pf_match_spec s;
	struct pf_conda_record rec;
	struct pf_err err;
	struct pf_str got = PF_S("error"), want;
	bool known;

	assert_true(read_record(&rec, &a, row));
	want = wanted(r->user, row->v[0], row->v[5], row->v[6]);
	if (pf_match_spec_parse(&s, &a, row->v[0], &err) == 0) {
		got = pf_match_spec_matches(&s, &rec) ? PF_S("1") : PF_S("0");
		known = pf_str_is(want, "error") && pf_str_is(row->v[5], "-") && has_pattern(&s);
		check_same_print(&a, &s);
	} else {
		known = pf_str_is(row->v[5], "-") && is_no_build(row->v[7]);
	}
	if (!known)
		replay_field(r, row, "matches", got, want);
	pf_arena_free(&a);
}

static void test_records(void **state)
{
	(void)state;
	replay_decided("conda_match_record.tsv", "record", check_record);
	replay_decided("conda_match_rattler.tsv", "record", check_record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_version_specs),
		cmocka_unit_test(test_match_specs),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
