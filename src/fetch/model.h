/* model.h - a model's URI to a folder here: used in place, found in the store, or fetched */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/workdir.h"
#include "fetch/remote.h"

/* STORE/models/KEY holds a fetched tree, `tree/`. KEY is a digest of where it lies and of what the
 * server says of its files: paths, sizes, ETags. It is complete, or absent. STORE/models/KEY.part
 * is one that is under way, locked by KEY.lock; who comes after an interruption goes on with it.
 * STORE/models/uris tells what a URI came to when it was last asked about. */
struct pf_fetched {
	struct pf_arena arena;
	char *dir;		/* of the model, where its MLmodel is */
	struct pf_str name;	/* of pf_fetch_any (any.h) */
	struct pf_str source;	/* where it is from, without credentials; of what is local, empty */
	struct pf_workdir temp;	/* holds it when it is not kept */
	int hold;		/* a shared lock of the tree, against who prunes; 0: none */
};

void pf_fetched_free(struct pf_fetched *f);

/* A local path or file: URI is used in place, as MLflow does; an existing path wins over a
 * scheme. An archive there (ZIP or tar; file:///PATH#sha256=HEX is one of that digest, or an
 * error) is unpacked into the store, under a name that is its digest. Anything else is asked about
 * (but for what never changes) and fetched when it is not in the store: several transfers at once,
 * whole or not at all. With o->offline, what the store has of this URI. EUSAGE, EMODEL (there is
 * no such model), ETRANSFER, EINTEGRITY, ELIMIT, EIO. */
int pf_fetch_model(struct pf_fetched *out, const char *uri, const struct pf_fetch_opts *o,
		   struct pf_err *err) PF_MUST_USE;
