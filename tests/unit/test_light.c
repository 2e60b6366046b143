/* test_light.c - which models are loaded without MLflow, and why the others are not */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "model/light.h"

#define PYFUNC(loader) "flavors:\n  python_function:\n    loader_module: mlflow." loader "\n"
#define PATH "    model_path: model.pkl\n"
#define SKLEARN PYFUNC("sklearn") PATH "  sklearn:\n"
#define PICKLED "    pickled_model: model.pkl\n"
#define LIGHTGBM PYFUNC("lightgbm") "    data: model.lgb\n  lightgbm:\n    data: model.lgb\n"
#define XGBOOST PYFUNC("xgboost") "    data: model.xgb\n  xgboost:\n    data: model.xgb\n"

/* `expected`: "FLAVOR PATH FORMAT CLASS TRUSTED", or the reason. */
static const struct {
	const char *mlmodel, *expected;
} rows[] = {
	/* as MLflow 3.17, 1.2 (data) and 1.10 write them */
	{ SKLEARN PICKLED "    code: null\n    serialization_format: skops\n    sklearn_version: 1.9.1\n"
			  "    skops_trusted_types: [a.B, c]\n", "sklearn model.pkl skops - a.B,c," },
	{ SKLEARN "    code: null\n    serialization_format: cloudpickle\n    skops_trusted_types: null\n",
	  "sklearn model.pkl cloudpickle - -" },
	{ PYFUNC("sklearn") "    data: model.pkl\n    env: conda.yaml\n    code: code\n  sklearn:\n" PICKLED
			    "    sklearn_version: 0.20.3\n", "sklearn model.pkl pickle - -" },
	{ PYFUNC("sklearn") PATH "    predict_fn: predict_proba\n    python_version: 3.8.1\n"
				 "    config: {}\n    streamable: false\n  sklearn:\n" PICKLED,
	  "sklearn model.pkl pickle - -" },
	{ LIGHTGBM "    lgb_version: 4.0\n    model_class: lightgbm.basic.Booster\n",
	  "lightgbm model.lgb - lightgbm.basic.Booster -" },
	{ LIGHTGBM, "lightgbm model.lgb - - -" },
	{ LIGHTGBM "    model_class: lightgbm.sklearn.LGBMClassifier\n",
	  "lightgbm model.lgb cloudpickle lightgbm.sklearn.LGBMClassifier -" },
	{ LIGHTGBM "    model_class: lightgbm.sklearn.LGBMRanker\n    serialization_format: skops\n"
		   "    skops_trusted_types: []\n", "lightgbm model.lgb skops lightgbm.sklearn.LGBMRanker " },
	{ XGBOOST, "xgboost model.xgb - xgboost.core.Booster -" },
	{ XGBOOST "    model_class: xgboost.sklearn.XGBRegressor\n    model_format: ubj\n    code: null\n"
		  "    extra_files:\n    - path: extra_files/a\n",
	  "xgboost model.xgb - xgboost.sklearn.XGBRegressor -" },

	/* other loaders, other layouts */
	{ PYFUNC("pyfunc.model"), "it is loaded by mlflow.pyfunc.model, which is not one of mlflow.sklearn, "
				  "mlflow.lightgbm and mlflow.xgboost" },
	{ PYFUNC("sklearn") PATH, "MLmodel has no flavor sklearn" },
	{ PYFUNC("sklearn") PATH "  sklearn: x\n", "MLmodel has no flavor sklearn" },
	{ "loader_module: mlflow.sklearn\ndata: data/model.pkl\n", "MLmodel has no flavor sklearn" },
	{ SKLEARN PICKLED "type_hint_from_example: true\n", "its input takes the form of its example" },
	/* keys and values */
	{ SKLEARN PICKLED "    new_key: 1\n", "flavors.sklearn has the key new_key, which is not known" },
	{ PYFUNC("sklearn") PATH "    new: null\n  sklearn:\n" PICKLED,
	  "flavors.python_function has the key new, which is not known" },
	{ PYFUNC("sklearn") PATH "    config: {a: 1}\n  sklearn:\n" PICKLED,
	  "flavors.python_function.config has a value that is not known" },
	{ PYFUNC("sklearn") PATH "    streamable: true\n  sklearn:\n" PICKLED,
	  "flavors.python_function.streamable has a value that is not known" },
	{ SKLEARN PICKLED "    serialization_format: joblib\n",
	  "flavors.sklearn.serialization_format has a value that is not known" },
	{ SKLEARN PICKLED "    serialization_format: null\n",
	  "flavors.sklearn.serialization_format has a value that is not known" },
	{ SKLEARN PICKLED "    skops_trusted_types: [[a]]\n",
	  "flavors.sklearn.skops_trusted_types has a value that is not known" },
	{ SKLEARN PICKLED "    skops_trusted_types: [1]\n",
	  "flavors.sklearn.skops_trusted_types has a value that is not known" },
	{ SKLEARN PICKLED "    skops_trusted_types: all\n",
	  "flavors.sklearn.skops_trusted_types has a value that is not known" },
	{ LIGHTGBM "    model_class: my.Booster\n", "flavors.lightgbm.model_class has a value that is not known" },
	{ XGBOOST "    model_class: xgboost.dask.DaskXGBRegressor\n",
	  "flavors.xgboost.model_class has a value that is not known" },
	/* files */
	{ SKLEARN "    pickled_model: other.pkl\n", "the two flavors name different files" },
	{ PYFUNC("sklearn") "  sklearn:\n" PICKLED,
	  "flavors.python_function has neither model_path nor data" },
	{ PYFUNC("sklearn") "    data: model.pkl\n  sklearn:\n" PICKLED
			    "    serialization_format: cloudpickle\n",
	  "what MLflow makes of `data` that is no pickle depends on its version" },
	{ PYFUNC("xgboost") "    data: model.xgb\n  xgboost:\n    data: other.xgb\n",
	  "the two flavors name different files" },
	{ PYFUNC("lightgbm") "  lightgbm:\n    data: model.lgb\n", "the two flavors name different files" },
	{ PYFUNC("lightgbm") "    data: a/model.lgb\n  lightgbm:\n    data: a/model.lgb\n",
	  "flavors.python_function.data has a value that is not known" },
	{ PYFUNC("lightgbm") "    data: model.lgb\n    predict_fn: x\n  lightgbm:\n    data: model.lgb\n",
	  "flavors.python_function has the key predict_fn, which is not known" },
};

