/* fuzz_yaml.c - any bytes as YAML: by libFuzzer, or small documents damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "formats/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte that the tree holds is read once. */
static size_t touch(const struct pf_node *n)
{
	size_t sum = n->text.n + n->key.n + n->line;

	for (size_t i = 0; i < n->text.n; i++)
		sum += (unsigned char)n->text.p[i];
	for (size_t i = 0; i < n->n; i++)
		sum += touch(&n->v[i]);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_node *doc = NULL;

	if (pf_yaml_parse(&doc, &a, (struct pf_str){ (const char *)data, size }, &err) == 0 && !touch(doc))
		abort();
	pf_arena_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
#define DAMAGES 2000

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

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A copy of its exact size, so that a byte read beyond it is noticed. */
static void try_bytes(const char *p, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);

	if (!copy)
		pf_oom();
	memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void damage(const char *document, uint32_t *state)
{
	static const char marks[] = "&*!|>'\"%@`{}[],:?-# \t\n\r<~\\\0\xff\xc3";
	struct pf_arena a = { 0 };
	size_t n = strlen(document);
	char *p = pf_dupz(&a, pf_s(document));

	try_bytes(p, n);
	for (unsigned i = 0; i < DAMAGES; i++) {
		size_t at = next_random(state) % n, cut = next_random(state) % n;
		char before = p[at];

		p[at] = marks[next_random(state) % (sizeof(marks) - 1)];
		try_bytes(p, n);
		try_bytes(p, cut);
		if (i % 4)
			p[at] = before;
		else if (i % 64 == 0)
			memcpy(p, document, n);
	}
	pf_arena_free(&a);
}

int main(void)
{
	uint32_t state = 2463534242u;

	for (size_t i = 0; i < PF_COUNT(documents); i++)
		damage(documents[i], &state);
	return 0;
}
#endif
