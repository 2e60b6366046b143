/* git.c - one commit of a git repository, checked out */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/git.h"

#include <errno.h>
#include <git2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"
#include "fetch/url.h"

/* ---- what to fetch ---- */

static bool is_inside(struct pf_str folder)
{
	struct pf_str part;

	if (!folder.n || folder.p[0] == '/')
		return false;
	while (pf_str_next(&folder, '/', &part))
		if (pf_str_is(part, ".."))
			return false;
	return true;
}

static int read_fragment(struct pf_git_source *out, struct pf_arena *a, struct pf_str fragment,
			 struct pf_err *err)
{
	struct pf_str one;

	while (pf_str_next(&fragment, '&', &one)) {
		if (!pf_str_starts(one, "subdirectory="))
			continue;
		out->subdirectory = pf_url_decode(a, pf_str_skip(one, 13));
		if (!is_inside(out->subdirectory))
			return pf_fail(err, PF_EUSAGE, "'" PF_FMT "' is no folder of a repository",
				       PF_ARG(pf_shown(one)));
	}
	return 0;
}

int pf_git_split(struct pf_git_source *out, struct pf_arena *a, struct pf_str text,
		 struct pf_err *err)
{
	static const char *const schemes[] = { "https", "http", "ssh", "file", NULL };
	struct pf_str url = pf_str_skip(text, 4);
	struct pf_git_source s = { 0 };
	size_t host = pf_str_find_str(url, "://"), slash, at;

	if (!pf_str_starts(text, "git+") || host == PF_NPOS ||
	    !pf_str_in(pf_str_cut(url, 0, host), schemes))
		return pf_fail(err, PF_EUSAGE, "%s is not fetched: git+https, git+http, git+ssh and "
			       "git+file are", pf_url_shown(a, text));
	at = pf_str_find(url, '#');
	if (at != PF_NPOS && read_fragment(&s, a, pf_str_skip(url, at + 1), err) < 0)
		return -1;
	url = pf_str_cut(url, 0, at);
	/* the @ of a user stands before the first slash of the path */
	slash = pf_str_find(pf_str_skip(url, host + 3), '/');
	at = slash == PF_NPOS ? PF_NPOS : pf_str_rfind(url, '@');
	if (at != PF_NPOS && at > host + 3 + slash) {
		s.rev = pf_url_decode(a, pf_str_skip(url, at + 1));
		url = pf_str_cut(url, 0, at);
		if (!s.rev.n || s.rev.p[0] == '-')
			return pf_fail(err, PF_EUSAGE, "%s names no revision", pf_url_shown(a, text));
	}
	s.url = url;
	*out = s;
	return 0;
}

/* ---- a clone on its way ---- */

#define TICKS 5 /* a second: how often a clone is looked after */

/* libgit2 waits for a silent server as long as that is silent, so it does so on a thread of its own;
 * one that is given up is left to its end, with what is here. */
struct cloning {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool done;
	atomic_bool given_up;
	atomic_size_t news;	/* changes with every sign of life */
	char *url, *path;
	char *rev;		/* NULL: HEAD */
	char *user;		/* "name:password" of the URL, which is without; NULL: none */
	unsigned asked;		/* for credentials */
	struct pf_err err;
	char commit[PF_GIT_COMMIT];
	int rc;
};

static void free_clone(struct cloning *c)
{
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	free(c->url);
	free(c->path);
	free(c->rev);
	free(c->user);
	free(c);
}

static int fail_git(struct cloning *c, int code, const char *what)
{
	const git_error *e = git_error_last();

	if (c->err.code)
		return -1;
	return pf_fail(&c->err, code, "%s: %s", what,
		       e && e->message ? e->message : "libgit2 cannot be loaded");
}

