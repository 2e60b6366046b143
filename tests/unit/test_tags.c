/* test_tags.c - wheel tags: recorded tables of platforms and of whole interpreters */
/* SPDX-License-Identifier: Apache-2.0 */
#include "replay.h"

#include "python/tags.h"

/* "linux-x86_64-glibc2.36", "linux-armv7l-musl1.2", "macos-arm64-14.0", a "+hf" or "+t", "+d" behind. */
static struct pf_tag_target target_of(struct pf_arena *a, struct pf_str text)
{
	struct pf_tag_target t = { .major = 3, .minor = 11 };
	struct pf_str rest = text, os, arch, last;
	size_t plus = pf_str_find(rest, '+');
	struct pf_str flags = pf_str_skip(rest, plus == PF_NPOS ? rest.n : plus);

	t.hard_float = pf_str_find_str(flags, "+hf") != PF_NPOS;
	t.free_threaded = pf_str_find_str(flags, "+t") != PF_NPOS;
	t.debug = pf_str_find_str(flags, "+d") != PF_NPOS;
	rest = pf_str_cut(rest, 0, plus);
	assert_true(pf_str_next(&rest, '-', &os) && pf_str_next(&rest, '-', &arch) &&
		    pf_str_next(&rest, '-', &last));
	if (pf_str_is(os, "macos"))
		t.platform = pf_format(a, "macosx-" PF_FMT "-" PF_FMT, PF_ARG(last), PF_ARG(arch));
	else
		t.platform = pf_format(a, "linux-" PF_FMT, PF_ARG(arch));
	for (size_t i = 0; i < 2; i++) {
		const char *names[] = { "glibc", "musl" };

		if (pf_str_starts(last, names[i]))
			t.libc = pf_format(a, "%s " PF_FMT, names[i],
					   PF_ARG(pf_str_skip(last, strlen(names[i]))));
	}
	return t;
}

/* platform rank platform_tag */
static void check_platform(const struct unit_row *row, void *ctx)
{
	struct pf_arena a = { 0 };
	struct pf_tag_target t = target_of(&a, row->v[0]);
	struct pf_strs tags = { 0 };
	uint64_t rank;

	assert_true(pf_str_u64(row->v[1], &rank));
	pf_tags_platforms(&tags, &a, &t);
	replay_field(ctx, row, "tag", rank < tags.n ? tags.v[rank] : (struct pf_str){ 0 }, row->v[2]);
	pf_arena_free(&a);
}

static void test_platforms(void **state)
{
	(void)state;
	replay_tables("tag_platform.tsv", "conformance/python/platform_tags.tsv", check_platform, NULL);
}

/* python platform rank tag */
static void check_tag(const struct unit_row *row, void *ctx)
{
	static struct pf_arena a;	/* a list is made once for the rows that follow one another */
	static struct pf_tags tags;
	static char last[128];
	struct pf_str minor = pf_str_skip(row->v[0], 2);
	char key[128];
	uint64_t rank, number;

	assert_true(pf_str_u64(row->v[2], &rank) && pf_str_u64(minor, &number));
	snprintf(key, sizeof(key), PF_FMT " " PF_FMT, PF_ARG(row->v[0]), PF_ARG(row->v[1]));
	if (strcmp(key, last) != 0) {
		struct pf_tag_target t;

		pf_arena_free(&a);
		tags = (struct pf_tags){ 0 };
		memcpy(last, key, sizeof(key));
		t = target_of(&a, row->v[1]);
		t.minor = (int)number;
		pf_tags_make(&tags, &a, &t);
	}
	replay_field(ctx, row, "tag", rank < tags.v.n ? tags.v.v[rank] : (struct pf_str){ 0 }, row->v[3]);
	assert_int_equal(pf_tags_rank(&tags, row->v[3]), rank);
	assert_int_equal(pf_tags_rank(&tags, PF_S("cp27-none-any")), PF_TAG_NONE);
}

static void test_tags(void **state)
{
	(void)state;
	replay_tables("tag.tsv", "conformance/python/tags_simulated.tsv", check_tag, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platforms),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
