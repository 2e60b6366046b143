/* seal.c - scripts and RECORD files rewritten for the place where the environment will stay */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "env/walk.h"
#include "formats/digest.h"

size_t pf_seal_text(struct pf_buf *out, struct pf_str text, const char *from, const char *to)
{
	size_t at, count = 0;

	while ((at = pf_str_find_str(text, from)) != PF_NPOS) {
		pf_buf_str(out, pf_str_cut(text, 0, at));
		pf_buf_cstr(out, to);
		text = pf_str_skip(text, at + strlen(from));
		count++;
	}
	pf_buf_str(out, text);
	return count;
}

/* Where the path is too long or holds a blank, installers write a shell's line:
 *   #!/bin/sh
 *   '''exec' "/path/bin/python" "$0" "$@"
 * pip's has quotes around the path that a quote, a dollar or a backslash in it breaks. */
static void fix_shell_line(struct pf_buf *script, const char *python)
{
	static const char head[] = "#!/bin/sh\n'''exec' \"";
	struct pf_str text = pf_buf_view(script), rest;
	struct pf_buf fixed = PF_BUF(script->max);
	size_t end = pf_str_find_str(text, "\" \"$0\" \"$@\"\n");

	if (!pf_str_starts(text, head) || end == PF_NPOS)
		return;
	rest = pf_str_skip(text, end + 1);
	pf_buf_cstr(&fixed, "#!/bin/sh\n'''exec' '");
	for (; *python; python++)
		if (*python == '\'')
			pf_buf_cstr(&fixed, "'\\''");
		else
			pf_buf_char(&fixed, *python);
	pf_buf_char(&fixed, '\'');
	pf_buf_str(&fixed, rest);
	pf_buf_free(script);
	*script = fixed;
}

/* ---- RECORD: "path,sha256=BASE64URL,SIZE", the path quoted where it holds a comma ---- */

struct pf_str pf_seal_place(struct pf_arena *a, struct pf_str site, struct pf_str path)
{
	while (pf_str_starts(path, "../")) {
		size_t slash = pf_str_rfind(site, '/');

		if (!site.n)
			return site;
		site = slash == PF_NPOS ? PF_S("") : pf_str_cut(site, 0, slash);
		path = pf_str_skip(path, 3);
	}
	return pf_format(a, PF_FMT "%s" PF_FMT, PF_ARG(site), site.n ? "/" : "", PF_ARG(path));
}

/* One RECORD: the lines of the files in `changed` (path relative to the environment, to its new
 * bytes as a struct pf_str *) get their new digest and size. `site`: where RECORD's paths begin. */
static void seal_record(struct pf_buf *out, struct pf_str record, struct pf_str site,
			const struct pf_map *changed)
{
	struct pf_str rest = record, line;
	struct pf_arena a = { 0 };

	while (pf_str_next_line(&rest, &line)) {
		size_t size_at = pf_str_rfind(line, ','), hash_at;
		struct pf_str path, *bytes;
		char digest[PF_DIGEST_TEXT];

		hash_at = pf_str_rfind(pf_str_cut(line, 0, size_at), ',');
		path = pf_str_cut(line, 0, hash_at);
		bytes = hash_at == PF_NPOS || path.p[0] == '"' ?
				NULL : pf_map_get(changed, pf_seal_place(&a, site, path));
		if (!bytes || size_at == hash_at + 1) {
			pf_buf_str(out, line);
		} else {
			(void)pf_digest_text(digest, PF_S("sha256"), bytes->p, bytes->n);
			pf_buf_printf(out, PF_FMT ",sha256=%s,%zu", PF_ARG(path), digest, bytes->n);
		}
		pf_buf_char(out, '\n');
	}
	pf_arena_free(&a);
}

/* ---- the tree ---- */

struct sealing {
	int dir;
	const char *from, *to, *python;
	struct pf_found_list list;
	struct pf_map changed;	/* path to struct pf_str * of its new bytes */
};

