/* repodata_record.c - records of one name, as a channel tells them, judged */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/repodata_record.h"

#include "base/limits.h"
#include "base/number.h"
#include "base/str.h"

/* ---- fields ---- */

/* What a record's JSON says, before it is judged. */
struct told {
	struct pf_conda_record r;
	struct pf_str version;
	bool bad_number;	/* one that should count something */
	bool bad_list;		/* of what it needs or rules out */
};

typedef int take_field(struct pf_repo_taking *t, struct told *told, void *to, struct pf_json *json,
		       const struct pf_json_token *value, struct pf_err *err);

static struct pf_str keep(struct pf_repo_taking *t, const struct pf_json *json, struct pf_str text)
{
	bool borrowed = text.p >= json->text.p && text.p <= json->text.p + json->text.n;

	return borrowed ? text : pf_dup(t->arena, text);
}

static int take_text(struct pf_repo_taking *t, struct told *told, void *to, struct pf_json *json,
		     const struct pf_json_token *value, struct pf_err *err)
{
	(void)told;
	if (value->kind != PF_JSON_STRING)
		return pf_json_skip(json, value, err);
	*(struct pf_str *)to = keep(t, json, value->text);
	return 0;
}

static int take_number(struct pf_repo_taking *t, struct told *told, void *to, struct pf_json *json,
		       const struct pf_json_token *value, struct pf_err *err)
{
	(void)t;
	if (value->kind == PF_JSON_NULL)
		return 0;
	if (value->kind != PF_JSON_NUMBER || !pf_uint64_read(value->text, to)) {
		told->bad_number = true;
		return pf_json_skip(json, value, err);
	}
	return 0;
}

/* Of no consequence where it is odd: "timestamp": 1578324546067.5. */
static int take_timestamp(struct pf_repo_taking *t, struct told *told, void *to,
			  struct pf_json *json, const struct pf_json_token *value,
			  struct pf_err *err)
{
	uint64_t when = 0;

	(void)t, (void)told;
	if (value->kind == PF_JSON_NUMBER && pf_uint64_read(value->text, &when))
		*(uint64_t *)to = pf_conda_timestamp(when);
	return pf_json_skip(json, value, err);
}

static int take_list(struct pf_repo_taking *t, struct told *told, void *to, struct pf_json *json,
		     const struct pf_json_token *value, struct pf_err *err)
{
	struct pf_strs *list = to;
	struct pf_json_token item;

	if (value->kind != PF_JSON_ARRAY) {
		told->bad_list |= value->kind != PF_JSON_NULL;
		return pf_json_skip(json, value, err);
	}
	for (;;) {
		if (pf_json_next(json, &item, err) < 0)
			return -1;
		if (item.kind == PF_JSON_ARRAY_END)
			return 0;
		if (item.kind == PF_JSON_STRING)
			*PF_PUSH(t->arena, list) = keep(t, json, item.text);
		else
			return pf_json_fail(json, err, "a list of texts has something else");
	}
}

/* "mkl blas", "mkl,blas", or a list of them. */
static int take_words(struct pf_repo_taking *t, struct told *told, void *to, struct pf_json *json,
		      const struct pf_json_token *value, struct pf_err *err)
{
	struct pf_strs *list = to;
	struct pf_str text;

	if (value->kind == PF_JSON_ARRAY)
		return take_list(t, told, to, json, value, err);
	if (value->kind != PF_JSON_STRING)
		return pf_json_skip(json, value, err);
	text = keep(t, json, value->text);
	for (size_t from = 0, i = 0; i <= text.n; i++) {
		if (i < text.n && text.p[i] != ',' && !pf_is_space(text.p[i]))
			continue;
		if (i > from)
			*PF_PUSH(t->arena, list) = pf_str_cut(text, from, i);
		from = i + 1;
	}
	return 0;
}

