/* regex.c - regular expressions that take linear time */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/regex.h"

#include "base/limits.h"
#include "base/str.h"

/* A program of steps (Thompson): all places that the text so far can have led to are followed at
 * once, so that a step is done at most once a byte. Targets are relative, so that a piece can be
 * copied for {m,n}. */
enum step_kind {
	STEP_SET,	/* a byte of the set, then on */
	STEP_SPLIT,	/* on at either of two */
	STEP_JUMP,
	STEP_START,	/* of the text */
	STEP_END,
	STEP_FOUND,
};

struct step {
	enum step_kind kind;
	int one, two;		/* SPLIT: both; JUMP: one */
	uint64_t set[4];
};

struct pf_regex {
	size_t n;
	struct step steps[];
};

struct maker {
	struct pf_str text;
	size_t at;
	unsigned depth;
	struct step *steps;
	size_t n;
	struct pf_err *err;
};

static int fail_here(struct maker *m, const char *what)
{
	return pf_fail(m->err, PF_EMODEL, "regular expression, column %zu: %s", m->at + 1, what);
}

static int add(struct maker *m, struct step s)
{
	if (m->n >= PF_MAX_REGEX)
		return pf_fail(m->err, PF_ELIMIT, "a regular expression of more than %d steps",
			       PF_MAX_REGEX);
	m->steps[m->n++] = s;
	return 0;
}

static int peek(const struct maker *m)
{
	return m->at < m->text.n ? (unsigned char)m->text.p[m->at] : -1;
}

/* ---- sets of bytes ---- */

static void set_add(uint64_t set[4], unsigned char c)
{
	set[c >> 6] |= (uint64_t)1 << (c & 63);
}

static bool set_has(const uint64_t set[4], unsigned char c)
{
	return set[c >> 6] >> (c & 63) & 1;
}

static void set_add_range(uint64_t set[4], unsigned from, unsigned to)
{
	for (unsigned c = from; c <= to; c++) {
		set_add(set, (unsigned char)pf_lower((char)c));
		set_add(set, (unsigned char)pf_upper((char)c));
	}
}

static void set_invert(uint64_t set[4])
{
	for (int i = 0; i < 4; i++)
		set[i] = ~set[i];
}

static bool is_word(int c)
{
	return pf_is_alnum((char)c) || c == '_';
}

/* \d, \w, \s and their opposites; false: the letter stands for none of them. */
static bool add_class(uint64_t set[4], char letter)
{
	uint64_t own[4] = { 0 };

	for (unsigned c = 0; c < 128; c++) {
		bool in = pf_lower(letter) == 'd' ? pf_is_digit((char)c) :
			  pf_lower(letter) == 'w' ? is_word((int)c) :
						    pf_is_space((char)c);

		if (in)
			set_add(own, (unsigned char)c);
	}
	if (!strchr("dwsDWS", letter))
		return false;
	if (letter < 'a')
		set_invert(own);
	for (int i = 0; i < 4; i++)
		set[i] |= own[i];
	return true;
}

/* Behind a backslash: what is no letter and no digit stands for itself. */
static int take_escape(struct maker *m, uint64_t set[4], int *single)
{
	int c = peek(m);

	*single = -1;
	if (c < 0)
		return fail_here(m, "nothing is escaped");
	if (!pf_is_alnum((char)c)) {
		*single = c;
		set_add_range(set, (unsigned)c, (unsigned)c);
	} else if (!add_class(set, (char)c)) {
		return fail_here(m, "this escape is not known");
	}
	m->at++;
	return 0;
}

/* One byte of a [set], or a class in it (then *single is -1). */
static int take_member(struct maker *m, uint64_t set[4], int *single)
{
	if (peek(m) == '\\') {
		m->at++;
		return take_escape(m, set, single);
	}
	*single = peek(m);
	m->at++;
	return 0;
}

static int take_set(struct maker *m)
{
	struct step s = { .kind = STEP_SET };
	bool invert = false;
	int from, to;

	if (peek(m) == '^') {
		invert = true;
		m->at++;
	}
	for (bool first = true; first || peek(m) != ']'; first = false) {
		if (peek(m) < 0)
			return fail_here(m, "a set is not closed");
		if (take_member(m, s.set, &from) < 0)
			return -1;
		to = from;
		if (from >= 0 && peek(m) == '-' && m->at + 1 < m->text.n &&
		    m->text.p[m->at + 1] != ']') {
			m->at++;
			if (take_member(m, s.set, &to) < 0)
				return -1;
			if (to < from)
				return fail_here(m, "this range runs backwards");
		}
		if (from >= 0)
			set_add_range(s.set, (unsigned)from, (unsigned)to);
	}
	m->at++;
	if (invert)
		set_invert(s.set);
	return add(m, s);
}

