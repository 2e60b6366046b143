/* frame.h - typed columns, tensors and values, and their bytes on the way to and from a runner */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/err.h"
#include "base/mem.h"

/* Element types; the numbers are part of the frame format. */
enum pf_type {
	PF_T_BOOL = 1,
	PF_T_INT8,
	PF_T_INT16,
	PF_T_INT32,
	PF_T_INT64,
	PF_T_UINT8,
	PF_T_UINT16,
	PF_T_UINT32,
	PF_T_UINT64,
	PF_T_FLOAT32,
	PF_T_FLOAT64,
	PF_T_DATETIME,	/* int64 nanoseconds since 1970, INT64_MIN is missing */
	/* UTF-8; cells in `values`; NULL is None, which pandas 1 and 2 tell from NaN */
	PF_T_STRING,
	PF_T_BYTES,
	PF_T_OBJECT,	/* anything; cells in `values` */
};
size_t pf_type_width(enum pf_type t);	/* bytes an element; 0 for STRING, BYTES, OBJECT */
const char *pf_type_numpy(enum pf_type t);	/* "float64", "object", ... */

enum pf_value_kind {
	PF_V_NULL = 0,
	PF_V_BOOL,
	PF_V_INT,
	PF_V_BIGINT,	/* decimal text beyond int64 */
	PF_V_FLOAT,
	PF_V_STRING,
	PF_V_BYTES,
	PF_V_LIST,
	PF_V_MAP,	/* items[2i] is the key (a STRING), items[2i+1] the value */
	PF_V_TABLE,	/* a DataFrame */
	PF_V_SERIES,	/* a table of one column */
	PF_V_TENSOR,
	PF_V_DATETIME,	/* i is nanoseconds */
	PF_V_ELEMENT,	/* one number of a numpy type, as a tensor of rank 0 */
	/* an object of Python's: items[0] is its tag (a STRING; runner/objects.py has the table),
	 * items[1] what it is made of */
	PF_V_TAGGED,
};

struct pf_value {
	enum pf_value_kind kind;
	union {
		bool b;
		int64_t i;
		double d;
		struct pf_str s;
		struct {
			struct pf_value *v;
			size_t n;	/* of a MAP: entries, so v has 2n; of a TAGGED: 1 */
		} list;
		struct pf_table *table;
		struct pf_tensor *tensor;
	};
};

struct pf_column {
	struct pf_str name;
	bool unnamed;		/* its label is its number, as pandas numbers columns */
	enum pf_type type;
	void *data;		/* rows * width bytes, C order; NULL for STRING, BYTES, OBJECT */
	struct pf_value *values; /* rows cells of STRING, BYTES, OBJECT; NULL-kind is missing */
};

struct pf_table {
	size_t rows;
	PF_VEC(struct pf_column) columns;
	struct pf_value *index;	/* rows labels, or NULL for 0..rows-1 */
};

struct pf_tensor {
	enum pf_type type;	/* STRING and OBJECT have `values`, the rest `data` */
	unsigned rank;
	uint64_t shape[16];
	void *data;		/* C order */
	struct pf_value *values;
};

size_t pf_tensor_count(const struct pf_tensor *t);

/* A value as bytes (little-endian, 8-byte aligned arrays, see frame.c for the grammar) and back.
 * Reading trusts nothing: lengths, kinds, depth and UTF-8 are checked; EBUG when malformed. Arrays
 * and text of the result borrow from `bytes` (arrays that are not aligned there are copied), the
 * rest is in the arena. Columns of one width lie side by side, in their order, without gaps when
 * rows * width is a multiple of 8. Writing fails with ELIMIT beyond the buffer's ceiling or
 * PF_MAX_VALUE_DEPTH. */
int pf_value_write(struct pf_buf *out, const struct pf_value *v, struct pf_err *err) PF_MUST_USE;
int pf_value_read(struct pf_value *out, struct pf_arena *a, struct pf_str bytes,
		  struct pf_err *err) PF_MUST_USE;
/* The value of a key in a MAP, or NULL; also NULL when `map` is no MAP. */
const struct pf_value *pf_value_get(const struct pf_value *map, const char *key);
/* Its text when it is a STRING, else the empty view. */
struct pf_str pf_value_text(const struct pf_value *map, const char *key);

/* How many rows a table, an array or a list has; false for what has none. */
bool pf_value_rows(size_t *rows, const struct pf_value *v);
/* Rows [from, from + n) of such a value, which has them; its cells are shared. */
struct pf_value pf_value_slice(struct pf_arena *a, const struct pf_value *v, size_t from, size_t n);

