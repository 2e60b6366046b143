/* metadata.c - the text files inside a dist-info or egg-info folder */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/metadata.h"

#include "base/limits.h"
#include "base/str.h"
#include "formats/headers.h"

static void add(struct pf_strs *list, struct pf_arena *a, struct pf_str s)
{
	if (s.n && list->n < PF_MAX_REQUIREMENTS)
		*PF_PUSH(a, list) = pf_dup(a, s);
}

void pf_metadata_read(struct pf_metadata *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_str key, value;

	while (pf_headers_next(&text, a, &key, &value)) {
		if (pf_str_ieq(key, "Name") && !out->name.n)
			out->name = pf_dup(a, value);
		else if (pf_str_ieq(key, "Version") && !out->version.n)
			out->version = pf_dup(a, value);
		else if (pf_str_ieq(key, "Requires-Dist"))
			add(&out->requires, a, value);
		else if (pf_str_ieq(key, "Provides-Extra"))
			add(&out->extras, a, value);
	}
}

void pf_metadata_read_egg_requires(struct pf_strs *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_str line, extra = { 0 }, marker = { 0 };

	while (pf_str_next_line(&text, &line)) {
		const char *space;

		line = pf_str_trim(line);
		if (!line.n || line.p[0] == '#')
			continue;
		if (line.p[0] == '[' && line.p[line.n - 1] == ']') {
			struct pf_str inside = pf_str_cut(line, 1, line.n - 1);
			size_t colon = pf_str_find(inside, ':');

			extra = pf_str_trim(pf_str_cut(inside, 0, colon));
			marker = colon == PF_NPOS ? (struct pf_str){ 0 } :
						    pf_str_trim(pf_str_skip(inside, colon + 1));
			continue;
		}
		/* A URL runs up to white space: the ';' must not touch it. */
		space = pf_str_find(line, '@') != PF_NPOS ? " " : "";
		if (extra.n && marker.n)
			line = pf_format(a, PF_FMT "%s; (" PF_FMT ") and extra == \"" PF_FMT "\"",
					 PF_ARG(line), space, PF_ARG(marker), PF_ARG(extra));
		else if (extra.n)
			line = pf_format(a, PF_FMT "%s; extra == \"" PF_FMT "\"", PF_ARG(line),
					 space, PF_ARG(extra));
		else if (marker.n)
			line = pf_format(a, PF_FMT "%s; " PF_FMT, PF_ARG(line), space,
					 PF_ARG(marker));
		add(out, a, line);
	}
}

/* ---- import names ---- */

/* "pkg/mod.py" gives pkg, "mod.py" and "mod.cpython-311-x86_64-linux-gnu.so" mod, data nothing. */
static struct pf_str module_of(struct pf_str path)
{
	size_t slash, dot;

	while (pf_str_starts(path, "../")) /* installed-files.txt starts in the egg-info folder */
		path = pf_str_skip(path, 3);
	slash = pf_str_find(path, '/');
	if (slash == PF_NPOS && !pf_str_ends(path, ".py") && !pf_str_ends(path, ".so"))
		return (struct pf_str){ 0 };
	dot = pf_str_find(path, '.');
	if (slash == PF_NPOS)
		return pf_str_cut(path, 0, dot);
	return dot < slash ? (struct pf_str){ 0 } : pf_str_cut(path, 0, slash);
}

static bool is_importable(struct pf_str name)
{
	return pf_str_is_dotted_name(name) && !pf_str_is(name, "__pycache__");
}

static void add_module(struct pf_strs *modules, struct pf_arena *a, struct pf_str name)
{
	/* Neighbours in a file list mostly agree: the last one is looked at first. */
	if (!is_importable(name) ||
	    (modules->n && pf_str_eq(modules->v[modules->n - 1], name)) || modules->n > 1000 ||
	    pf_strs_have(modules, name))
		return;
	add(modules, a, name);
}

/* A RECORD is CSV, its paths quoted where they hold a comma; an installed-files.txt has paths
 * alone. */
void pf_metadata_read_files(struct pf_strs *modules, struct pf_arena *a, struct pf_str text)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line)) {
		bool quoted = pf_str_starts(line, "\"");
		size_t end;

		line = pf_str_skip(line, quoted);
		end = pf_str_find(line, quoted ? '"' : ',');
		if (end != PF_NPOS && pf_str_starts(line, "../"))
			continue; /* a script */
		add_module(modules, a, module_of(pf_str_cut(line, 0, end)));
	}
}

void pf_metadata_read_top_level(struct pf_strs *modules, struct pf_arena *a, struct pf_str text)
{
	struct pf_str line;

	while (pf_str_next_line(&text, &line))
		add_module(modules, a, pf_str_trim(line));
}
