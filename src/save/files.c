/* files.c - files that the user names are read, files of the model are written */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/yaml.h"
#include "formats/yaml_write.h"
#include "save/inside.h"

int pf_save_file(struct pf_saving *w, const char *name, struct pf_str text, struct pf_err *err)
{
	struct pf_str rest = pf_s(name), part;
	PF_FD(fd) = -1;

	while (pf_str_next(&rest, '/', &part))
		if (pf_str_is(part, ".."))
			return pf_fail(err, PF_EMODEL, "%s: the path climbs", name);
	if (pf_make_parents(w->place.dir, name, err) < 0)
		return -1;
	if (unlinkat(w->place.dir, name, 0) < 0 && errno != ENOENT)
		return pf_fail_errno(err, "cannot replace %s", name);
	fd = openat(w->place.dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return pf_fail_errno(err, "cannot create %s", name);
	return pf_write_fd(fd, text.p, text.n, err) < 0 ? pf_wrap(err, "%s", name) : 0;
}

int pf_save_yaml(struct pf_saving *w, const char *name, const struct pf_node *n, bool sorted,
		 struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (pf_yaml_write(&text, n, sorted, err) < 0 || pf_buf_check(&text, name, err) < 0)
		return -1;
	return pf_save_file(w, name, pf_buf_view(&text), err);
}

typedef int parser(struct pf_node **out, struct pf_arena *a, struct pf_str text,
		   struct pf_err *err);

static int read_with(struct pf_node **out, struct pf_arena *a, const char *what, const char *path,
		     parser *parse, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (pf_read_file(&text, AT_FDCWD, path, err) < 0)
		return pf_wrap(err, "%s", what);
	if (parse(out, a, pf_dup(a, pf_buf_view(&text)), err) < 0)
		return pf_wrap(err, "%s %s", what, path);
	return 0;
}

int pf_save_read_json(struct pf_node **out, struct pf_arena *a, const char *what, const char *path,
		      struct pf_err *err)
{
	return read_with(out, a, what, path, pf_json_parse, err);
}

int pf_save_read_yaml(struct pf_node **out, struct pf_arena *a, const char *what, const char *path,
		      struct pf_err *err)
{
	return read_with(out, a, what, path, pf_yaml_parse, err);
}

/* MLflow reads YAML, in which "1e5" is a text; a file of JSON is read as such. */
int pf_save_read_config(struct pf_node *out, struct pf_arena *a, const char *path,
			struct pf_err *err)
{
	struct pf_node *n = NULL;
	bool json = pf_str_ends(pf_s(path), ".json");
	int rc = json ? pf_save_read_json(&n, a, "--model-config", path, err)
		      : pf_save_read_yaml(&n, a, "--model-config", path, err);

	if (rc < 0)
		return -1;
	for (size_t i = 0; i < n->n; i++)
		if (n->kind == PF_NODE_MAP && n->v[i].odd_key)
			n->kind = PF_NODE_NULL;
	if (n->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL,
			       "An invalid ``model_config`` structure was passed. ``model_config`` "
			       "must be a valid file path or of type ``dict`` with string keys.");
	if (json)
		pf_yaml_of_json(a, n);
	*out = *n;
	return 0;
}
