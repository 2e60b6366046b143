/* python.h - an interpreter: found, described, and what it has installed */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "opts.h"
#include "python/installed.h"
#include "python/tags.h"
#include "req/needs.h"

struct pf_python {
	struct pf_arena arena;
	char *exe; /* absolute path of the program, not resolved through a venv's link */
	struct pf_str version;	/* "3.11.7", with rc and the like as sys.version has it */
	int major, minor, micro;
	struct pf_str implementation; /* "cpython" */
	struct pf_str prefix;	/* sys.prefix: a venv's own folder, or the installation's */
	struct pf_str base_prefix;
	struct pf_str base_exe;	/* the installation's program, for making a venv of it */
	struct pf_str platform;	/* sysconfig platform: "linux-x86_64" */
	struct pf_str abiflags, soabi;
	struct pf_str libc;	/* "glibc 2.36" or "musl 1.2"; empty when it is neither */
	struct pf_str lib;	/* "lib/python3.11": a venv made of it has site-packages there */
	/* Folders on sys.path that hold distributions, in order, those that are there:
	 * site-packages (Debian: dist-packages). Of a venv the installation's follow only with
	 * include-system-site-packages = true. The user's own folder ($PYTHONUSERBASE or ~/.local)
	 * where Python would look: outside of venvs, or with that setting; not with
	 * $PYTHONNOUSERSITE. */
	struct pf_strs paths;
	struct pf_strs origins;	/* where else one was looked for: "/usr/bin/python3.11 3.11.2" */
	bool free_threaded;
	bool substitute;	/* another version than was asked for */
	bool venv;		/* prefix has a pyvenv.cfg */
};

void pf_python_free(struct pf_python *p);

/* Describes an interpreter. `exe` is a path, or a name looked up on PATH. What the installation
 * says of itself comes from STORE/pythons/known (keyed by path, device, inode, size, mtime),
 * otherwise from one query of it with -I -S; pyvenv.cfg is read each time. Python 2 is described
 * too. EIO when it cannot be run, ELIMIT when it hangs, EMODEL when it is no Python. `o` may be
 * NULL. */
int pf_python_describe(struct pf_python *out, const char *exe, const struct pf_opts *o,
		       struct pf_err *err) PF_MUST_USE;

/* The interpreter to build a model's environment with, always an installation, never a venv (of a
 * venv found, its base). `version` is "3.11.7", "3.10", "3" or empty (the current one's base).
 * --python decides, whatever its version (another minor: a warning). Otherwise the exact version
 * asked for; else the newest patch of the same minor (a note); else fetched from --python-mirror;
 * else ESOLVE listing what was found. --strict-python refuses any other version. Looked for in the
 * active environment, PATH, pyenv's, uv's, conda's and the system's places, and among those
 * fetched before. Discovered are CPython 3 with a GIL alone. EMODEL: `version` is none. */
int pf_python_find(struct pf_python *out, struct pf_str version, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;

/* The current one: --python, $VIRTUAL_ENV, $CONDA_PREFIX, the first python3 on PATH that is no
 * shim. */
int pf_python_current(struct pf_python *out, const struct pf_opts *o,
		      struct pf_err *err) PF_MUST_USE;
/* The one of an environment's folder (DIR/bin/python). */
int pf_python_in(struct pf_python *out, const char *dir, const struct pf_opts *o,
		 struct pf_err *err) PF_MUST_USE;

/* Sets version, major, minor and micro; what follows the digits of a part is left out. False: it
 * is no version. */
bool pf_python_set_version(struct pf_python *p, struct pf_str version);
/* "3.11" of "3.11.7", which may be no version at all. */
struct pf_str pf_python_minor(struct pf_str version);
/* That of a conda package for this machine, before it is there: enough for markers and tags.
 * EINTEGRITY: it is no version of Python. */
int pf_python_of_conda(struct pf_python *out, struct pf_str version,
		       struct pf_err *err) PF_MUST_USE;

/* Fills PEP 508's environment markers from the description; nothing is run. The texts live in `a`
 * and in `p`. */
void pf_python_markers(struct pf_marker_env *out, struct pf_arena *a, const struct pf_python *p);
/* What its wheel tags are made of; borrows from `p`. */
void pf_python_tag_target(struct pf_tag_target *out, const struct pf_python *p);
