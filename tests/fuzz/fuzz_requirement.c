/* fuzz_requirement.c - any bytes as a requirements file: by libFuzzer, or recorded ones damaged */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "../unit/unit.h"
#include "req/reqfile.h"
#include "req/wheel_name.h"

/* What is accepted is written, and what is written is accepted again. */
static void read_requirement(struct pf_arena *a, struct pf_str text)
{
	struct pf_requirement q = { 0 }, again;
	struct pf_marker_env env = { .python_version = PF_S("3.11"), .os_name = PF_S("posix") };
	struct pf_version version = { .text = text };
	struct pf_err err;

	if (pf_requirement_parse(&q, a, text, &err) < 0)
		return;
	(void)pf_version_read(&version, a, text);
	(void)pf_specset_admits(&q.specs, &version, PF_PRE_DEFAULT);
	(void)pf_marker_eval(q.marker, &env, q.name);
	if (pf_requirement_parse(&again, a, pf_requirement_print(a, &q), &err) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_str text = { size ? (const char *)data : "", size };
	struct pf_arena a = { 0 };
	struct pf_needs needs = { 0 };
	struct pf_wheel_name wheel;
	struct pf_sdist_name sdist;
	struct pf_err err;

	if (pf_reqfile_read_text(&needs, &a, -1, text, PF_S("r.txt"), false, &err) == 0 &&
	    pf_needs_check_hashes(&needs, &err) < 0 && !err.msg[0])
		abort();
	read_requirement(&a, text);
	if (pf_wheel_name_parse(&wheel, &a, text, &err) < 0)
		(void)!pf_sdist_name_parse(&sdist, &a, text, &err);
	pf_arena_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
static void damage(const struct unit_row *r, void *ctx)
{
	fuzz_sample(ctx, r->v[0]);
}

int main(void)
{
	static const char *const tables[] = { "reqfile.tsv", "requirement_parse.tsv", "wheel_name.tsv" };
	PF_AUTO(arena) a = { 0 };
	struct fuzz f = { PF_S("\\'\"()[]{}<>=!~;,@#$-+.* \t\n\r/:%&\x80\xe2\xff"), 40, 508 };
	size_t rows = 0;

	for (size_t i = 0; i < PF_COUNT(tables); i++)
		rows += unit_table(unit_data(&a, tables[i]), damage, &f);
	return rows ? 0 : 1;
}
#endif
