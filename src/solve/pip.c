/* pip.c - pip as a driver: a dry run with a report resolves, `pip install` installs */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "req/name.h"
#include "solve/driver.h"

/* --report came with 22.2 */
#define PIP_NEEDED 2202u

/* "pip-23.2.1-py3-none-any.whl" or "23.2.1": 2302; 0 when it is none. */
static unsigned pip_number(struct pf_str version)
{
	struct pf_str major, minor;
	uint64_t a, b;

	if (!pf_str_next(&version, '.', &major) || !pf_str_next(&version, '.', &minor))
		return 0;
	minor = pf_str_cut(minor, 0, pf_str_find(minor, '-'));
	if (!pf_str_u64(major, &a) || !pf_str_u64(minor, &b) || a > 1000 || b > 99)
		return 0;
	return (unsigned)(a * 100 + b);
}

/* ---- find a pip ---- */

/* The newest pip-*.whl of a folder; a wheel runs without being installed ("WHEEL/pip"). */
static unsigned newest_wheel(char **out, struct pf_driver *d, const char *dir)
{
	DIR *listing = opendir(dir);
	unsigned best = 0;

	for (struct dirent *e; listing && (e = readdir(listing));) {
		struct pf_str name = pf_s(e->d_name);
		unsigned number;

		if (!pf_str_starts(name, "pip-") || !pf_str_ends(name, ".whl"))
			continue;
		number = pip_number(pf_str_skip(name, 4));
		if (number > best) {
			struct pf_str version = pf_str_skip(name, 4);

			best = number;
			*out = pf_formatz(&d->arena, "%s/%s/pip", dir, e->d_name);
			version = pf_str_cut(version, 0, pf_str_find(version, '-'));
			d->version = pf_format(&d->arena, "pip " PF_FMT, PF_ARG(version));
		}
	}
	if (listing)
		closedir(listing);
	return best;
}

/* Those that ensurepip would install; Debian keeps them apart. */
static unsigned find_bundled(struct pf_driver *d, const struct pf_python *python, char **pip)
{
	char *dir = pf_formatz(&d->arena, PF_FMT "/lib/python%d.%d/ensurepip/_bundled",
			       PF_ARG(python->base_prefix), python->major, python->minor);
	unsigned best = newest_wheel(pip, d, dir);

	if (!best && pf_str_is(python->base_prefix, "/usr"))
		best = newest_wheel(pip, d, "/usr/share/python-wheels");
	d->pip_python = python->base_exe.n ? pf_dupz(&d->arena, python->base_exe) : python->exe;
	return best;
}

/* A pip that is installed beside an interpreter; 0 when there is none. */
static unsigned ask_version(struct pf_driver *d, const char *python, struct pf_workdir *w,
			    const struct pf_opts *o)
{
	struct pf_buf out = PF_BUF(PF_KIB(64));
	struct pf_spawn what = {
		.path = python,
		.cwd = w->path,
		.envp = pf_driver_environment(&w->arena, d, o),
		.argv = (char *[]){ (char *)(uintptr_t)python, "-I", "-m", "pip", "--version",
				    NULL },
	};
	struct pf_err ignored;
	struct pf_str text, word = { 0 };
	unsigned number = 0;
	int status = -1;

	if (pf_proc_capture(&out, &what, -1, PF_WAIT_QUERY, &status, &ignored) == 0 &&
	    status == 0) {
		text = pf_buf_view(&out); /* "pip 23.0.1 from ..." */
		if (pf_str_next(&text, ' ', &word) && pf_str_next(&text, ' ', &word))
			number = pip_number(word);
		d->version = pf_format(&d->arena, "pip " PF_FMT, PF_ARG(word));
	}
	pf_buf_free(&out);
	return number;
}

/* The virtualenv program makes a tool environment of its own, with a pip it carries along. */
static bool use_virtualenv(struct pf_driver *d, const struct pf_python *python,
			   struct pf_workdir *w, const struct pf_opts *o)
{
	char *program = pf_which(&d->arena, "virtualenv");
	char *dir = pf_join(&d->arena, w->path, PF_S("tool"));
	const char *argv[] = { program, "--quiet", "--no-download", "--no-periodic-update",
			       "--python", python->base_exe.p, dir, NULL };
	struct pf_spawn what = {
		.path = program, .argv = (char *const *)(const void *)argv,
		.envp = pf_driver_environment(&w->arena, d, o), .cwd = w->path,
	};
	struct pf_err ignored;
	int status = -1;

