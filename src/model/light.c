/* light.c - which configurations of a flavor are fully understood, so that MLflow is not needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/light.h"

#include "base/str.h"

/* ---- values ---- */

static bool is_null(const struct pf_node *n)
{
	return n->kind == PF_NODE_NULL;
}

static bool is_anything(const struct pf_node *n)
{
	(void)n;
	return true;
}

static bool is_text(const struct pf_node *n)
{
	return pf_node_is_scalar(n) && n->text.n;
}

/* Its loaders look for MLmodel beside it. */
static bool is_file_at_root(const struct pf_node *n)
{
	return is_null(n) || (is_text(n) && pf_str_find(n->text, '/') == PF_NPOS);
}

static bool is_format(const struct pf_node *n)
{
	return is_text(n) && (pf_str_is(n->text, "pickle") || pf_str_is(n->text, "cloudpickle") ||
			      pf_str_is(n->text, "skops"));
}

static bool is_texts(const struct pf_node *n)
{
	if (is_null(n))
		return true;
	for (size_t i = 0; n->kind == PF_NODE_LIST && i < n->n; i++)
		if (n->v[i].kind != PF_NODE_STRING)
			return false;
	return n->kind == PF_NODE_LIST;
}

static bool is_off(const struct pf_node *n)
{
	return is_null(n) || (n->kind == PF_NODE_BOOL && !n->truth);
}

static bool is_empty(const struct pf_node *n)
{
	return is_null(n) || (n->kind == PF_NODE_MAP && !n->n);
}

static bool is_class_of(const struct pf_node *n, const char *const *names)
{
	for (; is_text(n) && *names; names++)
		if (pf_str_is(n->text, *names))
			return true;
	return false;
}

static bool is_lightgbm(const struct pf_node *n)
{
	static const char *const names[] = {
		"lightgbm.basic.Booster", "lightgbm.sklearn.LGBMModel",
		"lightgbm.sklearn.LGBMClassifier", "lightgbm.sklearn.LGBMRegressor",
		 "lightgbm.sklearn.LGBMRanker", NULL,
	};

	return is_class_of(n, names);
}

static bool is_xgboost(const struct pf_node *n)
{
	static const char *const names[] = {
		"xgboost.core.Booster", "xgboost.sklearn.XGBModel", "xgboost.sklearn.XGBClassifier",
		"xgboost.sklearn.XGBRegressor", "xgboost.sklearn.XGBRanker",
		"xgboost.sklearn.XGBRFClassifier", "xgboost.sklearn.XGBRFRegressor", NULL,
	};

	return is_class_of(n, names);
}

/* ---- keys ---- */

struct known {
	const char *key;
	bool (*fits)(const struct pf_node *n);
};

static const struct known common[] = {
	{ "loader_module", is_text }, { "python_version", is_anything }, { "env", is_anything },
	{ "code", is_anything }, { "config", is_empty }, { "streamable", is_off }, { 0 },
};
static const struct known of_sklearn[] = {
	{ "data", is_anything }, { "model_path", is_text }, { "predict_fn", is_text }, { 0 },
};
static const struct known of_boosters[] = { { "data", is_file_at_root }, { 0 } };

static const struct known sklearn_keys[] = {
	{ "sklearn_version", is_anything }, { "pickled_model", is_text }, { "code", is_anything },
	{ "serialization_format", is_format }, { "skops_trusted_types", is_texts }, { 0 },
};
static const struct known lightgbm_keys[] = {
	{ "lgb_version", is_anything }, { "data", is_text }, { "code", is_anything },
	{ "model_class", is_lightgbm }, { "serialization_format", is_format },
	{ "skops_trusted_types", is_texts }, { 0 },
};
static const struct known xgboost_keys[] = {
	{ "xgb_version", is_anything }, { "data", is_text }, { "code", is_anything },
	{ "model_class", is_xgboost }, { "model_format", is_text }, { "extra_files", is_anything },
	{ 0 },
};

static const struct flavor {
	const char *name, *loader;
	const struct known *own, *pyfunc; /* pyfunc: beside the common ones */
} flavors[] = {
	{ "sklearn", "mlflow.sklearn", sklearn_keys, of_sklearn },
	{ "lightgbm", "mlflow.lightgbm", lightgbm_keys, of_boosters },
	{ "xgboost", "mlflow.xgboost", xgboost_keys, of_boosters },
};

