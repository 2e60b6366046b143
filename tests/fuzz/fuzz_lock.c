/* fuzz_lock.c - any bytes as a lock of each format: by libFuzzer, or small locks damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "fetch/fetch.h"
#include "lock/parts.h"

/* A whole commit of a place that others reach, too, and no byte that could begin a line. */
static void look_at_commit(const struct pf_lock_package *p)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_git_source s = { 0 };
	struct pf_err err;

	if (pf_git_split(&s, &a, p->direct, &err) < 0 || !pf_git_is_commit(s.commit) ||
	    pf_str_starts(s.url, "file:") || !pf_str_eq(pf_git_pinned(&a, &s), p->direct))
		abort();
	for (size_t i = 0; i < p->revision.n; i++)
		if (p->revision.p[i] <= ' ')
			abort();
}

/* What is taken has a name and a digest, or a commit, whatever was read. */
static void look(const struct pf_lock *l)
{
	for (size_t i = 0; i < l->packages.n; i++) {
		const struct pf_lock_package *p = &l->packages.v[i];

		if (!p->name.n || (!p->files.n && !p->hashes.n && !p->git))
			abort();
		if (p->git)
			look_at_commit(p);
		for (size_t k = 0; k < p->files.n; k++)
			if (!p->files.v[k].hashes.n || pf_str_find(p->files.v[k].name, '/') != PF_NPOS)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const readers[])(struct pf_lock *, const struct pf_lock_target *, struct pf_str,
				      struct pf_err *) = { pf_pylock_read, pf_uvlock_read, pf_reqlock_read,
							   pf_recordlock_read };
	struct pf_marker_env env = { .python_version = PF_S("3.11"), .os_name = PF_S("posix") };
	struct pf_need need = { .parsed = true, .req = { .key = PF_S("a") } };
	struct pf_needs wanted = { .pip = { .v = &need, .n = 1 } };
	struct pf_lock_target target = { .env = &env, .wanted = &wanted, .base = "/b", .model_dir = "/m" };

	for (size_t i = 0; i < PF_COUNT(readers); i++) {
		struct pf_lock l = { 0 };
		struct pf_err err = { 0 };

		if (readers[i](&l, &target, (struct pf_str){ (const char *)data, size }, &err) == 0)
			look(&l);
		pf_arena_free(&l.arena);
	}
	return 0;
}

#ifndef PF_LIBFUZZER
#define COMMIT "0123456789abcdef0123456789abcdef01234567"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const documents[] = {
	"lock-version='1.0'\nenvironments=['os_name==\"posix\"']\nrequires-python='>=3'\n[[packages]]\nname='a'\nversion='1'\n"
	"marker='python_version>\"3\"'\ndependencies=[{name='b'}]\nwheels=[{name='a-1-py3-none-any.whl',url='https://h/w/a-1-py3-none-any.whl',"
	"upload-time=2024-02-29T12:00:00Z,size=1,hashes={sha256='" HASH "'}}]\n[[packages]]\nname='b'\n"
	"archive={path='x/b.zip',hashes={sha256='" HASH "'}}\n[tool.pyfunc-env]\nneeds='x'\nleft-out=['c']\n",
	"version=1\n[[package]]\nname='a'\nversion='1'\nsource={registry='https://h'}\ndependencies=[{name='b',version='2',extra=['x'],"
	"marker=\"os_name=='posix'\",source={registry='https://h'}}]\nwheels=[{url='https://h/a-1-py3-none-any.whl',hash='sha256:" HASH "'}]\n"
	"[package.optional-dependencies]\nx=[{name='a'}]\n[[package]]\nname='b'\nversion='2'\nsource={registry='https://h'}\n"
	"resolution-markers=[\"os_name=='posix'\"]\nsdist={url='https://h/b-2.tar.gz',hash='sha256:" HASH "'}\n"
	"[package.optional-dependencies]\nx=[{name='a'}]\n",
	"a==1 \\\n    --hash=sha256:" HASH " \\\n    --hash=sha384:" HASH "0123456789abcdef0123456789abcdef\n"
	"b @ https://h/b-2-py3-none-any.whl#sha256=" HASH " ; os_name=='posix'\n--index-url https://h/s\n",
	"lock-version='1.0'\n[[packages]]\nname='a'\nvcs={type='git',url='https://u:p@h/r',requested-revision='v1',"
	"commit-id='" COMMIT "',subdirectory='x/y'}\n[packages.tool.pyfunc-env]\nversion='1'\n",
	"version=1\n[[package]]\nname='a'\nversion='1'\nsource={git='ssh://git@h/r?subdirectory=x%2Fy&rev=v1#" COMMIT "'}\n",
	"a @ git+https://u:p@h/r@" COMMIT "#subdirectory=x ; os_name=='posix'\n",
	"{\"key\":\"x\"}\n{\"key\":\"0123456789abcdef0123456789abcdef\",\"packages\":[{\"name\":\"a\",\"version\":\"1\",\"file\":\"a@0\","
	"\"url\":\"git+https://h/r@" COMMIT "\",\"revision\":\"v1\",\"hashes\":[]}],\"left_out\":[]}\n",
	"{\"key\":\"x\"}\n{\"key\":\"0123456789abcdef0123456789abcdef\",\"packages\":[{\"name\":\"a\",\"version\":\"1\",\"file\":\"a-1-py3-none-any.whl\","
	"\"from\":\"https://h/a-1-py3-none-any.whl\",\"hashes\":[\"sha256:" HASH "\"],\"depends\":[\"b\"],\"size\":1}],\"left_out\":[\"x\"]}\n",
};

int main(void)
{
	struct fuzz f = { PF_S("[]{}.,=#\"'\\ \t\n\r-+_:/0189abx\0\xff"), 3000, 2463534242u };

	return fuzz_samples(&f, documents, PF_COUNT(documents));
}
#endif
