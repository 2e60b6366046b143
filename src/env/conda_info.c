/* conda_info.c - what a conda package says of itself below info/, held against what it holds */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_info.h"

#include <errno.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "env/conda_paths.h"
#include "env/wheel_check.h"

/* ---- its texts ---- */

/* 1, or 0 when there is none. */
static int read_json(struct pf_node **out, struct pf_arena *a, int tree, const char *name,
		     struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_CONDA_INFO);

	if (pf_read_file(&text, tree, name, err) < 0)
		return errno == ENOENT ? 0 : -1;
	if (pf_json_parse(out, a, pf_dup(a, pf_buf_view(&text)), err) < 0)
		return pf_wrap(err, "%s", name);
	return 1;
}

/* It becomes a line's field, and a part of file names. */
static int take_word(struct pf_str *out, const struct pf_node *index, const char *key,
		     struct pf_err *err)
{
	const struct pf_node *n = pf_node_get(index, key);
	struct pf_str s = pf_node_text(index, key);

	if (!n || n->kind != PF_NODE_STRING || !s.n || s.n > PF_MAX_NAME || s.p[0] == '.' ||
	    pf_str_has_control(s) || pf_str_find(s, '/') != PF_NPOS || !pf_str_is_utf8(s))
		return pf_fail(err, PF_EINTEGRITY, "info/index.json: its %s is \"" PF_FMT "\"", key,
			       PF_ARG(pf_shown(s)));
	*out = s;
	return 0;
}

/* "noarch": "python", "generic", or true of long ago. */
static struct pf_str noarch_of(const struct pf_node *index)
{
	const struct pf_node *n = pf_node_get(index, "noarch");

	if (n && n->kind == PF_NODE_BOOL)
		return n->truth ? PF_S("generic") : PF_S("");
	return pf_str_is(pf_node_text(index, "noarch"), "python") ? PF_S("python")
	       : pf_node_text(index, "noarch").n		  ? PF_S("generic")
								  : PF_S("");
}

static int take_site(struct pf_conda_info *out, const struct pf_node *index, struct pf_err *err)
{
	out->site = pf_node_text(index, "python_site_packages_path");
	if (!out->site.n || !pf_str_is(out->name, "python"))
		return out->site = PF_S(""), 0;
	return pf_conda_path_check(out->site, err);
}

static int read_index(struct pf_conda_info *out, struct pf_arena *a, int tree, struct pf_err *err)
{
	struct pf_node *index = NULL;
	int found = read_json(&index, a, tree, "info/index.json", err);

	if (found <= 0)
		return found < 0 ? -1
				 : pf_fail(err, PF_EINTEGRITY, "there is no info/index.json");
	if (take_word(&out->name, index, "name", err) < 0 ||
	    take_word(&out->version, index, "version", err) < 0 ||
	    take_word(&out->build, index, "build", err) < 0)
		return -1;
	out->noarch = noarch_of(index);
	out->subdir = out->noarch.n ? PF_S("noarch") : PF_S("");
	if (pf_node_get(index, "subdir") && take_word(&out->subdir, index, "subdir", err) < 0)
		return -1;
	return take_site(out, index, err);
}

/* ---- entry points ---- */

static int take_entries(struct pf_conda_info *out, struct pf_arena *a, const struct pf_node *list,
			struct pf_err *err)
{
	if (list && list->n > PF_MAX_ENTRY_POINTS)
		return pf_fail(err, PF_ELIMIT, "info/link.json: more than %d entry points",
			       PF_MAX_ENTRY_POINTS);
	for (size_t i = 0; list && i < list->n; i++) {
		struct pf_entry_point e = { 0 };

		if (pf_entry_read(&e, a, list->v[i].text, err) < 0)
			return pf_wrap(err, "info/link.json");
		for (size_t k = 0; k < out->entries.n; k++)
			if (strcmp(out->entries.v[k].name, e.name) == 0)
				return pf_fail(err, PF_EINTEGRITY,
					       "info/link.json: %s is defined twice", e.name);
		*PF_PUSH(a, &out->entries) = e;
	}
	return 0;
}

/* {"noarch": {"type": "python", "entry_points": ["x = a.b:c"]}, "package_metadata_version": 1} */
static int read_link(struct pf_conda_info *out, struct pf_arena *a, int tree, struct pf_err *err)
{
	struct pf_node *link = NULL;
	int found = read_json(&link, a, tree, "info/link.json", err);
	struct pf_str type = pf_node_text(pf_node_get(link, "noarch"), "type");

	if (found <= 0)
		return found;
	if (type.n && !out->noarch.n)
		out->noarch = pf_str_is(type, "python") ? type : PF_S("generic");
	if (!pf_str_is(out->noarch, "python"))
		return 0;
	return take_entries(out, a, pf_node_get(pf_node_get(link, "noarch"), "entry_points"), err);
}

