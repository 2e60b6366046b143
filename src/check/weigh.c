/* weigh.c - how much a distribution matters to a model: named, needed by what is, or neither */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/weigh.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "check/modules.h"
#include "check/presence.h"

void pf_weights_free(struct pf_weights *w)
{
	pf_artifact_free(&w->artifact);
	memset(w, 0, sizeof(*w));
}

/* ---- what the model imports ---- */

/* One use stands for all modules of the same key. */
static struct pf_str use_key(struct pf_str module)
{
	struct pf_str top = pf_module_top(module);

	return pf_module_is_shared(top) ? module : top;
}

/* What is installed may be without the module that is named: moved or removed since. */
static void look_for(struct pf_weights *w, struct pf_dist *dist, struct pf_str module,
		     struct pf_str why)
{
	struct pf_str site = pf_str_cut(dist->path, 0, pf_str_rfind(dist->path, '/'));
	void **place;

	if (dist->kind == PF_DIST_CONDA || !site.n ||
	    !pf_module_is_absent(pf_dupz(w->arena, site), module))
		return;
	place = pf_map_put(w->arena, &w->absent, dist->name);
	if (*place)
		return;
	*place = pf_alloc(w->arena, sizeof(struct pf_str));
	*(struct pf_str *)*place = pf_format(w->arena, PF_FMT ", which " PF_FMT " " PF_FMT
						       " does not have", PF_ARG(why),
					     PF_ARG(dist->shown), PF_ARG(dist->version));
}

static void add_use(struct pf_weights *w, const struct pf_model *m, const struct pf_python *python,
		    struct pf_str module, struct pf_str why, bool sure)
{
	struct pf_str key = use_key(module), top = pf_module_top(module);
	struct pf_use *use;
	void **place;

	if (!top.n || !pf_str_is_dotted_name(module))
		return;
	place = pf_map_put(w->arena, &w->used, key);
	if (*place) {
		use = &w->uses.v[(uintptr_t)*place - 1];
		if (sure && !use->sure)
			*use = (struct pf_use){ module, why, use->dist, use->elsewhere, sure };
		if (use->dist && sure)
			look_for(w, use->dist, module, why);
		return;
	}
	*place = (void *)(w->uses.n + 1);
	use = PF_PUSH(w->arena, &w->uses);
	*use = (struct pf_use){ .module = module, .why = why, .sure = sure };
	use->elsewhere = pf_module_is_stdlib(top, python->major, python->minor) ||
			 pf_module_is_own(m->root, m->code, top);
	if (use->elsewhere || !(use->dist = pf_module_dist(w->dists, module)))
		return;
	if (sure)
		look_for(w, use->dist, module, why);
	place = pf_map_put(w->arena, &w->named, use->dist->name);
	if (*place)
		return;
	*place = pf_alloc(w->arena, sizeof(struct pf_str));
	*(struct pf_str *)*place = why;
}

static void add_uses(struct pf_weights *w, const struct pf_model *m, const struct pf_python *python)
{
	const struct pf_artifact *a = &w->artifact;
	struct pf_str wrapped = pf_loader_module(m->loader_module);

	for (size_t i = 0; i < a->names.n; i++) {
		const struct pf_named *n = &a->names.v[i];

		add_use(w, m, python, n->module,
			pf_format(w->arena, PF_FMT " names " PF_FMT, PF_ARG(n->file),
				  PF_ARG(n->module)),
			true);
	}
	if (m->loader_module.n)
		add_use(w, m, python, m->loader_module,
			pf_format(w->arena, "the model's loader is " PF_FMT,
				  PF_ARG(m->loader_module)),
			true);
	if (wrapped.n)
		add_use(w, m, python, wrapped,
			pf_format(w->arena, "the model's loader, " PF_FMT ", imports " PF_FMT,
				  PF_ARG(m->loader_module), PF_ARG(wrapped)), true);
	for (size_t i = 0; i < a->imports.n; i++) {
		const struct pf_imported *one = &a->imports.v[i].what;

		add_use(w, m, python, one->module,
			pf_format(w->arena, PF_FMT ", line %u, imports " PF_FMT,
				  PF_ARG(a->imports.v[i].file), one->line, PF_ARG(one->module)),
			one->sure);
	}
}

