/* find.c - the choice of an interpreter among those that are there */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "python/mirror.h"
#include "python/places.h"
#include "python/python.h"
#include "python/wanted.h"

#define MAX_LISTED 12

/* The search: what is wanted, what was seen, the best so far. */
struct search {
	struct pf_arena arena;
	const struct pf_opts *o;
	struct pf_wanted wanted;
	struct pf_places places;
	bool *tried;			/* of places, by number */
	struct pf_strs programs;	/* resolved paths of those described */
	struct pf_strs origins;
	PF_VEC(struct pf_found) found;	/* each version once, for the message */
	struct pf_python best;
	const char *best_from;
};

struct pf_found {
	uint64_t rank;
	struct pf_str version;
};

static void free_search(struct search *s)
{
	pf_python_free(&s->best);
	pf_arena_free(&s->arena);
}

static void note_found(struct search *s, const struct pf_python *p)
{
	struct pf_found one = { pf_wanted_rank(p), pf_dup(&s->arena, p->version) };

	*PF_PUSH(&s->arena, &s->origins) = pf_format(&s->arena, PF_FMT " " PF_FMT,
						     PF_ARG(p->base_exe), PF_ARG(p->version));
	for (size_t i = 0; i < s->found.n; i++)
		if (pf_str_eq(s->found.v[i].version, one.version))
			return;
	*PF_PUSH(&s->arena, &s->found) = one;
}

/* ---- looking ---- */

/* Nothing better can come. */
static bool is_the_one(const struct search *s, const struct pf_python *p)
{
	return s->wanted.exact && pf_wanted_is(&s->wanted, p);
}

/* Described and compared with the best so far. A broken one is passed over. */
static void consider(struct search *s, const struct pf_place *place)
{
	PF_AUTO(python) p = { 0 };
	struct pf_err err;
	char *real = pf_realpath(&s->arena, place->exe);

	if (!real || pf_strs_have(&s->programs, pf_s(real)))
		return;
	*PF_PUSH(&s->arena, &s->programs) = pf_s(real);
	if (pf_python_describe(&p, place->exe, s->o, &err) < 0) {
		pf_debug("%s (%s) is passed over: %s", place->exe, place->from, err.msg);
		return;
	}
	if (!pf_str_is(p.implementation, "cpython") || p.free_threaded) {
		pf_debug("%s (%s) is no CPython with a GIL", place->exe, place->from);
		return;
	}
	note_found(s, &p);
	if (p.major < 3 || !pf_wanted_admits(&s->wanted, &p))
		return;
	if (s->best.exe && pf_wanted_rank(&p) <= pf_wanted_rank(&s->best) &&
	    !is_the_one(s, &p))
		return;
	pf_python_free(&s->best);
	s->best = PF_TAKE(p);
	s->best_from = place->from;
}

static bool may_admit(const struct search *s, const struct pf_place *place)
{
	return place->major < 0 || (place->major == s->wanted.major &&
				    (s->wanted.minor < 0 || place->minor == s->wanted.minor));
}

/* First those whose names do not speak against them, until the very one is found; `all`: the
 * rest too, for the message. */
static void look(struct search *s, bool all)
{
	for (size_t i = 0; i < s->places.v.n; i++) {
		if (s->tried[i] || (!all && !may_admit(s, &s->places.v.v[i])))
			continue;
		s->tried[i] = true;
		consider(s, &s->places.v.v[i]);
		if (!all && s->best.exe && is_the_one(s, &s->best))
			return;
	}
}

/* ---- the outcome ---- */

/* The installation itself: what was found may be a venv of it, or a link. */
static int take(struct pf_python *out, struct pf_python *p, const struct pf_wanted *wanted,
		const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(python) base = { 0 };

	if (pf_python_describe(&base, p->base_exe.p, o, err) < 0)
		return -1;
	base.substitute = wanted->exact && !pf_wanted_is(wanted, &base);
	pf_python_free(out);
	*out = PF_TAKE(base);
	return 0;
}

/* Returns 1 with a fetched one, 0 when there is none. */
static int fetch(struct pf_python *out, struct search *s, struct pf_err *err)
{
	PF_AUTO(python) p = { 0 };
	char *exe;
	int rc;

	if (!s->o->python_mirror || s->o->offline)
		return 0;
	rc = pf_mirror_fetch(&exe, &s->arena, &s->wanted, s->o, err);
	if (rc <= 0)
		return rc;
	if (pf_python_describe(&p, exe, s->o, err) < 0)
		return -1;
	if (s->wanted.exact && !pf_wanted_is(&s->wanted, &p))
		pf_note("model asks for python " PF_FMT "; using " PF_FMT " (fetched)",
			PF_ARG(s->wanted.text), PF_ARG(p.version));
	return take(out, &p, &s->wanted, s->o, err) < 0 ? -1 : 1;
}

static int compare_found(const void *l, const void *r)
{
	const struct pf_found *a = l, *b = r;

	return a->rank < b->rank ? 1 : a->rank > b->rank ? -1 : 0;
}

