/* parts.h - a lock as it was read, before anything of it is chosen: what the formats share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "lock/lock.h"
#include "req/marker.h"
#include "req/matchspec.h"

struct pf_lock_file {
	struct pf_str name;	/* "demo-1.0-py3-none-any.whl" */
	struct pf_str url;	/* empty: the index has it */
	uint64_t size;
	int64_t uploaded;
	struct pf_strs hashes;	/* strong ones: "sha256:hex" */
};

struct pf_lock_package {
	struct pf_str name;	/* canonical */
	struct pf_str version;	/* may be empty */
	struct pf_str requires_python;
	struct pf_str index;
	struct pf_str direct;	/* the URL or file that was asked for by itself; else empty */
	struct pf_str revision;	/* of a repository, as it was asked for */
	bool git;		/* `direct` tells the commit, and there is no file */
	PF_VEC(struct pf_lock_file) files;
	struct pf_strs hashes;	/* without files: it is one of these */
	struct pf_strs depends;
	unsigned line;		/* 0: not known */
};

/* What of a lock concerns one environment. */
struct pf_lock {
	struct pf_arena arena;
	struct pf_str requires_python;
	struct pf_str needs;	/* the digest of the needs it was made for; may be empty */
	struct pf_strs left_out;
	PF_VEC(struct pf_planned_conda) conda;
	PF_VEC(struct pf_lock_package) packages;
	/* of them; what a name stands for is where it is among them, plus one */
	struct pf_map names;
};

struct pf_lock_target {
	const struct pf_marker_env *env;
	const struct pf_needs *wanted;	/* as they are resolved: solve/native.h */
	const char *base;		/* where paths begin */
	const char *model_dir;		/* where those of our own begin */
	struct pf_str subdir;		/* of conda's packages: "linux-64" */
	const struct pf_strs *channels;	/* the user's own: their folders may be named */
};

struct pf_lock_format {
	const char *name;	/* for -f and messages */
	bool conda;	/* it holds packages of conda */
	bool (*is)(struct pf_str text);
	int (*read)(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		    struct pf_err *err);
	int (*write)(struct pf_buf *out, const struct pf_lock_of *what, struct pf_err *err);
};

/* Does it hold where the lock is to be installed? Absent does. 1, 0, or -1: it is none. */
int pf_lock_marker_holds(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str marker,
			 unsigned line, struct pf_err *err) PF_MUST_USE;
/* Does a line begin so, blanks aside? */
bool pf_lock_has_line(struct pf_str text, const char *start);

/* "sha256 = hex": kept when it is strong. Malformed: EINTEGRITY. */
int pf_lock_add_digest(struct pf_strs *out, struct pf_arena *a, struct pf_str kind,
		       struct pf_str hex, unsigned line, struct pf_err *err) PF_MUST_USE;
/* The same of "sha256:hex", of each that is strong. */
int pf_lock_add_digests(struct pf_strs *out, struct pf_arena *a, const struct pf_strs *texts,
			unsigned line, struct pf_err *err) PF_MUST_USE;
/* Adds a file to the package once it is sure that its name is one, and this package's; that its URL
 * or path, either of which may be empty, leads to no other; and that it has a strong digest. */
int pf_lock_add_file(struct pf_lock *l, struct pf_lock_package *p, struct pf_lock_file *f,
		     struct pf_str path, const struct pf_lock_target *t,
		     struct pf_err *err) PF_MUST_USE;
/* EINTEGRITY when one of that name is there; ELIMIT. */
int pf_lock_add_package(struct pf_lock *l, const struct pf_lock_package *p,
			struct pf_err *err) PF_MUST_USE;
const struct pf_lock_package *pf_lock_find(const struct pf_lock *l, struct pf_str name);
struct pf_git_source;

/* The package is this commit. EINTEGRITY: a place of one machine, no whole commit. */
int pf_lock_take_git(struct pf_lock *l, struct pf_lock_package *p, const struct pf_git_source *from,
		     unsigned line, struct pf_err *err) PF_MUST_USE;
/* The same by "https://h/r?subdirectory=x&rev=v1#COMMIT". */
int pf_lock_take_git_url(struct pf_lock *l, struct pf_lock_package *p, struct pf_str text,
			 unsigned line, struct pf_err *err) PF_MUST_USE;
/* Is it what a requirement's URL asks for? */
bool pf_lock_is_commit_of(const struct pf_lock *l, const struct pf_lock_package *p,
			  struct pf_str link);
/* May a revision become a part of lines and of names? */
bool pf_lock_is_plain(struct pf_str text);
/* The repository of a planned package as a lock tells it, without secrets; false: it is none, or
 * of this machine alone. */
