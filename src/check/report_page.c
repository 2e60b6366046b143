/* report_page.c - a comparison as Markdown and as a page of HTML that needs nothing else */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/report.h"

/* Written as entities, control bytes as a replacement character. */
static void add_html(struct pf_buf *out, struct pf_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (strchr("&<>\"'", c) && c)
			pf_buf_printf(out, "&#%u;", c);
		else if (c < ' ' || c == 127)
			pf_buf_cstr(out, "&#65533;");
		else
			pf_buf_char(out, (char)c);
	}
}

/* What Markdown and the HTML in it would take for their own is written as an entity. */
static void add_markdown(struct pf_buf *out, struct pf_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < ' ' || c == 127)
			pf_buf_cstr(out, "&#65533;");
		else if (strchr("|*_`[]<>&\\#~!", c))
			pf_buf_printf(out, "&#%u;", c);
		else
			pf_buf_char(out, (char)c);
	}
}

/* ---- Markdown ---- */

static void add_line(struct pf_buf *out, const struct pf_difference *d)
{
	for (unsigned k = 0; k < PF_REPORT_COLUMNS; k++) {
		pf_buf_cstr(out, "| ");
		add_markdown(out, pf_report_cell(d, k));
		pf_buf_char(out, ' ');
	}
	pf_buf_cstr(out, "|\n");
}

void pf_report_markdown(struct pf_buf *out, const struct pf_diff *d, const char *model)
{
	struct pf_difference python;

	pf_buf_cstr(out, "# ");
	add_markdown(out, pf_s(model));
	pf_buf_cstr(out, "\n\n**");
	pf_report_verdict(out, d);
	pf_buf_cstr(out, "**\n\n");
	for (unsigned k = 0; k < PF_REPORT_COLUMNS; k++)
		pf_buf_printf(out, "| %s ", pf_report_heads[k]);
	pf_buf_cstr(out, "|\n|---|---|---|---|---|\n");
	pf_report_python(&python, d);
	add_line(out, &python);
	for (size_t i = 0; i < d->packages.n; i++)
		add_line(out, &d->packages.v[i]);
	if (d->notes.n)
		pf_buf_char(out, '\n');
	for (size_t i = 0; i < d->notes.n; i++) {
		pf_buf_cstr(out, "- ");
		add_markdown(out, d->notes.v[i]);
		pf_buf_char(out, '\n');
	}
}

/* ---- HTML ---- */

static const char HEAD[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<style>\nbody { font: 15px/1.4 sans-serif; margin: 2em; max-width: 75em }\n"
	"table { border-collapse: collapse }\nth, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left }\n"
	".fatal { background: #f5b7b1 } .likely { background: #fad7a0 } .possible { background: #fcf3cf }\n"
	".unknown { background: #e5e7e9 }\n</style>\n<title>";

static void add_tr(struct pf_buf *out, const struct pf_difference *d)
{
	pf_buf_printf(out, "<tr class=\"%s\">", pf_severity_name(d->severity));
	for (unsigned k = 0; k < PF_REPORT_COLUMNS; k++) {
		pf_buf_cstr(out, "<td>");
		add_html(out, pf_report_cell(d, k));
		pf_buf_cstr(out, "</td>");
	}
	pf_buf_cstr(out, "</tr>\n");
}

static void add_html_table(struct pf_buf *out, const struct pf_diff *d)
{
	struct pf_difference python;

	pf_buf_cstr(out, "<table>\n<tr>");
	for (unsigned k = 0; k < PF_REPORT_COLUMNS; k++)
		pf_buf_printf(out, "<th>%s</th>", pf_report_heads[k]);
	pf_buf_cstr(out, "</tr>\n");
	pf_report_python(&python, d);
	add_tr(out, &python);
	for (size_t i = 0; i < d->packages.n; i++)
		add_tr(out, &d->packages.v[i]);
	pf_buf_cstr(out, "</table>\n");
}

void pf_report_html(struct pf_buf *out, const struct pf_diff *d, const char *model)
{
	pf_buf_cstr(out, HEAD);
	add_html(out, pf_s(model));
	pf_buf_cstr(out, "</title>\n</head>\n<body>\n<h1>");
	add_html(out, pf_s(model));
	pf_buf_cstr(out, "</h1>\n<p><strong>");
	pf_report_verdict(out, d);
	pf_buf_cstr(out, "</strong></p>\n");
	add_html_table(out, d);
	if (d->notes.n)
		pf_buf_cstr(out, "<ul>\n");
	for (size_t i = 0; i < d->notes.n; i++) {
		pf_buf_cstr(out, "<li>");
		add_html(out, d->notes.v[i]);
		pf_buf_cstr(out, "</li>\n");
	}
	pf_buf_cstr(out, d->notes.n ? "</ul>\n</body>\n</html>\n" : "</body>\n</html>\n");
}
