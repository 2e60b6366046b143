/* mem.h - arenas, bounded bytes, arrays and maps: all that grows */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdarg.h>

#include "base/common.h"
#include "base/err.h"

/* Allocation failure, but for a buffer that may starve, ends the process in one place, by the
 * handler set here (default: a line on stderr, then abort). Too big is an error and never reaches
 * it. */
typedef void pf_oom_handler(void);
void pf_oom_set_handler(pf_oom_handler *handler);
PF_NORETURN void pf_oom(void);

/* ---- arena: what is made together is freed together ---- */

struct pf_arena {
	struct pf_chunk *chunks;
};

void pf_arena_free(struct pf_arena *a);
void *pf_alloc(struct pf_arena *a, size_t size);	/* zeroed, aligned for anything */
void *pf_alloc_array(struct pf_arena *a, size_t count, size_t size);
/* Copies; each result is NUL-terminated beyond its length. */
struct pf_str pf_dup(struct pf_arena *a, struct pf_str s);
char *pf_dupz(struct pf_arena *a, struct pf_str s);
struct pf_str pf_format(struct pf_arena *a, const char *fmt, ...) PF_PRINTF(2, 3);
char *pf_formatz(struct pf_arena *a, const char *fmt, ...) PF_PRINTF(2, 3);

/* ---- array: PF_VEC(struct pf_str) names; *PF_PUSH(arena, &names) = s; names.v[i], names.n ---- */

#define PF_VEC(type)        \
	struct {            \
		type *v;    \
		size_t n;   \
		size_t cap; \
	}
#define PF_PUSH(arena, vec)                                                                    \
	((vec)->v = pf_vec_grow((arena), (vec)->v, (vec)->n, &(vec)->cap, sizeof(*(vec)->v)), \
	 &(vec)->v[(vec)->n++])
void *pf_vec_grow(struct pf_arena *a, void *v, size_t n, size_t *cap, size_t size);

/* Lists of views are so common that they have a name. */
struct pf_strs {
	struct pf_str *v;
	size_t n;
	size_t cap;
};
bool pf_strs_have(const struct pf_strs *list, struct pf_str s);
void pf_strs_sort(struct pf_strs *list);	/* bytewise */

/* ---- buffer: bytes that grow up to an obligatory ceiling ---- */

struct pf_buf {
	char *p;	/* NUL-terminated beyond n, or NULL when empty */
	size_t n;
	size_t cap;
	size_t max;	/* ceiling in bytes, 0 for none yet */
	bool toobig;	/* something did not fit: everything since is lost */
	bool may_starve;	/* set by who can do without: no memory is `toobig`, and no end */
	bool starved;		/* ... and that is why */
};

#define PF_BUF(ceiling) ((struct pf_buf){ .max = (ceiling) })
void pf_buf_free(struct pf_buf *b);
/* Append freely, ask b->toobig (or pf_buf_check) once at the end. */
void pf_buf_add(struct pf_buf *b, const void *p, size_t n);
void pf_buf_str(struct pf_buf *b, struct pf_str s);
void pf_buf_cstr(struct pf_buf *b, const char *s);
void pf_buf_char(struct pf_buf *b, char c);
void pf_buf_printf(struct pf_buf *b, const char *fmt, ...) PF_PRINTF(2, 3);
/* Text with these characters as HTML has them by number, which Markdown reads too; control
 * characters become the replacement character. */
#define PF_HTML_SPECIAL "&<>\"'"
void pf_buf_as_entities(struct pf_buf *b, struct pf_str text, const char *special);
/* Room for n more bytes at b->p + b->n, or NULL beyond the ceiling; then b->n += used. */
char *pf_buf_room(struct pf_buf *b, size_t n);
struct pf_str pf_buf_view(const struct pf_buf *b);	/* borrows from b */
int pf_buf_check(const struct pf_buf *b, const char *what, struct pf_err *err) PF_MUST_USE;

/* ---- map: text to pointer, in an arena; keys are copied; iteration in order of insertion ---- */

struct pf_map_entry {
	struct pf_str key;
	void *value;
	uint32_t hash;
};

struct pf_map {
	PF_VEC(struct pf_map_entry) entries;
	uint32_t *slots;	/* 1 + index into entries, 0 for free */
	size_t slot_count;	/* a power of two, or 0 */
};

void *pf_map_get(const struct pf_map *m, struct pf_str key);	/* NULL when absent */
/* The value's place: new (and NULL) when the key was not there. */
void **pf_map_put(struct pf_arena *a, struct pf_map *m, struct pf_str key);
/* The same of a key that lives as long as the map, and is not copied. */
void **pf_map_put_lent(struct pf_arena *a, struct pf_map *m, struct pf_str key);
/* Room for n keys at once, of a map that has none yet. */
void pf_map_reserve(struct pf_arena *a, struct pf_map *m, size_t n);

/* The number of the first of n keys that one before it equals, or n. They lie `stride` bytes
 * apart: pf_find_twice(&items->key, n, sizeof(*items)). */
size_t pf_find_twice(const struct pf_str *first, size_t n, size_t stride);
