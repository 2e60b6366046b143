/* uv.c - uv as a driver: `uv pip compile` resolves, `uv pip install` installs */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/day.h"
#include "base/limits.h"
#include "base/str.h"
#include "req/name.h"
#include "solve/driver.h"

/* The version that a wheel's URL or file name tells; empty when it is none. */
static struct pf_str version_of(struct pf_str url)
{
	struct pf_str file = pf_str_cut(url, 0, pf_str_find(url, '#')), part;

	file = pf_str_cut(file, 0, pf_str_find(file, '?'));
	if (!pf_str_ends(file, ".whl"))
		return PF_S("");
	file = pf_str_skip(file, pf_str_rfind(file, '/') + 1);
	if (!pf_str_next(&file, '-', &part) || !pf_str_next(&file, '-', &part) ||
	    pf_str_find(part, '%') != PF_NPOS)
		return PF_S("");
	return part;
}

/* One package's lines joined:
 *   numpy==2.4.6 \n --hash=sha256:...      or      name @ https://... --hash=... */
static int take_package(struct pf_plan *p, struct pf_str text, struct pf_err *err)
{
	struct pf_str head = text, word, rest;
	struct pf_planned one = { 0 };
	size_t at = pf_str_find_str(text, " --hash="), eq;

	head = pf_str_trim(pf_str_cut(text, 0, at));
	rest = at == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(text, at + 1);
	at = pf_str_find_str(head, " ; ");
	head = pf_str_trim(pf_str_cut(head, 0, at));
	eq = pf_str_find_str(head, "==");
	at = pf_str_find_str(head, " @ ");
	if (at != PF_NPOS) {
		one.url = pf_dup(&p->arena, pf_str_trim(pf_str_skip(head, at + 3)));
		one.version = pf_dup(&p->arena, version_of(one.url));
	} else if (eq != PF_NPOS) {
		at = eq;
		one.version = pf_dup(&p->arena, pf_str_trim(pf_str_skip(head, eq + 2)));
	} else {
		return pf_fail(err, PF_EBUG, "cannot read uv's answer: " PF_FMT,
			       PF_ARG(pf_shown(head)));
	}
	one.name = pf_name_canonical(&p->arena, pf_str_trim(pf_str_cut(head, 0, at)));
	while (pf_str_next(&rest, ' ', &word))
		if (pf_str_starts(word, "--hash="))
			*PF_PUSH(&p->arena, &one.hashes) = pf_dup(&p->arena, pf_str_skip(word, 7));
	*PF_PUSH(&p->arena, &p->packages) = one;
	return 0;
}

int pf_uv_read(struct pf_plan *out, struct pf_str compiled, struct pf_err *err)
{
	struct pf_buf joined = PF_BUF(PF_MIB(1));
	struct pf_str rest = compiled, line;
	int rc = 0;

	while (rc == 0 && pf_str_next_line(&rest, &line)) {
		bool more = pf_str_ends(line, "\\");

		if (more)
			line.n--;
		line = pf_str_trim(line);
		if (line.n && line.p[0] == '#')
			continue;
		if (joined.n && line.n)
			pf_buf_char(&joined, ' ');
		pf_buf_str(&joined, line);
		if (more || !joined.n)
			continue;
		rc = pf_buf_check(&joined, "a line of uv's answer", err);
		if (rc == 0)
			rc = take_package(out, pf_buf_view(&joined), err);
		joined.n = 0;
	}
	pf_buf_free(&joined);
	return rc;
}

/* A NULL-terminated list of arguments that grows. */
struct args {
	const char *v[32];
	size_t n;
};

static void add(struct args *a, const char *arg)
{
	if (a->n + 1 < PF_COUNT(a->v))
		a->v[a->n++] = arg;
}

/* What has no variable. */
static void add_settings(struct args *args, const struct pf_driver *d, const struct pf_opts *o)
{
	if (o->offline)
		add(args, "--offline");
	if (d->indexes.no_index)
		add(args, "--no-index");
}

int pf_uv_resolve(struct pf_plan *out, const struct pf_driver *d, const char *requirements,
		  const char *constraints, int as_of, const struct pf_python *python,
		  struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	struct args args = { .v = { d->uv, "pip", "compile", "--python", python->base_exe.p,
				    "--generate-hashes", "--no-header", "--no-annotate",
				    "--color", "never" }, .n = 10 };
	struct pf_buf answer = PF_BUF(PF_MAX_PROC_OUTPUT);
	char date[16];
	int rc;

	add_settings(&args, d, o);
	if (constraints) {
		add(&args, "--constraint");
		add(&args, constraints);
	}
	if (as_of) { /* a date alone would be one of this machine's time zone */
		add(&args, "--exclude-newer");
		add(&args, pf_formatz(&w->arena, "%sT00:00:00Z", pf_day_write(date, as_of + 1)));
	}
	add(&args, requirements);
	rc = pf_driver_run(&answer, w, args.v, pf_driver_environment(&w->arena, d, o),
			   "resolve the model's requirements", err);
	if (rc == 0)
		rc = pf_uv_read(out, pf_buf_view(&answer), err);
	pf_buf_free(&answer);
	return rc;
}

int pf_uv_install(const struct pf_driver *d, const char *into, const char *requirements,
		  bool hashed, struct pf_workdir *w, const struct pf_opts *o, struct pf_err *err)
{
	/* A copy, no link into uv's cache: the files are made read-only, and what one environment
	 * suffers must not reach another. */
	struct args args = { .v = { d->uv, "pip", "install", "--python", into, "--no-deps",
				    "--link-mode", "copy", "--color", "never" }, .n = 10 };

	add_settings(&args, d, o);
	if (hashed)
		add(&args, "--require-hashes");
	add(&args, "-r");
	add(&args, requirements);
	return pf_driver_run(NULL, w, args.v, pf_driver_environment(&w->arena, d, o),
			     "install the packages", err);
}
