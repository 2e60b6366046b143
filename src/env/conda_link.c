/* conda_link.c - an environment filled with conda packages of the cache */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_link.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/open_dirs.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/crew.h"
#include "env/link_inside.h"
#include "env/prefix.h"

/* Some files of one package, or of its byte code. */
struct stretch {
	struct pf_conda_part *part;
	const struct pf_bundle *from;
	size_t at, end; /* of part->placed */
};

struct linking {
	struct pf_conda_linking *l;
	enum pf_link_mode mode;
	PF_VEC(struct stretch) stretches;
	PF_VEC(const struct pf_conda_placed *) made;
	size_t made_at; /* of the list: the first of them */
};

/* What one thread has in hand. */
struct hand {
	const struct linking *k;
	struct pf_dirs from, to;
	bool copying;
};

/* ---- files ---- */

static int write_new(int dir, const char *name, struct pf_str bytes, mode_t mode,
		     struct pf_err *err)
{
	PF_FD(fd) = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return pf_fail_errno(err, "cannot create %s", name);
	if (pf_write_fd(fd, bytes.p, bytes.n, err) < 0)
		return pf_wrap(err, "%s", name);
	return fchmod(fd, mode) < 0 ? pf_fail_errno(err, "cannot protect %s", name) : 0;
}

static void note_bytes(struct pf_conda_placed *one, struct pf_str bytes)
{
	char digest[PF_DIGEST_TEXT];

	(void)pf_digest_text(digest, PF_S("sha256"), bytes.p ? bytes.p : "", bytes.n);
	memcpy(one->digest, digest, sizeof(one->digest));
	one->size = bytes.n;
}

/* A file of its own: what others have must not change with it. */
static int write_replaced(struct hand *h, struct pf_conda_placed *one, int tree, const char *path,
			  int dir, const char *name, struct pf_err *err)
{
	const struct pf_bundled *f = one->file;
	struct pf_str from = pf_s(f->more), to = pf_s(h->k->l->prefix), bytes;
	PF_AUTO(buf) old = PF_BUF(PF_MAX_WHEEL_MEMBER);
	PF_AUTO(buf) out = PF_BUF(PF_MAX_WHEEL_MEMBER);

	if (pf_read_file(&old, tree, path, err) < 0)
		return -1;
	if (pf_bundled_is(f, PF_BUNDLED_BINARY)) {
		if (pf_prefix_binary(old.p, old.n, from, to, err) < 0)
			return err->code == PF_EIO
				       ? pf_hint(err, "choose a store with a shorter path")
				       : -1;
		bytes = pf_buf_view(&old);
	} else {
		pf_prefix_text(&out, pf_buf_view(&old), from, to);
		if (pf_buf_check(&out, f->path, err) < 0)
			return -1;
		bytes = pf_buf_view(&out);
	}
	note_bytes(one, bytes);
	return write_new(dir, name, bytes, pf_bundled_mode(f->kind), err);
}

static int link_one(struct hand *h, struct pf_conda_placed *one, struct pf_err *err)
{
	const struct pf_bundled *f = one->file;
	enum pf_link_mode mode =
		pf_bundled_is(f, PF_BUNDLED_COPY) ? PF_LINK_CLONE : h->k->mode;
	const char *name, *path;
	int dir = pf_dirs_enter(&name, &h->to, one->place.p, err);
	int tree = dir < 0 ? -1 : pf_dirs_enter(&path, &h->from, f->path, err);

	if (tree < 0)
		return -1;
	if (f->kind >= PF_BUNDLED_TEXT && f->more)
		return write_replaced(h, one, tree, path, dir, name, err);
	switch (pf_link_at(mode, &h->copying, dir, name, tree, path, err)) {
	case PF_LINKED:
		return 0;
	case PF_LINK_EXISTS:
		return pf_fail(err, PF_EIO, "it is there already");
	default:
		return -1;
	}
}

static int link_entry(struct hand *h, struct pf_conda_placed *one, struct pf_err *err)
{
	PF_AUTO(buf) out = PF_BUF(PF_KIB(64));
	const char *name;
	int dir = pf_dirs_enter(&name, &h->to, one->place.p, err);

	if (dir < 0)
		return -1;
	pf_entry_script(&out, h->k->l->python, one->entry);
	if (pf_buf_check(&out, name, err) < 0)
		return -1;
	note_bytes(one, pf_buf_view(&out));
	return write_new(dir, name, pf_buf_view(&out), 0555, err);
}

static int link_all(struct hand *h, const struct stretch *s, struct pf_err *err)
{
	for (size_t i = s->at; i < s->end; i++) {
		struct pf_conda_placed *one = &s->part->placed.v[i];
		bool later = one->file && one->file->kind == PF_BUNDLED_LINK;

		if (one->fate != PF_CONDA_TAKEN || later)
			continue;
		if ((one->file ? link_one(h, one, err) : link_entry(h, one, err)) < 0)
			return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(one->place)));
	}
	return pf_signals_check(err);
}

