/* where.h - a model's URI, judged before anything is asked: its scheme and its parts */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/url.h"

struct pf_remote_kind;

/* Everything is a view of the text, or lives in the arena it was read into. */
struct pf_where {
	const struct pf_remote_kind *kind; /* NULL: a path, or a file: URI */
	struct pf_str uri;	/* all of it */
	struct pf_url url;	/* its parts as written; the scheme in lower case */
	struct pf_str path;	/* decoded once, or not (PF_WHERE_RAW), without slashes at
				 * its ends; no part of it climbs, decoded or not */
	struct pf_str shown;	/* the URI without credentials, nor secrets of its query */
	struct pf_str secrets;	/* those of them that tell it from others; pf_url_secrets */
};

/* A URI as MLflow and pip know them. One decoding of percent signs, and the judgement comes after
 * it: no part of the path is empty, ".", ".." or still encoded; no ";", "#" or "?" but where the
 * scheme gives them a meaning. EUSAGE, in a sentence that names the scheme's way round where
 * there is one. */
int pf_where_read(struct pf_where *out, struct pf_arena *a, struct pf_str uri,
		  struct pf_err *err) PF_MUST_USE;
/* A path, or a file: URI? */
bool pf_where_is_local(struct pf_str uri);
/* "s3" of "s3://bucket": letters, digits, + - . before a colon; empty when there is none. */
struct pf_str pf_where_scheme(struct pf_str uri);
