/* test_url.c - URLs taken apart, joined, told without their credentials */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "fetch/secrets.h"
#include "fetch/url.h"

static void splits(void **state)
{
	static const struct {
		const char *text, *bare, *user;	/* bare NULL: refused */
	} rows[] = {
		{ "https://h", "https://h", NULL },
		{ "HTTP://Host:8080/a/b?q#f", "HTTP://Host:8080/a/b?q", NULL },
		{ "https://me:p%40ss@h:1/x", "https://h:1/x", "me:p%40ss" },
		{ "https://a@b@h/x", "https://h/x", "a@b" },
		{ "https://h?q@r", "https://h?q@r", NULL },
		{ "http://[::1]:80/x", "http://[::1]:80/x", NULL },
		{ "http://h:/x", "http://h/x", NULL },
		{ "file:///tmp/x", "file:///tmp/x", NULL },
		{ "file://localhost/tmp/x", "file:///tmp/x", NULL },
		{ "file://h/x", NULL, NULL },
		{ "ftp://h/x", NULL, NULL },
		{ "/x", NULL, NULL },
		{ "https:/h", NULL, NULL },
		{ "https://", NULL, NULL },
		{ "https://h:0/", NULL, NULL },
		{ "https://h:65536/", NULL, NULL },
		{ "https://h:8x/", NULL, NULL },
		{ "https://h%2e/", NULL, NULL },
		{ "https://[::bad/ok", NULL, NULL },
		{ "https://h\\@e/", NULL, NULL },
		{ "https://h/a b", NULL, NULL },
		{ "https://h/\xc3\xa4", NULL, NULL },
		{ "https://h/\r\nX: y", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_err err = { 0 };
		struct pf_url u = { 0 };
		int rc = pf_url_split(&u, pf_s(rows[i].text), &err);

		if ((rc == 0) != (rows[i].bare != NULL) || (rc == 0 && strcmp(pf_url_bare(&a, &u), rows[i].bare)))
			fail_msg("%s: %d %s", rows[i].text, rc, rc ? err.msg : pf_url_bare(&a, &u));
		assert_true(rows[i].user ? pf_str_is(u.user, rows[i].user) : !u.user.p);
	}
}

/* RFC 3986, 5.4, as far as links of pages go. */
static void joins(void **state)
{
	static const struct {
		const char *link, *whole;
	} rows[] = {
		{ "g", "http://a/b/c/g" },	{ "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" },	{ "/g", "http://a/g" },
		{ "//g/x", "http://g/x" },	{ "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" },	{ "#s", "http://a/b/c/d;p#s" },
		{ "g#s", "http://a/b/c/g#s" },	{ ";x", "http://a/b/c/;x" },
		{ ".", "http://a/b/c/" },	{ "..", "http://a/b/" },
		{ "../g", "http://a/b/g" },	{ "../../g", "http://a/g" },
		{ "../../../g", "http://a/g" }, { "./../g", "http://a/b/g" },
		{ "g/./h", "http://a/b/c/g/h" }, { "g/../h", "http://a/b/c/h" },
		{ "https://x/y/../z", "https://x/y/../z" },
		{ "mailto:x", NULL },		{ "a b", NULL },
	};
	struct pf_url base;
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_url_split(&base, PF_S("http://u:p@a/b/c/d;p?q"), &err), 0);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_str got = { 0 };
		int rc = pf_url_join(&got, &a, &base, pf_s(rows[i].link), &err);

		if ((rc == 0) != (rows[i].whole != NULL) || (rc == 0 && !pf_str_is(got, rows[i].whole)))
			fail_msg("%s: %d " PF_FMT, rows[i].link, rc, PF_ARG(got));
	}
}

