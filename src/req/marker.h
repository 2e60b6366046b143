/* marker.h - environment markers (PEP 508): read, written, evaluated */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"
#include "req/specifier.h"

/* What markers may ask of an environment. */
struct pf_marker_env {
	struct pf_str implementation_name;	      /* "cpython" */
	struct pf_str implementation_version;	      /* "3.11.7" */
	struct pf_str os_name;			      /* "posix" */
	struct pf_str platform_machine;		      /* "x86_64" */
	struct pf_str platform_python_implementation; /* "CPython" */
	struct pf_str platform_release;		      /* uname -r */
	struct pf_str platform_system;		      /* "Linux" */
	struct pf_str platform_version;		      /* uname -v */
	struct pf_str python_full_version;	      /* "3.11.7" */
	struct pf_str python_version;		      /* "3.11" */
	struct pf_str sys_platform;		      /* "linux" */
};

struct pf_reader;
struct pf_marker;	/* lives in the arena it was read into */

/* EMODEL with the place in the text; ELIMIT beyond PF_MAX_MARKER_DEPTH nested parentheses. */
int pf_marker_parse(struct pf_marker **out, struct pf_arena *a, struct pf_str text,
		    struct pf_err *err) PF_MUST_USE;
/* The same, from where the reader stands to its end: what a requirement has after ";". */
int pf_marker_scan(struct pf_marker **out, struct pf_reader *r) PF_MUST_USE;
/* Does it hold? `extra` is the extra asked for, empty for none. NULL holds. A comparison that has
 * no meaning ("os_name ~= 'x'") does not hold. */
bool pf_marker_eval(const struct pf_marker *m, const struct pf_marker_env *env,
		    struct pf_str extra);
/* The same, which tells a comparison without meaning: 1, 0, or -1 with EMODEL. */
int pf_marker_try(const struct pf_marker *m, const struct pf_marker_env *env, struct pf_str extra,
		  struct pf_err *err) PF_MUST_USE;
/* Does it mention `extra`? */
bool pf_marker_has_extra(const struct pf_marker *m);
/* The normal form: 'python_version < "3.8" and (os_name == "nt" or extra == "x")'. */
struct pf_str pf_marker_print(struct pf_arena *a, const struct pf_marker *m);
