/* test_simple.c - pages of an index in both forms: sound, odd and hostile ones */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <dirent.h>
#include <unistd.h>

#include "index/cache.h"
#include "index/project.h"
#include "index/simple.h"

#define SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define PAGE(files) "{\"meta\":{\"api-version\":\"1.1\"},\"name\":\"demo\",\"files\":[" files "]}"
#define FILE_(name, more) "{\"filename\":\"" name "\",\"url\":\"" name "\",\"hashes\":{\"sha256\":\"" SHA "\"}" more "}"
#define LINK(href) "<a href=\"" href "\">x</a>"
#define BASE "https://index.test/simple/demo/"

static struct pf_arena arena;
static struct pf_target target;
static const struct pf_map *platforms;

static int set_up(void **state)
{
	struct pf_strs tags = { 0 };

	(void)state;
	*PF_PUSH(&arena, &tags) = PF_S("cp311-cp311-linux_x86_64");
	*PF_PUSH(&arena, &tags) = PF_S("py3-none-any");
	pf_target_make(&target, &arena, &tags, PF_S("3.11.7"));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	pf_arena_free(&arena);
	return 0;
}

static int read_page(struct pf_page *out, struct pf_str type, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(maker) m = { .platforms = platforms };
	struct pf_page_facts facts = { .max_age = -1 };

	assert_int_equal(pf_maker_start(&m, PF_S("demo"), BASE, err), 0);
	return pf_simple_read(&m, type, text, err) < 0 ? -1 : pf_maker_end(out, &m, &facts, err);
}

/* "VERSION file file; VERSION -; refused N why": what a page comes to. */
static struct pf_str summary(struct pf_arena *a, struct pf_str type, struct pf_str text)
{
	PF_AUTO(page) page = { 0 };
	struct pf_buf out = PF_BUF(100000);
	struct pf_project p = { 0 };
	struct pf_err err = { 0 };
	struct pf_str result;

	if (read_page(&page, type, text, &err) < 0)
		return pf_format(a, "%s: %s", pf_code_class(err.code), err.msg);
	pf_project_make(&p, a, &page, 1, &target);
	for (size_t i = 0; i < p.n; i++) {
		const struct pf_release *r = &p.releases[i];

		pf_buf_printf(&out, PF_FMT, PF_ARG(r->version.text));
		for (size_t k = 0; k < r->n; k++)
			pf_buf_printf(&out, " " PF_FMT "%s%s", PF_ARG(r->files[k].url),
				      r->files[k].is_yanked ? " yanked" : "",
				      r->files[k].python_fits ? "" : " misfit");
		pf_buf_cstr(&out, "; ");
	}
	if (p.refused)
		pf_buf_printf(&out, "refused %zu " PF_FMT, p.refused, PF_ARG(p.why));
	result = pf_dup(a, pf_buf_view(&out));
	pf_buf_free(&out);
	return result;
}

