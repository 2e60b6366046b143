/* pylock_write.c - pylock.toml (PEP 751) of a plan, for one interpreter and platform */
/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "lock/parts.h"
#include "req/reqneed.h"

/* A text as TOML has it is one as JSON has it, but for DEL, which no text here holds. */
static void put_field(struct pf_buf *out, const char *key, struct pf_str text)
{
	if (!text.n)
		return;
	pf_buf_printf(out, "%s = ", key);
	pf_json_quote(out, text);
	pf_buf_char(out, '\n');
}

static void put_list(struct pf_buf *out, const char *key, const struct pf_strs *list)
{
	if (!list->n)
		return;
	pf_buf_printf(out, "%s = [", key);
	for (size_t i = 0; i < list->n; i++) {
		pf_buf_cstr(out, i ? ", " : "");
		pf_json_quote(out, list->v[i]);
	}
	pf_buf_cstr(out, "]\n");
}

/* ---- the head ---- */

static struct pf_str environment(struct pf_arena *a, const struct pf_python *python)
{
	struct pf_marker_env env;

	pf_python_markers(&env, a, python);
	return pf_format(a, "implementation_name == '" PF_FMT "' and platform_machine == '" PF_FMT
			 "' and python_version == '" PF_FMT "' and sys_platform == '" PF_FMT "'",
			 PF_ARG(env.implementation_name), PF_ARG(env.platform_machine),
			 PF_ARG(env.python_version), PF_ARG(env.sys_platform));
}

static void put_head(struct pf_buf *out, struct pf_arena *a, const struct pf_python *python)
{
	struct pf_str here = environment(a, python);

	pf_buf_cstr(out, "lock-version = \"1.0\"\n");
	put_list(out, "environments", &(struct pf_strs){ .v = &here, .n = 1 });
	pf_buf_printf(out, "requires-python = \"==%d.%d.*\"\ncreated-by = \"pyfunc-env\"\n",
		      python->major, python->minor);
}

/* ---- files ---- */

/* { name = "...", url = "...", upload-time = 2024-01-31T23:59:59Z, size = 1, hashes = { sha256 =
 * "..." } } */
static void put_file(struct pf_buf *out, const struct pf_planned *one, const char *where_key,
		     struct pf_str where)
{
	time_t when = (time_t)one->uploaded;
	char day[32];
	struct tm tm;

