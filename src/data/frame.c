/* frame.c - values as bytes, and the frames that carry them over a socket */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/frame.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/limits.h"
#include "base/str.h"

/* The grammar. All numbers are little-endian; every value begins at a multiple of 8.
 *
 *   value   = word, then by kind; word = kind (8 bits) | n << 8
 *   NULL    n = 0
 *   BOOL    n = 0 or 1
 *   INT, FLOAT, DATETIME   n = 0; 8 bytes
 *   BIGINT, STRING, BYTES  n bytes of text, zeros up to a multiple of 8
 *   LIST    n values
 *   MAP     n times: a STRING value, a value
 *   TAGGED  n = 1; a STRING value, a value
 *   TENSOR  n = type | rank << 8; rank words of shape; elements
 *   ELEMENT n = type; one element, of a type with a width
 *   TABLE, SERIES          n = columns; word rows; word flags (1: has an index);
 *           for each column: word type | unnamed << 8, a STRING value with its name;
 *           for each column: elements; then, with an index, `rows` values
 *   elements = count * width bytes in C order, zeros up to a multiple of 8; of the types without
 *           a width (string, bytes, object) `count` values */
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "frames are written for little-endian machines"
#endif

static const struct {
	size_t width;
	const char *numpy;
} types[] = {
	[PF_T_BOOL] = { 1, "bool" },	   [PF_T_INT8] = { 1, "int8" },
	[PF_T_INT16] = { 2, "int16" },	   [PF_T_INT32] = { 4, "int32" },
	[PF_T_INT64] = { 8, "int64" },	   [PF_T_UINT8] = { 1, "uint8" },
	[PF_T_UINT16] = { 2, "uint16" },   [PF_T_UINT32] = { 4, "uint32" },
	[PF_T_UINT64] = { 8, "uint64" },   [PF_T_FLOAT32] = { 4, "float32" },
	[PF_T_FLOAT64] = { 8, "float64" }, [PF_T_DATETIME] = { 8, "datetime64[ns]" },
	[PF_T_STRING] = { 0, "str" },	   [PF_T_BYTES] = { 0, "bytes" },
	[PF_T_OBJECT] = { 0, "object" },
};

size_t pf_type_width(enum pf_type t)
{
	return (size_t)t < PF_COUNT(types) ? types[t].width : 0;
}

const char *pf_type_numpy(enum pf_type t)
{
	return t >= PF_T_BOOL && (size_t)t < PF_COUNT(types) ? types[t].numpy : "unknown";
}

size_t pf_tensor_count(const struct pf_tensor *t)
{
	size_t count = 1;

	for (unsigned i = 0; i < t->rank; i++)
		count *= (size_t)t->shape[i];
	return count;
}

const struct pf_value *pf_value_get(const struct pf_value *map, const char *key)
{
	if (!map || map->kind != PF_V_MAP)
		return NULL;
	for (size_t i = 0; i < map->list.n; i++)
		if (pf_str_is(map->list.v[2 * i].s, key))
			return &map->list.v[2 * i + 1];
	return NULL;
}

struct pf_str pf_value_text(const struct pf_value *map, const char *key)
{
	const struct pf_value *v = pf_value_get(map, key);

	return v && v->kind == PF_V_STRING ? v->s : (struct pf_str){ 0 };
}

/* ---- pieces ---- */

static void put_word(struct pf_buf *out, uint64_t kind, uint64_t n)
{
	uint64_t word = kind | n << 8;

	pf_buf_add(out, &word, sizeof(word));
}

static void put_pair(struct pf_buf *out, enum pf_value_kind kind, const void *eight)
{
	uint64_t words[2] = { kind };

	memcpy(&words[1], eight, 8);
	pf_buf_add(out, words, sizeof(words));
}

void pf_put_null(struct pf_buf *out)
{
	put_word(out, PF_V_NULL, 0);
}

void pf_put_bool(struct pf_buf *out, bool b)
{
	put_word(out, PF_V_BOOL, b);
}

void pf_put_int(struct pf_buf *out, int64_t i)
{
	put_pair(out, PF_V_INT, &i);
}

void pf_put_float(struct pf_buf *out, double d)
{
	put_pair(out, PF_V_FLOAT, &d);
}

void pf_put_data(struct pf_buf *out, const void *p, size_t n)
{
	static const char zeros[8];

	pf_buf_add(out, p, n);
	pf_buf_add(out, zeros, -n & 7);
}

void pf_put_text(struct pf_buf *out, enum pf_value_kind kind, struct pf_str s)
{
	put_word(out, kind, s.n);
	pf_put_data(out, s.p, s.n);
}

void pf_put_string(struct pf_buf *out, const char *s)
{
	pf_put_text(out, PF_V_STRING, pf_s(s));
}

