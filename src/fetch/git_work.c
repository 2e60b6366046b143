/* git_work.c - a revision looked up, a repository fetched and checked out, by libgit2 */
/* SPDX-License-Identifier: Apache-2.0 */
#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "fetch/git_inside.h"
#include "fetch/url.h"

static int fail_git(struct pf_git_job *j, int code, const char *what)
{
	const git_error *e = git_error_last();

	if (j->err.code)
		return -1;
	return pf_fail(&j->err, code, "%s: %s", what,
		       e && e->message ? e->message : "libgit2 cannot be used");
}

static int fail_revision(struct pf_git_job *j)
{
	if (j->err.code)
		return -1;
	return pf_fail(&j->err, PF_ESOLVE, "there is no %s " PF_FMT,
		       j->wanted ? "commit" : "revision",
		       PF_ARG(pf_shown(pf_s(j->wanted ? j->wanted
					    : j->rev  ? j->rev
						      : "HEAD"))));
}

/* ---- what libgit2 asks us ---- */

static int go_on(struct pf_git_job *j)
{
	atomic_fetch_add(&j->news, 1);
	return j->given_up ? GIT_EUSER : 0;
}

static int on_progress(const git_indexer_progress *p, void *payload)
{
	struct pf_git_job *j = payload;

	if (p->received_bytes > PF_MAX_DIST || p->total_objects > PF_MAX_GIT_OBJECTS) {
		pf_fail(&j->err, PF_ELIMIT,
			"the repository is larger than %zu objects or %zu bytes",
			(size_t)PF_MAX_GIT_OBJECTS, PF_MAX_DIST);
		return GIT_EUSER;
	}
	return go_on(j);
}

static int on_sideband(const char *text, int n, void *payload)
{
	(void)text;
	(void)n;
	return go_on(payload);
}

static int on_packing(int stage, uint32_t current, uint32_t total, void *payload)
{
	(void)stage;
	(void)current;
	(void)total;
	return go_on(payload);
}

static void on_file(const char *path, size_t done, size_t total, void *payload)
{
	(void)path;
	(void)done;
	(void)total;
	(void)go_on(payload);
}

static int give_password(git_credential **out, const struct pf_git_job *j)
{
	struct pf_arena a = { 0 };
	struct pf_str word = pf_s(j->user), name;
	int rc;

	(void)!pf_str_next(&word, ':', &name);
	name = pf_url_decode(&a, name);
	word = pf_url_decode(&a, word);
	rc = git_credential_userpass_plaintext_new(out, pf_dupz(&a, name), pf_dupz(&a, word));
	pf_arena_free(&a);
	return rc;
}

static int refuse(struct pf_git_job *j, unsigned allowed)
{
	pf_fail(&j->err, PF_ETRANSFER, "%s",
		allowed & GIT_CREDENTIAL_SSH_KEY ? "it takes no key of the ssh agent"
		: j->user ? "it does not take the name and password of its URL"
			  : "it asks for a name and a password, and its URL has none");
	return GIT_EAUTH;
}

/* Asked again: the first ones were refused. */
static int on_credentials(git_credential **out, const char *url, const char *user, unsigned allowed,
			  void *payload)
{
	struct pf_git_job *j = payload;

	(void)url;
	if (allowed & GIT_CREDENTIAL_USERNAME)
		return git_credential_username_new(out, user ? user : "git");
	if (j->asked++)
		return refuse(j, allowed);
	if (allowed & GIT_CREDENTIAL_SSH_KEY)
		return git_credential_ssh_key_from_agent(out, user ? user : "git");
	if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) && j->user)
		return give_password(out, j);
	return refuse(j, allowed);
}

/* Of https: is it good; of ssh: is it known. Neither is for us to forgive. */
static int on_certificate(git_cert *cert, int valid, const char *host, void *payload)
{
	struct pf_git_job *j = payload;

	if (valid)
		return 0;
	pf_fail(&j->err, PF_ETRANSFER, "%s of " PF_FMT " is not one to be trusted",
		cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2 ? "the key" : "the certificate",
		PF_ARG(pf_shown(pf_s(host))));
	pf_hint(&j->err, cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2 ?
				 "hosts that are known are those in ~/.ssh/known_hosts" :
				 "GIT_SSL_CAINFO or SSL_CERT_FILE may name a file of certificates");
	return GIT_ECERTIFICATE;
}

static void set_callbacks(git_remote_callbacks *c, struct pf_git_job *j)
{
	c->credentials = on_credentials;
	c->certificate_check = on_certificate;
	c->transfer_progress = on_progress;
	c->sideband_progress = on_sideband;
	c->pack_progress = on_packing;
	c->payload = j;
}

