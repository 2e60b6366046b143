/* refusal.c - a server's own words for why it does not do it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/refusal.h"

#include "base/json.h"
#include "base/str.h"
#include "formats/xml.h"

struct refusal {
	struct pf_arena *a;
	struct pf_str code, message, region;
};

/* S3 and Azure say Error/Code, STS says ErrorResponse/Error/Code. */
static int take(void *ctx, struct pf_str path, struct pf_str text, struct pf_err *err)
{
	struct refusal *r = ctx;

	(void)err;
	if (pf_str_ends(path, "Error/Code"))
		r->code = pf_dup(r->a, text);
	else if (pf_str_ends(path, "Error/Message"))
		r->message = pf_dup(r->a, text);
	else if (pf_str_ends(path, "Error/Region"))
		r->region = pf_dup(r->a, text);
	return 0;
}

bool pf_refusal_xml(struct pf_str *region, struct pf_arena *a, struct pf_str body,
		    struct pf_err *err)
{
	struct refusal r = { .a = a };
	struct pf_err ignored;

	if (!body.n || pf_xml_read(body, take, &r, &ignored) < 0 || !r.code.n)
		return false;
	pf_fail(err, PF_ETRANSFER, PF_FMT ": " PF_FMT, PF_ARG(pf_shown(r.code)),
		PF_ARG(pf_shown(r.message)));
	if (pf_str_is(r.code, "RequestTimeTooSkewed") || pf_str_is(r.code, "RequestInTheFuture"))
		pf_hint(err, "set the clock of this machine, in UTC too: signatures hold for a moment");
	if (region)
		*region = r.region;
	return true;
}

bool pf_refusal_json(struct pf_str body, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err ignored;
	struct pf_node *root;
	struct pf_str code, message;

	if (!body.n || pf_json_parse(&root, &a, body, &ignored) < 0)
		return false;
	code = pf_node_text(root, "error");
	message = code.n ? pf_node_text(root, "error_description")
			 : pf_node_text(pf_node_get(root, "error"), "message");
	if (!code.n && !message.n)
		return false;
	pf_fail(err, PF_ETRANSFER, PF_FMT "%s" PF_FMT, PF_ARG(pf_shown(code)),
		code.n && message.n ? ": " : "", PF_ARG(pf_shown(message)));
	return true;
}
