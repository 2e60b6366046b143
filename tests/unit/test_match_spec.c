/* test_match_spec.c - versions and match specs of conda: recorded tables, canonical form, messages */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "base/limits.h"
#include "req/matchspec.h"

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

static void check_same_print(struct pf_arena *a, const struct pf_match_spec *s)
{
	struct pf_match_spec again;
	struct pf_str text = pf_match_spec_print(a, s);
	struct pf_err err;

	if (pf_match_spec_parse(&again, a, text, &err) < 0)
		fail_msg(PF_FMT " was printed for " PF_FMT ": %s", PF_ARG(text), PF_ARG(s->text),
			 err.msg);
	if (!pf_str_eq(pf_match_spec_print(a, &again), text))
		fail_msg(PF_FMT " was printed, and then " PF_FMT, PF_ARG(text),
			 PF_ARG(pf_match_spec_print(a, &again)));
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

/* ---- what no table has ---- */

/* A record of conda-forge, and specs that it does and does not satisfy. */
static void test_keys(void **state)
{
	static const struct {
		const char *spec;
		bool fits;
	} rows[] = {
		{ "conda-forge::numpy", true },
		{ "Conda-Forge/linux-64::NumPy", true },
		{ "conda-forge/noarch::numpy", false },
		{ "bioconda::numpy", false },
		{ "*::numpy", true },
		{ "conda-*::numpy", true },
		{ "https://c.example/conda-forge::numpy", true },
		{ "https://u:p@c.example/t/tk-1/conda-forge/linux-64::numpy", true },
		{ "https://c.example/other::numpy", false },
		{ "numpy[subdir=linux-*]", true },
		{ "numpy[channel=conda-forge/noarch,subdir=linux-64]", true },
		{ "numpy[md5=253B922ECDB5A30884875948B8904983]", true },
		{ "numpy[md5=253b922ecdb5a30884875948b8904984]", false },
		{ "numpy[license='BSD*']", true },
		{ "numpy[license=bsd-3-clause]", true },
		{ "numpy[license_family='^b.d$']", true },
		{ "numpy[fn=*.conda]", true },
		{ "numpy[track_features='a b']", true },
		{ "numpy[track_features=c]", false },
		{ "numpy[features=x]", true },
		{ "numpy[features=y]", false },
		{ "numpy[flags=cpu]", false },
		{ "numpy[build_number='>=1']", true },
		{ "numpy[build_number='!=1']", false },
		{ "numpy 1.26.* py311*_1", true },
		{ "numpy[build='^py3(9|11)h[0-9a-f]+_\\d$']", true },
		{ "numpy[build='^py3(9|12).*$']", false },
		{ "num*", true },
		{ "^n.*y$", true },
		{ "^n.*x$", false },
		{ "numpy 1.25[version='1.26.4']", true },
		{ "numpy[name=pandas]", true },
		{ "https://c.example/conda-forge/linux-64/numpy-1.26.4-py311h64a7726_1.conda", true },
	};
	struct pf_str features[] = { PF_S("a"), PF_S("b") };
	struct pf_conda_record rec = {
		.name = PF_S("numpy"), .build = PF_S("py311h64a7726_1"), .build_number = 1,
		.subdir = PF_S("linux-64"), .channel = PF_S("https://c.example/conda-forge"),
		.channel_name = PF_S("conda-forge"),
		.fn = PF_S("numpy-1.26.4-py311h64a7726_1.conda"),
		.url = PF_S("https://c.example/conda-forge/linux-64/numpy-1.26.4-py311h64a7726_1.conda"),
		.md5 = PF_S("253b922ecdb5a30884875948b8904983"), .license = PF_S("BSD-3-Clause"),
		.license_family = PF_S("BSD"), .track_features = { features, 2, 2 },
		.features = PF_S("w x"),
	};
	struct pf_arena a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	assert_true(pf_conda_record_set_version(&rec, &a, PF_S("1.26.4")));
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		if (pf_match_spec_parse(&s, &a, pf_s(rows[i].spec), &err) < 0)
			fail_msg("%s", err.msg);
		if (pf_match_spec_matches(&s, &rec) != rows[i].fits)
			fail_msg("%s: %s", rows[i].spec, rows[i].fits ? "should fit" : "fits");
		check_same_print(&a, &s);
	}
	pf_arena_free(&a);
}

