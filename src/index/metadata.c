/* metadata.c - what a file needs: from the one beside it, from a wheel's end, from all of it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/zip.h"
#include "index/needed.h"
#include "index/parts.h"

#define TAIL PF_KIB(128)	/* of a wheel: the directory and METADATA of most */
#define NEAR PF_KIB(32)		/* before the directory, where METADATA mostly is */
#define HOST_MEMORY 86400	/* seconds that we remember what a host can do */
#define MISSES 3 /* files beside wheels that are not there, until none is looked for */

/* How it is got, each way when the one before has failed. */
enum way { BESIDE, END, DIRECTORY, MEMBER, WHOLE };

struct wanted_metadata {
	struct pf_index_own *own;
	const struct pf_file *file;
	struct pf_host *host;
	enum way way;
	bool settled, only_a_build;
	struct pf_err err;
	struct pf_needed needed;
	struct pf_transfer t;
	char *url;		/* of the file beside */
	int fd;			/* the wheel, or stretches of one, at their places; 0: none */
	uint64_t have;		/* from here to its end it is there */
	struct pf_zip zip;
	struct pf_zip_member *member;
};

static void try_way(struct wanted_metadata *w, enum way way);

/* ---- the result ---- */

static void settle(struct wanted_metadata *w, const struct pf_err *err)
{
	w->settled = true;
	if (err)
		w->err = *err;
	pf_zip_free(&w->zip);
	if (w->fd > 0)
		close(w->fd);
	w->fd = 0;
}

static struct pf_str key_of(const struct pf_file *f)
{
	return f->sha256.n ? f->sha256 : f->url;
}

/* A METADATA that is read, checked against the file's name and kept. */
static int take_text(struct wanted_metadata *w, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(buf) kept = PF_BUF(PF_MAX_DIST_INFO * 2);

	if (pf_needed_read(&w->needed, &w->own->arena, text, w->file, err) < 0)
		return -1;
	pf_needed_write(&kept, &w->needed, w->file);
	pf_cache_keep_text(&w->own->cache, PF_CACHE_METADATA, key_of(w->file), pf_buf_view(&kept));
	settle(w, NULL);
	return 0;
}

/* NAME.dist-info/METADATA, of which a wheel has one. */
static int find_member(struct pf_zip_member **out, struct pf_zip *z, struct pf_err *err)
{
	*out = NULL;
	for (size_t i = 0; i < z->members.n; i++) {
		struct pf_str name = z->members.v[i].name;
		size_t slash = pf_str_find(name, '/');

		if (!pf_str_ends(name, ".dist-info/METADATA") ||
		    slash != name.n - strlen("/METADATA"))
			continue;
		if (*out)
			return pf_fail(err, PF_EINTEGRITY, "a wheel with two METADATA files");
		*out = &z->members.v[i];
	}
	return *out ? 0 : pf_fail(err, PF_EINTEGRITY, "a wheel without METADATA");
}

static int read_member(struct wanted_metadata *w, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_DIST_INFO);

	return pf_zip_read(&text, &w->zip, w->member, err) < 0
		       ? -1
		       : take_text(w, pf_buf_view(&text), err);
}

/* The whole archive is there: all of it is checked. */
static int read_whole(struct wanted_metadata *w, int fd, struct pf_err *err)
{
	pf_zip_free(&w->zip);
	return pf_zip_open(&w->zip, fd, err) < 0 || find_member(&w->member, &w->zip, err) < 0 ?
		       -1 : read_member(w, err);
}

/* ---- hosts ---- */

static struct pf_host *host_of(struct pf_index_own *own, struct pf_str url)
{
	struct pf_host *host;
	struct pf_url u;
	struct pf_err err;
	struct pf_str origin, said;
	void **place;
	uint64_t misses;
	int64_t age;

	if (pf_url_split(&u, url, &err) < 0)
		return NULL;
	origin = pf_s(pf_url_bare(&own->arena, &(struct pf_url){ .scheme = u.scheme, .host = u.host,
								 .port = u.port }));
	place = pf_map_put(&own->arena, &own->hosts, origin);
	if (!*place) {
		*place = host = pf_alloc(&own->arena, sizeof(*host));
		host->origin = origin;
		if (pf_cache_text(&said, &own->arena, &age, &own->cache, PF_CACHE_HOSTS, origin) &&
		    age < HOST_MEMORY && pf_str_u64(said, &misses)) {
			host->metadata = !misses;
			host->misses = (unsigned)misses;
		}
	}
	return *place;
}

/* One file that is missing says little, where others are there. Kept as "0", or the misses so
 * far. */
static void learn(struct wanted_metadata *w, bool there)
{
	struct pf_host *h = w->host;
	char text[16];

	if (h->metadata || (!there && h->misses >= MISSES))
		return;
	h->metadata = there;
	h->misses = there ? 0 : h->misses + 1;
	snprintf(text, sizeof(text), "%u", h->misses);
	pf_cache_keep_text(&w->own->cache, PF_CACHE_HOSTS, h->origin, pf_s(text));
}

