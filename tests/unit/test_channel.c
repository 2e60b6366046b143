/* test_channel.c - conda's channels: names to addresses, .condarc and CONDA_*, virtual packages */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "folder.h"

#include "channel/channel.h"
#include "default_index.h"

static const char *const variables[] = {
	"CONDARC", "CONDA_NO_RC", "CONDA_ROOT", "CONDA_PREFIX", "XDG_CONFIG_HOME", "CONDA_CHANNELS",
	"CONDA_CHANNEL_ALIAS", "CONDA_CHANNEL_PRIORITY", "CONDA_DEFAULT_CHANNELS", "CONDA_SUBDIR",
	"CONDA_ALLOWLIST_CHANNELS", "CONDA_DENYLIST_CHANNELS", "CONDA_CLIENT_SSL_CERT",
	"CONDA_OVERRIDE_CUDA", "CONDA_OVERRIDE_CUDA_ARCH", "CONDA_OVERRIDE_GLIBC",
	"CONDA_OVERRIDE_LINUX", "CONDA_OVERRIDE_ARCHSPEC", "CONDA_OVERRIDE_OSX", "TOKEN_OF_MINE",
};

static void clear(void)
{
	for (size_t i = 0; i < PF_COUNT(variables); i++)
		unsetenv(variables[i]);
	setenv("HOME", folder_path, 1);
	setenv("CONDA_CHANNEL_ALIAS", "https://c.example/", 1);
}

static struct pf_strs words_of(struct pf_arena *a, const char *text)
{
	struct pf_strs out = { 0 };
	struct pf_str rest = pf_s(text), one;

	while (rest.n && pf_str_next(&rest, ' ', &one))
		*PF_PUSH(a, &out) = one;
	return out;
}

/* "name=url" of each, one a line; or the error. What is asked is told where it is another. */
static const char *told(struct pf_arena *a, const char *named, bool by_user, struct pf_opts o)
{
	PF_AUTO(buf) b = PF_BUF(PF_KIB(64));
	PF_AUTO(channels) c = { 0 };
	struct pf_strs list = words_of(a, named);
	struct pf_err err = { 0 };

	if (pf_channels_open(&c, &list, by_user, &o, &err) < 0) {
		assert_int_equal(c.v.n, 0);
		return pf_formatz(a, "%d %s", err.code, err.msg);
	}
	for (size_t i = 0; i < c.v.n; i++) {
		const struct pf_channel *one = &c.v.v[i];

		pf_buf_printf(&b, "%s" PF_FMT "=" PF_FMT, i ? "\n" : "", PF_ARG(one->name),
			      PF_ARG(one->url));
		for (size_t k = 0; k < one->asked.n; k++)
			if (!pf_str_eq(one->asked.v[k], one->url))
				pf_buf_printf(&b, " " PF_FMT, PF_ARG(one->asked.v[k]));
	}
	return pf_dupz(a, pf_buf_view(&b));
}

