/* reqfile.c - requirements and constraints files, read as pip reads them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqfile.h"

#include <errno.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "req/reqlines.h"
#include "req/reqneed.h"
#include "req/reqpolicy.h"
#include "req/reqwish.h"

struct reader {
	struct pf_needs *needs;
	struct pf_arena *a;
	int root;
	const struct pf_reqfile_how *how; /* NULL: the file is a stranger's */
	unsigned includes;
	size_t bytes;
	struct pf_err *err;
};

/* A file that is being read, and the one that includes it. */
struct frame {
	const struct frame *parent;
	struct pf_str file;	/* below the root */
	unsigned line;		/* where it includes another just now */
	unsigned depth;
	unsigned fixed_line;	/* all of the text counts as this line; 0: it does not */
	bool constraint;
};

static int read_file(struct reader *r, struct frame *f);

static int in_line(struct reader *r, const struct frame *f, unsigned line)
{
	struct pf_str file = pf_shown(f->file);

	return pf_wrap(r->err, PF_FMT ", line %u", PF_ARG(file), line);
}

static struct pf_str dir_of(struct pf_str file)
{
	size_t slash = pf_str_rfind(file, '/');

	return pf_str_cut(file, 0, slash == PF_NPOS ? 0 : slash);
}

/* ---- includes ---- */

static bool is_remote(struct pf_str path)
{
	static const char *const schemes[] = { "http", "https", "file", NULL };

	return pf_str_in_any_case(pf_url_scheme(path), schemes);
}

static int fail_cycle(struct reader *r, const struct frame *f, struct pf_str file)
{
	struct pf_buf chain = PF_BUF(PF_MAX_SHOWN * (PF_MAX_INCLUDE_DEPTH + 2));
	struct pf_str shown = pf_shown(file);

	pf_buf_str(&chain, shown);
	for (;; f = f->parent) {
		pf_buf_cstr(&chain, ", included by ");
		pf_buf_str(&chain, pf_shown(f->file));
		if (pf_str_eq(f->file, file))
			break;
	}
	pf_fail(r->err, PF_EMODEL, "'" PF_FMT "' includes itself (" PF_FMT ")", PF_ARG(shown),
		PF_ARG(pf_buf_view(&chain)));
	pf_buf_free(&chain);
	return -1;
}

static int include(struct reader *r, struct frame *f, struct pf_str path, bool constraint,
		   unsigned line)
{
	struct frame child = { .parent = f, .depth = f->depth + 1, .constraint = constraint };
	struct pf_str text = pf_format(r->a, "-%c " PF_FMT, constraint ? 'c' : 'r', PF_ARG(path));

	if (r->root < 0 || is_remote(path) ||
	    !pf_reqpath_join(&child.file, r->a, dir_of(f->file), path)) {
		pf_policy_note(r->needs, r->a, PF_ASKED_INCLUDE, text, f->file, line);
		return 0;
	}
	for (const struct frame *p = f; p; p = p->parent)
		if (pf_str_eq(p->file, child.file))
			return fail_cycle(r, f, child.file);
	if (child.depth > PF_MAX_INCLUDE_DEPTH || ++r->includes > PF_MAX_REQ_INCLUDES)
		return pf_fail(r->err, PF_ELIMIT, "more than %d files included%s",
			       child.depth > PF_MAX_INCLUDE_DEPTH ? PF_MAX_INCLUDE_DEPTH :
								    PF_MAX_REQ_INCLUDES,
			       child.depth > PF_MAX_INCLUDE_DEPTH ? " one by another" : "");
	f->line = line;
	if (read_file(r, &child) == 0)
		return 0;
	if (child.line || (errno != EXDEV && errno != ELOOP))
		return -1;
	pf_policy_note(r->needs, r->a, PF_ASKED_INCLUDE, text, f->file, line);
	return 0;
}

/* ---- lines ---- */

static int take_hashes(struct pf_need *need, struct reader *r, const struct pf_reqopts *o)
{
	for (size_t i = 0; i < o->n && !need->editable; i++) {
		struct pf_str hash = o->v[i].value, shown = pf_shown(hash);

		if (o->v[i].kind != PF_OPT_HASH)
			continue;
		if (!r->how && !pf_policy_is_digest(hash))
			return pf_fail(r->err, PF_EMODEL, "'" PF_FMT "' is not a digest "
				       "(its length or its digits are wrong)", PF_ARG(shown));
		*PF_PUSH(r->a, &need->hashes) = hash;
	}
	r->needs->require_hashes |= need->hashes.n != 0;
	return 0;
}

