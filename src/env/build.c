/* build.c - build aside, verify, rename */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/activate.h"
#include "env/bytecode.h"
#include "env/conda_install.h"
#include "env/conda_made.h"
#include "env/import_list.h"
#include "env/manifest.h"
#include "env/seal.h"
#include "env/venv.h"
#include "env/wheels.h"
#include "lock/lock.h"
#include "req/name.h"
#include "req/version.h"

struct build {
	const struct pf_plan *plan;
	const struct pf_needs *needs;
	const struct pf_python *python;
	const struct pf_opts *o;
	struct pf_workdir w;
	/* STORE/tmp/NAME/env: longer than the final path, so that what fits here fits there */
	char *dir;
	char *exe;	/* its bin/python */
	char *site;	/* "lib/python3.11/site-packages" */
	char *final;	/* STORE/envs/KEY */
	struct pf_python own; /* of a conda environment: its interpreter */
};

/* ---- byte code ---- */

/* Compiled here and once, since the files are read-only for those that come later. Measured with
 * scikit-learn and pandas on two cores: 6.6 s of CPU once, against 3.5 s more at every first
 * import without it. */
static int compile(struct build *b, int dir, struct pf_err *err)
{
	const struct pf_modules m = { dir, b->dir, b->final, b->site };

	if (b->o->no_bytecode || !(b->plan->packages.n || b->plan->conda.n))
		return 0;
	pf_step("compiling");
	return pf_modules_compile(&m, b->python, &b->w, err);
}

/* ---- checks ---- */

static bool same_version(struct pf_str l, struct pf_str r)
{
	struct pf_arena a = { 0 };
	struct pf_version x = { 0 }, y = { 0 };
	struct pf_err ignored;
	bool same = pf_str_eq(l, r);

	if (!same && pf_version_parse(&x, &a, l, &ignored) == 0 &&
	    pf_version_parse(&y, &a, r, &ignored) == 0)
		same = pf_version_cmp(&x, &y) == 0;
	pf_arena_free(&a);
	return same;
}

/* "NAME-VERSION.dist-info", "NAME-VERSION-py3.11.egg-info" of every folder: canonical name to
 * version */
static int read_installed(struct pf_map *out, struct build *b, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	char *path = pf_formatz(a, "%s/%s", b->dir, b->site);
	DIR *dir = opendir(path);

	if (!dir)
		return pf_fail_errno(err, "cannot list %s", path);
	for (struct dirent *e; (e = readdir(dir));) {
		struct pf_str name = pf_s(e->d_name), *version, rest;
		size_t at;

		if (!pf_str_ends(name, ".dist-info") && !pf_str_ends(name, ".egg-info"))
			continue;
		name = pf_str_cut(name, 0, pf_str_rfind(name, '.'));
		at = pf_str_find(name, '-');
		rest = at == PF_NPOS ? PF_S("") : pf_str_skip(name, at + 1);
		version = pf_alloc(a, sizeof(*version));
		*version = pf_dup(a, pf_str_cut(rest, 0, pf_str_find(rest, '-')));
		*pf_map_put(a, out, pf_name_canonical(a, pf_str_cut(name, 0, at))) = version;
	}
	closedir(dir);
	return 0;
}

static int check_installed(struct build *b, struct pf_err *err)
{
	struct pf_map installed = { 0 };

	if (!b->plan->packages.n)
		return 0;
	if (read_installed(&installed, b, err) < 0)
		return -1;
	for (size_t i = 0; i < b->plan->packages.n; i++) {
		const struct pf_planned *one = &b->plan->packages.v[i];
		struct pf_str *version = pf_map_get(&installed, one->name);

		if (!version)
			return pf_fail(err, PF_EINTEGRITY,
				       PF_FMT " was not installed, though planned",
				       PF_ARG(one->name));
		if (one->version.n && version->n && !same_version(*version, one->version))
			return pf_fail(err, PF_EINTEGRITY, PF_FMT " is there as " PF_FMT
				       " instead of " PF_FMT, PF_ARG(one->name), PF_ARG(*version),
				       PF_ARG(one->version));
	}
	return 0;
}

