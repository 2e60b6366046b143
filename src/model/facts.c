/* facts.c - what a model recorded beside its requirements: its day, and versions */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/day.h"
#include "base/str.h"
#include "model/parts.h"

/* Keys of MLflow's flavors, and the projects whose versions they are. */
static const struct {
	const char *key, *project;
} KEYS[] = {
	{ "cloudpickle_version", "cloudpickle" },
	{ "sklearn_version", "scikit-learn" },
	{ "lgb_version", "lightgbm" },
	{ "xgb_version", "xgboost" },
	{ "cb_version", "catboost" },
	{ "pytorch_version", "torch" },
	{ "keras_version", "keras" },
	{ "statsmodels_version", "statsmodels" },
	{ "spacy_version", "spacy" },
	{ "fastai_version", "fastai" },
	{ "onnx_version", "onnx" },
	{ "paddle_version", "paddlepaddle" },
	{ "mxnet_version", "mxnet" },
	{ "pr_version", "prophet" },
	{ "prophet_version", "prophet" },
	{ "pmdarima_version", "pmdarima" },
	{ "shap_version", "shap" },
	{ "diviner_version", "diviner" },
	{ "h2o_version", "h2o" },
	{ "pyspark_version", "pyspark" },
	{ "sktime_version", "sktime" },
	{ "transformers_version", "transformers" },
	{ "sentence_transformers_version", "sentence-transformers" },
	{ "langchain_version", "langchain" },
	{ "llama_index_version", "llama-index" },
	{ "openai_version", "openai" },
	{ "dspy_version", "dspy" },
};

static bool is_known(const struct pf_needs *needs, const char *project)
{
	for (size_t i = 0; i < needs->facts.n; i++)
		if (pf_str_is(needs->facts.v[i].name, project))
			return true;
	return false;
}

/* Builds of a version ("2.0.1+cu117") are that version: which one fits is for the index to say. */
static void add_fact(struct pf_model *m, const struct pf_node *n, const char *project)
{
	struct pf_str version;
	struct pf_fact fact = { .name = pf_s(project) };

	if (!n || !pf_node_is_scalar(n) || is_known(&m->needs, project))
		return;
	version = pf_str_cut(n->text, 0, pf_str_find(n->text, '+'));
	fact.key = n->key;
	if (pf_spec_read(&fact.is, &m->arena,
			 pf_format(&m->arena, "==" PF_FMT, PF_ARG(pf_str_trim(version)))) &&
	    !fact.is.wildcard)
		*PF_PUSH(&m->arena, &m->needs.facts) = fact;
}

/* The flavor that loads the model comes first: its record is nearest. */
static void add_flavor(struct pf_model *m, const struct pf_node *flavor)
{
	for (size_t i = 0; flavor && i < PF_COUNT(KEYS); i++)
		add_fact(m, pf_node_get(flavor, KEYS[i].key), KEYS[i].project);
}

void pf_facts_read(struct pf_model *m)
{
	const struct pf_node *flavors = pf_node_get(m->mlmodel, "flavors");
	const struct pf_node *mlflow = pf_node_get(m->mlmodel, "mlflow_version");

	m->needs.saved = pf_day_read(pf_node_text(m->mlmodel, "utc_time_created"));
	add_fact(m, mlflow, "mlflow");
	add_fact(m, mlflow, "mlflow-skinny");
	add_flavor(m, m->pyfunc);
	for (size_t i = 0; flavors && i < flavors->n; i++)
		add_flavor(m, &flavors->v[i]);
}
