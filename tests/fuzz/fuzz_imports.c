/* fuzz_imports.c - any bytes as a Python source: by libFuzzer, or damaged sources */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "check/imports.h"

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
static const char *const sources[] = {
	"import a.b as c, d\nfrom e.f import (g as h,\n  i)  # j\nfrom . import k\n",
	"class A:\n\timport b\n\tdef f(x=f'{y!r:>{z}}'): import c; from d import *\n",
	"try:\n  x = '''a\\\n'b'''\nexcept E: import \\\n c\nelse:\n  f\"{a[\"b\"]:{c}}\\N{DASH}{{\"\n",
	"\xef\xbb\xbfif x:\r\n  y = [1,\r\n 2]; import z\r\nrb'\\'' ; 1.5e3 ; import \xc3\xa9\n",
};

int main(void)
{
	struct fuzz f = { PF_S("'\"\\{}()[]:;,.#\n\r\t f*r\0\xff"), 4000, 2463534242u };

	return fuzz_samples(&f, sources, PF_COUNT(sources));
}
#endif