/* The same bytes written piece by piece, where no tree is at hand. A list is followed by its `n`
 * values, a map by `n` pairs of a STRING and a value. A tensor is followed by pf_put_data of its
 * elements or by its values. A table is followed by one pf_put_column for each column, then for
 * each column its pf_put_data or values, then, with an index, by `rows` values. */
void pf_put_null(struct pf_buf *out);
void pf_put_bool(struct pf_buf *out, bool b);
void pf_put_int(struct pf_buf *out, int64_t i);
void pf_put_float(struct pf_buf *out, double d);
/* Also BYTES and BIGINT. */
void pf_put_text(struct pf_buf *out, enum pf_value_kind kind, struct pf_str s);
void pf_put_string(struct pf_buf *out, const char *s);
void pf_put_list(struct pf_buf *out, size_t n);
void pf_put_map(struct pf_buf *out, size_t n);
void pf_put_tagged(struct pf_buf *out, struct pf_str tag); /* its value follows */
void pf_put_tensor(struct pf_buf *out, enum pf_type type, unsigned rank, const uint64_t *shape);
void pf_put_element(struct pf_buf *out, enum pf_type type, const void *p);
void pf_put_table(struct pf_buf *out, enum pf_value_kind kind, size_t rows, size_t columns,
		  bool index);
void pf_put_column(struct pf_buf *out, struct pf_str name, bool unnamed, enum pf_type type);
void pf_put_data(struct pf_buf *out, const void *p, size_t n); /* and zeros up to a multiple of 8 */

/* A frame on a socket: 16 bytes of header (magic "PFR1", kind, length), then the body. */
enum pf_frame_kind {
	PF_FRAME_LOAD = 1, /* to the runner: a MAP that says how to load (run/run.h) */
	PF_FRAME_LOADED,   /* from it: a MAP: "python", "seconds" */
	/* a MAP: "data" (any value), "params" (MAP or NULL), "stream" (BOOL: by predict_stream) */
	PF_FRAME_PREDICT,
	PF_FRAME_RAW,	   /* a MAP: "format" ("json", "csv", "parquet"), "bytes" (BYTES),
				 * "params" (MAP or NULL), "stream": the runner parses */
	PF_FRAME_ANSWER,   /* any value */
	/* a MAP: "stage" (start, import, load, input, predict, convert), "kind" (the exception's
	 * type), "message", "traceback", "module"; of an MlflowException the "status" (INT; 0: it
	 * is none) and "answer" (JSON text) that MLflow's scoring server would give */
	PF_FRAME_FAILED,
	PF_FRAME_BYE,	/* no body: finish and exit */
	/* from it, before an ANSWER that is not "exact": a MAP: "seconds" within predict */
	PF_FRAME_SPENT,
	/* from it, after a BYE: it has finished and has no children; all that is left is for the
	 * kernel to take its memory back */
	PF_FRAME_GONE,
	/* a MAP: "format" ("parquet"), "bytes": answered by the table; or, instead of the latter,
	 * "path", "rows": by so many rows at most, from one frame to the next, then by an empty
	 * list, or by text where the file can be read as a whole alone */
	PF_FRAME_READ,
	PF_FRAME_WRITE,	 /* a MAP: "format" ("parquet"), "data": answered by its BYTES */
	PF_FRAME_STAY,	 /* to it: become a worker (run/warm.h); from it, no body: it has */
	PF_FRAME_ATTACH, /* to a worker: a MAP: "state", "seconds"; from it, no body: go ahead */
	PF_FRAME_PIECE,	 /* any value: a piece of an answer that is streamed; ANSWER ends it */
};
#define PF_FRAME_HEADER 16
void pf_frame_header(char out[PF_FRAME_HEADER], enum pf_frame_kind kind, size_t length);
int pf_frame_parse(enum pf_frame_kind *kind, size_t *length, const char in[PF_FRAME_HEADER],
		   struct pf_err *err) PF_MUST_USE;
/* On a blocking socket. */
int pf_frame_send(int fd, enum pf_frame_kind kind, struct pf_str body,
		  struct pf_err *err) PF_MUST_USE;
/* The same behind a frame that is whole already, header and all: both go out together. */
int pf_frame_send_behind(int fd, struct pf_str before, enum pf_frame_kind kind, struct pf_str body,
			 struct pf_err *err) PF_MUST_USE;
/* Returns 1 with a whole frame, 0 at a clean end of the stream, -1 with err. `body` has its own
 * ceiling (PF_BUF(PF_MAX_FRAME)). */
int pf_frame_receive(int fd, enum pf_frame_kind *kind, struct pf_buf *body,
		     struct pf_err *err) PF_MUST_USE;
