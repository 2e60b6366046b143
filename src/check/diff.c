/* diff.c - a model's needs against an interpreter */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/diff.h"

#include "base/log.h"
#include "base/str.h"
#include "check/modules.h"

static const char *const NAMES[] = {
	[PF_SEV_NONE] = "none",		[PF_SEV_NOISE] = "noise",   [PF_SEV_UNKNOWN] = "unknown",
	[PF_SEV_POSSIBLE] = "possible", [PF_SEV_LIKELY] = "likely", [PF_SEV_FATAL] = "fatal",
};

const char *pf_severity_name(enum pf_severity s)
{
	return NAMES[s];
}

void pf_diff_free(struct pf_diff *d)
{
	pf_arena_free(&d->arena);
	memset(d, 0, sizeof(*d));
}

struct pf_difference *pf_diff_add(struct pf_compare *c, struct pf_str name, struct pf_str required,
				  struct pf_str current, struct pf_weight weight)
{
	struct pf_difference *d = PF_PUSH(&c->d->arena, &c->d->packages);

	*d = (struct pf_difference){ .name = name, .required = required, .current = current,
				     .severity = weight.severity, .why = weight.why };
	return d;
}

/* ---- Python itself ---- */

/* The first Python 3 minor that reads a pickle protocol. */
static const int PROTOCOL_MINOR[] = { 0, 0, 0, 0, 4, 8 };

static int number_at(struct pf_str version, size_t part)
{
	struct pf_str piece = { 0 };
	uint64_t n = 0;

	for (size_t i = 0; i <= part; i++)
		if (!pf_str_next(&version, '.', &piece))
			return -1;
	return pf_str_u64(piece, &n) && n < 1000 ? (int)n : -1;
}

static bool protocol_too_new(const struct pf_compare *c)
{
	int protocol = c->weights.artifact.pickle_protocol;

	if (protocol < 3)
		return false;
	return c->python->major < 3 || protocol >= (int)PF_COUNT(PROTOCOL_MINOR) ||
	       (c->python->major == 3 && c->python->minor < PROTOCOL_MINOR[protocol]);
}

static struct pf_weight weigh_python(struct pf_compare *c, int major, int minor)
{
	const struct pf_artifact *a = &c->weights.artifact;
	struct pf_arena *arena = &c->d->arena;

	if (protocol_too_new(c))
		return (struct pf_weight){
			PF_SEV_FATAL,
			pf_format(arena, PF_FMT " is a pickle of protocol %d, which Python "
				  PF_FMT " cannot read", PF_ARG(a->protocol_file),
				  a->pickle_protocol, PF_ARG(c->python->version))
		};
	if (major < 0 || (major == c->python->major && (minor < 0 || minor == c->python->minor)))
		return (struct pf_weight){ PF_SEV_NONE, { 0 } };
	if (a->cloudpickled_code)
		return (struct pf_weight){ PF_SEV_FATAL,
					   pf_format(arena, PF_FMT " holds code by value, which "
						     "only the Python minor that saved it runs",
						     PF_ARG(a->cloudpickled_file)) };
	return (struct pf_weight){
		major == c->python->major ? PF_SEV_POSSIBLE : PF_SEV_LIKELY,
		PF_S("another minor of Python: other standard library, other builds of packages")
	};
}

static void compare_python(struct pf_compare *c)
{
	struct pf_str required = c->m->needs.python;
	struct pf_weight w = weigh_python(c, number_at(required, 0), number_at(required, 1));

	c->d->python_required = pf_dup(&c->d->arena, required);
	c->d->python_current = pf_dup(&c->d->arena, c->python->version);
	c->d->python_severity = w.severity;
	c->d->python_why = w.why;
}

/* ---- modules without a requirement ---- */

/* Among the first `count` differences, those of requirements? */
static bool is_listed(const struct pf_compare *c, size_t count, const struct pf_use *use)
{
	for (size_t i = 0; i < count; i++) {
		PF_AUTO(arena) a = { 0 };
		const struct pf_difference *d = &c->d->packages.v[i];

		if (!d->current.p && pf_module_is_of(use->module, pf_name_canonical(&a, d->name)))
			return true;
	}
	return false;
}

static bool any_missing(const struct pf_diff *d)
{
	for (size_t i = 0; i < d->packages.n; i++)
		if (!d->packages.v[i].current.p)
			return true;
	return false;
}