static const struct known *find_key(const struct known *list, struct pf_str key)
{
	for (; list->key; list++)
		if (pf_str_is(key, list->key))
			return list;
	return NULL;
}

static bool refuse(struct pf_light *l, const char *fmt, ...) PF_PRINTF(2, 3);

static bool refuse(struct pf_light *l, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(l->why_not, sizeof(l->why_not), fmt, args);
	va_end(args);
	return false;
}

static bool knows_keys(struct pf_light *l, const struct pf_node *map, const char *name,
		       const struct known *list, const struct known *more)
{
	for (size_t i = 0; i < map->n; i++) {
		const struct pf_node *n = &map->v[i];
		const struct known *k = find_key(list, n->key);
		struct pf_str key = pf_shown(n->key);

		if (!k && more)
			k = find_key(more, n->key);
		if (!k)
			return refuse(l, "flavors.%s has the key " PF_FMT ", which is not known",
				      name, PF_ARG(key));
		if (!k->fits(n))
			return refuse(l, "flavors.%s.%s has a value that is not known", name,
				      k->key);
	}
	return true;
}

/* ---- the three ---- */

/* The loader is given `data` and takes it for a pickle (3.12 and later look at the format too), or
 * it takes model_path below the root. */
static bool take_sklearn(struct pf_light *l, const struct pf_model *m, const struct pf_node *own)
{
	struct pf_str pickled = pf_node_text(own, "pickled_model");

	l->format = pf_node_text(own, "serialization_format");
	if (!l->format.n)
		l->format = PF_S("pickle");
	if (m->data.n && !pf_str_is(l->format, "pickle"))
		return refuse(l, "what MLflow makes of `data` that is no pickle depends on its "
				 "version");
	l->path = m->data.n ? m->data : m->model_path;
	if (!l->path.n)
		return refuse(l, "flavors.python_function has neither model_path nor data");
	if (pickled.n && !pf_str_eq(pickled, l->path))
		return refuse(l, "the two flavors name different files");
	return true;
}

/* The loader is given `data`; since 1.22 it looks at the flavor, which must say the same. */
static bool take_booster(struct pf_light *l, const struct pf_model *m, const struct pf_node *own)
{
	static const char booster[] = ".Booster";

	l->path = m->data;
	l->class_name = pf_node_text(own, "model_class");
	if (!l->path.n || !pf_str_eq(l->path, pf_node_text(own, "data")))
		return refuse(l, "the two flavors name different files");
	if (strcmp(l->flavor, "xgboost") == 0) {
		if (!l->class_name.n)
			l->class_name = PF_S("xgboost.core.Booster");
	} else if (l->class_name.n && !pf_str_ends(l->class_name, booster)) {
		l->format = pf_node_text(own, "serialization_format");
		if (!l->format.n)
			l->format = PF_S("cloudpickle");
	}
	return true;
}

static bool take(struct pf_light *l, const struct flavor *f, const struct pf_model *m)
{
	const struct pf_node *own = pf_node_get(pf_node_get(m->mlmodel, "flavors"), f->name);
	const struct pf_node *trusted, *hint = pf_node_get(m->mlmodel, "type_hint_from_example");

	if (m->flat || !own || own->kind != PF_NODE_MAP)
		return refuse(l, "MLmodel has no flavor %s", f->name);
	if (hint && !is_off(hint))
		return refuse(l, "its input takes the form of its example");
	if (!knows_keys(l, m->pyfunc, "python_function", common, f->pyfunc) ||
	    !knows_keys(l, own, f->name, f->own, NULL))
		return false;
	l->flavor = f->name;
	if (!(strcmp(f->name, "sklearn") == 0 ? take_sklearn : take_booster)(l, m, own))
		return false;
	trusted = pf_node_get(own, "skops_trusted_types");
	l->trusted = trusted && trusted->kind == PF_NODE_LIST ? trusted : NULL;
	l->has_params = m->signature.params.present;
	return true;
}

void pf_model_light(struct pf_light *out, const struct pf_model *m)
{
	struct pf_str loader = pf_shown(m->loader_module);

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < PF_COUNT(flavors); i++) {
		if (!pf_str_is(m->loader_module, flavors[i].loader))
			continue;
		if (!take(out, &flavors[i], m))
			out->flavor = NULL;
		return;
	}
	refuse(out, "it is loaded by " PF_FMT ", which is not one of mlflow.sklearn, "
		    "mlflow.lightgbm and mlflow.xgboost", PF_ARG(loader));
}
