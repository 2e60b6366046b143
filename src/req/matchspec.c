/* matchspec.c - match specs of conda: what is told by its place, channel::name version build */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/matchspec.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/channel_name.h"
#include "req/matchspec_parts.h"

static size_t column(const struct pf_match_reader *r, struct pf_str where)
{
	return where.p >= r->text.p && where.p <= r->text.p + r->text.n ?
		       (size_t)(where.p - r->text.p) + 1 :
		       1;
}

/* Without what a channel may hold of secrets. */
static struct pf_str shown_text(const struct pf_match_reader *r)
{
	return pf_shown(pf_channel_bare(r->a, r->text));
}

int pf_match_fail(struct pf_match_reader *r, struct pf_str where, const char *what)
{
	struct pf_str shown = shown_text(r);

	return pf_fail(r->err, PF_EMODEL, "match spec '" PF_FMT "', column %zu: %s", PF_ARG(shown),
		       column(r, where), what);
}

int pf_match_wrap(struct pf_match_reader *r, struct pf_str where)
{
	struct pf_str shown = shown_text(r);

	return pf_wrap(r->err, "match spec '" PF_FMT "', column %zu", PF_ARG(shown),
		       column(r, where));
}

/* ---- channel and name ---- */

int pf_match_take_channel(struct pf_match_reader *r, struct pf_str text)
{
	struct pf_str channel, subdir, bare;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] <= ' ' || text.p[i] > '~' || strchr("#\"'<>[]{}()|,;=\\", text.p[i]))
			return pf_match_fail(r, pf_str_skip(text, i), "no channel has this");
	if (!text.n)
		return 0;
	pf_channel_cut_subdir(text, &channel, &subdir);
	if (!channel.n)
		return pf_match_fail(r, text, "this is no channel");
	bare = pf_channel_bare(r->a, channel);
	if (pf_pattern_parse(&r->out->channel, r->a, bare, r->err) < 0)
		return pf_match_wrap(r, text);
	r->out->channel_asked = channel;
	if (!subdir.n)
		return 0;
	return pf_pattern_parse(&r->out->subdir, r->a, subdir, r->err);
}

/* Cuts "channel:namespace:" off; the namespace is passed over, as CEP 29 has it. */
static int take_prefix(struct pf_match_reader *r, struct pf_str *head)
{
	size_t last = pf_str_rfind(*head, ':'), first;
	struct pf_str before, space;

	if (last == PF_NPOS)
		return 0;
	before = pf_str_cut(*head, 0, last);
	*head = pf_str_trim(pf_str_skip(*head, last + 1));
	first = pf_str_rfind(before, ':');
	space = first == PF_NPOS ? before : pf_str_skip(before, first + 1);
	if (pf_str_span(space, "_.-") < space.n)
		return pf_match_fail(r, space, "two colons go between channel and name");
	if (first == PF_NPOS)
		return 0;
	return pf_match_take_channel(r, pf_str_trim(pf_str_cut(before, 0, first)));
}

static struct pf_str lowered(struct pf_arena *a, struct pf_str text)
{
	char *low = NULL;

	for (size_t i = 0; i < text.n; i++) {
		if (pf_lower(text.p[i]) == text.p[i])
			continue;
		if (!low)
			low = pf_dupz(a, text);
		low[i] = pf_lower(text.p[i]);
	}
	return low ? (struct pf_str){ low, text.n } : text;
}

static int set_name(struct pf_match_reader *r, struct pf_str name)
{
	size_t span;

	if (pf_pattern_parse(&r->out->name_pattern, r->a, name, r->err) < 0)
		return pf_match_wrap(r, name);
	if (r->out->name_pattern.kind == PF_PATTERN_REGEX)
		return 0;
	span = name.n && strchr(".-", name.p[0]) ? 0 : pf_str_span(name, "_.-*");
	if (span < name.n)
		return pf_match_fail(r, pf_str_skip(name, span), "no package's name has this");
	if (r->out->name_pattern.kind == PF_PATTERN_EXACT)
		r->out->name = lowered(r->a, name);
	return 0;
}

