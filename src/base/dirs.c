/* dirs.c - where the program keeps what it makes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dirs.h"

#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"

static const char *from_environment(struct pf_arena *a)
{
	const char *own = getenv("PYFUNC_ENV_STORE"), *xdg = getenv("XDG_CACHE_HOME"), *home;

	if (own && *own)
		return own;
	if (xdg && *xdg == '/') /* the XDG specification: a relative one is ignored */
		return pf_join(a, xdg, PF_S("pyfunc-env"));
	home = pf_home();
	return home && *home ? pf_join(a, home, PF_S(".cache/pyfunc-env")) : NULL;
}

char *pf_store_root(struct pf_arena *a, const char *flag, struct pf_err *err)
{
	const char *given = flag ? flag : from_environment(a);
	char cwd[PF_MAX_PATH];
	struct pf_str path;

	if (!given || !*given)
		return pf_fail(err, PF_EUSAGE,
			       "no place for the store (set HOME, or give --store)"), NULL;
	if (*given != '/') {
		if (!getcwd(cwd, sizeof(cwd)))
			return pf_fail_errno(err, "cannot tell the working directory"), NULL;
		given = pf_join(a, cwd, pf_s(given));
	}
	path = pf_s(given);
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	if (path.n > PF_MAX_STORE_PATH)
		return pf_fail(err, PF_EUSAGE, "the store's path is longer than %d bytes",
			       PF_MAX_STORE_PATH), NULL;
	if (pf_str_has_control(path))
		return pf_fail(err, PF_EUSAGE,
			       "the store's path holds a control character: " PF_FMT,
			       PF_ARG(pf_shown(path))), NULL;
	return pf_dupz(a, path);
}
