/* publish.c - a model put on a tracking server: the order in which it is done */
/* SPDX-License-Identifier: Apache-2.0 */
#include "publish/publish.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "formats/yaml.h"
#include "publish/inside.h"
#include "publish/mlmodel.h"
#include "publish/upload.h"

void pf_published_free(struct pf_published *p)
{
	pf_arena_free(&p->arena);
	memset(p, 0, sizeof(*p));
}

/* ---- questions ---- */

static int ask(const struct pf_node **out, struct pf_publishing *p, const struct pf_tracking *s,
	       struct pf_tracking_call *what, struct pf_str path, const struct pf_buf *body,
	       struct pf_err *err)
{
	struct pf_node *answer;

	what->url = pf_tracking_url(p->a, s, path);
	if (body) {
		if (pf_buf_check(body, "what the tracking server is told", err) < 0)
			return -1;
		what->body = pf_buf_view(body);
	}
	if (pf_tracking_call(&answer, p->a, &p->pool, s, what, err) < 0)
		return -1;
	*out = answer;
	return 0;
}

int pf_publish_ask(const struct pf_node **out, struct pf_publishing *p, const char *method,
		   struct pf_str path, const struct pf_buf *body, struct pf_err *err)
{
	struct pf_tracking_call what = { .method = body ? method : NULL };

	return ask(out, p, &p->server, &what, path, body, err);
}

int pf_publish_ask_once(const struct pf_node **out, struct pf_publishing *p, struct pf_str path,
			const struct pf_buf *body, struct pf_err *err)
{
	struct pf_tracking_call what = { .method = "POST", .once = true };

	return ask(out, p, &p->server, &what, path, body, err);
}

int pf_publish_ask_registry(const struct pf_node **out, struct pf_publishing *p, struct pf_str path,
			    const struct pf_buf *body, bool once, struct pf_err *err)
{
	struct pf_tracking_call what = { .method = body ? "POST" : NULL, .once = once };

	return ask(out, p, &p->registry, &what, path, body, err);
}

void pf_publish_pair(struct pf_json_out *w, struct pf_str key, struct pf_str value)
{
	pf_json_open(w, '{');
	pf_json_field(w, "key", key);
	pf_json_field(w, "value", value.p ? value : PF_S(""));
	pf_json_close(w, '}');
}

void pf_publish_tags(struct pf_json_out *w, const struct pf_publish_opts *o)
{
	for (size_t i = 0; i < o->tags.n; i++) {
		size_t is = pf_str_find(o->tags.v[i], '=');

		pf_publish_pair(w, pf_str_cut(o->tags.v[i], 0, is),
				pf_str_skip(o->tags.v[i], is + 1));
	}
}

int64_t pf_publish_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- MLmodel ---- */

static int random_id(struct pf_str *out, struct pf_arena *a, struct pf_err *err)
{
	unsigned char raw[16];
	struct pf_str hex = PF_S("");

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return pf_fail_errno(err, "no random numbers");
	raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40); /* RFC 9562: version 4 */
	raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < sizeof(raw); i++)
		hex = pf_format(a, PF_FMT "%02x", PF_ARG(hex), raw[i]);
	*out = hex;
	return 0;
}

/* "2026-11-29 18:20:01.123456", as Python's str of a datetime. */
static struct pf_str time_text(struct pf_arena *a)
{
	struct timespec now;
	char text[32];
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!gmtime_r(&now.tv_sec, &tm))
		return PF_S("1970-01-01 00:00:00.000000");
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	return pf_format(a, "%s.%06ld", text, now.tv_nsec / 1000);
}

/* Where it is, and which one; nothing of it before the server has said. The time stays where there
 * is one: it says as of which day the model's packages are. */
