/* test_digest.c - SHA-256 of texts on both sides of every boundary, piece by piece as well */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "formats/digest.h"
#include "formats/hasher.h"
#include "formats/sum.h"

/* The examples of FIPS 180-4, and one beyond the length from which libcrypto is asked. */
static void knows_the_standard_examples(void **state)
{
	static const struct {
		const char *text;
		size_t times;
		const char *hex;
	} rows[] = {
		{ "", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
		{ "a", 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
	};

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_buf text = PF_BUF(PF_MIB(2));
		char hex[PF_SHA256_HEX];

		for (size_t k = 0; k < rows[i].times; k++)
			pf_buf_cstr(&text, rows[i].text);
		pf_sha256_hex(hex, text.p, text.n);
		assert_string_equal(hex, rows[i].hex);
		pf_buf_free(&text);
	}
}

static void agrees_with_libcrypto_at_every_length(void **state)
{
	struct pf_hasher hasher = { 0 };
	unsigned char text[4200];
	char one[PF_SHA256_HEX], other[PF_SHA256_HEX];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 7 + i / 251);
	for (size_t n = 0; n <= sizeof(text); n += n < 300 ? 1 : 37) {
		pf_sha256_hex(one, text, n);
		pf_hasher_start(&hasher);
		pf_hasher_add(&hasher, text, n / 3);
		pf_hasher_add(&hasher, text + n / 3, n - n / 3);
		pf_hasher_end(&hasher, other);
		assert_string_equal(one, other);
	}
	pf_hasher_free(&hasher);
}

static void speaks_as_records_do(void **state)
{
	static const struct {
		const char *name, *text, *wanted;
	} rows[] = {
		{ "sha256", "", "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" },
		{ "sha384", "", "OLBgp1GsljhM2TJ-sbHjaiH9txEUvgdDTAzHv2P24donTt6_529l-9Ua0vFImLlb" },
		{ "sha512", "abc", "3a81oZNherrMQXNJriBBMRLm-k6JqX6iCp7u5ktV05ohkpkqJ0_BqDa6PCOj_uu9RU1EI2Q86A4qmslPpUyknw" },
	};
	unsigned char raw[32], back[32];
	char text[PF_DIGEST_TEXT], hex[PF_SHA256_HEX], direct[PF_SHA256_HEX];

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		assert_true(pf_digest_text(text, pf_s(rows[i].name), rows[i].text, strlen(rows[i].text)));
		assert_string_equal(text, rows[i].wanted);
	}
	assert_false(pf_digest_text(text, PF_S("md5"), "", 0));
	pf_sha256_raw(raw, "abc", 3);
	pf_base64url(text, raw, sizeof(raw));
	assert_true(pf_base64url_read(back, sizeof(back), pf_s(text)));
	assert_memory_equal(raw, back, sizeof(raw));
	assert_true(pf_sha256_text_hex(hex, text));
	pf_sha256_hex(direct, "abc", 3);
	assert_string_equal(hex, direct);
	assert_false(pf_sha256_text_hex(hex, ""));
	assert_false(pf_base64url_read(back, sizeof(back), pf_str_cut(pf_s(text), 0, 42)));
	text[3] = '+';
	assert_false(pf_base64url_read(back, sizeof(back), pf_s(text)));
}

/* A file is what one of its digests names, of whichever kind. */
static void compares_every_strong_kind(void **state)
{
#define SHA256_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SHA384_ABC "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
#define SHA512_ABC "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a" \
		   "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
	static const struct {
		const char *first, *second; /* NULL: none */
		bool good;
	} rows[] = {
		{ NULL, NULL, true },
		{ "sha256:" SHA256_ABC, NULL, true },
		{ "sha384:" SHA384_ABC, NULL, true },
		{ "sha512:" SHA512_ABC, NULL, true },
		{ "sha256:" SHA384_ABC, "sha512:" SHA512_ABC, true },
		{ "sha256:00", "sha384:" SHA384_ABC, true },
		{ "sha256:00", NULL, false },
		{ "sha512:" SHA256_ABC, NULL, false },
		{ "sha384:" SHA512_ABC, "sha512:" SHA384_ABC, false },
		{ "md5:" SHA256_ABC, NULL, false },
	};
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_true(fputs("abc", file) > 0 && fflush(file) == 0);
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_str both[] = { pf_s(rows[i].first), pf_s(rows[i].second) };
		struct pf_strs hashes = { .v = both, .n = (rows[i].first != NULL) + (rows[i].second != NULL) };
		struct pf_err err = { 0 };
		int rc = pf_digest_check(&hashes, fileno(file), SHA256_ABC, &err);

		assert_int_equal(rc, rows[i].good ? 0 : -1);
		assert_int_equal(err.code, rows[i].good ? 0 : PF_EINTEGRITY);
	}
	fclose(file);
}