static int take_noarch(struct pf_repo_taking *t, struct told *told, void *to, struct pf_json *json,
		       const struct pf_json_token *value, struct pf_err *err)
{
	(void)t, (void)to;
	if (value->kind == PF_JSON_STRING && pf_str_is(value->text, "python"))
		told->r.noarch = PF_NOARCH_PYTHON;
	else if (value->kind == PF_JSON_STRING || value->kind == PF_JSON_TRUE)
		told->r.noarch = PF_NOARCH_GENERIC;
	return pf_json_skip(json, value, err);
}

#define FIELD(name, take) { PF_S_INIT(#name), take, offsetof(struct told, r.name) }
#define PF_S_INIT(literal) { "" literal, sizeof(literal) - 1 }

static const struct {
	struct pf_str key;
	take_field *take;
	size_t offset;
} fields[] = {
	FIELD(name, take_text),
	{ PF_S_INIT("version"), take_text, offsetof(struct told, version) },
	FIELD(build, take_text),
	FIELD(build_number, take_number),
	FIELD(depends, take_list),
	FIELD(constrains, take_list),
	FIELD(md5, take_text),
	FIELD(sha256, take_text),
	FIELD(size, take_number),
	FIELD(subdir, take_text),
	FIELD(timestamp, take_timestamp),
	FIELD(noarch, take_noarch),
	FIELD(track_features, take_words),
	FIELD(features, take_text),
	FIELD(license, take_text),
	FIELD(license_family, take_text),
	FIELD(python_site_packages_path, take_text),
};

/* Behind the bracket that opens the record. */
static int read_record(struct pf_repo_taking *t, struct told *told, struct pf_json *json,
		       struct pf_err *err)
{
	struct pf_json_token key, value;
	uint32_t seen = 0;

	for (;;) {
		size_t i = 0;

		if (pf_json_next(json, &key, err) < 0)
			return -1;
		if (key.kind == PF_JSON_OBJECT_END)
			return 0;
		while (i < PF_COUNT(fields) && !(fields[i].key.n == key.text.n &&
						 pf_str_eq(fields[i].key, key.text)))
			i++;
		if (i < PF_COUNT(fields) && (seen >> i & 1))
			return pf_json_fail(json, err, "the key \"" PF_FMT "\" comes twice",
					    PF_ARG(fields[i].key));
		if (pf_json_next(json, &value, err) < 0)
			return -1;
		if (i == PF_COUNT(fields)) {
			if (pf_json_skip(json, &value, err) < 0)
				return -1;
			continue;
		}
		seen |= (uint32_t)1 << i;
		if (fields[i].take(t, told, (char *)told + fields[i].offset, json, &value, err) < 0)
			return -1;
	}
}

/* ---- judged ---- */

