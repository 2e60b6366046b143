/* version.c - versions of Python distributions (PEP 440) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/version.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/pytext.h"

/* ---- reading ----
 *
 * v? [N!] N(.N)* [sep? (alpha|a|beta|b|preview|pre|c|rc) sep? N?]
 *    [-N | sep? (post|rev|r) sep? N?] [sep? dev sep? N?] [+ word (sep word)*]
 *
 * without regard to case; sep is one of ". _ -", word letters and digits. No part ever has to
 * give back what it took, so one pass from left to right is exact. */

struct scan {
	struct pf_str text;
	size_t at;
	struct pf_arena *a;
};

static char peek(const struct scan *s, size_t ahead)
{
	return s->at + ahead < s->text.n ? s->text.p[s->at + ahead] : '\0';
}

static bool is_separator(char c)
{
	return c == '.' || c == '_' || c == '-';
}

static struct pf_str without_zeros(struct pf_str digits)
{
	size_t zeros = 0;

	while (zeros + 1 < digits.n && digits.p[zeros] == '0')
		zeros++;
	return pf_str_skip(digits, zeros);
}

/* Digits at the place, or a view of NULL. */
static struct pf_str take_number(struct scan *s)
{
	size_t from = s->at;

	while (pf_is_digit(peek(s, 0)))
		s->at++;
	if (s->at == from)
		return (struct pf_str){ 0 };
	return without_zeros(pf_str_cut(s->text, from, s->at));
}

static void take_epoch(struct pf_version *out, struct scan *s)
{
	size_t from = s->at;

	out->epoch = take_number(s);
	if (out->epoch.p && peek(s, 0) == '!' && pf_is_digit(peek(s, 1))) {
		s->at++;
		return;
	}
	out->epoch = PF_S("0");
	s->at = from;
}

static bool take_release(struct pf_version *out, struct scan *s)
{
	size_t count = 1;

	if (!pf_is_digit(peek(s, 0)))
		return false;
	for (size_t i = s->at; i < s->text.n; i++) {
		char c = s->text.p[i];

		if (c == '.' && i + 1 < s->text.n && pf_is_digit(s->text.p[i + 1]))
			count++;
		else if (!pf_is_digit(c))
			break;
	}
	out->release = pf_alloc_array(s->a, count, sizeof(*out->release));
	out->release_count = count;
	for (size_t i = 0; i < count; i++) {
		s->at += i != 0;
		out->release[i] = take_number(s);
	}
	return true;
}

static size_t word_at(const struct scan *s, size_t at, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i < n; i++)
		if (at + i >= s->text.n || pf_lower(s->text.p[at + i]) != word[i])
			return 0;
	return n;
}

struct spelling {
	const char *word, *meaning;
};

/* sep? word sep? N?  Returns what the word means, or NULL when there is none. */
static const char *take_word(struct pf_str *number, struct scan *s, const struct spelling *words)
{
	size_t at = s->at + is_separator(peek(s, 0)), n;

	for (; words->word; words++) {
		n = word_at(s, at, words->word);
		if (!n)
			continue;
		s->at = at + n;
		s->at += is_separator(peek(s, 0));
		*number = take_number(s);
		if (!number->p)
			*number = PF_S("0");
		return words->meaning;
	}
	return NULL;
}

static void take_suffixes(struct pf_version *out, struct scan *s)
{
	static const struct spelling pre[] = {
		{ "alpha", "a" }, { "a", "a" },	 { "beta", "b" }, { "b", "b" }, { "preview", "rc" },
		{ "pre", "rc" },  { "c", "rc" }, { "rc", "rc" },  { 0 },
	};
	static const struct spelling post[] = {
		{ "post", "post" }, { "rev", "post" }, { "r", "post" }, { 0 }
	};
	static const struct spelling dev[] = { { "dev", "dev" }, { 0 } };
	const char *kind = take_word(&out->pre, s, pre);

	if (kind)
		out->pre_kind = pf_s(kind);
	if (peek(s, 0) == '-' && pf_is_digit(peek(s, 1))) {
		s->at++;
		out->post = take_number(s);
	} else {
		(void)take_word(&out->post, s, post);
	}
	(void)take_word(&out->dev, s, dev);
}

