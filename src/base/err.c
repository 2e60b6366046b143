/* err.c - the making of error messages, and their escaping when they are shown */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"

int pf_fail(struct pf_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->hint[0] = '\0';
	err->gone = false;
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
	err->gone = false;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", strerror(saved));
	if (saved == ENOSPC || saved == EDQUOT)
		pf_hint(err, "free some space there, or choose another place (--store for environments)");
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

const char *pf_escape(char *out, size_t size, struct pf_str text)
{
	const char *end = text.p + text.n;
	size_t used = 0, length;

	for (const char *p = text.p; p < end; p += length ? length : 1) {
		uint32_t c = (unsigned char)*p;
		char one[12];

		length = pf_utf8_length(p, end);
		if (c >= 0x20 && c < 0x7f)
			snprintf(one, sizeof(one), "%c", (char)c);
		else if (length > 1)
			snprintf(one, sizeof(one), length > 3 ? "\\U%08x" : "\\u%04x",
				 pf_utf8_get(p, length));
		else
			snprintf(one, sizeof(one), "\\x%02x", c);
		if (used + strlen(one) + 1 > size)
			break;
		memcpy(out + used, one, strlen(one));
		used += strlen(one);
	}
	if (size)
		out[used] = '\0';
	return out;
}

/* Not cut between a URL's user and its host: what is left would be no longer known as a secret. */
struct pf_str pf_shown(struct pf_str text)
{
	struct pf_str cut = pf_str_cut(text, 0, PF_MAX_SHOWN);
	size_t host = cut.n;

	if (cut.n == text.n)
		return text;
	while (host && !strchr("/?# \t\"'", cut.p[host - 1]))
		host--;
	return pf_str_ends(pf_str_cut(cut, 0, host), "://") ? pf_str_cut(cut, 0, host) : cut;
}