static bool is_hex(struct pf_str s, size_t n)
{
	for (size_t i = 0; i < s.n; i++)
		if (!pf_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n == n;
}

static bool take_prefix(struct pf_str *rest, struct pf_str what)
{
	if (!pf_str_eq(pf_str_cut(*rest, 0, what.n), what))
		return false;
	*rest = pf_str_skip(*rest, what.n);
	return true;
}

/* What is left of "NAME-VERSION-BUILD.conda" behind the name, the version and the build. */
static bool is_file_of(const struct pf_conda_record *r, const char *ending)
{
	struct pf_str rest = r->fn;

	return r->name.n && r->version.n && take_prefix(&rest, r->name) &&
	       take_prefix(&rest, PF_S("-")) && take_prefix(&rest, r->version) &&
	       take_prefix(&rest, PF_S("-")) && take_prefix(&rest, r->build) &&
	       pf_str_is(rest, ending);
}

static const char *find_fault(const struct pf_repo_taking *t, const struct told *told,
			      enum pf_repo_section section)
{
	const struct pf_conda_record *r = &told->r;

	if (!pf_str_eq(r->name, t->name))
		return "its record has another name than its file";
	if (!pf_conda_filename_is_plain(r->fn))
		return "its file has a name that no file should have";
	if (!is_file_of(r, section == PF_REPO_CONDA ? ".conda" : ".tar.bz2"))
		return "its file is not named by its version and build";
	if (r->subdir.n && !pf_str_eq(r->subdir, t->from->subdir))
		return "it is for another platform than where it lies";
	if (told->bad_number)
		return "its size or build number is no number";
	if (told->bad_list)
		return "what it needs is no list";
	if (!r->sha256.n && !r->md5.n)
		return "it has no digest";
	if ((r->sha256.n && !is_hex(r->sha256, 64)) || (r->md5.n && !is_hex(r->md5, 32)))
		return "its digest is none";
	return NULL;
}

static struct pf_str without_ending(struct pf_str fn)
{
	size_t ending = pf_str_ends(fn, ".conda") ? 6 : pf_str_ends(fn, ".tar.bz2") ? 8 : 0;

	return pf_str_cut(fn, 0, fn.n - ending);
}

/* Neighbours are often of one version. */
static void set_version(struct pf_repo_taking *t, struct told *told)
{
	struct pf_conda_records *all = &t->out->records;
	const struct pf_conda_record *last = all->n ? &all->v[all->n - 1] : NULL;

	if (last && pf_str_eq(last->version, told->version)) {
		told->r.version = last->version;
		told->r.ver = last->ver;
	} else if (!pf_conda_record_set_version(&told->r, t->arena, told->version)) {
		told->r.version = told->version;
	}
}

static void put_out(struct pf_repo_taking *t, const struct told *told, const char *fault)
{
	if (!t->out->unusable++)
		t->out->why = pf_format(t->arena, PF_FMT ": %s", PF_ARG(pf_shown(told->r.fn)),
					fault);
}

/* There are thousands: without printf. */
static struct pf_str address_of(struct pf_repo_taking *t, struct pf_str fn)
{
	struct pf_str base = t->from->base;
	char *p = pf_alloc(t->arena, base.n + fn.n + 1);

	memcpy(p, base.p, base.n);
	memcpy(p + base.n, fn.p, fn.n);
	return (struct pf_str){ p, base.n + fn.n };
}

static int add_record(struct pf_repo_taking *t, struct told *told, enum pf_repo_section section,
		      struct pf_json *json, struct pf_err *err)
{
	struct pf_conda_record *r = &told->r;
	const char *fault;
	uintptr_t *place;

	set_version(t, told);
	if ((fault = find_fault(t, told, section))) {
		put_out(t, told, fault);
		return 0;
	}
	r->subdir = t->from->subdir;
	r->channel = t->from->channel;
	r->channel_name = t->from->channel_name;
	r->url = address_of(t, r->fn);
	place = (uintptr_t *)(void *)pf_map_put(&t->own, &t->builds, without_ending(r->fn));
	if (!*place) {
		*PF_PUSH(t->arena, &t->out->records) = *r;
		*place = t->out->records.n;
		return 0;
	}
	if (pf_str_eq(t->out->records.v[*place - 1].fn, r->fn))
		return pf_json_fail(json, err, "a file comes twice: " PF_FMT,
				    PF_ARG(pf_shown(r->fn)));
	if (section == PF_REPO_CONDA)
		t->out->records.v[*place - 1] = *r;
	return 0;
}

/* ---- lists of them ---- */

/* Behind the bracket that opens the object. */
static int read_files(struct pf_repo_taking *t, enum pf_repo_section section, struct pf_json *json,
		      struct pf_err *err)
{
	struct pf_json_token file, value;

	for (;;) {
		struct told told = { 0 };

		if (pf_json_next(json, &file, err) < 0)
			return -1;
		if (file.kind == PF_JSON_OBJECT_END)
			return 0;
		told.r.fn = keep(t, json, file.text);
		if (pf_json_next(json, &value, err) < 0)
			return -1;
		if (value.kind != PF_JSON_OBJECT)
			return pf_json_fail(json, err, "a record is no object");
		if (read_record(t, &told, json, err) < 0 ||
		    add_record(t, &told, section, json, err) < 0)
			return -1;
		if (t->out->records.n > PF_MAX_CONDA_RECORDS)
			return pf_fail(err, PF_ELIMIT, "more than %d records",
				       PF_MAX_CONDA_RECORDS);
	}
}

static int read_removed(struct pf_repo_taking *t, struct pf_json *json, struct pf_err *err)
{
	struct pf_json_token file;

	for (;;) {
		if (pf_json_next(json, &file, err) < 0)
			return -1;
		if (file.kind == PF_JSON_ARRAY_END)
			return 0;
		if (file.kind != PF_JSON_STRING)
			return pf_json_fail(json, err, "a removed file has no name");
		*pf_map_put(&t->own, &t->removed, file.text) = t;
	}
}

static int read_section(struct pf_repo_taking *t, enum pf_repo_section section,
			struct pf_json *json, struct pf_err *err)
{
	enum pf_json_kind wanted =
		section == PF_REPO_REMOVED ? PF_JSON_ARRAY : PF_JSON_OBJECT;
	struct pf_json_token first;

	if (pf_json_next(json, &first, err) < 0)
		return -1;
	if (first.kind != wanted)
		return pf_json_fail(json, err, "records in something else than an object");
	return section == PF_REPO_REMOVED ? read_removed(t, json, err)
					  : read_files(t, section, json, err);
}

static int read_end(struct pf_json *json, struct pf_err *err)
{
	struct pf_json_token end;

	if (pf_json_next(json, &end, err) < 0)
		return -1;
	return end.kind == PF_JSON_END ? 0 : pf_json_fail(json, err, "something lies behind");
}

static int as_integrity(struct pf_err *err)
{
	if (err->code == PF_EMODEL)
		err->code = PF_EINTEGRITY;
	return -1;
}

int pf_repo_take(struct pf_repo_taking *t, enum pf_repo_section section, struct pf_str text,
		 struct pf_err *err)
{
	struct pf_json json;
	int rc;

	pf_json_init(&json, text, 0);
	rc = read_section(t, section, &json, err);
	if (rc == 0)
		rc = read_end(&json, err);
	pf_json_free(&json);
	return rc < 0 ? as_integrity(err) : 0;
}

static int read_shard(struct pf_repo_taking *t, struct pf_json *json, struct pf_err *err)
{
	static const char *const sections[] = { "packages", "packages.conda", "removed" };
	struct pf_json_token key, value;
	unsigned seen = 0;

	if (pf_json_next(json, &key, err) < 0)
		return -1;
	if (key.kind != PF_JSON_OBJECT)
		return pf_json_fail(json, err, "a shard is a map");
	for (;;) {
		unsigned i = 0;

		if (pf_json_next(json, &key, err) < 0)
			return -1;
		if (key.kind == PF_JSON_OBJECT_END)
			return read_end(json, err);
		while (i < PF_COUNT(sections) && !pf_str_is(key.text, sections[i]))
			i++;
		if (i == PF_COUNT(sections)) {
			if (pf_json_next(json, &value, err) < 0 ||
			    pf_json_skip(json, &value, err) < 0)
				return -1;
			continue;
		}
		if (seen >> i & 1)
			return pf_json_fail(json, err, "the key \"%s\" comes twice", sections[i]);
		seen |= 1U << i;
		if (read_section(t, (enum pf_repo_section)i, json, err) < 0)
			return -1;
	}
}

int pf_repo_take_shard(struct pf_repo_taking *t, struct pf_str text, struct pf_err *err)
{
	struct pf_json json;
	int rc;

	pf_json_init(&json, text, 0);
	rc = read_shard(t, &json, err);
	pf_json_free(&json);
	return rc < 0 ? as_integrity(err) : 0;
}

void pf_repo_taking_start(struct pf_repo_taking *t, struct pf_arena *a,
			  const struct pf_repo_from *from, struct pf_str name,
			  struct pf_conda_package *out)
{
	*t = (struct pf_repo_taking){ .arena = a, .from = from, .name = name, .out = out,
				      .first = out->records.n };
}

void pf_repo_taking_end(struct pf_repo_taking *t)
{
	struct pf_conda_records *all = &t->out->records;
	size_t kept = t->first;

	for (size_t i = t->first; i < all->n; i++)
		if (!pf_map_get(&t->removed, all->v[i].fn))
			all->v[kept++] = all->v[i];
	all->n = kept;
	pf_arena_free(&t->own);
}
