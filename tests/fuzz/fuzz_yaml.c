/* fuzz_yaml.c - any bytes as YAML: by libFuzzer, or small documents damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "formats/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *doc = NULL;

	if (pf_yaml_parse(&doc, &a, (struct pf_str){ (const char *)data, size }, &err) == 0 && !fuzz_touch(doc))
		abort();
	pf_arena_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
static const char *const documents[] = {
	"flavors:\n  python_function:\n    env:\n      conda: conda.yaml\n    loader_module: mlflow.sklearn\n"
	"    python_version: 3.10\nsignature:\n  inputs: '[{\"type\": \"long\"}]'\n  params: null\n",
	"channels: [conda-forge]\ndependencies:\n- python=3.11\n- pip:\n  - a==1\n  - \"b \\u00e9\\n\"\n",
	"a: &a {k: 1, l: [x, y]}\nb: &b {<<: *a, m: *a}\nc: {<<: [*a, *b], k: 2}\n*a : x\n",
	"%YAML 1.1\n---\n? |\n  key\n: >-\n  folded\n  text\n...\n",
	"!!map {a: !!str 1, b: !own x, c: ! y, d: !!int 7}\n# comment\n",
	"\xef\xbb\xbf" "caf\xc3\xa9: 'it''s'\r\nb: [1, 2,\r\n 3]\r\n",
	"- &x [*x]\n- *y\n- {a: 1, a: 2}\n",
};

int main(void)
{
	struct fuzz f = { PF_S("&*!|>'\"%@`{}[],:?-# \t\n\r<~\\\0\xff\xc3"), 2000, 2463534242u };

	return fuzz_samples(&f, documents, PF_COUNT(documents));
}
#endif
