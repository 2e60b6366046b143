/* places.c - the places where interpreters are looked for */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/places.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

#define MAX_PLACES 1000
#define NEWEST_MINOR 19

/* ---- what a name tells ---- */

static const char *skip_digits(const char *p, int *number)
{
	*number = -1;
	while (pf_is_digit(*p) && *number < 1000)
		*number = (*number < 0 ? 0 : *number) * 10 + (*p++ - '0');
	return p;
}

/* "3.8.18", "cpython-3.8.18-linux-x86_64-gnu" and "python3.8" tell; "myenv" and "3.8-test" not. */
static void read_hint(struct pf_place *place, const char *name)
{
	bool folder = !pf_str_starts(pf_s(name), "python"), tagged;
	int major, minor, micro;
	const char *p = name;

	place->major = place->minor = -1;
	tagged = pf_str_starts(pf_s(name), "cpython-");
	p += tagged ? strlen("cpython-") : folder ? 0 : strlen("python");
	p = skip_digits(p, &major);
	if (major < 0 || *p != '.')
		return;
	p = skip_digits(p + 1, &minor);
	if (minor < 0)
		return;
	if (folder) {
		if (*p != '.')
			return;
		p = skip_digits(p + 1, &micro);
		if (micro < 0)
			return;
	}
	if (*p && !tagged)
		return;
	place->major = major;
	place->minor = minor;
}

static void add(struct pf_places *out, struct pf_arena *a, const char *exe, const char *from,
		const char *hint)
{
	struct pf_place *place;

	if (out->v.n >= MAX_PLACES)
		return;
	place = PF_PUSH(a, &out->v);
	*place = (struct pf_place){ .exe = pf_dupz(a, pf_s(exe)), .from = from };
	read_hint(place, hint);
}

/* ---- folders of programs ---- */

/* A script that calls pyenv: it would choose a version by itself, or fail. */
static bool is_shim(const char *exe)
{
	char text[512];
	ssize_t n;
	PF_FD(fd) = open(exe, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	n = fd < 0 ? -1 : pf_read_some(fd, text, sizeof(text) - 1);
	if (n < 2)
		return false;
	text[n] = '\0';
	return text[0] == '#' && text[1] == '!' && strstr(text, "pyenv");
}

static void add_programs(struct pf_places *out, struct pf_arena *a, const char *dir,
			 const char *from, bool numbered)
{
	int last = numbered ? NEWEST_MINOR : 5;
	char name[32], path[PF_MAX_PATH];

	for (int minor = 4; minor <= last; minor++) {
		if (minor < 6)
			snprintf(name, sizeof(name), "python%s", minor == 4 ? "3" : "");
		else
			snprintf(name, sizeof(name), "python3.%d", minor);
		if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
			return;
		if (access(path, X_OK) == 0 && pf_is_executable(path) && !is_shim(path))
			add(out, a, path, from, name);
	}
}

static void add_path(struct pf_places *out, struct pf_arena *a, bool numbered)
{
	struct pf_str rest = pf_s(getenv("PATH")), dir;
	struct pf_strs seen = { 0 };

	while (pf_str_next(&rest, ':', &dir)) {
		while (dir.n > 1 && dir.p[dir.n - 1] == '/')
			dir.n--;
		if (!pf_str_starts(dir, "/") || pf_str_ends(dir, "/shims") ||
		    pf_strs_have(&seen, dir))
			continue;
		*PF_PUSH(a, &seen) = dir;
		add_programs(out, a, pf_dupz(a, dir), "PATH", numbered);
	}
}

void pf_places_on_path(struct pf_places *out, struct pf_arena *a)
{
	add_path(out, a, false);
}

/* ---- folders of installations: DIR/<each>/bin/python ---- */

static void add_installation(struct pf_places *out, struct pf_arena *a, const char *dir,
			     const char *from, const char *hint)
{
	static const char *const names[] = { "bin/python3", "bin/python" };

	for (size_t i = 0; i < PF_COUNT(names); i++) {
		char *exe = pf_join(a, dir, pf_s(names[i]));

		if (access(exe, X_OK) == 0) {
			add(out, a, exe, from, hint);
			return;
		}
	}
}

static int compare_names(const void *l, const void *r)
{
	return strcmp(*(char *const *)l, *(char *const *)r);
}

static void add_each(struct pf_places *out, struct pf_arena *a, const char *dir, const char *from)
{
	PF_VEC(char *) names = { 0 };
	DIR *d = opendir(dir);
	struct dirent *e;

	while (d && (e = readdir(d)) && names.n < MAX_PLACES)
		if (e->d_name[0] != '.')
			*PF_PUSH(a, &names) = pf_dupz(a, pf_s(e->d_name));
	if (d)
		closedir(d);
	if (names.n)
		qsort(names.v, names.n, sizeof(*names.v), compare_names);
	for (size_t i = 0; i < names.n; i++)
		add_installation(out, a, pf_join(a, dir, pf_s(names.v[i])), from, names.v[i]);
}

/* $VAR/sub when VAR is an absolute path, else ~/fallback. NULL when there is neither. */
static char *folder_of(struct pf_arena *a, const char *var, const char *sub, const char *fallback)
{
	const char *value = var ? getenv(var) : NULL, *home;

	if (value && *value == '/')
		return pf_formatz(a, "%s%s", value, sub);
	home = pf_home();
	return fallback && home && *home == '/' ? pf_join(a, home, pf_s(fallback)) : NULL;
}

static void add_managed(struct pf_places *out, struct pf_arena *a)
{
	static const struct {
		const char *from, *var, *sub, *fallback;
	} rows[] = {
		{ "pyenv", "PYENV_ROOT", "/versions", ".pyenv/versions" },
		{ "uv", "UV_PYTHON_INSTALL_DIR", "", NULL },
		{ "uv", "XDG_DATA_HOME", "/uv/python", ".local/share/uv/python" },
	};

	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		char *dir = folder_of(a, rows[i].var, rows[i].sub, rows[i].fallback);

		if (dir)
			add_each(out, a, dir, rows[i].from);
	}
}

