/* lock.h - the front door of locks: an environment's packages by digests, in files */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/plan.h"

/* What a lock is written of. */
struct pf_lock_of {
	const struct pf_plan *plan;
	const struct pf_needs *needs;	/* what it satisfies; NULL: not told */
	const struct pf_python *python;
	const char *model_dir;		/* files beneath it are named relative to it; NULL: none */
};

/* Is "pylock" or the like a format that is written? EUSAGE saying which are. */
int pf_lock_check_format(const char *format, struct pf_err *err) PF_MUST_USE;
/* Appends the lock's text: the same plan gives the same bytes, on any day and in any place. Neither
 * credentials nor paths of this machine are in it. EUSAGE for what the format cannot hold. */
int pf_lock_write(struct pf_buf *out, const char *format, const struct pf_lock_of *what,
		  struct pf_err *err) PF_MUST_USE;
/* Fetches the files of a plan whose digest nobody told, and adds it. */
int pf_lock_learn(struct pf_plan *plan, const struct pf_needs *needs,
		  const struct pf_python *python, const struct pf_opts *o,
		  struct pf_err *err) PF_MUST_USE;

/* A file that holds one: its text, and the folder that its paths are relative to. */
struct pf_lock_text {
	struct pf_arena arena;
	struct pf_buf text;
	const char *path;	/* as it was given */
	const char *base;
};

/* EIO when it cannot be read, ELIMIT. */
int pf_lock_open(struct pf_lock_text *out, const char *path, struct pf_err *err) PF_MUST_USE;
void pf_lock_text_free(struct pf_lock_text *t);

/* Whom a lock is read for. */
struct pf_lock_for {
	const struct pf_needs *needs;	/* that it has to satisfy */
	const char *model_dir;
	const struct pf_python *python;
	const struct pf_opts *o;
	const char *base;		/* the folder that its paths are relative to */
	/* It is the model's own: its addresses are not followed unless `o` allows it. */
	bool stranger;
};

/* A lock's text, of any format that is known, to the plan it comes to for one interpreter.
 * Nothing is resolved and nothing installed; an index is asked for what has a digest and no
 * address. `name` is for messages. EINTEGRITY: malformed, of an unknown version, for another
 * Python or platform, a package without a strong digest, or stale: it does not hold what is
 * needed. ELIMIT, ETRANSFER. */
int pf_lock_read(struct pf_plan *out, struct pf_str text, const char *name,
		 const struct pf_lock_for *whom, struct pf_err *err) PF_MUST_USE;
/* Is it of conda's packages? Then `whom->python` is to tell no more than their platform
 * ("linux-64"), as pf_plan_seal has it of a conda environment. */
bool pf_lock_is_conda(struct pf_str text);
/* "pylock.toml" or "uv.lock" of a model, the first that is there, into `text`; NULL: none. */
const char *pf_lock_carried(struct pf_buf *text, int root);
