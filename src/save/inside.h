/* inside.h - what the files of this folder share: one model while it is being written */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "base/staged.h"
#include "python/python.h"
#include "save/save.h"

#define PF_SAVE_CONDA "conda.yaml"
#define PF_SAVE_PYTHON_ENV "python_env.yaml"
#define PF_SAVE_REQUIREMENTS "requirements.txt"
#define PF_SAVE_CONSTRAINTS "constraints.txt"

/* What an environment is described by. Versions are empty where there is none. */
struct pf_save_facts {
	struct pf_str python;		/* "3.11.7" */
	struct pf_str pip, mlflow, cloudpickle;
	struct pf_strs build;		/* of python_env.yaml: "pip==23.2.1", "setuptools", ... */
};

/* The interpreter whose environment a model gets. */
struct pf_save_here {
	struct pf_python python;
	struct pf_dists installed;
};
void pf_save_here_free(struct pf_save_here *h);
/* The current one, and what there is of it to be written; `version` (NULL: its own) is Python's
 * then. */
int pf_save_facts_read(struct pf_save_facts *out, struct pf_save_here *here, struct pf_arena *a,
		       const char *version, const struct pf_opts *o,
		       struct pf_err *err) PF_MUST_USE;

/* Requirements as MLflow reads them: comments taken off, lines joined, -r and -c followed. */
struct pf_save_reqs {
	struct pf_strs requirements, constraints;
};
/* Lines of the command line, of a list in a conda file. A file that one names is looked for in the
 * working directory, one that such a file names beside that. */
int pf_save_reqs_read(struct pf_save_reqs *out, struct pf_arena *a, const struct pf_strs *lines,
		      struct pf_err *err) PF_MUST_USE;
/* Is one of them MLflow, by whatever name or address? */
bool pf_save_reqs_have_mlflow(const struct pf_strs *reqs, struct pf_arena *a);
/* Puts mlflow==VERSION in front where none is. */
void pf_save_reqs_mlflow(struct pf_strs *reqs, struct pf_arena *a, struct pf_str version);
/* One of each name and marker: extras and specifiers of several are put together, in the form that
 * packaging prints. EUSAGE in MLflow's words for two that no version fits. */
int pf_save_reqs_merge(struct pf_strs *reqs, struct pf_arena *a, struct pf_err *err) PF_MUST_USE;

/* A model on its way. */
struct pf_saving {
	struct pf_arena arena;
	const struct pf_save *s;
	struct pf_save_facts facts;
	struct pf_save_here here;
	struct pf_staged place;
	struct pf_node mlmodel;		/* its map */
	const char *conda_file, *python_env_file; /* below the model's root */
	const struct pf_node *conda;	/* of a copy: what its conda file said, or NULL */
	uint64_t size;			/* bytes of data and examples: model_size_bytes */
};

/* Copies a file or folder into the folder `into` of the model ("": the model's own), under its name
 * or another; its path there goes to *out. Links within a folder are followed, __pycache__ is left
 * out. */
int pf_save_copy_as(struct pf_str *out, struct pf_saving *w, const char *into, struct pf_str name,
		    const char *from, struct pf_err *err) PF_MUST_USE;
int pf_save_copy(struct pf_str *out, struct pf_saving *w, const char *into, const char *from,
		 struct pf_err *err) PF_MUST_USE;
/* All of a model's folder, but for its __pycache__. */
int pf_save_copy_all(struct pf_saving *w, const char *from, struct pf_err *err) PF_MUST_USE;
/* Writes a file of the model, in the place of what was copied. EMODEL: the path climbs. */
int pf_save_file(struct pf_saving *w, const char *name, struct pf_str text,
		 struct pf_err *err) PF_MUST_USE;
int pf_save_yaml(struct pf_saving *w, const char *name, const struct pf_node *n, bool sorted,
		 struct pf_err *err) PF_MUST_USE;

/* A file of JSON, or of YAML, that the user names; `what` is its option. */
int pf_save_read_json(struct pf_node **out, struct pf_arena *a, const char *what, const char *path,
		      struct pf_err *err) PF_MUST_USE;
int pf_save_read_yaml(struct pf_node **out, struct pf_arena *a, const char *what, const char *path,
		      struct pf_err *err) PF_MUST_USE;
/* The map of --model-config, as it goes into MLmodel. */
int pf_save_read_config(struct pf_node *out, struct pf_arena *a, const char *path,
			struct pf_err *err) PF_MUST_USE;

/* conda.yaml, requirements.txt, constraints.txt and python_env.yaml by the options for the
 * environment; `defaults` stand where no requirements are given, or extra ones. */
int pf_save_environment(struct pf_saving *w, const struct pf_save_reqs *defaults,
			struct pf_err *err) PF_MUST_USE;
/* Are the requirements given as a whole, so that there are no defaults? */
bool pf_save_has_requirements(const struct pf_save *s);
/* The signature as MLmodel has it: three texts of JSON, spelled as MLflow does. */
int pf_save_signature(struct pf_saving *w, struct pf_err *err) PF_MUST_USE;
/* input_example.json, serving_input_example.json and what MLmodel says of them; checked against the
 * signature, which is there first. */
int pf_save_example(struct pf_saving *w, struct pf_err *err) PF_MUST_USE;

/* The keys of MLmodel that any new model has; and another uuid. */
int pf_save_begin(struct pf_saving *w, struct pf_err *err) PF_MUST_USE;
int pf_save_uuid(struct pf_saving *w, struct pf_err *err) PF_MUST_USE;
/* A flavor's `env`: the paths that are given (NULL: not). */
struct pf_node pf_save_env_map(struct pf_arena *a, const char *conda, const char *python_env);
/* Copies data, or the PythonModel and its artifacts, and adds the flavor to MLmodel. */
int pf_save_flavor(struct pf_saving *w, struct pf_err *err) PF_MUST_USE;
/* The pickled PythonModel, compressed or not, and the flavor's keys of it. */
int pf_save_pickle(struct pf_node *flavor, struct pf_saving *w, struct pf_err *err) PF_MUST_USE;
/* MLflow's module that loads pickles of this kind (NULL: any PythonModel); NULL: there is none. */
const char *pf_save_class_loader(const char *kind);
/* One of the two workflows, and one alone, in MLflow's words. */
int pf_save_check_workflow(const struct pf_save *s, struct pf_err *err) PF_MUST_USE;
/* A loader is what Python can import. */
int pf_save_check_loader(const char *loader_module, struct pf_err *err) PF_MUST_USE;
