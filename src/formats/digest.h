/* digest.h - SHA-256 of bytes and files, as hex digits or raw */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"

#define PF_SHA256_HEX 65 /* 64 digits and a NUL */

void pf_sha256_raw(unsigned char out[32], const void *p, size_t n);
void pf_sha256_hex(char out[PF_SHA256_HEX], const void *p, size_t n);
