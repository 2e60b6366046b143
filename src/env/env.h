/* env.h - environments: looked up by the hash of their plan, or built aside and renamed */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "opts.h"
#include "python/python.h"
#include "solve/solve.h"

#define PF_ENV_LOCK "pylock.toml" /* of its packages, in each environment */
#define PF_ENV_CONDA_LOCK "conda-lock.yml" /* in its place, where packages of conda are among them */
/* Of conda packages: what their activation came to, {"path":"/x/y","set":{"NAME":"value"}}. */
#define PF_ENV_ACTIVATION "activation.json"
/* What shells show in brackets of an environment that is active. */
#define PF_ENV_PROMPT "pyfunc-env"
/* What conda's activation tells of itself, beside the prefix: that one environment is active, and
 * what stands in front of the prompt, by which conda knows it again. CONDA_EXE, CONDA_PYTHON_EXE
 * and _CE_* tell of a conda program, of which there is none. */
#define PF_CONDA_SHLVL "1"
#define PF_CONDA_PROMPT_MODIFIER "(" PF_ENV_PROMPT ") "
/* The value by which conda, in its own files of variables, says that one is not set. */
#define PF_CONDA_UNSET "***unset***"

struct pf_env {
	struct pf_arena arena;
	char *dir;		/* STORE/envs/KEY; NULL for the local interpreter */
	char *python;		/* its interpreter's path */
	struct pf_str imports;	/* the list of its modules (import_list.h), or empty */
	bool fresh;		/* made just now */
};

void pf_env_free(struct pf_env *e);

/* The quick way: needs + interpreter + manager were seen before (STORE/locks/<hash>) and the
 * environment is there: no resolver runs. An environment that is gone is made again from what was
 * recorded. Returns 1 found, 0 not, -1 err. Under 5 ms when it is there.
 *
 * Where it is not found, one resolver at a time for the same needs: *lock is to be kept open until
 * pf_env_get is done, -1 where there is nothing to lock (what the needs come to is not recorded).
 * When it had to be waited for, the answer may be recorded by then: it is looked for again. */
int pf_env_recall(struct pf_env *out, int *lock, const struct pf_needs *needs,
		  const struct pf_python *python, const struct pf_opts *o,
		  struct pf_err *err) PF_MUST_USE;
/* Looks the plan's key up; else takes the key's lock, builds in STORE/tmp, verifies, renames.
 * Records the needs' lock beside it; `needs` may be NULL (a plan from a file). */
int pf_env_get(struct pf_env *out, const struct pf_needs *needs, const struct pf_plan *plan,
	       const struct pf_python *python, const struct pf_opts *o,
	       struct pf_err *err) PF_MUST_USE;

/* The plan that is recorded for these needs: 1, or 0 when there is none that can be carried out. */
int pf_env_recorded(struct pf_plan *out, const struct pf_needs *needs,
		    const struct pf_python *python, const struct pf_opts *o);

/* A descriptor to keep open while the environment is in use: gc and rm leave it alone so long
 * (a shared lock of the kernel). Close-on-exec; clear that for a program that replaces us. EIO and
 * `*gone` when the environment has been removed since it was found, or is just being removed. */
int pf_env_hold(const struct pf_env *e, bool *gone, struct pf_err *err) PF_MUST_USE;

/* ---- the store as a whole: each appends what its command prints, as text or as one JSON object
 * ---- */

int pf_store_list(struct pf_buf *out, const struct pf_opts *o, bool json,
		  struct pf_err *err) PF_MUST_USE;
/* `key` may be cut short as long as it fits one environment. */
int pf_store_show(struct pf_buf *out, const char *key, const struct pf_opts *o, bool json,
		  struct pf_err *err) PF_MUST_USE;
/* EIO when it is in use. */
int pf_store_remove(struct pf_buf *out, const char *key, const struct pf_opts *o, bool json,
		    struct pf_err *err) PF_MUST_USE;
/* Removes environments whose interpreter is gone, and, with days >= 0, those not used for so long,
 * never one that is in use; then what pf_store_cache_prune does. `dry` only tells. */
int pf_store_gc(struct pf_buf *out, int days, bool dry, const struct pf_opts *o, bool json,
		struct pf_err *err) PF_MUST_USE;
/* Compares every file with the manifest; `key` NULL: of all environments. Returns 0 with what it
 * found in `out` and in *broken how many environments are damaged. */
int pf_store_verify(struct pf_buf *out, size_t *broken, const char *key, const struct pf_opts *o,
		    bool json, struct pf_err *err) PF_MUST_USE;

/* ---- its cache; the same manner ---- */

int pf_store_cache_dir(struct pf_buf *out, const struct pf_opts *o, bool json,
		       struct pf_err *err) PF_MUST_USE;
/* By kind; a file of several names counts once, where it is first of the order in cache.c. */
int pf_store_cache_size(struct pf_buf *out, const struct pf_opts *o, bool json,
			struct pf_err *err) PF_MUST_USE;
/* Removes leftovers of killed processes and old logs; wheels that no environment is made of,
 * records of what was built and pages of indexes, where they were not used for so many days, with
 * days < 0 for 30. `dry` only tells. */
int pf_store_cache_prune(struct pf_buf *out, int days, bool dry, const struct pf_opts *o,
			 bool json, struct pf_err *err) PF_MUST_USE;
/* Removes all of these whatever their age, or, of these projects, the wheels and what was built;
 * not what an environment has links into by name. Neither removes, beside a build under way, what
 * was used within a day. */
int pf_store_cache_clean(struct pf_buf *out, const struct pf_strs *names, bool dry,
			 const struct pf_opts *o, bool json, struct pf_err *err) PF_MUST_USE;