	if (!program || pf_proc_capture(NULL, &what, -1, PF_WAIT_DRIVER, &status, &ignored) < 0 ||
	    status != 0) {
		if (program)
			pf_debug("%s makes nothing for this interpreter", program);
		return false;
	}
	d->pip_python = pf_formatz(&d->arena, "%s/bin/python", dir);
	d->pip = pf_formatz(&d->arena, "%s/lib/python%d.%d/site-packages/pip", dir, python->major,
			    python->minor);
	return ask_version(d, d->pip_python, w, o) >= PIP_NEEDED && access(d->pip, R_OK) == 0;
}

/* ---- a pip unpacked, for all that follow ---- */

/* STORE/tools/pip-23.2.1-BOOT: three times as fast as out of its wheel. The boot is in the name
 * because nothing is synced to the disk: after a crash it is made anew. */
static char *tool_path(struct pf_driver *d, struct pf_workdir *w, const char *what)
{
	char boot[9] = "0";
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : pf_read_some(fd, boot, sizeof(boot) - 1);

	if (fd >= 0)
		close(fd);
	boot[n > 0 ? n : 1] = '\0';
	return pf_formatz(&d->arena, "%s/tools/%s-%s", w->store, what, boot);
}

static bool use_tool(struct pf_driver *d, const char *tool)
{
	char *pip = pf_join(&d->arena, tool, PF_S("pip"));

	if (access(pf_join(&d->arena, pip, PF_S("__main__.py")), R_OK) < 0)
		return false;
	d->pip = pip;
	return true;
}

/* Fills `dir` by a program, then renames it to `tool`; somebody else's wins. */
static int make_tool(struct pf_driver *d, const char *tool, const char *dir,
		     const char *const *argv, struct pf_workdir *w, const struct pf_opts *o,
		     struct pf_err *err)
{
	char *parent = pf_join(&d->arena, w->store, PF_S("tools"));

	if (pf_driver_run(NULL, w, argv, pf_driver_environment(&w->arena, d, o),
			  "make pip ready", err) < 0 ||
	    pf_mkdir_p(parent, 0755, err) < 0)
		return -1;
	if (rename(dir, tool) < 0 && !use_tool(d, tool))
		return pf_fail_errno(err, "cannot create %s", tool);
	return use_tool(d, tool) ? 0 : pf_fail(err, PF_EIO, "%s holds no pip", tool);
}

static int unpack(struct pf_driver *d, struct pf_str wheel, struct pf_workdir *w,
		  const struct pf_opts *o, struct pf_err *err)
{
	char *name = pf_dupz(&d->arena, d->version), *tool;
	char *dir = pf_join(&d->arena, w->path, PF_S("tool-pip"));
	const char *argv[] = { d->pip_python, "-I", "-m", "zipfile", "-e",
			       pf_dupz(&d->arena, wheel), dir, NULL };

	for (char *p = name; *p; p++)
		*p = *p == ' ' ? '-' : *p;
	tool = tool_path(d, w, name);
	return use_tool(d, tool) ? 0 : make_tool(d, tool, dir, argv, w, o, err);
}

/* The pip that came with an old interpreter fetches a newer one. */
static int upgrade(struct pf_driver *d, const struct pf_python *python, char *old,
		   struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	char *tool = tool_path(d, w, pf_formatz(&d->arena, "pip-for-%d.%d", python->major,
						python->minor));
	char *dir = pf_join(&d->arena, w->path, PF_S("tool-pip"));
	const char *argv[] = { d->pip_python, "-I", old, "install", "--quiet", "--no-deps",
			       "--target", dir, "pip>=22.2", NULL };

	d->version = PF_S("pip");
	return use_tool(d, tool) ? 0 : make_tool(d, tool, dir, argv, w, o, err);
}

int pf_driver_find_pip(struct pf_driver *d, const struct pf_python *python, struct pf_workdir *w,
		       const struct pf_opts *o, struct pf_err *err)
{
	char *bundled = NULL;
	unsigned number;

	d->kind = PF_DRIVER_PIP;
	if (o->env_manager == PF_ENV_VIRTUALENV && use_virtualenv(d, python, w, o))
		return 0;
	number = find_bundled(d, python, &bundled);
	if (number >= PIP_NEEDED)
		return unpack(d, pf_str_cut(pf_s(bundled), 0, strlen(bundled) - 4), w, o, err);
	if (o->env_manager != PF_ENV_VIRTUALENV && use_virtualenv(d, python, w, o))
		return 0;
	(void)find_bundled(d, python, &bundled);
	if (bundled)
		return upgrade(d, python, bundled, w, o, err);
	pf_fail(err, PF_EIO, "there is no pip for " PF_FMT ": its ensurepip is missing",
		PF_ARG(python->base_exe));
	return pf_hint(err, "install uv, virtualenv, or the system's package python3-venv");
}

/* ---- resolve ---- */

