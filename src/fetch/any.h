/* any.h - a file or a folder by its URI, whatever it is */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/model.h"

/* Takes any URI that pf_fetch_model takes, of what need be no model: out->dir is the file or the
 * folder, out->name what its URI calls it (empty for what is here: its own name). A path or a file:
 * URI is used in place; what is elsewhere is brought into a folder that goes with `out`, archives
 * as they are. What a server has no list of is a file, as for MLflow. EUSAGE, EMODEL (nothing is
 * there), ETRANSFER, EINTEGRITY, ELIMIT, EIO. */
int pf_fetch_any(struct pf_fetched *out, const char *uri, const struct pf_fetch_opts *o,
		 struct pf_err *err) PF_MUST_USE;
