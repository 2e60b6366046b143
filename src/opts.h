/* opts.h - what the user asked for, as the stages need it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

struct pf_builder;
struct pf_node;

enum pf_env_manager {
	PF_ENV_AUTO,
	PF_ENV_VENV,
	PF_ENV_CONDA,
	PF_ENV_UV,
	PF_ENV_VIRTUALENV,
	PF_ENV_MAMBA,
	PF_ENV_LOCAL,
};

/* Of which day the packages are. */
enum pf_as_of {
	PF_AS_OF_DEFAULT,
	PF_AS_OF_MODEL,
	PF_AS_OF_NOW,
	PF_AS_OF_DAY,
};

/* Who loads a model. */
enum pf_loader {
	PF_LOADER_AUTO,	  /* light where the model's configuration is understood */
	PF_LOADER_MLFLOW, /* the model's own, which for a flavor of MLflow is MLflow's */
	PF_LOADER_LIGHT,
};

/* How an environment gets a file of the cache. */
enum pf_link_mode {
	PF_LINK_HARD,	 /* one file in both; a copy where links are refused */
	PF_LINK_CLONE,	 /* its own, sharing its blocks where the file system can */
	PF_LINK_COPY,	 /* its own, down to the bytes */
	PF_LINK_SYMBOLIC, /* a link by name: the cache has to stay */
};

/* Zeroed is the default. Strings borrow from argv, the environment or the configuration. */
struct pf_opts {
	enum pf_env_manager env_manager;
	const char *store;	   /* NULL: PYFUNC_ENV_STORE, XDG_CACHE_HOME, ~/.cache */
	const char *python;	   /* --python EXE */
	const char *python_mirror; /* URL or directory */
	const char *lock;	   /* install exactly what this file names; NULL: resolve */
	bool strict_python;
	bool offline;
	enum pf_as_of as_of;
	int as_of_day;		   /* of PF_AS_OF_DAY: days since 1970 */
	bool refresh;		   /* resolve anew */
	bool repair;
	bool allow_model_index;
	struct pf_strs channels;   /* of conda's, in place of the model's; none: the model's */
	bool allow_urls;
	bool no_bytecode;
	bool no_build;		   /* wheels alone */
	bool allow_scripts;	   /* what conda packages want to run once they are linked */
	const struct pf_builder *builder; /* of sdists (solve/builder.h); NULL: nobody */
	/* Asks what waits in an environment for more to do to leave it (run/warm.h). */
	void (*release)(const char *store, struct pf_str env_key);
	enum pf_link_mode link_mode;
	bool lenient_record;	   /* wheels whose RECORD is not complete, or not right */
	bool mlflow_compat; /* input and answers exactly as MLflow has them, losses included */
	enum pf_loader loader;
	const struct pf_node *model_config; /* settings in place of the model's; NULL: none */
	bool stream;		   /* by predict_stream, which MLflow has */
	bool keep_warm;		   /* take a worker that waits, and leave one */
	unsigned warm_seconds;	   /* how long it may be idle; 0: end it */
	uint64_t max_model;	   /* bytes of a model that is fetched; 0: PF_MAX_MODEL_BYTES */
	uint64_t max_memory;	   /* bytes the runner may allocate; 0: no limit */
	bool small_input;	   /* what the runner is started for is known to be little */
	unsigned threads;	   /* of numerical libraries in it; 0: as many as they like */
	struct pf_strs pass_env;   /* names let through to the runner */
	struct pf_strs set_env;	   /* K=V for the runner */
};

/* Finds a word in a NULL-terminated list: its index, or -1 with "--format must be one of ...". */
int pf_opts_choice(const char *what, const char *word, const char *const *words,
		   struct pf_err *err) PF_MUST_USE;
/* The words of --env-manager, --link-mode and --as-of; `what` names the option in errors. NULL: the
 * default. */
int pf_opts_manager(struct pf_opts *o, const char *what, const char *word,
		    struct pf_err *err) PF_MUST_USE;
int pf_opts_link_mode(struct pf_opts *o, const char *what, const char *word,
		      struct pf_err *err) PF_MUST_USE;
int pf_opts_as_of(struct pf_opts *o, const char *what, const char *word,
		  struct pf_err *err) PF_MUST_USE;
