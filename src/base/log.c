/* log.c - warnings, notes and progress */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <unistd.h>

#include "base/str.h"

static struct pf_log_opts log_opts = { .level = PF_LOG_NOTE };
static bool step_open;
static bool waits_for_nobody;
/* Of each thread: a runner in somebody's process may be asked by several. NULL: not kept. */
static _Thread_local struct pf_strs *kept_warnings;
static _Thread_local struct pf_arena *kept_in;

void pf_log_setup(const struct pf_log_opts *opts)
{
	log_opts = *opts;
}

void pf_log_wait_for_nobody(void)
{
	waits_for_nobody = true;
}

/* With the stream's lock: of a pipe that is ready, a line (PIPE_BUF) is taken at once. */
static bool takes_a_line(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	return !waits_for_nobody || (poll(&p, 1, 0) == 1 && p.revents & POLLOUT);
}

static void blank(char *from, const char *to)
{
	size_t n = (size_t)(to - from);

	if (n < 4) {
		memset(from, '*', n);
		return;
	}
	memcpy(from, "****", 4);
	memmove(from + 4, to, strlen(to) + 1);
}

/* What stands before the @ of these is no user: git of ssh://git@host is everybody's, the
 * container of wasbs://container@account a place. */
static bool names_nobody(const char *text, const char *colon_slashes, const char *at)
{
	static const char *const places[] = { "wasb", "wasbs", "abfs", "abfss", NULL };
	const char *scheme = colon_slashes;

	if (at - colon_slashes == 6 && memcmp(colon_slashes + 3, "git", 3) == 0)
		return true;
	while (scheme > text && pf_is_alpha(scheme[-1]))
		scheme--;
	return pf_str_in((struct pf_str){ scheme, (size_t)(colon_slashes - scheme) }, places);
}

/* scheme://user:secret@host: the secret; a user name alone may be a token, so it goes too */
static void redact_userinfo(char *text)
{
	for (char *p = text; (p = strstr(p, "://")); p++) {
		size_t authority = strcspn(p + 3, "/?# \t\"'");
		char *at = memrchr(p + 3, '@', authority);
		char *colon = at ? memchr(p + 3, ':', (size_t)(at - p - 3)) : NULL;

		if (at && (colon || !names_nobody(text, p, at)))
			blank(colon ? colon + 1 : p + 3, at);
	}
}

/* conda's /t/TOKEN/ */
static void redact_token(char *text)
{
	for (char *p = text; (p = strstr(p, "/t/")); p++) {
		size_t n = strcspn(p + 3, "/ \t\"'");

		if (n && strstr(text, "://"))
			blank(p + 3, p + 3 + n);
	}
}

static void redact_settings(char *text)
{
	static const char *const names[] = { "_TOKEN=", "_PASSWORD=", "_SECRET=", "_KEY=",
					     "X-Amz-Signature=", "?sig=", "&sig=", "token=",
					     "password=" };

	for (size_t i = 0; i < PF_COUNT(names); i++)
		for (char *p = text; (p = strcasestr(p, names[i])); p++) {
			char *value = p + strlen(names[i]);

			blank(value, value + strcspn(value, "& \t\"'\n"));
		}
}

void pf_redact(char *text)
{
	redact_userinfo(text);
	redact_token(text);
	redact_settings(text);
}

struct pf_str pf_redacted(struct pf_arena *a, struct pf_str text)
{
	char *copy = pf_dupz(a, text);

	pf_redact(copy);
	return pf_s(copy);
}

/* The stream's own lock keeps lines of several threads apart, and guards this. */
static void end_step(void)
{
	flockfile(stderr);
	if (step_open && log_opts.progress)
		fputs("\r\033[K", stderr);
	step_open = false;
	funlockfile(stderr);
}

static void print_json_string(const char *text)
{
	fputc('"', stderr);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(stderr, "\\%c", c);
		else if (c < 0x20)
			fprintf(stderr, "\\u%04x", c);
		else
			fputc(c, stderr);
	}
	fputc('"', stderr);
}

static void print_line(const char *kind, const char *color, const char *shown)
{
	flockfile(stderr);
	end_step();
	if (!takes_a_line()) {
		/* it is lost */
	} else if (log_opts.json) {
		fprintf(stderr, "{\"schema\":\"pyfunc-env/1\",\"kind\":\"%s\",\"message\":", kind);
		print_json_string(shown);
		fputs("}\n", stderr);
	} else if (log_opts.color && *color) {
		fprintf(stderr, "pyfunc-env: %s%s:\033[0m %s\n", color, kind, shown);
	} else {
		fprintf(stderr, "pyfunc-env: %s: %s\n", kind, shown);
	}
	funlockfile(stderr);
}

