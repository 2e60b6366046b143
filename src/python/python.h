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
	char *exe;		/* absolute path of the program, not resolved through a venv's link */
	struct pf_str version;	/* "3.11.7", with rc and the like as sys.version has it */
	int major, minor, micro;
	struct pf_str implementation; /* "cpython" */
	struct pf_str prefix;	/* sys.prefix: a venv's own folder, or the installation's */
	struct pf_str base_prefix;
	struct pf_str base_exe;	/* the installation's program, for making a venv of it */
	struct pf_str platform;	/* sysconfig platform: "linux-x86_64" */
	struct pf_str abiflags, soabi;
	struct pf_str libc;	/* "glibc 2.36" or "musl 1.2" */
	struct pf_strs paths;	/* folders on sys.path that hold distributions, in order */
	struct pf_strs origins;	/* where else one was looked for: "/usr/bin/python3.11 3.11.2" */
	bool free_threaded;
	bool substitute;	/* another patch version than was asked for */
};

void pf_python_free(struct pf_python *p);

/* Describes an interpreter: from files where that is certain (pyvenv.cfg, conda-meta, the cache of
 * earlier queries keyed by path, inode, size, mtime), otherwise by one query of it with -I -S.
 * EIO when it cannot be run, EMODEL when it is no Python. */
int pf_python_describe(struct pf_python *out, const char *exe, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* The interpreter for a model: the exact version asked for, else the newest patch of the same
 * minor (a note), else fetched from --python-mirror, else ESOLVE listing what was found. */
int pf_python_find(struct pf_python *out, struct pf_str version, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* The current one: --python, $VIRTUAL_ENV, $CONDA_PREFIX, the first python3 on PATH that is no shim. */
int pf_python_current(struct pf_python *out, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
/* The one of an environment's folder (DIR/bin/python). */
int pf_python_in(struct pf_python *out, const char *dir, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* Fills PEP 508's environment markers from the description; nothing is run. */
void pf_python_markers(struct pf_marker_env *out, const struct pf_python *p);
