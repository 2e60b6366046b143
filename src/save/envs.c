/* envs.c - the files that describe a model's environment, as MLflow writes them */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "save/inside.h"

/* utils/environment.py: _process_conda_env, _process_pip_requirements, _mlflow_conda_env. */

static struct pf_node list_of(struct pf_arena *a, const struct pf_strs *texts)
{
	struct pf_node list = pf_node_list();

	list.v = pf_alloc_array(a, texts->n + 1, sizeof(*list.v));
	for (size_t i = 0; i < texts->n; i++)
		list.v[list.n++] = pf_node_string(texts->v[i]);
	return list;
}

static bool is_pip(const struct pf_node *n)
{
	return pf_node_get(n, "pip") != NULL;
}

static bool is_python(const struct pf_node *n)
{
	static const char *const signs[] = { "python=", "python<", "python>",
					     "python!", "python ", NULL };
	bool python = n->kind == PF_NODE_STRING && pf_str_is(n->text, "python");

	for (size_t i = 0; !python && signs[i]; i++)
		python = n->kind == PF_NODE_STRING && pf_str_starts(n->text, signs[i]);
	return python;
}

/* The list of a conda file's entry "pip"; empty where there is none. */
static int pip_of(struct pf_strs *out, struct pf_arena *a, const struct pf_node *doc,
		  const char *path, struct pf_err *err)
{
	const struct pf_node *deps = pf_node_get(doc, "dependencies"), *pip = NULL;

	if (!deps || deps->kind != PF_NODE_LIST)
		return pf_fail(err, PF_EMODEL, "%s has no list of dependencies", path);
	for (size_t i = 0; i < deps->n && !pip; i++)
		pip = pf_node_get(&deps->v[i], "pip");
	if (pip && pip->kind != PF_NODE_LIST && pip->kind != PF_NODE_NULL)
		return pf_fail(err, PF_EMODEL, "%s, line %u: pip is %s, where a list is wanted",
			       path, pip->line, pf_node_kind_name(pip->kind));
	for (size_t i = 0; pip && i < pip->n; i++) {
		if (pip->v[i].kind != PF_NODE_STRING)
			return pf_fail(err, PF_EMODEL,
				       "%s, line %u: %s, where a requirement is wanted", path,
				       pip->v[i].line, pf_node_kind_name(pip->v[i].kind));
		*PF_PUSH(a, out) = pip->v[i].text;
	}
	return 0;
}

/* The same file with another "pip"; with `python`, with that version of Python. */
static struct pf_node with_pip(struct pf_arena *a, const struct pf_node *doc,
			       const struct pf_strs *reqs, struct pf_str python)
{
	struct pf_node pip = pf_node_map(), deps = pf_node_list(), out = *doc;
	const struct pf_node *old = pf_node_get(doc, "dependencies");
	bool there = false;

	pf_node_set(a, &pip, PF_S("pip"), list_of(a, reqs));
	deps.v = pf_alloc_array(a, (old ? old->n : 0) + 1, sizeof(*deps.v));
	for (size_t i = 0; old && i < old->n; i++) {
		struct pf_node one = is_pip(&old->v[i]) ? pip : old->v[i];

		if (python.n && is_python(&one))
			one = pf_node_string(pf_format(a, "python=" PF_FMT, PF_ARG(python)));
		there |= is_pip(&one);
		deps.v[deps.n++] = one;
	}
	if (!there)
		deps.v[deps.n++] = pip;
	pf_node_set(a, &out, PF_S("dependencies"), deps);
	return out;
}

/* "<=", since a new pip takes days to become a conda package. */
static struct pf_node new_conda(struct pf_arena *a, const struct pf_save_facts *f)
{
	struct pf_node doc = pf_node_map(), deps = pf_node_list(), channels = pf_node_list();

	pf_node_push(a, &channels, pf_node_string(PF_S("conda-forge")));
	pf_node_push(a, &deps, pf_node_string(pf_format(a, "python=" PF_FMT, PF_ARG(f->python))));
	pf_node_push(
		a, &deps,
		pf_node_string(pf_format(a, "pip%s" PF_FMT, f->pip.n ? "<=" : "", PF_ARG(f->pip))));
	pf_node_set(a, &doc, PF_S("name"), pf_node_string(PF_S("mlflow-env")));
	pf_node_set(a, &doc, PF_S("channels"), channels);
	pf_node_set(a, &doc, PF_S("dependencies"), deps);
	return doc;
}

static int write_lines(struct pf_saving *w, const char *name, const struct pf_strs *lines,
		       struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	for (size_t i = 0; i < lines->n; i++)
		pf_buf_printf(&text, "%s" PF_FMT, i ? "\n" : "", PF_ARG(lines->v[i]));
	if (pf_buf_check(&text, name, err) < 0)
		return -1;
	return pf_save_file(w, name, pf_buf_view(&text), err);
}

