/* test_indexes.c - pip.conf, PIP_* and UV_*: which of them counts, and what a driver is handed */
/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include "solve/driver.h"

static void set_home(void)
{
	setenv("HOME", folder_path, 1);
	setenv("XDG_CONFIG_HOME", folder_path, 1);
	setenv("XDG_CONFIG_DIRS", "/nonexistent", 1);
}

static int set_up(void **state)
{
	if (folder_set_up(state) < 0)
		return -1;
	set_home();
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
	static const char *const names[] = {
		"PIP_CONFIG_FILE", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX",
		"PIP_TRUSTED_HOST", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_TIMEOUT",
		"PIP_DEFAULT_TIMEOUT", "PIP_RETRIES", "PIP_PRE", "UV_DEFAULT_INDEX", "UV_INDEX_URL",
		"UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INSECURE_HOST", "UV_HTTP_TIMEOUT",
		"UV_REQUEST_TIMEOUT", "UV_HTTP_RETRIES", "UV_PRERELEASE", "UV_INDEX_MY_OWN_USERNAME",
		"UV_INDEX_MY_OWN_PASSWORD", "SSL_CLIENT_CERT", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "VIRTUAL_ENV", "CONDA_PREFIX",
		"PIP_NO_BINARY", "PIP_ONLY_BINARY", "UV_NO_BINARY", "UV_NO_BUILD", "UV_NO_BINARY_PACKAGE",
		"UV_NO_BUILD_PACKAGE",
	};

	for (size_t i = 0; i < PF_COUNT(names); i++)
		unsetenv(names[i]);
}

/* "NAME=VALUE", up to three. */
static void set_variables(const char *const v[3])
{
	for (size_t i = 0; i < 3 && v[i]; i++) {
		char *text = strdup(v[i]), *eq = strchr(text, '=');

		*eq = '\0';
		setenv(text, eq + 1, 1);
		free(text);
	}
}

static void show_list(struct pf_buf *b, const struct pf_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		pf_buf_printf(b, "%s" PF_FMT, i ? " " : "", PF_ARG(list->v[i]));
}

enum shown { INDEX, EXTRA, LINKS, NO_INDEX, TRUSTED, CERT, CLIENT_CERT, PROXY, WAIT, TRIES, PRE };

static void show(struct pf_buf *b, const struct pf_indexes *x, enum shown what)
{
	static const char *const pres[] = { "default", "allow", "deny" };

	switch (what) {
	case INDEX:
		pf_buf_str(b, x->index);
		break;
	case EXTRA:
		show_list(b, &x->extra);
		break;
	case LINKS:
		show_list(b, &x->find_links);
		break;
	case TRUSTED:
		show_list(b, &x->net.trusted);
		break;
	case CERT:
		pf_buf_cstr(b, x->net.cert ? x->net.cert : "");
		break;
	case CLIENT_CERT:
		pf_buf_cstr(b, x->net.client_cert ? x->net.client_cert : "");
		break;
	case PROXY:
		pf_buf_cstr(b, x->net.proxy ? x->net.proxy : "");
		break;
	case PRE:
		pf_buf_cstr(b, pres[x->pre]);
		break;
	default:
		pf_buf_printf(b, "%u", what == NO_INDEX ? x->no_index : what == WAIT ? x->net.wait : x->net.tries);
	}
}

static void check_shown(enum shown what, const struct pf_python *python, const char *expected, size_t row)
{
	PF_AUTO(indexes) x = { 0 };
	struct pf_buf b = PF_BUF(4096);
	struct pf_opts o = { 0 };

	pf_indexes_read(&x, NULL, python, &o);
	show(&b, &x, what);
	if (strcmp(b.p ? b.p : "", expected) != 0)
		fail_msg("row %zu: %s, not %s", row, b.p ? b.p : "", expected);
	pf_buf_free(&b);
}

