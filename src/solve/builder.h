/* builder.h - who makes a wheel of a source distribution, as resolver and installer know it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"

struct pf_git_source;

/* A source distribution that is wanted. */
struct pf_sdist {
	/* "demo-1.0.tar.gz"; of a repository: what it is called, "demo@0123456789ab" */
	struct pf_str file;
	struct pf_str sha256;	/* 64 hex digits; empty: not known */
	struct pf_str name;	/* canonical: what it has to be */
	struct pf_str version;	/* empty: whatever it says */
	/* Its bytes into an empty file, checked as far as they can be; called when there is
	 * need. */
	int (*fetch)(void *from, int fd, struct pf_err *err);
	void *from;
	/* instead of all that: a commit of a repository; else NULL */
	const struct pf_git_source *git;
};

/* Whom it is built for. */
struct pf_build_for {
	const struct pf_python *python;
	const struct pf_needs *needs;	/* for the indexes a model may have added; or NULL */
	const struct pf_opts *o;
};

/* Strings that come back live in the arena. ESOLVE, EINTEGRITY and ELIMIT are the source
 * distribution's own fault: another version may do. */
struct pf_builder {
	/* Its METADATA: what it says itself, or its build. */
	int (*metadata)(struct pf_str *out, struct pf_arena *a, const struct pf_sdist *s,
			const struct pf_build_for *whom, struct pf_err *err);
	/* The wheel, in the cache from now on: its file's name and its SHA-256. */
	int (*wheel)(struct pf_str *file, struct pf_str *sha256, struct pf_arena *a,
		     const struct pf_sdist *s, const struct pf_build_for *whom, struct pf_err *err);
	const void *above;	/* the builder's own: what is being built when this is asked for */
};

static inline bool pf_is_sdists_fault(const struct pf_err *err)
{
	return err->code == PF_ESOLVE || err->code == PF_EINTEGRITY || err->code == PF_ELIMIT;
}
