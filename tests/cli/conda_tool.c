/* conda_tool.c - conda packages unpacked, linked and made environments of, for the scenarios of both */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <locale.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/conda_install.h"
#include "env/conda_link.h"
#include "env/conda_package.h"
#include "env/env.h"

/* "FILE" or "URL", with "#sha256:HEX", "#md5:HEX" where the digest is known; the folder is the subdir. */
static int read_item(struct pf_planned_conda *out, struct pf_arena *a, const char *text, struct pf_err *err)
{
	struct pf_str s = pf_s(text), from = pf_str_cut(s, 0, pf_str_find(s, '#')), folder;
	struct pf_str digest = pf_str_skip(s, from.n + 1), name, version;
	struct pf_conda_record *r = &out->record;
	char *hex;

	*out = (struct pf_planned_conda){ .from = pf_dup(a, from) };
	if (from.p[0] != '/' && pf_str_find_str(from, "://") == PF_NPOS)
		out->from = pf_s(pf_realpath(a, pf_dupz(a, from)));
	if (!out->from.n)
		return pf_fail(err, PF_EIO, "there is no %s", text);
	r->fn = pf_str_skip(out->from, pf_str_rfind(out->from, '/') + 1);
	folder = pf_str_cut(out->from, 0, out->from.n - r->fn.n - 1);
	folder = pf_str_skip(folder, pf_str_rfind(folder, '/') + 1);
	if (pf_str_is(folder, "linux-64") || pf_str_is(folder, "noarch"))
		r->subdir = folder;
	r->url = out->from.p[0] == '/' ? pf_format(a, "file://" PF_FMT, PF_ARG(out->from)) : out->from;
	r->channel = pf_str_cut(r->url, 0, r->url.n - r->fn.n - r->subdir.n - 2);
	if (!pf_conda_filename_cut(r->fn, &name, &version, &r->build))
		return pf_fail(err, PF_EUSAGE, "%s is no name of a package", text);
	r->name = pf_dup(a, name);
	(void)pf_conda_record_set_version(r, a, pf_dup(a, version));
	if (pf_str_starts(digest, "sha256:"))
		r->sha256 = pf_str_skip(digest, 7);
	else if (pf_str_starts(digest, "md5:"))
		r->md5 = pf_str_skip(digest, 4);
	if (r->sha256.n || r->md5.n)
		return 0;
	hex = pf_alloc(a, PF_SHA256_HEX);
	if (pf_sha256_at(hex, AT_FDCWD, out->from.p, err) < 0)
		return -1;
	r->sha256 = pf_s(hex);
	return 0;
}

static int read_plan(struct pf_plan *plan, char **items, struct pf_err *err)
{
	for (; *items; items++)
		if (read_item(PF_PUSH(&plan->arena, &plan->conda), &plan->arena, *items, err) < 0)
			return -1;
	return 0;
}

static int check_plan(const struct pf_plan *plan, struct pf_err *err)
{
	for (size_t i = 0; i < plan->conda.n; i++) {
		const struct pf_conda_record *r = &plan->conda.v[i].record;

		if (!pf_is_conda_file(r->fn) || pf_str_find(r->fn, '/') != PF_NPOS)
			return pf_fail(err, PF_ESOLVE, "\"" PF_FMT "\" is no file of a package",
				       PF_ARG(pf_shown(r->fn)));
		if (!r->sha256.n && !r->md5.n)
			return pf_fail(err, PF_ESOLVE, "nobody tells the digest of " PF_FMT,
				       PF_ARG(pf_shown(r->fn)));
	}
	return 0;
}

/* Its packages bring the interpreter: of the machine, the platform alone counts. */
static struct pf_str platform_of(const struct pf_plan *plan)
{
	for (size_t i = 0; i < plan->conda.n; i++)
		if (!pf_str_is(plan->conda.v[i].record.subdir, "noarch"))
			return plan->conda.v[i].record.subdir;
	return PF_S("noarch");
}

static bool set_version(struct pf_python *out, const struct pf_plan *plan)
{
	out->implementation = PF_S("cpython");
	for (size_t i = 0; i < plan->conda.n; i++)
		if (pf_str_is(plan->conda.v[i].record.name, "python"))
			return pf_python_set_version(out, plan->conda.v[i].record.version);
	return false;
}

static int get_env(struct pf_env *out, struct pf_plan *plan, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };

	if (check_plan(plan, err) < 0)
		return -1;
	if (!set_version(&python, plan))
		return pf_fail(err, PF_ESOLVE, "no python is among the packages");
	python.platform = platform_of(plan);
	if (pf_plan_seal(plan, &python, o, err) < 0)
		return -1;
	return pf_env_get(out, NULL, plan, &python, o, err);
}

/* env ITEM...: an environment of the store; prints its folder. */
static int make(char **items, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	PF_AUTO(env) env = { 0 };

	if (read_plan(&plan, items, err) < 0 || get_env(&env, &plan, o, err) < 0)
		return -1;
	printf("%s\n", env.dir);
	return 0;
}

static const char *subdir; /* that packages have to be for */
static bool timed;

