/* fs.h - files: bounded reads, opens beneath a root, atomic writes, locks, removal of trees */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/limits.h"
#include "base/mem.h"

/* Opens a regular file below `root` (a directory descriptor) without ever leaving it: neither by
 * "..", nor by an absolute path, nor through a link (links that stay inside are followed).
 * Never blocks on a FIFO. Returns a descriptor, or -1 with err: EMODEL when the path leaves the
 * root or is no regular file, EIO otherwise (errno is kept, so ENOENT can be told). */
int pf_open_beneath(int root, const char *path, struct pf_err *err) PF_MUST_USE;
/* The same for a directory (O_PATH | O_DIRECTORY is enough for further calls). */
int pf_open_dir_beneath(int root, const char *path, struct pf_err *err) PF_MUST_USE;
/* A new file for writing, below root and through no link at all. */
int pf_create_beneath(int root, const char *path, mode_t mode, struct pf_err *err) PF_MUST_USE;
/* Exists below root, as a file or directory, without leaving it? */
bool pf_exists_beneath(int root, const char *path);

/* Opens a regular file for reading; never blocks on a FIFO. dirfd may be AT_FDCWD. */
int pf_open_file(int dirfd, const char *path, struct pf_err *err) PF_MUST_USE;
/* Reads the rest of a descriptor into a buffer with a ceiling. `what` names it in errors. Reading,
 * writing and waiting for a lock end when a signal asks us to stop (pf_signals_check). */
int pf_read_fd(struct pf_buf *out, int fd, const char *what, struct pf_err *err) PF_MUST_USE;
int pf_read_file(struct pf_buf *out, int dirfd, const char *path, struct pf_err *err) PF_MUST_USE;
int pf_write_fd(int fd, const void *p, size_t n, struct pf_err *err) PF_MUST_USE;
/* All of one file to another that is empty, by the kernel where it can; `share`: by sharing its
 * blocks where the file system can. */
int pf_copy_fd(int to, int from, bool share, struct pf_err *err) PF_MUST_USE;
/* read(2), again where a signal came in between. */
ssize_t pf_read_some(int fd, void *to, size_t n);

/* Writes a file whole or not at all: a temporary name beside it, then rename. */
int pf_write_atomic(int dirfd, const char *path, struct pf_str bytes, mode_t mode,
		    struct pf_err *err) PF_MUST_USE;

/* The same piece by piece: what is written to `fd` takes its place by pf_atomic_commit; without it,
 * pf_atomic_free leaves nothing. */
struct pf_atomic {
	int fd;		/* 0: none */
	int dirfd;	/* borrowed */
	char path[PF_MAX_PATH], temp[PF_MAX_PATH];
};
void pf_atomic_free(struct pf_atomic *f);
int pf_atomic_open(struct pf_atomic *out, int dirfd, const char *path, mode_t mode,
		   struct pf_err *err) PF_MUST_USE;
int pf_atomic_commit(struct pf_atomic *f, struct pf_err *err) PF_MUST_USE;

int pf_mkdir_p(const char *path, mode_t mode, struct pf_err *err) PF_MUST_USE;
/* The folders above `path`, below `dir`, as far as they are not there; nobody else may write
 * there. */
int pf_make_parents(int dir, const char *path, struct pf_err *err) PF_MUST_USE;
/* A new private directory PARENT/PREFIX<random>; its name is put into `name` (size >= 64). */
int pf_mkdtemp_at(int parent, const char *prefix, char *name, size_t size,
		  struct pf_err *err) PF_MUST_USE;
/* Removes a tree without recursion on the stack and without following links; absent is fine. */
int pf_remove_tree(int dirfd, const char *name, struct pf_err *err) PF_MUST_USE;

/* An advisory lock of the kernel (flock): gone when its holder dies. Creates the file. Waits up to
 * `seconds` (0: not at all); `waiting` is called once if somebody else holds it, and may be NULL.
 * Returns the descriptor that holds the lock, or -1 (ELIMIT when the time is up). */
int pf_lock(int dirfd, const char *path, unsigned seconds, void (*waiting)(const char *path),
	    struct pf_err *err) PF_MUST_USE;
/* The same for who makes what is renamed into place, where the first one wins: that the file
 * system has no locks (some of NFS, clusters and FUSE) is no failure, but sets `*without`. */
int pf_lock_if_any(int dirfd, const char *path, unsigned seconds, void (*waiting)(const char *path),
		   bool *without, struct pf_err *err) PF_MUST_USE;

/* Path helpers; results live in the arena. */
char *pf_join(struct pf_arena *a, const char *dir, struct pf_str name);
char *pf_realpath(struct pf_arena *a, const char *path);	/* NULL with errno */
bool pf_is_dir(const char *path);
bool pf_is_executable(const char *path);
/* $HOME or the password file's; NULL when there is neither. */
const char *pf_home(void);
