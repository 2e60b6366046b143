/* wheel.h - wheels in the cache: checked and unpacked once, to be linked into environments */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/bundle.h"
#include "opts.h"

/* A wheel's file as the caller has it. */
struct pf_wheel_source {
	int fd;             /* open for reading at any offset */
	struct pf_str file; /* "demo-1.0-py3-none-any.whl": what the wheel has to be */
	const char *sha256; /* 64 hex digits, computed of these bytes before; NULL: computed here */
	bool lenient;       /* RECORD may lack files, list others, or have other digests */
};

/* STORE/wheels/SHA256, unpacked: `files` of the archive, and of byte code what pf_wheels_compile
 * made or found for one interpreter. */
struct pf_wheel {
	struct pf_bundle files;
	struct pf_bundle byte_code;
	char sha256[PF_SHA256_HEX];
};

void pf_wheel_free(struct pf_wheel *w);

/* What the cache has of these bytes: 1, or 0 when they are to be unpacked yet. EINTEGRITY when they
 * are another wheel than `file`, or were taken leniently and are wanted strictly. */
int pf_wheel_find(struct pf_wheel *out, const char *sha256, struct pf_str file, bool lenient,
		  const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* The same, unpacked now where it is not there: built in STORE/tmp, renamed into place, one process
 * at a time. The caller compares the digest with what it expects. EINTEGRITY: an archive that two
 * readers could see differently; names that leave the folder or claim another's place; METADATA,
 * WHEEL or RECORD that do not fit the file; scripts with names or references that are none. ELIMIT
 * beyond the ceilings, EIO. May be called from several threads. */
int pf_wheel_get(struct pf_wheel *out, const struct pf_wheel_source *s, const struct pf_opts *o,
		 struct pf_err *err) PF_MUST_USE;
