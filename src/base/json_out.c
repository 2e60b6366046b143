/* json_out.c - a writer of compact JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/number.h"
#include "base/str.h"
#include "base/utf8.h"

static const char HEX[] = "0123456789abcdef";

static uint64_t level_bit(const struct pf_json_out *w)
{
	return (uint64_t)1 << (w->depth < 63 ? w->depth : 63);
}

/* A comma where one belongs. */
static void begin(struct pf_json_out *w)
{
	uint64_t bit = level_bit(w);

	if (!w->after_key && (w->comma & bit))
		pf_buf_char(w->buf, ',');
	w->comma |= bit;
	w->after_key = false;
}

void pf_json_open(struct pf_json_out *w, char bracket)
{
	begin(w);
	pf_buf_char(w->buf, bracket);
	w->depth++;
	w->comma &= ~level_bit(w);
}

void pf_json_close(struct pf_json_out *w, char bracket)
{
	w->depth -= w->depth > 0;
	w->after_key = false;
	pf_buf_char(w->buf, bracket);
}

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

#define EACH(byte) (UINT64_MAX / 255 * (byte)) /* of a word's eight */

/* Are eight bytes plain? The high bit of each of these terms tells of one that is not: below a
 * space, beyond ASCII, a quote, a backslash; a borrow reaches only what is behind such a one. */
static bool are_plain(const char *p)
{
	uint64_t word, quote, backslash;

	memcpy(&word, p, sizeof(word));
	quote = word ^ EACH('"');
	backslash = word ^ EACH('\\');
	return !(((word - EACH(0x20)) | word | ((quote - EACH(1)) & ~quote) |
		  ((backslash - EACH(1)) & ~backslash)) &
		 EACH(0x80));
}

static const char *skip_plain(const char *p, const char *end)
{
	while (end - p >= 8 && are_plain(p))
		p += 8;
	while (p < end && is_plain((unsigned char)*p))
		p++;
	return p;
}

static void put_plain(struct pf_buf *out, struct pf_str s)
{
	char *room = pf_buf_room(out, s.n + 2);

	if (!room)
		return;
	room[0] = '"';
	if (s.n)
		memcpy(room + 1, s.p, s.n);
	room[s.n + 1] = '"';
	room[s.n + 2] = '\0';
	out->n += s.n + 2;
}

static void put_escaped(struct pf_buf *out, unsigned char c)
{
	static const char plain[] = "\"\"\\\\\bb\ff\nn\rr\tt";
	char text[] = { '\\', 'u', '0', '0', HEX[c >> 4], HEX[c & 15] };

	for (size_t i = 0; i < sizeof(plain) - 1; i += 2) {
		if ((char)c == plain[i]) {
			text[1] = plain[i + 1];
			pf_buf_add(out, text, 2);
			return;
		}
	}
	pf_buf_add(out, text, sizeof(text));
}

void pf_json_quote(struct pf_buf *out, struct pf_str s)
{
	const char *end = s.p + s.n, *from = s.p, *p = skip_plain(s.p, end);
	size_t n;

	if (p == end) {
		put_plain(out, s);
		return;
	}
	pf_buf_char(out, '"');
	for (; p < end; p = skip_plain(p, end)) {
		if ((unsigned char)*p >= 0x80 && (n = pf_utf8_length(p, end))) {
			p += n;
			continue;
		}
		pf_buf_add(out, from, (size_t)(p - from));
		if ((unsigned char)*p >= 0x80)
			pf_buf_cstr(out, "\xef\xbf\xbd");
		else
			put_escaped(out, (unsigned char)*p);
		from = ++p;
	}
	pf_buf_add(out, from, (size_t)(p - from));
	pf_buf_char(out, '"');
}

void pf_json_key(struct pf_json_out *w, const char *key)
{
	begin(w);
	pf_json_quote(w->buf, pf_s(key));
	pf_buf_char(w->buf, ':');
	w->after_key = true;
}

void pf_json_str(struct pf_json_out *w, struct pf_str s)
{
	if (!s.p) {
		pf_json_null(w);
		return;
	}
	begin(w);
	pf_json_quote(w->buf, s);
}

void pf_json_cstr(struct pf_json_out *w, const char *s)
{
	pf_json_str(w, s ? pf_s(s) : (struct pf_str){ 0 });
}

void pf_json_int(struct pf_json_out *w, int64_t value)
{
	char text[PF_DOUBLE_SIZE];

	begin(w);
	pf_buf_add(w->buf, text, pf_int64_write(text, value));
}

void pf_json_bool(struct pf_json_out *w, bool value)
{
	begin(w);
	pf_buf_cstr(w->buf, value ? "true" : "false");
}

void pf_json_null(struct pf_json_out *w)
{
	begin(w);
	pf_buf_cstr(w->buf, "null");
}

void pf_json_raw(struct pf_json_out *w, struct pf_str json)
{
	begin(w);
	pf_buf_str(w->buf, json);
}

void pf_json_field(struct pf_json_out *w, const char *key, struct pf_str s)
{
	pf_json_key(w, key);
	pf_json_str(w, s);
}

void pf_json_begin(struct pf_json_out *w, const char *kind)
{
	pf_json_open(w, '{');
	pf_json_field(w, "schema", PF_S("pyfunc-env/1"));
	pf_json_field(w, "kind", pf_s(kind));
}
