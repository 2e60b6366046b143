/* artifact.h - what a model's files would import, read without loading them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

struct pf_named {
	struct pf_str module;	/* "sklearn.linear_model._logistic" */
	struct pf_str name;	/* "LogisticRegression" */
	struct pf_str file;	/* which artifact, relative to the model */
	bool runs_code;		/* os.system, builtins.eval and the like */
};

struct pf_artifact {
	struct pf_arena arena;
	PF_VEC(struct pf_named) names;	/* without repetition, in order of appearance */
	struct pf_strs unread;		/* files that could not be understood, with the reason */
	struct pf_strs read;		/* files that were */
	int pickle_protocol;		/* the highest seen, -1 for none */
	bool cloudpickled_code;		/* holds functions or classes by value: bound to one Python minor */
};

void pf_artifact_free(struct pf_artifact *a);
/* Reads one artifact below the model's root (a pickle of protocol 0-5; joblib; the same inside
 * gzip, zlib, bz2, xz/lzma, zip; torch's zip; a skops file's schema). Unknown formats go to `unread`. */
int pf_artifact_read(struct pf_artifact *a, int root, const char *path, struct pf_err *err) PF_MUST_USE;
