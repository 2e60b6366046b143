/* banned.h - calls that no file of this project may make */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Included last by common.h; a use is a compile error. Why: no ceiling (strcpy, sprintf, gets),
 * a shell (system, popen), the caller's locale or static state (atof, strtok, strerror is fine),
 * a silent default for bad input (atoi). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With clang the C library's headers make macros of these, which could not be poisoned. */
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat stpcpy sprintf vsprintf gets system popen strtok
#pragma GCC poison atoi atol atoll atof tmpnam tempnam mktemp
