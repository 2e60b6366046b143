/* conda.c - a model's conda.yaml: channels, match specs, its Python, its pip section */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "model/parts.h"

/* Where the package's name starts: behind "channel::" or "channel/subdir::". */
static struct pf_str skip_channel(struct pf_str spec)
{
	size_t at = pf_str_find_str(spec, "::");

	return pf_str_trim(at == PF_NPOS ? spec : pf_str_skip(spec, at + 2));
}

static bool is_name_char(char c)
{
	return pf_is_alnum(c) || c == '_' || c == '-' || c == '.';
}

/* "numpy" of "c::numpy>=1" */
static struct pf_str name_of(struct pf_str spec)
{
	struct pf_str s = skip_channel(spec);
	size_t n = 0;

	while (n < s.n && is_name_char(s.p[n]))
		n++;
	return pf_str_cut(s, 0, n);
}

/* Brackets and quotes in pairs, and no byte that no match spec has: the solver reads it in full. */
static bool is_balanced(struct pf_str s)
{
	char quote = 0;
	bool inside = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (quote)
			quote = c == quote ? 0 : quote;
		else if ((c == '"' || c == '\'') && inside)
			quote = c;
		else if (c == '[' && !inside)
			inside = true;
		else if (c == ']' && inside)
			inside = false;
		else if (!pf_is_alnum(c) &&
			 !strchr(inside ? "_-.,*+!=<>~|^$: /()@" : "_-.,*+!=<>~|^$ ()@", c))
			return false;
	}
	return !quote && !inside;
}

/* What follows the name: a comparison wants its version. */
static bool is_spec(struct pf_str spec)
{
	struct pf_str s = skip_channel(spec), name = name_of(spec);
	struct pf_str rest = pf_str_trim(pf_str_skip(s, name.n));

	if (!name.n || !(pf_is_alnum(name.p[0]) || name.p[0] == '_' || name.p[0] == '.'))
		return false;
	if (rest.n && strchr("=<>~!", rest.p[rest.n - 1]))
		return false;
	if (rest.n && !strchr("=<>~![ 0123456789*", rest.p[0]) && s.p[name.n] != ' ')
		return false;
	return is_balanced(rest) && !memchr(spec.p, '\0', spec.n);
}

static int fail_item(const char *path, const struct pf_node *n, const char *what,
		     struct pf_err *err)
{
	struct pf_str text = pf_shown(n->text);

	if (n->kind == PF_NODE_STRING)
		return pf_fail(err, PF_EMODEL, "%s, line %u: %s: \"" PF_FMT "\"", path, n->line,
			       what, PF_ARG(text));
	return pf_fail(err, PF_EMODEL, "%s, line %u: %s is %s", path, n->line, what,
		       pf_node_kind_name(n->kind));
}

/* ---- python ---- */

/* "=3.11.7", "==3.8", " 3.10", "=3.10.4=h12_cpython", "=3.8.*": the version, or nothing when it
 * is a range. A version without its patch is a prefix to conda and to us. */
static struct pf_str exact_version(struct pf_str rest)
{
	struct pf_str version;

	while (rest.n && rest.p[0] == '=')
		rest = pf_str_skip(rest, 1);
	version = pf_str_cut(rest, 0, pf_str_find(rest, '='));
	version = pf_str_trim(version);
	version = pf_str_cut(version, 0, pf_str_find(version, ' '));
	if (pf_str_ends(version, ".*"))
		version.n -= 2;
	else if (pf_str_ends(version, "*"))
		version.n -= 1;
	return pf_model_is_python(version) ? version : (struct pf_str){ 0 };
}

