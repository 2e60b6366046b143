/* pyfunc_env.h - the library: open a model, compare, prepare its environment, predict */
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PYFUNC_ENV_H
#define PYFUNC_ENV_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Calls that may fail return 0, or -1 with *err filled (err may be NULL) and their results
 * untouched. A handle is for one thread at a time; different handles are independent of one
 * another. The library prints nothing unless pyfunc_env_set_log asks for it; what a model's own
 * code prints goes to stderr. When memory runs out the process ends: see
 * pyfunc_env_set_oom_handler. */

/* The same numbers as the program's exit statuses. */
enum pyfunc_env_code {
	PYFUNC_ENV_OK = 0,
	PYFUNC_ENV_EDIFF = 1,	   /* a negative answer */
	PYFUNC_ENV_EUSAGE = 2,	   /* a wrong option or URI */
	PYFUNC_ENV_EMODEL = 3,	   /* malformed model, environment file or input */
	PYFUNC_ENV_ETRANSFER = 4,  /* a transfer failed */
	PYFUNC_ENV_EINTEGRITY = 5, /* a digest or an archive is not what it should be */
	PYFUNC_ENV_ESOLVE = 6,	   /* no interpreter or no packages fit */
	PYFUNC_ENV_EIO = 7,	   /* local input and output, locks, space, permission */
	PYFUNC_ENV_ECODE = 8,	   /* the model's code failed */
	PYFUNC_ENV_ELIMIT = 9,	   /* a limit or a time-out */
	PYFUNC_ENV_EBUG = 70	   /* a bug in this library */
};

struct pyfunc_env_error {
	int code;
	char message[1500]; /* one sentence, UTF-8; escape it to show it: it may quote the model */
	char hint[500];	    /* what to do about it; may be empty */
};

/* Zeroed is the default, but for `size`, which is sizeof(struct pyfunc_env_options). Strings are
 * copied. What each means is in the manual of the program, under the option of that name. */
struct pyfunc_env_options {
	size_t size;
	const char *store;
	const char *python;
	const char *python_mirror;
	const char *env_manager; /* "auto" or "venv", "uv", "virtualenv", "local" */
	int strict_python;
	int offline;
	int refresh;
	int repair;
	int no_bytecode;
	int allow_model_index;
	int allow_urls;
	int no_build;
	int lenient_record;
	const char *as_of;     /* "model", "now" or a day, "2022-03-17" */
	const char *lock;      /* a file to install from; nothing is resolved */
	const char *link_mode; /* "hardlink", "clone", "copy", "symlink" */
};

const char *pyfunc_env_version(void);
/* Called when memory runs out; it must not return. Without one: a line on stderr, then abort(). */
void pyfunc_env_set_oom_handler(void (*handler)(void));
/* What the library tells on stderr: 0 nothing (the default), 1 warnings, 2 notes too, 3 all. */
void pyfunc_env_set_log(int level);
/* Frees a text that one of the calls below made. NULL is fine. */
void pyfunc_env_free(char *text);

/* ---- a model ---- */

struct pyfunc_env_model;

/* Reads a model's directory, given as a path or a file: URI. Nothing is written or run. */
int pyfunc_env_open(struct pyfunc_env_model **out, const char *uri, struct pyfunc_env_error *err);
void pyfunc_env_close(struct pyfunc_env_model *model);
/* The Python version it asks for; "" when nothing says. Lives as long as the model. */
const char *pyfunc_env_python_version(const struct pyfunc_env_model *model);
/* Its requirements as the text of a requirements file. */
int pyfunc_env_requirements(char **out, struct pyfunc_env_model *model,
			    struct pyfunc_env_error *err);

/* ---- the model against an interpreter ---- */

enum pyfunc_env_severity {
	PYFUNC_ENV_NONE,
	PYFUNC_ENV_NOISE,
	PYFUNC_ENV_UNKNOWN,
	PYFUNC_ENV_POSSIBLE,
	PYFUNC_ENV_LIKELY,
	PYFUNC_ENV_FATAL
};