static const struct {
	const char *condarc, *named;
	bool by_user;
	const char *told;
} named_rows[] = {
	{ "", "conda-forge", false, "conda-forge=https://c.example/conda-forge" },
	{ "", "conda-forge bioconda conda-forge", false,
	  "conda-forge=https://c.example/conda-forge\nbioconda=https://c.example/bioconda" },
	{ "", "", false, "conda-forge=https://c.example/conda-forge" },
	{ "", "nodefaults", false, "conda-forge=https://c.example/conda-forge" },
	{ "", "defaults conda-forge", false, "conda-forge=https://c.example/conda-forge" },
	{ "", "pkgs/main", false, "conda-forge=https://c.example/conda-forge" },
	{ "", "conda-forge/label/dev", false,
	  "conda-forge/label/dev=https://c.example/conda-forge/label/dev" },
	{ "", "https://other.example/a/b/", false,
	  "https://other.example/a/b=https://other.example/a/b" },
	{ "", "https://c.example/conda-forge/ conda-forge", false,
	  "conda-forge=https://c.example/conda-forge" },
	/* what only the user may name */
	{ "", "https://u:secret@h.example/c", false,
	  "3 channel \"https://h.example/c\": an address with a login in it" },
	{ "", "https://h.example/t/tk-secret/c", false,
	  "3 channel \"https://h.example/c\": an address with a login in it" },
	{ "", "file:///srv/c", false, "3 channel \"file:///srv/c\": a folder" },
	{ "", "/srv/c", false, "3 channel \"/srv/c\": a folder; name it with --channel" },
	{ "", "https://u:secret@h.example/t/tk/c", true,
	  "https://h.example/c=https://h.example/c https://u:secret@h.example/t/tk/c" },
	{ "", "file:///srv/c", true, "file:///srv/c=file:///srv/c" },
	{ "", "file:///t/folder/c", true, "file:///t/folder/c=file:///t/folder/c" },
	{ "", "file:///srv/\xc3\xa9%20/c/", true, "file:///srv/%C3%A9%20/c=file:///srv/%C3%A9%20/c" },
	{ "channel_alias: /srv/a b/\n", "c", false, "c=file:///srv/a%20b/c" },
	{ "custom_channels: {c: /srv/a b/}\n", "c", false,
	  "file:///srv/a%20b/c=file:///srv/a%20b/c" },
	{ "denylist_channels: [/srv/a b/c/]\n", "file:///srv/a%20b/c", true,
	  "2 channel \"file:///srv/a%20b/c\" is one of denylist_channels" },
	{ "", "/nowhere/at/all", true, "2 channel \"/nowhere/at/all\": there is no such folder" },
	/* what is none */
	{ "", "../../etc", false, "3 channel \"../../etc\": a folder; name it with --channel" },
	{ "", "a..b", false, "3 channel \"a..b\": this is no name of a channel" },
	{ "", "a?b", true, "2 channel \"a?b\": this is no name of a channel" },
	{ "", "conda-forge/linux-64", false,
	  "3 channel \"conda-forge\": a channel is named without its subdir" },
	{ "", "https://h.example/c?x=1", false,
	  "3 channel \"https://h.example/c?x=1\": an address with a question mark or a hash" },
	/* the user's settings */
	{ "channel_alias: https://own.example/x\n", "a", false,
	  "a=https://own.example/x/a" },
	{ "channels: [mine, conda-forge]\n", "conda-forge", false,
	  "conda-forge=https://c.example/conda-forge\nmine=https://c.example/mine" },
	{ "channels: [mine]\n", "conda-forge nodefaults", false,
	  "conda-forge=https://c.example/conda-forge" },
	{ "channels: [mine]\n", "conda-forge", true, "conda-forge=https://c.example/conda-forge" },
	{ "channels: mine\n", "", false, "mine=https://c.example/mine" },
	{ "channels:\n- https://u:${TOKEN_OF_MINE}@h.example/c\n", "", false,
	  "https://h.example/c=https://h.example/c https://u:tk-1@h.example/c" },
	{ "custom_channels: {lab: 'https://l.example/t/tk/'}\n", "lab lab/label/x", false,
	  "https://l.example/lab=https://l.example/lab https://l.example/t/tk/lab\n"
	  "https://l.example/lab/label/x=https://l.example/lab/label/x "
	  "https://l.example/t/tk/lab/label/x" },
	{ "custom_multichannels: {both: [a, 'https://h.example/b']}\n", "both", false,
	  "a=https://c.example/a\nhttps://h.example/b=https://h.example/b" },
	{ "custom_multichannels: {a: [b], b: [a]}\n", "a", false,
	  "9 channels stand for channels more than 4 deep" },
	{ "default_channels: ['https://m.example/main', r]\n", "defaults", false,
	  "https://m.example/main=https://m.example/main\nr=https://c.example/r" },
	{ "mirrored_channels:\n  conda-forge: ['https://m1.example/cf/', 'oci://x/y', "
	  "'https://m2.example/cf']\n", "conda-forge", false,
	  "conda-forge=https://c.example/conda-forge https://m1.example/cf https://m2.example/cf" },
	{ "allowlist_channels: [conda-forge]\n", "conda-forge", false,
	  "conda-forge=https://c.example/conda-forge" },
	{ "whitelist_channels: ['https://c.example/conda-forge/']\n", "bioconda", true,
	  "2 channel \"bioconda\" is not one of allowlist_channels" },
	{ "denylist_channels: ['https://c.example/bioconda']\n", "bioconda", false,
	  "2 channel \"bioconda\" is one of denylist_channels" },
	{ "default_channels: ['https://m.example/main']\ndenylist_channels: [defaults]\n", "defaults", false,
	  "2 channel \"https://m.example/main\" is one of denylist_channels" },
	{ "default_channels: ['https://m.example/main']\nallowlist_channels: [defaults]\n", "defaults", false,
	  "https://m.example/main=https://m.example/main" },
	{ "allowlist_channels: [defaults]\n", "defaults", false,
	  "2 channel \"conda-forge\" is not one of allowlist_channels" },
	{ "denylist_channels: [defaults]\n", "defaults", false, "conda-forge=https://c.example/conda-forge" },
	{ "custom_multichannels: {both: [a, b]}\ndenylist_channels: [both]\n", "b", false,
	  "2 channel \"b\" is one of denylist_channels" },
	{ "denylist_channels: ['https://u:p@c.example/a/linux-64/']\n", "a", false,
	  "2 channel \"a\" is one of denylist_channels" },
	{ "denylist_channels: [conda-forge]\n", "conda-forge/label/dev", false,
	  "conda-forge/label/dev=https://c.example/conda-forge/label/dev" },
	{ "denylist_channels: [bioconda]\n", "https://C.example:443//./%62ioconda", false,
	  "2 channel \"https://C.example:443//./%62ioconda\" is one of denylist_channels" },
	{ "allowlist_channels: [bioconda]\n", "https://c.example/bioconda", false,
	  "bioconda=https://c.example/bioconda" },
	{ "", "https://c.example/x/../bioconda", true,
	  "2 channel \"https://c.example/x/../bioconda\": an address with .. in it" },
	{ "", "https://c.example/x/%2e%2E/bioconda", false,
	  "3 channel \"https://c.example/x/%2e%2E/bioconda\": an address with .. in it" },
	{ "channel_priority: sometimes\n", "a", false,
	  "2 channel_priority is \"sometimes\", not strict, flexible or disabled" },
};