PF_PRINTF(4, 0)
static void print_formatted(enum pf_log_level level, const char *kind, const char *color,
			    const char *fmt, va_list ap)
{
	char raw[4096], shown[8192];

	if (log_opts.level < level)
		return;
	vsnprintf(raw, sizeof(raw), fmt, ap);
	pf_redact(raw);
	print_line(kind, color, pf_escape(shown, sizeof(shown), pf_s(raw)));
}

#define PRINT(level, kind, color)                                  \
	do {                                                       \
		va_list ap;                                        \
		va_start(ap, fmt);                                 \
		print_formatted((level), (kind), (color), fmt, ap); \
		va_end(ap);                                        \
	} while (0)

void pf_log_keep_warnings(struct pf_strs *kept, struct pf_arena *a)
{
	kept_warnings = kept;
	kept_in = a;
}

PF_PRINTF(1, 0)
static void keep(const char *fmt, va_list ap)
{
	char raw[4096];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	*PF_PUSH(kept_in, kept_warnings) = pf_redacted(kept_in, pf_s(raw));
}

void pf_warn(const char *fmt, ...)
{
	if (kept_warnings) {
		va_list ap;

		va_start(ap, fmt);
		keep(fmt, ap);
		va_end(ap);
		return;
	}
	PRINT(PF_LOG_WARN, "warning", "\033[33m");
}

void pf_note(const char *fmt, ...)
{
	PRINT(PF_LOG_NOTE, "note", "");
}

void pf_debug(const char *fmt, ...)
{
	PRINT(PF_LOG_DEBUG, "debug", "");
}

void pf_warn_text(struct pf_str text)
{
	struct pf_str rest = text, line;
	char raw[4096], shown[8192];

	if (kept_warnings)
		*PF_PUSH(kept_in, kept_warnings) = pf_redacted(kept_in, pf_str_trim(text));
	if (kept_warnings || log_opts.level < PF_LOG_WARN)
		return;
	end_step();
	while (pf_str_next_line(&rest, &line)) {
		snprintf(raw, sizeof(raw), PF_FMT, PF_ARG(line));
		pf_redact(raw);
		if (takes_a_line())
			fprintf(stderr, "%s\n", pf_escape(shown, sizeof(shown), pf_s(raw)));
	}
}

static void __attribute__((format(printf, 1, 0))) draw_step(const char *fmt, va_list ap)
{
	char raw[1024], shown[2048];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	pf_redact(raw);
	pf_escape(shown, sizeof(shown), pf_s(raw));
	flockfile(stderr);
	end_step();
	if (takes_a_line())
		fprintf(stderr, log_opts.progress ? "%s" : "pyfunc-env: %s\n", shown);
	fflush(stderr);
	step_open = true;
	funlockfile(stderr);
}

void pf_step(const char *fmt, ...)
{
	va_list ap;

	if (log_opts.level < PF_LOG_NOTE || log_opts.json)
		return;
	va_start(ap, fmt);
	draw_step(fmt, ap);
	va_end(ap);
}

void pf_progress(const char *fmt, ...)
{
	va_list ap;

	if (!log_opts.progress || log_opts.level < PF_LOG_NOTE || log_opts.json)
		return;
	va_start(ap, fmt);
	draw_step(fmt, ap);
	va_end(ap);
}

void pf_step_done(void)
{
	end_step();
}

void pf_log_error(const struct pf_err *err)
{
	char raw[sizeof(err->msg)], shown[4 * sizeof(err->msg)], hint[4 * sizeof(err->hint)];

	snprintf(raw, sizeof(raw), "%s", err->msg);
	pf_redact(raw);
	pf_escape(shown, sizeof(shown), pf_s(raw));
	snprintf(raw, sizeof(raw), "%s", err->hint);
	pf_redact(raw);
	pf_escape(hint, sizeof(hint), pf_s(raw));
	end_step();
	if (!log_opts.json) {
		print_line(pf_code_class(err->code), log_opts.color ? "\033[31m" : "", shown);
		if (*hint && takes_a_line())
			fprintf(stderr, "  hint: %s\n", hint);
		return;
	}
	if (!takes_a_line())
		return;
	fprintf(stderr,
		"{\"schema\":\"pyfunc-env/1\",\"kind\":\"error\",\"class\":\"%s\",\"code\":%d,"
		"\"message\":",
		pf_code_class(err->code), err->code);
	print_json_string(shown);
	fputs(",\"hint\":", stderr);
	print_json_string(hint);
	fputs("}\n", stderr);
}
