/* test_frame.c - values to bytes and back, bytes of a stranger, frames over a socket */
/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "data/frame.h"

#define MAX PF_MIB(1)

/* A value of every kind; what it points to is static. */
static void make_everything(struct pf_value *out)
{
	static int64_t longs[] = { 1, -2, INT64_MAX }, times[] = { 0, 1700000000123456789, INT64_MIN };
	static double doubles[] = { 0.5, 1e300, -0.0 };
	static float floats[] = { 0.1f, 2, 3 };
	static uint8_t bools[] = { 1, 0, 1 };
	static struct pf_value texts[] = { { .kind = PF_V_STRING, .s = { "\xc3\xa9", 2 } },
					   { 0 },
					   { .kind = PF_V_STRING, .s = { "seven b", 7 } } };
	static struct pf_value bytes[] = { { .kind = PF_V_BYTES, .s = { "\xff\0x", 3 } }, { 0 }, { 0 } };
	static struct pf_value index[] = { { .kind = PF_V_INT, .i = 10 },
					   { .kind = PF_V_INT, .i = 20 },
					   { .kind = PF_V_STRING, .s = { "z", 1 } } };
	static struct pf_column columns[] = {
		{ .name = { "l", 1 }, .type = PF_T_INT64, .data = longs },
		{ .name = { "d", 1 }, .type = PF_T_FLOAT64, .data = doubles },
		{ .name = { "f", 1 }, .type = PF_T_FLOAT32, .data = floats },
		{ .name = { "b", 1 }, .type = PF_T_BOOL, .data = bools },
		{ .name = { "t", 1 }, .type = PF_T_DATETIME, .data = times },
		{ .unnamed = true, .type = PF_T_STRING, .values = texts },
		{ .name = { "y", 1 }, .type = PF_T_BYTES, .values = bytes },
		{ .name = { "o", 1 }, .type = PF_T_OBJECT, .values = index },
	};
	static struct pf_table table, series;
	static struct pf_tensor tensor = { .type = PF_T_FLOAT32, .rank = 2, .shape = { 1, 3 }, .data = floats };
	static struct pf_tensor words = { .type = PF_T_STRING, .rank = 1, .shape = { 3 }, .values = texts };
	static struct pf_tensor empty = { .type = PF_T_INT8, .rank = 2, .shape = { 0, 7 } };
	static int32_t seven = 7;
	static struct pf_tensor one = { .type = PF_T_INT32, .data = &seven };
	static struct pf_value list[17];
	static struct pf_value map[4], tagged[2];

	table.rows = series.rows = 3;
	table.columns.v = columns;
	table.columns.n = PF_COUNT(columns);
	table.index = index;
	series.columns.v = columns;
	series.columns.n = 1;
	map[0] = texts[0];
	map[1] = (struct pf_value){ .kind = PF_V_BOOL, .b = true };
	map[2] = texts[2];
	list[1] = (struct pf_value){ .kind = PF_V_BOOL };
	list[2] = (struct pf_value){ .kind = PF_V_INT, .i = INT64_MIN };
	list[3] = (struct pf_value){ .kind = PF_V_BIGINT, .s = PF_S("-123456789012345678901234567890") };
	list[4] = (struct pf_value){ .kind = PF_V_FLOAT, .d = 0.1 };
	list[5] = texts[0];
	list[6] = bytes[0];
	list[7] = (struct pf_value){ .kind = PF_V_LIST, .list = { texts, 3 } };
	list[8] = (struct pf_value){ .kind = PF_V_MAP, .list = { map, 2 } };
	list[9] = (struct pf_value){ .kind = PF_V_TABLE, .table = &table };
	list[10] = (struct pf_value){ .kind = PF_V_SERIES, .table = &series };
	list[11] = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = &tensor };
	list[12] = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = &words };
	list[13] = (struct pf_value){ .kind = PF_V_TENSOR, .tensor = &empty };
	list[14] = (struct pf_value){ .kind = PF_V_DATETIME, .i = 1 };
	list[15] = (struct pf_value){ .kind = PF_V_ELEMENT, .tensor = &one };
	tagged[0] = (struct pf_value){ .kind = PF_V_STRING, .s = PF_S("tuple") };
	tagged[1] = list[7];
	list[16] = (struct pf_value){ .kind = PF_V_TAGGED, .list = { tagged, 1 } };
	*out = (struct pf_value){ .kind = PF_V_LIST, .list = { list, PF_COUNT(list) } };
}

static void write_everything(struct pf_buf *out)
{
	struct pf_value v;
	struct pf_err err;

	make_everything(&v);
	assert_int_equal(pf_value_write(out, &v, &err), 0);
	assert_int_equal(out->n % 8, 0);
}

