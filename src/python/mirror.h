/* mirror.h - a standalone interpreter fetched from a mirror into the store */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"
#include "python/wanted.h"

/* A build on the mirror: cpython-3.8.18+20240107-x86_64-unknown-linux-gnu-install_only.tar.gz */
struct pf_build {
	struct pf_str file;
	struct pf_str sha256;	/* 64 digits, or empty when the mirror does not tell */
	struct pf_python is;	/* its version; borrows from `file` */
	struct pf_str date;
	bool stripped;
};

/* A file's name taken apart; false when it is no build for this machine. Borrows. */
bool pf_build_read(struct pf_build *out, struct pf_str file);

/* Fetches the very version wanted or, without --strict-python, the newest patch of its minor, from
 * o->python_mirror: a directory (a path or file: URL), whose SHA256SUMS is heeded when it is there,
 * or an http(s) URL of one, where it must be. Unpacked into STORE/pythons/NAME-DIGEST, whole or not
 * at all; one that is there already is used. Returns 1 with the program's path in the arena, 0 when
 * the mirror has none, -1. */
int pf_mirror_fetch(char **exe, struct pf_arena *a, const struct pf_wanted *wanted,
		    const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
