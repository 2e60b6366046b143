/* wheel.c - wheels in the cache: looked up by their digest, or checked, unpacked and renamed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/wheel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/shelf.h"
#include "env/wheel_check.h"
#include "formats/digest.h"
#include "formats/hasher.h"
#include "req/name.h"
#include "solve/solve.h"

void pf_wheel_free(struct pf_wheel *w)
{
	pf_bundle_free(&w->files);
	pf_bundle_free(&w->byte_code);
	memset(w, 0, sizeof(*w));
}

/* ---- find ---- */

/* The same bytes under the name of another wheel are refused here as they would be when unpacked.
 */
static int check_found(const struct pf_bundle *b, struct pf_str file, bool lenient,
		       struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_wheel_name named = { 0 };
	struct pf_version v = { 0 };

	if (pf_wheel_name_parse(&named, &a, file, err) < 0)
		return err->code = PF_EINTEGRITY, -1;
	if (!pf_str_is(named.name, b->name) || !pf_version_read(&v, &a, pf_s(b->version)) ||
	    pf_version_cmp(&v, &named.version) != 0)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is the wheel of %s %s",
			       PF_ARG(pf_shown(file)), b->shown, b->version);
	if (b->lenient && !lenient)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT ": its RECORD is not complete",
			       PF_ARG(pf_shown(file)));
	return 0;
}

/* A wheel that is wanted; its archive, where it has to be unpacked. */
struct wanted {
	struct pf_str file;
	bool lenient;
	const struct pf_wheel_source *source;
};

static int check(void *wanted, const struct pf_bundle *b, struct pf_err *err)
{
	const struct wanted *w = wanted;

	return check_found(b, w->file, w->lenient, err);
}

static int make(void *wanted, int dir, struct pf_err *err);

static struct pf_shelf shelf_of(struct wanted *w)
{
	return (struct pf_shelf){ .folder = "wheels", .one = "wheel", .check = check,
				  .make = make, .ctx = w };
}

int pf_wheel_find(struct pf_wheel *out, const char *sha256, struct pf_str file, bool lenient,
		  const struct pf_opts *o, struct pf_err *err)
{
	struct wanted w = { .file = file, .lenient = lenient };
	struct pf_shelf shelf = shelf_of(&w);
	PF_AUTO(wheel) found = { 0 };
	int rc = pf_shelf_find(&found.files, &shelf, sha256, o, err);

	if (rc <= 0)
		return rc;
	snprintf(found.sha256, sizeof(found.sha256), "%s", sha256);
	*out = PF_TAKE(found);
	return 1;
}

/* ---- unpack ---- */

struct unpacking {
	struct pf_wheel_check *c;
	int tree;
	bool strict;         /* the umask keeps others out: modes have to be said twice */
	struct pf_map dirs;  /* made already */
	struct pf_buf bytes; /* of the member in hand */
};

/* In the cache, time stands still: byte code is the same wherever it is compiled. 1980-01-01, the
 * first day that an archive could give it back. */
static const struct timespec WHEN[2] = { { .tv_sec = 315532800 }, { .tv_sec = 315532800 } };

static int make_parents(struct unpacking *u, const char *path, struct pf_err *err)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct pf_str above = { path, (size_t)(slash - path) };
		void **made = pf_map_put(&u->c->arena, &u->dirs, above);
		char *dir;

		if (*made)
			continue;
		*made = u;
		dir = pf_dupz(&u->c->arena, above);
		if (mkdirat(u->tree, dir, 0755) < 0 ||
		    (u->strict && fchmodat(u->tree, dir, 0755, 0) < 0))
			return pf_fail_errno(err, "cannot create %s", dir);
	}
	return 0;
}

static int create_file(struct unpacking *u, const struct pf_bundled *f, struct pf_err *err)
{
	if (make_parents(u, f->path, err) < 0)
		return -1;
	return pf_create_beneath(u->tree, f->path, pf_bundled_mode(f->kind), err);
}

static int finish_file(struct unpacking *u, int fd, const struct pf_bundled *f, struct pf_err *err)
{
	mode_t mode = pf_bundled_mode(f->kind);

	if ((u->strict && fchmod(fd, mode) < 0) || futimens(fd, WHEN) < 0)
		return pf_fail_errno(err, "cannot protect %s", f->path);
	return 0;
}

static int write_file(struct unpacking *u, const struct pf_bundled *f, struct pf_err *err)
{
	PF_FD(fd) = create_file(u, f, err);

	if (fd < 0)
		return -1;
	if (pf_write_fd(fd, u->bytes.p, u->bytes.n, err) < 0)
		return pf_wrap(err, "%s", f->path);
	return finish_file(u, fd, f, err);
}

static int unpack_whole(struct unpacking *u, struct pf_wheel_item *item, struct pf_err *err)
{
	struct pf_bundled *f = &item->file;
	struct pf_str bytes;

	u->bytes.n = 0;
	if (u->bytes.cap > PF_ZIP_KEPT)
		pf_buf_free(&u->bytes);
	if (pf_zip_read(&u->bytes, &u->c->zip, item->member, err) < 0)
		return -1;
	bytes = pf_buf_view(&u->bytes);
	if (pf_wheel_check_bytes(u->c, item, bytes, err) < 0)
		return -1;
	if (f->scheme == PF_SCHEME_SCRIPTS && pf_str_starts(bytes, "#!python"))
		f->kind = PF_BUNDLED_SCRIPT;
	return write_file(u, f, err);
}

struct big_file {
	struct pf_hasher hasher;
	int fd;
};

