/* mapped.h - a file of somebody else's, read in place though it may be cut meanwhile */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"
#include "base/str.h"

struct pf_mapped {
	struct pf_str text;
	int fd;		/* borrowed */
	const char *name;	/* for messages; borrowed */
};

/* Maps a regular file that is not empty; one at a time in the process. Reading what is no longer
 * there gives zeros rather than SIGBUS, so that what was made of it counts only if pf_mapped_check
 * says so afterwards. EIO. */
int pf_map(struct pf_mapped *out, int fd, const char *name, struct pf_err *err) PF_MUST_USE;
/* EIO when the file has been cut since it was mapped. */
int pf_mapped_check(const struct pf_mapped *m, struct pf_err *err) PF_MUST_USE;
void pf_mapped_free(struct pf_mapped *m);
