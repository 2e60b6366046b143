/* packed.h - a model that is an archive on this machine */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/remote.h"

struct pf_packed {
	int fd;
	char *path;
	struct pf_str sha256; /* of "file:///PATH#sha256=HEX"; else empty */
};

/* 1 when the path or file: URI is one, a ZIP or a tar: opened, for the caller to close. 0 when it
 * is not, whatever else it is. EIO. */
int pf_packed_open(struct pf_packed *out, struct pf_arena *a, const char *uri,
		   struct pf_err *err) PF_MUST_USE;
/* A remote whose `own` is a struct pf_packed. */
extern const struct pf_remote_kind pf_remote_packed;