static int link_files(const struct linking *k, const struct stretch *s, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_FD(tree) = open(pf_formatz(&a, "%s/tree", s->from->dir),
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct hand h = { .k = k, .from.root = tree,
			  .to = { .root = k->l->dir, .make = true, .strict = k->l->strict } };
	int rc;

	if (tree < 0)
		return pf_fail_errno(err, "cannot open %s/tree", s->from->dir);
	rc = link_all(&h, s, err);
	pf_dirs_close(&h.from);
	pf_dirs_close(&h.to);
	return rc;
}

/* Who did the last one of a part is the one to say so. */
static int link_stretch(void *linking, size_t job, struct pf_err *err)
{
	const struct linking *k = linking;
	const struct stretch *s = &k->stretches.v[job];
	int rc = s->at < s->end ? link_files(k, s, err) : 0;

	if (rc == 0 && __atomic_sub_fetch(&s->part->left, 1, __ATOMIC_ACQ_REL) == 0 &&
	    k->l->done)
		rc = k->l->done(k->l->ctx, (size_t)(s->part - k->l->parts), err);
	return rc < 0 ? pf_wrap(err, "%s %s", s->part->package->name, s->part->package->version)
		      : 0;
}

/* ---- work for several ---- */

#define STRETCH 256 /* files: few enough to share the work evenly */

/* In the order of its files, so that folders are opened once; what needs another tree is a stretch
 * of its own, and nothing at all is one as well. */
static void cut(struct linking *k, struct pf_arena *a, struct pf_conda_part *part)
{
	size_t before = k->stretches.n, at = part->linked, end;

	do {
		const struct pf_bundle *from = at < part->placed.n ? part->placed.v[at].from : NULL;

		for (end = at; end < part->placed.n && end - at < STRETCH &&
			       part->placed.v[end].from == from;)
			end++;
		*PF_PUSH(a, &k->stretches) = (struct stretch){ part, from, at, end };
		at = end;
	} while (at < part->placed.n);
	part->left = k->stretches.n - before;
}

static int by_files(const void *l, const void *r)
{
	const struct pf_conda_part *a = *(struct pf_conda_part *const *)l;
	const struct pf_conda_part *b = *(struct pf_conda_part *const *)r;

	return (a->placed.n < b->placed.n) - (a->placed.n > b->placed.n);
}

/* The biggest parts first: what is left to do when all others are done is little. */
static void cut_all(struct linking *k)
{
	const struct pf_conda_linking *l = k->l;
	struct pf_conda_part **order = pf_alloc_array(l->arena, l->n, sizeof(*order));

	for (size_t i = 0; i < l->n; i++)
		order[i] = &l->parts[i];
	if (l->n)
		qsort(order, l->n, sizeof(struct pf_conda_part *), by_files);
	for (size_t i = 0; i < l->n; i++)
		cut(k, l->arena, order[i]);
}

/* ---- symbolic links, once all else is there: nothing is written through one ---- */

static int make_link(struct pf_dirs *d, const struct pf_conda_placed *one, struct pf_err *err)
{
	const char *name;
	int dir = pf_dirs_enter(&name, d, one->place.p, err);

	if (dir < 0)
		return -1;
	return symlinkat(one->file->more, dir, name) < 0
		       ? pf_fail_errno(err, "cannot link " PF_FMT, PF_ARG(one->place))
		       : 0;
}

/* Each stays inside by its letters, which was seen when it was unpacked; links of several packages
 * together might not. */
static int check_link(int dir, const struct pf_conda_placed *one, struct pf_err *err)
{
	struct pf_err ignored;
	PF_FD(fd) = pf_open_beneath(dir, one->place.p, &ignored);

	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is a link that leads out",
			       PF_ARG(pf_shown(one->place)));
	return 0;
}

static bool is_link(const struct pf_conda_placed *one)
{
	return one->fate == PF_CONDA_TAKEN && one->file && one->file->kind == PF_BUNDLED_LINK;
}

static int make_links(struct linking *k, struct pf_err *err)
{
	struct pf_dirs d = { .root = k->l->dir, .make = true, .strict = k->l->strict };
	PF_VEC(const struct pf_conda_placed *) links = { 0 };
	int rc = 0;

	for (size_t i = 0; i < k->l->n; i++)
		for (size_t j = k->l->parts[i].linked; j < k->l->parts[i].placed.n; j++)
			if (is_link(&k->l->parts[i].placed.v[j]))
				*PF_PUSH(k->l->arena, &links) = &k->l->parts[i].placed.v[j];
	for (size_t i = 0; rc == 0 && i < links.n; i++)
		rc = make_link(&d, links.v[i], err);
	pf_dirs_close(&d);
	for (size_t i = 0; rc == 0 && i < links.n; i++)
		rc = check_link(k->l->dir, links.v[i], err);
	return rc;
}