/* Writes the next part of a local label in its normal form. */
static size_t take_local_part(char *out, struct scan *s)
{
	size_t from = s->at, n = 0;
	bool number = true;
	struct pf_str part;

	for (; pf_is_alnum(peek(s, 0)); s->at++)
		number &= pf_is_digit(peek(s, 0));
	part = pf_str_cut(s->text, from, s->at);
	if (number)
		part = without_zeros(part);
	for (; n < part.n; n++)
		out[n] = pf_lower(part.p[n]);
	return n;
}

static void take_local(struct pf_version *out, struct scan *s)
{
	char *text;
	size_t n = 0, end;

	if (peek(s, 0) != '+' || !pf_is_alnum(peek(s, 1)))
		return;
	for (end = s->at + 1; end < s->text.n; end++)
		if (!pf_is_alnum(s->text.p[end]) && !is_separator(s->text.p[end]))
			break;
	text = pf_alloc(s->a, end - s->at);
	s->at++;
	n = take_local_part(text, s);
	while (is_separator(peek(s, 0)) && pf_is_alnum(peek(s, 1))) {
		s->at++;
		text[n++] = '.';
		n += take_local_part(text + n, s);
	}
	out->local = (struct pf_str){ text, n };
}

size_t pf_version_scan(struct pf_version *out, struct pf_arena *a, struct pf_str text)
{
	struct scan s = { .text = text, .a = a };
	struct pf_version v = { .text = out->text };

	s.at += pf_lower(peek(&s, 0)) == 'v';
	take_epoch(&v, &s);
	if (!take_release(&v, &s))
		return 0;
	take_suffixes(&v, &s);
	take_local(&v, &s);
	*out = v;
	return s.at;
}

bool pf_version_read(struct pf_version *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_str bare = pf_py_strip(text);
	struct pf_version v = { .text = text };

	if (bare.n > PF_MAX_VERSION || !bare.n || pf_version_scan(&v, a, bare) != bare.n)
		return false;
	*out = v;
	return true;
}

int pf_version_parse(struct pf_version *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_str shown = pf_shown(text);

	if (pf_py_strip(text).n > PF_MAX_VERSION)
		return pf_fail(err, PF_ELIMIT, "version '" PF_FMT "' is longer than %d bytes",
			       PF_ARG(shown), PF_MAX_VERSION);
	if (!pf_version_read(out, a, text))
		return pf_fail(err, PF_EMODEL, "'" PF_FMT "' is not a version", PF_ARG(shown));
	return 0;
}

/* ---- order ---- */

static int compare_numbers(struct pf_str l, struct pf_str r)
{
	if (l.n != r.n)
		return l.n < r.n ? -1 : 1;
	return l.n ? memcmp(l.p, r.p, l.n) : 0;
}

static struct pf_str release_at(const struct pf_version *v, size_t i)
{
	return i < v->release_count ? v->release[i] : PF_S("0");
}

static int compare_releases(const struct pf_version *l, const struct pf_version *r)
{
	size_t n = l->release_count > r->release_count ? l->release_count : r->release_count;
	int cmp = 0;

	for (size_t i = 0; i < n && !cmp; i++)
		cmp = compare_numbers(release_at(l, i), release_at(r, i));
	return cmp;
}

/* 1.0.dev1 < 1.0a1 < 1.0b1 < 1.0rc1 < 1.0 */
static int pre_rank(const struct pf_version *v)
{
	if (!v->pre.p)
		return v->dev.p && !v->post.p ? -1 : 3;
	return v->pre_kind.p[0] == 'a' ? 0 : v->pre_kind.p[0] == 'b' ? 1 : 2;
}

