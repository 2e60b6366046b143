/* test_reqpolicy.c - requirements files: what is noted, what is refused, limits, hostile inputs */
/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"
#include "replay.h"

#include <time.h>

#include "base/limits.h"
#include "req/reqfile.h"

/* ---- policy ---- */

static void test_policy(void **state)
{
	static const struct {
		const char *text;
		int kind; /* -1: nothing is asked */
		const char *asked;
	} rows[] = {
		{ "numpy==1.0", -1, NULL },
		{ "--index-url https://x.invalid/s", PF_ASKED_INDEX, "--index-url https://x.invalid/s" },
		{ "-f /tmp", PF_ASKED_INDEX, "--find-links /tmp" },
		{ "numpy --no-binary :all:", PF_ASKED_BUILD, "--no-binary :all:" },
		{ "numpy -C a=b", PF_ASKED_BUILD, "--config-settings a=b" },
		{ "--pre", PF_ASKED_OTHER, "--pre" },
		{ "-e .", PF_ASKED_LOCAL, "." },
		{ "-e git+https://x.invalid/y#egg=y", PF_ASKED_LOCAL, "git+https://x.invalid/y#egg=y" },
		{ "./pkg", PF_ASKED_LOCAL, "./pkg" },
		{ "./wheels/name-1.0-py3-none-any.whl", -1, NULL },
		{ "../../evil-1.0-py3-none-any.whl", PF_ASKED_LOCAL, "../../evil-1.0-py3-none-any.whl" },
		{ "x @ file:///etc/passwd", PF_ASKED_LOCAL, "x @ file:///etc/passwd" },
		{ "~/x.whl", PF_ASKED_VAR, "~/x.whl" },
		{ "requests==${V1}", PF_ASKED_VAR, "requests==${V1}" },
		{ "x @ https://h.invalid/x.zip", PF_ASKED_URL, "x @ https://h.invalid/x.zip" },
		{ "x @ https://h.invalid/x.zip#sha256=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		  "aaaaaaaaaaaaaa", -1, NULL },
		{ "x @ https://h.invalid/x.zip#sha256=aa", PF_ASKED_URL,
		  "x @ https://h.invalid/x.zip#sha256=aa" },
		{ "x @ git+https://h.invalid/x@v1", PF_ASKED_URL, "x @ git+https://h.invalid/x@v1" },
		{ "x @ git+file:///x@v1", PF_ASKED_LOCAL, "x @ git+file:///x@v1" },
		{ "x @ git+https://h.invalid/x@--upload-pack=id", PF_ASKED_OTHER,
		  "x @ git+https://h.invalid/x@--upload-pack=id" },
		{ "x @ git+ssh://-oProxyCommand=id/x", PF_ASKED_OTHER,
		  "x @ git+ssh://-oProxyCommand=id/x" },
		{ "x @ hg+https://h.invalid/x", PF_ASKED_OTHER, "x @ hg+https://h.invalid/x" },
		{ "x @ ftp://h.invalid/x.whl", PF_ASKED_OTHER, "x @ ftp://h.invalid/x.whl" },
		{ "-r ../x.txt", PF_ASKED_INCLUDE, "-r ../x.txt" },
		{ "-c /etc/passwd", PF_ASKED_INCLUDE, "-c /etc/passwd" },
		{ "-r http://h.invalid/x.txt", PF_ASKED_INCLUDE, "-r http://h.invalid/x.txt" },
		{ "-r outside.txt", PF_ASKED_INCLUDE, "-r outside.txt" },
		{ "numpy \\", PF_ASKED_OTHER, "a line that continues past the end of the file" },
	};
	struct place p;

	(void)state;
	open_place(&p);
	assert_int_equal(symlinkat("/etc/passwd", p.root, "outside.txt"), 0);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_needs needs = { 0 };
		struct pf_err err = { 0 };

		if (pf_req_line(&needs, &a, pf_s(rows[i].text), PF_S("conda.yaml"), 7, p.root, &err) < 0)
			fail_msg("%s: %s", rows[i].text, err.msg);
		if (needs.asked.n != (rows[i].kind >= 0))
			fail_msg("%s: asks for %zu things", rows[i].text, needs.asked.n);
		if (needs.asked.n) {
			assert_int_equal(needs.asked.v[0].kind, rows[i].kind);
			assert_true(pf_str_is(needs.asked.v[0].text, rows[i].asked));
			assert_true(pf_str_is(needs.asked.v[0].file, "conda.yaml"));
		}
		pf_arena_free(&a);
	}
	close_place(&p);
}