static const struct {
	enum shown what;
	const char *conf, *variables[3], *expected;
} each[] = {
	{ INDEX, "[global]\nindex-url=https://f/", { NULL }, "https://f/" },
	{ INDEX, "[global]\nindex-url=https://f/", { "PIP_INDEX_URL=" }, "https://f/" },
	{ INDEX, "[global]\nindex-url=https://f/", { "UV_INDEX_URL=https://u/" }, "https://u/" },
	{ INDEX, "", { "UV_DEFAULT_INDEX=https://u/", "UV_INDEX_URL=https://old/" }, "https://u/" },
	{ INDEX, "", { "UV_DEFAULT_INDEX=https://u/", "PIP_INDEX_URL=https://p/" }, "https://p/" },
	{ INDEX, "[global]\nindex-url=https://f/\n[install]\nindex-url=", { NULL }, "https://f/" },
	{ INDEX, "[install]\n--Index_URL: https://f/%40=x\n# x\n", { NULL }, "https://f/%40=x" },
	{ INDEX, "[install]\n  index-url = https://f/\n", { NULL }, "https://f/" },
	{ INDEX, "", { "UV_DEFAULT_INDEX=my-own=https://u/s", "UV_INDEX_MY_OWN_PASSWORD=a:b@c" },
	  "my-own=https://:a%3Ab%40c@u/s" },
	{ EXTRA, "[global]\nextra-index-url = https://a/\n\n  # c\n  https://b/\n", { NULL },
	  "https://a/ https://b/" },
	{ EXTRA, "", { "PIP_EXTRA_INDEX_URL=https://a/  https://b/" }, "https://a/ https://b/" },
	{ EXTRA, "", { "UV_EXTRA_INDEX_URL=https://a/", "UV_INDEX=x=https://b/" }, "x=https://b/" },
	{ EXTRA, "", { "UV_INDEX=my.own=https://u:p@a/ my.own=https://b/", "UV_INDEX_MY_OWN_USERNAME=me",
		       "UV_INDEX_MY_OWN_PASSWORD=pw" },
	  "my.own=https://u:p@a/ my.own=https://me:pw@b/" },
	{ EXTRA, "", { "UV_INDEX=https://a/", "UV_INDEX_MY_OWN_USERNAME=me" }, "https://a/" },
	{ LINKS, "[global]\nfind-links = https://a/ https://b/,c", { NULL }, "https://a/ https://b/,c" },
	{ LINKS, "[global]\nfind-links = https://a/ https://b/", { "UV_FIND_LINKS=https://c/,https://d/" },
	  "https://c/ https://d/" },
	{ NO_INDEX, "[install]\nno-index = on", { NULL }, "1" },
	{ NO_INDEX, "[install]\nno-index = on", { "PIP_NO_INDEX=no" }, "0" },
	{ TRUSTED, "[global]\ntrusted-host = a\n   b:80", { NULL }, "a b:80" },
	{ TRUSTED, "", { "UV_INSECURE_HOST=https://a b" }, "https://a b" },
	{ CERT, "[global]\ncert = /f", { "SSL_CERT_FILE=/s" }, "/f" },
	{ CERT, "", { "SSL_CERT_FILE=/s", "REQUESTS_CA_BUNDLE=/r" }, "/r" },
	{ CERT, "", { "SSL_CERT_DIR=/d" }, "/d" },
	{ CERT, "", { "SSL_CERT_FILE=/s", "PIP_CERT=/p" }, "/p" },
	{ CLIENT_CERT, "[global]\nclient_cert = /c", { NULL }, "/c" },
	{ CLIENT_CERT, "", { "SSL_CLIENT_CERT=/u", "PIP_CLIENT_CERT=/p" }, "/p" },
	{ PROXY, "[global]\nproxy = me:pw@h:3128", { NULL }, "me:pw@h:3128" },
	{ PROXY, "", { "PIP_PROXY=http://h:1" }, "http://h:1" },
	{ WAIT, "", { NULL }, "0" },
	{ WAIT, "[global]\ntimeout = 60", { NULL }, "60" },
	{ WAIT, "[global]\ntimeout = 60", { "PIP_DEFAULT_TIMEOUT=2.5" }, "3" },
	{ WAIT, "", { "UV_HTTP_TIMEOUT=9", "PIP_TIMEOUT=8" }, "8" },
	{ WAIT, "", { "UV_REQUEST_TIMEOUT=1e99" }, "3600" },
	{ WAIT, "", { "PIP_TIMEOUT=-1" }, "0" },
	{ WAIT, "", { "PIP_TIMEOUT=soon" }, "0" },
	{ TRIES, "", { NULL }, "0" },
	{ TRIES, "", { "PIP_RETRIES=0" }, "1" },
	{ TRIES, "[install]\nretries: 5", { NULL }, "6" },
	{ TRIES, "", { "UV_HTTP_RETRIES=2" }, "3" },
	{ PRE, "", { NULL }, "default" },
	{ PRE, "[global]\npre = true", { NULL }, "allow" },
	{ PRE, "[global]\npre = true", { "PIP_PRE=0" }, "default" },
	{ PRE, "", { "UV_PRERELEASE=allow" }, "allow" },
	{ PRE, "", { "UV_PRERELEASE=disallow" }, "deny" },
	{ PRE, "", { "UV_PRERELEASE=if-necessary-or-explicit" }, "default" },
};