static bool may_be_beside(const struct wanted_metadata *w)
{
	return w->file->has_metadata || w->host->metadata || w->host->misses < MISSES;
}

/* ---- stretches of a wheel ---- */

static int put_bytes(struct wanted_metadata *w, uint64_t at, struct pf_str bytes,
		     struct pf_err *err)
{
	for (size_t done = 0; done < bytes.n;) {
		ssize_t n = pwrite(w->fd, bytes.p + done, bytes.n - done, (off_t)(at + done));

		if (n <= 0)
			return pf_fail_errno(err, "cannot keep a part of a wheel");
		done += (size_t)n;
	}
	return 0;
}

static int take_end(struct wanted_metadata *w, uint64_t total, struct pf_str bytes,
		    struct pf_err *err)
{
	if (bytes.n > total || total > PF_MAX_DIST)
		return pf_fail(err, PF_ETRANSFER, "a part that is larger than the whole");
	w->fd = memfd_create("wheel", MFD_CLOEXEC); /* a sparse one */
	if (w->fd < 0 || ftruncate(w->fd, (off_t)total) < 0)
		return pf_fail_errno(err, "cannot keep a part of a wheel");
	w->have = total - bytes.n;
	return put_bytes(w, w->have, bytes, err);
}

/* The directory, then METADATA: what is not there yet is asked for. */
static int look_into(struct wanted_metadata *w, struct pf_err *err)
{
	uint64_t directory;

	if (!w->zip.members.n) {
		if (pf_zip_directory_at(&directory, w->fd, err) < 0)
			return -1;
		if (directory < w->have) {
			w->t.range =
				(struct pf_range){ .from = directory > NEAR ? directory - NEAR : 0,
						   .to = w->have };
			try_way(w, DIRECTORY);
			return 0;
		}
		if (pf_zip_peek(&w->zip, w->fd, err) < 0 ||
		    find_member(&w->member, &w->zip, err) < 0)
			return -1;
	}
	if (w->way != MEMBER && w->member->header < w->have) {
		w->t.range = (struct pf_range){ .from = w->member->header,
						.to = pf_zip_end_of(&w->zip, w->member) };
		try_way(w, MEMBER);
		return 0;
	}
	return pf_zip_settle(&w->zip, w->member, err) < 0 ? -1 : read_member(w, err);
}

/* ---- answers ---- */

static int take_part(struct wanted_metadata *w, struct pf_str bytes, uint64_t total, uint64_t from,
		     struct pf_err *err)
{
	if (w->way == END ? take_end(w, total, bytes, err) < 0 : put_bytes(w, from, bytes, err) < 0)
		return -1;
	if (w->way == DIRECTORY)
		w->have = from;
	return look_into(w, err);
}

static int take_came(struct wanted_metadata *w, struct pf_str bytes, uint64_t total, uint64_t from,
		     struct pf_err *err)
{
	if (w->way == BESIDE) {
		if (take_text(w, bytes, err) < 0)
			return -1;
		learn(w, true);
		return 0;
	}
	return w->way == WHOLE ? read_whole(w, w->fd, err) : take_part(w, bytes, total, from, err);
}

/* Is there another way, after this error? */
static bool may_go_on(const struct wanted_metadata *w, const struct pf_err *err, long status)
{
	if (err->code >= PF_ESIGNAL || !w->file->wheel || w->way == WHOLE)
		return false;
	if (w->way == BESIDE) /* what was announced has to be so */
		return !w->file->has_metadata || (status >= 400 && status < 500);
	return err->code == PF_ETRANSFER;
}

static void take_answer(struct pf_transfer *t, void *ctx)
{
	struct wanted_metadata *w = ctx;
	struct pf_buf body = PF_TAKE(t->body);
	struct pf_err err = t->err;
	struct pf_range range = t->range;
	uint64_t total = t->total;
	long status = t->status;

	pf_transfer_free(&w->own->pool, t);
	if (!err.code && take_came(w, pf_buf_view(&body), total, range.from, &err) == 0)
		err.code = 0;
	pf_buf_free(&body);
	if (!err.code)
		return;
	if (!may_go_on(w, &err, status)) {
		settle(w, &err);
		return;
	}
	if (w->way == BESIDE)
		learn(w, false);
	else
		w->host->no_ranges |= status == 200;
	try_way(w, w->way == BESIDE && !w->host->no_ranges ? END : WHOLE);
}

static void take_answer_and_tell(struct pf_transfer *t, void *ctx)
{
	struct wanted_metadata *w = ctx;

	take_answer(t, w);
	if (w->settled && w->own->news.metadata)
		w->own->news.metadata(w->own->news.ctx, w->file);
}

/* ---- asking ---- */