static int write_python_env(struct pf_saving *w, struct pf_err *err)
{
	struct pf_node doc = pf_node_map(), deps = pf_node_list();
	struct pf_arena *a = &w->arena;

	pf_node_set(a, &doc, PF_S("python"), pf_node_string(w->facts.python));
	if (w->facts.build.n)
		pf_node_set(a, &doc, PF_S("build_dependencies"), list_of(a, &w->facts.build));
	pf_node_push(a, &deps, pf_node_string(PF_S("-r " PF_SAVE_REQUIREMENTS)));
	pf_node_set(a, &doc, PF_S("dependencies"), deps);
	return pf_save_yaml(w, w->python_env_file, &doc, false, err);
}

bool pf_save_has_requirements(const struct pf_save *s)
{
	return s->conda_env || s->pip_requirements_file || s->pip_requirements.n;
}

static void append(struct pf_arena *a, struct pf_strs *to, const struct pf_strs *more)
{
	for (size_t i = 0; i < more->n; i++)
		*PF_PUSH(a, to) = more->v[i];
}

static int read_reqs(struct pf_save_reqs *out, struct pf_saving *w,
		     const struct pf_save_reqs *defaults, struct pf_err *err)
{
	const struct pf_save *s = w->s;
	struct pf_arena *a = &w->arena;
	struct pf_save_reqs extra = { 0 };
	struct pf_strs lines = { 0 };

	if (s->pip_requirements_file)
		*PF_PUSH(a, &lines) = pf_format(a, "-r %s", s->pip_requirements_file);
	append(a, &lines, &s->pip_requirements);
	if (lines.n)
		return pf_save_reqs_read(out, a, &lines, err);
	if (pf_save_reqs_read(&extra, a, &s->extra_pip_requirements, err) < 0)
		return -1;
	append(a, &out->requirements, &defaults->requirements);
	append(a, &out->requirements, &extra.requirements);
	append(a, &out->constraints, &defaults->constraints);
	append(a, &out->constraints, &extra.constraints);
	return 0;
}

/* Where the whole list is said, and in a new model, MLflow is a part of it: the interpreter's, or
 * the one that a model which is copied was saved by. */
static void add_mlflow(struct pf_saving *w, struct pf_strs *reqs)
{
	if (w->s->model && !pf_save_has_requirements(w->s))
		return;
	if (w->facts.mlflow.n)
		pf_save_reqs_mlflow(reqs, &w->arena, w->facts.mlflow);
	else if (pf_save_reqs_have_mlflow(reqs, &w->arena))
		return;
	else if (w->s->python_model || w->s->model_code)
		pf_warn("no mlflow is installed, and the model's requirements name none: it will "
			"not load, since MLflow loads models of this kind");
	else
		pf_note("no mlflow is installed, and the model's requirements name none");
}

/* A copy may have had some. */
static int write_constraints(struct pf_saving *w, const struct pf_strs *lines, struct pf_err *err)
{
	if (lines->n)
		return write_lines(w, PF_SAVE_CONSTRAINTS, lines, err);
	if (unlinkat(w->place.dir, PF_SAVE_CONSTRAINTS, 0) < 0 && errno != ENOENT)
		return pf_fail_errno(err, "cannot remove " PF_SAVE_CONSTRAINTS);
	return 0;
}

int pf_save_environment(struct pf_saving *w, const struct pf_save_reqs *defaults,
			struct pf_err *err)
{
	const char *file = w->s->conda_env;
	struct pf_arena *a = &w->arena;
	struct pf_save_reqs reqs = { 0 };
	struct pf_strs pip = { 0 };
	struct pf_node *given = NULL, doc;

	if (file &&
	    (pf_save_read_yaml(&given, a, "--conda-env", file, err) < 0 ||
	     pip_of(&pip, a, given, file, err) < 0 || pf_save_reqs_read(&reqs, a, &pip, err) < 0))
		return -1;
	if (!file && read_reqs(&reqs, w, defaults, err) < 0)
		return -1;
	add_mlflow(w, &reqs.requirements);
	if (!file && pf_save_reqs_merge(&reqs.requirements, a, err) < 0)
		return -1;
	if (reqs.constraints.n)
		*PF_PUSH(a, &reqs.requirements) = PF_S("-c " PF_SAVE_CONSTRAINTS);
	doc = file ? *given : w->conda ? *w->conda : new_conda(a, &w->facts);
	doc = with_pip(a, &doc, &reqs.requirements, w->conda && !file ? w->facts.python : PF_S(""));
	if (pf_save_yaml(w, w->conda_file, &doc, true, err) < 0 ||
	    write_constraints(w, &reqs.constraints, err) < 0 ||
	    write_lines(w, PF_SAVE_REQUIREMENTS, &reqs.requirements, err) < 0)
		return -1;
	return write_python_env(w, err);
}
