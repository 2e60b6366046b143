/* reqfile.h - requirements and constraints files, read as pip reads them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/needs.h"

/* Reads the file `path` below the descriptor `root` (the model's directory) and appends what it
 * says to needs->pip, needs->asked, needs->wish and needs->require_hashes. Files it includes are
 * read too as long as they lie beneath the root; an include that leaves it is noted as
 * PF_ASKED_INCLUDE. Nothing is judged: what a stranger may not ask is only noted in `asked`.
 * ${VAR} and ~ are noted, never expanded. Views live in the arena. Errors: EMODEL
 * "FILE, line N: what", ELIMIT, EIO. */
int pf_reqfile_read(struct pf_needs *needs, struct pf_arena *a, int root, const char *path,
		    bool constraint, struct pf_err *err) PF_MUST_USE;

/* The same for text that is at hand; `file` names it in errors and is what its includes are
 * relative to. */
int pf_reqfile_read_text(struct pf_needs *needs, struct pf_arena *a, int root, struct pf_str text,
			 struct pf_str file, bool constraint, struct pf_err *err) PF_MUST_USE;

/* One entry of a conda file's pip section: what one line of a requirements file may say, "-r FILE"
 * and "-c FILE" included. */
int pf_req_line(struct pf_needs *needs, struct pf_arena *a, struct pf_str line, struct pf_str file,
		unsigned number, int root, struct pf_err *err) PF_MUST_USE;

/* How somebody who trusts the file reads it. */
struct pf_reqfile_how {
	const char *(*variable)(const char *name, void *ctx); /* ${VAR}'s value; NULL: not known */
	/* A requirement that cannot be read: kept with parsed false, and told here. */
	void (*invalid)(const struct pf_need *need, const struct pf_err *why, void *ctx);
	void *ctx;
};

int pf_reqfile_read_how(struct pf_needs *needs, struct pf_arena *a, int root, const char *path,
			const struct pf_reqfile_how *how, struct pf_err *err) PF_MUST_USE;
