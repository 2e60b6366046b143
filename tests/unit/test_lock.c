/* test_lock.c - locks of every format read for one environment: what is taken, what is refused and how */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "lock/parts.h"
#include "table.h"

#define H64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define H32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define H40 "0123456789abcdef0123456789abcdef01234567"
#define VCS(fields) "vcs={" fields "}\n"
#define WHEEL(file) "wheels=[{url='https://h/" file "',hashes={sha256='" H64 "'}}]\n"
#define LOCKED(name, version) "[[packages]]\nname='" name "'\nversion='" version "'\n"
#define UV(name, version) "[[package]]\nname='" name "'\nversion='" version "'\nsource={registry='https://h/s'}\n"
#define UVWHEEL(file) "wheels=[{url='https://h/" file "',hash='sha256:" H64 "'}]\n"

typedef int reader(struct pf_lock *, const struct pf_lock_target *, struct pf_str, struct pf_err *);

/* "alpha 1.0 alpha-1.0-py3-none-any.whl, beta 2 #1": a package, its files or how many digests it has. */
static struct pf_str shown(struct pf_arena *a, const struct pf_lock *l)
{
	struct pf_str out = PF_S("");

	for (size_t i = 0; i < l->packages.n; i++) {
		const struct pf_lock_package *p = &l->packages.v[i];

		out = pf_format(a, PF_FMT "%s" PF_FMT " " PF_FMT, PF_ARG(out), i ? ", " : "",
				PF_ARG(p->name), PF_ARG(p->version));
		for (size_t k = 0; k < p->files.n; k++)
			out = pf_format(a, PF_FMT " " PF_FMT, PF_ARG(out), PF_ARG(p->files.v[k].name));
		if (p->git)
			out = pf_format(a, PF_FMT " " PF_FMT " (" PF_FMT ")", PF_ARG(out), PF_ARG(p->direct),
					PF_ARG(p->revision));
		else if (!p->files.n)
			out = pf_format(a, PF_FMT " #%zu", PF_ARG(out), p->hashes.n);
	}
	return out;
}

