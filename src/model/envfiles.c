/* envfiles.c - python_env.yaml, conda.yaml, requirements.txt: which of them counts for what */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "model/parts.h"
#include "req/reqfile.h"

/* Python: python_env.yaml, then conda.yaml, then MLmodel's python_version. Packages:
 * requirements.txt, then what python_env.yaml lists itself, then conda.yaml's pip section. conda
 * packages: conda.yaml. Build packages: python_env.yaml. Where two disagree the first counts, and
 * one note names both. */

struct files {
	const struct pf_node *python_env; /* NULL: not there */
	const char *python_env_path;
	const struct pf_node *conda_doc;
	struct pf_conda_file conda;
};

/* Opens what `env` names; without a name, what MLflow calls the file when it is there. */
static int open_file(const struct pf_node **out, const char **path, struct pf_model *m,
		     struct pf_str named, const char *usual, struct pf_err *err)
{
	bool there;

	*path = named.n ? named.p : usual;
	*out = NULL;
	if (pf_model_inside(m, &there, *path, pf_s(*path), err) < 0)
		return -1;
	if (there)
		return pf_model_yaml(out, m, *path, err);
	if (named.n)
		pf_model_note(m, "%s, which MLmodel names, is not there", *path);
	return 0;
}

/* ---- Python ---- */

static int python_of_env(struct pf_str *out, const struct files *f, struct pf_err *err)
{
	const struct pf_node *n = pf_node_get(f->python_env, "python");
	struct pf_str text;

	if (!n || n->kind == PF_NODE_NULL)
		return 0;
	text = pf_shown(n->text);
	if (!pf_node_is_scalar(n))
		return pf_fail(err, PF_EMODEL,
			       "%s, line %u: python is %s, where a version is wanted",
			       f->python_env_path, n->line, pf_node_kind_name(n->kind));
	if (!pf_model_is_python(n->text))
		return pf_fail(err, PF_EMODEL,
			       "%s, line %u: python is \"" PF_FMT "\", where one version is wanted",
			       f->python_env_path, n->line, PF_ARG(text));
	*out = n->text;
	return 0;
}

/* Does the range of conda.yaml hold a version? */
static bool range_admits(struct pf_model *m, const struct pf_condaver_spec *range,
			 struct pf_str version)
{
	struct pf_condaver v;

	return pf_condaver_read(&v, &m->arena, version) && pf_condaver_spec_admits(range, &v);
}

/* ">=3.8,<3.9" and "~=3.8" name at least the version they start from. */
static struct pf_str range_start(struct pf_model *m, const struct pf_condaver_spec *range)
{
	for (size_t i = 0; i < range->n; i++) {
		const struct pf_condaver_clause *c = &range->v[i];
		bool starts = c->op == PF_CONDAVER_GE || c->op == PF_CONDAVER_COMPATIBLE;

		if (starts && range_admits(m, range, c->version.text))
			return c->version.text;
	}
	return (struct pf_str){ 0 };
}

/* A range settles on the version that saved the model, else on where it starts; but conda's solver
 * takes the range as it is. */
static struct pf_str python_of_conda(struct pf_model *m, struct pf_conda_file *c, bool decides)
{
	struct pf_str taken = c->python;
	bool known;

	if (taken.n || !c->python_range.n)
		return taken;
	known = range_admits(m, &c->python_range, m->python_version);
	taken = known ? m->python_version : range_start(m, &c->python_range);
	m->needs.python_starts = decides && taken.n && !known;
	if (decides && taken.n)
		pf_model_note(m, "%s, line %u asks for " PF_FMT ": " PF_FMT " is taken%s", c->path,
			      c->python_line, PF_ARG(c->python_spec), PF_ARG(taken),
			      known ? "" : "; of conda's channels, the newest that goes with the rest");
	else if (decides)
		pf_model_note(m, "%s, line %u asks for " PF_FMT ", which names no one version",
			      c->path, c->python_line, PF_ARG(c->python_spec));
	return taken;
}

/* 3.10 and 3.10.12 agree, 3.1 and 3.10 do not. */
static bool versions_agree(struct pf_str a, struct pf_str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	if (memcmp(a.p, b.p, n) != 0)
		return false;
	return a.n == b.n || (a.n > n ? a : b).p[n] == '.';
}