static int on_progress(const git_indexer_progress *p, void *payload)
{
	struct cloning *c = payload;

	atomic_fetch_add(&c->news, 1);
	if (c->given_up)
		return GIT_EUSER;
	if (p->received_bytes > PF_MAX_DIST || p->total_objects > PF_MAX_GIT_OBJECTS) {
		pf_fail(&c->err, PF_ELIMIT, "the repository is larger than %zu objects or %zu bytes",
			(size_t)PF_MAX_GIT_OBJECTS, PF_MAX_DIST);
		return GIT_EUSER;
	}
	return 0;
}

static int on_sideband(const char *text, int n, void *payload)
{
	struct cloning *c = payload;

	(void)text;
	(void)n;
	atomic_fetch_add(&c->news, 1);
	return c->given_up ? GIT_EUSER : 0;
}

static int give_password(git_credential **out, const struct cloning *c)
{
	struct pf_arena a = { 0 };
	struct pf_str word = pf_s(c->user), name;
	int rc;

	(void)!pf_str_next(&word, ':', &name);
	name = pf_url_decode(&a, name);
	word = pf_url_decode(&a, word);
	rc = git_credential_userpass_plaintext_new(out, pf_dupz(&a, name), pf_dupz(&a, word));
	pf_arena_free(&a);
	return rc;
}

/* Asked again: the first ones were refused. */
static int on_credentials(git_credential **out, const char *url, const char *user, unsigned allowed,
			  void *payload)
{
	struct cloning *c = payload;

	(void)url;
	if (allowed & GIT_CREDENTIAL_USERNAME)
		return git_credential_username_new(out, user ? user : "git");
	if (c->asked++)
		return GIT_PASSTHROUGH;
	if (allowed & GIT_CREDENTIAL_SSH_KEY)
		return git_credential_ssh_key_from_agent(out, user ? user : "git");
	if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) && c->user)
		return give_password(out, c);
	return GIT_PASSTHROUGH;
}

/* Branches lie where a clone has them, so that "main" and "v1" are found by their own names. */
static int fetch_all(struct cloning *c, git_remote *remote)
{
	char *specs[] = { "+HEAD:refs/remotes/origin/HEAD", "+refs/heads/*:refs/remotes/origin/*",
			  "+refs/tags/*:refs/tags/*" };
	const git_strarray list = { specs, PF_COUNT(specs) };
	git_fetch_options o;

	if (git_fetch_options_init(&o, GIT_FETCH_OPTIONS_VERSION) != 0)
		return fail_git(c, PF_EIO, "cannot fetch");
	o.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; /* they are in the list */
	o.callbacks.credentials = on_credentials;
	o.callbacks.transfer_progress = on_progress;
	o.callbacks.sideband_progress = on_sideband;
	o.callbacks.payload = c;
	o.follow_redirects = c->user ? GIT_REMOTE_REDIRECT_NONE : GIT_REMOTE_REDIRECT_INITIAL;
	if (git_remote_fetch(remote, &list, &o, NULL) == 0)
		return 0;
	return fail_git(c, PF_ETRANSFER, "cannot fetch");
}

/* A branch, else whatever git would understand: a tag, a commit, the beginning of one. */
static int find(git_object **out, struct cloning *c, git_repository *repo)
{
	char *branch = NULL;
	git_object *found = NULL;
	int rc;

	if (asprintf(&branch, "refs/remotes/origin/%s", c->rev ? c->rev : "HEAD") < 0)
		return pf_fail(&c->err, PF_ELIMIT, "out of memory");
	rc = git_revparse_single(&found, repo, branch);
	free(branch);
	if (rc != 0 && c->rev)
		rc = git_revparse_single(&found, repo, c->rev);
	if (rc == 0)
		rc = git_object_peel(out, found, GIT_OBJECT_COMMIT);
	git_object_free(found);
	return rc == 0 ? 0 : fail_git(c, PF_ESOLVE, "there is no such revision");
}

