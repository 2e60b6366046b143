/* test_sigv4.c - signatures of AWS, by the values that it publishes; where buckets are */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "fetch/aws.h"
#include "fetch/s3.h"
#include "fetch/sigv4.h"
#include "formats/digest.h"
#include "formats/sign.h"

/* The suite's key, and that of the examples of S3. */
#define SUITE "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830T123600Z"
#define S3 "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524T000000Z"
#define OF_SUITE "https://example.amazonaws.com/"
#define OF_S3 "https://examplebucket.s3.amazonaws.com/"

static void signs(void **state)
{
	static const struct {
		const char *id, *secret, *when, *method, *url, *more, *body, *signature;
	} rows[] = {
		{ SUITE, "GET", OF_SUITE, NULL, "",
		  "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31" },
		{ SUITE, "GET", OF_SUITE "?Param2=value2&Param1=value1", NULL, "",
		  "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500" },
		{ SUITE, "GET", OF_SUITE "?Param1=value1", NULL, "",
		  "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb" },
		{ SUITE, "GET",
		  OF_SUITE "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
		  NULL, "", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f" },
		{ SUITE, "GET", OF_SUITE "%E1%88%B4", NULL, "",
		  "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85" },
		{ SUITE, "POST", OF_SUITE, NULL, "",
		  "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b" },
		{ SUITE, "POST", OF_SUITE, "content-type: application/x-www-form-urlencoded",
		  "Param1=value1",
		  "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a" },
		{ S3, "GET", OF_S3 "test.txt", "range: bytes=0-9", "",
		  "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41" },
		{ S3, "GET", OF_S3 "?lifecycle", NULL, "",
		  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543" },
		{ S3, "GET", OF_S3 "?max-keys=2&prefix=J", NULL, "",
		  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		bool s3 = rows[i].url[8 + 7] == 'b';
		struct pf_sigv4 s = { .id = pf_s(rows[i].id),
				      .secret = pf_s(rows[i].secret),
				      .region = PF_S("us-east-1"),
				      .service = s3 ? "s3" : "service",
				      .content = s3 };
		struct pf_strs headers = { 0 };
		char hash[PF_SHA256_HEX];

		pf_sha256_hex(hash, rows[i].body, strlen(rows[i].body));
		if (rows[i].more)
			*PF_PUSH(&a, &s.more) = pf_s(rows[i].more);
		pf_sigv4_sign(&headers, &a, &s, rows[i].method, rows[i].url, hash, rows[i].when);
		if (!pf_str_ends(headers.v[headers.n - 1], rows[i].signature))
			fail_msg("%s: " PF_FMT, rows[i].url, PF_ARG(headers.v[headers.n - 1]));
	}
}

static void sends_what_it_signs(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_sigv4 s = { .id = PF_S("AK"),
			      .secret = PF_S("secret!"),
			      .token = PF_S("t0ken"),
			      .region = PF_S("eu-west-1"),
			      .service = "s3",
			      .content = true };
	struct pf_strs headers = { 0 };
	char hash[PF_SHA256_HEX];

	(void)state;
	pf_sha256_hex(hash, "", 0);
	*PF_PUSH(&a, &s.more) = PF_S("x-amz-expected-bucket-owner: 123");
	pf_sigv4_sign(&headers, &a, &s, "GET", "http://127.0.0.1:9/b/k", hash, "20130524T000000Z");
	assert_int_equal(headers.n, 5);
	assert_true(pf_str_is(headers.v[1], "x-amz-date: 20130524T000000Z"));
	assert_true(pf_str_is(headers.v[2], "x-amz-expected-bucket-owner: 123"));
	assert_true(pf_str_is(headers.v[3], "x-amz-security-token: t0ken"));
	assert_true(pf_str_find_str(headers.v[4],
				    "Credential=AK/20130524/eu-west-1/s3/aws4_request, "
				    "SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
				    "x-amz-expected-bucket-owner;x-amz-security-token, ") !=
		    PF_NPOS);
	for (size_t i = 0; i < headers.n; i++)
		assert_true(pf_str_find_str(headers.v[i], "secret!") == PF_NPOS);
}

static void finds_buckets(void **state)
{
	static const struct {
		const char *uri, *endpoint, *style, *base; /* "!": refused */
	} rows[] = {
		{ "s3://models/a", "", NULL, "https://models.s3.eu-west-1.amazonaws.com" },
		{ "s3://models/a", "", "path", "https://s3.eu-west-1.amazonaws.com/models" },
		{ "s3://my.models/a", "", NULL, "https://s3.eu-west-1.amazonaws.com/my.models" },
		{ "s3://Models_1/a", "", NULL, "https://s3.eu-west-1.amazonaws.com/Models_1" },
		{ "s3://models/a", "http://127.0.0.1:9000", NULL, "http://127.0.0.1:9000/models" },
		{ "s3://models/a", "http://minio:9000/x", "virtual", "http://models.minio:9000/x" },
		{ "r2://models@0123.r2.cloudflarestorage.com/a", "http://h", NULL,
		  "https://models.0123.r2.cloudflarestorage.com" },
		{ "b2://models@s3.us-west-004.backblazeb2.com/a", "", NULL,
		  "https://s3.us-west-004.backblazeb2.com/models" },
		{ "r2://models@evil.example/a", "", NULL, "!" },
		{ "r2://models/a", "", NULL, "!" },
		{ "b2://models@s3.us-west-004.backblazeb2.com:9/a", "", NULL, "!" },
		{ "s3://who@models/a", "", NULL, "!" },
		{ "s3://models:80/a", "", NULL, "!" },
		{ "s3://ab/a", "", NULL, "!" },
		{ "s3://a..b/a", "", NULL, "!" },
		{ "s3://-models/a", "", NULL, "!" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_s3_bucket b;
		struct pf_err err = { 0 };
		struct pf_where w;
		int rc = pf_where_read(&w, &a, pf_s(rows[i].uri), &err);

		if (rc == 0)
			rc = pf_s3_bucket_of(&b, &a, &w, pf_s(rows[i].endpoint), rows[i].style,
					     &err);
		if (*rows[i].base == '!'
			    ? rc == 0 || err.code != PF_EUSAGE
			    : rc < 0 || !pf_str_is(pf_s3_base(&a, &b, PF_S("eu-west-1")),
						   rows[i].base))
			fail_msg("%s: %d %s", rows[i].uri, rc, err.msg);
	}
}

/* What Python's shlex.split makes of it; NULL: ValueError. */
static void splits_words(void **state)
{
	static const struct {
		const char *line, *words; /* each behind a bar */
	} rows[] = {
		{ "", "" },
		{ "  a  b\tc ", "|a|b|c" },
		{ "'a b' \"c d\"e", "|a b|c de" },
		{ "a\\ b", "|a b" },
		{ "'a\\b' \"a\\b\" \"\\\"\\\\\"", "|a\\b|a\\b|\"\\" },
		{ "\"\" ''", "||" },
		{ "a$HOME;b|c `d` #e", "|a$HOME;b|c|`d`|#e" },
		{ "'a", NULL },
		{ "\"a", NULL },
		{ "a\\", NULL },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		PF_AUTO(buf) got = PF_BUF(PF_KIB(1));
		struct pf_strs words = { 0 };
		bool good = pf_aws_words(&words, &a, pf_s(rows[i].line));

		for (size_t k = 0; k < words.n; k++)
			pf_buf_printf(&got, "|" PF_FMT, PF_ARG(words.v[k]));
		if (good != (rows[i].words != NULL) ||
		    (good && !pf_str_is(pf_buf_view(&got), rows[i].words)))
			fail_msg("%s: %d " PF_FMT, rows[i].line, good, PF_ARG(pf_buf_view(&got)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs),
		cmocka_unit_test(sends_what_it_signs),
		cmocka_unit_test(finds_buckets),
		cmocka_unit_test(splits_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
