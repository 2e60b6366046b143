/* pixilock.c - pixi.lock, versions 6 and 7: the environment "default" for one platform */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "fetch/fetch.h"
#include "formats/yaml.h"
#include "lock/parts.h"

bool pf_pixilock_is(struct pf_str text)
{
	return pf_lock_has_line(text, "environments:") && pf_lock_has_line(text, "packages:");
}

/* "conda: URL" of an item, or "pypi: URL". */
static struct pf_str place_of(const struct pf_node *item, bool *pypi)
{
	struct pf_str conda = pf_node_text(item, "conda");

	*pypi = !conda.n;
	return conda.n ? conda : pf_node_text(item, "pypi");
}

/* Version 6 has a folder or a repository for what is built. */
static bool is_built(const struct pf_node *item, struct pf_str url, bool pypi)
{
	return pf_node_get(item, "conda_source") || pf_node_get(item, "source") ||
	       (!pypi && !pf_str_ends(url, ".conda") && !pf_str_ends(url, ".tar.bz2"));
}

static int take(struct pf_lock *l, const struct pf_lock_target *t, const struct pf_map *known,
		const struct pf_node *item, struct pf_err *err)
{
	bool pypi;
	struct pf_str url = place_of(item, &pypi);
	const struct pf_node *more = pf_map_get(known, url);

	if (is_built(item, url, pypi))
		return pf_fail(err, PF_EINTEGRITY,
			       "line %u: a conda package that has to be built of its sources",
			       item->line);
	if (!url.n || !more)
		return pf_fail(err, PF_EINTEGRITY, "line %u: nothing is told of this package",
			       item->line);
	if (!pypi && pf_str_starts(url, "/")) /* a channel that is a folder */
		url = pf_url_of_path(&l->arena, pf_dupz(&l->arena, url));
	return pypi ? pf_lock_add_pip(l, t, pf_node_text(more, "name"),
				      pf_node_text(more, "version"), url,
				      pf_node_text(more, "sha256"), more->line, err)
		    : pf_lock_add_conda(l, t, url, pf_node_text(more, "md5"),
					pf_node_text(more, "sha256"), more->line, err);
}

/* What is installed on a platform, by its name. Since version 7 that need not be its subdir:
 *   platforms:
 *   - name: linux-cuda
 *     subdir: linux-64 */
static int choose(const struct pf_node **out, struct pf_arena *a, const struct pf_node *root,
		  const struct pf_node *by_platform, struct pf_str subdir, struct pf_err *err)
{
	const struct pf_node *platforms = pf_node_get(root, "platforms");
	size_t n = platforms && platforms->kind == PF_NODE_LIST ? platforms->n : 0;
	struct pf_str taken = { 0 };

	*out = pf_node_get(by_platform, pf_dupz(a, subdir));
	for (size_t i = 0; !(*out && !taken.n) && i < n; i++) {
		struct pf_str name = pf_node_text(&platforms->v[i], "name");
		const struct pf_node *list = pf_node_get(by_platform, pf_dupz(a, name));

		if (!list || !pf_str_eq(pf_node_text(&platforms->v[i], "subdir"), subdir))
			continue;
		if (taken.n)
			return pf_fail(err, PF_EINTEGRITY, "it has several platforms that are "
				       PF_FMT ": " PF_FMT " and " PF_FMT, PF_ARG(subdir),
				       PF_ARG(pf_shown(taken)), PF_ARG(pf_shown(name)));
		taken = name;
		*out = list;
	}
	return 0;
}

int pf_pixilock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_node *root = NULL;
	const struct pf_node *list, *all;
	struct pf_map known = { 0 };
	struct pf_str version;
	bool pypi;

	if (pf_yaml_parse(&root, &out->arena, text, err) < 0)
		return -1;
	version = pf_node_text(root, "version");
	if (!pf_str_is(version, "6") && !pf_str_is(version, "7"))
		return pf_fail(err, PF_EINTEGRITY,
			       "it is of version " PF_FMT ", and 6 and 7 are what is read",
			       PF_ARG(pf_shown(version)));
	all = pf_node_get(root, "packages");
	for (size_t i = 0; all && all->kind == PF_NODE_LIST && i < all->n; i++)
		*pf_map_put(&out->arena, &known, place_of(&all->v[i], &pypi)) =
			(void *)(uintptr_t)&all->v[i];
	list = pf_node_get(pf_node_get(root, "environments"), "default");
	if (!list)
		return pf_fail(err, PF_EINTEGRITY, "it has no environment \"default\"");
	list = pf_node_get(list, "packages");
	if (choose(&list, &out->arena, root, list, t->subdir, err) < 0)
		return -1;
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		if (take(out, t, &known, &list->v[i], err) < 0)
			return -1;
	return 0;
}
