/* tags.h - wheel tags an interpreter accepts, best first (PEP 425, 600, 656) */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* The interpreter and the machine that tags are made for. */
struct pf_tag_target {
	int major, minor;	 /* of CPython */
	bool free_threaded;	 /* cp313t */
	bool debug;		 /* cp312d, cp37dm */
	bool no_pymalloc;	 /* before 3.8: cp37 instead of cp37m */
	struct pf_str platform;	 /* sysconfig's: "linux-x86_64" */
	struct pf_str libc;	 /* "glibc 2.36", "musl 1.2", empty for neither */
	bool hard_float;	 /* armv7l: the interpreter is EABI hard-float */
};

/* Tags as text, "cp311-cp311-manylinux_2_17_x86_64", most preferred first. */
struct pf_tags {
	struct pf_strs v;
	struct pf_map rank;	/* text to struct pf_tag_rank */
};

struct pf_tag_rank {
	size_t rank;
};

#define PF_TAG_NONE ((size_t)-1)

/* Platform tags alone: "manylinux_2_17_x86_64", ..., "linux_x86_64". */
void pf_tags_platforms(struct pf_strs *out, struct pf_arena *a, const struct pf_tag_target *t);
void pf_tags_make(struct pf_tags *out, struct pf_arena *a, const struct pf_tag_target *t);
/* The place of one tag, 0 for the best, PF_TAG_NONE when it is not accepted. */
size_t pf_tags_rank(const struct pf_tags *tags, struct pf_str tag);
