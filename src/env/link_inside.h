/* link_inside.h - what the files of the linker share */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "env/link.h"

struct pf_linking {
	struct pf_arena arena;
	const struct pf_link_opts *o;
	const struct pf_link *links;
	size_t current;                     /* the one in hand */
	const char *tree;                   /* the folder of the cache in hand */
	int roots[PF_SCHEMES];              /* folders that the schemes stand for; -1: not open */
	struct pf_str prefixes[PF_SCHEMES]; /* their names in the environment, "bin/" */
	struct pf_found_list *placed;
	struct pf_buf record; /* of the wheel in hand */
	struct pf_map claims; /* places of the wheels before, once two clashed */
	size_t claimed;       /* wheels that are in it */
	struct pf_map lost;   /* modules whose place another wheel has */
	char *installer, *requested; /* the first one's: the others' are links to it */
	bool copying;         /* links were refused */
	mode_t folder_mode;   /* of the first folder made; 0: none yet */
};

/* A file of the cache into its place; exists: somebody else has the place (errno is EEXIST). */
enum pf_link_result { PF_LINKED, PF_LINK_EXISTS, PF_LINK_FAILED };
enum pf_link_result pf_link_file(struct pf_linking *l, int tree, const struct pf_bundled *f,
				 struct pf_err *err) PF_MUST_USE;
/* The same of any folders; hard links, clones or copies. `copying`: links were refused before. */
enum pf_link_result pf_link_at(enum pf_link_mode mode, bool *copying, int root, const char *to,
			       int tree, const char *path, struct pf_err *err) PF_MUST_USE;
/* A text of our own into a place, as if a wheel had it; `name` below the scheme's folder. */
int pf_link_text(struct pf_linking *l, enum pf_scheme scheme, const char *name, struct pf_str text,
		 bool exec, struct pf_err *err) PF_MUST_USE;
/* The same, or a link to *first, which has that text already; *first is set when it was the
 * first. */
int pf_link_same(struct pf_linking *l, char **first, const char *name, struct pf_str text,
		 struct pf_err *err) PF_MUST_USE;
/* "lib/python3.11/site-packages/a.py" of a file. */
struct pf_str pf_link_place(struct pf_linking *l, const struct pf_bundled *f);
/* Has a wheel before this one the place? Known once two clashed; false before. */
bool pf_link_is_claimed(struct pf_linking *l, struct pf_str place);
/* A line of RECORD and of the list of placed files: one of the cache, or written here. */
void pf_link_note(struct pf_linking *l, const struct pf_bundled *f, bool linked);
void pf_link_placed(struct pf_linking *l, const struct pf_bundled *f,
		    bool linked); /* of the list alone */
/* Is what has the place the same? Else an error, or a warning where the first wins. */
int pf_link_clash(struct pf_linking *l, const struct pf_bundled *f, struct pf_err *err) PF_MUST_USE;

/* "#!python" replaced; entry points' scripts. */
int pf_link_script(struct pf_linking *l, int tree, const struct pf_bundled *f,
		   struct pf_err *err) PF_MUST_USE;
int pf_link_entries(struct pf_linking *l, struct pf_err *err) PF_MUST_USE;
/* INSTALLER, REQUESTED, direct_url.json, and RECORD at last. */
int pf_link_info(struct pf_linking *l, struct pf_err *err) PF_MUST_USE;

/* The first lines of a script: "#!EXE", or a shell's where that is too long or holds blanks. */
void pf_script_head(struct pf_buf *out, const char *exe);
/* The latter; `options`, " -x", for the interpreter. */
void pf_script_shell_head(struct pf_buf *out, const char *exe, struct pf_str options);
/* The script of an entry point. */
void pf_entry_script(struct pf_buf *out, const char *exe, const struct pf_entry_point *e);
/* direct_url.json (PEP 610) of an archive, or of a commit, without what the URL holds of
 * passwords. */
void pf_direct_url(struct pf_buf *out, const struct pf_link *link);
/* A path of RECORD, quoted where it must be. */
void pf_record_field(struct pf_buf *out, struct pf_str folder, struct pf_str name);