static const struct {
	reader *read;
	const char *text, *wanted; /* of a failure: what is said */
} locks[] = {
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("Al.pha", "1") WHEEL("alpha-1.0-py3-none-any.whl"),
	  "line 5: alpha-1.0-py3-none-any.whl is no file of al-pha 1" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("Alpha", "1") WHEEL("ALPHA-1.0-py3-none-any.whl"),
	  "alpha 1 ALPHA-1.0-py3-none-any.whl" },
	{ pf_pylock_read,
	  "lock-version='1.0'\npackages=[]\n", "" },
	{ pf_pylock_read, "lock-version='1.7'\npackages=[]\n", "" },
	{ pf_pylock_read, "packages=[]\n", "it tells no lock-version" },
	{ pf_pylock_read, "lock-version='1.0'\n", "it holds no list of packages" },
	{ pf_pylock_read, "lock-version='1.0'\npackages=[1]\n", "line 2: a package without a name" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a b", "1"), "line 2: a package without a name" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1"), "line 2: nothing tells what a is" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "wheels=1\n",
	  "line 5: wheels is a number, where a list is wanted" },
	{ pf_pylock_read,
	  "lock-version='1.0'\n" LOCKED("a", "1") "marker='python_version<\"3\"'\n" WHEEL("a-1-py2-none-any.whl")
		  LOCKED("a", "2") "marker='python_version>\"3\"'\n" WHEEL("a-2-py3-none-any.whl"),
	  "a 2 a-2-py3-none-any.whl" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "marker='python_version'\n" WHEEL("a-1-py3-none-any.whl"),
	  "line 2: a marker: " },
	{ pf_pylock_read,
	  "lock-version='1.0'\n" LOCKED("a", "1") "marker='\"x\" in extras'\n" WHEEL("a-1-py3-none-any.whl"), "" },
	{ pf_pylock_read, "lock-version='1.0'\nenvironments=['os_name==\"nt\"','os_name==\"posix\"']\npackages=[]\n", "" },
	{ pf_pylock_read, "lock-version='1.0'\nenvironments=['os_name==\"nt\"']\npackages=[]\n",
	  "it is for another Python or platform: os_name==\"nt\"" },
	{ pf_pylock_read, "lock-version='1.0'\nenvironments='x'\npackages=[]\n",
	  "line 2: environments is a string, where a list is wanted" },
	{ pf_pylock_read, "lock-version='1.0'\n[[packages]]\nname='a'\n" VCS("type='git',url='https://h/r',commit-id='" H40 "'"),
	  "a  git+https://h/r@" H40 " ()" },
	{ pf_pylock_read, "lock-version='1.0'\n[[packages]]\nname='a'\n"
		VCS("type='git',url='ssh://git@h/r',requested-revision='v1',commit-id='" H40 "',subdirectory='x/y'")
		"tool.pyfunc-env.version='2'\n",
	  "a 2 git+ssh://git@h/r@" H40 "#subdirectory=x/y (v1)" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") VCS("type='git',url='https://h/r'"),
	  "line 5: of a no commit is named" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") VCS("type='git',path='../r',commit-id='" H40 "'"),
	  "line 5: of the repository of a no URL is told" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") VCS("type='git',url='file:///r',commit-id='" H40 "'"),
	  "line 5: file:///r is a place of one machine" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") VCS("type='svn',url='https://h/r',commit-id='7'"),
	  "line 5: a is in version control of another kind than git: svn" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") VCS("type='git',url='https://h/r@x#y',commit-id='" H40 "'"),
	  "line 5: the repository of a is none" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") VCS("type='git',url='https://h/r',commit-id='" H40 "',subdirectory='../x'"),
	  "line 5: the repository of a is none" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "directory={path='.'}\n",
	  "line 2: a is known by no digest (directory)" },
	{ pf_pylock_read,
	  "lock-version='1.0'\n" LOCKED("a", "1") "marker='os_name==\"nt\"'\ndirectory={path='.'}\n", "" },
	{ pf_pylock_read,
	  "lock-version='1.0'\n" LOCKED("a", "1") "sdist={url='https://h/a-1.tar.gz',hashes={md5='0',sha512='" H64 H64 "'}}\n",
	  "a 1 a-1.tar.gz" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "archive={path='x/a-1-py3-none-any.whl',hashes={sha256='" H64 "'}}\n",
	  "a 1 a-1-py3-none-any.whl" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "archive={url='https://h/x/main.zip',hashes={sha256='" H64 "'}}\n",
	  "a 1 main.zip" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "wheels=[{name='a-1-py3-none-any.whl',url='https://h/get?id=5',hashes={sha256='" H64 "'}}]\n",
	  "a 1 a-1-py3-none-any.whl" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "wheels=[{name='a-1-py3-none-any.whl',path='../a-1-py3-none-any.whl',hashes={sha256='" H64 "'}}]\n",
	  "line 5: the path ../a-1-py3-none-any.whl leaves the lock's folder" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "wheels=[{name='.hidden',url='https://h/x',hashes={sha256='" H64 "'}}]\n",
	  "line 5: a file of a has no name that a file may have: .hidden" },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "wheels=[{url='ftp://h/a-1-py3-none-any.whl',hashes={sha256='" H64 "'}}]\n",
	  "line 5: " },
	{ pf_pylock_read, "lock-version='1.0'\n" LOCKED("a", "1") "tool.pyfunc-env.hashes=['sha256:" H64 "','md5:0']\n", "a 1 #1" },
	{ pf_uvlock_read, "version=1\n" UV("need", "1") "dependencies=[{name='a'}]\n" UVWHEEL("need-1-py3-none-any.whl")
		UV("a", "2") UVWHEEL("a-2-py3-none-any.whl") UV("b", "3") UVWHEEL("b-3-py3-none-any.whl"),
	  "need 1 need-1-py3-none-any.whl, a 2 a-2-py3-none-any.whl" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='x'\nsource={editable='.'}\ndependencies=[{name='b',extra=['e']}]\n"
		UV("b", "3") UVWHEEL("b-3-py3-none-any.whl") "[package.optional-dependencies]\nE=[{name='a'},{name='b',extra=['e']}]\n"
		UV("a", "2") UVWHEEL("a-2-py3-none-any.whl"),
	  "b 3 b-3-py3-none-any.whl, a 2 a-2-py3-none-any.whl" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='x'\nsource={virtual='.'}\ndependencies=[{name='a'}]\n"
		UV("a", "1") UVWHEEL("a-1-py3-none-any.whl") UV("a", "2") UVWHEEL("a-2-py3-none-any.whl"),
	  "line 11: two versions of a are for this environment" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='x'\nsource={virtual='.'}\ndependencies=[{name='a',version='2'}]\n"
		UV("a", "1") UVWHEEL("a-1-py3-none-any.whl") UV("a", "2") UVWHEEL("a-2-py3-none-any.whl"),
	  "a 2 a-2-py3-none-any.whl" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='x'\nsource={virtual='.'}\ndependencies=[{name='c'}]\n",
	  "line 5: c is asked for, and not there" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='x'\nsource={virtual='.'}\ndependencies=[{name='a'}]\n"
		"[package.dev-dependencies]\ng=[{name='need'}]\n"
		UV("need", "1") "dependencies=[{name='b'}]\n" UVWHEEL("need-1-py3-none-any.whl")
		UV("a", "2") UVWHEEL("a-2-py3-none-any.whl") UV("b", "3") UVWHEEL("b-3-py3-none-any.whl"),
	  "a 2 a-2-py3-none-any.whl, need 1 need-1-py3-none-any.whl, b 3 b-3-py3-none-any.whl" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='b'\nsource={registry='https://h'}\n", "line 1: need is asked for, and not there" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='need'\nversion='1'\nsource={git='https://h/r#00'}\n",
	  "line 2: of need no commit is named" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='need'\nversion='1'\nsource={git='https://h/r?subdirectory=x%2Fy&branch=a%2Fb#" H40 "'}\n",
	  "need 1 git+https://h/r@" H40 "#subdirectory=x/y (a/b)" },
	{ pf_uvlock_read, "version=1\n[[package]]\nname='need'\nversion='1'\nsource={directory='x'}\n",
	  "line 2: need is known by no digest: its source is directory" },
	{ pf_uvlock_read, "version=1\n" UV("need", "1") "wheels=[{url='https://h/need-1-py3-none-any.whl'}]\n",
	  "line 6: need-1-py3-none-any.whl has no digest of SHA-256 or better" },
	{ pf_reqlock_read, "a==1 \\\n --hash=sha256:" H64 " --hash=sha512:" H64 H64 "\nb==2 ; os_name=='nt'\n", "a 1 #2" },
	{ pf_reqlock_read, "a @ https://h/a-1-py3-none-any.whl#sha256=" H64 "\n", "a 1 a-1-py3-none-any.whl" },
	{ pf_reqlock_read, "a @ git+https://h/r@" H40 "#subdirectory=x\n", "a  git+https://h/r@" H40 "#subdirectory=x (" H40 ")" },
	{ pf_reqlock_read, "git+ssh://git@h/r@" H40 "#egg=a\n", "a  git+ssh://git@h/r@" H40 " (" H40 ")" },
	{ pf_reqlock_read, "a @ git+https://h/r@v1\n", "line 1: of a no commit is named" },
	{ pf_reqlock_read, "a @ https://h/a-1-py3-none-any.whl\n", "line 1: a-1-py3-none-any.whl has no digest of SHA-256 or better" },
	{ pf_reqlock_read, "a==1 --hash=sha256:0\n", "it, line 1: 'sha256:0' is not a digest" },
	{ pf_reqlock_read, "a==1.* --hash=sha256:" H64 "\n", "line 1: a==1.* names no one version" },
	{ pf_reqlock_read, "a==1 --hash=sha256:" H64 "\nA==1 --hash=sha256:" H64 "\n", "line 2: a is locked twice" },
	{ pf_reqlock_read, "-r other.txt\n", "line 1: " },
	{ pf_reqlock_read, "# nothing\n", "it names no package" },
	{ pf_recordlock_read, "{\"kind\":\"lock\"}\n{\"key\":\"00000000000000000000000000000000\",\"packages\":[{\"name\":\"a\",\"version\":\"1\","
		"\"file\":\"a-1-py3-none-any.whl\",\"from\":\"https://h/a-1-py3-none-any.whl\",\"hashes\":[\"sha256:" H64 "\"]},"
		"{\"name\":\"b\",\"version\":\"2\",\"hashes\":[\"sha256:" H64 "\"]}]}\n",
	  "a 1 a-1-py3-none-any.whl, b 2 #1" },
	{ pf_recordlock_read, "{\"key\":\"00000000000000000000000000000000\",\"packages\":[{\"name\":\"a\",\"version\":\"1\",\"hashes\":[],"
		"\"url\":\"git+https://h/r@" H40 "\",\"revision\":\"v1\"}]}", "a 1 git+https://h/r@" H40 " (v1)" },
	{ pf_recordlock_read, "{\"key\":\"00000000000000000000000000000000\",\"packages\":[{\"name\":\"a\",\"version\":\"1\",\"hashes\":[]}]}",
	  "a has no digest" },
	{ pf_recordlock_read, "{}", "a recorded plan is damaged" },
	{ pf_explicit_read, "@EXPLICIT\nhttps://h/c/noarch/a-1-0.conda#" H32 "\n", "" },
	{ pf_explicit_read, "@EXPLICIT\nhttps://h/c/noarch/..%2f..%2fa-1-0.conda#" H32 "\n",
	  "line 2: https://h/c/noarch/..%2f..%2fa-1-0.conda is no conda package's address" },
	{ pf_explicit_read, "@EXPLICIT\nhttps://h/c/noarch/a-1%00-0.conda#" H32 "\n",
	  "line 2: https://h/c/noarch/a-1%00-0.conda is no conda package's address" },
};

