/* solve.c - needs to a plan through a driver, and a plan handed to one */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/solve.h"

#include "base/day.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "req/name.h"
#include "req/reqneed.h"
#include "solve/driver.h"
#include "solve/native.h"
#include "solve/reqlines.h"

/* ---- resolve ---- */

struct task {
	const struct pf_driver *driver;
	struct pf_native *native; /* instead of a driver; or NULL */
	const struct pf_python *python;
	const struct pf_needs *needs;
	const struct pf_opts *o;
	struct pf_workdir *w;
};

/* Which packages may be built, and which have to be: both drivers take it from their file. */
static void put_formats(struct pf_buf *out, const struct pf_indexes *x)
{
	for (size_t i = 0; i < x->no_binary.n; i++)
		pf_buf_printf(out, "--no-binary " PF_FMT "\n", PF_ARG(x->no_binary.v[i]));
	for (size_t i = 0; i < x->only_binary.n; i++)
		pf_buf_printf(out, "--only-binary " PF_FMT "\n", PF_ARG(x->only_binary.v[i]));
}

/* `lists` ends with NULL. */
static char *write_lines(struct task *t, const char *name, const struct pf_strs *const *lists,
			 struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);

	put_formats(&text, &t->driver->indexes);
	for (; *lists; lists++)
		for (size_t i = 0; i < (*lists)->n; i++)
			if (pf_driver_line(&text, (*lists)->v[i], err) < 0)
				return NULL;
	if (pf_buf_check(&text, "the requirements", err) < 0)
		return NULL;
	return pf_workdir_file(t->w, name, pf_buf_view(&text), err);
}

/* pip looks nowhere when it is offline, and finds nothing; what uv lacks it tells itself. */
static int fail_offline(const struct task *t, struct pf_err *err)
{
	if (err->code == PF_ESOLVE && t->driver->kind == PF_DRIVER_PIP)
		err->code = PF_ETRANSFER;
	if (err->code == PF_ETRANSFER)
		pf_hint(err,
			"--offline: only what was fetched before is there; do it once without");
	return -1;
}

static int resolve(struct pf_plan *out, struct task *t, const struct pf_strs *const *wanted,
		   const struct pf_strs *constraints, struct pf_err *err)
{
	char *file, *limits = NULL;
	size_t count = 0;
	int rc;

	for (size_t i = 0; wanted[i]; i++)
		count += wanted[i]->n;
	if (!count)
		return 0;
	if (t->native) {
		rc = pf_native_resolve(out, t->native, wanted, constraints, t->needs, t->python,
				       err);
		return rc < 0 && t->o->offline ? fail_offline(t, err) : rc;
	}
	file = write_lines(t, "requirements.txt", wanted, err);
	if (!file)
		return -1;
	if (constraints->n) {
		limits = write_lines(t, "constraints.txt",
				     (const struct pf_strs *[]){ constraints, NULL }, err);
		if (!limits)
			return -1;
	}
	rc = t->driver->kind == PF_DRIVER_UV
		     ? pf_uv_resolve(out, t->driver, file, limits, t->needs->as_of, t->python, t->w,
				     t->o, err)
		     : pf_pip_resolve(out, t->driver, file, limits, t->w, t->o, err);
	return rc < 0 && t->o->offline ? fail_offline(t, err) : rc;
}

/* The index was asked, or is not to be asked. */
static bool is_answer(const struct task *t, const struct pf_err *err)
{
	return err->code == PF_ESOLVE || (t->o->offline && err->code == PF_ETRANSFER);
}

/* Pins of a plan as constraints. */
static void pin(struct pf_strs *out, struct pf_arena *a, const struct pf_plan *plan)
{
	for (size_t i = 0; i < plan->packages.n; i++)
		if (plan->packages.v[i].version.n)
			*PF_PUSH(a, out) = pf_format(a, PF_FMT "==" PF_FMT,
						     PF_ARG(plan->packages.v[i].name),
						     PF_ARG(plan->packages.v[i].version));
}

static const struct pf_planned *find_planned(const struct pf_plan *plan, struct pf_str name)
{
	for (size_t i = 0; i < plan->packages.n; i++)
		if (pf_str_eq(plan->packages.v[i].name, name))
			return &plan->packages.v[i];
	return NULL;
}

/* MLflow installs build dependencies first and the requirements over them, so a requirement wins
 * where both name one package. */
static void merge(struct pf_plan *plan, const struct pf_plan *build)
{
	for (size_t i = 0; i < build->packages.n; i++) {
		const struct pf_planned *from = &build->packages.v[i];

		if (!find_planned(plan, from->name))
			*PF_PUSH(&plan->arena, &plan->packages) =
				pf_planned_copy(&plan->arena, from);
	}
}

