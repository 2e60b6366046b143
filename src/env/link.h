/* link.h - an environment filled with wheels of the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/walk.h"
#include "env/wheel.h"
#include "python/python.h"

/* One wheel of an environment. */
struct pf_link {
	const struct pf_wheel *wheel;
	struct pf_str url; /* when it was asked for by its URL: for direct_url.json (PEP 610) */
	struct pf_str revision; /* of a repository, whose URL tells the commit; may be empty */
	const char *sha256; /* of what is there; NULL: of the wheel */
	bool requested;    /* by the user, not by another distribution */
};

struct pf_link_opts {
	int dir; /* the environment under construction: what pf_venv_make made */
	const struct pf_python *python;
	const char *exe; /* the interpreter's path once the environment is in place */
	enum pf_link_mode mode;
	bool first_wins; /* of two wheels that claim a path with different contents: a warning */
};

/* Links all of them, in this order: files, byte code, scripts, and what is written for each
 * environment: RECORD, INSTALLER, REQUESTED, direct_url.json. `placed`: all of these files. Two
 * that claim one path share it when the contents are the same; otherwise EINTEGRITY names both.
 * EIO. After an error the environment holds a part: remove it. */
int pf_wheels_link(struct pf_found_list *placed, const struct pf_link *links, size_t n,
		   const struct pf_link_opts *o, struct pf_err *err) PF_MUST_USE;
