/* exact_sheet.c - columns of a table as they lie in arrays, written one after another */
/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/exact.h"

#include <math.h>

#define TILE 256	/* rows of all columns at a time, where they lie row by row */

void pfr_sheet_begin(struct pfr_sheet *s, struct pfr *r, size_t rows, size_t columns)
{
	*s = (struct pfr_sheet){ .r = r, .rows = rows, .n = columns };
	s->columns = pf_alloc_array(&s->a, columns, sizeof(*s->columns));
	s->held = PyList_New(0);
}

void pfr_sheet_free(struct pfr_sheet *s)
{
	for (size_t i = 0; i < s->views.n; i++)
		PyBuffer_Release(&s->views.v[i]);
	Py_DecRef(s->held);
	pf_arena_free(&s->a);
}

bool pfr_ask_once(int *known, const char *function)
{
	struct py *ask = *known ? NULL : pfr_objects(function);
	PF_PY(answer) = ask ? PyObject_CallFunction(ask, NULL) : NULL;

	if (answer)
		*known = PyObject_IsTrue(answer) ? 1 : -1;
	return *known > 0;
}

/* ---- text among objects ---- */

static bool is_nan(struct py *o, struct py_type *type)
{
	return type == &PyFloat_Type && isnan(PyFloat_AsDouble(o));
}

/* Can it be a cell of text: a str that UTF-8 has, or what is missing? */
static bool is_text_cell(struct pfr *r, struct py *o, bool *text)
{
	PF_PY(type) = PyObject_Type(o);

	if ((struct py_type *)type != &PyUnicode_Type)
		return o == r->none || is_nan(o, (struct py_type *)type);
	*text = true;
	if (PyUnicode_AsUTF8AndSize(o, NULL))
		return true;
	PyErr_Clear();
	return false;
}

static struct py *cell_at(const struct pfr_sheet *s, const struct pfr_column *c, size_t row)
{
	struct py *cell;

	if (c->list)
		return PyList_GetItem(c->list, (ssize_t)row);
	memcpy(&cell, c->from + (ssize_t)row * c->stride, sizeof(cell));
	return cell ? cell : s->r->none;
}

/* `text` at first: may it be without any text? */
static bool is_text(const struct pfr_sheet *s, const struct pfr_column *c, bool text)
{
	for (size_t i = 0; i < s->rows; i++)
		if (!is_text_cell(s->r, cell_at(s, c, i), &text))
			return false;
	return text;
}

/* ---- looked at ---- */

/* `text`: of the type that pandas has for text. */
static int add_list(struct pfr_sheet *s, struct py *list, long long place, bool text)
{
	struct pfr_column *c = &s->columns[place];

	if ((size_t)PyList_Size(list) != s->rows) {
		PyErr_SetString(PyExc_ValueError, "a table whose columns differ in length");
		return -1;
	}
	if (PyList_Append(s->held, list) < 0)
		return -1;
	*c = (struct pfr_column){ .list = list };
	c->type = is_text(s, c, text) ? PF_T_STRING : PF_T_OBJECT;
	return !text || c->type == PF_T_STRING;
}

static bool has_shape(const struct pfr_sheet *s, const struct py_view *v, size_t n)
{
	if (v->ndim == 1)
		return n == 1 && (size_t)v->shape[0] == s->rows;
	return v->ndim == 2 && (size_t)v->shape[0] == n && (size_t)v->shape[1] == s->rows;
}

/* With `dates` they are nanoseconds. */
static int add_view(struct pfr_sheet *s, const struct py_view *v, bool dates,
		    const long long *places, size_t n)
{
	int type = dates ? PF_T_DATETIME : pfr_type_of_buffer(v);
	ssize_t stride = v->strides[v->ndim == 2];

	if (type == PF_T_OBJECT && (!v->format || strcmp(v->format, "O") != 0))
		return 0;
	for (size_t i = 0; i < n; i++) {
		struct pfr_column *c = &s->columns[places[i]];

		*c = (struct pfr_column){
			.type = (enum pf_type)type,
			.from = (char *)v->buf + (v->ndim == 2 ? (ssize_t)i * v->strides[0] : 0),
			.view = s->views.n - 1,
			.stride = stride,
		};
		if (type == PF_T_OBJECT && s->rows &&
		    pfr_ask_once(&s->r->text_is_object, "text_is_object") && is_text(s, c, false))
			c->type = PF_T_STRING;
	}
	return PyErr_Occurred() ? -1 : 1;
}

static int add_array(struct pfr_sheet *s, struct py *cells, bool dates, const long long *places,
		     size_t n)
{
	struct py_view view;

	if (PyObject_GetBuffer(cells, &view, PY_BUF_STRIDES | PY_BUF_FORMAT) < 0) {
		PyErr_Clear();
		return 0;
	}
	*PF_PUSH(&s->a, &s->views) = view;
	return has_shape(s, &view, n) ? add_view(s, &view, dates, places, n) : 0;
}

