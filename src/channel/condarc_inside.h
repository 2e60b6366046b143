/* condarc_inside.h - one reading of conda's settings: its files so far, and values of all kinds */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/node.h"
#include "channel/condarc.h"

#define PF_CONDARC_KEYS 24	/* at most, that are read by a table */

struct pf_condarc_reading {
	struct pf_condarc *out;
	struct pf_arena *a;
	const char *path;
	const char *key;	/* the one in hand, as it is called today */
	struct pf_str text;	/* of that file, for its comments */
	struct pf_err *err;
	bool closed[PF_CONDARC_KEYS];	/* a file said that nobody after it has a say */
	/* of lists, what goes to either end */
	struct pf_strs top[PF_CONDARC_KEYS], bottom[PF_CONDARC_KEYS];
	struct pf_map settled;	/* entries of maps that are closed: "KEY/ENTRY" */
	bool verify_closed, proxy_closed;
};

/* ---- values (condarc_value.c) ---- */

/* Is the line that it is on marked by the comment #!final? */
bool pf_condarc_is_final(const struct pf_condarc_reading *r, const struct pf_node *n);
/* EUSAGE: what is there, and what is wanted. */
int pf_condarc_fail(struct pf_condarc_reading *r, const struct pf_node *n, const char *wanted);
/* $VAR and ${VAR}, where there is such a variable; else they stay. */
struct pf_str pf_condarc_expand(struct pf_arena *a, struct pf_str text);
/* 1: yes; 0: no; -1: neither. In conda's words, which are YAML's and those of variables. */
int pf_condarc_truth(struct pf_str text);
/* The new ones first, then those of before that are not among them. */
void pf_condarc_put_before(struct pf_arena *a, struct pf_strs *list, const struct pf_strs *first);
/* Null changes nothing. EUSAGE for another kind of value. */
int pf_condarc_take_text(struct pf_condarc_reading *r, const struct pf_node *n,
			 struct pf_str *out) PF_MUST_USE;
int pf_condarc_take_bool(struct pf_condarc_reading *r, const struct pf_node *n,
			 enum pf_condarc_bool *out) PF_MUST_USE;
/* A list, or one text for a list of one; `key` is its row of the table. */
int pf_condarc_take_list(struct pf_condarc_reading *r, const struct pf_node *n, size_t key,
			 struct pf_strs *out) PF_MUST_USE;
int pf_condarc_take_texts(struct pf_condarc_reading *r, const struct pf_node *n,
			  struct pf_map *out) PF_MUST_USE;
int pf_condarc_take_lists(struct pf_condarc_reading *r, const struct pf_node *n,
			  struct pf_condarc_lists *out) PF_MUST_USE;
/* An entry of the list in hand is from there: pf_condarc_place. */
void pf_condarc_note_place(struct pf_condarc_reading *r, struct pf_str entry, struct pf_str place);