static int rewrite(struct pf_str *out, struct pf_publishing *p, struct pf_err *err)
{
	bool logged = p->out->model.n > 0;
	struct pf_str id = p->out->model, made = pf_node_text(p->model.mlmodel, "utc_time_created");
	PF_AUTO(buf) old = PF_BUF(PF_MAX_TEXT_FILE), text = PF_BUF(PF_MAX_TEXT_FILE);
	PF_FD(fd) = pf_open_beneath(p->model.root, "MLmodel", err);

	if (fd < 0 || pf_read_fd(&old, fd, "MLmodel", err) < 0 ||
	    (!logged && random_id(&id, p->a, err) < 0))
		return -1;
	struct pf_mlmodel_line lines[] = {
		{ "artifact_path", logged ? p->out->place : p->name },
		{ "run_id", p->out->run },
		{ "model_uuid", id },
		{ "model_id", logged ? id : (struct pf_str){ 0 } },
		{ "utc_time_created", made.n ? made : time_text(p->a) },
	};

	if (pf_mlmodel_set(&text, pf_buf_view(&old), lines, PF_COUNT(lines), err) < 0)
		return -1;
	*out = pf_dup(p->a, pf_buf_view(&text));
	return 0;
}

/* ---- files ---- */

static bool is_near(const struct pf_url *u)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]", NULL };

	return pf_str_in_any_case(u->host, names);
}

/* "/mlruns" of "/mlruns/0/..." */
static bool has_top(const char *path)
{
	PF_AUTO(arena) a = { 0 };
	size_t slash = pf_str_find(pf_s(path + 1), '/');

	return slash != PF_NPOS && pf_is_dir(pf_dupz(&a, pf_str_cut(pf_s(path), 0, slash + 1)));
}

/* A path that a server names is one of this machine when the server is on it (and no tunnel to
 * another one, where nothing of such a path is here), or when the folder that it keeps experiments
 * in is here, too: above EXPERIMENT/RUN/artifacts. */
static bool is_here(const struct pf_publishing *p, const char *path)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str above = pf_s(path);
	size_t at = pf_str_find_str(above, p->out->model.n ? p->out->model.p : p->out->run.p);

	if (is_near(&p->server.url))
		return has_top(path);
	above = pf_str_cut(above, 0, at == PF_NPOS ? 0 : at - (at > 0));
	if (pf_str_ends(above, "/models"))
		above.n -= strlen("/models");
	if (above.n > 1 && pf_is_dir(pf_dupz(&a, above)))
		return true;
	above = pf_str_cut(above, 0, pf_str_rfind(above, '/'));
	return above.n > 1 && pf_is_dir(pf_dupz(&a, above));
}

/* "/path" and "file:///path"; NULL with err. */
static char *path_of(struct pf_publishing *p, struct pf_err *err)
{
	struct pf_str place = p->out->place;
	struct pf_url u = { .path = place };
	bool good;

	if (pf_where_scheme(place).n &&
	    (pf_url_split_any(&u, place, err) < 0 || !(u.path = pf_url_decode(p->a, u.path)).p))
		return NULL;
	good = pf_str_starts(u.path, "/") && !pf_str_has_dotdot(u.path) &&
	       (!u.host.n || pf_str_ieq(u.host, "localhost"));
	if (good && is_here(p, pf_dupz(p->a, u.path)))
		return pf_dupz(p->a, u.path);
	pf_fail(err, PF_EUSAGE,
		"the tracking server keeps artifacts at " PF_FMT
		", a path on some machine that is not this one",
		PF_ARG(pf_shown(place)));
	pf_hint(err, "start it with --serve-artifacts, so that it takes them itself, or mount the "
		     "folder here");
	return NULL;
}

/* Everything but MLmodel, then MLmodel: what has one is whole. */
static int send_files(struct pf_publishing *p, struct pf_upload_files *files,
		      struct pf_upload_file *last, struct pf_err *err)
{
	struct pf_upload_files only = { .v = last, .n = 1 };
	struct pf_upload u = { 0 };
	int rc;

	if (pf_upload_open(&u, p->out->place, p->model.root, err) < 0)
		return -1;
	rc = pf_upload_send(&u, files, err) < 0 || pf_upload_send(&u, &only, err) < 0 ? -1 : 0;
	pf_upload_free(&u);
	return rc;
}