	pf_buf_cstr(out, "{ ");
	if (!one->url.n) { /* an archive has none */
		pf_buf_cstr(out, "name = ");
		pf_json_quote(out, one->file);
		pf_buf_cstr(out, ", ");
	}
	pf_buf_printf(out, "%s = ", where_key);
	pf_json_quote(out, where);
	if (one->uploaded && gmtime_r(&when, &tm) &&
	    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%SZ", &tm))
		pf_buf_printf(out, ", upload-time = %s", day);
	if (one->size)
		pf_buf_printf(out, ", size = %llu", (unsigned long long)one->size);
	pf_buf_cstr(out, ", hashes = { ");
	for (size_t i = 0; i < one->hashes.n; i++) {
		size_t colon = pf_str_find(one->hashes.v[i], ':');

		pf_buf_printf(out, "%s" PF_FMT " = \"" PF_FMT "\"", i ? ", " : "",
			      PF_ARG(pf_str_cut(one->hashes.v[i], 0, colon)),
			      PF_ARG(pf_str_skip(one->hashes.v[i], colon + 1)));
	}
	pf_buf_cstr(out, " } }");
}

/* vcs = { type = "git", url = "https://h/r", requested-revision = "v1", commit-id = "...",
 * subdirectory = "x" } */
static void put_vcs(struct pf_buf *out, const struct pf_git_source *git, struct pf_str revision)
{
	const struct {
		const char *key;
		struct pf_str text;
	} fields[] = { { ", url", git->url },
		       { ", requested-revision", revision },
		       { ", commit-id", git->commit },
		       { ", subdirectory", git->subdirectory } };

	pf_buf_cstr(out, "vcs = { type = \"git\"");
	for (size_t i = 0; i < PF_COUNT(fields); i++) {
		if (!fields[i].text.n)
			continue;
		pf_buf_printf(out, "%s = ", fields[i].key);
		pf_json_quote(out, fields[i].text);
	}
	pf_buf_cstr(out, " }\n");
}

/* What lies at an address that others can reach, or within the model. */
static bool put_source(struct pf_buf *out, struct pf_arena *a, const struct pf_planned *one,
		       const char *model_dir)
{
	struct pf_str from = pf_url_bare_text(a, one->url.n ? one->url : one->from);
	struct pf_git_source git = { 0 };
	const char *key = "url";

	if (pf_lock_git_of(&git, a, one)) {
		put_vcs(out, &git, one->revision);
		return true;
	}
	if (one->hashes.n != 1)
		return false;
	if (!pf_requrl_is_http(from)) {
		from = pf_lock_inside(a, one->url.n ? model_dir : NULL, from);
		key = "path";
	}
	if (!from.n)
		return false;
	if (one->url.n)
		pf_buf_cstr(out, "archive = ");
	else
		pf_buf_cstr(out, pf_str_ends(one->file, ".whl") ? "wheels = [\n    " : "sdist = ");
	put_file(out, one, key, from);
	pf_buf_cstr(out, !one->url.n && pf_str_ends(one->file, ".whl") ? ",\n]\n" : "\n");
	return true;
}

/* ---- packages ---- */

/* Upper bounds may have been passed over when it was resolved: then it is better not told. */
static bool is_for(const struct pf_planned *one, const struct pf_python *python)
{
	struct pf_err ignored;

	return pf_lock_check_python(one->requires_python, python, &ignored) == 0;
}

static void put_package(struct pf_buf *out, struct pf_arena *a, const struct pf_planned *one,
			const struct pf_lock_of *what)
{
	bool git = pf_planned_is_git(one);

	pf_buf_cstr(out, "\n[[packages]]\n");
	put_field(out, "name", one->name);
	if (!git) /* a source tree's is what its build says */
		put_field(out, "version", one->version);
	if (is_for(one, what->python))
		put_field(out, "requires-python", one->requires_python);
	if (pf_requrl_is_http(one->index))
		put_field(out, "index", pf_url_bare_text(a, one->index));
	if (one->depends.n) {
		pf_buf_cstr(out, "dependencies = [");
		for (size_t i = 0; i < one->depends.n; i++)
			pf_buf_printf(out, "%s{ name = \"" PF_FMT "\" }", i ? ", " : "",
				      PF_ARG(one->depends.v[i]));
		pf_buf_cstr(out, "]\n");
	}
	if (put_source(out, a, one, what->model_dir) && !(git && one->version.n))
		return;
	pf_buf_cstr(out, "[packages.tool.pyfunc-env]\n");
	if (git)
		put_field(out, "version", one->version);
	put_list(out, "hashes", &one->hashes);
	if (pf_requrl_is_http(one->url))
		put_field(out, "url", pf_url_bare_text(a, one->url));
}

static void put_left_out(struct pf_buf *out, struct pf_arena *a, const struct pf_strs *list)
{
	struct pf_strs shown = { 0 };

	for (size_t i = 0; i < list->n; i++)
		*PF_PUSH(a, &shown) = pf_redacted(a, list->v[i]);
	put_list(out, "left-out", &shown);
}

static void note_places(const struct pf_plan *plan, const struct pf_lock_of *what,
			struct pf_arena *a)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->packages.n; i++) {
		const struct pf_planned *one = &plan->packages.v[i];
		struct pf_buf ignored = PF_BUF(PF_KIB(64));

		n += one->file.n && !put_source(&ignored, a, one, what->model_dir);
		pf_buf_free(&ignored);
	}
	if (n)
		pf_note("%zu package%s from folders of this machine: only pyfunc-env can install the lock, "
			"where an index or a folder has the same files",
			n, n == 1 ? " comes" : "s come");
}

int pf_pylock_write(struct pf_buf *out, const struct pf_lock_of *what, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	const struct pf_plan *plan = what->plan;

	(void)err;
	put_head(out, &a, what->python);
	for (size_t i = 0; i < plan->packages.n; i++)
		put_package(out, &a, &plan->packages.v[i], what);
	if (!plan->packages.n)
		pf_buf_cstr(out, "packages = []\n");
	pf_buf_cstr(out, "\n[tool.pyfunc-env]\n");
	if (what->needs)
		put_field(out, "needs", pf_lock_needs_digest(&a, what->needs));
	put_field(out, "as-of", plan->as_of);
	put_left_out(out, &a, &plan->left_out);
	if (what->needs)
		note_places(plan, what, &a);
	return 0;
}
