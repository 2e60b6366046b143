/* cmd_save.c - save: a model directory written, or copied with another environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "cli/cli.h"
#include "fetch/fetch.h"
#include "proof.h"
#include "save/save.h"

static struct pf_save arguments(const struct pf_args *args, struct pf_arena *a)
{
	struct pf_save s = {
		.path = args->value[PF_OPT_save_dir],
		.loader_module = args->value[PF_OPT_loader_module],
		.data_path = args->value[PF_OPT_data_path],
		.python_model = args->value[PF_OPT_python_model],
		.model_kind = args->value[PF_OPT_model_kind],
		.model_code = args->value[PF_OPT_model_code],
		.mlmodel = args->value[PF_OPT_mlmodel_keys],
		.conda_env = args->value[PF_OPT_conda_env],
		.pip_requirements_file = args->value[PF_OPT_pip_requirements],
		.signature = args->value[PF_OPT_signature],
		.input_example = args->value[PF_OPT_input_example],
		.metadata = args->value[PF_OPT_metadata],
		.model_config = args->value[PF_OPT_model_config],
		.streamable = pf_args_has(args, PF_OPT_streamable),
		.python_version = args->value[PF_OPT_python_version],
	};

	pf_args_list(&s.code_paths, args, a, PF_OPT_code_path);
	pf_args_list(&s.pip_requirements, args, a, PF_OPT_pip_requirement);
	pf_args_list(&s.extra_pip_requirements, args, a, PF_OPT_extra_pip_requirement);
	return s;
}

int pf_cli_print_path(const struct pf_args *args, const char *path, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_KIB(64));
	struct pf_json_out w = { .buf = &text };

	if (pf_args_has(args, PF_OPT_json)) {
		pf_json_begin(&w, args->command);
		pf_json_field(&w, "path", pf_s(path));
		pf_json_close(&w, '}');
	} else {
		pf_buf_cstr(&text, path);
	}
	pf_buf_char(&text, '\n');
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}

/* ---- artifacts ---- */

/* Those that were brought here, until they are copied. */
struct brought {
	struct pf_fetched *v;
	size_t n;
};

static void pf_brought_free(struct brought *b)
{
	for (size_t i = 0; i < b->n; i++)
		pf_fetched_free(&b->v[i]);
}

/* NAME=VALUE, neither of them empty. */
static int cut_pair(const char *name_value[2], struct pf_arena *a, struct pf_str given,
		    const char *form, struct pf_err *err)
{
	size_t eq = pf_str_find(given, '=');

	if (eq == PF_NPOS || !eq || eq + 1 == given.n)
		return pf_fail(err, PF_EUSAGE, "%s, not " PF_FMT, form, PF_ARG(pf_shown(given)));
	name_value[0] = pf_dupz(a, pf_str_cut(given, 0, eq));
	name_value[1] = pf_dupz(a, pf_str_skip(given, eq + 1));
	return 0;
}

/* Where the artifact lies already, or its URI. */
static int find_copy(const char **where, const struct pf_save_artifact *one, struct pf_arena *a,
		     const struct pf_strs *copies, struct pf_err *err)
{
	*where = one->uri;
	for (size_t i = 0; i < copies->n; i++) {
		const char *pair[2];

		if (cut_pair(pair, a, copies->v[i], "--artifact-copy takes NAME=PATH", err) < 0)
			return -1;
		if (strcmp(pair[0], one->name) == 0)
			*where = pair[1];
	}
	return 0;
}

static int bring_one(struct pf_save *s, struct brought *b, struct pf_arena *a, struct pf_str given,
		     const struct pf_strs *copies, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_fetch_opts how = { .store = o->store, .offline = o->offline };
	struct pf_save_artifact one;
	struct pf_fetched *f = &b->v[b->n];
	const char *pair[2], *where;

	if (cut_pair(pair, a, given, "--artifact takes NAME=URI", err) < 0)
		return -1;
	one = (struct pf_save_artifact){ .name = pair[0], .uri = pair[1] };
	if (find_copy(&where, &one, a, copies, err) < 0)
		return -1;
	if (pf_fetch_any(f, where, &how, err) < 0)
		return pf_wrap(err, "the artifact %s", one.name);
	b->n++;
	one.path = f->dir;
	one.as = f->name;
	if (!one.as.n && pf_save_name_of(&one.as, a, f->dir, err) < 0)
		return -1;
	*PF_PUSH(a, &s->artifacts) = one;
	return 0;
}

static int bring_artifacts(struct pf_save *s, struct brought *b, struct pf_arena *a,
			   const struct pf_args *args, const struct pf_opts *o, struct pf_err *err)
{
	struct pf_strs given = { 0 }, copies = { 0 };

	pf_args_list(&given, args, a, PF_OPT_artifact);
	pf_args_list(&copies, args, a, PF_OPT_artifact_copy);
	b->v = pf_alloc_array(a, given.n + 1, sizeof(*b->v));
	for (size_t i = 0; i < given.n; i++)
		if (bring_one(s, b, a, given.v[i], &copies, o, err) < 0)
			return -1;
	return 0;
}

