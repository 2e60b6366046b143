/* tree.h - inside fetch: the files of a remote folder, judged, named, and brought here */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fetch/remote.h"
#include "formats/digest.h"

/* May a server list a file or a folder by this name? EINTEGRITY. */
int pf_tree_check_path(struct pf_str path, struct pf_err *err) PF_MUST_USE;
/* "MLmodel", else "x/MLmodel", of a model that is in the only folder there (pf_tree_root). NULL:
 * there is none. */
struct pf_remote_file *pf_tree_mlmodel(const struct pf_remote_files *files);
/* Asks for the list; refuses names that climb, are there twice, or are files and folders at once,
 * and more than there may be. The biggest come first. */
int pf_tree_list(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err) PF_MUST_USE;
/* Leaves out what the options do not ask for; true when there was any. */
bool pf_tree_leave_out(struct pf_remote_files *files, const struct pf_remote *r);
/* The name of the tree in the store. */
void pf_tree_key(char key[PF_SHA256_HEX], const struct pf_remote *r,
		 const struct pf_remote_files *files);
/* Brings them into the folder `part`, which nobody else writes to: finished ones below tree/ (an
 * archive: packed/archive), those under way below at/. What an earlier process left there is gone
 * on with. */
int pf_tree_get(int part, struct pf_remote *r, const struct pf_remote_files *files,
		struct pf_err *err) PF_MUST_USE;
/* Unpacks packed/archive into tree/. */
int pf_tree_unpack(int part, const struct pf_remote *r, struct pf_err *err) PF_MUST_USE;
/* The same of an open file, which stays. */
int pf_tree_unpack_from(int part, int fd, const struct pf_remote *r,
			struct pf_err *err) PF_MUST_USE;
/* The folder below tree/ that has MLmodel: "" or the only folder at the top; NULL with EMODEL. */
char *pf_tree_root(struct pf_arena *a, int part, struct pf_err *err);
