/* matchspec_keys.c - match specs of conda: what is told by keys, [version='>=1',build=py*] */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "req/channel_name.h"
#include "req/matchspec_parts.h"

typedef int take_value_fn(struct pf_match_reader *r, struct pf_str value);

static int take_pattern(struct pf_match_reader *r, struct pf_pattern *out, struct pf_str value)
{
	return pf_pattern_parse(out, r->a, value, r->err) < 0 ? pf_match_wrap(r, value) : 0;
}

#define PATTERN(field)                                                          \
	static int take_##field(struct pf_match_reader *r, struct pf_str value) \
	{                                                                       \
		return take_pattern(r, &r->out->field, value);                  \
	}
PATTERN(fn)
PATTERN(license)
PATTERN(license_family)
#undef PATTERN

static int take_url(struct pf_match_reader *r, struct pf_str value)
{
	return take_pattern(r, &r->out->url, pf_channel_bare(r->a, value));
}

static int take_subdir(struct pf_match_reader *r, struct pf_str value)
{
	r->subdir = value;
	return 0;
}

static int take_nothing(struct pf_match_reader *r, struct pf_str value)
{
	(void)r;
	(void)value;
	return 0;
}

static int take_build_number(struct pf_match_reader *r, struct pf_str value)
{
	static const enum pf_condaver_op ops[] = {
		PF_CONDAVER_EQ, PF_CONDAVER_NE, PF_CONDAVER_LE,
		PF_CONDAVER_GE, PF_CONDAVER_LT, PF_CONDAVER_GT,
	};
	struct pf_build_number_spec spec = { .op = PF_CONDAVER_EQ };
	struct pf_str number = value;

	if (pf_str_is(value, "*"))
		return 0;
	for (size_t i = 0; i < PF_COUNT(ops); i++) {
		const char *sign = pf_condaver_op_text(ops[i]);

		if (pf_str_starts(value, sign)) {
			spec.op = ops[i];
			number = pf_str_trim(pf_str_skip(value, strlen(sign)));
			break;
		}
	}
	if (number.n == value.n && pf_str_starts(value, "="))
		number = pf_str_skip(value, 1);
	if (!pf_str_u64(number, &spec.number))
		return pf_match_fail(r, value, "a build number is a number, with an operator at most");
	r->out->build_number = spec;
	return 0;
}

static int take_digest(struct pf_match_reader *r, struct pf_str *out, struct pf_str value,
		       size_t digits, const char *what)
{
	char *low = pf_dupz(r->a, value);

	for (size_t i = 0; i < value.n; i++) {
		if (pf_hex_digit(value.p[i]) < 0)
			return pf_match_fail(r, value, what);
		low[i] = pf_lower(low[i]);
	}
	if (value.n != digits)
		return pf_match_fail(r, value, what);
	*out = (struct pf_str){ low, value.n };
	return 0;
}

static int take_md5(struct pf_match_reader *r, struct pf_str value)
{
	return take_digest(r, &r->out->md5, value, 32, "an md5 has 32 hex digits");
}

static int take_sha256(struct pf_match_reader *r, struct pf_str value)
{
	return take_digest(r, &r->out->sha256, value, 64, "a sha256 has 64 hex digits");
}

/* ---- lists ---- */

static int take_words(struct pf_match_reader *r, struct pf_strs *out, struct pf_str value)
{
	*out = (struct pf_strs){ 0 };
	for (size_t i = 0, from; i < value.n;) {
		while (i < value.n && (pf_is_space(value.p[i]) || value.p[i] == ','))
			i++;
		from = i;
		while (i < value.n && !pf_is_space(value.p[i]) && value.p[i] != ',')
			i++;
		if (i > from)
			*PF_PUSH(r->a, out) = pf_str_cut(value, from, i);
	}
	return 0;
}

static int take_track_features(struct pf_match_reader *r, struct pf_str value)
{
	return take_words(r, &r->out->track_features, value);
}

static int take_features(struct pf_match_reader *r, struct pf_str value)
{
	return take_words(r, &r->out->features, value);
}

