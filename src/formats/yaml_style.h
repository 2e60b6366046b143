/* yaml_style.h - in which style PyYAML writes a string */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"

/* A string as characters: what PyYAML counts and looks at. */
struct pf_chars {
	uint32_t *v;
	size_t n;
};

enum pf_yaml_style { PF_YAML_PLAIN, PF_YAML_SINGLE, PF_YAML_DOUBLE };

/* What is no UTF-8 becomes U+FFFD. */
struct pf_chars pf_chars_of(struct pf_arena *a, struct pf_str text);
/* The style for `text`, whose characters are `c`; `key`: it stands before a colon on one line. */
enum pf_yaml_style pf_yaml_style(struct pf_str text, struct pf_chars c, bool key);
/* May it stand before a colon, not behind a question mark? */
bool pf_yaml_is_simple_key(struct pf_chars c);
/* Is it what YAML 1.1 reads as a date or a time when it is plain? */
bool pf_yaml_is_timestamp(struct pf_str text);
