/* test_artifact.c - folders of artifacts, what is passed over, and what scan prints */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/check.h"

#include <sys/stat.h>

#include "base/proc.h"
#include "folder.h"
#include "names.h"

#define SYSTEM "cos\nsystem\n(S'true'\ntR."
#define COUNTER "\x80\x02" "ccollections\nCounter\n)R."

static const struct {
	const char *path;
	struct pf_str bytes;
} FILES[] = {
	{ "MLmodel", PF_S("flavors:\n") },
	{ "model.pkl", PF_S(COUNTER) },
	{ "data/one.bin", PF_S(COUNTER) },
	{ "data/two.bin", PF_S("anything") },
	{ "data/words.csv", PF_S("a,b\n") },
	{ "data/deep/three.pickle", PF_S(SYSTEM) },
	{ "code/helper.py", PF_S("import os, own.part\nfrom . import c\ndef f():\n  from a.b import *\n") },
	{ "code/own/__init__.py", PF_S("import helper\nimport \xff\n") },
	{ "code/own/bad.py", PF_S("import z\n'''\n") },
	{ "code/own/part.txt", PF_S("import y\n") },
	{ "code/__pycache__/helper.pyc", PF_S("x") },
	{ "code/words", PF_S("cement\nwater\n") },
	{ "other/hidden", PF_S(COUNTER) },
	{ "other/hidden.pkl", PF_S("no pickle") },
};

static int set_up(void **state)
{
	if (folder_set_up(state) < 0)
		return -1;
	for (size_t i = 0; i < PF_COUNT(FILES); i++)
		folder_put(folder_path, FILES[i].path, FILES[i].bytes);
	assert_int_equal(symlinkat("/etc", folder_fd, "data/link"), 0);
	assert_int_equal(symlinkat("..", folder_fd, "data/up"), 0);
	return 0;
}

static void expect_list(const struct pf_strs *list, const char *wanted)
{
	PF_AUTO(buf) out = PF_BUF(65536);

	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(&out, "%s" PF_FMT, i ? "\n" : "", PF_ARG(list->v[i]));
	assert_string_equal(out.p ? out.p : "", wanted);
}

static void folders(void **state)
{
	struct pf_artifact a = PF_ARTIFACT_INIT;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_artifact_read(&a, folder_fd, "data/", &err), 0);
	expect_list(&a.read, "data/one.bin\ndata/deep/three.pickle");
	expect_list(&a.unread,
		    "data/link: leads out of its directory\n"
		    "data/two.bin: neither a pickle nor a skops file\n"
		    "data/up: is not a regular file");
	assert_int_equal(a.trouble, PF_EMODEL);
	pf_artifact_read_rest(&a, folder_fd);
	expect_list(&a.read, "data/one.bin\ndata/deep/three.pickle\nmodel.pkl\nother/hidden");
	assert_int_equal(a.pickle_protocol, 2);
	assert_int_equal(a.names.n, 4);
	pf_artifact_free(&a);
	assert_int_equal(pf_artifact_read(&a, folder_fd, "../etc/passwd", &err), -1);
	assert_int_equal(err.code, PF_EMODEL);
	pf_artifact_free(&a);
}

static struct pf_artifact scanned(struct pf_model *m)
{
	struct pf_artifact a;

	m->root = folder_fd;
	m->model_path = PF_S("model.pkl");
	m->data = PF_S("data");
	m->code = PF_S("code/");
	pf_artifact_of_model(&a, m);
	return a;
}

