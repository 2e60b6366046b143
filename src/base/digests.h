/* digests.h - the digests that are believed: which, and how long they are */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

struct pf_digest_kind {
	const char *name;
	size_t digits; /* hexadecimal */
};

/* The usual one is first; the last has no name. */
extern const struct pf_digest_kind pf_digest_kinds[];

/* That of a name, "sha256"; NULL: it is none of them. */
const struct pf_digest_kind *pf_digest_kind(struct pf_str name);
