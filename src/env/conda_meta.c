/* conda_meta.c - conda-meta/: what conda, mamba and pixi read of an environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/conda_meta.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/hasher.h"

/* ---- on its way to a file ---- */

#define PIECE PF_KIB(64)

/* Written piece by piece: what tells of thousands of files needs no room of its own. */
struct outgoing {
	struct pf_atomic file;
	struct pf_hasher hasher;
	struct pf_buf text; /* not written yet */
	uint64_t size;	    /* of what is */
	int rc;
	struct pf_err *err; /* set when rc is */
};

static int write_piece(struct outgoing *o)
{
	if (pf_buf_check(&o->text, o->file.path, o->err) < 0 ||
	    pf_write_fd(o->file.fd, o->text.p, o->text.n, o->err) < 0)
		return -1;
	pf_hasher_add(&o->hasher, o->text.p, o->text.n);
	o->size += o->text.n;
	o->text.n = 0;
	return o->size > PF_MAX_MANIFEST ? pf_fail(o->err, PF_ELIMIT, "%s is larger than %zu bytes",
						   o->file.path, (size_t)PF_MAX_MANIFEST)
					 : 0;
}

static void write_some(struct outgoing *o)
{
	if (o->rc == 0 && o->text.n >= PIECE)
		o->rc = write_piece(o);
}

static int begin(struct outgoing *o, int dir, const char *path, struct pf_err *err)
{
	*o = (struct outgoing){ .text = PF_BUF(PF_MAX_MANIFEST), .err = err };
	pf_hasher_start(&o->hasher);
	return pf_atomic_open(&o->file, dir, path, 0444, err);
}

static int finish(struct pf_found *f, struct outgoing *o)
{
	if (o->rc < 0 || write_piece(o) < 0)
		return -1;
	if (fchmod(o->file.fd, 0444) < 0) /* whatever the umask */
		return pf_fail_errno(o->err, "cannot protect %s", o->file.path);
	pf_hasher_text(&o->hasher, f->digest);
	f->mode = S_IFREG | 0444;
	f->size = o->size;
	return pf_atomic_commit(&o->file, o->err);
}

static void outgoing_free(struct outgoing *o)
{
	pf_atomic_free(&o->file);
	pf_hasher_free(&o->hasher);
	pf_buf_free(&o->text);
}

/* ---- the files ---- */

/* The kinds of files that conda names, and we know by where they came from. */
static const char *type_of(const struct pf_conda_part *part, const struct pf_conda_placed *one)
{
	if (one->entry)
		return "unix_python_entry_point";
	if (one->from == part->byte_code)
		return "pyc_file";
	return one->file->kind == PF_BUNDLED_LINK ? "softlink" : "hardlink";
}

static void put_digest(struct pf_json_out *w, const char *key, const char *digest)
{
	char hex[PF_SHA256_HEX];

	if (pf_sha256_text_hex(hex, digest))
		pf_json_field(w, key, pf_s(hex));
}

static void put_path(struct pf_json_out *w, const struct pf_conda_part *part,
		     const struct pf_conda_placed *one)
{
	const struct pf_bundled *f = one->file;
	bool replaced = f && f->more && f->kind != PF_BUNDLED_LINK;

	pf_json_open(w, '{');
	pf_json_field(w, "_path", one->place);
	pf_json_field(w, "path_type", pf_s(type_of(part, one)));
	if (f && one->from == part->package) {
		put_digest(w, "sha256", f->digest);
		put_digest(w, "sha256_in_prefix", replaced ? one->digest : f->digest);
		pf_json_key(w, "size_in_bytes");
		pf_json_int(w, (int64_t)f->size);
	}
	if (replaced) {
		pf_json_field(w, "file_mode",
			      pf_bundled_is(f, PF_BUNDLED_TEXT) ? PF_S("text") : PF_S("binary"));
		pf_json_field(w, "prefix_placeholder", pf_s(f->more));
	}
	if (f && pf_bundled_is(f, PF_BUNDLED_COPY)) {
		pf_json_key(w, "no_link");
		pf_json_bool(w, true);
	}
	pf_json_close(w, '}');
}

