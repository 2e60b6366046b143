/* model.c - a model's directory: opened once, read without ever leaving it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "formats/yaml.h"
#include "model/parts.h"
#include "req/version.h"

void pf_model_note(struct pf_model *m, const char *fmt, ...)
{
	char text[1500];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	*PF_PUSH(&m->arena, &m->notes) = pf_dup(&m->arena, pf_s(text));
}

bool pf_model_is_python(struct pf_str text)
{
	struct pf_arena scratch = { 0 };
	struct pf_version v = { 0 };
	struct pf_err err;
	bool is;

	if (pf_str_ends(text, "+")) /* a build from between two releases */
		text.n--;
	is = text.n && pf_is_digit(text.p[0]) && pf_is_alnum(text.p[text.n - 1]) &&
	     pf_version_parse(&v, &scratch, text, &err) == 0;
	pf_arena_free(&scratch);
	return is;
}

/* ---- files ---- */

int pf_model_text(struct pf_buf *out, const struct pf_model *m, const char *path,
		  struct pf_err *err)
{
	PF_FD(fd) = pf_open_beneath(m->root, path, err);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && st.st_size > (off_t)PF_MAX_TEXT_FILE)
		return pf_fail(err, PF_ELIMIT, "%s is larger than %zu bytes", path,
			       PF_MAX_TEXT_FILE);
	return pf_read_fd(out, fd, path, err);
}

int pf_model_yaml(const struct pf_node **out, struct pf_model *m, const char *path,
		  struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_node *doc;

	if (pf_model_text(&text, m, path, err) < 0)
		return -1;
	if (pf_yaml_parse(&doc, &m->arena, pf_buf_view(&text), err) < 0)
		return pf_wrap(err, "%s", path);
	if (doc->kind == PF_NODE_NULL)
		return pf_fail(err, PF_EMODEL, "%s is empty", path);
	if (doc->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EMODEL, "%s is %s, where keys and values are wanted", path,
			       pf_node_kind_name(doc->kind));
	*out = doc;
	return 0;
}

/* ---- paths that a model names ---- */

/* "scheme://", "C:\..." and "/..." lead elsewhere before any directory is looked at. */
static bool is_elsewhere(struct pf_str path)
{
	size_t colon = pf_str_find(path, ':');

	if (path.p[0] == '/' || path.p[0] == '\\' || path.p[0] == '~')
		return true;
	if (colon == PF_NPOS)
		return false;
	return pf_str_starts(pf_str_skip(path, colon), "://") ||
	       (colon == 1 && pf_is_alpha(path.p[0]));
}

/* Does "a/../../b" climb above where it started? */
static bool climbs(struct pf_str path)
{
	struct pf_str part;
	long depth = 0;

	while (pf_str_next(&path, '/', &part)) {
		if (pf_str_is(part, ".."))
			depth--;
		else if (part.n && !pf_str_is(part, "."))
			depth++;
		if (depth < 0)
			return true;
	}
	return false;
}

/* The kernel said that it leads out: which of the links on the way does? */
static int fail_link(const struct pf_model *m, const char *what, const char *path,
		     struct pf_err *err)
{
	char part[PF_MAX_PATH], target[PF_MAX_PATH];
	size_t n = strlen(path);

	for (size_t i = 1; i <= n && n < sizeof(part); i++) {
		PF_FD(fd) = -1;
		struct pf_err unused;
		ssize_t length;

		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		length = readlinkat(m->root, part, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		fd = pf_open_dir_beneath(m->root, part, &unused);
		if (fd >= 0 || (errno != EXDEV && errno != ELOOP))
			continue;
		target[length] = '\0';
		return pf_fail(err, PF_EMODEL, "%s leaves the model: %s is a link to %s", what,
			       part, target);
	}
	return pf_fail(err, PF_EMODEL, "%s leaves the model: %s", what, path);
}

int pf_model_inside(const struct pf_model *m, bool *there, const char *what, struct pf_str path,
		    struct pf_err *err)
{
	struct pf_str shown = pf_shown(path);
	PF_FD(fd) = -1;
	struct pf_err open_err;

	if (there)
		*there = false;
	if (path.n && memchr(path.p, '\0', path.n))
		return pf_fail(err, PF_EMODEL, "%s holds a NUL byte", what);
	if (!path.n || path.n >= PF_MAX_PATH)
		return pf_fail(err, PF_EMODEL, "%s is no path: \"" PF_FMT "\"", what,
			       PF_ARG(shown));
	if (is_elsewhere(path) || climbs(path))
		return pf_fail(err, PF_EMODEL, "%s leaves the model: " PF_FMT, what, PF_ARG(shown));
	fd = pf_open_dir_beneath(m->root, path.p, &open_err);
	if (fd < 0 && errno == ENOTDIR)
		fd = pf_open_beneath(m->root, path.p, &open_err);
	if (fd < 0 && (errno == EXDEV || errno == ELOOP))
		return fail_link(m, what, path.p, err);
	if (fd < 0 && open_err.code == PF_EMODEL)
		return pf_fail(err, PF_EMODEL, "%s: %s", what, open_err.msg);
	if (there) /* what may not be opened is there: reading it will tell */
		*there = fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
	return 0;
}

/* ---- the whole ---- */

static int open_root(struct pf_model *m, const char *dir, struct pf_err *err)
{
	m->dir = pf_realpath(&m->arena, dir);
	if (!m->dir)
		return pf_fail_errno(err, "cannot open %s", dir);
	m->root = open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->root < 0)
		return pf_fail_errno(err, "cannot open %s", dir);
	m->opened = true;
	return 0;
}

static int read_model(struct pf_model *m, const char *dir, struct pf_err *err)
{
	if (open_root(m, dir, err) < 0)
		return -1;
	if (pf_model_yaml(&m->mlmodel, m, "MLmodel", err) < 0)
		return errno == ENOENT && err->code == PF_EIO
			       ? pf_fail(err, PF_EMODEL, "%s: no MLmodel file", dir)
			       : -1;
	if (pf_mlmodel_read(m, err) < 0)
		return pf_wrap(err, "MLmodel");
	return pf_envfiles_read(m, err);
}

int pf_model_load(struct pf_model *out, const char *dir, struct pf_err *err)
{
	PF_AUTO(model) m = { 0 };

	if (read_model(&m, dir, err) < 0)
		return -1;
	*out = PF_TAKE(m);
	return 0;
}

void pf_model_free(struct pf_model *m)
{
	if (m->opened)
		close(m->root);
	pf_arena_free(&m->arena);
	*m = (struct pf_model){ 0 };
}
