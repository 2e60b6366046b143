/* indexes.h - where packages come from: what pip's and uv's own settings say */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "index/index.h"
#include "opts.h"
#include "python/python.h"
#include "req/needs.h"

/* Views live in the arena. May hold passwords: never for a command line, a log or a file. */
struct pf_indexes {
	struct pf_arena arena;
	struct pf_str index;	    /* empty: the driver's own default */
	struct pf_strs extra;
	struct pf_strs find_links;  /* URLs; folders as file:// ones, those that exist */
	bool no_index;
	enum pf_pre pre;
	struct pf_net net;
	struct pf_strs no_binary;   /* canonical names, or ":all:": built though there are wheels */
	struct pf_strs only_binary; /* never built */
};

/* PIP_* before UV_* before pip's configuration files (of this interpreter, too; or NULL), each
 * setting for itself. uv's credentials of a named index become part of its URL. With
 * o->allow_model_index what the model's files ask for is added, and said before the user's word. */
void pf_indexes_read(struct pf_indexes *out, const struct pf_needs *needs,
		     const struct pf_python *python, const struct pf_opts *o);
void pf_indexes_free(struct pf_indexes *x);
/* "name=URL" of UV_INDEX without the name. */
struct pf_str pf_index_url_bare(struct pf_str index);
