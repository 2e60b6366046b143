/* conda_scripts.c - what conda packages want to run: once linked, and at each activation */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_scripts.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confine.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/env.h"
#include "env/seal.h"

#define ACTIVATE_D "etc/conda/activate.d/"
#define ENV_VARS_D "etc/conda/env_vars.d/"

/* ---- found ---- */

static void look_for_activation(struct pf_conda_scripts *s, struct pf_str place)
{
	if (pf_str_starts(place, ENV_VARS_D) && pf_str_ends(place, ".json"))
		*PF_PUSH(&s->w->arena, &s->variables) = place;
	else if (pf_str_starts(place, ACTIVATE_D) && pf_str_ends(place, ".sh"))
		s->activates = true;
}

static void look_at(struct pf_conda_scripts *s, const struct pf_planned_conda *package,
		    const struct pf_conda_placed *one, struct pf_str post_link)
{
	if (one->fate != PF_CONDA_TAKEN)
		return;
	if (pf_str_eq(one->place, post_link))
		*PF_PUSH(&s->w->arena, &s->post_link) =
			(struct pf_conda_script){ package, one->place };
	else
		look_for_activation(s, one->place);
}

void pf_conda_scripts_find_listed(struct pf_conda_scripts *s, const struct pf_found_list *list)
{
	for (size_t i = 0; i < list->files.n; i++)
		look_for_activation(s, list->files.v[i].path);
}

void pf_conda_scripts_find(struct pf_conda_scripts *s, const struct pf_planned_conda *items,
			   const struct pf_conda_part *parts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct pf_str post_link =
			pf_format(&s->w->arena, "bin/." PF_FMT "-post-link.sh",
				  PF_ARG(items[i].record.name));

		for (size_t k = 0; k < parts[i].placed.n; k++)
			look_at(s, &items[i], &parts[i].placed.v[k], post_link);
	}
}

/* ---- run ---- */

struct shell {
	const char *path;
	struct pf_confine confine;
	const char *prefix; /* the environment as it sees it */
	const char *scratch;
};

