/* simple.h - pages of an index as they come: JSON (PEP 691, 700) and HTML (PEP 503) */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/page.h"

/* What to ask a server for. */
#define PF_SIMPLE_ACCEPT                                                                     \
	"application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, " \
	"text/html;q=0.1"

/* A page's links into the maker, by its media type (empty: by its first byte). EINTEGRITY:
 * malformed, of a later version, of another project; ELIMIT. */
int pf_simple_read(struct pf_maker *m, struct pf_str type, struct pf_str text,
		   struct pf_err *err) PF_MUST_USE;
int pf_simple_html(struct pf_maker *m, struct pf_str text, struct pf_err *err) PF_MUST_USE;

/* "2016-04-20T04:13:06.946151Z" as seconds since 1970; 0 when it is none. */
int64_t pf_simple_time(struct pf_str s);
