/* element.c - one element of a typed array as text */
/* SPDX-License-Identifier: Apache-2.0 */
#include "data/element.h"

#include <math.h>

#include "base/number.h"
#include "base/str.h"
#include "data/datetime.h"

static int64_t read_whole(enum pf_type type, const void *data, size_t i)
{
	switch (type) {
	case PF_T_UINT8:
		return ((const uint8_t *)data)[i];
	case PF_T_INT8:
		return ((const int8_t *)data)[i];
	case PF_T_INT16:
		return ((const int16_t *)data)[i];
	case PF_T_INT32:
		return ((const int32_t *)data)[i];
	case PF_T_UINT16:
		return ((const uint16_t *)data)[i];
	case PF_T_UINT32:
		return ((const uint32_t *)data)[i];
	default:
		return ((const int64_t *)data)[i];
	}
}

static void take_up(struct pf_buf *b, size_t n)
{
	b->n += n;
	b->p[b->n] = '\0';
}

static size_t spell(char *p, const struct pf_spelling *s, double d)
{
	bool infinite = isinf(d) && s->infinity;
	const char *word = infinite ? s->infinity : s->missing;
	size_t n = infinite && d < 0;

	if (isfinite(d))
		return pf_double_write(p, d);
	p[0] = '-';
	memcpy(p + n, word, strlen(word));
	return n + strlen(word);
}

/* Numbers are many: each is written where it stays. */
static void write_double(struct pf_buf *out, const struct pf_spelling *s, double d)
{
	char *p = pf_buf_room(out, PF_DOUBLE_SIZE);

	if (p)
		take_up(out, spell(p, s, d));
}

/* Most of all answers are such: room is looked for once. */
static void write_doubles(struct pf_buf *out, const struct pf_spelling *s, const double *d,
			  size_t n)
{
	enum { AT_ONCE = 256 };

	for (size_t from = 0, to; from < n; from = to) {
		char *room, *p;

		to = n - from < AT_ONCE ? n : from + AT_ONCE;
		room = p = pf_buf_room(out, (to - from) * (PF_DOUBLE_SIZE + 1));
		if (!room)
			return;
		for (size_t i = from; i < to; i++) {
			if (i)
				*p++ = ',';
			p += spell(p, s, d[i]);
		}
		take_up(out, (size_t)(p - room));
	}
}

static void write_whole(struct pf_buf *out, int64_t whole)
{
	char *p = pf_buf_room(out, PF_DOUBLE_SIZE);

	if (p)
		take_up(out, pf_int64_write(p, whole));
}

static void write_date(struct pf_buf *out, const struct pf_spelling *s, int64_t ns)
{
	if (ns == INT64_MIN) {
		pf_buf_cstr(out, s->no_date);
	} else if (!s->quote) {
		write_whole(out, ns);
	} else {
		pf_buf_cstr(out, s->quote);
		pf_datetime_write(out, ns);
		pf_buf_cstr(out, s->quote);
	}
}

void pf_element_write(struct pf_buf *out, const struct pf_spelling *s, enum pf_type type,
		      const void *data, size_t i)
{
	char text[PF_DOUBLE_SIZE];

	switch (type) {
	case PF_T_BOOL:
		pf_buf_cstr(out, ((const uint8_t *)data)[i] ? s->yes : s->no);
		return;
	case PF_T_FLOAT32:
		write_double(out, s, (double)((const float *)data)[i]);
		return;
	case PF_T_FLOAT64:
		write_double(out, s, ((const double *)data)[i]);
		return;
	case PF_T_DATETIME:
		write_date(out, s, ((const int64_t *)data)[i]);
		return;
	case PF_T_UINT64:
		pf_buf_add(out, text, pf_uint64_write(text, ((const uint64_t *)data)[i]));
		return;
	default:
		write_whole(out, read_whole(type, data, i));
	}
}

void pf_elements_write(struct pf_buf *out, const struct pf_spelling *s, enum pf_type type,
		       const void *data, size_t from, size_t n)
{
	if (!n) /* then there may be no data, either */
		return;
	if (type == PF_T_FLOAT64) {
		write_doubles(out, s, (const double *)data + from, n);
		return;
	}
	for (size_t i = 0; i < n && !out->toobig; i++) {
		if (i)
			pf_buf_char(out, ',');
		pf_element_write(out, s, type, data, from + i);
	}
}

bool pf_scalar_write(struct pf_buf *out, const struct pf_spelling *s, const struct pf_value *v)
{
	switch (v->kind) {
	case PF_V_NULL:
		pf_buf_cstr(out, s->null);
		return true;
	case PF_V_BOOL:
		pf_element_write(out, s, PF_T_BOOL, &v->b, 0);
		return true;
	case PF_V_INT:
		pf_element_write(out, s, PF_T_INT64, &v->i, 0);
		return true;
	case PF_V_FLOAT:
		pf_element_write(out, s, PF_T_FLOAT64, &v->d, 0);
		return true;
	case PF_V_DATETIME:
		pf_element_write(out, s, PF_T_DATETIME, &v->i, 0);
		return true;
	case PF_V_ELEMENT:
		pf_element_write(out, s, v->tensor->type, v->tensor->data, 0);
		return true;
	default:
		return false;
	}
}

struct pf_value pf_element_plain(const struct pf_value *v)
{
	const void *data = v->kind == PF_V_ELEMENT ? v->tensor->data : NULL;

	if (v->kind == PF_V_TAGGED && pf_str_is(v->list.v[0].s, "numpy.str") &&
	    v->list.v[1].kind == PF_V_STRING)
		return v->list.v[1];
	if (!data || v->tensor->type == PF_T_DATETIME)
		return *v;
	switch (v->tensor->type) {
	case PF_T_BOOL:
		return (struct pf_value){ .kind = PF_V_BOOL, .b = *(const uint8_t *)data };
	case PF_T_FLOAT32:
		return (struct pf_value){ .kind = PF_V_FLOAT, .d = (double)*(const float *)data };
	case PF_T_FLOAT64:
		return (struct pf_value){ .kind = PF_V_FLOAT, .d = *(const double *)data };
	case PF_T_UINT64:
		if (*(const uint64_t *)data > INT64_MAX)
			return *v;
		/* fall through */
	default:
		return (struct pf_value){ .kind = PF_V_INT,
					  .i = read_whole(v->tensor->type, data, 0) };
	}
}
