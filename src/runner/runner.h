/* runner.h - the shared object that an environment's own interpreter loads, from inside */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"
#include "data/signature.h"
#include "runner/pyabi.h"

/* As everywhere in CPython: NULL or -1 means that a Python exception is set. */

#define PFR_CLASSES 8

struct pfr {
	int fd;			/* the socket */
	bool watched;		/* who started us is no program of ours, that would end us */
	int parent;		/* a descriptor of that process; 0: there is none */
	bool soon;		/* the last request came that soon after an answer */
	struct py *none;
	struct py *raw;		/* the functions of raw.py, compiled when first needed */
	struct py *result;	/* those of result.py, likewise */
	struct py *model;	/* what the loader returned */
	struct py *predict;	/* its predict */
	bool takes_params;	/* predict(data, params=...) */
	const char *stream_name; /* of the method that streams */
	bool through_mlflow;
	struct pf_arena kept;	/* what lives as long as the process */
	struct place *place;	/* of a worker (stay.c); NULL: not one */
	const char *loader;	/* which one it was: light, mlflow, own */
	struct py *gave_up;	/* why the light one was not, or NULL */
	const struct pf_signature *signature; /* what Python callers are to fit; NULL: nothing */
	struct py *enforcing;	/* the names of enforce.py, for inputs; NULL: not needed yet */
	bool guest;		/* in a process that is not ours: it is left as it is */
	double seconds;		/* that the last call of predict took */
	bool streams;		/* the request is one for predict_stream */
	bool exact;		/* it is a Python caller's, who gets what he would get here */
	struct py *header;	/* the Index of the last table's names; NULL: none yet */
	struct pf_buf names;
	struct pfr_mold *mold;	/* of the tables like the last one (mold.c); NULL: none yet */
	struct py *poured;	/* the last frame, if it came from that; not held */
	bool in_table;		/* a table is being made: those in its cells have no mold */
	struct py *classes[PFR_CLASSES]; /* those of exact.h that were seen; NULL: not yet */
	int text_is_object;	/* pandas has text as objects: 1, -1 for no, 0 not known yet */
	int has_blocks;		/* a DataFrame's blocks are as exact_table.c takes them: the same */
	struct py *columns;	/* the Index that `labels` is the list of; NULL: none yet */
	struct py *labels;
	struct pfr_pieces *pieces; /* what is encoded may be of several; NULL: of one */
	struct py *arrived;	/* the bytearray that a value is read from, to be shared; or NULL */
};

double pfr_clock(void);
/* load.c - LOAD: import the loader, call it, look at what it returned. *stage tells how far it
 * got. */
int pfr_load(struct pfr *r, const struct pf_value *how, const char **stage);
/* light.c - the same without MLflow, as the map "light" of LOAD tells. */
struct py *pfr_load_light(struct pfr *r, const struct pf_value *how);
/* predict.c - PREDICT and RAW: the answer is put into `out` as a value. */
int pfr_predict(struct pfr *r, struct pf_buf *out, enum pf_frame_kind kind,
		const struct pf_value *request, const char **stage);
/* The same of what a Python caller gave, and gets: the signature is enforced, unless mlflow does
 * that, and what the model returned is the answer; or, with `result`, that as values of Spark's
 * types (pfr_result). `streams`: an iterator of its pieces. */
struct py *pfr_ask(struct pfr *r, struct py *data, struct py *params, struct py *result,
		   bool streams, const char **stage);
/* stream.c - an answer in pieces: their iterator; the same, each sent when it comes (None). */
struct py *pfr_open_stream(struct pfr *r, struct py *data, struct py *params);
struct py *pfr_stream(struct pfr *r, struct py *data, struct py *params, const char **stage);
/* convert.c - a value as the Python object that a model is given. */
struct py *pfr_object(struct pfr *r, const struct pf_value *v);
struct py *pfr_list(struct pfr *r, const struct pf_value *v, size_t n);
/* convert_array.c - the same of what is numpy's; a vector of a type that has a width. */
struct py *pfr_vector(struct pfr *r, struct py *numpy, enum pf_type type, const void *data,
		      size_t count);
struct py *pfr_tensor(struct pfr *r, const struct pf_tensor *t);
struct py *pfr_element(struct pfr *r, const struct pf_tensor *t);
/* An array of n runs of `each` objects, one behind the other. */
struct py *pfr_objects_array(struct pfr *r, struct py *numpy, const struct pf_value *const *runs,
			     size_t n, size_t each);
/* mold.c - the DataFrame of a table, the fast way; NULL, without an exception, where there is none
 * yet. What was made otherwise then goes to pfr_mold_take, for those after it. */
