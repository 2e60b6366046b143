/* server.c - ftp: and sftp: URIs: a folder of a server, listed folder by folder */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/str.h"
#include "fetch/remote.h"
#include "fetch/tracking.h"
#include "fetch/tree.h"
#include "formats/digest.h"

struct server {
	struct pf_str base; /* "ftp://host:21/" or "sftp://host", and the path follows */
	struct pf_str root; /* "/path/of/folder", decoded */
	struct pf_str user; /* as written */
	bool ssh, no_mlsd;
	struct pf_strs folders; /* still to be listed, below the root */
};

static int check(const struct pf_where *w, struct pf_err *err)
{
	return pf_str_starts(w->url.user, ":")
		       ? pf_fail(err, PF_EUSAGE, "a password without a user") : 0;
}

static int open_server(struct pf_remote *r, const struct pf_where *w, struct pf_err *err)
{
	struct pf_arena *a = &r->arena;
	struct server *s = pf_alloc(a, sizeof(*s));

	(void)err;
	pf_tracking_wait(&r->pool->net);
	s->ssh = pf_str_is(w->url.scheme, "sftp");
	s->base = pf_format(a, PF_FMT "://" PF_FMT "%s" PF_FMT "%s", PF_ARG(w->url.scheme),
			    PF_ARG(w->url.host), w->url.port.n ? ":" : "", PF_ARG(w->url.port),
			    s->ssh ? "" : "/");
	s->root = pf_format(a, "/" PF_FMT, PF_ARG(w->path));
	s->user = w->url.user.p ? pf_dup(a, w->url.user) : w->url.user;
	r->source = pf_format(a, PF_FMT PF_FMT, PF_ARG(pf_str_cut(s->base, 0, s->base.n - !s->ssh)),
			      PF_ARG(s->root));
	r->own = s;
	return 0;
}

static void ask_for(struct pf_transfer *t, struct pf_remote *r, struct pf_str path, bool folder)
{
	const struct server *s = r->own;

	t->url = pf_formatz(&r->arena, PF_FMT PF_FMT "%s" PF_FMT "%s", PF_ARG(s->base),
			    PF_ARG(pf_url_encode(&r->arena, s->root, "/")), path.n ? "/" : "",
			    PF_ARG(pf_url_encode(&r->arena, path, "/")), folder ? "/" : "");
	t->of_files = true;
	t->user = s->user;
}

/* ---- lines of a list ---- */

/* One entry of a folder. */
struct entry {
	char kind; /* '-', 'd', or another of ls -l */
	struct pf_str name, size, mark;
};

/* RFC 3659: "type=file;size=12;modify=20260101000000; a name" */
static bool read_facts(struct entry *e, struct pf_str line)
{
	size_t blank = pf_str_find(line, ' ');
	struct pf_str facts = pf_str_cut(line, 0, blank), one;

	*e = (struct entry){ .name = pf_str_skip(line, blank + 1) };
	if (blank == PF_NPOS)
		return false;
	while (pf_str_next(&facts, ';', &one)) {
		size_t equals = pf_str_find(one, '=');
		struct pf_str name = pf_str_cut(one, 0, equals),
			      value = pf_str_skip(one, equals == PF_NPOS ? one.n : equals + 1);

		if (pf_str_ieq(name, "size"))
			e->size = value;
		else if (pf_str_ieq(name, "modify"))
			e->mark = value;
		else if (pf_str_ieq(name, "type"))
			e->kind = pf_str_ieq(value, "file")  ? '-'
				  : pf_str_ieq(value, "dir") ? 'd'
				  : pf_str_ieq(value, "cdir") || pf_str_ieq(value, "pdir") ? '.'
											   : '?';
	}
	return e->kind != '\0';
}

/* "-rw-r--r--    1 user     group        1234 Nov 29 18:00 a name": nothing else than the name may
 * have blanks in it. */
static bool read_long(struct entry *e, struct pf_str line)
{
	struct pf_str rest = line;

	*e = (struct entry){ .kind = line.n ? line.p[0] : '\0' };
	for (int field = 0; field < 8; field++) {
		size_t end = pf_str_find(rest, ' ');

		if (end == PF_NPOS || !end)
			return false;
		if (field == 4)
			e->size = pf_str_cut(rest, 0, end);
		rest = pf_str_skip(rest, end);
		while (field < 7 && pf_str_starts(rest, " "))
			rest = pf_str_skip(rest, 1);
	}
	e->name = pf_str_skip(rest, 1);
	if (pf_str_is(e->name, ".") || pf_str_is(e->name, ".."))
		e->kind = '.';
	return e->name.n > 0;
}

