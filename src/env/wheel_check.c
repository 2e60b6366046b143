/* wheel_check.c - a wheel's archive held against the rules, before a byte of it is written */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/wheel_check.h"

#include <sys/stat.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "python/metadata.h"
#include "req/name.h"
#include "req/requirement.h"

void pf_wheel_check_free(struct pf_wheel_check *c)
{
	pf_zip_free(&c->zip);
	pf_arena_free(&c->arena);
	memset(c, 0, sizeof(*c));
}

static int refuse(struct pf_err *err, const struct pf_zip_member *m, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "member \"" PF_FMT "\": %s", PF_ARG(pf_shown(m->name)),
		       why);
}

/* ---- members ---- */

#define FLAG_UTF8 0x0800 /* APPNOTE.TXT 4.4.4; without it a name beyond ASCII is of code page 437  \
			  */

static bool is_ascii(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] > 0x7f)
			return false;
	return true;
}

static int check_member(const struct pf_zip_member *m, bool lenient, struct pf_err *err)
{
	bool folder = pf_str_ends(m->name, "/");
	struct pf_str path = pf_str_cut(m->name, 0, m->name.n - folder);
	unsigned kind = m->mode & S_IFMT;

	if (m->odd || pf_zip_unreadable(m))
		return refuse(err, m, m->odd ? m->odd : pf_zip_unreadable(m));
	if (pf_wheel_check_path(path, lenient, err) < 0)
		return -1;
	if (!(m->flags & FLAG_UTF8) && !is_ascii(path) && !lenient)
		return refuse(err, m, "its name is not marked as UTF-8");
	if (kind && kind != (folder ? S_IFDIR : S_IFREG))
		return refuse(err, m, "it is neither a file nor a folder");
	if (folder && (m->size || m->packed > 2)) /* an empty deflate stream has two bytes */
		return refuse(err, m, "it is a folder and has contents");
	if (m->size > PF_MAX_WHEEL_MEMBER)
		return pf_fail(err, PF_ELIMIT, "member \"" PF_FMT "\" has more than %zu bytes",
			       PF_ARG(pf_shown(m->name)), PF_MAX_WHEEL_MEMBER);
	return 0;
}

/* What is small may be as dense as it likes. */
static int check_sizes(const struct pf_wheel_check *c, uint64_t total, struct pf_err *err)
{
	if (total > PF_MAX_WHEEL)
		return pf_fail(err, PF_ELIMIT, "it unpacks to more than %zu bytes", PF_MAX_WHEEL);
	if (total > PF_WHEEL_DENSE && total / PF_MAX_WHEEL_RATIO > c->zip.directory)
		return pf_fail(err, PF_ELIMIT, "it unpacks to more than %d times its size",
			       PF_MAX_WHEEL_RATIO);
	return 0;
}

static int take_members(struct pf_wheel_check *c, struct pf_err *err)
{
	uint64_t total = 0;

	for (size_t i = 0; i < c->zip.members.n; i++) {
		const struct pf_zip_member *m = &c->zip.members.v[i];

		if (check_member(m, c->source->lenient, err) < 0)
			return -1;
		total += m->size;
		if (!pf_str_ends(m->name, "/"))
			*PF_PUSH(&c->arena, &c->items) = (struct pf_wheel_item){ .member = m };
	}
	return check_sizes(c, total, err);
}

/* ---- the dist-info folder and its texts ---- */

/* "demo-1.0" against the file's name; "-" does not occur in a version's escaped form. */
static bool is_named(struct pf_wheel_check *c, struct pf_str name, struct pf_str version)
{
	struct pf_version v = { 0 };

	return pf_str_eq(pf_name_canonical(&c->arena, name), c->named.name) &&
	       pf_version_read(&v, &c->arena, version) &&
	       pf_version_cmp(&v, &c->named.version) == 0;
}

static int find_info(struct pf_wheel_check *c, struct pf_err *err)
{
	size_t dash;

	for (size_t i = 0; i < c->items.n; i++) {
		struct pf_str path = c->items.v[i].member->name;
		struct pf_str top = pf_str_cut(path, 0, pf_str_find(path, '/'));

		if (!pf_str_ends(top, ".dist-info") || top.n == path.n || pf_str_eq(top, c->info))
			continue;
		if (c->info.n)
			return pf_fail(err, PF_EINTEGRITY,
				       "it has two dist-info folders: " PF_FMT ", " PF_FMT,
				       PF_ARG(pf_shown(c->info)), PF_ARG(pf_shown(top)));
		c->info = top;
	}
	if (!c->info.n)
		return pf_fail(err, PF_EINTEGRITY, "it has no dist-info folder");
	dash = pf_str_rfind(c->info, '-');
	dash = pf_str_rfind(pf_str_cut(c->info, 0, dash),
			    '-'); /* the one of dist-info itself is last */
	if (dash == PF_NPOS ||
	    !is_named(c, pf_str_cut(c->info, 0, dash),
		      pf_str_cut(c->info, dash + 1, c->info.n - strlen(".dist-info"))))
		return pf_fail(err, PF_EINTEGRITY, "its folder " PF_FMT " is that of another wheel",
			       PF_ARG(pf_shown(c->info)));
	return 0;
}

