/* needs.h - what an environment must hold, as somebody wrote it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "req/requirement.h"

/* One requirement or constraint. */
struct pf_need {
	struct pf_str text;	/* as written, one logical line, comments and per-requirement options
				 * (--hash ...) taken off: "pandas[excel]>=2 ; python_version<'4'" */
	struct pf_str file;	/* where: relative to the model, e.g. "requirements.txt" */
	unsigned line;
	bool parsed;		/* `req` holds it; false for local paths and bare URLs */
	bool constraint;
	bool editable;
	struct pf_requirement req;
	struct pf_strs hashes;	/* "sha256:hex", as written */
};

/* Something a file asks for that is no package: an index, an option, a place outside. */
struct pf_asked {
	enum pf_asked_kind {
		PF_ASKED_INDEX,	 /* --index-url, --extra-index-url, --no-index, --find-links, --trusted-host */
		PF_ASKED_BUILD,	 /* --no-binary, --global-option, --config-settings, ... */
		PF_ASKED_LOCAL,	 /* an editable, a path, file: */
		PF_ASKED_URL,	 /* a direct URL without a digest, VCS included */
		PF_ASKED_VAR,	 /* ${VAR} or ~ */
		PF_ASKED_INCLUDE, /* -r or -c that leaves the model */
		PF_ASKED_OTHER,	 /* any other option */
	} kind;
	struct pf_str text;	/* as written */
	struct pf_str file;
	unsigned line;
};

struct pf_needs {
	struct pf_str python;		/* "3.11.7", "3.10", or empty when nothing says */
	struct pf_str python_file;	/* which file said so */
	PF_VEC(struct pf_need) pip;	/* requirements and constraints in file order */
	struct pf_strs build;		/* "pip==23.2.1", "wheel": pip, setuptools, wheel and the like */
	struct pf_strs conda;		/* match specs as written, less python */
	struct pf_strs channels;
	PF_VEC(struct pf_asked) asked;
	bool require_hashes;		/* --require-hashes, or one requirement has a hash */
};