static void add_conda_root(struct pf_places *out, struct pf_arena *a, const char *root)
{
	if (access(root, F_OK) < 0)
		return;
	add_installation(out, a, root, "conda", "");
	add_each(out, a, pf_join(a, root, PF_S("envs")), "conda");
}

static void add_conda(struct pf_places *out, struct pf_arena *a)
{
	static const char *const homes[] = { "miniconda3", "anaconda3", "miniforge3",
					     "mambaforge" };
	const char *exe = getenv("CONDA_EXE"), *mamba = getenv("MAMBA_ROOT_PREFIX");
	char *dir;

	if (exe && *exe == '/') { /* ROOT/bin/conda */
		struct pf_str root = pf_s(exe);

		for (int up = 0; up < 2; up++)
			root = pf_str_cut(root, 0, pf_str_rfind(root, '/'));
		if (root.n && root.n < strlen(exe))
			add_conda_root(out, a, pf_dupz(a, root));
	}
	if (mamba && *mamba == '/')
		add_conda_root(out, a, mamba);
	for (size_t i = 0; i < PF_COUNT(homes); i++)
		if ((dir = folder_of(a, NULL, "", homes[i])))
			add_conda_root(out, a, dir);
	if ((dir = folder_of(a, NULL, "", ".conda/envs")))
		add_each(out, a, dir, "conda");
	add_conda_root(out, a, "/opt/conda");
}

void pf_places_find(struct pf_places *out, struct pf_arena *a, const struct pf_opts *o)
{
	static const char *const active[] = { "VIRTUAL_ENV", "CONDA_PREFIX" };
	struct pf_err ignored;
	char *dir;

	for (size_t i = 0; i < PF_COUNT(active); i++)
		if ((dir = folder_of(a, active[i], "", NULL)))
			add_installation(out, a, dir, "active environment", "");
	add_path(out, a, true);
	add_managed(out, a);
	add_conda(out, a);
	add_programs(out, a, "/usr/bin", "system", true);
	add_programs(out, a, "/usr/local/bin", "system", true);
	if ((dir = pf_store_root(a, o->store, &ignored)))
		add_each(out, a, pf_join(a, dir, PF_S("pythons")), "store");
}
