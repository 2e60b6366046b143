/* report_page.c - a comparison as Markdown and as a page of HTML that needs nothing else */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "check/report.h"

/* What stands before and after things. */
struct format {
	const char *special;	/* what it would take for its own: written as entities */
	const char *head[2], *heads_end;
	bool classes;		/* of rows: their severities */
	const char *cell[2], *row_end;
	const char *note[2];
};

static const struct format markdown = {
	.special = "|*_`[]<>&\\#~!", /* Markdown's and those of the HTML in it */
	.head = { "| ", " " },
	.heads_end = "|\n|---|---|---|---|---|\n",
	.cell = { "| ", " " },
	.row_end = "|\n",
	.note = { "- ", "\n" },
};

static const struct format html = {
	.special = PF_HTML_SPECIAL,
	.head = { "<th>", "</th>" },
	.heads_end = "</tr>\n",
	.classes = true,
	.cell = { "<td>", "</td>" },
	.row_end = "</tr>\n",
	.note = { "<li>", "</li>\n" },
};

static void add_text(struct pf_buf *out, const struct format *f, struct pf_str text)
{
	pf_buf_as_entities(out, text, f->special);
}

static void add_between(struct pf_buf *out, const struct format *f, const char *const around[2],
			struct pf_str text)
{
	pf_buf_cstr(out, around[0]);
	add_text(out, f, text);
	pf_buf_cstr(out, around[1]);
}

static void add_row(struct pf_buf *out, const struct format *f, const struct pf_difference *d)
{
	if (f->classes)
		pf_buf_printf(out, "<tr class=\"%s\">", pf_severity_name(d->severity));
	for (unsigned k = 0; k < PF_REPORT_COLUMNS; k++)
		add_between(out, f, f->cell, pf_report_cell(d, k));
	pf_buf_cstr(out, f->row_end);
}

static void add_rows(struct pf_buf *out, const struct format *f, const struct pf_diff *d)
{
	struct pf_difference python;

	for (unsigned k = 0; k < PF_REPORT_COLUMNS; k++)
		add_between(out, f, f->head, pf_s(pf_report_heads[k]));
	pf_buf_cstr(out, f->heads_end);
	pf_report_python(&python, d);
	add_row(out, f, &python);
	for (size_t i = 0; i < d->packages.n; i++)
		add_row(out, f, &d->packages.v[i]);
}

static void add_notes(struct pf_buf *out, const struct format *f, const struct pf_diff *d)
{
	for (size_t i = 0; i < d->notes.n; i++)
		add_between(out, f, f->note, d->notes.v[i]);
}

void pf_report_markdown(struct pf_buf *out, const struct pf_diff *d, const char *model)
{
	pf_buf_cstr(out, "# ");
	add_text(out, &markdown, pf_s(model));
	pf_buf_cstr(out, "\n\n**");
	pf_report_verdict(out, d);
	pf_buf_cstr(out, "**\n\n");
	add_rows(out, &markdown, d);
	if (d->notes.n)
		pf_buf_char(out, '\n');
	add_notes(out, &markdown, d);
}

static const char HEAD[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" "
	"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<style>\nbody { font: 15px/1.4 sans-serif; margin: 2em; max-width: 75em }\n"
	"table { border-collapse: collapse }\n"
	"th, td { border: 1px solid #bbb; padding: .3em .6em; text-align: left }\n"
	".fatal { background: #f5b7b1 } .likely { background: #fad7a0 } "
	".possible { background: #fcf3cf }\n"
	".unknown { background: #e5e7e9 }\n</style>\n<title>";

void pf_report_html(struct pf_buf *out, const struct pf_diff *d, const char *model)
{
	pf_buf_cstr(out, HEAD);
	add_text(out, &html, pf_s(model));
	pf_buf_cstr(out, "</title>\n</head>\n<body>\n<h1>");
	add_text(out, &html, pf_s(model));
	pf_buf_cstr(out, "</h1>\n<p><strong>");
	pf_report_verdict(out, d);
	pf_buf_cstr(out, "</strong></p>\n<table>\n<tr>");
	add_rows(out, &html, d);
	pf_buf_cstr(out, d->notes.n ? "</table>\n<ul>\n" : "</table>\n");
	add_notes(out, &html, d);
	pf_buf_cstr(out, d->notes.n ? "</ul>\n</body>\n</html>\n" : "</body>\n</html>\n");
}
