/* venv.h - the empty environment: folders, links and pyvenv.cfg, made by ourselves */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"

/* Makes `dir` (which must not exist) a virtual environment of the interpreter's installation. */
int pf_venv_make(const char *dir, const struct pf_python *python, struct pf_err *err) PF_MUST_USE;
/* "lib/python3.11/site-packages" */
char *pf_venv_site(struct pf_arena *a, const struct pf_python *python);
