/* test_where.c - models' URIs: what is taken, and what is refused before anything is asked */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "fetch/local.h"
#include "fetch/where.h"

#define RUN "0123456789abcdef0123456789abcdef"

static const struct {
	const char *uri, *path; /* the path's text, or what the refusal says after "!" */
} rows[] = {
	{ "runs:/" RUN "/model", RUN "/model" },
	{ "RUNS:/" RUN "/a%20b/c", RUN "/a b/c" },
	{ "models:/name/1", "name/1" },
	{ "models:/my model/1", "my model/1" },
	{ "models:/na\xc3\xafve/Production", "na\xc3\xafve/Production" },
	{ "models:/name@champion", "name@champion" },
	{ "models:/m-" RUN, "m-" RUN },
	{ "models:/name/1/sub/x", "name/1/sub/x" },
	{ "http://127.0.0.1/m", "m" },
	{ "https://127.0.0.1:8443/m?x=1", "m" },
	{ "https://[::1]/m", "m" },
	{ "https://me:pw@h/m.tar.gz", "m.tar.gz" },
	{ "mlflow-artifacts:/1/abc/artifacts/model", "1/abc/artifacts/model" },
	{ "mlflow-artifacts://127.0.0.1:5000/1/abc/", "1/abc" },
	{ "git+https://127.0.0.1/r@v1#sub/dir", "r@v1" },
	{ "git+https://127.0.0.1/r@v1#subdirectory=sub/dir", "r@v1" },
	{ "git+ssh://git@127.0.0.1/r", "r" },
	{ "git+file:///nonexistent/r", "!no repository" },
	{ "git+https://127.0.0.1/r#../../x", "!" },
	{ "git+https://127.0.0.1/r#/etc", "!" },
	{ "git+https://127.0.0.1/r@--upload-pack=x", "!" },
	{ "git+https://127.0.0.1/r@a..b.lock", "!" },
	{ "git+ext::sh -c id", "!unknown scheme" },
	{ "runs:/" RUN "/../../x", "!\"..\"" },
	{ "runs:/" RUN "/%2e%2e/x", "!\"..\"" },
	{ "mlflow-artifacts:/1/%252e%252e/x", "!encoded twice" },
	{ "mlflow-artifacts:/1/..\\..\\x", "!backslash" },
	{ "mlflow-artifacts:/1/a%5cb", "!backslash" },
	{ "http://127.0.0.1/a#/../../etc", "!sha256" },
	{ "mlflow-artifacts://h/1?x=/../../etc", "!\"?\"" },
	{ "mlflow-artifacts:/1;/../../etc", "!\";\"" },
	{ "runs:/" RUN "/a%00b", "!malformed %XX" },
	{ "runs:/" RUN "/a%zz", RUN "/a%zz" },
	{ "models:/100% sure/1", "100% sure/1" },
	{ "models:/50%/1", "50%/1" },
	{ "models:/a%%2e%2e/1", "a%../1" },
	{ "runs:/" RUN "/%%2e/x", RUN "/%./x" },
	{ "runs:/" RUN "/%/%2e%2e/x", "!\"..\"" },
	{ "models:/%%3200/1", "!encoded twice" },
	{ "mlflow-artifacts:/1/my mod\xc3\xa9l", "1/my mod\xc3\xa9l" },
	{ "mlflow-artifacts:/1/a\xe2\x80\xae" "b", "!no visible text" },
	{ "s3://bucket/100% sure", "100% sure" },
	{ "http://127.0.0.1/a%zz", "!malformed %XX" },
	{ "models:/name@champion/sub/x", "name@champion/sub/x" },
	{ "models:/name@champion/1", "!not a proper" },
	{ "models:/name@/x", "!not a proper" },
	{ "models:/a/b@c", "!not a proper" },
	{ "runs:/" RUN "/a%2Fb", "!slash that is encoded" },
	{ "http://127.0.0.1/a\r\nX: y", "!beyond ASCII" },
	{ "http://127.0.0.1 evil/", "!beyond ASCII" },
	{ "http://good.example@127.0.0.1:9/x", "!looks like a host" },
	{ "http://a@b@c/x", "!looks like a host" },
	{ "http://127.0.0.1:99999/x", "!malformed host" },
	{ "http://127.0.0.1:-1/x", "!malformed host" },
	{ "http://0177.0.0.1/x", "!more than one way" },
	{ "http://127.1/x", "!more than one way" },
	{ "http://0x7f000001/x", "!more than one way" },
	{ "http://127.0.0.1/", "!no path" },
	{ "http:///x", "!names no host" },
	{ "gopher://127.0.0.1/", "!unknown scheme" },
	{ "HTTP+evil://x/", "!unknown scheme" },
	{ "s3://bucket/key/model", "key/model" },
	{ "s3://bucket", "" },
	{ "s3://bucket/k%C3%A9y/a b", "k%C3%A9y/a b" },
	{ "r2://bucket@0123.r2.cloudflarestorage.com/a/", "a" },
	{ "s3:///key", "!names no host" },
	{ "s3://b/../../x", "!\"..\"" },
	{ "s3://bucket/a/%2e%2e/x", "!\"..\"" },
	{ "s3://bucket/a%2Fb", "!slash that is encoded" },
	{ "s3://Bad_Bucket$/k", "!malformed host" },
	{ "s3://b/k", "!names no bucket" },
	{ "s3://me:pw@bucket/k", "!credentials" },
	{ "s3://bucket/a?versionId=1", "!\"?\"" },
	{ "gs://bucket/a b/c", "a b/c" },
	{ "gs://Bucket/a", "!names no bucket" },
	{ "gs://me@bucket/a", "!credentials" },
	{ "wasbs://con@acc.blob.core.windows.net/a/b/", "a/b" },
	{ "abfss://con@acc.dfs.core.windows.net", "" },
	{ "wasbs://con@evil.example/a", "!wasbs: URI" },
	{ "wasbs://me:pw@acc.blob.core.windows.net/a", "!credentials" },
	{ "ftp://127.0.0.1/", "!no path" },
	{ "ftp://me:pw@127.0.0.1/a/b%20c/", "a/b c" },
	{ "sftp://me@127.0.0.1:2222/a", "a" },
	{ "ftp://:pw@127.0.0.1/a", "!without a user" },
	{ "ftp://127.0.0.1/a%0d%0aDELE", "!malformed %XX" },
	{ "ftp://127.0.0.1/a?x", "!\"?\"" },
	{ "dbfs:/x", "!not fetched" },
	{ "hdfs://h/x", "!not fetched" },
	{ "runs:/abc", "!runs: URI" },
	{ "runs:/../x/y", "!\"..\"" },
	{ "runs://user:pw@h/0123/m", "!credentials" },
	{ "models:/", "!no path" },
	{ "models:/a//b", "!empty" },
	{ "models:/a/b/c/d", "!models: URI" },
	{ "models:/a/Staging/c/d", "a/Staging/c/d" },
	{ "models:/a@b/1", "!models: URI" },
	{ "models:/a@", "!models: URI" },
	{ "models://profile/a/1", "!models: URI" },
	{ "models:/\xe2\x80\xae" "evil/1", "!visible text" },
	{ "models:/\xff/1", "!visible text" },
};

