/* archive.c - a tar unpacked into a directory, by our rules */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/archive_source.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/open_dirs.h"
#include "base/proc.h"
#include "base/str.h"
#include "formats/hasher.h"

/* Symbolic links are made when all else is there: no member can be written through one. */
struct link {
	char *path;
	char *target;
};

struct unpacking {
	struct pf_arena arena;
	struct archive *a;
	int dir;
	struct pf_dirs dirs; /* from it */
	uint64_t bytes;
	size_t members;
	PF_VEC(struct link) links;
	const struct pf_archive_limits *limits;
	struct pf_source from; /* the tar, unwrapped but for `kept` */
	struct pf_err cause; /* why it gives no more of it; code 0: it does */
	bool fed;
	char start[PF_ARCHIVE_START]; /* of the tar */
	struct pf_archive_kept *kept; /* or NULL: who unpacks changes the files later */
	struct pf_hasher hasher;
};

static int refuse(struct pf_err *err, struct pf_str member, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "member \"" PF_FMT "\" %s", PF_ARG(pf_shown(member)),
		       why);
}

/* ---- names ---- */

/* Copies a member's name without "." and empty parts. NULL: refused. */
static char *clean_name(struct unpacking *u, struct pf_str name, struct pf_err *err)
{
	struct pf_str rest = name, part;
	char *out, *at;

	if (!name.n || name.n >= PF_MAX_PATH - 1)
		return pf_fail(err, name.n ? PF_ELIMIT : PF_EINTEGRITY, "a member's name is %s",
			       name.n ? "too long" : "empty"), NULL;
	if (name.p[0] == '/')
		return refuse(err, name, "has an absolute name"), NULL;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f)
			return refuse(err, name, "has control characters in its name"), NULL;
	out = at = pf_alloc(&u->arena, name.n + 1);
	while (pf_str_next(&rest, '/', &part)) {
		if (!part.n || pf_str_is(part, "."))
			continue;
		if (pf_str_is(part, ".."))
			return refuse(err, name, "climbs out of its directory"), NULL;
		if (at != out)
			*at++ = '/';
		memcpy(at, part.p, part.n);
		at += part.n;
	}
	return out;
}

/* Does TARGET, seen from the folder of PATH, stay inside by its letters? */
static bool stays_inside(const char *path, struct pf_str target)
{
	struct pf_str part;
	long depth = 0;

	for (const char *p = path; *p; p++)
		depth += *p == '/';
	if (!target.n || target.p[0] == '/')
		return false;
	while (pf_str_next(&target, '/', &part)) {
		if (!part.n || pf_str_is(part, "."))
			continue;
		depth += pf_str_is(part, "..") ? -1 : 1;
		if (depth < 0)
			return false;
	}
	return true;
}

/* ---- members ---- */

/* The member's folder, made, and its name in it. Of what is unpacked in two parts, the links of the
 * first are there before the second: none is followed. */
static int enter(const char **name, struct unpacking *u, const char *path, struct pf_err *err)
{
	int dir = pf_dirs_enter(name, &u->dirs, path, err);

	return dir < 0 && err->code == PF_EINTEGRITY ? refuse(err, pf_s(path), "lies inside a file")
						     : dir;
}

static int make_dir(struct unpacking *u, const char *path, struct pf_err *err)
{
	const char *inside = pf_formatz(&u->arena, "%s/", path), *name;

	if (!*path || pf_dirs_enter(&name, &u->dirs, inside, err) >= 0)
		return 0;
	return err->code == PF_EINTEGRITY ? refuse(err, pf_s(path), "is a file and a directory")
					  : -1;
}

static int fail_archive(struct unpacking *u, struct pf_err *err)
{
	const char *text = archive_error_string(u->a);

	if (u->cause.code == PF_ELIMIT || u->cause.code == PF_EIO)
		return *err = u->cause, -1;
	return pf_fail(err, PF_EINTEGRITY, "malformed archive: %s", text ? text : "unreadable");
}

static int copy_data(struct unpacking *u, int fd, const char *path, struct pf_err *err)
{
	uint64_t before = u->bytes;

	for (;;) {
		const void *bytes;
		la_int64_t at;
		size_t n;
		int rc = archive_read_data_block(u->a, &bytes, &n, &at);

		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK)
			return fail_archive(u, err);
		if ((uint64_t)at != u->bytes - before)
			return refuse(err, pf_s(path), "has holes");
		u->bytes += n;
		if (u->bytes > u->limits->bytes)
			return pf_fail(err, PF_ELIMIT, "it unpacks to more than %llu bytes",
				       (unsigned long long)u->limits->bytes);
		if (u->kept)
			pf_hasher_add(&u->hasher, bytes, n);
		if (pf_write_fd(fd, bytes, n, err) < 0)
			return pf_wrap(err, "%s", path);
	}
}