static void scan(void **state)
{
	struct pf_model m = { 0 };
	struct pf_artifact a = scanned(&m);
	PF_AUTO(buf) text = PF_BUF(65536);
	PF_AUTO(buf) json = PF_BUF(65536);

	(void)state;
	a.unread.n = 1;
	pf_scan_text(&text, &a);
	assert_int_equal(a.hidden.n, 0);
	assert_string_equal(
		text.p,
		"model.pkl names\n  collections.Counter\ndata/one.bin names\n  collections.Counter\n"
		"data/deep/three.pickle names\n! os.system   (runs code)\n"
		"other/hidden names\n  collections.Counter\n"
		"code/helper.py imports, by line\n     1: os\n"
		"     4: a.b.*   (in a function, a branch or a try)\n"
		"code/own/__init__.py imports, by line\n     2: \\xff\n"
		"code/own/bad.py imports, by line\n     1: z\n"
		"NOT READ data/link: leads out of its directory\n"
		"4 names in 4 files, 1 that runs code; 1 file not read\n"
		"4 imports in 2 sources of the model's own code, which runs when it is loaded\n"
		"pickle protocol 2 (model.pkl)\n"
		"Loading a model runs its code. This is what its files name, not what they do with it.\n");
	a.names.n = 1;
	a.imports.n = 2;
	pf_scan_json(&json, &a, "m");
	assert_string_equal(
		json.p,
		"{\"schema\":\"pyfunc-env/1\",\"kind\":\"scan\",\"model\":\"m\",\"names\":[{\"file\":\"model.pkl\","
		"\"module\":\"collections\",\"name\":\"Counter\",\"runs_code\":false}],\"imports\":["
		"{\"file\":\"code/helper.py\",\"line\":1,\"module\":\"os\",\"name\":null,\"sure\":true},"
		"{\"file\":\"code/helper.py\",\"line\":4,\"module\":\"a.b\",\"name\":\"*\",\"sure\":false}],"
		"\"read\":[\"model.pkl\","
		"\"data/one.bin\",\"data/deep/three.pickle\",\"other/hidden\"],"
		"\"code\":[\"code/helper.py\",\"code/own/__init__.py\"],\"unread\":[\"data/link: leads out "
		"of its directory\"],\"pickle_protocol\":2,\"code_by_value\":false}\n");
	pf_artifact_free(&a);
}

/* The hostile group: what may not be loaded without a look is flagged, or told as unread. */
static void one_hostile(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_artifact found = PF_ARTIFACT_INIT;
	struct pf_err err;
	const char *dir = ctx;
	bool told;
	PF_FD(fd) = -1;

	if (!pf_str_is(r->v[1], "pickle"))
		return;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pf_artifact_read(&found, fd, pf_dupz(&a, r->v[2]), &err) < 0)
		fail_msg("%s", err.msg);
	told = found.unread.n > 0;
	for (size_t i = 0; i < found.names.n; i++)
		told |= found.names.v[i].runs_code;
	if (told != pf_str_is(r->v[3], "reject"))
		fail_msg(PF_FMT ": %s", PF_ARG(r->v[0]), told ? "flagged" : "passed in silence");
	pf_artifact_free(&found);
}

/* Makes the hostile inputs where the acceptance data is; returns their folder. */
static const char *make_hostile(struct pf_arena *a, const char *script)
{
	char *dir = pf_formatz(a, "%s/hostile", folder_path), *python = pf_which(a, "python3");
	char *argv[] = { "python3", pf_dupz(a, pf_s(script)), dir, NULL };
	struct pf_spawn what = { .path = python, .argv = argv, .in = -1, .out = -1, .err = -1 };
	struct pf_err err;
	int status;

	if (pf_proc_capture(NULL, &what, -1, 300, &status, &err) < 0)
		fail_msg("%s", err.msg);
	assert_int_equal(status, 0);
	return dir;
}

static void hostile(void **state)
{
	PF_AUTO(arena) a = { 0 };
	const char *script = unit_acceptance(&a, "hostile/make_hostile.py"), *dir;

	(void)state;
	if (!script) {
		print_message("skipped: PYFUNC_ENV_ACCEPTANCE names no folder\n");
		skip();
	}
	dir = make_hostile(&a, script);
	assert_true(unit_table(pf_formatz(&a, "%s/index.tsv", dir), one_hostile, (void *)dir) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders),
		cmocka_unit_test(scan),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, set_up, folder_tear_down);
}
