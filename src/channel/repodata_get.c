/* repodata_get.c - a channel's subdir: found at hand, in a folder, or asked for at its addresses */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "channel/repodata_parts.h"

const struct pf_repo_variant pf_repo_variants[PF_REPO_VARIANTS] = {
	{ "repodata_shards.msgpack.zst", true, true },
	{ "repodata.json.zst", true, false },
	{ "repodata.json.bz2", true, false },
	{ "repodata.json", false, false },
};

int pf_repo_scratch(const struct pf_repodata_own *own, struct pf_err *err)
{
	int fd = own->cache > 0 ? openat(own->cache, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
				: -1;

	if (fd < 0)
		fd = memfd_create("repodata", MFD_CLOEXEC);
	return fd < 0 ? pf_fail_errno(err, "no file can be made for a channel's packages") : fd;
}

static struct pf_str address_of(const struct pf_repo *r)
{
	return r->asked.v[r->address];
}

static char *variant_url(struct pf_repo *r)
{
	return pf_formatz(&r->arena, PF_FMT "/" PF_FMT "/%s", PF_ARG(address_of(r)),
			  PF_ARG(r->subdir), pf_repo_variants[r->variant].name);
}

/* Whether what is kept came from where is asked now: of another address's list it tells nothing. */
static bool is_kept_here(const struct pf_repo *r)
{
	return r->old.fd && r->address == r->kept;
}

static bool is_variant(const struct pf_repo_file *f, size_t variant)
{
	return pf_str_is(f->facts.variant, pf_repo_variants[variant].name);
}

static void ask_here(struct pf_repo *r);

/* Of a channel's addresses, the next one, where there is one left. What was the matter with this
 * one counts if no other has it. */
static bool ask_next(struct pf_repo *r)
{
	if (r->address + 1 >= r->asked.n)
		return false;
	r->address++;
	r->variant = 0;
	r->source = NULL;
	ask_here(r);
	return true;
}

static void settle(struct pf_repo *r)
{
	if (r->body > 0 || r->file.fd)
		r->err = (struct pf_err){ 0 };
	pf_repo_file_free(&r->old);
	r->settled = true;
}

static void take_old(struct pf_repo *r)
{
	r->absent = r->old.facts.absent;
	if (r->kept < r->asked.n)
		r->address = r->kept;
	if (!r->absent)
		r->file = PF_TAKE(r->old);
	settle(r);
}

/* That there is no such subdir is known for a while, too. */
static void keep_absence(const struct pf_repo *r)
{
	const struct pf_repo_facts facts = { .absent = 1, .max_age = PF_AGE_PAGE };
	const struct pf_map none = { 0 };
	PF_AUTO(atomic) f = { 0 };
	struct pf_err err;

	if (r->own->cache > 0 &&
	    (pf_atomic_open(&f, r->own->cache, r->key, 0644, &err) < 0 ||
	     pf_repo_file_finish(f.fd, 0, &none, &facts, &err) < 0 ||
	     pf_atomic_commit(&f, &err) < 0))
		pf_debug("not kept: %s", err.msg);
}

/* ---- folders ---- */

/* Is what is kept of this very file? */
static bool is_same(const struct pf_repo *r, const struct stat *st)
{
	struct pf_repo_facts now = { 0 };

	pf_repo_facts_of_file(&now, st);
	return is_variant(&r->old, r->variant) && r->old.facts.source_size == now.source_size &&
	       r->old.facts.source_inode == now.source_inode &&
	       r->old.facts.source_time == now.source_time;
}

/* The plain file first: nothing has to be unpacked, or copied. */
static void take_local(struct pf_repo *r, const char *folder)
{
	struct stat st;

	for (size_t i = PF_REPO_VARIANTS; i-- && r->body <= 0;) {
		char *path = pf_formatz(&r->arena, "%s/" PF_FMT "/%s", folder, PF_ARG(r->subdir),
					pf_repo_variants[i].name);

		if (access(path, F_OK) < 0)
			continue;
		r->variant = i;
		r->source = path;
		r->body = pf_open_file(AT_FDCWD, path, &r->err);
		if (r->body < 0 || fstat(r->body, &st) < 0) {
			pf_fd_close(&r->body);
			if (!ask_next(r))
				settle(r);
			return;
		}
		pf_repo_facts_of_file(&r->facts, &st);
		if (is_same(r, &st) && !r->own->settings.refresh) {
			pf_fd_close(&r->body);
			r->body = 0;
			take_old(r);
			return;
		}
	}
	if (r->body <= 0 && ask_next(r))
		return;
	r->absent = r->body <= 0;
	settle(r);
}

/* ---- servers ---- */

static void start(struct pf_repo *r);

static void fail(struct pf_repo *r, const struct pf_err *err)
{
	r->err = *err;
	if (!ask_next(r))
		settle(r);
}

/* What is kept was of a file that is gone: all of them again. */
static void next_variant(struct pf_repo *r)
{
	if (is_kept_here(r) && !r->again) {
		r->again = true;
		pf_repo_file_free(&r->old);
		r->variant = 0;
	} else {
		r->variant++;
	}
	if (r->variant < PF_REPO_VARIANTS) {
		start(r);
		return;
	}
	if (ask_next(r))
		return;
	r->absent = true;
	if (!r->err.code && !r->refused.code)
		keep_absence(r);
	settle(r);
}

static void touch(const struct pf_repo *r)
{
	if (r->own->cache > 0 &&
	    utimensat(r->own->cache, r->key, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		pf_debug("%s cannot be touched", r->key);
}

static void take_answer(struct pf_transfer *t, void *ctx)
{
	struct pf_repo *r = ctx;
	struct pf_err err = t->err;

	/* A bucket that is not to be listed says 403 of what it does not have. */
	if (t->status == 404 || t->status == 410 || t->status == 403) {
		if (t->status == 403)
			r->refused = err;
		pf_transfer_free(&r->own->pool, t);
		next_variant(r);
		return;
	}
	if (!err.code && t->status == 304 && !r->old.fd)
		pf_fail(&err, PF_ETRANSFER,
			"the server of channel " PF_FMT " says that nothing has changed, and "
			"there is nothing at hand",
			PF_ARG(pf_shown(r->channel->name)));
	if (err.code) {
		pf_transfer_free(&r->own->pool, t);
		fail(r, &err);
		return;
	}
	if (t->status == 304) {
		touch(r);
		take_old(r);
	} else {
		r->body = pf_fd_take(&t->fd);
		r->facts = (struct pf_repo_facts){ .etag = pf_dup(&r->arena, t->got_etag),
						   .modified = pf_dup(&r->arena, t->got_modified),
						   .max_age = t->max_age };
		settle(r);
	}
	pf_transfer_free(&r->own->pool, t);
}

static void start(struct pf_repo *r)
{
	const struct pf_repo_facts *kept = NULL;
	int fd = pf_repo_scratch(r->own, &r->err);

	if (fd < 0) {
		settle(r);
		return;
	}
	if (is_kept_here(r) && is_variant(&r->old, r->variant))
		kept = &r->old.facts;
	if (r->t.fd > 0)
		close(r->t.fd);
	r->t = (struct pf_transfer){ .url = variant_url(r), .max = PF_MAX_REPODATA_PACKED,
				     .fd = fd, .done = take_answer, .ctx = r };
	if (kept && kept->etag.n)
		r->t.etag = pf_dupz(&r->arena, kept->etag);
	if (kept && kept->modified.n)
		r->t.modified = pf_dupz(&r->arena, kept->modified);
	pf_pool_start(&r->own->pool, &r->t);
}

/* As long as its server said, where that one is still to be asked; else it is asked about each
 * time. */
static bool is_fresh(const struct pf_repo *r)
{
	return r->old.age < r->old.facts.max_age &&
	       (r->old.facts.absent || r->kept < r->asked.n);
}

/* At a server: what is at hand counts where it may. */
static void ask_server(struct pf_repo *r)
{
	const struct pf_repodata_settings *s = &r->own->settings;
	struct pf_err err;

	if (r->old.fd && (s->offline || (!s->refresh && is_fresh(r)))) {
		take_old(r);
		return;
	}
	if (s->offline) {
		pf_fail(&err, PF_ETRANSFER,
			"offline, and what channel " PF_FMT " has for " PF_FMT " is not at hand",
			PF_ARG(pf_shown(r->channel->name)), PF_ARG(r->subdir));
		fail(r, &err);
		return;
	}
	if (r->old.facts.absent)
		pf_repo_file_free(&r->old);
	for (size_t i = 0; is_kept_here(r) && !s->refresh && i < PF_REPO_VARIANTS; i++)
		if (is_variant(&r->old, i))
			r->variant = i;
	start(r);
}

static void ask_here(struct pf_repo *r)
{
	char *folder = pf_url_local(&r->arena, address_of(r));

	if (folder)
		take_local(r, folder);
	else
		ask_server(r);
}

/* The server that what is kept came from is asked before other servers: it alone can say that
 * nothing has changed. To look into a folder that is before it costs nothing. */
static void order_addresses(struct pf_repo *r)
{
	const struct pf_strs *all = &r->channel->asked;
	struct pf_str *v = pf_alloc_array(&r->arena, all->n, sizeof(*v)), kept;

	memcpy(v, all->v, all->n * sizeof(*v));
	r->asked = (struct pf_strs){ .v = v, .n = all->n };
	r->kept = 0;
	while (r->kept < all->n &&
	       !pf_str_eq(pf_redacted(&r->arena, v[r->kept]), r->old.facts.address))
		r->kept++;
	if (r->kept == all->n || r->own->settings.refresh || pf_url_local(&r->arena, v[r->kept]))
		return;
	kept = v[r->kept];
	while (r->kept && !pf_url_local(&r->arena, v[r->kept - 1])) {
		v[r->kept] = v[r->kept - 1];
		r->kept--;
	}
	v[r->kept] = kept;
}

void pf_repo_ask(struct pf_repo *r)
{
	if (r->own->cache > 0 && !pf_repo_file_open(&r->old, r->own->cache, r->key))
		pf_debug("no list of packages at hand for " PF_FMT "/" PF_FMT,
			 PF_ARG(r->channel->name), PF_ARG(r->subdir));
	order_addresses(r);
	ask_here(r);
}