/* It may be big: on disk where the cache is, in memory where there is none. */
static int open_nameless(const struct pf_cache *c)
{
	int fd = c->dir > 0 ? openat(c->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;

	return fd >= 0 ? fd : memfd_create("wheel", MFD_CLOEXEC);
}

static int start_whole(struct wanted_metadata *w, struct pf_err *err)
{
	if (w->fd > 0)
		close(w->fd);
	pf_zip_free(&w->zip);
	w->fd = open_nameless(&w->own->cache);
	if (w->fd < 0) {
		w->fd = 0;
		return pf_fail_errno(err, "cannot keep a wheel");
	}
	pf_debug(PF_FMT " is fetched for its metadata", PF_ARG(w->file->name));
	w->t.fd = w->fd;
	w->t.size = w->file->size;
	w->t.sha256 = w->file->sha256.n ? w->file->sha256.p : NULL;
	w->t.max = PF_MAX_DIST;
	return 0;
}

static void try_way(struct wanted_metadata *w, enum way way)
{
	struct pf_range range = w->t.range;
	struct pf_err err;

	w->way = way;
	w->t = (struct pf_transfer){ .url = w->file->url.p,
				     .done = take_answer_and_tell,
				     .ctx = w };
	if (way == DIRECTORY || way == MEMBER) {
		w->t.range = range;
		w->t.body = PF_BUF(PF_MAX_ZIP_DIRECTORY);
	} else if (way == END) {
		w->t.range.tail = TAIL;
		w->t.body = PF_BUF(TAIL + 1);
	} else if (way == BESIDE) {
		w->url = pf_formatz(&w->own->arena, PF_FMT ".metadata", PF_ARG(w->file->url));
		w->t.url = w->url;
		w->t.gzip = !w->file->metadata_sha256.n;
		w->t.sha256 = w->file->metadata_sha256.n ? w->file->metadata_sha256.p : NULL;
		w->t.body = PF_BUF(PF_MAX_DIST_INFO);
	} else if (start_whole(w, &err) < 0) {
		settle(w, &err);
		return;
	}
	pf_pool_start(&w->own->pool, &w->t);
}

static int read_local(struct wanted_metadata *w, const char *path, struct pf_err *err)
{
	PF_FD(fd) = pf_open_file(AT_FDCWD, path, err);

	return fd < 0 || read_whole(w, fd, err) < 0 ? pf_wrap(err, "%s", path) : 0;
}

static bool take_kept(struct wanted_metadata *w)
{
	struct pf_str text;
	struct pf_err err;
	int64_t age;

	if (!pf_cache_text(&text, &w->own->arena, &age, &w->own->cache, PF_CACHE_METADATA,
			   key_of(w->file)) ||
	    pf_needed_read(&w->needed, &w->own->arena, text, w->file, &err) < 0)
		return false;
	settle(w, NULL);
	return true;
}

static void begin(struct wanted_metadata *w)
{
	char *path = pf_url_local(&w->own->arena, w->file->url);
	struct pf_err err;

	if (take_kept(w))
		return;
	if (!w->file->wheel && (path || !w->file->has_metadata)) {
		w->settled = w->only_a_build = true;
	} else if (path) {
		if (read_local(w, path, &err) < 0)
			settle(w, &err);
	} else if (w->own->settings.offline) {
		pf_fail(&w->err, PF_ETRANSFER, "offline, and what " PF_FMT " needs is not at hand",
			PF_ARG(w->file->name));
		w->settled = true;
	} else {
		w->host = host_of(w->own, w->file->url);
		try_way(w, may_be_beside(w) ? BESIDE : w->host->no_ranges ? WHOLE : END);
	}
}

static struct wanted_metadata *want(struct pf_index_own *own, const struct pf_file *file)
{
	void **place = pf_map_put(&own->arena, &own->metadata, file->url);
	struct wanted_metadata *w = *place;

	if (!w) {
		*place = w = pf_alloc(&own->arena, sizeof(*w));
		w->own = own;
		w->file = file;
		begin(w);
	}
	return w;
}

void pf_index_want_metadata(struct pf_index *x, const struct pf_file *file)
{
	want(x->own, file);
}

const struct pf_needed *pf_index_peek_metadata(struct pf_index *x, const struct pf_file *file)
{
	const struct wanted_metadata *w = pf_map_get(&x->own->metadata, file->url);

	return w && w->settled && !w->err.code && !w->only_a_build ? &w->needed : NULL;
}

int pf_index_metadata(const struct pf_needed **out, struct pf_index *x, const struct pf_file *file,
		      struct pf_err *err)
{
	struct wanted_metadata *w = want(x->own, file);

	if (!w->settled && pf_pool_wait(&x->own->pool, &w->t, err) < 0 && !w->settled)
		return -1;
	if (w->err.code) {
		*err = w->err;
		return -1;
	}
	if (w->only_a_build)
		return 1;
	*out = &w->needed;
	return 0;
}

void pf_metadata_free(struct pf_index_own *own)
{
	for (size_t i = 0; i < own->metadata.entries.n; i++) {
		struct wanted_metadata *w = own->metadata.entries.v[i].value;

		pf_transfer_free(&own->pool, &w->t);
		settle(w, NULL);
	}
}