static void each_setting(void **state)
{
	struct pf_arena a = { 0 };
	char *conf = pf_join(&a, folder_path, PF_S("named.conf"));

	(void)state;
	for (size_t i = 0; i < PF_COUNT(each); i++) {
		clear();
		folder_put(folder_path, "named.conf", pf_s(each[i].conf));
		setenv("PIP_CONFIG_FILE", *each[i].conf ? conf : "/dev/null", 1);
		set_variables(each[i].variables);
		check_shown(each[i].what, NULL, each[i].expected, i);
	}
	pf_arena_free(&a);
	clear();
}

/* Each file says its own name; the last of those that are there counts. */
static void one_file_after_the_other(void **state)
{
	static const char *const files[] = { "system/pip/pip.conf", "home/.pip/pip.conf", "user/pip/pip.conf",
					     "prefix/pip.conf", "conda/pip.conf", "venv/pip.conf" };
	static const struct {
		const char *there, *named, *expected;	/* which of the files: "145" */
	} rows[] = {
		{ "0", NULL, "system/pip/pip.conf" },
		{ "01", NULL, "home/.pip/pip.conf" },
		{ "012", NULL, "user/pip/pip.conf" },
		{ "0123", NULL, "prefix/pip.conf" },
		{ "01234", NULL, "conda/pip.conf" },
		{ "012345", NULL, "venv/pip.conf" },
		{ "012345", "named.conf", "named.conf" },
		{ "012345", "absent.conf", "venv/pip.conf" },
		{ "012345", "/dev/null", "" },
		{ "012", "empty.conf", "system/pip/pip.conf" },
		{ "012", "absent.conf", "user/pip/pip.conf" },
		{ "03", "empty.conf", "prefix/pip.conf" },
	};
	struct pf_arena a = { 0 };
	struct pf_python python = { .prefix = pf_s(pf_join(&a, folder_path, PF_S("prefix"))) };

	(void)state;
	folder_put(folder_path, "empty.conf", PF_S("[global]\n"));
	folder_put(folder_path, "named.conf", PF_S("[global]\nclient-cert = named.conf\n"));
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		clear();
		setenv("XDG_CONFIG_DIRS", pf_join(&a, folder_path, PF_S("system")), 1);
		setenv("HOME", pf_join(&a, folder_path, PF_S("home")), 1);
		setenv("XDG_CONFIG_HOME", pf_join(&a, folder_path, PF_S("user")), 1);
		setenv("CONDA_PREFIX", pf_join(&a, folder_path, PF_S("conda")), 1);
		setenv("VIRTUAL_ENV", pf_join(&a, folder_path, PF_S("venv")), 1);
		if (rows[i].named)
			setenv("PIP_CONFIG_FILE", *rows[i].named == '/' ? rows[i].named :
				pf_join(&a, folder_path, pf_s(rows[i].named)), 1);
		for (size_t k = 0; k < PF_COUNT(files); k++) {
			unlink(pf_join(&a, folder_path, pf_s(files[k])));
			if (strchr(rows[i].there, (int)('0' + k)))
				folder_put(folder_path, files[k], pf_format(&a, "[global]\nclient-cert = %s\n", files[k]));
		}
		check_shown(CLIENT_CERT, &python, rows[i].expected, i);
	}
	pf_arena_free(&a);
	clear();
	set_home();
}