static void test_messages(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *message;
	} rows[] = {
		{ "a\n\nb=1\n", PF_EMODEL, "requirements.txt, line 3: expected a version specifier, \";\" "
					   "or the end at column 2 of 'b=1'" },
		{ "a --hash=md5:00", PF_EMODEL, "requirements.txt, line 1: --hash takes sha256, sha384 or "
						"sha512, not 'md5:00'" },
		{ "a --hash=sha256:00", PF_EMODEL, "requirements.txt, line 1: 'sha256:00' is not a digest "
						   "(its length or its digits are wrong)" },
		{ "--frobnicate", PF_EMODEL, "requirements.txt, line 1: unknown option '--frobnicate'" },
		{ "--no x", PF_EMODEL, "requirements.txt, line 1: ambiguous option '--no'" },
		{ "-r", PF_EMODEL, "requirements.txt, line 1: --requirement needs a value" },
		{ "-r gone.txt", PF_EMODEL, "requirements.txt, line 1: there is no file 'gone.txt'" },
		{ "a\n-r cyc.txt", PF_EMODEL,
		  "requirements.txt, line 2: cyc.txt, line 2: cyc2.txt, line 1: 'cyc.txt' includes itself "
		  "(cyc.txt, included by cyc2.txt, included by cyc.txt)" },
		{ "-r requirements.txt", PF_EMODEL,
		  "requirements.txt, line 1: 'requirements.txt' includes itself (requirements.txt, included "
		  "by requirements.txt)" },
		{ "-e x", PF_EMODEL, "requirements.txt, line 1: editable requirement 'x' is neither a "
				     "project's folder nor a VCS URL" },
		{ "\xff", PF_EMODEL, "requirements.txt: is not UTF-8" },
		{ "\xff\xfe" "a", PF_EMODEL,
		  "requirements.txt: is UTF-16 or UTF-32 (save it as UTF-8)" },
	};
	struct place p;

	(void)state;
	open_place(&p);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_needs needs = { 0 };
		struct pf_err err = { 0 };

		folder_put(p.dir, "requirements.txt", pf_s(rows[i].text));
		assert_int_equal(pf_reqfile_read(&needs, &a, p.root, "requirements.txt", false, &err), -1);
		assert_string_equal(err.msg, rows[i].message);
		assert_int_equal(err.code, rows[i].code);
		pf_arena_free(&a);
	}
	close_place(&p);
}

static void test_hashes(void **state)
{
#define SUM "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "a==1 --hash=" SUM "\n", NULL },
		{ "a>=1\nb==1\n", NULL },
		{ "a==1 --hash=" SUM "\nb==1\n",
		  "r.txt, line 2: 'b==1' has no --hash, and hashes are required here" },
		{ "--require-hashes\nb==1\n",
		  "r.txt, line 2: 'b==1' has no --hash, and hashes are required here" },
		{ "a>=1 --hash=" SUM "\n",
		  "r.txt, line 1: 'a>=1' is not pinned by ==, and hashes are required here" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_needs needs = { 0 };
		struct pf_err err = { 0 };

		assert_int_equal(pf_reqfile_read_text(&needs, &a, -1, pf_s(rows[i].text), PF_S("r.txt"),
						      false, &err), 0);
		assert_int_equal(pf_needs_check_hashes(&needs, &err), rows[i].message ? -1 : 0);
		if (rows[i].message)
			assert_string_equal(err.msg, rows[i].message);
		pf_arena_free(&a);
	}
}

/* ---- limits ---- */

static int read_repeated(const char *text, size_t times, struct pf_err *err)
{
	struct pf_buf b = PF_BUF(PF_MIB(16));
	struct pf_arena a = { 0 };
	struct pf_needs needs = { 0 };
	int got;

	for (size_t i = 0; i < times; i++)
		pf_buf_cstr(&b, text);
	got = pf_reqfile_read_text(&needs, &a, -1, pf_buf_view(&b), PF_S("r.txt"), false, err);
	pf_buf_free(&b);
	pf_arena_free(&a);
	return got;
}

