/* pytext.h - white space and lines of text as Python sees them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* The length of the white space character (of str.isspace) at s[at], or 0. */
size_t pf_py_space(struct pf_str s, size_t at);
/* str.strip(): Unicode white space off at both ends. */
struct pf_str pf_py_strip(struct pf_str s);
/* str.splitlines(): ends a line at \n, \r, \r\n, \v, \f, \x1c-\x1e, U+0085, U+2028, U+2029. */
bool pf_py_next_line(struct pf_str *rest, struct pf_str *line);
/* Is it one of [A-Za-z0-9_]? */
bool pf_py_word(char c);
