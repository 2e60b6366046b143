/* plan_conda.c - the conda packages of a plan: their order, and their form as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "solve/plan.h"

/* ---- order ---- */

struct ordering {
	struct pf_arena arena;
	struct pf_map by_name; /* to struct pf_planned_conda */
	struct pf_map seen;
	struct pf_planned_conda *out;
	size_t n;
};

static int by_name(const void *l, const void *r)
{
	return pf_str_cmp(((const struct pf_planned_conda *)l)->record.name,
			  ((const struct pf_planned_conda *)r)->record.name);
}

struct pf_str pf_conda_spec_name(struct pf_str spec)
{
	size_t at = pf_str_find_str(spec, "::"), end = 0;

	spec = pf_str_trim(at == PF_NPOS ? spec : pf_str_skip(spec, at + 2));
	while (end < spec.n && !pf_is_space(spec.p[end]) && !strchr("=<>!~[,|;", spec.p[end]))
		end++;
	return pf_str_cut(spec, 0, end);
}

/* One on the way to what it needs, and how much of that was seen. */
struct step {
	const struct pf_planned_conda *one;
	size_t next;
};

/* Packages need one another in chains of hundreds, and in circles: no recursion, and what is being
 * looked at counts as seen. */
static void visit(struct ordering *o, const struct pf_planned_conda *first)
{
	PF_VEC(struct step) way = { 0 };

	if (*pf_map_put(&o->arena, &o->seen, first->record.name))
		return;
	*pf_map_put(&o->arena, &o->seen, first->record.name) = o;
	*PF_PUSH(&o->arena, &way) = (struct step){ .one = first };
	while (way.n) {
		struct step *s = &way.v[way.n - 1];
		const struct pf_planned_conda *needed;
		void **seen;

		if (s->next == s->one->record.depends.n) {
			o->out[o->n++] = *s->one;
			way.n--;
			continue;
		}
		needed = pf_map_get(&o->by_name, pf_conda_spec_name(
							 s->one->record.depends.v[s->next++]));
		seen = needed ? pf_map_put(&o->arena, &o->seen, needed->record.name) : NULL;
		if (!seen || *seen)
			continue;
		*seen = o;
		*PF_PUSH(&o->arena, &way) = (struct step){ .one = needed };
	}
}

int pf_conda_sort_names(struct pf_planned_conda *v, size_t n, struct pf_err *err)
{
	if (n)
		qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 1; i < n; i++)
		if (pf_str_eq(v[i].record.name, v[i - 1].record.name))
			return pf_fail(err, PF_ESOLVE, "two versions of " PF_FMT " in one plan",
				       PF_ARG(pf_shown(v[i].record.name)));
	return 0;
}

int pf_conda_sort(struct pf_planned_conda *v, size_t n, struct pf_err *err)
{
	struct ordering o = { 0 };

	if (pf_conda_sort_names(v, n, err) < 0)
		return -1;
	o.out = pf_alloc_array(&o.arena, n, sizeof(*o.out));
	for (size_t i = 0; i < n; i++)
		*pf_map_put(&o.arena, &o.by_name, v[i].record.name) = &v[i];
	for (size_t i = 0; i < n; i++)
		visit(&o, &v[i]);
	if (n)
		memcpy(v, o.out, n * sizeof(*v));
	pf_arena_free(&o.arena);
	return 0;
}

/* ---- parts ---- */

/* What a record has of texts, lists and numbers. */
#define TEXTS(r)                                                                               \
	{                                                                                      \
		{ "name", &(r)->name }, { "version", &(r)->version }, { "build", &(r)->build }, \
			{ "subdir", &(r)->subdir }, { "channel", &(r)->channel },              \
			{ "channel_name", &(r)->channel_name }, { "file", &(r)->fn },          \
			{ "from", &(r)->url }, { "md5", &(r)->md5 },                           \
			{ "sha256", &(r)->sha256 }, { "features", &(r)->features },            \
			{ "license", &(r)->license },                                          \
			{ "license_family", &(r)->license_family },                            \
			{ "python_site_packages_path", &(r)->python_site_packages_path }       \
	}
#define LISTS(r)                                                                              \
	{                                                                                     \
		{ "depends", &(r)->depends }, { "constrains", &(r)->constrains },             \
			{ "track_features", &(r)->track_features }                            \
	}
#define NUMBERS(r)                                                                            \
	{                                                                                     \
		{ "build_number", &(r)->build_number }, { "size", &(r)->size },               \
			{ "timestamp", &(r)->timestamp }                                      \
	}

struct text {
	const char *key;
	struct pf_str *value;
};
struct list {
	const char *key;
	struct pf_strs *value;
};
struct number {
	const char *key;
	uint64_t *value;
};

/* ---- copies ---- */