/* ---- what that needs in turn ---- */

struct step {
	struct pf_str key;
	const struct pf_strs *extras;	/* asked for of it, or NULL */
};

struct closure {
	struct pf_weights *w;
	struct pf_map *reached;
	struct pf_map seen;	/* "name[extra,extra]" */
	PF_VEC(struct step) queue;
};

static bool marker_holds(const struct pf_weights *w, const struct pf_marker *marker,
			 const struct pf_strs *extras)
{
	if (pf_marker_eval(marker, &w->env, pf_s("")))
		return true;
	for (size_t i = 0; extras && i < extras->n; i++)
		if (pf_marker_eval(marker, &w->env, extras->v[i]))
			return true;
	return false;
}

static bool is_new(struct closure *c, struct pf_str key, const struct pf_strs *extras)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_REQ_LINE);
	void **place;
	bool before;

	pf_buf_str(&text, key);
	for (size_t i = 0; extras && i < extras->n; i++)
		pf_buf_printf(&text, "," PF_FMT, PF_ARG(extras->v[i]));
	place = pf_map_put(c->w->arena, &c->seen, pf_buf_view(&text));
	before = *place != NULL;
	*place = c;
	return !before;
}

static void reach(struct closure *c, struct pf_str key, const struct pf_strs *extras,
		  struct pf_str why)
{
	void **place = pf_map_put(c->w->arena, c->reached, key);

	if (!*place) {
		*place = pf_alloc(c->w->arena, sizeof(struct pf_str));
		*(struct pf_str *)*place = why;
	}
	if (c->queue.n < PF_MAX_DISTS && is_new(c, key, extras))
		*PF_PUSH(c->w->arena, &c->queue) = (struct step){ key, extras };
}

static const struct pf_strs *keep_list(struct pf_arena *a, const struct pf_strs *list)
{
	struct pf_strs *kept = list->n ? pf_alloc(a, sizeof(*kept)) : NULL;

	if (kept)
		*kept = *list;
	return kept;
}

static void take_step(struct closure *c, struct step step)
{
	struct pf_weights *w = c->w;
	struct pf_dist *dist = pf_map_get(&w->dists->by_name, step.key);
	struct pf_err ignored;

	if (!dist || (!dist->read && pf_dist_read(w->dists, dist, &ignored) < 0))
		return;
	for (size_t i = 0; i < dist->requires.n; i++) {
		struct pf_requirement req;

		if (pf_requirement_parse(&req, w->arena, dist->requires.v[i], &ignored) < 0 ||
		    !marker_holds(w, req.marker, step.extras))
			continue;
		reach(c, req.key, keep_list(w->arena, &req.extras),
		      pf_format(w->arena, PF_FMT " needs it", PF_ARG(dist->shown)));
	}
}

static void walk(struct closure *c)
{
	for (size_t i = 0; i < c->queue.n; i++)
		take_step(c, c->queue.v[i]);
}

static void reach_from_named(struct pf_weights *w)
{
	struct closure c = { .w = w, .reached = &w->reached };

	for (size_t i = 0; i < w->named.entries.n; i++)
		reach(&c, w->named.entries.v[i].key, NULL, PF_S(""));
	walk(&c);
}

static void reach_from_needs(struct pf_weights *w, const struct pf_needs *needs)
{
	struct closure c = { .w = w, .reached = &w->needed };

	for (size_t i = 0; i < needs->pip.n; i++) {
		const struct pf_need *need = &needs->pip.v[i];

		if (need->parsed && !need->constraint &&
		    pf_marker_eval(need->req.marker, &w->env, pf_s("")))
			reach(&c, need->req.key, &need->req.extras, PF_S(""));
	}
	walk(&c);
}

/* ---- how sure that is ---- */

/* The file's name of "data/model.bin: neither a pickle nor a skops file". */
static struct pf_str file_of(struct pf_str unread)
{
	size_t colon = pf_str_find_str(unread, ": ");

