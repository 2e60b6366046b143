/* wanted.c - a version of Python as a model asks for it, compared with an interpreter's */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/wanted.h"

#include "base/str.h"

/* Digits at the front of `s`, at most three. */
static bool take_number(struct pf_str *s, int *out)
{
	size_t n = 0;
	uint64_t number;

	while (n < s->n && n < 4 && pf_is_digit(s->p[n]))
		n++;
	if (n == 0 || n == 4 || !pf_str_u64(pf_str_cut(*s, 0, n), &number))
		return false;
	*out = (int)number;
	*s = pf_str_skip(*s, n);
	return true;
}

/* "", "+", "a1", "b2", "rc3": what may follow the three numbers. The stage orders. */
static bool read_suffix(struct pf_str s, int *stage, int *serial)
{
	static const char *const stages[] = { "a", "b", "rc" };

	*stage = 3;
	*serial = 0;
	if (s.n && s.p[s.n - 1] == '+')
		s.n--;
	if (!s.n)
		return true;
	for (int i = 0; i < 3; i++) {
		struct pf_str rest = s;

		if (!pf_str_starts(s, stages[i]))
			continue;
		*stage = i;
		rest = pf_str_skip(s, strlen(stages[i]));
		return take_number(&rest, serial) && !rest.n;
	}
	return false;
}

static bool read_wanted(struct pf_wanted *w, struct pf_str s)
{
	int stage, serial;
	bool star = pf_str_ends(s, ".*");

	if (star)
		s.n -= 2;
	if (!take_number(&s, &w->major))
		return false;
	if (!s.n)
		return true;
	s = pf_str_starts(s, ".") ? pf_str_skip(s, 1) : s;
	if (!take_number(&s, &w->minor))
		return false;
	if (!s.n)
		return true;
	if (s.p[0] != '.' || star)
		return false;
	s = pf_str_skip(s, 1);
	w->exact = true;
	return take_number(&s, &w->micro) && read_suffix(s, &stage, &serial);
}

int pf_wanted_read(struct pf_wanted *out, struct pf_str text, struct pf_err *err)
{
	struct pf_wanted w = { .text = pf_str_trim(text), .major = -1, .minor = -1 };

	if (w.text.n && !read_wanted(&w, w.text))
		return pf_fail(err, PF_EMODEL,
			       "python version \"" PF_FMT
			       "\" is not understood (it should be like 3.11 or 3.11.7)",
			       PF_ARG(pf_shown(text)));
	*out = w;
	return 0;
}

static struct pf_str without_plus(struct pf_str s)
{
	return pf_str_ends(s, "+") ? pf_str_cut(s, 0, s.n - 1) : s;
}

bool pf_wanted_admits(const struct pf_wanted *w, const struct pf_python *p)
{
	return (w->major < 0 || w->major == p->major) && (w->minor < 0 || w->minor == p->minor);
}

bool pf_wanted_is(const struct pf_wanted *w, const struct pf_python *p)
{
	if (!w->exact)
		return pf_wanted_admits(w, p);
	return pf_str_eq(without_plus(w->text), without_plus(p->version));
}

uint64_t pf_wanted_rank(const struct pf_python *p)
{
	struct pf_str tail = p->version;
	int stage = 0, serial = 0, part;

	for (int i = 0; i < 3; i++)
		if (take_number(&tail, &part) && i < 2)
			tail = pf_str_skip(tail, 1);
	read_suffix(tail, &stage, &serial);
	return (uint64_t)p->major << 48 | (uint64_t)p->minor << 32 | (uint64_t)p->micro << 16 |
	       (uint64_t)stage << 12 | (uint64_t)serial;
}
