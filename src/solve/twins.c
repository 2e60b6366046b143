/* twins.c - conda's match specs as requirements, for packages that the package index has too */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/twins.h"

#include "base/str.h"
#include "req/name.h"
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

/* "==1.18.*" is a pattern, "==0.22.2.post1" cannot be one. */
static bool is_plain(struct pf_str version)
{
	for (size_t i = 0; i < version.n; i++)
		if (version.p[i] != '.' && !pf_is_digit(version.p[i]))
			return false;
	return true;
}

struct pf_str pf_twin_spell(struct pf_arena *a, struct pf_str *name, struct pf_str spec)
{
	size_t at = pf_str_find_str(spec, "::"), n = 0;
	struct pf_str rest;
	bool exact;

	spec = pf_str_trim(at == PF_NPOS ? spec : pf_str_skip(spec, at + 2));
	while (n < spec.n && (pf_is_alnum(spec.p[n]) || strchr("-_.", spec.p[n])))
		n++;
	*name = pf_str_cut(spec, 0, n);
	rest = pf_str_trim(pf_str_skip(spec, n));
	rest = pf_str_trim(pf_str_cut(rest, 0, pf_str_find(rest, '[')));
	if (!rest.n || pf_str_is(rest, "*"))
		return pf_dup(a, *name);
	if (strchr("<>!~", rest.p[0]))
		return pf_format(a, PF_FMT PF_FMT, PF_ARG(*name),
				 PF_ARG(pf_str_cut(rest, 0, pf_str_find(rest, ' '))));
	/* "=23.0" and " 23.0.*" are prefixes; a build string may follow */
	exact = pf_str_starts(rest, "==");
	while (rest.n && rest.p[0] == '=')
		rest = pf_str_skip(rest, 1);
	rest = pf_str_cut(pf_str_trim(rest), 0, pf_str_find(pf_str_trim(rest), '='));
	rest = pf_str_trim(pf_str_cut(rest, 0, pf_str_find(rest, ' ')));
	return pf_format(a, PF_FMT "==" PF_FMT "%s", PF_ARG(*name), PF_ARG(rest),
			 exact || !is_plain(rest) ? "" : ".*");
}

bool pf_twin_find(struct pf_str *pip_name, struct pf_str *line, struct pf_arena *a,
		  struct pf_str spec)
{
	struct pf_str name, text = pf_twin_spell(a, &name, spec), version;
	struct pf_specset set = { 0 };
	struct pf_err ignored;

	version = pf_str_skip(text, name.n);
	if (pf_specset_parse(&set, a, version, &ignored) < 0)
		return false; /* "1.18|1.19" and the like are conda's alone */
	for (size_t i = 0; i < PF_COUNT(twins); i++) {
		if (!pf_str_is(name, twins[i].conda))
			continue;
		*pip_name = pf_s(twins[i].pip ? twins[i].pip : twins[i].conda);
		*line = pf_format(a, PF_FMT PF_FMT, PF_ARG(*pip_name), PF_ARG(version));
		return true;
	}
	return false;
}
