/* presence.h - is a module's file there, below the package that is installed? */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* "sklearn.ensemble.forest" below the folder that holds sklearn: true when it surely is not there.
 * Name spaces, packages that lie elsewhere and those that make their modules up: false. */
bool pf_module_is_absent(const char *site, struct pf_str module);
