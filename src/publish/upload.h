/* upload.h - inside publish: files of a folder here, put where a tracking server keeps them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/fetch.h"
#include "fetch/where.h"

/* One of several parts, which follow one another. */
struct pf_upload_part {
	const char *url;      /* as the server told it, without its query; or NULL */
	struct pf_str secret; /* that query */
	struct pf_strs headers;
	struct pf_str mark; /* the ETag that the server gave it */
};

struct pf_upload_file {
	struct pf_str path; /* below the folder */
	uint64_t size;
	struct pf_str bytes; /* all of it, where it is not the file's own; else a view of NULL */
	uint64_t part_size;  /* 0: it goes in one piece */
	struct pf_str id;    /* of its parts, as the server calls them */
	struct pf_upload_part *parts; /* NULL: they were not begun */
	size_t part_count;
};

struct pf_upload_files {
	struct pf_upload_file *v;
	size_t n, cap;
};

/* A place that was opened for writing. Zeroed, it is closed. */
struct pf_upload {
	struct pf_arena arena;
	struct pf_pool pool;
	const struct pf_upload_kind *kind;
	int root;	     /* the folder here; borrowed */
	struct pf_str place; /* the URI of the folder there */
	void *own;	     /* of its kind */
};

/* One family of schemes. */
struct pf_upload_kind {
	const char *schemes[4];
	int (*open)(struct pf_upload *u, const struct pf_where *w, struct pf_err *err);
	/* How big the parts of a file of this size are; 0: it goes in one piece. May ask. */
	uint64_t (*part_size)(struct pf_upload *u, uint64_t size);
	/* Fills id and parts, whose count is set; 1: the server does not do that after all. */
	int (*begin)(struct pf_upload *u, struct pf_upload_file *f, struct pf_err *err);
	/* URL, headers and signature of a PUT (or another method): of the file, or of one part. */
	void (*ask)(struct pf_transfer *t, struct pf_upload *u, const struct pf_upload_file *f,
		    const struct pf_upload_part *part);
	/* The server's own words for a refusal, into err. */
	void (*explain)(const struct pf_transfer *t, struct pf_err *err);
	/* All parts are there, or none is to stay. */
	int (*end)(struct pf_upload *u, const struct pf_upload_file *f, struct pf_err *err);
	void (*drop)(struct pf_upload *u, const struct pf_upload_file *f);
};

extern const struct pf_upload_kind pf_upload_server, pf_upload_s3, pf_upload_gs;

/* The files below a folder, biggest first, MLmodel left out; what Python and MLflow leave in
 * folders on their way (__pycache__, registered_model_meta) too. EMODEL: a name that no server
 * takes, a link that leads out, what is neither a file nor a folder; ELIMIT. */
int pf_upload_list(struct pf_upload_files *out, struct pf_arena *a, int root, const char *dir,
		   struct pf_err *err) PF_MUST_USE;
/* Makes ready to write to a folder, given by its URI. EUSAGE: nobody knows how. */
int pf_upload_open(struct pf_upload *out, struct pf_str place, int root,
		   struct pf_err *err) PF_MUST_USE;
void pf_upload_free(struct pf_upload *u);
/* Sends all of them, several at a time, each read as it goes. What was begun and fails is taken
 * back as far as the server lets us. */
int pf_upload_send(struct pf_upload *u, struct pf_upload_files *files,
		   struct pf_err *err) PF_MUST_USE;
/* The media type that MLflow gives a file of this name (mlflow/utils/mime_type_utils.py), or that
 * of any bytes. */
const char *pf_upload_type(struct pf_str path);

/* The same for a folder of this machine: a copy that takes its place whole. `name` tells files in
 * messages. EUSAGE: something is there. */
int pf_upload_copy(const char *place, int root, const struct pf_upload_files *files,
		   struct pf_err *err) PF_MUST_USE;
