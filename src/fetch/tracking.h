/* tracking.h - an MLflow tracking server and what it is asked */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "fetch/pool.h"

struct pf_sigv4;

/* Where it is, and who we are there. */
struct pf_tracking {
	struct pf_url url;	/* http or https, as the user gave it */
	struct pf_str base; /* "https://host:port/prefix", without a final slash or credentials */
	struct pf_str token;	/* of the header Authorization, "Bearer ..."; or empty */
	struct pf_sigv4 *aws;	/* who signs each request instead; or NULL */
	const char *who;	/* what says who we are: "MLFLOW_TRACKING_TOKEN"; NULL: nothing */
};

enum pf_tracking_role { PF_TRACKING, PF_REGISTRY };

/* MLFLOW_TRACKING_URI, or MLFLOW_REGISTRY_URI where that is set and the registry is asked for;
 * user and password from the URI, MLFLOW_TRACKING_USERNAME and _PASSWORD, or
 * ~/.mlflow/credentials; else MLFLOW_TRACKING_TOKEN; before all of them, AWS's key where
 * MLFLOW_TRACKING_AWS_SIGV4 is set. A plugin that MLFLOW_TRACKING_AUTH names is refused. The
 * pool is told of them, and of MLFLOW_TRACKING_SERVER_CERT_PATH, _CLIENT_CERT_PATH and
 * _INSECURE_TLS, MLFLOW_HTTP_REQUEST_TIMEOUT and _MAX_RETRIES, before its first transfer. What
 * MLflow sends to
 * whatever host an artifact is on, and the client's certificate that it shows there, goes here to
 * this origin alone. EUSAGE: none is set, or it is
 * none that is asked over HTTP. */
int pf_tracking_open(struct pf_tracking *out, struct pf_arena *a, struct pf_pool *p,
		     enum pf_tracking_role role, struct pf_err *err) PF_MUST_USE;
/* MLFLOW_HTTP_REQUEST_TIMEOUT and _MAX_RETRIES, which count for every server over HTTP. */
void pf_tracking_wait(struct pf_net *net);
/* Is it at the server that MLFLOW_TRACKING_URI names: its scheme, host and port? */
bool pf_tracking_is_at(const struct pf_url *u);
/* The folder that they name instead of a server, "file:" or a path, as MLflow's FileStore has it;
 * without any, ./mlruns where that is. NULL: none. */
char *pf_tracking_folder(struct pf_arena *a, enum pf_tracking_role role);
/* Adds the token or a signature to a transfer that goes to this server, and to no other. */
void pf_tracking_sign(const struct pf_tracking *s, struct pf_transfer *t);
/* One question: GET BASE/api/2.0/mlflow/`path`, or POST of `body` where that is no view of NULL;
 * the answer in the arena. ETRANSFER with the server's own words ("RESOURCE_DOES_NOT_EXIST:
 * ..."); err->gone: 404. */
int pf_tracking_ask(struct pf_node **out, struct pf_arena *a, struct pf_pool *p,
		    const struct pf_tracking *s, struct pf_str path, struct pf_str body,
		    struct pf_err *err) PF_MUST_USE;
/* Another method than those two, or one whose answer may not be asked for twice (`once`: see
 * struct pf_transfer); `url` is whole, as of pf_tracking_url. An empty answer is {}. */
struct pf_tracking_call {
	const char *method, *url;
	struct pf_str body; /* JSON; a view of NULL: none */
	bool once;
};
int pf_tracking_call(struct pf_node **out, struct pf_arena *a, struct pf_pool *p,
		     const struct pf_tracking *s, const struct pf_tracking_call *what,
		     struct pf_err *err) PF_MUST_USE;
/* BASE/api/2.0/mlflow/`path` */
const char *pf_tracking_url(struct pf_arena *a, const struct pf_tracking *s, struct pf_str path);
/* Puts the server's own words for a refusal into err, where the answer has some. */
void pf_tracking_refusal(const struct pf_transfer *t, struct pf_err *err);
/* Where `service` of mlflow-artifacts://HOST/..., "artifacts" or "mpu/create", is asked for:
 * "https://host/prefix/api/2.0/mlflow-artifacts/artifacts", of the server's own scheme and prefix,
 * and of its host where the URI names none. */
struct pf_str pf_tracking_artifacts(struct pf_arena *a, const struct pf_tracking *s,
				    const struct pf_url *u, const char *service);
/* "name=iris&version=1", values encoded: pf_url_query(a, "name", iris, "version", one). */
#define pf_url_query(a, ...) pf_url_query_of(a, __VA_ARGS__, (const char *)NULL)
struct pf_str pf_url_query_of(struct pf_arena *a, const char *name, struct pf_str value, ...);
