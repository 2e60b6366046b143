/* conda_install.c - the conda packages of a plan put into an environment under construction */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_install.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/number.h"
#include "base/str.h"
#include "env/bytecode.h"
#include "env/conda_fetch.h"
#include "env/conda_link.h"
#include "env/conda_meta.h"
#include "env/conda_scripts.h"
#include "env/import_list.h"
#include "env/manifest.h"

struct install {
	const struct pf_conda_place_of *where;
	struct pf_workdir *w;
	const struct pf_opts *o;
	struct pf_planned_conda *items; /* behind what they need */
	struct pf_wheel *packages;
	size_t n;
	struct pf_python *python;
	const struct pf_plan *plan;
	struct pf_conda_linking k;
	struct pf_conda_meta meta;
	struct pf_conda_scripts scripts;
};

/* ---- the interpreter ---- */

static const struct pf_planned_conda *find_python(const struct pf_planned_conda *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pf_str_is(v[i].record.name, "python"))
			return &v[i];
	return NULL;
}

int pf_conda_python_set(struct pf_python *p, const struct pf_conda_record *r, struct pf_str site,
			const char *path, struct pf_err *err)
{
	if (!r || !pf_python_set_version(p, r->version))
		return pf_fail(err, PF_ESOLVE, "no python is among the packages");
	if (r->python_site_packages_path.n)
		site = r->python_site_packages_path;
	if (!site.n)
		site = pf_format(&p->arena, "lib/python%d.%d/site-packages", p->major, p->minor);
	if (pf_str_starts(site, "/") || pf_str_find_str(site, "..") != PF_NPOS)
		return pf_fail(err, PF_EINTEGRITY, "python's site-packages is \"" PF_FMT "\"",
			       PF_ARG(pf_shown(site)));
	p->free_threaded = pf_str_ends(pf_str_cut(site, 0, pf_str_rfind(site, '/')), "t");
	p->implementation = PF_S("cpython");
	p->base_exe = pf_format(&p->arena, "%s/bin/python", path);
	p->base_prefix = pf_dup(&p->arena, pf_s(path));
	p->lib = pf_dup(&p->arena, site);
	p->platform = pf_dup(&p->arena, r->subdir);
	return 0;
}

static int set_python(struct install *x, struct pf_err *err)
{
	struct pf_arena *a = &x->w->arena;
	struct pf_python *p = x->python;
	const struct pf_planned_conda *it = find_python(x->items, x->n);
	struct pf_str site = it ? pf_s(x->packages[it - x->items].files.site) : PF_S("");

	if (pf_conda_python_set(p, it ? &it->record : NULL, site, x->where->path, err) < 0)
		return -1;
	x->k.site = pf_dupz(a, p->lib);
	x->k.python = pf_formatz(a, "%s/bin/python%d.%d", x->where->final, p->major, p->minor);
	return 0;
}

/* ---- records ---- */

static void take_strings(struct pf_strs *out, struct pf_arena *a, const struct pf_node *list)
{
	if (out->n)
		return;
	for (size_t i = 0; list && list->kind == PF_NODE_LIST && i < list->n; i++)
		*PF_PUSH(a, out) = list->v[i].text;
}

static void take_number(uint64_t *out, const struct pf_node *index, const char *key)
{
	if (!*out && !pf_uint64_read(pf_node_text(index, key), out))
		*out = 0;
}

static void take_text(struct pf_str *out, const struct pf_node *index, const char *key)
{
	if (!out->n)
		*out = pf_node_text(index, key);
}

/* A package that is named by its address alone tells the rest itself. */
static bool tells_little(const struct pf_conda_record *r)
{
	return !r->depends.n && !r->license.n && !r->timestamp;
}

