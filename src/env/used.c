/* used.c - what the environments of a store are made of, of its cache */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/used.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "env/walk.h"

#define SHA256_DIGITS 64

/* ---- what was built ---- */

static void read_wheel(struct pf_built *it, struct pf_arena *a, int dir)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);
	char *path = pf_formatz(a, PF_FMT ".json", PF_ARG(it->name));
	const struct pf_node *wheel;
	struct pf_node *root = NULL;
	struct pf_err ignored;

	if (pf_read_file(&text, dir, path, &ignored) < 0 ||
	    pf_json_parse(&root, a, pf_dup(a, pf_buf_view(&text)), &ignored) < 0)
		return;
	wheel = pf_node_get(root, "wheel");
	it->wheel = pf_node_text(wheel, "sha256");
	it->file = pf_node_text(wheel, "file");
}

int pf_built_read(struct pf_built_list *out, struct pf_stored_list *s, struct pf_err *err)
{
	struct pf_map seen = { 0 };
	DIR *dir = opendir(pf_join(&s->arena, s->root, PF_S("built")));

	if (!dir)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot list %s/built", s->root);
	for (struct dirent *e; (e = readdir(dir));) {
		struct pf_str file = pf_s(e->d_name),
			      name = pf_str_cut(file, 0, pf_str_rfind(file, '.'));
		struct pf_built it = { 0 };

		if (name.n <= SHA256_DIGITS || pf_map_get(&seen, name))
			continue;
		*pf_map_put(&s->arena, &seen, name) = s;
		it.name = pf_dup(&s->arena, name);
		it.source = pf_str_cut(it.name, 0, SHA256_DIGITS);
		read_wheel(&it, &s->arena, dirfd(dir));
		*PF_PUSH(&s->arena, &out->items) = it;
	}
	closedir(dir);
	return 0;
}

/* ---- by plan ---- */

static bool note_plan(struct pf_map *used, struct pf_stored_list *s, const struct pf_stored *it)
{
	const struct pf_node *packages = pf_stored_packages(it);
	const struct pf_node *conda = pf_node_get(pf_node_get(it->head, "plan"), "conda");
	bool all = true;

	for (size_t i = 0; conda && i < conda->n; i++)
		*pf_map_put(&s->arena, used, pf_node_text(&conda->v[i], "sha256")) = s;
	for (size_t i = 0; packages && i < packages->n; i++) {
		const struct pf_node *hashes = pf_node_get(&packages->v[i], "hashes");
		bool known =
			pf_str_starts(pf_node_text(&packages->v[i], "url"), "git+"); /* built */

		for (size_t k = 0; hashes && k < hashes->n; k++) {
			struct pf_str hash = hashes->v[k].text;

			if (!pf_str_starts(hash, "sha256:"))
				continue;
			*pf_map_put(&s->arena, used, pf_str_skip(hash, 7)) = s;
			known = true;
		}
		all &= known;
	}
	return all;
}

bool pf_used_by_plans(struct pf_map *used, struct pf_stored_list *s, const struct pf_strs *gone,
		      const struct pf_built_list *built)
{
	bool all = true;

	for (size_t i = 0; i < s->items.n; i++)
		if (!gone || !pf_strs_have(gone, s->items.v[i].key))
			all &= note_plan(used, s, &s->items.v[i]);
	for (size_t i = 0; i < built->items.n; i++)
		if (built->items.v[i].wheel.n && pf_map_get(used, built->items.v[i].source))
			*pf_map_put(&s->arena, used, built->items.v[i].wheel) = s;
	return all;
}

/* ---- by name ---- */

/* "STORE/wheels/SHA256/tree/demo.py": the digest. */
static struct pf_str wheel_of_link(const struct pf_stored_list *s, struct pf_str target)
{
	size_t root = strlen(s->root);

	if (!pf_str_starts(target, s->root) ||
	    !pf_str_starts(pf_str_skip(target, root), "/wheels/"))
		return PF_S("");
	target = pf_str_skip(target, root + sizeof("/wheels/") - 1);
	return pf_str_cut(target, 0, pf_str_find(target, '/'));
}

static int note_links(struct pf_map *used, struct pf_stored_list *s, const char *path,
		      struct pf_err *err)
{
	PF_FD(dir) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_AUTO(found_list) list = { 0 };
	char target[PATH_MAX];

	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", path);
	if (pf_walk(&list, dir, err) < 0)
		return -1;
	for (size_t i = 0; i < list.files.n; i++) {
		const struct pf_found *f = &list.files.v[i];
		ssize_t n =
			S_ISLNK(f->mode) ? readlinkat(dir, f->path.p, target, sizeof(target)) : 0;
		struct pf_str wheel =
			wheel_of_link(s, (struct pf_str){ target, n > 0 ? (size_t)n : 0 });

		if (wheel.n)
			*pf_map_put(&s->arena, used, wheel) = s;
	}
	return 0;
}

int pf_used_by_links(struct pf_map *used, struct pf_stored_list *s, struct pf_err *err)
{
	for (size_t i = 0; i < s->items.n; i++)
		if (note_links(used, s, s->items.v[i].path, err) < 0)
			return -1;
	return 0;
}