static void copy_list(struct pf_strs *list, struct pf_arena *a)
{
	struct pf_strs old = *list;

	*list = (struct pf_strs){ 0 };
	for (size_t i = 0; i < old.n; i++)
		*PF_PUSH(a, list) = pf_dup(a, old.v[i]);
}

struct pf_planned_conda pf_planned_conda_copy(struct pf_arena *a,
					      const struct pf_planned_conda *from)
{
	struct pf_planned_conda to = *from;
	struct pf_conda_record *r = &to.record;
	const struct text texts[] = TEXTS(r);
	const struct list lists[] = LISTS(r);

	to.from = pf_dup(a, to.from);
	to.asked = pf_dup(a, to.asked);
	copy_list(&to.mirrors, a);
	for (size_t i = 0; i < PF_COUNT(texts); i++)
		*texts[i].value = pf_dup(a, *texts[i].value);
	for (size_t i = 0; i < PF_COUNT(lists); i++)
		copy_list(lists[i].value, a);
	(void)pf_conda_record_set_version(r, a, r->version);
	return to;
}

/* ---- JSON ---- */

static const char *const noarch[] = { [PF_NOARCH_NONE] = "", [PF_NOARCH_GENERIC] = "generic",
				      [PF_NOARCH_PYTHON] = "python" };

static void write_one(struct pf_json_out *w, struct pf_planned_conda *one)
{
	struct pf_conda_record *r = &one->record;
	const struct text texts[] = TEXTS(r);
	const struct list lists[] = LISTS(r);
	const struct number numbers[] = NUMBERS(r);
	PF_AUTO(arena) scratch = { 0 };

	pf_json_open(w, '{');
	for (size_t i = 0; i < PF_COUNT(texts); i++)
		if (texts[i].value->n)
			pf_json_field(w, texts[i].key, pf_redacted(&scratch, *texts[i].value));
	if (r->noarch)
		pf_json_field(w, "noarch", pf_s(noarch[r->noarch]));
	if (one->asked.n)
		pf_json_field(w, "asked", one->asked);
	for (size_t i = 0; i < PF_COUNT(numbers); i++) {
		if (!*numbers[i].value)
			continue;
		pf_json_key(w, numbers[i].key);
		pf_json_int(w, (int64_t)*numbers[i].value);
	}
	for (size_t i = 0; i < PF_COUNT(lists); i++) {
		if (!lists[i].value->n)
			continue;
		pf_json_key(w, lists[i].key);
		pf_json_open(w, '[');
		for (size_t k = 0; k < lists[i].value->n; k++)
			pf_json_str(w, lists[i].value->v[k]);
		pf_json_close(w, ']');
	}
	pf_json_close(w, '}');
}

void pf_plan_write_conda(struct pf_json_out *w, const struct pf_plan *p)
{
	if (!p->conda.n)
		return;
	pf_json_key(w, "conda");
	pf_json_open(w, '[');
	for (size_t i = 0; i < p->conda.n; i++)
		write_one(w, &p->conda.v[i]);
	pf_json_close(w, ']');
}

static void read_one(struct pf_planned_conda *one, struct pf_arena *a, const struct pf_node *node)
{
	struct pf_conda_record *r = &one->record;
	const struct text texts[] = TEXTS(r);
	const struct list lists[] = LISTS(r);
	const struct number numbers[] = NUMBERS(r);

	*one = (struct pf_planned_conda){ .asked = pf_dup(a, pf_node_text(node, "asked")) };
	for (size_t i = 0; i < PF_COUNT(texts); i++)
		*texts[i].value = pf_dup(a, pf_node_text(node, texts[i].key));
	for (size_t i = 0; i < PF_COUNT(noarch); i++)
		if (pf_str_is(pf_node_text(node, "noarch"), noarch[i]))
			r->noarch = (enum pf_conda_noarch)i;
	for (size_t i = 0; i < PF_COUNT(numbers); i++)
		if (!pf_uint64_read(pf_node_text(node, numbers[i].key), numbers[i].value))
			*numbers[i].value = 0;
	for (size_t i = 0; i < PF_COUNT(lists); i++) {
		const struct pf_node *list = pf_node_get(node, lists[i].key);

		for (size_t k = 0; list && list->kind == PF_NODE_LIST && k < list->n; k++)
			*PF_PUSH(a, lists[i].value) = pf_dup(a, list->v[k].text);
	}
}

int pf_plan_read_conda(struct pf_plan *out, const struct pf_node *list, struct pf_err *err)
{
	for (size_t i = 0; list && i < list->n; i++) {
		struct pf_planned_conda *one = PF_PUSH(&out->arena, &out->conda);

		read_one(one, &out->arena, &list->v[i]);
		if (!one->record.name.n || !one->record.fn.n)
			return pf_fail(err, PF_EINTEGRITY, "a recorded plan is damaged");
	}
	return 0;
}
