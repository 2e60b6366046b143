/* link_file.c - one file into an environment: linked, cloned or copied; and clashes of two */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "env/link_inside.h"

/* ---- copies ---- */

static enum pf_link_result fail_copy(struct pf_err *err, const char *what, const char *path)
{
	pf_fail_errno(err, "cannot %s %s", what, path);
	return PF_LINK_FAILED;
}

/* The time goes along: byte code names it. */
static enum pf_link_result copy_file(int root, const char *to, int tree, const char *path,
				     bool share, struct pf_err *err)
{
	PF_FD(in) = openat(tree, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	PF_FD(out) = -1;
	struct timespec times[2];
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return fail_copy(err, "open", path);
	out = openat(root, to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return errno == EEXIST ? PF_LINK_EXISTS : fail_copy(err, "create", to);
	if (pf_copy_fd(out, in, share, err) < 0) {
		pf_wrap(err, "%s", to);
		return PF_LINK_FAILED;
	}
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (fchmod(out, st.st_mode & 0777) < 0 || futimens(out, times) < 0)
		return fail_copy(err, "protect", to);
	return PF_LINKED;
}

/* Another file system, one without hard links, a kernel that protects them. */
static bool is_refusal(int error)
{
	return error == EXDEV || error == EPERM || error == EOPNOTSUPP || error == ENOSYS ||
	       error == EINVAL;
}

static enum pf_link_result link_by_name(struct pf_linking *l, const struct pf_bundled *f,
					struct pf_err *err)
{
	char *target = pf_formatz(&l->arena, "%s/%s", l->tree, f->path);

	if (symlinkat(target, l->roots[f->scheme], f->to) == 0)
		return PF_LINKED;
	return errno == EEXIST ? PF_LINK_EXISTS : fail_copy(err, "link", f->path);
}

enum pf_link_result pf_link_at(enum pf_link_mode mode, bool *copying, int root, const char *to,
			       int tree, const char *path, struct pf_err *err)
{
	if (!*copying && mode == PF_LINK_HARD) {
		if (linkat(tree, path, root, to, 0) == 0)
			return PF_LINKED;
		if (errno == EEXIST)
			return PF_LINK_EXISTS;
		if (errno != EMLINK && !is_refusal(errno))
			return fail_copy(err, "link", path);
		if (errno != EMLINK) {
			pf_debug("files are copied, not linked: %s", strerror(errno));
			*copying = true;
		}
	}
	return copy_file(root, to, tree, path, mode != PF_LINK_COPY, err);
}

enum pf_link_result pf_link_file(struct pf_linking *l, int tree, const struct pf_bundled *f,
				 struct pf_err *err)
{
	if (l->o->mode == PF_LINK_SYMBOLIC)
		return link_by_name(l, f, err);
	return pf_link_at(l->o->mode, &l->copying, l->roots[f->scheme], f->to, tree, f->path, err);
}

/* ---- what was placed ---- */

static struct pf_str place_of(struct pf_arena *a, const struct pf_linking *l, enum pf_scheme scheme,
			      const char *to)
{
	return pf_format(a, PF_FMT "%s", PF_ARG(l->prefixes[scheme]), to);
}

static bool needs_quotes(struct pf_str s)
{
	return pf_str_find(s, ',') != PF_NPOS || pf_str_find(s, '"') != PF_NPOS;
}

static void put_doubled(struct pf_buf *out, struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			pf_buf_char(out, '"');
		pf_buf_char(out, s.p[i]);
	}
}

void pf_record_field(struct pf_buf *out, struct pf_str folder, struct pf_str name)
{
	if (!needs_quotes(folder) && !needs_quotes(name)) {
		pf_buf_str(out, folder);
		pf_buf_str(out, name);
		return;
	}
	pf_buf_char(out, '"');
	put_doubled(out, folder);
	put_doubled(out, name);
	pf_buf_char(out, '"');
}

/* RECORD's paths begin in site-packages; what lies elsewhere is three folders up. */
static void note_record(struct pf_linking *l, const struct pf_bundled *f)
{
	struct pf_str to = pf_s(f->to), site = l->prefixes[PF_SCHEME_ROOT], folder = { 0 };
	char size[24];

	if (f->scheme == PF_SCHEME_DATA && pf_str_eq(pf_str_cut(to, 0, site.n), site))
		to = pf_str_skip(to, site.n);
	else if (f->scheme != PF_SCHEME_ROOT && f->scheme != PF_SCHEME_LIB)
		folder = pf_format(&l->arena, "../../../" PF_FMT, PF_ARG(l->prefixes[f->scheme]));
	pf_record_field(&l->record, folder, to);
	pf_buf_cstr(&l->record, ",sha256=");
	pf_buf_cstr(&l->record, f->digest);
	pf_buf_char(&l->record, ',');
	pf_buf_add(&l->record, size, pf_uint64_write(size, f->size));
	pf_buf_char(&l->record, '\n');
}

void pf_link_placed(struct pf_linking *l, const struct pf_bundled *f, bool linked)
{
	struct pf_str folder = l->prefixes[f->scheme];
	size_t n = strlen(f->to);
	struct pf_found *p;
	char *path;

	path = pf_alloc(&l->placed->arena, folder.n + n + 1);
	memcpy(path, folder.p, folder.n);
	memcpy(path + folder.n, f->to, n);
	p = PF_PUSH(&l->placed->arena, &l->placed->files);
	*p = (struct pf_found){ .path = { path, folder.n + n },
				.mode = S_IFREG | pf_bundled_mode(f->kind),
				.size = f->size };
	if (l->o->mode == PF_LINK_SYMBOLIC && linked)
		p->mode = S_IFLNK;
	else
		memcpy(p->digest, f->digest, sizeof(p->digest));
}

void pf_link_note(struct pf_linking *l, const struct pf_bundled *f, bool linked)
{
	note_record(l, f);
	pf_link_placed(l, f, linked);
}

/* ---- clashes ---- */

static bool is_same(int root, const struct pf_bundled *f)
{
	PF_AUTO(buf) bytes = PF_BUF((size_t)f->size + 1);
	char digest[PF_DIGEST_TEXT];
	struct stat st;
	struct pf_err ignored;

	return fstatat(root, f->to, &st, 0) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == f->size &&
	       pf_read_file(&bytes, root, f->to, &ignored) == 0 &&
	       pf_digest_text(digest, PF_S("sha256"), bytes.p ? bytes.p : "", bytes.n) &&
	       strcmp(digest, f->digest) == 0;
}

/* The first wheel that has a place. */
struct claim {
	const struct pf_bundle *wheel;
	const struct pf_bundled *file;	/* NULL: an entry point's script */
};

static void enter(struct pf_linking *l, const struct pf_bundle *b, const struct pf_bundled *f,
		  enum pf_scheme scheme, const char *to)
{
	void **slot = pf_map_put(&l->arena, &l->claims, place_of(&l->arena, l, scheme, to));
	struct claim *c;

	if (*slot)
		return;
	*slot = c = pf_alloc(&l->arena, sizeof(*c));
	*c = (struct claim){ b, f };
}

/* Worked out when there is a first clash: most environments have none. */
static const struct claim *claim_of(struct pf_linking *l, struct pf_str place)
{
	for (; l->claimed < l->current; l->claimed++) {
		const struct pf_bundle *b = &l->links[l->claimed].wheel->files;

		for (size_t i = 0; i < b->files.n; i++)
			if (b->files.v[i].scheme != PF_SCHEME_HEADERS) /* each has its own folder */
				enter(l, b, &b->files.v[i], b->files.v[i].scheme, b->files.v[i].to);
		for (size_t i = 0; i < b->entries.n; i++)
			enter(l, b, NULL, PF_SCHEME_SCRIPTS, b->entries.v[i].name);
	}
	return pf_map_get(&l->claims, place);
}

struct pf_str pf_link_place(struct pf_linking *l, const struct pf_bundled *f)
{
	return place_of(&l->arena, l, f->scheme, f->to);
}

bool pf_link_is_claimed(struct pf_linking *l, struct pf_str place)
{
	return l->claimed && claim_of(l, place);
}

static bool agree(const struct pf_linking *l, const struct claim *c, const struct pf_bundled *f)
{
	if (c && c->file && c->file->kind == f->kind)
		return c->file->size == f->size && strcmp(c->file->digest, f->digest) == 0;
	return is_same(l->roots[f->scheme], f);
}

int pf_link_clash(struct pf_linking *l, const struct pf_bundled *f, struct pf_err *err)
{
	const struct pf_bundle *b = &l->links[l->current].wheel->files;
	struct pf_str place = pf_link_place(l, f), owner;
	const struct claim *c = claim_of(l, place);

	note_record(l, f);
	if (agree(l, c, f))
		return 0;
	owner = c ? pf_format(&l->arena, "%s %s", c->wheel->shown, c->wheel->version) :
		    PF_S("the environment itself");
	if (!l->o->first_wins)
		return pf_fail(err, PF_EINTEGRITY,
			       PF_FMT " and %s %s both have " PF_FMT ", and they differ",
			       PF_ARG(owner), b->shown, b->version, PF_ARG(pf_shown(place)));
	pf_warn(PF_FMT " and %s %s both have " PF_FMT ": the first one's is taken", PF_ARG(owner),
		b->shown, b->version, PF_ARG(pf_shown(place)));
	*pf_map_put(&l->arena, &l->lost, place) = l;
	return 0;
}
