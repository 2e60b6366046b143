/* common.h - attributes, ownership macros and byte views that every file uses */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

#include "base/banned.h"

#define PF_MUST_USE __attribute__((warn_unused_result))
#define PF_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define PF_NORETURN __attribute__((noreturn))

/* A value freed at scope exit by pf_TYPE_free(&value), which accepts a zeroed value. */
#define PF_AUTO(type) __attribute__((cleanup(pf_##type##_free))) struct pf_##type

/* Give a value away: the variable is zeroed, so that its scope exit frees nothing. */
#define PF_TAKE(v)                           \
	__extension__({                      \
		__typeof__(v) taken_ = (v);  \
		memset(&(v), 0, sizeof(v)); \
		taken_;                      \
	})

#define PF_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A view of bytes that somebody else owns; not NUL-terminated unless its maker says so. */
struct pf_str {
	const char *p;
	size_t n;
};

#define PF_S(literal) ((struct pf_str){ "" literal, sizeof(literal) - 1 })
#define PF_FMT "%.*s"
#define PF_ARG(s) (int)((s).n), ((s).p ? (s).p : "")

/* A file descriptor closed at scope exit; -1 is none. PF_FD(dir) = open(...); */
void pf_fd_close(int *fd);
#define PF_FD(name) __attribute__((cleanup(pf_fd_close))) int name
int pf_fd_take(int *fd);
