/* stored.h - the environments there are in a store */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <time.h>

#include "base/json.h"
#include "opts.h"

struct pf_stored {
	struct pf_str key;
	char *path;
	time_t used;
	bool started;	/* its interpreter is there */
	const struct pf_node *head;	/* NULL: the manifest cannot be read */
};

/* Does `it` start the interpreter that is one of the packages of `other`? Both as opened deeply. */
bool pf_stored_stands_on(const struct pf_stored *it, const struct pf_stored *other);

struct pf_stored_list {
	struct pf_arena arena;
	char *root;
	PF_VEC(struct pf_stored) items;	/* sorted by key */
};

/* What its plan lists, or NULL; and the conda packages. */
const struct pf_node *pf_stored_packages(const struct pf_stored *it);
const struct pf_node *pf_stored_conda(const struct pf_stored *it);

/* Around what --json prints: {"schema":...,"kind":KIND,"store":ROOT, and the end of it. */
void pf_stored_json_open(struct pf_json_out *w, const char *kind, const char *root);
void pf_stored_json_close(struct pf_json_out *w);

void pf_stored_close(struct pf_stored_list *s);
#define STORE(name) __attribute__((cleanup(pf_stored_close))) struct pf_stored_list name = { 0 }

/* `key`: only those that begin so; NULL or "": all. `deep`: with what their manifests say. */
int pf_stored_open(struct pf_stored_list *s, const char *key, bool deep, const struct pf_opts *o,
		   struct pf_err *err) PF_MUST_USE;
/* Exactly one, by its key or a beginning of it, or by its path. EUSAGE. */
int pf_stored_open_one(struct pf_stored_list *s, const char *key, bool deep,
		       const struct pf_opts *o, struct pf_err *err) PF_MUST_USE;