static int choose_python(struct pf_model *m, struct files *f, struct pf_err *err)
{
	struct {
		struct pf_str version;
		const char *file;
	} says[] = { { { 0 }, f->python_env_path },
		     { { 0 }, f->conda.path },
		     { m->python_version, "MLmodel" } };
	size_t first = PF_COUNT(says);

	if (python_of_env(&says[0].version, f, err) < 0)
		return -1;
	says[1].version = python_of_conda(m, &f->conda, !says[0].version.n);
	for (size_t i = 0; i < PF_COUNT(says); i++) {
		if (!says[i].version.n)
			continue;
		if (first < i && !versions_agree(says[first].version, says[i].version)) {
			pf_model_note(m,
				      "%s asks for Python " PF_FMT ", %s for " PF_FMT ": %s counts",
				      says[first].file, PF_ARG(says[first].version), says[i].file,
				      PF_ARG(says[i].version), says[first].file);
			break;
		}
		first = first < i ? first : i;
	}
	if (first < PF_COUNT(says)) {
		m->needs.python = says[first].version;
		m->needs.python_file = pf_dup(&m->arena, pf_s(says[first].file));
	}
	return 0;
}

/* ---- packages ---- */

static int check_texts(const struct pf_node *list, const char *path, const char *what,
		       struct pf_err *err)
{
	if (!list || list->kind == PF_NODE_NULL)
		return 0;
	if (list->kind != PF_NODE_LIST)
		return pf_fail(err, PF_EMODEL, "%s, line %u: %s is %s, where a list is wanted",
			       path, list->line, what, pf_node_kind_name(list->kind));
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].kind == PF_NODE_STRING)
			continue;
		pf_fail(err, PF_EMODEL, "%s, line %u: an entry of %s is %s, where text is wanted",
			path, list->v[i].line, what, pf_node_kind_name(list->v[i].kind));
		return list->v[i].kind == PF_NODE_MAP ?
			       pf_hint(err, "quotes go around a text with a colon at its end") :
			       -1;
	}
	return 0;
}

/* "-r requirements.txt", in one of its spellings. */
static bool is_usual_include(struct pf_str line)
{
	static const char *const spellings[] = { "-r", "--requirement" };

	line = pf_str_trim(line);
	for (size_t i = 0; i < PF_COUNT(spellings); i++) {
		struct pf_str file = pf_str_skip(line, strlen(spellings[i]));

		if (!pf_str_starts(line, spellings[i]))
			continue;
		file = pf_str_trim(pf_str_starts(file, "=") ? pf_str_skip(file, 1) : file);
		return pf_str_is(pf_str_starts(file, "./") ? pf_str_skip(file, 2) : file,
				 PF_REQUIREMENTS_FILE);
	}
	return false;
}

static bool includes_usual(const struct pf_node *list)
{
	for (size_t i = 0; list && i < list->n; i++)
		if (is_usual_include(list->v[i].text))
			return true;
	return false;
}

/* Reads a list of a YAML file as lines of a requirements file. */
static int read_list(struct pf_needs *needs, struct pf_model *m, const struct pf_node *list,
		     const char *path, bool with_usual, struct pf_err *err)
{
	for (size_t i = 0; list && i < list->n; i++) {
		const struct pf_node *n = &list->v[i];

		if (!with_usual && is_usual_include(n->text))
			continue;
		if (pf_req_line(needs, &m->arena, n->text, pf_s(path), n->line, m->root, err) < 0)
			return -1;
	}
	return 0;
}

static struct pf_str normal_form(struct pf_arena *a, const struct pf_need *n)
{
	return n->parsed ? pf_requirement_print(a, &n->req) : n->text;
}

/* The first requirement of `a`, constraints left out, that `b` does not have; or nothing. */
static struct pf_str missing_from(struct pf_arena *scratch, const struct pf_needs *a,
				  const struct pf_needs *b)
{
	struct pf_map have = { 0 };

	for (size_t i = 0; i < b->pip.n; i++)
		*pf_map_put(scratch, &have, normal_form(scratch, &b->pip.v[i])) = (void *)b;
	for (size_t i = 0; i < a->pip.n; i++) {
		struct pf_str form = normal_form(scratch, &a->pip.v[i]);

		if (!a->pip.v[i].constraint && !pf_map_get(&have, form))
			return form;
	}
	return (struct pf_str){ 0 };
}