static void reads_every_format(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_marker_env env = table_env(&a, PF_S("3.11.7"));
	struct pf_need need = { .text = PF_S("need"), .parsed = true, .req = { .key = PF_S("need") } };
	struct pf_needs wanted = { .pip = { .v = &need, .n = 1 } };
	struct pf_lock_target target = { .env = &env, .wanted = &wanted, .base = "/base", .model_dir = "/model" };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(locks); i++) {
		struct pf_lock lock = { 0 };
		struct pf_err err = { 0 };

		if (locks[i].read(&lock, &target, pf_s(locks[i].text), &err) == 0)
			assert_string_equal(shown(&a, &lock).p, locks[i].wanted);
		else if (strncmp(err.msg, locks[i].wanted, strlen(locks[i].wanted)) != 0 || !*locks[i].wanted)
			fail_msg("row %zu: %s", i, err.msg);
		pf_arena_free(&lock.arena);
	}
	pf_arena_free(&a);
}

/* An address is relative to the lock; in one of our own, to the model. */
static void knows_where_paths_begin(void **state)
{
	static const char text[] = "lock-version='1.0'\n" LOCKED("a", "1")
		"wheels=[{name='a-1-py3-none-any.whl',path='w/a b.whl',hashes={sha256='" H64 "'}}]\n";
	struct pf_arena a = { 0 };
	struct pf_marker_env env = table_env(&a, PF_S("3.11.7"));
	struct pf_needs wanted = { 0 };
	struct pf_lock_target target = { .env = &env, .wanted = &wanted, .base = "/base", .model_dir = "/model" };

	(void)state;
	for (int ours = 0; ours < 2; ours++) {
		struct pf_lock lock = { 0 };
		struct pf_err err = { 0 };
		struct pf_str file = pf_format(&a, "lock-version='1.0'\n" LOCKED("a", "1")
			"archive={path='w/a-1-py3-none-any.whl',hashes={sha256='" H64 "'}}\n%s",
			ours ? "[tool.pyfunc-env]\n" : "");

		assert_int_equal(pf_pylock_read(&lock, &target, file, &err), 0);
		assert_string_equal(lock.packages.v[0].direct.p,
				    ours ? "file:///model/w/a-1-py3-none-any.whl" : "file:///base/w/a-1-py3-none-any.whl");
		pf_arena_free(&lock.arena);
		lock = (struct pf_lock){ 0 };
		assert_int_equal(pf_pylock_read(&lock, &target, pf_s(text), &err), -1);
		pf_arena_free(&lock.arena);
	}
	pf_arena_free(&a);
}