static int put_files(struct pf_publishing *p, struct pf_upload_files *files, struct pf_str mlmodel,
		     struct pf_err *err)
{
	struct pf_str scheme = pf_where_scheme(p->out->place);
	struct pf_upload_file last = { .path = PF_S("MLmodel"),
				       .size = mlmodel.n,
				       .bytes = mlmodel };
	uint64_t bytes = mlmodel.n;
	char *path;
	int rc;

	for (size_t i = 0; i < files->n; i++)
		bytes += files->v[i].size;
	pf_step("uploading the model: %zu files, %.1f MiB", files->n + 1,
		(double)bytes / (1 << 20));
	if (scheme.n && !pf_str_ieq(scheme, "file")) {
		rc = send_files(p, files, &last, err);
	} else {
		*PF_PUSH(p->a, files) = last;
		path = path_of(p, err);
		rc = path ? pf_upload_copy(path, p->model.root, files, err) : -1;
	}
	pf_step_done();
	return rc;
}

/* ---- the order ---- */

static int upload(struct pf_publishing *p, struct pf_upload_files *files, struct pf_err *err)
{
	struct pf_node *root;
	struct pf_str text;

	if (pf_publish_begin(p, err) < 0)
		return -1;
	if (rewrite(&text, p, err) < 0 || pf_yaml_parse(&root, p->a, text, err) < 0 ||
	    put_files(p, files, text, err) < 0 || pf_signals_check(err) < 0)
		return -1;
	return pf_publish_record(p, root, err);
}

/* With what time is left to whoever was asked to stop, and without a word: the first error is
 * what is told. */
static void tidy_up(struct pf_publishing *p, const struct pf_err *why)
{
	struct pf_err ignored;

	p->pool.deaf = true;
	p->pool.net.tries = 1;
	if (why->code > PF_ESIGNAL)
		p->pool.net.wait = PF_WAIT_GRACE;
	pf_publish_give_up(p);
	(void)!pf_publish_end_run(p, why->code > PF_ESIGNAL ? "KILLED" : "FAILED", &ignored);
}

static int publish(struct pf_publishing *p, struct pf_upload_files *files, struct pf_err *err)
{
	if (pf_tracking_open(&p->server, p->a, &p->pool, PF_TRACKING, err) < 0 ||
	    pf_tracking_open(&p->registry, p->a, &p->pool, PF_REGISTRY, err) < 0)
		return -1;
	if (pf_publish_run(p, err) < 0 || upload(p, files, err) < 0) {
		tidy_up(p, err);
		return -1;
	}
	p->pool.deaf = true; /* the model is there: whoever wants us to stop waits so long */
	if (pf_publish_end_run(p, "FINISHED", err) < 0)
		return -1;
	p->pool.deaf = false;
	if (p->o->registered && pf_publish_version(p, err) < 0)
		return pf_wrap(err, "logged as " PF_FMT ", %s" PF_FMT, PF_ARG(p->out->uri),
			       p->out->version.n ? "version " : "but not registered",
			       PF_ARG(p->out->version));
	return 0;
}

int pf_publish_model(struct pf_published *out, const char *dir, const struct pf_publish_opts *o,
		     struct pf_err *err)
{
	PF_AUTO(published) made = { 0 };
	struct pf_publishing p = { .o = o, .out = &made, .a = &made.arena };
	struct pf_upload_files files = { 0 };
	struct pf_str trial;
	int rc;

	if (pf_publish_check(o, err) < 0)
		return -1;
	p.name = pf_s(o->name ? o->name : "model");
	rc = pf_model_load(&p.model, dir, err);
	if (rc == 0)
		rc = pf_upload_list(&files, p.a, p.model.root, p.model.dir, err);
	if (rc == 0)
		rc = rewrite(&trial, &p, err);
	if (rc == 0)
		rc = publish(&p, &files, err);
	pf_pool_free(&p.pool);
	pf_model_free(&p.model);
	if (rc == 0)
		*out = PF_TAKE(made);
	return rc;
}