static const struct row {
	const char *text, *expected;
} json_rows[] = {
	{ PAGE(""), "" },
	{ PAGE(FILE_("demo-1.0-py3-none-any.whl", "")), "1.0 " BASE "demo-1.0-py3-none-any.whl; " },
	{ PAGE(FILE_("demo-1.0.tar.gz", "") "," FILE_("demo-1.0.0-py3-none-any.whl", "")),
	  "1.0 " BASE "demo-1.0.0-py3-none-any.whl " BASE "demo-1.0.tar.gz; " },
	{ PAGE(FILE_("demo-1.9.zip", "") "," FILE_("demo-1.10.tgz", "") "," FILE_("demo-1.10rc1.tar.bz2", "")),
	  "1.10 " BASE "demo-1.10.tgz; 1.10rc1 " BASE "demo-1.10rc1.tar.bz2; 1.9 " BASE "demo-1.9.zip; " },
	{ PAGE(FILE_("Demo-1.0-CP311-cp311-Linux_x86_64.whl", "")),
	  "1.0 " BASE "Demo-1.0-CP311-cp311-Linux_x86_64.whl; " },
	{ PAGE(FILE_("demo-1.0-cp310-cp310-linux_x86_64.whl", "")), "1.0; " },
	{ PAGE(FILE_("demo-1.0-cp311-cp311-win32.whl", ",\"x\":{\"a\":[\"}]\\\"\\\\\"]}") ","
	       FILE_("demo-2.0-cp311-cp311-WIN32.Linux_X86_64.whl", "") "," FILE_("demo-1.0.tar.gz", "")),
	  "2.0 " BASE "demo-2.0-cp311-cp311-WIN32.Linux_X86_64.whl; 1.0 " BASE "demo-1.0.tar.gz; " },
	{ PAGE(FILE_("demo-bad!-py3-none-win32.whl", "") "," FILE_("other-1.0-py3-none-win32.whl", "")),
	  "refused 2 demo-bad!-py3-none-win32.whl: not a version" },
	{ PAGE(FILE_("demo-1.0-py2.py3-none-any.whl", ",\"yanked\":\"\"")),
	  "1.0 " BASE "demo-1.0-py2.py3-none-any.whl yanked; " },
	{ PAGE(FILE_("demo-1.0.tar.gz", ",\"yanked\":true,\"requires-python\":\"<3\"")),
	  "1.0 " BASE "demo-1.0.tar.gz yanked misfit; " },
	{ PAGE(FILE_("demo-1.0.tar.gz", ",\"yanked\":false,\"requires-python\":null,\"size\":5,\"gpg-sig\":[{}]")),
	  "1.0 " BASE "demo-1.0.tar.gz; " },
	/* one bad row does not spoil the page */
	{ PAGE(FILE_("demo-1.0.exe", "") "," FILE_("demo-1.0.tar.gz", "")), "1.0 " BASE "demo-1.0.tar.gz; " },
	{ PAGE(FILE_("demo-bad!-py3-none-any.whl", "") "," FILE_("demo-1.0.tar.gz", "")),
	  "1.0 " BASE "demo-1.0.tar.gz; refused 1 demo-bad!-py3-none-any.whl: not a version" },
	{ PAGE(FILE_("other-1.0.tar.gz", "")), "refused 1 other-1.0.tar.gz: another project's name" },
	{ PAGE(FILE_("demo-x.tar.gz", "")), "refused 1 demo-x.tar.gz: not a version" },
	{ PAGE(FILE_("demo-1.0-py3--any.whl", "")), "refused 1 demo-1.0-py3--any.whl: malformed tags" },
	{ PAGE(FILE_("demo-1.0-x-py3-none-any.whl", "")),
	  "refused 1 demo-1.0-x-py3-none-any.whl: not the name of a wheel" },
	{ PAGE(FILE_("../demo-1.0.tar.gz", "")), "refused 1 ../demo-1.0.tar.gz: another project's name" },
	{ PAGE(FILE_("demo-1.0.tar.gz", ",\"size\":-1")), "refused 1 demo-1.0.tar.gz: a malformed entry" },
	{ PAGE(FILE_("demo-1.0.tar.gz", ",\"requires-python\":\">=3.x\"")),
	  "refused 1 demo-1.0.tar.gz: a malformed Requires-Python" },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"demo-1.0.tar.gz\",\"hashes\":{\"sha256\":\"zz\"}}"),
	  "refused 1 demo-1.0.tar.gz: a malformed digest" },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"demo-2.0.tar.gz\",\"hashes\":{}}"),
	  "refused 1 demo-1.0.tar.gz: the link leads to a file of another name" },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"file:///x/demo-1.0.tar.gz\",\"hashes\":{}}"),
	  "refused 1 demo-1.0.tar.gz: a link to a local file" },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"http://h/demo-1.0.tar.gz\",\"hashes\":{}}"),
	  "refused 1 demo-1.0.tar.gz: a link from https to http" },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"javascript:x/demo-1.0.tar.gz\",\"hashes\":{}}"),
	  "refused 1 demo-1.0.tar.gz: a link that cannot be followed" },
	/* what links come to */
	{ PAGE("{\"filename\":\"demo-1.0+a.tar.gz\",\"url\":\"../../f/demo-1.0%2Ba.tar.gz#sha256=x\",\"hashes\":{}}"),
	  "1.0+a https://index.test/f/demo-1.0%2Ba.tar.gz; " },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"//u:p@other/demo-1.0.tar.gz?q=1\",\"hashes\":{}}"),
	  "1.0 https://other/demo-1.0.tar.gz?q=1; " },
	{ PAGE("{\"filename\":\"demo-1.0.tar.gz\",\"url\":\"/demo\\u002d1.0.tar.gz\",\"hashes\":{}}"),
	  "1.0 https://index.test/demo-1.0.tar.gz; " },
	/* whole pages that are refused */
	{ "", "integrity: line 1, column 1: the text ends where a value is expected" },
	{ "<html>", "integrity: line 1, column 1: a value is expected, not '<'" },
	{ "[]", "integrity: line 1, column 1: a page is an object" },
	{ "{}", "integrity: line 1, column 2: a page has files" },
	{ "{\"files\":{}}", "integrity: line 1, column 10: files is a list" },
	{ "{\"files\":[1]}", "integrity: line 1, column 11: a file is an object" },
	{ "{\"files\":[],\"meta\":{\"api-version\":\"2.0\"}}",
	  "integrity: an index of version 2.0 (1.x is understood)" },
	{ "{\"files\":[],\"name\":\"evil\"}", "integrity: the page is of another project, evil" },
	{ "{\"files\":[],\"name\":\"DEMO\"}", "" },
	{ "{\"files\":[]} x", "integrity: line 1, column 14: the end of the text is expected, not 'x'" },
}, html_rows[] = {
	{ "", "" },
	{ "<p>none</p>", "" },
	{ LINK("demo-1.0.tar.gz"), "1.0 " BASE "demo-1.0.tar.gz; " },
	{ "<A HREF='demo-1.0.tar.gz' >x</A>", "1.0 " BASE "demo-1.0.tar.gz; " },
	{ "<a\nhref=demo-1.0.tar.gz>x", "1.0 " BASE "demo-1.0.tar.gz; " },
	{ "<a rel=\"internal\" href = \"demo-1.0.tar.gz#sha256=" SHA "\" data-yanked>x</a>",
	  "1.0 " BASE "demo-1.0.tar.gz yanked; " },
	{ "<a href='demo-1.0.tar.gz' data-requires-python='&lt;3'>x</a>", "1.0 " BASE "demo-1.0.tar.gz misfit; " },
	{ "<a href='demo-1.0.tar.gz?a&amp;b' data-requires-python='&#62;=3&#x2e;6'>x</a>",
	  "1.0 " BASE "demo-1.0.tar.gz?a&b; " },
	{ "<a data-requires-python='>=3' href='demo-1.0.tar.gz'>x</a>", "1.0 " BASE "demo-1.0.tar.gz; " },
	{ "<!-- " LINK("demo-1.0.tar.gz") " -->" LINK("demo-2.0.tar.gz"), "2.0 " BASE "demo-2.0.tar.gz; " },
	{ LINK("demo-1.0.tar.gz#sha256=zz"), "refused 1 demo-1.0.tar.gz: a malformed digest" },
	{ LINK("demo-1.0.tar.gz#md5=00"), "1.0 " BASE "demo-1.0.tar.gz; " },
	{ LINK("..") LINK("/") LINK("") LINK("#x") "<a name=x>", "" },
	{ "<base href='/f/'>" LINK("demo-1.0.tar.gz"), "1.0 https://index.test/f/demo-1.0.tar.gz; " },
	{ "<base href='https://other/'>" LINK("demo-1.0.tar.gz"),
	  "refused 1 demo-1.0.tar.gz: the page moves its links to another host, and there is no digest" },
	{ "<base href='https://other/'>" LINK("demo-1.0.tar.gz#sha256=" SHA), "1.0 https://other/demo-1.0.tar.gz; " },
	{ "<base href='http://other/'>", "integrity: its base leads from https to http" },
	{ "<base href='file:///'>", "integrity: its base is no place on the net" },
	{ "<meta name='pypi:repository-version' content='2.0'>",
	  "integrity: an index of version 2.0 (1.x is understood)" },
	{ "<meta name='pypi:repository-version' content='1.4'>", "" },
	{ "<a href='demo-1.0.tar.gz", "" },
	{ "<a href='demo-1.0.tar.gz' <a <a", "" },
	{ "<!-- <a href='demo-1.0.tar.gz'>", "" },
};