static void test_names(void **state)
{
	struct pf_arena a = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(named_rows); i++) {
		clear();
		if (strstr(named_rows[i].condarc, "channel_alias"))
			unsetenv("CONDA_CHANNEL_ALIAS");
		setenv("TOKEN_OF_MINE", "tk-1", 1);
		folder_put(folder_path, ".condarc", pf_s(named_rows[i].condarc));
		assert_string_equal(told(&a, named_rows[i].named, named_rows[i].by_user, (struct pf_opts){ 0 }),
				    named_rows[i].told);
	}
	clear();
	folder_put(folder_path, ".condarc", PF_S(""));
	assert_string_equal(told(&a, "file:///srv/c", false, (struct pf_opts){ .allow_model_index = true }),
			    "file:///srv/c=file:///srv/c");
	unsetenv("CONDA_CHANNEL_ALIAS");
	if (!*PF_DEFAULT_CHANNELS)
		assert_string_equal(told(&a, "x", false, (struct pf_opts){ 0 }),
				    "4 channel \"x\": a name, and nothing tells where channels are");
	pf_arena_free(&a);
}

/* Later files count more, and the environment most. */
static void test_order(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_opts o = { 0 };

	(void)state;
	clear();
	folder_put(folder_path, ".condarc", PF_S("channels: [home]\nchannel_priority: strict\n"));
	folder_put(folder_path, ".conda/condarc.d/b.yml", PF_S("channels: [b, home]\n"));
	folder_put(folder_path, ".conda/condarc.d/a.yaml", PF_S("channels: [a]\n"));
	folder_put(folder_path, ".conda/condarc.d/c.txt", PF_S("channels: [c]\n"));
	folder_put(folder_path, "named", PF_S("channels: [named]\n"));
	folder_put(folder_path, "prefix/.condarc", PF_S("channels: [prefix]\n"));
	assert_string_equal(told(&a, "", false, o), "home=https://c.example/home\n"
						    "b=https://c.example/b\na=https://c.example/a");
	setenv("CONDARC", pf_formatz(&a, "%s/named", folder_path), 1);
	setenv("CONDA_PREFIX", pf_formatz(&a, "%s/prefix", folder_path), 1);
	setenv("CONDA_CHANNELS", "env, b", 1);
	assert_string_equal(told(&a, "", false, o),
			    "env=https://c.example/env\nb=https://c.example/b\n"
			    "named=https://c.example/named\nprefix=https://c.example/prefix\n"
			    "home=https://c.example/home\na=https://c.example/a");
	setenv("CONDA_NO_RC", "1", 1);
	assert_string_equal(told(&a, "", false, o), "env=https://c.example/env\nb=https://c.example/b");
	unsetenv("CONDA_NO_RC");
	folder_put(folder_path, "named", PF_S("channels: {a: b}\n"));
	assert_non_null(strstr(told(&a, "", false, o),
			       "/named, line 1: channels is a map, where a list is wanted"));
	folder_put(folder_path, "named", PF_S("channels: [\n"));
	assert_int_equal(told(&a, "", false, o)[0], '2');
	unsetenv("CONDA_PREFIX");
	unsetenv("CONDA_CHANNELS");
	folder_put(folder_path, ".condarc", PF_S(""));
	folder_put(folder_path, ".conda/condarc.d/a.yaml", PF_S(""));
	folder_put(folder_path, ".conda/condarc.d/b.yml", PF_S(""));
	folder_put(folder_path, "several/x.yml", PF_S("channels: [x]\n"));
	folder_put(folder_path, "several/y.txt", PF_S("channels: [y]\n"));
	setenv("CONDARC", pf_formatz(&a, "%s/several", folder_path), 1);
	assert_string_equal(told(&a, "", false, o), "x=https://c.example/x");
	folder_put(folder_path, "named", PF_S(""));
	setenv("CONDARC", pf_formatz(&a, "%s/named", folder_path), 1);
	assert_string_equal(told(&a, "", false, o), "conda-forge=https://c.example/conda-forge");
	setenv("CONDARC", "/dev/null", 1);
	assert_string_equal(told(&a, "", false, o), "conda-forge=https://c.example/conda-forge");
}

