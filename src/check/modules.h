/* modules.h - which distribution provides a module, and which modules a loader brings along */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "python/python.h"

/* Does it come with this Python? `top`: the name before the first dot. */
bool pf_module_is_stdlib(struct pf_str top, int major, int minor);
struct pf_str pf_module_top(struct pf_str module);
/* The installed distribution that provides a module, or NULL. Reads no more of them than needed. */
struct pf_dist *pf_module_dist(struct pf_dists *d, struct pf_str module);
/* Would a distribution of this canonical name provide it? For those that are not installed. */
bool pf_module_is_of(struct pf_str module, struct pf_str dist_key);
/* Do several distributions share this top-level name? */
bool pf_module_is_shared(struct pf_str top);
/* The project of an index that should have the module; empty where that cannot be told: a shared
 * name, or one that programs give to folders of their own ("src", "utils"). */
struct pf_str pf_module_project(struct pf_arena *a, struct pf_str module);
/* The package that MLflow's loader of this name wraps ("mlflow.sklearn": "sklearn"), or empty. */
struct pf_str pf_loader_module(struct pf_str loader);
