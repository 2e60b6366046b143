/* save.h - model directories written: a new one, a changed copy, an added flavor */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "opts.h"

/* A file or folder that a PythonModel finds by its name. */
struct pf_save_artifact {
	const char *name;
	const char *uri;  /* as the user gave it; it is written down */
	const char *path; /* where it is now */
	struct pf_str as; /* its name in the model */
};

/* What MLflow's save_model is told, by its names. NULL and empty lists: not given; items of lists
 * are NUL-terminated. Files are read, and nothing of the model is run. */
struct pf_save {
	const char *path;	   /* the folder to be made */
	const char *loader_module; /* imported to load the model, as _load_pyfunc(data) */
	const char *data_path;	   /* a file or a folder */
	const char *python_model;  /* a PythonModel as cloudpickle wrote it, compressed or not */
	const char *model_kind;	   /* its class, where MLflow has a loader of its own for it */
	const char *model_code;	   /* or the Python file that makes it (set_model) */
	PF_VEC(struct pf_save_artifact) artifacts;
	struct pf_strs code_paths; /* files and folders */
	const char *conda_env;	   /* a file */
	const char *pip_requirements_file;
	struct pf_strs pip_requirements; /* lines, after those of the file */
	struct pf_strs extra_pip_requirements;
	const char *signature;	   /* a JSON file: inputs, outputs, params */
	const char *input_example; /* a JSON or CSV file */
	const char *metadata;	   /* a JSON file: an object */
	const char *model_config;  /* a YAML or JSON file: a map */
	bool streamable;
	const char *python_version; /* instead of the interpreter's */
	const char *model; /* a model's folder to be copied, in place of loader, data and code */
	const char *mlmodel; /* a JSON file: keys that MLmodel begins with; flavors are kept */
	/* Called when all is written, before it is put into place: `dir` is the folder by then. */
	int (*finish)(void *ctx, const char *dir, struct pf_err *err);
	void *ctx;
};

/* Either a loader module and its data, or a PythonModel and its artifacts.
 * Writes the folder s->path as MLflow 3's save_model writes it, byte for byte but for model_uuid
 * and utc_time_created: MLmodel, conda.yaml, python_env.yaml, requirements.txt, constraints.txt,
 * data, code, python_model.pkl, artifacts, input examples. The environment is that of the current
 * interpreter (o->python, pf_python_current): its Python, pip, setuptools, wheel, mlflow and
 * cloudpickle, and of what else it has that which the model's files name (pf_used_find), unless the
 * user says what is needed.
 * A copy keeps what the model says of Python and of its packages where nothing else is asked for,
 * its time and its files, and gets a model_uuid of its own.
 * The folder appears whole or not at all. EUSAGE: arguments that exclude one another and a path
 * that is not empty, in MLflow's words; EMODEL: a file that is not what it should be, a link that
 * leaves its folder, a device; EIO, ELIMIT. */
int pf_save_model(const struct pf_save *s, const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* What MLflow's pyfunc.add_to_model is told. Paths are relative to the model's root. */
struct pf_save_flavor {
	const char *mlmodel;	   /* the file, or the folder it is in */
	const char *loader_module;
	const char *data;
	const char *code;
	const char *conda_env;
	const char *python_env;
	const char *model_config;  /* a YAML or JSON file: a map */
	const char *python_version;
	struct pf_strs more;	   /* further keys: KEY=VALUE, a value as YAML has it */
	struct pf_buf *json;	   /* NULL, or what the flavor is appended to as JSON */
};

/* Adds the python_function flavor to a file, or replaces it; the file is replaced whole. Its other
 * keys are kept as pf_yaml_write does. EUSAGE: a path that leaves the model, a key twice; EMODEL:
 * a file that is no MLmodel; EIO. */
int pf_save_add(const struct pf_save_flavor *f, const struct pf_opts *o,
		struct pf_err *err) PF_MUST_USE;

/* The name that a file or folder is copied under: os.path.basename(os.path.abspath(path)). */
int pf_save_name_of(struct pf_str *out, struct pf_arena *a, const char *path,
		    struct pf_err *err) PF_MUST_USE;
