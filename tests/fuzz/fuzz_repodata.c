/* fuzz_repodata.c - any bytes as a repodata.json, as records of a name, as MessagePack, as a list of ours */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "channel/repodata_file.h"
#include "channel/repodata_record.h"
#include "formats/msgpack.h"

static const struct pf_repo_from from = { { "https://h/c", 11 }, { "c", 1 }, { "noarch", 6 },
					  { "https://h/c/noarch/", 19 } };

/* Cut in two anywhere, it is the same. */
static void try_scan(struct pf_str text)
{
	struct pf_repo_scan whole = { 0 }, parts = { 0 };
	size_t cut = text.n / 3;
	struct pf_err err;
	int rc = pf_repo_scan_feed(&whole, text.p, text.n, &err);
	int rc_parts = pf_repo_scan_feed(&parts, text.p, cut, &err);

	if (!rc_parts)
		rc_parts = pf_repo_scan_feed(&parts, text.p + cut, text.n - cut, &err);
	if (!rc)
		rc = pf_repo_scan_end(&whole, &err);
	if (!rc_parts)
		rc_parts = pf_repo_scan_end(&parts, &err);
	if (rc != rc_parts || (!rc && (whole.records != parts.records || whole.head.n != parts.head.n)))
		abort();
	for (size_t i = 0; !rc && i < whole.names.entries.n; i++) {
		const struct pf_repo_name *name = whole.names.entries.v[i].value;

		for (size_t k = 0; k < name->runs.n; k++)
			if (name->runs.v[k].at > text.n || name->runs.v[k].size > text.n - name->runs.v[k].at)
				abort();
	}
	pf_repo_scan_free(&whole);
	pf_repo_scan_free(&parts);
}

static void try_records(struct pf_str text, enum pf_repo_section section, bool shard)
{
	struct pf_conda_package package = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_repo_taking t;
	struct pf_err err;

	pf_repo_taking_start(&t, &a, &from, PF_S("demo"), &package);
	if ((shard ? pf_repo_take_shard(&t, text, &err) : pf_repo_take(&t, section, text, &err)) == 0)
		for (size_t i = 0; i < package.records.n; i++)
			if (memchr(package.records.v[i].fn.p, '/', package.records.v[i].fn.n) ||
			    !pf_str_is(package.records.v[i].name, "demo"))
				abort();
	pf_repo_taking_end(&t);
}

static void try_msgpack(struct pf_str text)
{
	PF_AUTO(buf) json = PF_BUF(PF_MIB(1));
	struct pf_json r;
	struct pf_json_token token = { 0 };
	struct pf_err err;

	if (pf_msgpack_json(&json, text, &err) < 0)
		return;
	/* Whatever comes out is JSON. */
	pf_json_init(&r, pf_buf_view(&json), 0);
	do
		if (pf_json_next(&r, &token, &err) < 0)
			abort();
	while (token.kind != PF_JSON_END);
	pf_json_free(&r);
	try_records(pf_buf_view(&json), PF_REPO_CONDA, true);
}

static void try_file(struct pf_str text)
{
	const struct pf_repo_disk_run *run;
	struct pf_repo_file f = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_str bytes;
	struct pf_err err;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text.p, text.n) != (ssize_t)text.n)
		abort();
	if (!pf_repo_file_take(&f, fd, "fuzz"))
		return;
	for (size_t i = 0, n = pf_repo_file_find(&run, &f, PF_S("demo")); i < n; i++)
		if (pf_repo_file_read(&bytes, &a, &f, &run[i], "{}", &err) == 0 && !bytes.n)
			abort();
	pf_repo_file_free(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_str text = { size ? (const char *)data : "", size };

	try_scan(text);
	try_records(text, PF_REPO_CONDA, false);
	try_records(text, PF_REPO_REMOVED, false);
	try_msgpack(text);
	try_file(text);
	return 0;
}

#ifndef PF_LIBFUZZER
#define MD5 "\"md5\":\"0123456789abcdef0123456789abcdef\""

static const char *const samples[] = {
	("{\"info\":{\"subdir\":\"noarch\",\"base_url\":\"../x\"},\"packages\":{\"a-1-0.tar.bz2\":{\"name\":\"a\"}},"
	 "\"packages.conda\":{\"demo-1-0.conda\":{\"x\":[\"}\\\\\\\"]\"]},\"demo-2-0.conda\":{}},\"removed\":"
	 "[\"demo-0-0.conda\"],\"repodata_version\":1}"),
	("{\"demo-1.0-h_1.conda\":{\"build\":\"h_1\",\"build_number\":1,\"depends\":[\"libc >=2\",\"a\\u0062\"],"
	 "\"constrains\":[\"o <3\"],\"name\":\"demo\",\"noarch\":\"python\"," MD5 ",\"size\":12345,"
	 "\"timestamp\":1578324546,\"track_features\":\"x y,z\",\"version\":\"1.0\"},\"demo-2-0.conda\":{}}"),
	"[\"demo-1.0-h_1.conda\",\"demo-2-0.conda\"]",
};

/* With NUL bytes in them. */
#define B(literal) { literal, sizeof(literal) - 1 }
static const struct pf_str packed[] = {
	B("\x83\xa8packages\x80\xa7removed\x91\xa1x\xaepackages.conda\x81\xae" "demo-1-0.conda\x86\xa3md5\xc4\x10"
	  "0123456789abcdef\xa4size\xcd\x01\x00\xa7" "depends\x91\xa1y\xa4name\xa4" "demo\xa7version\xa1" "1"
	  "\xa5" "build\xa1" "0"),
	B("pfrepo01\x40\0\0\0\0\0\0\0\x60\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
};

int main(void)
{
	struct fuzz f = { .damages = 4000, .random = 20240107 };

	for (size_t i = 0; i < PF_COUNT(packed); i++)
		fuzz_sample(&f, packed[i]);
	return fuzz_samples(&f, samples, PF_COUNT(samples));
}
#endif
