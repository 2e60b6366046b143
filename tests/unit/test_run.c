/* test_run.c - what a model's process may know, and the folder of the runner */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <sys/socket.h>
#include <unistd.h>

#include "run/inside.h"

static const char *value_of(char **environment, const char *name)
{
	size_t n = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
			return *environment + n + 1;
	return NULL;
}

static void variables_are_withheld_unless_passed(void **state)
{
	static const struct {
		const char *name;
		bool kept;
	} rows[] = {
		{ "HOME_SWEET_HOME", true },	 { "PYTHONPATH", false },
		{ "PYTHONSTARTUP", false },	 { "LD_PRELOAD", false },
		{ "LD_LIBRARY_PATH", false },	 { "VIRTUAL_ENV", false },
		{ "CONDA_PREFIX", false },	 { "CONDA_SHLVL", false },
		{ "AWS_ACCESS_KEY_ID", false },	 { "AWS_SECRET_ACCESS_KEY", false },
		{ "MLFLOW_TRACKING_TOKEN", false }, { "MLFLOW_TRACKING_PASSWORD", false },
		{ "MY_SECRETS", false },	 { "SOME_SECRET_KEY", false },
		{ "MLFLOW_TRACKING_URI", true }, { "TOKEN_COUNT", true },
		{ "PASSWORD_FILE", true },	 { "OMP_NUM_THREADS", true },
		{ "PASSED_TOKEN", true },	 { "PIP_INDEX_URL", false },
		{ "UV_DEFAULT_INDEX", false },	 { "PIPELINE", true },
	};
	struct pf_arena a = { 0 };
	struct pf_opts o = { 0 };
	char **environment;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		setenv(rows[i].name, "value", 1);
	*PF_PUSH(&a, &o.pass_env) = PF_S("PASSED_TOKEN");
	environment = pf_run_environment(&a, "/nowhere/bin/python", &o);
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		if ((value_of(environment, rows[i].name) != NULL) != rows[i].kept)
			fail_msg("%s", rows[i].name);
	pf_arena_free(&a);
}

static void threads_are_bounded_unless_somebody_did(void **state)
{
	static const struct {
		unsigned threads;
		const char *ours;	/* a variable of the user's environment ... */
		const char *set;	/* ... and one of --env */
		const char *omp, *blas, *mkl;
	} rows[] = {
		{ 0, NULL, NULL, NULL, NULL, NULL },
		{ 1, NULL, NULL, "1", "1", "1" },
		{ 16, NULL, "OTHER=1", "16", "16", "16" },
		{ 1, "MKL_NUM_THREADS", NULL, NULL, NULL, "3" },
		{ 1, NULL, "OPENBLAS_NUM_THREADS=8", NULL, "8", NULL },
		{ 1, "OMP_THREAD_LIMIT", NULL, NULL, NULL, NULL },
	};

	(void)state;
	unsetenv("OMP_NUM_THREADS");
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_opts o = { .threads = rows[i].threads };
		const char *names[] = { "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS",
					"MKL_NUM_THREADS" };
		const char *wanted[] = { rows[i].omp, rows[i].blas, rows[i].mkl };
		char **environment;

		if (rows[i].ours)
			setenv(rows[i].ours, "3", 1);
		if (rows[i].set)
			*PF_PUSH(&a, &o.set_env) = pf_s(rows[i].set);
		environment = pf_run_environment(&a, "/nowhere/bin/python", &o);
		for (size_t j = 0; j < PF_COUNT(names); j++) {
			const char *value = value_of(environment, names[j]);

			if (!value != !wanted[j] || (value && strcmp(value, wanted[j]) != 0))
				fail_msg("row %zu: %s is %s", i, names[j], value ? value : "not set");
		}
		if (rows[i].ours)
			unsetenv(rows[i].ours);
		pf_arena_free(&a);
	}
}

static void an_environment_is_activated(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_opts o = { 0 };
	char dir[FOLDER_SIZE], **environment;

	(void)state;
	folder_new(dir);
	setenv("PATH", "/usr/bin", 1);
	setenv("CHANGED", "before", 1);
	*PF_PUSH(&a, &o.set_env) = PF_S("CHANGED=after");
	*PF_PUSH(&a, &o.set_env) = PF_S("NEW=one=two");
	folder_put(dir, "pyvenv.cfg", PF_S(""));
	environment = pf_run_environment(&a, pf_formatz(&a, "%s/bin/python", dir), &o);
	assert_string_equal(value_of(environment, "PATH"), pf_formatz(&a, "%s/bin:/usr/bin", dir));
	assert_string_equal(value_of(environment, "VIRTUAL_ENV"), dir);
	assert_null(value_of(environment, "CONDA_PREFIX"));
	assert_string_equal(value_of(environment, "CHANGED"), "after");
	assert_string_equal(value_of(environment, "NEW"), "one=two");
	folder_remove(dir);
	pf_arena_free(&a);
}