static void compares_origins(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{ "https://h/x", "https://H:443/y", true }, { "http://h", "http://u@h:80", true },
		{ "https://h", "http://h", false },	    { "https://h", "https://h:444", false },
		{ "https://h", "https://hh", false },
	};
	struct pf_url a, b;
	struct pf_err err;

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		assert_int_equal(pf_url_split(&a, pf_s(rows[i].a), &err), 0);
		assert_int_equal(pf_url_split(&b, pf_s(rows[i].b), &err), 0);
		assert_int_equal(pf_url_same_origin(&a, &b), rows[i].same);
	}
}

static void decodes(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(pf_str_is(pf_url_decode(&a, PF_S("a%2Bb%25")), "a+b%"));
	assert_null(pf_url_decode(&a, PF_S("a%0ab")).p);
	assert_null(pf_url_decode(&a, PF_S("a%2")).p);
	assert_null(pf_url_decode(&a, PF_S("%zz")).p);
	assert_true(pf_str_is(pf_url_encode(&a, PF_S("/a b#c%\xc3\xa4"), "/"), "/a%20b%23c%25%C3%A4"));
	assert_true(pf_str_is(pf_url_encode(&a, PF_S("me:p/@;,-._~"), ""), "me%3Ap%2F%40%3B%2C-._~"));
	assert_true(pf_str_is(pf_url_of_path(&a, "/a b/c+d@e.whl"), "file:///a%20b/c%2Bd%40e.whl"));
}

static void hides_credentials(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_string_equal(pf_url_shown(&a, PF_S("https://u:p@h/x")), "https://h/x");
	assert_string_equal(pf_url_shown(&a, PF_S("ftp://u:p@h/x")), "a malformed URL");
	assert_string_equal(pf_url_shown(&a, PF_S("nonsense")), "nonsense");
}

/* What is shown of a query, and what tells two apart besides ("" for nothing). */
static void hides_secrets(void **state)
{
	static const struct {
		const char *url, *open, *secrets;
	} rows[] = {
		{ "https://h/m.zip", "https://h/m.zip", "" },
		{ "https://h/m.zip?x=1&y", "https://h/m.zip?x=1&y", "" },
		{ "https://h/m?expires=1&se=2", "https://h/m?expires=1&se=2", "" },
		{ "https://h/m?token=a&x=1", "https://h/m?token=****&x=1", "token=a&" },
		{ "https://h/m?x=1&API_Key=a%26b#sha256=0", "https://h/m?x=1&API_Key=****#sha256=0",
		  "API_Key=a%26b&" },
		{ "https://h/m?t%6fken=a", "https://h/m?t%6fken=****", "t%6fken=a&" },
		{ "https://h/m?X-Amz-Date=1&a=b&X-Amz-Security-Token=c&X-Amz-Signature=d",
		  "https://h/m?a=b&X-Amz-Signature=****", "" },
		{ "https://h/m?X-Amz-Security-Token=c", "https://h/m?X-Amz-Security-Token=****",
		  "X-Amz-Security-Token=c&" },
		{ "https://h/m?sv=1&se=2&sr=b&sp=r&sig=d", "https://h/m?sig=****", "" },
		{ "https://h/m?Expires=1&Key-Pair-Id=K&Signature=d&key=e",
		  "https://h/m?Signature=****&key=****", "key=e&" },
		{ "a b?pwd=x", "a b?pwd=****", "pwd=x&" },
		{ "https://h/m?token", "https://h/m?token=****", "token&" },
		{ "https://h/m#?token=x", "https://h/m#?token=x", "" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_str open = pf_url_open_part(&a, pf_s(rows[i].url)),
			      secrets = pf_url_secrets(&a, pf_s(rows[i].url));

		if (!pf_str_is(open, rows[i].open) || !pf_str_is(secrets, rows[i].secrets))
			fail_msg("%s: " PF_FMT ", " PF_FMT, rows[i].url, PF_ARG(open),
				 PF_ARG(secrets));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hides_secrets),
		cmocka_unit_test(splits),  cmocka_unit_test(joins),
		cmocka_unit_test(compares_origins), cmocka_unit_test(decodes),
		cmocka_unit_test(hides_credentials),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
