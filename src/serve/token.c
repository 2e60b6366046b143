/* token.c - bearer tokens (RFC 6750): one a line of a file, compared in constant time */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "serve/inside.h"

void pf_tokens_free(struct pf_tokens *t)
{
	if (t->text.p)
		explicit_bzero(t->text.p, t->text.n);
	pf_buf_free(&t->text);
}

static bool is_token(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	return s.n > 0 && s.n <= PF_MAX_TOKEN;
}

int pf_tokens_read(struct pf_tokens *out, const char *path, struct pf_err *err)
{
	PF_AUTO(tokens)
	read = { .text = PF_BUF(PF_MAX_TEXT_FILE) },
	made = { .text = PF_BUF(PF_MAX_TEXT_FILE) };
	struct pf_str rest, line;
	size_t n = 0;

	if (pf_read_file(&read.text, AT_FDCWD, path, err) < 0)
		return -1;
	rest = pf_buf_view(&read.text);
	while (pf_str_next_line(&rest, &line)) {
		line = pf_str_trim(line);
		if (!line.n)
			continue;
		if (!is_token(line) || ++n > PF_MAX_TOKENS)
			return pf_fail(err, PF_EUSAGE,
				       "%s: a token is a word of printable ASCII, one a line",
				       path);
		pf_buf_str(&made.text, line);
		pf_buf_char(&made.text, '\n');
	}
	if (!n)
		return pf_fail(err, PF_EUSAGE, "%s holds no token", path);
	*out = PF_TAKE(made);
	return 0;
}

/* Looks at every byte of what was given, whatever it is compared with. */
static unsigned differs(struct pf_str given, struct pf_str token)
{
	unsigned difference = given.n != token.n;

	for (size_t i = 0; i < given.n; i++)
		difference |= (unsigned char)(given.p[i] ^ token.p[token.n ? i % token.n : 0]);
	return difference;
}

bool pf_tokens_admit(const struct pf_tokens *t, struct pf_str authorization)
{
	struct pf_str rest = pf_buf_view(&t->text), token, given;
	unsigned found = 0;

	if (authorization.n < 8 || !pf_str_ieq(pf_str_cut(authorization, 0, 7), "bearer "))
		return false;
	given = pf_str_trim(pf_str_skip(authorization, 7));
	while (pf_str_next(&rest, '\n', &token))
		if (token.n)
			found |= !differs(given, token);
	return found && given.n;
}