static const char *or_dash(struct pf_str s)
{
	return s.n ? s.p : "-";
}

static void show(struct pf_buf *out, const struct pf_light *l)
{
	if (!l->flavor) {
		pf_buf_cstr(out, l->why_not);
		return;
	}
	pf_buf_printf(out, "%s %s %s %s ", l->flavor, or_dash(l->path), or_dash(l->format),
		      or_dash(l->class_name));
	for (size_t i = 0; l->trusted && i < l->trusted->n; i++)
		pf_buf_printf(out, "%s,", l->trusted->v[i].text.p);
	pf_buf_cstr(out, l->trusted ? "" : "-");
}

static void recognises(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(model) m = { 0 };
		PF_AUTO(buf) out = PF_BUF(2000);
		struct pf_light light;
		struct pf_err err;

		folder_put(folder_path, "MLmodel", pf_s(rows[i].mlmodel));
		if (pf_model_load(&m, folder_path, &err) < 0)
			fail_msg("%s: %s", rows[i].mlmodel, err.msg);
		pf_model_light(&light, &m);
		show(&out, &light);
		pf_buf_char(&out, '\0');
		if (strcmp(out.p, rows[i].expected) != 0)
			fail_msg("%s: '%s', not '%s'", rows[i].mlmodel, out.p, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(recognises) };

	return cmocka_run_group_tests_name("light", tests, folder_set_up, folder_tear_down);
}
