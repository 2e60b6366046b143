/* repodata.c - what channels have of a package: asked for together, told by name */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/repodata.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "channel/repodata_parts.h"

/* ---- addresses ---- */

/* Where packages and shards lie, seen from where the list of them is (CEP 15). Never from a server
 * to a file of ours, nor from https to less. */
static int join(struct pf_str *out, struct pf_arena *a, struct pf_str folder, struct pf_str link,
		struct pf_err *err)
{
	struct pf_url base, joined;
	struct pf_str text;

	if (pf_url_split(&base, folder, err) < 0 || pf_url_join(&text, a, &base, link, err) < 0 ||
	    pf_url_split(&joined, text, err) < 0)
		return pf_wrap(err, "its base_url");
	if (!pf_str_eq(base.scheme, joined.scheme) && !pf_str_is(joined.scheme, "https"))
		return pf_fail(err, PF_EINTEGRITY, "its base_url leads from " PF_FMT ": to " PF_FMT,
			       PF_ARG(base.scheme), PF_ARG(pf_shown(text)));
	*out = pf_str_ends(text, "/") ? text : pf_format(a, PF_FMT "/", PF_ARG(text));
	return 0;
}

static int set_addresses(struct pf_repo *r, struct pf_err *err)
{
	struct pf_str address = r->asked.v[r->address], shards;
	struct pf_str folder = pf_format(&r->arena, PF_FMT "/" PF_FMT "/", PF_ARG(r->channel->url),
					 PF_ARG(r->subdir));

	if (join(&r->from.base, &r->arena, folder, r->file.facts.base, err) < 0)
		return -1;
	if (!r->file.facts.shards.n)
		return 0;
	folder = pf_format(&r->arena, PF_FMT "/" PF_FMT "/", PF_ARG(address), PF_ARG(r->subdir));
	if (join(&shards, &r->arena, folder, r->file.facts.shards, err) < 0)
		return -1;
	r->shards = pf_dupz(&r->arena, shards);
	return 0;
}

/* ---- opened ---- */

static void open_cache(struct pf_repodata_own *own, const char *dir)
{
	struct pf_err err;
	int fd;

	if (pf_mkdir_p(dir, 0755, &err) < 0 ||
	    (fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		pf_debug("nothing of channels is kept: %s", dir);
		return;
	}
	if ((mkdirat(fd, "repodata", 0755) < 0 && errno != EEXIST) ||
	    (mkdirat(fd, "shards", 0755) < 0 && errno != EEXIST))
		pf_debug("folders in %s cannot be made", dir);
	own->cache = fd;
}

static int take_logins(struct pf_repodata_own *own, struct pf_err *err)
{
	for (size_t i = 0; i < own->channels->v.n; i++) {
		const struct pf_channel *c = &own->channels->v.v[i];

		for (size_t k = 0; k < c->asked.n; k++) {
			struct pf_url u;

			if (pf_url_split(&u, c->asked.v[k], err) < 0 ||
			    (pf_url_is_http(&u) && pf_pool_login(&own->pool, &u, err) < 0))
				return pf_wrap(err, "channel " PF_FMT, PF_ARG(pf_shown(c->name)));
		}
	}
	return 0;
}

static void list_repos(struct pf_repodata_own *own)
{
	const struct pf_channels *channels = own->channels;
	struct pf_repo *r;

	own->repos = pf_alloc_array(&own->arena, channels->v.n * channels->subdirs.n + 1,
				    sizeof(*own->repos));
	for (size_t i = 0; i < channels->v.n; i++)
		for (size_t k = 0; k < channels->subdirs.n; k++) {
			char hex[PF_SHA256_HEX];
			struct pf_str whole;

			r = &own->repos[own->repo_count++];
			r->own = own;
			r->channel = &channels->v.v[i];
			r->subdir = channels->subdirs.v[k];
			r->from = (struct pf_repo_from){ .channel = r->channel->url,
							 .channel_name = r->channel->name,
							 .subdir = r->subdir };
			whole = pf_format(&own->arena, PF_FMT "\n" PF_FMT,
					  PF_ARG(r->channel->url), PF_ARG(r->subdir));
			pf_sha256_hex(hex, whole.p, whole.n);
			snprintf(r->key, sizeof(r->key), "repodata/%.32s", hex);
		}
}

static int wait_for(struct pf_repodata_own *own, struct pf_err *err)
{
	for (size_t i = 0; i < own->repo_count; i++)
		pf_repo_ask(&own->repos[i]);
	for (size_t i = 0; i < own->repo_count; i++) {
		struct pf_repo *r = &own->repos[i];

		/* One transfer asks for file after file: when it has ended, all is settled. */
		if (!r->settled && pf_pool_wait(&own->pool, &r->t, err) < 0 && !r->settled)
			return -1;
		if (r->err.code) {
			*err = r->err;
			return -1;
		}
	}
	return 0;
}

/* ---- made, by as many threads as there are processors ---- */

struct work {
	struct pf_repodata_own *own;
	size_t next;	/* atomic */
};

static void *make_some(void *ctx)
{
	struct work *w = ctx;
	size_t i;

	while ((i = __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED)) < w->own->repo_count)
		if (w->own->repos[i].body > 0)
			pf_repo_make(&w->own->repos[i]);
	return NULL;
}

