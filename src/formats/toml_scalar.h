/* toml_scalar.h - what the words and strings of TOML stand for */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "base/node.h"

/* Sets kind, truth and text of a boolean, number, date or time; false: it is none of them. */
bool pf_toml_scalar_read(struct pf_node *n, struct pf_arena *a, struct pf_str word);
/* YYYY-MM-DD of a day that there was? */
bool pf_toml_is_date(struct pf_str s);

/* The bytes that only the end of a line may hold; a tab is none of them. */
bool pf_toml_is_control(char c);
/* Reads the string that begins at **p; a key's has no line breaks. NULL, and *p is behind it; or
 * what is wrong, and *p is where. */
const char *pf_toml_string_read(struct pf_buf *out, const char **p, const char *end, bool key);
