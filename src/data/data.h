/* data.h - what a model is asked and what it answers: JSON and CSV in, JSON and CSV out */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/schema.h"

/* What the input must fit. Zeroed: a model without signature. The pointers borrow. */
struct pf_expect {
	const struct pf_schema *inputs;	 /* NULL or kind NONE: no signature */
	const struct pf_params *params;	 /* NULL or not present: none declared */
	bool from_type_hint;		 /* the signature was made of a type hint */
	bool through_mlflow; /* the model is loaded through mlflow, which enforces again */
	bool compat;	     /* convert what MLflow converts, even where values change */
};

/* The answer of reading an input: either a typed value, exactly what MLflow's scoring server would
 * make of it and already enforced against the signature, or the verdict that only the environment's
 * own pandas and mlflow can tell (`raw`): then the bytes are to be sent as they came. */
struct pf_request {
	bool raw;
	const char *format;	/* "json" or "csv" when raw */
	const char *why;	/* when raw: for a debug line */
	bool llm;		/* the answer is not wrapped in {"predictions": ...} */
	struct pf_value data;	/* when not raw */
	/* a MAP (defaults filled in, checked), or NULL: none to be passed */
	struct pf_value params;
};

/* A request body. Views of the result borrow from `body` and the arena. Malformed input is EMODEL
 * with line and column, or with row and column; ceilings are ELIMIT. Warnings go to the log. */
int pf_payload_read(struct pf_request *out, struct pf_arena *a, struct pf_str body,
		    const struct pf_expect *expect, struct pf_err *err) PF_MUST_USE;

/* A CSV file as pandas.read_csv reads it by default (with a signature: with its dtypes). `params`
 * of the result holds the declared defaults.
 * A difference on purpose: whole numbers are welcome in a column declared double or float. MLflow's
 * server takes them too; its command line does not. Refused, though pandas would go on: two columns
 * of one name, a NUL, an unterminated quote (row number in the message). */
int pf_csv_read(struct pf_request *out, struct pf_arena *a, struct pf_str text,
		const struct pf_expect *expect, struct pf_err *err) PF_MUST_USE;

/* The types that read_csv would infer for a text which is read a piece at a time, each with the
 * header: first all pieces are looked at, then they are read. Zeroed at first. */
struct pf_csv_types {
	unsigned *seen;		/* of each column: what speaks against a type (csv_types.c) */
	size_t columns, rows;
};
void pf_csv_types_free(struct pf_csv_types *t);
int pf_csv_types_look(struct pf_csv_types *t, struct pf_str text, struct pf_err *err) PF_MUST_USE;
/* Why pandas alone can tell; NULL: it need not. */
const char *pf_csv_types_why(const struct pf_csv_types *t);
/* As pf_csv_read without a signature would read the piece as a part of the whole. EMODEL when it is
 * not what was looked at. */
int pf_csv_types_read(struct pf_request *out, struct pf_arena *a, struct pf_str text,
		      const struct pf_csv_types *t, const struct pf_expect *expect,
		      struct pf_err *err) PF_MUST_USE;

/* A table that came with types, from Parquet: in the manner of arrays (arrays.h). The result's
 * views borrow from `given`. */
int pf_table_request(struct pf_request *out, struct pf_arena *a, const struct pf_value *given,
		     const struct pf_expect *expect, struct pf_err *err) PF_MUST_USE;

/* How many bytes the first rows of a CSV text take, `rows` at most, header or not: those that have
 * an end. `found` is how many there are; rows of nothing but blanks count as none. */
size_t pf_csv_cut(size_t *found, struct pf_str text, size_t rows);

/* Parameters given apart from the body (--params JSON), checked in the same way. */
int pf_params_read(struct pf_value *out, struct pf_arena *a, struct pf_str json,
		   const struct pf_params *declared, struct pf_err *err) PF_MUST_USE;

/* How an answer is written; `true` for the first alone is right. */
enum pf_answer_how {
	PF_ANSWER_WRAPPED = 1,	/* {"predictions": ...}, not the bare value */
	PF_ANSWER_BARE_NAN = 2, /* NaN and Infinity as Python writes them, which is not JSON */
};
/* No newline at the end. Equal to MLflow's answer value by value, but for NaN and infinities: they
 * are null unless BARE_NAN is asked for. */
int pf_answer_json(struct pf_buf *out, const struct pf_value *answer, unsigned how,
		   struct pf_err *err) PF_MUST_USE;
/* A table, a series or a tensor of at most two dimensions with a header line (tensors: 0,1,...);
 * EMODEL for anything else. Missing cells are empty. */
int pf_answer_csv(struct pf_buf *out, const struct pf_value *answer,
		  struct pf_err *err) PF_MUST_USE;
