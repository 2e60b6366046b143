/* reqlock.c - requirements files in which every line is one version and its digests */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"
#include "req/reqfile.h"

bool pf_reqlock_is(struct pf_str text)
{
	(void)text;
	return true; /* the last to be asked */
}

/* ---- read ---- */

/* "#sha256=..." of an address. */
static int take_fragment(struct pf_strs *out, struct pf_lock *l, struct pf_str fragment,
			 unsigned line, struct pf_err *err)
{
	struct pf_str one;

	if (pf_url_subdirectory(fragment).n)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: a folder within an archive is not built here", line);
	while (fragment.n && pf_str_next(&fragment, '&', &one)) {
		size_t eq = pf_str_find(one, '=');

		if (eq != PF_NPOS && pf_lock_add_digest(out, &l->arena, pf_str_cut(one, 0, eq),
							pf_str_skip(one, eq + 1), line, err) < 0)
			return -1;
	}
	return 0;
}

/* "name @ git+https://h/r@COMMIT": a whole commit alone stands for one version. */
static int take_git(struct pf_lock *l, struct pf_lock_package *p, const struct pf_need *need,
		    struct pf_str link, struct pf_err *err)
{
	struct pf_git_source git = { 0 };

	if (need->hashes.n)
		return pf_fail(err, PF_EINTEGRITY, "line %u: a commit has no digest to be compared",
			       need->line);
	if (pf_git_split(&git, &l->arena, link, err) < 0)
		return pf_wrap(err, "line %u", need->line);
	return pf_lock_take_git(l, p, &git, need->line, err);
}

static int take_link(struct pf_lock *l, struct pf_lock_package *p, const struct pf_need *need,
		     const struct pf_lock_target *t, struct pf_err *err)
{
	struct pf_str link = need->link.n ? need->link : need->req.url;
	struct pf_lock_file f = { .hashes = p->hashes };
	struct pf_url url;

	if (pf_str_starts(link, "git+"))
		return take_git(l, p, need, link, err);
	if (pf_url_split(&url, link, err) < 0)
		return pf_wrap(err, "line %u", need->line);
	if (take_fragment(&f.hashes, l, url.fragment, need->line, err) < 0)
		return -1;
	if (f.hashes.n > 1)
		return pf_fail(err, PF_EINTEGRITY, "line %u: more than one digest for one address",
			       need->line);
	f.url = pf_str_cut(link, 0, pf_str_find(link, '#'));
	p->direct = link;
	p->hashes = (struct pf_strs){ 0 };
	return pf_lock_add_file(l, p, &f, PF_S(""), t, err);
}

static int take_need(struct pf_lock *l, const struct pf_need *need, const struct pf_lock_target *t,
		     struct pf_err *err)
{
	const struct pf_spec *pin = need->parsed ? pf_specset_pin(&need->req.specs) : NULL;
	struct pf_lock_package p = { .line = need->line };

	if (need->constraint ||
	    (need->parsed && !pf_marker_eval(need->req.marker, t->env, PF_S(""))))
		return 0;
	if (!need->parsed || need->editable || (!pin && !need->req.url.n && !need->link.n))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " names no one version",
			       need->line, PF_ARG(pf_shown(need->text)));
	p.name = need->req.key;
	p.version = pin ? pin->text : PF_S("");
	if (pf_lock_add_digests(&p.hashes, &l->arena, &need->hashes, need->line, err) < 0)
		return -1;
	if (!pin && take_link(l, &p, need, t, err) < 0)
		return -1;
	if (!p.files.n && !p.hashes.n && !p.git)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " has no digest of SHA-256 or better", need->line,
			       PF_ARG(pf_shown(need->text)));
	return pf_lock_add_package(l, &p, err);
}

int pf_reqlock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		    struct pf_err *err)
{
	struct pf_needs needs = { 0 };

	if (pf_reqfile_read_text(&needs, &out->arena, -1, pf_dup(&out->arena, text), PF_S("it"),
				 false, err) < 0)
		return -1;
	for (size_t i = 0; i < needs.asked.n; i++) {
		const struct pf_asked *one = &needs.asked.v[i];

		if (one->kind == PF_ASKED_URL) /* without a digest: a commit may be */
			continue;
		if (one->kind != PF_ASKED_INDEX)
			return pf_fail(err, PF_EINTEGRITY,
				       "line %u: " PF_FMT " is no part of a lock", one->line,
				       PF_ARG(pf_shown(one->text)));
		pf_note("the lock's " PF_FMT " is not followed: packages come from your own index",
			PF_ARG(pf_shown(one->text)));
	}
	for (size_t i = 0; i < needs.pip.n; i++)
		if (take_need(out, &needs.pip.v[i], t, err) < 0)
			return -1;
	return out->packages.n ? 0 : pf_fail(err, PF_EINTEGRITY, "it names no package");
}

/* ---- write ---- */

int pf_reqlock_write(struct pf_buf *out, const struct pf_lock_of *what, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	bool git = pf_lock_has_git(what->plan);

	pf_buf_printf(out, "# for " PF_FMT " %d.%d, " PF_FMT "\n",
		      PF_ARG(what->python->implementation), what->python->major,
		      what->python->minor, PF_ARG(what->python->platform));
	if (git) { /* which pip compares all or none of */
		pf_buf_cstr(out,
			    "# without digests: a commit has none, and pip takes none beside it\n");
		pf_note("requirements with a commit of a repository are without digests, as pip takes none beside it: "
			"a pylock has them");
	}
	for (size_t i = 0; i < what->plan->packages.n; i++) {
		const struct pf_planned *one = &what->plan->packages.v[i];
		struct pf_git_source source = { 0 };
		struct pf_err ignored;
		struct pf_url url;

		if (pf_lock_git_of(&source, &a, one)) {
			pf_buf_printf(out, PF_FMT " @ " PF_FMT, PF_ARG(one->name),
				      PF_ARG(pf_git_pinned(&a, &source)));
		} else if (!one->url.n) {
			pf_buf_printf(out, PF_FMT "==" PF_FMT, PF_ARG(one->name),
				      PF_ARG(one->version));
		} else if (pf_url_split(&url, one->url, &ignored) == 0 && pf_url_is_http(&url)) {
			pf_buf_printf(out, PF_FMT " @ %s", PF_ARG(one->name),
				      pf_url_bare(&a, &url));
		} else {
			pf_fail(err, PF_EUSAGE,
				"requirements cannot hold " PF_FMT ", which is the model's own "
				"file or no archive",
				PF_ARG(one->name));
			return pf_hint(err, "write a pylock");
		}
		for (size_t k = 0; !git && k < one->hashes.n; k++)
			pf_buf_printf(out, " \\\n    --hash=" PF_FMT, PF_ARG(one->hashes.v[k]));
		pf_buf_char(out, '\n');
	}
	return 0;
}