void pf_put_list(struct pf_buf *out, size_t n)
{
	put_word(out, PF_V_LIST, n);
}

void pf_put_map(struct pf_buf *out, size_t n)
{
	put_word(out, PF_V_MAP, n);
}

void pf_put_tagged(struct pf_buf *out, struct pf_str tag)
{
	put_word(out, PF_V_TAGGED, 1);
	pf_put_text(out, PF_V_STRING, tag);
}

void pf_put_tensor(struct pf_buf *out, enum pf_type type, unsigned rank, const uint64_t *shape)
{
	put_word(out, PF_V_TENSOR, (uint64_t)type | (uint64_t)rank << 8);
	pf_buf_add(out, shape, rank * sizeof(*shape));
}

void pf_put_element(struct pf_buf *out, enum pf_type type, const void *p)
{
	put_word(out, PF_V_ELEMENT, (uint64_t)type);
	pf_put_data(out, p, pf_type_width(type));
}

void pf_put_table(struct pf_buf *out, enum pf_value_kind kind, size_t rows, size_t columns,
		  bool index)
{
	uint64_t words[2] = { rows, index };

	put_word(out, kind, columns);
	pf_buf_add(out, words, sizeof(words));
}

void pf_put_column(struct pf_buf *out, struct pf_str name, bool unnamed, enum pf_type type)
{
	put_word(out, type, unnamed);
	pf_put_text(out, PF_V_STRING, name);
}

/* ---- a tree ---- */

static int put_value(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		     struct pf_err *err);

static int put_values(struct pf_buf *out, const struct pf_value *v, size_t n, unsigned depth,
		      struct pf_err *err)
{
	for (size_t i = 0; i < n && !out->toobig; i++)
		if (put_value(out, &v[i], depth, err) < 0)
			return -1;
	return 0;
}

static int put_elements(struct pf_buf *out, enum pf_type type, const void *data,
			const struct pf_value *values, size_t n, unsigned depth,
			struct pf_err *err)
{
	size_t width = pf_type_width(type);

	if (!width)
		return put_values(out, values, n, depth, err);
	pf_put_data(out, data, n * width);
	return 0;
}

static int put_table(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		     struct pf_err *err)
{
	const struct pf_table *t = v->table;

	pf_put_table(out, v->kind, t->rows, t->columns.n, t->index != NULL);
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[i];

		pf_put_column(out, c->name, c->unnamed, c->type);
	}
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[i];

		if (put_elements(out, c->type, c->data, c->values, t->rows, depth, err) < 0)
			return -1;
	}
	return t->index ? put_values(out, t->index, t->rows, depth, err) : 0;
}

static int put_tensor(struct pf_buf *out, const struct pf_tensor *t, unsigned depth,
		      struct pf_err *err)
{
	pf_put_tensor(out, t->type, t->rank, t->shape);
	return put_elements(out, t->type, t->data, t->values, pf_tensor_count(t), depth, err);
}

static int put_value(struct pf_buf *out, const struct pf_value *v, unsigned depth,
		     struct pf_err *err)
{
	if (depth > PF_MAX_VALUE_DEPTH)
		return pf_fail(err, PF_ELIMIT, "nested deeper than %d levels", PF_MAX_VALUE_DEPTH);
	switch (v->kind) {
	case PF_V_NULL:
		pf_put_null(out);
		return 0;
	case PF_V_BOOL:
		pf_put_bool(out, v->b);
		return 0;
	case PF_V_INT:
	case PF_V_DATETIME:
	case PF_V_FLOAT:
		put_pair(out, v->kind, &v->i);
		return 0;
	case PF_V_BIGINT:
	case PF_V_STRING:
	case PF_V_BYTES:
		pf_put_text(out, v->kind, v->s);
		return 0;
	case PF_V_LIST:
		pf_put_list(out, v->list.n);
		return put_values(out, v->list.v, v->list.n, depth + 1, err);
	case PF_V_MAP:
	case PF_V_TAGGED:
		put_word(out, v->kind, v->list.n);
		return put_values(out, v->list.v, 2 * v->list.n, depth + 1, err);
	case PF_V_TABLE:
	case PF_V_SERIES:
		return put_table(out, v, depth + 1, err);
	case PF_V_TENSOR:
		return put_tensor(out, v->tensor, depth + 1, err);
	case PF_V_ELEMENT:
		pf_put_element(out, v->tensor->type, v->tensor->data);
		return 0;
	}
	return pf_fail(err, PF_EBUG, "a value of unknown kind %d", (int)v->kind);
}

int pf_value_write(struct pf_buf *out, const struct pf_value *v, struct pf_err *err)
{
	if (put_value(out, v, 0, err) < 0)
		return -1;
	return pf_buf_check(out, "the data for the runner", err);
}

