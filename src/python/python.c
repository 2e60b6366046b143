/* python.c - an interpreter described: its installation, the venv around it, the folders it sees */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/python.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "python/query.h"

void pf_python_free(struct pf_python *p)
{
	pf_arena_free(&p->arena);
	*p = (struct pf_python){ 0 };
}

/* ---- venvs ---- */

/* What a pyvenv.cfg says (PEP 405): "key = value" lines, keys in any case. */
struct venv {
	char *dir;
	struct pf_str home;
	bool system_site;
};

static void read_cfg(struct venv *v, struct pf_arena *a, struct pf_str text)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line)) {
		size_t equals = pf_str_find(line, '=');
		struct pf_str key = pf_str_trim(pf_str_cut(line, 0, equals)), value;

		if (equals == PF_NPOS)
			continue;
		value = pf_str_trim(pf_str_skip(line, equals + 1));
		if (pf_str_ieq(key, "home"))
			v->home = pf_dup(a, value);
		else if (pf_str_ieq(key, "include-system-site-packages"))
			v->system_site = pf_str_ieq(value, "true");
	}
}

static struct pf_str parent(const char *path)
{
	size_t slash = pf_str_rfind(pf_s(path), '/');

	return slash == PF_NPOS || slash == 0 ? PF_S("/") : pf_str_cut(pf_s(path), 0, slash);
}

/* Looks beside the program and one folder up, as Python does. */
static bool find_venv(struct venv *v, struct pf_arena *a, const char *exe)
{
	char *dir = pf_dupz(a, parent(exe));

	for (int up = 0; up < 2; up++, dir = pf_dupz(a, parent(dir))) {
		struct pf_buf text = PF_BUF(PF_KIB(64));
		struct pf_err ignored;
		char *cfg = pf_join(a, dir, PF_S("pyvenv.cfg"));

		if (access(cfg, F_OK) < 0)
			continue;
		if (pf_read_file(&text, AT_FDCWD, cfg, &ignored) < 0) {
			pf_buf_free(&text);
			continue;
		}
		read_cfg(v, a, pf_buf_view(&text));
		v->dir = dir;
		pf_buf_free(&text);
		return true;
	}
	return false;
}

/* The installation's program of a venv that holds a copy of it. */
static struct pf_str find_base_exe(struct pf_python *p, const struct venv *v)
{
	const char *names[] = { pf_formatz(&p->arena, "python%d.%d", p->major, p->minor), "python3",
				"python" };

	for (size_t i = 0; i < PF_COUNT(names) && pf_str_starts(v->home, "/"); i++) {
		char *path = pf_formatz(&p->arena, PF_FMT "/%s", PF_ARG(v->home), names[i]);

		if (pf_is_executable(path))
			return pf_s(pf_realpath(&p->arena, path));
	}
	return p->base_exe;
}

/* ---- folders ---- */

static void add_path(struct pf_strs *paths, struct pf_arena *a, struct pf_str path)
{
	struct pf_str copy = pf_dup(a, path);

	if (!pf_strs_have(paths, copy) && pf_is_dir(copy.p))
		*PF_PUSH(a, paths) = copy;
}

/* As site.py has it: not for another user's rights, and not when it was switched off. */
static void add_user_path(struct pf_strs *paths, struct pf_python *p)
{
	const char *off = getenv("PYTHONNOUSERSITE"), *base = getenv("PYTHONUSERBASE");
	const char *home = pf_home();
	struct pf_str name = pf_str_skip(p->lib, pf_str_find(p->lib, '/') + 1);

	if ((off && *off) || geteuid() != getuid() || getegid() != getgid())
		return;
	if (!base || *base != '/')
		base = home ? pf_join(&p->arena, home, PF_S(".local")) : NULL;
	if (base)
		add_path(paths, &p->arena,
			 pf_format(&p->arena, "%s/lib/" PF_FMT "/site-packages", base,
				   PF_ARG(name)));
}

static void set_paths(struct pf_python *p, const struct venv *v)
{
	struct pf_strs base = p->paths, paths = { 0 };
	struct pf_arena *a = &p->arena;
	struct pf_str name = pf_str_skip(p->lib, pf_str_find(p->lib, '/') + 1);

	if (v->dir) {
		add_path(&paths, a,
			 pf_format(a, "%s/" PF_FMT "/site-packages", v->dir, PF_ARG(p->lib)));
		add_path(&paths, a,
			 pf_format(a, "%s/lib/" PF_FMT "/site-packages", v->dir, PF_ARG(name)));
	}
	if (!v->dir || v->system_site) {
		add_user_path(&paths, p);
		for (size_t i = 0; i < base.n; i++)
			add_path(&paths, a, base.v[i]);
	}
	p->paths = paths;
}

/* ---- describing ---- */

static char *make_absolute(struct pf_arena *a, const char *exe, struct pf_err *err)
{
	char cwd[PF_MAX_PATH], *found;

	if (*exe == '/')
		return pf_dupz(a, pf_s(exe));
	if (strchr(exe, '/')) {
		if (!getcwd(cwd, sizeof(cwd)))
			return pf_fail_errno(err, "cannot tell the working directory"), NULL;
		return pf_join(a, cwd, pf_s(exe));
	}
	found = pf_which(a, exe);
	if (!found)
		pf_fail(err, PF_EIO, "no program %s on PATH", exe);
	return found;
}

