/* condaver.c - versions of conda packages (CEP 33): read and ordered */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/condaver.h"

#include "base/limits.h"
#include "base/str.h"

/* ---- reading ----
 *
 * [EPOCH!] MAIN [+LOCAL], parts of which are cut at ".", "_" and "-", and each piece into runs of
 * digits and of what is none. A piece that begins with a letter has a 0 before it, so that numbers
 * are compared with numbers. An underscore at the end of MAIN belongs to the piece before it. */

struct scan {
	struct pf_str text;	/* in lower case */
	struct pf_condaver_atom *atoms;	/* NULL: they are counted only */
	size_t n;
};

static void add(struct scan *s, struct pf_condaver_atom atom)
{
	if (s->atoms)
		s->atoms[s->n] = atom;
	s->n++;
}

static void add_word(struct scan *s, struct pf_str run)
{
	struct pf_condaver_atom atom = { .kind = PF_CONDAVER_WORD, .word = run };

	if (pf_str_is(run, "dev"))
		atom.kind = PF_CONDAVER_DEV;
	else if (pf_str_is(run, "post"))
		atom.kind = PF_CONDAVER_POST;
	add(s, atom);
}

/* One piece; false: it is empty, or a number of it is too big. */
static bool take_piece(struct scan *s, struct pf_str piece)
{
	size_t i = 0;

	if (!piece.n)
		return false;
	if (!pf_is_digit(piece.p[0]))
		add(s, (struct pf_condaver_atom){ .kind = PF_CONDAVER_NUMBER, .opens = true });
	while (i < piece.n) {
		struct pf_condaver_atom number = { .kind = PF_CONDAVER_NUMBER, .opens = i == 0 };
		size_t from = i;
		bool digits = pf_is_digit(piece.p[i]);

		while (i < piece.n && pf_is_digit(piece.p[i]) == digits)
			i++;
		if (!digits)
			add_word(s, pf_str_cut(piece, from, i));
		else if (!pf_str_u64(pf_str_cut(piece, from, i), &number.number))
			return false;
		else
			add(s, number);
	}
	return true;
}

static bool is_cut(char c)
{
	return c == '.' || c == '_' || c == '-';
}

static bool take_pieces(struct scan *s, struct pf_str part, bool main)
{
	size_t from = 0, end = part.n;

	if (main && end && (part.p[end - 1] == '_' || part.p[end - 1] == '-'))
		end--;
	if (!end)
		return false;
	for (size_t i = 0; i <= end; i++) {
		if (i < end && !is_cut(part.p[i]))
			continue;
		if (!take_piece(s, pf_str_cut(part, from, i == end ? part.n : i)))
			return false;
		from = i + 1;
	}
	return true;
}

static bool take_epoch(struct scan *s, struct pf_str *rest)
{
	struct pf_condaver_atom epoch = { .kind = PF_CONDAVER_NUMBER, .opens = true };
	size_t at = pf_str_find(*rest, '!');

	if (at != PF_NPOS) {
		if (!pf_str_u64(pf_str_cut(*rest, 0, at), &epoch.number))
			return false;
		*rest = pf_str_skip(*rest, at + 1);
	}
	add(s, epoch);
	return true;
}

/* Both parts; false: it is no version. */
static bool take_version(struct scan *s, uint32_t *main)
{
	struct pf_str rest = s->text;
	size_t plus;

	s->n = 0;
	if (!take_epoch(s, &rest))
		return false;
	plus = pf_str_find(rest, '+');
	if (!take_pieces(s, pf_str_cut(rest, 0, plus == PF_NPOS ? rest.n : plus), true))
		return false;
	*main = (uint32_t)s->n;
	return plus == PF_NPOS || take_pieces(s, pf_str_skip(rest, plus + 1), false);
}

/* Where the first byte is that no version has; the length when there is none. Dashes stand for
 * underscores where there is none of those. */
static size_t find_stranger(struct pf_str text)
{
	bool underscores = pf_str_find(text, '_') != PF_NPOS;
	size_t plus = pf_str_find(text, '+'), epoch = pf_str_find(text, '!');

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (pf_is_alnum(c) || c == '.' || c == '_' || (c == '-' && !underscores))
			continue;
		if ((c == '+' && i == plus) || (c == '!' && i == epoch && i < plus))
			continue;
		return i;
	}
	return text.n;
}

static struct pf_str lowered(struct pf_arena *a, struct pf_str text)
{
	char *low = NULL;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i] == '-' ? '_' : pf_lower(text.p[i]);

		if (c == text.p[i])
			continue;
		if (!low)
			low = pf_dupz(a, text);
		low[i] = c;
	}
	return low ? (struct pf_str){ low, text.n } : text;
}

bool pf_condaver_read(struct pf_condaver *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_condaver v = { .text = text };
	struct scan s = { 0 };

	if (!text.n || text.n > PF_MAX_VERSION || find_stranger(text) < text.n)
		return false;
	s.text = lowered(a, text);
	if (!take_version(&s, &v.main))
		return false;
	s.atoms = pf_alloc_array(a, s.n, sizeof(*s.atoms));
	(void)take_version(&s, &v.main);
	v.local = (uint32_t)s.n - v.main;
	v.atoms = s.atoms;
	*out = v;
	return true;
}