static int take_entry(struct pf_remote_files *out, struct pf_remote *r, struct pf_str folder,
		      const struct entry *e, struct pf_err *err)
{
	struct server *s = r->own;
	struct pf_str path = pf_format(&r->arena, PF_FMT "%s" PF_FMT, PF_ARG(folder),
				       folder.n ? "/" : "", PF_ARG(e->name));
	struct pf_remote_file f = { .path = path };

	if (e->kind == '.')
		return 0;
	if (pf_str_find(e->name, '/') != PF_NPOS || pf_tree_check_path(e->name, err) < 0)
		return pf_fail(err, PF_EINTEGRITY,
			       "the server lists \"" PF_FMT "\", which leads out of its folder",
			       PF_ARG(pf_shown(e->name)));
	if (e->kind == 'd') {
		if (s->folders.n >= PF_MAX_PAGES || path.n >= PF_MAX_PATH)
			return pf_fail(err, PF_ELIMIT, "the model has folders without end");
		*PF_PUSH(&r->arena, &s->folders) = path;
		return 0;
	}
	if (e->kind != '-')
		return pf_fail(err, PF_EINTEGRITY,
			       "the server lists \"" PF_FMT "\", which is neither file nor folder",
			       PF_ARG(pf_shown(e->name)));
	f.sized = pf_str_u64(e->size, &f.size);
	f.mark = pf_dup(&r->arena, e->mark);
	if (out->n >= PF_MAX_MODEL_FILES)
		return pf_fail(err, PF_ELIMIT, "the model has files without end");
	*PF_PUSH(&r->arena, out) = f;
	return 0;
}

static int read_list(struct pf_remote_files *out, struct pf_remote *r, struct pf_str folder,
		     struct pf_str text, struct pf_err *err)
{
	const struct server *s = r->own;
	bool facts = !s->ssh && !s->no_mlsd;
	struct pf_str line;
	struct entry e;

	while (pf_str_next_line(&text, &line)) {
		if (!line.n || (!facts && pf_str_starts(line, "total ")))
			continue;
		if (!(facts ? read_facts(&e, line) : read_long(&e, line)))
			return pf_fail(err, PF_ETRANSFER, "a list that is not understood: " PF_FMT,
				       PF_ARG(pf_shown(line)));
		if (take_entry(out, r, folder, &e, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- lists ---- */

static int get(struct pf_buf *out, struct pf_remote *r, struct pf_str path, const char *method,
	       bool folder, struct pf_err *err)
{
	struct pf_transfer t = { .body = PF_BUF(out->max), .max = out->max, .method = method };
	int rc;

	ask_for(&t, r, path, folder);
	pf_pool_start(r->pool, &t);
	rc = pf_pool_wait(r->pool, &t, err);
	if (rc == 0)
		*out = PF_TAKE(t.body);
	else if (method && t.status >= 500 && t.status <= 504)
		rc = 1;
	pf_transfer_free(r->pool, &t);
	return rc;
}

/* MLSD says what each is; servers that do not know it have LIST, in the form of ls -l. */
static int list_folder(struct pf_remote_files *out, struct pf_remote *r, struct pf_str folder,
		       struct pf_err *err)
{
	struct server *s = r->own;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_LISTING);
	int rc = get(&text, r, folder, s->ssh || s->no_mlsd ? NULL : "MLSD", true, err);

	if (rc == 1) {
		s->no_mlsd = true;
		rc = get(&text, r, folder, NULL, true, err);
	}
	return rc < 0 ? -1 : read_list(out, r, folder, pf_buf_view(&text), err);
}

/* Times are told by some, and by those to the minute: MLmodel, which holds when the model was made,
 * tells models apart. */
static int mark_model(struct pf_remote_files *files, struct pf_remote *r, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_remote_file *f = pf_tree_mlmodel(files);
	char hex[PF_SHA256_HEX];

	if (!f)
		return 0;
	if (get(&text, r, f->path, NULL, false, err) < 0)
		return -1;
	pf_sha256_hex(hex, text.p ? text.p : "", text.n);
	f->mark = pf_dup(&r->arena, pf_s(hex));
	f->bytes = pf_dup(&r->arena, pf_buf_view(&text));
	f->size = text.n;
	f->sized = true;
	return 0;
}

static int list(struct pf_remote_files *out, struct pf_remote *r, struct pf_err *err)
{
	struct server *s = r->own;

	*PF_PUSH(&r->arena, &s->folders) = PF_S("");
	for (size_t i = 0; i < s->folders.n; i++)
		if (list_folder(out, r, s->folders.v[i], err) < 0)
			return -1;
	return out->n ? mark_model(out, r, err) : pf_fail(err, PF_EMODEL, "nothing is there");
}

static int ask(struct pf_transfer *t, struct pf_remote *r, const struct pf_remote_file *file,
	       struct pf_err *err)
{
	(void)err;
	ask_for(t, r, file->path, false);
	return 0;
}

const struct pf_remote_kind pf_remote_server = {
	.schemes = { "ftp", "sftp" },
	.rules = PF_WHERE_HOST | PF_WHERE_USER | PF_WHERE_TEXT,
	.check = check,
	.open = open_server,
	.list = list,
	.ask = ask,
};