/* As conda merges what is flagged (conda/common/configuration.py). */
static void test_flags(void **state)
{
	static const struct {
		const char *first, *second, *variable, *told;
	} rows[] = {
		{ "channels: #!final\n- a\n", "channels: [b]\n", "c", "a=https://c.example/a" },
		{ "channels:\n- a #!top\n- b\n", "channels: [c]\n", NULL,
		  "a=https://c.example/a\nc=https://c.example/c\nb=https://c.example/b" },
		{ "channels:\n- a\n- b\n", "channels:\n- c  #!bottom\n- d\n", NULL,
		  "d=https://c.example/d\na=https://c.example/a\nb=https://c.example/b\nc=https://c.example/c" },
		{ "channels:\n- a #!bottom\n- b\n", "channels:\n- c #!bottom\n- a\n", "d",
		  "d=https://c.example/d\nb=https://c.example/b\nc=https://c.example/c\na=https://c.example/a" },
		{ "channels:\n- a  # !top\n- b#!top\n", "channels: [c]\n", NULL,
		  "2 channel \"b#!top\": this is no name of a channel" },
		{ "channel_alias: https://f.example #!final\n", "channel_alias: https://g.example\n", "a",
		  "a=https://f.example/a" },
		{ "custom_channels:\n  a: https://f.example #!final\n  b: https://f.example\n",
		  "custom_channels:\n  a: https://g.example\n  b: https://g.example\n", "a, b",
		  "https://f.example/a=https://f.example/a\nhttps://g.example/b=https://g.example/b" },
	};
	PF_AUTO(arena) a = { 0 };

	(void)state;
	clear();
	folder_put(folder_path, ".conda/condarc.d/a.yaml", PF_S(""));
	folder_put(folder_path, ".conda/condarc.d/b.yml", PF_S(""));
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		folder_put(folder_path, ".conda/.condarc", pf_s(rows[i].first));
		folder_put(folder_path, ".condarc", pf_s(rows[i].second));
		if (strstr(rows[i].first, "alias"))
			unsetenv("CONDA_CHANNEL_ALIAS");
		else
			setenv("CONDA_CHANNEL_ALIAS", "https://c.example", 1);
		unsetenv("CONDA_CHANNELS");
		if (rows[i].variable)
			setenv("CONDA_CHANNELS", rows[i].variable, 1);
		assert_string_equal(told(&a, "", false, (struct pf_opts){ 0 }), rows[i].told);
	}
	folder_put(folder_path, ".conda/.condarc", PF_S(""));
	unsetenv("CONDA_CHANNELS");
	setenv("CONDA_CHANNEL_ALIAS", "https://c.example", 1);
}