static int fill_record(struct install *x, size_t i, struct pf_err *err)
{
	struct pf_conda_record *r = &x->items[i].record;
	const struct pf_bundle *b = &x->packages[i].files;
	struct pf_arena *a = &x->w->arena;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_CONDA_INFO);
	struct pf_node *index = NULL;

	r->name = r->name.n ? r->name : pf_s(b->name);
	r->version = r->version.n ? r->version : pf_s(b->version);
	r->build = r->build.n ? r->build : pf_s(b->build);
	r->subdir = r->subdir.n ? r->subdir : pf_s(b->subdir);
	if (strcmp(b->noarch, "python") == 0)
		r->noarch = PF_NOARCH_PYTHON;
	else if (*b->noarch)
		r->noarch = PF_NOARCH_GENERIC;
	if (!tells_little(r))
		return 0;
	if (pf_read_file(&text, AT_FDCWD, pf_formatz(a, "%s/tree/info/index.json", b->dir), err) <
		    0 ||
	    pf_json_parse(&index, a, pf_dup(a, pf_buf_view(&text)), err) < 0)
		return -1;
	take_strings(&r->depends, a, pf_node_get(index, "depends"));
	take_strings(&r->constrains, a, pf_node_get(index, "constrains"));
	take_number(&r->build_number, index, "build_number");
	take_number(&r->timestamp, index, "timestamp");
	r->timestamp = pf_conda_timestamp(r->timestamp);
	take_text(&r->license, index, "license");
	take_text(&r->license_family, index, "license_family");
	return 0;
}

/* They were ordered by what was known of them; what they need may be known only now. */
static int fill_records(struct install *x, struct pf_err *err)
{
	for (size_t i = 0; i < x->n; i++) {
		x->items[i].record.tag = &x->packages[i];
		if (fill_record(x, i, err) < 0)
			return pf_wrap(err, PF_FMT, PF_ARG(pf_shown(x->items[i].record.fn)));
	}
	return pf_conda_sort(x->items, x->n, err);
}

static struct pf_wheel *package_of(const struct install *x, size_t i)
{
	return x->items[i].record.tag;
}

/* ---- byte code ---- */

/* The noarch packages side by side, as the compiler takes them, and back. */
static size_t gather(struct pf_wheel *out, const struct install *x)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		if (x->items[i].record.noarch == PF_NOARCH_PYTHON)
			out[n++] = *package_of(x, i);
	return n;
}

static void scatter(struct install *x, const struct pf_wheel *from)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++) {
		struct pf_wheel *p = package_of(x, i);

		if (x->items[i].record.noarch == PF_NOARCH_PYTHON)
			*p = from[n++];
		x->k.parts[i].byte_code = p->byte_code.dir ? &p->byte_code : NULL;
	}
}

/* ---- what goes on while files are linked ---- */

static int write_meta(void *install, size_t i, struct pf_err *err)
{
	struct install *x = install;

	return pf_conda_meta_write(&x->meta, i, err);
}

/* What comes of scripts and of pip is not in the list yet, and would be another list of modules. */
static int look_ahead(void *install, struct pf_found_list *list, struct pf_err *err)
{
	struct install *x = install;
	bool all = !x->plan->packages.n && !(x->scripts.post_link.n && x->o->allow_scripts) &&
		   !pf_map_get(&x->k.places, PF_S(PF_IMPORT_LIST));

	if (all && pf_import_list_write(x->where->dir, x->k.site, list, err) < 0)
		return -1;
	list->imports = all;
	pf_manifest_begin(list);
	return 0;
}

static void set_meta(struct install *x)
{
	struct pf_arena *a = &x->w->arena;
	struct pf_conda_installed *v = pf_alloc_array(a, x->n, sizeof(*v));

	for (size_t i = 0; i < x->n; i++)
		v[i] = (struct pf_conda_installed){ .record = &x->items[i].record,
						    .part = &x->k.parts[i],
						    .url = x->items[i].record.url,
						    .asked = x->items[i].asked };
	x->meta = (struct pf_conda_meta){ .dir = x->where->dir, .mode = x->k.mode, .v = v,
					  .n = x->n };
	pf_conda_meta_begin(&x->meta, a);
}

static int link_last(struct pf_found_list *list, struct install *x, struct pf_err *err)
{
	set_meta(x);
	x->k.done = write_meta;
	x->k.meanwhile = look_ahead;
	x->k.ctx = x;
	return pf_conda_link(list, &x->k, err) < 0 ? -1 : pf_conda_meta_end(list, &x->meta, err);
}

/* Where all of it is in the cache, everything is linked at once; else the interpreter has to be
 * there first. */
