/* test_installed.c - distributions read from disk, and what importlib.metadata sees beside it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/limits.h"
#include "base/proc.h"
#include "python/places.h"
#include "python/python.h"

static struct pf_arena arena;

static char *below(const char *name)
{
	return pf_join(&arena, folder_path, pf_s(name));
}

static int tear_down(void **state)
{
	pf_arena_free(&arena);
	return folder_tear_down(state);
}

/* "name version[ build]" a line, pip's before conda's. */
static const char *list(const struct pf_dists *d)
{
	struct pf_buf text = PF_BUF(PF_MIB(1));
	const char *copy;

	for (size_t i = 0; i < d->v.n; i++) {
		const struct pf_dist *one = &d->v.v[i];

		pf_buf_printf(&text, PF_FMT " " PF_FMT "%s" PF_FMT "\n", PF_ARG(one->name),
			      PF_ARG(one->version), one->build.n ? " " : "", PF_ARG(one->build));
		assert_ptr_equal(one, pf_map_get(one->kind == PF_DIST_CONDA ? &d->conda_by_name : &d->by_name,
						 one->name));
	}
	copy = pf_dupz(&arena, pf_buf_view(&text));
	pf_buf_free(&text);
	return copy;
}

static const struct {
	const char *file, *text;
} tree[] = {
	{ "a/scikit_learn-1.3.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: scikit-learn\nVersion: 1.3.2\n"
	  "Requires-Dist: numpy<2.0,\n >=1.17.3\nRequires-Dist: pytest ; extra == 'tests'\n\nName: body\n" },
	{ "a/scikit_learn-1.3.2.dist-info/RECORD", "sklearn/__init__.py,sha256=x,1\nsklearn/x.so,,\n"
	  "scikit_learn.libs/y.so,,\n../../../bin/x,,\nscikit_learn-1.3.2.dist-info/RECORD,,\n"
	  "\"odd,name/x.py\",,\n__pycache__/one.pyc,,\none.py,,\ntwo.cpython-38-x.so,,\nLICENSE,,\n" },
	{ "a/scikit_learn-1.3.2.dist-info/direct_url.json", "{\"url\": \"https://h/x.whl\", \"archive_info\": {}}" },
	{ "a/my-pkg-1.0.dist-info/METADATA", "Name: My.Pkg\nVersion: 1.0\n" },
	{ "a/ghost-1.0.dist-info/RECORD", "" },
	{ "a/~umpy-1.0.dist-info/METADATA", "Name: numpy\nVersion: 1.0\n" },
	{ "a/local-1.0+cu118.dist-info/METADATA", "Name: local\nVersion: 1.0+cu118\n" },
	{ "a/under-1.0_1.dist-info/METADATA", "Name: under\nVersion: 1.0-1\n" },
	{ "a/both-2.0.dist-info/METADATA", "Name: both\nVersion: 2.0\n" },
	{ "a/both-1.0.egg-info/PKG-INFO", "Name: both\nVersion: 1.0\n" },
	{ "a/PyYAML-6.0-py3.11.egg-info", "Name: PyYAML\nVersion: 6.0\n" },
	{ "a/flat.egg-info/PKG-INFO", "Name: flat\nVersion: 0.1\n" },
	{ "a/flat.egg-info/requires.txt", "six\n\n[x]\nfoo>1\n\n[:python_version<\"3\"]\nbar @ https://h/b\n"
	  "[y:os_name=='nt']\nbaz\n" },
	{ "a/flat.egg-info/top_level.txt", "flat\n_flat\n" },
	{ "a/old-1.0.egg-info/PKG-INFO", "Name: old\nVersion: 1.0\n" },
	{ "a/old-1.0.egg-info/installed-files.txt", "../old/__init__.py\n../old/x.py\nPKG-INFO\n" },
	{ "a/broken-x.dist-info/METADATA", "no header\n" },
	{ "a/z.pth", "import os; os.unlink('/')\n# ../comment\n../added\n/nonexistent\n" },
	{ "a/dev.egg-link", "LINKED\n.\n" },
	{ "added/added-3.dist-info/METADATA", "Name: added\nVersion: 3\n" },
	{ "added/both-9.dist-info/METADATA", "Name: both\nVersion: 9\n" },
	{ "added/more.pth", "../never\n" },
	{ "never/never-1.dist-info/METADATA", "Name: never\nVersion: 1\n" },
	{ "linked/linked.egg-info/PKG-INFO", "Name: linked\nVersion: 4\n" },
	{ "x-1-py3.egg/EGG-INFO/PKG-INFO", "Name: x\nVersion: 1\n" },
	{ "b/scikit_learn-1.0.dist-info/METADATA", "Name: scikit-learn\nVersion: 1.0\n" },
	{ "b/last-1.0.dist-info/METADATA", "Name: last\nVersion: 1.0\n" },
	{ "conda-meta/python-dateutil-2.9.0-pyhd8ed1ab_0.json",
	  "{\"name\": \"python-dateutil\", \"channel\": \"conda-forge\", \"depends\": [\"python >=3.7\", \"six\"],"
	  " \"files\": [\"a\"]}" },
	{ "conda-meta/history", "" },
	{ "conda-meta/odd.json", "{}" },
};