/* Reads the text of a requirement; where ${VAR} or ~ stands in it, it may stay unread. */
static int read_need(struct pf_need *need, struct reader *r, bool variable)
{
	struct pf_need blank = *need;
	bool outside = false;

	if (!r->how && pf_str_starts(need->text, "~")) {
		pf_policy_note(r->needs, r->a, PF_ASKED_VAR, need->text, need->file, need->line);
		return 0;
	}
	if (pf_need_read(need, &outside, r->a, r->root, r->err) == 0) {
		pf_policy_note_need(r->needs, r->a, need, outside, r->root);
		need->parsed &= !variable;
		return 0;
	}
	*need = blank;
	if (r->how && r->how->invalid)
		r->how->invalid(need, r->err, r->how->ctx);
	else if (!variable)
		return -1;
	return 0;
}

static int add_need(struct reader *r, const struct frame *f, struct pf_str text,
		    const struct pf_reqopts *o, unsigned line, bool variable)
{
	struct pf_need need = { .text = text, .file = f->file, .line = line,
				.constraint = f->constraint };

	if (r->needs->pip.n >= PF_MAX_REQUIREMENTS)
		return pf_fail(r->err, PF_ELIMIT, "more than %d requirements", PF_MAX_REQUIREMENTS);
	need.editable = pf_reqopts_have(o, PF_OPT_EDITABLE);
	if (!text.n)
		need.text = pf_str_trim(*pf_reqopts_first(o, PF_OPT_EDITABLE));
	if (take_hashes(&need, r, o) < 0 || read_need(&need, r, variable) < 0)
		return -1;
	*PF_PUSH(r->a, &r->needs->pip) = need;
	return 0;
}

/* Puts values in place of ${VAR}; what is not known stays as it is. */
static struct pf_str expand(struct reader *r, struct pf_str line)
{
	struct pf_buf b = PF_BUF(PF_MAX_REQ_LINE * 4);
	struct pf_str name, out;
	size_t at;

	while ((at = pf_reqlines_variable(line, &name)) != PF_NPOS) {
		const char *value = r->how->variable(pf_dupz(r->a, name), r->how->ctx);

		pf_buf_str(&b, pf_str_cut(line, 0, at));
		if (value && *value)
			pf_buf_cstr(&b, value);
		else
			pf_buf_str(&b, pf_str_cut(line, at, at + name.n + 3));
		line = pf_str_skip(line, at + name.n + 3);
	}
	pf_buf_str(&b, line);
	out = pf_dup(r->a, pf_buf_view(&b));
	pf_buf_free(&b);
	return out;
}

static int read_line(struct reader *r, struct frame *f, struct pf_str line, unsigned number)
{
	struct pf_str args, text, name;
	struct pf_reqopts o = { 0 };
	bool variable = pf_reqlines_variable(line, &name) != PF_NPOS, alone;
	const struct pf_str *file, *constraint;

	if (variable && r->how && r->how->variable) {
		line = expand(r, line);
		variable = false;
	} else if (variable) {
		pf_policy_note(r->needs, r->a, PF_ASKED_VAR, line, f->file, number);
	}
	pf_reqopts_break(&args, &text, line);
	if (pf_reqopts_parse(&o, r->a, text, r->err) < 0)
		return -1;
	file = pf_reqopts_first(&o, PF_OPT_REQUIREMENT);
	constraint = pf_reqopts_first(&o, PF_OPT_CONSTRAINT);
	alone = !args.n && !pf_reqopts_have(&o, PF_OPT_EDITABLE);
	/* An include is nothing but that: the reference reads no other option of its line. */
	if (alone && (file || constraint))
		return include(r, f, file ? *file : *constraint, !file, number);
	pf_policy_note_options(r->needs, r->a, &o, f->file, number);
	if (pf_wish_add(&r->needs->wish, r->a, &o, alone, dir_of(f->file), r->root, r->err) < 0)
		return -1;
	if (!alone)
		return add_need(r, f, pf_str_trim(args), &o, number, variable);
	r->needs->require_hashes |= pf_reqopts_have(&o, PF_OPT_REQUIRE_HASHES);
	return 0;
}

