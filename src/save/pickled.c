/* pickled.c - the pickle of a PythonModel: its name in the model, and what loads it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/str.h"
#include "formats/inflate.h"
#include "save/inside.h"

#define PYTHON_MODEL "python_model.pkl"

/* pyfunc/model.py, _get_pyfunc_loader_module. */
static const struct {
	const char *kind, *loader;
} LOADERS[] = {
	{ "chat-model", "mlflow.pyfunc.loaders.chat_model" },
	{ "chat-agent", "mlflow.pyfunc.loaders.chat_agent" },
	{ "responses-agent", "mlflow.pyfunc.loaders.responses_agent" },
};

const char *pf_save_class_loader(const char *kind)
{
	if (!kind)
		return "mlflow.pyfunc.model";
	for (size_t i = 0; i < PF_COUNT(LOADERS); i++)
		if (strcmp(LOADERS[i].kind, kind) == 0)
			return LOADERS[i].loader;
	return NULL;
}

/* pyfunc/model.py, _COMPRESSION_INFO: what MLFLOW_LOG_MODEL_COMPRESSION may say. */
static const struct {
	enum pf_wrap_kind wrap;
	const char *name, *method;
} COMPRESSED[] = {
	{ PF_WRAP_XZ, PYTHON_MODEL ".xz", "lzma" },
	{ PF_WRAP_BZ2, PYTHON_MODEL ".bz2", "bzip2" },
	{ PF_WRAP_GZIP, PYTHON_MODEL ".gz", "gzip" },
};

/* A pickle begins with none of their marks. */
static int look_at(enum pf_wrap_kind *out, const char *path, struct pf_err *err)
{
	char start[8];
	int fd = pf_open_file(AT_FDCWD, path, err);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = pf_read_some(fd, start, sizeof(start));
	close(fd);
	if (n < 0)
		return pf_fail_errno(err, "%s", path);
	*out = pf_wrap_of((struct pf_str){ start, (size_t)n });
	return 0;
}

int pf_save_pickle(struct pf_node *flavor, struct pf_saving *w, struct pf_err *err)
{
	struct pf_arena *a = &w->arena;
	const char *name = PYTHON_MODEL, *method = NULL;
	enum pf_wrap_kind wrap = PF_WRAP_NONE;
	struct pf_str path;

	if (look_at(&wrap, w->s->python_model, err) < 0)
		return -1;
	for (size_t i = 0; i < PF_COUNT(COMPRESSED); i++)
		if (COMPRESSED[i].wrap == wrap) {
			name = COMPRESSED[i].name;
			method = COMPRESSED[i].method;
		}
	if (pf_save_copy_as(&path, w, "", pf_s(name), w->s->python_model, err) < 0)
		return -1;
	pf_node_set(a, flavor, PF_S("python_model"), pf_node_string(path));
	if (method)
		pf_node_set(a, flavor, PF_S("python_model_compression"),
			    pf_node_string(pf_s(method)));
	return 0;
}
