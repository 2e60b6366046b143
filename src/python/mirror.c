/* mirror.c - a standalone interpreter fetched from a mirror into the store */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/mirror.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "fetch/fetch.h"
#include "formats/hasher.h"
#include "python/query.h"

#ifdef __GLIBC__
#define LIBC "gnu"
#else
#define LIBC "musl"
#endif

struct mirror {
	struct pf_arena *a;
	const struct pf_opts *o;
	const char *dir;	/* a local one, or NULL */
	const char *url;	/* without a final slash, or NULL */
	struct pf_build best;	/* file is empty when there is none */
};

/* ---- names ---- */

static bool take_suffix(struct pf_str *s, const char *suffix)
{
	if (!pf_str_ends(*s, suffix))
		return false;
	s->n -= strlen(suffix);
	return true;
}

bool pf_build_read(struct pf_build *out, struct pf_str file)
{
	struct pf_build b = { .file = file };
	struct pf_wanted w;
	struct utsname u;
	struct pf_str rest = file, version;
	struct pf_err ignored;
	char triple[128];
	size_t plus;

	if (uname(&u) < 0 || !pf_str_starts(rest, "cpython-"))
		return false;
	rest = pf_str_skip(rest, strlen("cpython-"));
	b.stripped = take_suffix(&rest, "-install_only_stripped.tar.gz");
	if (!b.stripped && !take_suffix(&rest, "-install_only.tar.gz"))
		return false;
	snprintf(triple, sizeof(triple), "-%s-unknown-linux-" LIBC, u.machine);
	plus = pf_str_find(rest, '+');
	if (!take_suffix(&rest, triple) || plus == PF_NPOS || plus >= rest.n)
		return false;
	version = pf_str_cut(rest, 0, plus);
	b.date = pf_str_skip(rest, plus + 1);
	if (pf_wanted_read(&w, version, &ignored) < 0 || !w.exact || !b.date.n)
		return false;
	for (size_t i = 0; i < b.date.n; i++)
		if (!pf_is_alnum(b.date.p[i]))
			return false;
	b.is = (struct pf_python){ .version = version, .major = w.major, .minor = w.minor,
				   .micro = w.micro };
	*out = b;
	return true;
}

/* The better of two that fit: the version, then the date, then the stripped one. */
static bool is_better(const struct pf_build *a, const struct pf_build *b)
{
	uint64_t l = pf_wanted_rank(&a->is), r = pf_wanted_rank(&b->is);
	int date = pf_str_cmp(a->date, b->date);

	if (l != r)
		return l > r;
	return date ? date > 0 : a->stripped && !b->stripped;
}

/* ---- what the mirror has ---- */

static bool fits(const struct mirror *m, const struct pf_wanted *w, const struct pf_build *b)
{
	return pf_wanted_is(w, &b->is) || (!m->o->strict_python && pf_wanted_admits(w, &b->is));
}

static void consider(struct mirror *m, const struct pf_wanted *w, struct pf_str file,
		     struct pf_str sha256)
{
	struct pf_build b;
	bool exact;

	if (!pf_build_read(&b, file) || !fits(m, w, &b))
		return;
	exact = w->exact && pf_wanted_is(w, &b.is);
	if (m->best.file.n) {
		bool had = w->exact && pf_wanted_is(w, &m->best.is);

		if (had != exact ? had : !is_better(&b, &m->best))
			return;
	}
	if (!pf_build_read(&m->best, pf_dup(m->a, file)))
		return;
	m->best.sha256 = pf_dup(m->a, sha256);
}

static bool is_digest(struct pf_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!pf_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
			return false;
	return s.n == 64;
}

/* "64 hex digits, two spaces (or a space and a star), the file's name" a line. */
static void read_sums(struct mirror *m, const struct pf_wanted *w, struct pf_str text)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line)) {
		struct pf_str name = pf_str_skip(line, 64);

		if (line.n < 67 || !is_digest(pf_str_cut(line, 0, 64)) || name.p[0] != ' ')
			continue;
		consider(m, w, pf_str_skip(name, 2), pf_str_cut(line, 0, 64));
	}
}

