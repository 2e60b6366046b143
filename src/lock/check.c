/* check.c - does a lock hold what is needed, and for this interpreter? */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"
#include "req/name.h"

#define SHOWN 5 /* differences that a message tells */

bool pf_lock_admits(const struct pf_specset *specs, struct pf_str version)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_version v = { 0 };

	return !version.n ||
	       (pf_version_read(&v, &a, version) && pf_specset_admits(specs, &v, PF_PRE_ALLOW));
}

/* ---- Python ---- */

int pf_lock_check_python(struct pf_str requires, const struct pf_python *python, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_specset specs;

	if (pf_specset_parse(&specs, &a, requires, err) < 0)
		return pf_wrap(err, "requires-python");
	if (pf_lock_admits(&specs, python->version))
		return 0;
	pf_fail(err, PF_EINTEGRITY, "it is for Python " PF_FMT ", and this one is " PF_FMT,
		PF_ARG(pf_shown(requires)), PF_ARG(python->version));
	return pf_hint(err, "choose another interpreter with --python, or make a new lock");
}

/* ---- needs ---- */

static bool has_digest(const struct pf_lock_package *p, const struct pf_strs *wanted)
{
	bool found = !wanted->n;

	for (size_t i = 0; !found && i < wanted->n; i++) {
		found = pf_strs_have(&p->hashes, wanted->v[i]);
		for (size_t k = 0; !found && k < p->files.n; k++)
			found = pf_strs_have(&p->files.v[k].hashes, wanted->v[i]);
	}
	return found;
}

/* A file that bears the name of the one which was asked for by its address. */
static bool has_link(const struct pf_lock *l, const struct pf_lock_package *p, struct pf_str link)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err ignored;
	struct pf_url url;
	struct pf_str name;

	if (p->git)
		return pf_lock_is_commit_of(l, p, link);
	if (pf_url_split(&url, link, &ignored) < 0)
		return false;
	name = pf_url_decode(&a, pf_url_file(&url));
	for (size_t i = 0; i < p->files.n; i++)
		if (pf_str_eq(p->files.v[i].name, name))
			return true;
	return false;
}

/* The package of conda that is called the same. */
static bool conda_has(struct pf_arena *a, const struct pf_lock *l, const struct pf_need *need)
{
	const struct pf_conda_record *r = NULL;

	for (size_t i = 0; !r && i < l->conda.n; i++)
		if (pf_str_eq(pf_name_canonical(a, l->conda.v[i].record.name), need->req.key))
			r = &l->conda.v[i].record;
	return r && !need->hashes.n && !need->link.n && !need->req.url.n &&
	       pf_lock_admits(&need->req.specs, r->version);
}

/* What is wrong with what a lock has for a need; an empty view: nothing. */
static struct pf_str differs(struct pf_arena *a, const struct pf_lock *l,
			     const struct pf_need *need)
{
	const struct pf_lock_package *p = pf_lock_find(l, need->req.key);
	struct pf_str link = need->link.n ? need->link : need->req.url;

	if (!p && conda_has(a, l, need))
		return PF_S("");
	if (!p)
		return need->constraint ? PF_S("") : PF_S("is not in it");
	if (!pf_lock_admits(&need->req.specs, p->version))
		return pf_format(a, "is locked as " PF_FMT, PF_ARG(pf_shown(p->version)));
	if (link.n && !need->constraint && !has_link(l, p, link))
		return p->git ? PF_S("is locked as another commit")
			      : PF_S("is locked as another file");
	return has_digest(p, &need->hashes) ? PF_S("") : PF_S("is locked with another digest");
}

static void list_differences(struct pf_buf *out, size_t *count, const struct pf_lock *l,
			     const struct pf_needs *wanted, const struct pf_marker_env *env)
{
	PF_AUTO(arena) a = { 0 };

	for (size_t i = 0; i < wanted->pip.n; i++) {
		const struct pf_need *need = &wanted->pip.v[i];
		struct pf_str what = { 0 };

		if (need->parsed && pf_marker_eval(need->req.marker, env, PF_S("")))
			what = differs(&a, l, need);
		if (!what.n || (*count)++ >= SHOWN)
			continue;
		pf_buf_printf(out, "%s" PF_FMT " (" PF_FMT, *count > 1 ? "; " : "",
			      PF_ARG(pf_shown(need->text)), PF_ARG(need->file));
		if (need->line)
			pf_buf_printf(out, ", line %u", need->line);
		pf_buf_printf(out, ") " PF_FMT, PF_ARG(what));
	}
	if (*count > SHOWN)
		pf_buf_printf(out, "; and %zu more", *count - SHOWN);
}

int pf_lock_check(const struct pf_lock *l, const struct pf_needs *wanted,
		  const struct pf_lock_for *whom, const struct pf_marker_env *env,
		  struct pf_err *err)
{
	PF_AUTO(buf) list = PF_BUF(PF_KIB(64));
	PF_AUTO(arena) a = { 0 };
	bool changed = l->needs.n && !pf_str_eq(l->needs, pf_lock_needs_digest(&a, whom->needs));
	size_t count = 0;

	if (l->requires_python.n && pf_lock_check_python(l->requires_python, whom->python, err) < 0)
		return -1;
	list_differences(&list, &count, l, wanted, env);
	if (!count)
		return 0;
	pf_fail(err, PF_EINTEGRITY, "%s: " PF_FMT,
		changed ? "the model has changed since it was locked" :
			  "it does not hold what the model needs",
		PF_ARG(pf_buf_view(&list)));
	return pf_hint(err, "make a new lock: pyfunc-env lock");
}