/* What somebody who knows the channels told counts, and not the name. */
static void test_channel_urls(void **state)
{
	struct pf_str urls[] = { PF_S("https://a.example/main"), PF_S("https://a.example/r") };
	struct pf_conda_record rec = { .name = PF_S("x"), .channel = urls[1] };
	PF_AUTO(arena) a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_match_spec_parse(&s, &a, PF_S("defaults::x"), &err), 0);
	assert_false(pf_match_spec_matches(&s, &rec));
	s.channel_urls = (struct pf_strs){ urls, 2, 2 };
	assert_true(pf_match_spec_matches(&s, &rec));
	rec.channel = PF_S("https://b.example/r");
	assert_false(pf_match_spec_matches(&s, &rec));
}

static void test_printed(void **state)
{
	static const struct {
		const char *spec, *printed;
	} rows[] = {
		/* the examples of CEP 29 */
		{ "foo 1.0 py27_0", "foo==1.0=py27_0" },
		{ "foo=1.0=py27_0", "foo==1.0=py27_0" },
		{ "conda-forge::foo[version=1.0.*]", "conda-forge::foo=1.0" },
		{ "conda-forge/linux-64::foo>=1.0", "conda-forge/linux-64::foo[version='>=1.0']" },
		{ "*/linux-64::foo>=1.0", "foo[version='>=1.0',subdir='linux-64']" },
		{ "pkg =1.8", "pkg=1.8" },
		{ "pkg 1.8.* *", "pkg=1.8" },
		{ "pkg=1.8.*=*", "pkg=1.8" },
		{ "pkg ==1.8.* *", "pkg=1.8" },
		{ "pkg[version=\"1.8.*\"]", "pkg=1.8" },
		{ "pkg 1.8 *", "pkg==1.8" },
		{ "pkg=1.8=*", "pkg==1.8" },
		{ "pkg[version=1.8]", "pkg==1.8" },
		{ "PKG >= 1.8 , < 2 | 3.*  B_0 # why", "pkg[version='>=1.8,<2|3.*',build='b_0']" },
		{ "pkg (1|2),!=1.5", "pkg[version='(==1|==2),!=1.5']" },
		{ "pkg >1.2.*", "pkg[version='>=1.2']" },
		{ "pkg[license='a\\'b']", "pkg[license='a\\'b']" },
		{ "https://u:p@h.example/t/tk/c::pkg", "https://h.example/c::pkg" },
		{ "pkg[track_features='a, b']", "pkg[track_features='a,b']" },
	};
	struct pf_arena a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		if (pf_match_spec_parse(&s, &a, pf_s(rows[i].spec), &err) < 0)
			fail_msg("%s", err.msg);
		assert_string_equal(pf_match_spec_print(&a, &s).p, rows[i].printed);
	}
	pf_arena_free(&a);
}

static void test_messages(void **state)
{
	static const struct {
		const char *spec, *message;
	} rows[] = {
		{ "", "match spec '', column 1: a package's name is missing" },
		{ "numpy==", "match spec 'numpy==', column 6: version spec '==', column 3: "
			     "a version is missing" },
		{ "numpy >=1.19,", "match spec 'numpy >=1.19,', column 7: version spec '>=1.19,', "
				   "column 8: a version is missing" },
		{ "numpy >=1 <2", "match spec 'numpy >=1 <2', column 11: no build has this; "
				  "versions are joined by a comma" },
		{ "numpy 1.0~=2", "match spec 'numpy 1.0~=2', column 10: this does not belong here" },
		{ "numpy[version='1'", "match spec 'numpy[version='1'', column 6: brackets are closed "
				       "at the end, and only there" },
		{ "numpy[colour=red]", "match spec 'numpy[colour=red]', column 7: no key is called so" },
		{ "numpy[version<2]", "match spec 'numpy[version<2]', column 7: key=value is wanted here" },
		{ "numpy ~=1", "match spec 'numpy ~=1', column 7: version spec '~=1', column 3: ~= wants "
			       "a version of two parts or more" },
		{ "numpy[build='^(a$']", "match spec 'numpy[build='^(a$']', column 14: regular expression, "
					 "column 5: a group is not closed" },
		{ "numpy[build='^(?=a)$']", "match spec 'numpy[build='^(?=a)$']', column 14: regular "
					    "expression, column 3: what looks around or names a group is "
					    "not taken" },
		{ "https://u:secret@h.example/c::nu mpy <", "match spec 'https://h.example/c::nu mpy <', "
							    "column 38: no build has this; versions are "
							    "joined by a comma" },
	};
	struct pf_arena a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		assert_int_equal(pf_match_spec_parse(&s, &a, pf_s(rows[i].spec), &err), -1);
		assert_int_equal(err.code, PF_EMODEL);
		assert_string_equal(err.msg, rows[i].message);
	}
	pf_arena_free(&a);
}