static void put_files(struct pf_json_out *w, struct outgoing *o, const struct pf_conda_part *part)
{
	pf_json_key(w, "files");
	pf_json_open(w, '[');
	for (size_t i = 0; i < part->placed.n; i++, write_some(o))
		if (part->placed.v[i].fate == PF_CONDA_TAKEN)
			pf_json_str(w, part->placed.v[i].place);
	pf_json_close(w, ']');
	pf_json_key(w, "paths_data");
	pf_json_open(w, '{');
	pf_json_key(w, "paths");
	pf_json_open(w, '[');
	for (size_t i = 0; i < part->placed.n; i++, write_some(o))
		if (part->placed.v[i].fate == PF_CONDA_TAKEN)
			put_path(w, part, &part->placed.v[i]);
	pf_json_close(w, ']');
	pf_json_key(w, "paths_version");
	pf_json_int(w, 1);
	pf_json_close(w, '}');
}

/* ---- the record ---- */

static void put_strings(struct pf_json_out *w, const char *key, const struct pf_strs *list)
{
	pf_json_key(w, key);
	pf_json_open(w, '[');
	for (size_t i = 0; i < list->n; i++)
		pf_json_str(w, list->v[i]);
	pf_json_close(w, ']');
}

static void put_texts(struct pf_json_out *w, const struct pf_conda_installed *it)
{
	static const char *const noarch[] = { [PF_NOARCH_GENERIC] = "generic",
					      [PF_NOARCH_PYTHON] = "python" };
	const struct pf_conda_record *r = it->record;
	const struct {
		const char *key;
		struct pf_str text;
	} texts[] = { { "name", r->name },
		      { "version", r->version },
		      { "build", r->build },
		      { "subdir", r->subdir },
		      { "channel", r->channel },
		      { "fn", r->fn },
		      { "url", it->url },
		      { "md5", r->md5 },
		      { "sha256", r->sha256 },
		      { "features", r->features },
		      { "license", r->license },
		      { "license_family", r->license_family },
		      { "noarch", pf_s(noarch[r->noarch]) },
		      { "python_site_packages_path", r->python_site_packages_path },
		      { "requested_spec", it->asked } };

	for (size_t i = 0; i < PF_COUNT(texts); i++)
		if (texts[i].text.n)
			pf_json_field(w, texts[i].key, texts[i].text);
}

static void put_numbers(struct pf_json_out *w, const struct pf_conda_record *r)
{
	pf_json_key(w, "build_number");
	pf_json_int(w, (int64_t)r->build_number);
	if (r->size) {
		pf_json_key(w, "size");
		pf_json_int(w, (int64_t)r->size);
	}
	if (r->timestamp) {
		pf_json_key(w, "timestamp");
		pf_json_int(w, (int64_t)r->timestamp);
	}
}

/* As conda numbers them. */
static int link_type(enum pf_link_mode mode)
{
	return mode == PF_LINK_HARD || mode == PF_LINK_SYMBOLIC ? 1 : 3;
}

static void put_link(struct pf_json_out *w, const struct pf_conda_meta *m,
		     const struct pf_conda_installed *it)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_str tree = pf_format(&a, "%s/tree", it->part->package->dir);

	pf_json_field(w, "extracted_package_dir", tree);
	pf_json_key(w, "link");
	pf_json_open(w, '{');
	pf_json_field(w, "source", tree);
	pf_json_key(w, "type");
	pf_json_int(w, link_type(m->mode));
	pf_json_close(w, '}');
}

