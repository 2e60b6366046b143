/* reqlines.c - a model's needs written for a driver, line by line */
/* SPDX-License-Identifier: Apache-2.0 */
#include "solve/reqlines.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "index/index.h"
#include "req/name.h"
#include "solve/twins.h"

void pf_reqlines_free(struct pf_reqlines *w)
{
	pf_arena_free(&w->arena);
	memset(w, 0, sizeof(*w));
}

/* ---- conda's packages ---- */

bool pf_reqline_is_build(struct pf_str name)
{
	static const char *const names[] = { "pip", "setuptools", "wheel", NULL };

	return pf_str_in(name, names);
}

struct pf_str pf_reqline_name(struct pf_str line)
{
	return pf_str_cut(line, 0, pf_str_span(line, "-_."));
}

static bool has_build(const struct pf_reqlines *w, struct pf_str name)
{
	for (size_t i = 0; i < w->build.n; i++)
		if (pf_name_eq(pf_reqline_name(w->build.v[i]), name))
			return true;
	return false;
}

static bool has_pip(const struct pf_needs *needs, struct pf_str name)
{
	for (size_t i = 0; i < needs->pip.n; i++)
		if (needs->pip.v[i].parsed && !needs->pip.v[i].constraint &&
		    pf_name_eq(needs->pip.v[i].req.name, name))
			return true;
	return false;
}

/* What pip is asked for counts, as in a conda environment, where it is installed last. */
static void add_other(struct pf_reqlines *w, const struct pf_needs *needs, struct pf_str spec)
{
	struct pf_str name, line;

	if (needs->require_hashes || !pf_twin_find(&name, &line, &w->arena, spec)) {
		*PF_PUSH(&w->arena, &w->left_out) = pf_dup(&w->arena, spec);
		return;
	}
	if (has_pip(needs, name))
		return;
	*PF_PUSH(&w->arena, &w->twins) = line;
	*PF_PUSH(&w->arena, &w->requirements) = line;
}

static void add_conda(struct pf_reqlines *w, const struct pf_needs *needs)
{
	for (size_t i = 0; i < needs->conda.n; i++) {
		struct pf_str name, text;

		text = pf_twin_spell(&w->arena, &name, needs->conda.v[i]);
		if (pf_str_is(name, "python"))
			continue;
		if (!pf_reqline_is_build(name))
			add_other(w, needs, needs->conda.v[i]);
		else if (!has_build(w, name))
			*PF_PUSH(&w->arena, &w->build) = text;
	}
}

/* ---- what venvs used to have ---- */

/* Until Python 3.12 each of them came with setuptools, and models of that time import its
 * pkg_resources, which newer ones are without. */
static void add_usual(struct pf_reqlines *w, const struct pf_needs *needs,
		      const struct pf_python *python)
{
	const struct pf_str name = PF_S("setuptools");

	if (python->major == 3 && python->minor < 12 && !has_build(w, name) &&
	    !has_pip(needs, name))
		*PF_PUSH(&w->arena, &w->usual) = PF_S("setuptools<81");
}

/* ---- requirements ---- */

