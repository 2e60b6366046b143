/* route.c - paths, methods and content types of the scoring protocol, in MLflow's words */
/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/route.h"

#include "base/str.h"

static const struct {
	const char *path;
	bool post;
	bool open;	/* probes have no tokens */
} routes[] = {
	[PF_ROUTE_PING] = { "/ping", false, true },
	[PF_ROUTE_HEALTH] = { "/health", false, true },
	[PF_ROUTE_VERSION] = { "/version", false, false },
	[PF_ROUTE_INVOCATIONS] = { "/invocations", true, false },
	[PF_ROUTE_METRICS] = { "/metrics", false, false },
	[PF_ROUTE_NONE] = { "other", false, false },
};

const char *pf_route_name(size_t route)
{
	return routes[route].path;
}

bool pf_route_is_open(enum pf_route route)
{
	return routes[route].open;
}

enum pf_route pf_route_find(const struct pf_http *head, unsigned *status, const char **allow)
{
	size_t i = 0;
	bool post = head->method == PF_POST,
	     get = head->method == PF_GET || head->method == PF_HEAD;

	while (i < PF_ROUTE_NONE && !pf_str_is(head->path, routes[i].path))
		i++;
	*allow = routes[i].post ? "POST" : "GET, HEAD";
	*status = i == PF_ROUTE_NONE ? 404 : (routes[i].post ? post : get) ? 200 : 405;
	return (enum pf_route)i;
}

/* ---- content types ---- */

#define CHANGED \
	"IMPORTANT: The MLflow Model scoring protocol has changed in MLflow version 2.0. If you are seeing " \
	"this error, you are likely using an outdated scoring request format. To resolve the error, either " \
	"update your request format or adjust your MLflow Model's requirements file to specify an older "    \
	"version of MLflow (for example, change the 'mlflow' requirement specifier to 'mlflow==1.30.0')."

/* In the order of enum pf_order_format. */
static const char *const types[] = { "application/json", "text/csv",
				     "application/vnd.apache.parquet" };

static int refuse_type(struct pf_buf *why, struct pf_str content_type)
{
	pf_buf_printf(
		why,
		"This predictor only supports the following content types: Types: ['text/csv', "
		"'application/json', 'application/vnd.apache.parquet']. Got '" PF_FMT "'.",
		PF_ARG(pf_shown(content_type)));
	return -1;
}

/* Of parameters only charset=utf-8 is known. False when there is another, which is told. */
static bool check_parameters(struct pf_buf *why, struct pf_str rest)
{
	struct pf_str one, key, value;
	size_t equals;
	unsigned unknown = 0;

	while (rest.n && pf_str_next(&rest, ';', &one)) {
		one = pf_str_trim(one);
		equals = pf_str_find(one, '=');
		key = pf_str_cut(one, 0, equals);
		value = equals == PF_NPOS ? PF_S("") : pf_str_skip(one, equals + 1);
		if (value.n > 1 && *value.p == '"' && value.p[value.n - 1] == '"')
			value = pf_str_cut(value, 1, value.n - 1);
		if (pf_str_ieq(key, "charset")) {
			if (pf_str_ieq(value, "utf-8"))
				continue;
			why->n = 0;
			pf_buf_cstr(why, "The scoring server only supports UTF-8");
			return false;
		}
		pf_buf_printf(why, "%s" PF_FMT,
			      unknown++ ? ", " : "Unrecognized content type parameters: ",
			      PF_ARG(pf_shown(key)));
	}
	if (unknown)
		pf_buf_cstr(why, ". " CHANGED);
	return !unknown;
}

int pf_route_format(struct pf_buf *why, struct pf_str content_type)
{
	size_t end = pf_str_find(content_type, ';');
	struct pf_str type = pf_str_trim(pf_str_cut(content_type, 0, end));

	if (end != PF_NPOS && !check_parameters(why, pf_str_skip(content_type, end + 1)))
		return -1;
	for (size_t i = 0; i < PF_COUNT(types); i++)
		if (pf_str_ieq(type, types[i]))
			return (int)i;
	return refuse_type(why, content_type);
}
