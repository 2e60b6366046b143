/* test_repodata.c - what channels have: scanned, kept, asked by name, and hostile ones */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/limits.h"
#include "channel/repodata.h"
#include "channel/repodata_scan.h"
#include "formats/digest.h"

#define MD5 "\"md5\":\"0123456789abcdef0123456789abcdef\""
/* A sound record, more of it aside. */
#define RECORD(name, version, build, more)                                                \
	"\"" name "-" version "-" build ".conda\":{\"name\":\"" name "\",\"version\":\"" version \
	"\",\"build\":\"" build "\",\"build_number\":0,\"depends\":[]," MD5 more "}"

/* ---- the scanner ---- */

static struct pf_str summary(struct pf_arena *a, const struct pf_repo_scan *s, struct pf_str text)
{
	struct pf_str out = PF_S("");

	for (size_t i = 0; i < s->names.entries.n; i++) {
		const struct pf_repo_name *name = s->names.entries.v[i].value;

		for (size_t k = 0; k < name->runs.n; k++) {
			struct pf_repo_run run = name->runs.v[k];

			out = pf_format(a, PF_FMT PF_FMT "/%u[" PF_FMT "] ", PF_ARG(out),
					PF_ARG(name->name), run.section,
					PF_ARG(pf_str_cut(text, run.at, run.at + run.size)));
		}
	}
	return out;
}

/* In pieces of `piece` bytes: what was found, or what is wrong. */
static struct pf_str scan(struct pf_arena *a, struct pf_str text, size_t piece)
{
	struct pf_repo_scan s = { 0 };
	struct pf_err err = { 0 };
	struct pf_str out;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < text.n; at += piece) {
		struct pf_str one = pf_str_cut(text, at, at + piece);

		rc = pf_repo_scan_feed(&s, one.p, one.n, &err);
	}
	if (rc == 0)
		rc = pf_repo_scan_end(&s, &err);
	out = rc ? pf_dup(a, pf_s(err.msg)) : summary(a, &s, text);
	if (rc == 0)
		out = pf_format(a, PF_FMT "| " PF_FMT, PF_ARG(out),
				PF_ARG(pf_buf_view(&s.head)));
	pf_repo_scan_free(&s);
	return out;
}

static const struct {
	const char *text, *out;
} scans[] = {
	{ "{}", "| {}" },
	{ "{\"packages\":{}}", "| {\"packages\":{}}" },
	{ "{\"info\":{\"subdir\":\"x\"},\"packages\":{\"a-1-0.tar.bz2\":{\"x\":[{}]}, \"a-2-0.tar.bz2\":{}}}",
	  "a/0[\"a-1-0.tar.bz2\":{\"x\":[{}]}, \"a-2-0.tar.bz2\":{}] | {\"info\":{\"subdir\":\"x\"},\"packages\":{}}" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":{},\"b-1-0.tar.bz2\":{},\"a-2-0.tar.bz2\":{}}}",
	  "a/0[\"a-1-0.tar.bz2\":{}] a/0[\"a-2-0.tar.bz2\":{}] b/0[\"b-1-0.tar.bz2\":{}] | {\"packages\":{}}" },
	{ "{\"packages.conda\":{\"a-b-1-0.conda\":{\"k\":\"}]\\\"{\\\\\"}},\"removed\":[\"a-b-0-0.conda\", \"c-1-0.conda\"]}",
	  "a-b/1[\"a-b-1-0.conda\":{\"k\":\"}]\\\"{\\\\\"}] a-b/2[\"a-b-0-0.conda\"] c/2[\"c-1-0.conda\"] "
	  "| {\"packages.conda\":{},\"removed\":[]}" },
	{ "{\"other\":{\"packages\":{\"a-1-0.conda\":{}}},\"x\":\"packages\",\"y\":{\"z-1-0\":{}}}",
	  "| {\"other\":{},\"x\":\"packages\",\"y\":{}}" },
	/* no package's file: passed over */
	{ "{\"packages\":{\"odd\":{},\"a-1-0.tar.bz2\":{}}}",
	  "a/0[\"a-1-0.tar.bz2\":{}] | {\"packages\":{}}" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":{\"name\":\"a\"},\"a-1-0.tar.bz2\":{\"name\":\"b\"}}}",
	  "byte 56: a file comes twice" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":{}", "byte 31: it ends in the middle" },
	{ "{\"packages\":{\"a-1-0.tar.bz2", "byte 27: it ends in the middle" },
	{ "", "byte 0: it ends in the middle" },
	{ "{\"packages\":[]}", "byte 12: records in something else than an object" },
	{ "{\"removed\":{}}", "byte 11: records in something else than an object" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":5}}", "byte 30: an end where a record is expected" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":[]}}", "byte 29: something else than a record" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\",\"b-1-0.tar.bz2\":{}}}",
	  "byte 28: a comma or a colon where none is expected" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":\"x\"}}", "byte 29: a text where none is expected" },
	{ "{\"packages\":{\"a-1-0.tar.bz2\":{},}}", "byte 32: an end where a record is expected" },
	{ "{\"packages\":{}}}", "byte 15: a bracket that nothing opens" },
	{ "{\"removed\":[\"a-1-0.conda\":{}]}", "byte 25: a comma or a colon where none is expected" },
};