/* What was told of a package goes with it. */
static void merge_reasons(struct pf_plan *plan, struct pf_reasons *into,
			  const struct pf_reasons *from)
{
	for (size_t i = 0; i < from->v.n; i++)
		*PF_PUSH(&plan->arena, &into->v) =
			(struct pf_reason){ pf_dup(&plan->arena, from->v.v[i].name),
					    pf_dup(&plan->arena, from->v.v[i].why) };
}

static bool is_pinned_elsewhere(struct pf_str build, const struct pf_plan *plan, struct pf_arena *a)
{
	return find_planned(plan, pf_name_canonical(a, pf_reqline_name(build))) != NULL;
}

/* ---- digests that the model itself names ---- */

/* Which of the needed digests may be the artifact's: those that are known of it; a kind that
 * nothing is known of is compared when the file is here. */
static struct pf_strs match_hashes(struct pf_arena *a, const struct pf_strs *needed,
				   const struct pf_strs *known)
{
	struct pf_strs both = { 0 };

	for (size_t i = 0; i < needed->n; i++)
		if (!known->n || pf_strs_have(known, needed->v[i]))
			*PF_PUSH(a, &both) = pf_dup(a, needed->v[i]);
	for (size_t i = 0; !both.n && i < needed->n; i++)
		if (!pf_str_starts(needed->v[i], "sha256:"))
			*PF_PUSH(a, &both) = pf_dup(a, needed->v[i]);
	return both;
}

/* One --hash binds every requirement, as in pip: each package that the requirements bring in must
 * be named with a digest of an artifact that the index has too. */
static int bind_hashes(struct pf_plan *plan, const struct pf_needs *needs, struct pf_err *err)
{
	for (size_t i = 0; i < plan->packages.n; i++) {
		struct pf_planned *one = &plan->packages.v[i];
		const struct pf_need *need = NULL;
		struct pf_strs both;

		do {
			need = pf_need_next(needs->pip.v, needs->pip.n, need, one->name);
		} while (need && !need->hashes.n);
		if (!need) {
			pf_fail(err, PF_EINTEGRITY,
				PF_FMT "==" PF_FMT " has no digest, which the model asks "
				       "for all its requirements",
				PF_ARG(one->name), PF_ARG(one->version));
			return -1;
		}
		both = match_hashes(&plan->arena, &need->hashes, &one->hashes);
		if (!both.n)
			return pf_fail(err, PF_EINTEGRITY, "no artifact of " PF_FMT "==" PF_FMT
				       " has the digest that " PF_FMT ", line %u names",
				       PF_ARG(one->name), PF_ARG(one->version), PF_ARG(need->file),
				       need->line);
		one->hashes = both;
	}
	return 0;
}

/* ---- secrets of URLs ---- */

/* pip's report is without them, and they are needed to install. */
static void restore_user(struct pf_plan *plan, struct pf_planned *one, const struct pf_need *need)
{
	struct pf_url_parts asked, planned;

	if (!pf_requrl_split(&asked, need->link) || !asked.user.n ||
	    !pf_requrl_split(&planned, one->url) || !pf_str_eq(asked.host, planned.host))
		return;
	if (need->parsed ? pf_str_eq(need->req.key, one->name)
			 : pf_str_eq(asked.rest, planned.rest))
		one->url = pf_format(&plan->arena, PF_FMT PF_FMT "@" PF_FMT PF_FMT,
				     PF_ARG(planned.scheme), PF_ARG(asked.user),
				     PF_ARG(planned.host), PF_ARG(planned.rest));
}

static void restore_users(struct pf_plan *plan, const struct pf_needs *needs)
{
	for (size_t i = 0; i < plan->packages.n; i++)
		for (size_t k = 0; plan->packages.v[i].url.n && k < needs->pip.n; k++)
			if (!needs->pip.v[k].constraint)
				restore_user(plan, &plan->packages.v[i], &needs->pip.v[k]);
}

/* ---- together, or apart ---- */

/* What the plan does not have yet, beside what it has. */
static int resolve_beside(struct pf_plan *plan, struct task *t, const struct pf_strs *wanted,
			  struct pf_err *err)
{
	PF_AUTO(plan) more = { 0 };
	struct pf_strs rest = { 0 }, limits = { 0 };

	for (size_t i = 0; i < wanted->n; i++)
		if (!is_pinned_elsewhere(wanted->v[i], plan, &plan->arena))
			*PF_PUSH(&plan->arena, &rest) = wanted->v[i];
	pin(&limits, &plan->arena, plan);
	if (resolve(&more, t, (const struct pf_strs *[]){ &rest, NULL }, &limits, err) < 0)
		return -1;
	merge(plan, &more);
	merge_reasons(plan, &plan->late, &more.late);
	merge_reasons(plan, &plan->facts, &more.facts);
	return 0;
}

