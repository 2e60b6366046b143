/* reqopts.h - the options of one line of a requirements file */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

enum pf_reqopt_kind {
	PF_OPT_INDEX_URL,
	PF_OPT_EXTRA_INDEX_URL,
	PF_OPT_NO_INDEX,
	PF_OPT_CONSTRAINT,
	PF_OPT_REQUIREMENT,
	PF_OPT_EDITABLE,
	PF_OPT_FIND_LINKS,
	PF_OPT_NO_BINARY,
	PF_OPT_ONLY_BINARY,
	PF_OPT_PREFER_BINARY,
	PF_OPT_REQUIRE_HASHES,
	PF_OPT_NO_REQUIRE_HASHES,
	PF_OPT_PRE,
	PF_OPT_ALL_RELEASES,
	PF_OPT_ONLY_FINAL,
	PF_OPT_TRUSTED_HOST,
	PF_OPT_USE_FEATURE,
	PF_OPT_HASH,
	PF_OPT_CONFIG_SETTINGS,
};

struct pf_reqopt {
	enum pf_reqopt_kind kind;
	struct pf_str value;	/* empty for a flag */
};

struct pf_reqopts {
	struct pf_reqopt *v;
	size_t n, cap;
};

/* "numpy==1 --hash=sha256:..": what stands before the first word that begins with "-", and the
 * rest. Only the rest knows quotes. */
void pf_reqopts_break(struct pf_str *args, struct pf_str *options, struct pf_str line);
/* Reads the options: quotes, abbreviations, "-rFILE" and all. EMODEL names what is wrong. */
int pf_reqopts_parse(struct pf_reqopts *out, struct pf_arena *a, struct pf_str options,
		     struct pf_err *err) PF_MUST_USE;
/* The first value of a kind, or NULL. */
const struct pf_str *pf_reqopts_first(const struct pf_reqopts *o, enum pf_reqopt_kind kind);
bool pf_reqopts_have(const struct pf_reqopts *o, enum pf_reqopt_kind kind);
/* "--index-url" */
const char *pf_reqopt_name(enum pf_reqopt_kind kind);