/* A text of the dist-info folder, which may be left out where `needed` is false. */
static int read_text(struct pf_str *out, struct pf_wheel_check *c, const char *name, size_t max,
		     bool needed, struct pf_err *err)
{
	struct pf_str path = pf_format(&c->arena, PF_FMT "/%s", PF_ARG(c->info), name);
	const struct pf_zip_member *m = pf_zip_find(&c->zip, path);
	PF_AUTO(buf) text = PF_BUF(max);

	*out = (struct pf_str){ 0 };
	if (!m)
		return needed ? pf_fail(err, PF_EINTEGRITY, "it has no %s", name) : 0;
	if (pf_zip_read(&text, &c->zip, m, err) < 0)
		return -1;
	*out = pf_dup(&c->arena, pf_buf_view(&text));
	if (pf_str_find(*out, '\0') != PF_NPOS)
		return refuse(err, m, "it is no text");
	return 0;
}

/* A requirement that does not parse is its reader's trouble; one that is none is not. */
static int check_requires(struct pf_wheel_check *c, const struct pf_strs *requires,
			  struct pf_err *err)
{
	for (size_t i = 0; i < requires->n; i++) {
		struct pf_requirement r = { 0 };
		struct pf_err why;

		if (pf_requirement_parse(&r, &c->arena, requires->v[i], &why) < 0) {
			if (!pf_is_alnum(requires->v[i].p[0]))
				return pf_fail(err, PF_EINTEGRITY, "METADATA: Requires-Dist: %s",
					       why.msg);
		} else if (pf_str_starts(r.url, "file:")) {
			return pf_fail(err, PF_EINTEGRITY,
				       "METADATA: it requires a file of this machine: " PF_FMT,
				       PF_ARG(pf_shown(r.url)));
		}
	}
	return 0;
}

static int check_metadata(struct pf_wheel_check *c, struct pf_err *err)
{
	struct pf_metadata m = { 0 };
	struct pf_str text;

	if (read_text(&text, c, "METADATA", PF_MAX_DIST_INFO, true, err) < 0)
		return -1;
	pf_metadata_read(&m, &c->arena, text);
	if (!pf_name_is_valid(m.name) || !is_named(c, m.name, m.version))
		return pf_fail(err, PF_EINTEGRITY,
			       "METADATA is that of another wheel: " PF_FMT " " PF_FMT,
			       PF_ARG(pf_shown(m.name)), PF_ARG(pf_shown(m.version)));
	c->name = m.name;
	c->version = m.version;
	return check_requires(c, &m.requires, err);
}

static struct pf_str header(struct pf_str text, const char *key)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line)) {
		size_t colon = pf_str_find(line, ':');

		if (colon != PF_NPOS && pf_str_ieq(pf_str_cut(line, 0, colon), key))
			return pf_str_trim(pf_str_skip(line, colon + 1));
	}
	return PF_S("");
}

/* Root-Is-Purelib may say either: both folders are one in a virtual environment. The tags are the
 * file name's; many a wheel was renamed after its WHEEL was written. */
static int check_wheel(struct pf_wheel_check *c, struct pf_err *err)
{
	struct pf_str text, version, root;
	uint64_t major, minor;
	size_t dot;

	if (read_text(&text, c, "WHEEL", PF_MAX_DIST_INFO, true, err) < 0)
		return -1;
	version = header(text, "Wheel-Version");
	dot = pf_str_find(version, '.');
	if (!pf_str_u64(pf_str_cut(version, 0, dot), &major) || major != 1 ||
	    !pf_str_u64(pf_str_skip(version, dot == PF_NPOS ? version.n : dot + 1), &minor))
		return pf_fail(err, PF_EINTEGRITY, "WHEEL: its version is \"" PF_FMT "\", not 1.x",
			       PF_ARG(pf_shown(version)));
	if (minor)
		pf_warn(PF_FMT ": its format, " PF_FMT ", is newer than 1.0",
			PF_ARG(c->source->file), PF_ARG(version));
	root = header(text, "Root-Is-Purelib");
	if (!pf_str_ieq(root, "true") && !pf_str_ieq(root, "false"))
		return pf_fail(err, PF_EINTEGRITY, "WHEEL: Root-Is-Purelib is \"" PF_FMT "\"",
			       PF_ARG(pf_shown(root)));
	return 0;
}

/* ---- all of it ---- */

static int check(struct pf_wheel_check *c, struct pf_err *err)
{
	struct pf_str text;

	if (pf_wheel_name_parse(&c->named, &c->arena, c->source->file, err) < 0 ||
	    pf_zip_open(&c->zip, c->source->fd, err) < 0 || take_members(c, err) < 0 ||
	    find_info(c, err) < 0 || check_metadata(c, err) < 0 || check_wheel(c, err) < 0)
		return -1;
	if (read_text(&text, c, "entry_points.txt", PF_MAX_DIST_INFO, false, err) < 0 ||
	    pf_wheel_read_entries(c, text, err) < 0 || pf_wheel_place(c, err) < 0)
		return -1;
	if (read_text(&text, c, "RECORD", PF_MAX_RECORD, true, err) < 0)
		return -1;
	return pf_wheel_read_record(c, text, err);
}

int pf_wheel_check(struct pf_wheel_check *out, const struct pf_wheel_source *s, struct pf_err *err)
{
	PF_AUTO(wheel_check) c = { .source = s };

	if (check(&c, err) < 0)
		return -1;
	*out = PF_TAKE(c);
	return 0;
}
