/* deps.c - the environment a model was trained in, as MLflow's get_model_dependencies tells it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "model/parts.h"
#include "req/channel_name.h"

void pf_model_note_asked(struct pf_model *m)
{
	for (size_t i = 0; i < m->needs.asked.n; i++) {
		const struct pf_asked *one = &m->needs.asked.v[i];

		pf_model_note(m, PF_FMT ", line %u asks for more than packages: " PF_FMT,
			      PF_ARG(one->file), one->line, PF_ARG(pf_shown(one->text)));
	}
}

static int append_file(struct pf_buf *out, const struct pf_model *m, const char *path,
		       struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (pf_model_text(&text, m, path, err) < 0)
		return -1;
	pf_buf_str(out, pf_buf_view(&text));
	return pf_buf_check(out, path, err);
}

static int find_conda(const char **path, const struct pf_model *m, struct pf_err *err)
{
	*path = m->conda_file.n ? m->conda_file.p : "conda.yaml";
	if (pf_exists_beneath(m->root, *path))
		return 0;
	pf_fail(err, PF_EMODEL, "%s is not found in the model directory", *path);
	return m->conda_file.n ? -1 : pf_hint(err, "MLmodel names no conda file");
}

/* ---- pip ---- */

static int append_lines(struct pf_buf *out, const struct pf_node *list, const char *path,
			struct pf_err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		if (i)
			pf_buf_char(out, '\n');
		pf_buf_str(out, list->v[i].text);
	}
	pf_buf_char(out, '\n');
	return pf_buf_check(out, path, err);
}

/* In MLflow's words, python and pip included. */
static int note_excluded(struct pf_model *m, const struct pf_node *deps, const struct pf_node *pip,
			 struct pf_err *err)
{
	PF_AUTO(buf) names = PF_BUF(PF_MAX_TEXT_FILE * 2);

	for (size_t i = 0; i < deps->n; i++) {
		if (&deps->v[i] == pip)
			continue;
		if (names.n)
			pf_buf_cstr(&names, ", ");
		pf_buf_str(&names, deps->v[i].text);
	}
	if (pf_buf_check(&names, "the list of conda dependencies", err) < 0)
		return -1;
	if (names.n)
		*PF_PUSH(&m->arena, &m->notes) =
			pf_format(&m->arena,
				  "The following conda dependencies have been excluded from "
				  "the environment file: " PF_FMT ".",
				  PF_ARG(pf_buf_view(&names)));
	return 0;
}

static int append_pip_section(struct pf_buf *out, struct pf_model *m, const char *path,
			      struct pf_err *err)
{
	const struct pf_node *doc, *deps;

	if (pf_model_yaml(&doc, m, path, err) < 0)
		return -1;
	deps = pf_node_get(doc, "dependencies");
	for (size_t i = 0; deps && i < deps->n; i++) {
		const struct pf_node *pip = pf_node_get(&deps->v[i], "pip");

		if (!pip)
			continue;
		if (append_lines(out, pip, path, err) < 0)
			return -1;
		return note_excluded(m, deps, &deps->v[i], err);
	}
	return pf_fail(err, PF_EMODEL, "No pip section found in %s file in the model directory.",
		       path);
}

int pf_model_deps_pip(struct pf_buf *out, struct pf_model *m, struct pf_err *err)
{
	const char *path;

	pf_model_note_asked(m);
	if (pf_exists_beneath(m->root, PF_REQUIREMENTS_FILE))
		return append_file(out, m, PF_REQUIREMENTS_FILE, err);
	if (find_conda(&path, m, err) < 0)
		return -1;
	pf_model_note(m,
		      PF_REQUIREMENTS_FILE
		      " is not found in the model directory. Falling back to "
		      "extracting pip requirements from the model's '%s' file. Conda dependencies "
		      "will be ignored.",
		      path);
	return append_pip_section(out, m, path, err);
}

/* ---- conda, json ---- */

