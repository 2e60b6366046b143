/* toml_string.c - the four kinds of strings that TOML has */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/toml_scalar.h"

#include "base/str.h"
#include "base/utf8.h"

struct cursor {
	const char *p, *end;
};

bool pf_toml_is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static bool eat(struct cursor *c, const char *what)
{
	size_t n = strlen(what);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, what, n) != 0)
		return false;
	c->p += n;
	return true;
}

static bool eat_newline(struct cursor *c)
{
	return eat(c, "\n") || eat(c, "\r\n");
}

static void skip_blank(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t'))
		c->p++;
}

/* ---- escapes: what is wrong with one, or NULL ---- */

static const char *take_unicode(struct pf_buf *out, struct cursor *c, int digits)
{
	char utf8[4];
	uint32_t u = 0;

	for (int i = 0; i < digits; i++, c->p++) {
		int digit = c->p < c->end ? pf_hex_digit(*c->p) : -1;

		if (digit < 0)
			return "an escape without its digits";
		u = u << 4 | (uint32_t)digit;
	}
	if (u > 0x10ffff || (u >= 0xd800 && u < 0xe000))
		return "an escape that is no character";
	pf_buf_add(out, utf8, pf_utf8_put(utf8, u));
	return NULL;
}

static const char *take_escape(struct pf_buf *out, struct cursor *c, bool multi)
{
	static const char names[] = "btnfr\"\\", bytes[] = "\b\t\n\f\r\"\\";
	const char *name = c->p < c->end && *c->p ? strchr(names, *c->p) : NULL;

	if (name) {
		pf_buf_char(out, bytes[name - names]);
		c->p++;
		return NULL;
	}
	if (eat(c, "u"))
		return take_unicode(out, c, 4);
	if (eat(c, "U"))
		return take_unicode(out, c, 8);
	skip_blank(c);
	if (!multi || !eat_newline(c))
		return "an unknown escape";
	do
		skip_blank(c);
	while (eat_newline(c));
	return NULL;
}

/* ---- strings ---- */

/* At a quote inside a multi-line string: three end it, and two more may belong to it. */
static bool take_quotes(struct pf_buf *out, struct cursor *c, char quote)
{
	size_t n = 0;

	while (n < 5 && c->p + n < c->end && c->p[n] == quote)
		n++;
	pf_buf_add(out, c->p, n < 3 ? n : n - 3);
	c->p += n;
	return n >= 3;
}

static void take_plain(struct pf_buf *out, struct cursor *c, const char *quote)
{
	const char *from = c->p;

	while (c->p < c->end && *c->p != *quote && !pf_toml_is_control(*c->p) &&
	       (*c->p != '\\' || *quote == '\''))
		c->p++;
	pf_buf_add(out, from, (size_t)(c->p - from));
}

const char *pf_toml_string_read(struct pf_buf *out, const char **p, const char *end, bool key)
{
	struct cursor c = { *p, end };
	const char *quote = **p == '"' ? "\"" : "'", *what = NULL, *at = *p;
	bool multi = !key && eat(&c, **p == '"' ? "\"\"\"" : "'''");

	if (multi)
		eat_newline(&c);
	else
		c.p++;
	while (!what) {
		take_plain(out, &c, quote);
		at = c.p;
		if (at == end)
			return "a string without an end";
		if (*at == *quote) {
			if (multi ? take_quotes(out, &c, *quote) : eat(&c, quote)) {
				*p = c.p;
				return NULL;
			}
		} else if (multi && eat_newline(&c)) {
			pf_buf_char(out, '\n');
		} else {
			what = eat(&c, "\\") ? take_escape(out, &c, multi) : "a control character";
		}
	}
	*p = at;
	return what;
}