int pf_condaver_parse(struct pf_condaver *out, struct pf_arena *a, struct pf_str text,
		      struct pf_err *err)
{
	struct pf_str shown = pf_shown(text);
	size_t stranger = find_stranger(text);

	if (text.n > PF_MAX_VERSION)
		return pf_fail(err, PF_ELIMIT, "version '" PF_FMT "' is longer than %d bytes",
			       PF_ARG(shown), PF_MAX_VERSION);
	if (pf_condaver_read(out, a, text))
		return 0;
	if (!text.n)
		return pf_fail(err, PF_EMODEL, "a version is missing");
	if (stranger < text.n)
		return pf_fail(err, PF_EMODEL,
			       "'" PF_FMT "' is no version of conda: character %zu does not belong",
			       PF_ARG(shown), stranger + 1);
	return pf_fail(err, PF_EMODEL,
		       "'" PF_FMT "' is no version of conda: a part is empty or too big a number",
		       PF_ARG(shown));
}

/* ---- order ---- */

static const struct pf_condaver_atom zero = { .kind = PF_CONDAVER_NUMBER };

static int cmp_atom(const struct pf_condaver_atom *l, const struct pf_condaver_atom *r)
{
	if (l->kind != r->kind)
		return l->kind < r->kind ? -1 : 1;
	if (l->kind == PF_CONDAVER_NUMBER)
		return (l->number > r->number) - (l->number < r->number);
	return l->kind == PF_CONDAVER_WORD ? pf_str_cmp(l->word, r->word) : 0;
}

/* Pieces one by one; what is missing at the end, of a piece or of the whole, is 0. */
static int cmp_pieces(const struct pf_condaver_atom *l, const struct pf_condaver_atom *l_end,
		      const struct pf_condaver_atom *r, const struct pf_condaver_atom *r_end)
{
	while (l < l_end || r < r_end) {
		bool first = true, l_in, r_in;

		do {
			int cmp;

			l_in = l < l_end && (first || !l->opens);
			r_in = r < r_end && (first || !r->opens);
			first = false;
			cmp = cmp_atom(l_in ? l++ : &zero, r_in ? r++ : &zero);
			if (cmp)
				return cmp;
		} while (l_in || r_in);
	}
	return 0;
}

int pf_condaver_cmp(const struct pf_condaver *l, const struct pf_condaver *r)
{
	const struct pf_condaver_atom *l_local = l->atoms + l->main, *r_local = r->atoms + r->main;
	int cmp;

	if (!l->main || !r->main)
		return (l->main != 0) - (r->main != 0);
	cmp = cmp_pieces(l->atoms, l_local, r->atoms, r_local);
	if (cmp || !(l->local + r->local))
		return cmp;
	return cmp_pieces(l_local, l_local + l->local, r_local, r_local + r->local);
}

/* ---- prefixes ---- */

static const struct pf_condaver_atom *piece_end(const struct pf_condaver_atom *p,
						const struct pf_condaver_atom *end)
{
	if (p < end)
		p++;
	while (p < end && !p->opens)
		p++;
	return p;
}

static bool atom_starts(const struct pf_condaver_atom *v, const struct pf_condaver_atom *prefix)
{
	if (v->kind != PF_CONDAVER_WORD || prefix->kind != PF_CONDAVER_WORD)
		return cmp_atom(v, prefix) == 0;
	return v->word.n >= prefix->word.n && !memcmp(v->word.p, prefix->word.p, prefix->word.n);
}

/* Of the last piece of the prefix all but its last atom has to be the same, and that begin it. */
static bool last_starts(const struct pf_condaver_atom *v, const struct pf_condaver_atom *v_end,
			const struct pf_condaver_atom *p, const struct pf_condaver_atom *p_end)
{
	for (; p + 1 < p_end; p++)
		if (cmp_atom(v < v_end ? v++ : &zero, p))
			return false;
	return atom_starts(v < v_end ? v : &zero, p);
}

static bool pieces_start(const struct pf_condaver_atom *v, const struct pf_condaver_atom *v_end,
			 const struct pf_condaver_atom *p, const struct pf_condaver_atom *p_end)
{
	for (;;) {
		const struct pf_condaver_atom *v_next = piece_end(v, v_end),
					      *p_next = piece_end(p, p_end);

		if (p_next == p_end)
			return last_starts(v, v_next, p, p_next);
		if (cmp_pieces(v, v_next, p, p_next))
			return false;
		v = v_next;
		p = p_next;
	}
}

bool pf_condaver_starts(const struct pf_condaver *v, const struct pf_condaver *prefix)
{
	const struct pf_condaver_atom *v_local = v->atoms + v->main,
				      *p_local = prefix->atoms + prefix->main;

	if (!v->main || !prefix->main)
		return false;
	if (!prefix->local)
		return pieces_start(v->atoms, v_local, prefix->atoms, p_local);
	return !cmp_pieces(v->atoms, v_local, prefix->atoms, p_local) &&
	       pieces_start(v_local, v_local + v->local, p_local, p_local + prefix->local);
}