static void what_is_written_is_read(void **state)
{
	struct pf_buf bytes = PF_BUF(MAX), again = PF_BUF(MAX);
	struct pf_arena a = { 0 };
	struct pf_value v, *item;
	struct pf_err err;

	(void)state;
	write_everything(&bytes);
	assert_int_equal(pf_value_read(&v, &a, pf_buf_view(&bytes), &err), 0);
	item = v.list.v;
	assert_int_equal(v.list.n, 17);
	assert_true(item[2].i == INT64_MIN);
	assert_true(pf_str_is(item[3].s, "-123456789012345678901234567890"));
	assert_true(item[4].d == 0.1);
	assert_true(pf_value_get(&item[8], "\xc3\xa9")->b);
	assert_null(pf_value_get(&item[8], "absent"));
	assert_null(pf_value_get(&item[7], "absent"));
	assert_int_equal(item[9].table->rows, 3);
	assert_true(item[9].table->columns.v[5].unnamed);
	assert_int_equal(((int64_t *)item[9].table->columns.v[0].data)[1], -2);
	assert_int_equal(item[9].table->index[1].i, 20);
	assert_int_equal(item[11].tensor->shape[1], 3);
	assert_true(pf_str_is(item[16].list.v[0].s, "tuple"));
	assert_int_equal(item[16].list.v[1].list.n, 3);
	assert_int_equal(pf_value_write(&again, &v, &err), 0);
	assert_int_equal(again.n, bytes.n);
	assert_memory_equal(again.p, bytes.p, bytes.n);
	pf_arena_free(&a);
	pf_buf_free(&bytes);
	pf_buf_free(&again);
}

static void arrays_are_aligned_wherever_the_bytes_are(void **state)
{
	struct pf_buf bytes = PF_BUF(MAX);
	struct pf_arena a = { 0 };
	struct pf_value v;
	struct pf_err err;
	struct pf_str moved;

	(void)state;
	write_everything(&bytes);
	assert_non_null(pf_buf_room(&bytes, 1));
	memmove(bytes.p + 1, bytes.p, bytes.n);
	moved = (struct pf_str){ bytes.p + 1, bytes.n };
	assert_int_equal(pf_value_read(&v, &a, moved, &err), 0);
	assert_int_equal((uintptr_t)v.list.v[9].table->columns.v[1].data % sizeof(double), 0);
	assert_true(((double *)v.list.v[9].table->columns.v[1].data)[1] == 1e300);
	pf_arena_free(&a);
	pf_buf_free(&bytes);
}

