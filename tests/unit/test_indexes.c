/* test_indexes.c - pip.conf, PIP_* and UV_*: which of them counts, and what a driver is handed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "base/limits.h"
#include "base/str.h"
#include "solve/driver.h"

extern char **environ;

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

/* Nothing of the caller's settings. */
static void clear(void)
{
	static const char *const patterns[] = { "PIP_*", "UV_*", "SSL_*", "REQUESTS_*", "CURL_*",
						"VIRTUAL_ENV", "CONDA_PREFIX" };
	char name[256];

	for (char **p = environ; *p;) {
		bool fits = false;

		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*p, "="), *p);
		for (size_t i = 0; i < PF_COUNT(patterns); i++)
			fits |= pf_str_fits(pf_s(name), patterns[i]);
		if (fits)
			unsetenv(name); /* what follows moves here */
		else
			p++;
	}
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

/* What one line of pip.conf, or one variable, comes to. */
static char *tell(struct pf_arena *a, const struct pf_indexes *x)
{
	struct pf_buf b = PF_BUF(PF_KIB(16));
	const struct pf_strs *lists[] = { &x->extra, &x->find_links, &x->net.trusted, &x->no_binary,
					  &x->only_binary };
	const char *const names[] = { "extra", "links", "trusted", "no-binary", "only-binary" };
	char *out;

	pf_buf_str(&b, pf_index_url_login(a, x->index));
	for (size_t i = 0; i < PF_COUNT(lists); i++)
		for (size_t k = 0; k < lists[i]->n; k++)
			pf_buf_printf(&b, " %s=" PF_FMT, names[i],
				      PF_ARG(i ? lists[i]->v[k] : pf_index_url_login(a, lists[i]->v[k])));
	pf_buf_printf(&b, "%s%s", x->no_index ? " none" : "", x->pre ? " pre" : "");
	if (x->net.cert)
		pf_buf_printf(&b, " cert=%s", x->net.cert);
	if (x->net.client_cert)
		pf_buf_printf(&b, " client=%s", x->net.client_cert);
	if (x->net.proxy)
		pf_buf_printf(&b, " proxy=%s", x->net.proxy);
	if (x->net.stall || x->net.tries)
		pf_buf_printf(&b, " %us %u tries", x->net.stall, x->net.tries);
	out = pf_dupz(a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

static const struct {
	const char *conf;	/* PIP_CONFIG_FILE's text */
	const char *set[5];	/* variables */
	const char *what;
} rows[] = {
	{ "", { NULL }, "@" },
	{ "[global]\nindex-url=https://f/s", { NULL }, "https://f/s" },
	{ "[global]\nindex-url=https://f/s", { "UV_INDEX_URL=https://u/s" }, "https://u/s" },
	{ "[global]\nindex-url=https://f/s", { "UV_INDEX_URL=https://u/s", "UV_DEFAULT_INDEX=https://d/s" }, "https://d/s" },
	{ "", { "UV_DEFAULT_INDEX=https://d/s", "PIP_INDEX_URL=https://p/s" }, "https://p/s" },
	{ "[global]\nindex-url=https://f/s", { "PIP_INDEX_URL=" }, "https://f/s" },
	{ "[global]\nextra-index-url = https://a/s\n  https://b/s", { NULL }, "@ extra=https://a/s extra=https://b/s" },
	{ "", { "PIP_EXTRA_INDEX_URL=https://a/s https://b/s", "UV_INDEX=https://c/s" }, "@ extra=https://a/s extra=https://b/s" },
	{ "", { "UV_INDEX=mine=https://c/s https://d/s", "UV_EXTRA_INDEX_URL=https://e/s" }, "@ extra=https://c/s extra=https://d/s" },
	{ "", { "UV_EXTRA_INDEX_URL=https://e/s" }, "@ extra=https://e/s" },
	{ "", { "UV_INDEX=my-own=https://c/s", "UV_INDEX_MY_OWN_USERNAME=me", "UV_INDEX_MY_OWN_PASSWORD=p/@ 1" },
	  "@ extra=https://me:p%2F%40%201@c/s" },
	{ "", { "UV_DEFAULT_INDEX=x=https://you:own@c/s", "UV_INDEX_X_USERNAME=me" }, "https://you:own@c/s" },
	{ "", { "PIP_FIND_LINKS=https://l/x https://l/y" }, "@ links=https://l/x links=https://l/y" },
	{ "", { "UV_FIND_LINKS=https://l/x,https://l/y" }, "@ links=https://l/x links=https://l/y" },
	{ "[install]\nfind_links=https://l/z", { NULL }, "@ links=https://l/z" },
	{ "[global]\nno-index=true", { NULL }, "@ none" },
	{ "[global]\nno-index=true", { "PIP_NO_INDEX=0" }, "@" },
	{ "[global]\ntrusted-host = h\n h:8080", { NULL }, "@ trusted=h trusted=h:8080" },
	{ "", { "PIP_TRUSTED_HOST=a b", "UV_INSECURE_HOST=c" }, "@ trusted=a trusted=b" },
	{ "", { "UV_INSECURE_HOST=c d" }, "@ trusted=c trusted=d" },
	{ "[global]\ncert=/f", { "SSL_CERT_FILE=/s" }, "@ cert=/f" },
	{ "[global]\ncert=/f", { "PIP_CERT=/p" }, "@ cert=/p" },
	{ "", { "REQUESTS_CA_BUNDLE=/r", "CURL_CA_BUNDLE=/c" }, "@ cert=/r" },
	{ "", { "SSL_CERT_FILE=/s", "REQUESTS_CA_BUNDLE=/r" }, "@ cert=/s" },
	{ "", { "CURL_CA_BUNDLE=/c" }, "@ cert=/c" },
	{ "[global]\nclient-cert=/f", { NULL }, "@ client=/f" },
	{ "", { "PIP_CLIENT_CERT=/p", "SSL_CLIENT_CERT=/s" }, "@ client=/p" },
	{ "", { "SSL_CLIENT_CERT=/s" }, "@ client=/s" },
	{ "[global]\nproxy=http://f:1", { NULL }, "@ proxy=http://f:1" },
	{ "[global]\nproxy=http://f:1", { "PIP_PROXY=http://p:1" }, "@ proxy=http://p:1" },
	{ "[global]\ntimeout=7\nretries=0", { NULL }, "@ 7s 1 tries" },
	{ "[global]\ndefault-timeout=8", { NULL }, "@ 8s 0 tries" },
	{ "", { "PIP_TIMEOUT=2.5", "PIP_RETRIES=9" }, "@ 2s 10 tries" },
	{ "", { "PIP_DEFAULT_TIMEOUT=3", "UV_HTTP_TIMEOUT=4" }, "@ 3s 0 tries" },
	{ "", { "UV_REQUEST_TIMEOUT=5", "UV_HTTP_RETRIES=2" }, "@ 5s 3 tries" },
	{ "", { "PIP_TIMEOUT=soon" }, "@" },
	{ "[global]\npre=yes", { NULL }, "@ pre" },
	{ "[global]\npre=yes", { "PIP_PRE=no" }, "@" },
	{ "", { "UV_PRERELEASE=allow" }, "@ pre" },
	{ "", { "UV_PRERELEASE=disallow" }, "@" },
	{ "", { "PIP_PRE=no", "UV_PRERELEASE=allow" }, "@" },
	{ "[global]\nonly-binary=:all:", { "PIP_NO_BINARY=a,b" }, "@ no-binary=a no-binary=b only-binary=:all:" },
	{ "", { "UV_NO_BUILD=1" }, "@ only-binary=:all:" },
	{ "[install]\nindex-url=https://i/s\n[global]\nindex-url=https://g/s", { NULL }, "https://i/s" },
	{ "[list]\nindex-url=https://l/s", { NULL }, "@" },
	{ "; [global]\n[global]\n# index-url=https://x\nindex-url: https://c/s\n", { NULL }, "https://c/s" },
};

static void put_variables(const char *const *list, bool put)
{
	for (; *list; list++) {
		const char *eq = strchr(*list, '=');
		char name[64];

		snprintf(name, sizeof(name), "%.*s", (int)(eq - *list), *list);
		if (put)
			setenv(name, eq + 1, 1);
		else
			unsetenv(name);
	}
}

/* What the machine's own pip.conf may say is taken back. */
static const char nothing[] = "[global]\nindex-url=\nextra-index-url=\nfind-links=\nno-index=\ntrusted-host=\n"
			      "cert=\nclient-cert=\nproxy=\ntimeout=\nretries=\npre=\nno-binary=\nonly-binary=\n";

static void each_setting(void **state)
{
	(void)state;
	clear();
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(indexes) bare = { 0 };
		PF_AUTO(indexes) x = { 0 };
		struct pf_opts o = { 0 };
		const char *text;

		setenv("PIP_CONFIG_FILE", "/dev/null", 1);
		pf_indexes_read(&bare, NULL, &o);
		folder_put(folder_path, "own.conf", pf_format(&a, "%s%s", nothing, rows[i].conf));
		setenv("PIP_CONFIG_FILE", pf_formatz(&a, "%s/own.conf", folder_path), 1);
		put_variables(rows[i].set, true);
		pf_indexes_read(&x, NULL, &o);
		text = tell(&a, &x);
		if (strcmp(text, rows[i].what[0] != '@' ? rows[i].what :
			   pf_formatz(&a, PF_FMT "%s", PF_ARG(bare.index), rows[i].what + 1)) != 0)
			fail_msg("row %zu: %s instead of %s", i, text, rows[i].what);
		put_variables(rows[i].set, false);
	}
	setenv("XDG_CONFIG_HOME", folder_path, 1);
	clear();
}

/* The user's, then the active environment's, then PIP_CONFIG_FILE's: each key for itself. */
static void files_in_order(void **state)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(indexes) x = { 0 };
	struct pf_opts o = { 0 };

	(void)state;
	clear();
	folder_put(folder_path, "venv/pip.conf", PF_S("[install]\nindex-url=https://venv/s\n[global]\nretries=1\ntimeout=2\n"));
	folder_put(folder_path, "last.conf", PF_S("[global]\ntimeout=3\nindex-url=https://weaker/s\n"));
	setenv("VIRTUAL_ENV", pf_formatz(&a, "%s/venv", folder_path), 1);
	setenv("PIP_CONFIG_FILE", pf_formatz(&a, "%s/last.conf", folder_path), 1);
	pf_indexes_read(&x, NULL, &o);
	unsetenv("VIRTUAL_ENV");
	clear();
	assert_string_equal(x.index.p, "https://venv/s");
	assert_int_equal(x.extra.n, 2);
	assert_int_equal(x.net.tries, 2);
	assert_int_equal(x.net.stall, 3);
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
		cmocka_unit_test(each_setting),
		cmocka_unit_test(files_in_order),
		cmocka_unit_test(a_driver_sees_what_it_should),
	};

	return cmocka_run_group_tests(tests, set_up, folder_tear_down);
}
