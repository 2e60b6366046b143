/* mlflow.c - MLflow's own check of requirements, by its rules and in its words */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "check/diff.h"

/* Its reader of requirements files is simpler than pip's, and constraints are requirements to
 * it. */
struct reading {
	struct pf_compare *c;
	unsigned depth, includes;
};

static int read_lines(struct reading *r, struct pf_str path);

/* Never reported by MLflow. */
static const char *const IGNORED[] = { "databricks-feature-lookup", "databricks-agents", NULL };

/* "3.1.0.dev2" of pyspark is "3.1.0" to MLflow. */
static struct pf_str strip_dev(struct pf_str version)
{
	size_t at = pf_str_find_str(version, "dev");

	version = pf_str_cut(version, 0, at);
	return at != PF_NPOS && pf_str_ends(version, ".") ? pf_str_cut(version, 0, version.n - 1)
							  : version;
}

static void add_line(struct pf_compare *c, const struct pf_requirement *req, struct pf_str line,
		     struct pf_str current)
{
	struct pf_arena *a = &c->d->arena;

	if (pf_str_in(req->key, IGNORED))
		return;
	*PF_PUSH(a, &c->d->mlflow) =
		pf_format(a, PF_FMT " (current: " PF_FMT ", required: " PF_FMT ")",
			  PF_ARG(req->name), PF_ARG(current), PF_ARG(line));
}

static void check_line(struct pf_compare *c, struct pf_str line)
{
	struct pf_arena *a = &c->d->arena;
	struct pf_requirement req;
	struct pf_version have = { 0 };
	struct pf_dist *dist;
	struct pf_str version;
	struct pf_err ignored;

	if (pf_requirement_parse(&req, a, line, &ignored) < 0 ||
	    !pf_marker_eval(req.marker, &c->weights.env, pf_s("")))
		return;
	dist = pf_map_get(&c->dists->by_name, req.key);
	if (!dist) {
		add_line(c, &req, line, PF_S("uninstalled"));
		return;
	}
	version = pf_str_is(req.name, "pyspark") ? strip_dev(dist->version) : dist->version;
	if (!pf_version_read(&have, a, version))
		have = (struct pf_version){ .text = version };
	if (pf_str_is(req.name, "mlflow") && have.dev.p)
		return;
	if (req.specs.n && !pf_specset_admits(&req.specs, &have, PF_PRE_DEFAULT))
		add_line(c, &req, line, version);
}

/* "-r FILE" and "--requirement FILE", and the same of constraints; nothing else is a reference. */
static bool is_reference(struct pf_str line, struct pf_str *file)
{
	static const char *const words[] = { "-r ", "--requirement ", "-c ", "--constraint " };

	for (size_t i = 0; i < PF_COUNT(words); i++)
		if (pf_str_starts(line, words[i])) {
			*file = pf_str_trim(pf_str_skip(line, strlen(words[i])));
			return true;
		}
	return false;
}

static struct pf_str folder_of(struct pf_str path)
{
	size_t slash = pf_str_rfind(path, '/');

	return slash == PF_NPOS ? PF_S("") : pf_str_cut(path, 0, slash + 1);
}

static int take_line(struct reading *r, struct pf_str path, struct pf_str line)
{
	struct pf_str file, dir = folder_of(path);

	if (!line.n || line.p[0] == '#')
		return 0;
	if (is_reference(line, &file))
		return read_lines(
			r, pf_format(&r->c->d->arena, PF_FMT PF_FMT, PF_ARG(dir), PF_ARG(file)));
	check_line(r->c, line);
	return 0;
}

/* Stripped, and cut at the first " #". */
static struct pf_str strip_line(struct pf_str line)
{
	size_t at;

	line = pf_str_trim(line);
	at = pf_str_find_str(line, " #");
	return at == PF_NPOS ? line : pf_str_trim(pf_str_cut(line, 0, at));
}

static int take_lines(struct reading *r, struct pf_str path, struct pf_str text)
{
	PF_AUTO(buf) joined = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str line;

	while (pf_str_next_line(&text, &line)) {
		bool more;

		line = strip_line(line);
		more = pf_str_ends(line, "\\");
		while (pf_str_ends(line, "\\"))
			line.n--;
		pf_buf_str(&joined, line);
		if (more && text.n)
			continue;
		if (take_line(r, path, pf_dup(&r->c->d->arena, pf_buf_view(&joined))) < 0)
			return -1;
		joined.n = 0;
	}
	return 0;
}

static int read_lines(struct reading *r, struct pf_str path)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_err ignored;
	PF_FD(fd) = -1;
	int status;

	if (r->depth >= PF_MAX_INCLUDE_DEPTH || r->includes++ >= PF_MAX_REQ_INCLUDES)
		return -1;
	fd = pf_open_beneath(r->c->m->root, pf_dupz(&r->c->d->arena, path), &ignored);
	if (fd < 0 || pf_read_fd(&text, fd, "requirements", &ignored) < 0)
		return -1;
	r->depth++;
	status = take_lines(r, path, pf_buf_view(&text));
	r->depth--;
	return status;
}

/* A file that is not there ends MLflow's load_model; here it ends the list. */
void pf_diff_as_mlflow(struct pf_compare *c)
{
	struct reading r = { .c = c };

	if (read_lines(&r, PF_S("requirements.txt")) < 0 && c->d->mlflow.n)
		*PF_PUSH(&c->d->arena, &c->d->notes) =
			PF_S("a file that requirements.txt includes cannot be read");
}

void pf_report_mlflow_python(struct pf_buf *out, struct pf_str asked, const struct pf_python *p)
{
	char minor[32];
	size_t n = (size_t)snprintf(minor, sizeof(minor), "%d.%d", p->major, p->minor);

	if (!asked.n)
		pf_buf_printf(out,
			      "The specified model does not have a specified Python version. It "
			      "may be incompatible with the version of Python that is currently "
			      "running: Python " PF_FMT "\n", PF_ARG(p->version));
	else if (!pf_str_starts(asked, minor) || (asked.n > n && asked.p[n] != '.'))
		pf_buf_printf(out,
			      "The version of Python that the model was saved in, `Python " PF_FMT
			      "`, differs from the version of Python that is currently running, "
			      "`Python " PF_FMT "`, and may be incompatible\n",
			      PF_ARG(asked), PF_ARG(p->version));
}
