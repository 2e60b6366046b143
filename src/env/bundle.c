/* bundle.c - a folder of the cache: files to be linked into environments, and the list of them */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/boot.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "env/manifest.h"

#define FIRST "pyfunc-env bundle 1"
static const char SCHEME_LETTERS[] = "rpshdeny", KIND_LETTERS[] = "fxsltTbBcC";

/* Parts of a path that name its scheme. */
static const unsigned char SCHEME_PARTS[PF_SCHEMES] = {
	[PF_SCHEME_LIB] = 2,  [PF_SCHEME_SCRIPTS] = 2, [PF_SCHEME_HEADERS] = 2,
	[PF_SCHEME_DATA] = 2, [PF_SCHEME_SITE] = 1,    [PF_SCHEME_BIN] = 1,
};

void pf_bundle_free(struct pf_bundle *b)
{
	pf_arena_free(&b->arena);
	pf_buf_free(&b->text);
	memset(b, 0, sizeof(*b));
}

mode_t pf_bundled_mode(enum pf_bundled_kind kind)
{
	if (kind >= PF_BUNDLED_TEXT)
		return (kind - PF_BUNDLED_TEXT) & 1 ? 0555 : 0444;
	return kind == PF_BUNDLED_PLAIN || kind == PF_BUNDLED_LINK ? 0444 : 0555;
}

bool pf_bundled_is(const struct pf_bundled *f, enum pf_bundled_kind kind)
{
	return f->kind == kind || (kind >= PF_BUNDLED_TEXT && f->kind == kind + 1);
}

/* Its line has one field more. */
static bool has_more(enum pf_bundled_kind kind)
{
	return kind >= PF_BUNDLED_LINK && kind < PF_BUNDLED_COPY;
}

const char *pf_scheme_path(enum pf_scheme scheme, const char *path)
{
	const char *at = path;

	for (unsigned i = 0; i < SCHEME_PARTS[scheme]; i++) {
		at = strchr(at, '/');
		if (!at)
			return path;
		at++;
	}
	return at;
}

/* ---- write ---- */

static int by_place(const void *l, const void *r)
{
	const struct pf_bundled *x = l, *y = r;

	return x->scheme != y->scheme ? (int)x->scheme - (int)y->scheme : strcmp(x->to, y->to);
}

/* Folders above `to` that `before`, its neighbour in the order, was not in. */
static size_t write_dirs(struct pf_buf *out, enum pf_scheme scheme, const char *to,
			 const char *before)
{
	size_t count = 0;

	for (const char *slash = strchr(to, '/'); slash; slash = strchr(slash + 1, '/')) {
		size_t n = (size_t)(slash - to);

		if (strncmp(to, before, n + 1) == 0)
			continue;
		pf_buf_printf(out, "d\t%c\t%.*s\n", SCHEME_LETTERS[scheme], (int)n, to);
		count++;
	}
	return count;
}

static size_t count_lines(struct pf_str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.n; i++)
		count += text.p[i] == '\n';
	return count;
}

int pf_bundle_write(int dir, struct pf_str head, struct pf_bundled *files, size_t n,
		    struct pf_err *err)
{
	PF_AUTO(buf) out = PF_BUF(PF_MAX_MANIFEST);
	size_t lines = n + count_lines(head);
	char mark[64];

	if (n)
		qsort(files, n, sizeof(*files), by_place);
	pf_buf_printf(&out, "%s\n" PF_FMT, FIRST, PF_ARG(head));
	for (size_t i = 0; i < n; i++)
		lines += write_dirs(&out, files[i].scheme, files[i].to,
				    i && files[i - 1].scheme == files[i].scheme ? files[i - 1].to
										: "");
	for (size_t i = 0; i < n; i++)
		pf_buf_printf(&out, "%c\t%c\t%llu\t%s\t%s%s%s\n", KIND_LETTERS[files[i].kind],
			      SCHEME_LETTERS[files[i].scheme], (unsigned long long)files[i].size,
			      files[i].digest, has_more(files[i].kind) ? files[i].more : "",
			      has_more(files[i].kind) ? "\t" : "", files[i].path);
	pf_buf_printf(&out, "end\t%zu\n", lines);
	if (pf_buf_check(&out, "a manifest", err) < 0 ||
	    pf_write_atomic(dir, pf_boot_mark(mark), PF_S(""), 0444, err) < 0)
		return -1;
	return pf_write_atomic(dir, "manifest", pf_buf_view(&out), 0444, err);
}

/* ---- read ---- */

/* Cuts a line into exactly n texts, each ended in place. */
static bool take_fields(char **out, size_t n, char *line)
{
	for (size_t i = 0; i < n; i++) {
		char *tab = strchr(line, '\t');

		out[i] = line;
		if (!tab)
			return i + 1 == n;
		if (i + 1 == n)
			return false;
		*tab = '\0';
		line = tab + 1;
	}
	return false;
}

static bool take_scheme(enum pf_scheme *out, const char *letter)
{
	const char *at = *letter && !letter[1] ? strchr(SCHEME_LETTERS, *letter) : NULL;

	if (!at)
		return false;
	*out = (enum pf_scheme)(at - SCHEME_LETTERS);
	return true;
}

static bool take_wheel(struct pf_bundle *b, char *rest)
{
	char *f[5];

	if (!take_fields(f, PF_COUNT(f), rest))
		return false;
	b->name = f[0];
	b->version = f[1];
	b->shown = f[2];
	b->info = f[3];
	b->lenient = strcmp(f[4], "lenient") == 0;
	return true;
}

