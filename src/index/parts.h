/* parts.h - what an open index is made of */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "index/cache.h"
#include "index/index.h"
#include "index/page.h"
#include "index/project.h"

/* A list of links that the user named, for projects of any name. */
struct pf_list {
	char *url;		/* bare */
	struct pf_maker links;	/* collecting */
	struct pf_transfer t;
	struct pf_err err;
	bool read;
	struct pf_index_own *own;
};

/* A project that somebody wants. */
struct pf_wanted_project {
	struct pf_index_own *own;
	struct pf_str name;
	size_t at;		/* which index is asked */
	bool settled;		/* known: found, absent everywhere, or failed */
	bool found, made;
	struct pf_err err;
	char *url;		/* of the page that is asked for, with credentials */
	struct pf_transfer t;
	struct pf_page page;	/* of the index that has it */
	struct pf_page old;	/* kept from earlier, to be asked about */
	struct pf_page *pages;	/* of the lists, and that one */
	size_t page_count;
	struct pf_project project;
};

/* What a host can do, learnt once. */
struct pf_host {
	struct pf_str origin;
	bool metadata;		/* it has had files beside wheels */
	unsigned misses;	/* of such files, when it has had none */
	bool no_ranges;
};

struct pf_index_own {
	struct pf_arena arena;
	struct pf_index_settings settings;
	struct pf_target target;
	struct pf_pool pool;
	struct pf_cache cache;
	struct pf_strs urls;	/* bare ones of the indexes, with their credentials: */
	struct pf_strs secret_urls;
	struct pf_list *lists;
	size_t list_count;
	struct pf_map projects, metadata, hosts, chosen;
	const char *identity;	/* chosen.c: whose choices they are */
	struct pf_index_news news;
};

/* Goes on asking until the project is settled or a transfer is under way. */
void pf_ask(struct pf_wanted_project *w);

/* The lists begin to be fetched; then they are waited for. */
int pf_lists_open(struct pf_index_own *own, struct pf_err *err) PF_MUST_USE;
void pf_lists_free(struct pf_index_own *own);
bool pf_lists_are_read(const struct pf_index_own *own);
int pf_lists_wait(struct pf_index_own *own, struct pf_err *err) PF_MUST_USE;
/* The pages that the lists have of a project: into out[0..list_count), *n of them. */
int pf_lists_pages(struct pf_page *out, size_t *n, struct pf_index_own *own, struct pf_str name,
		   struct pf_err *err) PF_MUST_USE;

void pf_chosen_free(struct pf_index_own *own);
void pf_metadata_free(struct pf_index_own *own);

