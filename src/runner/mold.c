/* mold.c - DataFrames with the columns of the one before, at a third of the price */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "runner/runner.h"

/* What pandas' constructor finds out each time is the same for each request of a model: a frame
 * that it made is taken as the mold for those after it (mold.py). The first of a runner may be its
 * only one, so that it is the second that pays for it (measured: 25 us of 33 for one row). Where
 * two had as many rows, the next one's frame is made before it comes, while nobody waits: there is
 * only its data to be filled in then (measured: 18 us of 20). */

#define MAX_CELLS 4096	/* beyond that the constructor is a small part of it */
#define MAX_OBJECTS 256	/* columns of objects or text */

struct pfr_mold {
	struct pf_buf key;	/* names and types of the last table's columns */
	enum { FRESH, SEEN, MADE, NEVER } state;
	struct py *make;	/* MADE: make(bytes, rows, arrays of objects) */
	struct pf_arena arena;
	size_t *order;		/* columns as they lie in its blocks ... */
	bool *begins;		/* ... each of which begins at a multiple of 8 */
	bool has_objects;	/* columns that are no numbers */
	int passes;		/* as pfr_mold_passes has it */
	size_t rows, size;	/* of the last frame, and its bytes */
	bool again;		/* the one before it had as many */
	struct py *bytes, *frame;	/* made ahead, for as many; NULL: none is */
};

/* Names, each ended by a NUL and a type; false for a table that is not of that kind. */
static bool put_key(struct pf_buf *out, const struct pf_table *t)
{
	size_t objects = 0;

	if (!t->rows || !t->columns.n || t->index || t->rows * t->columns.n > MAX_CELLS)
		return false;
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[i];

		if (c->unnamed || c->type == PF_T_DATETIME || c->type == PF_T_BYTES ||
		    (c->name.n && memchr(c->name.p, 0, c->name.n)))
			return false;
		pf_buf_str(out, c->name);
		pf_buf_char(out, '\0');
		pf_buf_char(out, (char)c->type);
		objects += !c->data;
	}
	return !out->toobig && objects <= MAX_OBJECTS;
}

static void forget(struct pfr_mold *m)
{
	Py_DecRef(m->make);
	Py_DecRef(m->bytes);
	Py_DecRef(m->frame);
	pf_arena_free(&m->arena);
	pf_buf_free(&m->key);
	*m = (struct pfr_mold){ 0 };
}

void pfr_mold_free(struct pfr *r)
{
	if (r->mold)
		forget(r->mold);
}

static struct pfr_mold *mold_of(struct pfr *r)
{
	if (!r->mold)
		r->mold = pf_alloc(&r->kept, sizeof(*r->mold));
	return r->mold;
}

