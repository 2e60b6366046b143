/* condameta.c - an installed conda package as a record: conda-meta/NAME-VERSION-BUILD.json */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "python/installed.h"
#include "req/channel_name.h"

struct reading {
	const struct pf_node *root;
	struct pf_arena *a;
};

static struct pf_str text_of(const struct reading *r, const char *key)
{
	return pf_dup(r->a, pf_node_text(r->root, key));
}

static uint64_t number_of(const struct reading *r, const char *key)
{
	uint64_t value = 0;

	return pf_str_u64(pf_node_text(r->root, key), &value) ? value : 0;
}

/* A list, or words of one text (as track_features has been). */
static struct pf_strs list_of(const struct reading *r, const char *key)
{
	const struct pf_node *n = pf_node_get(r->root, key);
	struct pf_str words = pf_node_text(r->root, key), one;
	struct pf_strs out = { 0 };

	for (size_t i = 0; n && n->kind == PF_NODE_LIST && i < n->n; i++)
		*PF_PUSH(r->a, &out) = pf_dup(r->a, n->v[i].text);
	while (words.n && pf_str_next(&words, ' ', &one))
		if (one.n)
			*PF_PUSH(r->a, &out) = pf_dup(r->a, one);
	return out;
}

/* "noarch": "python", "generic", or true as the first ones had it. */
static enum pf_conda_noarch noarch_of(const struct reading *r)
{
	struct pf_str kind = pf_node_text(r->root, "noarch");

	return pf_str_is(kind, "python") ? PF_NOARCH_PYTHON :
	       pf_str_is(kind, "generic") || pf_str_is(kind, "true") ? PF_NOARCH_GENERIC :
								       PF_NOARCH_NONE;
}

/* "https://host/conda-forge/linux-64" and "conda-forge": without the subdir. */
static void set_channel(struct pf_conda_record *out, const struct reading *r)
{
	struct pf_str channel = text_of(r, "channel"), subdir;

	pf_channel_cut_subdir(channel, &channel, &subdir);
	out->channel = pf_channel_bare(r->a, channel);
	if (!pf_channel_is_url(channel))
		out->channel_name = channel;
}

static void fill(struct pf_conda_record *out, const struct reading *r)
{
	out->build_number = number_of(r, "build_number");
	out->subdir = text_of(r, "subdir");
	set_channel(out, r);
	out->fn = text_of(r, "fn");
	out->url = pf_channel_bare(r->a, text_of(r, "url"));
	out->md5 = text_of(r, "md5");
	out->sha256 = text_of(r, "sha256");
	out->size = number_of(r, "size");
	out->timestamp = pf_conda_timestamp(number_of(r, "timestamp"));
	out->depends = list_of(r, "depends");
	out->constrains = list_of(r, "constrains");
	out->track_features = list_of(r, "track_features");
	out->features = text_of(r, "features");
	out->noarch = noarch_of(r);
	out->license = text_of(r, "license");
	out->license_family = text_of(r, "license_family");
	out->python_site_packages_path = text_of(r, "python_site_packages_path");
}

int pf_dist_conda_record(struct pf_conda_record *out, struct pf_dists *d,
			 const struct pf_dist *dist, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_RECORD);
	PF_AUTO(arena) own = { 0 };
	struct pf_node *root;
	struct reading r = { .a = &d->arena };

	if (pf_read_file(&text, AT_FDCWD, pf_dupz(&own, dist->path), err) < 0)
		return -1;
	if (pf_json_parse(&root, &own, pf_buf_view(&text), err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(dist->path));
	r.root = root;
	*out = (struct pf_conda_record){ .name = dist->name, .build = dist->build };
	(void)pf_conda_record_set_version(out, &d->arena, dist->version);
	fill(out, &r);
	return 0;
}
