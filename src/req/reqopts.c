/* reqopts.c - the options of one line of a requirements file */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqopts.h"

#include "base/digests.h"
#include "base/str.h"

static const struct option {
	const char *name;
	char letter;
	bool value;
	enum pf_reqopt_kind kind;
} options[] = {
	{ "--index-url", 'i', true, PF_OPT_INDEX_URL },
	{ "--pypi-url", 0, true, PF_OPT_INDEX_URL },
	{ "--extra-index-url", 0, true, PF_OPT_EXTRA_INDEX_URL },
	{ "--no-index", 0, false, PF_OPT_NO_INDEX },
	{ "--constraint", 'c', true, PF_OPT_CONSTRAINT },
	{ "--requirement", 'r', true, PF_OPT_REQUIREMENT },
	{ "--editable", 'e', true, PF_OPT_EDITABLE },
	{ "--find-links", 'f', true, PF_OPT_FIND_LINKS },
	{ "--no-binary", 0, true, PF_OPT_NO_BINARY },
	{ "--only-binary", 0, true, PF_OPT_ONLY_BINARY },
	{ "--prefer-binary", 0, false, PF_OPT_PREFER_BINARY },
	{ "--require-hashes", 0, false, PF_OPT_REQUIRE_HASHES },
	{ "--no-require-hashes", 0, false, PF_OPT_NO_REQUIRE_HASHES },
	{ "--pre", 0, false, PF_OPT_PRE },
	{ "--all-releases", 0, true, PF_OPT_ALL_RELEASES },
	{ "--only-final", 0, true, PF_OPT_ONLY_FINAL },
	{ "--trusted-host", 0, true, PF_OPT_TRUSTED_HOST },
	{ "--use-feature", 0, true, PF_OPT_USE_FEATURE },
	{ "--hash", 0, true, PF_OPT_HASH },
	{ "--config-settings", 'C', true, PF_OPT_CONFIG_SETTINGS },
};

const char *pf_reqopt_name(enum pf_reqopt_kind kind)
{
	for (size_t i = 0; i < PF_COUNT(options); i++)
		if (options[i].kind == kind)
			return options[i].name;
	return "";
}

void pf_reqopts_break(struct pf_str *args, struct pf_str *opts, struct pf_str line)
{
	size_t at = 0;

	while (at < line.n && line.p[at] != '-') {
		size_t blank = pf_str_find(pf_str_skip(line, at), ' ');

		at = blank == PF_NPOS ? line.n : at + blank + 1;
	}
	*args = pf_str_cut(line, 0, at < line.n && at ? at - 1 : at);
	*opts = pf_str_skip(line, at);
}

/* ---- words, as a POSIX shell would split them ---- */

