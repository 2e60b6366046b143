/* boot.h - which start of the machine this is: what was written before may be torn */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

/* As the kernel has it; "unknown" where it does not tell. */
struct pf_str pf_boot_id(char out[40]);
/* The name of the file whose presence in a folder says: whole since this boot. */
const char *pf_boot_mark(char out[64]);
