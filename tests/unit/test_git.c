/* test_git.c - addresses of repositories, and a repository of git's own cloned */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/proc.h"
#include "fetch/git.h"

static void splits(void **state)
{
	static const struct {
		const char *text, *url, *rev, *subdirectory; /* url NULL: refused */
	} rows[] = {
		{ "git+https://h/r", "https://h/r", "", "" },
		{ "git+https://h/r.git@v1.0#egg=r", "https://h/r.git", "v1.0", "" },
		{ "git+https://me:word@h/r", "https://me:word@h/r", "", "" },
		{ "git+https://me:word@h/a/r@b%2Fc#egg=x&subdirectory=p/q", "https://me:word@h/a/r", "b/c", "p/q" },
		{ "git+ssh://git@h:22/r@deadbeef", "ssh://git@h:22/r", "deadbeef", "" },
		{ "git+file:///tmp/r@main", "file:///tmp/r", "main", "" },
		{ "git+https://h", "https://h", "", "" },
		{ "git+https://u@h", "https://u@h", "", "" },
		{ "https://h/r", NULL, NULL, NULL },
		{ "git+ext::sh", NULL, NULL, NULL },
		{ "git+git://h/r", NULL, NULL, NULL },
		{ "git+https://h/r@", NULL, NULL, NULL },
		{ "git+https://h/r@--upload-pack=x", NULL, NULL, NULL },
		{ "git+https://h/r#subdirectory=../x", NULL, NULL, NULL },
		{ "git+https://h/r#subdirectory=/x", NULL, NULL, NULL },
		{ "git+https://h/r#subdirectory=a/%2e%2e/b", NULL, NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_git_source s = { 0 };
		struct pf_err err = { 0 };
		int rc = pf_git_split(&s, &a, pf_s(rows[i].text), &err);

		if ((rc == 0) != (rows[i].url != NULL) ||
		    (rc == 0 && (!pf_str_is(s.url, rows[i].url) || !pf_str_is(s.rev, rows[i].rev) ||
				 !pf_str_is(s.subdirectory, rows[i].subdirectory))))
			fail_msg("%s: %d %s", rows[i].text, rc, rc ? err.msg : "");
	}
}

/* ---- clones ---- */

static char dir[] = "/tmp/pf-git-XXXXXX";

static void git(const char *const *args)
{
	PF_AUTO(arena) a = { 0 };
	char *argv[12] = { "git", "-C", pf_join(&a, dir, PF_S("from")) };
	char *envp[] = { "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b",
			 "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b", "PATH=/usr/bin:/bin", NULL };
	struct pf_spawn what = { .path = pf_which(&a, "git"), .argv = argv, .envp = envp };
	struct pf_err err = { 0 };
	int status = -1;

	for (size_t i = 0; args[i]; i++)
		argv[3 + i] = (char *)args[i];
	assert_int_equal(pf_proc_capture(NULL, &what, -1, 60, &status, &err), 0);
	assert_int_equal(status, 0);
}

#define GIT(...) git((const char *const[]){ __VA_ARGS__, NULL })

static void write_text(const char *name, const char *text)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err err;

	assert_int_equal(pf_write_atomic(AT_FDCWD, pf_join(&a, dir, pf_s(name)), pf_s(text), 0644, &err), 0);
}

static void expect(const char *into, const char *rev, const char *text)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) got = PF_BUF(1000);
	char *path = pf_join(&a, dir, pf_s(into)), commit[PF_GIT_COMMIT] = "";
	struct pf_git_source from = { .url = pf_format(&a, "file://%s/from", dir), .rev = pf_s(rev) };
	struct pf_err err = { 0 };
	int rc = pf_git_clone(commit, path, &from, &err);

	if (!text) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, PF_ESOLVE);
		return;
	}
	if (rc < 0)
		fail_msg("%s: %s", rev, err.msg);
	assert_int_equal(strlen(commit), 40);
	assert_int_equal(pf_read_file(&got, AT_FDCWD, pf_join(&a, path, PF_S("x.txt")), &err), 0);
	assert_string_equal(got.p, text);
	assert_false(pf_is_dir(pf_join(&a, path, PF_S("ran"))));
}

static void clones(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err err;

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	assert_int_equal(pf_mkdir_p(pf_join(&a, dir, PF_S("from")), 0755, &err), 0);
	GIT("init", "-q", "-b", "main");
	write_text("from/x.txt", "one\r\n");
	write_text("from/.gitattributes", "*.txt text eol=lf\n");
	GIT("add", "-f", ".gitattributes");
	GIT("-c", "core.autocrlf=false", "add", ".");
	GIT("commit", "-q", "-m", "one");
	GIT("tag", "-a", "v1", "-m", "v1");
	GIT("checkout", "-q", "-b", "feature/x");
	write_text("from/x.txt", "two\n");
	GIT("commit", "-q", "-a", "-m", "two");
	GIT("checkout", "-q", "main");
	expect("c1", "", "one\n"); /* as git stored it */
	expect("c2", "v1", "one\n");
	expect("c3", "feature/x", "two\n");
	expect("c4", "nope", NULL);
	expect("c5", "main", "one\n");
}

/* A commit that no branch has any more is not to be had; one that a branch has is. */
static void finds_commits(void **state)
{
	PF_AUTO(arena) a = { 0 };
	char commit[PF_GIT_COMMIT] = "";
	struct pf_git_source from = { .url = pf_format(&a, "file://%s/from", dir), .rev = PF_S("feature/x") };
	struct pf_err err;

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	assert_int_equal(pf_git_clone(commit, pf_join(&a, dir, PF_S("c6")), &from, &err), 0);
	expect("c7", commit, "two\n");
	commit[8] = '\0';
	expect("c8", commit, "two\n");
	expect("c9", "0123456789012345678901234567890123456789", NULL);
}

static void tells_what_fails(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source from = { .url = pf_format(&a, "file://%s/nowhere", dir) };
	char commit[PF_GIT_COMMIT];
	struct pf_err err = { 0 };

	(void)state;
	assert_int_equal(pf_git_clone(commit, pf_join(&a, dir, PF_S("d1")), &from, &err), -1);
	assert_int_equal(err.code, PF_ETRANSFER);
	from.url = PF_S("http://127.0.0.1:1/r");
	assert_int_equal(pf_git_clone(commit, pf_join(&a, dir, PF_S("d2")), &from, &err), -1);
	assert_int_equal(err.code, PF_ETRANSFER);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct pf_err err;

	(void)state;
	return pf_remove_tree(AT_FDCWD, dir, &err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits),
		cmocka_unit_test(clones),
		cmocka_unit_test(finds_commits),
		cmocka_unit_test(tells_what_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