/* objects.cells(): a list of text, integers that are dates, or None. */
static int add_other(struct pfr_sheet *s, struct py *cells, const long long *places, size_t n)
{
	struct py *function = pfr_objects("cells");
	PF_PY(plain) = function ? PyObject_CallFunction(function, "(O)", cells) : NULL;
	PF_PY(type) = plain ? PyObject_Type(plain) : NULL;

	if (!plain)
		return -1;
	if (plain == s->r->none || PyList_Append(s->held, plain) < 0)
		return PyErr_Occurred() ? -1 : 0;
	if ((struct py_type *)type == &PyList_Type)
		return n == 1 ? add_list(s, plain, places[0], true) : 0;
	return add_array(s, plain, true, places, n);
}

int pfr_sheet_add(struct pfr_sheet *s, struct py *cells, const long long *places, size_t n)
{
	PF_PY(type) = PyObject_Type(cells);
	int added;

	for (size_t i = 0; i < n; i++)
		if (places[i] < 0 || (size_t)places[i] >= s->n || s->columns[places[i]].type)
			return 0;
	if ((struct py_type *)type == &PyList_Type)
		return n == 1 ? add_list(s, cells, places[0], false) : 0;
	added = add_array(s, cells, false, places, n);
	return added ? added : add_other(s, cells, places, n);
}

/* ---- written ---- */

static int put_cells(struct pfr_sheet *s, struct pf_buf *out, const struct pfr_column *c,
		     unsigned depth)
{
	for (size_t i = 0; i < s->rows && !out->toobig; i++) {
		PF_PY(cell) = cell_at(s, c, i);

		Py_IncRef(cell);
		if (!cell || pfr_exact(s->r, out, cell, depth + 1) < 0)
			return -1;
	}
	return 0;
}

static void copy_rows(char *to, const struct pfr_column *c, size_t from, size_t n)
{
	const char *p = c->from + (ssize_t)from * c->stride;
	size_t width = pf_type_width(c->type);

	to += from * width;
	for (size_t i = 0; i < n; i++, p += c->stride, to += width) {
		if (width == 8) /* of a size that is known it is one instruction */
			memcpy(to, p, 8);
		else
			memcpy(to, p, width);
	}
}

static size_t padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

static size_t size_of(const struct pfr_sheet *s, const struct pfr_column *c)
{
	return s->rows * pf_type_width(c->type);
}

static bool is_whole(const struct pfr_column *c)
{
	return c->stride == (ssize_t)pf_type_width(c->type);
}

/* May it stay where it lies until it is sent? */
static bool is_lendable(const struct pfr_sheet *s, const struct pfr_column *c)
{
	return pf_type_width(c->type) && is_whole(c) && pfr_is_large(s->r, size_of(s, c));
}

/* Columns from `first` on that have a width: what lies row by row is read once for all of them. */
static size_t put_numbers(struct pfr_sheet *s, struct pf_buf *out, size_t first)
{
	size_t end = first, size = 0, at;
	char *room;

	for (; end < s->n && pf_type_width(s->columns[end].type) &&
	       (end == first || !is_lendable(s, &s->columns[end]));
	     end++)
		size += padded(size_of(s, &s->columns[end]));
	room = pf_buf_room(out, size);
	if (!room)
		return end;
	for (size_t row = 0; row < s->rows; row += TILE) {
		size_t n = s->rows - row < TILE ? s->rows - row : TILE;

		at = 0;
		for (size_t i = first; i < end; at += padded(size_of(s, &s->columns[i++])))
			if (!is_whole(&s->columns[i]))
				copy_rows(room + at, &s->columns[i], row, n);
	}
	at = 0;
	for (size_t i = first; i < end; i++) {
		const struct pfr_column *c = &s->columns[i];
		size_t n = size_of(s, c);

		if (n && is_whole(c))
			memcpy(room + at, c->from, n);
		memset(room + at + n, 0, padded(n) - n);
		at += padded(n);
	}
	out->n += size;
	return end;
}

int pfr_sheet_put(struct pfr_sheet *s, struct pf_buf *out, unsigned depth)
{
	size_t i = 0;

	while (i < s->n && !out->toobig) {
		const struct pfr_column *c = &s->columns[i];

		if (is_lendable(s, c) &&
		    pfr_lend(s->r, out, &s->views.v[c->view], c->from, size_of(s, c)))
			i++;
		else if (pf_type_width(s->columns[i].type))
			i = put_numbers(s, out, i);
		else if (put_cells(s, out, &s->columns[i++], depth) < 0)
			return -1;
	}
	return 0;
}
