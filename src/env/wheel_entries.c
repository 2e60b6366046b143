/* wheel_entries.c - entry_points.txt: the scripts that a wheel asks for */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "env/wheel_check.h"

static int refuse(struct pf_err *err, struct pf_str what, const char *why)
{
	return pf_fail(err, PF_EINTEGRITY, "\"" PF_FMT "\" %s", PF_ARG(pf_shown(what)), why);
}

static int check_name(struct pf_str name, struct pf_err *err)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] < 0x20 || name.p[i] == 0x7f || name.p[i] == '/' ||
		    name.p[i] == '\\')
			return refuse(err, name, "is no name of a script");
	if (!name.n || name.n > 255 || pf_str_is(name, ".") || pf_str_is(name, "..") ||
	    !pf_str_is_utf8(name))
		return refuse(err, name, "is no name of a script");
	if (pf_wheel_is_reserved(name))
		return refuse(err, name, "would take the place of the environment's own");
	return 0;
}

/* "package.module:object.attribute [extra, extra]". It ends up in a script, so nothing but names
 * and dots will do. */
static bool take_reference(struct pf_entry_point *out, struct pf_arena *a, struct pf_str text)
{
	size_t colon = pf_str_find(text, ':'), bracket = pf_str_find(text, '[');
	struct pf_str module, object;

	if (bracket != PF_NPOS) {
		if (!pf_str_ends(text, "]") || pf_str_find(text, ']') != text.n - 1)
			return false;
		text = pf_str_trim(pf_str_cut(text, 0, bracket));
	}
	if (colon == PF_NPOS || colon >= text.n)
		return false;
	module = pf_str_trim(pf_str_cut(text, 0, colon));
	object = pf_str_trim(pf_str_skip(text, colon + 1));
	if (!pf_str_is_dotted_name(module) || !pf_str_is_dotted_name(object))
		return false;
	out->module = pf_dupz(a, module);
	out->object = pf_dupz(a, object);
	return true;
}

int pf_entry_read(struct pf_entry_point *out, struct pf_arena *a, struct pf_str line,
		  struct pf_err *err)
{
	size_t at = pf_str_find(line, '=');
	struct pf_str name = pf_str_trim(pf_str_cut(line, 0, at));
	struct pf_entry_point e = { 0 };

	if (at == PF_NPOS || !take_reference(&e, a, pf_str_trim(pf_str_skip(line, at + 1))))
		return refuse(err, line, "refers to no object");
	if (check_name(name, err) < 0)
		return -1;
	e.name = pf_dupz(a, name);
	*out = e;
	return 0;
}

static int take_script(struct pf_wheel_check *c, struct pf_str line, bool gui, struct pf_err *err)
{
	struct pf_entry_point e = { 0 };

	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refuse(err, line, "goes on with the line before");
	if (pf_entry_read(&e, &c->arena, line, err) < 0)
		return -1;
	for (size_t i = 0; i < c->entries.n; i++)
		if (strcmp(e.name, c->entries.v[i].name) == 0)
			return refuse(err, pf_s(e.name), "is defined twice");
	e.gui = gui;
	*PF_PUSH(&c->arena, &c->entries) = e;
	return 0;
}

/* As Python's configparser reads it: sections, "=" alone, lines of comment. Other groups are their
 * users' business. */
int pf_wheel_read_entries(struct pf_wheel_check *c, struct pf_str text, struct pf_err *err)
{
	enum { OTHER, CONSOLE, GUI } section = OTHER;
	struct pf_str line, bare;

	while (pf_str_next_line(&text, &line)) {
		bare = pf_str_trim(line);
		if (!bare.n || bare.p[0] == '#' || bare.p[0] == ';')
			continue;
		if (line.p[0] == '[')
			section = pf_str_is(bare, "[console_scripts]") ? CONSOLE
				  : pf_str_is(bare, "[gui_scripts]")   ? GUI
								       : OTHER;
		else if (section != OTHER && take_script(c, line, section == GUI, err) < 0)
			return pf_wrap(err, "entry_points.txt");
	}
	return 0;
}
