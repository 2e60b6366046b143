/* scan.c - what a model's files would import, as text and as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/str.h"
#include "check/artifact_file.h"
#include "check/check.h"
#include "check/report.h"

static const char LAST_WORD[] =
	"Loading a model runs its code. This is what its files name, not what they do with it.\n";

static void read_named(struct pf_artifact *a, const struct pf_model *m, struct pf_str path)
{
	struct pf_err err;

	if (path.n && pf_artifact_read(a, m->root, pf_dupz(&a->arena, path), &err) < 0)
		pf_artifact_unopened(a, path, &err);
}

/* artifacts: {name: {path: artifacts/vocab.csv, uri: ...}} */
static void read_artifacts(struct pf_artifact *a, const struct pf_model *m)
{
	const struct pf_node *map = pf_node_get(m->pyfunc, "artifacts");

	for (size_t i = 0; map && map->kind == PF_NODE_MAP && i < map->n; i++)
		read_named(a, m, pf_node_text(&map->v[i], "path"));
}

static void read_code(struct pf_artifact *a, const struct pf_model *m, struct pf_str path)
{
	if (path.n)
		pf_artifact_read_code(a, m->root, m->code, path);
}

void pf_artifact_of_model(struct pf_artifact *out, const struct pf_model *m)
{
	struct pf_artifact a = PF_ARTIFACT_INIT;
	struct pf_str code = m->code;

	read_named(&a, m, m->model_path);
	read_named(&a, m, m->python_model);
	if (!pf_str_is(m->data, ".") && !pf_str_eq(m->data, code))
		read_named(&a, m, m->data);
	read_artifacts(&a, m);
	read_code(&a, m, code);
	read_code(&a, m, pf_node_text(m->pyfunc, "model_code_path"));
	pf_artifact_read_rest(&a, m->root);
	*out = a;
}

/* ---- text ---- */

static void add_name(struct pf_buf *out, const struct pf_named *n)
{
	pf_buf_cstr(out, n->runs_code ? "! " : "  ");
	pf_report_shown(out, n->module);
	if (n->name.n) {
		pf_buf_char(out, '.');
		pf_report_shown(out, n->name);
	}
	pf_buf_cstr(out, n->runs_code ? "   (runs code)\n" : "\n");
}

static void add_summary(struct pf_buf *out, const struct pf_artifact *a)
{
	size_t dangers = 0;

	for (size_t i = 0; i < a->names.n; i++)
		dangers += a->names.v[i].runs_code;
	pf_buf_printf(out, "%zu name%s in %zu file%s, %zu that run%s code; %zu file%s not read\n",
		      a->names.n, a->names.n == 1 ? "" : "s", a->read.n, a->read.n == 1 ? "" : "s",
		      dangers, dangers == 1 ? "s" : "", a->unread.n, a->unread.n == 1 ? "" : "s");
	if (a->code.n)
		pf_buf_printf(out, "%zu import%s in %zu source%s of the model's own code, "
			      "which runs when it is loaded\n", a->imports.n,
			      a->imports.n == 1 ? "" : "s", a->code.n,
			      a->code.n == 1 ? "" : "s");
	if (a->pickle_protocol >= 0) {
		pf_buf_printf(out, "pickle protocol %d (", a->pickle_protocol);
		pf_report_shown(out, a->protocol_file);
		pf_buf_cstr(out, ")\n");
	}
	if (a->cloudpickled_code) {
		pf_report_shown(out, a->cloudpickled_file);
		pf_buf_cstr(out, " holds functions or classes by value: code that is bound to "
			    "the Python minor it was saved with, and that names nothing else "
			    "here\n");
	}
	pf_buf_cstr(out, LAST_WORD);
}

