/* replay.h - recorded tables replayed: ours always, the acceptance tables where there are some */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "unit.h"

struct replay {
	const char *table;
	size_t failures;
	void *user;
};

/* Compares one field of a row; a difference is printed and counted. */
static inline void replay_field(struct replay *r, const struct unit_row *row, const char *what,
				struct pf_str got, struct pf_str want)
{
	if (pf_str_eq(got, want) && !got.p == !want.p)
		return;
	if (r->failures++ < 20)
		fprintf(stderr, "%s:%u: %s: got '" PF_FMT "'%s, want '" PF_FMT "'%s (input '" PF_FMT
			"' '" PF_FMT "')\n", r->table, row->line, what, PF_ARG(got),
			got.p ? "" : " (null)", PF_ARG(want), want.p ? "" : " (null)",
			PF_ARG(row->v[0]), PF_ARG(row->v[1]));
}

static inline void replay_bool(struct replay *r, const struct unit_row *row, const char *what,
			       bool got, struct pf_str want)
{
	replay_field(r, row, what, got ? PF_S("1") : PF_S("0"), want);
}

/* `ours` is a file of tests/data, `theirs` one of the acceptance folder; either may be NULL. */
static inline void replay_tables(const char *ours, const char *theirs,
				 void (*row)(const struct unit_row *, void *), void *user)
{
	struct pf_arena a = { 0 };
	struct replay r = { .table = ours, .user = user };
	const char *path = theirs ? unit_acceptance(&a, theirs) : NULL;

	if (ours)
		assert_true(unit_table(unit_data(&a, ours), row, &r) > 0);
	if (path) {
		r.table = theirs;
		assert_true(unit_table(path, row, &r) > 0);
	} else if (theirs) {
		fprintf(stderr, "skipped: %s (PYFUNC_ENV_ACCEPTANCE names no folder)\n", theirs);
	}
	pf_arena_free(&a);
	assert_int_equal(r.failures, 0);
}
