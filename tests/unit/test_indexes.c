/* test_indexes.c - pip.conf, PIP_* and UV_*: which of them counts, and what a driver is handed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "solve/driver.h"

static int set_up(void **state)
{
	if (folder_set_up(state) < 0)
		return -1;
	setenv("HOME", folder_path, 1);
	setenv("XDG_CONFIG_HOME", folder_path, 1);
	setenv("XDG_CONFIG_DIRS", "/nonexistent", 1);
	folder_put(folder_path, "my links/", PF_S(""));
	folder_put(folder_path, "pip/pip.conf",
		   PF_S("[global]\n; a comment\nindex-url = https://global/simple\n"
			"extra-index-url =\n    https://one/simple\n    https://two/simple\n"
			"[install]\nno_index: yes\nindex-url = https://install/simple\n"
			"[list]\nindex-url = https://other/simple\n"));
	return 0;
}

static void clear(void)
{
	static const char *const names[] = { "PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL",
					     "PIP_FIND_LINKS", "PIP_NO_INDEX", "UV_DEFAULT_INDEX",
					     "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL",
					     "UV_FIND_LINKS", "PIP_TRUSTED_HOST", "PIP_NO_BINARY",
					     "PIP_ONLY_BINARY", "UV_NO_BINARY", "UV_NO_BUILD",
					     "UV_NO_BINARY_PACKAGE", "UV_NO_BUILD_PACKAGE" };

	for (size_t i = 0; i < PF_COUNT(names); i++)
		unsetenv(names[i]);
}

static void files_by_section(void **state)
{
	PF_AUTO(indexes) x = { 0 };
	struct pf_opts o = { 0 };

	(void)state;
	clear();
	pf_indexes_read(&x, NULL, &o);
	assert_string_equal(x.index.p, "https://install/simple");
	assert_int_equal(x.extra.n, 2);
	assert_string_equal(x.extra.v[1].p, "https://two/simple");
	assert_true(x.no_index);
}

static void variables_beat_files(void **state)
{
	PF_AUTO(indexes) x = { 0 };
	PF_AUTO(indexes) y = { 0 };
	struct pf_arena a = { 0 };
	struct pf_opts o = { 0 };

	(void)state;
	clear();
	setenv("UV_DEFAULT_INDEX", "https://uv/simple", 1);
	setenv("PIP_FIND_LINKS", "/nonexistent https://links/x", 1);
	setenv("PIP_NO_INDEX", "0", 1);
	pf_indexes_read(&x, NULL, &o);
	assert_string_equal(x.index.p, "https://uv/simple");
	assert_int_equal(x.find_links.n, 1);
	assert_string_equal(x.find_links.v[0].p, "https://links/x");
	assert_false(x.no_index);

	setenv("PIP_INDEX_URL", "https://pip/simple", 1);
	unsetenv("PIP_FIND_LINKS");
	setenv("UV_FIND_LINKS", pf_formatz(&a, "%s/my links,https://b/", folder_path), 1);
	pf_indexes_read(&y, NULL, &o);
	assert_string_equal(y.index.p, "https://pip/simple");
	assert_int_equal(y.find_links.n, 2);
	assert_true(pf_str_starts(y.find_links.v[0], "file://"));
	assert_true(pf_str_ends(y.find_links.v[0], "/my%20links"));
	pf_arena_free(&a);
	clear();
}

static void a_models_index_only_when_allowed(void **state)
{
	struct pf_asked asked[] = {
		{ .kind = PF_ASKED_INDEX, .text = PF_S("--index-url=https://model/simple") },
		{ .kind = PF_ASKED_INDEX, .text = PF_S("--extra-index-url https://more/simple") },
		{ .kind = PF_ASKED_INDEX, .text = PF_S("-f file:///etc") },
		{ .kind = PF_ASKED_BUILD, .text = PF_S("--no-binary :all:") },
	};
	struct pf_needs needs = { 0 };

	(void)state;
	clear();
	setenv("PIP_CONFIG_FILE", "/dev/null", 1);
	needs.asked.v = asked;
	needs.asked.n = PF_COUNT(asked);
	for (int allowed = 0; allowed < 2; allowed++) {
		PF_AUTO(indexes) x = { 0 };
		struct pf_opts o = { .allow_model_index = allowed };

		pf_indexes_read(&x, &needs, &o);
		assert_int_equal(pf_str_is(x.index, "https://model/simple"), allowed);
		assert_int_equal(x.extra.n, allowed);
		assert_int_equal(x.find_links.n, 0);
	}
	clear();
}

static void check_names(const struct pf_strs *list, const char *expected)
{
	struct pf_buf b = PF_BUF(1000);

	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(&b, "%s" PF_FMT, i ? " " : "", PF_ARG(list->v[i]));
	assert_string_equal(b.p ? b.p : "", expected);
	assert_true(!list->n == !*expected);
	pf_buf_free(&b);
}

static void what_may_be_built(void **state)
{
	static const struct {
		const char *name, *value, *name2, *value2;
		bool no_build, model;
		const char *no_binary, *only_binary;
	} rows[] = {
		{ "PIP_NO_BINARY", "Foo_Bar,baz", NULL, NULL, false, false, "foo-bar baz", "" },
		{ "PIP_NO_BINARY", ":all:", "PIP_ONLY_BINARY", "foo", false, false, ":all:", "foo" },
		{ "PIP_NO_BINARY", "foo", "PIP_ONLY_BINARY", ":all:", false, false, "", ":all:" },
		{ "UV_NO_BUILD", "1", "UV_NO_BINARY_PACKAGE", "a b", false, false, "", ":all:" },
		{ "UV_NO_BUILD", "0", "UV_NO_BUILD_PACKAGE", "a b", false, false, "", "a b" },
		{ "UV_NO_BINARY", "true", NULL, NULL, false, false, ":all:", "" },
		{ "UV_NO_BINARY", "true", "PIP_NO_BINARY", "a", false, false, "a", "" },
		{ "PIP_NO_BINARY", "foo", NULL, NULL, true, false, "", ":all:" },
		{ NULL, NULL, NULL, NULL, false, false, "", "" },
		{ NULL, NULL, NULL, NULL, false, true, "theirs", "" },
		{ "PIP_ONLY_BINARY", "theirs", NULL, NULL, false, true, "", "theirs" },
	};
	struct pf_str theirs = PF_S("theirs");
	struct pf_needs needs = { .wish.no_binary = { .v = &theirs, .n = 1, .cap = 1 } };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(indexes) x = { 0 };
		struct pf_opts o = { .no_build = rows[i].no_build, .allow_model_index = rows[i].model };

		clear();
		setenv("PIP_CONFIG_FILE", "/dev/null", 1);
		if (rows[i].name)
			setenv(rows[i].name, rows[i].value, 1);
		if (rows[i].name2)
			setenv(rows[i].name2, rows[i].value2, 1);
		pf_indexes_read(&x, &needs, &o);
		check_names(&x.no_binary, rows[i].no_binary);
		check_names(&x.only_binary, rows[i].only_binary);
	}
	clear();
}

static const char *find(char **envp, const char *name)
{
	size_t n = strlen(name);

	for (; *envp; envp++)
		if (strncmp(*envp, name, n) == 0 && (*envp)[n] == '=')
			return *envp + n + 1;
	return NULL;
}

static void a_driver_sees_what_it_should(void **state)
{
	static const char *const gone[] = { "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "CONDA_PREFIX",
					    "LD_PRELOAD", "PIP_TARGET", "PIP_REQUIRE_VIRTUALENV",
					    "UV_TARGET", "MY_TOKEN", "AWS_ACCESS_KEY_ID",
					    "MLFLOW_TRACKING_PASSWORD" };
	struct pf_driver d = { .kind = PF_DRIVER_UV };
	struct pf_arena a = { 0 };
	struct pf_opts o = { 0 };
	char **envp;

	(void)state;
	clear();
	setenv("PATH", "/v/bin:/a/shims:relative:/usr/bin:/bin", 1);
	for (size_t i = 0; i < PF_COUNT(gone); i++)
		setenv(gone[i], strcmp(gone[i], "VIRTUAL_ENV") == 0 ? "/v" : "x", 1);
	setenv("UV_INDEX_MINE_PASSWORD", "kept", 1);
	setenv("PIP_INDEX_URL", "https://u:p@h/simple", 1);
	pf_indexes_read(&d.indexes, NULL, &o);
	envp = pf_driver_environment(&a, &d, &o);
	for (size_t i = 0; i < PF_COUNT(gone); i++) {
		assert_null(find(envp, gone[i]));
		unsetenv(gone[i]);
	}
	assert_string_equal(find(envp, "PATH"), "/usr/bin:/bin");
	assert_string_equal(find(envp, "UV_INDEX_MINE_PASSWORD"), "kept");
	assert_string_equal(find(envp, "UV_DEFAULT_INDEX"), "https://u:p@h/simple");
	assert_string_equal(find(envp, "PYTHONNOUSERSITE"), "1");
	assert_string_equal(find(envp, "UV_NO_CONFIG"), "1");
	d.kind = PF_DRIVER_PIP;
	envp = pf_driver_environment(&a, &d, &o);
	assert_string_equal(find(envp, "PIP_INDEX_URL"), "https://u:p@h/simple");
	assert_string_equal(find(envp, "PIP_NO_INPUT"), "1");
	assert_null(find(envp, "UV_DEFAULT_INDEX"));
	pf_arena_free(&a);
	pf_driver_free(&d);
	clear();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_by_section),
		cmocka_unit_test(variables_beat_files),
		cmocka_unit_test(a_models_index_only_when_allowed),
		cmocka_unit_test(what_may_be_built),
		cmocka_unit_test(a_driver_sees_what_it_should),
	};

	return cmocka_run_group_tests(tests, set_up, folder_tear_down);
}
