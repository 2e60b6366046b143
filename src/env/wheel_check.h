/* wheel_check.h - a wheel's archive held against the rules, before a byte of it is written */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/wheel.h"
#include "formats/zip.h"
#include "req/wheel_name.h"

/* A line of RECORD. */
struct pf_recorded {
	struct pf_str path, digest, size; /* digest: "sha256=...", or empty */
};

/* A member that is a file. */
struct pf_wheel_item {
	const struct pf_zip_member *member;
	const struct pf_recorded *recorded; /* NULL: RECORD may be silent about it */
	struct pf_bundled file;             /* digest and kind are known once it was read */
	const struct pf_wheel_item *twin; /* of the same place, and so of the same bytes, or NULL */
	bool own;                         /* written by every installer itself: not linked */
};

struct pf_wheel_check {
	struct pf_arena arena;
	const struct pf_wheel_source *source;
	struct pf_zip zip;
	struct pf_wheel_name named;  /* by the file's name */
	struct pf_str info;          /* "demo-1.0.dist-info" */
	struct pf_str name, version; /* METADATA's, as written */
	PF_VEC(struct pf_wheel_item) items;
	PF_VEC(struct pf_entry_point) entries;
	struct pf_map record; /* path to struct pf_recorded */
	bool incomplete;      /* its RECORD needed lenience */
};

/* One line: three fields of CSV. False: it is none. */
bool pf_recorded_read(struct pf_recorded *out, struct pf_arena *a, struct pf_str line);

void pf_wheel_check_free(struct pf_wheel_check *c);
/* Opens the archive and judges all that its directory and its texts say. */
int pf_wheel_check(struct pf_wheel_check *out, const struct pf_wheel_source *s,
		   struct pf_err *err) PF_MUST_USE;
/* A file's bytes against its line of RECORD; fills its digest (in the check's arena). */
int pf_wheel_check_bytes(struct pf_wheel_check *c, struct pf_wheel_item *item, struct pf_str bytes,
			 struct pf_err *err) PF_MUST_USE;

/* The same for a file whose SHA-256 (PF_SHA256_TEXT) is known; only where no other is needed. */
bool pf_wheel_needs_sha256(const struct pf_wheel_item *item);
int pf_wheel_check_sha256(struct pf_wheel_check *c, struct pf_wheel_item *item, const char *digest,
			  struct pf_err *err) PF_MUST_USE;

/* ---- its parts ---- */

/* May a member, or a line of RECORD, be called so? EINTEGRITY. */
int pf_wheel_check_path(struct pf_str path, bool lenient, struct pf_err *err) PF_MUST_USE;
/* Could this file in bin/ be taken for the environment's own? */
bool pf_wheel_is_reserved(struct pf_str script);
/* Is this place, seen from an environment's top, one that the environment itself writes? */
bool pf_place_is_own(struct pf_str to);
/* Works out schemes; refuses places of others and two members for one. */
int pf_wheel_place(struct pf_wheel_check *c, struct pf_err *err) PF_MUST_USE;
/* RECORD's text against the members, both ways. */
int pf_wheel_read_record(struct pf_wheel_check *c, struct pf_str text,
			 struct pf_err *err) PF_MUST_USE;
/* "name = package.module:object". It becomes a script, so nothing but names will do. EINTEGRITY. */
int pf_entry_read(struct pf_entry_point *out, struct pf_arena *a, struct pf_str line,
		  struct pf_err *err) PF_MUST_USE;
/* [console_scripts] and [gui_scripts] of entry_points.txt. */
int pf_wheel_read_entries(struct pf_wheel_check *c, struct pf_str text,
			  struct pf_err *err) PF_MUST_USE;
