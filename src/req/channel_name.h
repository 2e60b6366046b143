/* channel_name.h - what channels are called (CEP 26): their subdirs, their secrets taken off */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

/* One of those that there are: "noarch", "linux-64", ... */
bool pf_subdir_is_known(struct pf_str text);
/* Cuts "conda-forge/linux-64" in two; false, and an empty subdir, when there is none. Slashes at
 * the end are taken off. */
bool pf_channel_cut_subdir(struct pf_str text, struct pf_str *channel, struct pf_str *subdir);
/* A channel, or a text with addresses in it, without their "user:password@" and "/t/TOKEN"; in the
 * arena when something had to go. */
struct pf_str pf_channel_bare(struct pf_arena *a, struct pf_str text);
/* "linux-64" or a bare name, against "scheme://...". */
bool pf_channel_is_url(struct pf_str text);
