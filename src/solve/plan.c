/* plan.c - a plan's key, and its form as JSON */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/plan.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "base/workdir.h"
#include "formats/digest.h"
#include "solve/native.h"

void pf_plan_free(struct pf_plan *p)
{
	if (p->native)
		pf_native_free(p->native);
	free(p->native);
	if (p->made)
		pf_workdir_free(p->made);
	free(p->made);
	pf_arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}

static struct pf_strs copy_strs(struct pf_arena *a, const struct pf_strs *from)
{
	struct pf_strs out = { 0 };

	for (size_t i = 0; i < from->n; i++)
		*PF_PUSH(a, &out) = pf_dup(a, from->v[i]);
	return out;
}

struct pf_planned pf_planned_copy(struct pf_arena *a, const struct pf_planned *from)
{
	struct pf_planned one = *from;

	one.name = pf_dup(a, from->name);
	one.version = pf_dup(a, from->version);
	one.url = pf_dup(a, from->url);
	one.revision = pf_dup(a, from->revision);
	one.file = pf_dup(a, from->file);
	one.from = pf_dup(a, from->from);
	one.index = pf_dup(a, from->index);
	one.requires_python = pf_dup(a, from->requires_python);
	one.hashes = copy_strs(a, &from->hashes);
	one.depends = copy_strs(a, &from->depends);
	return one;
}

static int by_name(const void *l, const void *r)
{
	return pf_str_cmp(((const struct pf_planned *)l)->name,
			  ((const struct pf_planned *)r)->name);
}

struct pf_str pf_plan_identity(struct pf_arena *a, const struct pf_python *p)
{
	return pf_format(a, PF_FMT "\n" PF_FMT "\n" PF_FMT "\n" PF_FMT "\n" PF_FMT "\n" PF_FMT "\n",
			 PF_ARG(p->implementation), PF_ARG(p->version), PF_ARG(p->platform),
			 PF_ARG(p->libc), PF_ARG(p->base_prefix), PF_ARG(p->base_exe));
}

/* Of a repository the commit tells all: the version is what its build says, and a lock may not
 * tell it. The revision stands in direct_url.json. An address may have its digest behind it, which
 * is told anyway, and the folder of an archive that is built. */
static void write_key_line(struct pf_buf *b, const struct pf_planned *one)
{
	PF_AUTO(arena) scratch = { 0 };
	bool git = pf_planned_is_git(one) && one->file.n;
	struct pf_str url = git ? pf_git_bare(&scratch, one->url) : pf_redacted(&scratch, one->url);
	size_t hash = pf_planned_is_git(one) ? PF_NPOS : pf_str_find(url, '#');
	struct pf_str folder = { 0 };

	if (hash != PF_NPOS) {
		folder = pf_url_subdirectory(pf_str_skip(url, hash + 1));
		url.n = hash;
	}
	pf_buf_printf(b, PF_FMT "\t" PF_FMT "\t" PF_FMT, PF_ARG(one->name),
		      PF_ARG(git ? PF_S("") : one->version), PF_ARG(url));
	if (folder.n)
		pf_buf_printf(b, "#" PF_FMT, PF_ARG(folder));
	if (one->revision.n)
		pf_buf_printf(b, "\trevision " PF_FMT, PF_ARG(one->revision));
	for (size_t k = 0; k < one->hashes.n; k++)
		pf_buf_printf(b, "\t" PF_FMT, PF_ARG(one->hashes.v[k]));
	pf_buf_char(b, '\n');
}

/* One line a package: tabs and line ends cannot occur in a name, a version or a digest, and a URL
 * holds none either, so that two plans have one text only when they are equal. */
static void write_key_text(struct pf_buf *b, const struct pf_plan *p, struct pf_str identity,
			   const struct pf_opts *o)
{
	static const char *const modes[] = { [PF_LINK_HARD] = "hard",
					     [PF_LINK_CLONE] = "clone",
					     [PF_LINK_COPY] = "copy",
					     [PF_LINK_SYMBOLIC] = "symlink" };

	pf_buf_printf(b, "store %d\n", PF_STORE_FORMAT);
	pf_buf_str(b, identity);
	pf_buf_printf(b, "link %s\nbytecode %s\n",
		      pf_plan_is_native(p) ? modes[o->link_mode] : "copy",
		      o->no_bytecode ? "no" : "yes");
	for (size_t i = 0; i < p->packages.n; i++)
		write_key_line(b, &p->packages.v[i]);
	if (p->conda.n && o->allow_scripts)
		pf_buf_cstr(b, "scripts yes\n");
	for (size_t i = 0; i < p->conda.n; i++) {
		const struct pf_conda_record *r = &p->conda.v[i].record;

		pf_buf_printf(b, "conda\t" PF_FMT "/" PF_FMT "\t%s:" PF_FMT "\n", PF_ARG(r->subdir),
			      PF_ARG(r->fn), r->sha256.n ? "sha256" : "md5",
			      PF_ARG(r->sha256.n ? r->sha256 : r->md5));
	}
}

