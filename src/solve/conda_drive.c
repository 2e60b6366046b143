/* conda_drive.c - micromamba, mamba or conda as a driver: `create` of specs, or of addresses */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "req/channel_name.h"
#include "solve/conda_plan.h"
#include "solve/driver.h"

/* ---- which program ---- */

static const char *const programs[] = { "micromamba", "mamba", "conda" };

static char *executable(struct pf_arena *a, const char *dir, const char *name)
{
	char *path = dir && *dir == '/' ? pf_join(a, dir, pf_s(name)) : NULL;

	return path && pf_is_executable(path) ? path : NULL;
}

/* What MLflow looks up (mlflow/utils/conda.py, get_conda_bin_executable): below MLFLOW_CONDA_HOME,
 * beside CONDA_EXE, on PATH. */
static char *find_named(struct pf_arena *a, const char *name)
{
	const char *home = getenv("MLFLOW_CONDA_HOME"), *exe = getenv("CONDA_EXE");
	struct pf_str folder = pf_str_cut(pf_s(exe), 0, exe ? pf_str_rfind(pf_s(exe), '/') : 0);
	char *path = NULL;

	if (strchr(name, '/'))
		return pf_is_executable(name) ? pf_realpath(a, name) : NULL;
	if (home && *home)
		path = executable(a, pf_formatz(a, "%s/bin", home), name);
	if (!path && folder.n)
		path = executable(a, pf_dupz(a, folder), name);
	return path ? path : pf_which(a, name);
}

/* On PATH, else where a shell that knows the program says that it is. */
static char *find_known(struct pf_arena *a, const char *name)
{
	static const char *const variables[] = { "MAMBA_EXE", "CONDA_EXE" };
	char *path = pf_which(a, name);

	for (size_t i = 0; !path && i < PF_COUNT(variables); i++) {
		const char *exe = getenv(variables[i]), *slash = exe ? strrchr(exe, '/') : NULL;

		if (slash && *exe == '/' && strcmp(slash + 1, name) == 0 && pf_is_executable(exe))
			path = pf_dupz(a, pf_s(exe));
	}
	return path;
}

static int find_program(struct pf_driver *d, struct pf_err *err)
{
	const char *named = getenv("MLFLOW_CONDA_CREATE_ENV_CMD");

	if (named && *named) {
		d->conda = find_named(&d->arena, named);
		return d->conda ? 0 : pf_fail(err, PF_EIO,
					      "MLFLOW_CONDA_CREATE_ENV_CMD is %s, which is no "
					      "program here", named);
	}
	for (size_t i = 0; !d->conda && i < PF_COUNT(programs); i++)
		d->conda = find_known(&d->arena, programs[i]);
	if (d->conda)
		return 0;
	pf_fail(err, PF_EIO, "none of micromamba, mamba and conda is on PATH");
	return pf_hint(err, "--env-manager conda needs none of them");
}

/* "2.0.5" of micromamba, "conda 24.5.0", "mamba 1.5.8" and a line of conda's. */
static int ask_version(struct pf_driver *d, struct pf_workdir *w, const struct pf_opts *o,
		       struct pf_err *err)
{
	PF_AUTO(buf) out = PF_BUF(PF_KIB(64));
	struct pf_str text, line = { 0 }, name = pf_s(strrchr(d->conda, '/') + 1);
	struct pf_spawn what = { .path = d->conda, .cwd = w->path,
				 .envp = pf_driver_environment(&w->arena, d, o),
				 .argv = (char *[]){ d->conda, "--version", NULL } };
	int status = 0;

	if (pf_proc_capture(&out, &what, -1, PF_WAIT_QUERY, &status, err) < 0)
		return -1;
	if (status != 0)
		return pf_fail(err, PF_EIO, "%s does not run", d->conda);
	text = pf_buf_view(&out);
	(void)pf_str_next_line(&text, &line);
	line = pf_shown(pf_str_trim(line));
	d->version = line.n && pf_is_digit(line.p[0]) ?
			     pf_format(&d->arena, PF_FMT " " PF_FMT, PF_ARG(name), PF_ARG(line)) :
			     pf_dup(&d->arena, line.n ? line : name);
	return 0;
}

static int find(struct pf_driver *d, struct pf_workdir *w, const struct pf_opts *o,
		struct pf_err *err)
{
	d->kind = PF_DRIVER_CONDA;
	return find_program(d, err) < 0 ? -1 : ask_version(d, w, o, err);
}

/* ---- create ---- */

/* All three know these options. Addresses of channels are without logins, since everybody on this
 * machine may read them here. */
