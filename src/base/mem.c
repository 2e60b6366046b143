/* mem.c - arenas, bounded bytes, arrays and maps */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"

static pf_oom_handler *oom_handler;

void pf_oom_set_handler(pf_oom_handler *handler)
{
	oom_handler = handler;
}

void pf_oom(void)
{
	static const char text[] = "pyfunc-env: io: out of memory\n";

	if (oom_handler)
		oom_handler();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		abort();
	abort();
}

/* ---- arena ---- */

struct pf_chunk {
	struct pf_chunk *next;
	size_t used;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

#define CHUNK_SIZE PF_KIB(16)

void pf_arena_free(struct pf_arena *a)
{
	struct pf_chunk *next;

	for (struct pf_chunk *c = a->chunks; c; c = next) {
		next = c->next;
		free(c);
	}
	a->chunks = NULL;
}

static struct pf_chunk *add_chunk(struct pf_arena *a, size_t need)
{
	size_t size = need > CHUNK_SIZE / 4 ? need : CHUNK_SIZE;
	struct pf_chunk *c, **at = &a->chunks;

	if (__builtin_add_overflow(size, sizeof(*c), &need))
		pf_oom();
	/* The kernel's pages come zeroed; of a small chunk only what is handed out is cleared. */
	c = size == CHUNK_SIZE ? malloc(need) : calloc(1, need);
	if (!c)
		pf_oom();
	c->used = 0;
	c->size = size;
	/* A big block goes behind the head, so that the head's room is not lost. */
	if (size != CHUNK_SIZE && a->chunks)
		at = &a->chunks->next;
	c->next = *at;
	*at = c;
	return c;
}

void *pf_alloc(struct pf_arena *a, size_t size)
{
	size_t align = _Alignof(max_align_t);
	struct pf_chunk *c = a->chunks;
	void *p;

	if (size > SIZE_MAX / 2)
		pf_oom();
	size = (size + align - 1) & ~(align - 1);
	if (!c || c->size - c->used < size)
		c = add_chunk(a, size);
	p = c->bytes + c->used;
	c->used += size;
	return c->size == CHUNK_SIZE ? memset(p, 0, size) : p;
}

void *pf_alloc_array(struct pf_arena *a, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		pf_oom();
	return pf_alloc(a, total);
}

struct pf_str pf_dup(struct pf_arena *a, struct pf_str s)
{
	return (struct pf_str){ pf_dupz(a, s), s.n };
}

char *pf_dupz(struct pf_arena *a, struct pf_str s)
{
	char *copy = pf_alloc(a, s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	return copy;
}

PF_PRINTF(1, 0)
static size_t formatted_size(const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		pf_oom();
	return (size_t)n;
}

PF_PRINTF(2, 0)
static struct pf_str vformat(struct pf_arena *a, const char *fmt, va_list ap)
{
	size_t n = formatted_size(fmt, ap);
	char *text = pf_alloc(a, n + 1);

	vsnprintf(text, n + 1, fmt, ap);
	return (struct pf_str){ text, n };
}

struct pf_str pf_format(struct pf_arena *a, const char *fmt, ...)
{
	struct pf_str s;
	va_list ap;

	va_start(ap, fmt);
	s = vformat(a, fmt, ap);
	va_end(ap);
	return s;
}

char *pf_formatz(struct pf_arena *a, const char *fmt, ...)
{
	struct pf_str s;
	va_list ap;

	va_start(ap, fmt);
	s = vformat(a, fmt, ap);
	va_end(ap);
	return (char *)s.p;
}

/* ---- array ---- */

void *pf_vec_grow(struct pf_arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	void *bigger;

	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 8;
	bigger = pf_alloc_array(a, *cap, size);
	if (n)
		memcpy(bigger, v, n * size);
	return bigger;
}

bool pf_strs_have(const struct pf_strs *list, struct pf_str s)
{
	for (size_t i = 0; i < list->n; i++)
		if (pf_str_eq(list->v[i], s))
			return true;
	return false;
}

static int by_text(const void *l, const void *r)
{
	return pf_str_cmp(*(const struct pf_str *)l, *(const struct pf_str *)r);
}

void pf_strs_sort(struct pf_strs *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_text);
}

/* ---- buffer ---- */

void pf_buf_free(struct pf_buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
}

char *pf_buf_room(struct pf_buf *b, size_t n)
{
	size_t need, cap = b->cap ? b->cap : 256;
	char *p;

	if (b->toobig || __builtin_add_overflow(b->n, n, &need) || need > b->max) {
		b->toobig = true;
		return NULL;
	}
	if (need < b->cap)
		return b->p + b->n;
	while (cap <= need)
		cap += cap / 2;
	if (cap > b->max)
		cap = b->max + 1;
	p = realloc(b->p, cap);
	if (!p && !b->may_starve)
		pf_oom();
	if (!p) {
		b->starved = b->toobig = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	b->p[b->n] = '\0';
	return b->p + b->n;
}

void pf_buf_add(struct pf_buf *b, const void *p, size_t n)
{
	char *room = pf_buf_room(b, n);

	if (!room)
		return;
	if (n)
		memcpy(room, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void pf_buf_str(struct pf_buf *b, struct pf_str s)
{
	pf_buf_add(b, s.p, s.n);
}

void pf_buf_cstr(struct pf_buf *b, const char *s)
{
	pf_buf_add(b, s, strlen(s));
}

void pf_buf_char(struct pf_buf *b, char c)
{
	if (b->n + 1 < b->cap && b->n < b->max && !b->toobig) {
		b->p[b->n++] = c;
		b->p[b->n] = '\0';
		return;
	}
	pf_buf_add(b, &c, 1);
}

PF_PRINTF(2, 0)
static void add_formatted(struct pf_buf *b, const char *fmt, va_list ap)
{
	size_t n = formatted_size(fmt, ap);
	char *room = pf_buf_room(b, n);

	if (!room)
		return;
	vsnprintf(room, n + 1, fmt, ap);
	b->n += n;
}

void pf_buf_printf(struct pf_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_formatted(b, fmt, ap);
	va_end(ap);
}

void pf_buf_as_entities(struct pf_buf *b, struct pf_str text, const char *special)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c < ' ' || c == 127)
			pf_buf_cstr(b, "&#65533;"); /* the replacement character */
		else if (strchr(special, c))
			pf_buf_printf(b, "&#%u;", c);
		else
			pf_buf_char(b, (char)c);
	}
}

struct pf_str pf_buf_view(const struct pf_buf *b)
{
	return (struct pf_str){ b->p ? b->p : "", b->n };
}

int pf_buf_check(const struct pf_buf *b, const char *what, struct pf_err *err)
{
	if (b->toobig)
		return pf_fail(err, PF_ELIMIT, "%s is larger than %zu bytes", what, b->max);
	return 0;
}

/* ---- map ---- */

/* Eight bytes at a time, from a start that differs from run to run (the program is loaded
 * anywhere), so that nobody can choose keys that meet. Nothing depends on the order of slots. */
static uint32_t hash_text(struct pf_str s)
{
	uint64_t h = ((uintptr_t)&oom_handler >> 12) + s.n, word;

	for (size_t i = 0; i < s.n; i += sizeof(word)) {
		word = 0;
		memcpy(&word, s.p + i, s.n - i < sizeof(word) ? s.n - i : sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15u;
		h ^= h >> 32;
	}
	return (uint32_t)h;
}

/* The slot where the key is, or the free one where it would go. */
static uint32_t *find_slot(const struct pf_map *m, struct pf_str key, uint32_t hash)
{
	for (size_t i = hash;; i++) {
		uint32_t *slot = &m->slots[i & (m->slot_count - 1)];
		const struct pf_map_entry *e = *slot ? &m->entries.v[*slot - 1] : NULL;

		if (!e || (e->hash == hash && pf_str_eq(e->key, key)))
			return slot;
	}
}

void *pf_map_get(const struct pf_map *m, struct pf_str key)
{
	uint32_t *slot = m->slot_count ? find_slot(m, key, hash_text(key)) : NULL;

	return slot && *slot ? m->entries.v[*slot - 1].value : NULL;
}

/* At most half of them are taken. */
static void rehash(struct pf_arena *a, struct pf_map *m, size_t keys)
{
	m->slot_count = m->slot_count ? m->slot_count : 16;
	while (m->slot_count < keys * 2)
		m->slot_count *= 2;
	m->slots = pf_alloc_array(a, m->slot_count, sizeof(*m->slots));
	for (size_t i = 0; i < m->entries.n; i++)
		*find_slot(m, m->entries.v[i].key, m->entries.v[i].hash) = (uint32_t)i + 1;
}

void pf_map_reserve(struct pf_arena *a, struct pf_map *m, size_t n)
{
	rehash(a, m, n);
	m->entries.v = pf_alloc_array(a, n, sizeof(*m->entries.v));
	m->entries.cap = n;
}

static void **put(struct pf_arena *a, struct pf_map *m, struct pf_str key, bool lent)
{
	uint32_t hash = hash_text(key), *slot;

	if ((m->entries.n + 1) * 2 > m->slot_count)
		rehash(a, m, m->entries.n + 1);
	slot = find_slot(m, key, hash);
	if (!*slot) {
		*PF_PUSH(a, &m->entries) =
			(struct pf_map_entry){ .key = lent ? key : pf_dup(a, key), .hash = hash };
		*slot = (uint32_t)m->entries.n;
	}
	return &m->entries.v[*slot - 1].value;
}

void **pf_map_put(struct pf_arena *a, struct pf_map *m, struct pf_str key)
{
	return put(a, m, key, false);
}

void **pf_map_put_lent(struct pf_arena *a, struct pf_map *m, struct pf_str key)
{
	return put(a, m, key, true);
}

static struct pf_str key_at(const void *first, size_t i, size_t stride)
{
	return *(const struct pf_str *)((const char *)first + i * stride);
}

size_t pf_find_twice(const struct pf_str *first, size_t n, size_t stride)
{
	PF_AUTO(arena) temp = { 0 };
	struct pf_map seen = { 0 };

	/* Records are small and many: no map for them. */
	for (size_t i = 0; n <= 16 && i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (pf_str_eq(key_at(first, i, stride), key_at(first, j, stride)))
				return i;
	for (size_t i = 0; n > 16 && i < n; i++) {
		void **place = pf_map_put(&temp, &seen, key_at(first, i, stride));

		if (*place)
			return i;
		*place = &seen;
	}
	return n;
}
