/* test_condarc.c - what .condarc and CONDA_* say of servers and packages, as it is read */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "folder.h"

#include "channel/channel.h"

static void clear(void)
{
	static const char *const variables[] = {
		"CONDARC", "CONDA_NO_RC", "CONDA_ROOT", "CONDA_PREFIX", "XDG_CONFIG_HOME",
		"CONDA_SUBDIR", "CONDA_OFFLINE", "CONDA_PINNED_PACKAGES", "CONDA_IGNORE_PINNED",
		"CONDA_DISALLOWED_PACKAGES", "CONDA_REMOTE_MAX_RETRIES", "CONDA_SSL_VERIFY",
	};

	for (size_t i = 0; i < PF_COUNT(variables); i++)
		unsetenv(variables[i]);
	setenv("HOME", folder_path, 1);
	setenv("CONDA_CHANNEL_ALIAS", "https://c.example", 1);
}

/* What differs from having said nothing, or the error. HOME is told as "~". */
static const char *told(struct pf_arena *a)
{
	PF_AUTO(buf) b = PF_BUF(PF_KIB(64));
	PF_AUTO(channels) c = { 0 };
	struct pf_err err = { 0 };
	struct pf_str rest;
	size_t home = strlen(folder_path);

	if (pf_channels_settings(&c, &err) < 0)
		return pf_str_starts(pf_s(err.msg), folder_path) ?
			       pf_formatz(a, "%d ~%s", err.code, err.msg + home) :
			       pf_formatz(a, "%d %s", err.code, err.msg);
	if (c.offline)
		pf_buf_cstr(&b, "offline ");
	if (c.net.wait)
		pf_buf_printf(&b, "wait=%u ", c.net.wait);
	if (c.net.tries != 4)
		pf_buf_printf(&b, "tries=%u ", c.net.tries);
	if (c.net.client_cert)
		pf_buf_printf(&b, "cert=%s ", c.net.client_cert);
	if (c.net.client_key)
		pf_buf_printf(&b, "key=%s ", c.net.client_key);
	for (size_t i = 0; i < c.rules.n; i++) {
		rest = c.rules.v[i].place;
		if (pf_str_starts(rest, folder_path))
			rest = pf_format(a, "~" PF_FMT, PF_ARG(pf_str_skip(rest, home)));
		pf_buf_printf(&b, "%s" PF_FMT " (" PF_FMT ") ", c.rules.v[i].forbids ? "!" : "",
			      PF_ARG(c.rules.v[i].spec.text), PF_ARG(rest));
	}
	return pf_dupz(a, pf_str_trim(pf_buf_view(&b)));
}

