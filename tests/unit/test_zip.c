/* test_zip.c - archives, sound and damaged, and what the sound ones name */
/* SPDX-License-Identifier: Apache-2.0 */
#include "formats/zip.h"

#include "folder.h"
#include "names.h"

static int take_piece(void *ctx, struct pf_str piece, struct pf_err *err)
{
	(void)err;
	pf_buf_str(ctx, piece);
	return 0;
}

/* Piece by piece a member is the same, or as bad. */
static void compare_pieces(const struct pf_zip *z, const struct pf_zip_member *m,
			   const struct pf_buf *whole)
{
	PF_AUTO(buf) bytes = PF_BUF(65536);
	struct pf_err err;
	int rc = pf_zip_stream(z, m, take_piece, &bytes, &err);

	if ((rc == 0) != (whole != NULL))
		fail_msg(PF_FMT ": in pieces it is %s", PF_ARG(m->name), rc ? err.msg : "good");
	if (whole && !pf_str_eq(pf_buf_view(&bytes), pf_buf_view(whole)))
		fail_msg(PF_FMT ": in pieces it is another", PF_ARG(m->name));
}

/* "name=CRC name=CRC(what is odd)" of what could be read, or the error. */
static struct pf_str members_of(struct pf_arena *a, const char *name)
{
	PF_AUTO(zip) z = { 0 };
	PF_AUTO(buf) out = PF_BUF(65536);
	PF_FD(fd) = openat(folder_fd, name, O_RDONLY | O_CLOEXEC);
	struct pf_err err;

	if (pf_zip_open(&z, fd, &err) < 0)
		return pf_dup(a, pf_s(err.msg));
	for (size_t i = 0; i < z.members.n; i++) {
		PF_AUTO(buf) bytes = PF_BUF(65536);

		if (pf_zip_read(&bytes, &z, &z.members.v[i], &err) < 0) {
			compare_pieces(&z, &z.members.v[i], NULL);
			return pf_dup(a, pf_s(err.msg));
		}
		compare_pieces(&z, &z.members.v[i], &bytes);
		pf_buf_printf(&out, "%s" PF_FMT "=%08x", i ? " " : "", PF_ARG(z.members.v[i].name),
			      z.members.v[i].crc);
		if (z.members.v[i].odd)
			pf_buf_printf(&out, "(%s)", z.members.v[i].odd);
	}
	return pf_dup(a, pf_buf_view(&out));
}

static void one_row(const struct unit_row *r, void *ctx)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_artifact found = PF_ARTIFACT_INIT;
	struct pf_str got, want = unit_wanted_names(&a, r->v[3]);
	struct pf_err err;

	(void)ctx;
	folder_put(folder_path, "x.zip", unit_base64(&a, r->v[1]));
	got = members_of(&a, "x.zip");
	if (!pf_str_eq(got, r->v[2]))
		fail_msg(PF_FMT ": " PF_FMT, PF_ARG(r->v[0]), PF_ARG(got));
	if (pf_artifact_read(&found, folder_fd, "x.zip", &err) < 0)
		fail_msg("%s", err.msg);
	got = unit_found_names(&a, &found);
	if (!pf_str_eq(got, want))
		fail_msg(PF_FMT ": " PF_FMT, PF_ARG(r->v[0]), PF_ARG(got));
	if (!want.n != (found.unread.n > 0))
		fail_msg(PF_FMT ": " PF_FMT, PF_ARG(r->v[0]),
			 PF_ARG(found.unread.n ? found.unread.v[0] : PF_S("nothing unread")));
	pf_artifact_free(&found);
}

static void recorded(void **state)
{
	PF_AUTO(arena) a = { 0 };

	(void)state;
	assert_true(unit_table(unit_data(&a, "zip.tsv"), one_row, NULL) > 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
	};

	return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
