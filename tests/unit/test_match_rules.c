/* test_match_rules.c - match specs of conda: keys, canonical form, messages, limits, patterns */
/* SPDX-License-Identifier: Apache-2.0 */
#include "match_spec.h"

#include "base/limits.h"
#include "req/channel_name.h"

/* A record of conda-forge, and specs that it does and does not satisfy. */
static const struct {
	const char *spec;
	bool fits;
} asked[] = {
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

static void test_keys(void **state)
{
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
	for (size_t i = 0; i < PF_COUNT(asked); i++) {
		if (pf_match_spec_parse(&s, &a, pf_s(asked[i].spec), &err) < 0)
			fail_msg("%s", err.msg);
		if (pf_match_spec_matches(&s, &rec) != asked[i].fits)
			fail_msg("%s: %s", asked[i].spec, asked[i].fits ? "should fit" : "fits");
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
		{ "pkg=1!1.8=b_0", "pkg==1!1.8=b_0" },
		{ "pkg=1!1.8", "pkg=1!1.8" },
		{ "pkg[version=1.8]", "pkg==1.8" },
		{ "PKG >= 1.8 , < 2 | 3.*  B_0 # why", "pkg[version='>=1.8,<2|3.*',build='b_0']" },
		{ "pkg (1|2),!=1.5", "pkg[version='(==1|==2),!=1.5']" },
		{ "pkg >1.2.*", "pkg[version='>=1.2']" },
		{ "pkg[license='a\\'b']", "pkg[license='a\\'b']" },
		{ "*/wiN-32::foo", "foo[channel='*/wiN-32']" },
		{ "https://u:p@h.example/t/tk/c::pkg", "https://h.example/c::pkg" },
		{ "pkg[track_features='a, b']", "pkg[track_features='a,b']" },
		/* where the name of a file would be read */
		{ "y 1.tar.bz2*", "y[version='1.tar.bz2.*']" },
		{ "y 1.CONDA", "y[version='==1.conda']" },
		{ "y 1.CONDA b", "y[version='==1.conda',build='b']" },
		{ "y[version=1,build=b.conda]", "y==1[build='b.conda']" },
		{ "c::y.Tar.Bz2", "c::y.tar.bz2[version='*']" },
		{ "y.conda[md5=253b922ecdb5a30884875948b8904983]",
		  "y.conda[md5='253b922ecdb5a30884875948b8904983']" },
	};
	struct pf_arena a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		if (pf_match_spec_parse(&s, &a, pf_s(rows[i].spec), &err) < 0)
			fail_msg("%s", err.msg);
		assert_string_equal(pf_match_spec_print(&a, &s).p, rows[i].printed);
		check_same_print(&a, &s);
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

/* Programs are given files of specs: none is more than a line. */
static void test_control(void **state)
{
	static const char *const bad[] = {
		"numpy[license='^a\n@EXPLICIT\nhttps://h.example/linux-64/pkg-1-0.conda\n$']",
		"numpy\n>=1", "numpy >=1\r,<2", "numpy 1,\v2", "numpy\f1", "numpy[build='a\x7f']",
		"numpy[when='python\n>=3']", "numpy[\nversion=1]", "a\x1b[2J", "^a\nb$",
		"pip>=23#\n--index-url=https://h.example/",
	};
	PF_AUTO(arena) a = { 0 };
	struct pf_match_spec s;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(bad); i++) {
		struct pf_str text = pf_format(&a, "%s # why", bad[i]);

		if (pf_match_spec_parse(&s, &a, text, &err) == 0)
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(err.code, PF_EMODEL);
		assert_true(pf_str_find_str(pf_s(err.msg), "a control byte") != PF_NPOS);
	}
	assert_int_equal(pf_match_spec_parse(&s, &a, PF_S("\n numpy\t>=1 \n"), &err), 0);
	assert_string_equal(pf_match_spec_print(&a, &s).p, "numpy[version='>=1']");
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

static void test_bare(void **state)
{
	static const struct {
		const char *text, *bare;
	} rows[] = {
		{ "conda-forge", "conda-forge" },
		{ "https://h/c", "https://h/c" },
		{ "https://u@h:80/c", "https://h:80/c" },
		{ "https://u:p@q@h", "https://h" },
		{ "https://u:p@h/t/tk", "https://h" },
		{ "https://h/t/tk/c/t/x", "https://h/c/t/x" },
		{ "https://h/c@1", "https://h/c@1" },
		{ "https://u:p@h/c::x[url='https://v:q@i/t/tk/y',build=a@b]",
		  "https://h/c::x[url='https://i/y',build=a@b]" },
	};
	PF_AUTO(arena) a = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_true(pf_str_is(pf_channel_bare(&a, pf_s(rows[i].text)), rows[i].bare));
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
	assert_false(pf_conda_filename_cut(PF_S("../../a-1-0.conda"), NULL, NULL, NULL));
	assert_false(pf_conda_filename_cut(PF_S("a-1\0-0.conda"), NULL, NULL, NULL));
	assert_int_equal(pf_conda_timestamp(1578324546067), 1578324546067);
	assert_int_equal(pf_conda_timestamp(1578324546), 1578324546000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),	 cmocka_unit_test(test_channel_urls),
		cmocka_unit_test(test_printed),	 cmocka_unit_test(test_messages),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_limits),	 cmocka_unit_test(test_regex),
		cmocka_unit_test(test_files),	 cmocka_unit_test(test_bare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
