/* xml.c - a server's list in XML, over expat */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/xml.h"

#include <expat.h>

#include "base/limits.h"
#include "base/str.h"

struct reading {
	XML_Parser parser;
	pf_xml_take *take;
	void *ctx;
	struct pf_err *err;		 /* code 0: nothing is wrong yet */
	struct pf_buf path;		 /* of the element that is open */
	struct pf_buf text;		 /* of all that are open, behind one another */
	size_t starts[PF_MAX_XML_DEPTH]; /* of each one's text */
	size_t depth;
};

static void stop(struct reading *r)
{
	XML_StopParser(r->parser, XML_FALSE);
}

static void fail_size(struct reading *r)
{
	pf_fail(r->err, PF_ELIMIT, "XML with names or texts of more than %zu bytes",
		PF_MAX_XML_TEXT);
	stop(r);
}

static void begin(void *ctx, const XML_Char *name, const XML_Char **attributes)
{
	struct reading *r = ctx;
	struct pf_str bare = pf_s(name);
	size_t colon = pf_str_find(bare, ':');

	(void)attributes;
	if (r->err->code)
		return;
	if (r->depth == PF_MAX_XML_DEPTH) {
		pf_fail(r->err, PF_ELIMIT, "XML with more than %d levels", PF_MAX_XML_DEPTH);
		stop(r);
		return;
	}
	if (r->path.n)
		pf_buf_char(&r->path, '/');
	pf_buf_str(&r->path, colon == PF_NPOS ? bare : pf_str_skip(bare, colon + 1));
	r->starts[r->depth++] = r->text.n;
	if (r->path.toobig)
		fail_size(r);
}

static void end(void *ctx, const XML_Char *name)
{
	struct reading *r = ctx;
	size_t start, slash;

	(void)name;
	if (r->err->code)
		return;
	start = r->starts[--r->depth];
	if (r->take(r->ctx, pf_buf_view(&r->path), pf_str_skip(pf_buf_view(&r->text), start),
		    r->err) < 0)
		stop(r);
	r->text.n = start;
	slash = pf_str_rfind(pf_buf_view(&r->path), '/');
	r->path.n = slash == PF_NPOS ? 0 : slash;
}

static void add_text(void *ctx, const XML_Char *p, int n)
{
	struct reading *r = ctx;

	if (r->err->code)
		return;
	pf_buf_add(&r->text, p, (size_t)n);
	if (r->text.toobig)
		fail_size(r);
}

static void refuse_doctype(void *ctx, const XML_Char *name, const XML_Char *place,
			   const XML_Char *known, int internal)
{
	struct reading *r = ctx;

	(void)name;
	(void)place;
	(void)known;
	(void)internal;
	pf_fail(r->err, PF_EMODEL, "XML with a DOCTYPE");
	stop(r);
}

static int parse(struct reading *r, struct pf_str text)
{
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, begin, end);
	XML_SetCharacterDataHandler(r->parser, add_text);
	XML_SetStartDoctypeDeclHandler(r->parser, refuse_doctype);
	if (text.n > PF_MAX_LISTING)
		return pf_fail(r->err, PF_ELIMIT, "XML of more than %zu bytes", PF_MAX_LISTING);
	if (XML_Parse(r->parser, text.p ? text.p : "", (int)text.n, 1) != XML_STATUS_OK &&
	    !r->err->code)
		return pf_fail(r->err, PF_EMODEL, "line %lu: %s",
			       (unsigned long)XML_GetCurrentLineNumber(r->parser),
			       XML_ErrorString(XML_GetErrorCode(r->parser)));
	return r->err->code ? -1 : 0;
}

int pf_xml_read(struct pf_str text, pf_xml_take *take, void *ctx, struct pf_err *err)
{
	PF_AUTO(buf) path = PF_BUF(PF_MAX_XML_TEXT), all = PF_BUF(PF_MAX_XML_TEXT);
	struct pf_err none = { 0 };
	struct reading r = { .take = take, .ctx = ctx, .err = &none, .path = path, .text = all };
	int rc;

	r.parser = XML_ParserCreate(NULL);
	if (!r.parser) {
		pf_fail(err, PF_EIO, "libexpat cannot be loaded");
		return pf_hint(err, "install libexpat");
	}
	rc = parse(&r, text);
	XML_ParserFree(r.parser);
	path = r.path;
	all = r.text;
	if (rc < 0)
		*err = none;
	return rc;
}