static size_t align(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

/* How many columns the block has that begins with this one. */
static size_t width_of(const struct pfr_mold *m, size_t first, size_t columns)
{
	size_t end = first + 1;

	while (end < columns && !m->begins[end])
		end++;
	return end - first;
}

/* One array for each block of objects or text; the bytes have none of them. */
static struct py *pour_objects(struct pfr *r, const struct pfr_mold *m, const struct pf_table *t)
{
	PF_PY(list) = PyList_New(0);
	PF_PY(numpy) = list ? pfr_import("numpy") : NULL;
	size_t columns = t->columns.n, width;

	for (size_t i = 0; numpy && i < columns; i += width) {
		const struct pf_value *runs[MAX_OBJECTS];
		PF_PY(array) = NULL;

		width = width_of(m, i, columns);
		if (t->columns.v[m->order[i]].data)
			continue;
		for (size_t j = 0; j < width; j++)
			runs[j] = t->columns.v[m->order[i + j]].values;
		array = pfr_objects_array(r, numpy, runs, width, t->rows);
		if (!array || PyList_Append(list, array) < 0)
			return NULL;
	}
	return numpy ? py_take(&list) : NULL;
}

/* A frame whose numbers are still to be filled in. */
static bool make(struct pfr_mold *m, struct py *objects)
{
	m->bytes = PyByteArray_FromStringAndSize(NULL, (ssize_t)m->size);
	if (m->bytes)
		m->frame = PyObject_CallFunction(m->make, "OnO", m->bytes, (ssize_t)m->rows,
						 objects);
	return m->frame != NULL;
}

static void drop(struct pfr_mold *m)
{
	Py_DecRef(m->frame);
	Py_DecRef(m->bytes);
	m->frame = m->bytes = NULL;
}

static void note_size(struct pfr_mold *m, const struct pf_table *t)
{
	size_t size = 0;

	m->again = m->rows == t->rows;
	if (m->again)
		return;
	drop(m);
	for (size_t i = 0; i < t->columns.n; i++)
		size = (m->begins[i] ? align(size) : size) +
		       t->rows * pf_type_width(t->columns.v[m->order[i]].type);
	m->rows = t->rows;
	m->size = size;
}

static bool fill(const struct pfr_mold *m, const struct pf_table *t)
{
	struct py_view view;
	size_t at = 0;

	if (PyObject_GetBuffer(m->bytes, &view, PY_BUF_C_CONTIGUOUS) < 0)
		return false;
	for (size_t i = 0; i < t->columns.n; i++) {
		const struct pf_column *c = &t->columns.v[m->order[i]];
		size_t n = t->rows * pf_type_width(c->type);

		at = m->begins[i] ? align(at) : at;
		if (n)
			memcpy((char *)view.buf + at, c->data, n);
		at += n;
	}
	PyBuffer_Release(&view);
	return true;
}

static struct py *pour(struct pfr *r, struct pfr_mold *m, const struct pf_table *t)
{
	PF_PY(objects) = NULL;
	PF_PY(frame) = NULL;

	note_size(m, t);
	if (!m->frame)
		objects = pour_objects(r, m, t);
	if ((m->frame || (objects && make(m, objects))) && fill(m, t))
		frame = py_ref(m->frame);
	drop(m);
	return py_take(&frame);
}

/* Does the table look like the one before? Else the mold is a fresh one. */
static bool fits(struct pfr_mold *m, const struct pf_table *t)
{
	struct pf_buf key = PF_BUF(PF_KIB(64));
	bool usable = put_key(&key, t);
	bool same = usable && key.n == m->key.n && memcmp(key.p, m->key.p, key.n) == 0;

	if (same) {
		pf_buf_free(&key);
		return true;
	}
	forget(m);
	m->state = usable ? FRESH : NEVER;
	m->key = key;
	return false;
}

struct py *pfr_mold_pour(struct pfr *r, const struct pf_table *t)
{
	struct pfr_mold *m = mold_of(r);
	struct py *frame;

	r->poured = NULL;
	if (!fits(m, t) || m->state != MADE)
		return NULL;
	r->poured = frame = pour(r, m, t);
	if (!frame) {
		m->state = NEVER;
		PyErr_Clear(); /* pandas itself tells what is wrong */
	}
	return frame;
}

int *pfr_mold_passes(struct pfr *r, const struct py *data)
{
	return data && data == r->poured ? &r->mold->passes : NULL;
}

/* `blocks` is a list of lists of column numbers. */
static bool read_order(struct pfr_mold *m, struct py *blocks, size_t columns)
{
	ssize_t count = PyList_Size(blocks);
	size_t n = 0;

	m->order = pf_alloc_array(&m->arena, columns, sizeof(*m->order));
	m->begins = pf_alloc_array(&m->arena, columns, sizeof(*m->begins));
	for (ssize_t i = 0; i < count; i++) {
		struct py *block = PyList_GetItem(blocks, i);
		ssize_t width = block ? PyList_Size(block) : -1;

		for (ssize_t j = 0; j < width && n < columns; j++) {
			size_t place = (size_t)PyLong_AsLongLong(PyList_GetItem(block, j));

			if (place >= columns) /* also -1, of an exception */
				return false;
			m->begins[n] = j == 0;
			m->order[n++] = place;
		}
	}
	return n == columns && !PyErr_Occurred();
}

void pfr_mold_take(struct pfr *r, const struct pf_table *t, struct py *frame)
{
	struct pfr_mold *m = mold_of(r);
	PF_PY(mold) = m->state == SEEN ? pfr_mold("mold") : NULL;
	PF_PY(made) = mold ? PyObject_CallFunction(mold, "O", frame) : NULL;

	if (m->state == FRESH) {
		m->state = SEEN;
	} else if (m->state == SEEN) {
		m->state = NEVER;
		if (made && made != r->none &&
		    read_order(m, PyTuple_GetItem(made, 1), t->columns.n)) {
			m->make = py_ref(PyTuple_GetItem(made, 0));
			for (size_t i = 0; i < t->columns.n; i++)
				m->has_objects |= !t->columns.v[i].data;
			m->state = MADE;
		}
		PyErr_Clear();
	}
}

void pfr_mold_prepare(struct pfr *r)
{
	struct pfr_mold *m = r->mold;
	PF_PY(none) = NULL;
	PF_PY(types) = NULL;

	if (!m || m->state != MADE || m->has_objects || !m->again || m->frame)
		return;
	none = PyList_New(0);
	if (none && make(m, none)) /* and what pandas looks up of each frame once */
		types = PyObject_GetAttrString(m->frame, "dtypes");
	if (types)
		return;
	drop(m);
	m->state = NEVER;
	PyErr_Clear();
}