static int make_remote(git_remote **out, struct pf_git_job *j, git_repository *repo)
{
	git_remote_create_options o;

	if (git_remote_create_options_init(&o, GIT_REMOTE_CREATE_OPTIONS_VERSION) != 0)
		return fail_git(j, PF_EIO, "cannot begin");
	o.repository = repo;
	o.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF | GIT_REMOTE_CREATE_SKIP_DEFAULT_FETCHSPEC;
	return git_remote_create_with_opts(out, j->url, &o) == 0
		       ? 0
		       : fail_git(j, PF_EUSAGE, "cannot begin");
}

static git_remote_redirect_t redirects(const struct pf_git_job *j)
{
	return j->user ? GIT_REMOTE_REDIRECT_NONE : GIT_REMOTE_REDIRECT_INITIAL;
}

/* ---- what the server says of its branches and tags ---- */

static const git_oid *find_head(const git_remote_head **heads, size_t n, const char *before,
				const char *rev, const char *after)
{
	PF_AUTO(arena) a = { 0 };
	const char *name = pf_formatz(&a, "%s%s%s", before, rev, after);

	for (size_t i = 0; i < n; i++)
		if (strcmp(heads[i]->name, name) == 0)
			return &heads[i]->oid;
	return NULL;
}

/* As git finds it in a clone: a branch, else a tag; of an annotated one what it stands for. */
static const git_oid *choose_head(const git_remote_head **heads, size_t n, const char *rev)
{
	static const char *const ways[][2] = { { "refs/heads/", "" }, { "refs/tags/", "^{}" },
					       { "refs/tags/", "" }, { "", "^{}" }, { "", "" } };
	const git_oid *found = NULL;

	for (size_t i = 0; !found && i < PF_COUNT(ways); i++)
		if (*ways[i][0] || strncmp(rev, "refs/", 5) == 0 || strcmp(rev, "HEAD") == 0)
			found = find_head(heads, n, ways[i][0], rev, ways[i][1]);
	return found;
}

/* 1: none of them. */
static int ask_server(struct pf_git_job *j, git_remote *remote)
{
	git_remote_connect_options o;
	const git_remote_head **heads = NULL;
	const git_oid *found;
	size_t n = 0;

	if (git_remote_connect_options_init(&o, GIT_REMOTE_CONNECT_OPTIONS_VERSION) != 0)
		return fail_git(j, PF_EIO, "cannot begin");
	set_callbacks(&o.callbacks, j);
	o.proxy_opts.type = GIT_PROXY_AUTO;
	o.follow_redirects = redirects(j);
	if (git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &o) != 0 ||
	    git_remote_ls(&heads, &n, remote) != 0)
		return fail_git(j, PF_ETRANSFER, "cannot be asked");
	found = choose_head(heads, n, j->rev ? j->rev : "HEAD");
	if (!found)
		return 1;
	git_oid_tostr(j->found.commit, sizeof(j->found.commit), found);
	return 0;
}

/* ---- the whole repository ---- */

/* Branches lie where a clone has them. A revision that is neither a branch's nor a tag's is named
 * by its whole name: "refs/pull/7/head". */
static int fetch_all(struct pf_git_job *j, git_remote *remote)
{
	PF_AUTO(arena) a = { 0 };
	bool more = j->rev && strncmp(j->rev, "refs/", 5) == 0;
	char *specs[] = { "+HEAD:refs/remotes/origin/HEAD", "+refs/heads/*:refs/remotes/origin/*",
			  "+refs/tags/*:refs/tags/*",
			  more ? pf_formatz(&a, "+%s:refs/asked", j->rev) : NULL };
	const git_strarray list = { specs, PF_COUNT(specs) - !more };
	git_fetch_options o;

	if (git_fetch_options_init(&o, GIT_FETCH_OPTIONS_VERSION) != 0)
		return fail_git(j, PF_EIO, "cannot begin");
	o.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; /* they are in the list */
	set_callbacks(&o.callbacks, j);
	o.proxy_opts.type = GIT_PROXY_AUTO;
	o.follow_redirects = redirects(j);
	if (git_remote_fetch(remote, &list, &o, NULL) == 0)
		return 0;
	return fail_git(j, PF_ETRANSFER, "cannot be fetched");
}

/* "0a1b2c3": at least what git itself takes for one. */
static bool is_abbreviated(const char *rev)
{
	return strlen(rev) >= 4 && strlen(rev) < PF_GIT_COMMIT &&
	       strspn(rev, "0123456789abcdefABCDEF") == strlen(rev);
}

