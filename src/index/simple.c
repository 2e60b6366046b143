/* simple.c - a project's page as JSON (PEP 691, PEP 700): its files, in one pass */
/* SPDX-License-Identifier: Apache-2.0 */
#include "index/simple.h"

#include "base/day.h"
#include "base/json.h"
#include "base/str.h"
#include "req/name.h"

/* ---- times ---- */

static bool two_digits(struct pf_str s, size_t at, int *out)
{
	if (at + 2 > s.n || !pf_is_digit(s.p[at]) || !pf_is_digit(s.p[at + 1]))
		return false;
	*out = (s.p[at] - '0') * 10 + s.p[at + 1] - '0';
	return true;
}

int64_t pf_simple_time(struct pf_str s)
{
	int century, year, month, day, hour, minute, second;

	if (!two_digits(s, 0, &century) || !two_digits(s, 2, &year) || !two_digits(s, 5, &month) ||
	    !two_digits(s, 8, &day) || !two_digits(s, 11, &hour) || !two_digits(s, 14, &minute) ||
	    !two_digits(s, 17, &second) || !pf_str_ends(s, "Z") || s.p[4] != '-' || s.p[7] != '-' ||
	    s.p[10] != 'T' || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
	    minute > 59 || second > 60)
		return 0;
	return (int64_t)pf_day_of(century * 100 + year, month, day) * 86400 + hour * 3600 +
	       minute * 60 + second;
}

/* ---- values ---- */

/* A text that is still there when the next token was read: only an escaped one is copied. */
static struct pf_str hold(struct pf_maker *m, const struct pf_json *r, struct pf_str s)
{
	bool in_page = s.p >= r->text.p && s.p <= r->text.p + r->text.n;

	return in_page ? s : pf_dup(&m->arena, s);
}

/* {"sha256": "..."}; others are passed over. */
static int read_hashes(struct pf_str *out, struct pf_maker *m, struct pf_json *r,
		       struct pf_err *err)
{
	struct pf_json_token key, value;
	bool wanted;

	for (;;) {
		if (pf_json_next(r, &key, err) < 0)
			return -1;
		if (key.kind != PF_JSON_KEY)
			return 0;
		wanted = pf_str_is(key.text, "sha256");
		if (pf_json_next(r, &value, err) < 0 || pf_json_skip(r, &value, err) < 0)
			return -1;
		if (wanted && value.kind == PF_JSON_STRING)
			*out = hold(m, r, value.text);
	}
}

enum field {
	FILENAME,
	URL,
	HASHES,
	PYTHON,
	SIZE,
	UPLOADED,
	YANKED,
	METADATA,
	DIST_METADATA,
	FIELDS
};

static const struct pf_str field_names[FIELDS] = {
	[FILENAME] = { "filename", 8 },	     [URL] = { "url", 3 },
	[HASHES] = { "hashes", 6 },	     [PYTHON] = { "requires-python", 15 },
	[SIZE] = { "size", 4 },		     [UPLOADED] = { "upload-time", 11 },
	[YANKED] = { "yanked", 6 },	     [METADATA] = { "core-metadata", 13 },
	[DIST_METADATA] = { "data-dist-info-metadata", 23 },
};

static enum field find_field(struct pf_str key)
{
	for (int i = 0; i < FIELDS; i++)
		if (key.n == field_names[i].n && memcmp(key.p, field_names[i].p, key.n) == 0)
			return (enum field)i;
	return FIELDS;
}

/* What the values' kinds make of a link: the text fields. */
static void take_text(struct pf_link *l, enum field f, struct pf_str s)
{
	switch (f) {
	case FILENAME:
		l->file = s;
		break;
	case URL:
		l->url = s;
		break;
	case PYTHON:
		l->python = s;
		break;
	case UPLOADED:
		l->uploaded = pf_simple_time(s);
		break;
	case YANKED:
		l->yanked = s;
		l->is_yanked = true;
		break;
	default:
		break;
	}
}

/* false: a value that the field cannot have. */
static bool take_scalar(struct pf_link *l, enum field f, const struct pf_json_token *t)
{
	if (f == SIZE && t->kind == PF_JSON_NUMBER)
		return pf_str_u64(t->text, &l->size);
	if (f == YANKED && t->kind == PF_JSON_TRUE)
		l->is_yanked = true;
	if ((f == METADATA || f == DIST_METADATA) && t->kind == PF_JSON_TRUE)
		l->has_metadata = true;
	return (f != FILENAME && f != URL) || t->kind == PF_JSON_STRING;
}

static int read_value(struct pf_link *l, bool *good, enum field f, struct pf_maker *m,
		      struct pf_json *r, struct pf_err *err)
{
	struct pf_json_token t;