static int create(const struct pf_driver *d, const char *prefix, const char *file,
		  const struct pf_channels *channels, struct pf_workdir *w,
		  const struct pf_opts *o, struct pf_err *err)
{
	const char *head[] = { d->conda, "create", "--yes", "--quiet", "--prefix", prefix, "--file",
			       file };
	PF_VEC(const char *) v = { 0 };
	struct pf_arena *a = &w->arena;

	for (size_t i = 0; i < PF_COUNT(head); i++)
		*PF_PUSH(a, &v) = head[i];
	if (channels)
		*PF_PUSH(a, &v) = "--override-channels";
	for (size_t i = 0; channels && i < channels->v.n; i++) {
		*PF_PUSH(a, &v) = "--channel";
		*PF_PUSH(a, &v) = pf_dupz(a, channels->v.v[i].url);
	}
	if (o->offline)
		*PF_PUSH(a, &v) = "--offline";
	*PF_PUSH(a, &v) = NULL;
	return pf_driver_run(NULL, w, v.v, pf_driver_environment(a, d, o),
			     "make the conda environment", err);
}

/* ---- by specs ---- */

/* "https://host/conda-forge::numpy >=1": a name may lead the program elsewhere. */
static struct pf_str spell(struct pf_arena *a, const struct pf_match_spec *spec)
{
	struct pf_match_spec s = *spec;

	if (s.channel_urls.n == 1)
		s.channel.text = s.channel_urls.v[0];
	return pf_match_spec_print(a, &s);
}

static char *write_specs(const struct pf_conda_asked *specs, struct pf_workdir *w,
			 struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);

	for (size_t i = 0; i < specs->n; i++)
		if (pf_driver_line(&text, spell(&w->arena, &specs->v[i]), err) < 0)
			return NULL;
	return pf_buf_check(&text, "the match specs", err) < 0 ?
		       NULL :
		       pf_workdir_file(w, "specs.txt", pf_buf_view(&text), err);
}

static int solve(struct pf_conda_asked *specs, const struct pf_driver *d, struct pf_workdir *w,
		 const char *prefix, struct pf_conda_task *t, const struct pf_needs *needs,
		 bool any_patch, const struct pf_opts *o, struct pf_err *err)
{
	char *file;

	if (pf_conda_task_specs(specs, t, needs, any_patch, err) < 0)
		return -1;
	file = write_specs(specs, w, err);
	return file ? create(d, prefix, file, &t->channels, w, o, err) : -1;
}

/* The exact Python first. */
static int solve_any(struct pf_conda_asked *specs, const struct pf_driver *d, struct pf_workdir *w,
		     const char *prefix, struct pf_conda_task *t, const struct pf_needs *needs,
		     const struct pf_opts *o, struct pf_err *err)
{
	struct pf_err other;

	if (solve(specs, d, w, prefix, t, needs, false, o, err) == 0)
		return 0;
	if (err->code != PF_ESOLVE || o->strict_python || !pf_conda_names_patch(needs) ||
	    pf_remove_tree(AT_FDCWD, prefix, &other) < 0 ||
	    solve(specs, d, w, prefix, t, needs, true, o, &other) < 0)
		return -1;
	w->keep_log = false;
	pf_conda_note_patch(needs);
	return 0;
}

/* ---- what came of it ---- */

/* "CHANNEL/linux-64/demo-1.0-0.conda" */
static void cut_address(struct pf_conda_record *r)
{
	size_t slash = pf_str_rfind(r->url, '/');
	struct pf_str folder = pf_str_cut(r->url, 0, slash == PF_NPOS ? 0 : slash);
	size_t before = pf_str_rfind(folder, '/');

	if (before == PF_NPOS)
		return;
	r->fn = pf_str_skip(r->url, slash + 1);
	if (pf_str_eq(pf_str_skip(folder, before + 1), r->subdir))
		r->channel = pf_str_cut(folder, 0, before);
}

static int take(struct pf_plan *plan, const struct pf_conda_record *r, struct pf_err *err)
{
	struct pf_planned_conda one = { .record = *r };

	cut_address(&one.record);
	if (!pf_conda_filename_cut(one.record.fn, NULL, NULL, NULL) || !one.record.subdir.n)
		return pf_fail(err, PF_EINTEGRITY, "nobody tells the file of " PF_FMT,
			       PF_ARG(pf_shown(r->name)));
	*PF_PUSH(&plan->arena, &plan->conda) = pf_planned_conda_copy(&plan->arena, &one);
	return 0;
}

int pf_conda_read_prefix(struct pf_plan *plan, const char *prefix, struct pf_err *err)
{
	PF_AUTO(dists) there = { 0 };
	struct pf_strs none = { 0 };
	struct pf_conda_record r;

	if (pf_dists_read(&there, &none, pf_s(prefix), err) < 0)
		return -1;
	for (size_t i = 0; i < there.v.n; i++)
		if (there.v.v[i].kind == PF_DIST_CONDA &&
		    (pf_dist_conda_record(&r, &there, &there.v.v[i], err) < 0 ||
		     take(plan, &r, err) < 0))
			return -1;
	return 0;
}

static bool is_below(struct pf_str url, struct pf_str folder)
{
	return url.n > folder.n && url.p[folder.n] == '/' &&
	       pf_str_eq(pf_str_cut(url, 0, folder.n), folder);
}

