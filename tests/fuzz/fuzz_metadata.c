/* fuzz_metadata.c - any bytes as what an interpreter or a distribution tells of itself */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "python/metadata.h"
#include "python/mirror.h"
#include "python/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	PF_AUTO(python) p = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_str text = { size ? (const char *)data : "", size };
	struct pf_metadata m = { 0 };
	struct pf_strs list = { 0 };
	struct pf_build build;
	struct pf_wanted wanted;
	struct pf_err err;

	if (pf_query_parse(&p, text, &err) == 0 && p.base_exe.p[0] != '/')
		abort();
	pf_metadata_read(&m, &a, text);
	pf_metadata_read_egg_requires(&list, &a, text);
	pf_metadata_read_files(&list, &a, text);
	pf_metadata_read_top_level(&list, &a, text);
	if (pf_build_read(&build, text) && memchr(text.p, '/', text.n))
		abort();
	if (pf_wanted_read(&wanted, text, &err) == 0 && wanted.exact && wanted.minor < 0)
		abort();
	return 0;
}

#ifndef PF_LIBFUZZER
static const char *const samples[] = {
	("pyfunc-env python 1\nversion 3.11.7\ninfo 3 11 7\nimplementation cpython\nbase_prefix /p\n"
	"base_exe /p/bin/python3.11\nplatform linux-x86_64\nlib lib/python3.11\npath /p/site\nend\n"),
	"Metadata-Version: 2.1\nName: a\nVersion: 1\nRequires-Dist: b ;\n x\nRequires-Dist: c\n\nbody\n",
	"six\n\n[x]\nfoo>1\n[:m]\nbar @ u\n[y:z]\nbaz\n[]\n",
	"pkg/__init__.py,sha256=x,1\n\"odd,name/x.py\",,\n../../bin/x,,\none.py,,\ntwo.so\n../x/y.py\n",
	"cpython-3.8.18+20240107-x86_64-unknown-linux-gnu-install_only.tar.gz",
	"3.13.0rc1",
	"3.10.*",
};

int main(void)
{
	struct fuzz f = { .damages = 1000, .random = 20240107 };

	return fuzz_samples(&f, samples, PF_COUNT(samples));
}
#endif
