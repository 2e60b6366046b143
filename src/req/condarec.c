/* condarec.c - a package of a conda channel, as its record tells */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/condarec.h"

#include "base/limits.h"
#include "base/str.h"

bool pf_conda_record_set_version(struct pf_conda_record *r, struct pf_arena *a,
				 struct pf_str version)
{
	r->version = version;
	r->ver = (struct pf_condaver){ .text = version };
	return pf_condaver_read(&r->ver, a, version);
}

uint64_t pf_conda_timestamp(uint64_t written)
{
	const uint64_t last_second = 253402300799;	/* of the year 9999 */

	return written > last_second ? written : written * 1000;
}

static bool cut_last(struct pf_str *rest, struct pf_str *piece)
{
	size_t dash = pf_str_rfind(*rest, '-');

	if (dash == PF_NPOS)
		return false;
	*piece = pf_str_skip(*rest, dash + 1);
	*rest = pf_str_cut(*rest, 0, dash);
	return piece->n && rest->n;
}

bool pf_conda_filename_is_plain(struct pf_str fn)
{
	for (size_t i = 0; i < fn.n; i++)
		if ((unsigned char)fn.p[i] <= ' ' || fn.p[i] == '/' || fn.p[i] == '\\' ||
		    fn.p[i] == '\x7f')
			return false;
	return fn.n && fn.n <= PF_MAX_NAME && fn.p[0] != '.' && fn.p[0] != '-';
}

bool pf_conda_filename_cut(struct pf_str fn, struct pf_str *name, struct pf_str *version,
			   struct pf_str *build)
{
	struct pf_str v, b;

	if (!pf_conda_filename_is_plain(fn))
		return false;
	if (pf_str_ends(fn, ".conda"))
		fn.n -= strlen(".conda");
	else if (pf_str_ends(fn, ".tar.bz2"))
		fn.n -= strlen(".tar.bz2");
	else
		return false;
	if (!cut_last(&fn, &b) || !cut_last(&fn, &v))
		return false;
	if (name)
		*name = fn;
	if (version)
		*version = v;
	if (build)
		*build = b;
	return true;
}
