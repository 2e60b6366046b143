/* reqlines.h - a requirements file's logical lines: continuations joined, comments taken off */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

struct pf_reqlines {
	struct pf_str rest;	/* physical lines not read yet */
	struct pf_arena *a;	/* joined lines live here */
	unsigned physical;	/* number of the last physical line read */
	bool cut;		/* the file ended where a line was to be continued */
};

/* The text of a file as UTF-8: a byte order mark is taken off, a coding comment (PEP 263) of
 * Latin-1 obeyed. EMODEL for anything else that is not UTF-8. */
int pf_reqlines_decode(struct pf_str *out, struct pf_arena *a, struct pf_str bytes,
		       struct pf_err *err) PF_MUST_USE;
/* The next line that is not empty and the number of its first physical line. 1, 0 at the end, or
 * -1 with ELIMIT beyond PF_MAX_REQ_LINE. */
int pf_reqlines_next(struct pf_str *line, unsigned *number, struct pf_reqlines *lines,
		     struct pf_err *err) PF_MUST_USE;
/* Does the text hold ${NAME}, of capitals, digits and "_"? Its place, or PF_NPOS. */
size_t pf_reqlines_variable(struct pf_str text, struct pf_str *name);