static struct pf_str without_quotes(struct pf_str s)
{
	bool quoted = s.n > 1 && (s.p[0] == '\'' || s.p[0] == '"') && s.p[s.n - 1] == s.p[0];

	return quoted ? pf_str_cut(s, 1, s.n - 1) : s;
}

/* "a", "[a, b]", "['a', 'b']" */
static int take_names(struct pf_match_reader *r, struct pf_strs *out, struct pf_str value,
		      const char *also)
{
	struct pf_str rest = value, one;

	*out = (struct pf_strs){ 0 };
	if (pf_str_starts(value, "["))
		rest = pf_str_cut(value, 1, value.n - 1);
	while (pf_str_next(&rest, ',', &one)) {
		one = without_quotes(pf_str_trim(one));
		for (size_t i = 0; i < one.n; i++)
			if (!pf_is_digit(one.p[i]) && !(one.p[i] >= 'a' && one.p[i] <= 'z') &&
			    !strchr(also, one.p[i]))
				return pf_match_fail(r, pf_str_skip(one, i), "no name has this");
		if (!one.n)
			return pf_match_fail(r, value, "a name is missing");
		*PF_PUSH(r->a, out) = one;
	}
	return 0;
}

static int take_extras(struct pf_match_reader *r, struct pf_str value)
{
	return take_names(r, &r->out->extras, value, "_.+-");
}

static int take_flags(struct pf_match_reader *r, struct pf_str value)
{
	return take_names(r, &r->out->flags, value, "_.+-:*");
}

/* ---- conditions ---- */

/* The length of the next piece of "A and B or C" that is outside of parentheses and brackets. */
static size_t piece_length(struct pf_str s, size_t *sign)
{
	int depth = 0;

	for (size_t i = 0; i < s.n; i++) {
		struct pf_str here = pf_str_skip(s, i);

		depth += s.p[i] == '(' || s.p[i] == '[';
		depth -= s.p[i] == ')' || s.p[i] == ']';
		*sign = depth ? 0 : pf_str_starts(here, " and ") ? 5 : pf_str_starts(here, " or ") ? 4 : 0;
		if (*sign)
			return i;
	}
	*sign = 0;
	return s.n;
}

/* "__linux and (python >=3.8 or pypy)": are they match specs? */
static int check_condition(struct pf_match_reader *r, struct pf_str text)
{
	struct pf_match_spec spec;
	size_t sign, n = piece_length(text, &sign);
	struct pf_str one = pf_str_trim(pf_str_cut(text, 0, n));

	if (sign && check_condition(r, pf_str_skip(text, n + sign)) < 0)
		return -1;
	if (pf_str_starts(one, "(") && pf_str_ends(one, ")"))
		return check_condition(r, pf_str_cut(one, 1, one.n - 1));
	if (pf_match_spec_parse(&spec, r->a, one, r->err) < 0)
		return pf_match_wrap(r, text);
	return spec.when.n || !spec.name.n ? pf_match_fail(r, text, "no condition is such a spec") : 0;
}

static int take_when(struct pf_match_reader *r, struct pf_str value)
{
	r->out->when = value;
	return check_condition(r, value);
}

/* ---- keys ---- */

static const struct {
	const char *name;
	take_value_fn *take;
} keys[] = {
	{ "version", pf_match_take_version },
	{ "build", pf_match_take_build },
	{ "build_number", take_build_number },
	{ "channel", pf_match_take_channel },
	{ "subdir", take_subdir },
	{ "url", take_url },
	{ "fn", take_fn },
	{ "md5", take_md5 },
	{ "sha256", take_sha256 },
	{ "license", take_license },
	{ "license_family", take_license_family },
	{ "track_features", take_track_features },
	{ "features", take_features },
	{ "extras", take_extras },
	{ "flags", take_flags },
	{ "when", take_when },
	{ "name", take_nothing },	/* the one in front counts (CEP 29) */
};

static int take_key(struct pf_match_reader *r, struct pf_str key, struct pf_str value)
{
	for (size_t i = 0; i < PF_COUNT(keys); i++)
		if (pf_str_is(key, keys[i].name))
			return value.n ? keys[i].take(r, value) :
					 pf_match_fail(r, key, "this key has no value");
	return pf_match_fail(r, key, "no key is called so");
}

