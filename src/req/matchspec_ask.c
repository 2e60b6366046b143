/* matchspec_ask.c - match specs of conda: asked about records, written */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "req/channel_name.h"
#include "req/matchspec_parts.h"

/* ---- asking ---- */

bool pf_match_spec_channel_fits(const struct pf_match_spec *s, const struct pf_conda_record *r)
{
	if (s->channel_urls.n)
		return pf_strs_have(&s->channel_urls, r->channel);
	return s->channel.kind == PF_PATTERN_ANY || pf_pattern_admits(&s->channel, r->channel) ||
	       (r->channel_name.n && pf_pattern_admits(&s->channel, r->channel_name));
}

/* Every word of the list is one of the others. */
static bool all_in(const struct pf_strs *list, const struct pf_strs *others)
{
	for (size_t i = 0; i < list->n; i++)
		if (!pf_strs_have(others, list->v[i]))
			return false;
	return true;
}

static bool is_word_of(struct pf_str text, struct pf_str word)
{
	struct pf_str one;

	while (text.n && pf_str_next(&text, ' ', &one))
		if (pf_str_eq(one, word))
			return true;
	return false;
}

static bool features_fit(const struct pf_match_spec *s, const struct pf_conda_record *r)
{
	for (size_t i = 0; i < s->features.n; i++)
		if (!is_word_of(r->features, s->features.v[i]))
			return false;
	return all_in(&s->track_features, &r->track_features);
}

static bool rest_fits(const struct pf_match_spec *s, const struct pf_conda_record *r)
{
	return (!s->md5.n || pf_str_same(s->md5, r->md5)) &&
	       (!s->sha256.n || pf_str_same(s->sha256, r->sha256)) &&
	       pf_pattern_admits(&s->subdir, r->subdir) && pf_pattern_admits(&s->fn, r->fn) &&
	       pf_pattern_admits(&s->url, r->url) && pf_pattern_admits(&s->license, r->license) &&
	       pf_pattern_admits(&s->license_family, r->license_family) && features_fit(s, r) &&
	       pf_match_spec_channel_fits(s, r) && !s->flags.n;
}

bool pf_match_spec_matches(const struct pf_match_spec *s, const struct pf_conda_record *r)
{
	const struct pf_build_number_spec *n = &s->build_number;
	int cmp = (r->build_number > n->number) - (r->build_number < n->number);

	if (s->name.n ? !pf_str_same(s->name, r->name) :
			!pf_pattern_admits(&s->name_pattern, r->name))
		return false;
	if (n->op != PF_CONDAVER_ANY && !pf_condaver_op_holds(n->op, cmp))
		return false;
	return pf_pattern_admits(&s->build, r->build) &&
	       pf_condaver_spec_admits(&s->version, &r->ver) && rest_fits(s, r);
}

bool pf_match_spec_is_bare(const struct pf_match_spec *s)
{
	const struct pf_pattern *patterns[] = { &s->build, &s->channel, &s->subdir,	   &s->url,
						&s->fn,	   &s->license, &s->license_family };

	for (size_t i = 0; i < PF_COUNT(patterns); i++)
		if (patterns[i]->kind != PF_PATTERN_ANY)
			return false;
	return s->name.n && (!s->version.n || s->version.v[0].op == PF_CONDAVER_ANY) &&
	       s->build_number.op == PF_CONDAVER_ANY && !s->md5.n && !s->sha256.n &&
	       !s->track_features.n && !s->features.n && !s->extras.n && !s->flags.n && !s->when.n;
}

/* ---- writing ---- */

struct writer {
	struct pf_buf b;
	unsigned keys;	/* so many are written */
};

static void write_low(struct pf_buf *b, struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		pf_buf_char(b, pf_lower(s.p[i]));
}

static void write_key(struct writer *w, const char *key, struct pf_str value)
{
	if (!value.n)
		return;
	pf_buf_printf(&w->b, "%s%s='", w->keys++ ? "," : "[", key);
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] == '\'' || value.p[i] == '\\')
			pf_buf_char(&w->b, '\\');
		pf_buf_char(&w->b, value.p[i]);
	}
	pf_buf_char(&w->b, '\'');
}

static void write_pattern(struct writer *w, const char *key, const struct pf_pattern *p)
{
	struct pf_buf low = PF_BUF(PF_MAX_MATCH_SPEC);

	if (p->kind == PF_PATTERN_ANY)
		return;
	if (p->kind == PF_PATTERN_REGEX)	/* \D and \d are not the same */
		pf_buf_str(&low, p->text);
	else
		write_low(&low, p->text);
	write_key(w, key, pf_buf_view(&low));
	pf_buf_free(&low);
}

