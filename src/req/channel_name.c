/* channel_name.c - what channels are called */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/channel_name.h"

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

/* Where the token of "/t/TOKEN/" is, which comes first of a path: [from, to). */
static bool find_token(struct pf_str text, size_t path, size_t *from, size_t *to)
{
	struct pf_str rest = pf_str_skip(text, path);
	size_t end;

	if (!pf_str_starts(rest, "/t/"))
		return false;
	end = pf_str_find(pf_str_skip(rest, 3), '/');
	*from = path;
	*to = end == PF_NPOS ? text.n : path + 3 + end;
	return true;
}

struct pf_str pf_channel_bare(struct pf_arena *a, struct pf_str text)
{
	size_t scheme = pf_str_find_str(text, "://"), host, path, at, from, to;

	if (scheme == PF_NPOS)
		return text;
	host = scheme + 3;
	path = pf_str_find(pf_str_skip(text, host), '/');
	path = path == PF_NPOS ? text.n : host + path;
	at = pf_str_rfind(pf_str_cut(text, host, path), '@');
	if (!find_token(text, path, &from, &to))
		from = to = path;
	if (at == PF_NPOS && from == to)
		return text;
	host = at == PF_NPOS ? host : host + at + 1;
	return pf_format(a, PF_FMT "://" PF_FMT PF_FMT, PF_ARG(pf_str_cut(text, 0, scheme)),
			 PF_ARG(pf_str_cut(text, host, from)), PF_ARG(pf_str_skip(text, to)));
}