int pf_plan_seal(struct pf_plan *p, const struct pf_python *python, const struct pf_opts *o,
		 struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_LOCK);
	char hex[PF_SHA256_HEX];

	if (p->packages.n)
		qsort(p->packages.v, p->packages.n, sizeof(*p->packages.v), by_name);
	for (size_t i = 0; i < p->packages.n; i++) {
		struct pf_planned *one = &p->packages.v[i];

		pf_strs_sort(&one->hashes);
		pf_strs_sort(&one->depends);
		if (i && pf_str_eq(one->name, one[-1].name))
			return pf_fail(err, PF_ESOLVE, "two versions of " PF_FMT " in one plan",
				       PF_ARG(pf_shown(one->name)));
	}
	if (pf_conda_sort_names(p->conda.v, p->conda.n, err) < 0)
		return -1;
	write_key_text(&text, p, pf_plan_identity(&p->arena, python), o);
	if (pf_buf_check(&text, "a plan", err) < 0) {
		pf_buf_free(&text);
		return -1;
	}
	pf_sha256_hex(hex, text.p, text.n);
	memcpy(p->key, hex, 32);
	p->key[32] = '\0';
	pf_buf_free(&text);
	return 0;
}

bool pf_planned_is_git(const struct pf_planned *one)
{
	return pf_str_starts(one->url, "git+");
}

bool pf_plan_is_native(const struct pf_plan *p)
{
	for (size_t i = 0; i < p->packages.n; i++)
		if (!p->packages.v[i].file.n || !p->packages.v[i].from.n)
			return false;
	return p->packages.n > 0 || p->conda.n > 0;
}

bool pf_plan_is_key(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!pf_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n == sizeof(((struct pf_plan *)0)->key) - 1;
}

/* ---- JSON ---- */

static void write_strings(struct pf_json_out *w, const char *key, const struct pf_strs *list)
{
	PF_AUTO(arena) scratch = { 0 };

	pf_json_key(w, key);
	pf_json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		pf_json_str(w, pf_redacted(&scratch, list->v[i]));
	pf_json_close(w, ']');
}

/* What is there. */
static void write_more(struct pf_json_out *w, const struct pf_planned *one)
{
	const struct {
		const char *key;
		struct pf_str text;
	} texts[] = { { "revision", one->revision },
		      { "file", one->file },
		      { "from", one->from },
		      { "index", one->index },
		      { "requires_python", one->requires_python } };
	const struct {
		const char *key;
		int64_t value;
	} numbers[] = { { "size", (int64_t)one->size }, { "uploaded", one->uploaded } };

	for (size_t i = 0; i < PF_COUNT(texts); i++)
		if (texts[i].text.n)
			pf_json_field(w, texts[i].key, texts[i].text);
	for (size_t i = 0; i < PF_COUNT(numbers); i++) {
		if (!numbers[i].value)
			continue;
		pf_json_key(w, numbers[i].key);
		pf_json_int(w, numbers[i].value);
	}
	if (one->depends.n)
		write_strings(w, "depends", &one->depends);
}

static void write_url(struct pf_json_out *w, const struct pf_planned *one)
{
	PF_AUTO(arena) scratch = { 0 };
	struct pf_str url = pf_redacted(&scratch, one->url);

	if (!url.n)
		return;
	pf_json_field(w, "url", url);
	if (!one->redacted && pf_str_eq(url, one->url))
		return;
	pf_json_key(w, "redacted");
	pf_json_bool(w, true);
}

static void write_reasons(struct pf_json_out *w, const char *key, const struct pf_reasons *list)
{
	PF_AUTO(arena) scratch = { 0 };

	if (!list->v.n)
		return;
	pf_json_key(w, key);
	pf_json_open(w, '[');
	for (size_t i = 0; i < list->v.n; i++) {
		pf_json_open(w, '{');
		pf_json_field(w, "name", list->v.v[i].name);
		pf_json_field(w, "why", pf_redacted(&scratch, list->v.v[i].why));
		pf_json_close(w, '}');
	}
	pf_json_close(w, ']');
}

