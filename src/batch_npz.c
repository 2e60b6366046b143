/* batch_npz.c - archives of arrays a batch of rows at a time, from a file without a name */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/mapped.h"
#include "base/str.h"
#include "batch_inside.h"
#include "data/npy.h"
#include "formats/zip.h"

/* Where the arrays of one file begin: at a page, so that their elements are aligned. */
enum { STEP = 4096 };

struct unpacked {
	struct pf_arena a;
	struct pf_zip zip;
	int fd;
	struct pf_batch_work *w;
	struct pf_mapped mapped;
	struct pf_value arrays;	/* a MAP of TENSORs */
};

static void unpacked_free(struct unpacked *u)
{
	pf_mapped_free(&u->mapped);
	if (u->fd >= 0)
		close(u->fd);
	pf_zip_free(&u->zip);
	pf_arena_free(&u->a);
}

/* On a disk if there is one to write to: the arrays may be more than memory holds. */
static int open_nameless(struct unpacked *u, const struct pf_batch_work *w)
{
	struct pf_err ignored;
	const char *dirs[] = { pf_store_root(&u->a, w->store, &ignored), "/var/tmp" };

	for (size_t i = 0; u->fd < 0 && i < PF_COUNT(dirs); i++)
		if (dirs[i])
			u->fd = open(dirs[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (u->fd < 0)
		u->fd = memfd_create("input", MFD_CLOEXEC);
	return u->fd < 0 ? pf_fail_errno(w->err, "cannot make a file for the arrays") : 0;
}

static int take_piece(void *ctx, struct pf_str piece, struct pf_err *err)
{
	const struct unpacked *u = ctx;
	double left;

	return pf_batch_time(&left, u->w) < 0 ? -1 : pf_write_fd(u->fd, piece.p, piece.n, err);
}

/* Before anything is written: what unpacks to other sizes than the directory has is refused. */
static int add_sizes(uint64_t *all, const struct pf_zip *zip, struct pf_err *err)
{
	*all = 0;
	for (size_t i = 0; i < zip->members.n; i++)
		if (__builtin_add_overflow(*all, zip->members.v[i].size, all) ||
		    *all > PF_MAX_UNPACKED_INPUT)
			return pf_fail(err, PF_ELIMIT,
				       "its arrays would take more than %zu GiB, unpacked",
				       PF_MAX_UNPACKED_INPUT / PF_GIB(1));
	return 0;
}

static int unpack(struct unpacked *u, struct pf_batch_work *w)
{
	for (size_t i = 0; i < u->zip.members.n; i++) {
		off_t end = lseek(u->fd, 0, SEEK_CUR);
		struct pf_str name;

		if (pf_npz_name(&name, u->zip.members.v[i].name, w->err) < 0)
			return -1;
		if (lseek(u->fd, (end + STEP - 1) / STEP * STEP, SEEK_SET) < 0)
			return pf_fail_errno(w->err, "the arrays cannot be unpacked");
		if (pf_zip_stream(&u->zip, &u->zip.members.v[i], take_piece, u, w->err) < 0)
			return pf_wrap(w->err, PF_FMT, PF_ARG(pf_shown(u->zip.members.v[i].name)));
	}
	return pf_map(&u->mapped, u->fd, w->b->name, w->err);
}

static int read_arrays(struct unpacked *u, struct pf_batch_work *w)
{
	struct pf_str rest = u->mapped.text;

	u->arrays.kind = PF_V_MAP;
	u->arrays.list.v = pf_alloc_array(&u->a, 2 * u->zip.members.n, sizeof(struct pf_value));
	for (size_t i = 0; i < u->zip.members.n; i++) {
		const struct pf_zip_member *m = &u->zip.members.v[i];
		struct pf_value *pair = &u->arrays.list.v[2 * u->arrays.list.n++];
		struct pf_tensor *t = NULL;

		pair[0].kind = PF_V_STRING;
		if (pf_npz_name(&pair[0].s, m->name, w->err) < 0 ||
		    pf_npy_read(&t, &u->a, pf_str_cut(rest, 0, (size_t)m->size), w->err) < 0)
			return pf_wrap(w->err, PF_FMT, PF_ARG(pf_shown(m->name)));
		pair[1] = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = t };
		rest = pf_str_skip(rest, (size_t)(m->size + STEP - 1) / STEP * STEP);
	}
	return 0;
}

int pf_batches_npz(struct pf_batch_work *w)
{
	struct unpacked u = { .fd = -1, .w = w };
	uint64_t bytes = 0;
	size_t rows;
	int rc = -1;

	if (pf_batch_fixes_rows(w->expect.inputs))
		return pf_batches_read_whole(w);
	if (pf_zip_open(&u.zip, w->b->fd, w->err) < 0 || add_sizes(&bytes, &u.zip, w->err) < 0)
		pf_wrap(w->err, "the input");
	else if (!bytes)
		rc = pf_batches_read_whole(w);
	else if (open_nameless(&u, w) < 0 || unpack(&u, w) < 0 || read_arrays(&u, w) < 0)
		pf_wrap(w->err, "the input");
	else
		rc = pf_batch_rows_of(&rows, &u.arrays) ?
			     pf_batch_arrays(w, &u.arrays, rows, u.mapped.text) :
			     pf_batches_read_whole(w);
	unpacked_free(&u);
	return rc;
}
