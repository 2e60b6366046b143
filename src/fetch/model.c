/* model.c - a model's URI to a folder here */
/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/model.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/local.h"
#include "fetch/packed.h"
#include "fetch/sizes.h"
#include "fetch/tracking.h"
#include "fetch/tree.h"
#include "formats/digest.h"

void pf_fetched_free(struct pf_fetched *f)
{
	if (f->hold > 0)
		close(f->hold);
	pf_workdir_free(&f->temp);
	pf_arena_free(&f->arena);
	memset(f, 0, sizeof(*f));
}

/* One fetching. */
struct fetching {
	struct pf_fetched *f;
	const struct pf_fetch_opts *o;
	struct pf_pool pool;
	struct pf_remote r;
	char *models;		/* STORE/models */
	char *note;		/* STORE/models/uris/DIGEST: what this URI came to before */
	struct pf_str known_source, known_key; /* of the note; empty: there is none */
	char key[PF_SHA256_HEX];
	char *packed;		/* an archive that was fetched already; NULL: none */
	bool torn;		/* the tree of the store; it was told */
};

/* ---- what a URI came to ---- */

/* The same URI means another model on another server. */
static void name_note(struct fetching *g, const struct pf_where *w)
{
	static const char *const servers[] = {
		"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_S3_ENDPOINT_URL",
		"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST",
		"AZURE_STORAGE_CONNECTION_STRING",
	};
	struct pf_arena *a = &g->f->arena;
	struct pf_str whole = pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(w->shown),
					w->secrets.n ? "\n" : "", PF_ARG(w->secrets));
	char hex[PF_SHA256_HEX];

	for (size_t i = 0; i < PF_COUNT(servers); i++) {
		const char *value = getenv(servers[i]);

		whole = pf_format(a, PF_FMT "\n%s", PF_ARG(whole), value ? value : "");
	}
	pf_sha256_hex(hex, whole.p, whole.n);
	g->note = pf_formatz(a, "%s/uris/%s", g->models, hex);
}

static void read_note(struct fetching *g)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_arena *a = &g->f->arena;
	struct pf_node *root;
	struct pf_err ignored;

	if (access(g->note, R_OK) < 0 || pf_read_file(&text, AT_FDCWD, g->note, &ignored) < 0 ||
	    pf_json_parse(&root, a, pf_dup(a, pf_buf_view(&text)), &ignored) < 0)
		return;
	if (pf_node_text(root, "key").n == PF_SHA256_HEX - 1) {
		g->known_source = pf_node_text(root, "source");
		g->known_key = pf_node_text(root, "key");
	}
}

/* Nothing is lost when it cannot be written: the next one asks again. */
static void write_note(const struct fetching *g, struct pf_str shown)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_json_out w = { .buf = &text };
	struct pf_err ignored;

	if (pf_str_eq(g->known_source, g->r.source) && pf_str_is(g->known_key, g->key))
		return;
	pf_json_open(&w, '{');
	pf_json_field(&w, "uri", shown);
	pf_json_field(&w, "source", g->r.source);
	pf_json_field(&w, "key", pf_s(g->key));
	pf_json_close(&w, '}');
	if (pf_mkdir_p(pf_formatz(&g->f->arena, "%s/uris", g->models), 0755, &ignored) == 0)
		(void)!pf_write_atomic(AT_FDCWD, g->note, pf_buf_view(&text), 0644, &ignored);
}

/* ---- trees of the store ---- */

