/* fuzz_simple.c - any bytes as an index's page, as a packed one, as a URL, as METADATA */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "fetch/url.h"
#include "formats/headers.h"
#include "index/project.h"
#include "index/simple.h"

static void try_page(struct pf_str text, const char *type)
{
	const struct pf_map none = { 0 };
	PF_AUTO(maker) m = { .platforms = text.n % 2 ? &none : NULL };
	PF_AUTO(page) page = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_page_facts facts = { .max_age = -1 };
	struct pf_project p = { 0 };
	struct pf_target target = { 0 };
	struct pf_err err;

	if (pf_maker_start(&m, PF_S("demo"), "https://h/demo/", &err) < 0)
		abort();
	if (pf_simple_read(&m, pf_s(type), text, &err) < 0)
		return;
	if (pf_maker_end(&page, &m, &facts, &err) < 0)
		abort();
	pf_project_make(&p, &a, &page, 1, &target);
	for (size_t i = 0; i < p.n; i++)
		for (size_t k = 0; k < p.releases[i].n; k++)
			if (!pf_str_starts(p.releases[i].files[k].url, "https://"))
				abort();
}

static void try_url(struct pf_str text)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str whole;
	struct pf_url base, u;
	struct pf_err err;

	if (pf_url_split(&base, PF_S("https://h/a/b"), &err) < 0)
		abort();
	if (pf_url_join(&whole, &a, &base, text, &err) == 0 && pf_url_split(&u, whole, &err) < 0)
		abort();
	if (pf_url_split(&u, text, &err) == 0 && memchr(pf_url_bare(&a, &u), '@', 8 + u.host.n))
		abort();
	pf_url_decode(&a, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str text = { size ? (const char *)data : "", size }, rest = text, key, value;
	void *copy = malloc(size + 1);
	struct pf_page page = { 0 };
	struct pf_err err;

	try_page(text, "text/html");
	try_page(text, "application/json");
	try_url(text);
	while (pf_headers_next(&rest, &a, &key, &value))
		;
	if (!copy)
		pf_oom();
	memcpy(copy, text.p, size);
	if (pf_page_open(&page, copy, size, false, &err) < 0)
		free(copy);
	pf_page_free(&page);
	return 0;
}

#ifndef PF_LIBFUZZER
static const char *const samples[] = {
	"{\"files\":[{\"filename\":\"demo-1.0-py3-none-any.whl\",\"x\":[{\"y\":\"\\\"}]\"}]},{\"filename\":\"demo-2.tgz\"}]}",
	("{\"meta\":{\"api-version\":\"1.1\"},\"name\":\"demo\",\"files\":[{\"filename\":\"demo-1.0-py3-none-any.whl\","
	"\"url\":\"../x/demo-1.0-py3-none-any.whl\",\"hashes\":{\"md5\":\"0\"},\"size\":1,\"yanked\":\"x\","
	"\"upload-time\":\"2016-04-20T04:13:06.9Z\",\"requires-python\":\">=3\"}]}"),
	("<base href='/x/'><!-- c --><a href=\"demo-1.0.tar.gz#sha256=00\" data-yanked data-requires-python='&gt;=3"
	"&#62;'>x</a><a href=demo-2-1-py2.py3-none-any.whl data-core-metadata=\"sha256=1\">"),
	"https://u:p@[::1]:8080/a/../b/./c%2Bd?q#f",
	"Name: a\nVersion: 1\nDescription: x\n  y\n\tz\nRequires-Dist: b\n\nbody\n",
	"pfpage2\n................................................................................................",
};

int main(void)
{
	struct fuzz f = { .damages = 4000, .random = 20240107 };

	return fuzz_samples(&f, samples, PF_COUNT(samples));
}
#endif
