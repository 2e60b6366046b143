/* wheel_record.c - RECORD against the archive: all that is there, and nothing else */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "env/wheel_check.h"

static int refuse(struct pf_err *err, struct pf_str path, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "RECORD: \"" PF_FMT "\" %s", PF_ARG(pf_shown(path)),
		       why);
}

/* What lenience forgives, and remembers. */
static int forgive(struct pf_wheel_check *c, struct pf_str path, const char *why,
		   struct pf_err *err)
{
	if (!c->source->lenient) {
		(void)refuse(err, path, why);
		return pf_hint(err, "--lenient-record takes it, with a warning");
	}
	if (!c->incomplete)
		pf_warn(PF_FMT ": RECORD: \"" PF_FMT "\" %s", PF_ARG(pf_shown(c->source->file)),
			PF_ARG(pf_shown(path)), why);
	c->incomplete = true;
	return 0;
}

/* ---- a line: three fields of CSV ---- */

/* "a ""b""" is a "b". */
static bool take_quoted(struct pf_str *out, struct pf_arena *a, struct pf_str *rest)
{
	char *text = pf_alloc(a, rest->n);
	size_t at = 1, n = 0;

	while (at < rest->n &&
	       (rest->p[at] != '"' || pf_str_starts(pf_str_skip(*rest, at), "\"\""))) {
		text[n++] = rest->p[at];
		at += rest->p[at] == '"' ? 2 : 1;
	}
	if (at >= rest->n)
		return false;
	*out = (struct pf_str){ text, n };
	*rest = pf_str_skip(*rest, at + 1);
	return true;
}

bool pf_recorded_read(struct pf_recorded *out, struct pf_arena *a, struct pf_str rest)
{
	struct pf_str *const fields[] = { &out->path, &out->digest, &out->size };

	for (size_t i = 0; i < PF_COUNT(fields); i++) {
		if (i && !pf_str_starts(rest, ","))
			return false;
		rest = pf_str_skip(rest, i > 0);
		if (pf_str_starts(rest, "\"")) {
			if (!take_quoted(fields[i], a, &rest))
				return false;
			continue;
		}
		*fields[i] = pf_str_cut(rest, 0, pf_str_find(rest, ','));
		rest = pf_str_skip(rest, fields[i]->n);
		if (pf_str_find(*fields[i], '"') != PF_NPOS)
			return false;
	}
	return !rest.n;
}

static int take_line(struct pf_wheel_check *c, struct pf_str line, struct pf_err *err)
{
	struct pf_recorded *row = pf_alloc(&c->arena, sizeof(*row));
	void **place;

	if (!pf_recorded_read(row, &c->arena, line))
		return refuse(err, line, "is not a path, a digest and a size");
	if (pf_wheel_check_path(row->path, c->source->lenient, err) < 0)
		return pf_wrap(err, "RECORD");
	place = pf_map_put(&c->arena, &c->record, row->path);
	if (*place)
		return refuse(err, row->path, "is there twice");
	*place = row;
	if (!pf_zip_find(&c->zip, row->path))
		return forgive(c, row->path, "is not in the archive", err);
	return 0;
}

/* ---- both ways ---- */

/* RECORD cannot have its own digest, nor those of what signs it. */
static bool may_be_silent(const struct pf_wheel_check *c, struct pf_str path)
{
	static const char *const names[] = { "RECORD", "RECORD.jws", "RECORD.p7s", NULL };

	return pf_str_eq(pf_str_cut(path, 0, c->info.n), c->info) &&
	       pf_str_in(pf_str_skip(path, c->info.n + 1), names);
}

static int check_item(struct pf_wheel_check *c, struct pf_wheel_item *item, struct pf_err *err)
{
	struct pf_str path = item->member->name;
	const struct pf_recorded *row = pf_map_get(&c->record, path);
	uint64_t size;

	if (may_be_silent(c, path) && (!row || !row->digest.n))
		return 0;
	if (!row)
		return forgive(c, path, "is in the archive and not listed", err);
	if (!row->digest.n || pf_str_starts(row->digest, "md5=") ||
	    pf_str_starts(row->digest, "sha1="))
		return forgive(c, path, "has no digest that counts", err);
	if (row->size.n && (!pf_str_u64(row->size, &size) || size != item->member->size))
		return forgive(c, path, "has another size in the archive", err);
	item->recorded = row;
	return 0;
}

int pf_wheel_read_record(struct pf_wheel_check *c, struct pf_str text, struct pf_err *err)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line))
		if (line.n && take_line(c, line, err) < 0)
			return -1;
	for (size_t i = 0; i < c->items.n; i++)
		if (check_item(c, &c->items.v[i], err) < 0)
			return -1;
	return 0;
}

/* "sha256=47DEQ..." in two, without the padding that some write. */
static void split_digest(struct pf_str *name, struct pf_str *said, struct pf_str digest)
{
	*name = pf_str_cut(digest, 0, pf_str_find(digest, '='));
	*said = pf_str_skip(digest, name->n + 1);
	while (pf_str_ends(*said, "="))
		said->n--;
}

static int compare(struct pf_wheel_check *c, const struct pf_wheel_item *item, struct pf_str said,
		   const char *digest, struct pf_err *err)
{
	return pf_str_is(said, digest) ? 0
				       : forgive(c, item->member->name,
						 "has another digest in the archive", err);
}

bool pf_wheel_needs_sha256(const struct pf_wheel_item *item)
{
	return !item->recorded || pf_str_starts(item->recorded->digest, "sha256=");
}

int pf_wheel_check_sha256(struct pf_wheel_check *c, struct pf_wheel_item *item, const char *digest,
			  struct pf_err *err)
{
	struct pf_str name, said;

	item->file.digest = pf_dupz(&c->arena, pf_s(digest));
	if (!item->recorded)
		return 0;
	split_digest(&name, &said, item->recorded->digest);
	return compare(c, item, said, digest, err);
}

int pf_wheel_check_bytes(struct pf_wheel_check *c, struct pf_wheel_item *item, struct pf_str bytes,
			 struct pf_err *err)
{
	char own[PF_DIGEST_TEXT], other[PF_DIGEST_TEXT];
	struct pf_str said, name;

	(void)pf_digest_text(own, PF_S("sha256"), bytes.p, bytes.n);
	if (pf_wheel_needs_sha256(item))
		return pf_wheel_check_sha256(c, item, own, err);
	item->file.digest = pf_dupz(&c->arena, pf_s(own));
	split_digest(&name, &said, item->recorded->digest);
	if (!pf_digest_text(other, name, bytes.p, bytes.n))
		return forgive(c, item->member->name, "has a digest of an unknown kind", err);
	return compare(c, item, said, other, err);
}