void pf_plan_write(struct pf_json_out *w, const struct pf_plan *p)
{
	pf_json_open(w, '{');
	pf_json_field(w, "key", pf_s(p->key));
	pf_json_field(w, "resolver", p->resolver);
	if (p->as_of.n)
		pf_json_field(w, "as_of", p->as_of);
	write_reasons(w, "late", &p->late);
	write_reasons(w, "facts", &p->facts);
	write_reasons(w, "added", &p->added);
	write_strings(w, "left_out", &p->left_out);
	pf_json_key(w, "packages");
	pf_json_open(w, '[');
	for (size_t i = 0; i < p->packages.n; i++) {
		const struct pf_planned *one = &p->packages.v[i];

		pf_json_open(w, '{');
		pf_json_field(w, "name", one->name);
		pf_json_field(w, "version", one->version);
		write_url(w, one);
		write_more(w, one);
		write_strings(w, "hashes", &one->hashes);
		pf_json_close(w, '}');
	}
	pf_json_close(w, ']');
	pf_plan_write_conda(w, p);
	pf_json_close(w, '}');
}

static void read_strings(struct pf_strs *out, struct pf_arena *a, const struct pf_node *list)
{
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		if (pf_node_is_scalar(&list->v[i]))
			*PF_PUSH(a, out) = pf_dup(a, list->v[i].text);
}

static void read_package(struct pf_planned *one, struct pf_arena *a, const struct pf_node *node)
{
	*one = (struct pf_planned){
		.name = pf_dup(a, pf_node_text(node, "name")),
		.version = pf_dup(a, pf_node_text(node, "version")),
		.url = pf_dup(a, pf_node_text(node, "url")),
		.revision = pf_dup(a, pf_node_text(node, "revision")),
		.file = pf_dup(a, pf_node_text(node, "file")),
		.from = pf_dup(a, pf_node_text(node, "from")),
		.index = pf_dup(a, pf_node_text(node, "index")),
		.requires_python = pf_dup(a, pf_node_text(node, "requires_python")),
		.redacted = pf_node_get(node, "redacted") != NULL,
	};
	if (!pf_uint64_read(pf_node_text(node, "size"), &one->size))
		one->size = 0;
	if (!pf_int64_read(pf_node_text(node, "uploaded"), &one->uploaded))
		one->uploaded = 0;
	read_strings(&one->hashes, a, pf_node_get(node, "hashes"));
	read_strings(&one->depends, a, pf_node_get(node, "depends"));
}

static void read_reasons(struct pf_reasons *out, struct pf_arena *a, const struct pf_node *list)
{
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		*PF_PUSH(a, &out->v) =
			(struct pf_reason){ pf_dup(a, pf_node_text(&list->v[i], "name")),
					    pf_dup(a, pf_node_text(&list->v[i], "why")) };
}

int pf_plan_read(struct pf_plan *out, const struct pf_node *object, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	const struct pf_node *packages = pf_node_get(object, "packages");
	struct pf_str key = pf_node_text(object, "key");

	if (!packages || packages->kind != PF_NODE_LIST || !pf_plan_is_key(key))
		return pf_fail(err, PF_EINTEGRITY, "a recorded plan is damaged");
	memcpy(plan.key, key.p, key.n);
	plan.resolver = pf_dup(&plan.arena, pf_node_text(object, "resolver"));
	plan.as_of = pf_dup(&plan.arena, pf_node_text(object, "as_of"));
	read_reasons(&plan.late, &plan.arena, pf_node_get(object, "late"));
	read_reasons(&plan.facts, &plan.arena, pf_node_get(object, "facts"));
	read_reasons(&plan.added, &plan.arena, pf_node_get(object, "added"));
	read_strings(&plan.left_out, &plan.arena, pf_node_get(object, "left_out"));
	for (size_t i = 0; i < packages->n; i++)
		read_package(PF_PUSH(&plan.arena, &plan.packages), &plan.arena, &packages->v[i]);
	if (pf_plan_read_conda(&plan, pf_node_get(object, "conda"), err) < 0)
		return -1;
	*out = PF_TAKE(plan);
	return 0;
}
