/* modules.c - which distribution provides a module, and which modules a loader brings along */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/modules.h"

#include "base/str.h"
#include "req/name.h"

/* Distributions whose modules are called otherwise; the first of several is the usual one. */
static const struct {
	const char *module, *dist;
} OTHERWISE[] = {
	{ "sklearn", "scikit-learn" }, { "skimage", "scikit-image" },
	{ "skopt", "scikit-optimize" }, { "sksurv", "scikit-survival" },
	{ "sklearnex", "scikit-learn-intelex" }, { "skmultilearn", "scikit-multilearn" },
	{ "imblearn", "imbalanced-learn" }, { "yaml", "pyyaml" }, { "ruamel", "ruamel-yaml" },
	{ "cv2", "opencv-python" }, { "cv2", "opencv-python-headless" },
	{ "cv2", "opencv-contrib-python" }, { "cv2", "opencv-contrib-python-headless" },
	{ "PIL", "pillow" }, { "bs4", "beautifulsoup4" }, { "dateutil", "python-dateutil" },
	{ "dotenv", "python-dotenv" }, { "attr", "attrs" }, { "attrs", "attrs" },
	{ "google.protobuf", "protobuf" }, { "googleapiclient", "google-api-python-client" },
	{ "azureml", "azureml-core" }, { "git", "gitpython" }, { "jwt", "pyjwt" },
	{ "Crypto", "pycryptodome" }, { "OpenSSL", "pyopenssl" }, { "zmq", "pyzmq" },
	{ "serial", "pyserial" }, { "usb", "pyusb" }, { "win32api", "pywin32" },
	{ "psycopg2", "psycopg2-binary" }, { "psycopg2", "psycopg2" },
	{ "MySQLdb", "mysqlclient" }, { "mysql", "mysql-connector-python" },
	{ "ldap", "python-ldap" }, { "magic", "python-magic" }, { "docx", "python-docx" },
	{ "pptx", "python-pptx" }, { "fitz", "pymupdf" },
	{ "Levenshtein", "python-levenshtein" }, { "Levenshtein", "levenshtein" },
	{ "community", "python-louvain" }, { "igraph", "igraph" }, { "igraph", "python-igraph" },
	{ "pkg_resources", "setuptools" }, { "_distutils_hack", "setuptools" },
	{ "tensorflow", "tensorflow-cpu" }, { "tensorflow", "tensorflow-gpu" },
	{ "tensorflow", "tensorflow-macos" }, { "tensorflow", "tensorflow-intel" },
	{ "xgboost", "xgboost-cpu" }, { "faiss", "faiss-cpu" }, { "faiss", "faiss-gpu" },
	{ "onnxruntime", "onnxruntime" }, { "onnxruntime", "onnxruntime-gpu" },
	{ "umap", "umap-learn" }, { "ignite", "pytorch-ignite" },
	{ "rest_framework", "djangorestframework" }, { "llama_index", "llama-index-core" },
	{ "llama_index", "llama-index" }, { "mlflow", "mlflow" }, { "mlflow", "mlflow-skinny" },
	{ "mlflow", "mlflow-tracing" }, { "pyspark", "pyspark" },
	{ "pyspark", "databricks-connect" }, { "jpype", "jpype1" },
	{ "slugify", "python-slugify" }, { "socks", "pysocks" }, { "wx", "wxpython" },
	{ "gi", "pygobject" }, { "cairo", "pycairo" }, { "jose", "python-jose" },
	{ "multipart", "python-multipart" }, { "mpl_toolkits", "matplotlib" },
	{ "pylab", "matplotlib" },
};

/* MLflow's flavors whose package is called otherwise; the rest wrap that of their own name. */
static const struct {
	const char *loader, *module;
} LOADERS[] = {
	{ "mlflow.pyfunc", NULL }, { "mlflow.pytorch", "torch" }, { "mlflow.spark", "pyspark" },
	{ "mlflow.gluon", "mxnet" }, { "mlflow.fastai", "fastai" }, { "mlflow.paddle", "paddle" },
	{ "mlflow.mleap", "pyspark" }, { "mlflow.onnx", "onnxruntime" },
	{ "mlflow.langchain", "langchain" }, { "mlflow.llama_index", "llama_index" },
};

