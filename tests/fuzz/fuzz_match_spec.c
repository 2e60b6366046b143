/* fuzz_match_spec.c - any bytes as a match spec of conda: by libFuzzer, or recorded ones damaged */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "../unit/unit.h"
#include "req/matchspec.h"

/* What is accepted is written, and what is written means the same. */
static void read_spec(struct pf_arena *a, struct pf_str text, struct pf_conda_record *rec)
{
	struct pf_match_spec s, again;
	struct pf_str printed;
	struct pf_err err;

	if (pf_match_spec_parse(&s, a, text, &err) < 0)
		return;
	if (s.name.n)
		rec->name = s.name;
	if (s.build.kind == PF_PATTERN_EXACT)
		rec->build = s.build.text;
	printed = pf_match_spec_print(a, &s);
	if (pf_match_spec_parse(&again, a, printed, &err) < 0 ||
	    pf_match_spec_matches(&s, rec) != pf_match_spec_matches(&again, rec) ||
	    !pf_str_eq(pf_match_spec_print(a, &again), printed))
		abort();
}

/* Every version is equal to itself, begins with itself, and is in the order one way round. */
static void read_version(struct pf_arena *a, struct pf_str text, struct pf_conda_record *rec)
{
	struct pf_condaver other;

	if (!pf_conda_record_set_version(rec, a, text))
		return;
	if (!pf_condaver_read(&other, a, PF_S("1.2.3post1+4")))
		abort();
	if (pf_condaver_cmp(&rec->ver, &rec->ver) || !pf_condaver_starts(&rec->ver, &rec->ver) ||
	    pf_condaver_cmp(&rec->ver, &other) != -pf_condaver_cmp(&other, &rec->ver))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_str text = { size ? (const char *)data : "", size };
	struct pf_arena a = { 0 };
	struct pf_conda_record rec = { .build = PF_S("py311h64a7726_0"), .channel = PF_S("c") };

	read_version(&a, text, &rec);
	(void)pf_conda_filename_cut(text, NULL, NULL, NULL);
	read_spec(&a, text, &rec);
	(void)pf_conda_record_set_version(&rec, &a, PF_S("1.26.4"));
	read_spec(&a, text, &rec);
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
	static const char *const tables[] = { "conda_match_spec.tsv", "conda_version_spec.tsv" };
	PF_AUTO(arena) a = { 0 };
	struct fuzz f = { PF_S("=<>!~,|()[]'\"*.^$+-_:/#\\ \tpost0dev1rc"), 20, 29 };
	size_t rows = 0;

	for (size_t i = 0; i < PF_COUNT(tables); i++)
		rows += unit_table(unit_data(&a, tables[i]), damage, &f);
	return rows ? 0 : 1;
}
#endif
