/* environment.c - what a model's process may know: its variables, and the folder of our runner */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "env/env.h"
#include "run/inside.h"

extern char **environ;

/* Patterns of pf_str_fits. The settings of pip and uv name indexes, passwords and all. */
static const char *const withheld[] = {
	"PYTHON*", "LD_*",     "VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "CONDA_*",	 "_CE_*",
	"AWS_*",   "*_TOKEN",  "*_PASSWORD",  "*_SECRET*",	    "PYFUNC_ENV_RUNNER",
	"PIP_*",   "UV_*",
};

static bool is_withheld(struct pf_str name, const struct pf_opts *o)
{
	if (o && pf_strs_have(&o->pass_env, name))
		return false;
	for (size_t i = 0; i < PF_COUNT(withheld); i++)
		if (pf_str_fits(name, withheld[i]))
			return true;
	return false;
}

static struct pf_str name_of(struct pf_str setting)
{
	return pf_str_cut(setting, 0, pf_str_find(setting, '='));
}

struct settings {
	struct pf_arena *a;
	PF_VEC(char *) v;
};

/* The last setting of a name counts. */
static void set(struct settings *s, struct pf_str setting)
{
	for (size_t i = 0; i < s->v.n; i++) {
		if (pf_str_eq(name_of(pf_s(s->v.v[i])), name_of(setting))) {
			s->v.v[i] = pf_dupz(s->a, setting);
			return;
		}
	}
	*PF_PUSH(s->a, &s->v) = pf_dupz(s->a, setting);
}

static bool has(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->v.n; i++)
		if (pf_str_is(name_of(pf_s(s->v.v[i])), name))
			return true;
	return false;
}

static void unset(struct settings *s, struct pf_str name)
{
	size_t n = 0;

	for (size_t i = 0; i < s->v.n; i++)
		if (!pf_str_eq(name_of(pf_s(s->v.v[i])), name))
			s->v.v[n++] = s->v.v[i];
	s->v.n = n;
}

/* As conda takes them: PATH is its own, and one value stands for none. */
static void set_all(struct settings *s, const struct pf_node *variables)
{
	for (size_t i = 0; variables && i < variables->n; i++) {
		const struct pf_node *one = &variables->v[i];

		if ((one->kind != PF_NODE_STRING && one->kind != PF_NODE_NUMBER) || !one->key.n ||
		    pf_str_find(one->key, '=') != PF_NPOS || pf_str_is(one->key, "PATH"))
			continue;
		if (pf_str_is(one->text, PF_CONDA_UNSET))
			unset(s, one->key);
		else
			set(s, pf_format(s->a, PF_FMT "=" PF_FMT, PF_ARG(one->key),
					 PF_ARG(one->text)));
	}
}

static const struct pf_node *read_object(struct pf_arena *a, const char *dir, const char *name)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *doc = NULL;
	struct pf_err ignored;

	if (pf_read_file(&text, AT_FDCWD, pf_join(a, dir, pf_s(name)), &ignored) < 0 ||
	    pf_json_parse(&doc, a, pf_dup(a, pf_buf_view(&text)), &ignored) < 0)
		return NULL;
	return doc;
}

/* What the packages' scripts came to when the environment was made: nobody here is a shell that
 * could read them. Then conda-meta/state, the user's own: {"version": 1, "env_vars": {"NAME":
 * "value"}}. An environment is never made with one, so that bin/activate, which is written then,
 * knows nothing of it. */
static void set_conda_variables(struct settings *s, const char *dir,
				const struct pf_node *activation)
{
	set_all(s, pf_node_get(activation, "set"));
	set_all(s, pf_node_get(read_object(s->a, dir, "conda-meta/state"), "env_vars"));
}

