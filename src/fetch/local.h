/* local.h - a model's URI to the local directory it names */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* Is it one that needs no fetching: a path, what exists under such a name, a file: URI? */
bool pf_local_names(const char *uri);
/* The path that a path or a file: URI names, whether anything is there or not. EUSAGE. */
int pf_local_path(char **path, struct pf_arena *a, const char *uri, struct pf_err *err) PF_MUST_USE;
/* A path, or a file: URI (no host but localhost, percent-decoded once, RFC 8089), as a path in the
 * arena; used in place, nothing is copied. An existing path wins over a scheme, as with MLflow.
 * EUSAGE: malformed percent signs, control bytes, dot-dot in a URI.
 * EMODEL: there is no such directory. */
int pf_fetch_local(char **dir, struct pf_arena *a, const char *uri, struct pf_err *err) PF_MUST_USE;
