/* test_git.c - addresses of repositories; a repository that git made, asked and cloned */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"
#include "fetch/fetch.h"

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
		{ "git+https://h/r#subdirectory=.git/x", NULL, NULL, NULL },
		{ "git+ssh://git:word@h/r", NULL, NULL, NULL },
		{ "hg+https://h/r", NULL, NULL, NULL },
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

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

/* What stands in files is without secrets; what is fetched from is not. */
static void puts_together(void **state)
{
	static const char *const rows[][3] = {
		{ "git+https://h/r@" COMMIT, "git+https://h/r@" COMMIT, "git+https://h/r@" COMMIT },
		{ "git+https://me:word@h/r@" COMMIT "#egg=x", "git+https://me:word@h/r@" COMMIT, "git+https://h/r@" COMMIT },
		{ "git+https://tok@h:8/r@0123456789ABCDEF0123456789abcdef01234567#subdirectory=a%20b/c",
		  "git+https://tok@h:8/r@" COMMIT "#subdirectory=a%20b/c", "git+https://h:8/r@" COMMIT "#subdirectory=a%20b/c" },
		{ "git+ssh://git@h/r@" COMMIT, "git+ssh://git@h/r@" COMMIT, "git+ssh://git@h/r@" COMMIT },
		{ "git+ssh://me@h/r@" COMMIT, "git+ssh://me@h/r@" COMMIT, "git+ssh://h/r@" COMMIT },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_git_source s = { 0 };
		struct pf_err err;

		assert_int_equal(pf_git_split(&s, &a, pf_s(rows[i][0]), &err), 0);
		assert_true(pf_str_is(s.commit, COMMIT));
		assert_string_equal(pf_git_pinned(&a, &s).p, rows[i][1]);
		assert_string_equal(pf_git_place(&a, &s).p, rows[i][2]);
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

static void git_out(struct pf_str *out, struct pf_arena *a, const char *rev)
{
	char *argv[] = { "git", "-C", pf_join(a, dir, PF_S("from")), "rev-parse", (char *)rev, NULL };
	struct pf_spawn what = { .path = pf_which(a, "git"), .argv = argv };
	PF_AUTO(buf) text = PF_BUF(1000);
	struct pf_err err = { 0 };
	int status = -1;

	assert_int_equal(pf_proc_capture(&text, &what, -1, 60, &status, &err), 0);
	assert_int_equal(status, 0);
	*out = pf_dup(a, pf_str_trim(pf_buf_view(&text)));
}

static struct pf_git_source source(struct pf_arena *a, const char *rev)
{
	return (struct pf_git_source){ .url = pf_format(a, "file://%s/from", dir), .rev = pf_s(rev) };
}

/* Where the revision leads, by asking and by cloning: both the same; NULL: nowhere. */
static void expect(const char *into, const char *rev, const char *where, const char *text)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) got = PF_BUF(1000);
	char *path = pf_join(&a, dir, pf_s(into)), commit[PF_GIT_COMMIT] = "";
	char *scratch = pf_formatz(&a, "%s-scratch", path);
	struct pf_git_source from = source(&a, rev);
	struct pf_git_found found = { 0 };
	struct pf_err err = { 0 };
	struct pf_str wanted;
	int rc = pf_git_find(commit, scratch, &from, &err);

	if (!where) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, PF_ESOLVE);
		assert_string_equal(err.msg, pf_formatz(&a, "file://%s/from: there is no revision %s", dir, rev));
		return;
	}
	if (rc < 0)
		fail_msg("%s: %s", rev, err.msg);
	git_out(&wanted, &a, where);
	assert_string_equal(commit, wanted.p);
	from.commit = pf_s(commit);
	if (pf_git_clone(&found, path, &from, &err) < 0)
		fail_msg("%s: %s", rev, err.msg);
	assert_string_equal(found.commit, wanted.p);
	assert_int_equal(found.submodules, 0);
	assert_int_equal(pf_read_file(&got, AT_FDCWD, pf_join(&a, path, PF_S("x.txt")), &err), 0);
	assert_string_equal(got.p, text);
}

/* Of a branch and a tag of one name the branch counts, as in a clone. */
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
	GIT("tag", "both");
	GIT("update-ref", "refs/pull/7/head", "feature/x");
	GIT("checkout", "-q", "main");
	GIT("branch", "both");
	expect("c1", "", "main", "one\n"); /* as git stored it */
	expect("c2", "v1", "main", "one\n");
	expect("c3", "feature/x", "feature/x", "two\n");
	expect("c4", "nope", NULL, NULL);
	expect("c5", "main", "main", "one\n");
	expect("c6", "both", "refs/heads/both", "one\n");
	expect("c7", "refs/tags/both", "feature/x", "two\n");
	expect("c8", "refs/pull/7/head", "feature/x", "two\n");
	expect("c9", "refs/tags/v1", "main", "one\n");
}

