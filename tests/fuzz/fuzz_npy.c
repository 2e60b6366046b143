/* fuzz_npy.c - any bytes as an array of numpy's: by libFuzzer, or small files damaged in many ways */
/* SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

#include "data/npy.h"

/* Every element is read once. */
static size_t touch(const struct pf_tensor *t)
{
	size_t count = pf_tensor_count(t), width = pf_type_width(t->type), sum = t->rank;

	for (size_t i = 0; i < count * width; i++)
		sum += ((const unsigned char *)t->data)[i];
	for (size_t i = 0; !width && i < count; i++)
		for (size_t j = 0; j < t->values[i].s.n; j++)
			sum += (unsigned char)t->values[i].s.p[j];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_arena a = { 0 };
	struct pf_err err = { 0 };
	struct pf_tensor *t = NULL;

	if (pf_npy_read(&t, &a, (struct pf_str){ (const char *)data, size }, &err) == 0 &&
	    touch(t) == (size_t)-1)
		abort();
	pf_arena_free(&a);
	return 0;
}

#ifndef PF_LIBFUZZER
#define FILE_OF(length, header, elements) PF_S("\x93NUMPY\1\0" length "\0" header elements)

static const struct pf_str documents[] = {
	FILE_OF("\x3b", "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }", "12345678"),
	FILE_OF("\x3a", "{'descr': '>u2', 'fortran_order': True, 'shape': (2, 2), }", "12345678"),
	FILE_OF("\x39", "{'descr': '<U1', 'fortran_order': False, 'shape': (2,), }", "a\0\0\0\xdf\0\0\0"),
	FILE_OF("\x39", "{'descr': '|S4', 'fortran_order': False, 'shape': (2,), }", "ab\0\0cdef"),
	PF_S("\x93NUMPY\3\0\x35\0\0\0{'shape': (), 'descr': '|b1', 'fortran_order': False}\1"),
};

int main(void)
{
	struct fuzz f = { PF_S("{}()',: <>|=FTUSbiufM0123456789[]L\0\xff\x93"), 4000, 2463534242u };

	for (size_t i = 0; i < PF_COUNT(documents); i++)
		fuzz_sample(&f, documents[i]);
	return 0;
}
#endif
