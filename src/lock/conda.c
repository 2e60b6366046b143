/* conda.c - conda packages of a lock: one address each, with a digest */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digests.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"
#include "req/name.h"
#include "req/reqneed.h"
#include "solve/solve.h"

/* "https://host/conda-forge/linux-64/x-1-0.conda": channel, subdir and file. */
static int split(struct pf_conda_record *r, struct pf_arena *a, struct pf_str url, unsigned line,
		 struct pf_err *err)
{
	size_t slash = pf_str_rfind(url, '/');
	struct pf_str folder = pf_str_cut(url, 0, slash == PF_NPOS ? 0 : slash), version = { 0 };
	size_t before = pf_str_rfind(folder, '/');

	r->fn = pf_url_decode(a, pf_str_skip(url, slash == PF_NPOS ? 0 : slash + 1));
	if (before == PF_NPOS || !pf_conda_filename_cut(r->fn, &r->name, &version, &r->build))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is no conda package's address",
			       line, PF_ARG(pf_shown(pf_redacted(a, url))));
	r->subdir = pf_str_skip(folder, before + 1);
	r->channel = pf_str_cut(folder, 0, before);
	r->url = url;
	(void)pf_conda_record_set_version(r, a, version);
	return 0;
}

static int take_digest(struct pf_str *out, struct pf_arena *a, struct pf_str hex, size_t digits,
		       unsigned line, struct pf_err *err)
{
	struct pf_str low;

	if (!hex.n)
		return 0;
	low = pf_dup(a, hex);
	for (size_t i = 0; i < low.n; i++)
		((char *)(uintptr_t)low.p)[i] = pf_lower(low.p[i]);
	for (size_t i = 0; i < low.n; i++)
		if (pf_hex_digit(low.p[i]) < 0)
			low.n = 0;
	if (low.n != digits)
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is no digest", line,
			       PF_ARG(pf_shown(hex)));
	*out = low;
	return 0;
}

static struct pf_str channel_url(struct pf_arena *a, struct pf_str channel)
{
	bool path = !pf_str_starts(channel, "file:") &&
		    pf_str_find_str(channel, "://") == PF_NPOS &&
		    pf_str_find(channel, '/') != PF_NPOS;
	char *real = path ? pf_realpath(a, pf_dupz(a, channel)) : NULL;

	channel = real ? pf_url_of_path(a, real) : channel;
	while (pf_str_ends(channel, "/"))
		channel.n--;
	return channel;
}

/* "file:///pool/linux-64/x-1-0.conda" for the user's channel "file:///pool", or "/pool". */
static bool is_of_channel(struct pf_arena *a, const struct pf_strs *channels, struct pf_str url)
{
	struct pf_str plain = pf_url_decode(a, url);

	if (!plain.n || pf_str_find_str(plain, "/../") != PF_NPOS)
		return false;
	for (size_t i = 0; i < channels->n; i++) {
		struct pf_str c = channel_url(a, channels->v[i]);

		if (c.n && pf_str_starts(url, pf_dupz(a, c)) && url.n > c.n && url.p[c.n] == '/')
			return true;
	}
	return false;
}

int pf_lock_add_conda(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str url,
		      struct pf_str md5, struct pf_str sha256, unsigned line, struct pf_err *err)
{
	struct pf_planned_conda one = { 0 };
	struct pf_conda_record *r = &one.record;
	struct pf_str kept = pf_dup(&l->arena, url);
	struct pf_url u;

	if (pf_url_split(&u, kept, err) < 0)
		return pf_wrap(err, "line %u", line);
	if (!pf_url_is_http(&u) && !is_of_channel(&l->arena, t->channels, kept)) {
		pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is a place of one machine", line,
			PF_ARG(pf_shown(pf_redacted(&l->arena, kept))));
		return pf_hint(err, "name the channel that it is in with --channel");
	}
	if (split(r, &l->arena, kept, line, err) < 0 ||
	    take_digest(&r->md5, &l->arena, md5, 32, line, err) < 0 ||
	    take_digest(&r->sha256, &l->arena, sha256, 64, line, err) < 0)
		return -1;
	if (t->subdir.n && !pf_str_eq(r->subdir, t->subdir) && !pf_str_is(r->subdir, "noarch"))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is for " PF_FMT ", not "
			       PF_FMT, line, PF_ARG(pf_shown(r->fn)), PF_ARG(pf_shown(r->subdir)),
			       PF_ARG(t->subdir));
	if (!r->md5.n && !r->sha256.n)
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " has no digest", line,
			       PF_ARG(pf_shown(r->fn)));
	for (size_t i = 0; i < l->conda.n; i++)
		if (pf_str_eq(l->conda.v[i].record.name, r->name))
			return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is locked twice",
				       line, PF_ARG(pf_shown(r->name)));
	if (l->conda.n == PF_MAX_DISTS)
		return pf_fail(err, PF_ELIMIT, "line %u: more than %d packages", line,
			       PF_MAX_DISTS);
	one.from = kept;
	*PF_PUSH(&l->arena, &l->conda) = one;
	return 0;
}

/* ---- packages of pip ---- */

/* "git+https://h/r@COMMIT#subdirectory=x" as pip has it, else as pixi and uv. */
static int take_commit(struct pf_lock *l, struct pf_lock_package *p, struct pf_str place,
		       struct pf_err *err)
{
	size_t hash = pf_str_find(place, '#');
	struct pf_git_source from = { 0 };