/* A number that is there against one that is not; `absent` is the side an absent one is on. */
static int compare_optional(struct pf_str l, struct pf_str r, int absent)
{
	if (!l.p || !r.p)
		return l.p ? -absent : r.p ? absent : 0;
	return compare_numbers(l, r);
}

static bool is_number(struct pf_str part)
{
	for (size_t i = 0; i < part.n; i++)
		if (!pf_is_digit(part.p[i]))
			return false;
	return true;
}

/* Words are before numbers, words by their bytes, a shorter label before a longer one. */
static int compare_locals(struct pf_str l, struct pf_str r)
{
	struct pf_str lp, rp;
	int cmp = 0;

	if (!l.p || !r.p)
		return (l.p != NULL) - (r.p != NULL);
	while (!cmp) {
		bool more_l = pf_str_next(&l, '.', &lp), more_r = pf_str_next(&r, '.', &rp);

		if (!more_l || !more_r)
			return more_l - more_r;
		if (is_number(lp) != is_number(rp))
			cmp = is_number(lp) ? 1 : -1;
		else
			cmp = is_number(lp) ? compare_numbers(lp, rp) : pf_str_cmp(lp, rp);
	}
	return cmp;
}

int pf_version_cmp_public(const struct pf_version *l, const struct pf_version *r)
{
	int cmp = compare_numbers(l->epoch, r->epoch);

	if (!cmp)
		cmp = compare_releases(l, r);
	if (!cmp)
		cmp = pre_rank(l) - pre_rank(r);
	if (!cmp)
		cmp = compare_optional(l->pre, r->pre, 0);
	if (!cmp)
		cmp = compare_optional(l->post, r->post, -1);
	if (!cmp)
		cmp = compare_optional(l->dev, r->dev, 1);
	return cmp;
}

int pf_version_cmp(const struct pf_version *l, const struct pf_version *r)
{
	int cmp = pf_version_cmp_public(l, r);

	return cmp ? cmp : compare_locals(l->local, r->local);
}

bool pf_version_same_prefix(const struct pf_version *l, const struct pf_version *r, size_t count)
{
	if (compare_numbers(l->epoch, r->epoch))
		return false;
	for (size_t i = 0; i < count; i++)
		if (compare_numbers(release_at(l, i), release_at(r, i)))
			return false;
	return true;
}

bool pf_version_is_pre(const struct pf_version *v)
{
	return v->pre.p || v->dev.p;
}

/* ---- writing ---- */

static struct pf_str print(struct pf_arena *a, const struct pf_version *v, size_t release_count)
{
	struct pf_buf b = PF_BUF(PF_MAX_VERSION * 4);
	struct pf_str out;

	if (!pf_str_is(v->epoch, "0"))
		pf_buf_printf(&b, PF_FMT "!", PF_ARG(v->epoch));
	for (size_t i = 0; i < release_count; i++)
		pf_buf_printf(&b, "%s" PF_FMT, i ? "." : "", PF_ARG(v->release[i]));
	if (v->pre.p)
		pf_buf_printf(&b, PF_FMT PF_FMT, PF_ARG(v->pre_kind), PF_ARG(v->pre));
	if (v->post.p)
		pf_buf_printf(&b, ".post" PF_FMT, PF_ARG(v->post));
	if (v->dev.p)
		pf_buf_printf(&b, ".dev" PF_FMT, PF_ARG(v->dev));
	if (v->local.p)
		pf_buf_printf(&b, "+" PF_FMT, PF_ARG(v->local));
	out = pf_dup(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

struct pf_str pf_version_print(struct pf_arena *a, const struct pf_version *v)
{
	return v->release_count ? print(a, v, v->release_count) : v->text;
}

struct pf_str pf_version_canonical(struct pf_arena *a, const struct pf_version *v)
{
	size_t n = v->release_count;

	while (n > 1 && pf_str_is(v->release[n - 1], "0"))
		n--;
	return n ? print(a, v, n) : v->text;
}
