/* local.c - a model's URI to the local directory it names */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/local.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/str.h"
#include "fetch/where.h"

/* Decodes %XX once; false on a malformed one or a control byte. */
static bool decode_percent(char *out, struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		int high, low;

		if (s.p[i] != '%') {
			*out++ = s.p[i];
			continue;
		}
		high = i + 2 < s.n ? pf_hex_digit(s.p[i + 1]) : -1;
		low = i + 2 < s.n ? pf_hex_digit(s.p[i + 2]) : -1;
		if (high < 0 || low < 0 || high * 16 + low < 0x20)
			return false;
		*out++ = (char)(high * 16 + low);
		i += 2;
	}
	*out = '\0';
	return true;
}

/* file:PATH, file:///PATH, file://localhost/PATH */
static int take_file_uri(char **dir, struct pf_arena *a, struct pf_str rest, struct pf_err *err)
{
	if (pf_str_starts(rest, "//")) {
		size_t slash;

		rest = pf_str_skip(rest, 2);
		slash = pf_str_find(rest, '/');
		if (slash == PF_NPOS ||
		    (slash && !pf_str_ieq(pf_str_cut(rest, 0, slash), "localhost")))
			return pf_fail(err, PF_EUSAGE, "a file: URI names no host");
		rest = pf_str_skip(rest, slash);
	}
	if (pf_str_find(rest, '?') != PF_NPOS || pf_str_find(rest, '#') != PF_NPOS)
		return pf_fail(err, PF_EUSAGE, "a file: URI has neither query nor fragment");
	*dir = pf_alloc(a, rest.n + 1);
	if (!decode_percent(*dir, rest))
		return pf_fail(err, PF_EUSAGE, "malformed %%XX in " PF_FMT, PF_ARG(pf_shown(rest)));
	if (pf_str_has_dotdot(pf_s(*dir)))
		return pf_fail(err, PF_EUSAGE, "a file: URI must not climb with ..");
	return 0;
}

static int check_text(struct pf_str uri, struct pf_err *err)
{
	if (uri.n >= PF_MAX_PATH)
		return pf_fail(err, PF_EUSAGE, "a model's URI is at most %d bytes, not %zu",
			       PF_MAX_PATH - 1, uri.n);
	for (size_t i = 0; i < uri.n; i++)
		if ((unsigned char)uri.p[i] < 0x20 || uri.p[i] == 0x7f)
			return pf_fail(err, PF_EUSAGE,
				       "control character in the model's URI " PF_FMT,
				       PF_ARG(pf_shown(uri)));
	return 0;
}

bool pf_local_names(const char *uri)
{
	struct pf_str scheme = pf_where_scheme(pf_s(uri));
	struct stat st;

	return !scheme.n || pf_str_ieq(scheme, "file") || stat(uri, &st) == 0;
}

int pf_local_path(char **path, struct pf_arena *a, const char *uri, struct pf_err *err)
{
	struct pf_str whole = pf_s(uri), scheme = pf_where_scheme(whole);

	*path = pf_dupz(a, whole);
	return scheme.n ? take_file_uri(path, a, pf_str_skip(whole, scheme.n + 1), err) : 0;
}

int pf_fetch_local(char **dir, struct pf_arena *a, const char *uri, struct pf_err *err)
{
	struct pf_str whole = pf_s(uri), scheme = pf_where_scheme(whole);
	char *path = pf_dupz(a, whole);
	struct stat st;

	if (check_text(whole, err) < 0)
		return -1;
	if (stat(path, &st) < 0 && scheme.n &&
	    take_file_uri(&path, a, pf_str_skip(whole, scheme.n + 1), err) < 0)
		return -1;
	if (stat(path, &st) < 0) {
		pf_fail(err, errno == EACCES ? PF_EIO : PF_EMODEL, "%s: %s", path, strerror(errno));
		return pf_str_starts(whole, "m-") ? pf_hint(err, "maybe you meant models:/%s", uri)
						  : -1;
	}
	if (!S_ISDIR(st.st_mode))
		return pf_fail(err, PF_EMODEL, "%s is not a directory", path);
	*dir = path;
	return 0;
}