static void check_rows(const struct row *rows, size_t n, const char *type)
{
	for (size_t i = 0; i < n; i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_str got = summary(&a, pf_s(type), pf_s(rows[i].text));

		if (!pf_str_is(got, rows[i].expected))
			fail_msg("%s\n  is  " PF_FMT "\n  not %s", rows[i].text, PF_ARG(got), rows[i].expected);
	}
}

static void reads_json(void **state)
{
	(void)state;
	check_rows(json_rows, PF_COUNT(json_rows), "application/vnd.pypi.simple.v1+json");
}

/* What is passed over is counted, and makes no other difference. */
static void passes_other_platforms(void **state)
{
	struct pf_str text = PF_S(PAGE(FILE_("demo-1.0-cp311-cp311-win32.whl", "") ","
				       FILE_("demo-1.0-cp311-cp311-linux_x86_64.whl", "") ","
				       FILE_("demo-1.0-cp310-cp310-linux_x86_64.whl", "") ","
				       FILE_("demo-1.0-cp311-cp311-macosx_11_0_arm64.whl", "")));
	PF_AUTO(page) page = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_project p = { 0 };
	struct pf_err err;

	(void)state;
	platforms = &target.platforms;
	check_rows(json_rows, PF_COUNT(json_rows), "application/vnd.pypi.simple.v1+json");
	assert_int_equal(read_page(&page, PF_S(""), text, &err), 0);
	platforms = NULL;
	pf_project_make(&p, &a, &page, 1, &target);
	assert_int_equal(page.head->files, 2);
	assert_int_equal(p.releases[0].n, 1);
	assert_int_equal(p.releases[0].misfits, 3);
	assert_null(memmem(page.memory, page.size, "win32", 5));
	assert_int_equal(read_page(&page, PF_S(""), PF_S("{\"files\":[{\"filename\":\"demo-1.0.tar.gz\""), &err), -1);
}