/* ---- frames ---- */

struct header {
	char magic[4];
	uint32_t kind;
	uint64_t length;
};

void pf_frame_header(char out[PF_FRAME_HEADER], enum pf_frame_kind kind, size_t length)
{
	struct header h = { .magic = "PFR1", .kind = kind, .length = length };

	_Static_assert(sizeof(h) == PF_FRAME_HEADER, "the header has no padding");
	memcpy(out, &h, sizeof(h));
}

int pf_frame_parse(enum pf_frame_kind *kind, size_t *length, const char in[PF_FRAME_HEADER],
		   struct pf_err *err)
{
	struct header h;

	memcpy(&h, in, sizeof(h));
	if (memcmp(h.magic, "PFR1", 4) != 0 || h.kind < PF_FRAME_LOAD || h.kind > PF_FRAME_PIECE)
		return pf_fail(err, PF_EBUG, "what came over the runner's socket is no frame");
	if (h.length > PF_MAX_FRAME)
		return pf_fail(err, PF_ELIMIT, "a frame of more than %zu bytes", PF_MAX_FRAME);
	*kind = (enum pf_frame_kind)h.kind;
	*length = (size_t)h.length;
	return 0;
}

/* All pieces in their order, as one write where that is possible: whoever waits for them wakes
 * once. */
static int send_all(int fd, struct iovec *pieces, size_t n, struct pf_err *err)
{
	while (n) {
		struct msghdr message = { .msg_iov = pieces, .msg_iovlen = n };
		ssize_t done = sendmsg(fd, &message, MSG_NOSIGNAL);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return pf_fail_errno(err, "cannot write to the runner's socket");
		while (n && (size_t)done >= pieces->iov_len) {
			done -= (ssize_t)pieces->iov_len;
			pieces++;
			n--;
		}
		if (n) {
			pieces->iov_base = (char *)pieces->iov_base + done;
			pieces->iov_len -= (size_t)done;
		}
	}
	return 0;
}

static struct iovec piece_of(const void *p, size_t n)
{
	return (struct iovec){ .iov_base = (void *)(uintptr_t)p, .iov_len = n };
}

int pf_frame_send(int fd, enum pf_frame_kind kind, struct pf_str body, struct pf_err *err)
{
	return pf_frame_send_behind(fd, PF_S(""), kind, body, err);
}

int pf_frame_send_behind(int fd, struct pf_str before, enum pf_frame_kind kind, struct pf_str body,
			 struct pf_err *err)
{
	char header[PF_FRAME_HEADER];
	struct iovec pieces[] = { piece_of(before.p, before.n), piece_of(header, sizeof(header)),
				  piece_of(body.p, body.n) };

	if (body.n > PF_MAX_FRAME)
		return pf_fail(err, PF_ELIMIT, "a frame of more than %zu bytes", PF_MAX_FRAME);
	pf_frame_header(header, kind, body.n);
	return send_all(fd, pieces, PF_COUNT(pieces), err);
}

/* Returns how much came before the stream ended, or -1. */
static ssize_t receive_some(int fd, char *p, size_t n, struct pf_err *err)
{
	size_t got = 0;

	while (got < n) {
		ssize_t more = recv(fd, p + got, n - got, 0);

		if (more < 0 && errno == EINTR)
			continue;
		if (more < 0)
			return pf_fail_errno(err, "cannot read from the runner's socket");
		if (more == 0)
			break;
		got += (size_t)more;
	}
	return (ssize_t)got;
}

/* A length is believed only as far as bytes arrive for it. */
static int receive_body(int fd, struct pf_buf *body, size_t length, struct pf_err *err)
{
	while (length) {
		size_t step = body->n > PF_MIB(1) ? body->n : PF_MIB(1);
		char *room;

		if (step > length)
			step = length;
		room = pf_buf_room(body, step);
		if (!room)
			return pf_buf_check(body, "a frame", err);
		if (receive_some(fd, room, step, err) != (ssize_t)step)
			return pf_fail(err, PF_EIO, "the runner's socket ended inside a frame");
		body->n += step;
		body->p[body->n] = '\0';
		length -= step;
	}
	return 0;
}

int pf_frame_receive(int fd, enum pf_frame_kind *kind, struct pf_buf *body, struct pf_err *err)
{
	char header[PF_FRAME_HEADER];
	ssize_t got = receive_some(fd, header, sizeof(header), err);
	size_t length;

	if (got <= 0)
		return (int)got;
	if (got < (ssize_t)sizeof(header))
		return pf_fail(err, PF_EIO, "the runner's socket ended inside a frame");
	if (pf_frame_parse(kind, &length, header, err) < 0)
		return -1;
	body->n = 0;
	return receive_body(fd, body, length, err) < 0 ? -1 : 1;
}
