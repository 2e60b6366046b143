/* parts.h - what the files of this folder share: one model while it is being read */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "model/model.h"

#define PF_REQUIREMENTS_FILE "requirements.txt"

/* Reads MLmodel, already parsed into m->mlmodel, into the fields of `m`. */
int pf_mlmodel_read(struct pf_model *m, struct pf_err *err) PF_MUST_USE;
/* What MLmodel records beside all that: m->needs.facts and m->needs.saved. */
void pf_facts_read(struct pf_model *m);
/* Reads the environment files into m->needs. */
int pf_envfiles_read(struct pf_model *m, struct pf_err *err) PF_MUST_USE;

/* A text file of the model, never from outside its root. */
int pf_model_text(struct pf_buf *out, const struct pf_model *m, const char *path,
		  struct pf_err *err) PF_MUST_USE;
int pf_model_yaml(const struct pf_node **out, struct pf_model *m, const char *path,
		  struct pf_err *err) PF_MUST_USE;
/* Refuses a path that leaves the root, through a link or by itself. What is not there is fine:
 * *there is false then; `there` may be NULL. `what` names the path in errors. */
int pf_model_inside(const struct pf_model *m, bool *there, const char *what, struct pf_str path,
		    struct pf_err *err) PF_MUST_USE;
void pf_model_note(struct pf_model *m, const char *fmt, ...) PF_PRINTF(2, 3);
/* A plain version of Python: "3.11.7", "3.10", "3.13.0rc1", "3.9.2+". */
bool pf_model_is_python(struct pf_str text);

/* What conda.yaml says. */
struct pf_conda_file {
	const char *path;
	struct pf_strs specs;		/* less python */
	struct pf_match_specs matches;	/* the same, read */
	struct pf_strs channels;
	struct pf_str python_spec;	/* as written: "python>=3.8" */
	uint32_t python_line;
	struct pf_str python;		/* exact version it names, or empty */
	struct pf_condaver_spec python_range;	/* ">=3.8" when it is none */
	const struct pf_node *pip;	/* a list, or NULL */
};
int pf_conda_file_read(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *doc,
		       const char *path, struct pf_err *err) PF_MUST_USE;