static void refuses_unended(void **state)
{
	static const char *const rest[] = { "", ",", ",\"x", ",\"x\\\"}", ",[}" };
	PF_AUTO(arena) a = { 0 };
	struct pf_page page;
	struct pf_err err;

	(void)state;
	platforms = &target.platforms;
	for (size_t i = 0; i < PF_COUNT(rest); i++) {
		struct pf_str text = pf_format(&a, "{\"files\":[{\"filename\":\"demo-1.0-py3-none-win32.whl\"%s",
					       rest[i]);

		assert_int_equal(read_page(&page, PF_S(""), text, &err), -1);
		assert_int_equal(err.code, PF_EINTEGRITY);
	}
	platforms = NULL;
}

static void reads_html(void **state)
{
	(void)state;
	check_rows(html_rows, PF_COUNT(html_rows), "text/html");
}

static void refuses_other_types(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(pf_str_is(summary(&a, PF_S("image/png"), PF_S("x")), "integrity: a page of type image/png"));
}

static void reads_times(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
	} rows[] = {
		{ "1970-01-01T00:00:01Z", 1 },
		{ "2000-02-29T12:34:56.789012Z", 951827696 },
		{ "2016-04-20T04:13:06.946151Z", 1461125586 },
		{ "2026-12-31T23:59:60Z", 1798761600 },
		{ "2016-13-20T04:13:06Z", 0 },
		{ "2016-04-20", 0 },
		{ "2016-04-20T04:13:06", 0 },
		{ "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		if (pf_simple_time(pf_s(rows[i].text)) != rows[i].seconds)
			fail_msg("%s is %lld", rows[i].text, (long long)pf_simple_time(pf_s(rows[i].text)));
}

/* Every byte of a packed page changed, and every shorter one: never taken, or the same as before. */
static void refuses_damage(void **state)
{
	struct pf_page page = { 0 };
	struct pf_err err;

	(void)state;
	assert_int_equal(read_page(&page, PF_S(""), pf_s(json_rows[3].text), &err), 0);
	for (size_t i = 0; i < page.size * 2; i++) {
		size_t size = i < page.size ? page.size : i - page.size;
		char *copy = malloc(size + 1);
		struct pf_page damaged = { 0 };

		assert_non_null(copy);
		memcpy(copy, page.memory, size);
		if (i < page.size)
			copy[i] ^= 0x40;
		assert_int_equal(pf_page_open(&damaged, copy, size, false, &err), -1);
		free(copy);
	}
	pf_page_free(&page);
}

/* Of two pages the first one's files count, and versions are in one order. */
static void merges_pages(void **state)
{
	struct pf_page pages[2] = { 0 };
	struct pf_project p = { 0 };
	struct pf_err err;
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_int_equal(read_page(&pages[0], PF_S(""), PF_S(LINK("demo-1.0.tar.gz") LINK("demo-3.tar.gz")), &err), 0);
	assert_int_equal(read_page(&pages[1], PF_S(""), PF_S(LINK("/b/demo-1.0.tar.gz") LINK("demo-1.0.zip")
			 LINK("demo-2.tar.gz")), &err), 0);
	pf_project_make(&p, &a, pages, 2, &target);
	assert_int_equal(p.n, 3);
	assert_true(pf_str_is(p.releases[1].version.text, "2"));
	assert_int_equal(p.releases[2].n, 2);
	assert_true(pf_str_is(p.releases[2].files[0].url, BASE "demo-1.0.tar.gz"));
	assert_ptr_equal(p.releases[2].files[0].release, &p.releases[2]);
	pf_page_free(&pages[0]);
	pf_page_free(&pages[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_json),	   cmocka_unit_test(reads_html),
		cmocka_unit_test(passes_other_platforms), cmocka_unit_test(refuses_unended),
		cmocka_unit_test(refuses_other_types), cmocka_unit_test(reads_times),
		cmocka_unit_test(refuses_damage),  cmocka_unit_test(merges_pages),
	};

	return cmocka_run_group_tests_name("simple", tests, set_up, tear_down);
}
