/* lock.c - the formats of locks, told apart by their content */
/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/lock.h"

#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/digest.h"
#include "lock/parts.h"
#include "solve/native.h"

/* The first that fits; a requirements file is what nothing else is. */
static const struct pf_lock_format formats[] = {
	{ "json", false, pf_recordlock_is, pf_recordlock_read, pf_recordlock_write },
	{ "pylock", false, pf_pylock_is, pf_pylock_read, pf_pylock_write },
	{ "uv.lock", false, pf_uvlock_is, pf_uvlock_read, NULL },
	{ "conda-lock", true, pf_condalock_is, pf_condalock_read, pf_condalock_write },
	{ "explicit", true, pf_explicit_is, pf_explicit_read, pf_explicit_write },
	{ "pixi.lock", true, pf_pixilock_is, pf_pixilock_read, NULL },
	{ "requirements", false, pf_reqlock_is, pf_reqlock_read, pf_reqlock_write },
};

bool pf_lock_has_line(struct pf_str text, const char *start)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line))
		if (pf_str_starts(pf_str_trim(line), start))
			return true;
	return false;
}

/* ---- packages ---- */

int pf_lock_add_package(struct pf_lock *l, const struct pf_lock_package *p, struct pf_err *err)
{
	void **place = pf_map_put(&l->arena, &l->names, p->name);

	if (*place)
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is locked twice", p->line,
			       PF_ARG(pf_shown(p->name)));
	if (l->packages.n == PF_MAX_DISTS)
		return pf_fail(err, PF_ELIMIT, "line %u: more than %d packages", p->line,
			       PF_MAX_DISTS);
	*PF_PUSH(&l->arena, &l->packages) = *p;
	*place = (void *)(uintptr_t)l->packages.n;
	return 0;
}

const struct pf_lock_package *pf_lock_find(const struct pf_lock *l, struct pf_str name)
{
	size_t at = (size_t)(uintptr_t)pf_map_get(&l->names, name);

	return at ? &l->packages.v[at - 1] : NULL;
}

/* ---- written ---- */

static const struct pf_lock_format *find_written(const char *format)
{
	for (size_t i = 0; i < PF_COUNT(formats); i++)
		if (formats[i].write && strcmp(formats[i].name, format) == 0)
			return &formats[i];
	return NULL;
}

int pf_lock_check_format(const char *format, struct pf_err *err)
{
	if (find_written(format))
		return 0;
	for (size_t i = 0; i < PF_COUNT(formats); i++)
		if (strcmp(formats[i].name, format) == 0)
			return pf_fail(err, PF_EUSAGE,
				       "%s is not written: use pylock, requirements or json, "
				       "or for conda packages conda-lock or explicit",
				       format);
	return pf_fail(err, PF_EUSAGE,
		       "--format must be one of pylock, requirements, json, conda-lock, explicit, "
		       "not " PF_FMT,
		       PF_ARG(pf_shown(pf_s(format))));
}

/* Of conda packages or without them; JSON takes both. */
static int check_kind(const char *format, const struct pf_plan *plan, struct pf_err *err)
{
	bool conda = plan->conda.n > 0;

	if (strcmp(format, "json") == 0 || find_written(format)->conda == conda)
		return 0;
	return conda ? pf_fail(err, PF_EUSAGE,
			       "%s cannot hold conda packages: use conda-lock, explicit or json",
			       format) :
		       pf_fail(err, PF_EUSAGE,
			       "%s is for conda packages, of which there are none: use pylock, "
			       "requirements or json", format);
}

int pf_lock_write(struct pf_buf *out, const char *format, const struct pf_lock_of *what,
		  struct pf_err *err)
{
	if (pf_lock_check_format(format, err) < 0 || check_kind(format, what->plan, err) < 0 ||
	    find_written(format)->write(out, what, err) < 0)
		return -1;
	return pf_buf_check(out, "a lock", err);
}

/* ---- read ---- */