/* ---- pieces ---- */

static int take_choice(struct maker *m);

static int take_group(struct maker *m)
{
	if (peek(m) == '?') {
		if (!pf_str_starts(pf_str_skip(m->text, m->at), "?:"))
			return fail_here(m, "what looks around or names a group is not taken");
		m->at += 2;
	}
	if (++m->depth > PF_MAX_MARKER_DEPTH)
		return pf_fail(m->err, PF_ELIMIT, "a regular expression of more than %d groups in "
			       "one another", PF_MAX_MARKER_DEPTH);
	if (take_choice(m) < 0)
		return -1;
	if (peek(m) != ')')
		return fail_here(m, "a group is not closed");
	m->at++;
	m->depth--;
	return 0;
}

static int take_single(struct maker *m, int c)
{
	struct step s = { .kind = STEP_SET };
	int single;

	if (c == '.') {
		set_add(s.set, '\n');
		set_invert(s.set);
	} else if (c == '\\') {
		if (take_escape(m, s.set, &single) < 0)
			return -1;
	} else {
		set_add_range(s.set, (unsigned)c, (unsigned)c);
	}
	return add(m, s);
}

static bool is_times(int c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

static int take_atom(struct maker *m)
{
	int c = peek(m);

	if (is_times(c))
		return fail_here(m, "nothing is repeated");
	m->at++;
	switch (c) {
	case '(':
		return take_group(m);
	case '[':
		return take_set(m);
	case '^':
	case '$':
		if (is_times(peek(m)))
			return fail_here(m, "nothing is repeated");
		return add(m, (struct step){ .kind = c == '^' ? STEP_START : STEP_END });
	default:
		return take_single(m, c);
	}
}

/* ---- repetition ---- */

struct times {
	size_t least, most;	/* SIZE_MAX: without end */
};

static bool take_number(struct maker *m, size_t *out)
{
	size_t from = m->at;

	for (*out = 0; pf_is_digit((char)peek(m)) && *out <= PF_MAX_REGEX; m->at++)
		*out = *out * 10 + (size_t)(peek(m) - '0');
	return m->at > from;
}

static int take_braces(struct maker *m, struct times *t)
{
	if (!take_number(m, &t->least))
		return fail_here(m, "a number is missing");
	t->most = t->least;
	if (peek(m) == ',') {
		m->at++;
		if (!take_number(m, &t->most))
			t->most = SIZE_MAX;
	}
	if (peek(m) != '}' || t->most < t->least)
		return fail_here(m, "this is no number of times");
	m->at++;
	return 0;
}

/* 1: there is one, 0: there is none. */
static int take_times(struct maker *m, struct times *t)
{
	int c = peek(m);

	if (!is_times(c))
		return 0;
	m->at++;
	*t = (struct times){ c == '+', c == '?' ? 1 : SIZE_MAX };
	if (c == '{' && take_braces(m, t) < 0)
		return -1;
	if (peek(m) == '?')	/* lazy: it fits the same texts */
		m->at++;
	if (is_times(peek(m)))
		return fail_here(m, "what is repeated is repeated already");
	return 1;
}

static int copy(struct maker *m, const struct step *piece, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (add(m, piece[i]) < 0)
			return -1;
	return 0;
}

/* The piece from `from` on, as often as `t` says: x x x? x? for {2,4}, x x* for {1,}. */
static int repeat(struct maker *m, struct pf_arena *a, size_t from, struct times t)
{
	size_t n = m->n - from;
	struct step *piece = pf_alloc_array(a, n + 1, sizeof(*piece));

	memcpy(piece, m->steps + from, n * sizeof(*piece));
	m->n = from;
	for (size_t i = 0; i < t.least; i++)
		if (copy(m, piece, n) < 0)
			return -1;
	if (t.most == SIZE_MAX) {
		if (add(m, (struct step){ .kind = STEP_SPLIT, .one = 1, .two = (int)n + 2 }) < 0 ||
		    copy(m, piece, n) < 0)
			return -1;
		return add(m, (struct step){ .kind = STEP_JUMP, .one = -(int)n - 1 });
	}
	for (size_t i = t.least; i < t.most; i++)
		if (add(m, (struct step){ .kind = STEP_SPLIT, .one = 1, .two = (int)n + 1 }) < 0 ||
		    copy(m, piece, n) < 0)
			return -1;
	return 0;
}

static int take_row(struct maker *m)
{
	struct pf_arena own = { 0 };
	int status = 0, more;

	while (!status && peek(m) >= 0 && peek(m) != '|' && peek(m) != ')') {
		size_t from = m->n;
		struct times t;

		status = take_atom(m);
		more = status ? 0 : take_times(m, &t);
		if (more)
			status = more < 0 ? -1 : repeat(m, &own, from, t);
	}
	pf_arena_free(&own);
	return status;
}

static int insert(struct maker *m, size_t at, struct step s)
{
	if (add(m, s) < 0)
		return -1;
	memmove(m->steps + at + 1, m->steps + at, (m->n - 1 - at) * sizeof(*m->steps));
	m->steps[at] = s;
	return 0;
}

/* a|b: SPLIT to a or behind the JUMP; a; JUMP over b; b */
static int take_choice(struct maker *m)
{
	size_t from = m->n, jump;

	if (take_row(m) < 0)
		return -1;
	if (peek(m) != '|')
		return 0;
	m->at++;
	if (insert(m, from, (struct step){ .kind = STEP_SPLIT, .one = 1 }) < 0)
		return -1;
	jump = m->n;
	if (add(m, (struct step){ .kind = STEP_JUMP }) < 0)
		return -1;
	m->steps[from].two = (int)(m->n - from);
	if (take_choice(m) < 0)
		return -1;
	m->steps[jump].one = (int)(m->n - jump);
	return 0;
}

int pf_regex_parse(const struct pf_regex **out, struct pf_arena *a, struct pf_str text,
		   struct pf_err *err)
{
	struct pf_arena own = { 0 };
	struct maker m = { .text = text, .err = err };
	struct pf_regex *r;
	int status;

	m.steps = pf_alloc_array(&own, PF_MAX_REGEX, sizeof(*m.steps));
	status = take_choice(&m);
	if (!status && m.at < text.n)
		status = fail_here(&m, "a group is closed that was not opened");
	if (!status)
		status = add(&m, (struct step){ .kind = STEP_FOUND });
	if (!status) {
		r = pf_alloc(a, sizeof(*r) + m.n * sizeof(*m.steps));
		r->n = m.n;
		memcpy(r->steps, m.steps, m.n * sizeof(*m.steps));
		*out = r;
	}
	pf_arena_free(&own);
	return status;
}

/* ---- looking ---- */

struct places {
	uint64_t here[(PF_MAX_REGEX + 63) / 64];	/* steps to be done */
	uint16_t list[PF_MAX_REGEX];
	size_t n;
};

static void go_to(struct places *p, size_t step)
{
	uint64_t bit = (uint64_t)1 << (step & 63);

	if (p->here[step >> 6] & bit)
		return;
	p->here[step >> 6] |= bit;
	p->list[p->n++] = (uint16_t)step;
}

/* Adds all that is reached without a byte; was the end among them? */
static bool spread(const struct pf_regex *r, struct places *p, bool start, bool end)
{
	for (size_t i = 0; i < p->n; i++) {
		size_t at = p->list[i];
		const struct step *s = &r->steps[at];

		if (s->kind == STEP_FOUND)
			return true;
		if (s->kind == STEP_SPLIT || s->kind == STEP_JUMP)
			go_to(p, at + (size_t)s->one);
		if (s->kind == STEP_SPLIT)
			go_to(p, at + (size_t)s->two);
		if ((s->kind == STEP_START && start) || (s->kind == STEP_END && end))
			go_to(p, at + 1);
	}
	return false;
}

bool pf_regex_finds(const struct pf_regex *r, struct pf_str text)
{
	struct places two[2], *now = &two[0], *next = &two[1], *swap;

	memset(now->here, 0, sizeof(now->here));
	now->n = 0;
	for (size_t i = 0;; i++) {
		go_to(now, 0);	/* it may begin anywhere */
		if (spread(r, now, i == 0, i == text.n))
			return true;
		if (i == text.n)
			return false;
		memset(next->here, 0, sizeof(next->here));
		next->n = 0;
		for (size_t k = 0; k < now->n; k++) {
			const struct step *s = &r->steps[now->list[k]];

			if (s->kind == STEP_SET && set_has(s->set, (unsigned char)text.p[i]))
				go_to(next, now->list[k] + (size_t)1);
		}
		swap = now;
		now = next;
		next = swap;
	}
}
