/* artifact.h - what a model's files would import, read without loading them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "check/imports.h"

struct pf_named {
	struct pf_str module;	/* "sklearn.linear_model._logistic" */
	struct pf_str name;	/* "LogisticRegression"; empty: the module itself is imported */
	struct pf_str file;	/* which artifact, relative to the model */
	bool runs_code;		/* os.system, builtins.eval and the like */
};

/* An import statement in the model's own code. */
struct pf_code_import {
	struct pf_imported what;
	struct pf_str file;
};

struct pf_artifact {
	struct pf_arena arena;
	PF_VEC(struct pf_named) names;	/* without repetition, in order of appearance */
	struct pf_strs unread;		/* files that could not be understood, with the reason */
	/* 0: none of them; EDIFF: their kind is not one that is read; else the code of the first
	 * that is damaged, closed to us or too big */
	int trouble;
	struct pf_strs read;		/* files that were */
	PF_VEC(struct pf_code_import) imports;	/* in order of appearance */
	struct pf_strs code;		/* sources that were read */
	struct pf_str hidden;		/* code that may import more than it says, or empty */
	int pickle_protocol;		/* the highest seen, -1 for none */
	struct pf_str protocol_file;	/* where */
	bool cloudpickled_code; /* holds functions or classes by value: bound to one Python minor */
	struct pf_str cloudpickled_file;
	struct pf_map seen;		/* names, and files: what was there before */
};

#define PF_ARTIFACT_INIT { .pickle_protocol = -1 }

void pf_artifact_free(struct pf_artifact *a);
/* Reads one artifact below the model's root, a folder's files each (pickles of protocol 0-5;
 * joblib; the same inside gzip, zlib, bz2, xz/lzma, lz4, zip; torch's zip; numpy's files; a skops
 * file's schema). What is not understood, damaged or too big goes to `unread`, and what was found
 * until then to `names`: fails only when the path leaves the root. */
int pf_artifact_read(struct pf_artifact *a, int root, const char *path,
		     struct pf_err *err) PF_MUST_USE;
/* Reads whatever below the root looks like one of the above, by its first bytes or suffix, and
 * was not read before; other files are passed over. */
void pf_artifact_read_rest(struct pf_artifact *a, int root);

/* Reads a model's own code for its imports: the *.py of a folder, or one file. Those of modules
 * that lie in `own`, the folder that Python will look in first (empty: none), do not count. */
void pf_artifact_read_code(struct pf_artifact *a, int root, struct pf_str own, struct pf_str path);
/* Is there a module of this name in that folder? `top`: before the first dot. */
bool pf_module_is_own(int root, struct pf_str own, struct pf_str top);

/* Does calling it run code, or reach anything else? A "no" promises nothing. */
bool pf_name_runs_code(struct pf_str module, struct pf_str name);
