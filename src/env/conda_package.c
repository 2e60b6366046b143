/* conda_package.c - conda packages in the cache: checked and unpacked once, to be linked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_package.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/conda_info.h"
#include "env/shelf.h"
#include "fetch/archive.h"
#include "formats/zip.h"

static const char *const ENDS[] = { ".conda", ".tar.bz2", NULL };

bool pf_is_conda_file(struct pf_str file)
{
	return pf_str_ends_in(file, ENDS);
}

static struct pf_str stem_of(struct pf_str file)
{
	return pf_str_cut(file, 0, file.n - strlen(pf_str_ends(file, ENDS[0]) ? ENDS[0] : ENDS[1]));
}

/* ---- what it says it is ---- */

static int check_name(const struct pf_conda_source *s, struct pf_str name, struct pf_str version,
		      struct pf_str build, struct pf_str subdir, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str whole = pf_format(&a, PF_FMT "-" PF_FMT "-" PF_FMT, PF_ARG(name),
					PF_ARG(version), PF_ARG(build));

	if (!pf_is_conda_file(s->file) || !pf_str_eq(whole, stem_of(s->file)))
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is the package " PF_FMT,
			       PF_ARG(pf_shown(s->file)), PF_ARG(pf_shown(whole)));
	if (s->subdir.n && subdir.n && !pf_str_eq(s->subdir, subdir))
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is a package for " PF_FMT ", not " PF_FMT,
			       PF_ARG(pf_shown(s->file)), PF_ARG(pf_shown(subdir)),
			       PF_ARG(pf_shown(s->subdir)));
	return 0;
}

/* ---- unpack ---- */

struct unpacking {
	const struct pf_conda_source *s;
	struct pf_arena arena;
	struct pf_archive_limits limits;
	struct pf_archive_kept kept;
	uint64_t packed; /* bytes of the file */
	int tree;
	bool lenient;
};

/* Of what compresses well there is no more than a few MiB; nothing real is denser. */
static void set_limits(struct unpacking *u)
{
	uint64_t dense;

	if (__builtin_mul_overflow(u->packed, (uint64_t)PF_MAX_WHEEL_RATIO, &dense))
		dense = UINT64_MAX;
	dense = dense < PF_WHEEL_DENSE ? PF_WHEEL_DENSE : dense;
	u->limits.members = PF_MAX_CONDA_FILES;
	u->limits.bytes = dense < PF_MAX_CONDA ? dense : PF_MAX_CONDA;
}

/* {"conda_pkg_format_version": 2} */
static int check_format(struct unpacking *u, struct pf_zip *z, struct pf_err *err)
{
	const struct pf_zip_member *m = pf_zip_find(z, PF_S("metadata.json"));
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	struct pf_node *doc = NULL;
	struct pf_str version;

	if (!m)
		return pf_fail(err, PF_EINTEGRITY, "there is no metadata.json");
	if (pf_zip_read(&text, z, m, err) < 0 ||
	    pf_json_parse(&doc, &u->arena, pf_buf_view(&text), err) < 0)
		return pf_wrap(err, "metadata.json");
	version = pf_node_text(doc, "conda_pkg_format_version");
	if (!pf_str_is(version, "2"))
		return pf_fail(err, PF_EINTEGRITY,
			       "its format is of version \"" PF_FMT "\": 2 is known",
			       PF_ARG(pf_shown(version)));
	return 0;
}

/* "pkg-demo-1.0-0.tar.zst", which is stored as it is. */
static int keep_part(struct unpacking *u, struct pf_zip *z, const char *kind, struct pf_err *err)
{
	struct pf_str name = pf_format(&u->arena, "%s-" PF_FMT ".tar.zst", kind,
				       PF_ARG(stem_of(u->s->file)));
	const struct pf_zip_member *m = pf_zip_find(z, name);
	struct pf_archive_part part = { .fd = u->s->fd };

	if (!m)
		return pf_fail(err, PF_EINTEGRITY, "there is no " PF_FMT, PF_ARG(pf_shown(name)));
	if (m->odd || m->method || m->packed != m->size)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " %s", PF_ARG(pf_shown(name)),
			       m->odd ? m->odd : "is not stored as it is");
	part.at = m->data;
	part.size = m->size;
	return pf_archive_keep(&u->kept, u->tree, &part, kind, &u->limits, err);
}