/* NULL when no store can be named: then nothing is remembered. */
static char *known_dir(struct pf_arena *a, const struct pf_opts *o)
{
	struct pf_err err;
	char *root = pf_store_root(a, o ? o->store : NULL, &err);

	return root ? pf_join(a, root, PF_S("pythons/known")) : NULL;
}

int pf_python_describe(struct pf_python *out, const char *exe, const struct pf_opts *o,
		       struct pf_err *err)
{
	PF_AUTO(python) p = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct venv v = { 0 };
	char *path = make_absolute(&a, exe, err), *real;

	if (!path)
		return -1;
	real = pf_realpath(&a, path);
	if (!real)
		return pf_fail_errno(err, "cannot run %s", path);
	if (!pf_is_executable(real))
		return pf_fail(err, PF_EIO, "%s is not an executable file", path);
	if (pf_query(&p, real, known_dir(&a, o), err) < 0)
		return -1;
	p.exe = pf_dupz(&p.arena, pf_s(path));
	p.venv = find_venv(&v, &p.arena, path);
	p.prefix = p.venv ? pf_s(v.dir) : p.base_prefix;
	if (p.venv && pf_str_starts(pf_s(real), v.dir) && real[strlen(v.dir)] == '/')
		p.base_exe = find_base_exe(&p, &v);
	set_paths(&p, &v);
	pf_python_free(out);
	*out = PF_TAKE(p);
	return 0;
}

int pf_python_in(struct pf_python *out, const char *dir, const struct pf_opts *o,
		 struct pf_err *err)
{
	static const char *const names[] = { "bin/python", "bin/python3" };
	PF_AUTO(arena) a = { 0 };

	for (size_t i = 0; i < PF_COUNT(names); i++) {
		const char *exe = pf_join(&a, *dir ? dir : ".", pf_s(names[i]));

		if (access(exe, F_OK) == 0)
			return pf_python_describe(out, exe, o, err);
	}
	return pf_fail(err, PF_EIO, "no interpreter in %s (expected %s/bin/python)", dir, dir);
}

/* ---- what others make of it ---- */

void pf_python_markers(struct pf_marker_env *out, struct pf_arena *a, const struct pf_python *p)
{
	struct utsname u = { 0 };
	bool cpython = pf_str_is(p->implementation, "cpython");
	/* A build between releases is "3.11.7+": packaging makes that a local version. */
	struct pf_str full = pf_format(a, PF_FMT "%s", PF_ARG(p->version),
				       pf_str_ends(p->version, "+") ? "local" : "");

	uname(&u);
	*out = (struct pf_marker_env){
		.implementation_name = p->implementation,
		.implementation_version = full,
		.os_name = PF_S("posix"),
		.platform_machine = pf_dup(a, pf_s(u.machine)),
		.platform_python_implementation = cpython ? PF_S("CPython") : PF_S("PyPy"),
		.platform_release = pf_dup(a, pf_s(u.release)),
		.platform_system = pf_dup(a, pf_s(u.sysname)),
		.platform_version = pf_dup(a, pf_s(u.version)),
		.python_full_version = full,
		.python_version = pf_format(a, "%d.%d", p->major, p->minor),
		.sys_platform = PF_S("linux"),
	};
}

void pf_python_tag_target(struct pf_tag_target *out, const struct pf_python *p)
{
	bool pymalloc_flag = p->major == 3 && p->minor < 8;

	*out = (struct pf_tag_target){
		.major = p->major,
		.minor = p->minor,
		.free_threaded = p->free_threaded,
		.debug = pf_str_find(p->abiflags, 'd') != PF_NPOS,
		.no_pymalloc = pymalloc_flag && pf_str_find(p->abiflags, 'm') == PF_NPOS,
		.platform = p->platform,
		.libc = p->libc,
		.hard_float = pf_str_ends(p->soabi, "eabihf"),
	};
}

bool pf_python_set_version(struct pf_python *p, struct pf_str version)
{
	struct pf_str rest = version, part;
	int *const parts[] = { &p->major, &p->minor, &p->micro };
	uint64_t number;

	for (size_t i = 0; i < PF_COUNT(parts) && pf_str_next(&rest, '.', &part); i++) {
		size_t digits = 0;

		while (digits < part.n && pf_is_digit(part.p[digits]))
			digits++;
		if (!pf_str_u64(pf_str_cut(part, 0, digits), &number) || number > 999)
			return false;
		*parts[i] = (int)number;
	}
	p->version = pf_dup(&p->arena, version);
	return p->major > 0;
}

struct pf_str pf_python_minor(struct pf_str version)
{
	size_t dot = pf_str_find(version, '.');
	size_t patch = dot == PF_NPOS ? PF_NPOS : pf_str_find(pf_str_skip(version, dot + 1), '.');

	return patch == PF_NPOS ? version : pf_str_cut(version, 0, dot + 1 + patch);
}

int pf_python_of_conda(struct pf_python *out, struct pf_str version, struct pf_err *err)
{
	struct utsname u = { 0 };

	if (!pf_python_set_version(out, version))
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is no version of Python",
			       PF_ARG(pf_shown(version)));
	uname(&u);
	out->implementation = PF_S("cpython");
	out->platform = pf_format(&out->arena, "linux-%s", u.machine);
	out->libc = pf_format(&out->arena, "glibc %s", gnu_get_libc_version());
	return 0;
}
