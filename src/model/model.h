/* model.h - a model's directory read into what it says */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "data/signature.h"
#include "req/needs.h"

/* All views live in the arena. */
struct pf_model {
	struct pf_arena arena;
	char *dir;		/* absolute path of the model's root, links resolved */
	int root;		/* descriptor of it, once `opened` */
	bool opened;

	const struct pf_node *mlmodel;	/* the whole MLmodel, unknown keys kept */
	const struct pf_node *pyfunc;	/* its python_function flavor (or the root of a flat one) */
	bool flat;			/* the first releases' layout, without flavors: */

	/* Of the flavor. Paths are relative to the root and were checked to stay inside it. */
	struct pf_str loader_module;
	struct pf_str data;		/* empty: the root itself is passed to the loader */
	struct pf_str code;		/* empty: none */
	struct pf_str model_path;
	struct pf_str python_model;
	struct pf_str predict_fn;	/* the method to call; empty: predict */
	struct pf_str predict_stream_fn; /* the one that streams; empty: predict_stream */
	struct pf_str python_version;	/* of MLmodel */
	struct pf_str conda_file;	/* as `env` names it; empty when it names none */
	struct pf_str python_env_file;
	const struct pf_node *config;	/* a non-empty map, or NULL */

	struct pf_signature signature;
	struct pf_needs needs;
	struct pf_strs notes;		/* what a reader should know: which files disagree, ... */
};

/* Reads MLmodel, the environment files and the signature of the directory. Nothing is written,
 * nothing blocks. Errors: EMODEL with the file and place, ELIMIT, EIO. */
int pf_model_load(struct pf_model *out, const char *dir, struct pf_err *err) PF_MUST_USE;
void pf_model_free(struct pf_model *m);

/* The user's channels (--channel) in place of the model's. */
void pf_model_set_channels(struct pf_model *m, const struct pf_strs *channels);
/* The policy for a stranger's files: EMODEL for the first thing in needs.asked that may not be
 * asked where an environment is to be built, and for a digest that is missing where others are
 * given; ESOLVE for two exact versions of one distribution. `allow_index` and `allow_urls` are the
 * user's flags. */
int pf_model_allow(const struct pf_model *m, bool allow_index, bool allow_urls,
		   struct pf_err *err) PF_MUST_USE;

/* What `deps` prints (MLflow's get_model_dependencies): the text of requirements.txt or, in its
 * absence, of the conda file's pip section; the conda file's text. Appended to `out` exactly as
 * MLflow writes it. MLflow's own notes, which conda dependencies were left out, go to m->notes. */
int pf_model_deps_pip(struct pf_buf *out, struct pf_model *m, struct pf_err *err) PF_MUST_USE;
int pf_model_deps_conda(struct pf_buf *out, struct pf_model *m, struct pf_err *err) PF_MUST_USE;
/* The same as one JSON object and a newline: schema, kind, python, python_file, pip, constraints,
 * conda, channels, build_dependencies, notes. */
int pf_model_deps_json(struct pf_buf *out, struct pf_model *m, struct pf_err *err) PF_MUST_USE;
/* Adds a note for each of needs.asked, for commands that print needs and build nothing; the
 * pf_model_deps_* do it themselves. */
void pf_model_note_asked(struct pf_model *m);
