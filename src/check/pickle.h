/* pickle.h - the modules and names in a pickle, found without loading it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "formats/inflate.h"

struct pf_pickle {
	/* Told of each reference, in order, repetitions included; the views last for the call. */
	void (*named)(void *ctx, struct pf_str module, struct pf_str name);
	/* Told of what could not be understood although the pickle goes on. */
	void (*unclear)(void *ctx, const char *what);
	void *ctx;
	bool joblib;	/* a NumpyArrayWrapper is followed by its array's raw bytes */

	int protocol;	/* the highest that was declared; 0 when none was */
	bool by_value;	/* holds code objects: cloudpickle's or dill's functions and classes */
	bool arrays;	/* a NumpyArrayWrapper was met */
	bool objects;	/* one of objects, so a pickle lay inside */
	uint64_t ops;	/* opcodes so far */
};

/* Reads one pickle up to its STOP; more may follow in the source. EMODEL: damaged, or no pickle;
 * ELIMIT. What was named until then has been told. */
int pf_pickle_read(struct pf_pickle *p, struct pf_source *s, struct pf_err *err) PF_MUST_USE;
/* Do the first bytes look like a pickle's? */
bool pf_pickle_begins(struct pf_str start);