static int list_dir(struct mirror *m, const struct pf_wanted *w, struct pf_err *err)
{
	char *sums = pf_join(m->a, m->dir, PF_S("SHA256SUMS"));
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
	struct dirent *e;
	DIR *d;
	int rc = 0;

	if (access(sums, F_OK) == 0) {
		rc = pf_read_file(&text, AT_FDCWD, sums, err);
		read_sums(m, w, pf_buf_view(&text));
	} else if ((d = opendir(m->dir))) {
		while ((e = readdir(d)))
			consider(m, w, pf_s(e->d_name), (struct pf_str){ 0 });
		closedir(d);
	} else {
		rc = pf_fail_errno(err, "cannot list %s", m->dir);
	}
	pf_buf_free(&text);
	return rc;
}

static int list_url(struct mirror *m, const struct pf_wanted *w, struct pf_err *err)
{
	struct pf_buf text = PF_BUF(PF_MAX_TEXT_FILE);
	int rc = pf_http_text(&text, pf_formatz(m->a, "%s/SHA256SUMS", m->url), err);

	if (rc == 0)
		read_sums(m, w, pf_buf_view(&text));
	pf_buf_free(&text);
	return rc;
}

static int name_mirror(struct mirror *m, struct pf_err *err)
{
	struct pf_str given = pf_s(m->o->python_mirror);

	if (pf_str_starts(given, "file://"))
		given = pf_str_skip(given, pf_str_starts(given, "file://localhost/") ? 16 : 7);
	while (given.n > 1 && given.p[given.n - 1] == '/')
		given.n--;
	if (pf_http_is_url(m->o->python_mirror))
		m->url = pf_dupz(m->a, given);
	else if (pf_str_find_str(given, "://") != PF_NPOS)
		return pf_fail(err, PF_EUSAGE, "%s is neither a directory nor an http(s) URL",
			       m->o->python_mirror);
	else
		m->dir = pf_dupz(m->a, given);
	return 0;
}

/* ---- fetching ---- */

static int hash_file(char hex[PF_SHA256_HEX], int fd, const char *path, struct pf_err *err)
{
	struct pf_hasher h = { 0 };
	char bytes[65536];
	ssize_t n;

	pf_hasher_start(&h);
	while ((n = pf_read_some(fd, bytes, sizeof(bytes))) > 0)
		pf_hasher_add(&h, bytes, (size_t)n);
	pf_hasher_end(&h, hex);
	pf_hasher_free(&h);
	return n < 0 || lseek(fd, 0, SEEK_SET) < 0 ? pf_fail_errno(err, "cannot read %s", path) : 0;
}

/* Opens the local archive; its digest is checked, or learnt. */
static int open_local(struct mirror *m, struct pf_err *err)
{
	char *path = pf_join(m->a, m->dir, m->best.file);
	char got[PF_SHA256_HEX];
	PF_FD(fd) = pf_open_file(AT_FDCWD, path, err);

	if (fd < 0 || hash_file(got, fd, path, err) < 0)
		return -1;
	if (m->best.sha256.n && !pf_str_is(m->best.sha256, got))
		return pf_fail(err, PF_EINTEGRITY, "%s: sha256 is %s, SHA256SUMS has " PF_FMT, path,
			       got, PF_ARG(m->best.sha256));
	m->best.sha256 = pf_dup(m->a, pf_s(got));
	return pf_fd_take(&fd);
}

/* '+' in a path means itself, but some servers take it for a space. */
static char *url_of(struct mirror *m)
{
	size_t plus = pf_str_find(m->best.file, '+');

	return pf_formatz(m->a, "%s/" PF_FMT "%%2B" PF_FMT, m->url,
			  PF_ARG(pf_str_cut(m->best.file, 0, plus)),
			  PF_ARG(pf_str_skip(m->best.file, plus + 1)));
}