static void test_certificates(void **state)
{
	static const struct {
		const char *first, *second, *variable, *cert;
		bool unverified;
	} rows[] = {
		{ "", "", NULL, NULL, false },
		{ "ssl_verify: false\n", "", NULL, NULL, true },
		{ "ssl_verify: no\n", "ssl_verify: true\n", NULL, NULL, false },
		{ "ssl_verify: /x/ca.pem\n", "ssl_verify: False\n", NULL, NULL, true },
		{ "ssl_verify: /x/ca.pem\n", "", NULL, "/x/ca.pem", false },
		{ "ssl_verify: false #!final\n", "ssl_verify: true\n", "true", NULL, true },
		{ "ssl_verify: /x/folder\n", "", "no", NULL, true },
		{ "ssl_verify: truststore\n", "", NULL, NULL, false },
		{ "", "", "/y/a/rather/long/path.pem", "/y/a/rather/long/path.pem", false },
	};
	PF_AUTO(arena) a = { 0 };
	struct pf_strs none = { 0 };
	struct pf_opts o = { 0 };
	struct pf_err err;

	(void)state;
	clear();
	setenv("CONDA_CHANNEL_ALIAS", "https://c.example", 1);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(channels) c = { 0 };

		folder_put(folder_path, ".conda/.condarc", pf_s(rows[i].first));
		folder_put(folder_path, ".condarc", pf_s(rows[i].second));
		unsetenv("CONDA_SSL_VERIFY");
		if (rows[i].variable)
			setenv("CONDA_SSL_VERIFY", rows[i].variable, 1);
		assert_int_equal(pf_channels_open(&c, &none, false, &o, &err), 0);
		assert_int_equal(c.net.unverified, rows[i].unverified);
		assert_true(!c.net.cert == !rows[i].cert);
		if (rows[i].cert)
			assert_string_equal(c.net.cert, rows[i].cert);
	}
	unsetenv("CONDA_SSL_VERIFY");
	folder_put(folder_path, ".conda/.condarc", PF_S("ssl_verify: [a]\n"));
	folder_put(folder_path, ".condarc", PF_S(""));
	assert_non_null(strstr(told(&a, "", false, o), "ssl_verify is a list, where true, false, a file or a folder"));
	folder_put(folder_path, ".conda/.condarc", PF_S(""));
}

static void test_specs(void **state)
{
	static const struct {
		const char *spec, *urls;
	} rows[] = {
		{ "conda-forge::x", "https://c.example/conda-forge" },
		{ "https://c.example/conda-forge/linux-64::x", "https://c.example/conda-forge" },
		{ "both::x", "https://c.example/a https://h.example/b" },
		{ "defaults::x", "https://c.example/conda-forge" },
		{ "*::x", "" },
		{ "x", "" },
	};
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(channels) c = { 0 };
	struct pf_strs named = words_of(&a, "conda-forge");
	struct pf_opts o = { 0 };
	struct pf_err err;

	(void)state;
	clear();
	folder_put(folder_path, ".condarc",
		   PF_S("custom_multichannels: {both: [a, 'https://h.example/b']}\n"
			"allowlist_channels: [conda-forge]\nchannel_priority: strict\n"));
	folder_put(folder_path, ".conda/condarc.d/a.yaml", PF_S(""));
	folder_put(folder_path, ".conda/condarc.d/b.yml", PF_S(""));
	setenv("CONDA_SUBDIR", "linux-aarch64", 1);
	assert_int_equal(pf_channels_open(&c, &named, false, &o, &err), 0);
	assert_int_equal(c.priority, PF_CHANNEL_STRICT);
	assert_true(pf_str_is(c.subdirs.v[0], "linux-aarch64") && pf_str_is(c.subdirs.v[1], "noarch"));
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_match_spec s;
		struct pf_strs want = words_of(&a, rows[i].urls);

		assert_int_equal(pf_match_spec_parse(&s, &a, pf_s(rows[i].spec), &err), 0);
		pf_channels_resolve(&c, &s);
		assert_int_equal(s.channel_urls.n, want.n);
		for (size_t k = 0; k < want.n; k++)
			assert_true(pf_str_eq(s.channel_urls.v[k], want.v[k]));
	}
	setenv("CONDA_SUBDIR", "../linux-64", 1);
	assert_string_equal(told(&a, "x", false, o),
			    "2 CONDA_SUBDIR is \"../linux-64\", which is no platform");
}

