/* source.h - a source distribution unpacked, and the metadata that it may be believed about */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/* Unpacks the archive (a tar or a ZIP, by its name) into the empty folder `dir`. *root is the one
 * folder in it that holds the source, in the arena. EINTEGRITY, ELIMIT, EIO. */
int pf_source_unpack(char **root, struct pf_arena *a, int dir, int fd, struct pf_str file,
		     struct pf_err *err) PF_MUST_USE;

/* PKG-INFO, where what it says of dependencies holds for every build (PEP 643). */
bool pf_source_metadata(struct pf_str *out, struct pf_arena *a, int root);
/* Is that so of this text? */
bool pf_source_is_settled(struct pf_str metadata);
