/* report.c - a comparison as text, as MLflow's own warning, and as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/str.h"
#include "check/report.h"

#define COLUMN_MAX 44	/* wider cells push their row aside */

struct pf_str pf_report_cell(const struct pf_difference *d, enum pf_report_column column)
{
	switch (column) {
	case PF_REPORT_SEVERITY:
		return pf_s(pf_severity_name(d->severity));
	case PF_REPORT_NAME:
		return d->name;
	case PF_REPORT_REQUIRED:
		return d->required.p ? d->required : PF_S("-");
	case PF_REPORT_CURRENT:
		return d->current.p ? d->current : PF_S("not installed");
	default:
		return d->why;
	}
}

const char *const pf_report_heads[PF_REPORT_COLUMNS] = { "severity", "package", "required",
							 "current", "why" };

/* Python's own row, when it differs or is judged. */
bool pf_report_python(struct pf_difference *out, const struct pf_diff *d)
{
	*out = (struct pf_difference){ .name = PF_S("python"),
				       .required = d->python_required,
				       .current = d->python_current,
				       .severity = d->python_severity,
				       .why = d->python_why };
	return d->python_severity != PF_SEV_NONE;
}

/* "likely: 3 differences" */
void pf_report_verdict(struct pf_buf *out, const struct pf_diff *d)
{
	struct pf_difference python;
	size_t n = d->packages.n + pf_report_python(&python, d);

	if (d->verdict == PF_SEV_NONE)
		pf_buf_cstr(out, "none: nothing differs");
	else
		pf_buf_printf(out, "%s: %zu difference%s", pf_severity_name(d->verdict), n,
			      n == 1 ? "" : "s");
}

/* ---- text ---- */

void pf_report_shown(struct pf_buf *out, struct pf_str text)
{
	char shown[8192];

	pf_buf_cstr(out, pf_escape(shown, sizeof(shown), text));
}

static size_t shown_width(struct pf_str text)
{
	char shown[8192];

	return strlen(pf_escape(shown, sizeof(shown), text));
}

static void widen(size_t *widths, const struct pf_difference *d)
{
	for (unsigned k = 0; k < PF_REPORT_WHY; k++) {
		size_t n = shown_width(pf_report_cell(d, k));

		if (n > widths[k] && n <= COLUMN_MAX)
			widths[k] = n;
	}
}

static void add_cell(struct pf_buf *out, struct pf_str text, size_t width)
{
	size_t before = out->n;

	pf_report_shown(out, text);
	for (size_t n = out->n - before; n < width + 2; n++)
		pf_buf_char(out, ' ');
}

static void add_row(struct pf_buf *out, const struct pf_difference *d, const size_t *widths)
{
	for (unsigned k = 0; k < PF_REPORT_WHY; k++)
		add_cell(out, pf_report_cell(d, k), widths[k]);
	pf_report_shown(out, d->why);
	pf_buf_char(out, '\n');
}

static void add_table(struct pf_buf *out, const struct pf_diff *d)
{
	size_t widths[PF_REPORT_COLUMNS] = { 0 };
	struct pf_difference python;
	bool judged = pf_report_python(&python, d);

	if (!judged && !d->packages.n)
		return;
	for (unsigned k = 0; k < PF_REPORT_WHY; k++)
		widths[k] = strlen(pf_report_heads[k]);
	widen(widths, &python);
	for (size_t i = 0; i < d->packages.n; i++)
		widen(widths, &d->packages.v[i]);
	for (unsigned k = 0; k < PF_REPORT_WHY; k++)
		add_cell(out, pf_s(pf_report_heads[k]), widths[k]);
	pf_buf_printf(out, "%s\n", pf_report_heads[PF_REPORT_WHY]);
	if (judged)
		add_row(out, &python, widths);
	for (size_t i = 0; i < d->packages.n; i++)
		add_row(out, &d->packages.v[i], widths);
}

void pf_report_text(struct pf_buf *out, const struct pf_diff *d, const char *model)
{
	pf_report_shown(out, pf_s(model));
	pf_buf_cstr(out, ": Python ");
	pf_report_shown(out, d->python_required.n ? d->python_required : PF_S("of any version"));
	pf_buf_cstr(out, " asked for, ");
	pf_report_shown(out, d->python_current);
	pf_buf_cstr(out, " here\n");
	add_table(out, d);
	for (size_t i = 0; i < d->notes.n; i++) {
		pf_buf_cstr(out, "note: ");
		pf_report_shown(out, d->notes.v[i]);
		pf_buf_char(out, '\n');
	}
	pf_buf_cstr(out, "verdict: ");
	pf_report_verdict(out, d);
	pf_buf_char(out, '\n');
}

/* ---- MLflow's words ---- */

void pf_report_mlflow(struct pf_buf *out, const struct pf_diff *d)
{
	if (!d->mlflow.n)
		return;
	pf_buf_cstr(out, "Detected one or more mismatches between the model's dependencies and the "
			 "current Python environment:\n");
	for (size_t i = 0; i < d->mlflow.n; i++)
		pf_buf_printf(out, " - " PF_FMT "\n", PF_ARG(d->mlflow.v[i]));
	pf_buf_cstr(out,
		    "To fix the mismatches, call `mlflow.pyfunc.get_model_dependencies(model_uri)` "
		    "to fetch the model's environment and install dependencies using the "
		    "resulting environment file.\n");
}

/* ---- JSON ---- */

static void add_python(struct pf_json_out *w, const struct pf_diff *d)
{
	pf_json_key(w, "python");
	pf_json_open(w, '{');
	pf_json_field(w, "required",
		      d->python_required.n ? d->python_required : (struct pf_str){ 0 });
	pf_json_field(w, "current", d->python_current);
	pf_json_field(w, "severity", pf_s(pf_severity_name(d->python_severity)));
	if (d->python_why.n)
		pf_json_field(w, "why", d->python_why);
	pf_json_close(w, '}');
}

static void add_package(struct pf_json_out *w, const struct pf_difference *p)
{
	pf_json_open(w, '{');
	pf_json_field(w, "name", p->name);
	pf_json_field(w, "required", p->required);
	pf_json_field(w, "current", p->current);
	pf_json_field(w, "severity", pf_s(pf_severity_name(p->severity)));
	pf_json_field(w, "why", p->why);
	if (p->conda || p->constraint)
		pf_json_field(w, "kind", p->conda ? PF_S("conda") : PF_S("constraint"));
	pf_json_close(w, '}');
}

void pf_report_json(struct pf_buf *out, const struct pf_diff *d, const char *model)
{
	struct pf_json_out w = { .buf = out };

	pf_json_begin(&w, "diff");
	pf_json_field(&w, "model", pf_s(model));
	add_python(&w, d);
	pf_json_key(&w, "packages");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < d->packages.n; i++)
		add_package(&w, &d->packages.v[i]);
	pf_json_close(&w, ']');
	pf_json_field(&w, "verdict", pf_s(pf_severity_name(d->verdict)));
	pf_json_key(&w, "notes");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < d->notes.n; i++)
		pf_json_str(&w, d->notes.v[i]);
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
}
