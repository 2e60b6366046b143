/* twins.c - conda's match specs as requirements, for packages that the package index has too */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/twins.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/matchspec.h"
#include "req/specifier.h"

/* What models load and what they were made with: the same project with the same version numbers in
 * both worlds. Not what lies deeper (libraries, compilers, network and cloud clients): an exported
 * environment pins hundreds of those as conda alone has them. A name that is not in this table is
 * never looked for at the index, where it may be anybody's. */
static const struct {
	const char *conda, *pip;	/* pip NULL: the same */
} twins[] = {
	{ "catboost", NULL },	  { "category_encoders", "category-encoders" },
	{ "cloudpickle", NULL },  { "dask", NULL },
	{ "dill", NULL },	  { "fastai", NULL },
	{ "fbprophet", NULL },	  { "gensim", NULL },
	{ "gorilla", NULL },	  { "h2o", NULL },
	{ "h5py", NULL },	  { "hyperopt", NULL },
	{ "imbalanced-learn", NULL }, { "joblib", NULL },
	{ "keras", NULL },	  { "lightgbm", NULL },
	{ "matplotlib", NULL },	  { "matplotlib-base", "matplotlib" },
	{ "mlflow", NULL },	  { "networkx", NULL },
	{ "nltk", NULL },	  { "numpy", NULL },
	{ "onnx", NULL },	  { "onnxruntime", NULL },
	{ "optuna", NULL },	  { "pandas", NULL },
	{ "pillow", NULL },	  { "plotly", NULL },
	{ "pmdarima", NULL },	  { "polars", NULL },
	{ "prophet", NULL },	  { "py-xgboost", "xgboost" },
	{ "pyarrow", NULL },	  { "pyspark", NULL },
	{ "pystan", NULL },	  { "pytorch", "torch" },
	{ "pytorch-lightning", NULL }, { "pyyaml", NULL },
	{ "scikit-image", NULL }, { "scikit-learn", NULL },
	{ "scipy", NULL },	  { "seaborn", NULL },
	{ "shap", NULL },	  { "spacy", NULL },
	{ "statsmodels", NULL },  { "sympy", NULL },
	{ "tensorflow", NULL },	  { "torchvision", NULL },
	{ "transformers", NULL }, { "xarray", NULL },
	{ "xgboost", NULL },
};

/* "==1.18.*" begins versions, of "==0.22.2.post1" none can. */
static bool is_plain(struct pf_str version)
{
	for (size_t i = 0; i < version.n; i++)
		if (version.p[i] != '.' && !pf_is_digit(version.p[i]))
			return false;
	return true;
}

/* ">=1.26", "==1.26.*"; false for what conda alone understands. */
static bool spell_clause(struct pf_buf *out, const struct pf_condaver_clause *c)
{
	static const char *const operators[] = {
		[PF_CONDAVER_EQ] = "==",     [PF_CONDAVER_NE] = "!=",
		[PF_CONDAVER_LT] = "<",	     [PF_CONDAVER_LE] = "<=",
		[PF_CONDAVER_GT] = ">",	     [PF_CONDAVER_GE] = ">=",
		[PF_CONDAVER_STARTS] = "==", [PF_CONDAVER_STARTS_NOT] = "!=",
		[PF_CONDAVER_COMPATIBLE] = "~=",
	};
	bool starts = c->op == PF_CONDAVER_STARTS || c->op == PF_CONDAVER_STARTS_NOT;

	if (c->op >= PF_COUNT(operators) || !operators[c->op])
		return false;
	pf_buf_printf(out, "%s%s" PF_FMT "%s", out->n ? "," : "", operators[c->op],
		      PF_ARG(c->version.text), starts && is_plain(c->version.text) ? ".*" : "");
	return true;
}

/* One clause, or several that all have to hold. */
static bool spell_version(struct pf_buf *out, const struct pf_condaver_spec *s)
{
	size_t first = s->n && s->v[0].op == PF_CONDAVER_ALL;

	if (!s->n || s->v[0].op == PF_CONDAVER_ANY)
		return true;
	for (size_t i = first; i < s->n; i++)
		if (!spell_clause(out, &s->v[i]))
			return false;
	return true;
}

/* Whatever else the spec asks, a build or a channel, the index does not know. */
static bool spell(struct pf_str *name, struct pf_str *version, struct pf_arena *a,
		  struct pf_str spec)
{
	PF_AUTO(buf) out = PF_BUF(PF_MAX_MATCH_SPEC);
	struct pf_match_spec m;
	struct pf_err ignored;
	bool known;

	*name = *version = PF_S("");
	if (pf_match_spec_parse(&m, a, spec, &ignored) < 0)
		return false;
	*name = m.name;
	known = spell_version(&out, &m.version) && !out.toobig;
	if (known)
		*version = pf_dup(a, pf_buf_view(&out));
	return known;
}

struct pf_str pf_twin_spell(struct pf_arena *a, struct pf_str *name, struct pf_str spec)
{
	struct pf_str version;

	(void)spell(name, &version, a, spec);
	return pf_format(a, PF_FMT PF_FMT, PF_ARG(*name), PF_ARG(version));
}

bool pf_twin_find(struct pf_str *pip_name, struct pf_str *line, struct pf_arena *a,
		  struct pf_str spec)
{
	struct pf_str name, version;
	struct pf_specset set = { 0 };
	struct pf_err ignored;

	if (!spell(&name, &version, a, spec) || pf_specset_parse(&set, a, version, &ignored) < 0)
		return false;
	for (size_t i = 0; i < PF_COUNT(twins); i++) {
		if (!pf_str_is(name, twins[i].conda))
			continue;
		*pip_name = pf_s(twins[i].pip ? twins[i].pip : twins[i].conda);
		*line = pf_format(a, PF_FMT PF_FMT, PF_ARG(*pip_name), PF_ARG(version));
		return true;
	}
	return false;
}
