/* serve.h - a model's predictions over HTTP: MLflow's scoring protocol in front of runners */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/data.h"
#include "run/run.h"

struct pf_serve_opts {
	const char *host; /* a name or an address; ignored with unix_path and systemd's sockets */
	const char *port;	/* a number or a service's name; "0": the kernel chooses */
	const char *unix_path;	/* a socket of the file system, or NULL */
	const char *tls_cert, *tls_key;	/* PEM files, both or none */
	const char *token_file;	/* bearer tokens, one a line, or NULL */
	unsigned workers;
	double timeout;		/* seconds that an answer may take */
	size_t max_body;
	unsigned max_queue;	/* requests that may wait for a worker */
	bool batch;		/* what has arrived goes to the model together */
	bool access_log, json_log;
	const char *version;	/* what /version tells */
};

/* A model as its caller prepared it. Borrows all of it. */
struct pf_serve_model {
	struct pf_expect expect;
	/* Starts a runner, in the thread that is to keep it. `to_read`: one that reads and
	 * enforces what we cannot; not asked for when reads_raw. */
	int (*start)(struct pf_runner *out, const void *how, bool to_read, struct pf_err *err);
	const void *how;
	bool reads_raw;
};

/* Sockets that listen, or will once pf_serve has begun. */
struct pf_listeners {
	int fds[16];
	size_t n;
	const char *unix_path;	/* to be removed at the end, or NULL */
	char where[300];	/* for the user: "http://127.0.0.1:5000" */
};

/* Takes the sockets that systemd passes ($LISTEN_FDS), else binds. Errors are told before a model
 * is looked at: EUSAGE for a host that is none, EIO for a port that is taken. */
int pf_listeners_open(struct pf_listeners *out, const struct pf_serve_opts *o,
		      struct pf_err *err) PF_MUST_USE;
void pf_listeners_free(struct pf_listeners *l);

/* Can certificate, key and tokens be read? EUSAGE, EIO. pf_serve reads them again. */
int pf_serve_check(const struct pf_serve_opts *o, struct pf_err *err) PF_MUST_USE;

/* Serves until SIGTERM or SIGINT asks it to stop, then finishes what is under way and returns 0; a
 * second signal ends it at once. Fails when the model cannot be loaded the first time (as
 * pf_runner_wait), or as pf_serve_check does. */
int pf_serve(struct pf_listeners *l, const struct pf_serve_opts *o, const struct pf_serve_model *m,
	     struct pf_err *err) PF_MUST_USE;
