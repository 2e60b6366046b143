/* test_backend.c - how a source distribution wants to be built, and which of its metadata holds */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "build/backend.h"
#include "build/source.h"

#define SYSTEM "[build-system]\n"
#define LEGACY "setuptools.build_meta:__legacy__"

static void join(struct pf_buf *out, const struct pf_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(out, "%s" PF_FMT, i ? ", " : "", PF_ARG(list->v[i]));
}

/* "BACKEND | REQUIRES | PATH", or the error. */
static const struct {
	const char *text, *expected;
	bool assumed;
} projects[] = {
	{ "", LEGACY " | setuptools>=40.8.0, wheel | ", true },
	{ "[tool.black]\nx = 1\n", LEGACY " | setuptools>=40.8.0, wheel | ", true },
	{ SYSTEM "requires = ['hatchling>=1.0; python_version>\"3\"']\nbuild-backend = 'hatchling.build'\n",
	  "hatchling.build | hatchling>=1.0; python_version>\"3\" | ", false },
	{ SYSTEM "requires = ['Setuptools==50', 'Cython']\n", LEGACY " | Setuptools==50, Cython | ", false },
	{ SYSTEM "requires = ['numpy']\n", LEGACY " | numpy, setuptools>=40.8.0 | ", false },
	{ SYSTEM "requires = []\nbuild-backend = 'a.b:c.d'\nbackend-path = ['x', '.']\n",
	  "a.b:c.d |  | x, .", false },
	{ SYSTEM "build-backend = 'x'\n", "pyproject.toml, line 1: [build-system] has no requires", false },
	{ SYSTEM "requires = 'x'\n", "pyproject.toml, line 2: a list is expected", false },
	{ SYSTEM "requires = [1]\n", "pyproject.toml, line 2: a string is expected", false },
	{ SYSTEM "requires = [2020-01-01]\n", "pyproject.toml, line 2: a string is expected", false },
	{ "build-system = 1\n", "pyproject.toml, line 1: [build-system] is no table", false },
	{ SYSTEM "requires = ['x @ https://h/x.whl']\n",
	  "it asks to be built with 'x @ https://h/x.whl', which names an address, which is for the user to "
	  "do", false },
	{ SYSTEM "requires = ['--index-url=https://h']\n",
	  "it asks to be built with '--index-url=https://h', which is no requirement", false },
	{ SYSTEM "requires = [\"x\\n--pre\"]\n",
	  "it asks to be built with 'x\n--pre', which holds a control character", false },
	{ SYSTEM "requires = []\nbuild-backend = 'os; x'\n",
	  "pyproject.toml, line 3: build-backend names no object", false },
	{ SYSTEM "requires = []\nbuild-backend = ''\n",
	  "pyproject.toml, line 3: build-backend names no object", false },
	{ SYSTEM "requires = []\nbuild-backend = 'x:'\n",
	  "pyproject.toml, line 3: build-backend names no object", false },
	{ SYSTEM "requires = []\nbackend-path = ['../x']\nbuild-backend = 'x'\n",
	  "pyproject.toml, line 1: backend-path leaves the source", false },
	{ SYSTEM "requires = []\nbackend-path = ['/x']\nbuild-backend = 'x'\n",
	  "pyproject.toml, line 1: backend-path leaves the source", false },
};

static void reads_pyproject(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(projects); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) text = PF_BUF(1000);
		struct pf_backend b = { 0 };
		struct pf_err err = { 0 };

		if (pf_backend_parse(&b, &a, pf_s(projects[i].text), &err) < 0) {
			assert_string_equal(err.msg, projects[i].expected);
			assert_int_equal(err.code, PF_EINTEGRITY);
			continue;
		}
		pf_buf_printf(&text, PF_FMT " | ", PF_ARG(b.name));
		join(&text, &b.requires);
		pf_buf_cstr(&text, " | ");
		join(&text, &b.path);
		assert_string_equal(text.p, projects[i].expected);
		assert_int_equal(b.assumed, projects[i].assumed);
	}
}

static void refuses_what_is_no_toml(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_backend b = { 0 };
	struct pf_err err = { 0 };

	(void)state;
	assert_int_equal(pf_backend_parse(&b, &a, PF_S("[build-system\n"), &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	assert_true(pf_str_starts(pf_s(err.msg), "pyproject.toml: line 1"));
}

static int read_folder(const char *dir, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_backend b = { 0 };
	PF_FD(root) = open(dir, O_RDONLY | O_DIRECTORY);

	return pf_backend_read(&b, &a, root, err);
}

static void looks_into_the_source(void **state)
{
	struct pf_err err = { 0 };
	char dir[FOLDER_SIZE];

	(void)state;
	folder_new(dir);
	assert_int_equal(read_folder(dir, &err), -1);
	assert_string_equal(err.msg, "it has neither pyproject.toml nor setup.py");
	folder_put(dir, "setup.py", PF_S(""));
	assert_int_equal(read_folder(dir, &err), 0);
	folder_put(dir, "pyproject.toml",
		   PF_S(SYSTEM "requires = []\nbuild-backend = 'x'\nbackend-path = ['tools']\n"));
	assert_int_equal(read_folder(dir, &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	folder_put(dir, "tools/", PF_S(""));
	assert_int_equal(read_folder(dir, &err), 0);
	folder_remove(dir);
}

/* ---- PKG-INFO ---- */

static void believes_settled_metadata_alone(void **state)
{
	static const struct {
		const char *text;
		bool settled;
	} rows[] = {
		{ "Metadata-Version: 2.1\nName: x\n", false },
		{ "Metadata-Version: 2.2\nName: x\n", true },
		{ "Metadata-Version: 2.4\nName: x\n", true },
		{ "Metadata-Version: 3.0\nName: x\n", false },
		{ "Metadata-Version: 2\nName: x\n", false },
		{ "Name: x\n", false },
		{ "", false },
		{ "Metadata-Version: 2.2\nDynamic: Summary\nDynamic: license-file\n", true },
		{ "Metadata-Version: 2.2\nDynamic: requires-dist\n", false },
		{ "Dynamic: Provides-Extra\nMetadata-Version: 2.2\n", false },
		{ "Metadata-Version: 2.2\nDynamic: Requires-Python\n", false },
		{ "Metadata-Version: 2.2\n\nDynamic: Requires-Dist\n", true },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_int_equal(pf_source_is_settled(pf_s(rows[i].text)), rows[i].settled);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_pyproject),
		cmocka_unit_test(refuses_what_is_no_toml),
		cmocka_unit_test(looks_into_the_source),
		cmocka_unit_test(believes_settled_metadata_alone),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