static int check_file(struct unpacking *u, struct archive_entry *e, const char *path,
		      struct pf_err *err)
{
	if (archive_entry_sparse_count(e))
		return refuse(err, pf_s(path), "is sparse");
	if (archive_entry_size(e) < 0)
		return refuse(err, pf_s(path), "has a negative size");
	if ((uint64_t)archive_entry_size(e) > u->limits->bytes)
		return pf_fail(err, PF_ELIMIT, "it unpacks to more than %llu bytes",
			       (unsigned long long)u->limits->bytes);
	return 0;
}

static int create_file(struct unpacking *u, const char *path, mode_t mode, struct pf_err *err)
{
	static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	const char *name;
	int dir = enter(&name, u, path, err), fd;

	if (dir < 0)
		return -1;
	fd = openat(dir, name, flags, mode);
	if (fd < 0 && errno == EEXIST && u->kept)
		return refuse(err, pf_s(path), "is there twice");
	if (fd < 0 && errno == EEXIST && unlinkat(dir, name, 0) == 0)
		fd = openat(dir, name, flags, mode);
	if (fd < 0)
		return errno == EISDIR || errno == EEXIST || errno == EPERM ?
			       refuse(err, pf_s(path), "is a file and a directory") :
			       pf_fail_errno(err, "cannot create %s", path);
	return fd;
}

static struct pf_archived *note(struct unpacking *u, const char *path)
{
	struct pf_archive_kept *k = u->kept;
	struct pf_archived *m = PF_PUSH(&k->arena, &k->members);

	*m = (struct pf_archived){ .path = pf_dupz(&k->arena, pf_s(path)) };
	return m;
}

static void note_file(struct unpacking *u, const char *path, bool executable, uint64_t before)
{
	struct pf_archived *m = note(u, path);

	pf_hasher_text(&u->hasher, m->digest);
	m->executable = executable;
	m->size = u->bytes - before;
}

static int keep_time(int fd, struct archive_entry *e, const char *path, struct pf_err *err)
{
	struct timespec when[2] = { { .tv_sec = archive_entry_mtime(e) } };

	if (when[0].tv_sec < 0 || when[0].tv_sec > UINT32_MAX)
		when[0].tv_sec = 0;
	when[1] = when[0];
	return futimens(fd, when) < 0 ? pf_fail_errno(err, "cannot set the time of %s", path) : 0;
}

static int make_file(struct unpacking *u, struct archive_entry *e, const char *path,
		     struct pf_err *err)
{
	bool executable = archive_entry_mode(e) & 0111;
	mode_t mode = u->kept ? (executable ? 0555 : 0444) : (executable ? 0755 : 0644);
	uint64_t before = u->bytes;
	PF_FD(fd) = -1;

	if (check_file(u, e, path, err) < 0)
		return -1;
	fd = create_file(u, path, mode, err);
	if (fd < 0)
		return -1;
	if (fchmod(fd, mode) < 0)
		return pf_fail_errno(err, "cannot set the mode of %s", path);
	if (!u->kept)
		return copy_data(u, fd, path, err);
	pf_hasher_start(&u->hasher);
	if (copy_data(u, fd, path, err) < 0 || keep_time(fd, e, path, err) < 0)
		return -1;
	note_file(u, path, executable, before);
	return 0;
}

static void note_hard_link(struct unpacking *u, const char *path, const char *target)
{
	struct pf_archived *m = note(u, path);

	for (size_t i = 0; i + 1 < u->kept->members.n; i++) {
		const struct pf_archived *first = &u->kept->members.v[i];

		if (strcmp(first->path, target) != 0)
			continue;
		memcpy(m->digest, first->digest, sizeof(m->digest));
		m->executable = first->executable;
		m->size = first->size;
		return;
	}
}

