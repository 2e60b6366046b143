/* wheel_tool.c - environments made of wheel files alone, for the scenarios of the installer */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <getopt.h>
#include <glob.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/str.h"
#include "env/activate.h"
#include "env/bytecode.h"
#include "env/link.h"
#include "env/venv.h"
#include "fetch/archive.h"

/* "FILE", or "SHA256:FILE" where the digest is known. */
static int get(struct pf_wheel *out, const char *path, bool lenient, const struct pf_opts *o,
	       struct pf_err *err)
{
	bool known = strcspn(path, "/:") == PF_SHA256_HEX - 1 && path[PF_SHA256_HEX - 1] == ':';
	const char *file = known ? path + PF_SHA256_HEX : path, *slash = strrchr(file, '/');
	PF_FD(fd) = pf_open_file(AT_FDCWD, file, err);
	char sha256[PF_SHA256_HEX];
	struct pf_wheel_source s = { .fd = fd,
				     .file = pf_s(slash ? slash + 1 : file),
				     .sha256 = known ? sha256 : NULL,
				     .lenient = lenient };

	snprintf(sha256, sizeof(sha256), "%.64s", path);
	return fd < 0 ? -1 : pf_wheel_get(out, &s, o, err);
}

/* get FILE...: prints where each lies. */
static int get_all(char **paths, bool lenient, const struct pf_opts *o, struct pf_err *err)
{
	for (; *paths; paths++) {
		PF_AUTO(wheel) w = { 0 };

		if (get(&w, *paths, lenient, o, err) < 0)
			return -1;
		printf("%s\n", w.files.dir);
	}
	return 0;
}

/* ---- check: every bundle of the cache is whole, to the last byte ---- */