/* ENV/bin first on PATH; and what activation would set. */
static void activate(struct settings *s, const char *python)
{
	struct pf_str bin = pf_str_cut(pf_s(python), 0, pf_str_rfind(pf_s(python), '/'));
	struct pf_str root = pf_str_cut(bin, 0, pf_str_rfind(bin, '/'));
	const char *path = getenv("PATH");
	char *dir = pf_dupz(s->a, root);
	const struct pf_node *activation;
	struct pf_str first;

	if (python[0] != '/')
		return;
	activation = read_object(s->a, dir, PF_ENV_ACTIVATION);
	first = pf_node_text(activation, "path");
	set(s, pf_format(s->a, "PATH=" PF_FMT "%s" PF_FMT "%s%s", PF_ARG(first), first.n ? ":" : "",
			 PF_ARG(bin), path && *path ? ":" : "", path ? path : ""));
	if (access(pf_join(s->a, dir, PF_S("pyvenv.cfg")), F_OK) == 0)
		set(s, pf_format(s->a, "VIRTUAL_ENV=%s", dir));
	if (pf_is_dir(pf_join(s->a, dir, PF_S("conda-meta")))) {
		set(s, pf_format(s->a, "CONDA_PREFIX=%s", dir));
		set(s, pf_format(s->a, "CONDA_DEFAULT_ENV=%s", dir));
		set(s, PF_S("CONDA_SHLVL=" PF_CONDA_SHLVL));
		set(s, PF_S("CONDA_PROMPT_MODIFIER=" PF_CONDA_PROMPT_MODIFIER));
		set_conda_variables(s, dir, activation);
	}
}

/* Settings that change no result: the user's own count. OpenBLAS's threads, of which numpy and
 * scipy bring one each for every core, spin for 2^26 cycles before they sleep (measured: a seventh
 * of the CPU time of a start, and of what else runs on those cores). */
static void calm(struct settings *s)
{
	if (!getenv("OPENBLAS_THREAD_TIMEOUT"))
		set(s, PF_S("OPENBLAS_THREAD_TIMEOUT=4"));
}

/* How many threads numerical libraries have, each by its own variables. Whoever sets one of them
 * has thought of it: then none is ours. */
static void bound_threads(struct settings *s, const struct pf_opts *o)
{
	static const char *const names[] = { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
					     "MKL_NUM_THREADS" };
	static const char *const others[] = { "GOTO_NUM_THREADS", "BLIS_NUM_THREADS",
					      "OMP_THREAD_LIMIT" };

	for (size_t i = 0; i < PF_COUNT(names); i++)
		if (has(s, names[i]) || has(s, others[i]))
			return;
	for (size_t i = 0; i < PF_COUNT(names); i++)
		set(s, pf_format(s->a, "%s=%u", names[i], o->threads));
}

char **pf_run_environment(struct pf_arena *a, const char *python, const struct pf_opts *o)
{
	struct settings s = { .a = a };

	for (char **e = environ; *e; e++)
		if (!is_withheld(name_of(pf_s(*e)), o))
			*PF_PUSH(a, &s.v) = *e;
	activate(&s, python);
	calm(&s);
	for (size_t i = 0; o && i < o->set_env.n; i++)
		set(&s, o->set_env.v[i]);
	if (o && o->threads)
		bound_threads(&s, o);
	*PF_PUSH(a, &s.v) = NULL;
	return s.v.v;
}

/* ---- where _pfr.so is ---- */

static char *own_folder(struct pf_arena *a)
{
	char exe[PF_MAX_PATH];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe));
	struct pf_str path = { exe, n > 0 ? (size_t)n : 0 };

	return pf_dupz(a, pf_str_cut(path, 0, pf_str_rfind(path, '/')));
}

char *pf_run_find(struct pf_arena *a, struct pf_err *err)
{
	static const char *const beside[] = { "/.libs", "/../lib/pyfunc-env" };
	const char *asked = getenv("PYFUNC_ENV_RUNNER_DIR");
	char *own = own_folder(a), *dirs[PF_COUNT(beside) + 1];

	for (size_t i = 0; i < PF_COUNT(beside); i++)
		dirs[i] = pf_formatz(a, "%s%s", own, beside[i]);
	dirs[PF_COUNT(beside)] = pf_formatz(a, "%s", PF_PKGLIBDIR);
	if (asked && *asked)
		dirs[0] = pf_dupz(a, pf_s(asked));
	for (size_t i = 0; i < PF_COUNT(dirs); i++)
		if (access(pf_formatz(a, "%s/_pfr.so", dirs[i]), R_OK) == 0)
			return pf_realpath(a, dirs[i]);
		else if (asked && *asked)
			break;
	pf_fail(err, PF_EIO, "there is no _pfr.so in %s", asked && *asked ? asked : PF_PKGLIBDIR);
	pf_hint(err, "install pyfunc-env whole, or name its folder in PYFUNC_ENV_RUNNER_DIR");
	return NULL;
}
