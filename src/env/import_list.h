/* import_list.h - the list of an environment's modules, which spares its interpreter the search */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/walk.h"

#define PF_IMPORT_LIST "imports.txt"

/* Writes PF_IMPORT_LIST of the files there are: `site` ("lib/python3.11/site-packages"), then one
 * name a line, "sklearn.base", of a package "sklearn.utils/". Listed is what lies within a
 * package of `site` and can be nothing else: no second file claims the name, and every package
 * above it has an __init__.py. */
int pf_import_list_write(int dir, const char *site, const struct pf_found_list *files,
			 struct pf_err *err) PF_MUST_USE;
