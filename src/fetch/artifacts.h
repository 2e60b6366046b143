/* artifacts.h - inside fetch: folders that a tracking server hands out, by whatever URL */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/remote.h"
#include "fetch/tracking.h"

struct pf_artifacts {
	struct pf_tracking server;
	struct pf_str base; /* "https://host/api/2.0/mlflow-artifacts/artifacts", or its root */
	struct pf_str run;  /* asked for as a run's; empty: by their place below the base */
	struct pf_str root; /* path of the folder, decoded */
	struct pf_strs folders; /* still to be listed, below the root */
};

/* Is it the URL of such a folder: ".../mlflow-artifacts/artifacts/PATH", as in MLflow, or
 * ".../get-artifact?path=PATH&run_uuid=RUN", which its pages link to? */
bool pf_artifacts_of_url(struct pf_artifacts *out, struct pf_arena *a, const struct pf_where *w);
/* What names it in the store. */
struct pf_str pf_artifacts_source(struct pf_arena *a, const struct pf_artifacts *f);
/* As pf_remote_kind has them; none is what a file, or nothing, is listed as. */
int pf_artifacts_list(struct pf_remote_files *out, struct pf_remote *r, struct pf_artifacts *f,
		      struct pf_err *err) PF_MUST_USE;
void pf_artifacts_ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_artifacts *f,
		      struct pf_str path);