bool pf_lock_git_of(struct pf_git_source *out, struct pf_arena *a, const struct pf_planned *one);
bool pf_lock_has_git(const struct pf_plan *plan);
/* The path of a "file:" URL beneath the model, relative to it. Elsewhere, and where `model_dir` is
 * NULL: an empty view. */
struct pf_str pf_lock_inside(struct pf_arena *a, const char *model_dir, struct pf_str url);
/* "2024-01-31T23:59:59.5Z", which is in UTC, in seconds since 1970; 0: none. */
int64_t pf_lock_time(struct pf_str text);

/* A conda package by its address; the digests are hex digits, one of them may be empty. A place of
 * this machine has to be in a channel that the user names. */
int pf_lock_add_conda(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str url,
		      struct pf_str md5, struct pf_str sha256, unsigned line,
		      struct pf_err *err) PF_MUST_USE;
/* Beside it, one of pip's: at an address, below the lock's folder, or a commit of a repository
 * ("git+URL@COMMIT", "git+URL?rev=v1#COMMIT"). The version may be empty. */
int pf_lock_add_pip(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str name,
		    struct pf_str version, struct pf_str place, struct pf_str sha256, unsigned line,
		    struct pf_err *err) PF_MUST_USE;
/* Beside conda packages, one of pip's as it is written: a file at an address that others can reach,
 * too, and the hex digits of its SHA-256. EUSAGE: it is none. */
int pf_lock_wheel_of(struct pf_str *sha256, const struct pf_planned *p, const char *format,
		     struct pf_err *err) PF_MUST_USE;
/* NULL: it has none of that name. */
const struct pf_conda_record *pf_lock_conda(const struct pf_lock *l, struct pf_str name);
/* EINTEGRITY when a match spec of the needs is not satisfied by what is locked. */
int pf_lock_check_conda(const struct pf_lock *l, const struct pf_needs *needs,
			struct pf_err *err) PF_MUST_USE;

/* A digest of what is needed, 64 hex digits. */
struct pf_str pf_lock_needs_digest(struct pf_arena *a, const struct pf_needs *needs);

/* What the packages are, chosen for this interpreter. */
int pf_lock_choose(struct pf_plan *out, const struct pf_lock *l, const struct pf_lock_for *whom,
		   struct pf_err *err) PF_MUST_USE;
/* EINTEGRITY showing what is needed and not there. */
int pf_lock_check(const struct pf_lock *l, const struct pf_needs *wanted,
		  const struct pf_lock_for *whom, const struct pf_marker_env *env,
		  struct pf_err *err) PF_MUST_USE;

/* EINTEGRITY when this one is not among them, or they are no specifiers. */
int pf_lock_check_python(struct pf_str requires, const struct pf_python *python,
			 struct pf_err *err) PF_MUST_USE;

/* A version that is not told is admitted. */
bool pf_lock_admits(const struct pf_specset *specs, struct pf_str version);

bool pf_pylock_is(struct pf_str text);
int pf_pylock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		   struct pf_err *err) PF_MUST_USE;
int pf_pylock_write(struct pf_buf *out, const struct pf_lock_of *what,
		    struct pf_err *err) PF_MUST_USE;
bool pf_uvlock_is(struct pf_str text);
int pf_uvlock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		   struct pf_err *err) PF_MUST_USE;
bool pf_reqlock_is(struct pf_str text);
int pf_reqlock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		    struct pf_err *err) PF_MUST_USE;
int pf_reqlock_write(struct pf_buf *out, const struct pf_lock_of *what,
		     struct pf_err *err) PF_MUST_USE;
bool pf_explicit_is(struct pf_str text);
int pf_explicit_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
int pf_explicit_write(struct pf_buf *out, const struct pf_lock_of *what,
		      struct pf_err *err) PF_MUST_USE;
bool pf_condalock_is(struct pf_str text);
int pf_condalock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		      struct pf_err *err) PF_MUST_USE;
int pf_condalock_write(struct pf_buf *out, const struct pf_lock_of *what,
		       struct pf_err *err) PF_MUST_USE;
bool pf_pixilock_is(struct pf_str text);
int pf_pixilock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		     struct pf_err *err) PF_MUST_USE;
bool pf_recordlock_is(struct pf_str text);
/* JSON may be of either kind. */
bool pf_recordlock_has_conda(struct pf_str text);
int pf_recordlock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		       struct pf_err *err) PF_MUST_USE;
int pf_recordlock_write(struct pf_buf *out, const struct pf_lock_of *what,
			struct pf_err *err) PF_MUST_USE;
