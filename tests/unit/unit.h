/* unit.h - what every unit test needs of cmocka, and the reader of recorded tables */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "base/fs.h"
#include "base/mem.h"
#include "base/str.h"

#define UNIT_MAX_FIELDS 32

/* One row of a tab-separated table with a header line; \t \n \r \\ are unescaped, \N is null (a
 * view of NULL). The fields live in `arena`. */
struct unit_row {
	struct pf_str v[UNIT_MAX_FIELDS];
	size_t n;
	unsigned line;
};

static inline struct pf_str unit_unescape(struct pf_arena *a, struct pf_str field)
{
	char *out = pf_alloc(a, field.n + 1);
	size_t n = 0;

	if (pf_str_is(field, "\\N"))
		return (struct pf_str){ 0 };
	for (size_t i = 0; i < field.n; i++) {
		char c = field.p[i];

		if (c == '\\' && i + 1 < field.n) {
			c = field.p[++i];
			c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		out[n++] = c;
	}
	return (struct pf_str){ out, n };
}

/* Calls `row` for each line of the table, with an arena of its own; returns how many there were.
 * A table that is not there: 0. */
static inline size_t unit_table(const char *path, void (*row)(const struct unit_row *r, void *ctx),
				void *ctx)
{
	struct pf_buf text = PF_BUF((size_t)64 << 20);
	struct pf_err err;
	struct pf_str rest, line, field;
	size_t count = 0;

	if (pf_read_file(&text, AT_FDCWD, path, &err) < 0) {
		pf_buf_free(&text);
		return 0;
	}
	rest = pf_buf_view(&text);
	for (unsigned number = 1; rest.n; number++) {
		size_t end = pf_str_find(rest, '\n');
		struct pf_arena a = { 0 };
		struct unit_row r = { .line = number };

		line = pf_str_cut(rest, 0, end);
		rest = end == PF_NPOS ? (struct pf_str){ 0 } : pf_str_skip(rest, end + 1);
		if (number == 1)
			continue;
		while (r.n < UNIT_MAX_FIELDS && pf_str_next(&line, '\t', &field))
			r.v[r.n++] = unit_unescape(&a, field);
		row(&r, ctx);
		count++;
		pf_arena_free(&a);
	}
	pf_buf_free(&text);
	return count;
}

/* The path of a recorded table of ours. */
static inline const char *unit_data(struct pf_arena *a, const char *name)
{
	const char *dir = getenv("PYFUNC_ENV_DATA");

	return pf_formatz(a, "%s/%s", dir ? dir : "tests/data", name);
}

/* The path of an acceptance table, or NULL when PYFUNC_ENV_ACCEPTANCE names no folder. */
static inline const char *unit_acceptance(struct pf_arena *a, const char *name)
{
	const char *dir = getenv("PYFUNC_ENV_ACCEPTANCE");

	return dir && *dir ? pf_formatz(a, "%s/%s", dir, name) : NULL;
}
