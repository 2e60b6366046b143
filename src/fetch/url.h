/* url.h - URLs taken apart: where they lead, whose credentials they have, what is relative */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* Views of the text. */
struct pf_url {
	struct pf_str scheme;	/* "https", without its colon */
	struct pf_str user;	/* "name:password" as written, a view of NULL for none */
	struct pf_str host;	/* "example.com", "[::1]" */
	struct pf_str port;	/* digits, empty: the scheme's own */
	struct pf_str path;	/* from its first slash on, up to ? or #; may be empty */
	struct pf_str query;	/* with its question mark */
	struct pf_str fragment; /* behind the # */
};

/* http:, https: and file: URLs. EUSAGE: another scheme, no host, bytes that belong in no URL. */
int pf_url_split(struct pf_url *out, struct pf_str text, struct pf_err *err) PF_MUST_USE;
/* Of any scheme, with or without "//host"; which bytes may be in it is the caller's to judge.
 * EUSAGE: a malformed host or port. */
int pf_url_split_any(struct pf_url *out, struct pf_str text, struct pf_err *err) PF_MUST_USE;
bool pf_url_is_http(const struct pf_url *u);
/* Same scheme, host and port? */
bool pf_url_same_origin(const struct pf_url *a, const struct pf_url *b);
/* The URL without user and fragment: what may be requested, shown and written down. */
char *pf_url_bare(struct pf_arena *a, const struct pf_url *u);
/* The same of a text; "" where it is none of ours. */
struct pf_str pf_url_bare_text(struct pf_arena *a, struct pf_str url);
/* A URL that may hold a password, or a token in its query, for a message. */
char *pf_url_shown(struct pf_arena *a, struct pf_str text);
/* `link`, absolute or relative, as seen from `base` (RFC 3986, 5.2), its fragment kept. EUSAGE. */
int pf_url_join(struct pf_str *out, struct pf_arena *a, const struct pf_url *base,
		struct pf_str link, struct pf_err *err) PF_MUST_USE;
/* %XX decoded once; a view of NULL when one is malformed or stands for a control byte. */
struct pf_str pf_url_decode(struct pf_arena *a, struct pf_str text);
/* Everything but letters, digits, "-._~" and what is to be kept as %XX. */
struct pf_str pf_url_encode(struct pf_arena *a, struct pf_str text, const char *keep);
/* "file:///..." of an absolute path. */
struct pf_str pf_url_of_path(struct pf_arena *a, const char *path);
/* "/path" of a file: URL, decoded; NULL of any other. */
char *pf_url_local(struct pf_arena *a, struct pf_str url);
/* "subdirectory=x" of a fragment "egg=e&subdirectory=x": a view, empty where no folder is named. */
struct pf_str pf_url_subdirectory(struct pf_str fragment);
/* The last part of the path, as written: "numpy-1.0%2Bcpu.whl". */
struct pf_str pf_url_file(const struct pf_url *u);
