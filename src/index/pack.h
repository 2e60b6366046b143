/* pack.h - what the makers and the readers of packed pages share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/page.h"

#define PF_PAGE_MAGIC "pfpage1\n"

uint32_t pf_page_crc(const void *memory, size_t size);

/* Is the file's name one of a source distribution? Then what is left of it without its ending. */
bool pf_sdist_stem(struct pf_str *stem, struct pf_str file);
