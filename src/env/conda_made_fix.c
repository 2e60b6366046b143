/* conda_made_fix.c - what a conda program made: digests told again, what pip replaces out */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "env/conda_link.h"
#include "env/conda_made_inside.h"
#include "env/seal.h"
#include "env/shelf.h"
#include "env/wheel_check.h"
#include "formats/digest.h"

/* ---- conda-meta ---- */

/* Could its bytes be others than those that were linked? Scripts of entry points have no
 * placeholder. */
static bool may_have_moved(const struct pf_node *one)
{
	return pf_node_text(one, "prefix_placeholder").n ||
	       pf_str_starts(pf_node_text(one, "_path"), "bin/");
}

/* Each "sha256_in_prefix" is of one file, so that its digits stand for it. */
static int retell_one(struct pf_str *text, int dir, const struct pf_node *one, struct pf_arena *a,
		      struct pf_err *err)
{
	struct pf_str old = pf_node_text(one, "sha256_in_prefix");
	char *path = pf_dupz(a, pf_node_text(one, "_path")), hex[PF_DIGEST_HEX];
	PF_AUTO(buf) changed = PF_BUF(PF_MAX_RECORD * 2);
	PF_FD(fd) = -1;

	if (!old.n || !pf_is_sha256(pf_dupz(a, old)) || !may_have_moved(one) ||
	    !pf_exists_beneath(dir, path))
		return 0;
	fd = pf_open_beneath(dir, path, err);
	if (fd < 0 || pf_digest_fd(hex, PF_S("sha256"), fd, err) < 0)
		return -1;
	if (pf_str_is(old, hex))
		return 0;
	pf_seal_text(&changed, *text, pf_dupz(a, old), hex);
	if (pf_buf_check(&changed, "a file of conda-meta", err) < 0)
		return -1;
	*text = pf_dup(a, pf_buf_view(&changed));
	return 0;
}

static int retell(int dir, const char *path, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) read = PF_BUF(PF_MAX_RECORD);
	struct pf_node *root = NULL;
	const struct pf_node *list;
	struct pf_str text;

	if (pf_read_file(&read, dir, path, err) < 0)
		return -1;
	text = pf_buf_view(&read);
	if (pf_json_parse(&root, &a, text, err) < 0)
		return pf_wrap(err, "%s", path);
	list = pf_node_get(pf_node_get(root, "paths_data"), "paths");
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		if (retell_one(&text, dir, &list->v[i], &a, err) < 0)
			return pf_wrap(err, "%s", path);
	return text.p == read.p ? 0 : pf_write_atomic(dir, path, text, 0444, err);
}

int pf_conda_made_retell(int dir, struct pf_arena *a, struct pf_err *err)
{
	struct pf_strs names = { 0 };
	int fd = openat(dir, "conda-meta", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *listing = fd < 0 ? NULL : fdopendir(fd);

	if (!listing)
		return pf_fail_errno(err, "cannot list conda-meta");
	for (struct dirent *e; (e = readdir(listing));)
		if (pf_str_ends(pf_s(e->d_name), ".json"))
			*PF_PUSH(a, &names) = pf_format(a, "conda-meta/%s", e->d_name);
	closedir(listing);
	for (size_t i = 0; i < names.n; i++)
		if (retell(dir, names.v[i].p, err) < 0)
			return -1;
	return 0;
}

/* ---- what pip brings in another version ---- */

struct replacing {
	int dir;
	const struct pf_python *python;
	struct pf_arena *a;
};

/* Through no link that leads out of the environment. */
static void remove_file(struct replacing *x, struct pf_str place)
{
	size_t slash = pf_str_rfind(place, '/');
	struct pf_err ignored;
	PF_FD(folder) = -1;

	if (slash == PF_NPOS)
		return;
	folder = pf_open_dir_beneath(x->dir, pf_dupz(x->a, pf_str_cut(place, 0, slash)), &ignored);
	if (folder >= 0)
		unlinkat(folder, pf_dupz(x->a, pf_str_skip(place, slash + 1)), 0);
}

/* And the byte code of "a/b.py": "a/__pycache__/b.cpython-311.pyc". */
static void remove_recorded(struct replacing *x, struct pf_str place)
{
	static const char *const levels[] = { "", ".opt-1", ".opt-2" };
	size_t slash = pf_str_rfind(place, '/');
	struct pf_str stem = pf_str_cut(place, slash + 1, place.n - 3);

	remove_file(x, place);
	for (size_t i = 0; pf_str_ends(place, ".py") && slash != PF_NPOS && i < PF_COUNT(levels);
	     i++)
		remove_file(x, pf_format(x->a, PF_FMT "/__pycache__/" PF_FMT ".cpython-%d%d%s.pyc",
					 PF_ARG(pf_str_cut(place, 0, slash)), PF_ARG(stem),
					 x->python->major, x->python->minor, levels[i]));
}

static int remove_dist(struct replacing *x, struct pf_str folder, struct pf_err *err)
{
	struct pf_str site = x->python->lib, rest, line;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_RECORD);
	char *record = pf_formatz(x->a, PF_FMT "/" PF_FMT "/RECORD", PF_ARG(site), PF_ARG(folder));
	PF_FD(fd) = pf_open_beneath(x->dir, record, err);
	struct pf_recorded row;

	if (fd < 0)
		return pf_conda_refuse_replacing(folder, "a conda package", err);
	if (pf_read_fd(&text, fd, record, err) < 0)
		return -1;
	rest = pf_buf_view(&text);
	while (pf_str_next_line(&rest, &line))
		if (pf_recorded_read(&row, x->a, line))
			remove_recorded(x, pf_seal_place(x->a, site, row.path));
	remove_file(x, pf_s(record));
	if (unlinkat(x->dir, pf_formatz(x->a, PF_FMT "/" PF_FMT, PF_ARG(site), PF_ARG(folder)),
		     AT_REMOVEDIR) < 0 && errno != ENOTEMPTY && errno != ENOENT)
		return pf_fail_errno(err, "cannot remove " PF_FMT, PF_ARG(folder));
	return 0;
}

int pf_conda_made_replace(int dir, const struct pf_python *python, const struct pf_plan *plan,
			  struct pf_arena *a, struct pf_err *err)
{
	struct replacing x = { .dir = dir, .python = python, .a = a };
	struct pf_strs folders = { 0 };
	int fd = plan->packages.n ? pf_open_dir_beneath(dir, pf_dupz(a, python->lib), err) : -1;
	int readable = fd < 0 ? -1 : openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *listing = readable < 0 ? NULL : fdopendir(readable);

	pf_fd_close(&fd);
	if (!listing)
		return plan->packages.n ? pf_fail_errno(err, "cannot list site-packages") : 0;
	for (struct dirent *e; (e = readdir(listing));)
		if (pf_conda_is_pips(plan, a, pf_s(e->d_name)))
			*PF_PUSH(a, &folders) = pf_dup(a, pf_s(e->d_name));
	closedir(listing);
	for (size_t i = 0; i < folders.n; i++)
		if (remove_dist(&x, folders.v[i], err) < 0)
			return -1;
	return 0;
}