struct splitter {
	struct pf_str text;
	size_t at;
	char *out;
	size_t n;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What is between quotes; s->at is behind the opening one. False when there is no closing one. */
static bool take_quoted(struct splitter *s, char quote)
{
	while (s->at < s->text.n) {
		char c = s->text.p[s->at++];

		if (c == quote)
			return true;
		if (c == '\\' && quote == '"' && s->at < s->text.n &&
		    (s->text.p[s->at] == '"' || s->text.p[s->at] == '\\'))
			c = s->text.p[s->at++];
		s->out[s->n++] = c;
	}
	return false;
}

/* The next word: 1, 0 at the end, -1 for quotes or an escape without end. */
static int next_word(struct pf_str *out, struct splitter *s)
{
	size_t from = s->n;

	while (s->at < s->text.n && is_blank(s->text.p[s->at]))
		s->at++;
	if (s->at == s->text.n)
		return 0;
	while (s->at < s->text.n && !is_blank(s->text.p[s->at])) {
		char c = s->text.p[s->at++];

		if (c == '\'' || c == '"') {
			if (!take_quoted(s, c))
				return -1;
			continue;
		}
		if (c == '\\') {
			if (s->at == s->text.n)
				return -1;
			c = s->text.p[s->at++];
		}
		s->out[s->n++] = c;
	}
	*out = (struct pf_str){ s->out + from, s->n - from };
	return 1;
}

static int split(struct pf_strs *out, struct pf_arena *a, struct pf_str text, struct pf_err *err)
{
	struct splitter s = { .text = text, .out = pf_alloc(a, text.n + 1) };
	struct pf_str word, shown = pf_shown(text);
	int got;

	while ((got = next_word(&word, &s)) > 0)
		*PF_PUSH(a, out) = word;
	return got ? pf_fail(err, PF_EMODEL, "options '" PF_FMT "' have a quote or a backslash "
			     "that nothing closes", PF_ARG(shown)) : 0;
}

/* ---- options ---- */

struct parser {
	struct pf_reqopts *out;
	struct pf_arena *a;
	struct pf_strs words;
	size_t at;
	struct pf_err *err;
};

static int check_hash(struct pf_str value, struct pf_err *err)
{
	size_t colon = pf_str_find(value, ':');
	struct pf_str shown = pf_shown(value);

	if (colon == PF_NPOS)
		return pf_fail(err, PF_EMODEL, "--hash takes NAME:DIGEST, not '" PF_FMT "'",
			       PF_ARG(shown));
	if (!pf_digest_kind(pf_str_cut(value, 0, colon)))
		return pf_fail(err, PF_EMODEL,
			       "--hash takes sha256, sha384 or sha512, not '" PF_FMT "'",
			       PF_ARG(shown));
	return 0;
}

/* What an option says of its value beyond that there is one. */
static int check_value(const struct option *o, struct pf_str value, struct pf_err *err)
{
	static const char *const features[] = {
		"fast-deps",  "inprocess-build-deps",	      "venv-isolation",
		"truststore", "no-binary-enable-wheel-cache", "build-constraint", NULL,
	};
	struct pf_str shown = pf_shown(value);

	switch (o->kind) {
	case PF_OPT_HASH:
		return check_hash(value, err);
	case PF_OPT_USE_FEATURE:
		if (pf_str_in(value, features))
			return 0;
		break;
	case PF_OPT_CONFIG_SETTINGS:
		if (pf_str_find(value, '=') != PF_NPOS)
			return 0;
		break;
	case PF_OPT_NO_BINARY:
	case PF_OPT_ONLY_BINARY:
	case PF_OPT_ALL_RELEASES:
	case PF_OPT_ONLY_FINAL:
		if (!pf_str_starts(value, "-"))
			return 0;
		break;
	default:
		return 0;
	}
	return pf_fail(err, PF_EMODEL, "%s does not take '" PF_FMT "'", o->name, PF_ARG(shown));
}

/* `attached` is a value in the same word, or a view of NULL. */
static int take_option(struct parser *p, const struct option *o, struct pf_str attached)
{
	struct pf_str value = attached;

	if (!o->value && attached.p)
		return pf_fail(p->err, PF_EMODEL, "%s does not take a value", o->name);
	if (o->value && !attached.p) {
		if (p->at == p->words.n)
			return pf_fail(p->err, PF_EMODEL, "%s needs a value", o->name);
		value = p->words.v[p->at++];
	}
	if (o->value && check_value(o, value, p->err) < 0)
		return -1;
	*PF_PUSH(p->a, p->out) = (struct pf_reqopt){ o->kind, value };
	return 0;
}

/* A long option by its name or an abbreviation that only one option has. */
static int take_long(struct parser *p, struct pf_str word)
{
	size_t equals = pf_str_find(word, '=');
	struct pf_str name = pf_str_cut(word, 0, equals), value = { 0 }, shown = pf_shown(name);
	const struct option *found = NULL;
	size_t count = 0;

	if (equals != PF_NPOS)
		value = pf_str_skip(word, equals + 1);
	for (size_t i = 0; i < PF_COUNT(options); i++) {
		if (pf_str_is(name, options[i].name))
			return take_option(p, &options[i], value);
		if (strncmp(options[i].name, name.p, name.n) == 0) {
			found = &options[i];
			count++;
		}
	}
	if (count == 1)
		return take_option(p, found, value);
	return pf_fail(p->err, PF_EMODEL, "%s option '" PF_FMT "'",
		       count ? "ambiguous" : "unknown", PF_ARG(shown));
}

/* "-rFILE", "-r FILE" */
static int take_short(struct parser *p, struct pf_str word)
{
	struct pf_str value = { 0 }, shown = pf_shown(pf_str_cut(word, 0, 2));

	if (word.n > 2)
		value = pf_str_skip(word, 2);
	for (size_t i = 0; i < PF_COUNT(options); i++)
		if (options[i].letter && options[i].letter == word.p[1])
			return take_option(p, &options[i], value);
	return pf_fail(p->err, PF_EMODEL, "unknown option '" PF_FMT "'", PF_ARG(shown));
}

int pf_reqopts_parse(struct pf_reqopts *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_reqopts opts = { 0 };
	struct parser p = { .out = &opts, .a = a, .err = err };

	if (split(&p.words, a, text, err) < 0)
		return -1;
	while (p.at < p.words.n) {
		struct pf_str word = p.words.v[p.at++];

		if (pf_str_is(word, "--"))
			break;
		if (word.n < 2 || word.p[0] != '-')
			continue; /* a stray word means nothing, as for the reference */
		if ((word.p[1] == '-' ? take_long(&p, word) : take_short(&p, word)) < 0)
			return -1;
	}
	*out = opts;
	return 0;
}

const struct pf_str *pf_reqopts_first(const struct pf_reqopts *o, enum pf_reqopt_kind kind)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].kind == kind)
			return &o->v[i].value;
	return NULL;
}

bool pf_reqopts_have(const struct pf_reqopts *o, enum pf_reqopt_kind kind)
{
	return pf_reqopts_first(o, kind) != NULL;
}
