/* lazy_git.c - what we call of libgit2, which is loaded when it is first needed */
/* SPDX-License-Identifier: Apache-2.0 */
#include <git2.h>

#include "base/lazy.h"
#include "fetch/git_inside.h"

#define QUOTE_(x) #x
#define QUOTE(x) QUOTE_(x)
#define SONAME "libgit2.so." QUOTE(LIBGIT2_VER_MAJOR) "." QUOTE(LIBGIT2_VER_MINOR)

static struct pf_lazy library = { .soname = SONAME };

#define INT(name, params, args) PF_LAZY(library, GIT_ERROR, int, name, params, args)
#define NOTHING(name, params, args) PF_LAZY(library, , void, name, params, args)

INT(git_libgit2_init, (void), ())
INT(git_libgit2_shutdown, (void), ())
PF_LAZY(library, NULL, const git_error *, git_error_last, (void), ())
INT(git_repository_init, (git_repository * *out, const char *path, unsigned bare),
    (out, path, bare))
INT(git_repository_set_head_detached, (git_repository * r, const git_oid *id), (r, id))
INT(git_repository_odb, (git_odb * *out, git_repository *r), (out, r))
NOTHING(git_repository_free, (git_repository * r), (r))
INT(git_remote_create_options_init, (git_remote_create_options * o, unsigned version), (o, version))
INT(git_remote_create_with_opts,
    (git_remote * *out, const char *url, const git_remote_create_options *o), (out, url, o))
INT(git_remote_connect_options_init, (git_remote_connect_options * o, unsigned version),
    (o, version))
INT(git_remote_connect_ext,
    (git_remote * r, git_direction way, const git_remote_connect_options *o), (r, way, o))
INT(git_remote_ls, (const git_remote_head ***out, size_t *n, git_remote *r), (out, n, r))
INT(git_remote_fetch,
    (git_remote * r, const git_strarray *specs, const git_fetch_options *o, const char *message),
    (r, specs, o, message))
NOTHING(git_remote_free, (git_remote * r), (r))
INT(git_fetch_options_init, (git_fetch_options * o, unsigned version), (o, version))
INT(git_checkout_options_init, (git_checkout_options * o, unsigned version), (o, version))
INT(git_checkout_tree, (git_repository * r, const git_object *o, const git_checkout_options *how),
    (r, o, how))
INT(git_revparse_single, (git_object * *out, git_repository *r, const char *spec), (out, r, spec))
INT(git_object_peel, (git_object * *out, const git_object *o, git_object_t type), (out, o, type))
NOTHING(git_object_free, (git_object * o), (o))
PF_LAZY(library, NULL, const git_oid *, git_object_id, (const git_object *o), (o))
PF_LAZY(library, NULL, char *, git_oid_tostr, (char *out, size_t n, const git_oid *id),
	(out, n, id))
INT(git_tree_walk,
    (const git_tree *tree, git_treewalk_mode mode, git_treewalk_cb call, void *payload),
    (tree, mode, call, payload))
PF_LAZY(library, GIT_OBJECT_INVALID, git_object_t, git_tree_entry_type, (const git_tree_entry *e),
	(e))
PF_LAZY(library, NULL, const git_oid *, git_tree_entry_id, (const git_tree_entry *e), (e))
INT(git_odb_read_header, (size_t *size, git_object_t *type, git_odb *odb, const git_oid *id),
    (size, type, odb, id))
NOTHING(git_odb_free, (git_odb * odb), (odb))
INT(git_credential_ssh_key_from_agent, (git_credential * *out, const char *user), (out, user))
INT(git_credential_userpass_plaintext_new,
    (git_credential * *out, const char *user, const char *word), (out, user, word))
INT(git_credential_username_new, (git_credential * *out, const char *user), (out, user))

/* Of many arguments, so that the macro does not do. */
int pf_git_trust(const char *file)
{
	__typeof__(&git_libgit2_opts) set =
		(__typeof__(set))pf_lazy_find(&library, "git_libgit2_opts");

	return set ? set(GIT_OPT_SET_SSL_CERT_LOCATIONS, file, NULL) : GIT_ERROR;
}