static void add_missing_modules(struct pf_compare *c)
{
	const struct pf_weights *w = &c->weights;
	const char *hope = any_missing(c->d) ? " (one that is missing may bring it)" : "";
	size_t count = c->d->packages.n;

	for (size_t i = 0; i < w->uses.n; i++) {
		const struct pf_use *use = &w->uses.v[i];

		if (use->elsewhere || use->dist || is_listed(c, count, use))
			continue;
		c->unasked |= !*hope && use->sure && pf_module_project(&c->d->arena, use->module).n;
		pf_diff_add(c, use->module, (struct pf_str){ 0 }, (struct pf_str){ 0 },
			    (struct pf_weight){
				    pf_weigh_missing(use),
				    pf_format(&c->d->arena, PF_FMT ", which nothing installed "
					      "provides and no requirement asks for%s",
					      PF_ARG(use->why), hope) });
	}
}

/* Those that no requirement names, or that are as required and still not as the model has them. */
static void add_absent_modules(struct pf_compare *c)
{
	const struct pf_map *absent = &c->weights.absent;

	for (size_t i = 0; i < absent->entries.n; i++) {
		struct pf_str key = absent->entries.v[i].key;
		const struct pf_dist *dist = pf_map_get(&c->weights.dists->by_name, key);
		bool told = !dist;

		for (size_t k = 0; !told && k < c->d->packages.n; k++)
			told = c->d->packages.v[k].severity == PF_SEV_FATAL &&
			       pf_name_eq(c->d->packages.v[k].name, key);
		if (!told)
			pf_diff_add(c, key, (struct pf_str){ 0 }, dist->version,
				    pf_weigh(&c->weights, key, true));
	}
}

/* ---- notes and verdict ---- */

static void add_notes(struct pf_compare *c)
{
	const struct pf_artifact *a = &c->weights.artifact;
	struct pf_arena *arena = &c->d->arena;

	for (size_t i = 0; i < a->unread.n; i++)
		*PF_PUSH(arena, &c->d->notes) =
			pf_format(arena, "not read: " PF_FMT, PF_ARG(a->unread.v[i]));
	if (c->unasked)
		*PF_PUSH(arena, &c->d->notes) =
			PF_S("create --repair adds what the model's files name "
			     "and no requirement asks for");
	for (size_t i = 0; i < a->names.n; i++)
		if (pf_str_is(a->names.v[i].module, "__main__"))
			*PF_PUSH(arena, &c->d->notes) =
				pf_format(arena,
					  PF_FMT " names __main__." PF_FMT
						 ", which only the program that saved it had",
					  PF_ARG(a->names.v[i].file), PF_ARG(a->names.v[i].name));
}

static enum pf_severity verdict(const struct pf_diff *d)
{
	enum pf_severity worst = d->python_severity;

	for (size_t i = 0; i < d->packages.n; i++)
		if (d->packages.v[i].severity > worst)
			worst = d->packages.v[i].severity;
	return worst;
}

/* What points into the model or the artifacts is copied, so that the diff outlives them; it ends in
 * reports, where secrets of URLs have no place. */
static void own_texts(struct pf_diff *d)
{
	struct pf_strs *lists[] = { &d->mlflow, &d->notes };
	struct pf_arena *a = &d->arena;

	for (size_t i = 0; i < PF_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i]->n; k++)
			lists[i]->v[k] = pf_redacted(a, lists[i]->v[k]);
	for (size_t i = 0; i < d->packages.n; i++) {
		struct pf_difference *p = &d->packages.v[i];
		struct pf_str *texts[] = { &p->name, &p->required, &p->current, &p->why };

		for (size_t k = 0; k < PF_COUNT(texts); k++)
			if (texts[k]->p)
				*texts[k] = pf_redacted(a, *texts[k]);
	}
}

void pf_diff_make(struct pf_diff *out, const struct pf_model *m, const struct pf_python *python,
		  struct pf_dists *installed)
{
	struct pf_diff d = { 0 };
	struct pf_compare c = { .d = &d, .m = m, .python = python, .dists = installed };

	pf_weights_make(&c.weights, &d.arena, m, python, installed);
	compare_python(&c);
	pf_diff_pip(&c);
	pf_diff_conda(&c);
	add_missing_modules(&c);
	add_absent_modules(&c);
	add_notes(&c);
	pf_diff_as_mlflow(&c);
	d.verdict = verdict(&d);
	own_texts(&d);
	pf_weights_free(&c.weights);
	*out = d;
}
