/* pickle_machine.c - what the opcodes of a pickle work on, and how their arguments are read */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "base/utf8.h"
#include "check/pickle_machine.h"

static const uint8_t ARG_SIZE[] = { 0, 1, 2, 4, 8, 0, 0, 1, 4, 8, 4 };

int pf_machine_damaged(struct pf_err *err, const struct pf_machine *m, const char *what)
{
	return pf_fail(err, PF_EMODEL, "damaged pickle at byte %llu: %s",
		       (unsigned long long)pf_source_at(m->s), what);
}

int pf_machine_too_big(struct pf_err *err, const char *what)
{
	return pf_fail(err, PF_ELIMIT, "the pickle is too big to be read: %s", what);
}

int pf_machine_need(struct pf_machine *m, size_t n, struct pf_err *err)
{
	int got = pf_source_need(m->s, n, err);

	return got > 0 ? 0 : got < 0 ? -1 : pf_machine_damaged(err, m, "it is cut off");
}

/* ---- stack ---- */

int pf_machine_push(struct pf_machine *m, struct value v, struct pf_err *err)
{
	return pf_values_push(&m->stack, v, PF_MAX_PICKLE_STACK)
		       ? 0
		       : pf_machine_too_big(err, "too many values");
}

int pf_machine_push_kind(struct pf_machine *m, enum value_kind kind, struct pf_err *err)
{
	return pf_machine_push(m, (struct value){ .kind = (uint8_t)kind }, err);
}

/* The value `down` below the top; NULL when a mark or the bottom is in between. */
struct value *pf_machine_peek(struct pf_machine *m, size_t down)
{
	for (size_t i = 0; i <= down; i++)
		if (i >= m->stack.n || m->stack.v[m->stack.n - 1 - i].kind == V_MARK)
			return NULL;
	return &m->stack.v[m->stack.n - 1 - down];
}

int pf_machine_pop(struct pf_machine *m, size_t n, struct pf_err *err)
{
	if (n && !pf_machine_peek(m, n - 1))
		return pf_machine_damaged(err, m, "the stack is empty");
	m->stack.n -= n;
	return 0;
}

/* How many values lie above the last mark. */
int pf_machine_count_to_mark(size_t *out, struct pf_machine *m, struct pf_err *err)
{
	for (size_t n = 0; n < m->stack.n; n++)
		if (m->stack.v[m->stack.n - 1 - n].kind == V_MARK) {
			*out = n;
			return 0;
		}
	return pf_machine_damaged(err, m, "there is no mark on the stack");
}

int pf_machine_pop_to_mark(struct pf_machine *m, struct pf_err *err)
{
	size_t n = 0;

	if (pf_machine_count_to_mark(&n, m, err) < 0)
		return -1;
	m->stack.n -= n + 1;
	return 0;
}

int pf_machine_remember(struct pf_machine *m, uint64_t place, struct pf_err *err)
{
	struct value *top = pf_machine_peek(m, 0);

	if (!top)
		return pf_machine_damaged(err, m, "nothing on the stack to remember");
	if (place > 2 * (uint64_t)m->remembered + 65536 || place >= PF_MAX_PICKLE_MEMO)
		return pf_machine_too_big(err, "a place in its memo is out of proportion");
	while (m->memo.n <= place)
		if (!pf_values_push(&m->memo, (struct value){ 0 }, PF_MAX_PICKLE_MEMO))
			return pf_machine_too_big(err, "too many values to remember");
	if (top->kind == V_DTYPE)
		top->n = (uint32_t)place + 1;
	m->remembered += m->memo.v[place].kind == V_UNSET;
	m->memo.v[place] = *top;
	return 0;
}

/* ---- arguments ---- */

static int keep(struct pf_str *out, struct pf_machine *m, const char *p, size_t n,
		struct pf_err *err)
{
	m->text += n + 16;
	if (m->text > PF_MAX_PICKLE_TEXT)
		return pf_machine_too_big(err, "too much text");
	*out = pf_dup(&m->arena, (struct pf_str){ p, n });
	return 0;
}

/* Text of a known length: kept when it may be a name, else passed over. */
static int take_text(struct pf_arg *a, struct pf_machine *m, struct pf_err *err)
{
	int got;

	if (a->n <= PF_MAX_PICKLE_NAME) {
		if (pf_machine_need(m, (size_t)a->n, err) < 0 ||
		    keep(&a->text, m, m->s->window + m->s->pos, (size_t)a->n, err) < 0)
			return -1;
		m->s->pos += (size_t)a->n;
		return 0;
	}
	got = pf_source_skip(m->s, a->n, err);
	return got > 0 ? 0 : got < 0 ? -1 : pf_machine_damaged(err, m, "it is cut off");
}

static int take_line(struct pf_str *out, struct pf_machine *m, struct pf_err *err)
{
	char line[PF_MAX_PICKLE_NAME];
	size_t n = 0, have, piece;
	const char *end;

	do {
		const char *p;

		if (pf_machine_need(m, 1, err) < 0)
			return -1;
		p = m->s->window + m->s->pos;
		have = m->s->have - m->s->pos;
		end = memchr(p, '\n', have);
		piece = end ? (size_t)(end - p) : have;
		if (n <= sizeof(line) && piece <= sizeof(line) - n)
			memcpy(line + n, p, piece);
		n += piece;
		m->s->pos += piece + (end != NULL);
	} while (!end);
	*out = (struct pf_str){ 0 };
	if (n > sizeof(line))
		return 0;
	if (n && line[n - 1] == '\r')
		n--;
	return keep(out, m, line, n, err);
}

int pf_machine_take(struct pf_arg *a, struct pf_machine *m, enum pf_arg_kind kind,
		    struct pf_err *err)
{
	size_t size = ARG_SIZE[kind];

	*a = (struct pf_arg){ 0 };
	if (kind == A_LINE || kind == A_LINES) {
		if (take_line(&a->text, m, err) < 0)
			return -1;
		return kind == A_LINES ? take_line(&a->second, m, err) : 0;
	}
	if (size) {
		if (pf_machine_need(m, size, err) < 0)
			return -1;
		a->n = pf_little(m->s->window + m->s->pos, size);
		m->s->pos += size;
	}
	if (kind == A_SIGNED4 && a->n > INT32_MAX)
		return pf_machine_damaged(err, m, "a negative length");
	return kind >= A_TEXT1 ? take_text(a, m, err) : 0;
}

/* ---- text ---- */

struct pf_str pf_machine_unescape(struct pf_machine *m, struct pf_str s, char letter, size_t digits)
{
	char *out = pf_alloc(&m->arena, s.n * 3 + 1);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		uint32_t c = 0;
		size_t k = 0;

		if (s.p[i] == '\\' && i + 1 + digits < s.n && s.p[i + 1] == letter)
			for (; k < digits && pf_hex_digit(s.p[i + 2 + k]) >= 0; k++)
				c = c * 16 + (uint32_t)pf_hex_digit(s.p[i + 2 + k]);
		if (k == digits) {
			n += pf_utf8_put(out + n, c);
			i += 1 + digits;
		} else {
			out[n++] = s.p[i];
		}
	}
	return (struct pf_str){ out, n };
}