static int take_python(struct pf_conda_file *out, const struct pf_node *n, struct pf_err *err)
{
	struct pf_str s = skip_channel(n->text), rest;
	struct pf_str one = pf_shown(n->text), other = pf_shown(out->python_spec);

	if (out->python_spec.n && !pf_str_eq(out->python_spec, n->text))
		return pf_fail(err, PF_ESOLVE,
			       "%s asks for Python twice: " PF_FMT " on line %u, " PF_FMT
			       " on line %u",
			       out->path, PF_ARG(other), out->python_line, PF_ARG(one), n->line);
	rest = pf_str_trim(pf_str_skip(s, name_of(s).n));
	out->python_spec = n->text;
	out->python_line = n->line;
	out->python = exact_version(rest);
	out->python_range = out->python.n ? (struct pf_str){ 0 } : rest;
	return 0;
}

/* ---- lists ---- */

static int take_pip(struct pf_conda_file *out, const struct pf_node *map, struct pf_err *err)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct pf_node *n = &map->v[i];
		struct pf_str key = pf_shown(n->key);

		if (!pf_str_is(n->key, "pip"))
			return pf_fail(err, PF_EMODEL,
				       "%s, line %u: unknown section " PF_FMT ", only pip is known",
				       out->path, n->line, PF_ARG(key));
		if (out->pip)
			return pf_fail(err, PF_EMODEL,
				       "%s, line %u: a second pip section, the first is on line %u",
				       out->path, n->line, out->pip->line);
		if (n->kind != PF_NODE_LIST && n->kind != PF_NODE_NULL)
			return fail_item(out->path, n, "the pip section", err);
		out->pip = n;
	}
	return 0;
}

static int take_dependency(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *n,
			   struct pf_err *err)
{
	if (n->kind == PF_NODE_MAP)
		return take_pip(out, n, err);
	if (n->kind != PF_NODE_STRING)
		return fail_item(out->path, n, "a dependency", err);
	if (!is_spec(n->text))
		return fail_item(out->path, n, "no match spec of conda", err);
	if (pf_str_ieq(name_of(n->text), "python"))
		return take_python(out, n, err);
	*PF_PUSH(&m->arena, &out->specs) = n->text;
	return 0;
}

/* Names and http(s) addresses; a folder or another scheme is for the user to allow. */
static bool is_plain_channel(struct pf_str c)
{
	if (pf_str_starts(c, "https://") || pf_str_starts(c, "http://"))
		return true;
	for (size_t i = 0; i < c.n; i++)
		if (!is_name_char(c.p[i]) && c.p[i] != '/')
			return false;
	return c.n && pf_is_alnum(c.p[0]) && pf_str_find_str(c, "..") == PF_NPOS;
}

static int take_channel(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *n,
			struct pf_err *err)
{
	if (!pf_node_is_scalar(n) || !n->text.n)
		return fail_item(out->path, n, "a channel", err);
	*PF_PUSH(&m->arena, &out->channels) = n->text;
	if (!is_plain_channel(n->text))
		*PF_PUSH(&m->arena, &m->needs.asked) = (struct pf_asked){
			.kind = PF_ASKED_LOCAL,
			.text = pf_format(&m->arena, "channel " PF_FMT, PF_ARG(n->text)),
			.file = pf_s(out->path),
			.line = n->line,
		};
	return 0;
}

static int take_list(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *doc,
		     const char *key,
		     int take(struct pf_conda_file *, struct pf_model *, const struct pf_node *,
			      struct pf_err *),
		     struct pf_err *err)
{
	const struct pf_node *list = pf_node_get(doc, key);

	if (!list || list->kind == PF_NODE_NULL)
		return 0;
	if (list->kind != PF_NODE_LIST)
		return pf_fail(err, PF_EMODEL, "%s, line %u: %s is %s, where a list is wanted",
			       out->path, list->line, key, pf_node_kind_name(list->kind));
	for (size_t i = 0; i < list->n; i++)
		if (take(out, m, &list->v[i], err) < 0)
			return -1;
	return 0;
}

int pf_conda_file_read(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *doc,
		       const char *path, struct pf_err *err)
{
	*out = (struct pf_conda_file){ .path = path };
	if (take_list(out, m, doc, "channels", take_channel, err) < 0)
		return -1;
	return take_list(out, m, doc, "dependencies", take_dependency, err);
}