static void test_scan(void **state)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 63, 64, 65, 1000000 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(scans); i++)
		for (size_t k = 0; k < PF_COUNT(pieces); k++) {
			PF_AUTO(arena) a = { 0 };
			struct pf_str got = scan(&a, pf_s(scans[i].text), pieces[k]);

			assert_string_equal(pf_dupz(&a, got), scans[i].out);
		}
}

/* Backslashes at every place of a block, escaping or escaped. */
static void test_scan_escapes(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 70; shift++)
		for (size_t slashes = 0; slashes < 6; slashes++) {
			PF_AUTO(arena) a = { 0 };
			char fill[80], back[8];
			struct pf_str text, whole;

			memset(fill, 'x', sizeof(fill));
			memset(back, '\\', sizeof(back));
			text = pf_format(&a, "{\"packages\":{\"a-1-0.tar.bz2\":{\"k\":\"%.*s%.*s\"%s}}}",
					 (int)shift, fill, (int)slashes, back,
					 slashes % 2 ? "}\"" : "");
			whole = scan(&a, text, text.n);
			assert_int_equal(pf_str_find_str(whole, "| {\"packages\":{}}") != PF_NPOS, true);
			assert_true(pf_str_eq(whole, scan(&a, text, 5)));
		}
}

static void test_scan_limits(void **state)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) deep = PF_BUF(PF_MIB(1));
	char name[600];
	struct pf_str got;

	(void)state;
	pf_buf_cstr(&deep, "{\"packages\":{\"a-1-0.tar.bz2\":{\"x\":");
	for (size_t i = 0; i < 100000; i++)
		pf_buf_char(&deep, '[');
	got = scan(&a, pf_buf_view(&deep), 4096);
	assert_string_equal(got.p, "byte 95: nested deeper than 64 levels");
	memset(name, 'n', sizeof(name));
	got = scan(&a, pf_format(&a, "{\"packages\":{\"%.*s\":{}}}", (int)sizeof(name), name), 4096);
	assert_string_equal(got.p, "byte 614: a file's name is too long");
	/* in the head that is nobody's name */
	got = scan(&a, pf_format(&a, "{\"%.*s\":{}}", (int)sizeof(name), name), 100);
	assert_true(pf_str_starts(got, "| {\"nnn"));
}

/* The vectors see what the plain loop sees. */
static void test_blocks(void **state)
{
	static const char bytes[] = "\"\\{}[],:;<=>?@^_`|~ az09\x80\xdb\xfd\xa2\0\x02\x1a\x0c";
	uint32_t random = 7;

	(void)state;
	for (size_t round = 0; round < 20000; round++) {
		struct pf_repo_block fast, plain;
		char block[64];

		for (size_t i = 0; i < sizeof(block); i++) {
			random = random * 1664525 + 1013904223;
			block[i] = round % 2 ? (char)(random >> 24)
					     : bytes[(random >> 16) % (sizeof(bytes) - 1)];
		}
		pf_repo_block_read(&fast, block);
		pf_repo_block_plain(&plain, block);
		assert_memory_equal(&fast, &plain, sizeof(fast));
	}
}

/* ---- channels in a folder ---- */

struct world {
	struct pf_channels channels;
	struct pf_repodata_settings settings;
	struct pf_repodata repodata;
	struct pf_err err;
};