/* The shell that such scripts are tried with, where the machine has it. */
static const char *shell_path(void)
{
	return access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

static const char *prefix_of(const struct shell *sh, const struct pf_conda_scripts *s)
{
	return sh->confine.how == PF_CONFINED ? s->final : s->path;
}

/* `writes`: to the environment, and what confines it is granted; else to a folder of its own alone,
 * and that is seen when it is run. */
static int open_shell(struct shell *sh, struct pf_conda_scripts *s, bool writes,
		      struct pf_err *err)
{
	struct pf_arena *a = &s->w->arena;
	struct pf_str final = pf_s(s->final);
	char *envs = pf_dupz(a, pf_str_cut(final, 0, pf_str_rfind(final, '/'))), *scratch, *shm;

	scratch = pf_formatz(a, "%s/scratch", s->w->path);
	shm = pf_formatz(a, "%s/shm", writes ? s->w->path : scratch);
	if (pf_mkdir_p(scratch, 0700, err) < 0 || pf_mkdir_p(shm, 0700, err) < 0 ||
	    pf_mkdir_p(envs, 0755, err) < 0)
		return -1;
	*sh = (struct shell){ .path = shell_path(), .scratch = scratch,
			      .confine = { .from = s->path, .at = s->final } };
	(writes ? pf_confine_make : pf_confine_prepare)(
		&sh->confine, a, writes ? s->w->path : scratch, shm, scratch);
	sh->prefix = prefix_of(sh, s);
	return 0;
}

static char **environment_of(struct pf_arena *a, const struct shell *sh,
			     const struct pf_strs *more)
{
	const char *p = sh->prefix;
	const char *own[] = {
		pf_formatz(a, "PATH=%s/bin:/usr/local/bin:/usr/bin:/bin", p),
		pf_formatz(a, "HOME=%s", sh->scratch),
		pf_formatz(a, "TMPDIR=%s", sh->scratch),
		"LC_ALL=C",
		pf_formatz(a, "CONDA_PREFIX=%s", p),
		pf_formatz(a, "CONDA_DEFAULT_ENV=%s", p),
		"CONDA_PROMPT_MODIFIER=" PF_CONDA_PROMPT_MODIFIER,
		"CONDA_SHLVL=" PF_CONDA_SHLVL,
	};
	PF_VEC(char *) v = { 0 };

	for (size_t i = 0; i < PF_COUNT(own); i++)
		*PF_PUSH(a, &v) = pf_dupz(a, pf_s(own[i]));
	for (size_t i = 0; i < more->n; i++)
		*PF_PUSH(a, &v) = pf_dupz(a, more->v[i]);
	*PF_PUSH(a, &v) = NULL;
	return v.v;
}

static int run(struct pf_buf *out, int *status, const struct shell *sh, const char *const *argv,
	       char **env, struct pf_err *err)
{
	struct pf_spawn what = { .path = sh->path,
				 .argv = (char *const *)(const void *)argv,
				 .envp = env,
				 .cwd = sh->scratch,
				 .in = -1,
				 .new_group = true,
				 .confine = pf_confine_enter,
				 .how = &sh->confine };

	return pf_proc_capture(out, &what, -1, PF_WAIT_SCRIPT, status, err);
}

/* ---- once they are linked ---- */

/* As conda tells it. */
static int run_post_link(const struct shell *sh, struct pf_conda_scripts *s,
			 const struct pf_conda_script *one, struct pf_err *err)
{
	struct pf_arena *a = &s->w->arena;
	const struct pf_conda_record *r = &one->package->record;
	const char *argv[] = { "sh", pf_formatz(a, "%s/" PF_FMT, sh->prefix, PF_ARG(one->path)),
			       NULL };
	struct pf_strs more = { 0 };
	char text[64];
	int status = 0;

	*PF_PUSH(a, &more) = pf_format(a, "PREFIX=%s", sh->prefix);
	*PF_PUSH(a, &more) = pf_format(a, "ROOT_PREFIX=%s", sh->prefix);
	*PF_PUSH(a, &more) = pf_format(a, "PKG_NAME=" PF_FMT, PF_ARG(r->name));
	*PF_PUSH(a, &more) = pf_format(a, "PKG_VERSION=" PF_FMT, PF_ARG(r->version));
	*PF_PUSH(a, &more) =
		pf_format(a, "PKG_BUILDNUM=%llu", (unsigned long long)r->build_number);
	if (run(NULL, &status, sh, argv, environment_of(a, sh, &more), err) < 0)
		return -1;
	if (status)
		return pf_fail(err, PF_EIO, "the script " PF_FMT " of " PF_FMT " failed (%s)",
			       PF_ARG(one->path), PF_ARG(r->name),
			       pf_status_text(text, sizeof(text), status));
	return 0;
}

/* What they have to say lies in .messages.txt. */
static void tell_messages(int dir)
{
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	struct pf_err ignored;

	if (pf_read_file(&text, dir, ".messages.txt", &ignored) == 0 && text.n)
		pf_note(PF_FMT, PF_ARG(pf_shown(pf_str_trim(pf_buf_view(&text)))));
	(void)unlinkat(dir, ".messages.txt", 0);
}

static void tell_not_run(const struct pf_conda_scripts *s)
{
	PF_AUTO(buf) names = PF_BUF(PF_KIB(64));

	for (size_t i = 0; i < s->post_link.n; i++)
		pf_buf_printf(&names, "%s" PF_FMT, i ? ", " : "",
			      PF_ARG(s->post_link.v[i].package->record.name));
	pf_note("not run: what " PF_FMT " would run now that it is linked (see --allow-scripts)",
		PF_ARG(pf_shown(pf_buf_view(&names))));
}

/* They may change what packages brought: here it is nobody else's, and protected again later. */
static int open_files(const struct pf_found_list *list, int dir, struct pf_err *err)
{
	for (size_t i = 0; i < list->files.n; i++) {
		const struct pf_found *f = &list->files.v[i];

		if (S_ISREG(f->mode) &&
		    fchmodat(dir, f->path.p, f->mode & 0111 ? 0755 : 0644, 0) < 0)
			return pf_fail_errno(err, "cannot open " PF_FMT, PF_ARG(f->path));
	}
	return 0;
}

/* Where texts name the place of now, they are to name the one of later. */
static int relist(struct pf_found_list *list, const struct pf_conda_scripts *s,
		  const struct shell *sh, struct pf_err *err)
{
	PF_AUTO(found_list) all = { 0 };

	if (sh->prefix == s->path &&
	    pf_seal(s->dir, s->path, s->final, pf_formatz(&s->w->arena, "%s/bin/python", s->final),
		    err) < 0)
		return -1;
	if (pf_walk(&all, s->dir, err) < 0)
		return -1;
	pf_found_list_free(list);
	*list = PF_TAKE(all);
	return 0;
}

static int run_all_post_link(struct pf_found_list *list, struct pf_conda_scripts *s,
			     struct pf_err *err)
{
	struct shell sh;

	if (!s->post_link.n)
		return 0;
	if (!s->o->allow_scripts) {
		tell_not_run(s);
		return 0;
	}
	if (open_shell(&sh, s, true, err) < 0 || open_files(list, s->dir, err) < 0)
		return -1;
	if (sh.confine.how != PF_CONFINED)
		pf_note("the kernel confines no scripts here: those of packages %s",
			sh.confine.how == PF_CONFINED_WRITES ? "may read all that you may"
							     : "may do all that you may");
	for (size_t i = 0; i < s->post_link.n; i++)
		if (run_post_link(&sh, s, &s->post_link.v[i], err) < 0)
			return -1;
	tell_messages(s->dir);
	return relist(list, s, &sh, err);
}

/* ---- activation ---- */

struct activation {
	struct pf_map set;	/* names to struct pf_str; of NULL: it is not set after all */
	struct pf_str path;	/* what came in front of PATH */
};

static void set(struct activation *x, struct pf_arena *a, struct pf_str name, struct pf_str value)
{
	struct pf_str *v = pf_alloc(a, sizeof(*v));

	*v = value;
	*pf_map_put(a, &x->set, name) = v;
}

static struct pf_str value_of(const struct activation *x, size_t i)
{
	return *(const struct pf_str *)x->set.entries.v[i].value;
}

/* Of the shell's own, or ours. */
static bool is_own(struct pf_str name)
{
	static const char *const names[] = {
		"PWD", "OLDPWD", "SHLVL", "_", "HOME", "TMPDIR", "CONDA_PREFIX",
		"CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER", "CONDA_SHLVL",
		/* bash lets nobody set them */
		"UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO", NULL
	};

	return pf_str_in(name, names) || pf_str_starts(name, "BASH_FUNC_");
}

static void tell_of_path(void)
{
	pf_warn("a package replaces PATH when it is activated: that is left out");
}

/* {"NAME": "value"} */
static int read_variables(struct activation *x, struct pf_conda_scripts *s, struct pf_str path,
			  struct pf_err *err)
{
	struct pf_arena *a = &s->w->arena;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *doc = NULL;

	if (pf_read_file(&text, s->dir, pf_dupz(a, path), err) < 0)
		return -1;
	if (pf_json_parse(&doc, a, pf_dup(a, pf_buf_view(&text)), err) < 0 ||
	    doc->kind != PF_NODE_MAP) {
		pf_warn(PF_FMT " is malformed: it is left out", PF_ARG(path));
		return 0;
	}
	for (size_t i = 0; i < doc->n; i++) {
		const struct pf_node *n = &doc->v[i];

		if (!pf_node_is_scalar(n) || !n->key.n || pf_str_find(n->key, '=') != PF_NPOS ||
		    strlen(n->key.p) != n->key.n || strlen(n->text.p) != n->text.n ||
		    is_own(n->key))
			continue;
		if (pf_str_is(n->key, "PATH"))
			tell_of_path();
		else
			set(x, a, n->key,
			    pf_str_is(n->text, PF_CONDA_UNSET) ? (struct pf_str){ 0 } : n->text);
	}
	return 0;
}

/* "A:B:" in front of what PATH was. */
static void take_path(struct activation *x, struct pf_str now, struct pf_str before)
{
	size_t at = now.n - before.n;

	if (now.n > before.n && pf_str_eq(pf_str_skip(now, at), before) && now.p[at - 1] == ':')
		x->path = pf_str_cut(now, 0, at - 1);
	else if (!pf_str_eq(now, before))
		tell_of_path();
}

static void take_environment(struct activation *x, struct pf_arena *a, struct pf_str text,
			     char **before)
{
	struct pf_str one;

	while (text.n && pf_str_next(&text, '\0', &one)) {
		struct pf_str name = pf_str_cut(one, 0, pf_str_find(one, '='));
		bool same = false;

		for (char **p = before; *p; p++) {
			struct pf_str old = pf_s(*p);

			same |= pf_str_eq(old, one);
			if (pf_str_is(name, "PATH") && pf_str_starts(old, "PATH="))
				take_path(x, pf_str_skip(one, 5), pf_str_skip(old, 5));
		}
		if (!same && name.n && name.n < one.n && !pf_str_is(name, "PATH") && !is_own(name))
			set(x, a, name, pf_str_skip(one, name.n + 1));
	}
}

/* In the order of their names, as conda reads them; the last word is the environment's, which is
 * all that is taken of it. */
static const char SCRIPT[] = "for script in \"$CONDA_PREFIX\"/" ACTIVATE_D "*.sh\n"
			     "do\n"
			     "    . \"$script\" >&2\n"
			     "done\n"
			     "exec /usr/bin/env -0\n";

/* As strictly as it can be started. */
static int run_confined(struct pf_buf *out, int *status, char ***env, struct pf_conda_scripts *s,
			const struct pf_strs *more, struct pf_err *err)
{
	const char *argv[] = { "sh", "-c", SCRIPT, NULL };
	struct shell sh;

	if (open_shell(&sh, s, false, err) < 0)
		return -1;
	for (;; sh.confine.how--) {
		sh.prefix = prefix_of(&sh, s);
		*env = environment_of(&s->w->arena, &sh, more);
		if (run(out, status, &sh, argv, *env, err) == 0)
			return 0;
		if (err->code != PF_EIO || sh.confine.how == PF_CONFINED_NOT)
			return -1;
		*err = (struct pf_err){ 0 };
	}
}

static int run_activation(struct activation *x, struct pf_conda_scripts *s, struct pf_err *err)
{
	struct pf_arena *a = &s->w->arena;
	PF_AUTO(buf) out = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_strs more = { 0 };
	char **before, text[64];
	int status = 0;

	for (size_t i = 0; i < x->set.entries.n; i++)
		if (value_of(x, i).p)
			*PF_PUSH(a, &more) =
				pf_format(a, PF_FMT "=" PF_FMT, PF_ARG(x->set.entries.v[i].key),
					  PF_ARG(value_of(x, i)));
	if (run_confined(&out, &status, &before, s, &more, err) < 0)
		return -1;
	if (status || !out.n) {
		pf_warn("the scripts that activate the environment fail (%s): it goes without them",
			pf_status_text(text, sizeof(text), status));
		return 0;
	}
	take_environment(x, a, pf_dup(a, pf_buf_view(&out)), before);
	return 0;
}

/* Of paths that are those of now. */
static struct pf_str settle(struct pf_conda_scripts *s, struct pf_str value)
{
	PF_AUTO(buf) out = PF_BUF(PF_MAX_TEXT_FILE);

	(void)pf_seal_text(&out, value, s->path, s->final);
	return pf_dup(&s->w->arena, pf_buf_view(&out));
}

/* {"schema":"pyfunc-env/1","kind":"activation","path":"/x/y","set":{"NAME":"value"}} */
static int write_activation(struct pf_found_list *list, struct activation *x,
			    struct pf_conda_scripts *s, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_json_out w = { .buf = &text };

	pf_json_begin(&w, "activation");
	if (x->path.n)
		pf_json_field(&w, "path", settle(s, x->path));
	pf_json_key(&w, "set");
	pf_json_open(&w, '{');
	for (size_t i = 0; i < x->set.entries.n; i++)
		if (value_of(x, i).p)
			pf_json_field(&w, x->set.entries.v[i].key.p, settle(s, value_of(x, i)));
	pf_json_close(&w, '}');
	pf_json_close(&w, '}');
	pf_buf_char(&text, '\n');
	if (pf_buf_check(&text, PF_ENV_ACTIVATION, err) < 0 ||
	    pf_write_atomic(s->dir, PF_ENV_ACTIVATION, pf_buf_view(&text), 0444, err) < 0)
		return -1;
	*PF_PUSH(&list->arena, &list->files) = (struct pf_found){
		.path = PF_S(PF_ENV_ACTIVATION), .mode = S_IFREG | 0444, .size = text.n };
	return 0;
}

static int activate(struct pf_found_list *list, struct pf_conda_scripts *s, struct pf_err *err)
{
	struct activation x = { 0 };

	pf_strs_sort(&s->variables);
	for (size_t i = 0; i < s->variables.n; i++)
		if (read_variables(&x, s, s->variables.v[i], err) < 0)
			return -1;
	if (s->activates && run_activation(&x, s, err) < 0)
		return -1;
	return x.set.entries.n || x.path.n ? write_activation(list, &x, s, err) : 0;
}

int pf_conda_scripts_run(struct pf_found_list *list, struct pf_conda_scripts *s,
			 struct pf_err *err)
{
	return run_all_post_link(list, s, err) < 0 ? -1 : activate(list, s, err);
}