/* The requirements alone, then the build dependencies beside what they came to, then what nobody
 * asked for: without that it goes, too. */
static int resolve_apart(struct pf_plan *out, struct task *t, const struct pf_reqlines *wanted,
			 struct pf_err *err)
{
	const struct pf_strs *asked[] = { &wanted->requirements, NULL };

	if (resolve(out, t, asked, &wanted->constraints, err) < 0)
		return -1;
	if (t->needs->require_hashes && bind_hashes(out, t->needs, err) < 0)
		return -1;
	if (resolve_beside(out, t, &wanted->build, err) < 0)
		return pf_wrap(err, "build dependencies");
	if (resolve_beside(out, t, &wanted->usual, err) < 0) {
		if (!is_answer(t, err))
			return -1;
		pf_note("the environment is without " PF_FMT ", which is not to be had",
			PF_ARG(wanted->usual.v[0]));
	}
	return 0;
}

static int resolve_all(struct pf_plan *out, struct task *t, const struct pf_reqlines *wanted,
		       bool apart, struct pf_err *err)
{
	const struct pf_strs *all[] = { &wanted->requirements, &wanted->build, &wanted->usual,
					NULL };
	PF_AUTO(plan) plan = { 0 };
	int rc;

	if (!apart) {
		rc = resolve(&plan, t, all, &wanted->constraints, err);
		if (rc < 0 && (!is_answer(t, err) || !(wanted->build.n || wanted->usual.n)))
			return -1;
		if (rc == 0) {
			*out = PF_TAKE(plan);
			return 0;
		}
		pf_debug("not together with the build dependencies: %s", err->msg);
	}
	pf_plan_free(&plan);
	if (resolve_apart(&plan, t, wanted, err) < 0)
		return -1;
	t->w->keep_log = false;
	*out = PF_TAKE(plan);
	return 0;
}

void pf_plan_warn(const struct pf_plan *plan)
{
	struct pf_buf list = PF_BUF(PF_MIB(1));

	for (size_t i = 0; i < plan->left_out.n; i++)
		pf_buf_printf(&list, "%s" PF_FMT, i ? ", " : "", PF_ARG(plan->left_out.v[i]));
	if (list.n)
		pf_warn("%zu conda package%s left out, a venv cannot have %s: %s", plan->left_out.n,
			plan->left_out.n == 1 ? " is" : "s are",
			plan->left_out.n == 1 ? "it" : "them", list.p);
	pf_buf_free(&list);
}

static void note_twins(const struct pf_reqlines *w)
{
	struct pf_buf list = PF_BUF(PF_MIB(1));

	for (size_t i = 0; i < w->twins.n; i++)
		pf_buf_printf(&list, "%s" PF_FMT, i ? ", " : "", PF_ARG(w->twins.v[i]));
	if (list.n)
		pf_note("%zu conda package%s taken from the package index instead: %s", w->twins.n,
			w->twins.n == 1 ? " is" : "s are", list.p);
	pf_buf_free(&list);
}

static void tell_step(const struct pf_reqlines *wanted, const struct pf_driver *driver, int as_of)
{
	size_t n = wanted->requirements.n + wanted->build.n;
	char date[16];

	if (as_of)
		pf_step("resolving as of %s, %zu requirements with " PF_FMT,
			pf_day_write(date, as_of), n, PF_ARG(driver->version));
	else
		pf_step("resolving %zu requirements with " PF_FMT, n, PF_ARG(driver->version));
}

static int solve(struct pf_plan *plan, const struct pf_needs *needs, const char *model_dir,
		 const struct pf_python *python, const struct pf_dists *upon,
		 const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(workdir) w = { 0 };
	PF_AUTO(driver) driver = { 0 };
	PF_AUTO(plan) holder = { 0 };
	PF_AUTO(reqlines) wanted = { 0 };
	struct task task = {
		.driver = &driver, .python = python, .needs = needs, .o = o, .w = &w,
	};

	if (pf_reqlines_read(&wanted, needs, model_dir, python, err) < 0 ||
	    pf_workdir_open(&w, "solve.", o->store, err) < 0 ||
	    pf_driver_find(&driver, python, needs, &w, o, err) < 0)
		return -1;
	if (needs->as_of && driver.kind == PF_DRIVER_PIP) {
		pf_fail(err, PF_EUSAGE, PF_FMT " cannot resolve as of a day",
			PF_ARG(driver.version));
		return pf_hint(err, "use --env-manager venv, or uv");
	}
	if (driver.kind == PF_DRIVER_NONE) {
		task.native = holder.native = calloc(1, sizeof(*holder.native));
		if (!task.native)
			pf_oom();
		if (pf_native_open(task.native, needs, python, o, err) < 0)
			return -1;
		task.native->upon = upon;
	}
	if (upon)
		wanted.usual = (struct pf_strs){ 0 };
	note_twins(&wanted);
	tell_step(&wanted, &driver, needs->as_of);
	if (resolve_all(plan, &task, &wanted, needs->require_hashes, err) < 0)
		return -1;
	restore_users(plan, needs);
	pf_step_done();
	for (size_t i = 0; i < wanted.left_out.n; i++)
		*PF_PUSH(&plan->arena, &plan->left_out) =
			pf_dup(&plan->arena, wanted.left_out.v[i]);
	plan->resolver = pf_dup(&plan->arena, driver.version);
	if (task.native)
		task.native->upon = NULL;
	plan->native = PF_TAKE(holder.native);
	return 0;
}

