/* manifest.h - what an environment holds, file by file: written when it is made, compared later */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "env/walk.h"
#include "solve/solve.h"

/* manifest.json is one object; "files" comes last:
 *   ["bin/x","f",292,1234,"<sha256>"]    path, kind, permissions, size, digest
 *   ["lib64","l",0,3,"lib"]              a link and its target
 */

/* Makes the listed files below `dir` read-only (folders 0755) and writes manifest.json and the mark
 * of this boot. A file whose digest is known is believed to be what the list says. */
int pf_manifest_make(int dir, const struct pf_found_list *list, const struct pf_plan *plan,
		     const struct pf_python *python, struct pf_err *err) PF_MUST_USE;

/* All but "files", as a tree. */
int pf_manifest_head(struct pf_node **out, struct pf_arena *a, int dir,
		     struct pf_err *err) PF_MUST_USE;

/* Compares what is there with the manifest: sizes and kinds, with `deep` every byte; compiled byte
 * code that Python itself added is fine. Problems ("bin/x is missing") are appended. */
int pf_manifest_check(struct pf_strs *problems, struct pf_arena *a, int dir, bool deep,
		      struct pf_err *err) PF_MUST_USE;

