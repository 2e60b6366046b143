/* err.c - the making of error messages, and their escaping when they are shown */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

#include "base/limits.h"

int pf_fail(struct pf_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int pf_fail_errno(struct pf_err *err, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	err->code = PF_EIO;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", strerror(saved));
	if (saved == ENOSPC || saved == EDQUOT)
		pf_hint(err, "free some space, or choose another place with --store");
	return -1;
}

int pf_wrap(struct pf_err *err, const char *fmt, ...)
{
	char whole[sizeof(err->msg)];
	size_t n;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(whole, sizeof(whole), fmt, ap);
	va_end(ap);
	n = strlen(whole);
	snprintf(whole + n, sizeof(whole) - n, ": %s", err->msg);
	memcpy(err->msg, whole, sizeof(whole));
	return -1;
}

int pf_hint(struct pf_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return -1;
}

const char *pf_code_class(int code)
{
	switch (code) {
#define X(name, status, shown, meaning) \
	case PF_##name:                 \
		return shown;
		PF_CODES(X)
#undef X
	default:
		return code > PF_ESIGNAL ? "signal" : "error";
	}
}

/* Decodes one UTF-8 sequence; returns its length, or 0 where there is none. */
static size_t decode_utf8(const unsigned char *p, size_t n, uint32_t *code_point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;
	uint32_t c;

	if (!len || len > n || p[0] > 0xf4)
		return 0;
	c = p[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[len] || c > 0x10ffff)
		return 0;
	*code_point = c;
	return len;
}

const char *pf_escape(char *out, size_t size, struct pf_str text)
{
	const unsigned char *p = (const unsigned char *)text.p;
	size_t used = 0;

	for (size_t i = 0; i < text.n;) {
		char one[12];
		uint32_t c;
		size_t len = 1;

		if (p[i] >= 0x20 && p[i] < 0x7f)
			snprintf(one, sizeof(one), "%c", p[i]);
		else if (p[i] >= 0x80 && (len = decode_utf8(p + i, text.n - i, &c)) > 0)
			snprintf(one, sizeof(one), c > 0xffff ? "\\U%08x" : "\\u%04x", c);
		else
			len = 1, snprintf(one, sizeof(one), "\\x%02x", p[i]);
		if (used + strlen(one) + 1 > size)
			break;
		memcpy(out + used, one, strlen(one));
		used += strlen(one);
		i += len;
	}
	if (size)
		out[used] = '\0';
	return out;
}

struct pf_str pf_shown(struct pf_str text)
{
	if (text.n > PF_MAX_SHOWN)
		text.n = PF_MAX_SHOWN;
	return text;
}
