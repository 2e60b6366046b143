/* conda_package.h - conda packages in the cache: checked and unpacked once, to be linked */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/bundle.h"
#include "opts.h"

/* A package's file as the caller has it. */
struct pf_conda_source {
	int fd;             /* open for reading at any offset */
	struct pf_str file; /* "demo-1.0-0.conda", "demo-1.0-0.tar.bz2": what it has to be */
	struct pf_str subdir; /* "linux-64", "noarch": what it has to be for; empty: anything */
	const char *sha256; /* 64 hex digits, computed of these bytes before; NULL: computed here */
};

/* What the cache has of these bytes, STORE/conda/SHA256: 1, or 0 when they are to be unpacked yet.
 * EINTEGRITY when they are another package than `file`. */
int pf_conda_package_find(struct pf_bundle *out, const char *sha256,
			  const struct pf_conda_source *s, const struct pf_opts *o,
			  struct pf_err *err) PF_MUST_USE;

/* The same, unpacked now where it is not there; `sha256` (PF_SHA256_HEX) is told. The caller
 * compares it with what it expects. EINTEGRITY: no package; members that two readers could see
 * differently, that leave the folder, or are neither files nor links inside; what
 * pf_conda_info_read refuses. ELIMIT beyond the ceilings, EIO. May be called from several
 * threads. */
int pf_conda_package_get(struct pf_bundle *out, char *sha256, const struct pf_conda_source *s,
			 const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;

/* Is it a name of a package, ".conda" or ".tar.bz2"? */
bool pf_is_conda_file(struct pf_str file);
