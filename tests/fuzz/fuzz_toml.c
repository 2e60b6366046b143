/* fuzz_toml.c - any bytes as TOML: by libFuzzer, or small documents damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "formats/toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *doc = NULL;

	if (pf_toml_parse(&doc, &a, (struct pf_str){ (const char *)data, size }, &err) == 0 && !fuzz_touch(doc))
		abort();
	pf_arena_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
static const char *const documents[] = {
	"lock-version = \"1.0\"\nrequires-python = '==3.11.*'\n[[packages]]\nname = \"a\"\nwheels = [\n"
	"    { name = \"a-1-py3-none-any.whl\", size = 1, hashes = { sha256 = \"00\" } },\n]\n[packages.tool]\nx.y = true\n",
	"# head\r\na.\"b.c\".'d' = \"\"\"\r\none\\\r\n  \\u00e9\"\"\"\"\"\r\n[[x]]\r\ny = '''a''b'''\r\n",
	"n = [0x1F, 0o17, 0b1_0, +1_000, -0.5e+3, inf, -nan]\nt = [1979-05-27 07:32:00.5Z, 07:32:00, 2000-02-29]\n",
	"a.b = 1\na.c = { d = 1, e.f = [ {}, [] ] }\n[a.g]\n[[a.h]]\n[a.h.i]\n[[a.h]]\n[a.h.i]\n",
	"\xef\xbb\xbf" "caf = '\xc3\xa9'\na = 1\na = 2\n",
};

int main(void)
{
	struct fuzz f = { PF_S("[]{}.,=#\"'\\ \t\n\r-+_:0189aeTZ\0\xff\xc3"), 4000, 2463534242u };

	return fuzz_samples(&f, documents, PF_COUNT(documents));
}
#endif