struct pf_str pf_module_top(struct pf_str module)
{
	return pf_str_cut(module, 0, pf_str_find(module, '.'));
}

/* "google.protobuf" is of "google.protobuf" and of what is below it. */
static bool is_below(struct pf_str module, const char *above)
{
	size_t n = strlen(above);

	return module.n >= n && !memcmp(module.p, above, n) &&
	       (module.n == n || module.p[n] == '.');
}

bool pf_module_is_of(struct pf_str module, struct pf_str dist_key)
{
	bool listed = false;

	for (size_t i = 0; i < PF_COUNT(OTHERWISE); i++) {
		if (!pf_str_is(dist_key, OTHERWISE[i].dist))
			continue;
		listed = true;
		if (is_below(module, OTHERWISE[i].module))
			return true;
	}
	return !listed && pf_name_eq(pf_module_top(module), dist_key);
}

static const char *const SHARED[] = { "google",	      "azure",	   "databricks",
				      "ruamel",	      "zope",	   "jaraco",
				      "mpl_toolkits", "backports", "sphinxcontrib",
				      "nvidia",	      NULL };

/* What is called so on an index has nothing to do with it. */
static const char *const OWN[] = {
	"app",		 "api",		 "base",      "classes", "code",
	"common",	 "config",	 "constants", "core",	 "custom",
	"data",		 "features",	 "functions", "helper",	 "helpers",
	"lib",		 "main",	 "model",     "models",	 "modules",
	"my_model",	 "pipeline",	 "pipelines", "predict", "preprocess",
	"preprocessing", "preprocessor", "project",   "scripts", "src",
	"test",		 "tests",	 "tools",     "train",	 "training",
	"transformer",	 "util",	 "utils",     NULL
};

bool pf_module_is_shared(struct pf_str top)
{
	return pf_str_in(top, SHARED);
}

struct pf_str pf_module_project(struct pf_arena *a, struct pf_str module)
{
	struct pf_str top = pf_module_top(module);

	for (size_t i = 0; i < PF_COUNT(OTHERWISE); i++)
		if (is_below(module, OTHERWISE[i].module))
			return pf_s(OTHERWISE[i].dist);
	if (pf_module_is_shared(top) || pf_str_in(top, OWN) || pf_str_starts(top, "_"))
		return PF_S("");
	return pf_name_canonical(a, top);
}

static bool provides(struct pf_dists *d, struct pf_dist *dist, struct pf_str module)
{
	struct pf_err ignored;

	if (!dist || (!dist->read && pf_dist_read(d, dist, &ignored) < 0))
		return false;
	return pf_strs_have(&dist->modules, pf_module_top(module));
}

/* In a name space that several share, the one whose name goes on like the module's. */
static struct pf_dist *search_all(struct pf_dists *d, struct pf_str module)
{
	struct pf_dist *found = NULL;

	for (size_t i = 0; i < d->v.n; i++) {
		struct pf_dist *dist = &d->v.v[i];

		if (dist->kind == PF_DIST_CONDA || !provides(d, dist, module))
			continue;
		if (pf_name_eq(dist->name, module))
			return dist;
		if (!found)
			found = dist;
	}
	return found;
}

struct pf_dist *pf_module_dist(struct pf_dists *d, struct pf_str module)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_dist *dist;

	for (size_t i = 0; i < PF_COUNT(OTHERWISE); i++) {
		if (!is_below(module, OTHERWISE[i].module))
			continue;
		dist = pf_map_get(&d->by_name, pf_s(OTHERWISE[i].dist));
		if (provides(d, dist, module))
			return dist;
	}
	dist = pf_map_get(&d->by_name, pf_name_canonical(&a, pf_module_top(module)));
	return provides(d, dist, module) ? dist : search_all(d, module);
}

struct pf_str pf_loader_module(struct pf_str loader)
{
	for (size_t i = 0; i < PF_COUNT(LOADERS); i++)
		if (is_below(loader, LOADERS[i].loader))
			return pf_s(LOADERS[i].module);
	return pf_str_starts(loader, "mlflow.") ? pf_module_top(pf_str_skip(loader, 7))
						: pf_s(NULL);
}
