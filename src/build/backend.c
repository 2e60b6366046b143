/* backend.c - [build-system] of pyproject.toml, or what stands for it where there is none */
/* SPDX-License-Identifier: Apache-2.0 */
#include "build/backend.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/toml.h"
#include "req/requirement.h"

static const char PYPROJECT[] = "pyproject.toml";

static int refuse(struct pf_err *err, const struct pf_node *node, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "%s, line %u: %s", PYPROJECT, (unsigned)node->line, why);
}

static int read_list(struct pf_strs *out, struct pf_arena *a, const struct pf_node *list,
		     struct pf_err *err)
{
	if (!list)
		return 0;
	if (list->kind != PF_NODE_LIST)
		return refuse(err, list, "a list is expected");
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].kind != PF_NODE_STRING || !list->v[i].quoted)
			return refuse(err, &list->v[i], "a string is expected");
		*PF_PUSH(a, out) = list->v[i].text;
	}
	return 0;
}

/* ---- requirements ---- */

int pf_backend_check(struct pf_str requirement, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_requirement r = { 0 };
	const char *why = NULL;

	for (size_t i = 0; i < requirement.n; i++)
		if ((unsigned char)requirement.p[i] < 0x20 || requirement.p[i] == 0x7f)
			why = "holds a control character";
	if (!why && pf_requirement_parse(&r, &a, requirement, err) < 0)
		why = "is no requirement";
	else if (!why && r.url.n)
		why = "names an address, which is for the user to do";
	return why ? pf_fail(err, PF_EINTEGRITY, "it asks to be built with '" PF_FMT "', which %s",
			     PF_ARG(pf_shown(requirement)), why) : 0;
}

static bool names_setuptools(const struct pf_strs *list)
{
	for (size_t i = 0; i < list->n; i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_requirement r = { 0 };
		struct pf_err ignored;

		if (pf_requirement_parse(&r, &a, list->v[i], &ignored) == 0 &&
		    pf_str_is(r.key, "setuptools"))
			return true;
	}
	return false;
}

/* ---- the backend's name and place ---- */

/* "package.module", "package.module:object.attribute" */
static bool is_backend(struct pf_str name)
{
	size_t colon = pf_str_find(name, ':');

	return pf_str_is_dotted_name(pf_str_cut(name, 0, colon)) &&
	       (colon == PF_NPOS || pf_str_is_dotted_name(pf_str_skip(name, colon + 1)));
}

static bool stays_inside(struct pf_str path)
{
	struct pf_str part;

	if (!path.n || path.p[0] == '/' || pf_str_find(path, '\0') != PF_NPOS)
		return false;
	while (pf_str_next(&path, '/', &part))
		if (pf_str_is(part, ".."))
			return false;
	return true;
}

/* ---- all of it ---- */

/* The first that knew the backend __legacy__ is 40.8.0; `wheel` was a package of its own until
 * 70.1. */
static void assume_setuptools(struct pf_backend *b, struct pf_arena *a)
{
	b->name = PF_S("setuptools.build_meta:__legacy__");
	if (!names_setuptools(&b->requires))
		*PF_PUSH(a, &b->requires) = PF_S("setuptools>=40.8.0");
}

static int read_system(struct pf_backend *out, struct pf_arena *a, const struct pf_node *table,
		       struct pf_err *err)
{
	const struct pf_node *requires = pf_node_get(table, "requires");
	const struct pf_node *name = pf_node_get(table, "build-backend");

	if (table->kind != PF_NODE_MAP)
		return refuse(err, table, "[build-system] is no table");
	if (!requires)
		return refuse(err, table, "[build-system] has no requires");
	if (read_list(&out->requires, a, requires, err) < 0 ||
	    read_list(&out->path, a, pf_node_get(table, "backend-path"), err) < 0)
		return -1;
	for (size_t i = 0; i < out->requires.n; i++)
		if (pf_backend_check(out->requires.v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < out->path.n; i++)
		if (!stays_inside(out->path.v[i]))
			return refuse(err, table, "backend-path leaves the source");
	if (!name) {
		assume_setuptools(out, a);
		return 0;
	}
	out->name = name->text;
	return name->kind == PF_NODE_STRING && is_backend(name->text) ?
		       0 : refuse(err, name, "build-backend names no object");
}

int pf_backend_parse(struct pf_backend *out, struct pf_arena *a, struct pf_str text,
		     struct pf_err *err)
{
	struct pf_backend b = { 0 };
	struct pf_node *root = NULL;
	const struct pf_node *table;

	if (pf_toml_parse(&root, a, text, err) < 0) {
		err->code = err->code == PF_EMODEL ? PF_EINTEGRITY : err->code;
		return pf_wrap(err, "%s", PYPROJECT);
	}
	table = pf_node_get(root, "build-system");
	if (!table) {
		assume_setuptools(&b, a);
		*PF_PUSH(a, &b.requires) = PF_S("wheel");
		b.assumed = true;
	} else if (read_system(&b, a, table, err) < 0) {
		return -1;
	}
	*out = b;
	return 0;
}

int pf_backend_read(struct pf_backend *out, struct pf_arena *a, int root, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	PF_FD(fd) = -1;

	if (faccessat(root, PYPROJECT, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		fd = pf_open_beneath(root, PYPROJECT, err);
		if (fd < 0 || pf_read_fd(&text, fd, PYPROJECT, err) < 0)
			return -1;
	} else if (faccessat(root, "setup.py", F_OK, 0) < 0 &&
		   faccessat(root, "setup.cfg", F_OK, 0) < 0) {
		return pf_fail(err, PF_EINTEGRITY, "it has neither pyproject.toml nor setup.py");
	}
	if (pf_backend_parse(out, a, pf_dup(a, pf_buf_view(&text)), err) < 0)
		return -1;
	for (size_t i = 0; i < out->path.n; i++) {
		PF_FD(dir) = pf_open_dir_beneath(root, pf_dupz(a, out->path.v[i]), err);

		if (dir < 0) {
			err->code = PF_EINTEGRITY;
			return pf_wrap(err, "%s: backend-path", PYPROJECT);
		}
	}
	return 0;
}
