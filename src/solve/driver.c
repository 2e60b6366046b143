/* driver.c - drivers found, given a clean environment, and run */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/driver.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"

extern char **environ;

void pf_driver_free(struct pf_driver *d)
{
	pf_indexes_free(&d->indexes);
	pf_arena_free(&d->arena);
	memset(d, 0, sizeof(*d));
}

/* ---- the environment ---- */

/* Patterns of pf_str_fits. Dropped, unless KEPT says otherwise. */
static const char *const dropped[] = {
	"PYTHON*", "VIRTUAL_ENV*", "CONDA_*", "_CONDA_*", "_CE_*", "LD_*", "PIP_*", "UV_*", "PYENV_VERSION",
	"SSL_CERT_FILE", "AWS_*", "MLFLOW_*", "VIRTUALENV_*", "__PYVENV_LAUNCHER__", "PIPX_*",
	"PDM_*", "POETRY_*", "DYLD_*", "TWINE_*",
};
static const char *const kept[] = {
	"PIP_CLIENT_CERT", "PIP_PROXY", "PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT",
	"PIP_CONFIG_FILE", "PIP_CACHE_DIR", "PIP_NO_CACHE_DIR", "PIP_KEYRING_PROVIDER",
	"PIP_PREFER_BINARY", "PIP_ONLY_BINARY", "PIP_NO_BINARY",
	"UV_CACHE_DIR", "UV_NO_CACHE", "UV_INDEX_*", "UV_KEYRING_PROVIDER", "UV_HTTP_*",
	"UV_REQUEST_TIMEOUT", "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_CONCURRENT_*",
	"UV_NO_BUILD", "UV_NO_BINARY",
};
/* For conda's kin: its settings, and nothing of an environment that is active. */
static const char *const conda_kept[] = { "CONDA_*", "CONDARC", "MAMBA_*", "MAMBARC" };
static const char *const conda_dropped[] = {
	"CONDA_PREFIX*", "CONDA_SHLVL", "CONDA_DEFAULT_ENV", "CONDA_PROMPT_MODIFIER",
	"CONDA_EXE", "CONDA_PYTHON_EXE", "CONDA_ENV_*", "MAMBA_EXE", "MAMBA_DEFAULT_ENV",
};
/* A build runs a stranger's code: secrets that no index needs stay here. */
static const char *const secret[] = { "*_TOKEN", "*_PASSWORD", "*_SECRET*", "*_API_KEY" };

static bool is_named(struct pf_str name, const char *const *patterns, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (pf_str_fits(name, patterns[i]))
			return true;
	return false;
}

static bool is_passed_on(struct pf_str name, const struct pf_driver *d)
{
	if (d && d->kind == PF_DRIVER_CONDA &&
	    is_named(name, conda_kept, PF_COUNT(conda_kept)))
		return !is_named(name, conda_dropped, PF_COUNT(conda_dropped)) &&
		       !is_named(name, secret, PF_COUNT(secret));
	if (is_named(name, kept, PF_COUNT(kept)))
		return !pf_str_is(name, "UV_INDEX_URL") && !pf_str_is(name, "UV_INDEX_STRATEGY");
	return !is_named(name, dropped, PF_COUNT(dropped)) &&
	       !is_named(name, secret, PF_COUNT(secret));
}

struct envp {
	struct pf_arena *arena;
	PF_VEC(char *) v;
};

/* The name's one value, whatever was passed on. */
static void set(struct envp *e, const char *name, struct pf_str value)
{
	char *text = pf_formatz(e->arena, "%s=" PF_FMT, name, PF_ARG(value));
	size_t i = 0, n = strlen(name) + 1;

	while (i < e->v.n && strncmp(e->v.v[i], text, n) != 0)
		i++;
	if (i == e->v.n)
		*PF_PUSH(e->arena, &e->v) = NULL;
	e->v.v[i] = text;
}

static void set_number(struct envp *e, const char *name, unsigned value)
{
	set(e, name, pf_format(e->arena, "%u", value));
}