static bool take_conda(struct pf_bundle *b, char *rest)
{
	char *f[6];

	if (!take_fields(f, PF_COUNT(f), rest))
		return false;
	b->name = f[0];
	b->version = f[1];
	b->build = f[2];
	b->subdir = f[3];
	b->noarch = f[4];
	b->site = f[5];
	return true;
}

static bool take_entry(struct pf_bundle *b, char *rest)
{
	char *f[4];

	if (!take_fields(f, PF_COUNT(f), rest))
		return false;
	*PF_PUSH(&b->arena, &b->entries) = (struct pf_entry_point){
		.name = f[1],
		.module = f[2],
		.object = f[3],
		.gui = strcmp(f[0], "gui") == 0,
	};
	return true;
}

static bool take_dir(struct pf_bundle *b, char *rest)
{
	struct pf_bundled d = { 0 };
	char *f[2];

	if (!take_fields(f, PF_COUNT(f), rest) || !take_scheme(&d.scheme, f[0]))
		return false;
	d.path = d.to = f[1];
	*PF_PUSH(&b->arena, &b->dirs) = d;
	return true;
}

static bool take_file(struct pf_bundle *b, char kind, char *rest)
{
	const char *letter = strchr(KIND_LETTERS, kind);
	struct pf_bundled d = { 0 };
	size_t n = 4;
	char *f[5];

	if (!letter)
		return false;
	d.kind = (enum pf_bundled_kind)(letter - KIND_LETTERS);
	n += has_more(d.kind);
	if (!take_fields(f, n, rest) || !take_scheme(&d.scheme, f[0]) ||
	    !pf_str_u64(pf_s(f[1]), &d.size) || strlen(f[2]) != PF_SHA256_TEXT - 1)
		return false;
	d.digest = f[2];
	d.more = has_more(d.kind) ? f[3] : NULL;
	d.path = f[n - 1];
	d.to = pf_scheme_path(d.scheme, d.path);
	*PF_PUSH(&b->arena, &b->files) = d;
	return true;
}

static bool take_line(struct pf_bundle *b, char *line)
{
	char *rest = strchr(line, '\t');

	if (!rest || rest == line)
		return false;
	*rest++ = '\0';
	if (strcmp(line, "wheel") == 0)
		return take_wheel(b, rest);
	if (strcmp(line, "conda") == 0)
		return take_conda(b, rest);
	if (strcmp(line, "entry") == 0)
		return take_entry(b, rest);
	if (strcmp(line, "d") == 0)
		return take_dir(b, rest);
	return !line[1] && take_file(b, *line, rest);
}

/* Every line is ended in place: the text's own end is one too. */
static bool take_text(struct pf_bundle *b)
{
	char *line = b->text.p, *end;
	uint64_t lines = 0, said;

	if (!line || !pf_str_starts(pf_buf_view(&b->text), FIRST "\n"))
		return false;
	for (line += sizeof(FIRST); (end = strchr(line, '\n')); line = end + 1, lines++) {
		*end = '\0';
		if (strncmp(line, "end\t", 4) == 0)
			return !end[1] && pf_str_u64(pf_s(line + 4), &said) && said == lines;
		if (!take_line(b, line))
			return false;
	}
	return false;
}

static bool is_damaged_link(const struct pf_bundled *f, int tree)
{
	char target[PF_MAX_PATH];
	ssize_t n = readlinkat(tree, f->path, target, sizeof(target));

	return n < 0 || !pf_str_eq(pf_s(f->more), (struct pf_str){ target, (size_t)n });
}

static bool is_damaged_file(const struct pf_bundled *f, int tree, bool deep)
{
	char hex[PF_SHA256_HEX], known[PF_SHA256_HEX];
	struct pf_err ignored;
	struct stat st;

	if (fstatat(tree, f->path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size != f->size)
		return true;
	return deep && (pf_sha256_at(hex, tree, f->path, &ignored) < 0 ||
			!pf_sha256_text_hex(known, f->digest) || strcmp(hex, known) != 0);
}

/* NULL, or the file that is not what the manifest says. */
static const char *find_damaged(const struct pf_bundle *b, int tree, bool deep)
{
	for (size_t i = 0; i < b->files.n; i++) {
		const struct pf_bundled *f = &b->files.v[i];

		if (f->kind == PF_BUNDLED_LINK ? is_damaged_link(f, tree)
					       : is_damaged_file(f, tree, deep))
			return f->path;
	}
	return NULL;
}

static bool is_whole(const struct pf_bundle *b, int dir, bool deep)
{
	PF_FD(tree) = -1;
	const char *damaged;
	char mark[64];
	int fd;

	if (faccessat(dir, pf_boot_mark(mark), F_OK, 0) == 0 && !deep)
		return true;
	tree = openat(dir, "tree", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	damaged = tree < 0 ? "tree" : find_damaged(b, tree, deep);
	if (damaged) {
		pf_warn("%s is damaged (%s): it is made again", b->dir, damaged);
		return false;
	}
	fd = openat(dir, mark, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0444);
	if (fd >= 0)
		close(fd);
	return true;
}

int pf_bundle_load(struct pf_bundle *out, const char *dir, bool deep, struct pf_err *err)
{
	PF_AUTO(bundle) b = { .text = PF_BUF(PF_MAX_MANIFEST) };
	PF_FD(fd) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", dir);
	b.dir = pf_dupz(&b.arena, pf_s(dir));
	if (pf_read_file(&b.text, fd, "manifest", err) < 0 && errno != ENOENT)
		return -1;
	if (!take_text(&b)) {
		pf_warn("%s is damaged (its manifest): it is made again", dir);
		return 0;
	}
	if (!is_whole(&b, fd, deep))
		return 0;
	*out = PF_TAKE(b);
	return 1;
}
