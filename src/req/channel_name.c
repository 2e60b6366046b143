/* channel_name.c - what channels are called */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/channel_name.h"

#include "base/limits.h"
#include "base/str.h"

static const char *const subdirs[] = {
	"noarch",	 "linux-32",	  "linux-64",	   "linux-aarch64",   "linux-armv6l",
	"linux-armv7l",	 "linux-ppc64",	  "linux-ppc64le", "linux-riscv32",   "linux-riscv64",
	"linux-s390x",	 "osx-64",	  "osx-arm64",	   "win-32",	      "win-64",
	"win-arm64",	 "freebsd-64",	  "zos-z",	   "emscripten-wasm32", "wasi-wasm32",
	"linux-loongarch64", NULL,
};

bool pf_subdir_is_known(struct pf_str text)
{
	return pf_str_in(text, subdirs);
}

bool pf_channel_cut_subdir(struct pf_str text, struct pf_str *channel, struct pf_str *subdir)
{
	size_t slash;
	struct pf_str last;

	while (pf_str_ends(text, "/"))
		text.n--;
	*channel = text;
	*subdir = (struct pf_str){ 0 };
	slash = pf_str_rfind(text, '/');
	if (slash == PF_NPOS)
		return false;
	last = pf_str_skip(text, slash + 1);
	if (!pf_subdir_is_known(last))
		return false;
	*subdir = last;
	*channel = pf_str_cut(text, 0, slash);
	return true;
}

bool pf_channel_is_url(struct pf_str text)
{
	return pf_str_find_str(text, "://") != PF_NPOS;
}

/* The end of "/t/TOKEN", which comes first of a path; `path` when there is none. */
static size_t token_end(struct pf_str text, size_t path)
{
	struct pf_str rest = pf_str_skip(text, path);
	size_t end = 3;

	if (!pf_str_starts(rest, "/t/"))
		return path;
	while (end < rest.n && !strchr("/ '\",]", rest.p[end]))
		end++;
	return path + end;
}

/* Host and port, behind "user:password@". */
static size_t host_start(struct pf_str text, size_t from, size_t *path)
{
	size_t at;

	for (*path = from; *path < text.n && !strchr("/?# '\",]", text.p[*path]);)
		++*path;
	at = pf_str_rfind(pf_str_cut(text, from, *path), '@');
	return at == PF_NPOS ? from : from + at + 1;
}

struct pf_str pf_channel_bare(struct pf_arena *a, struct pf_str text)
{
	PF_AUTO(buf) b = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str rest = text;
	size_t scheme, host, path, end;

	while ((scheme = pf_str_find_str(rest, "://")) != PF_NPOS) {
		host = host_start(rest, scheme + 3, &path);
		end = pf_str_ends(pf_str_cut(rest, 0, scheme), "file") ? path : token_end(rest, path);
		pf_buf_str(&b, pf_str_cut(rest, 0, scheme + 3));
		pf_buf_str(&b, pf_str_cut(rest, host, path));
		rest = pf_str_skip(rest, end);
	}
	pf_buf_str(&b, rest);
	return b.n == text.n ? text : pf_dup(a, pf_buf_view(&b));
}
