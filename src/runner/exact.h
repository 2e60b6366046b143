/* exact.h - objects as values with their types and all, for a caller who is Python himself */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/uio.h>

#include "runner/runner.h"

/* What pfr_put makes of an answer is what MLflow's JSON has of it. Here nothing is lost: what
 * frames have a kind for is written as it, all else as a TAGGED value of objects.py. -1 with an
 * exception, for a type that is not known among others. */
int pfr_put_exact(struct pfr *r, struct pf_buf *out, struct py *o);
int pfr_exact(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);

/* Classes of packages that need not be there. */
enum pfr_class {
	PFR_NDARRAY,
	PFR_GENERIC,
	PFR_FRAME,
	PFR_SERIES,
	PFR_RANGE,
	PFR_TABLE,	/* of ours: pyfunc_env.frames.Table */
};
/* Is `type` the class itself (not one derived from it)? */
bool pfr_is_class(struct pfr *r, struct py *type, enum pfr_class class);

/* exact_array.c, exact_table.c - arrays and tables that frames have a kind for: 1 when it was put,
 * 0 when it is another one, -1. */
int pfr_exact_array(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
int pfr_exact_scalar(struct pf_buf *out, struct py *o);
int pfr_exact_table(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
int pfr_exact_series(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);
int pfr_exact_own_table(struct pfr *r, struct pf_buf *out, struct py *o, unsigned depth);

/* exact_sheet.c - columns that are to be written: each is looked at first, since all types come
 * before all cells. Where they lie is kept hold of until pfr_sheet_free. */
struct pfr_column {
	enum pf_type type;
	const char *from;	/* the first element, or pointer to an object */
	size_t view;		/* the number of the view that it is of */
	ssize_t stride;
	struct py *list;	/* or all the objects; borrowed */
};

struct pfr_sheet {
	struct pfr *r;
	size_t rows;
	size_t n;
	struct pfr_column *columns;
	struct pf_arena a;
	PF_VEC(struct py_view) views;
	struct py *held;	/* a list of what is needed besides */
};
void pfr_sheet_begin(struct pfr_sheet *s, struct pfr *r, size_t rows, size_t columns);
void pfr_sheet_free(struct pfr_sheet *s);
/* `cells`: an array of rows, or of n columns by rows, of which the i-th goes to places[i]; or what
 * objects.cells() takes. 1; 0 when they have no type of a frame's; -1. */
int pfr_sheet_add(struct pfr_sheet *s, struct py *cells, const long long *places, size_t n);
/* A question to objects.py that is asked once: `*known` is its answer, 1 or -1; 0 as long as it
 * fails, with an exception. */
bool pfr_ask_once(int *known, const char *function);
int pfr_sheet_put(struct pfr_sheet *s, struct pf_buf *out, unsigned depth);

/* pieces.c - what was encoded: bytes, and between them large arrays, which are not copied but kept
 * hold of. The last piece of a list may be empty. */
struct pfr_loan {
	size_t at;	/* in the bytes */
	const void *from;
	size_t n;
};

struct pfr_pieces {
	struct pf_buf bytes;
	struct pf_arena a;
	PF_VEC(struct pfr_loan) loans;
	PF_VEC(struct py_view) views;
	size_t lent;	/* bytes in all */
};
void pfr_pieces_free(struct pfr_pieces *p);
int pfr_pieces_put(struct pfr *r, struct pfr_pieces *p, struct py *o);
/* How many; the list lives as long as the pieces. */
size_t pfr_pieces_list(struct iovec **out, struct pfr_pieces *p);
struct py *pfr_pieces_join(struct pfr_pieces *p); /* a bytearray */
/* Would an array of n bytes be lent? Then pfr_lend: elements and padding are as good as written;
 * false when they are to be copied. */
bool pfr_is_large(const struct pfr *r, size_t n);
bool pfr_lend(struct pfr *r, struct pf_buf *out, const struct py_view *view, const void *from,
	      size_t n);

/* codec.c - a new state; and one for one call of the module's functions, from a pool: what it keeps
 * serves the next ones. */
struct pfr *pfr_new(void);
struct pfr *pfr_borrow(void);
void pfr_give_back(struct pfr *r);
void pfr_state_free(struct pfr *r);
/* The object of a frame's body, a bytearray that its arrays may share and nobody else uses. */
struct py *pfr_decode(struct pfr *r, struct py *body);
struct py *pfr_module_encode(struct py *self, struct py *o);
struct py *pfr_module_decode(struct py *self, struct py *bytes);

/* wire.c - frames over a socket, for the module's functions. */
struct py *pfr_module_send(struct py *self, struct py *args, struct py *kwargs);
struct py *pfr_module_send_bytes(struct py *self, struct py *args, struct py *kwargs);
struct py *pfr_module_receive(struct py *self, struct py *args, struct py *kwargs);
struct py *pfr_module_receive_bytes(struct py *self, struct py *args, struct py *kwargs);
struct py *pfr_module_exchange(struct py *self, struct py *args, struct py *kwargs);