static int fail_search(struct search *s, struct pf_err *err)
{
	struct pf_buf list = PF_BUF(PF_KIB(4));

	if (s->found.n)
		qsort(s->found.v, s->found.n, sizeof(*s->found.v), compare_found);
	for (size_t i = 0; i < s->found.n && i < MAX_LISTED; i++)
		pf_buf_printf(&list, "%s" PF_FMT, i ? ", " : "", PF_ARG(s->found.v[i].version));
	if (s->found.n > MAX_LISTED)
		pf_buf_cstr(&list, " and more");
	pf_fail(err, PF_ESOLVE,
		"model asks for python " PF_FMT "; found %s (try --python%s)",
		PF_ARG(pf_shown(s->wanted.text)), s->found.n ? list.p : "none",
		s->best.exe ? ", --python-mirror, or leave --strict-python out" :
		s->wanted.major < 3 ? " with a python 3: no older one is worked with" :
				      " or --python-mirror");
	pf_buf_free(&list);
	return s->o->python_mirror && s->o->offline
		       ? pf_hint(err, "--offline: the mirror was not asked")
		       : -1;
}

static int choose(struct pf_python *out, struct search *s, struct pf_err *err)
{
	bool exact;
	int rc;

	look(s, false);
	exact = s->best.exe && (!s->wanted.exact || pf_wanted_is(&s->wanted, &s->best));
	if (s->best.exe && (exact || !s->o->strict_python)) {
		if (!exact)
			pf_note("model asks for python " PF_FMT "; using " PF_FMT " (%s)",
				PF_ARG(s->wanted.text), PF_ARG(s->best.version), s->best_from);
		if (take(out, &s->best, &s->wanted, s->o, err) < 0)
			return -1;
		for (size_t i = 0; i < s->origins.n; i++)
			*PF_PUSH(&out->arena, &out->origins) = pf_dup(&out->arena, s->origins.v[i]);
		return 0;
	}
	rc = fetch(out, s, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	look(s, true);
	return fail_search(s, err);
}

/* --python decides; it is judged all the same. */
static int use_given(struct pf_python *out, const struct pf_wanted *wanted, const struct pf_opts *o,
		     struct pf_err *err)
{
	PF_AUTO(python) p = { 0 };

	if (pf_python_current(&p, o, err) < 0)
		return -1;
	if (p.major < 3)
		return pf_fail(err, PF_ESOLVE, "--python %s is python " PF_FMT
			       " (python 3 is needed)", o->python, PF_ARG(p.version));
	if (wanted->text.n && !pf_wanted_is(wanted, &p)) {
		if (o->strict_python)
			return pf_fail(err, PF_ESOLVE, "model asks for python " PF_FMT
				       "; --python %s is " PF_FMT " (--strict-python refuses it)",
				       PF_ARG(wanted->text), o->python, PF_ARG(p.version));
		(pf_wanted_admits(wanted, &p) ? pf_note : pf_warn)(
			"model asks for python " PF_FMT "; using " PF_FMT " (--python)",
			PF_ARG(wanted->text), PF_ARG(p.version));
	}
	return take(out, &p, wanted, o, err);
}

static int use_current(struct pf_python *out, const struct pf_wanted *wanted,
		       const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(python) p = { 0 };

	if (pf_python_current(&p, o, err) < 0)
		return -1;
	if (p.major < 3 || !pf_wanted_admits(wanted, &p))
		return pf_fail(err, PF_ESOLVE,
			       "%s is python " PF_FMT " (python 3 is needed; try --python)", p.exe,
			       PF_ARG(p.version));
	return take(out, &p, wanted, o, err);
}

int pf_python_find(struct pf_python *out, struct pf_str version, const struct pf_opts *o,
		   struct pf_err *err)
{
	struct search s = { .o = o };
	int rc;

	if (pf_wanted_read(&s.wanted, version, err) < 0)
		return -1;
	if (o->python)
		return use_given(out, &s.wanted, o, err);
	if (s.wanted.minor < 0) /* "" or "3" */
		return use_current(out, &s.wanted, o, err);
	pf_places_find(&s.places, &s.arena, o);
	s.tried = pf_alloc_array(&s.arena, s.places.v.n + 1, sizeof(*s.tried));
	rc = choose(out, &s, err);
	free_search(&s);
	return rc;
}

/* ---- the current one ---- */

static int first_on_path(struct pf_python *out, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_places places = { 0 };
	struct pf_err broken;

	pf_places_on_path(&places, &a);
	for (size_t i = 0; i < places.v.n; i++) {
		if (pf_python_describe(out, places.v.v[i].exe, o, &broken) == 0)
			return 0;
		pf_debug("%s is passed over: %s", places.v.v[i].exe, broken.msg);
	}
	return pf_fail(err, PF_ESOLVE, "no python3 on PATH (name one with --python)");
}

int pf_python_current(struct pf_python *out, const struct pf_opts *o, struct pf_err *err)
{
	static const char *const active[] = { "VIRTUAL_ENV", "CONDA_PREFIX" };

	if (o->python && pf_is_dir(o->python))
		return pf_python_in(out, o->python, o, err);
	if (o->python)
		return pf_python_describe(out, o->python, o, err) < 0 ? pf_wrap(err, "--python")
								      : 0;
	for (size_t i = 0; i < PF_COUNT(active); i++) {
		const char *dir = getenv(active[i]);

		if (!dir || !*dir)
			continue;
		if (pf_python_in(out, dir, o, err) == 0)
			return 0;
		pf_warn("$%s is passed over: %s", active[i], err->msg);
	}
	return first_on_path(out, o, err);
}
