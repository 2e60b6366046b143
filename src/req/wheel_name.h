/* wheel_name.h - file names of wheels and source distributions, taken apart */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/version.h"

struct pf_wheel_name {
	struct pf_str name;	/* canonical */
	struct pf_version version;
	struct pf_str build;	/* "200abc", empty for none */
	struct pf_strs tags; /* "py2-none-any", "py3-none-any": compressed sets expanded, sorted */
};

struct pf_sdist_name {
	struct pf_str name;	/* canonical */
	struct pf_version version;
};

/* "Django-1.11-py2.py3-none-any.whl". EMODEL, ELIMIT. */
int pf_wheel_name_parse(struct pf_wheel_name *out, struct pf_arena *a, struct pf_str file,
			struct pf_err *err) PF_MUST_USE;
/* "django-1.11.tar.gz", "django-1.11.zip". */
int pf_sdist_name_parse(struct pf_sdist_name *out, struct pf_arena *a, struct pf_str file,
			struct pf_err *err) PF_MUST_USE;