struct py *pfr_mold_pour(struct pfr *r, const struct pf_table *t);
void pfr_mold_take(struct pfr *r, const struct pf_table *t, struct py *frame);
void pfr_mold_free(struct pfr *r);
/* Whether names and types alone let frames of the mold pass the signature: 1, -1 for no, 0 not
 * known yet. NULL for data that it did not give. */
int *pfr_mold_passes(struct pfr *r, const struct py *data);
/* When an answer is out: makes the next frame, as far as that goes without its data. */
void pfr_mold_prepare(struct pfr *r);
/* answer.c - what a model returned, as a value. */
int pfr_put(struct pfr *r, struct pf_buf *out, struct py *o);
/* table.c - DataFrames, Series and arrays among it. Returns 1 when `o` is one and was put, 0 when
 * it is none, -1. */
int pfr_put_array(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
/* The type of a buffer's elements when it is a plain one, else PF_T_OBJECT. */
int pfr_type_of_buffer(const struct py_view *view);
int pfr_put_nested(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
/* enforce.c - the signature of LOAD's texts; then what is given, which is the very object where
 * there is nothing to change. What does not fit is an InputError (borrowed), which is a ValueError.
 * Of params NULL is none declared. */
struct py *pfr_input_error(void);
int pfr_take_signature(struct pfr *r, const struct pf_value *texts);
struct py *pfr_enforce(struct pfr *r, struct py *data);
struct py *pfr_enforce_params(struct pfr *r, const struct pf_params *declared, struct py *given);
/* A function of enforce.py (borrowed); and all its names, anew. */
struct py *pfr_enforcing(struct pfr *r, const char *name);
struct py *pfr_enforce_names(void);
/* failure.c - the exception that is set: its traceback to stderr, a FAILED frame to the socket. */
int pfr_report(struct pfr *r, const char *stage);
/* Is it the traceback of mlflow's own enforcement of a signature? Leaves no exception set. */
bool pfr_was_refused(struct pfr *r, struct py *trace);
/* The text of a str, which keeps it; empty for anything else. */
struct pf_str pfr_text(struct py *o);
/* leave.c - SIGTERM ends what runs by an exception; then threads, exit functions and _exit. */
void pfr_watch_for_end(struct py *module);
bool pfr_is_ending(void);
struct py *pfr_end(struct py *self, struct py *args);
void pfr_flush(void);
PF_NORETURN void pfr_leave(const struct pfr *r, int status);
/* boot.c - takes one frame; 1 to go on, 0 for the end, -1 when there is no going on, 2 to become a
 * worker. */
int pfr_serve_one(struct pfr *r);
/* stay.c - takes a place among the workers: 2, or -1 to end as ever. Then pfr_work serves whoever
 * comes, until it is idle for too long or told to go. */
int pfr_stay(struct pfr *r, const struct pf_value *how);
void pfr_work(struct pfr *r);
/* watch.c - while a client is served: should it go away, this process is ended a grace later.
 * `alone`: nobody else is served by it, it is asked to end at once. */
void pfr_watch(int fd, bool alone);
void pfr_unwatch(int fd);
/* raw.c - a function of raw.py; borrowed. */
struct py *pfr_raw(struct pfr *r, const char *name);
/* What the model answered to so many rows, as the values of a type of Spark's: result.py. `spec` is
 * the map "result" of PREDICT; a new reference. */
struct py *pfr_result(struct pfr *r, struct py *answer, size_t rows, struct py *spec);
/* A function of light.py, and of mold.py; new reference. */
struct py *pfr_light(const char *name);
struct py *pfr_mold(const char *name);
/* A function of objects.py, which is compiled once in a process; borrowed. */
struct py *pfr_objects(const char *name);
/* Lets the list of an environment's modules (env/import_list.h) serve imports; without it, or where
 * it cannot, Python searches. */
void pfr_list_imports(struct pf_str path);
/* The module's functions: boot.c; and inside.c, for a caller who has the model in a process of his
 * own. */
struct py *pfr_module_main(struct py *self, struct py *ignored);
struct py *pfr_module_load(struct py *self, struct py *body);
struct py *pfr_module_predict(struct py *self, struct py *args, struct py *kwargs);
struct py *pfr_module_model(struct py *self, struct py *handle);
struct py *pfr_module_check_params(struct py *self, struct py *args);
struct py *pfr_module_read_request(struct py *self, struct py *args);
/* Joins threads and calls the exit functions, for so long at most. */
int pfr_finish(int thread_seconds, int function_seconds);

/* A module (new reference); one that is there already is not looked for. */
struct py *pfr_import(const char *module);
/* The class NAME of a module that is already imported (new reference), else NULL without error. */
struct py *pfr_class(const char *module, const char *name);
bool pfr_is(struct py *o, const char *module, const char *name);
