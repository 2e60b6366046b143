/* registry.h - inside fetch: who is asked where the files of runs: and models: are */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/tracking.h"

/* One resolution: whom to ask, and where the answers live. */
struct pf_registry {
	const struct pf_registry_kind *kind;
	struct pf_arena *a;
	struct pf_pool *pool;
	struct pf_tracking server; /* of pf_registry_rest */
	char *folder;		   /* of pf_registry_files; or NULL */
	struct pf_err *err;
};

/* Places are URIs, or paths where it is a folder. */
struct pf_registry_kind {
	/* The highest version of a stage, of any where that is empty; 0: there is none. */
	int (*latest)(uint64_t *version, struct pf_registry *q, struct pf_str name,
		      struct pf_str stage);
	int (*alias)(struct pf_str *version, struct pf_registry *q, struct pf_str name,
		     struct pf_str alias);
	int (*version)(struct pf_str *place, struct pf_registry *q, struct pf_str name,
		       struct pf_str version);
	/* A logged model by its id; by its run and its name, where it may be none. */
	int (*model)(struct pf_str *place, struct pf_registry *q, struct pf_str id);
	int (*run)(struct pf_str *place, struct pf_str *experiment, struct pf_registry *q,
		   struct pf_str run);
	int (*logged)(struct pf_str *place, struct pf_registry *q, struct pf_str run,
		      struct pf_str experiment, struct pf_str name);
};

/* A tracking server over MLflow's REST; the files of MLflow's FileStore ("./mlruns"). */
extern const struct pf_registry_kind pf_registry_rest, pf_registry_files;
