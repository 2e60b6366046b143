/* imports.h - the import statements of a Python source, found without running it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"

struct pf_imported {
	struct pf_str module;	/* "a.b" of "import a.b" and of "from a.b import c" */
	struct pf_str name;	/* "c", "*"; empty: the module itself */
	unsigned line;		/* where the statement begins */
	bool sure; /* whenever the file is: in no function, branch or try, classes aside */
};

struct pf_imports {
	/* Told of each in order; the views last for the call. Relative ones are left out. */
	void (*found)(void *ctx, const struct pf_imported *one);
	void *ctx;
	bool dynamic;	/* out: importlib or __import__ is named: there may be others */
};

/* EMODEL "line 3: ...": it cannot be Python; ELIMIT. What was found until then has been told. */
int pf_imports_read(struct pf_imports *p, struct pf_str text, struct pf_err *err) PF_MUST_USE;