/* PATH without the folders of an outer environment: its programs are not ours. */
static void set_path(struct envp *e)
{
	static const char *const outer[] = { "VIRTUAL_ENV", "CONDA_PREFIX" };
	struct pf_buf path = PF_BUF(PF_MIB(1));
	struct pf_str rest = pf_s(getenv("PATH")), dir;

	while (pf_str_next(&rest, ':', &dir)) {
		bool skip = !pf_str_starts(dir, "/") || pf_str_ends(dir, "/shims");

		for (size_t i = 0; i < PF_COUNT(outer); i++) {
			struct pf_str prefix = pf_s(getenv(outer[i]));

			skip |= prefix.n && pf_str_starts(dir, prefix.p) &&
				pf_str_is(pf_str_skip(dir, prefix.n), "/bin");
		}
		if (skip)
			continue;
		if (path.n)
			pf_buf_char(&path, ':');
		pf_buf_str(&path, dir);
	}
	set(e, "PATH", path.n ? pf_buf_view(&path) : PF_S("/usr/bin:/bin"));
	pf_buf_free(&path);
}

static void set_list(struct envp *e, const char *name, const struct pf_strs *list, char sep,
		     bool bare)
{
	struct pf_buf b = PF_BUF(PF_MIB(1));

	for (size_t i = 0; i < list->n; i++) {
		if (i)
			pf_buf_char(&b, sep);
		pf_buf_str(&b, bare ? pf_index_url_bare(list->v[i]) : list->v[i]);
	}
	if (b.n)
		set(e, name, pf_buf_view(&b));
	pf_buf_free(&b);
}

static void set_uv(struct envp *e, const struct pf_indexes *x)
{
	if (x->index.n)
		set(e, "UV_DEFAULT_INDEX", x->index);
	set_list(e, "UV_INDEX", &x->extra, ' ', false);
	set_list(e, "UV_FIND_LINKS", &x->find_links, ',', false);
	set_list(e, "UV_INSECURE_HOST", &x->net.trusted, ' ', false);
	if (x->pre)
		set(e, "UV_PRERELEASE", x->pre == PF_PRE_ALLOW ? PF_S("allow") : PF_S("disallow"));
	if (x->net.wait)
		set_number(e, "UV_HTTP_TIMEOUT", x->net.wait);
	if (x->net.tries)
		set_number(e, "UV_HTTP_RETRIES", x->net.tries - 1);
	if (x->net.proxy)
		set(e, "ALL_PROXY", pf_s(x->net.proxy));
	if (x->net.client_cert)
		set(e, "SSL_CLIENT_CERT", pf_s(x->net.client_cert));
	set(e, "UV_NO_CONFIG", PF_S("1"));
	set(e, "UV_PYTHON_DOWNLOADS", PF_S("never"));
	set(e, "UV_NO_PROGRESS", PF_S("1"));
}

static void set_pip(struct envp *e, const struct pf_indexes *x, bool offline)
{
	/* Without a second try pip says nothing of a dead index, only that nothing is to be
	 * found. */
	if (x->net.tries)
		set_number(e, "PIP_RETRIES", x->net.tries > 1 ? x->net.tries - 1 : 1);
	if (x->net.wait)
		set_number(e, "PIP_TIMEOUT", x->net.wait);
	if (x->net.proxy)
		set(e, "PIP_PROXY", pf_s(x->net.proxy));
	if (x->net.client_cert)
		set(e, "PIP_CLIENT_CERT", pf_s(x->net.client_cert));
	if (x->pre == PF_PRE_ALLOW)
		set(e, "PIP_PRE", PF_S("1"));
	if (x->index.n)
		set(e, "PIP_INDEX_URL", pf_index_url_bare(x->index));
	set_list(e, "PIP_EXTRA_INDEX_URL", &x->extra, ' ', true);
	set_list(e, "PIP_FIND_LINKS", &x->find_links, ' ', false);
	set_list(e, "PIP_TRUSTED_HOST", &x->net.trusted, ' ', false);
	if (x->no_index || offline)
		set(e, "PIP_NO_INDEX", PF_S("1"));
	if (x->net.cert)
		set(e, "PIP_CERT", pf_s(x->net.cert));
	set(e, "PIP_NO_INPUT", PF_S("1"));
	set(e, "PIP_USER", PF_S("0"));
	set(e, "PIP_DISABLE_PIP_VERSION_CHECK", PF_S("1"));
	set(e, "PIP_NO_PYTHON_VERSION_WARNING", PF_S("1"));
}

