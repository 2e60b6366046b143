/* manifest.c - the list of an environment's files: made and compared */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"

#define MANIFEST "manifest.json"
#define FILES ",\"files\":["

/* ---- make ---- */

static int read_target(char out[PF_MAX_PATH], int dir, const char *path, struct pf_err *err)
{
	ssize_t n = readlinkat(dir, path, out, PF_MAX_PATH - 1);

	if (n < 0)
		return pf_fail_errno(err, "cannot read the link %s", path);
	out[n] = '\0';
	return 0;
}

static void write_entry(struct pf_json_out *w, const struct pf_found *f, const char *kind,
			unsigned mode, const char *text)
{
	pf_json_open(w, '[');
	pf_json_str(w, f->path);
	pf_json_cstr(w, kind);
	pf_json_int(w, mode);
	pf_json_int(w, (int64_t)f->size);
	pf_json_cstr(w, text);
	pf_json_close(w, ']');
}

static int add_file(struct pf_json_out *w, int dir, const struct pf_found *f, struct pf_err *err)
{
	char target[PF_MAX_PATH], hex[PF_SHA256_HEX];
	unsigned mode = f->mode & 0111 ? 0555 : 0444;

	if (pf_sha256_text_hex(hex, f->digest)) {
		write_entry(w, f, "f", mode, hex);
		return 0;
	}
	if (S_ISLNK(f->mode)) {
		if (read_target(target, dir, f->path.p, err) < 0)
			return -1;
		write_entry(w, f, "l", 0, target);
		return 0;
	}
	if (!S_ISREG(f->mode))
		return pf_fail(err, PF_EINTEGRITY, "%s is neither a file nor a link", f->path.p);
	if (fchmodat(dir, f->path.p, mode, 0) < 0)
		return pf_fail_errno(err, "cannot protect %s", f->path.p);
	if (pf_sha256_at(hex, dir, f->path.p, err) < 0)
		return -1;
	write_entry(w, f, "f", mode, hex);
	return 0;
}

static void write_head(struct pf_json_out *w, const struct pf_plan *plan,
		       const struct pf_python *python, const struct pf_found_list *list)
{
	char id[40];
	uint64_t size = 0;

	for (size_t i = 0; i < list->files.n; i++)
		size += S_ISREG(list->files.v[i].mode) ? list->files.v[i].size : 0;
	pf_json_begin(w, "manifest");
	pf_json_key(w, "store");
	pf_json_int(w, PF_STORE_FORMAT);
	pf_json_field(w, "key", pf_s(plan->key));
	pf_json_field(w, "created_by", PF_S("pyfunc-env " PACKAGE_VERSION));
	pf_json_field(w, "boot_id", pf_boot_id(id));
	pf_json_field(w, "python", python->version);
	pf_json_field(w, "interpreter", python->base_exe);
	pf_json_field(w, "platform", python->platform);
	pf_json_field(w, "libc", python->libc);
	pf_json_key(w, "bytes");
	pf_json_int(w, (int64_t)size);
	pf_json_key(w, "plan");
	pf_plan_write(w, plan);
}

static int write_all(struct pf_buf *b, int dir, const struct pf_found_list *list,
		     const struct pf_plan *plan, const struct pf_python *python, struct pf_err *err)
{
	struct pf_json_out w = { .buf = b };

	write_head(&w, plan, python, list);
	pf_json_key(&w, "files");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < list->files.n; i++)
		if (add_file(&w, dir, &list->files.v[i], err) < 0)
			return -1;
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	pf_buf_char(b, '\n');
	return pf_buf_check(b, "the manifest", err);
}

int pf_manifest_make(int dir, const struct pf_found_list *list, const struct pf_plan *plan,
		     const struct pf_python *python, struct pf_err *err)
{
	struct pf_buf b = PF_BUF(PF_MAX_MANIFEST);
	char mark[64];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->dirs.n; i++)
		if (fchmodat(dir, list->dirs.v[i].path.p, 0755, 0) < 0)
			rc = pf_fail_errno(err, "cannot protect %s", list->dirs.v[i].path.p);
	if (rc == 0)
		rc = write_all(&b, dir, list, plan, python, err);
	if (rc == 0)
		rc = pf_write_atomic(dir, MANIFEST, pf_buf_view(&b), 0444, err);
	if (rc == 0)
		rc = pf_write_atomic(dir, pf_boot_mark(mark), PF_S(""), 0444, err);
	pf_buf_free(&b);
	return rc;
}

/* ---- read ---- */

static int read_manifest(struct pf_buf *out, size_t *files, int dir, struct pf_err *err)
{
	if (pf_read_file(out, dir, MANIFEST, err) < 0)
		return -1;
	*files = pf_str_find_str(pf_buf_view(out), FILES);
	if (*files == PF_NPOS || !pf_str_ends(pf_buf_view(out), "]}\n"))
		return pf_fail(err, PF_EINTEGRITY, "%s is damaged", MANIFEST);
	return 0;
}

int pf_manifest_head(struct pf_node **out, struct pf_arena *a, int dir, struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_MANIFEST);
	size_t files;
	int rc = read_manifest(&text, &files, dir, err);

	if (rc == 0) {
		struct pf_str head = pf_format(a, PF_FMT "}",
					       PF_ARG(pf_str_cut(pf_buf_view(&text), 0, files)));

		rc = pf_json_parse(out, a, head, err);
	}
	pf_buf_free(&text);
	return rc;
}

/* ---- compare ---- */

