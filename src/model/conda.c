/* conda.c - a model's conda.yaml: channels, match specs, its Python, its pip section */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "model/parts.h"

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
static struct pf_str exact_version(const struct pf_condaver_spec *s)
{
	bool one = s->n == 1 && (s->v[0].op == PF_CONDAVER_EQ || s->v[0].op == PF_CONDAVER_STARTS);

	if (!one || !pf_model_is_python(s->v[0].version.text))
		return (struct pf_str){ 0 };
	return s->v[0].version.text;
}

static int take_python(struct pf_conda_file *out, const struct pf_node *n,
		       const struct pf_match_spec *s, struct pf_err *err)
{
	struct pf_str one = pf_shown(n->text), other = pf_shown(out->python_spec);

	if (out->python_spec.n && !pf_str_eq(out->python_spec, n->text))
		return pf_fail(err, PF_ESOLVE,
			       "%s asks for Python twice: " PF_FMT " on line %u, " PF_FMT
			       " on line %u",
			       out->path, PF_ARG(other), out->python_line, PF_ARG(one), n->line);
	out->python_spec = n->text;
	out->python_line = n->line;
	out->python = exact_version(&s->version);
	out->python_range = out->python.n ? (struct pf_condaver_spec){ 0 } : s->version;
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

static void ask(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *n,
		enum pf_asked_kind kind, const char *what, struct pf_str text)
{
	*PF_PUSH(&m->arena, &m->needs.asked) = (struct pf_asked){
		.kind = kind,
		.text = pf_format(&m->arena, "%s " PF_FMT, what, PF_ARG(text)),
		.file = pf_s(out->path),
		.line = n->line,
	};
}

/* A folder may be allowed; what no channel is, or climbs, is never. */
static void ask_channel(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *n,
			struct pf_str channel)
{
	bool folder = pf_str_starts(channel, "file:") && pf_str_find_str(channel, "..") == PF_NPOS;

	ask(out, m, n, folder ? PF_ASKED_CHANNEL : PF_ASKED_LOCAL, "channel", channel);
}

/* A model asks for packages by their names; what a solver of conda's has besides is not for it. */
static const char *why_not(const struct pf_match_spec *s)
{
	if (!s->name.n)
		return "no package is named in";
	if (pf_str_find(s->build.text, ' ') != PF_NPOS ||
	    pf_str_find(s->build.text, '/') != PF_NPOS)
		return "no build of conda's is in";
	if (s->extras.n || s->flags.n || s->when.n)
		return "extras, flags and conditions are not for models:";
	return NULL;
}

/* Names and http(s) addresses; a folder or another scheme is for the user to allow. */
static bool is_plain_channel(struct pf_str c)
{
	if (pf_str_starts(c, "https://") || pf_str_starts(c, "http://"))
		return true;
	return c.n && pf_is_alnum(c.p[0]) && pf_str_span(c, "_-./") == c.n &&
	       pf_str_find_str(c, "..") == PF_NPOS;
}

static int take_dependency(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *n,
			   struct pf_err *err)
{
	struct pf_match_spec s;
	const char *why;

	if (n->kind == PF_NODE_MAP)
		return take_pip(out, n, err);
	if (n->kind != PF_NODE_STRING)
		return fail_item(out->path, n, "a dependency", err);
	if (pf_match_spec_parse(&s, &m->arena, n->text, err) < 0)
		return pf_wrap(err, "%s, line %u", out->path, n->line);
	why = why_not(&s);
	if (why)
		return fail_item(out->path, n, why, err);
	if (s.url.text.n)
		ask(out, m, n, pf_str_starts(s.url.text, "file:") ? PF_ASKED_LOCAL : PF_ASKED_URL,
		    "package", s.url.text);
	if (s.channel.kind == PF_PATTERN_EXACT && !is_plain_channel(s.channel.text))
		ask_channel(out, m, n, s.channel.text);
	if (pf_str_is(s.name, "python"))
		return take_python(out, n, &s, err);
	*PF_PUSH(&m->arena, &out->specs) = s.text;
	*PF_PUSH(&m->arena, &out->matches) = s;
	return 0;
}

static int take_channel(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *n,
			struct pf_err *err)
{
	if (!pf_node_is_scalar(n) || !n->text.n)
		return fail_item(out->path, n, "a channel", err);
	*PF_PUSH(&m->arena, &out->channels) = n->text;
	if (!is_plain_channel(n->text))
		ask_channel(out, m, n, n->text);
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

/* What conda itself passes over with a warning: as good as a misspelt one of its own. */
static void note_unknown(struct pf_model *m, const struct pf_node *doc, const char *path)
{
	static const char *const known[] = { "name",	 "prefix",    "channels", "dependencies",
					     "variables", NULL };

	for (size_t i = 0; doc && doc->kind == PF_NODE_MAP && i < doc->n; i++)
		if (!pf_str_in(doc->v[i].key, known))
			pf_model_note(m, "%s, line %u: " PF_FMT " is not looked at", path,
				      doc->v[i].line, PF_ARG(pf_shown(doc->v[i].key)));
}

int pf_conda_file_read(struct pf_conda_file *out, struct pf_model *m, const struct pf_node *doc,
		       const char *path, struct pf_err *err)
{
	const struct pf_node *variables = pf_node_get(doc, "variables");

	*out = (struct pf_conda_file){ .path = path };
	if (variables && variables->kind != PF_NODE_NULL)
		pf_model_note(m, "%s, line %u: variables are not set: the user's to give", path,
			      variables->line);
	note_unknown(m, doc, path);
	if (take_list(out, m, doc, "channels", take_channel, err) < 0)
		return -1;
	return take_list(out, m, doc, "dependencies", take_dependency, err);
}

void pf_model_set_channels(struct pf_model *m, const struct pf_strs *channels)
{
	struct pf_needs *needs = &m->needs;
	size_t kept = 0;

	for (size_t i = 0; i < needs->asked.n; i++) {
		const struct pf_asked *one = &needs->asked.v[i];
		bool gone = pf_str_starts(one->text, "channel ") &&
			    pf_strs_have(&needs->channels, pf_str_skip(one->text, strlen("channel ")));

		if (!gone)
			needs->asked.v[kept++] = *one;
	}
	needs->asked.n = kept;
	needs->channels = (struct pf_strs){ 0 };
	for (size_t i = 0; i < channels->n; i++)
		*PF_PUSH(&m->arena, &needs->channels) = pf_dup(&m->arena, channels->v[i]);
	needs->channels_by_user = true;
}