static int read_text(struct reader *r, struct frame *f, struct pf_str bytes)
{
	struct pf_reqlines lines = { .a = r->a };
	struct pf_str line, shown = pf_shown(f->file);
	unsigned number = 0;
	int got;

	if (pf_reqlines_decode(&lines.rest, r->a, bytes, r->err) < 0)
		return pf_wrap(r->err, PF_FMT, PF_ARG(shown));
	while ((got = pf_reqlines_next(&line, &number, &lines, r->err)) > 0) {
		number = f->fixed_line ? f->fixed_line : number;
		if (!r->how && pf_str_find(line, '\0') != PF_NPOS)
			got = pf_fail(r->err, PF_EMODEL, "a NUL byte");
		else
			got = read_line(r, f, line, number);
		if (got < 0)
			return in_line(r, f, number);
	}
	if (got < 0)
		return pf_wrap(r->err, PF_FMT, PF_ARG(shown));
	if (lines.cut)
		pf_policy_note(r->needs, r->a, PF_ASKED_OTHER,
			       PF_S("a line that continues past the end of the file"), f->file,
			       number);
	return 0;
}

/* Leaves errno as opening left it when it was that which failed, and then frame->line 0. */
static int read_file(struct reader *r, struct frame *f)
{
	struct pf_buf bytes = PF_BUF(PF_MAX_TEXT_FILE);
	PF_FD(fd) = pf_open_beneath(r->root, f->file.n ? f->file.p : ".", r->err);
	struct pf_str text;
	int got, saved = errno;

	if (fd < 0) {
		if (f->parent && r->err->code == PF_EIO && (saved == ENOENT || saved == ENOTDIR))
			pf_fail(r->err, PF_EMODEL, "there is no file '" PF_FMT "'",
				PF_ARG(pf_shown(f->file)));
		errno = saved;
		return -1;
	}
	f->line = 1;
	got = pf_read_fd(&bytes, fd, f->file.p, r->err);
	r->bytes += bytes.n;
	if (got == 0 && r->bytes > PF_MAX_REQ_BYTES)
		got = pf_fail(r->err, PF_ELIMIT, "more than %zu bytes of requirements",
			      PF_MAX_REQ_BYTES);
	text = got < 0 ? (struct pf_str){ 0 } : pf_dup(r->a, pf_buf_view(&bytes));
	pf_buf_free(&bytes);
	return got < 0 ? -1 : read_text(r, f, text);
}

static int read_root(struct reader *r, const char *path, bool constraint)
{
	struct frame f = { .constraint = constraint };

	if (!pf_reqpath_join(&f.file, r->a, PF_S(""), pf_s(path)))
		return pf_fail(r->err, PF_EMODEL, "%s leads out of its directory", path);
	return read_file(r, &f);
}

int pf_reqfile_read(struct pf_needs *needs, struct pf_arena *a, int root, const char *path,
		    bool constraint, struct pf_err *err)
{
	struct reader r = { .needs = needs, .a = a, .root = root, .err = err };

	return read_root(&r, path, constraint);
}

int pf_reqfile_read_how(struct pf_needs *needs, struct pf_arena *a, int root, const char *path,
			const struct pf_reqfile_how *how, struct pf_err *err)
{
	struct reader r = { .needs = needs, .a = a, .root = root, .how = how, .err = err };

	return read_root(&r, path, false);
}

int pf_reqfile_read_text(struct pf_needs *needs, struct pf_arena *a, int root, struct pf_str text,
			 struct pf_str file, bool constraint, struct pf_err *err)
{
	struct reader r = { .needs = needs, .a = a, .root = root, .err = err };
	struct frame f = { .file = file, .constraint = constraint };

	return read_text(&r, &f, pf_dup(a, text));
}

int pf_req_line(struct pf_needs *needs, struct pf_arena *a, struct pf_str line, struct pf_str file,
		unsigned number, int root, struct pf_err *err)
{
	struct reader r = { .needs = needs, .a = a, .root = root, .err = err };
	struct frame f = { .file = file, .fixed_line = number };

	return read_text(&r, &f, pf_dup(a, line));
}
