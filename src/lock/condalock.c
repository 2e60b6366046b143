/* condalock.c - conda-lock.yml (CEP 37): packages of conda and of pip, for one platform of it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "formats/yaml.h"
#include "lock/parts.h"

/* The branch or tag that a commit was asked for by (empty: none) has no place in a package's entry:
 * it stands in metadata.custom_metadata, texts by texts, under this and the package's name. */
#define REVISION_OF "pyfunc-env revision of "

bool pf_condalock_is(struct pf_str text)
{
	return pf_lock_has_line(text, "package:") && pf_lock_has_line(text, "metadata:");
}

/* ---- read ---- */

static bool is_wanted(const struct pf_lock_target *t, const struct pf_node *package)
{
	struct pf_str category = pf_node_text(package, "category");
	const struct pf_node *optional = pf_node_get(package, "optional");

	return pf_str_eq(pf_node_text(package, "platform"), t->subdir) &&
	       (!category.n || pf_str_is(category, "main")) &&
	       !(optional && optional->kind == PF_NODE_BOOL && optional->truth);
}

/* The address is of the package that the entry names. */
static int check_named(const struct pf_conda_record *r, const struct pf_node *package,
		       struct pf_err *err)
{
	if (pf_str_eq(r->name, pf_node_text(package, "name")) &&
	    pf_str_eq(r->version, pf_node_text(package, "version")))
		return 0;
	return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " is not " PF_FMT " " PF_FMT,
		       package->line, PF_ARG(pf_shown(r->fn)),
		       PF_ARG(pf_shown(pf_node_text(package, "name"))),
		       PF_ARG(pf_shown(pf_node_text(package, "version"))));
}

/* MD5 is no proof: of old files alone, which are @EXPLICIT's, it has to do. */
static int take_conda(struct pf_lock *l, const struct pf_lock_target *t,
		      const struct pf_node *package, struct pf_str url, const struct pf_node *hash,
		      struct pf_err *err)
{
	struct pf_str sha256 = pf_node_text(hash, "sha256");

	if (!sha256.n)
		return pf_fail(err, PF_EINTEGRITY, "line %u: " PF_FMT " has no digest of SHA-256",
			       package->line, PF_ARG(pf_shown(pf_node_text(package, "name"))));
	if (pf_lock_add_conda(l, t, url, pf_node_text(hash, "md5"), sha256, package->line, err) < 0)
		return -1;
	return check_named(&l->conda.v[l->conda.n - 1].record, package, err);
}

/* Of a commit the digest is what the address says. */
static int take_pip(struct pf_lock *l, const struct pf_lock_target *t,
		    const struct pf_node *package, struct pf_str url, struct pf_str sha256,
		    const struct pf_node *custom, struct pf_err *err)
{
	const struct pf_node *revision;
	struct pf_lock_package *p;

	if (pf_lock_add_pip(l, t, pf_node_text(package, "name"), pf_node_text(package, "version"),
			    url, sha256, package->line, err) < 0)
		return -1;
	p = &l->packages.v[l->packages.n - 1];
	revision = pf_node_get(custom, pf_formatz(&l->arena, REVISION_OF PF_FMT, PF_ARG(p->name)));
	if (p->git && revision && pf_node_is_scalar(revision) && pf_lock_is_plain(revision->text))
		p->revision = revision->text;
	return 0;
}

static int take(struct pf_lock *l, const struct pf_lock_target *t, const struct pf_node *package,
		const struct pf_node *custom, struct pf_err *err)
{
	const struct pf_node *hash = pf_node_get(package, "hash");
	struct pf_str manager = pf_node_text(package, "manager"), url = pf_node_text(package, "url");

	if (pf_str_is(manager, "conda"))
		return take_conda(l, t, package, url, hash, err);
	if (pf_str_is(manager, "pip"))
		return take_pip(l, t, package, url, pf_node_text(hash, "sha256"), custom, err);
	return pf_fail(err, PF_EINTEGRITY, "line %u: the manager " PF_FMT " is neither conda nor pip",
		       package->line, PF_ARG(pf_shown(manager)));
}