static int make_hard_link(struct unpacking *u, const char *path, const char *to, struct pf_err *err)
{
	char *target = clean_name(u, pf_s(to), err);
	const char *name;
	struct stat st;

	if (!target || enter(&name, u, target, err) < 0)
		return pf_wrap(err, "hard link %s", path);
	if (fstatat(u->dir, target, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return refuse(err, pf_s(path), "is a hard link to what is no file of the archive");
	if (strcmp(path, target) == 0)
		return 0;
	if (enter(&name, u, path, err) < 0)
		return -1;
	if (linkat(u->dir, target, u->dir, path, 0) < 0)
		return errno == EEXIST ? refuse(err, pf_s(path), "is there twice") :
					 pf_fail_errno(err, "cannot link %s", path);
	if (u->kept)
		note_hard_link(u, path, target);
	return 0;
}

static const char *either(const char *utf8, const char *raw)
{
	return utf8 ? utf8 : raw;
}

static int take_member(struct unpacking *u, struct archive_entry *e, struct pf_err *err)
{
	const char *name = either(archive_entry_pathname_utf8(e), archive_entry_pathname(e));
	const char *hard = either(archive_entry_hardlink_utf8(e), archive_entry_hardlink(e));
	const char *target = either(archive_entry_symlink_utf8(e), archive_entry_symlink(e));
	char *path = clean_name(u, pf_s(name), err);
	const char *last;

	if (!path)
		return -1;
	if (archive_entry_filetype(e) == AE_IFDIR && !hard)
		return make_dir(u, path, err);
	if (!*path)
		return refuse(err, pf_s(name), "has no name");
	if (hard)
		return make_hard_link(u, path, hard, err);
	if (archive_entry_filetype(e) == AE_IFREG)
		return make_file(u, e, path, err);
	if (archive_entry_filetype(e) != AE_IFLNK)
		return refuse(err, pf_s(path), "is neither a file nor a directory nor a link");
	if (!stays_inside(path, pf_s(target)))
		return refuse(err, pf_s(path), "is a link that leads out of the archive");
	if (enter(&last, u, path, err) < 0)
		return -1;
	*PF_PUSH(&u->arena, &u->links) = (struct link){ path, pf_dupz(&u->arena, pf_s(target)) };
	return 0;
}

/* ---- links ---- */

static void note_link(struct unpacking *u, const struct link *l)
{
	struct pf_archived *m = note(u, l->path);

	m->target = pf_dupz(&u->kept->arena, pf_s(l->target));
	m->size = strlen(l->target);
}

/* Letters are not enough: a link through another link may climb further than it shows. So each is
 * followed once all are there, beneath the root. Dangling is fine. */
/* A link of an earlier part may have led nowhere then. */
static int check_earlier(struct unpacking *u, struct pf_err *err)
{
	for (size_t i = 0; u->kept && i < u->kept->members.n; i++) {
		const struct pf_archived *m = &u->kept->members.v[i];
		struct pf_err ignored;
		PF_FD(fd) = m->target ? pf_open_beneath(u->dir, m->path, &ignored) : -1;

		if (m->target && fd < 0 && (errno == EXDEV || errno == ELOOP))
			return refuse(err, pf_s(m->path),
				      "is a link that leads out of the archive");
	}
	return 0;
}

static int make_links(struct unpacking *u, struct pf_err *err)
{
	for (size_t i = 0; i < u->links.n; i++) {
		if (symlinkat(u->links.v[i].target, u->dir, u->links.v[i].path) < 0)
			return errno == EEXIST
				       ? refuse(err, pf_s(u->links.v[i].path), "is there twice")
				       : pf_fail_errno(err, "cannot link %s", u->links.v[i].path);
		if (u->kept)
			note_link(u, &u->links.v[i]);
	}
	for (size_t i = 0; i < u->links.n; i++) {
		struct pf_err ignored;
		PF_FD(fd) = pf_open_beneath(u->dir, u->links.v[i].path, &ignored);

		if (fd < 0 && (errno == EXDEV || errno == ELOOP))
			return refuse(err, pf_s(u->links.v[i].path),
				      "is a link that leads out of the archive");
	}
	return check_earlier(u, err);
}

/* ---- all of it ---- */

static int take_all(struct unpacking *u, struct pf_err *err)
{
	struct archive_entry *e;
	int rc;

	/* A warning (a name that cannot be converted, a checksum) is a failure here. */
	while ((rc = archive_read_next_header(u->a, &e)) == ARCHIVE_OK) {
		if (archive_filter_count(u->a) > 2) /* one and "none" */
			return pf_fail(err, PF_ELIMIT, "it is compressed more than once");
		if (++u->members > u->limits->members)
			return pf_fail(err, PF_ELIMIT, "it has more than %zu members",
				       u->limits->members);
		if (take_member(u, e, err) < 0 || pf_signals_check(err) < 0)
			return -1;
	}
	if (rc != ARCHIVE_EOF)
		return fail_archive(u, err);
	if (!u->members)
		return pf_fail(err, PF_EINTEGRITY, "it is empty, or no tar");
	if (pf_archive_read_on(&u->from, &u->cause) == 0)
		return make_links(u, err);
	archive_set_error(u->a, EIO, "%s", u->cause.msg);
	return fail_archive(u, err);
}

/* What libarchive reads: a stretch of a file, or what was unwrapped of it. */
static la_ssize_t feed(struct archive *a, void *ctx, const void **bytes)
{
	struct unpacking *u = ctx;
	struct pf_source *s = &u->from;

	if (u->fed) /* all of the window was taken */
		s->pos = s->have;
	u->fed = true;
	if (pf_source_fill(s, 1, &u->cause) < 0) {
		archive_set_error(a, EIO, "%s", u->cause.msg);
		return ARCHIVE_FATAL;
	}
	if (!pf_source_at(s))
		memcpy(u->start, s->window,
		       s->have < sizeof(u->start) ? s->have : sizeof(u->start));
	*bytes = s->window + s->pos;
	return (la_ssize_t)(s->have - s->pos);
}

static int open_tar(struct unpacking *u, struct pf_err *err)
{
	u->a = archive_read_new();
	if (!u->a) {
		pf_fail(err, PF_EIO, "libarchive cannot be loaded");
		return pf_hint(err, "install libarchive, which unpacks tar archives");
	}
	if ((u->kept && pf_archive_filters(u->a) < 0) ||
	    archive_read_support_format_tar(u->a) != ARCHIVE_OK ||
	    archive_read_open(u->a, u, NULL, feed, NULL) != ARCHIVE_OK)
		return fail_archive(u, err);
	return 0;
}

static int open_and_take(struct unpacking *u, struct pf_err *err)
{
	if (open_tar(u, err) == 0 && take_all(u, err) == 0)
		return 0;
	return u->kept || u->members || pf_archive_wrap(u->start) == PF_WRAP_NONE
		       ? -1
		       : pf_fail(err, PF_ELIMIT, "it is compressed more than once");
}

/* libarchive converts names by the locale in force: for this thread it is UTF-8, whatever the
 * user's is. */
static int extract(struct unpacking *u, int fd, uint64_t at, uint64_t size, const char *what,
		   struct pf_err *err)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
	int rc = 0;

	u->dirs = (struct pf_dirs){ .root = u->dir, .make = true };
	if (u->kept)
		pf_source_file(&u->from, fd, at, size);
	else
		rc = pf_archive_source(&u->from, fd, at, size, u->limits, err);
	if (rc == 0)
		rc = open_and_take(u, err);
	if (u->a)
		archive_read_free(u->a);
	pf_dirs_close(&u->dirs);
	pf_source_free(&u->from);
	pf_hasher_free(&u->hasher);
	pf_arena_free(&u->arena);
	if (utf8) {
		uselocale(before);
		freelocale(utf8);
	}
	return rc < 0 ? pf_wrap(err, "%s", what) : 0;
}

int pf_archive_extract(int dir, int fd, const char *what, const struct pf_archive_limits *limits,
		       struct pf_err *err)
{
	struct unpacking u = { .dir = dir, .limits = limits };
	struct stat st;
	off_t at = lseek(fd, 0, SEEK_CUR);

	if (at < 0 || fstat(fd, &st) < 0 || st.st_size < at)
		return pf_fail_errno(err, "cannot read %s", what);
	return extract(&u, fd, (uint64_t)at, (uint64_t)(st.st_size - at), what, err);
}

void pf_archive_kept_free(struct pf_archive_kept *k)
{
	pf_arena_free(&k->arena);
	memset(k, 0, sizeof(*k));
}

int pf_archive_keep(struct pf_archive_kept *k, int dir, const struct pf_archive_part *part,
		    const char *what, const struct pf_archive_limits *limits, struct pf_err *err)
{
	struct unpacking u = { .dir = dir, .limits = limits, .kept = k, .bytes = k->bytes,
			       .members = k->members.n };
	int rc = extract(&u, part->fd, part->at, part->size, what, err);

	k->bytes = u.bytes;
	return rc;
}
