/* fuzz_imports.c - any bytes as a Python source: by libFuzzer, or damaged sources */
/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "check/imports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned last_line;

static void on_found(void *ctx, const struct pf_imported *one)
{
	const struct pf_str *text = ctx;

	if (!one->module.n || one->line < last_line || one->line > text->n + 1)
		abort();
	last_line = one->line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_str text = { (const char *)data, size };
	struct pf_imports p = { .found = on_found, .ctx = &text };
	struct pf_err err = { 0 };

	last_line = 1;
	if (pf_imports_read(&p, text, &err) < 0 && !*err.msg)
		abort();
	return 0;
}

#ifndef PF_LIBFUZZER
#define DAMAGES 4000

static const char *const sources[] = {
	"import a.b as c, d\nfrom e.f import (g as h,\n  i)  # j\nfrom . import k\n",
	"class A:\n\timport b\n\tdef f(x=f'{y!r:>{z}}'): import c; from d import *\n",
	"try:\n  x = '''a\\\n'b'''\nexcept E: import \\\n c\nelse:\n  f\"{a[\"b\"]:{c}}\\N{DASH}{{\"\n",
	"\xef\xbb\xbfif x:\r\n  y = [1,\r\n 2]; import z\r\nrb'\\'' ; 1.5e3 ; import \xc3\xa9\n",
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

static void damage(const char *source, uint32_t *state)
{
	static const char marks[] = "'\"\\{}()[]:;,.#\n\r\t f*r\0\xff";
	PF_AUTO(arena) a = { 0 };
	size_t n = strlen(source);
	char *p = pf_dupz(&a, pf_s(source));

	for (unsigned i = 0; i < DAMAGES; i++) {
		if (i % 8 == 0)
			memcpy(p, source, n);
		try_bytes(p, next_random(state) % (n + 1));
		p[next_random(state) % n] = marks[next_random(state) % (sizeof(marks) - 1)];
		try_bytes(p, n);
	}
}

int main(void)
{
	uint32_t state = 2463534242u;

	for (size_t i = 0; i < PF_COUNT(sources); i++)
		damage(sources[i], &state);
	return 0;
}
#endif
