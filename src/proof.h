/* proof.h - what lets a model's answers be proved: its training environment's lock, its record */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pipeline.h"

/* ---- the training environment ---- */

/* Appends a pylock of what the current interpreter (o->python) has of the requirements of the model
 * in `dir`: these, and all that they need there, each in the version that is installed and with its
 * digest as the index tells it. ESOLVE: something is not installed, or that version is not to be
 * had. */
int pf_lock_training(struct pf_buf *out, const char *dir, const struct pf_opts *o,
		     struct pf_err *err) PF_MUST_USE;

/* ---- the record ---- */

/* A file of the model:
 * {"schema": "pyfunc-env/1", "kind": "record", "input": FILE, "input_sha256": HEX,
 *  "answer": what `run -i FILE` prints, "python": VERSION, "platform": "linux-x86_64",
 *  "packages": {NAME: VERSION}} */
#define PF_RECORD_FILE "recorded_answer.json"

/* Predicts with the model's input example in the job's environment, and appends the record. EMODEL:
 * the model has no example. */
int pf_record_make(struct pf_buf *out, const struct pf_job *job, const struct pf_opts *o,
		   double seconds, struct pf_err *err) PF_MUST_USE;

/* Has the model what a record is made of (`to_make`), or else a record and the example that it is
 * of? EMODEL: no. For who would make an environment in vain. */
int pf_record_check(const struct pf_model *m, bool to_make, struct pf_err *err) PF_MUST_USE;

/* ---- the verdict ---- */

struct pf_verdict_package {
	struct pf_str name, recorded, now; /* `now` is empty where it is not installed */
};

struct pf_verdict {
	struct pf_arena arena;
	bool same;
	double tolerance, largest; /* of the differences between numbers */
	size_t values, different;
	struct pf_str at, recorded, now; /* the first that differs, as JSON: "predictions[3]" */
	struct pf_str python[2], platform[2]; /* recorded, and now */
	PF_VEC(struct pf_verdict_package) packages; /* those that differ, by name */
	size_t packages_same;
	struct pf_str env; /* the environment's folder; of the current interpreter, empty */
};
void pf_verdict_free(struct pf_verdict *v);

/* Asks the model in the job's environment what its record holds, and compares: the same structure,
 * the same texts, and numbers that are no further apart than `tolerance`, or than that part of the
 * recorded one. EMODEL: there is no record, or the example is not the one it is of. */
int pf_verdict_make(struct pf_verdict *out, const struct pf_job *job, const struct pf_opts *o,
		    double tolerance, double seconds, struct pf_err *err) PF_MUST_USE;
/* The same of two trees of JSON. */
void pf_verdict_compare(struct pf_verdict *v, const struct pf_node *recorded,
			const struct pf_node *now);
/* How it is told: `model` is what the user calls it. */
void pf_verdict_text(struct pf_buf *out, const struct pf_verdict *v, const char *model);
void pf_verdict_json(struct pf_buf *out, const struct pf_verdict *v, const char *model);
void pf_verdict_page(struct pf_buf *out, const struct pf_verdict *v, const char *model);
