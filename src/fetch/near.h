/* near.h - inside fetch: what the machine or the container that we run in says of itself */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/url.h"

/* An answer of somebody who is near: at once or never, and through no proxy. method NULL: GET;
 * header: "Name: value", or empty. ETRANSFER. */
int pf_near_ask(struct pf_str *out, struct pf_arena *a, const char *method, const char *url,
		struct pf_str header, struct pf_err *err) PF_MUST_USE;
/* May a secret go there: over TLS, or to this machine and what is beside it? */
bool pf_near_trusts(const struct pf_url *u);
/* A secret as a header's value: no line's end in it. */
bool pf_near_is_value(struct pf_str text);