static void files_by_section(void **state)
{
	PF_AUTO(indexes) x = { 0 };
	struct pf_opts o = { 0 };

	(void)state;
	clear();
	pf_indexes_read(&x, NULL, NULL, &o);
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
	pf_indexes_read(&x, NULL, NULL, &o);
	assert_string_equal(x.index.p, "https://uv/simple");
	assert_int_equal(x.find_links.n, 1);
	assert_string_equal(x.find_links.v[0].p, "https://links/x");
	assert_false(x.no_index);

	setenv("PIP_INDEX_URL", "https://pip/simple", 1);
	unsetenv("PIP_FIND_LINKS");
	setenv("UV_FIND_LINKS", pf_formatz(&a, "%s/my links,https://b/", folder_path), 1);
	pf_indexes_read(&y, NULL, NULL, &o);
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

		pf_indexes_read(&x, &needs, NULL, &o);
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
		const char *no_binary, *only_binary, *conf;
	} rows[] = {
		{ "PIP_NO_BINARY", "Foo_Bar,baz", NULL, NULL, false, false, "foo-bar baz", "", NULL },
		{ "PIP_NO_BINARY", ":all:", "PIP_ONLY_BINARY", "foo", false, false, ":all:", "foo", NULL },
		{ "PIP_NO_BINARY", "foo", "PIP_ONLY_BINARY", ":all:", false, false, "", ":all:", NULL },
		{ "UV_NO_BUILD", "1", "UV_NO_BINARY_PACKAGE", "a b", false, false, "", ":all:", NULL },
		{ "UV_NO_BUILD", "0", "UV_NO_BUILD_PACKAGE", "a b", false, false, "", "a b", NULL },
		{ "UV_NO_BINARY", "true", NULL, NULL, false, false, ":all:", "", NULL },
		{ "UV_NO_BINARY", "true", "PIP_NO_BINARY", "a", false, false, "a", "", NULL },
		{ "PIP_NO_BINARY", "foo", NULL, NULL, true, false, "", ":all:", NULL },
		{ NULL, NULL, NULL, NULL, false, false, "", "", NULL },
		{ NULL, NULL, NULL, NULL, false, true, "theirs", "", NULL },
		{ "PIP_ONLY_BINARY", "theirs", NULL, NULL, false, true, "", "theirs", NULL },
		{ NULL, NULL, NULL, NULL, false, false, "", ":all:", "only-binary=:all:" },
		{ "PIP_NO_BINARY", "a,b", NULL, NULL, false, false, "a b", ":all:", "only-binary=:all:" },
		{ "PIP_ONLY_BINARY", ":all:", NULL, NULL, false, false, "", ":all:", "no-binary=a" },
		{ "PIP_ONLY_BINARY", "a", NULL, NULL, false, false, ":all:", "a", "no-binary=:all:" },
		{ "UV_NO_BINARY", "1", NULL, NULL, false, false, ":all:", "", "only-binary=a" },
	};
	struct pf_str theirs = PF_S("theirs");
	struct pf_needs needs = { .wish.no_binary = { .v = &theirs, .n = 1, .cap = 1 } };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(indexes) x = { 0 };
		struct pf_opts o = { .no_build = rows[i].no_build, .allow_model_index = rows[i].model };

		clear();
		folder_put(folder_path, "own.conf", pf_format(&a, "[global]\n%s\n", rows[i].conf ? rows[i].conf : ""));
		setenv("PIP_CONFIG_FILE", rows[i].conf ? pf_formatz(&a, "%s/own.conf", folder_path) : "/dev/null", 1);
		if (rows[i].name)
			setenv(rows[i].name, rows[i].value, 1);
		if (rows[i].name2)
			setenv(rows[i].name2, rows[i].value2, 1);
		pf_indexes_read(&x, &needs, NULL, &o);
		check_names(&x.no_binary, rows[i].no_binary);
		check_names(&x.only_binary, rows[i].only_binary);
	}
	clear();
}