static int take_name(struct pf_match_reader *r, struct pf_str *rest)
{
	size_t n = 0;
	bool regex = pf_str_starts(*rest, "^");

	while (n < rest->n && !pf_is_space(rest->p[n]) && (regex || !strchr("=<>!~", rest->p[n])))
		n++;
	if (!n)
		return pf_match_fail(r, *rest, "a package's name is missing");
	if (set_name(r, pf_str_cut(*rest, 0, n)) < 0)
		return -1;
	*rest = pf_str_trim(pf_str_skip(*rest, n));
	return 0;
}

/* ---- version and build ---- */

static bool is_sign(char c)
{
	return c && strchr("=<>!~", c);
}

/* The end of one version behind its operator: "!" is an epoch's but before "=". */
static size_t version_end(struct pf_str s, size_t i)
{
	if (i < s.n && s.p[i] == '^') {
		size_t end = pf_str_find(pf_str_skip(s, i), '$');

		return end == PF_NPOS ? s.n : i + end + 1;
	}
	while (i < s.n && !pf_is_space(s.p[i]) && !strchr("=<>~,|()", s.p[i]) &&
	       (s.p[i] != '!' || (i + 1 < s.n && s.p[i + 1] != '=')))
		i++;
	return i;
}

static size_t skip_blanks(struct pf_str s, size_t i)
{
	while (i < s.n && pf_is_space(s.p[i]))
		i++;
	return i;
}

/* Where the version expression ends that `s` begins with: behind a whole clause after which there
 * is no "," and no "|". */
static size_t expression_end(struct pf_str s)
{
	size_t i = 0, end = 0, depth = 0;

	for (;;) {
		i = skip_blanks(s, i);
		while (i < s.n && s.p[i] == '(') {
			depth++;
			i = skip_blanks(s, i + 1);
		}
		while (i < s.n && is_sign(s.p[i]))
			i++;
		end = version_end(s, skip_blanks(s, i));
		i = skip_blanks(s, end);
		while (depth && i < s.n && s.p[i] == ')') {
			depth--;
			end = i + 1;
			i = skip_blanks(s, end);
		}
		if (i >= s.n || (s.p[i] != ',' && s.p[i] != '|'))
			return end;
		i++;
	}
}

/* Without the blanks beside signs; others are left to be refused. */
static struct pf_str made_dense(struct pf_arena *a, struct pf_str text)
{
	const char *signs = "=<>!~,|()";
	char *dense = pf_dupz(a, text);
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		size_t next = skip_blanks(text, i);
		bool beside = next < text.n && (strchr(signs, text.p[next]) ||
						(n && strchr(signs, dense[n - 1])));

		if (beside)
			i = next;
		dense[n++] = text.p[i];
	}
	return (struct pf_str){ dense, n };
}

int pf_match_take_version(struct pf_match_reader *r, struct pf_str text)
{
	struct pf_str dense = text;

	for (size_t i = 0; i < text.n; i++)
		if (pf_is_space(text.p[i])) {
			dense = made_dense(r->a, text);
			break;
		}
	if (pf_condaver_spec_parse(&r->out->version, r->a, dense, r->err) < 0)
		return pf_match_wrap(r, text);
	return 0;
}

int pf_match_take_build(struct pf_match_reader *r, struct pf_str text)
{
	size_t span;

	if (pf_pattern_parse(&r->out->build, r->a, text, r->err) < 0)
		return pf_match_wrap(r, text);
	if (r->out->build.kind == PF_PATTERN_REGEX)
		return 0;
	span = pf_str_span(text, "_.+-* /");
	if (span < text.n)
		return pf_match_fail(r, pf_str_skip(text, span),
				     "no build has this; versions are joined by a comma");
	return 0;
}

/* =1.2 is 1.2.* (but with a build behind it, as conda and rattler have it: then it is 1.2), ==1.2
 * is 1.2, and ==1.2.* is 1.2.*: that the sign is there makes no difference. */
static struct pf_str without_sign(struct pf_str version, bool has_build)
{
	struct pf_str rest;

	if (pf_str_starts(version, "==")) {
		rest = pf_str_trim(pf_str_skip(version, 2));
		return rest.n && !is_sign(rest.p[0]) ? rest : version;
	}
	if (!has_build || !pf_str_starts(version, "="))
		return version;
	rest = pf_str_trim(pf_str_skip(version, 1));
	return rest.n && version_end(rest, 0) == rest.n ? rest : version;
}

