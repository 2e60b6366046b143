/* lazy_archive.c - what we call of libarchive, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdarg.h>

#include "base/lazy.h"

static struct pf_lazy library = { .soname = "libarchive.so.13" };

#define PTR(type, name, params, args) PF_LAZY(library, NULL, type, name, params, args)
#define INT(type, name, params, args) PF_LAZY(library, ARCHIVE_FATAL, type, name, params, args)
#define SUPPORT(name) INT(int, name, (struct archive * a), (a))

PTR(struct archive *, archive_read_new, (void), ())
INT(int, archive_read_free, (struct archive * a), (a))
SUPPORT(archive_read_support_filter_bzip2)
SUPPORT(archive_read_support_filter_gzip)
SUPPORT(archive_read_support_filter_lz4)
SUPPORT(archive_read_support_filter_lzma)
SUPPORT(archive_read_support_filter_xz)
SUPPORT(archive_read_support_filter_zstd)
SUPPORT(archive_read_support_format_raw)
SUPPORT(archive_read_support_format_tar)
INT(int, archive_read_open,
    (struct archive * a, void *data, archive_open_callback *open, archive_read_callback *read,
     archive_close_callback *close),
    (a, data, open, read, close))
INT(int, archive_read_next_header, (struct archive * a, struct archive_entry **e), (a, e))
INT(la_ssize_t, archive_read_data, (struct archive * a, void *to, size_t n), (a, to, n))
INT(int, archive_read_data_block,
    (struct archive * a, const void **bytes, size_t *n, la_int64_t *at), (a, bytes, n, at))
INT(int, archive_filter_count, (struct archive * a), (a))
INT(int, archive_filter_code, (struct archive * a, int i), (a, i))
PTR(const char *, archive_filter_name, (struct archive * a, int i), (a, i))
PTR(const char *, archive_error_string, (struct archive * a), (a))

PF_LAZY(library, 0, __LA_MODE_T, archive_entry_filetype, (struct archive_entry * e), (e))
PF_LAZY(library, 0, __LA_MODE_T, archive_entry_mode, (struct archive_entry * e), (e))
PF_LAZY(library, 0, time_t, archive_entry_mtime, (struct archive_entry * e), (e))
PF_LAZY(library, 0, la_int64_t, archive_entry_size, (struct archive_entry * e), (e))
PF_LAZY(library, 0, int, archive_entry_sparse_count, (struct archive_entry * e), (e))
PTR(const char *, archive_entry_hardlink, (struct archive_entry * e), (e))
PTR(const char *, archive_entry_hardlink_utf8, (struct archive_entry * e), (e))
PTR(const char *, archive_entry_pathname, (struct archive_entry * e), (e))
PTR(const char *, archive_entry_pathname_utf8, (struct archive_entry * e), (e))
PTR(const char *, archive_entry_symlink, (struct archive_entry * e), (e))
PTR(const char *, archive_entry_symlink_utf8, (struct archive_entry * e), (e))

/* Variadic in the header: the text is made here. */
void archive_set_error(struct archive *a, int number, const char *fmt, ...)
{
	void (*real)(struct archive *, int, const char *, ...) =
		(__typeof__(real))pf_lazy_find(&library, "archive_set_error");
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (real)
		real(a, number, "%s", text);
}