static int open_remote(struct mirror *m, int tmp, struct pf_err *err)
{
	PF_FD(fd) = openat(tmp, "archive", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return pf_fail_errno(err, "cannot create a temporary file");
	if (pf_http_download(fd, url_of(m), m->best.sha256.p, PF_MAX_DOWNLOAD, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return pf_fail_errno(err, "cannot read a temporary file");
	return pf_fd_take(&fd);
}

/* Does the unpacked one run, and is it what its name says? */
static int check_python(struct mirror *m, const char *dir, struct pf_err *err)
{
	PF_AUTO(python) p = { 0 };
	char *real = pf_realpath(m->a, pf_formatz(m->a, "%s/python/bin/python3", dir));

	if (!real)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " holds no python/bin/python3",
			       PF_ARG(m->best.file));
	if (pf_query(&p, real, NULL, err) < 0)
		return pf_wrap(err, PF_FMT, PF_ARG(m->best.file));
	if (!pf_str_eq(p.version, m->best.is.version))
		return pf_fail(err, PF_EINTEGRITY, PF_FMT " is python " PF_FMT,
			       PF_ARG(m->best.file), PF_ARG(p.version));
	return 0;
}

static int unpack(struct mirror *m, const char *dir, int tmp, int archive, const char *final,
		  struct pf_err *err)
{
	static const struct pf_archive_limits limits = { .bytes = PF_MAX_DOWNLOAD,
							 .members = 100000 };
	PF_FD(tree) = -1;

	if (mkdirat(tmp, "tree", 0755) < 0)
		return pf_fail_errno(err, "cannot create a temporary directory");
	tree = openat(tmp, "tree", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree < 0)
		return pf_fail_errno(err, "cannot open a temporary directory");
	if (pf_archive_extract(tree, archive, m->best.file.p, &limits, err) < 0 ||
	    check_python(m, pf_formatz(m->a, "%s/tree", dir), err) < 0)
		return -1;
	if (renameat(tree, "python", AT_FDCWD, final) < 0)
		return pf_fail_errno(err, "cannot create %s", final);
	return 0;
}

static char *final_name(struct mirror *m, const char *pythons)
{
	struct pf_str stem = m->best.file;

	stem.n -= strlen(".tar.gz");
	return pf_formatz(m->a, "%s/" PF_FMT "-%.16s", pythons, PF_ARG(stem), m->best.sha256.p);
}

static void tell_waiting(const char *path)
{
	(void)path;
	pf_note("another process fetches the same python; waiting for it");
}

/* In a temporary directory of its own, under the lock of the name. */
static int make(struct mirror *m, const char *store, char **final, int *local, struct pf_err *err)
{
	char *pythons = pf_join(m->a, store, PF_S("pythons")),
	     *tmps = pf_join(m->a, store, PF_S("tmp"));
	char name[64];
	PF_FD(lock) = -1;
	PF_FD(parent) = -1;
	PF_FD(tmp) = -1;
	int rc;

	if (pf_mkdir_p(pythons, 0755, err) < 0 || pf_mkdir_p(tmps, 0755, err) < 0)
		return -1;
	*final = final_name(m, pythons);
	lock = pf_lock(AT_FDCWD, pf_formatz(m->a, "%s/.lock", pythons), PF_WAIT_LOCK, tell_waiting,
		       err);
	if (lock < 0)
		return -1;
	if (pf_is_dir(*final))
		return 0;
	pf_step("fetching python " PF_FMT, PF_ARG(m->best.is.version));
	parent = open(tmps, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return pf_fail_errno(err, "cannot open %s", tmps);
	if (pf_mkdtemp_at(parent, "python-", name, sizeof(name), err) < 0)
		return -1;
	tmp = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tmp >= 0)
		(void)flock(tmp, LOCK_EX | LOCK_NB); /* it is in use, however long this takes */
	if (m->url)
		*local = open_remote(m, tmp, err);
	rc = *local < 0 ? -1 :
			  unpack(m, pf_join(m->a, tmps, pf_s(name)), tmp, *local, *final, err);
	pf_step_done();
	if (pf_remove_tree(parent, name, &(struct pf_err){ 0 }) < 0)
		pf_debug("%s/%s is left over", tmps, name);
	return rc;
}

int pf_mirror_fetch(char **exe, struct pf_arena *a, const struct pf_wanted *wanted,
		    const struct pf_opts *o, struct pf_err *err)
{
	struct mirror m = { .a = a, .o = o };
	char *store = pf_store_root(a, o->store, err), *final;
	PF_FD(archive) = -1;

	if (!store || name_mirror(&m, err) < 0)
		return -1;
	if ((m.url ? list_url(&m, wanted, err) : list_dir(&m, wanted, err)) < 0)
		return pf_wrap(err, "python mirror");
	if (!m.best.file.n)
		return 0;
	if (m.dir && (archive = open_local(&m, err)) < 0)
		return -1;
	if (make(&m, store, &final, &archive, err) < 0)
		return -1;
	*exe = pf_join(a, final, PF_S("bin/python3"));
	return 1;
}