/* "  3: a.b.c": line and what is imported. */
static void add_import(struct pf_buf *out, const struct pf_imported *one)
{
	pf_buf_printf(out, "%6u: ", one->line);
	pf_report_shown(out, one->module);
	if (one->name.n) {
		pf_buf_char(out, '.');
		pf_report_shown(out, one->name);
	}
	pf_buf_cstr(out, one->sure ? "\n" : "   (in a function, a branch or a try)\n");
}

static void add_imports(struct pf_buf *out, const struct pf_artifact *a)
{
	struct pf_str file = { 0 };

	for (size_t i = 0; i < a->imports.n; i++) {
		const struct pf_code_import *one = &a->imports.v[i];

		if (!pf_str_eq(one->file, file)) {
			pf_report_shown(out, one->file);
			pf_buf_cstr(out, " imports, by line\n");
			file = one->file;
		}
		add_import(out, &one->what);
	}
}

void pf_scan_text(struct pf_buf *out, const struct pf_artifact *a)
{
	struct pf_str file = { 0 };

	for (size_t i = 0; i < a->names.n; i++) {
		const struct pf_named *n = &a->names.v[i];

		if (!pf_str_eq(n->file, file)) {
			pf_report_shown(out, n->file);
			pf_buf_cstr(out, " names\n");
			file = n->file;
		}
		add_name(out, n);
	}
	add_imports(out, a);
	for (size_t i = 0; i < a->unread.n; i++) {
		pf_buf_cstr(out, "NOT READ ");
		pf_report_shown(out, a->unread.v[i]);
		pf_buf_char(out, '\n');
	}
	add_summary(out, a);
}

/* ---- JSON ---- */

static void add_names(struct pf_json_out *w, const struct pf_artifact *a)
{
	pf_json_key(w, "names");
	pf_json_open(w, '[');
	for (size_t i = 0; i < a->names.n; i++) {
		const struct pf_named *n = &a->names.v[i];

		pf_json_open(w, '{');
		pf_json_field(w, "file", n->file);
		pf_json_field(w, "module", n->module);
		pf_json_field(w, "name", n->name.n ? n->name : (struct pf_str){ 0 });
		pf_json_key(w, "runs_code");
		pf_json_bool(w, n->runs_code);
		pf_json_close(w, '}');
	}
	pf_json_close(w, ']');
}

static void list_imports(struct pf_json_out *w, const struct pf_artifact *a)
{
	pf_json_key(w, "imports");
	pf_json_open(w, '[');
	for (size_t i = 0; i < a->imports.n; i++) {
		const struct pf_imported *one = &a->imports.v[i].what;

		pf_json_open(w, '{');
		pf_json_field(w, "file", a->imports.v[i].file);
		pf_json_key(w, "line");
		pf_json_int(w, one->line);
		pf_json_field(w, "module", one->module);
		pf_json_field(w, "name", one->name.n ? one->name : (struct pf_str){ 0 });
		pf_json_key(w, "sure");
		pf_json_bool(w, one->sure);
		pf_json_close(w, '}');
	}
	pf_json_close(w, ']');
}

static void add_list(struct pf_json_out *w, const char *key, const struct pf_strs *list)
{
	pf_json_key(w, key);
	pf_json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		pf_json_str(w, list->v[i]);
	pf_json_close(w, ']');
}

void pf_scan_json(struct pf_buf *out, const struct pf_artifact *a, const char *model)
{
	struct pf_json_out w = { .buf = out };

	pf_json_begin(&w, "scan");
	pf_json_key(&w, "model");
	pf_json_cstr(&w, model);
	add_names(&w, a);
	list_imports(&w, a);
	add_list(&w, "read", &a->read);
	add_list(&w, "code", &a->code);
	add_list(&w, "unread", &a->unread);
	pf_json_key(&w, "pickle_protocol");
	if (a->pickle_protocol < 0)
		pf_json_null(&w);
	else
		pf_json_int(&w, a->pickle_protocol);
	pf_json_key(&w, "code_by_value");
	pf_json_bool(&w, a->cloudpickled_code);
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
}