static void finds_commits(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str commit;

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	git_out(&commit, &a, "feature/x");
	expect("d1", pf_dupz(&a, pf_str_cut(commit, 0, 8)), "feature/x", "two\n");
	expect("d2", "0123456", NULL, NULL);
	expect("d3", "main~1", NULL, NULL);
}

/* A whole commit is not asked for: that it is nowhere is seen when it is fetched. */
static void believes_commits(void **state)
{
	PF_AUTO(arena) a = { 0 };
	char commit[PF_GIT_COMMIT] = "";
	struct pf_git_source from = source(&a, COMMIT);
	struct pf_git_found found;
	struct pf_err err = { 0 };

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	from.commit = from.rev;
	assert_int_equal(pf_git_find(commit, "/nowhere", &from, &err), 0);
	assert_string_equal(commit, COMMIT);
	assert_int_equal(pf_git_clone(&found, pf_join(&a, dir, PF_S("e1")), &from, &err), -1);
	assert_int_equal(err.code, PF_ESOLVE);
}

/* The name of an annotated tag's object is none. */
static void tells_commits_from_tags(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source from = source(&a, "");
	struct pf_git_found found;
	struct pf_err err = { 0 };

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	git_out(&from.commit, &a, "v1");
	assert_int_equal(pf_git_clone(&found, pf_join(&a, dir, PF_S("e2")), &from, &err), -1);
	assert_int_equal(err.code, PF_ESOLVE);
}

/* Neither fetched nor run: a submodule, hooks of a template. */
static void leaves_alone(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source from = source(&a, "sub");
	struct pf_git_found found = { 0 };
	struct pf_err err = { 0 };

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	GIT("checkout", "-q", "-b", "sub");
	GIT("update-index", "--add", "--cacheinfo", "160000," COMMIT ",lib");
	GIT("commit", "-q", "-m", "sub");
	git_out(&from.commit, &a, "sub");
	assert_int_equal(pf_git_clone(&found, pf_join(&a, dir, PF_S("f1")), &from, &err), 0);
	assert_int_equal(found.submodules, 1);
	assert_false(pf_is_dir(pf_join(&a, dir, PF_S("f1/.git/hooks/post-checkout"))));
	GIT("checkout", "-q", "main");
}

/* A repository of a few objects that would be billions of files. */
static void refuses_bombs(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source from = source(&a, "bomb");
	struct pf_git_found found;
	struct pf_err err = { 0 };

	(void)state;
	if (!pf_which(&a, "git"))
		skip();
	GIT("config", "alias.grow", "!t=$(git rev-parse main^{tree}); for i in 1 2 3 4 5 6 7 8; do "
	    "t=$(for k in 0 1 2 3 4 5 6 7 8 9; do printf '040000 tree %s\\t%s\\n' $t $k; done | git mktree); done; "
	    "git update-ref refs/heads/bomb $(git commit-tree -m bomb $t)");
	GIT("grow");
	git_out(&from.commit, &a, "bomb");
	assert_int_equal(pf_git_clone(&found, pf_join(&a, dir, PF_S("g1")), &from, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	assert_string_equal(err.msg, pf_formatz(&a, "file://%s/from: its files are more than %d, or %zu bytes", dir,
						PF_MAX_SOURCE_FILES, PF_MAX_SOURCE));
}

static void tells_what_fails(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source from = { .url = pf_format(&a, "file://%s/nowhere", dir) };
	struct pf_git_found found;
	char commit[PF_GIT_COMMIT];
	struct pf_err err = { 0 };

	(void)state;
	assert_int_equal(pf_git_find(commit, pf_join(&a, dir, PF_S("h0")), &from, &err), -1);
	assert_int_equal(err.code, PF_ETRANSFER);
	from.commit = PF_S(COMMIT);
	assert_int_equal(pf_git_clone(&found, pf_join(&a, dir, PF_S("h1")), &from, &err), -1);
	assert_int_equal(err.code, PF_ETRANSFER);
	from.url = PF_S("http://me:hunter2@127.0.0.1:1/r");
	assert_int_equal(pf_git_clone(&found, pf_join(&a, dir, PF_S("h2")), &from, &err), -1);
	assert_int_equal(err.code, PF_ETRANSFER);
	assert_null(strstr(err.msg, "hunter2"));
	assert_non_null(strstr(err.msg, "http://127.0.0.1:1/r: "));
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
		cmocka_unit_test(splits),	    cmocka_unit_test(puts_together), cmocka_unit_test(clones),
		cmocka_unit_test(finds_commits),    cmocka_unit_test(believes_commits),
		cmocka_unit_test(tells_commits_from_tags), cmocka_unit_test(leaves_alone),	    cmocka_unit_test(refuses_bombs),
		cmocka_unit_test(tells_what_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
