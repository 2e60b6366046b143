/* artifact_file.h - one file of a model: what kind it is, and what it names */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "check/artifact.h"
#include "formats/inflate.h"

/* What is known of a file before its first byte is seen. */
enum pf_artifact_mode {
	PF_ARTIFACT_NAMED,  /* the model says that it is loaded: told of, but for plain data */
	PF_ARTIFACT_LISTED, /* in a folder that is: the same, but a pickle has to look like one */
	PF_ARTIFACT_FOUND,  /* lies about: told of when it can be read as a pickle and the like */
	PF_ARTIFACT_CODE,   /* of the model's code: read as a source when it is called one */
};

/* A stretch of bytes that can be read from its start more than once. */
struct pf_stretch {
	int fd;
	uint64_t at, size;
	enum pf_wrap_kind wrap;
	struct pf_str memory;	/* of NULL: it is the file's */
};

void pf_artifact_take_file(struct pf_artifact *a, struct pf_str file, int fd,
			   enum pf_artifact_mode mode);
/* A source of the model's code, and a file beside it that is none. */
void pf_artifact_take_source(struct pf_artifact *a, struct pf_str file, int fd, int root,
			     struct pf_str own);
void pf_artifact_take_beside(struct pf_artifact *a, struct pf_str file);
/* Reads the pickles in a stretch. `file` is what messages call it. */
void pf_artifact_take_pickles(struct pf_artifact *a, struct pf_str file,
			      const struct pf_stretch *s);
/* A skops file's schema.json: every "__module__" with its "__class__". */
int pf_artifact_take_schema(struct pf_artifact *a, struct pf_str file, struct pf_str json,
			    struct pf_err *err) PF_MUST_USE;
void pf_artifact_name(struct pf_artifact *a, struct pf_str file, struct pf_str module,
		      struct pf_str name);
/* `code`: as in artifact.h, or of an error. */
void pf_artifact_unread(struct pf_artifact *a, struct pf_str file, int code, const char *why);
/* By its suffix, a file that names no modules, or whose text Python does not load as objects. */
bool pf_artifact_is_inert(struct pf_str file);
/* Because it could not be opened. */
void pf_artifact_unopened(struct pf_artifact *a, struct pf_str file, const struct pf_err *err);