int pf_seal_replace(int dir, const char *path, struct pf_str bytes, struct pf_err *err)
{
	struct stat st;

	if (fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return pf_fail_errno(err, "cannot look at %s", path);
	if (pf_write_atomic(dir, path, bytes, st.st_mode & 0777, err) < 0)
		return -1;
	return utimensat(dir, path, (struct timespec[]){ st.st_atim, st.st_mtim }, 0) < 0 ?
		       pf_fail_errno(err, "cannot set the time of %s", path) :
		       0;
}

/* What an installer's own start of the interpreter left: compiled again at the final place. */
static bool is_byte_code(struct pf_str path)
{
	return pf_str_ends(path, ".pyc") && pf_str_find_str(path, "__pycache__/") != PF_NPOS;
}

static int rewrite_one(struct sealing *s, const struct pf_found *f, struct pf_str text,
		       struct pf_err *err)
{
	struct pf_buf out = PF_BUF(PF_MAX_SCRIPT * 2);
	int rc = 0;

	if (pf_str_find_str(text, s->from) == PF_NPOS)
		return 0;
	if (is_byte_code(f->path))
		return unlinkat(s->dir, f->path.p, 0) < 0 ?
			       pf_fail_errno(err, "cannot remove %s", f->path.p) : 0;
	if (pf_str_find(text, '\0') != PF_NPOS || text.n > PF_MAX_SCRIPT) {
		/* in byte code, tracebacks show it and nothing else does */
		(pf_str_ends(f->path, ".pyc") ? pf_debug : pf_warn)(
			"%s holds the path of the place where it was built", f->path.p);
		return 0;
	}
	pf_seal_text(&out, text, s->from, s->to);
	if (pf_str_starts(f->path, "bin/"))
		fix_shell_line(&out, s->python);
	rc = pf_buf_check(&out, f->path.p, err);
	if (rc == 0)
		rc = pf_seal_replace(s->dir, f->path.p, pf_buf_view(&out), err);
	if (rc == 0) {
		struct pf_str *kept = pf_alloc(&s->list.arena, sizeof(*kept));

		*kept = pf_dup(&s->list.arena, pf_buf_view(&out));
		*pf_map_put(&s->list.arena, &s->changed, f->path) = kept;
	}
	pf_buf_free(&out);
	return rc;
}

static int look_at(struct sealing *s, const struct pf_found *f, struct pf_err *err)
{
	PF_FD(fd) = -1;
	void *p;
	int rc;

	if (!S_ISREG(f->mode) || !f->size)
		return 0;
	fd = openat(s->dir, f->path.p, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", f->path.p);
	p = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return pf_fail_errno(err, "cannot read %s", f->path.p);
	rc = rewrite_one(s, f, (struct pf_str){ p, f->size }, err);
	munmap(p, f->size);
	return rc;
}

static int update_record(struct sealing *s, const struct pf_found *f, struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_SCRIPT), out = PF_BUF(PF_MAX_SCRIPT * 2);
	struct pf_str site = pf_str_cut(f->path, 0, pf_str_rfind(f->path, '/'));
	int rc = pf_read_file(&text, s->dir, f->path.p, err);

	site = pf_str_cut(site, 0, pf_str_rfind(site, '/'));
	if (rc == 0)
		seal_record(&out, pf_buf_view(&text), site, &s->changed);
	if (rc == 0)
		rc = pf_buf_check(&out, f->path.p, err);
	if (rc == 0 && !pf_str_eq(pf_buf_view(&out), pf_buf_view(&text)))
		rc = pf_seal_replace(s->dir, f->path.p, pf_buf_view(&out), err);
	pf_buf_free(&text);
	pf_buf_free(&out);
	return rc;
}

int pf_seal(int dir, const char *from, const char *to, const char *python, struct pf_err *err)
{
	struct sealing s = { .dir = dir, .from = from, .to = to, .python = python };
	int rc = pf_walk(&s.list, dir, err);

	for (size_t i = 0; rc == 0 && i < s.list.files.n; i++)
		rc = look_at(&s, &s.list.files.v[i], err);
	for (size_t i = 0; rc == 0 && s.changed.entries.n && i < s.list.files.n; i++)
		if (pf_str_ends(s.list.files.v[i].path, ".dist-info/RECORD"))
			rc = update_record(&s, &s.list.files.v[i], err);
	pf_found_list_free(&s.list);
	return rc;
}
