/* reqs.c - requirements as MLflow reads them: its own reader, simpler than pip's */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "req/pytext.h"
#include "req/reqlines.h"
#include "req/requirement.h"
#include "save/inside.h"

/* utils/requirements_utils.py, _parse_requirements: each line is stripped and cut at the first " #",
 * lines that end in a backslash are joined, comments and empty ones passed over. */
struct reading {
	struct pf_arena *a;
	struct pf_save_reqs *out;
	unsigned depth, includes;
	struct pf_err *err;
};

static int take_lines(struct reading *r, const struct pf_strs *lines, struct pf_str dir,
		      bool constraint);

/* "-r FILE", "-c FILE" and their long forms; nothing else is a reference. */
static bool is_reference(struct pf_str line, struct pf_str *file, bool *constraint)
{
	static const char *const words[] = { "-r ", "--requirement ", "-c ", "--constraint " };

	for (size_t i = 0; i < PF_COUNT(words); i++) {
		if (!pf_str_starts(line, words[i]))
			continue;
		*file = pf_str_trim(pf_str_skip(line, strlen(words[i])));
		*constraint = i >= 2;
		return true;
	}
	return false;
}

static int take_file(struct reading *r, struct pf_str file, struct pf_str dir, bool constraint)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct pf_str rest, line;
	struct pf_strs lines = { 0 };
	const char *path = pf_str_starts(file, "/") || !dir.n
				   ? pf_dupz(r->a, file)
				   : pf_join(r->a, pf_dupz(r->a, dir), file);
	size_t slash = pf_str_rfind(pf_s(path), '/');

	if (r->depth >= PF_MAX_INCLUDE_DEPTH || r->includes++ >= PF_MAX_REQ_INCLUDES)
		return pf_fail(r->err, PF_ELIMIT,
			       "%s: requirements files that include one another without end", path);
	if (pf_read_file(&text, AT_FDCWD, path, r->err) < 0)
		return -1;
	if (pf_reqlines_decode(&rest, r->a, pf_dup(r->a, pf_buf_view(&text)), r->err) < 0)
		return pf_wrap(r->err, "%s", path);
	while (pf_py_next_line(&rest, &line))
		*PF_PUSH(r->a, &lines) = line;
	return take_lines(r, &lines,
			  slash == PF_NPOS ? PF_S("") : pf_str_cut(pf_s(path), 0, slash + 1),
			  constraint);
}

static int take_line(struct reading *r, struct pf_str line, struct pf_str dir, bool constraint)
{
	struct pf_strs *to = constraint ? &r->out->constraints : &r->out->requirements;
	struct pf_str file;
	int rc;

	if (!line.n || line.p[0] == '#')
		return 0;
	if (is_reference(line, &file, &constraint)) {
		r->depth++;
		rc = take_file(r, file, dir, constraint);
		r->depth--;
		return rc;
	}
	if (to->n >= PF_MAX_REQUIREMENTS)
		return pf_fail(r->err, PF_ELIMIT, "more than %d requirements", PF_MAX_REQUIREMENTS);
	*PF_PUSH(r->a, to) = line;
	return 0;
}

static struct pf_str strip(struct pf_str line)
{
	size_t at;

	line = pf_py_strip(line);
	at = pf_str_find_str(line, " #");
	return at == PF_NPOS ? line : pf_py_strip(pf_str_cut(line, 0, at));
}

static int take_lines(struct reading *r, const struct pf_strs *lines, struct pf_str dir,
		      bool constraint)
{
	PF_AUTO(buf) joined = PF_BUF(PF_MAX_REQ_LINE);

	for (size_t i = 0; i < lines->n; i++) {
		struct pf_str line = strip(lines->v[i]);
		bool more = pf_str_ends(line, "\\");

		while (pf_str_ends(line, "\\"))
			line.n--;
		pf_buf_str(&joined, line);
		if (more && i + 1 < lines->n)
			continue;
		if (pf_buf_check(&joined, "a requirement", r->err) < 0 ||
		    take_line(r, pf_dup(r->a, pf_buf_view(&joined)), dir, constraint) < 0)
			return -1;
		joined.n = 0;
	}
	return 0;
}

int pf_save_reqs_read(struct pf_save_reqs *out, struct pf_arena *a, const struct pf_strs *lines,
		      struct pf_err *err)
{
	struct reading r = { .a = a, .out = out, .err = err };

	for (size_t i = 0; i < lines->n; i++)
		if (pf_str_has_control(lines->v[i]))
			return pf_fail(
				err, PF_EUSAGE,
				"a requirement is one line, without control characters: " PF_FMT,
				PF_ARG(pf_shown(lines->v[i])));
	return take_lines(&r, lines, PF_S(""), false);
}

/* ---- MLflow's own ---- */

/* Up to the first word that is an option: "mlflow==1.0 --hash=..." */
static struct pf_str without_options(struct pf_str line)
{
	size_t at = pf_str_starts(line, "-") ? 0 : pf_str_find_str(line, " -");

	return pf_str_cut(line, 0, at);
}

/* utils/environment.py, _is_mlflow_requirement: what is no requirement by the standard may be a
 * path or a URL of its repository. */
static bool is_mlflow(struct pf_arena *a, struct pf_str line)
{
	static const char *const names[] = { "mlflow", "mlflow-skinny", "mlflow-tracing", NULL };
	struct pf_requirement req;
	struct pf_err ignored;
	PF_AUTO(buf) text = PF_BUF(PF_MAX_REQ_LINE);

	if (pf_requirement_parse(&req, a, line, &ignored) == 0)
		return pf_str_in_any_case(req.name, names);
	if (pf_requirement_parse(&req, a, without_options(line), &ignored) == 0)
		return pf_str_ieq(req.name, "mlflow");
	for (size_t i = 0; i < line.n; i++)
		if (line.p[i] != ' ')
			pf_buf_char(&text, pf_lower(line.p[i]));
	return pf_str_find_str(pf_buf_view(&text), "/mlflow") != PF_NPOS ||
	       pf_str_find_str(pf_buf_view(&text), "mlflow@git") != PF_NPOS;
}

bool pf_save_reqs_have_mlflow(const struct pf_strs *reqs, struct pf_arena *a)
{
	for (size_t i = 0; i < reqs->n; i++)
		if (is_mlflow(a, reqs->v[i]))
			return true;
	return false;
}

void pf_save_reqs_mlflow(struct pf_strs *reqs, struct pf_arena *a, struct pf_str version)
{
	struct pf_strs all = { 0 };

	if (pf_save_reqs_have_mlflow(reqs, a))
		return;
	*PF_PUSH(a, &all) = pf_format(a, "mlflow==" PF_FMT, PF_ARG(version));
	for (size_t i = 0; i < reqs->n; i++)
		*PF_PUSH(a, &all) = reqs->v[i];
	*reqs = all;
}
