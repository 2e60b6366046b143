/* lazy_zlib.c - what we call of zlib, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <zlib.h>

#include "base/lazy.h"

static struct pf_lazy library = { .soname = "libz.so.1" };

PF_LAZY(library, Z_VERSION_ERROR, int, inflateInit2_,
	(z_streamp z, int bits, const char *version, int size), (z, bits, version, size))
PF_LAZY(library, Z_STREAM_ERROR, int, inflate, (z_streamp z, int flush), (z, flush))
PF_LAZY(library, Z_STREAM_ERROR, int, inflateReset, (z_streamp z), (z))
PF_LAZY(library, Z_STREAM_ERROR, int, inflateEnd, (z_streamp z), (z))