/* ---- before it is put into place ---- */

struct finishing {
	const struct pf_opts *o;
	const char *uv; /* a project that uv manages; NULL: none */
	bool lock, record;
};

static int add_file(const char *dir, const char *name, const struct pf_buf *text,
		    struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	return pf_write_atomic(AT_FDCWD, pf_join(&a, dir, pf_s(name)), pf_buf_view(text), 0644,
			       err);
}

static int record(const char *dir, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(job) job = { 0 };
	PF_AUTO(buf) text = PF_BUF(2 * PF_MAX_ANSWER);
	struct pf_opts here = *o;

	here.env_manager = PF_ENV_LOCAL;
	here.no_bytecode = true; /* of the model's own modules: none was copied */
	if (pf_prepare(&job, dir, &here, err) < 0 ||
	    pf_record_make(&text, &job, &here, 0, err) < 0)
		return -1;
	return add_file(dir, PF_RECORD_FILE, &text, err);
}

/* As MLflow has it: mlflow/utils/uv_utils.py, copy_uv_project_files. */
static int add_uv(const char *dir, const char *project, struct pf_err *err)
{
	static const char *const names[] = { "uv.lock", "pyproject.toml", ".python-version" };

	for (size_t i = 0; i < PF_COUNT(names); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);
		const char *path = pf_join(&a, project, pf_s(names[i]));

		if (i == 2 && access(path, F_OK) < 0)
			break;
		if (pf_read_file(&text, AT_FDCWD, path, err) < 0 ||
		    add_file(dir, names[i], &text, err) < 0)
			return -1;
	}
	return 0;
}

static int finish(void *ctx, const char *dir, struct pf_err *err)
{
	const struct finishing *f = ctx;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LOCK);

	if (f->uv && add_uv(dir, f->uv, err) < 0)
		return pf_wrap(err, "--uv-project");
	if (f->record && record(dir, f->o, err) < 0)
		return pf_wrap(err, "--record");
	if (!f->lock)
		return 0;
	if (pf_lock_training(&text, dir, f->o, err) < 0)
		return -1;
	return add_file(dir, "pylock.toml", &text, err);
}

/* ---- */

/* With --json, what its MLmodel holds, too: for who keeps it in memory. */
static int print(const struct pf_args *args, const char *path, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(2 * PF_MAX_TEXT_FILE);
	PF_AUTO(model) m = { 0 };
	struct pf_json_out w = { .buf = &text };
	PF_AUTO(buf) tree = PF_BUF(PF_MAX_TEXT_FILE);

	if (!pf_args_has(args, PF_OPT_json))
		return pf_cli_print_path(args, path, err);
	if (pf_model_load(&m, path, err) < 0)
		return -1;
	pf_json_as_python(&tree, m.mlmodel, 0);
	pf_json_begin(&w, "save");
	pf_json_field(&w, "path", pf_s(path));
	pf_json_key(&w, "mlmodel");
	pf_json_raw(&w, pf_buf_view(&tree));
	pf_json_close(&w, '}');
	pf_buf_char(&text, '\n');
	return pf_cli_print_stdout(pf_buf_view(&text), err);
}

static int save(const struct pf_save *what, const struct pf_args *args, struct pf_arena *a,
		const struct pf_opts *o, struct pf_err *err)
{
	struct pf_save s = *what;
	__attribute__((cleanup(pf_brought_free))) struct brought artifacts = { 0 };
	struct finishing f = {
		.o = o,
		.uv = args->value[PF_OPT_uv_project],
		.lock = pf_args_has(args, PF_OPT_save_lock),
		.record = pf_args_has(args, PF_OPT_save_record),
	};

	if (f.uv || f.lock || f.record) {
		s.finish = finish;
		s.ctx = &f;
	}
	if (bring_artifacts(&s, &artifacts, a, args, o, err) < 0)
		return -1;
	return pf_save_model(&s, o, err);
}

int pf_cmd_save(const struct pf_args *args, struct pf_err *err)
{
	const char *model = args->value[PF_OPT_mlflow_model];
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(fetched) from = { 0 };
	struct pf_save s = arguments(args, &a);
	struct pf_opts o;

	pf_signals_catch();
	if (args->rest_count)
		return pf_fail(err, PF_EUSAGE, "save takes options alone; there is also %s",
			       args->rest[0]);
	if (!s.path)
		return pf_fail(err, PF_EUSAGE, "save needs -o DIR, the folder to write");
	if (pf_cli_opts(&o, args, &a, err) < 0)
		return -1;
	if (model) {
		struct pf_fetch_opts how = { .store = o.store, .offline = o.offline };

		if (pf_fetch_model(&from, model, &how, err) < 0)
			return -1;
		s.model = from.dir;
	}
	return save(&s, args, &a, &o, err) < 0 ? -1 : print(args, s.path, err);
}
