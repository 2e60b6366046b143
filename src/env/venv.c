/* venv.c - a virtual environment (PEP 405) in a handful of system calls */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/venv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"

char *pf_venv_site(struct pf_arena *a, const struct pf_python *python)
{
	return pf_formatz(a, "lib/python%d.%d%s/site-packages", python->major, python->minor,
			  python->free_threaded ? "t" : "");
}

static int make_links(int dir, struct pf_arena *a, const struct pf_python *python,
		      struct pf_err *err)
{
	char *versioned = pf_formatz(a, "bin/python%d.%d", python->major, python->minor);

	if (symlinkat(pf_dupz(a, python->base_exe), dir, "bin/python") < 0 ||
	    symlinkat("python", dir, "bin/python3") < 0 ||
	    symlinkat("python", dir, versioned) < 0 ||
	    (sizeof(void *) == 8 && symlinkat("lib", dir, "lib64") < 0))
		return pf_fail_errno(err, "cannot make a virtual environment");
	return 0;
}

/* For everybody to read, whatever the umask. */
static int open_folders(int dir, char *site, struct pf_err *err)
{
	if (fchmod(dir, 0755) < 0 || fchmodat(dir, "bin", 0755, 0) < 0 ||
	    fchmodat(dir, site, 0755, 0) < 0)
		return pf_fail_errno(err, "cannot make a virtual environment");
	for (char *slash = site; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (fchmodat(dir, site, 0755, 0) < 0)
			return pf_fail_errno(err, "cannot protect %s", site);
	}
	return 0;
}

/* `home` is what the interpreter itself reads; the rest is for the tools that look here. */
static int write_cfg(int dir, struct pf_arena *a, const struct pf_python *p, struct pf_err *err)
{
	struct pf_str exe = p->base_exe;
	struct pf_str home = pf_str_cut(exe, 0, pf_str_rfind(exe, '/'));
	struct pf_str text = pf_format(a,
				       "home = " PF_FMT "\n"
				       "implementation = %s\n"
				       "version_info = " PF_FMT "\n"
				       "version = " PF_FMT "\n"
				       "include-system-site-packages = false\n"
				       "executable = " PF_FMT "\n",
				       PF_ARG(home),
				       pf_str_is(p->implementation, "cpython") ? "CPython" : "PyPy",
				       PF_ARG(p->version), PF_ARG(p->version), PF_ARG(exe));

	if (pf_str_find(exe, '\n') != PF_NPOS)
		return pf_fail(err, PF_EIO, "the interpreter's path holds a line end");
	return pf_write_atomic(dir, "pyvenv.cfg", text, 0644, err);
}

int pf_venv_make(const char *dir, const struct pf_python *python, struct pf_err *err)
{
	struct pf_arena a = { 0 };
	PF_FD(fd) = -1;
	int rc;

	if (!python->base_exe.n)
		return pf_fail(err, PF_EBUG, "%s has no installation", python->exe);
	rc = pf_mkdir_p(pf_formatz(&a, "%s/%s", dir, pf_venv_site(&a, python)), 0755, err);
	if (rc == 0)
		rc = pf_mkdir_p(pf_formatz(&a, "%s/bin", dir), 0755, err);
	if (rc == 0) {
		fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		rc = fd < 0 ? pf_fail_errno(err, "cannot open %s", dir) : 0;
	}
	if (rc == 0)
		rc = open_folders(fd, pf_venv_site(&a, python), err);
	if (rc == 0)
		rc = make_links(fd, &a, python, err);
	if (rc == 0)
		rc = write_cfg(fd, &a, python, err);
	pf_arena_free(&a);
	return rc;
}