static int check_file(int tree, const struct pf_bundled *f, struct pf_err *err)
{
	PF_AUTO(buf) bytes = PF_BUF((size_t)f->size + 1);
	char digest[PF_DIGEST_TEXT];
	struct stat st;

	if (fstatat(tree, f->path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    pf_read_file(&bytes, tree, f->path, err) < 0)
		return pf_fail_errno(err, "cannot read %s", f->path);
	if (!pf_digest_text(digest, PF_S("sha256"), bytes.p ? bytes.p : "", bytes.n) ||
	    strcmp(digest, f->digest) != 0)
		return pf_fail(err, PF_EINTEGRITY, "%s was changed", f->path);
	if ((st.st_mode & 07777) != pf_bundled_mode(f->kind))
		return pf_fail(err, PF_EINTEGRITY, "%s has mode %o", f->path, (unsigned)st.st_mode);
	return 0;
}

static int check_bundle(const char *dir, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	PF_AUTO(bundle) b = { 0 };
	PF_FD(tree) = open(pf_formatz(&a, "%s/tree", dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (tree < 0 || pf_bundle_load(&b, dir, false, err) != 1)
		return pf_fail(err, PF_EINTEGRITY, "%s is half made", dir);
	for (size_t i = 0; i < b.files.n; i++)
		if (check_file(tree, &b.files.v[i], err) < 0)
			return pf_wrap(err, "%s", dir);
	return 0;
}

static int check_pattern(const char *pattern, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	char *store = pf_store_root(&a, o->store, err);
	glob_t found = { 0 };
	int rc = store ? 0 : -1;

	if (rc == 0 && glob(pf_formatz(&a, "%s/%s", store, pattern), 0, NULL, &found) == 0)
		for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
			rc = check_bundle(found.gl_pathv[i], err);
	globfree(&found);
	return rc;
}

static int check_all(const struct pf_opts *o, struct pf_err *err)
{
	return check_pattern("wheels/*", o, err) < 0 || check_pattern("wheels/*/pyc-*", o, err) < 0
		       ? -1
		       : 0;
}

/* ---- untar FILE DIR: a tar unpacked, under limits that are soon met ---- */

static int untar(const char *file, const char *into, struct pf_err *err)
{
	struct pf_archive_limits limits = { .bytes = PF_MIB(64), .members = 50000 };
	PF_FD(fd) = pf_open_file(AT_FDCWD, file, err);
	PF_FD(dir) = open(into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (dir < 0)
		return pf_fail_errno(err, "cannot open %s", into);
	return pf_archive_extract(dir, fd, file, &limits, err);
}

/* ---- env ---- */

struct making {
	struct pf_arena arena;
	struct pf_wheel *wheels;
	struct pf_link *links;
	size_t n;
	struct pf_link_opts link;
	bool byte_code, lenient, list;
	const char *url; /* that the first one came from */
};

static int fill(struct making *m, const char *dir, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(found_list) placed = { 0 };
	PF_FD(fd) = -1;
	char *part;

	if (m->byte_code && pf_wheels_compile(m->wheels, m->n, m->link.python, o, err) < 0)
		return -1;
	part = pf_formatz(&m->arena, "%s.part", dir);
	if (pf_remove_tree(AT_FDCWD, part, err) < 0 || pf_venv_make(part, m->link.python, err) < 0)
		return -1;
	fd = open(part, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return pf_fail_errno(err, "cannot open %s", part);
	m->link.dir = fd;
	m->link.exe = pf_formatz(&m->arena, "%s/bin/python", dir);
	if (pf_activate_write(fd, dir, err) < 0)
		return -1;
	if (pf_wheels_link(&placed, m->links, m->n, &m->link, err) < 0)
		return -1;
	if (m->list)
		for (size_t i = 0; i < placed.files.n; i++)
			printf("%s %llu %c %s\n", placed.files.v[i].digest,
			       (unsigned long long)placed.files.v[i].size,
			       S_ISLNK(placed.files.v[i].mode) ? 'l' : placed.files.v[i].mode & 0111 ? 'x' : '-', placed.files.v[i].path.p);
	return rename(part, dir) < 0 ? pf_fail_errno(err, "cannot rename %s", part) : 0;
}

/* env DIR FILE...: an environment of them, in this order. */
static int make(struct making *m, const char *dir, char **paths, const struct pf_opts *o,
		struct pf_err *err)
{
	PF_AUTO(python) python = { 0 };
	int rc = pf_python_current(&python, o, err);

	while (paths[m->n])
		m->n++;
	m->wheels = pf_alloc_array(&m->arena, m->n, sizeof(*m->wheels));
	m->links = pf_alloc_array(&m->arena, m->n, sizeof(*m->links));
	m->link.python = &python;
	for (size_t i = 0; rc == 0 && i < m->n; i++) {
		m->links[i] = (struct pf_link){ .wheel = &m->wheels[i],
						.requested = true,
						.url = pf_s(i ? NULL : m->url) };
		rc = get(&m->wheels[i], paths[i], m->lenient, o, err);
	}
	if (rc == 0)
		rc = fill(m, dir, o, err);
	for (size_t i = 0; i < m->n; i++)
		pf_wheel_free(&m->wheels[i]);
	pf_arena_free(&m->arena);
	return rc;
}

int main(int argc, char **argv)
{
	struct pf_opts o = { 0 };
	struct pf_log_opts log = { .level = PF_LOG_NOTE };
	struct pf_err err = { 0 };
	struct making m = { 0 };
	int rc;

	setlocale(LC_CTYPE, "C.UTF-8");
	pf_signals_catch();
	for (int c; (c = getopt(argc, argv, "s:p:u:lcCSb1L")) != -1;) {
		switch (c) {
		case 's':
			o.store = optarg;
			break;
		case 'p':
			o.python = optarg;
			break;
		case 'u':
			m.url = optarg;
			break;
		case 'l':
			m.lenient = true;
			break;
		case 'c':
			m.link.mode = PF_LINK_COPY;
			break;
		case 'C':
			m.link.mode = PF_LINK_CLONE;
			break;
		case 'S':
			m.link.mode = PF_LINK_SYMBOLIC;
			break;
		case 'b':
			m.byte_code = true;
			break;
		case 'L':
			m.list = true;
			break;
		case '1':
			m.link.first_wins = true;
			break;
		default:
			return 2;
		}
	}
	pf_log_setup(&log);
	if (argc - optind == 1 && strcmp(argv[optind], "check") == 0)
		rc = check_all(&o, &err);
	else if (argc - optind < 2)
		return 2;
	else if (argc - optind == 3 && strcmp(argv[optind], "untar") == 0)
		rc = untar(argv[optind + 1], argv[optind + 2], &err);
	else if (strcmp(argv[optind], "get") == 0)
		rc = get_all(argv + optind + 1, m.lenient, &o, &err);
	else if (strcmp(argv[optind], "env") == 0)
		rc = make(&m, argv[optind + 1], argv + optind + 2, &o, &err);
	else
		return 2;
	if (rc < 0)
		pf_log_error(&err);
	return rc < 0 ? err.code : 0;
}
