/* kept.h - what was built before: STORE/built/NAME.json, NAME.metadata, and sources coming */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"
#include "solve/builder.h"
#include "solve/plan.h"

/* Of one source distribution for one interpreter. */
struct pf_kept {
	char *store;
	char *name;	/* "SHA256-cpython-311-0123456789abcdef" */
	char *sha256;	/* of the source distribution */
};

/* What it was made of and by: for people, and for finding it again. */
struct pf_kept_wheel {
	struct pf_str file, sha256;	/* "demo-1.0-py3-none-any.whl" */
	struct pf_str source; /* "demo-1.0.tar.gz"; of a commit "git+https://h/r@COMMIT" */
	const struct pf_plan *tools;	/* the build requirements, as they were installed */
	const char *confined;		/* how */
};

/* The place of it. Platform, libc and whatever indexes a model added are part of the name: what one
 * stranger's index built is no other's. */
void pf_kept_name(struct pf_kept *out, struct pf_arena *a, char *store, struct pf_str sha256,
		  const struct pf_build_for *whom);

/* 1 found, 0 not. */
int pf_kept_metadata(struct pf_str *out, struct pf_arena *a, const struct pf_kept *k);
int pf_kept_wheel(struct pf_kept_wheel *out, struct pf_arena *a, const struct pf_kept *k);

int pf_kept_put_metadata(const struct pf_kept *k, struct pf_str text,
			 struct pf_err *err) PF_MUST_USE;
int pf_kept_put_wheel(const struct pf_kept *k, const struct pf_kept_wheel *w,
		      struct pf_err *err) PF_MUST_USE;