static int check_out(struct cloning *c, git_repository *repo)
{
	git_checkout_options how;
	git_object *commit = NULL;
	int rc = find(&commit, c, repo);

	if (git_checkout_options_init(&how, GIT_CHECKOUT_OPTIONS_VERSION) != 0)
		return fail_git(c, PF_EIO, "cannot check out");
	how.checkout_strategy = GIT_CHECKOUT_FORCE;
	how.disable_filters = 1; /* no CRLF, no ident */
	if (rc == 0 && (git_checkout_tree(repo, commit, &how) != 0 ||
			git_repository_set_head_detached(repo, git_object_id(commit)) != 0))
		rc = fail_git(c, PF_EIO, "cannot check out");
	if (rc == 0)
		git_oid_tostr(c->commit, sizeof(c->commit), git_object_id(commit));
	git_object_free(commit);
	return rc;
}

static int make_clone(struct cloning *c)
{
	git_repository *repo = NULL;
	git_remote *remote = NULL;
	int rc = 0;

	if (git_libgit2_init() < 0 || git_repository_init(&repo, c->path, 0) != 0 ||
	    git_remote_create_anonymous(&remote, repo, c->url) != 0)
		rc = fail_git(c, PF_EIO, "cannot make a repository");
	if (rc == 0)
		rc = fetch_all(c, remote);
	if (rc == 0)
		rc = check_out(c, repo);
	git_remote_free(remote);
	git_repository_free(repo);
	return rc;
}

static void *work(void *arg)
{
	struct cloning *c = arg;
	bool left;

	c->rc = make_clone(c);
	pthread_mutex_lock(&c->lock);
	c->done = true;
	left = c->given_up;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	if (left)
		free_clone(c);
	return NULL;
}

static char *copy(struct pf_str s)
{
	return s.n ? strndup(s.p, s.n) : NULL;
}

/* For http the user's name and password are given when they are asked for, and stand in no file. */
static struct cloning *new_clone(const char *path, const struct pf_git_source *from)
{
	struct cloning *c = calloc(1, sizeof(*c));
	struct pf_arena a = { 0 };
	struct pf_err ignored;
	struct pf_url url;

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	c->path = strdup(path);
	c->rev = copy(from->rev);
	if (pf_url_split(&url, from->url, &ignored) == 0 && pf_url_is_http(&url)) {
		c->user = copy(url.user);
		c->url = strdup(pf_url_bare(&a, &url));
	} else {
		c->url = copy(from->url);
	}
	pf_arena_free(&a);
	return c;
}

/* Until it is done, we are asked to stop, or nothing has come for PF_WAIT_STALL seconds. Called with
 * the lock held. */
static void watch(struct cloning *c)
{
	size_t seen = 0;
	unsigned quiet = 0;

	while (!c->done && !pf_signals_pending() && quiet < PF_WAIT_STALL * TICKS) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += 1000000000 / TICKS;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&c->changed, &c->lock, &until);
		quiet = seen == atomic_load(&c->news) ? quiet + 1 : 0;
		seen = atomic_load(&c->news);
	}
	c->given_up = !c->done;
}

int pf_git_clone(char commit[PF_GIT_COMMIT], const char *path, const struct pf_git_source *from,
		 struct pf_err *err)
{
	struct cloning *c = new_clone(path, from);
	pthread_t thread;
	int rc;

	if (!c || !c->url || !c->path || pthread_create(&thread, NULL, work, c) != 0)
		return pf_fail(err, PF_ELIMIT, "no thread can be had");
	pthread_detach(thread);
	pthread_mutex_lock(&c->lock);
	watch(c);
	if (c->given_up) {
		pthread_mutex_unlock(&c->lock);
		return pf_signals_check(err) < 0 ? -1 :
		       pf_fail(err, PF_ETRANSFER, "nothing has come for %d s", PF_WAIT_STALL);
	}
	pthread_mutex_unlock(&c->lock);
	rc = c->rc;
	if (rc == 0)
		memcpy(commit, c->commit, PF_GIT_COMMIT);
	else
		*err = c->err;
	free_clone(c);
	return rc;
}
