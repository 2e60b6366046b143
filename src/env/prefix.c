/* prefix.c - the prefix that a package was built for, replaced by an environment's */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/prefix.h"

#include "base/str.h"
#include "env/link_inside.h"
#include "env/seal.h"

#define MAX_FIRST_LINE 127 /* what every kernel reads of it */

/* ---- texts ---- */

/* "#! /old/bin/python3.11 -x": the program's path and what follows it. False: there is none. */
static bool cut_program(struct pf_str line, struct pf_str *program, struct pf_str *options)
{
	size_t end = 0;

	if (!pf_str_starts(line, "#!"))
		return false;
	line = pf_str_skip(line, 2);
	while (line.n && line.p[0] == ' ')
		line = pf_str_skip(line, 1);
	while (end < line.n && !pf_is_space(line.p[end]))
		end++;
	*program = pf_str_cut(line, 0, end);
	*options = pf_str_skip(line, end);
	return end > 0 && line.p[0] == '/';
}

/* How long the line becomes. */
static size_t length_with(struct pf_str line, struct pf_str from, struct pf_str to)
{
	size_t length = line.n, at;

	while ((at = pf_str_find_str(line, from.p)) != PF_NPOS) {
		length = length - from.n + to.n;
		line = pf_str_skip(line, at + from.n);
	}
	return length;
}

static void write_program(struct pf_buf *out, struct pf_str program, struct pf_str options,
			  struct pf_str from, struct pf_str to)
{
	struct pf_str name = pf_str_skip(program, pf_str_rfind(program, '/') + 1);
	PF_AUTO(buf) path = PF_BUF(out->max), rest = PF_BUF(out->max);

	(void)pf_seal_text(&path, program, from.p, to.p);
	(void)pf_seal_text(&rest, options, from.p, to.p);
	if (pf_str_starts(name, "python") || pf_str_starts(name, "pypy"))
		pf_script_shell_head(out, path.p, pf_buf_view(&rest));
	else
		pf_buf_printf(out, "#!/usr/bin/env " PF_FMT PF_FMT "\n", PF_ARG(name),
			      PF_ARG(pf_buf_view(&rest)));
}

/* True: it was written, and the rest is to follow. */
static bool write_first_line(struct pf_buf *out, struct pf_str line, struct pf_str from,
			     struct pf_str to)
{
	struct pf_str program, options;
	bool ours, blank = pf_str_find(to, ' ') != PF_NPOS || pf_str_find(to, '\t') != PF_NPOS;

	if (!cut_program(line, &program, &options))
		return false;
	ours = pf_str_find_str(program, from.p) != PF_NPOS;
	if (length_with(line, from, to) <= MAX_FIRST_LINE && !(ours && blank))
		return false;
	write_program(out, program, options, from, to);
	return true;
}

void pf_prefix_text(struct pf_buf *out, struct pf_str text, struct pf_str from, struct pf_str to)
{
	size_t end = pf_str_find(text, '\n');

	if (write_first_line(out, pf_str_cut(text, 0, end), from, to))
		text = pf_str_skip(text, end == PF_NPOS ? text.n : end + 1);
	(void)pf_seal_text(out, text, from.p, to.p);
}

/* ---- strings of C ---- */

/* One that ends at `end` and holds `from` at `at`. How often. */
static long replace_string(char *at, char *end, struct pf_str from, struct pf_str to)
{
	char *out = at, *in = at;
	long count = 0;

	while (at) {
		memmove(out, in, (size_t)(at - in));
		out += at - in;
		memcpy(out, to.p, to.n);
		out += to.n;
		in = at + from.n;
		count++;
		at = memmem(in, (size_t)(end - in), from.p, from.n);
	}
	memmove(out, in, (size_t)(end - in));
	out += end - in;
	memset(out, 0, (size_t)(end - out));
	return count;
}

long pf_prefix_binary(char *bytes, size_t n, struct pf_str from, struct pf_str to,
		      struct pf_err *err)
{
	char *at = bytes, *stop = bytes + n, *end;
	long count = 0;

	if (!from.n)
		return pf_fail(err, PF_EINTEGRITY, "the prefix to be replaced is empty");
	while ((at = memmem(at, (size_t)(stop - at), from.p, from.n))) {
		end = memchr(at, '\0', (size_t)(stop - at));
		if (!end)
			return pf_fail(err, PF_EINTEGRITY, "a string with a prefix has no end");
		if (to.n > from.n)
			return pf_fail(err, PF_EIO, "a prefix of %zu bytes has no room for " PF_FMT,
				       from.n, PF_ARG(pf_shown(to)));
		count += replace_string(at, end, from, to);
		at = end;
	}
	return count;
}
