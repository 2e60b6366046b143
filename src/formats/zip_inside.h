/* zip_inside.h - what the files of the ZIP reader share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "formats/zip.h"

/* Exactly n bytes of the archive from an offset on. */
int pf_zip_bytes(void *to, int fd, uint64_t at, size_t n, struct pf_err *err) PF_MUST_USE;
/* EMODEL: what is said of a member at two places is not the same. */
int pf_zip_differs(struct pf_err *err, const struct pf_zip_member *m, const char *what);
bool pf_zip_is_stored(const struct pf_zip_member *m);
void pf_zip_end_reading(struct pf_zip *z);
