/* refusal.h - inside fetch: a server's own words for why it does not do it */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* "Code: message" of AWS's and Azure's XML; *region (may be NULL) is what it says of one.
 * False: it is none. */
bool pf_refusal_xml(struct pf_str *region, struct pf_arena *a, struct pf_str body,
		    struct pf_err *err);
/* {"error": {"message"}} and {"error", "error_description"} of Google. */
bool pf_refusal_json(struct pf_str body, struct pf_err *err);