/* Without the logins and tokens of either. */
static bool is_of_channel(struct pf_arena *a, struct pf_str url, const struct pf_channel *c)
{
	if (is_below(url, pf_channel_bare(a, c->url)))
		return true;
	for (size_t i = 0; i < c->asked.n; i++)
		if (is_below(url, pf_channel_bare(a, c->asked.v[i])))
			return true;
	return false;
}

/* Whatever the program made of what it was told: packages come of the channels that were asked
 * for, or are files that were, by their addresses. */
static int check_origin(const struct pf_conda_record *r, struct pf_conda_task *t,
			const struct pf_conda_asked *specs, struct pf_err *err)
{
	struct pf_str url = pf_channel_bare(&t->arena, r->url);

	for (size_t i = 0; i < t->channels.v.n; i++)
		if (is_of_channel(&t->arena, url, &t->channels.v.v[i]))
			return 0;
	for (size_t i = 0; i < specs->n; i++)
		if (specs->v[i].url.kind == PF_PATTERN_EXACT &&
		    pf_str_eq(specs->v[i].url.text, url))
			return 0;
	return pf_fail(err, PF_EINTEGRITY, PF_FMT " came from none of the channels: " PF_FMT,
		       PF_ARG(pf_shown(r->name)), PF_ARG(pf_shown(url)));
}

/* Each is of a place that was asked for, and known by a digest from now on. */
static int finish(struct pf_plan *plan, struct pf_conda_task *t,
		  const struct pf_conda_asked *specs, struct pf_err *err)
{
	for (size_t i = 0; i < plan->conda.n; i++) {
		struct pf_conda_record *r = &plan->conda.v[i].record;

		if (check_origin(r, t, specs, err) < 0)
			return -1;
		if (!r->sha256.n && !r->md5.n)
			return pf_fail(err, PF_EINTEGRITY, "nobody tells the digest of " PF_FMT,
				       PF_ARG(pf_shown(r->fn)));
		plan->conda.v[i].asked = pf_conda_asked_by(&plan->arena, specs, r->name);
	}
	return 0;
}

/* ---- the front door ---- */

int pf_conda_task_drive(struct pf_plan *plan, struct pf_conda_task *t, const struct pf_needs *needs,
			const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(driver) d = { 0 };
	struct pf_workdir *w = calloc(1, sizeof(*w));
	struct pf_conda_asked specs = { 0 };
	char *prefix;

	if (!w)
		pf_oom();
	plan->made = w;
	if (needs->as_of)
		return pf_fail(err, PF_EUSAGE, "no conda program resolves as of a day: use "
			       "--env-manager conda");
	if (pf_workdir_open(w, PF_MADE_PREFIX, o->store, err) < 0 || find(&d, w, o, err) < 0)
		return -1;
	pf_step("solving %zu match specs with " PF_FMT, needs->conda_specs.n + 1,
		PF_ARG(d.version));
	prefix = pf_join(&w->arena, w->path, PF_S("env"));
	if (solve_any(&specs, &d, w, prefix, t, needs, o, err) < 0 ||
	    pf_conda_read_prefix(plan, prefix, err) < 0)
		return -1;
	pf_step_done();
	plan->resolver = pf_dup(&plan->arena, d.version);
	return finish(plan, t, &specs, err);
}

/* ---- by addresses ---- */

/* @EXPLICIT, in the order in which they are to be linked; MD5 is what every version of the three
 * reads, and the newer ones SHA-256, too. */
static char *write_addresses(const struct pf_plan *plan, struct pf_workdir *w, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);
	struct pf_planned_conda *v = pf_alloc_array(&w->arena, plan->conda.n + 1, sizeof(*v));

	if (plan->conda.n)
		memcpy(v, plan->conda.v, plan->conda.n * sizeof(*v));
	if (pf_conda_sort(v, plan->conda.n, err) < 0)
		return NULL;
	pf_buf_cstr(&text, "@EXPLICIT\n");
	for (size_t i = 0; i < plan->conda.n; i++) {
		const struct pf_conda_record *r = &v[i].record;

		struct pf_str line = pf_format(&w->arena, PF_FMT "#%s" PF_FMT, PF_ARG(r->url),
					       r->md5.n ? "" : "sha256:",
					       PF_ARG(r->md5.n ? r->md5 : r->sha256));

		if (pf_driver_line(&text, line, err) < 0)
			return NULL;
	}
	return pf_buf_check(&text, "the plan", err) < 0 ?
		       NULL :
		       pf_workdir_file(w, "explicit.txt", pf_buf_view(&text), err);
}

int pf_install_conda(const char *prefix, const struct pf_plan *plan, struct pf_workdir *w,
		     const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(driver) d = { 0 };
	char *file = write_addresses(plan, w, err);

	if (!file || find(&d, w, o, err) < 0)
		return -1;
	pf_step("installing %zu conda packages with " PF_FMT, plan->conda.n, PF_ARG(d.version));
	return create(&d, prefix, file, NULL, w, o, err);
}