static void doubles_lie_side_by_side(void **state)
{
	static double data[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
	struct pf_column columns[] = {
		{ .name = PF_S("a"), .type = PF_T_FLOAT64, .data = data[0] },
		{ .name = PF_S("b"), .type = PF_T_FLOAT64, .data = data[1] },
	};
	struct pf_table table = { .rows = 3, .columns = { columns, 2, 2 } };
	struct pf_value v = { .kind = PF_V_TABLE, .table = &table };
	struct pf_buf bytes = PF_BUF(MAX);
	struct pf_arena a = { 0 };
	struct pf_err err;

	(void)state;
	assert_int_equal(pf_value_write(&bytes, &v, &err), 0);
	assert_int_equal(pf_value_read(&v, &a, pf_buf_view(&bytes), &err), 0);
	assert_ptr_equal(v.table->columns.v[1].data, (char *)v.table->columns.v[0].data + 24);
	assert_memory_equal(v.table->columns.v[0].data, data, sizeof(data));
	pf_arena_free(&a);
	pf_buf_free(&bytes);
}

static void every_cut_is_refused(void **state)
{
	struct pf_buf bytes = PF_BUF(MAX);
	struct pf_arena a = { 0 };
	struct pf_value v;
	struct pf_err err;

	(void)state;
	write_everything(&bytes);
	for (size_t n = 0; n < bytes.n; n++) {
		char *exact = malloc(n + !n); /* so that a sanitizer sees a step beyond */

		assert_non_null(exact);
		memcpy(exact, bytes.p, n);
		assert_int_equal(pf_value_read(&v, &a, (struct pf_str){ exact, n }, &err), -1);
		assert_int_equal(err.code, PF_EBUG);
		free(exact);
	}
	pf_buf_cstr(&bytes, "12345678");
	assert_int_equal(pf_value_read(&v, &a, pf_buf_view(&bytes), &err), -1);
	assert_non_null(strstr(err.msg, "something follows it"));
	pf_arena_free(&a);
	pf_buf_free(&bytes);
}

/* Whatever a flipped byte makes of it: an error, or a value that can be written again. */
static void flipped_bytes_do_no_harm(void **state)
{
	struct pf_buf bytes = PF_BUF(MAX);
	uint64_t random = 88172645463325252u;

	(void)state;
	write_everything(&bytes);
	for (unsigned i = 0; i < 20000; i++) {
		struct pf_buf again = PF_BUF(MAX);
		struct pf_arena a = { 0 };
		struct pf_value v;
		struct pf_err err;
		size_t at;
		char old;

		random ^= random << 13, random ^= random >> 7, random ^= random << 17;
		at = random % bytes.n;
		old = bytes.p[at];
		bytes.p[at] = (char)(random >> 32);
		if (pf_value_read(&v, &a, pf_buf_view(&bytes), &err) == 0)
			assert_int_equal(pf_value_write(&again, &v, &err), 0);
		bytes.p[at] = old;
		pf_arena_free(&a);
		pf_buf_free(&again);
	}
	pf_buf_free(&bytes);
}

static void lies_are_refused(void **state)
{
	static const struct {
		uint64_t words[4];
		const char *msg;
	} rows[] = {
		{ { 15 }, "malformed value at byte 8: an unknown kind" },
		{ { PF_V_LIST | (uint64_t)1 << 60 }, "malformed value at byte 8: more values than bytes" },
		{ { PF_V_MAP | 1 << 8, PF_V_NULL, PF_V_NULL }, "malformed value at byte 24: a key that is no text" },
		{ { PF_V_STRING | 1 << 8, 0xff }, "malformed value at byte 16: text that is not UTF-8" },
		{ { PF_V_STRING | UINT64_MAX << 8 }, "malformed value at byte 8: it ends too early" },
		{ { PF_V_BIGINT | 1 << 8, ',' }, "malformed value at byte 16: an integer that is none" },
		{ { PF_V_BIGINT | 1 << 8, '-' }, "malformed value at byte 16: an integer that is none" },
		{ { PF_V_BIGINT | 2 << 8, '0' | '7' << 8 }, "malformed value at byte 16: an integer that is none" },
		{ { PF_V_TENSOR | PF_T_BOOL << 8 | 1 << 16, 1, 2 },
		  "malformed value at byte 24: a boolean that is neither 0 nor 1" },
		{ { PF_V_TENSOR | PF_T_INT64 << 8 | 1 << 16, UINT64_MAX },
		  "malformed value at byte 16: a size beyond all memory" },
		{ { PF_V_TENSOR | 99 << 8 }, "malformed value at byte 8: a tensor of unknown type or rank" },
		{ { PF_V_TENSOR | PF_T_STRING << 8 | 1 << 16, 1, PF_V_BOOL },
		  "malformed value at byte 24: a cell that is not of its column's type" },
		{ { PF_V_SERIES, 0, 0 }, "malformed value at byte 24: a series has one column" },
		{ { PF_V_TABLE, UINT64_MAX, 0 },
		  "malformed value at byte 24: a table that is too wide or too long" },
		{ { PF_V_TAGGED | 2 << 8, PF_V_STRING, PF_V_NULL },
		  "malformed value at byte 8: a tag that does not stand before one value" },
		{ { PF_V_TAGGED | 1 << 8, PF_V_NULL, PF_V_NULL },
		  "malformed value at byte 24: a tag that is no text" },
		{ { PF_V_TAGGED | 1 << 8, PF_V_STRING }, "malformed value at byte 8: more values than bytes" },
		/* the last word is the outer list's */
		{ { PF_V_LIST | 2 << 8, PF_V_LIST | 2 << 8 }, "malformed value at byte 16: more values than bytes" },
		{ { PF_V_TABLE | 1 << 8, 1, 0, PF_T_INT64 }, "malformed value at byte 24: more values than bytes" },
	};
	static const size_t sizes[] = { 8, 8, 24, 16, 8, 16, 16, 16, 24, 16, 8, 24, 24, 24,
					24, 24, 16, 32, 32 };

	(void)state;
	for (size_t i = 0; i < PF_COUNT(rows); i++) {
		struct pf_str bytes = { (const char *)rows[i].words, sizes[i] };
		struct pf_arena a = { 0 };
		struct pf_value v;
		struct pf_err err = { 0 };

		assert_int_equal(pf_value_read(&v, &a, bytes, &err), -1);
		assert_string_equal(err.msg, rows[i].msg);
		pf_arena_free(&a);
	}
}

static void depth_has_an_end(void **state)
{
	struct pf_buf bytes = PF_BUF(MAX);
	struct pf_arena a = { 0 };
	struct pf_value chain[PF_MAX_VALUE_DEPTH + 2], v;
	struct pf_err err;

	(void)state;
	memset(chain, 0, sizeof(chain));
	for (size_t i = 0; i + 1 < PF_COUNT(chain); i++)
		chain[i] = (struct pf_value){ .kind = PF_V_LIST, .list = { &chain[i + 1], 1 } };
	assert_int_equal(pf_value_write(&bytes, &chain[0], &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	bytes.n = 0;
	assert_int_equal(pf_value_write(&bytes, &chain[1], &err), 0);
	assert_int_equal(pf_value_read(&v, &a, pf_buf_view(&bytes), &err), 0);
	bytes.n = 0;
	for (unsigned i = 0; i < 100000; i++)
		pf_put_list(&bytes, 1);
	assert_int_equal(pf_value_read(&v, &a, pf_buf_view(&bytes), &err), -1);
	assert_non_null(strstr(err.msg, "nested too deep"));
	pf_arena_free(&a);
	pf_buf_free(&bytes);
}

static void a_ceiling_is_kept(void **state)
{
	struct pf_buf bytes = PF_BUF(64);
	struct pf_value v;
	struct pf_err err;

	(void)state;
	make_everything(&v);
	assert_int_equal(pf_value_write(&bytes, &v, &err), -1);
	assert_string_equal(err.msg, "the data for the runner is larger than 64 bytes");
	pf_buf_free(&bytes);
}

static void frames_pass_a_socket(void **state)
{
	struct pf_buf body = PF_BUF(MAX);
	enum pf_frame_kind kind;
	struct pf_err err;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(pf_frame_send(fds[0], PF_FRAME_ANSWER, PF_S("body"), &err), 0);
	assert_int_equal(pf_frame_send(fds[0], PF_FRAME_BYE, PF_S(""), &err), 0);
	assert_int_equal(pf_frame_receive(fds[1], &kind, &body, &err), 1);
	assert_int_equal(kind, PF_FRAME_ANSWER);
	assert_string_equal(body.p, "body");
	assert_int_equal(pf_frame_receive(fds[1], &kind, &body, &err), 1);
	assert_int_equal(kind, PF_FRAME_BYE);
	assert_int_equal(body.n, 0);
	assert_int_equal(write(fds[0], "{\"predictions\": [666]}", 22), 22);
	assert_int_equal(pf_frame_receive(fds[1], &kind, &body, &err), -1);
	assert_string_equal(err.msg, "what came over the runner's socket is no frame");
	close(fds[0]);
	assert_int_equal(pf_frame_receive(fds[1], &kind, &body, &err), -1);
	assert_string_equal(err.msg, "the runner's socket ended inside a frame");
	assert_int_equal(pf_frame_receive(fds[1], &kind, &body, &err), 0);
	close(fds[1]);
	pf_buf_free(&body);
}

static void headers_are_checked(void **state)
{
	char header[PF_FRAME_HEADER];
	enum pf_frame_kind kind;
	struct pf_err err;
	size_t length;

	(void)state;
	pf_frame_header(header, PF_FRAME_RAW, 77);
	assert_memory_equal(header, "PFR1\4\0\0\0\x4d\0\0\0\0\0\0\0", 16);
	assert_int_equal(pf_frame_parse(&kind, &length, header, &err), 0);
	assert_int_equal(kind, PF_FRAME_RAW);
	assert_int_equal(length, 77);
	header[15] = 1;
	assert_int_equal(pf_frame_parse(&kind, &length, header, &err), -1);
	assert_int_equal(err.code, PF_ELIMIT);
	header[4] = 99;
	assert_int_equal(pf_frame_parse(&kind, &length, header, &err), -1);
	assert_int_equal(err.code, PF_EBUG);
}

static void types_have_widths_and_names(void **state)
{
	(void)state;
	assert_int_equal(pf_type_width(PF_T_FLOAT32), 4);
	assert_int_equal(pf_type_width(PF_T_STRING), 0);
	assert_int_equal(pf_type_width((enum pf_type)99), 0);
	assert_string_equal(pf_type_numpy(PF_T_DATETIME), "datetime64[ns]");
	assert_string_equal(pf_type_numpy((enum pf_type)0), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(arrays_are_aligned_wherever_the_bytes_are),
		cmocka_unit_test(doubles_lie_side_by_side),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(flipped_bytes_do_no_harm),
		cmocka_unit_test(lies_are_refused),
		cmocka_unit_test(depth_has_an_end),
		cmocka_unit_test(a_ceiling_is_kept),
		cmocka_unit_test(frames_pass_a_socket),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(types_have_widths_and_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