static void judges(void **state)
{
	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		PF_AUTO(arena) a = { 0 };
		struct pf_err err = { 0 };
		struct pf_where w = { 0 };
		int rc = pf_where_read(&w, &a, pf_s(rows[i].uri), &err);
		const char *want = rows[i].path;

		if (*want == '!' ? rc == 0 || err.code != PF_EUSAGE || !strstr(err.msg, want + 1)
				 : rc < 0 || !pf_str_is(w.path, want))
			fail_msg("%s: %d " PF_FMT " %s", rows[i].uri, rc, PF_ARG(w.path), err.msg);
		assert_null(strstr(err.msg, "pw@"));
	}
}

static void hides_credentials(void **state)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_err err = { 0 };
	struct pf_where w;

	(void)state;
	assert_int_equal(pf_where_read(&w, &a, PF_S("https://me:secret@h/m.zip"), &err), 0);
	assert_true(pf_str_is(w.shown, "https://h/m.zip"));
}

/* The hostile URIs, where they are at hand: none is taken, none of the benign ones is refused. */
static void hostile_row(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(buf) text = PF_BUF(PF_MIB(4));
	bool benign = pf_str_is(r->v[3], "accept");
	struct pf_err err = { 0 };
	struct pf_where w;
	char *path = pf_formatz(&a, "%s/" PF_FMT, (const char *)ctx, PF_ARG(r->v[2])), *dir;
	int rc;

	if (!pf_str_is(r->v[1], "uri"))
		return;
	assert_int_equal(pf_read_file(&text, AT_FDCWD, path, &err), 0);
	if (pf_local_names(text.p ? text.p : ""))
		rc = benign ? 0 : pf_fetch_local(&dir, &a, text.p ? text.p : "", &err);
	else
		rc = pf_where_read(&w, &a, pf_buf_view(&text), &err);
	if (benign && rc < 0 && !strstr(err.msg, "not fetched") &&
	    !strstr(err.msg, "unknown scheme model:")) /* a path, if there were one */
		fail_msg(PF_FMT ": %s", PF_ARG(r->v[0]), err.msg);
	if (!benign && rc == 0)
		fail_msg(PF_FMT " was taken", PF_ARG(r->v[0]));
}

static void hostile(void **state)
{
	const char *dir = getenv("PYFUNC_ENV_HOSTILE");
	PF_AUTO(arena) a = { 0 };

	(void)state;
	if (!dir)
		skip();
	assert_true(unit_table(pf_formatz(&a, "%s/index.tsv", dir), hostile_row, (void *)(uintptr_t)dir) > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges),
		cmocka_unit_test(hides_credentials),
		cmocka_unit_test(hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
