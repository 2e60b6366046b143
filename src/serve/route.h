/* route.h - the paths of the scoring protocol */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "serve/http.h"

enum pf_route {
	PF_ROUTE_PING,
	PF_ROUTE_HEALTH,
	PF_ROUTE_VERSION,
	PF_ROUTE_INVOCATIONS,
	PF_ROUTE_METRICS,
	PF_ROUTE_NONE,		/* 404 */
	PF_ROUTES
};

const char *pf_route_name(size_t route);	/* its path; "other" */
/* The route of a request. *status: 200, 404 or 405, and *allow the methods that would do. */
enum pf_route pf_route_find(const struct pf_http *head, unsigned *status, const char **allow);
/* May anybody ask it, without a token? */
bool pf_route_is_open(enum pf_route route);

/* Which of the formats (enum pf_order_format) a Content-Type names; -1 with a sentence in
 * MLflow's words for an answer of 415. */
int pf_route_format(struct pf_buf *why, struct pf_str content_type);
