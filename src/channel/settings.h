/* settings.h - what the user's settings of conda say of all channels: priority, servers, rules */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "channel/channel.h"

/* Of c->conf: priority, subdirs, net, offline and rules. EUSAGE for a setting that is none, and for
 * one that nobody would look at and that keeps channels away. */
int pf_channels_set(struct pf_channels *c, struct pf_err *err) PF_MUST_USE;
