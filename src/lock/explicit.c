/* explicit.c - @EXPLICIT files (CEP 23): an address a line, with its digest; pip's as comments */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "lock/parts.h"

static const char pip_mark[] = "# pip ";
static const char hash_mark[] = " --hash=sha256:";

bool pf_explicit_is(struct pf_str text)
{
	return pf_lock_has_line(text, "@EXPLICIT");
}

/* "URL#MD5", "URL#sha256:HEX", "URL#sha256=HEX". */
static int take_url(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str line,
		    unsigned at, struct pf_err *err)
{
	size_t hash = pf_str_find(line, '#');
	struct pf_str url = pf_str_cut(line, 0, hash), md5 = { 0 }, sha256 = { 0 };
	struct pf_str digest = hash == PF_NPOS ? PF_S("") : pf_str_skip(line, hash + 1);

	if (pf_str_starts(digest, "sha256:") || pf_str_starts(digest, "sha256="))
		sha256 = pf_str_skip(digest, 7);
	else
		md5 = digest;
	return pf_lock_add_conda(l, t, url, md5, sha256, at, err);
}

/* "# pip NAME @ URL --hash=sha256:HEX", as micromamba has it. */
static int take_pip(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str rest,
		    unsigned at, struct pf_err *err)
{
	size_t middle = pf_str_find_str(rest, " @ "), end = pf_str_find_str(rest, hash_mark);

	if (middle == PF_NPOS || end == PF_NPOS || end < middle)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: a package of pip without an address or a digest", at);
	return pf_lock_add_pip(l, t, pf_str_cut(rest, 0, middle), PF_S(""),
			       pf_str_cut(rest, middle + 3, end),
			       pf_str_trim(pf_str_skip(rest, end + strlen(hash_mark))), at, err);
}

int pf_explicit_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_str line;
	unsigned at = 0;

	while (pf_str_next_line(&text, &line)) {
		int rc = 0;

		at++;
		line = pf_str_trim(line);
		if (pf_str_starts(line, pip_mark))
			rc = take_pip(out, t, pf_str_skip(line, sizeof(pip_mark) - 1), at, err);
		else if (line.n && line.p[0] != '#' && line.p[0] != '@')
			rc = take_url(out, t, line, at, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- write ---- */

static void put_conda(struct pf_buf *out, const struct pf_conda_record *r)
{
	pf_buf_printf(out, PF_FMT "#%s" PF_FMT "\n", PF_ARG(r->url), r->sha256.n ? "sha256:" : "",
		      PF_ARG(r->sha256.n ? r->sha256 : r->md5));
}

int pf_explicit_write(struct pf_buf *out, const struct pf_lock_of *what, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_plan *plan = what->plan;
	struct pf_planned_conda *v = pf_alloc_array(&a, plan->conda.n + 1, sizeof(*v));

	if (plan->conda.n)
		memcpy(v, plan->conda.v, plan->conda.n * sizeof(*v));
	if (pf_conda_sort(v, plan->conda.n, err) < 0)
		return -1;
	pf_buf_printf(out, "# platform: " PF_FMT "\n@EXPLICIT\n", PF_ARG(what->python->platform));
	for (size_t i = 0; i < plan->conda.n; i++)
		put_conda(out, &v[i].record);
	for (size_t i = 0; i < plan->packages.n; i++) {
		const struct pf_planned *p = &plan->packages.v[i];
		struct pf_str sha256;

		if (pf_lock_wheel_of(&sha256, p, "@EXPLICIT", err) < 0)
			return -1;
		pf_buf_printf(out, "%s" PF_FMT " @ " PF_FMT "%s" PF_FMT "\n", pip_mark,
			      PF_ARG(p->name), PF_ARG(p->from), hash_mark, PF_ARG(sha256));
	}
	return 0;
}