static bool lists(const struct pf_node *list, struct pf_str text)
{
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		if (pf_str_eq(list->v[i].text, text))
			return true;
	return false;
}

/* CEP 37 names what may be there. */
static int check_metadata(const struct pf_node *root, struct pf_err *err)
{
	static const char *const known[] = { "content_hash", "channels", "platforms", "sources",
					     "time_metadata", "git_metadata", "inputs_metadata",
					     "custom_metadata", NULL };
	const struct pf_node *metadata = pf_node_get(root, "metadata");
	const struct pf_node *packages = pf_node_get(root, "package");
	const struct pf_node *platforms = pf_node_get(metadata, "platforms");

	for (size_t i = 0; metadata && metadata->kind == PF_NODE_MAP && i < metadata->n; i++)
		if (!pf_str_in(metadata->v[i].key, known))
			return pf_fail(err, PF_EINTEGRITY, "line %u: metadata has no " PF_FMT,
				       metadata->v[i].line, PF_ARG(pf_shown(metadata->v[i].key)));
	for (size_t i = 0; packages && packages->kind == PF_NODE_LIST && i < packages->n; i++) {
		struct pf_str platform = pf_node_text(&packages->v[i], "platform");

		if (!lists(platforms, platform))
			return pf_fail(err, PF_EINTEGRITY,
				       "line %u: the platform " PF_FMT " is not among those it is for",
				       packages->v[i].line, PF_ARG(pf_shown(platform)));
	}
	return 0;
}

int pf_condalock_read(struct pf_lock *out, const struct pf_lock_target *t, struct pf_str text,
		      struct pf_err *err)
{
	struct pf_node *root = NULL;
	const struct pf_node *list, *custom;

	if (pf_yaml_parse(&root, &out->arena, text, err) < 0)
		return -1;
	if (!pf_str_is(pf_node_text(root, "version"), "1"))
		return pf_fail(err, PF_EINTEGRITY,
			       "it is of version " PF_FMT ", and 1 is what is read",
			       PF_ARG(pf_shown(pf_node_text(root, "version"))));
	if (check_metadata(root, err) < 0)
		return -1;
	list = pf_node_get(root, "package");
	custom = pf_node_get(pf_node_get(root, "metadata"), "custom_metadata");
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		if (is_wanted(t, &list->v[i]) && take(out, t, &list->v[i], custom, err) < 0)
			return -1;
	return 0;
}

/* ---- write ---- */

/* In quotes, whatever it looks like: '1.10' is no number. No name, version or address holds a
 * control character. */
static void put_scalar(struct pf_buf *out, struct pf_str text)
{
	pf_buf_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			pf_buf_char(out, '\'');
		pf_buf_char(out, text.p[i]);
	}
	pf_buf_char(out, '\'');
}

static void put_text(struct pf_buf *out, const char *before, struct pf_str text)
{
	pf_buf_cstr(out, before);
	put_scalar(out, text);
	pf_buf_char(out, '\n');
}

static void put_revisions(struct pf_buf *out, const struct pf_plan *plan, struct pf_arena *a)
{
	bool any = false;

	for (size_t i = 0; i < plan->packages.n; i++) {
		const struct pf_planned *p = &plan->packages.v[i];
		struct pf_git_source git = { 0 };

		if (!pf_lock_git_of(&git, a, p) || pf_str_eq(p->revision, git.commit))
			continue;
		pf_buf_cstr(out, any ? "" : "  custom_metadata:\n");
		any = true;
		pf_buf_cstr(out, "    ");
		put_scalar(out, pf_format(a, REVISION_OF PF_FMT, PF_ARG(p->name)));
		put_text(out, ": ", p->revision);
	}
}

