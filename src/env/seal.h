/* seal.h - paths of the place of building turned into those of the final place */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* Replaces `from` by `to` in every text file below `dir` (scripts' first lines, what else an
 * installer wrote), and brings the RECORD files up to date. Byte code that holds `from` is
 * removed; any other binary file that does is warned of and left. `python` is the interpreter's
 * final path, for scripts that a shell starts. */
int pf_seal(int dir, const char *from, const char *to, const char *python,
	    struct pf_err *err) PF_MUST_USE;

/* New bytes for a file, which keeps its mode and its times, and is no more one with its links. */
int pf_seal_replace(int dir, const char *path, struct pf_str bytes,
		    struct pf_err *err) PF_MUST_USE;
/* Replaces; returns how often. */
size_t pf_seal_text(struct pf_buf *out, struct pf_str text, const char *from, const char *to);
/* "../../../bin/x" below "lib/python3.11/site-packages": "bin/x". Empty when it leads outside. */
struct pf_str pf_seal_place(struct pf_arena *a, struct pf_str site, struct pf_str path);
