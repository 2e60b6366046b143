/* config.h - what a model's loader is configured with: its own settings, and others for them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/mem.h"
#include "base/node.h"

/* --model-config: a JSON object, or the name of a file of YAML or JSON. The tree is in the arena.
 * EUSAGE for what is neither. */
int pf_config_read(const struct pf_node **out, struct pf_arena *a, const char *told,
		   struct pf_err *err) PF_MUST_USE;
/* A tree as JSON; numbers that JSON spells otherwise (0x10, .5, 1_000) as text. */
void pf_config_write(struct pf_buf *out, const struct pf_node *config);
/* Warns of settings that the model has not, and that are ignored therefore. */
void pf_config_tell_ignored(const struct pf_node *own, const struct pf_node *given);
