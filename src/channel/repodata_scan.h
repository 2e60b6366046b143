/* repodata_scan.h - where a repodata.json has the records of which name, told while it comes */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/mem.h"

enum pf_repo_section {
	PF_REPO_PACKAGES,	/* .tar.bz2 */
	PF_REPO_CONDA,		/* "packages.conda" */
	PF_REPO_REMOVED,	/* names of files that are no longer there */
	PF_REPO_INFO,		/* kept as it is */
	PF_REPO_OTHER,		/* passed over */
};

/* Neighbours: from the quote of the first one's file name to the end of the last one. */
struct pf_repo_run {
	uint64_t at;
	uint32_t size;
	uint32_t section;
};

struct pf_repo_name {
	struct pf_str name;
	PF_VEC(struct pf_repo_run) runs;
};

#define PF_REPO_KEY 512 /* bytes of a file's name */

struct pf_repo_scan {
	struct pf_arena arena;	/* of all that is told */
	struct pf_map names;	/* to struct pf_repo_name */
	size_t runs, records;
	/* The document without its records, "packages" and the like empty: to be parsed in full */
	struct pf_buf head;

	/* between two pieces */
	uint64_t at;		/* bytes that have come */
	uint64_t in_string;	/* all bits or none */
	bool escaped;		/* the next byte is */
	unsigned depth;
	enum pf_repo_section section;
	enum pf_repo_expect {
		PF_REPO_FIRST,	/* a record, or the end */
		PF_REPO_KEY_OPEN, PF_REPO_KEY_CLOSE, PF_REPO_COLON, PF_REPO_RECORD, PF_REPO_COMMA,
	} expect;
	bool copying;		/* into `head` */
	bool named;		/* behind a colon: `key` is of what comes */
	bool in_key;
	char key[PF_REPO_KEY], before[PF_REPO_KEY]; /* this text and the record's before it */
	size_t key_n, before_n;
	uint64_t key_at;
	struct pf_repo_name *name; /* of the run that is under way, or NULL */
	struct pf_repo_run run;
	uint64_t run_end;
};

/* Zeroed is ready. Records are not looked into: only where their strings and brackets end. Fed in
 * pieces of any size. EINTEGRITY naming the byte for what is malformed as far as it is looked at,
 * and for a file that comes twice in a row; ELIMIT. */
int pf_repo_scan_feed(struct pf_repo_scan *s, const char *p, size_t n,
		      struct pf_err *err) PF_MUST_USE;
int pf_repo_scan_end(struct pf_repo_scan *s, struct pf_err *err) PF_MUST_USE;
void pf_repo_scan_free(struct pf_repo_scan *s);

/* Which of 64 bytes are what; bit 0 is the first one. */
struct pf_repo_block {
	uint64_t quotes, slashes, brackets /* and braces */, marks /* comma and colon */;
};
/* The same by the processor's vectors where it has some known ones, and without. */
void pf_repo_block_read(struct pf_repo_block *out, const char *p);
void pf_repo_block_plain(struct pf_repo_block *out, const char *p);
