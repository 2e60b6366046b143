/* toml_scalar.c - what a bare word of TOML stands for: booleans, numbers, dates and times */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/toml_scalar.h"

#include <inttypes.h>

#include "base/number.h"
#include "base/str.h"

/* ---- dates and times: RFC 3339, seconds included ---- */

/* The bytes of the shape, each 0 of it a digit. */
static bool take_shape(struct pf_str *s, const char *shape)
{
	size_t n = strlen(shape);

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (shape[i] == '0' ? !pf_is_digit(s->p[i]) : s->p[i] != shape[i])
			return false;
	*s = pf_str_skip(*s, n);
	return true;
}

static int two_digits(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

static bool take_date(struct pf_str *s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const char *p = s->p;
	int year, month, day;

	if (!take_shape(s, "0000-00-00"))
		return false;
	year = two_digits(p) * 100 + two_digits(p + 2);
	month = two_digits(p + 5);
	day = two_digits(p + 8);
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return false;
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return day <= 29;
	return day <= days[month - 1];
}

static bool take_time(struct pf_str *s)
{
	const char *p = s->p;

	if (!take_shape(s, "00:00:00") || two_digits(p) > 23 || two_digits(p + 3) > 59 ||
	    two_digits(p + 6) > 59)
		return false;
	if (s->n == 0 || s->p[0] != '.')
		return true;
	*s = pf_str_skip(*s, 1);
	if (!take_shape(s, "0"))
		return false;
	while (take_shape(s, "0"))
		;
	return true;
}

static bool is_offset(struct pf_str s)
{
	const char *p = s.p;

	if (s.n <= 1)
		return s.n == 0 || *p == 'Z' || *p == 'z';
	return (take_shape(&s, "+00:00") || take_shape(&s, "-00:00")) && s.n == 0 &&
	       two_digits(p + 1) <= 23 && two_digits(p + 4) <= 59;
}

static bool is_date_or_time(struct pf_str s)
{
	struct pf_str time = s;

	if (take_time(&time))
		return time.n == 0;
	if (!take_date(&s))
		return false;
	if (s.n == 0)
		return true;
	if (*s.p != 'T' && *s.p != 't' && *s.p != ' ')
		return false;
	s = pf_str_skip(s, 1);
	return take_time(&s) && is_offset(s);
}

bool pf_toml_is_date(struct pf_str s)
{
	return take_date(&s) && s.n == 0;
}

/* ---- numbers ---- */

/* The digits of a base without the "_" between two of them; an empty view: something else. */
static struct pf_str join_digits(struct pf_arena *a, struct pf_str s, int base)
{
	char *out = pf_alloc(a, s.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int digit = pf_hex_digit(s.p[i]);

		if (digit >= 0 && digit < base)
			out[n++] = s.p[i];
		else if (s.p[i] != '_' || i == 0 || s.p[i - 1] == '_' || i + 1 == s.n)
			return (struct pf_str){ 0 };
	}
	return (struct pf_str){ out, n };
}

static bool read_based(int64_t *value, struct pf_arena *a, struct pf_str s, int base)
{
	*value = 0;
	s = join_digits(a, s, base);
	for (size_t i = 0; i < s.n; i++)
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, pf_hex_digit(s.p[i]), value))
			return false;
	return s.n > 0;
}

/* The digits at the beginning, put behind `out`; false: there are none, or a "_" is out of
 * place. */
static bool take_digits(struct pf_str *out, struct pf_arena *a, struct pf_str *s)
{
	struct pf_str digits;
	size_t n = 0;

	while (n < s->n && (pf_is_digit(s->p[n]) || s->p[n] == '_'))
		n++;
	digits = join_digits(a, pf_str_cut(*s, 0, n), 10);
	*s = pf_str_skip(*s, n);
	*out = pf_format(a, PF_FMT PF_FMT, PF_ARG(*out), PF_ARG(digits));
	return digits.n > 0;
}

static void take_sign(struct pf_str *out, struct pf_arena *a, struct pf_str *s)
{
	if (s->n && (*s->p == '+' || *s->p == '-')) {
		*out = pf_format(a, PF_FMT "%c", PF_ARG(*out), *s->p);
		*s = pf_str_skip(*s, 1);
	}
}

static bool read_decimal(struct pf_node *n, struct pf_arena *a, struct pf_str s)
{
	struct pf_str text = { 0 }, whole;
	bool integer;
	int64_t value;

	take_sign(&text, a, &s);
	if (pf_str_is(s, "inf") || pf_str_is(s, "nan")) {
		n->text = pf_format(a, PF_FMT PF_FMT, PF_ARG(text), PF_ARG(s));
		return true;
	}
	whole = s;
	if (!take_digits(&text, a, &s) || (whole.p[0] == '0' && whole.n - s.n > 1))
		return false;
	integer = s.n == 0;
	if (s.n && *s.p == '.') {
		s = pf_str_skip(s, 1);
		text = pf_format(a, PF_FMT ".", PF_ARG(text));
		if (!take_digits(&text, a, &s))
			return false;
	}
	if (s.n && (*s.p == 'e' || *s.p == 'E')) {
		text = pf_format(a, PF_FMT "%c", PF_ARG(text), *s.p);
		s = pf_str_skip(s, 1);
		take_sign(&text, a, &s);
		if (!take_digits(&text, a, &s))
			return false;
	}
	n->text = text;
	if (integer && !pf_int64_read(text, &value))
		return false;
	if (integer)
		n->text = pf_format(a, "%" PRId64, value);
	return s.n == 0;
}

static bool read_number(struct pf_node *n, struct pf_arena *a, struct pf_str s)
{
	static const struct {
		const char *prefix;
		int base;
	} bases[] = { { "0x", 16 }, { "0o", 8 }, { "0b", 2 } };
	int64_t value;

	for (size_t i = 0; i < PF_COUNT(bases); i++) {
		if (!pf_str_starts(s, bases[i].prefix))
			continue;
		if (!read_based(&value, a, pf_str_skip(s, 2), bases[i].base))
			return false;
		n->text = pf_format(a, "%" PRId64, value);
		return true;
	}
	return read_decimal(n, a, s);
}

bool pf_toml_scalar_read(struct pf_node *n, struct pf_arena *a, struct pf_str word)
{
	n->truth = pf_str_is(word, "true");
	if (n->truth || pf_str_is(word, "false") || is_date_or_time(word)) {
		n->text = pf_dup(a, word);
		n->kind = n->truth || pf_str_is(word, "false") ? PF_NODE_BOOL : PF_NODE_STRING;
		return true;
	}
	n->kind = PF_NODE_NUMBER;
	return read_number(n, a, word);
}