static size_t count_threads(const struct pf_repodata_own *own)
{
	size_t n = 0, most = pf_processors();

	for (size_t i = 0; i < own->repo_count; i++)
		n += own->repos[i].body > 0;
	most = most < PF_MAX_CREW ? most : PF_MAX_CREW;
	return n < most ? n : most;
}

static int make_all(struct pf_repodata_own *own, struct pf_err *err)
{
	struct work work = { .own = own };
	pthread_t threads[PF_MAX_CREW];
	size_t wanted = count_threads(own), n = 0;

	while (n + 1 < wanted && pthread_create(&threads[n], NULL, make_some, &work) == 0)
		n++;
	make_some(&work);
	while (n)
		pthread_join(threads[--n], NULL);
	for (size_t i = 0; i < own->repo_count; i++)
		if (own->repos[i].err.code) {
			*err = own->repos[i].err;
			return -1;
		}
	return 0;
}

/* One subdir at least: of `n`, where those that are refused may be there. */
static int check_channel(const struct pf_repo *v, size_t n, struct pf_err *err)
{
	const struct pf_repo *there = NULL, *refused = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!v[i].absent)
			there = &v[i];
		else if (v[i].refused.code)
			refused = &v[i];
	}
	if (there && refused)
		pf_warn("channel " PF_FMT " does not tell what it has for " PF_FMT
			": it is taken as nothing (HTTP status 403)",
			PF_ARG(pf_shown(refused->channel->name)), PF_ARG(refused->subdir));
	if (there)
		return 0;
	if (refused) {
		*err = refused->refused;
		return -1;
	}
	pf_fail(err, PF_ETRANSFER, "there is no channel " PF_FMT ": it has no repodata",
		PF_ARG(pf_shown(v[0].channel->name)));
	return pf_hint(err, "is its name right?");
}

static int check_channels(struct pf_repodata_own *own, struct pf_err *err)
{
	size_t subdirs = own->channels->subdirs.n;

	for (size_t i = 0; i < own->repo_count; i += subdirs)
		if (check_channel(&own->repos[i], subdirs, err) < 0)
			return -1;
	return 0;
}

static int open_all(struct pf_repodata_own *own, struct pf_err *err)
{
	if (take_logins(own, err) < 0)
		return -1;
	list_repos(own);
	if (wait_for(own, err) < 0 || make_all(own, err) < 0 || check_channels(own, err) < 0)
		return -1;
	for (size_t i = 0; i < own->repo_count; i++) {
		struct pf_repo *r = &own->repos[i];

		if (!r->absent && set_addresses(r, err) < 0)
			return pf_wrap(err, "channel " PF_FMT " for " PF_FMT,
				       PF_ARG(pf_shown(r->channel->name)), PF_ARG(r->subdir));
	}
	return 0;
}