static const struct {
	const char *condarc, *setting, *told;	/* the setting: "NAME=VALUE" or NULL */
} rows[] = {
	{ "", NULL, "" },
	{ "offline: true\n", NULL, "offline" },
	{ "offline: on\n", NULL, "offline" },
	{ "offline: 'Yes'\n", NULL, "offline" },
	{ "offline: 1\n", NULL, "offline" },
	{ "offline: false\n", NULL, "" },
	{ "offline:\n", NULL, "" },
	{ "offline: true\n", "CONDA_OFFLINE=0", "" },
	{ "offline: true #!final\n", "CONDA_OFFLINE=0", "offline" },
	{ "", "CONDA_OFFLINE=1", "offline" },
	{ "", "CONDA_OFFLINE=", "" },
	{ "", "CONDA_OFFLINE=maybe", "2 CONDA_OFFLINE is \"maybe\", neither true nor false" },
	{ "offline: maybe\n", NULL, "2 ~/.condarc, line 1: offline is a string, where true or false is wanted" },
	{ "offline: [true]\n", NULL, "2 ~/.condarc, line 1: offline is a list, where true or false is wanted" },

	{ "pinned_packages:\n- numpy 1.26.*\n- 'pandas[version=\">=2\"]'\n", NULL,
	  "numpy 1.26.* (~/.condarc, line 2) pandas[version=\">=2\"] (~/.condarc, line 3)" },
	{ "pinned_packages: numpy=1\n", NULL, "numpy=1 (~/.condarc, line 1)" },
	{ "pinned_packages: [a]\n", "CONDA_PINNED_PACKAGES=b >=1,<2 & c",
	  "b >=1,<2 (CONDA_PINNED_PACKAGES) c (CONDA_PINNED_PACKAGES) a (~/.condarc, line 1)" },
	{ "pinned_packages: [a]\n", "CONDA_PINNED_PACKAGES=a", "a (CONDA_PINNED_PACKAGES)" },
	{ "pinned_packages: [a]\nignore_pinned: true\n", NULL, "" },
	{ "pinned_packages: []\n", NULL, "" },
	{ "pinned_packages: ['*']\n", NULL,
	  "2 ~/.condarc, line 1: pinned_packages: no package is named by *" },
	{ "pinned_packages: ['a =>1']\n", NULL,
	  "2 ~/.condarc, line 1: pinned_packages: match spec 'a =>1', column 3: "
	  "version spec '=>1', column 2: there is no such operator" },
	{ "pinned_packages: [[a]]\n", NULL,
	  "2 ~/.condarc, line 1: pinned_packages is a list, where a list of texts is wanted" },
	{ "pinned_packages: ['https://u:secret@h.example/c::a']\n", NULL,
	  "https://h.example/c::a (~/.condarc, line 1)" },

	{ "disallowed_packages: ['*[license=AGPL*]', b]\npinned_packages: [c]\n", NULL,
	  "!*[license=AGPL*] (~/.condarc, line 1) !b (~/.condarc, line 1) c (~/.condarc, line 2)" },
	{ "disallow: [b]\n", "CONDA_DISALLOWED_PACKAGES=c&d e",
	  "!c (CONDA_DISALLOWED_PACKAGES) !d e (CONDA_DISALLOWED_PACKAGES) !b (~/.condarc, line 1)" },

	{ "remote_connect_timeout_secs: 9.15\n", NULL, "wait=10" },
	{ "remote_connect_timeout_secs: 20\nremote_read_timeout_secs: 60.0\n", NULL, "wait=60" },
	{ "remote_read_timeout_secs: 1e9\n", NULL, "wait=3600" },
	{ "remote_read_timeout_secs: long\n", NULL, "2 remote_read_timeout_secs is \"long\", which is no number" },
	{ "remote_max_retries: 0\n", NULL, "tries=1" },
	{ "", "CONDA_REMOTE_MAX_RETRIES=6", "tries=7" },
	{ "remote_max_retries: -1\n", NULL, "2 remote_max_retries is \"-1\", which is no number" },
	{ "client_ssl_cert: /c.pem\nclient_ssl_cert_key: /k.pem\n", NULL, "cert=/c.pem key=/k.pem" },
	{ "client_cert: /c.pem\n", NULL, "cert=/c.pem" },
	{ "client_ssl_cert_key: /k.pem\n", NULL,
	  "2 client_ssl_cert_key of .condarc has no client_ssl_cert beside it" },
	{ "allow_other_channels: true\n", NULL, "" },
	{ "allow_other_channels: false\n", NULL, "2 allow_other_channels of .condarc keeps no channel away" },
};

static void test_settings(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		const char *got;

		clear();
		folder_put(folder_path, ".condarc", pf_s(rows[i].condarc));
		if (rows[i].setting)
			assert_int_equal(putenv(pf_dupz(&a, pf_s(rows[i].setting))), 0);
		got = told(&a);
		if (strcmp(got, rows[i].told))
			fail_msg("%s%s:\n got %s\n not %s", rows[i].condarc,
				 rows[i].setting ? rows[i].setting : "", got, rows[i].told);
		clear();
	}
}

/* An administrator's file, marked as the last word. */
static void test_final(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	clear();
	folder_put(folder_path, ".config/conda/.condarc", PF_S("disallowed_packages: #!final\n- a\n"));
	folder_put(folder_path, ".condarc", PF_S("disallowed_packages: []\npinned_packages: [b]\n"));
	assert_string_equal(told(&a), "!a (~/.config/conda/.condarc, line 2) b (~/.condarc, line 2)");
	setenv("CONDARC", pf_formatz(&a, "%s/named", folder_path), 1);
	folder_put(folder_path, "named", PF_S("pinned_packages: [c, b]\n"));
	assert_string_equal(told(&a), "!a (~/.config/conda/.condarc, line 2) c (~/named, line 1) b (~/named, line 1)");
	clear();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_final),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