	return pf_str_cut(unread, 0, colon);
}

static struct pf_str doubt(const struct pf_weights *w)
{
	const struct pf_artifact *a = &w->artifact;

	if (a->unread.n)
		return pf_format(w->arena, PF_FMT " was not read", PF_ARG(file_of(a->unread.v[0])));
	if (a->cloudpickled_code)
		return pf_format(w->arena, PF_FMT " holds code by value, which may import it",
				 PF_ARG(a->cloudpickled_file));
	if (a->hidden.n)
		return pf_format(w->arena, PF_FMT " may import it", PF_ARG(a->hidden));
	if (!a->read.n && !a->code.n)
		return PF_S("no artifact was found that says what the model imports");
	for (size_t i = 0; i < w->uses.n; i++)
		if (!w->uses.v[i].elsewhere && !w->uses.v[i].dist)
			return pf_format(w->arena, "what " PF_FMT " needs is not known, as nothing "
						   "installed provides it",
					 PF_ARG(pf_module_top(w->uses.v[i].module)));
	return PF_S("");
}

void pf_weights_make(struct pf_weights *out, struct pf_arena *arena, const struct pf_model *m,
		     const struct pf_python *python, struct pf_dists *dists)
{
	struct pf_weights w = { .arena = arena, .dists = dists };

	pf_artifact_of_model(&w.artifact, m);
	pf_python_markers(&w.env, arena, python);
	add_uses(&w, m, python);
	reach_from_named(&w);
	reach_from_needs(&w, &m->needs);
	w.doubt = doubt(&w);
	*out = w;
}

/* ---- answers ---- */

/* The use of a module that nobody provides and that this distribution would, a sure one before
 * others; or NULL. */
static const struct pf_use *find_missing(const struct pf_weights *w, struct pf_str key)
{
	const struct pf_use *found = NULL;

	for (size_t i = 0; i < w->uses.n && !(found && found->sure); i++) {
		const struct pf_use *use = &w->uses.v[i];

		if (!use->elsewhere && !use->dist && (use->sure || !found) &&
		    pf_module_is_of(use->module, key))
			found = use;
	}
	return found;
}

enum pf_severity pf_weigh_missing(const struct pf_use *use)
{
	return use->sure ? PF_SEV_FATAL : PF_SEV_LIKELY;
}

/* Named by a module that another distribution provides here. */
static const struct pf_str *named_otherwise(const struct pf_weights *w, struct pf_str key)
{
	for (size_t i = 0; i < w->uses.n; i++)
		if (!w->uses.v[i].elsewhere && pf_module_is_of(w->uses.v[i].module, key))
			return &w->uses.v[i].why;
	return NULL;
}

/* Of use while the environment is made alone. */
static bool is_installer(struct pf_str key)
{
	return pf_str_is(key, "pip") || pf_str_is(key, "wheel");
}

struct pf_weight pf_weigh(const struct pf_weights *w, struct pf_str key, bool installed)
{
	const struct pf_use *missing = installed ? NULL : find_missing(w, key);
	const struct pf_str *why;

	if (missing)
		return (struct pf_weight){ pf_weigh_missing(missing),
					   pf_format(w->arena,
						     PF_FMT ", which nothing installed provides",
						     PF_ARG(missing->why)) };
	why = installed ? pf_map_get(&w->absent, key) : NULL;
	if (why)
		return (struct pf_weight){ PF_SEV_FATAL, *why };
	why = pf_map_get(&w->named, key);
	if (!why && !installed)
		why = named_otherwise(w, key);
	if (why)
		return (struct pf_weight){ PF_SEV_LIKELY, *why };
	why = pf_map_get(&w->reached, key);
	if (why)
		return (struct pf_weight){ PF_SEV_POSSIBLE, *why };
	if (w->doubt.n && !is_installer(key))
		return (struct pf_weight){ PF_SEV_UNKNOWN, w->doubt };
	return (struct pf_weight){ PF_SEV_NOISE, PF_S("nothing in the model names it") };
}
