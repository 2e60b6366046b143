/* needed.h - a METADATA file to what a distribution needs, and the short form that is kept of it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/index.h"

/* EINTEGRITY: no metadata, or of another name or version than the file's. */
int pf_needed_read(struct pf_needed *out, struct pf_arena *a, struct pf_str text,
		   const struct pf_file *file, struct pf_err *err) PF_MUST_USE;
/* As headers again, those alone that count. */
void pf_needed_write(struct pf_buf *out, const struct pf_needed *n, const struct pf_file *file);
