/* workdir.h - a private folder in the store's tmp/, locked while it is in use */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* The store and one folder in it. Removed with all it holds by pf_workdir_free. */
struct pf_workdir {
	struct pf_arena arena;
	char *store;	/* STORE */
	char *path;	/* STORE/tmp/NAME */
	char *name;
	char *log; /* STORE/logs/NAME.log: what the drivers say; kept when one of them failed */
	int fd;		/* of the folder, with its lock */
	bool opened;
	bool keep_log;
};

/* `store` is pf_store_root's flag. Makes the store's folders and STORE/tmp/PREFIX<random>. EIO
 * when the store cannot be written, or when others could write to it. */
int pf_workdir_open(struct pf_workdir *out, const char *prefix, const char *store,
		    struct pf_err *err) PF_MUST_USE;
void pf_workdir_free(struct pf_workdir *w);

/* Writes a private file into it; returns the path, or NULL with err. */
char *pf_workdir_file(struct pf_workdir *w, const char *name, struct pf_str bytes,
		      struct pf_err *err) PF_MUST_USE;

/* The log's text; the file stays, without the secrets that were in it. ELIMIT when it is longer
 * than the buffer: what fits is there. */
int pf_workdir_keep_log(struct pf_buf *out, struct pf_workdir *w, struct pf_err *err);
/* Prints the last lines of a log. */
void pf_log_tail(struct pf_str log);

/* Removes what earlier processes left in STORE/tmp: folders older than `age` seconds that nobody
 * holds. Returns how many, or -1; `dry` only counts. */
int pf_workdir_sweep(const char *store, unsigned age, bool dry, struct pf_err *err) PF_MUST_USE;
/* Does somebody hold one? Its lock is taken a moment after it is made: those younger than
 * PF_AGE_GC count, but for wheels on their way out, "*.gone". Where there are no locks, one that
 * is younger than PF_AGE_TMP says so. */
bool pf_workdir_any_held(const char *store);