static void put_record(struct pf_json_out *w, struct outgoing *o, const struct pf_conda_meta *m,
		       const struct pf_conda_installed *it)
{
	const struct pf_conda_record *r = it->record;
	struct pf_strs asked = { .v = (struct pf_str *)(uintptr_t)&it->asked,
				 .n = it->asked.n > 0 };

	pf_json_open(w, '{');
	put_texts(w, it);
	put_numbers(w, r);
	put_strings(w, "depends", &r->depends);
	put_strings(w, "constrains", &r->constrains);
	if (r->track_features.n)
		put_strings(w, "track_features", &r->track_features);
	put_strings(w, "requested_specs", &asked);
	put_link(w, m, it);
	put_files(w, o, it->part);
	pf_json_close(w, '}');
	pf_buf_char(w->buf, '\n');
}

/* ---- written ---- */

int pf_conda_meta_write(struct pf_conda_meta *m, size_t i, struct pf_err *err)
{
	struct outgoing o;
	struct pf_json_out w = { .buf = &o.text };
	int rc = begin(&o, m->dir, m->files[i].path.p, err);

	if (rc == 0) {
		put_record(&w, &o, m, &m->v[i]);
		rc = finish(&m->files[i], &o);
	}
	outgoing_free(&o);
	return rc;
}

/* ==> 2026-11-29 18:00:00 <==
 * # cmd: pyfunc-env
 * +conda-forge/linux-64::numpy-1.26.4-py311h64a7726_0
 * # update specs: ['numpy'] */
static void put_history(struct pf_buf *out, const struct pf_conda_installed *v, size_t n)
{
	time_t now = time(NULL);
	struct tm tm;
	char when[32] = "1970-01-01 00:00:00";
	size_t asked = 0;

	if (gmtime_r(&now, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	pf_buf_printf(out, "==> %s <==\n# cmd: pyfunc-env " PACKAGE_VERSION "\n", when);
	for (size_t i = 0; i < n; i++) {
		const struct pf_conda_record *r = v[i].record;
		struct pf_str channel = r->channel_name.n ? r->channel_name : r->channel;

		pf_buf_printf(out, "+" PF_FMT "%s" PF_FMT "::" PF_FMT "-" PF_FMT "-" PF_FMT "\n",
			      PF_ARG(channel), channel.n ? "/" : "", PF_ARG(r->subdir),
			      PF_ARG(r->name), PF_ARG(r->version), PF_ARG(r->build));
	}
	for (size_t i = 0; i < n; i++)
		if (v[i].asked.n && pf_str_find(v[i].asked, '\'') == PF_NPOS &&
		    pf_str_find(v[i].asked, '\\') == PF_NPOS)
			pf_buf_printf(out, "%s'" PF_FMT "'", asked++ ? ", " : "# update specs: [",
				      PF_ARG(v[i].asked));
	if (asked)
		pf_buf_cstr(out, "]\n");
}

static int write_history(struct pf_found_list *list, struct pf_conda_meta *m, struct pf_err *err)
{
	struct pf_found f = { .path = PF_S("conda-meta/history") };
	struct outgoing o;
	int rc = begin(&o, m->dir, f.path.p, err);

	if (rc == 0) {
		put_history(&o.text, m->v, m->n);
		rc = finish(&f, &o);
	}
	outgoing_free(&o);
	if (rc == 0)
		*PF_PUSH(&list->arena, &list->files) = f;
	return rc;
}

void pf_conda_meta_begin(struct pf_conda_meta *m, struct pf_arena *a)
{
	m->files = pf_alloc_array(a, m->n, sizeof(*m->files));
	for (size_t i = 0; i < m->n; i++)
		m->files[i].path = pf_format(a, "conda-meta/" PF_FMT "-" PF_FMT "-" PF_FMT ".json",
					     PF_ARG(m->v[i].record->name),
					     PF_ARG(m->v[i].record->version),
					     PF_ARG(m->v[i].record->build));
}

int pf_conda_meta_end(struct pf_found_list *list, struct pf_conda_meta *m, struct pf_err *err)
{
	for (size_t i = 0; i < m->n; i++) {
		struct pf_found *f = PF_PUSH(&list->arena, &list->files);

		*f = m->files[i];
		f->path = pf_dup(&list->arena, f->path);
	}
	return write_history(list, m, err);
}