/* ---- the list ---- */

/* Bytes that are made here are known when they are. */
static bool is_as_brought(const struct pf_conda_placed *one)
{
	const struct pf_bundled *f = one->file;

	return f && f->kind != PF_BUNDLED_LINK && !(f->kind >= PF_BUNDLED_TEXT && f->more);
}

static void note(struct pf_found_list *list, const struct pf_conda_placed *one)
{
	mode_t mode = one->file ? pf_bundled_mode(one->file->kind) : 0555;
	struct pf_found *f = PF_PUSH(&list->arena, &list->files);

	*f = (struct pf_found){ .path = pf_dup(&list->arena, one->place),
				.mode = is_link(one) ? S_IFLNK : S_IFREG | mode };
	if (!is_as_brought(one))
		return;
	f->size = one->size;
	memcpy(f->digest, one->digest, sizeof(f->digest));
}

static void note_made(struct pf_found *f, const struct pf_conda_placed *one)
{
	f->size = is_link(one) ? strlen(one->file->more) : one->size;
	memcpy(f->digest, one->digest, sizeof(f->digest));
}

/* For all of them, and for the few that are not of packages. */
static void make_room(struct pf_found_list *list, const struct pf_conda_linking *l)
{
	size_t n = 64;

	for (size_t i = 0; i < l->n; i++)
		n += l->parts[i].placed.n + 1;
	if (list->files.cap)
		return;
	list->files.v = pf_alloc_array(&list->arena, n, sizeof(*list->files.v));
	list->files.cap = n;
}

/* What was placed since the last time; `made`: at last those whose bytes are not known yet. */
static void note_all(struct pf_found_list *list, struct linking *k)
{
	const struct pf_conda_linking *l = k->l;

	make_room(list, l);
	for (size_t i = 0; i < l->n; i++)
		for (size_t j = l->parts[i].linked; j < l->parts[i].placed.n; j++) {
			const struct pf_conda_placed *one = &l->parts[i].placed.v[j];

			if (one->fate == PF_CONDA_TAKEN && is_as_brought(one))
				note(list, one);
			else if (one->fate == PF_CONDA_TAKEN)
				*PF_PUSH(l->arena, &k->made) = one;
		}
	k->made_at = list->files.n;
	for (size_t i = 0; i < k->made.n; i++)
		note(list, k->made.v[i]);
}

/* ---- all of it ---- */

static int link_by_crew(struct pf_found_list *list, struct linking *k, struct pf_err *err)
{
	size_t n = k->stretches.n;
	struct pf_conda_linking *l = k->l;
	struct pf_crew crew;

	pf_crew_start(&crew, link_stretch, k, pf_alloc_array(l->arena, n, sizeof(size_t)), n);
	for (size_t i = 0; i < n; i++)
		pf_crew_add(&crew, i);
	note_all(list, k);
	if (l->meanwhile && l->meanwhile(l->ctx, list, err) < 0)
		pf_crew_stop(&crew, err);
	return pf_crew_end(&crew, err);
}

/* For everybody to read, whatever the umask. */
static int make_meta(struct pf_conda_linking *l, struct pf_err *err)
{
	struct stat st;

	if (mkdirat(l->dir, "conda-meta", 0755) < 0)
		return errno == EEXIST ? 0 : pf_fail_errno(err, "cannot create conda-meta");
	if (fstatat(l->dir, "conda-meta", &st, 0) < 0 ||
	    fchmodat(l->dir, "conda-meta", 0755, 0) < 0)
		return pf_fail_errno(err, "cannot protect conda-meta");
	l->strict = (st.st_mode & 0777) != 0755;
	return 0;
}

int pf_conda_link(struct pf_found_list *list, struct pf_conda_linking *l, struct pf_err *err)
{
	struct linking k = { .l = l, .mode = l->mode };

	if (k.mode == PF_LINK_SYMBOLIC) /* a program's own place would be the cache */
		k.mode = PF_LINK_HARD;
	if (make_meta(l, err) < 0)
		return -1;
	cut_all(&k);
	if (link_by_crew(list, &k, err) < 0 || make_links(&k, err) < 0)
		return -1;
	for (size_t i = 0; i < k.made.n; i++)
		note_made(&list->files.v[k.made_at + i], k.made.v[i]);
	for (size_t i = 0; i < l->n; i++)
		l->parts[i].linked = l->parts[i].placed.n;
	return 0;
}
