/* build.h - the front door of builds: wheels made of source distributions, confined and kept */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "solve/builder.h"

/* For struct pf_opts. What is built is kept in the store: the wheel with the others, how it was
 * made in STORE/built. A source distribution is built once, whoever waits for it. */
const struct pf_builder *pf_build_builder(void);