/* 1 when it is there and whole: held, and its folder known. */
static int take_tree(struct fetching *g, struct pf_str key, struct pf_err *err)
{
	struct pf_arena *a = &g->f->arena;
	char *path = pf_formatz(a, "%s/" PF_FMT, g->models, PF_ARG(key)), *root;
	PF_FD(dir) = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	const char *torn;

	if (dir < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", path);
	(void)flock(dir, LOCK_SH | LOCK_NB);
	torn = pf_sizes_torn(a, dir);
	if (torn && !g->torn)
		pf_warn("the model %s is damaged (%s): it is fetched again", path, torn);
	g->torn = torn;
	if (torn)
		return 0;
	root = pf_tree_root(a, dir, err);
	if (!root)
		return -1;
	(void)futimens(dir, NULL); /* for those who prune */
	g->f->dir = pf_formatz(a, "%s/tree%s%s", path, *root ? "/" : "", root);
	g->f->hold = pf_fd_take(&dir);
	return 1;
}

/* What is as long as it was stays, where files come one by one. */
static int take_back(const struct fetching *g, struct pf_err *err)
{
	char *to = pf_formatz(&g->f->arena, "%s/%s", g->models, g->key);
	char *part = pf_formatz(&g->f->arena, "%s.part", to);

	if (pf_remove_tree(AT_FDCWD, part, err) < 0)
		return -1;
	return rename(to, part) < 0 ? pf_fail_errno(err, "cannot move %s", to) : 0;
}

static int open_part(struct fetching *g, struct pf_err *err)
{
	char *path = pf_formatz(&g->f->arena, "%s/%s.part", g->models, g->key);
	int fd;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return pf_fail_errno(err, "cannot create %s", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? pf_fail_errno(err, "cannot open %s", path) : fd;
}

static int take_packed(int part, const struct fetching *g, struct pf_err *err)
{
	if ((mkdirat(part, "packed", 0755) < 0 && errno != EEXIST) ||
	    renameat(AT_FDCWD, g->packed, part, "packed/archive") < 0)
		return pf_fail_errno(err, "cannot put the archive into the store");
	return 0;
}

static int bring(int part, struct fetching *g, struct pf_err *err)
{
	char *path = pf_formatz(&g->f->arena, "%s/%s.part", g->models, g->key);

	return g->r.kind->bring(part, path, &g->r, err);
}

static int get_into(int part, struct fetching *g, const struct pf_remote_files *files,
		    struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };

	if (g->r.kind->bring)
		return bring(part, g, err) < 0 || !pf_tree_root(&a, part, err) ? -1 : 0;
	if ((g->packed && take_packed(part, g, err) < 0) ||
	    pf_tree_get(part, &g->r, files, err) < 0 ||
	    (g->r.archive && pf_tree_unpack(part, &g->r, err) < 0))
		return -1;
	return pf_tree_root(&a, part, err) ? 0 : -1;
}

/* STORE/models/KEY, from a part that is complete. */
static int commit(struct fetching *g, int part, struct pf_err *err)
{
	char *to = pf_formatz(&g->f->arena, "%s/%s", g->models, g->key);

	if (pf_remove_tree(part, "at", err) < 0 || pf_sizes_write(part, err) < 0)
		return -1;
	if (rename(pf_formatz(&g->f->arena, "%s.part", to), to) < 0)
		return pf_fail_errno(err, "cannot put the model at %s", to);
	return 0;
}

static void tell_waiting(const char *path)
{
	(void)path;
	pf_note("another process is fetching this model");
}

/* Two that want one tree fetch it once. */
static int make_tree(struct fetching *g, const struct pf_remote_files *files, struct pf_err *err)
{
	PF_FD(lock) = pf_lock(AT_FDCWD, pf_formatz(&g->f->arena, "%s/%s.lock", g->models, g->key),
			      PF_WAIT_LOCK, tell_waiting, err);
	PF_FD(part) = -1;
	int found;

	if (lock < 0)
		return -1;
	found = take_tree(g, pf_s(g->key), err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (g->torn && take_back(g, err) < 0)
		return -1;
	part = open_part(g, err);
	if (part < 0 || get_into(part, g, files, err) < 0 || commit(g, part, err) < 0)
		return -1;
	return take_tree(g, pf_s(g->key), err) > 0 ? 0 : -1;
}

/* ---- asked about ---- */

/* Is it a store of this machine that knows where it is? */
static bool is_asked_here(const struct pf_where *w, struct pf_arena *a)
{
	return w->kind->resolve &&
	       pf_tracking_folder(a, w->kind == &pf_remote_models ? PF_REGISTRY : PF_TRACKING);
}

/* From models: to where the files are; of a store of this machine, to the folder itself. */
static int resolve(struct pf_where *w, bool *fixed, struct fetching *g, struct pf_err *err)
{
	struct pf_arena *a = &g->f->arena;
	char *to;

	*fixed = false;
	for (int hops = 0; w->kind->resolve; hops++) {
		if (g->o->offline && !is_asked_here(w, a))
			return 0;
		if (hops == PF_MAX_HOPS)
			return pf_fail(err, PF_EINTEGRITY, "the tracking server leads in a circle");
		if (w->kind->resolve(&to, fixed, a, &g->pool, w, err) < 0)
			return -1;
		if (pf_where_is_local(pf_s(to)))
			return pf_fetch_local(&g->f->dir, a, to, err);
		if (pf_where_read(w, a, pf_s(to), err) < 0)
			return -1;
		pf_debug("it is at " PF_FMT, PF_ARG(w->shown));
	}
	return 0;
}

static int open_remote(struct fetching *g, const struct pf_where *w, struct pf_err *err)
{
	g->pool.net = (struct pf_net){ 0 }; /* a tracking server's certificates are nobody else's */
	g->r.kind = w->kind;
	g->r.pool = &g->pool;
	g->r.o = g->o;
	return w->kind->open(&g->r, w, err);
}

/* What is not all of the model is nobody else's. */
static int get_aside(struct fetching *g, const struct pf_remote_files *files, struct pf_err *err)
{
	struct pf_fetched *f = g->f;
	char *root;

	if (pf_workdir_open(&f->temp, "model.", g->o->store, err) < 0 ||
	    pf_tree_get(f->temp.fd, &g->r, files, err) < 0)
		return -1;
	root = pf_tree_root(&f->arena, f->temp.fd, err);
	if (!root)
		return -1;
	f->dir = pf_formatz(&f->arena, "%s/tree%s%s", f->temp.path, *root ? "/" : "", root);
	return 0;
}

/* Nobody can say whether it is the same the next time: it is fetched anew, and named by its
 * bytes. */
static int get_unmarked(struct fetching *g, struct pf_remote_files *files, struct pf_err *err)
{
	struct pf_workdir *w = &g->f->temp;
	char hex[PF_SHA256_HEX];
	struct stat st;

	if (pf_workdir_open(w, "model.", g->o->store, err) < 0 ||
	    pf_tree_get(w->fd, &g->r, files, err) < 0 ||
	    pf_sha256_at(hex, w->fd, "packed/archive", err) < 0)
		return -1;
	g->packed = pf_formatz(&g->f->arena, "%s/packed/archive", w->path);
	if (stat(g->packed, &st) < 0)
		return pf_fail_errno(err, "cannot look at the archive");
	files->v[0].mark = pf_s(hex);
	files->v[0].sized = true;
	files->v[0].size = (uint64_t)st.st_size;
	pf_tree_key(g->key, &g->r, files);
	return make_tree(g, files, err);
}

static int list_and_get(struct fetching *g, struct pf_err *err)
{
	struct pf_remote_files files = { 0 };
	int found;

	if (pf_tree_list(&files, &g->r, err) < 0)
		return -1;
	pf_tree_key(g->key, &g->r, &files);
	found = g->r.archive && !files.v[0].mark.n ? 0 : take_tree(g, pf_s(g->key), err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (g->r.archive && !files.v[0].mark.n)
		return get_unmarked(g, &files, err);
	return pf_tree_leave_out(&files, &g->r) ? get_aside(g, &files, err)
						: make_tree(g, &files, err);
}

static int recall(struct fetching *g, struct pf_str shown, struct pf_err *err)
{
	int found = g->known_key.n ? take_tree(g, g->known_key, err) : 0;

	if (found < 0)
		return -1;
	if (found == 0)
		return pf_fail(err, PF_ETRANSFER, "--offline: " PF_FMT " was not fetched before",
			       PF_ARG(pf_shown(shown)));
	g->f->source = g->known_source;
	return 0;
}

static int ask(struct fetching *g, struct pf_where *w, struct pf_err *err)
{
	struct pf_str shown = w->shown;
	bool fixed;
	int found = 0;

	if (resolve(w, &fixed, g, err) < 0)
		return -1;
	if (g->f->dir)
		return 0;
	if (g->o->offline)
		return recall(g, shown, err);
	if (pf_mkdir_p(g->models, 0755, err) < 0 || open_remote(g, w, err) < 0)
		return -1;
	if ((fixed || g->r.fixed) && pf_str_eq(g->known_source, g->r.source)) {
		snprintf(g->key, sizeof(g->key), PF_FMT, PF_ARG(g->known_key));
		found = take_tree(g, g->known_key, err);
	}
	if (found == 0 && list_and_get(g, err) < 0)
		return -1;
	if (found < 0)
		return -1;
	g->f->source = pf_dup(&g->f->arena, g->r.source);
	if (g->f->hold)
		write_note(g, shown);
	return 0;
}

static int fetch_remote(struct fetching *g, const char *uri, struct pf_err *err)
{
	struct pf_arena *a = &g->f->arena;
	struct pf_where w;
	char *store;
	int rc;

	if (pf_where_read(&w, a, pf_dup(a, pf_s(uri)), err) < 0 ||
	    !(store = pf_store_root(a, g->o->store, err)))
		return -1;
	g->models = pf_formatz(a, "%s/models", store);
	name_note(g, &w);
	read_note(g);
	rc = ask(g, &w, err);
	return rc < 0 ? pf_wrap(err, PF_FMT, PF_ARG(pf_shown(w.shown))) : 0;
}

/* ---- archives of this machine ---- */

/* What it holds has the name of its digest; one that was told is believed of what is there. */
static int name_packed(struct fetching *g, const struct pf_packed *packed, bool *is_read,
		       struct pf_err *err)
{
	char hex[PF_DIGEST_HEX];
	struct pf_str name = packed->sha256;

	*is_read = !name.n;
	if (*is_read) {
		if (pf_digest_fd(hex, PF_S("sha256"), packed->fd, err) < 0)
			return -1;
		name = pf_s(hex);
	}
	name = pf_format(&g->f->arena, "archive\n" PF_FMT, PF_ARG(name));
	pf_sha256_hex(g->key, name.p, name.n);
	return 0;
}

static int check_packed(const struct pf_packed *packed, struct pf_err *err)
{
	char hex[PF_DIGEST_HEX];

	if (pf_digest_fd(hex, PF_S("sha256"), packed->fd, err) < 0)
		return -1;
	if (pf_str_ieq(packed->sha256, hex))
		return 0;
	return pf_fail(err, PF_EINTEGRITY, "it has the SHA-256 %s, not " PF_FMT, hex,
		       PF_ARG(packed->sha256));
}

static int take_packed_model(struct fetching *g, struct pf_packed *packed, struct pf_err *err)
{
	char *store = pf_store_root(&g->f->arena, g->o->store, err);
	bool is_read;
	int found;

	if (!store || name_packed(g, packed, &is_read, err) < 0)
		return -1;
	g->models = pf_formatz(&g->f->arena, "%s/models", store);
	g->r = (struct pf_remote){ .kind = &pf_remote_packed, .o = g->o, .own = packed };
	found = take_tree(g, pf_s(g->key), err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if ((!is_read && check_packed(packed, err) < 0) || pf_mkdir_p(g->models, 0755, err) < 0)
		return -1;
	return make_tree(g, NULL, err);
}

static int fetch_here(struct fetching *g, const char *uri, struct pf_err *err)
{
	struct pf_packed packed = { 0 };
	int found = pf_packed_open(&packed, &g->f->arena, uri, err), rc;

	if (found <= 0)
		return found < 0 ? -1 : pf_fetch_local(&g->f->dir, &g->f->arena, uri, err);
	rc = take_packed_model(g, &packed, err);
	close(packed.fd);
	return rc < 0 ? pf_wrap(err, "%s", packed.path) : 0;
}

int pf_fetch_model(struct pf_fetched *out, const char *uri, const struct pf_fetch_opts *o,
		   struct pf_err *err)
{
	PF_AUTO(fetched) f = { 0 };
	struct fetching g = { .f = &f, .o = o };
	int rc;

	if (pf_local_names(uri))
		rc = fetch_here(&g, uri, err);
	else
		rc = fetch_remote(&g, uri, err);
	pf_pool_free(&g.pool);
	pf_arena_free(&g.r.arena);
	if (rc < 0)
		return -1;
	*out = PF_TAKE(f);
	return 0;
}