/* PEP 610 as a requirement has it: "git+https://h/r@COMMIT#subdirectory=x". */
static struct pf_str direct_url(struct pf_arena *a, const struct pf_node *from)
{
	const struct pf_node *vcs = pf_node_get(from, "vcs_info");
	struct pf_str url = pf_node_text(from, "url"), folder = pf_node_text(from, "subdirectory");

	if (vcs)
		url = pf_format(a, PF_FMT "+" PF_FMT "@" PF_FMT, PF_ARG(pf_node_text(vcs, "vcs")),
				PF_ARG(url), PF_ARG(pf_node_text(vcs, "commit_id")));
	return folder.n ? pf_format(a, PF_FMT "#subdirectory=" PF_FMT, PF_ARG(url), PF_ARG(folder))
			: pf_dup(a, url);
}

/* "install" of the report: metadata.name, metadata.version, download_info.url,
 * download_info.archive_info.hashes, is_direct. */
static void take_item(struct pf_plan *p, const struct pf_node *item)
{
	const struct pf_node *meta = pf_node_get(item, "metadata");
	const struct pf_node *from = pf_node_get(item, "download_info");
	const struct pf_node *archive = pf_node_get(from, "archive_info");
	const struct pf_node *hashes = pf_node_get(archive, "hashes");
	const struct pf_node *direct = pf_node_get(item, "is_direct");
	struct pf_str old = pf_node_text(archive, "hash"); /* "sha256=..." */
	struct pf_planned one = {
		.name = pf_name_canonical(&p->arena, pf_node_text(meta, "name")),
		.version = pf_dup(&p->arena, pf_node_text(meta, "version")),
	};

	if (direct && direct->truth)
		one.url = direct_url(&p->arena, from);
	if (pf_node_text(hashes, "sha256").n)
		*PF_PUSH(&p->arena, &one.hashes) = pf_format(
			&p->arena, "sha256:" PF_FMT, PF_ARG(pf_node_text(hashes, "sha256")));
	else if (pf_str_starts(old, "sha256="))
		*PF_PUSH(&p->arena, &one.hashes) =
			pf_format(&p->arena, "sha256:" PF_FMT, PF_ARG(pf_str_skip(old, 7)));
	*PF_PUSH(&p->arena, &p->packages) = one;
}

int pf_pip_read(struct pf_plan *out, struct pf_str report, struct pf_err *err)
{
	struct pf_arena a = { 0 };
	struct pf_node *root = NULL;
	const struct pf_node *install;
	int rc = pf_json_parse(&root, &a, report, err);

	install = rc == 0 ? pf_node_get(root, "install") : NULL;
	if (rc == 0 && (!install || install->kind != PF_NODE_LIST))
		rc = pf_fail(err, PF_EBUG, "pip's report has no list of packages");
	for (size_t i = 0; rc == 0 && i < install->n; i++)
		take_item(out, &install->v[i]);
	pf_arena_free(&a);
	return rc;
}

static int read_report(struct pf_plan *out, const char *path, struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_PROC_OUTPUT);
	int rc = pf_read_file(&text, AT_FDCWD, path, err);

	if (rc == 0)
		rc = pf_pip_read(out, pf_buf_view(&text), err);
	pf_buf_free(&text);
	return rc < 0 ? pf_wrap(err, "pip's report") : 0;
}

int pf_pip_resolve(struct pf_plan *out, const struct pf_driver *d, const char *requirements,
		   const char *constraints, struct pf_workdir *w, const struct pf_opts *o,
		   struct pf_err *err)
{
	char *report = pf_join(&w->arena, w->path, PF_S("report.json"));
	const char *argv[] = { d->pip_python,
			       "-I",
			       d->pip,
			       "install",
			       "--dry-run",
			       "--ignore-installed",
			       "--progress-bar",
			       "off",
			       "--report",
			       report,
			       "-r",
			       requirements,
			       constraints ? "-c" : NULL,
			       constraints,
			       NULL };

	if (pf_driver_run(NULL, w, argv, pf_driver_environment(&w->arena, d, o),
			  "resolve the model's requirements", err) < 0)
		return -1;
	return read_report(out, report, err);
}

int pf_pip_install(const struct pf_driver *d, const char *into, const char *requirements,
		   bool hashed, struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	/* --ignore-installed: pip itself is seen on its path, and the plan may hold that very
	 * version */
	const char *argv[] = { into,
			       "-I",
			       d->pip,
			       "install",
			       "--no-deps",
			       "--ignore-installed",
			       "--no-compile",
			       "--no-warn-script-location",
			       "--progress-bar",
			       "off",
			       "-r",
			       requirements,
			       hashed ? "--require-hashes" : NULL,
			       NULL };

	return pf_driver_run(NULL, w, argv, pf_driver_environment(&w->arena, d, o),
			     "install the packages", err);
}