static const struct pf_lock_format *recognise(struct pf_str text)
{
	size_t i = 0;

	while (!formats[i].is(text))
		i++;
	return &formats[i];
}

static bool is_conda(const struct pf_lock_format *format, struct pf_str text)
{
	return format->conda ||
	       (format->read == pf_recordlock_read && pf_recordlock_has_conda(text));
}

/* Of packages of conda, the interpreter is among them: what has to be known of it to choose
 * wheels. */
static int set_python(struct pf_python *out, struct pf_lock *l, struct pf_err *err)
{
	const struct pf_conda_record *r = pf_lock_conda(l, PF_S("python"));

	if (!l->conda.n)
		return pf_fail(err, PF_EINTEGRITY, "it has no conda packages for this platform");
	if (!r)
		return pf_fail(err, PF_EINTEGRITY, "it has no python");
	return pf_python_of_conda(out, r->version, err);
}

static int read_for(struct pf_lock *out, const struct pf_lock_format *format, struct pf_str text,
		    const struct pf_lock_for *whom, struct pf_err *err)
{
	struct pf_marker_env env;
	struct pf_needs wanted = { 0 };
	struct pf_lock_target target = {
		.env = &env, .wanted = &wanted, .base = whom->base, .model_dir = whom->model_dir,
		.subdir = whom->python->platform,
	};

	pf_python_markers(&env, &out->arena, whom->python);
	if (pf_native_wanted(&wanted, &out->arena, whom->needs, whom->model_dir, whom->python,
			     err) < 0 ||
	    format->read(out, &target, text, err) < 0)
		return -1;
	return pf_lock_check(out, &wanted, whom, &env, err);
}

/* A venv cannot have a lock of conda's packages, and the other way round. */
static int read_conda(struct pf_lock *out, struct pf_lock_for *whom, struct pf_python *python,
		      const struct pf_lock_format *format, struct pf_str text, struct pf_err *err)
{
	struct pf_marker_env env = { 0 };
	struct pf_needs wanted = { 0 }, pip = *whom->needs;
	struct pf_lock_target target = {
		.env = &env, .wanted = &wanted, .base = whom->base, .model_dir = whom->model_dir,
		.subdir = whom->python->platform, .channels = &whom->o->channels,
	};

	pip.conda = pip.build = (struct pf_strs){ 0 };
	if (format->read(out, &target, text, err) < 0 || set_python(python, out, err) < 0)
		return -1;
	whom->python = python;
	pf_python_markers(&env, &out->arena, python);
	if (pf_native_wanted(&wanted, &out->arena, &pip, whom->model_dir, python, err) < 0 ||
	    pf_lock_check_conda(out, whom->needs, err) < 0)
		return -1;
	return pf_lock_check(out, &wanted, whom, &env, err);
}

/* CEP 23 has it so; it is no digest that anybody should rely on. */
static void warn_of_md5(const struct pf_lock *l)
{
	size_t n = 0;

	for (size_t i = 0; i < l->conda.n; i++)
		n += !l->conda.v[i].record.sha256.n;
	if (n)
		pf_warn("%zu of %zu packages of the lock are known by MD5 alone", n, l->conda.n);
}

static void take_conda(struct pf_plan *plan, const struct pf_lock *l)
{
	for (size_t i = 0; i < l->conda.n; i++)
		*PF_PUSH(&plan->arena, &plan->conda) =
			pf_planned_conda_copy(&plan->arena, &l->conda.v[i]);
}

bool pf_lock_is_conda(struct pf_str text)
{
	return is_conda(recognise(text), text);
}