static void put_head(struct pf_buf *out, const struct pf_lock_of *what, struct pf_arena *a)
{
	const struct pf_plan *plan = what->plan;
	struct pf_strs channels = { 0 };

	for (size_t i = 0; i < plan->conda.n; i++) {
		const struct pf_conda_record *r = &plan->conda.v[i].record;
		struct pf_str name = r->channel_name.n ? r->channel_name : r->channel;

		if (!pf_strs_have(&channels, name))
			*PF_PUSH(a, &channels) = name;
	}
	pf_buf_cstr(out, "version: 1\nmetadata:\n  content_hash:\n");
	pf_buf_printf(out, "    " PF_FMT ": ", PF_ARG(what->python->platform));
	put_text(out, "", what->needs ? pf_str_skip(pf_lock_needs_digest(a, what->needs), 7) :
					pf_s(plan->key));
	pf_buf_cstr(out, "  channels:\n");
	for (size_t i = 0; i < channels.n; i++) {
		put_text(out, "  - url: ", channels.v[i]);
		pf_buf_cstr(out, "    used_env_vars: []\n");
	}
	pf_buf_printf(out, "  platforms:\n  - " PF_FMT "\n  sources:\n  - conda.yaml\n",
		      PF_ARG(what->python->platform));
	put_revisions(out, plan, a);
	pf_buf_cstr(out, "package:\n");
}

static void put_start(struct pf_buf *out, const struct pf_lock_of *what, struct pf_str name,
		      struct pf_str version, const char *manager)
{
	put_text(out, "- name: ", name);
	put_text(out, "  version: ", version);
	pf_buf_printf(out, "  manager: %s\n  platform: " PF_FMT "\n", manager,
		      PF_ARG(what->python->platform));
}

/* "numpy >=1.26,<2": numpy: '>=1.26,<2'; a channel before the name is in the address. */
static void put_depends(struct pf_buf *out, const struct pf_strs *list, struct pf_arena *a)
{
	struct pf_map seen = { 0 };

	pf_buf_cstr(out, list->n ? "  dependencies:\n" : "  dependencies: {}\n");
	for (size_t i = 0; i < list->n; i++) {
		struct pf_str name = pf_conda_spec_name(list->v[i]);
		size_t end = (size_t)(name.p + name.n - list->v[i].p);
		void **slot = pf_map_put(a, &seen, name);

		if (*slot) /* a map has each once */
			continue;
		*slot = (void *)(uintptr_t)list;
		pf_buf_cstr(out, "    ");
		put_scalar(out, name);
		put_text(out, ": ", pf_str_trim(pf_str_skip(list->v[i], end)));
	}
}

static void put_end(struct pf_buf *out, struct pf_str url, struct pf_str md5, struct pf_str sha256)
{
	put_text(out, "  url: ", url);
	pf_buf_cstr(out, "  hash:\n");
	if (md5.n)
		put_text(out, "    md5: ", md5);
	if (sha256.n)
		put_text(out, "    sha256: ", sha256);
	pf_buf_cstr(out, "  category: main\n  optional: false\n");
}

/* A commit as conda-lock itself writes it: as its own digest, and as a source, which its programs
 * hand to pip as it is. */
static int put_pip(struct pf_buf *out, const struct pf_lock_of *what, const struct pf_planned *p,
		   struct pf_arena *a, struct pf_err *err)
{
	struct pf_git_source git = { 0 };
	struct pf_str from = p->from, sha256;
	bool is_commit = pf_lock_git_of(&git, a, p);

	if (!is_commit && pf_lock_wheel_of(&sha256, p, "conda-lock", err) < 0)
		return -1;
	if (is_commit) {
		from = pf_git_pinned(a, &git);
		sha256 = git.commit;
	}
	put_start(out, what, p->name, p->version, "pip");
	put_depends(out, &p->depends, a);
	put_end(out, from, PF_S(""), sha256);
	if (is_commit)
		put_text(out, "  source:\n    type: url\n    url: ", from);
	return 0;
}

int pf_condalock_write(struct pf_buf *out, const struct pf_lock_of *what, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_plan *plan = what->plan;

	put_head(out, what, &a);
	for (size_t i = 0; i < plan->conda.n; i++) {
		const struct pf_conda_record *r = &plan->conda.v[i].record;

		put_start(out, what, r->name, r->version, "conda");
		put_depends(out, &r->depends, &a);
		put_end(out, r->url, r->md5, r->sha256);
	}
	for (size_t i = 0; i < plan->packages.n; i++) {
		if (put_pip(out, what, &plan->packages.v[i], &a, err) < 0)
			return -1;
	}
	return 0;
}