static void write_words(struct writer *w, const char *key, const struct pf_strs *words)
{
	struct pf_buf b = PF_BUF(PF_MAX_MATCH_SPEC);

	for (size_t i = 0; i < words->n; i++)
		pf_buf_printf(&b, "%s" PF_FMT, i ? "," : "", PF_ARG(words->v[i]));
	write_key(w, key, pf_buf_view(&b));
	pf_buf_free(&b);
}

static bool is_positional(const struct pf_pattern *p)
{
	return p->kind == PF_PATTERN_EXACT;
}

/* "channel/subdir::name" */
static void write_name(struct writer *w, const struct pf_match_spec *s)
{
	if (is_positional(&s->channel)) {
		pf_buf_str(&w->b, s->channel.text);
		if (is_positional(&s->subdir) && pf_subdir_is_known(s->subdir.text))
			pf_buf_printf(&w->b, "/" PF_FMT, PF_ARG(s->subdir.text));
		pf_buf_cstr(&w->b, "::");
	}
	if (s->name.n)
		pf_buf_str(&w->b, s->name);
	else if (s->name_pattern.text.n)
		pf_buf_str(&w->b, s->name_pattern.text);
	else
		pf_buf_char(&w->b, '*');
}

/* Small letters are what is written. */
static bool ends_as_file(struct pf_arena *a, struct pf_str text)
{
	char *low = pf_dupz(a, text);

	for (size_t i = 0; i < text.n; i++)
		low[i] = pf_lower(low[i]);
	return pf_match_names_file((struct pf_str){ low, text.n });
}

/* "==1.2", "==1.2=build", "=1.2"; what does not go there, or would be read as the name of a file
 * there, is left for the keys. */
static void write_version(struct writer *w, struct pf_arena *a, const struct pf_match_spec *s)
{
	const struct pf_condaver *pin = pf_condaver_spec_pin(&s->version);
	bool fuzzy = s->version.n == 1 && s->version.v[0].op == PF_CONDAVER_STARTS;
	bool any = !s->version.n || s->version.v[0].op == PF_CONDAVER_ANY;
	bool file = (pin || fuzzy) && ends_as_file(a, s->version.v[0].version.text);
	bool build;

	pin = file ? NULL : pin;
	fuzzy &= !file;
	build = pin && is_positional(&s->build) && !ends_as_file(a, s->build.text);
	if ((pin || fuzzy) && s->name_pattern.kind == PF_PATTERN_REGEX)
		pf_buf_char(&w->b, ' ');	/* which may have a "=" of its own */
	if (pin || fuzzy) {
		pf_buf_cstr(&w->b, pin ? "==" : "=");
		write_low(&w->b, s->version.v[0].version.text);
	}
	if (build) {
		pf_buf_char(&w->b, '=');
		write_low(&w->b, s->build.text);
	}
	if (!pin && !fuzzy && !any)
		write_key(w, "version", pf_condaver_spec_print(a, &s->version));
	if (!build)
		write_pattern(w, "build", &s->build);
}

struct pf_str pf_match_spec_print(struct pf_arena *a, const struct pf_match_spec *s)
{
	struct writer w = { .b = PF_BUF(PF_MAX_TEXT_FILE) };
	struct pf_str out;

	write_name(&w, s);
	write_version(&w, a, s);
	if (s->build_number.op != PF_CONDAVER_ANY)
		write_key(&w, "build_number",
			  pf_format(a, "%s%llu", s->build_number.op == PF_CONDAVER_EQ ?
						      "" : pf_condaver_op_text(s->build_number.op),
				    (unsigned long long)s->build_number.number));
	if (!is_positional(&s->channel) && s->channel.kind != PF_PATTERN_ANY)
		write_key(&w, "channel", s->channel.text); /* whose end in small letters may be a subdir */
	if (!is_positional(&s->channel) || !is_positional(&s->subdir) ||
	    !pf_subdir_is_known(s->subdir.text))
		write_pattern(&w, "subdir", &s->subdir);
	write_pattern(&w, "url", &s->url);
	write_pattern(&w, "fn", &s->fn);
	write_key(&w, "md5", s->md5);
	write_key(&w, "sha256", s->sha256);
	write_pattern(&w, "license", &s->license);
	write_pattern(&w, "license_family", &s->license_family);
	write_words(&w, "track_features", &s->track_features);
	write_words(&w, "features", &s->features);
	write_words(&w, "extras", &s->extras);
	write_words(&w, "flags", &s->flags);
	write_key(&w, "when", s->when);
	if (!w.keys && pf_match_names_file(pf_buf_view(&w.b)))
		write_key(&w, "version", PF_S("*"));	/* "y.conda" is a name, too */
	if (w.keys)
		pf_buf_char(&w.b, ']');
	out = pf_dup(a, pf_buf_view(&w.b));
	pf_buf_free(&w.b);
	return out;
}