static int take_piece(void *ctx, struct pf_str piece, struct pf_err *err)
{
	struct big_file *big = ctx;

	pf_hasher_add(&big->hasher, piece.p, piece.n);
	return pf_write_fd(big->fd, piece.p, piece.n, err);
}

/* What another than we should read of it is nowhere before its digest is known to be right. */
static int unpack_pieces(struct unpacking *u, struct pf_wheel_item *item, struct pf_err *err)
{
	struct big_file big = { .fd = create_file(u, &item->file, err) };
	char digest[PF_SHA256_TEXT];
	PF_FD(fd) = big.fd;
	int rc;

	if (fd < 0)
		return -1;
	pf_hasher_start(&big.hasher);
	rc = pf_zip_stream(&u->c->zip, item->member, take_piece, &big, err);
	pf_hasher_text(&big.hasher, digest);
	pf_hasher_free(&big.hasher);
	if (rc < 0)
		return pf_wrap(err, "%s", item->file.path);
	if (pf_wheel_check_sha256(u->c, item, digest, err) < 0)
		return -1;
	return finish_file(u, fd, &item->file, err);
}

/* A script's first line is looked at; other digests are rare. */
static bool comes_in_pieces(const struct pf_wheel_item *item)
{
	return item->member->size > PF_ZIP_WHOLE && item->file.scheme != PF_SCHEME_SCRIPTS &&
	       pf_wheel_needs_sha256(item);
}

static int unpack_one(struct unpacking *u, struct pf_wheel_item *item, struct pf_err *err)
{
	struct pf_bundled *f = &item->file;

	f->size = item->member->size;
	f->kind = item->member->mode & 0111 || f->scheme == PF_SCHEME_SCRIPTS
			  ? PF_BUNDLED_EXECUTABLE
			  : PF_BUNDLED_PLAIN;
	return comes_in_pieces(item) ? unpack_pieces(u, item, err) : unpack_whole(u, item, err);
}

static struct pf_str head_of(struct pf_wheel_check *c)
{
	struct pf_str head =
		pf_format(&c->arena, "wheel\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t%s\n",
			  PF_ARG(c->named.name), PF_ARG(c->version), PF_ARG(c->name),
			  PF_ARG(c->info), c->incomplete ? "lenient" : "strict");

	for (size_t i = 0; i < c->entries.n; i++)
		head = pf_format(&c->arena, PF_FMT "entry\t%s\t%s\t%s\t%s\n", PF_ARG(head),
				 c->entries.v[i].gui ? "gui" : "console", c->entries.v[i].name,
				 c->entries.v[i].module, c->entries.v[i].object);
	return head;
}

static int write_manifest(int dir, struct pf_wheel_check *c, struct pf_err *err)
{
	struct pf_bundled *files = pf_alloc_array(&c->arena, c->items.n, sizeof(*files));
	size_t n = 0;

	for (size_t i = 0; i < c->items.n; i++) {
		const struct pf_wheel_item *item = &c->items.v[i];

		if (item->twin && strcmp(item->twin->file.digest, item->file.digest) != 0)
			return pf_fail(err, PF_EINTEGRITY, "%s is another member's place too",
				       item->file.path);
		if (!item->own && !item->twin)
			files[n++] = item->file;
	}
	return pf_bundle_write(dir, head_of(c), files, n, err);
}

/* Everything below `dir`, an empty folder nobody else knows. */
static int unpack(int dir, struct pf_wheel_check *c, struct pf_err *err)
{
	struct unpacking u = { .c = c, .tree = -1, .bytes = PF_BUF(PF_MAX_WHEEL_MEMBER + 2) };
	struct stat st;
	int rc = 0;

	if (mkdirat(dir, "tree", 0755) < 0 || fstatat(dir, "tree", &st, 0) < 0 ||
	    fchmodat(dir, "tree", 0755, 0) < 0 ||
	    (u.tree = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return pf_fail_errno(err, "cannot create a folder");
	u.strict = (st.st_mode & 0777) != 0755;
	for (size_t i = 0; rc == 0 && i < c->items.n; i++) {
		rc = unpack_one(&u, &c->items.v[i], err);
		if (rc == 0)
			rc = pf_signals_check(err);
	}
	close(u.tree);
	pf_buf_free(&u.bytes);
	return rc < 0 ? -1 : write_manifest(dir, c, err);
}

/* ---- into place ---- */

static int make(void *wanted, int dir, struct pf_err *err)
{
	const struct wanted *w = wanted;
	PF_AUTO(wheel_check) c = { 0 };

	if (pf_wheel_check(&c, w->source, err) == 0 && unpack(dir, &c, err) == 0)
		return 0;
	if (err->code == PF_EMODEL) /* malformed, and so not what it is said to be */
		err->code = PF_EINTEGRITY;
	return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(w->file)));
}

int pf_wheel_get(struct pf_wheel *out, const struct pf_wheel_source *s, const struct pf_opts *o,
		 struct pf_err *err)
{
	struct wanted w = { .file = s->file, .lenient = s->lenient, .source = s };
	struct pf_shelf shelf = shelf_of(&w);
	PF_AUTO(wheel) got = { 0 };
	char sha256[PF_DIGEST_HEX];

	if (s->sha256)
		snprintf(sha256, sizeof(sha256), "%s", s->sha256);
	else if (pf_digest_fd(sha256, PF_S("sha256"), s->fd, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(s->file)));
	if (pf_shelf_get(&got.files, &shelf, sha256, o, err) < 0)
		return -1;
	snprintf(got.sha256, sizeof(got.sha256), "%.64s", sha256);
	*out = PF_TAKE(got);
	return 0;
}