/* ---- virtual packages ---- */

static const char *virtual(struct pf_arena *a, const char *subdir)
{
	PF_AUTO(buf) b = PF_BUF(PF_KIB(4));
	struct pf_conda_records r = { 0 };
	struct pf_err err = { 0 };

	if (pf_conda_virtual(&r, a, pf_s(subdir), &err) < 0)
		return pf_formatz(a, "%d %s", err.code, err.msg);
	for (size_t i = 0; i < r.n; i++) {
		assert_true(pf_str_eq(r.v[i].subdir, pf_s(subdir)) && r.v[i].ver.main);
		pf_buf_printf(&b, "%s" PF_FMT "=" PF_FMT "=" PF_FMT, i ? " " : "",
			      PF_ARG(r.v[i].name), PF_ARG(r.v[i].version), PF_ARG(r.v[i].build));
	}
	return pf_dupz(a, pf_buf_view(&b));
}

static void test_virtual(void **state)
{
	PF_AUTO(arena) a = { 0 };
	const char *here;

	(void)state;
	clear();
	here = virtual(&a, pf_dupz(&a, pf_conda_subdir()));
	assert_non_null(strstr(here, "__linux="));
	assert_non_null(strstr(here, " __glibc=2."));
	assert_non_null(strstr(here, " __unix=0=0"));
	assert_non_null(strstr(here, " __archspec=1="));
	assert_string_equal(virtual(&a, "zos-z"), "__unix=0=0 __archspec=0=z");
	assert_string_equal(virtual(&a, "linux-s390x"),
			    "__linux=0=0 __glibc=2.17=0 __unix=0=0 __archspec=0=s390x");
	assert_string_equal(virtual(&a, "osx-arm64"), "__osx=0=0 __unix=0=0 __archspec=0=aarch64");
	assert_string_equal(virtual(&a, "win-64"), "__win=0=0 __archspec=0=x86_64");
	setenv("CONDA_OVERRIDE_CUDA", "12.4", 1);
	setenv("CONDA_OVERRIDE_CUDA_ARCH", "8.6=A100", 1);
	setenv("CONDA_OVERRIDE_GLIBC", "", 1);
	setenv("CONDA_OVERRIDE_LINUX", "6.1", 1);
	setenv("CONDA_OVERRIDE_ARCHSPEC", "zen3", 1);
	assert_string_equal(virtual(&a, "linux-64"),
			    "__linux=6.1=0 __unix=0=0 __cuda=12.4=0 __cuda_arch=8.6=A100 "
			    "__archspec=1=zen3");
	setenv("CONDA_OVERRIDE_CUDA", "", 1);
	assert_string_equal(virtual(&a, "linux-64"), "__linux=6.1=0 __unix=0=0 __archspec=1=zen3");
	setenv("CONDA_OVERRIDE_GLIBC", "2..3", 1);
	assert_string_equal(virtual(&a, "linux-64"), "2 CONDA_OVERRIDE_GLIBC=2..3 is no version");
	clear();
}

static void test_microarch(void **state)
{
#define V2 "cx16 lahf_lm popcnt ssse3 sse4_1 sse4_2 "
#define V3 V2 "abm avx avx2 bmi1 bmi2 f16c fma movbe "
	static const struct {
		const char *cpuinfo, *arch;
	} rows[] = {
		{ "", "x86_64" },
		{ "processor\t: 0\nflags\t\t: fpu sse sse2\n", "x86_64" },
		{ "flags\t\t: fpu " V2 "\nbugs: x\n", "x86_64_v2" },
		{ "flags\t\t: fpu " V3 "\n", "x86_64_v3" },
		{ "flags\t\t: fpu abm avx avx2 bmi1 bmi2 f16c fma movbe\n", "x86_64" },
		{ "flags\t\t: " V3 "avx512f avx512bw avx512cd avx512dq avx512vl\n", "x86_64_v4" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++)
		assert_true(pf_str_is(pf_conda_microarch(pf_s(rows[i].cpuinfo)), rows[i].arch));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_order),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_certificates),
		cmocka_unit_test(test_specs),	 cmocka_unit_test(test_virtual),
		cmocka_unit_test(test_microarch),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