	if (hash != PF_NPOS && pf_git_is_commit(pf_str_skip(place, hash + 1)))
		return pf_lock_take_git_url(l, p, pf_str_skip(place, 4), p->line, err);
	if (pf_git_split(&from, &l->arena, place, err) < 0)
		return pf_wrap(err, "line %u", p->line);
	return pf_lock_take_git(l, p, &from, p->line, err);
}

static bool is_archive(struct pf_str path)
{
	return pf_str_ends(path, ".whl") || pf_str_ends(path, ".tar.gz") ||
	       pf_str_ends(path, ".zip");
}

static int take_file(struct pf_lock *l, const struct pf_lock_target *t, struct pf_lock_package *p,
		     struct pf_str place, struct pf_str sha256, struct pf_err *err)
{
	bool path = pf_str_find(place, ':') == PF_NPOS;
	struct pf_lock_file f = { 0 };

	if (path && !is_archive(place))
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " is a folder of sources, which no digest tells",
			       p->line, PF_ARG(pf_shown(p->name)));
	if (!path)
		f.url = pf_dup(&l->arena, pf_str_skip(place, pf_str_starts(place, "direct+") ? 7 : 0));
	if (sha256.n && pf_lock_add_digest(&f.hashes, &l->arena, PF_S("sha256"), sha256, p->line,
					   err) < 0)
		return -1;
	return pf_lock_add_file(l, p, &f, path ? place : PF_S(""), t, err);
}

int pf_lock_add_pip(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str name,
		    struct pf_str version, struct pf_str place, struct pf_str sha256, unsigned line,
		    struct pf_err *err)
{
	struct pf_lock_package p = { .name = pf_name_canonical(&l->arena, name),
				     .version = pf_dup(&l->arena, version), .line = line };

	if (!pf_name_is_valid(name))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is no package's name", line,
			       PF_ARG(pf_shown(name)));
	if ((pf_str_starts(place, "git+") ? take_commit(l, &p, place, err)
					  : take_file(l, t, &p, place, sha256, err)) < 0)
		return -1;
	return pf_lock_add_package(l, &p, err);
}

int pf_lock_wheel_of(struct pf_str *sha256, const struct pf_planned *p, const char *format,
		     struct pf_err *err)
{
	bool git = pf_planned_is_git(p);

	for (size_t i = 0; !git && pf_requrl_is_http(p->from) && i < p->hashes.n; i++) {
		if (!pf_str_starts(p->hashes.v[i], "sha256:"))
			continue;
		*sha256 = pf_str_skip(p->hashes.v[i], strlen("sha256:"));
		return 0;
	}
	pf_fail(err, PF_EUSAGE, "%s cannot hold " PF_FMT ", which is %s", format, PF_ARG(p->name),
		git ? "a commit of a repository" : "no file at an address, with a digest of SHA-256");
	return pf_hint(err, git && strcmp(format, "conda-lock") != 0 ?
				    "write a conda-lock, with -f conda-lock" :
				    "write what this program alone reads, with -f json");
}

/* ---- whom it is for ---- */

const struct pf_conda_record *pf_lock_conda(const struct pf_lock *l, struct pf_str name)
{
	for (size_t i = 0; i < l->conda.n; i++)
		if (pf_str_eq(l->conda.v[i].record.name, name))
			return &l->conda.v[i].record;
	return NULL;
}

static bool satisfies(const struct pf_conda_record *r, struct pf_match_spec s)
{
	/* What the file's name does not tell is not compared. */
	s.channel = s.subdir = s.url = s.license = s.license_family = (struct pf_pattern){ 0 };
	s.build_number = (struct pf_build_number_spec){ 0 };
	s.track_features = s.features = (struct pf_strs){ 0 };
	return pf_match_spec_matches(&s, r);
}

static bool has_spec(struct pf_arena *a, const struct pf_conda_record *r, struct pf_str spec)
{
	struct pf_match_spec s;
	struct pf_err ignored;

	return r && pf_match_spec_parse(&s, a, spec, &ignored) == 0 && satisfies(r, s);
}

static int check_python(const struct pf_lock *l, const struct pf_needs *needs, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_conda_record *r = pf_lock_conda(l, PF_S("python"));
	struct pf_match_spec s;

	if (!needs->python.n && !needs->conda_python.n)
		return 0;
	if (pf_conda_python_spec(&s, &a, needs, err) < 0)
		return -1;
	if (r && satisfies(r, s))
		return 0;
	pf_fail(err, PF_EINTEGRITY, "the model needs " PF_FMT ", and it has another one",
		PF_ARG(pf_shown(pf_redacted(&a, s.text))));
	return pf_hint(err, "make a new lock: pyfunc-env lock");
}

int pf_lock_check_conda(const struct pf_lock *l, const struct pf_needs *needs, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	if (check_python(l, needs, err) < 0)
		return -1;
	for (size_t i = 0; i < needs->conda.n; i++) {
		struct pf_str name = pf_conda_spec_name(needs->conda.v[i]);
		const struct pf_conda_record *r = pf_lock_conda(l, name);

		/* The machine's own are in no lock. */
		if (pf_str_starts(name, "__") || has_spec(&a, r, needs->conda.v[i]))
			continue;
		pf_fail(err, PF_EINTEGRITY, "it does not hold what the model needs: " PF_FMT " %s",
			PF_ARG(pf_shown(pf_redacted(&a, needs->conda.v[i]))),
			r ? "is locked in another version" : "is not in it");
		return pf_hint(err, "make a new lock: pyfunc-env lock");
	}
	return 0;
}
