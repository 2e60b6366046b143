/* secrets.h - inside fetch: what of a URL's query lets somebody in, and is shown to nobody */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* The text of a URL as it may be shown and kept: "****" for the value of a signature, a token, a
 * password in its query; of what goes with a signature (when it ends, whose it is) nothing, so that
 * one file's URL, signed again, is shown the same. A view of the text where nothing is left out. */
struct pf_str pf_url_open_part(struct pf_arena *a, struct pf_str url);
/* What has to be known besides to tell two such URLs apart: tokens and passwords, "name=value&".
 * Signatures are not among them, they say nothing of what they sign. Empty: none. */
struct pf_str pf_url_secrets(struct pf_arena *a, struct pf_str url);