static void tells_formats_apart(void **state)
{
	static const struct {
		const char *text;
		bool pylock, uv, json;
	} rows[] = {
		{ "# x\nlock-version = \"1.0\"\n", true, false, false },
		{ "[[packages]]\nname='a'\n", true, false, false },
		{ "version = 1\n\n[[package]]\n", false, true, false },
		{ "\n {\"key\":1}", false, false, true },
		{ "a==1 --hash=sha256:00\n", false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		assert_int_equal(pf_pylock_is(pf_s(rows[i].text)), rows[i].pylock);
		assert_int_equal(pf_uvlock_is(pf_s(rows[i].text)), rows[i].uv);
		assert_int_equal(pf_recordlock_is(pf_s(rows[i].text)), rows[i].json);
	}
}

/* However the key is written, and whatever kind its value is of. */
static void finds_conda_in_json(void **state)
{
	(void)state;
	assert_true(pf_recordlock_has_conda(PF_S("{\"conda\":[{}]}")));
	assert_true(pf_recordlock_has_conda(PF_S("{\"con\\u0064a\":[{}]}")));
	assert_true(pf_recordlock_has_conda(PF_S("{\"plan\":{\"conda\":{\"a\":{}}}}")));
	assert_false(pf_recordlock_has_conda(PF_S("{\"conda\":[]}")));
	assert_false(pf_recordlock_has_conda(PF_S("{\"packages\":[]}")));
}

/* conda-lock and @EXPLICIT have one kind of digest for what is pip's. */
static void writes_sha256_alone(void **state)
{
	static const char *const hashes[] = { "sha512:" H64 H64, "sha256:" H64 };
	static const struct {
		size_t from, n;
		bool is;
	} rows[] = { { 0, 0, false }, { 0, 1, false }, { 1, 1, true }, { 0, 2, true } };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_str v[2], sha256 = { 0 };
		struct pf_planned p = { .name = PF_S("a"), .from = PF_S("https://h/a.whl"),
					.hashes = { .v = v, .n = rows[i].n } };
		struct pf_err err = { 0 };

		for (size_t k = 0; k < rows[i].n; k++)
			v[k] = pf_s(hashes[rows[i].from + k]);
		assert_int_equal(pf_lock_wheel_of(&sha256, &p, "x", &err), rows[i].is ? 0 : -1);
		assert_true(pf_str_is(sha256, rows[i].is ? H64 : ""));
		if (!rows[i].is)
			assert_string_equal(err.msg, "x cannot hold a, which is no file at an address, with a digest of SHA-256");
	}
}

static void reads_times(void **state)
{
	static const struct {
		const char *text;
		int64_t wanted;
	} rows[] = {
		{ "2024-02-29T12:00:07Z", 1709208007 }, { "2024-02-29T12:00:07.5Z", 1709208007 },
		{ "1970-01-01T00:00:00Z", 0 },		{ "2024-02-29", 0 },
		{ "", 0 },				{ "2024-02-xxT12:00:07Z", 0 },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_int_equal(pf_lock_time(pf_s(rows[i].text)), rows[i].wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_format),
		cmocka_unit_test(knows_where_paths_begin),
		cmocka_unit_test(tells_formats_apart),
		cmocka_unit_test(finds_conda_in_json),
		cmocka_unit_test(writes_sha256_alone),
		cmocka_unit_test(reads_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