static int link_and_compile(struct pf_found_list *list, struct install *x, struct pf_err *err)
{
	struct pf_wheel *v = pf_alloc_array(&x->w->arena, x->n, sizeof(*v));
	size_t n = x->o->no_bytecode ? 0 : gather(v, x);
	bool all = true;
	int rc = 0;

	if (n)
		rc = pf_wheels_compiled(&all, v, n, x->python, x->o, err);
	if (rc == 0 && !all)
		rc = pf_conda_link(list, &x->k, err);
	if (rc == 0 && !all)
		rc = pf_wheels_compile(v, n, x->python, x->o, err);
	if (n)
		scatter(x, v);
	if (rc == 0)
		pf_conda_place_code(&x->k);
	return rc < 0 ? -1 : link_last(list, x, err);
}

/* ---- all of it ---- */

static void set_parts(struct install *x)
{
	x->k.parts = pf_alloc_array(&x->w->arena, x->n, sizeof(*x->k.parts));
	x->k.n = x->n;
	for (size_t i = 0; i < x->n; i++)
		x->k.parts[i].package = &package_of(x, i)->files;
}

static int install(struct pf_found_list *list, struct install *x, struct pf_err *err)
{
	struct pf_conda_scripts *scripts = &x->scripts;

	if (pf_conda_fetch(x->packages, x->items, x->n, x->w, x->plan->conda_net, x->o, err) < 0 ||
	    set_python(x, err) < 0 || fill_records(x, err) < 0)
		return -1;
	pf_step("installing %zu packages", x->n);
	set_parts(x);
	if (pf_conda_place(&x->k, err) < 0 || pf_conda_replace(&x->k, x->plan, err) < 0)
		return -1;
	pf_conda_scripts_find(scripts, x->items, x->k.parts, x->n);
	if (scripts->post_link.n && x->o->allow_scripts)
		x->k.mode = PF_LINK_CLONE; /* what they change must be nobody else's */
	return link_and_compile(list, x, err) < 0 ? -1 : pf_conda_scripts_run(list, scripts, err);
}

int pf_conda_install(struct pf_found_list *list, struct pf_python *python,
		     const struct pf_conda_place_of *where, const struct pf_plan *plan,
		     struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	size_t n = plan->conda.n;
	struct install x = { .where = where, .w = w, .o = o, .n = n, .python = python,
			     .plan = plan };
	int rc;

	x.items = pf_alloc_array(&w->arena, n, sizeof(*x.items));
	x.packages = pf_alloc_array(&w->arena, n, sizeof(*x.packages));
	memcpy(x.items, plan->conda.v, n * sizeof(*x.items));
	x.k = (struct pf_conda_linking){ .arena = &w->arena, .dir = where->dir,
					 .prefix = where->final, .mode = o->link_mode };
	x.scripts = (struct pf_conda_scripts){ .dir = where->dir, .path = where->path,
					       .final = where->final, .w = w, .o = o };
	rc = install(list, &x, err);
	for (size_t i = 0; i < n; i++)
		pf_wheel_free(&x.packages[i]);
	return rc;
}

/* ---- does it start? ---- */

static void add_needed(struct pf_map *seen, struct pf_arena *a, const struct pf_plan *plan,
		       struct pf_str name)
{
	for (size_t i = 0; i < plan->conda.n; i++)
		if (pf_str_eq(plan->conda.v[i].record.name, name))
			*pf_map_put(a, seen, name) = &plan->conda.v[i];
}

struct pf_str pf_conda_start_identity(struct pf_arena *a, const struct pf_plan *plan)
{
	struct pf_map seen = { 0 };
	struct pf_str text = { 0 };

	add_needed(&seen, a, plan, PF_S("python"));
	for (size_t i = 0; i < seen.entries.n; i++) {
		const struct pf_planned_conda *one = seen.entries.v[i].value;

		text = pf_format(a, PF_FMT PF_FMT " " PF_FMT "\n", PF_ARG(text),
				 PF_ARG(one->record.fn), PF_ARG(one->record.sha256));
		/* A lock does not tell: it may be any of them. */
		for (size_t k = 0; !one->record.depends.n && k < plan->conda.n; k++)
			add_needed(&seen, a, plan, plan->conda.v[k].record.name);
		for (size_t k = 0; k < one->record.depends.n; k++)
			add_needed(&seen, a, plan,
				   pf_conda_spec_name(one->record.depends.v[k]));
	}
	return text;
}