/* The commit itself, or what begins so. */
static int find_commit(git_object **out, struct pf_git_job *j, git_repository *repo)
{
	git_object *found = NULL;
	int rc = git_revparse_single(&found, repo, j->wanted ? j->wanted : j->rev);

	if (rc == 0)
		rc = git_object_peel(out, found, GIT_OBJECT_COMMIT);
	git_object_free(found);
	if (rc == 0)
		git_oid_tostr(j->found.commit, sizeof(j->found.commit), git_object_id(*out));
	if (rc == 0 && (!j->wanted || strcmp(j->found.commit, j->wanted) == 0))
		return 0;
	return fail_revision(j);
}

/* ---- its files ---- */

struct measure {
	struct pf_git_job *j;
	git_odb *odb;
	uint64_t bytes;
	size_t files;
};

/* A small repository can hold the same folder a billion times. */
static int measure_entry(const char *root, const git_tree_entry *entry, void *payload)
{
	struct measure *m = payload;
	size_t size = 0;
	git_object_t type = git_tree_entry_type(entry);

	if (type == GIT_OBJECT_COMMIT)
		m->j->found.submodules++;
	if (type == GIT_OBJECT_BLOB &&
	    git_odb_read_header(&size, &type, m->odb, git_tree_entry_id(entry)) != 0)
		return fail_git(m->j, PF_ETRANSFER, "a file is missing");
	m->bytes += size;
	if (++m->files > PF_MAX_SOURCE_FILES || m->bytes > PF_MAX_SOURCE ||
	    strlen(root) > PF_MAX_PATH)
		return pf_fail(&m->j->err, PF_ELIMIT, "its files are more than %d, or %zu bytes",
			       PF_MAX_SOURCE_FILES, PF_MAX_SOURCE);
	return go_on(m->j);
}

static int measure(struct pf_git_job *j, git_repository *repo, const git_object *commit)
{
	struct measure m = { .j = j };
	git_object *tree = NULL;
	int rc = -1;

	if (git_repository_odb(&m.odb, repo) == 0 &&
	    git_object_peel(&tree, commit, GIT_OBJECT_TREE) == 0)
		rc = git_tree_walk((git_tree *)tree, GIT_TREEWALK_PRE, measure_entry, &m);
	git_object_free(tree);
	git_odb_free(m.odb);
	return rc == 0 ? 0 : fail_git(j, PF_EINTEGRITY, "its files cannot be listed");
}

static int check_out(struct pf_git_job *j, git_repository *repo, const git_object *commit)
{
	git_checkout_options how;

	if (measure(j, repo, commit) < 0)
		return -1;
	if (git_checkout_options_init(&how, GIT_CHECKOUT_OPTIONS_VERSION) != 0)
		return fail_git(j, PF_EIO, "cannot be checked out");
	how.checkout_strategy = GIT_CHECKOUT_FORCE;
	how.disable_filters = 1; /* no CRLF, no ident */
	how.progress_cb = on_file;
	how.progress_payload = j;
	if (git_checkout_tree(repo, commit, &how) != 0 ||
	    git_repository_set_head_detached(repo, git_object_id(commit)) != 0)
		return fail_git(j, PF_EIO, "cannot be checked out");
	return 0;
}

/* ---- all of it ---- */

static int fetch(struct pf_git_job *j)
{
	git_repository *repo = NULL;
	git_remote *remote = NULL;
	git_object *commit = NULL;
	int rc = 0;

	if (git_repository_init(&repo, j->path, 0) != 0)
		rc = fail_git(j, PF_EIO, "cannot make a repository");
	if (rc == 0)
		rc = make_remote(&remote, j, repo);
	if (rc == 0)
		rc = fetch_all(j, remote);
	if (rc == 0)
		rc = find_commit(&commit, j, repo);
	if (rc == 0 && j->wanted)
		rc = check_out(j, repo, commit);
	git_object_free(commit);
	git_remote_free(remote);
	git_repository_free(repo);
	return rc;
}

static int look_up(struct pf_git_job *j)
{
	git_remote *remote = NULL;
	int rc = make_remote(&remote, j, NULL);

	if (rc == 0)
		rc = ask_server(j, remote);
	git_remote_free(remote);
	if (rc <= 0)
		return rc;
	return j->rev && is_abbreviated(j->rev) ? fetch(j) : fail_revision(j);
}

static void trust(void)
{
	static const char *const names[] = { "GIT_SSL_CAINFO", "SSL_CERT_FILE" };
	const char *file = NULL;

	for (size_t i = 0; !(file && *file) && i < PF_COUNT(names); i++)
		file = getenv(names[i]);
	if (file && *file)
		(void)pf_git_trust(file);
}

int pf_git_work(struct pf_git_job *j)
{
	int rc;

	if (git_libgit2_init() < 0)
		return fail_git(j, PF_EIO, "cannot begin");
	trust();
	rc = j->wanted ? fetch(j) : look_up(j);
	git_libgit2_shutdown();
	return rc;
}