static int take_version_and_build(struct pf_match_reader *r, struct pf_str rest)
{
	size_t end = expression_end(rest), next = skip_blanks(rest, end);
	struct pf_str version = pf_str_cut(rest, 0, end), build = pf_str_skip(rest, next);

	if (build.n && build.p[0] == '=') {
		build = pf_str_trim(pf_str_skip(build, 1));
		if (!build.n)
			return pf_match_fail(r, pf_str_skip(rest, next + 1), "a build is missing");
	} else if (build.n && next == end) {
		return pf_match_fail(r, build, "this does not belong here");
	}
	if (pf_match_take_version(r, without_sign(version, build.n > 0)) < 0)
		return -1;
	return build.n ? pf_match_take_build(r, build) : 0;
}

/* ---- all of it ---- */

/* The first of a comment: "#" that is not within brackets. */
static struct pf_str without_comment(struct pf_str text)
{
	size_t bracket = pf_str_find(text, '['), hash = pf_str_find(text, '#');

	if (hash != PF_NPOS && hash > bracket) {
		size_t close = pf_str_rfind(text, ']');

		hash = close == PF_NPOS ? PF_NPOS : pf_str_find(pf_str_skip(text, close), '#');
		hash += hash == PF_NPOS ? 0 : close;
	}
	return pf_str_trim(hash == PF_NPOS ? text : pf_str_cut(text, 0, hash));
}

/* The address or path of one file: its name is that of the package. */
static int take_file(struct pf_match_reader *r)
{
	struct pf_str text = r->text, name, fn = pf_str_skip(text, pf_str_rfind(text, '/') + 1);

	if (fn.n == text.n)
		return pf_match_fail(r, text, "a package's file is named without its folder");
	if (!pf_conda_filename_cut(fn, &name, NULL, NULL))
		return pf_match_fail(r, fn, "no package's file is called so");
	if (!pf_channel_is_url(text) && text.p[0] != '/')
		return pf_match_fail(r, text, "a file's path begins with a slash");
	if (!pf_channel_is_url(text))
		text = pf_format(r->a, "file://" PF_FMT, PF_ARG(text));
	r->out->url = (struct pf_pattern){ .kind = PF_PATTERN_EXACT,
					   .text = pf_channel_bare(r->a, text) };
	return set_name(r, name);
}

bool pf_match_names_file(struct pf_str text)
{
	return pf_str_ends(text, ".conda") || pf_str_ends(text, ".tar.bz2");
}

static int take_all(struct pf_match_reader *r)
{
	size_t bracket = pf_str_find(r->text, '[');
	struct pf_str rest = pf_str_trim(pf_str_cut(r->text, 0, bracket));

	if (pf_match_names_file(r->text))
		return take_file(r);
	if (take_prefix(r, &rest) < 0 || take_name(r, &rest) < 0)
		return -1;
	if (rest.n && take_version_and_build(r, rest) < 0)
		return -1;
	if (bracket == PF_NPOS)
		return 0;
	if (r->text.p[r->text.n - 1] != ']')
		return pf_match_fail(r, pf_str_skip(r->text, bracket),
				     "brackets are closed at the end, and only there");
	return pf_match_take_keys(r, pf_str_cut(r->text, bracket + 1, r->text.n - 1));
}

/* Ends of lines, and in comments, too: specs are written into files that have one a line. */
static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t') || c == 127;
}

int pf_match_spec_parse(struct pf_match_spec *out, struct pf_arena *a, struct pf_str text,
			struct pf_err *err)
{
	struct pf_match_spec spec = { .text = without_comment(text) };
	struct pf_str whole = pf_str_trim(text);
	struct pf_match_reader r = { .out = &spec, .a = a, .text = spec.text, .err = err };

	if (text.n > PF_MAX_MATCH_SPEC)
		return pf_fail(err, PF_ELIMIT, "a match spec of more than %zu bytes",
			       PF_MAX_MATCH_SPEC);
	for (size_t i = 0; i < whole.n; i++)
		if (is_control(whole.p[i]))
			return pf_match_fail(&r, pf_str_skip(whole, i), "a control byte");
	if (take_all(&r) < 0)
		return -1;
	*out = spec;
	return 0;
}
