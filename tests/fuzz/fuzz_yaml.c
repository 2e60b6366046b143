/* fuzz_yaml.c - any bytes as YAML: by libFuzzer, or small documents damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "base/limits.h"
#include "base/str.h"
#include "formats/yaml.h"
#include "formats/yaml_write.h"

/* Booleans are written in one way, and an empty key that is null as null. */
static bool same(const struct pf_node *a, const struct pf_node *b)
{
	if (a->kind != b->kind || a->n != b->n || a->truth != b->truth || a->odd_key != b->odd_key)
		return false;
	if (a->key.n && !pf_str_eq(a->key, b->key))
		return false;
	if ((a->kind == PF_NODE_STRING || a->kind == PF_NODE_NUMBER) && !pf_str_eq(a->text, b->text))
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same(&a->v[i], &b->v[i]))
			return false;
	return true;
}

/* What was read is written so that the same is read again. */
static bool is_written(struct pf_arena *a, const struct pf_node *doc)
{
	struct pf_buf text = PF_BUF(PF_MIB(64));
	struct pf_err err = { 0 };
	struct pf_node *again = NULL;
	bool written = pf_yaml_write(&text, doc, false, &err) == 0 &&
		       pf_yaml_parse(&again, a, pf_buf_view(&text), &err) == 0 && same(doc, again);

	pf_buf_free(&text);
	return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *doc = NULL;

	if (pf_yaml_parse(&doc, &a, (struct pf_str){ (const char *)data, size }, &err) == 0 &&
	    (!fuzz_touch(doc) || !is_written(&a, doc)))
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