static size_t skip_blanks(struct pf_str s, size_t i)
{
	while (i < s.n && pf_is_space(s.p[i]))
		i++;
	return i;
}

/* A value in quotes, with backslashes as Python has them for quotes and backslashes. `at` is behind
 * the first quote, and then behind the last one. */
static int take_quoted(struct pf_match_reader *r, struct pf_str s, size_t *at, struct pf_str *value)
{
	char quote = s.p[*at - 1], *copy = NULL;
	size_t from = *at, n = 0;

	for (; *at < s.n && s.p[*at] != quote; (*at)++) {
		if (s.p[*at] == '\\' && *at + 1 < s.n && strchr("'\"\\", s.p[*at + 1])) {
			if (!copy)
				copy = pf_dupz(r->a, pf_str_skip(s, from));
			(*at)++;
		}
		if (copy)
			copy[n] = s.p[*at];
		n++;
	}
	if (*at >= s.n)
		return pf_match_fail(r, pf_str_skip(s, from - 1), "this quote is not closed");
	(*at)++;
	*value = copy ? (struct pf_str){ copy, n } : pf_str_cut(s, from, from + n);
	return 0;
}

static int take_list_text(struct pf_match_reader *r, struct pf_str s, size_t *at,
			  struct pf_str *value)
{
	size_t from = *at, end = pf_str_find(pf_str_skip(s, from), ']');

	*value = pf_str_cut(s, from, end == PF_NPOS ? s.n : from + end + 1);
	if (end == PF_NPOS || pf_str_find(pf_str_skip(*value, 1), '[') != PF_NPOS)
		return pf_match_fail(r, *value, "this list is not closed");
	*at = from + end + 1;
	return 0;
}

static int take_value(struct pf_match_reader *r, struct pf_str s, size_t *at, struct pf_str *value)
{
	size_t from = *at;

	if (*at < s.n && (s.p[*at] == '\'' || s.p[*at] == '"')) {
		(*at)++;
		return take_quoted(r, s, at, value);
	}
	if (*at < s.n && s.p[*at] == '[')
		return take_list_text(r, s, at, value);
	while (*at < s.n && !pf_is_space(s.p[*at]) && s.p[*at] != ',') {
		if (strchr("'\"[]", s.p[*at]))
			return pf_match_fail(r, pf_str_skip(s, *at), "a value with this wants quotes");
		(*at)++;
	}
	*value = pf_str_cut(s, from, *at);
	return 0;
}

/* One key=value; what follows it is a comma with another behind it, a blank, or the end. */
static int take_pair(struct pf_match_reader *r, struct pf_str s, size_t *at)
{
	size_t from = *at, end;
	struct pf_str key, value = { 0 };

	while (*at < s.n && (pf_is_alnum(s.p[*at]) || s.p[*at] == '_' || s.p[*at] == '-'))
		(*at)++;
	key = pf_str_cut(s, from, *at);
	*at = skip_blanks(s, *at);
	if (!key.n || *at >= s.n || s.p[*at] != '=')
		return pf_match_fail(r, pf_str_skip(s, from), "key=value is wanted here");
	*at = skip_blanks(s, *at + 1);
	if (take_value(r, s, at, &value) < 0 || take_key(r, key, value) < 0)
		return -1;
	end = *at;
	*at = skip_blanks(s, end);
	if (*at < s.n && s.p[*at] == ',') {
		*at = skip_blanks(s, *at + 1);
		if (*at >= s.n)
			return pf_match_fail(r, pf_str_skip(s, *at), "key=value is wanted here");
	} else if (*at < s.n && *at == end) {
		return pf_match_fail(r, pf_str_skip(s, end), "a comma is wanted here");
	}
	return 0;
}

int pf_match_take_keys(struct pf_match_reader *r, struct pf_str inside)
{
	for (size_t at = skip_blanks(inside, 0); at < inside.n;)
		if (take_pair(r, inside, &at) < 0)
			return -1;
	return r->subdir.n ? take_pattern(r, &r->out->subdir, r->subdir) : 0;
}