static int keep_zip(struct unpacking *u, struct pf_err *err)
{
	PF_AUTO(zip) z = { 0 };

	if (pf_zip_open(&z, u->s->fd, err) < 0)
		return -1;
	return check_format(u, &z, err) < 0 || keep_part(u, &z, "info", err) < 0 ||
			       keep_part(u, &z, "pkg", err) < 0
		       ? -1
		       : 0;
}

static int keep_all(struct unpacking *u, struct pf_err *err)
{
	struct pf_archive_part all = { .fd = u->s->fd, .size = u->packed };

	if (pf_str_ends(u->s->file, ENDS[0]))
		return keep_zip(u, err);
	return pf_archive_keep(&u->kept, u->tree, &all, "the archive", &u->limits, err);
}

static int write_manifest(struct unpacking *u, int dir, struct pf_err *err)
{
	struct pf_conda_info info = { 0 };

	if (pf_conda_info_read(&info, &u->arena, u->tree, &u->kept, u->lenient, err) < 0 ||
	    check_name(u->s, info.name, info.version, info.build, info.subdir, err) < 0)
		return -1;
	return pf_bundle_write(dir, pf_conda_info_head(&u->arena, &info), info.files.v,
			       info.files.n, err);
}

static int unpack(struct unpacking *u, int dir, struct pf_err *err)
{
	struct stat st;

	if (fstat(u->s->fd, &st) < 0)
		return pf_fail_errno(err, "cannot be read");
	u->packed = (uint64_t)st.st_size;
	set_limits(u);
	if (mkdirat(dir, "tree", 0755) < 0 || fchmodat(dir, "tree", 0755, 0) < 0 ||
	    (u->tree = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return pf_fail_errno(err, "cannot create a folder");
	if (keep_all(u, err) < 0 || pf_signals_check(err) < 0)
		return -1;
	return write_manifest(u, dir, err);
}

/* ---- the cache ---- */

struct wanted {
	const struct pf_conda_source *s;
	bool lenient;
};

static int check(void *wanted, const struct pf_bundle *b, struct pf_err *err)
{
	const struct wanted *w = wanted;

	return check_name(w->s, pf_s(b->name), pf_s(b->version), pf_s(b->build), pf_s(b->subdir),
			  err);
}

static int make(void *wanted, int dir, struct pf_err *err)
{
	const struct wanted *w = wanted;
	struct unpacking u = { .s = w->s, .tree = -1, .lenient = w->lenient };
	int rc = unpack(&u, dir, err);

	pf_fd_close(&u.tree);
	pf_archive_kept_free(&u.kept);
	pf_arena_free(&u.arena);
	if (rc < 0 && err->code == PF_EMODEL) /* malformed, and so not what it is said to be */
		err->code = PF_EINTEGRITY;
	return rc < 0 ? pf_wrap(err, PF_FMT, PF_ARG(pf_shown(w->s->file))) : 0;
}

static struct pf_shelf shelf_of(struct wanted *w)
{
	return (struct pf_shelf){ .folder = "conda", .one = "conda", .check = check,
				  .make = make, .ctx = w };
}

int pf_conda_package_find(struct pf_bundle *out, const char *sha256,
			  const struct pf_conda_source *s, const struct pf_opts *o,
			  struct pf_err *err)
{
	struct wanted w = { .s = s };
	struct pf_shelf shelf = shelf_of(&w);

	return pf_shelf_find(out, &shelf, sha256, o, err);
}

int pf_conda_package_get(struct pf_bundle *out, char *sha256, const struct pf_conda_source *s,
			 const struct pf_opts *o, struct pf_err *err)
{
	struct wanted w = { .s = s, .lenient = o->lenient_record };
	struct pf_shelf shelf = shelf_of(&w);
	char hex[PF_DIGEST_HEX];

	if (!pf_is_conda_file(s->file))
		return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" is no conda package by its name",
			       PF_ARG(pf_shown(s->file)));
	if (s->sha256)
		snprintf(hex, sizeof(hex), "%s", s->sha256);
	else if (pf_digest_fd(hex, PF_S("sha256"), s->fd, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(s->file)));
	if (pf_shelf_get(out, &shelf, hex, o, err) < 0)
		return -1;
	memcpy(sha256, hex, PF_SHA256_HEX);
	return 0;
}