static void add_channel(struct world *w, const char *name)
{
	struct pf_arena *a = &w->channels.arena;
	struct pf_channel *c = PF_PUSH(a, &w->channels.v);

	*c = (struct pf_channel){ .name = pf_s(name),
				  .url = pf_format(a, "file://%s/%s", folder_path, name) };
	*PF_PUSH(a, &c->asked) = c->url;
	if (w->channels.subdirs.n)
		return;
	*PF_PUSH(a, &w->channels.subdirs) = PF_S("linux-64");
	*PF_PUSH(a, &w->channels.subdirs) = PF_S("noarch");
	w->settings.cache = pf_formatz(a, "%s/cache", folder_path);
}

static void end_world(struct world *w)
{
	pf_repodata_free(&w->repodata);
	pf_arena_free(&w->channels.arena);
}

static int open_world(struct world *w)
{
	return pf_repodata_open(&w->repodata, &w->channels, &w->settings, &w->err);
}

static struct pf_str files_of(struct pf_arena *a, struct world *w, const char *name)
{
	const struct pf_conda_package *p;
	struct pf_str out = PF_S("");

	if (pf_repodata_package(&p, &w->repodata, pf_s(name), &w->err) < 0)
		return pf_s(w->err.msg);
	for (size_t i = 0; i < p->records.n; i++)
		out = pf_format(a, PF_FMT PF_FMT "::" PF_FMT "/" PF_FMT " ", PF_ARG(out),
				PF_ARG(p->records.v[i].channel_name), PF_ARG(p->records.v[i].subdir),
				PF_ARG(p->records.v[i].fn));
	if (p->unusable)
		out = pf_format(a, PF_FMT "(%zu: " PF_FMT ")", PF_ARG(out), p->unusable, PF_ARG(p->why));
	return out;
}

static void put(const char *path, const char *packages, const char *conda, const char *more)
{
	struct pf_arena a = { 0 };

	folder_put(folder_path, path,
		   pf_format(&a, "{\"packages\":{%s},\"packages.conda\":{%s}%s}", packages, conda, more));
	pf_arena_free(&a);
}

static void test_package(void **state)
{
	struct world w = { 0 };
	const struct pf_conda_package *p, *again;
	const struct pf_conda_record *r;
	PF_AUTO(arena) a = { 0 };

	(void)state;
	put("one/linux-64/repodata.json",
	    "\"demo-1.0-h_1.tar.bz2\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"h_1\"," MD5 "},"
	    "\"demo-0.9-h_1.tar.bz2\":{\"name\":\"demo\",\"version\":\"0.9\",\"build\":\"h_1\"," MD5 "}",
	    "\"demo-1.0-h_1.conda\":{\"build\":\"h_1\",\"build_number\":1,\"depends\":[\"libc >=2\",\"a\\u0062\"],"
	    "\"constrains\":[\"other <3\"],\"license\":\"MIT\",\"name\":\"demo\",\"noarch\":null,"
	    "\"sha256\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\","
	    "\"size\":12345,\"subdir\":\"linux-64\",\"timestamp\":1578324546,\"track_features\":\"x y,z\","
	    "\"unknown\":{\"deep\":[1,{}]},\"version\":\"1.0\"}",
	    ",\"removed\":[\"demo-0.9-h_1.tar.bz2\"],\"repodata_version\":1");
	put("one/noarch/repodata.json", "", RECORD("demo", "2.0", "py_0", ",\"noarch\":\"python\""), "");
	add_channel(&w, "one");
	for (int round = 0; round < 2; round++) { /* made, then found in the cache */
		assert_int_equal(open_world(&w), 0);
		assert_string_equal(files_of(&a, &w, "demo").p,
				    "one::linux-64/demo-1.0-h_1.conda one::noarch/demo-2.0-py_0.conda ");
		assert_string_equal(files_of(&a, &w, "nothing").p, "");
		if (round == 0)
			pf_repodata_free(&w.repodata);
	}
	assert_int_equal(pf_repodata_package(&p, &w.repodata, PF_S("demo"), &w.err), 0);
	assert_int_equal(pf_repodata_package(&again, &w.repodata, PF_S("demo"), &w.err), 0);
	assert_ptr_equal(p, again);
	r = &p->records.v[0];
	assert_int_equal(r->build_number, 1);
	assert_int_equal(r->size, 12345);
	assert_int_equal(r->timestamp, 1578324546000);
	assert_int_equal(r->depends.n, 2);
	assert_true(pf_str_is(r->depends.v[1], "ab"));
	assert_int_equal(r->constrains.n, 1);
	assert_int_equal(r->track_features.n, 3);
	assert_int_equal(r->noarch, PF_NOARCH_NONE);
	assert_true(pf_str_is(r->license, "MIT"));
	assert_true(pf_str_eq(r->url, pf_format(&a, "file://%s/one/linux-64/demo-1.0-h_1.conda", folder_path)));
	assert_int_equal(p->records.v[1].noarch, PF_NOARCH_PYTHON);
	end_world(&w);
}