int pf_repodata_open(struct pf_repodata *out, const struct pf_channels *channels,
		     const struct pf_repodata_settings *settings, struct pf_err *err)
{
	PF_AUTO(repodata) r = { .own = calloc(1, sizeof(struct pf_repodata_own)) };

	if (!r.own)
		pf_oom();
	r.own->settings = *settings;
	r.own->channels = channels;
	r.own->pool.net = settings->net;
	if (settings->cache)
		open_cache(r.own, settings->cache);
	if (open_all(r.own, err) < 0)
		return -1;
	*out = PF_TAKE(r);
	return 0;
}

void pf_repodata_free(struct pf_repodata *r)
{
	struct pf_repodata_own *own = r->own;

	if (!own)
		return;
	pf_shards_free(own);
	for (size_t i = 0; i < own->repo_count; i++) {
		struct pf_repo *one = &own->repos[i];

		pf_transfer_free(&own->pool, &one->t);
		if (one->t.fd > 0)
			close(one->t.fd);
		if (one->body > 0)
			close(one->body);
		pf_repo_file_free(&one->old);
		pf_repo_file_free(&one->file);
		pf_arena_free(&one->arena);
	}
	pf_pool_free(&own->pool);
	if (own->cache > 0)
		close(own->cache);
	pf_arena_free(&own->arena);
	free(own);
	r->own = NULL;
}

/* ---- asked ---- */

void pf_repodata_want(struct pf_repodata *r, const struct pf_str *names, size_t n)
{
	struct pf_repodata_own *own = r->own;

	for (size_t i = 0; i < own->repo_count; i++) {
		struct pf_repo *one = &own->repos[i];
		const struct pf_repo_disk_run *run;

		for (size_t k = 0; one->shards && k < n; k++)
			if (pf_repo_file_find(&run, &one->file, names[k]))
				pf_shard_want(one, run);
	}
}

static int take_run(struct pf_repo_taking *t, struct pf_repo *r, const struct pf_repo_disk_run *run,
		    struct pf_err *err)
{
	static const char around[2][2] = { { '{', '}' }, { '[', ']' } };
	struct pf_str text;

	if (r->shards)
		return pf_shard_take(t, r, run, err);
	if (pf_repo_file_read(&text, t->arena, &r->file, run,
			      around[run->section == PF_REPO_REMOVED], err) < 0)
		return -1;
	return pf_repo_take(t, (enum pf_repo_section)run->section, text, err);
}

static int take_repo(struct pf_conda_package *out, struct pf_repo *r, struct pf_str name,
		     struct pf_err *err)
{
	const struct pf_repo_disk_run *runs;
	size_t n = pf_repo_file_find(&runs, &r->file, name);
	struct pf_repo_taking t;
	int rc = 0;

	if (!n)
		return 0;
	pf_repo_taking_start(&t, &r->own->arena, &r->from, name, out);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = take_run(&t, r, &runs[i], err);
	pf_repo_taking_end(&t);
	if (rc < 0)
		return pf_wrap(err, "channel " PF_FMT " for " PF_FMT ", records of " PF_FMT,
			       PF_ARG(pf_shown(r->channel->name)), PF_ARG(r->subdir),
			       PF_ARG(pf_shown(name)));
	return 0;
}

int pf_repodata_package(const struct pf_conda_package **out, struct pf_repodata *r,
			struct pf_str name, struct pf_err *err)
{
	struct pf_repodata_own *own = r->own;
	void **place = pf_map_put(&own->arena, &own->packages, name);
	struct pf_conda_package *made = *place;

	if (!made) {
		made = pf_alloc(&own->arena, sizeof(*made));
		for (size_t i = 0; i < own->repo_count; i++)
			if (take_repo(made, &own->repos[i], name, err) < 0)
				return -1;
		*pf_map_put(&own->arena, &own->packages, name) = made;
	}
	*out = made;
	return 0;
}