/* That an interpreter starts in an environment is tried once and remembered by its file: where
 * wheels were linked into folders of our making, nothing else could stop it. */
static char *start_mark(struct build *b)
{
	struct pf_arena *a = &b->w.arena;
	struct pf_str text = pf_plan_identity(a, b->python);
	char hex[PF_SHA256_HEX];
	struct stat st;

	if (b->plan->conda.n) {
		text = pf_conda_start_identity(a, b->plan);
		pf_sha256_hex(hex, text.p, text.n);
		return pf_formatz(a, "%s/pythons/starts-%.32s", b->w.store, hex);
	}
	if (!pf_plan_is_native(b->plan) || stat(pf_dupz(a, b->python->base_exe), &st) < 0)
		return NULL;
	text = pf_format(a, PF_FMT "%llu %llu %lld %lld.%09ld\n", PF_ARG(text),
			 (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
			 (long long)st.st_size, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	pf_sha256_hex(hex, text.p, text.n);
	return pf_formatz(a, "%s/pythons/starts-%.32s", b->w.store, hex);
}

static void leave_mark(struct build *b, const char *mark)
{
	struct pf_err ignored;

	if (mark &&
	    pf_mkdir_p(pf_formatz(&b->w.arena, "%s/pythons", b->w.store), 0755, &ignored) == 0)
		(void)!pf_write_atomic(AT_FDCWD, mark, PF_S(""), 0444, &ignored);
}

/* -B: a .pth file may import a module, whose byte code would hold the path of this place. */
static int check_start(struct build *b, struct pf_err *err)
{
	char *mark = start_mark(b);
	const char *argv[] = { b->exe, "-I", "-B", "-c",
			       b->plan->conda.n ?
				       "pass" :
				       "import sys; sys.exit(sys.prefix == sys.base_prefix)",
			       NULL };
	int status;

	if (mark && access(mark, F_OK) == 0)
		return 0;
	if (pf_drive(&status, &b->w, argv, err) < 0)
		return -1;
	if (status == 0) {
		leave_mark(b, mark);
		return 0;
	}
	b->w.keep_log = true;
	if (b->plan->conda.n)
		pf_fail(err, PF_EIO, "the interpreter of the environment does not start");
	else
		pf_fail(err, PF_EIO, PF_FMT " does not start in a virtual environment",
			PF_ARG(b->python->base_exe));
	return pf_hint(err, "the log: %s", b->w.log);
}

/* ---- into place ---- */

static int fail_rename(struct build *b, struct pf_err *err)
{
	return pf_fail_errno(err, "cannot put the environment at %s", b->final);
}

/* Somebody else's equal environment wins; the own one goes with the working directory. */
static int put_in_place(struct build *b, bool replace, struct pf_err *err)
{
	unsigned how = replace ? RENAME_EXCHANGE : RENAME_NOREPLACE;

	if (renameat2(AT_FDCWD, b->dir, AT_FDCWD, b->final, how) == 0)
		return 0;
	if (errno == EEXIST)
		return 0;
	if (errno == ENOENT && replace)
		return rename(b->dir, b->final) == 0 ? 0 : fail_rename(b, err);
	if (errno != EINVAL && errno != ENOSYS)
		return fail_rename(b, err);
	/* A file system without these flags: the lock on the key keeps others away. */
	if (replace && rename(b->final, pf_join(&b->w.arena, b->w.path, PF_S("old"))) < 0 &&
	    errno != ENOENT)
		return fail_rename(b, err);
	return rename(b->dir, b->final) == 0 || errno == ENOTEMPTY || errno == EEXIST ?
		       0 : fail_rename(b, err);
}

/* By a driver, which writes its paths for the place it sees. */
static int install_by_driver(struct pf_found_list *list, struct build *b, int dir,
			     const char *python, struct pf_err *err)
{
	struct pf_arena *a = &b->w.arena;
	char *from = pf_formatz(a, "tmp/%s/env", b->w.name);
	char *to = pf_formatz(a, "envs/%s", b->plan->key);

	if (pf_install(b->exe, b->plan, b->needs, b->python, &b->w, b->o, err) < 0)
		return -1;
	unlinkat(dir, ".lock", 0); /* uv's */
	if (pf_seal(dir, from, to, python, err) < 0 || compile(b, dir, err) < 0)
		return -1;
	return pf_walk(list, dir, err);
}

static int install(struct pf_found_list *list, struct build *b, int dir, struct pf_err *err)
{
	char *python = pf_formatz(&b->w.arena, "%s/bin/python", b->final);

	if (!pf_plan_is_native(b->plan))
		return install_by_driver(list, b, dir, python, err);
	if (pf_activate_write(dir, b->final, err) < 0)
		return -1;
	return pf_wheels_install(list, dir, python, b->plan, b->needs, b->python, &b->w, b->o, err);
}

static int fill_venv(struct pf_found_list *list, struct build *b, struct pf_err *err)
{
	PF_FD(dir) = -1;

	if (pf_venv_make(b->dir, b->python, err) < 0)
		return -1;
	dir = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", b->dir);
	return install(list, b, dir, err);
}

static void set_own(struct build *b)
{
	b->python = &b->own;
	b->site = pf_dupz(&b->w.arena, b->own.lib);
}

static int link_conda(struct pf_found_list *list, struct build *b, int *dir, struct pf_err *err)
{
	struct pf_conda_place_of where = { .path = b->dir, .final = b->final };

	if (mkdir(b->dir, 0755) < 0 || chmod(b->dir, 0755) < 0 ||
	    (*dir = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return pf_fail_errno(err, "cannot create %s", b->dir);
	where.dir = *dir;
	if (pf_conda_install(list, &b->own, &where, b->plan, &b->w, b->o, err) < 0)
		return -1;
	set_own(b);
	return 0;
}

/* By micromamba, mamba or conda. */
static int drive_conda(struct pf_found_list *list, struct build *b, int *dir, struct pf_err *err)
{
	struct pf_conda_place_of where = { .path = b->dir, .final = b->final };

	if (pf_conda_made_take(&b->own, &where, b->plan, &b->w, b->o, err) < 0)
		return -1;
	set_own(b);
	*dir = where.dir = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*dir < 0)
		return pf_fail_errno(err, "cannot open %s", b->dir);
	return compile(b, *dir, err) < 0 || pf_walk(list, *dir, err) < 0 ?
		       -1 :
		       pf_conda_made_activate(list, &where, &b->w, b->o, err);
}

/* By a shell, as `exec` does it without one. */
static int let_activate(struct build *b, int dir, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *activation = NULL;

	if (faccessat(dir, PF_ENV_ACTIVATION, F_OK, 0) == 0 &&
	    (pf_read_file(&text, dir, PF_ENV_ACTIVATION, err) < 0 ||
	     pf_json_parse(&activation, &b->w.arena, pf_buf_view(&text), err) < 0))
		return -1;
	return pf_activate_write_conda(dir, b->final, activation, err);
}

/* With an interpreter of its own; then what pip would add to it. */
static int fill_conda(struct pf_found_list *list, struct build *b, struct pf_err *err)
{
	char *python = pf_formatz(&b->w.arena, "%s/bin/python", b->final);
	bool driven = b->o->env_manager == PF_ENV_MAMBA;
	PF_FD(dir) = -1;

	if ((driven ? drive_conda : link_conda)(list, b, &dir, err) < 0)
		return -1;
	if (let_activate(b, dir, err) < 0)
		return -1;
	if (!b->plan->packages.n)
		return 0;
	return pf_wheels_install(list, dir, python, b->plan, b->needs, b->python, &b->w, b->o, err);
}

/* What it was made of, for those who would make it again elsewhere. */
static int keep_lock(struct build *b, int dir, struct pf_err *err)
{
	bool conda = b->plan->conda.n > 0;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);
	struct pf_lock_of what = { .plan = b->plan, .python = b->python };

	if (pf_lock_write(&text, conda ? "conda-lock" : "pylock", &what, err) < 0) {
		if (err->code != PF_EUSAGE)
			return -1;
		pf_debug("no lock is kept: %s", err->msg);
		return 0;
	}
	return pf_write_atomic(dir, conda ? PF_ENV_CONDA_LOCK : PF_ENV_LOCK, pf_buf_view(&text),
			       0444, err);
}

static int finish(struct build *b, struct pf_found_list *list, struct pf_err *err)
{
	PF_FD(dir) = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", b->dir);
	if (check_start(b, err) < 0 || check_installed(b, err) < 0 ||
	    keep_lock(b, dir, err) < 0 ||
	    (!list->imports && pf_import_list_write(dir, b->site, list, err) < 0))
		return -1;
	b->own.base_exe = pf_format(&b->w.arena, "%s/bin/python", b->final);
	if (pf_walk_own(list, dir, err) < 0 ||
	    pf_manifest_make(dir, list, b->plan, b->python, err) < 0)
		return -1;
	return pf_signals_check(err);
}

static int fill(struct build *b, struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };

	if ((b->plan->conda.n ? fill_conda(&list, b, err) : fill_venv(&list, b, err)) < 0)
		return -1;
	return finish(b, &list, err);
}

/* A full disk: what there is, and what is known of what is needed. */
static void explain_space(struct build *b, struct pf_err *err)
{
	struct statvfs fs;
	uint64_t packed = 0;

	if (err->code != PF_EIO || !strstr(err->msg, strerror(ENOSPC)) ||
	    statvfs(b->w.path, &fs) < 0)
		return;
	for (size_t i = 0; i < b->plan->packages.n; i++)
		packed += b->plan->packages.v[i].size;
	for (size_t i = 0; i < b->plan->conda.n; i++)
		packed += b->plan->conda.v[i].record.size;
	pf_hint(err, "%llu KiB are free in %s; the packages take %llu KiB, and about three times as"
		" much unpacked", (unsigned long long)fs.f_bavail * fs.f_frsize / 1024, b->w.store,
		(unsigned long long)packed / 1024);
	if (!packed)
		pf_hint(err, "%llu KiB are free in %s",
			(unsigned long long)fs.f_bavail * fs.f_frsize / 1024, b->w.store);
}

int pf_env_build(const struct pf_plan *plan, const struct pf_needs *needs,
		 const struct pf_python *python, bool replace, const struct pf_opts *o,
		 struct pf_err *err)
{
	struct pf_opts with = *o;
	struct build b = { .plan = plan, .needs = needs, .python = python, .o = &with };
	char prefix[64];
	int rc;

	with.repair |=
		replace; /* what is damaged here may be so in the cache, whose files these are */
	snprintf(prefix, sizeof(prefix), "%s.", plan->key);
	if (pf_workdir_open(&b.w, prefix, o->store, err) < 0)
		return -1;
	(void)!pf_workdir_sweep(b.w.store, PF_AGE_TMP, false, &(struct pf_err){ 0 });
	b.dir = pf_formatz(&b.w.arena, "%s/env", b.w.path);
	b.exe = pf_formatz(&b.w.arena, "%s/bin/python", b.dir);
	if (!plan->conda.n)
		b.site = pf_venv_site(&b.w.arena, python);
	b.final = pf_formatz(&b.w.arena, "%s/envs/%s", b.w.store, plan->key);
	rc = fill(&b, err);
	if (rc == 0)
		rc = put_in_place(&b, replace, err);
	pf_step_done();
	if (rc < 0)
		explain_space(&b, err);
	pf_workdir_free(&b.w);
	pf_python_free(&b.own);
	return rc;
}