/* Compares with options->python, else with the current interpreter (see pyfunc-env-diff(1)).
 * `verdict` gets the gravest difference, `report` the JSON object of `pyfunc-env diff --json`;
 * either may be NULL. That there are differences is no failure. */
int pyfunc_env_compare(enum pyfunc_env_severity *verdict, char **report,
		       struct pyfunc_env_model *model, const struct pyfunc_env_options *options,
		       struct pyfunc_env_error *err);

/* ---- the model's packages ---- */

/* Every package that the model's environment would have, with its digest: what `pyfunc-env lock`
 * writes. `format` is "pylock", "requirements" or "json"; NULL is the first. Packages are resolved
 * anew, and no environment is made. options may be NULL; lock does not count, nor by whom the
 * environment of env_manager would be made. */
int pyfunc_env_lock(char **out, const struct pyfunc_env_model *model, const char *format,
		    const struct pyfunc_env_options *options, struct pyfunc_env_error *err);

/* ---- the model in its environment ---- */

struct pyfunc_env_job;

/* Makes the environment, or finds it: what `pyfunc-env create` does. options may be NULL. */
int pyfunc_env_prepare(struct pyfunc_env_job **out, const struct pyfunc_env_model *model,
		       const struct pyfunc_env_options *options, struct pyfunc_env_error *err);
/* Ends the model's process, if one was started. The environment stays in the store. */
void pyfunc_env_job_free(struct pyfunc_env_job *job);
/* The environment's interpreter. Lives as long as the job. */
const char *pyfunc_env_python(const struct pyfunc_env_job *job);

/* Predicts. `request` is `size` bytes of `format` ("json", "csv", "parquet", "npy", "npz");
 * `answer` gets the JSON object {"predictions": ...}. The first call starts a process that loads
 * the model, which serves the later ones too; after a failure the next call starts another.
 * `seconds` limits the call; 0: no limit. */
int pyfunc_env_predict(char **answer, struct pyfunc_env_job *job, const char *request, size_t size,
		       const char *format, double seconds, struct pyfunc_env_error *err);

/* ---- models written ---- */

/* Zeroed but for `size` and what is needed. Lists are NULL-terminated; NULL is an empty one. What
 * each means is in the manual of `pyfunc-env save`, under the option of that name; files are given
 * by their paths. */
struct pyfunc_env_save_options {
	size_t size;	  /* sizeof(struct pyfunc_env_save_options) */
	const char *path; /* the folder to write: not there, or empty */
	const char *loader_module;
	const char *data_path;
	const char *const *code_paths;
	const char *conda_env;
	const char *const *pip_requirements; /* "-r FILE" and "-c FILE" read files */
	const char *const *extra_pip_requirements;
	const char *signature;
	const char *input_example;
	const char *metadata;
	const char *model_config;
	int streamable;
	const char *python_version;
	const char *mlflow_model; /* a model's folder to copy, in place of loader, data and code */
};

/* Writes a model's directory as MLflow's save_model does, whole or not at all. Of the options,
 * `python` and `store` count; they may be NULL. */
int pyfunc_env_save(const struct pyfunc_env_save_options *what,
		    const struct pyfunc_env_options *options, struct pyfunc_env_error *err);

/* The same of `pyfunc-env add`. Paths are relative to the model's folder. */
struct pyfunc_env_flavor {
	size_t size;	     /* sizeof(struct pyfunc_env_flavor) */
	const char *mlmodel; /* the file, or the folder it is in */
	const char *loader_module;
	const char *data;
	const char *code;
	const char *conda_env;
	const char *python_env;
	const char *model_config;
	const char *python_version;
	const char *const *more; /* KEY=VALUE */
};

/* Adds the python_function flavor to an MLmodel, or replaces it, as MLflow's add_to_model does. */
int pyfunc_env_add(const struct pyfunc_env_flavor *what, const struct pyfunc_env_options *options,
		   struct pyfunc_env_error *err);

#ifdef __cplusplus
}
#endif

#endif