/* ---- paths.json ---- */

/* "sha256" as hex digits: held against what was unpacked. */
static bool is_digest(struct pf_str hex, const char *digest)
{
	char known[PF_SHA256_HEX];

	return !hex.n || (pf_sha256_text_hex(known, digest) && pf_str_ieq(hex, known));
}

static int take_path(struct pf_conda_paths *p, const struct pf_node *n, struct pf_err *err)
{
	static const char *const types[] = { "hardlink", "softlink", "directory", NULL };
	struct pf_conda_path one = {
		.path = pf_node_text(n, "_path"),
		.placeholder = pf_node_text(n, "prefix_placeholder"),
		.mode = pf_node_text(n, "file_mode"),
		.no_link = pf_node_get(n, "no_link") && pf_node_get(n, "no_link")->truth,
		.has_prefix = pf_node_get(n, "prefix_placeholder") &&
			      pf_node_get(n, "prefix_placeholder")->kind != PF_NODE_NULL,
		.sha256 = pf_node_text(n, "sha256"),
	};
	struct pf_str type = pf_node_text(n, "path_type"), size = pf_node_text(n, "size_in_bytes");
	const struct pf_archived *m;

	if (!pf_str_in(type, types))
		return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" is of an unknown kind",
			       PF_ARG(pf_shown(one.path)));
	if (pf_str_is(type, "directory"))
		return 0;
	if (pf_conda_path_take(&m, p, &one, err) < 0)
		return -1;
	if ((m->target != NULL) != pf_str_is(type, "softlink"))
		return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" is not of the kind it should be",
			       PF_ARG(pf_shown(one.path)));
	if (m->target || (is_digest(one.sha256, m->digest) &&
			  (!pf_uint64_read(size, &one.size) || one.size == m->size)))
		return 0;
	if (!p->lenient)
		return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" has another digest or size",
			       PF_ARG(pf_shown(one.path)));
	p->odd++;
	return 0;
}

static int take_paths(struct pf_conda_paths *p, const struct pf_node *doc, struct pf_err *err)
{
	const struct pf_node *list = pf_node_get(doc, "paths");
	struct pf_str version = pf_node_text(doc, "paths_version");

	if (!list || list->kind != PF_NODE_LIST || !pf_str_is(version, "1"))
		return pf_fail(err, PF_EINTEGRITY, "it is of version \"" PF_FMT "\", not 1",
			       PF_ARG(pf_shown(version)));
	for (size_t i = 0; i < list->n; i++)
		if (take_path(p, &list->v[i], err) < 0)
			return -1;
	if (p->odd)
		pf_warn("%zu files of " PF_FMT " have another digest or size than it says", p->odd,
			PF_ARG(pf_shown(p->info->name)));
	return 0;
}

/* ---- all of it ---- */

int pf_conda_info_read(struct pf_conda_info *out, struct pf_arena *a, int tree,
		       const struct pf_archive_kept *kept, bool lenient, struct pf_err *err)
{
	struct pf_conda_info info = { 0 };
	struct pf_conda_paths paths = { .arena = a, .info = &info, .lenient = lenient };
	struct pf_node *doc = NULL;
	int found;

	if (read_index(&info, a, tree, err) < 0 || read_link(&info, a, tree, err) < 0)
		return -1;
	pf_conda_paths_open(&paths, kept);
	found = read_json(&doc, a, tree, "info/paths.json", err);
	if (found < 0 || (found && take_paths(&paths, doc, err) < 0))
		return found < 0 ? -1 : pf_wrap(err, "info/paths.json");
	if (!found && pf_conda_paths_old(&paths, tree, err) < 0)
		return -1;
	*out = info;
	return 0;
}

struct pf_str pf_conda_info_head(struct pf_arena *a, const struct pf_conda_info *info)
{
	struct pf_str head = pf_format(
		a, "conda\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\t" PF_FMT "\n",
		PF_ARG(info->name), PF_ARG(info->version), PF_ARG(info->build),
		PF_ARG(info->subdir), PF_ARG(info->noarch), PF_ARG(info->site));

	for (size_t i = 0; i < info->entries.n; i++)
		head = pf_format(a, PF_FMT "entry\tconsole\t%s\t%s\t%s\n", PF_ARG(head),
				 info->entries.v[i].name, info->entries.v[i].module,
				 info->entries.v[i].object);
	return head;
}
