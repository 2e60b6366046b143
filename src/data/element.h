/* element.h - one element of a typed array as text */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"

/* How a format spells what is no number. */
struct pf_spelling {
	const char *no, *yes, *null;
	const char *missing;	/* NaN; infinities, unless the format has them */
	const char *infinity;	/* with a minus before it where it is negative; NULL: missing */
	const char *no_date;
	const char *quote;	/* around a date; NULL: dates are nanoseconds */
};

void pf_element_write(struct pf_buf *out, const struct pf_spelling *s, enum pf_type type,
		      const void *data, size_t i);
/* Elements [from, from + n), with commas between them. */
void pf_elements_write(struct pf_buf *out, const struct pf_spelling *s, enum pf_type type,
		       const void *data, size_t from, size_t n);
/* A value that is null or an element by itself; false: it is of another kind. */
bool pf_scalar_write(struct pf_buf *out, const struct pf_spelling *s, const struct pf_value *v);
/* What an element by itself is to Python: a BOOL, INT or FLOAT, and numpy's text a STRING. Dates,
 * whole numbers beyond int64 and values of other kinds stay as they are. */
struct pf_value pf_element_plain(const struct pf_value *v);
