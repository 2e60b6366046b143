/* pack.h - what the makers and the readers of packed pages share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/page.h"

#define PF_PAGE_MAGIC "pfpage2\n"

uint32_t pf_page_crc(const void *memory, size_t size);

/* Is the file's name one of a source distribution? Then what is left of it without its ending. */
bool pf_sdist_stem(struct pf_str *stem, struct pf_str file);

/* The parts of a file's name; NULL, or why it is none of the maker's project. */
const char *pf_wheel_split(struct pf_str *version, struct pf_str *tags, struct pf_maker *m,
			   struct pf_str file);
const char *pf_sdist_split(struct pf_str *version, struct pf_maker *m, struct pf_str stem);
/* Is the wheel for none of the platforms that the maker asks for? */
bool pf_wheel_is_foreign(struct pf_maker *m, struct pf_str file);