/* The settings that are part of a lock's name: a login and the way to a place are not. */
static void names_what_changes_the_answer(void **state)
{
	static const struct {
		const char *const l[3], *const r[3];
		bool same;
	} rows[] = {
		{ { "PIP_INDEX_URL=https://me:one@h/simple" }, { "PIP_INDEX_URL=https://h/simple" }, true },
		{ { "PIP_INDEX_URL=https://h/simple" }, { "UV_DEFAULT_INDEX=mine=https://h/simple" }, true },
		{ { "PIP_TIMEOUT=1", "PIP_TRUSTED_HOST=h" }, { "PIP_PROXY=http://p:1" }, true },
		{ { "PIP_NO_INDEX=1", "PIP_INDEX_URL=https://h/simple" }, { "PIP_NO_INDEX=yes" }, true },
		{ { "PIP_NO_BINARY=a,B" }, { "PIP_NO_BINARY=b,a" }, true },
		{ { "PIP_PRE=1" }, { "UV_PRERELEASE=allow" }, true },
		{ { "PIP_PRE=1" }, { NULL }, false },
		{ { "PIP_INDEX_URL=https://h/simple" }, { "PIP_INDEX_URL=https://i/simple" }, false },
		{ { "PIP_INDEX_URL=https://h/simple" }, { NULL }, false },
		{ { "PIP_EXTRA_INDEX_URL=https://h/a https://h/b" },
		  { "PIP_EXTRA_INDEX_URL=https://h/b https://h/a" }, false },
		{ { "PIP_FIND_LINKS=https://h/files" }, { NULL }, false },
		{ { "PIP_NO_INDEX=1" }, { NULL }, false },
		{ { "PIP_NO_BINARY=a" }, { "PIP_ONLY_BINARY=a" }, false },
		{ { "UV_NO_BUILD=1" }, { NULL }, false },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(buf) l = PF_BUF(16384);
		PF_AUTO(buf) r = PF_BUF(16384);

		clear();
		setenv("PIP_CONFIG_FILE", "/dev/null", 1);
		set_variables(rows[i].l);
		pf_settings_identity(&l, NULL);
		clear();
		setenv("PIP_CONFIG_FILE", "/dev/null", 1);
		set_variables(rows[i].r);
		pf_settings_identity(&r, NULL);
		if (pf_str_eq(pf_buf_view(&l), pf_buf_view(&r)) != rows[i].same)
			fail_msg("row %zu:\n%s\n%s", i, l.p, r.p);
		assert_null(strstr(l.p, "one"));
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
	setenv("UV_HTTP_TIMEOUT", "9", 1);
	setenv("PIP_TIMEOUT", "8", 1);
	setenv("PIP_RETRIES", "0", 1);
	setenv("PIP_PRE", "1", 1);
	setenv("PIP_PROXY", "http://p:1", 1);
	setenv("PIP_CLIENT_CERT", "/c", 1);
	pf_indexes_read(&d.indexes, NULL, NULL, &o);
	envp = pf_driver_environment(&a, &d, &o);
	for (size_t i = 0; i < PF_COUNT(gone); i++) {
		assert_null(find(envp, gone[i]));
		unsetenv(gone[i]);
	}
	assert_string_equal(find(envp, "PATH"), "/usr/bin:/bin");
	assert_string_equal(find(envp, "UV_INDEX_MINE_PASSWORD"), "kept");
	assert_string_equal(find(envp, "UV_DEFAULT_INDEX"), "https://u:p@h/simple");
	assert_string_equal(find(envp, "UV_HTTP_TIMEOUT"), "8");
	assert_string_equal(find(envp, "UV_HTTP_RETRIES"), "0");
	assert_string_equal(find(envp, "UV_PRERELEASE"), "allow");
	assert_string_equal(find(envp, "ALL_PROXY"), "http://p:1");
	assert_string_equal(find(envp, "SSL_CLIENT_CERT"), "/c");
	assert_string_equal(find(envp, "PYTHONNOUSERSITE"), "1");
	assert_string_equal(find(envp, "UV_NO_CONFIG"), "1");
	d.kind = PF_DRIVER_PIP;
	envp = pf_driver_environment(&a, &d, &o);
	assert_string_equal(find(envp, "PIP_INDEX_URL"), "https://u:p@h/simple");
	assert_string_equal(find(envp, "PIP_NO_INPUT"), "1");
	assert_string_equal(find(envp, "PIP_TIMEOUT"), "8");
	assert_string_equal(find(envp, "PIP_RETRIES"), "1"); /* or pip does not tell what failed */
	assert_string_equal(find(envp, "PIP_PRE"), "1");
	assert_string_equal(find(envp, "PIP_PROXY"), "http://p:1");
	assert_string_equal(find(envp, "PIP_CLIENT_CERT"), "/c");
	assert_null(find(envp, "UV_DEFAULT_INDEX"));
	pf_arena_free(&a);
	pf_driver_free(&d);
	clear();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_by_section),
		cmocka_unit_test(each_setting),
		cmocka_unit_test(one_file_after_the_other),
		cmocka_unit_test(variables_beat_files),
		cmocka_unit_test(a_models_index_only_when_allowed),
		cmocka_unit_test(what_may_be_built),
		cmocka_unit_test(names_what_changes_the_answer),
		cmocka_unit_test(a_driver_sees_what_it_should),
	};

	return cmocka_run_group_tests(tests, set_up, folder_tear_down);
}