/* The check values of the catalogue of CRCs, and digests of the same bytes. */
static void sums_as_stores_do(void **state)
{
	static const struct {
		const char *name, *nothing, *digits; /* of "" and of "123456789" */
	} rows[] = {
		{ "crc32", "00000000", "cbf43926" },
		{ "crc32c", "00000000", "e3069283" },
		{ "crc64nvme", "0000000000000000", "ae8b14860a799888" },
		{ "md5", "d41d8cd98f00b204e9800998ecf8427e", "25f9e794323b453885f5181f1b624d0b" },
		{ "sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
		  "f7c3bc1d808e04732adf679965ccc34ca7ae3441" },
		{ "sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		  "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225" },
	};
	struct pf_sum sum = { 0 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		const struct pf_sum_kind *kind = pf_sum_kind_of(pf_s(rows[i].name));

		assert_non_null(kind);
		assert_string_equal(pf_sum_name(kind), rows[i].name);
		for (size_t cut = 0; cut <= 10; cut++) {
			const char *wanted = cut < 10 ? rows[i].digits : rows[i].nothing;
			char hex[2 * PF_SUM_MAX + 1] = "";
			unsigned char raw[PF_SUM_MAX];

			pf_sum_start(&sum, kind);
			pf_sum_add(&sum, "123456789", cut % 10);
			pf_sum_add(&sum, &"123456789"[cut % 10], cut < 10 ? 9 - cut : 0);
			pf_sum_end(&sum, raw);
			for (size_t k = 0; k < pf_sum_size(kind); k++)
				snprintf(hex + 2 * k, 3, "%02x", raw[k]);
			assert_string_equal(hex, wanted);
		}
	}
	pf_sum_free(&sum);
	assert_null(pf_sum_kind_of(PF_S("sha512")));
}

/* Eight bytes at a time or one by one, from any of them on. */
static void sums_alike_in_any_pieces(void **state)
{
	static const char *const names[] = { "crc32", "crc32c", "crc64nvme" };
	struct pf_sum whole = { 0 }, pieces = { 0 };
	unsigned char text[301], one[PF_SUM_MAX], other[PF_SUM_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (unsigned char)(i * 31 + i / 7);
	for (size_t i = 0; i < PF_COUNT(names); i++) {
		const struct pf_sum_kind *kind = pf_sum_kind_of(pf_s(names[i]));

		for (size_t size = 1; size <= 40; size++) {
			pf_sum_start(&whole, kind);
			pf_sum_add(&whole, text, sizeof(text));
			pf_sum_end(&whole, one);
			pf_sum_start(&pieces, kind);
			for (size_t at = 0; at < sizeof(text); at += size)
				pf_sum_add(&pieces, text + at,
					   sizeof(text) - at < size ? sizeof(text) - at : size);
			pf_sum_end(&pieces, other);
			assert_memory_equal(one, other, pf_sum_size(kind));
		}
	}
	pf_sum_free(&whole);
	pf_sum_free(&pieces);
}

/* With a folder in its place, or a FIFO that nobody writes to. */
static void waits_for_no_writer(void **state)
{
	char dir[] = "/tmp/pf-test-XXXXXX", hex[PF_SHA256_HEX];
	struct pf_err err;
	int at;

	(void)state;
	assert_non_null(mkdtemp(dir));
	at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(at >= 0);
	assert_int_equal(mkfifoat(at, "fifo", 0600), 0);
	assert_int_equal(pf_sha256_at(hex, at, "fifo", &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	assert_int_equal(pf_sha256_at(hex, at, ".", &err), -1);
	assert_int_equal(err.code, PF_EINTEGRITY);
	close(at);
	assert_int_equal(pf_remove_tree(AT_FDCWD, dir, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_standard_examples),
		cmocka_unit_test(agrees_with_libcrypto_at_every_length),
		cmocka_unit_test(speaks_as_records_do),
		cmocka_unit_test(compares_every_strong_kind),
		cmocka_unit_test(sums_as_stores_do),
		cmocka_unit_test(sums_alike_in_any_pieces),
		cmocka_unit_test(waits_for_no_writer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