/* A record that cannot be used is left out, and the first one's reason is told. */
static void test_unusable(void **state)
{
	static const struct {
		const char *record, *why;
	} cases[] = {
		{ RECORD("demo", "1.0", "0", ""), "x::noarch/demo-1.0-0.conda " },
		{ "\"demo-1.0-0.conda\":{\"name\":\"evil\",\"version\":\"1.0\",\"build\":\"0\"," MD5 "}",
		  "(1: demo-1.0-0.conda: its record has another name than its file)" },
		{ "\"demo-1.0-0.conda\":{\"name\":\"demo\",\"version\":\"1.1\",\"build\":\"0\"," MD5 "}",
		  "(1: demo-1.0-0.conda: its file is not named by its version and build)" },
		{ "\"demo-1.0-0.conda\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"../../x\"," MD5 "}",
		  "(1: demo-1.0-0.conda: its file is not named by its version and build)" },
		{ "\"demo-1.0-../x.conda\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"../x\"," MD5 "}",
		  "(1: demo-1.0-../x.conda: its file has a name that no file should have)" },
		{ "\"demo-1.0-0.tar.bz2\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"0\"," MD5 "}",
		  "(1: demo-1.0-0.tar.bz2: its file is not named by its version and build)" },
		{ "\"demo-1.0-0.conda\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"0\"}",
		  "(1: demo-1.0-0.conda: it has no digest)" },
		{ "\"demo-1.0-0.conda\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"0\",\"md5\":\"00\"}",
		  "(1: demo-1.0-0.conda: its digest is none)" },
		{ RECORD("demo", "1.0", "0", ",\"subdir\":\"win-64\""),
		  "(1: demo-1.0-0.conda: it is for another platform than where it lies)" },
		{ RECORD("demo", "1.0", "0", ",\"size\":-5"),
		  "(1: demo-1.0-0.conda: its size or build number is no number)" },
		{ "\"demo-1.0-0.conda\":{\"name\":\"demo\",\"version\":\"1.0\",\"build\":\"0\"," MD5
		  ",\"depends\":\"other\"}",
		  "(1: demo-1.0-0.conda: what it needs is no list)" },
		{ RECORD("demo", "1.0", "0", ",\"constrains\":{\"other\":\"<2\"}"),
		  "(1: demo-1.0-0.conda: what it needs is no list)" },
		{ RECORD("demo", "1.0", "0", ",\"size\":99999999999999999999999"),
		  "(1: demo-1.0-0.conda: its size or build number is no number)" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(cases); i++) {
		struct world w = { 0 };
		PF_AUTO(arena) a = { 0 };

		put("x/noarch/repodata.json", "", cases[i].record, "");
		add_channel(&w, "x");
		w.settings.refresh = true;
		assert_int_equal(open_world(&w), 0);
		assert_string_equal(files_of(&a, &w, "demo").p, cases[i].why);
		end_world(&w);
	}
}

/* What is wrong with the whole of it, or shows when a name is asked for. */
static void test_refused(void **state)
{
	static const struct {
		const char *conda, *more, *why;
		int code;
	} cases[] = {
		{ "", ",\"repodata_version\":99",
		  "repodata.json of channel x for noarch: its repodata_version is none that is known (1 and 2 are)",
		  PF_EINTEGRITY },
		{ "", ",\"info\":{\"subdir\":\"win-64\"}",
		  "repodata.json of channel x for noarch: it is about win-64", PF_EINTEGRITY },
		{ "", ",\"info\":{\"base_url\":\"http://elsewhere.example/\"}",
		  "channel x for noarch: its base_url leads from file: to http://elsewhere.example/",
		  PF_EINTEGRITY },
		{ "", ",\"packages\":{}",
		  "repodata.json of channel x for noarch: line 1, column 47: the key \"packages\" appears twice",
		  PF_EINTEGRITY },
		{ "", "", "", 0 },
		{ RECORD("demo", "1.0", "0", "") "," RECORD("other", "1.0", "0", "") ","
		  RECORD("demo", "1.0", "0", ""), "",
		  "channel x for noarch, records of demo: line 1, column 134: a file comes twice: demo-1.0-0.conda",
		  PF_EINTEGRITY },
		{ RECORD("demo", "1.0", "0", ",\"version\":\"2\""), "",
		  "channel x for noarch, records of demo: line 1, column 135: the key \"version\" comes twice",
		  PF_EINTEGRITY },
		{ "\"demo-1.0-0.conda\":{\"name\":nul}", "",
		  "channel x for noarch, records of demo: line 1, column 29: a value is expected, not 'n'",
		  PF_EINTEGRITY },
		{ RECORD("demo", "1.0", "0", ",\"depends\":[5]"), "",
		  "channel x for noarch, records of demo: line 1, column 135: the key \"depends\" comes twice",
		  PF_EINTEGRITY },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(cases); i++) {
		struct world w = { 0 };
		PF_AUTO(arena) a = { 0 };

		put("x/noarch/repodata.json", "", cases[i].conda, cases[i].more);
		add_channel(&w, "x");
		w.settings.refresh = true;
		if (open_world(&w) == 0)
			assert_string_equal(files_of(&a, &w, "demo").p, cases[i].why);
		else
			assert_string_equal(w.err.msg, cases[i].why);
		assert_int_equal(w.err.code, cases[i].code);
		end_world(&w);
	}
}

static void test_channels(void **state)
{
	struct world w = { 0 }, none = { 0 };
	PF_AUTO(arena) a = { 0 };

	(void)state;
	put("first/noarch/repodata.json", "", RECORD("demo", "1.0", "0", ""),
	    ",\"info\":{\"base_url\":\"../../files\"}");
	put("second/linux-64/repodata.json", "", RECORD("demo", "3.0", "0", ""), "");
	add_channel(&w, "first");
	add_channel(&w, "second");
	assert_int_equal(open_world(&w), 0);
	assert_string_equal(files_of(&a, &w, "demo").p,
			    "first::noarch/demo-1.0-0.conda second::linux-64/demo-3.0-0.conda ");
	end_world(&w);
	add_channel(&none, "absent");
	assert_int_equal(open_world(&none), -1);
	assert_int_equal(none.err.code, PF_ETRANSFER);
	assert_string_equal(none.err.msg, "there is no channel absent: it has no repodata");
	end_world(&none);
}

/* A kept list that is damaged, or of a file that has changed, is made anew. */
static void test_kept(void **state)
{
	PF_AUTO(arena) a = { 0 };
	char path[600] = "";

	(void)state;
	put("kept/noarch/repodata.json", "", RECORD("demo", "1.0", "0", ""), "");
	for (int round = 0; round < 4; round++) {
		struct world w = { 0 };

		add_channel(&w, "kept");
		w.settings.cache = pf_formatz(&a, "%s/kept-cache", folder_path);
		if (round == 3)
			put("kept/noarch/repodata.json", "", RECORD("demo", "2.0", "0", ""), "");
		assert_int_equal(open_world(&w), 0);
		assert_string_equal(files_of(&a, &w, "demo").p,
				    round == 3 ? "kept::noarch/demo-2.0-0.conda " : "kept::noarch/demo-1.0-0.conda ");
		end_world(&w);
		if (!path[0]) {
			struct pf_str key = pf_format(&a, "file://%s/kept\nnoarch", folder_path);
			char hex[65];

			pf_sha256_hex(hex, key.p, key.n);
			snprintf(path, sizeof(path), "kept-cache/repodata/%.32s", hex);
			assert_int_equal(faccessat(folder_fd, path, F_OK, 0), 0);
		}
		if (round < 2) {
			int fd = openat(folder_fd, path, O_WRONLY);

			assert_int_equal(pwrite(fd, "?", 1, round ? 100 : 70), 1);
			close(fd);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_scan_escapes),
		cmocka_unit_test(test_scan_limits),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_package),
		cmocka_unit_test(test_unusable),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_channels),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
