/* pieces.c - what is encoded, but for large arrays, which stay where they lie until it is sent */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "runner/exact.h"

#define LARGE PF_KIB(256)	/* below that a copy costs less than another piece */

void pfr_pieces_free(struct pfr_pieces *p)
{
	for (size_t i = 0; i < p->views.n; i++)
		PyBuffer_Release(&p->views.v[i]);
	pf_arena_free(&p->a);
	pf_buf_free(&p->bytes);
	*p = (struct pfr_pieces){ 0 };
}

bool pfr_is_large(const struct pfr *r, size_t n)
{
	return r->pieces && n >= LARGE;
}

bool pfr_lend(struct pfr *r, struct pf_buf *out, const struct py_view *view, const void *from,
	      size_t n)
{
	struct pfr_pieces *p = r->pieces;
	struct pfr_loan *last = p && p->loans.n ? &p->loans.v[p->loans.n - 1] : NULL;
	struct py_view held;

	if (!pfr_is_large(r, n))
		return false;
	if (PyObject_GetBuffer(view->obj, &held, PY_BUF_STRIDES | PY_BUF_FORMAT) < 0) {
		PyErr_Clear();
		return false;
	}
	*PF_PUSH(&p->a, &p->views) = held;
	if (last && last->at == out->n && (const char *)last->from + last->n == from)
		last->n += n; /* columns that lie side by side */
	else
		*PF_PUSH(&p->a, &p->loans) = (struct pfr_loan){ out->n, from, n };
	p->lent += n;
	for (size_t i = n; i % 8; i++)
		pf_buf_char(out, '\0');
	if (p->lent > out->max - out->n)
		out->toobig = true;
	return true;
}

int pfr_pieces_put(struct pfr *r, struct pfr_pieces *p, struct py *o)
{
	int rc;

	p->bytes.max = PF_MAX_FRAME;
	p->bytes.may_starve = true; /* the process is its caller's */
	r->pieces = p;
	rc = pfr_put_exact(r, &p->bytes, o);
	r->pieces = NULL;
	return rc;
}

static struct iovec piece(const void *p, size_t n)
{
	return (struct iovec){ (void *)(uintptr_t)p, n };
}

size_t pfr_pieces_list(struct iovec **out, struct pfr_pieces *p)
{
	struct iovec *list = pf_alloc_array(&p->a, 2 * p->loans.n + 1, sizeof(*list));
	size_t n = 0, at = 0;

	for (size_t i = 0; i < p->loans.n; i++) {
		const struct pfr_loan *loan = &p->loans.v[i];

		list[n++] = piece(p->bytes.p + at, loan->at - at);
		list[n++] = piece(loan->from, loan->n);
		at = loan->at;
	}
	list[n++] = piece(p->bytes.p + at, p->bytes.n - at);
	*out = list;
	return n;
}

struct py *pfr_pieces_join(struct pfr_pieces *p)
{
	PF_PY(bytes) = PyByteArray_FromStringAndSize(NULL, (ssize_t)(p->bytes.n + p->lent));
	char *to = bytes ? PyByteArray_AsString(bytes) : NULL;
	struct iovec *list;
	size_t n = pfr_pieces_list(&list, p);

	for (size_t i = 0; to && i < n; to += list[i++].iov_len)
		if (list[i].iov_len)
			memcpy(to, list[i].iov_base, list[i].iov_len);
	return py_take(&bytes);
}
