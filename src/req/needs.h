/* needs.h - what an environment must hold, as somebody wrote it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "req/matchspec.h"
#include "req/reqopts.h"
#include "req/requirement.h"

/* One requirement or constraint. */
struct pf_need {
	/* as written, one logical line, comments and per-requirement options (--hash ...) taken
	 * off: "pandas[excel]>=2 ; python_version<'4'" */
	struct pf_str text;
	struct pf_str file;	/* where: relative to the model, e.g. "requirements.txt" */
	unsigned line;
	/* `req` holds a name; false for a folder or URL that tells none, and where ${VAR} stands
	 * in the text. req.marker may be there anyway */
	bool parsed;
	bool constraint;
	bool editable;
	struct pf_requirement req;
	struct pf_strs hashes;	/* "sha256:hex", as written */
	struct pf_str link;	/* a direct URL, as written; empty: none */
	struct pf_str path;	/* a file or folder inside the model, relative to it; empty: none */
};

/* Something a file asks for that is no package: an index, an option, a place outside. */
struct pf_asked {
	enum pf_asked_kind {
		PF_ASKED_INDEX,	  /* --index-url, --no-index, --find-links and their like */
		PF_ASKED_BUILD,	  /* --no-binary, --global-option, --config-settings, ... */
		PF_ASKED_LOCAL,	  /* an editable, a path, file: */
		PF_ASKED_CHANNEL, /* a folder as a channel of conda's */
		PF_ASKED_URL,	  /* a direct URL without a digest, VCS included */
		PF_ASKED_VAR,	  /* ${VAR} or ~ */
		PF_ASKED_INCLUDE, /* -r or -c that leaves the model */
		PF_ASKED_OTHER,	  /* any other option, a URL that no flag can allow */
	} kind;
	struct pf_str text;	/* as written */
	struct pf_str file;
	unsigned line;
};

/* A version that was recorded beside the requirements: a wish where they leave it open. */
struct pf_fact {
	struct pf_str name;	/* canonical: "scikit-learn" */
	struct pf_str key;	/* what recorded it: "sklearn_version" */
	struct pf_spec is;	/* ==1.0.2 */
};

/* What the index options of requirements files add up to, as pip adds them up. */
struct pf_index_wish {
	bool replaced;		/* the user's own index is not asked: --index-url or --no-index */
	bool no_index;
	struct pf_strs urls;	/* to be asked, after the user's own unless that is replaced */
	struct pf_strs find_links;
	struct pf_strs trusted_hosts;
	struct pf_strs no_binary, only_binary; /* canonical names, or ":all:" */
	bool prefer_binary;
	bool pre;
};

struct pf_needs {
	struct pf_str python;		/* "3.11.7", "3.10", or empty when nothing says */
	struct pf_str python_file;	/* which file said so */
	bool python_starts;		/* it is where a range of conda.yaml's begins */
	PF_VEC(struct pf_need) pip;	/* requirements and constraints in file order */
	struct pf_strs build; /* "pip==23.2.1", "wheel": pip, setuptools, wheel and the like */
	struct pf_strs conda;		/* match specs as written, less python */
	struct pf_match_specs conda_specs;	/* the same, read */
	struct pf_str conda_python;	/* that of python, as written; empty: none */
	struct pf_strs channels;	/* as written; may hold secrets */
	bool channels_by_user;		/* --channel: not the model's */
	struct pf_str conda_from; /* digest of where these come from, and for what machine; empty:
				   * they do not come from channels */
	PF_VEC(struct pf_asked) asked;
	struct pf_index_wish wish;
	struct pf_str lock;		/* digest of the lock that the model carries; empty: none */
	bool require_hashes;		/* --require-hashes, or one requirement has a hash */
	PF_VEC(struct pf_fact) facts;
	int saved;			/* the day on which the model was saved; 0: not told */
	int as_of;			/* the day whose packages count (pf_needs_date); 0: today */
};

/* The first of n needs that asks for a project, constraints aside, behind `after` (NULL: from the
 * start); NULL: none. */
const struct pf_need *pf_need_next(const struct pf_need *needs, size_t n,
				   const struct pf_need *after, struct pf_str name);
/* With require_hashes every requirement that is no constraint has to have a digest and to name one
 * version (or a URL), as pip asks: EMODEL naming the first that has not. For where an environment
 * is to be built. */
int pf_needs_check_hashes(const struct pf_needs *needs, struct pf_err *err) PF_MUST_USE;
