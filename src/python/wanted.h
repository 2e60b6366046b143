/* wanted.h - a version of Python as a model asks for it, compared with an interpreter's */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"

/* "3.11.7", "3.13.0rc1", "3.10", "3.10.*", "3" or nothing. */
struct pf_wanted {
	struct pf_str text;
	int major, minor;	/* -1: any */
	int micro;		/* 0 unless exact */
	bool exact;		/* one patch version and no other */
};

/* EMODEL when it is none of these. Borrows the text. */
int pf_wanted_read(struct pf_wanted *out, struct pf_str text, struct pf_err *err) PF_MUST_USE;
/* The very version, or one of those meant by a shorter one? */
bool pf_wanted_is(const struct pf_wanted *w, const struct pf_python *p);
/* The same major and minor, as far as they were given? */
bool pf_wanted_admits(const struct pf_wanted *w, const struct pf_python *p);
/* Grows with the version; a pre-release comes before its release. */
uint64_t pf_wanted_rank(const struct pf_python *p);