struct check {
	int dir;
	bool deep;
	struct pf_arena *a;
	struct pf_strs *problems;
	struct pf_arena own;
	struct pf_map known;	/* paths of the manifest */
};

struct entry {
	struct pf_str path, kind, text;
	int64_t mode, size;
};

#define REPORT(c, ...) (*PF_PUSH((c)->a, (c)->problems) = pf_format((c)->a, __VA_ARGS__))

static int compare_link(struct check *c, const struct entry *e, struct pf_err *err)
{
	char target[PF_MAX_PATH];

	if (read_target(target, c->dir, e->path.p, err) < 0)
		return -1;
	if (!pf_str_is(e->text, target))
		REPORT(c, PF_FMT " leads to %s instead of " PF_FMT, PF_ARG(e->path), target,
		       PF_ARG(e->text));
	return 0;
}

static int compare(struct check *c, const struct entry *e, struct pf_err *err)
{
	char hex[PF_SHA256_HEX];
	struct stat st;
	bool link = pf_str_is(e->kind, "l");

	if (fstatat(c->dir, e->path.p, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			return pf_fail_errno(err, "cannot look at %s", e->path.p);
		REPORT(c, PF_FMT " is missing", PF_ARG(e->path));
		return 0;
	}
	if (link ? !S_ISLNK(st.st_mode) : !S_ISREG(st.st_mode)) {
		REPORT(c, PF_FMT " is something else now", PF_ARG(e->path));
		return 0;
	}
	if (link)
		return compare_link(c, e, err);
	if (st.st_size != e->size) {
		REPORT(c, PF_FMT " has %lld bytes instead of %lld", PF_ARG(e->path),
		       (long long)st.st_size, (long long)e->size);
		return 0;
	}
	if (!c->deep)
		return 0;
	if (pf_sha256_at(hex, c->dir, e->path.p, err) < 0)
		return -1;
	if (!pf_str_is(e->text, hex))
		REPORT(c, PF_FMT " was changed", PF_ARG(e->path));
	return 0;
}

/* The five values of one entry; its opening bracket was read. 1, or 0 when there are none. */
static int take_entry(struct check *c, struct entry *out, struct pf_json *r, struct pf_err *err)
{
	static const enum pf_json_kind kinds[] = { PF_JSON_STRING, PF_JSON_STRING, PF_JSON_NUMBER,
						   PF_JSON_NUMBER, PF_JSON_STRING,
						   PF_JSON_ARRAY_END };
	struct pf_str v[PF_COUNT(kinds)];
	struct pf_json_token t;

	for (size_t i = 0; i < PF_COUNT(kinds); i++) {
		if (pf_json_next(r, &t, err) < 0)
			return -1;
		if (t.kind != kinds[i])
			return pf_fail(err, PF_EINTEGRITY, "%s is damaged", MANIFEST);
		v[i] = pf_dup(&c->own, t.text);
	}
	*out = (struct entry){ .path = v[0], .kind = v[1], .text = v[4] };
	if (!pf_int64_read(v[2], &out->mode) || !pf_int64_read(v[3], &out->size))
		return pf_fail(err, PF_EINTEGRITY, "%s is damaged", MANIFEST);
	return 0;
}

static int check_entries(struct check *c, struct pf_str files, struct pf_err *err)
{
	struct pf_json r;
	struct pf_json_token t;
	struct entry e;
	int rc;

	pf_json_init(&r, files, 0);
	rc = pf_json_next(&r, &t, err); /* the list's own bracket */
	while (rc == 0 && (rc = pf_json_next(&r, &t, err)) == 0 && t.kind == PF_JSON_ARRAY) {
		rc = take_entry(c, &e, &r, err);
		if (rc == 0)
			rc = compare(c, &e, err);
		if (rc == 0 && c->deep)
			*pf_map_put(&c->own, &c->known, e.path) = c;
	}
	pf_json_free(&r);
	return rc;
}

/* What Python and we ourselves may add to a finished environment. */
static bool may_be_added(struct pf_str path)
{
	return pf_str_is(path, MANIFEST) || pf_str_starts(path, "verified-") ||
	       (pf_str_ends(path, ".pyc") && pf_str_find_str(path, "__pycache__/") != PF_NPOS);
}

static int check_added(struct check *c, struct pf_err *err)
{
	PF_AUTO(found_list) list = { 0 };

	if (pf_walk(&list, c->dir, err) < 0)
		return -1;
	for (size_t i = 0; i < list.files.n; i++) {
		struct pf_str path = list.files.v[i].path;

		if (!pf_map_get(&c->known, path) && !may_be_added(path))
			REPORT(c, PF_FMT " was added", PF_ARG(path));
	}
	return 0;
}

int pf_manifest_check(struct pf_strs *problems, struct pf_arena *a, int dir, bool deep,
		      struct pf_err *err)
{
	struct check c = { .dir = dir, .deep = deep, .a = a, .problems = problems };
	struct pf_buf text = PF_BUF(PF_MAX_MANIFEST);
	size_t files;
	int rc = read_manifest(&text, &files, dir, err);

	if (rc == 0) {
		struct pf_str list = pf_str_skip(pf_buf_view(&text), files + sizeof(FILES) - 2);

		rc = check_entries(&c, pf_str_cut(list, 0, list.n - 2), err);
	}
	if (rc == 0 && deep)
		rc = check_added(&c, err);
	pf_arena_free(&c.own);
	pf_buf_free(&text);
	return rc;
}
