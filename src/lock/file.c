/* file.c - one file of a lock: what it may be called, where it may lie, what it must be known by */
/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/digests.h"
#include "base/number.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"
#include "req/reqpolicy.h"
#include "req/wheel_name.h"

int pf_lock_add_digest(struct pf_strs *out, struct pf_arena *a, struct pf_str kind,
		       struct pf_str hex, unsigned line, struct pf_err *err)
{
	struct pf_str text;

	if (!pf_digest_kind(kind))
		return 0;
	text = pf_format(a, PF_FMT ":" PF_FMT, PF_ARG(kind), PF_ARG(hex));
	for (size_t i = kind.n; i < text.n; i++)
		((char *)(uintptr_t)text.p)[i] = pf_lower(text.p[i]);
	if (!pf_policy_is_digest(text))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is no digest", line,
			       PF_ARG(pf_shown(text)));
	/* One of them is enough, and the usual one is what caches are named by. */
	if (!out->n)
		*PF_PUSH(a, out) = text;
	else if (pf_str_is(kind, "sha256"))
		out->v[0] = text;
	return 0;
}

int pf_lock_add_digests(struct pf_strs *out, struct pf_arena *a, const struct pf_strs *texts,
			unsigned line, struct pf_err *err)
{
	for (size_t i = 0; i < texts->n; i++) {
		struct pf_str kind = pf_str_cut(texts->v[i], 0, pf_str_find(texts->v[i], ':'));
		struct pf_strs strong = { 0 };

		if (pf_lock_add_digest(&strong, a, kind, pf_str_skip(texts->v[i], kind.n + 1), line,
				       err) < 0)
			return -1;
		if (strong.n)
			*PF_PUSH(a, out) = strong.v[0];
	}
	return 0;
}

int pf_lock_marker_holds(struct pf_lock *l, const struct pf_lock_target *t, struct pf_str marker,
			 unsigned line, struct pf_err *err)
{
	struct pf_marker *m = NULL;

	if (marker.n && pf_marker_parse(&m, &l->arena, marker, err) < 0)
		return pf_wrap(err, "line %u: a marker", line);
	return pf_marker_eval(m, t->env, PF_S(""));
}

/* ---- where it lies ---- */

static int put_path(struct pf_str *out, struct pf_arena *a, const char *base, struct pf_str path,
		    unsigned line, struct pf_err *err)
{
	if (!base || !path.n || path.p[0] == '/')
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: the path " PF_FMT " is not relative to the lock", line,
			       PF_ARG(pf_shown(path)));
	if (pf_str_has_dotdot(path))
		return pf_fail(err, PF_EINTEGRITY, "line %u: the path " PF_FMT
			       " leaves the lock's folder", line, PF_ARG(pf_shown(path)));
	*out = pf_url_of_path(a, pf_formatz(a, "%s/" PF_FMT, base, PF_ARG(path)));
	return 0;
}

/* The last part of where it lies; an empty view where that tells no file's name. */
static int last_part(struct pf_str *out, struct pf_lock *l, const struct pf_lock_file *f,
		     struct pf_str path, unsigned line, struct pf_err *err)
{
	size_t slash = pf_str_rfind(path, '/');
	struct pf_url url;

	*out = pf_str_skip(path, slash == PF_NPOS ? 0 : slash + 1);
	if (!f->url.n)
		return 0;
	if (pf_url_split(&url, f->url, err) < 0)
		return pf_wrap(err, "line %u", line);
	if (!pf_url_is_http(&url))
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is a place of one machine",
			       line, PF_ARG(pf_shown(f->url)));
	*out = pf_url_decode(&l->arena, pf_url_file(&url));
	return 0;
}

struct pf_str pf_lock_inside(struct pf_arena *a, const char *model_dir, struct pf_str url)
{
	const char *path = pf_url_local(a, url);
	size_t n = model_dir ? strlen(model_dir) : 0;

	if (n && path && strncmp(path, model_dir, n) == 0 && path[n] == '/')
		return pf_s(path + n + 1);
	return PF_S("");
}

/* ---- what it is called ---- */

static bool is_plain_name(struct pf_str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == '/' || name.p[i] == '\\' || (unsigned char)name.p[i] < 0x20)
			return false;
	return name.n > 0 && name.p[0] != '.';
}

/* A file that tells by its name what it is, there and at its address, tells this package. Where an
 * address alone stands for the version, a wheel's name is who knows it. */
static int check_project(struct pf_lock_package *p, struct pf_lock *l, struct pf_str file,
			 unsigned line, struct pf_err *err)
{
	struct pf_wheel_name wheel;
	struct pf_sdist_name sdist;
	struct pf_version version, wanted = { 0 };
	struct pf_str name;
	struct pf_err ignored;

	if (pf_str_ends(file, ".whl")) {
		if (pf_wheel_name_parse(&wheel, &l->arena, file, err) < 0)
			return pf_wrap(err, "line %u", line);
		name = wheel.name;
		version = wheel.version;
		if (!p->version.n)
			p->version = pf_dup(&l->arena, version.text);
	} else if (!p->direct.n && pf_sdist_name_parse(&sdist, &l->arena, file, &ignored) == 0) {
		name = sdist.name;
		version = sdist.version;
	} else {
		return 0;
	}
	if (pf_str_eq(name, p->name) &&
	    (!p->version.n || (pf_version_read(&wanted, &l->arena, p->version) &&
			       pf_version_cmp(&wanted, &version) == 0)))
		return 0;
	return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is no file of " PF_FMT " " PF_FMT,
		       line, PF_ARG(pf_shown(file)), PF_ARG(pf_shown(p->name)),
		       PF_ARG(pf_shown(p->version)));
}

int pf_lock_add_file(struct pf_lock *l, struct pf_lock_package *p, struct pf_lock_file *f,
		     struct pf_str path, const struct pf_lock_target *t, struct pf_err *err)
{
	unsigned line = p->line;
	struct pf_str last;

	if (last_part(&last, l, f, path, line, err) < 0)
		return -1;
	if (!f->name.n)
		f->name = last;
	if (!is_plain_name(f->name))
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: a file of " PF_FMT " has no name that a file "
			       "may have: " PF_FMT,
			       line, PF_ARG(pf_shown(p->name)), PF_ARG(pf_shown(f->name)));
	if (check_project(p, l, f->name, line, err) < 0 ||
	    check_project(p, l, last, line, err) < 0 ||
	    (path.n && put_path(&f->url, &l->arena, t->base, path, line, err) < 0))
		return -1;
	if (!f->hashes.n)
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: " PF_FMT " has no digest of SHA-256 or better", line,
			       PF_ARG(pf_shown(f->name)));
	*PF_PUSH(&l->arena, &p->files) = *f;
	return 0;
}

/* ---- when it came ---- */

int64_t pf_lock_time(struct pf_str text)
{
	struct tm tm = { 0 };
	int *const fields[] = { &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
				&tm.tm_hour, &tm.tm_min, &tm.tm_sec };
	static const size_t at[] = { 0, 5, 8, 11, 14, 17, 20 };
	int64_t value;

	for (size_t i = 0; i < PF_COUNT(fields); i++) {
		struct pf_str digits = pf_str_cut(text, at[i], at[i + 1] - 1);

		if (digits.n != (i ? 2 : 4) || !pf_int64_read(digits, &value))
			return 0;
		*fields[i] = (int)value;
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}