/* The list does not count, `first` does; does it say the same? */
static int compare_list(struct pf_model *m, const struct pf_node *list, const char *path,
			const char *first, struct pf_err *err)
{
	PF_AUTO(arena) scratch = { 0 };
	struct pf_needs other = { 0 };
	const char *has = first;
	struct pf_str only;

	if (!list || !list->n)
		return 0;
	if (read_list(&other, m, list, path, true, err) < 0)
		return -1;
	only = missing_from(&scratch, &m->needs, &other);
	if (!only.n) {
		only = missing_from(&scratch, &other, &m->needs);
		has = path;
	}
	only = pf_shown(only);
	if (only.n)
		pf_model_note(m, "%s and %s disagree (" PF_FMT " is in %s alone): %s counts", first,
			      path, PF_ARG(only), has, first);
	return 0;
}

static int read_packages(struct pf_model *m, const struct files *f, struct pf_err *err)
{
	const struct pf_node *listed = pf_node_get(f->python_env, "dependencies");
	const struct pf_node *pip = f->conda.pip;
	size_t asked = m->needs.asked.n; /* of channels */
	bool there, usual;

	if (pf_model_inside(m, &there, PF_REQUIREMENTS_FILE, PF_S(PF_REQUIREMENTS_FILE), err) < 0 ||
	    check_texts(listed, f->python_env_path, "dependencies", err) < 0 ||
	    check_texts(pip, f->conda.path, "the pip section", err) < 0)
		return -1;
	usual = includes_usual(listed);
	if (usual && !there)
		pf_model_note(m, PF_REQUIREMENTS_FILE ", which %s names, is not there",
			      f->python_env_path);
	if (there && !(usual && listed->n > 1)) {
		if (pf_reqfile_read(&m->needs, &m->arena, m->root, PF_REQUIREMENTS_FILE, false,
				    err) < 0)
			return -1;
		if (!usual &&
		    compare_list(m, listed, f->python_env_path, PF_REQUIREMENTS_FILE, err) < 0)
			return -1;
		return compare_list(m, pip, f->conda.path, PF_REQUIREMENTS_FILE, err);
	}
	if (read_list(&m->needs, m, listed, f->python_env_path, there, err) < 0)
		return -1;
	if (!m->needs.pip.n && m->needs.asked.n == asked)
		return read_list(&m->needs, m, pip, f->conda.path, true, err);
	return compare_list(m, pip, f->conda.path, f->python_env_path, err);
}

/* ---- build packages ---- */

static int read_build(struct pf_model *m, const struct files *f, struct pf_err *err)
{
	const struct pf_node *list = pf_node_get(f->python_env, "build_dependencies");

	if (check_texts(list, f->python_env_path, "build_dependencies", err) < 0)
		return -1;
	for (size_t i = 0; list && i < list->n; i++) {
		struct pf_requirement r = { 0 };

		if (pf_requirement_parse(&r, &m->arena, list->v[i].text, err) < 0)
			return pf_wrap(err, "%s, line %u", f->python_env_path, list->v[i].line);
		*PF_PUSH(&m->arena, &m->needs.build) = list->v[i].text;
	}
	return 0;
}

int pf_envfiles_read(struct pf_model *m, struct pf_err *err)
{
	struct files f = { 0 };
	const char *conda_path;

	if (open_file(&f.python_env, &f.python_env_path, m, m->python_env_file, "python_env.yaml",
		      err) < 0 ||
	    open_file(&f.conda_doc, &conda_path, m, m->conda_file, "conda.yaml", err) < 0 ||
	    pf_conda_file_read(&f.conda, m, f.conda_doc, conda_path, err) < 0)
		return -1;
	m->needs.conda = f.conda.specs;
	m->needs.conda_specs = f.conda.matches;
	m->needs.conda_python = f.conda.python_spec;
	m->needs.channels = f.conda.channels;
	if (choose_python(m, &f, err) < 0 || read_packages(m, &f, err) < 0)
		return -1;
	if (!m->needs.pip.n && !m->needs.conda.n)
		pf_model_note(m, "no file of the model says which packages it needs");
	if (!m->needs.python.n)
		pf_model_note(m, "no file of the model says which Python it needs");
	return read_build(m, &f, err);
}
