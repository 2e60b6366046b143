/* add.c - the python_function flavor put into an MLmodel that is there */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/yaml.h"
#include "formats/yaml_write.h"
#include "save/inside.h"

/* pyfunc/__init__.py, add_to_model. */

struct adding {
	struct pf_arena arena;
	const struct pf_save_flavor *f;
	char *file; /* MLmodel, links resolved */
	mode_t mode;
	int root; /* the folder that it is in */
	struct pf_node flavor;
};

static void free_adding(struct adding *w)
{
	pf_fd_close(&w->root);
	pf_arena_free(&w->arena);
}

/* The model's folder is where its MLmodel is named, wherever a link leads from there. */
static int find_file(struct adding *w, struct pf_err *err)
{
	const char *given = w->f->mlmodel;
	const char *path = pf_is_dir(given) ? pf_join(&w->arena, given, PF_S("MLmodel")) : given;
	size_t slash = pf_str_rfind(pf_s(path), '/');
	struct stat st;

	w->file = pf_realpath(&w->arena, path);
	if (!w->file || stat(w->file, &st) < 0)
		return pf_fail(err, PF_EMODEL,
			       "Could not find an \"MLmodel\" configuration file at \"%s\"", given);
	w->mode = st.st_mode & 0777;
	w->root = open(slash == PF_NPOS
			       ? "."
			       : pf_dupz(&w->arena, pf_str_cut(pf_s(path), 0, slash ? slash : 1)),
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return w->root < 0 ? pf_fail_errno(err, "cannot open the folder of %s", path) : 0;
}

/* A path of the flavor stays below the model's root; that it is not there yet is worth a word. */
static int check_path(struct adding *w, const char *what, const char *path, struct pf_err *err)
{
	struct pf_str rest = pf_s(path), part;
	struct stat st;

	if (!path)
		return 0;
	if (!*path || *path == '/' || pf_str_has_control(rest))
		return pf_fail(err, PF_EUSAGE,
			       "--%s is a path below the model's folder, not " PF_FMT, what,
			       PF_ARG(pf_shown(rest)));
	while (pf_str_next(&rest, '/', &part))
		if (pf_str_is(part, ".."))
			return pf_fail(err, PF_EUSAGE, "--%s leaves the model's folder: " PF_FMT,
				       what, PF_ARG(pf_shown(pf_s(path))));
	if (fstatat(w->root, path, &st, 0) < 0)
		pf_warn("--%s: %s is not in the model's folder", what, path);
	else if (!pf_exists_beneath(w->root, path))
		return pf_fail(err, PF_EUSAGE, "--%s leaves the model's folder: " PF_FMT, what,
			       PF_ARG(pf_shown(pf_s(path))));
	return 0;
}

static void set(struct adding *w, struct pf_str key, struct pf_node value)
{
	pf_node_set(&w->arena, &w->flavor, key, value);
}

static void set_text(struct adding *w, const char *key, const char *text)
{
	if (text)
		set(w, pf_s(key), pf_node_string(pf_s(text)));
}

/* KEY=VALUE: what MLflow takes as further keyword arguments. */
static int set_more(struct adding *w, struct pf_str given, struct pf_err *err)
{
	static const char *const own[] = { "loader_module", "python_version", "data", "code",
					   "env",	    "config",	      NULL };
	size_t eq = pf_str_find(given, '=');
	struct pf_str key = pf_str_cut(given, 0, eq);
	struct pf_node *value;

	if (eq == PF_NPOS || !key.n || pf_str_has_control(key))
		return pf_fail(err, PF_EUSAGE, "a further key is KEY=VALUE, not " PF_FMT,
			       PF_ARG(pf_shown(given)));
	if (pf_str_in(key, own) || pf_node_get(&w->flavor, pf_dupz(&w->arena, key)))
		return pf_fail(err, PF_EUSAGE, "the key " PF_FMT " is given twice",
			       PF_ARG(pf_shown(key)));
	if (pf_yaml_parse(&value, &w->arena, pf_str_skip(given, eq + 1), err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(key)));
	set(w, key, *value);
	return 0;
}

static int make_flavor(struct adding *w, const struct pf_opts *o, struct pf_err *err)
{
	const struct pf_save_flavor *f = w->f;
	PF_AUTO(save_here) here = { 0 };
	struct pf_save_facts facts;
	struct pf_node config = { 0 };

	if (pf_save_facts_read(&facts, &here, &w->arena, f->python_version, o, err) < 0 ||
	    (f->model_config && pf_save_read_config(&config, &w->arena, f->model_config, err) < 0))
		return -1;
	w->flavor = pf_node_map();
	for (size_t i = 0; i < f->more.n; i++)
		if (set_more(w, f->more.v[i], err) < 0)
			return -1;
	set_text(w, "loader_module", f->loader_module);
	set(w, PF_S("python_version"), pf_node_string(facts.python));
	set_text(w, "code", f->code);
	set_text(w, "data", f->data);
	if (f->conda_env || f->python_env)
		set(w, PF_S("env"), pf_save_env_map(&w->arena, f->conda_env, f->python_env));
	if (config.n)
		set(w, PF_S("config"), config);
	return 0;
}

static int write_file(struct adding *w, const struct pf_node *doc, struct pf_err *err)
{
	const struct pf_node *there = pf_node_get(doc, "flavors");
	struct pf_node out = *doc, flavors = there ? *there : pf_node_map();
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);

	if (flavors.kind == PF_NODE_NULL)
		flavors = pf_node_map();
	if (flavors.kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL, "%s: flavors is %s, where a map is wanted", w->file,
			       pf_node_kind_name(flavors.kind));
	pf_node_set(&w->arena, &flavors, PF_S("python_function"), w->flavor);
	pf_node_set(&w->arena, &out, PF_S("flavors"), flavors);
	if (pf_yaml_write(&text, &out, true, err) < 0 || pf_buf_check(&text, w->file, err) < 0)
		return -1;
	return pf_write_atomic(AT_FDCWD, w->file, pf_buf_view(&text), w->mode, err);
}

int pf_save_add(const struct pf_save_flavor *f, const struct pf_opts *o, struct pf_err *err)
{
	__attribute__((cleanup(free_adding))) struct adding w = { .f = f, .root = -1 };
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *doc;

	if (pf_save_check_loader(f->loader_module, err) < 0 || find_file(&w, err) < 0 ||
	    check_path(&w, "data", f->data, err) < 0 || check_path(&w, "code", f->code, err) < 0 ||
	    check_path(&w, "env", f->conda_env, err) < 0 ||
	    check_path(&w, "python-env", f->python_env, err) < 0 ||
	    pf_read_file(&text, AT_FDCWD, w.file, err) < 0)
		return -1;
	if (pf_yaml_parse(&doc, &w.arena, pf_buf_view(&text), err) < 0)
		return pf_wrap(err, "%s", w.file);
	if (doc->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL, "%s is %s, where keys and values are wanted", w.file,
			       pf_node_kind_name(doc->kind));
	if (make_flavor(&w, o, err) < 0 || write_file(&w, doc, err) < 0)
		return -1;
	if (f->json)
		pf_json_as_python(f->json, &w.flavor, 0);
	return 0;
}