int pf_lock_read(struct pf_plan *out, struct pf_str text, const char *name,
		 const struct pf_lock_for *whom, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	PF_AUTO(python) python = { 0 };
	struct pf_lock lock = { 0 };
	struct pf_lock_for chosen = *whom;
	const struct pf_lock_format *format = recognise(text);
	bool conda = is_conda(format, text);
	int rc;

	if (conda && whom->stranger)
		return pf_fail(err, PF_EINTEGRITY,
			       "%s is a lock of conda packages, which is the user's to give", name);
	rc = conda ? read_conda(&lock, &chosen, &python, format, text, err)
		   : read_for(&lock, format, text, whom, err);
	if (rc == 0)
		rc = pf_lock_choose(&plan, &lock, &chosen, err);
	warn_of_md5(&lock);
	take_conda(&plan, &lock);
	for (size_t i = 0; i < lock.left_out.n; i++)
		*PF_PUSH(&plan.arena, &plan.left_out) = pf_dup(&plan.arena, lock.left_out.v[i]);
	pf_arena_free(&lock.arena);
	if (rc < 0) {
		if (err->code == PF_EMODEL || err->code == PF_EUSAGE)
			err->code = PF_EINTEGRITY;
		return pf_wrap(err, "%s", name);
	}
	plan.resolver = pf_format(&plan.arena, "a lock (%s)", format->name);
	if (pf_plan_seal(&plan, whom->python, whom->o, err) < 0)
		return -1;
	*out = PF_TAKE(plan);
	return 0;
}

int pf_lock_open(struct pf_lock_text *out, const char *path, struct pf_err *err)
{
	PF_AUTO(lock_text) t = { .text = PF_BUF(PF_MAX_LOCK), .path = path };
	char *real = pf_realpath(&t.arena, path);

	if (!real)
		return pf_fail_errno(err, "cannot open %s", path);
	if (pf_read_file(&t.text, AT_FDCWD, real, err) < 0)
		return -1;
	t.base = pf_dupz(&t.arena, pf_str_cut(pf_s(real), 0, pf_str_rfind(pf_s(real), '/')));
	*out = PF_TAKE(t);
	return 0;
}

void pf_lock_text_free(struct pf_lock_text *t)
{
	pf_buf_free(&t->text);
	pf_arena_free(&t->arena);
	memset(t, 0, sizeof(*t));
}

const char *pf_lock_carried(struct pf_buf *text, int root)
{
	static const char *const names[] = { "pylock.toml", "uv.lock" };
	struct pf_err err;

	for (size_t i = 0; i < PF_COUNT(names); i++) {
		PF_FD(fd) = -1;

		if (!pf_exists_beneath(root, names[i]))
			continue;
		fd = pf_open_beneath(root, names[i], &err);
		if (fd >= 0 && pf_read_fd(text, fd, names[i], &err) == 0)
			return names[i];
		pf_note("%s is not used: %s", names[i], err.msg);
		text->n = 0;
	}
	return NULL;
}

/* ---- what was needed ---- */

static void add_line(struct pf_buf *b, const char *kind, struct pf_str text)
{
	pf_buf_printf(b, "%s %zu " PF_FMT "\n", kind, text.n, PF_ARG(text));
}

struct pf_str pf_lock_needs_digest(struct pf_arena *a, const struct pf_needs *needs)
{
	PF_AUTO(buf) b = PF_BUF(PF_MAX_LOCK);
	char hex[PF_SHA256_HEX];

	add_line(&b, "python", needs->python);
	if (needs->conda_python.n)
		add_line(&b, "q", needs->conda_python);
	for (size_t i = 0; i < needs->pip.n; i++) {
		add_line(&b, needs->pip.v[i].constraint ? "c" : "r", needs->pip.v[i].text);
		for (size_t k = 0; k < needs->pip.v[i].hashes.n; k++)
			add_line(&b, "h", needs->pip.v[i].hashes.v[k]);
	}
	for (size_t i = 0; i < needs->build.n; i++)
		add_line(&b, "b", needs->build.v[i]);
	for (size_t i = 0; i < needs->conda.n; i++)
		add_line(&b, "k", needs->conda.v[i]);
	pf_sha256_hex(hex, b.p, b.n);
	return pf_format(a, "sha256:%s", hex);
}
