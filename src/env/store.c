/* store.c - the environments of a store: listed, shown, verified, removed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/env.h"
#include "env/manifest.h"
#include "env/stored.h"
#include "env/sweep.h"

/* ---- writing ---- */

static const char *date(char out[24], time_t when)
{
	struct tm tm;

	if (!when || !gmtime_r(&when, &tm) || !strftime(out, 24, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(out, 24, "-");
	return out;
}

static uint64_t item_bytes(const struct pf_stored *it)
{
	uint64_t bytes = 0;

	(void)!pf_str_u64(pf_node_text(it->head, "bytes"), &bytes);
	return bytes;
}

static const char *item_state(const struct pf_stored *it)
{
	return !it->head ? "damaged" : !it->started ? "no interpreter" : "ready";
}

static size_t item_packages(const struct pf_stored *it)
{
	const struct pf_node *packages = pf_stored_packages(it), *conda = pf_stored_conda(it);

	return (packages ? packages->n : 0) + (conda ? conda->n : 0);
}

/* Its packages as others can read them; NULL: an environment of before. */
static const char *item_lock(struct pf_arena *a, const struct pf_stored *it)
{
	static const char *const names[] = { PF_ENV_LOCK, PF_ENV_CONDA_LOCK };

	for (size_t i = 0; i < PF_COUNT(names); i++) {
		char *path = pf_join(a, it->path, pf_s(names[i]));

		if (access(path, R_OK) == 0)
			return path;
	}
	return NULL;
}

static void write_item(struct pf_json_out *w, const struct pf_stored *it)
{
	char when[24];

	pf_json_field(w, "key", it->key);
	pf_json_field(w, "path", pf_s(it->path));
	pf_json_field(w, "state", pf_s(item_state(it)));
	pf_json_field(w, "python", pf_node_text(it->head, "python"));
	pf_json_field(w, "interpreter", pf_node_text(it->head, "interpreter"));
	pf_json_field(w, "resolver", pf_node_text(pf_node_get(it->head, "plan"), "resolver"));
	pf_json_field(w, "created_by", pf_node_text(it->head, "created_by"));
	pf_json_key(w, "packages");
	pf_json_int(w, (int64_t)item_packages(it));
	pf_json_key(w, "bytes");
	pf_json_int(w, (int64_t)item_bytes(it));
	pf_json_field(w, "used", pf_s(date(when, it->used)));
}

int pf_store_list(struct pf_buf *out, const struct pf_opts *o, bool json, struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	char when[24];
	STORE(s);

	if (pf_stored_open(&s, NULL, true, o, err) < 0)
		return -1;
	if (json) {
		pf_stored_json_open(&w, "env-list", s.root);
		pf_json_key(&w, "environments");
		pf_json_open(&w, '[');
	} else if (s.items.n) {
		pf_buf_printf(out, "%-32s  %-8s %8s %9s  %-20s  %s\n", "KEY", "PYTHON", "PACKAGES",
			      "MIB", "USED", "STATE");
	}
	for (size_t i = 0; i < s.items.n; i++) {
		const struct pf_stored *it = &s.items.v[i];

		if (json) {
			pf_json_open(&w, '{');
			write_item(&w, it);
			pf_json_close(&w, '}');
			continue;
		}
		pf_buf_printf(out, PF_FMT "  %-8.*s %8zu %9.1f  %-20s  %s\n", PF_ARG(it->key),
			      PF_ARG(pf_node_text(it->head, "python")), item_packages(it),
			      (double)item_bytes(it) / 1048576.0, date(when, it->used),
			      item_state(it));
	}
	if (json) {
		pf_json_close(&w, ']');
		pf_stored_json_close(&w);
	}
	return pf_buf_check(out, "the list", err);
}

/* What was said when it was resolved: "late: mako (of 2020-03-01: ...)". */
static void show_reasons(struct pf_buf *out, const struct pf_node *plan)
{
	static const char *const keys[] = { "late", "facts", "added" };

	if (pf_node_get(plan, "as_of"))
		pf_buf_printf(out, "as of: " PF_FMT "\n", PF_ARG(pf_node_text(plan, "as_of")));
	for (size_t k = 0; k < PF_COUNT(keys); k++) {
		const struct pf_node *list = pf_node_get(plan, keys[k]);

		for (size_t i = 0; list && i < list->n; i++)
			pf_buf_printf(out, "%s: " PF_FMT " (" PF_FMT ")\n", keys[k],
				      PF_ARG(pf_node_text(&list->v[i], "name")),
				      PF_ARG(pf_node_text(&list->v[i], "why")));
	}
}

static void show_conda(struct pf_buf *out, const struct pf_node *conda)
{
	if (!conda)
		return;
	pf_buf_cstr(out, "conda packages:\n");
	for (size_t i = 0; i < conda->n; i++)
		pf_buf_printf(out, "  " PF_FMT " " PF_FMT " " PF_FMT "\n",
			      PF_ARG(pf_node_text(&conda->v[i], "name")),
			      PF_ARG(pf_node_text(&conda->v[i], "version")),
			      PF_ARG(pf_node_text(&conda->v[i], "build")));
}

static void show_text(struct pf_buf *out, const struct pf_stored *it, const char *lock)
{
	const struct pf_node *packages = pf_stored_packages(it);
	char when[24];

	pf_buf_printf(out, "path: %s\nstate: %s\npython: " PF_FMT " (" PF_FMT ")\n", it->path,
		      item_state(it), PF_ARG(pf_node_text(it->head, "python")),
		      PF_ARG(pf_node_text(it->head, "interpreter")));
	if (lock)
		pf_buf_printf(out, "lock: %s\n", lock);
	pf_buf_printf(out, "resolver: " PF_FMT "\ncreated by: " PF_FMT "\nMiB: %.1f\nused: %s\n",
		      PF_ARG(pf_node_text(pf_node_get(it->head, "plan"), "resolver")),
		      PF_ARG(pf_node_text(it->head, "created_by")),
		      (double)item_bytes(it) / 1048576.0, date(when, it->used));
	show_reasons(out, pf_node_get(it->head, "plan"));
	show_conda(out, pf_stored_conda(it));
	pf_buf_cstr(out, "packages:\n");
	for (size_t i = 0; packages && i < packages->n; i++) {
		struct pf_str url = pf_node_text(&packages->v[i], "url");
		struct pf_str name = pf_node_text(&packages->v[i], "name");

		if (url.n)
			pf_buf_printf(out, "  " PF_FMT " @ " PF_FMT "\n", PF_ARG(name),
				      PF_ARG(url));
		else
			pf_buf_printf(out, "  " PF_FMT "==" PF_FMT "\n", PF_ARG(name),
				      PF_ARG(pf_node_text(&packages->v[i], "version")));
	}
}

int pf_store_show(struct pf_buf *out, const char *key, const struct pf_opts *o, bool json,
		  struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	PF_AUTO(plan) plan = { 0 };
	STORE(s);

	if (pf_stored_open_one(&s, key, true, o, err) < 0)
		return -1;
	if (!json) {
		show_text(out, &s.items.v[0], item_lock(&s.arena, &s.items.v[0]));
		return pf_buf_check(out, "the answer", err);
	}
	pf_stored_json_open(&w, "env", s.root);
	write_item(&w, &s.items.v[0]);
	pf_json_key(&w, "lock");
	pf_json_cstr(&w, item_lock(&s.arena, &s.items.v[0]));
	if (s.items.v[0].head &&
	    pf_plan_read(&plan, pf_node_get(s.items.v[0].head, "plan"), err) == 0) {
		pf_json_key(&w, "plan");
		pf_plan_write(&w, &plan);
	}
	pf_stored_json_close(&w);
	return pf_buf_check(out, "the answer", err);
}

/* ---- verify ---- */

/* Who removes one renames it first: what is missing then is nobody's loss. */
static bool is_removed(int dir, const struct pf_stored *it)
{
	struct stat mine, there;

	return fstat(dir, &mine) == 0 &&
	       (stat(it->path, &there) < 0 ? errno == ENOENT : mine.st_ino != there.st_ino);
}

/* 1: it has been removed meanwhile. */
static int verify_one(struct pf_strs *problems, struct pf_arena *a, const struct pf_stored *it,
		      struct pf_err *err)
{
	PF_FD(dir) = open(it->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return errno == ENOENT ? 1 : pf_fail_errno(err, "cannot open %s", it->path);
	if (pf_manifest_check(problems, a, dir, true, err) < 0)
		*PF_PUSH(a, problems) = pf_dup(a, pf_s(err->msg));
	if (faccessat(dir, "bin/python", X_OK, 0) < 0)
		*PF_PUSH(a, problems) = PF_S("its interpreter is gone");
	if (pf_signals_check(err) < 0)
		return -1;
	return problems->n && is_removed(dir, it);
}

static void report(struct pf_buf *out, struct pf_json_out *w, bool json, const struct pf_stored *it,
		   const struct pf_strs *problems)
{
	if (json) {
		pf_json_open(w, '{');
		pf_json_field(w, "key", it->key);
		pf_json_key(w, "problems");
		pf_json_open(w, '[');
		for (size_t i = 0; i < problems->n; i++)
			pf_json_str(w, problems->v[i]);
		pf_json_close(w, ']');
		pf_json_close(w, '}');
		return;
	}
	pf_buf_printf(out, PF_FMT ": %s\n", PF_ARG(it->key), problems->n ? "damaged" : "good");
	for (size_t i = 0; i < problems->n; i++)
		pf_buf_printf(out, "  " PF_FMT "\n", PF_ARG(problems->v[i]));
}

int pf_store_verify(struct pf_buf *out, size_t *broken, const char *key, const struct pf_opts *o,
		    bool json, struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	STORE(s);

	*broken = 0;
	if ((key ? pf_stored_open_one(&s, key, false, o, err)
		 : pf_stored_open(&s, NULL, false, o, err)) < 0)
		return -1;
	if (json) {
		pf_stored_json_open(&w, "env-verify", s.root);
		pf_json_key(&w, "environments");
		pf_json_open(&w, '[');
	}
	for (size_t i = 0; i < s.items.n; i++) {
		struct pf_arena a = { 0 };
		struct pf_strs problems = { 0 };
		int rc = verify_one(&problems, &a, &s.items.v[i], err);

		*broken += rc == 0 && problems.n > 0;
		if (rc == 0)
			report(out, &w, json, &s.items.v[i], &problems);
		pf_arena_free(&a);
		if (rc < 0)
			return -1;
	}
	if (json) {
		pf_json_close(&w, ']');
		pf_stored_json_close(&w);
	}
	return pf_buf_check(out, "the answer", err);
}

/* ---- removal ---- */

/* Whoever only waits in it for more to do is asked to go. */
static bool is_held(int manifest, const struct pf_stored_list *s, const struct pf_stored *it,
		    bool dry, const struct pf_opts *o)
{
	if (manifest < 0 || flock(manifest, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
		return false;
	if (dry || !o->release)
		return true;
	o->release(s->root, it->key);
	return flock(manifest, LOCK_EX | LOCK_NB) < 0;
}

/* 1 removed (dry: could be), 0 in use. A name under envs/ is complete or absent: it is renamed away
 * first. */
static int remove_one(struct pf_stored_list *s, const struct pf_stored *it, bool dry,
		      const struct pf_opts *o,
		      struct pf_err *err)
{
	char *manifest = pf_join(&s->arena, it->path, PF_S("manifest.json"));
	char *lock = pf_formatz(&s->arena, "%s/locks/" PF_FMT ".lock", s->root, PF_ARG(it->key));
	char *away = pf_formatz(&s->arena, "%s/tmp/" PF_FMT ".%d.gone", s->root, PF_ARG(it->key),
				(int)getpid());
	PF_FD(key) = pf_lock(AT_FDCWD, lock, 0, NULL, err);
	PF_FD(held) = -1;

	if (key < 0)
		return err->code == PF_ELIMIT ? 0 : -1;
	held = open(manifest, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (is_held(held, s, it, dry, o))
		return 0;
	if (dry)
		return 1;
	if (pf_mkdir_p(pf_join(&s->arena, s->root, PF_S("tmp")), 0755, err) < 0)
		return -1;
	if (rename(it->path, away) < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot remove %s", it->path);
	return pf_remove_tree(AT_FDCWD, away, err) < 0 ? -1 : 1;
}

/* One that stays, and starts the interpreter of this one; NULL: none does. */
static const struct pf_stored *find_standing_on(const struct pf_stored_list *s,
						const struct pf_stored *it,
						const struct pf_strs *gone)
{
	for (size_t i = 0; i < s->items.n; i++)
		if (pf_stored_stands_on(&s->items.v[i], it) &&
		    !pf_strs_have(gone, s->items.v[i].key))
			return &s->items.v[i];
	return NULL;
}

static int check_alone(const struct pf_stored *it, const struct pf_opts *o, struct pf_err *err)
{
	const struct pf_stored *other;
	struct pf_strs none = { 0 };
	STORE(all);

	if (pf_stored_open(&all, NULL, true, o, err) < 0)
		return -1;
	other = find_standing_on(&all, it, &none);
	if (!other)
		return 0;
	pf_fail(err, PF_EIO, "the environment " PF_FMT " has the interpreter of " PF_FMT,
		PF_ARG(it->key), PF_ARG(other->key));
	return pf_hint(err, "remove that one first");
}

int pf_store_remove(struct pf_buf *out, const char *key, const struct pf_opts *o, bool json,
		    struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	int removed;
	STORE(s);

	if (pf_stored_open_one(&s, key, false, o, err) < 0 ||
	    check_alone(&s.items.v[0], o, err) < 0)
		return -1;
	removed = remove_one(&s, &s.items.v[0], false, o, err);
	if (removed < 0)
		return -1;
	if (!removed)
		return pf_fail(err, PF_EIO, "the environment " PF_FMT " is in use",
			       PF_ARG(s.items.v[0].key));
	if (json) {
		pf_stored_json_open(&w, "env-rm", s.root);
		pf_json_field(&w, "removed", s.items.v[0].key);
		pf_stored_json_close(&w);
	} else {
		pf_buf_printf(out, "removed " PF_FMT "\n", PF_ARG(s.items.v[0].key));
	}
	return 0;
}

/* ---- gc ---- */

static const char *why_remove(const struct pf_stored *it, int days)
{
	if (!it->head)
		return "damaged";
	if (!it->started)
		return "its interpreter is gone";
	if (days >= 0 && it->used <= time(NULL) - (time_t)days * 86400)
		return "not used";
	return NULL;
}

static void report_removed(struct pf_buf *out, struct pf_json_out *w, bool json, bool dry,
			   const struct pf_stored *it, const char *why)
{
	if (json) {
		pf_json_open(w, '{');
		pf_json_field(w, "key", it->key);
		pf_json_field(w, "why", pf_s(why));
		pf_json_close(w, '}');
	} else {
		pf_buf_printf(out, "%s " PF_FMT ": %s\n", dry ? "would remove" : "removed",
			      PF_ARG(it->key), why);
	}
}

struct gc {
	struct pf_stored_list *s;
	struct pf_strs gone;
	struct pf_buf *out;
	struct pf_json_out *w;
	const struct pf_opts *o;
	int days;
	bool dry, json;
};

/* Those that others stand on come last, when it is known which of the others stay. */
static int collect(struct gc *x, bool bases, struct pf_err *err)
{
	const struct pf_strs none = { 0 };

	for (size_t i = 0; i < x->s->items.n; i++) {
		const struct pf_stored *it = &x->s->items.v[i];
		const char *why = why_remove(it, x->days);
		bool base = find_standing_on(x->s, it, &none);
		int removed;

		if (!why || base != bases || (base && find_standing_on(x->s, it, &x->gone)))
			continue;
		removed = remove_one(x->s, it, x->dry, x->o, err);
		if (removed < 0)
			return -1;
		if (!removed)
			continue;
		report_removed(x->out, x->w, x->json, x->dry, it, why);
		*PF_PUSH(&x->s->arena, &x->gone) = it->key;
	}
	return 0;
}

int pf_store_gc(struct pf_buf *out, int days, bool dry, const struct pf_opts *o, bool json,
		struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	struct pf_swept swept = { 0 };
	STORE(s);
	struct gc x = { .s = &s, .out = out, .w = &w, .o = o, .days = days, .dry = dry,
			.json = json };
	struct pf_sweep how = { .what = PF_SWEEP_STALE, .days = days, .gone = &x.gone,
				.dry = dry };

	if (pf_stored_open(&s, NULL, true, o, err) < 0)
		return -1;
	if (json) {
		pf_stored_json_open(&w, "env-gc", s.root);
		pf_json_key(&w, "dry_run");
		pf_json_bool(&w, dry);
		pf_json_key(&w, "removed");
		pf_json_open(&w, '[');
	}
	if (collect(&x, false, err) < 0 || collect(&x, true, err) < 0)
		return -1;
	if (pf_sweep(&swept, &s, &how, err) < 0)
		return -1;
	if (json) {
		pf_json_close(&w, ']');
		pf_swept_write(&w, &swept);
		pf_stored_json_close(&w);
	} else {
		pf_swept_print(out, &swept, dry);
	}
	return pf_buf_check(out, "the answer", err);
}