static void test_limits(void **state)
{
	static const struct {
		const char *text;
		size_t times;
		int code;
	} rows[] = {
		{ "x\n", 1000000, PF_ELIMIT },	{ "x", 8u << 20, PF_ELIMIT },
		{ "# c\n", 1000000, PF_OK },	{ "x\\\n", 1000000, PF_ELIMIT },
		{ "--hash=", 1u << 20, PF_ELIMIT }, { "${A", 20000, PF_EMODEL },
		{ " ", 8u << 20, PF_OK },	{ "# ", 4u << 20, PF_OK },
		{ "\"", 60001, PF_EMODEL },	{ "-i\"x\"", 12000, PF_OK },
	};
	struct pf_err err;
	clock_t start = clock();

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		err.code = PF_OK;
		if (read_repeated(rows[i].text, rows[i].times, &err) < 0)
			assert_true(err.code == PF_EMODEL || err.code == PF_ELIMIT);
		if (err.code != rows[i].code)
			fail_msg("row %zu: code %d: %s", i, err.code, err.code ? err.msg : "");
	}
	assert_true((clock() - start) / CLOCKS_PER_SEC < 60);
}

static void test_depth(void **state)
{
	struct place p;
	struct pf_arena a = { 0 };
	struct pf_needs needs = { 0 };
	struct pf_err err = { 0 };

	(void)state;
	open_place(&p);
	for (int i = 0; i < 12; i++) {
		char name[16], text[32];

		snprintf(name, sizeof(name), "d%d.txt", i);
		snprintf(text, sizeof(text), "-r d%d.txt\n", i + 1);
		folder_put(p.dir, name, pf_s(text));
	}
	folder_put(p.dir, "d12.txt", PF_S("a\n"));
	assert_int_equal(pf_reqfile_read(&needs, &a, p.root, "d0.txt", false, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_int_equal(pf_reqfile_read(&needs, &a, p.root, "d4.txt", false, &err), 0);
	assert_int_equal(needs.pip.n, 1);
	/* Each file includes the next one many times. */
	for (int i = 0; i < 8; i++) {
		struct pf_buf b = PF_BUF(PF_MIB(1));
		char name[16];

		snprintf(name, sizeof(name), "w%d.txt", i);
		for (int j = 0; j < 100; j++)
			pf_buf_printf(&b, "-r w%d.txt\n", i + 1);
		folder_put(p.dir, name, i < 7 ? pf_buf_view(&b) : PF_S("a\n"));
		pf_buf_free(&b);
	}
	assert_int_equal(pf_reqfile_read(&needs, &a, p.root, "w0.txt", false, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	pf_arena_free(&a);
	close_place(&p);
}

/* ---- the acceptance folder's hostile inputs, where they were made ---- */

/* id group path expect exit note */
static void check_hostile(const struct unit_row *row, void *ctx)
{
	struct replay *r = ctx;
	const char *folder = r->user;
	struct pf_arena a = { 0 };
	struct pf_needs needs = { 0 };
	struct pf_err err = { 0 };
	struct pf_str dir = row->v[2];
	bool accepted;
	int root;

	if (!pf_str_is(row->v[1], "requirements"))
		return;
	dir = pf_str_cut(dir, 0, pf_str_rfind(dir, '/'));
	root = open(pf_formatz(&a, "%s/" PF_FMT, folder, PF_ARG(dir)), O_RDONLY | O_DIRECTORY);
	assert_true(root >= 0);
	accepted = pf_reqfile_read(&needs, &a, root, "requirements.txt", false, &err) == 0 &&
		   !needs.asked.n && pf_needs_check_hashes(&needs, &err) == 0;
	close(root);
	/* Two pins of one name are for the resolver to refuse. */
	if (!pf_str_is(row->v[4], "6")) {
		replay_field(r, row, "verdict", accepted ? PF_S("accept") : PF_S("reject"), row->v[3]);
		if (err.code)
			replay_field(r, row, "code", pf_format(&a, "%d", err.code), row->v[4]);
	}
	pf_arena_free(&a);
}

static void test_hostile(void **state)
{
	const char *folder = getenv("PYFUNC_ENV_HOSTILE");
	struct pf_arena a = { 0 };
	struct replay r = { .table = "index.tsv", .user = (void *)folder };

	(void)state;
	if (!folder || !*folder) {
		fprintf(stderr, "skipped: hostile requirements (PYFUNC_ENV_HOSTILE names no folder)\n");
		return;
	}
	assert_true(unit_table(pf_formatz(&a, "%s/index.tsv", folder), check_hostile, &r) > 0);
	assert_int_equal(r.failures, 0);
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_hashes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
