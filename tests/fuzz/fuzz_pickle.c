/* fuzz_pickle.c - any bytes as a pickle: by libFuzzer, or recorded ones damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit/base64.h"
#include "check/artifact_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_artifact a = PF_ARTIFACT_INIT;
	struct pf_stretch stretch = { .memory = { size ? (const char *)data : "", size } };

	pf_artifact_take_pickles(&a, PF_S("x"), &stretch);
	pf_artifact_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
#define DAMAGES 60

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
	if (n)
		memcpy(copy, p, n);
	LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

static void damage(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	uint32_t *state = ctx;
	struct pf_str bytes = unit_base64(&a, r->v[1]);
	char *p = pf_dupz(&a, bytes);

	if (bytes.n > 20000)
		return;
	try_bytes(p, bytes.n);
	for (unsigned i = 0; i < DAMAGES && bytes.n; i++) {
		size_t at = next_random(state) % bytes.n, cut = next_random(state) % bytes.n;
		char before = p[at];

		p[at] = (char)next_random(state);
		try_bytes(p, bytes.n);
		try_bytes(p, cut);
		if (i % 4)
			p[at] = before;
	}
}

int main(void)
{
	PF_AUTO(arena) a = { 0 };
	uint32_t state = 2463534242u;

	return unit_table(unit_data(&a, "pickle.tsv"), damage, &state) > 100 ? 0 : 1;
}
#endif