static int get(struct pf_bundle *out, const char *path, const struct pf_opts *o, struct pf_err *err)
{
	const char *slash = strrchr(path, '/');
	PF_FD(fd) = pf_open_file(AT_FDCWD, path, err);
	struct pf_conda_source s = { .fd = fd, .file = pf_s(slash ? slash + 1 : path), .subdir = pf_s(subdir) };
	char sha256[PF_SHA256_HEX];

	return fd < 0 ? -1 : pf_conda_package_get(out, sha256, &s, o, err);
}

/* get FILE...: prints where each lies. */
static int get_all(char **paths, const struct pf_opts *o, struct pf_err *err)
{
	for (; *paths; paths++) {
		PF_AUTO(bundle) b = { 0 };

		if (get(&b, *paths, o, err) < 0)
			return -1;
		printf("%s\n", b.dir);
	}
	return 0;
}

static void show(const struct pf_found_list *list)
{
	for (size_t i = 0; i < list->files.n; i++) {
		const struct pf_found *f = &list->files.v[i];
		char kind = S_ISLNK(f->mode) ? 'l' : f->mode & 0111 ? 'x' : '-';

		printf("%s %llu %c %s\n", f->digest, (unsigned long long)f->size, kind, f->path.p);
	}
}

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Without -t the list of files, with it the nanoseconds that all took once the packages were known. */
static int link_timed(struct pf_conda_linking *k, struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };
	long long start = now();

	if (pf_conda_place(k, err) < 0 || pf_conda_link(&list, k, err) < 0)
		return -1;
	if (timed)
		printf("%lld\n", now() - start);
	else
		show(&list);
	return 0;
}

/* link DIR PREFIX FILE...: into a new folder that will stay at PREFIX, in this order, with no interpreter run. */
static int link_files(char **args, const char *site, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_conda_linking k = { .arena = &a, .prefix = args[1], .site = site, .mode = o->link_mode };
	struct pf_bundle *b;
	PF_FD(dir) = -1;
	int rc = 0;

	while (args[2 + k.n])
		k.n++;
	b = pf_alloc_array(&a, k.n, sizeof(*b));
	k.parts = pf_alloc_array(&a, k.n, sizeof(*k.parts));
	k.python = pf_formatz(&a, "%s/bin/python", args[1]);
	if (mkdir(args[0], 0755) < 0 || (dir = open(args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return pf_fail_errno(err, "cannot create %s", args[0]);
	k.dir = dir;
	for (size_t i = 0; rc == 0 && i < k.n; i++) {
		k.parts[i].package = &b[i];
		rc = get(&b[i], args[2 + i], o, err);
	}
	if (rc == 0)
		rc = link_timed(&k, err);
	for (size_t i = 0; i < k.n; i++)
		pf_bundle_free(&b[i]);
	return rc;
}

/* check: every package of the cache is whole, to the last byte. */
static int check_one(const char *dir, struct pf_err *err)
{
	PF_AUTO(bundle) b = { 0 };

	return pf_bundle_load(&b, dir, true, err) == 1 ? 0 : pf_fail(err, PF_EINTEGRITY, "%s is half made", dir);
}

static int check(const struct pf_opts *o, struct pf_err *err)
{
	static const char *const patterns[] = { "conda/[!m]*", "conda/[!m]*/pyc-*" };
	PF_AUTO(arena) a = { 0 };
	char *store = pf_store_root(&a, o->store, err);
	int rc = store ? 0 : -1;

	for (size_t p = 0; rc == 0 && p < PF_COUNT(patterns); p++) {
		glob_t found = { 0 };

		if (glob(pf_formatz(&a, "%s/%s", store, patterns[p]), 0, NULL, &found) == 0)
			for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
				rc = check_one(found.gl_pathv[i], err);
		globfree(&found);
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct pf_opts o = { 0 };
	struct pf_log_opts log = { .level = PF_LOG_NOTE };
	struct pf_err err = { 0 };
	const char *site = NULL;
	int rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	for (int c; (c = getopt(argc, argv, "s:p:d:cCSAoBlRt")) != -1;) {
		switch (c) {
		case 's': o.store = optarg; break;
		case 'p': site = optarg; break;
		case 'd': subdir = optarg; break;
		case 'c': o.link_mode = PF_LINK_COPY; break;
		case 'C': o.link_mode = PF_LINK_CLONE; break;
		case 'S': o.link_mode = PF_LINK_SYMBOLIC; break;
		case 'A': o.allow_scripts = true; break;
		case 'o': o.offline = true; break;
		case 'B': o.no_bytecode = true; break;
		case 'l': o.lenient_record = true; break;
		case 'R': o.repair = true; break;
		case 't': timed = true; break;
		default: return 2;
		}
	}
	argv += optind;
	argc -= optind;
	pf_log_setup(&log);
	if (argc == 1 && strcmp(argv[0], "check") == 0)
		rc = check(&o, &err);
	else if (argc > 1 && strcmp(argv[0], "get") == 0)
		rc = get_all(argv + 1, &o, &err);
	else if (argc > 3 && strcmp(argv[0], "link") == 0)
		rc = link_files(argv + 1, site, &o, &err);
	else if (argc > 1 && strcmp(argv[0], "env") == 0)
		rc = make(argv + 1, &o, &err);
	else
		return 2;
	if (rc < 0)
		pf_log_error(&err);
	return rc < 0 ? err.code : 0;
}