/* The file as it is, but for logins and tokens of addresses. */
static int append_without_secrets(struct pf_buf *out, struct pf_model *m, const char *path,
				  struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str rest;
	bool hidden = false;

	if (pf_model_text(&text, m, path, err) < 0)
		return -1;
	rest = pf_buf_view(&text);
	while (rest.n) {
		size_t end = pf_str_find(rest, '\n');
		struct pf_str line = pf_str_cut(rest, 0, end == PF_NPOS ? rest.n : end + 1), shown;

		rest = pf_str_skip(rest, line.n);
		shown = pf_channel_is_url(line) ? pf_redacted(&m->arena, line) : line;
		hidden |= !pf_str_eq(shown, line);
		pf_buf_str(out, shown);
	}
	if (hidden)
		pf_model_note(m, "%s names addresses with a login or a token, which is not shown", path);
	return pf_buf_check(out, path, err);
}

int pf_model_deps_conda(struct pf_buf *out, struct pf_model *m, struct pf_err *err)
{
	const char *path;

	pf_model_note_asked(m);
	if (find_conda(&path, m, err) < 0)
		return -1;
	return append_without_secrets(out, m, path, err);
}

/* Objects end up in logs: what a URL holds of a password or a token is not shown. */
static void write_redacted(struct pf_json_out *w, struct pf_arena *a, struct pf_str text)
{
	pf_json_str(w, pf_redacted(a, text));
}

static void write_strs(struct pf_json_out *w, struct pf_model *m, const char *key,
		       const struct pf_strs *list)
{
	pf_json_key(w, key);
	pf_json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		write_redacted(w, &m->arena, list->v[i]);
	pf_json_close(w, ']');
}

/* "libsig=1.0" has no secret, whatever it looks like. */
static void write_specs(struct pf_json_out *w, struct pf_model *m)
{
	const struct pf_strs *list = &m->needs.conda;

	pf_json_key(w, "conda");
	pf_json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		if (pf_channel_is_url(list->v[i]))
			write_redacted(w, &m->arena, list->v[i]);
		else
			pf_json_str(w, list->v[i]);
	pf_json_close(w, ']');
}

/* As lines of a requirements file, digests included. */
static void write_needs(struct pf_json_out *w, struct pf_model *m, const char *key, bool constraint)
{
	pf_json_key(w, key);
	pf_json_open(w, '[');
	for (size_t i = 0; i < m->needs.pip.n; i++) {
		const struct pf_need *n = &m->needs.pip.v[i];
		struct pf_str line = n->text;

		if (n->constraint != constraint)
			continue;
		if (n->editable)
			line = pf_format(&m->arena, "-e " PF_FMT, PF_ARG(line));
		for (size_t k = 0; k < n->hashes.n; k++)
			line = pf_format(&m->arena, PF_FMT " --hash=" PF_FMT, PF_ARG(line),
					 PF_ARG(n->hashes.v[k]));
		write_redacted(w, &m->arena, line);
	}
	pf_json_close(w, ']');
}

int pf_model_deps_json(struct pf_buf *out, struct pf_model *m, struct pf_err *err)
{
	const struct pf_str none = { 0 };
	struct pf_json_out w = { .buf = out };

	pf_model_note_asked(m);
	pf_json_begin(&w, "deps");
	pf_json_field(&w, "python", m->needs.python.n ? m->needs.python : none);
	pf_json_field(&w, "python_file", m->needs.python.n ? m->needs.python_file : none);
	write_needs(&w, m, "pip", false);
	write_needs(&w, m, "constraints", true);
	write_specs(&w, m);
	write_strs(&w, m, "channels", &m->needs.channels);
	write_strs(&w, m, "build_dependencies", &m->needs.build);
	write_strs(&w, m, "notes", &m->notes);
	pf_json_close(&w, '}');
	pf_buf_char(out, '\n');
	return pf_buf_check(out, "the list of dependencies", err);
}
