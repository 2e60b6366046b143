/* stored.c - the environments there are in a store */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/stored.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/str.h"
#include "env/manifest.h"
#include "solve/plan.h"

void pf_stored_close(struct pf_stored_list *s)
{
	pf_arena_free(&s->arena);
}

static const struct pf_node *list_of(const struct pf_stored *it, const char *key)
{
	const struct pf_node *list = pf_node_get(pf_node_get(it->head, "plan"), key);

	return list && list->kind == PF_NODE_LIST ? list : NULL;
}

const struct pf_node *pf_stored_packages(const struct pf_stored *it)
{
	return list_of(it, "packages");
}

const struct pf_node *pf_stored_conda(const struct pf_stored *it)
{
	return list_of(it, "conda");
}

bool pf_stored_stands_on(const struct pf_stored *it, const struct pf_stored *other)
{
	struct pf_str exe = pf_node_text(it->head, "interpreter");
	size_t n = strlen(other->path);

	return !pf_str_eq(it->key, other->key) && pf_str_starts(exe, other->path) && exe.n > n &&
	       exe.p[n] == '/';
}

static int by_key(const void *l, const void *r)
{
	return pf_str_cmp(((const struct pf_stored *)l)->key, ((const struct pf_stored *)r)->key);
}

static void look_into(struct pf_stored_list *s, struct pf_stored *it)
{
	PF_FD(dir) = open(it->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct pf_node *head = NULL;
	struct pf_err ignored;
	struct stat st;

	if (dir < 0)
		return;
	it->started = faccessat(dir, "bin/python", X_OK, 0) == 0;
	if (fstatat(dir, "manifest.json", &st, 0) == 0)
		it->used = st.st_mtime;
	if (pf_manifest_head(&head, &s->arena, dir, &ignored) == 0)
		it->head = head;
}

int pf_stored_open(struct pf_stored_list *s, const char *key, bool deep, const struct pf_opts *o,
		   struct pf_err *err)
{
	char *envs;
	DIR *dir;

	s->root = pf_store_root(&s->arena, o->store, err);
	if (!s->root)
		return -1;
	envs = pf_join(&s->arena, s->root, PF_S("envs"));
	dir = opendir(envs);
	if (!dir)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot list %s", envs);
	for (struct dirent *e; (e = readdir(dir));) {
		struct pf_stored it = { 0 };

		if (!pf_plan_is_key(pf_s(e->d_name)) ||
		    (key && !pf_str_starts(pf_s(e->d_name), key)))
			continue;
		it.key = pf_dup(&s->arena, pf_s(e->d_name));
		it.path = pf_join(&s->arena, envs, it.key);
		if (deep)
			look_into(s, &it);
		*PF_PUSH(&s->arena, &s->items) = it;
	}
	closedir(dir);
	if (s->items.n)
		qsort(s->items.v, s->items.n, sizeof(*s->items.v), by_key);
	return 0;
}

int pf_stored_open_one(struct pf_stored_list *s, const char *key, bool deep,
		       const struct pf_opts *o, struct pf_err *err)
{
	const char *slash = strrchr(key, '/');

	if (slash && slash[1])
		key = slash + 1;
	if (!*key)
		return pf_fail(err, PF_EUSAGE, "an environment's key is missing");
	if (pf_stored_open(s, key, deep, o, err) < 0)
		return -1;
	if (!s->items.n) {
		pf_fail(err, PF_EUSAGE, "no environment %s in %s", key, s->root);
		return pf_hint(err, "see: pyfunc-env env list");
	}
	if (s->items.n > 1)
		return pf_fail(err, PF_EUSAGE, "%s fits %zu environments: give more of the key",
			       key, s->items.n);
	return 0;
}

void pf_stored_json_open(struct pf_json_out *w, const char *kind, const char *root)
{
	pf_json_begin(w, kind);
	pf_json_field(w, "store", pf_s(root));
}

void pf_stored_json_close(struct pf_json_out *w)
{
	pf_json_close(w, '}');
	pf_buf_char(w->buf, '\n');
}