/* What a stranger makes big is refused, or is asked in time all the same. */
static void test_limits(void **state)
{
	PF_AUTO(buf) b = PF_BUF(PF_MIB(1));
	PF_AUTO(arena) a = { 0 };
	struct pf_conda_record rec = { .name = PF_S("x") };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	pf_buf_cstr(&b, "x ");
	for (size_t i = 0; i < PF_MAX_SPECIFIERS + 1; i++)
		pf_buf_cstr(&b, "1,");
	pf_buf_cstr(&b, "1");
	assert_int_equal(pf_match_spec_parse(&s, &a, pf_buf_view(&b), &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	b.n = 0;
	pf_buf_cstr(&b, "x ");
	for (size_t i = 0; i <= PF_MAX_MARKER_DEPTH; i++)
		pf_buf_char(&b, '(');
	assert_int_equal(pf_match_spec_parse(&s, &a, pf_buf_view(&b), &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(pf_match_spec_parse(&s, &a, PF_S("x[build='^((a{99}){99}){99}$']"), &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(pf_match_spec_parse(&s, &a, PF_S("x[build='^(a*)*(a|a)*(a+)+b$']"), &err), 0);
	b.n = 0;
	for (size_t i = 0; i < 20000; i++)
		pf_buf_char(&b, 'a');
	rec.build = pf_buf_view(&b);
	assert_false(pf_match_spec_matches(&s, &rec));
}

static void test_regex(void **state)
{
	static const struct {
		const char *regex, *text;
		bool fits;
	} rows[] = {
		{ "^a.c$", "abc", true },	 { "^a.c$", "ABC", true },
		{ "^ab?c$", "ac", true },	 { "^ab*c$", "abbbc", true },
		{ "^ab+c$", "ac", false },	 { "^a{2}$", "aa", true },
		{ "^a{2}$", "aaa", false },	 { "^a{2,}$", "aaaa", true },
		{ "^a{1,2}$", "aaa", false },	 { "^(ab){2,3}$", "ababab", true },
		{ "^(a|bc)d$", "bcd", true },	 { "^a$|^b$", "b", true },
		{ "^a$|^b$", "ab", false },	 { "^[a-c_]+$", "ab_C", true },
		{ "^[^0-9]+$", "ab1", false },	 { "^\\d+\\.\\d+$", "1.26", true },
		{ "^\\w\\W\\S\\s$", "a-b ", true },  { "^[]a]$", "]", true },
		{ "^[a-]$", "-", true },	 { "^a??b*?$", "abb", true },
		{ "^(?:ab)c$", "abc", true },	 { "^()$", "", true },
		{ "^(a*)*$", "aaaa", true },	 { "^.*x.*y.*$", "1x2y3", true },
		{ "^\\^\\$$", "^$", true },
	};
	static const char *const bad[] = { "^a**$", "^(a$", "^a)$", "^[a$", "^\\1$", "^\\b$",
					   "^a{2,1}$", "^a{x}$", "^[b-a]$", "^(?P<n>a)$", "^*$", "a$" };
	struct pf_arena a = { 0 };
	struct pf_pattern p;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		if (pf_pattern_parse(&p, &a, pf_s(rows[i].regex), &err) < 0)
			fail_msg("%s: %s", rows[i].regex, err.msg);
		if (pf_pattern_admits(&p, pf_s(rows[i].text)) != rows[i].fits)
			fail_msg("%s of %s", rows[i].regex, rows[i].text);
	}
	for (size_t i = 0; i < PF_COUNT(bad); i++)
		if (pf_pattern_parse(&p, &a, pf_s(bad[i]), &err) == 0)
			fail_msg("%s was taken", bad[i]);
	pf_arena_free(&a);
}

static void test_files(void **state)
{
	struct pf_str name, version, build;

	(void)state;
	assert_true(pf_conda_filename_cut(PF_S("a-b-1.0_2-py_0.tar.bz2"), &name, &version, &build));
	assert_true(pf_str_is(name, "a-b") && pf_str_is(version, "1.0_2") && pf_str_is(build, "py_0"));
	assert_true(pf_conda_filename_cut(PF_S("a-1-0.conda"), NULL, NULL, NULL));
	assert_false(pf_conda_filename_cut(PF_S("a-1.conda"), NULL, NULL, NULL));
	assert_false(pf_conda_filename_cut(PF_S("-1-0.conda"), NULL, NULL, NULL));
	assert_false(pf_conda_filename_cut(PF_S("a-1-0.zip"), NULL, NULL, NULL));
	assert_int_equal(pf_conda_timestamp(1578324546067), 1578324546067);
	assert_int_equal(pf_conda_timestamp(1578324546), 1578324546000);
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
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_channel_urls),
		cmocka_unit_test(test_printed),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_regex),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