int pf_solve(struct pf_plan *out, const struct pf_needs *needs, const char *model_dir,
	     const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };
	char date[16];

	if (solve(&plan, needs, model_dir, python, NULL, o, err) < 0)
		return -1;
	if (needs->as_of)
		plan.as_of = pf_dup(&plan.arena, pf_s(pf_day_write(date, needs->as_of)));
	if (pf_plan_seal(&plan, python, o, err) < 0)
		return -1;
	pf_plan_warn(&plan);
	*out = PF_TAKE(plan);
	return 0;
}

int pf_solve_upon(struct pf_plan *out, const struct pf_needs *needs, const char *model_dir,
		  const struct pf_python *python, const struct pf_dists *upon,
		  const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(plan) plan = { 0 };

	if (solve(&plan, needs, model_dir, python, upon, o, err) < 0)
		return -1;
	merge(out, &plan);
	merge_reasons(out, &out->late, &plan.late);
	merge_reasons(out, &out->facts, &plan.facts);
	out->native = PF_TAKE(plan.native);
	return 0;
}

/* ---- install ---- */

/* "demo==1.0 --hash=sha256:...", "demo @ URL" */
static int write_planned(struct pf_buf *out, const struct pf_planned *one, struct pf_err *err)
{
	PF_AUTO(buf) line = PF_BUF(PF_MAX_LOCK);

	pf_buf_printf(&line, PF_FMT "%s" PF_FMT, PF_ARG(one->name), one->url.n ? " @ " : "==",
		      PF_ARG(one->url.n ? one->url : one->version));
	for (size_t k = 0; k < one->hashes.n; k++)
		pf_buf_printf(&line, " --hash=" PF_FMT, PF_ARG(one->hashes.v[k]));
	return pf_buf_check(&line, "the plan", err) < 0 ?
		       -1 :
		       pf_driver_line(out, pf_buf_view(&line), err);
}

/* Those with digests and those without: pip takes one digest in a file for all. */
static char *write_part(struct pf_workdir *w, const struct pf_plan *plan,
			const struct pf_indexes *indexes, bool hashed, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);

	put_formats(&text, indexes);
	for (size_t i = 0; i < plan->packages.n; i++)
		if (hashed == (plan->packages.v[i].hashes.n > 0) &&
		    write_planned(&text, &plan->packages.v[i], err) < 0)
			return NULL;
	if (pf_buf_check(&text, "the plan", err) < 0)
		return NULL;
	return pf_workdir_file(w, hashed ? "plan.txt" : "plan-urls.txt", pf_buf_view(&text), err);
}

static size_t count_part(const struct pf_plan *plan, bool hashed)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->packages.n; i++)
		n += hashed == (plan->packages.v[i].hashes.n > 0);
	return n;
}

int pf_install(const char *into, const struct pf_plan *plan, const struct pf_needs *needs,
	       const struct pf_python *python, struct pf_workdir *w, const struct pf_opts *o,
	       struct pf_err *err)
{
	PF_AUTO(driver) driver = { 0 };

	if (!plan->packages.n)
		return 0;
	if (pf_driver_find(&driver, python, needs, w, o, err) < 0)
		return -1;
	pf_step("installing %zu packages with " PF_FMT, plan->packages.n, PF_ARG(driver.version));
	for (int hashed = 1; hashed >= 0; hashed--) {
		char *file;
		int rc;

		if (!count_part(plan, hashed))
			continue;
		file = write_part(w, plan, &driver.indexes, hashed, err);
		if (!file)
			return -1;
		rc = driver.kind == PF_DRIVER_UV ?
			     pf_uv_install(&driver, into, file, hashed, w, o, err) :
			     pf_pip_install(&driver, into, file, hashed, w, o, err);
		if (rc < 0)
			return -1;
	}
	pf_step_done();
	return 0;
}
