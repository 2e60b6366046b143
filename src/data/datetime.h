/* datetime.h - ISO dates to and from nanoseconds since 1970 */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

enum pf_datetime_verdict {
	PF_DATETIME_GOOD,
	PF_DATETIME_BAD,	/* an impossible date, or one beyond the years 1677 to 2262 */
	PF_DATETIME_ZONE,	/* a date with a time zone, where none is wanted */
	PF_DATETIME_UNSURE,	/* a spelling that is left to pandas */
};

/* YYYY-MM-DD, or that with T or a space and HH:MM:SS and up to nine digits of a second. `layout`
 * tells spellings apart: pandas wants the same one throughout a column. */
enum pf_datetime_verdict pf_datetime_read(int64_t *ns, unsigned *layout, struct pf_str s);

/* As Python's datetime.isoformat: YYYY-MM-DDTHH:MM:SS, then .ffffff or .fffffffff if needed. */
void pf_datetime_write(struct pf_buf *out, int64_t ns);
