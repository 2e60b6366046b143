/* reqneed.h - one requirement line: a name, a URL or a path, plain or editable */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/needs.h"

/* Fills req, parsed, link and path from need->text (and ->editable, ->constraint), as pip does.
 * Paths are looked up below `root` (-1: nowhere); one that leaves it is left unparsed, with
 * `outside` set. EMODEL, ELIMIT. */
int pf_need_read(struct pf_need *need, bool *outside, struct pf_arena *a, int root,
		 struct pf_err *err) PF_MUST_USE;

/* "DIR/PATH" without "." and ".." parts; false when it is absolute or climbs out. "" is the
 * root. */
bool pf_reqpath_join(struct pf_str *out, struct pf_arena *a, struct pf_str dir, struct pf_str path);
/* The scheme of a URL, lower case as a view of the text as it is; empty when it is none. */
struct pf_str pf_url_scheme(struct pf_str url);
/* "https://", "me:secret", "host:8080", "/x.whl#sha256=..."; false where there is no host. */
struct pf_url_parts {
	struct pf_str scheme, user, host, rest;
};
bool pf_requrl_split(struct pf_url_parts *out, struct pf_str url);
/* A URL as pip takes it: http, https, file, ftp or VCS+TRANSPORT. */
bool pf_url_known(struct pf_str url);
bool pf_url_is_vcs(struct pf_str url);
bool pf_requrl_is_http(struct pf_str url);	/* or HTTPS: a place on the net */