static void a_conda_environment_brings_its_variables(void **state)
{
	static const char vars[] =
		"{\"version\": 1, \"env_vars\": {\"ONE\": \"1 \\u00e9\", \"CHANGED\": \"conda\", "
		"\"GONE\": \"***unset***\", \"PATH\": \"/nowhere\", \"COUNT\": 4, \"\": \"x\"}}";
	struct pf_arena a = { 0 };
	char dir[FOLDER_SIZE], **environment;

	(void)state;
	folder_new(dir);
	setenv("GONE", "the user's", 1);
	setenv("PATH", "/usr/bin", 1);
	folder_put(dir, "conda-meta/state", pf_s(vars));
	environment = pf_run_environment(&a, pf_formatz(&a, "%s/bin/python", dir), NULL);
	assert_string_equal(value_of(environment, "CONDA_PREFIX"), dir);
	assert_string_equal(value_of(environment, "ONE"), "1 \xc3\xa9");
	assert_string_equal(value_of(environment, "CHANGED"), "conda");
	assert_null(value_of(environment, "GONE"));
	assert_string_equal(value_of(environment, "PATH"), pf_formatz(&a, "%s/bin:/usr/bin", dir));
	assert_string_equal(value_of(environment, "COUNT"), "4");
	unsetenv("GONE");
	assert_null(value_of(environment, "VIRTUAL_ENV"));
	folder_remove(dir);
	pf_arena_free(&a);
}

static void use_built_runner(struct pf_arena *a)
{
	const char *build = getenv("BUILDDIR");

	setenv("PYFUNC_ENV_RUNNER_DIR", pf_formatz(a, "%s/.libs", build ? build : "."), 1);
}

static void the_runner_is_found_or_missed(void **state)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };

	(void)state;
	setenv("PYFUNC_ENV_RUNNER_DIR", "/nowhere at all", 1);
	assert_null(pf_run_find(&a, &err));
	assert_int_equal(err.code, PF_EIO);
	assert_string_equal(err.msg, "there is no _pfr.so in /nowhere at all");
	use_built_runner(&a);
	assert_non_null(pf_run_find(&a, &err));
	pf_arena_free(&a);
}

static void an_interpreter_that_is_none_is_told(void **state)
{
	static const struct {
		const char *python;
		int code;
		const char *msg;
	} rows[] = {
		{ "/nowhere/python", PF_EIO, "cannot start /nowhere/python: No such file or directory" },
		{ "/bin/false", PF_ECODE, "the model's process ended without an answer: exit status 1" },
		{ "/bin/true", PF_ECODE, "the model's process ended without an answer: exit status 0" },
	};
	struct pf_load load = { .model_dir = "/", .loader_module = PF_S("x") };
	struct pf_arena a = { 0 };
	struct pf_opts o = { 0 };

	(void)state;
	use_built_runner(&a);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(runner) r = { 0 };
		struct pf_err err = { 0 };
		int rc = pf_runner_start(&r, rows[i].python, &load, &o, &err);

		if (rc == 0)
			rc = pf_runner_wait(&r, 10, &err);
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, rows[i].code);
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(r.proc.pid, 0);
	}
	pf_arena_free(&a);
}

/* A frame of so many bytes, as the runner sends it. */
static void put_frame(struct pf_buf *out, enum pf_frame_kind kind, size_t n)
{
	char *room = pf_buf_room(out, PF_FRAME_HEADER + n);

	assert_non_null(room);
	pf_frame_header(room, kind, n);
	memset(room + PF_FRAME_HEADER, 0, n);
	out->n += PF_FRAME_HEADER + n;
}

static void tells_when_an_answer_is_there(void **state)
{
	static const struct {
		struct {
			enum pf_frame_kind kind;
			size_t n;
		} frames[3];
		int whole;	/* when all has come */
		int part;	/* before the last byte */
	} rows[] = {
		{ { { PF_FRAME_ANSWER, 64 } }, 1, 0 },
		{ { { PF_FRAME_FAILED, 64 } }, 1, 0 },
		{ { { PF_FRAME_SPENT, 32 } }, 0, 0 },
		{ { { PF_FRAME_SPENT, 32 }, { PF_FRAME_ANSWER, 4000 } }, 1, 0 },
		{ { { PF_FRAME_SPENT, 32 }, { PF_FRAME_ANSWER, 4040 } }, -1, -1 },
		{ { { PF_FRAME_ANSWER, 5000 } }, -1, -1 },
		{ { { PF_FRAME_ANSWER, 16 }, { PF_FRAME_ANSWER, 5000 } }, 1, 1 },
		{ { { PF_FRAME_LOADED, 16 } }, -1, 0 },
		{ { { PF_FRAME_PIECE, 16 } }, -1, 0 },
		{ { { 99, 16 } }, -1, -1 },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_buf bytes = PF_BUF(1 << 16);
		struct pf_runner r = { 0 };
		int pair[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		r.fd = pair[0];
		assert_int_equal(pf_runner_ready(&r), 0);
		for (size_t j = 0; j < 3 && rows[i].frames[j].kind; j++)
			put_frame(&bytes, rows[i].frames[j].kind, rows[i].frames[j].n);
		assert_int_equal(write(pair[1], bytes.p, bytes.n - 1), bytes.n - 1);
		if (pf_runner_ready(&r) != rows[i].part)
			fail_msg("row %zu, but for a byte", i);
		assert_int_equal(write(pair[1], bytes.p + bytes.n - 1, 1), 1);
		if (pf_runner_ready(&r) != rows[i].whole)
			fail_msg("row %zu", i);
		close(pair[1]);
		if (pf_runner_ready(&r) != (rows[i].whole ? rows[i].whole : -1))
			fail_msg("row %zu, at the end", i);
		close(pair[0]);
		pf_buf_free(&bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(variables_are_withheld_unless_passed),
		cmocka_unit_test(threads_are_bounded_unless_somebody_did),
		cmocka_unit_test(an_environment_is_activated),
		cmocka_unit_test(a_conda_environment_brings_its_variables),
		cmocka_unit_test(the_runner_is_found_or_missed),
		cmocka_unit_test(tells_when_an_answer_is_there),
		cmocka_unit_test(an_interpreter_that_is_none_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