static int check_line(const struct pf_need *need, struct pf_err *err)
{
	struct pf_str text = pf_str_trim(need->text);
	const char *why = NULL;

	if (!text.n)
		why = "is empty";
	else if (text.p[0] == '-')
		why = "is an option";
	else if (pf_str_ends(text, "\\"))
		why = "ends in a backslash";
	else if (pf_str_find_str(text, "${") != PF_NPOS)
		why = "names a variable";
	for (size_t i = 0; !why && i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
			why = "holds a control character";
	if (!why)
		return 0;
	return pf_fail(err, PF_EMODEL, PF_FMT ", line %u: '" PF_FMT "' %s", PF_ARG(need->file),
		       need->line, PF_ARG(pf_shown(text)), why);
}

/* "./wheels/x-1-py3-none-any.whl" becomes "x @ file:///MODEL/wheels/x-1-py3-none-any.whl". */
static int take_path(struct pf_str *out, struct pf_arena *a, const struct pf_need *need,
		     const char *model_dir, struct pf_err *err)
{
	struct pf_str text = pf_str_trim(need->text), marker = { 0 }, name;
	size_t at = pf_str_find_str(text, " ;");
	PF_FD(root) = open(model_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char *path, *real;
	PF_FD(fd) = -1;

	if (at != PF_NPOS)
		marker = pf_str_skip(text, at);
	path = pf_dupz(a, pf_str_trim(pf_str_cut(text, 0, at)));
	fd = root < 0 ? -1 : pf_open_beneath(root, path, err);
	if (root < 0)
		return pf_fail_errno(err, "cannot open %s", model_dir);
	if (fd < 0)
		return pf_wrap(err, PF_FMT ", line %u", PF_ARG(need->file), need->line);
	real = pf_realpath(a, pf_join(a, model_dir, pf_s(path)));
	name = pf_s(path);
	name = pf_str_skip(name, pf_str_rfind(name, '/') + 1);
	if (!real || !pf_str_ends(name, ".whl"))
		return pf_fail(err, PF_EMODEL, PF_FMT ", line %u: %s is no wheel",
			       PF_ARG(need->file), need->line, path);
	name = pf_str_cut(name, 0, pf_str_find(name, '-'));
	*out = pf_format(a, PF_FMT " @ " PF_FMT PF_FMT, PF_ARG(name),
			 PF_ARG(pf_url_of_path(a, real)), PF_ARG(marker));
	return 0;
}

/* Without a name in front: a path of the model's own, or a URL. */
static int take_unparsed(struct pf_str *out, struct pf_arena *a, const struct pf_need *need,
			 const char *model_dir, struct pf_err *err)
{
	if (need->editable)
		return pf_fail(err, PF_EMODEL,
			       PF_FMT ", line %u: editable requirements are refused",
			       PF_ARG(need->file), need->line);
	if (pf_str_find_str(need->text, "://") == PF_NPOS)
		return take_path(out, a, need, model_dir, err);
	if (pf_str_starts(pf_str_trim(need->text), "file:"))
		return pf_fail(err, PF_EMODEL, PF_FMT ", line %u: file: URLs are refused",
			       PF_ARG(need->file), need->line);
	*out = pf_dup(a, pf_str_trim(need->text));
	return 0;
}

static int add_need(struct pf_reqlines *w, const struct pf_need *need, const char *model_dir,
		    struct pf_err *err)
{
	struct pf_buf line = PF_BUF(PF_MAX_REQ_LINE * 2);
	struct pf_str text = pf_str_trim(need->text);
	int rc = 0;

	if (check_line(need, err) < 0)
		return -1;
	if ((!need->parsed || need->path.n) &&
	    take_unparsed(&text, &w->arena, need, model_dir, err) < 0)
		return -1;
	pf_buf_str(&line, text);
	for (size_t i = 0; i < need->hashes.n; i++)
		pf_buf_printf(&line, " --hash=" PF_FMT, PF_ARG(need->hashes.v[i]));
	rc = pf_buf_check(&line, "a requirement", err);
	if (rc == 0)
		*PF_PUSH(&w->arena, need->constraint ? &w->constraints : &w->requirements) =
			pf_dup(&w->arena, pf_buf_view(&line));
	pf_buf_free(&line);
	return rc;
}

int pf_reqlines_read(struct pf_reqlines *out, const struct pf_needs *needs, const char *model_dir,
		     const struct pf_python *python, struct pf_err *err)
{
	PF_AUTO(reqlines) w = { 0 };

	for (size_t i = 0; i < needs->pip.n; i++)
		if (add_need(&w, &needs->pip.v[i], model_dir, err) < 0)
			return -1;
	for (size_t i = 0; i < needs->build.n; i++) {
		struct pf_need one = { .text = needs->build.v[i],
				       .file = PF_S("build_dependencies"),
				       .line = (unsigned)i + 1 };

		if (check_line(&one, err) < 0)
			return -1;
		*PF_PUSH(&w.arena, &w.build) = pf_dup(&w.arena, pf_str_trim(one.text));
	}
	add_conda(&w, needs);
	add_usual(&w, needs, python);
	*out = PF_TAKE(w);
	return 0;
}