/* Files of their own, since they are protected here and links would protect those of the program's
 * cache; the folder is not where the environment stays, and nothing is asked. */
static void set_conda(struct envp *e)
{
	static const char *const settings[][2] = {
		{ "ALWAYS_COPY", "true" },   { "ALWAYS_YES", "true" },
		{ "REGISTER_ENVS", "false" }, { "REPORT_ERRORS", "false" },
		{ "NO_BANNER", "1" },	     { "NOTIFY_OUTDATED_CONDA", "false" },
	};

	for (size_t i = 0; i < PF_COUNT(settings); i++) {
		set(e, pf_formatz(e->arena, "CONDA_%s", settings[i][0]), pf_s(settings[i][1]));
		set(e, pf_formatz(e->arena, "MAMBA_%s", settings[i][0]), pf_s(settings[i][1]));
	}
}

char **pf_driver_environment(struct pf_arena *a, const struct pf_driver *d, const struct pf_opts *o)
{
	struct envp e = { .arena = a };
	const char *cert = d ? d->indexes.net.cert : getenv("SSL_CERT_FILE");

	for (char **p = environ; *p; p++) {
		struct pf_str name = pf_str_cut(pf_s(*p), 0, pf_str_find(pf_s(*p), '='));

		if (!pf_str_is(name, "PATH") && is_passed_on(name, d))
			*PF_PUSH(a, &e.v) = *p;
	}
	set_path(&e);
	set(&e, "PYTHONNOUSERSITE", PF_S("1"));
	if (cert)
		set(&e, "SSL_CERT_FILE", pf_s(cert));
	if (d && d->kind == PF_DRIVER_UV)
		set_uv(&e, &d->indexes);
	if (d && d->kind == PF_DRIVER_CONDA)
		set_conda(&e);
	if (d && d->kind == PF_DRIVER_PIP)
		set_pip(&e, &d->indexes, o->offline);
	*PF_PUSH(a, &e.v) = NULL;
	return e.v.v;
}

/* ---- find ---- */

static int find_uv(struct pf_driver *d, struct pf_err *err)
{
	struct pf_buf out = PF_BUF(PF_KIB(64));
	struct pf_str line, text;
	int status = 0, rc;

	d->uv = pf_which(&d->arena, "uv");
	if (!d->uv) {
		pf_fail(err, PF_EIO, "the program uv is not on PATH");
		return pf_hint(err, "install uv, or use --env-manager virtualenv");
	}
	d->kind = PF_DRIVER_UV;
	rc = pf_proc_capture(
		&out,
		&(struct pf_spawn){ .path = d->uv, .argv = (char *[]){ d->uv, "--version", NULL } },
		-1, PF_WAIT_QUERY, &status, err);
	if (rc == 0 && status != 0)
		rc = pf_fail(err, PF_EIO, "%s does not run", d->uv);
	if (rc < 0) {
		pf_buf_free(&out);
		return -1;
	}
	text = pf_buf_view(&out);
	line = PF_S("uv");
	if (pf_str_next_line(&text, &line)) /* "uv 0.13.9 (x86_64-unknown-linux-gnu)" */
		line = pf_str_trim(pf_str_cut(line, 0, pf_str_find(line, '(')));
	d->version = pf_dup(&d->arena, line);
	pf_buf_free(&out);
	return 0;
}

int pf_driver_find(struct pf_driver *out, const struct pf_python *python,
		   const struct pf_needs *needs, struct pf_workdir *w, const struct pf_opts *o,
		   struct pf_err *err)
{
	PF_AUTO(driver) d = { 0 };

	pf_indexes_read(&d.indexes, needs, python, o);
	if (o->env_manager == PF_ENV_CONDA || o->env_manager == PF_ENV_MAMBA) {
		pf_fail(err, PF_EUSAGE, "no conda program resolves what pip needs");
		return pf_hint(err, "use --env-manager uv or virtualenv: packages that only "
				    "conda has are then listed and left out");
	}
	if (o->env_manager == PF_ENV_LOCAL)
		return pf_fail(err, PF_EUSAGE, "the local interpreter needs no environment");
	if (o->env_manager == PF_ENV_UV) {
		if (find_uv(&d, err) < 0)
			return -1;
	} else if (o->env_manager == PF_ENV_VIRTUALENV) {
		if (pf_driver_find_pip(&d, python, w, o, err) < 0)
			return -1;
	} else {
		d.kind = PF_DRIVER_NONE;
		d.version = PF_S("pyfunc-env " PACKAGE_VERSION);
	}
	*out = PF_TAKE(d);
	return 0;
}

