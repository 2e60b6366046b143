/* digests.c - the digests that are believed: which, and how long they are */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digests.h"

#include "base/str.h"

const struct pf_digest_kind pf_digest_kinds[] = {
	{ "sha256", 64 },
	{ "sha384", 96 },
	{ "sha512", 128 },
	{ NULL, 0 },
};

const struct pf_digest_kind *pf_digest_kind(struct pf_str name)
{
	for (const struct pf_digest_kind *k = pf_digest_kinds; k->name; k++)
		if (pf_str_is(name, k->name))
			return k;
	return NULL;
}
