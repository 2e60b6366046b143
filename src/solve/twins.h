/* twins.h - conda's match specs as requirements, for packages that the package index has too */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/common.h"
#include "base/mem.h"

/* "pip=23.0", "conda-forge::pip>=20", "pip 23.0.*" as a requirement: "pip==23.0.*", "pip>=20",
 * "pip==23.0.*"; any version where it asks what conda alone understands ("23|24"). `name` is the
 * package's name; both are empty for what is no match spec. */
struct pf_str pf_twin_spell(struct pf_arena *a, struct pf_str *name, struct pf_str spec);

/* "py-xgboost=1.3.3": "xgboost", "xgboost==1.3.3.*". False for a package that is not known to be
 * the same in both worlds, and for a version that only conda can understand. */
bool pf_twin_find(struct pf_str *pip_name, struct pf_str *line, struct pf_arena *a,
		  struct pf_str spec);