static void read_tree(struct pf_dists *d)
{
	struct pf_strs paths = { 0 };
	struct pf_err err;

	for (size_t i = 0; i < PF_COUNT(tree); i++)
		folder_put(folder_path, tree[i].file, strcmp(tree[i].text, "LINKED\n.\n") ?
			   pf_s(tree[i].text) : pf_format(&arena, "%s\n.\n", below("linked")));
	*PF_PUSH(&arena, &paths) = pf_s(below("a/"));
	*PF_PUSH(&arena, &paths) = pf_s(below("none"));
	*PF_PUSH(&arena, &paths) = pf_s(below("x-1-py3.egg"));
	*PF_PUSH(&arena, &paths) = pf_s(below("b"));
	if (pf_dists_read(d, &paths, pf_s(folder_path), &err) < 0)
		fail_msg("%s", err.msg);
}

static void reads_folders(void **state)
{
	PF_AUTO(dists) d = { 0 };

	(void)state;
	read_tree(&d);
	assert_string_equal(list(&d), "added 3\nboth 2.0\nflat 0.1\nlast 1.0\nlinked 4\nlocal 1.0+cu118\n"
				      "my-pkg 1.0\nold 1.0\npyyaml 6.0\nscikit-learn 1.3.2\nunder 1.0-1\nx 1\n"
				      "python-dateutil 2.9.0 pyhd8ed1ab_0\n");
}

static const char *join(const struct pf_strs *v)
{
	struct pf_buf text = PF_BUF(PF_MIB(1));
	const char *copy;

	for (size_t i = 0; i < v->n; i++)
		pf_buf_printf(&text, "%s" PF_FMT, i ? " | " : "", PF_ARG(v->v[i]));
	copy = pf_dupz(&arena, pf_buf_view(&text));
	pf_buf_free(&text);
	return copy;
}

static void reads_one_in_full(void **state)
{
	static const struct {
		const char *name;
		bool conda;
		const char *shown, *requires, *modules, *url, *channel;
	} rows[] = {
		{ "scikit-learn", false, "scikit-learn", "numpy<2.0, >=1.17.3 | pytest ; extra == 'tests'",
		  "sklearn | one | two", "https://h/x.whl", "" },
		{ "my-pkg", false, "My.Pkg", "", "", "", "" },
		{ "flat", false, "flat",
		  "six | foo>1; extra == \"x\" | bar @ https://h/b ; python_version<\"3\" | "
		  "baz; (os_name=='nt') and extra == \"y\"", "flat | _flat", "", "" },
		{ "old", false, "old", "", "old", "", "" },
		{ "pyyaml", false, "PyYAML", "", "", "", "" },
		{ "python-dateutil", true, "python-dateutil", "python >=3.7 | six", "", "", "conda-forge" },
	};
	PF_AUTO(dists) d = { 0 };

	(void)state;
	read_tree(&d);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_dist *one = pf_map_get(rows[i].conda ? &d.conda_by_name : &d.by_name,
						 pf_s(rows[i].name));
		struct pf_err err;

		assert_non_null(one);
		for (int again = 0; again < 2; again++)
			if (pf_dist_read(&d, one, &err) < 0)
				fail_msg("%s", err.msg);
		assert_true(pf_str_is(one->shown, rows[i].shown));
		assert_string_equal(join(&one->requires), rows[i].requires);
		assert_string_equal(join(&one->modules), rows[i].modules);
		assert_true(pf_str_is(one->url, rows[i].url));
		assert_true(pf_str_is(one->channel, rows[i].channel));
	}
}

/* ---- what importlib.metadata says, of every interpreter there is ---- */

static const char question[] =
	"import importlib.metadata as m, re\n"
	"seen = {}\n"
	"for d in m.distributions():\n"
	"    n = d.metadata['Name']\n"
	"    if n: seen.setdefault(re.sub('[-_.]+', '-', n).lower(), d)\n"
	"for n in sorted(seen): print(n, m.version(seen[n].metadata['Name']))\n";

static bool compare_with(const char *exe)
{
	char *argv[] = { (char *)exe, "-c", (char *)question, NULL };
	struct pf_spawn how = { .path = exe, .argv = argv, .cwd = "/" };
	struct pf_buf said = PF_BUF(PF_MIB(1));
	PF_AUTO(python) p = { 0 };
	PF_AUTO(dists) d = { 0 };
	struct pf_opts o = { .store = below("store") };
	struct pf_err err;
	int status;
	bool compared = false;

	if (pf_python_describe(&p, exe, &o, &err) < 0 || p.major < 3 || p.minor < 8) {
		pf_buf_free(&said);
		return false;
	}
	if (pf_dists_read(&d, &p.paths, (struct pf_str){ 0 }, &err) < 0)
		fail_msg("%s: %s", exe, err.msg);
	if (pf_proc_capture(&said, &how, -1, 60, &status, &err) == 0 && status == 0) {
		assert_string_equal(list(&d), said.n ? said.p : "");
		compared = true;
	}
	pf_buf_free(&said);
	return compared;
}

static void sees_what_python_sees(void **state)
{
	struct pf_places places = { 0 };
	struct pf_opts o = { .store = below("store") };
	const char *more = getenv("PYFUNC_ENV_TEST_PYTHON");
	size_t compared = more ? compare_with(more) : 0;

	(void)state;
	unsetenv("PYTHONPATH");
	pf_places_find(&places, &arena, &o);
	for (size_t i = 0; i < places.v.n; i++)
		compared += compare_with(places.v.v[i].exe);
	if (!compared)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_folders),
		cmocka_unit_test(reads_one_in_full),
		cmocka_unit_test(sees_what_python_sees),
	};

	return cmocka_run_group_tests_name("installed", tests, folder_set_up, tear_down);
}