	if (pf_json_next(r, &t, err) < 0)
		return -1;
	if (t.kind == PF_JSON_OBJECT && f == HASHES)
		return read_hashes(&l->sha256, m, r, err);
	if (t.kind == PF_JSON_OBJECT && (f == METADATA || f == DIST_METADATA)) {
		l->has_metadata = true;
		return read_hashes(&l->metadata_sha256, m, r, err);
	}
	if (t.kind == PF_JSON_STRING)
		take_text(l, f, hold(m, r, t.text));
	*good &= take_scalar(l, f, &t);
	return pf_json_skip(r, &t, err);
}

/* Most files of a big page are for other platforms, and their names come first. */
static int read_file(struct pf_maker *m, struct pf_json *r, struct pf_err *err)
{
	struct pf_link l = { 0 };
	struct pf_json_token t;
	enum field f;
	bool good = true;

	for (;;) {
		if (pf_json_next(r, &t, err) < 0)
			return -1;
		if (t.kind != PF_JSON_KEY)
			break;
		f = find_field(t.text);
		if (read_value(&l, &good, f, m, r, err) < 0)
			return -1;
		if (f == FILENAME && good && pf_maker_passes(m, l.file))
			return pf_json_leave(r, err);
	}
	if (!good || !l.file.n || !l.url.n) {
		pf_maker_refuse(m, l.file, "a malformed entry");
		return 0;
	}
	return pf_maker_add(m, &l, err);
}

static int read_files(struct pf_maker *m, struct pf_json *r, struct pf_err *err)
{
	struct pf_json_token t;

	for (;;) {
		if (pf_json_next(r, &t, err) < 0)
			return -1;
		if (t.kind == PF_JSON_ARRAY_END)
			return 0;
		if (t.kind != PF_JSON_OBJECT)
			return pf_json_fail(r, err, "a file is an object");
		if (read_file(m, r, err) < 0)
			return -1;
	}
}

/* {"api-version": "1.1"} */
static int read_meta(struct pf_json *r, struct pf_err *err)
{
	struct pf_json_token t;
	bool wanted;

	for (;;) {
		if (pf_json_next(r, &t, err) < 0)
			return -1;
		if (t.kind != PF_JSON_KEY)
			return 0;
		wanted = pf_str_is(t.text, "api-version");
		if (pf_json_next(r, &t, err) < 0 || pf_json_skip(r, &t, err) < 0)
			return -1;
		if (wanted && (t.kind != PF_JSON_STRING || !pf_str_starts(t.text, "1.")))
			return pf_fail(err, PF_EINTEGRITY,
				       "an index of version " PF_FMT " (1.x is understood)",
				       PF_ARG(pf_shown(t.text)));
	}
}

static int read_member(struct pf_maker *m, struct pf_json *r, struct pf_str key, struct pf_err *err)
{
	bool files = pf_str_is(key, "files"), meta = pf_str_is(key, "meta"),
	     name = pf_str_is(key, "name");
	struct pf_json_token t;

	if (pf_json_next(r, &t, err) < 0)
		return -1;
	if (files && t.kind == PF_JSON_ARRAY)
		return read_files(m, r, err);
	if (meta && t.kind == PF_JSON_OBJECT)
		return read_meta(r, err);
	if (files || meta)
		return pf_json_fail(r, err, "%s", files ? "files is a list" : "meta is an object");
	if (name && t.kind == PF_JSON_STRING && !pf_name_eq(t.text, m->name))
		return pf_fail(err, PF_EINTEGRITY, "the page is of another project, " PF_FMT,
			       PF_ARG(pf_shown(t.text)));
	return pf_json_skip(r, &t, err);
}

static int read_document(struct pf_maker *m, struct pf_json *r, struct pf_err *err)
{
	struct pf_json_token t;
	bool files = false;

	if (pf_json_next(r, &t, err) < 0)
		return -1;
	if (t.kind != PF_JSON_OBJECT)
		return pf_json_fail(r, err, "a page is an object");
	for (;;) {
		if (pf_json_next(r, &t, err) < 0)
			return -1;
		if (t.kind == PF_JSON_OBJECT_END)
			break;
		files |= pf_str_is(t.text, "files");
		if (read_member(m, r, t.text, err) < 0)
			return -1;
	}
	if (!files)
		return pf_json_fail(r, err, "a page has files");
	return pf_json_next(r, &t, err); /* nothing behind it */
}

static int read_json(struct pf_maker *m, struct pf_str text, struct pf_err *err)
{
	struct pf_json r;
	int rc;

	pf_json_init(&r, text, 0);
	rc = read_document(m, &r, err);
	pf_json_free(&r);
	if (rc < 0 && err->code == PF_EMODEL)
		err->code = PF_EINTEGRITY;
	return rc;
}

int pf_simple_read(struct pf_maker *m, struct pf_str type, struct pf_str text, struct pf_err *err)
{
	if (pf_str_ends(type, "json") || (!type.n && pf_str_starts(text, "{")))
		return read_json(m, text, err);
	if (!type.n || pf_str_ends(type, "html"))
		return pf_simple_html(m, text, err);
	return pf_fail(err, PF_EINTEGRITY, "a page of type " PF_FMT, PF_ARG(pf_shown(type)));
}
