/* fuzz_pickle.c - any bytes as a pickle: by libFuzzer, or recorded ones damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "../unit/base64.h"
#include "check/artifact_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_artifact a = PF_ARTIFACT_INIT;
	struct pf_stretch stretch = { .memory = { size ? (const char *)data : "", size } };

	pf_artifact_take_pickles(&a, PF_S("x"), &stretch);
	pf_artifact_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
static void damage(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str bytes = unit_base64(&a, r->v[1]);

	if (bytes.n <= 20000)
		fuzz_sample(ctx, bytes);
}

int main(void)
{
	PF_AUTO(arena) a = { 0 };
	struct fuzz f = { .damages = 60, .random = 2463534242u };

	return unit_table(unit_data(&a, "pickle.tsv"), damage, &f) > 100 ? 0 : 1;
}
#endif
