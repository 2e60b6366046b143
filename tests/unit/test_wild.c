/* test_wild.c - directories of the acceptance data: real models and hostile ones, each in a process */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/proc.h"
#include "model/model.h"

#if defined(__SANITIZE_ADDRESS__)
#define MEASURED false
#elif defined(__has_feature)
#define MEASURED !__has_feature(address_sanitizer)
#else
#define MEASURED true
#endif

#define MAX_CPU_MS 200
#define MAX_RSS_KIB (32 << 10)

static const char skipped[] = "skipped: PYFUNC_ENV_ACCEPTANCE names no folder\n";

/* Loads and judges a directory in a process of its own: 0, or the error's code. */
static int judge(const char *name, const char *dir, bool allow)
{
	struct pf_err err = { 0 };
	struct rusage used;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct pf_model m = { .root = -1 };
		int rc = pf_model_load(&m, dir, &err);

		if (rc == 0 && allow)
			rc = pf_model_allow(&m, false, false, &err);
		pf_model_free(&m);
		_exit(rc < 0 ? err.code : 0);
	}
	assert_int_equal(wait4(pid, &status, 0, &used), pid);
	if (!WIFEXITED(status))
		fail_msg("%s: ended by signal %d", name, WTERMSIG(status));
	if (MEASURED && used.ru_maxrss > MAX_RSS_KIB)
		fail_msg("%s: %ld KiB", name, used.ru_maxrss);
	if (MEASURED && used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000 > MAX_CPU_MS)
		fail_msg("%s: too slow", name);
	return WEXITSTATUS(status);
}

/* ---- real models ---- */

/* Those that are none: a script, a pickle, and MLmodel files without python_function. */
static const char *const no_models[] = { "067", "089", "092", "094", "118", "152", NULL };

static size_t load_all(const char *base, const char *below, size_t *refused)
{
	DIR *d = opendir(base);
	struct dirent *e;
	size_t count = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		struct pf_arena a = { 0 };
		char *dir = pf_formatz(&a, "%s/%s%s", base, e->d_name, below);

		if (e->d_name[0] != '.' && pf_is_dir(dir)) {
			int code = judge(dir, dir, false);
			int want = pf_str_in(pf_s(e->d_name), no_models) ? PF_EMODEL : PF_OK;

			if (code != want)
				fail_msg("%s: %d instead of %d", dir, code, want);
			count++;
			*refused += code != PF_OK;
		}
		pf_arena_free(&a);
	}
	closedir(d);
	return count;
}

static void real_models_are_read(void **state)
{
	struct pf_arena a = { 0 };
	const char *wild = unit_acceptance(&a, "wild"), *models = unit_acceptance(&a, "models");
	size_t refused = 0, count;

	(void)state;
	if (!wild) {
		print_message(skipped);
		skip();
	}
	count = load_all(wild, "", &refused) + load_all(models, "/model", &refused);
	print_message("%zu models: %zu read, %zu refused\n", count, count - refused, refused);
	assert_true(count > 100);
	assert_int_equal(refused, 6);
	pf_arena_free(&a);
}

/* ---- hostile ones ---- */

#define FLAVOR "flavors:\n  python_function:\n    loader_module: m\n"

/* Where the interface decides otherwise than the list, or another stage does. */
static const struct {
	const char *id;
	int code;
} decided[] = {
	{ "conda_yaml/no-python", PF_OK },	/* a note; which Python is not this stage's question */
	{ "conda_yaml/python-future", PF_OK },	/* looked for, and not found, later */
	{ "python_env/python-missing", PF_OK }, /* python_version of MLmodel counts */
};

/* Writes two groups of the list and its index to a folder. */
static const char generator[] =
	"import importlib.util, sys\n"
	"spec = importlib.util.spec_from_file_location('hostile', sys.argv[1])\n"
	"m = importlib.util.module_from_spec(spec)\n"
	"spec.loader.exec_module(m)\n"
	"m.OUT = sys.argv[2]\n"
	"m.gen_yaml(); m.gen_requirements()\n"
	"with open(m.OUT + '/index.tsv', 'w') as f:\n"
	"    print('id\\tpath\\texpect\\texit', file=f)\n"
	"    for r in m.ROWS:\n"
	"        print(r['id'], r['path'], r['expect'], r['exit'], sep='\\t', file=f)\n";

static void generate(struct pf_arena *a, const char *script, const char *dir)
{
	char *python = pf_which(a, "python3");
	char *argv[] = { "python3", "-c", (char *)generator, (char *)script, (char *)dir, NULL };
	struct pf_spawn what = { .path = python, .argv = argv, .in = -1, .out = -1, .err = STDERR_FILENO };
	struct pf_err err = { 0 };
	int status = -1;

	if (!python)
		fail_msg("no python3 to make the hostile files");
	if (pf_proc_capture(NULL, &what, STDERR_FILENO, 120, &status, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(status, 0);
}

static int wanted_code(struct pf_str id, struct pf_str exit_status)
{
	uint64_t code;

	for (size_t i = 0; i < PF_COUNT(decided); i++)
		if (pf_str_is(id, decided[i].id))
			return decided[i].code;
	assert_true(pf_str_u64(exit_status, &code));
	return (int)code;
}

/* One hostile file, among sound ones where it needs them. */
static void hostile_row(const struct unit_row *r, void *ctx)
{
	struct pf_arena a = { 0 };
	struct pf_buf text = PF_BUF((size_t)64 << 20);
	const char *from = pf_join(&a, ctx, r->v[1]);
	struct pf_err err = { 0 };
	char dir[FOLDER_SIZE];
	int want = wanted_code(r->v[0], r->v[3]), code;

	assert_int_equal(pf_read_file(&text, AT_FDCWD, from, &err), 0);
	folder_new(dir);
	folder_put(dir, "MLmodel", pf_str_starts(r->v[0], "conda_yaml/") ?
					      PF_S(FLAVOR) :
					      PF_S(FLAVOR "    python_version: 3.11.7\n"));
	folder_put(dir, strrchr(from, '/') + 1, pf_buf_view(&text));
	code = judge(pf_dupz(&a, r->v[0]), dir, true);
	if (code != want)
		fail_msg(PF_FMT ": %d instead of %d", PF_ARG(r->v[0]), code, want);
	folder_remove(dir);
	pf_buf_free(&text);
	pf_arena_free(&a);
}

static void hostile_files_are_judged(void **state)
{
	struct pf_arena a = { 0 };
	const char *script = unit_acceptance(&a, "hostile/make_hostile.py");
	char dir[FOLDER_SIZE];
	size_t count;

	(void)state;
	if (!script) {
		print_message(skipped);
		skip();
	}
	folder_new(dir);
	generate(&a, script, dir);
	count = unit_table(pf_join(&a, dir, PF_S("index.tsv")), hostile_row, dir);
	print_message("%zu hostile and sound files\n", count);
	assert_true(count > 180);
	folder_remove(dir);
	pf_arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_models_are_read),
		cmocka_unit_test(hostile_files_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