/* ---- run ---- */

int pf_driver_line(struct pf_buf *out, struct pf_str line, struct pf_err *err)
{
	for (size_t i = 0; i < line.n; i++)
		if (((unsigned char)line.p[i] < ' ' && line.p[i] != '\t') || line.p[i] == 127)
			return pf_fail(err, PF_EMODEL, "'" PF_FMT "' holds a control character",
				       PF_ARG(pf_shown(line)));
	pf_buf_printf(out, PF_FMT "\n", PF_ARG(line));
	return 0;
}

/* On a full disk not even the log can tell. */
static bool is_full(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && fs.f_blocks &&
	       (fs.f_bavail < PF_KIB(64) / (fs.f_frsize ? fs.f_frsize : 1) ||
		(fs.f_files && !fs.f_favail));
}

static int fail_by_log(struct pf_workdir *w, const char *action, struct pf_err *err)
{
	PF_AUTO(buf) log = PF_BUF(PF_MAX_DRIVER_LOG);
	bool full = is_full(w->path);
	struct pf_err other;

	if (pf_workdir_keep_log(&log, w, &other) < 0 && other.code != PF_ELIMIT)
		return pf_fail(err, PF_EIO, "cannot %s: %s", action, other.msg);
	pf_driver_explain(pf_buf_view(&log), action, err);
	if (full && err->code == PF_ESOLVE)
		pf_fail(err, PF_EIO, "cannot %s: the disk of %s is full", action, w->store);
	if (err->code != PF_ESOLVE)
		pf_log_tail(pf_buf_view(&log));
	if (w->keep_log && !*err->hint)
		pf_hint(err, "the whole log: %s", w->log);
	return -1;
}

static void log_command(int log, const char *const *argv)
{
	dprintf(log, "--");
	for (; *argv; argv++)
		dprintf(log, " %s%s", *argv, argv[1] ? "" : "\n");
}

/* Without `out`, both streams go to the log as they come. */
static int run_logged(struct pf_buf *out, int *status, struct pf_workdir *w,
		      const char *const *argv, char **envp, struct pf_err *err)
{
	PF_FD(log) = open(w->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct pf_spawn what = {
		.path = argv[0], .argv = (char *const *)(const void *)argv, .envp = envp,
		.cwd = w->path, .in = -1, .out = log, .err = log, .new_group = true,
	};
	PF_AUTO(proc) proc = { 0 };
	char text[64];
	int rc;

	if (log < 0)
		return pf_fail_errno(err, "cannot write %s", w->log);
	log_command(log, argv);
	if (out) {
		rc = pf_proc_capture(out, &what, log, PF_WAIT_DRIVER, status, err);
	} else {
		rc = pf_proc_start(&proc, &what, err);
		if (rc == 0)
			rc = pf_proc_wait(&proc, PF_WAIT_DRIVER * 1000, status, err);
		if (rc == 0 && proc.pid)
			rc = pf_fail(err, PF_ELIMIT, "%s took longer than %d s", argv[0],
				     PF_WAIT_DRIVER);
	}
	if (rc < 0)
		return -1;
	if (*status != 0)
		dprintf(log, "-- %s\n", pf_status_text(text, sizeof(text), *status));
	return 0;
}

int pf_driver_run(struct pf_buf *out, struct pf_workdir *w, const char *const *argv, char **envp,
		  const char *action, struct pf_err *err)
{
	int status = 0;

	if (run_logged(out, &status, w, argv, envp, err) < 0)
		return -1;
	return status == 0 ? 0 : fail_by_log(w, action, err);
}

int pf_drive(int *status, struct pf_workdir *w, const char *const *argv, struct pf_err *err)
{
	struct pf_opts none = { 0 };

	return run_logged(NULL, status, w, argv, pf_driver_environment(&w->arena, NULL, &none),
			  err);
}

char **pf_drive_environment(struct pf_arena *a)
{
	struct pf_opts none = { 0 };

	return pf_driver_environment(a, NULL, &none);
}
