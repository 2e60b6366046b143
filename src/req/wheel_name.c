/* wheel_name.c - file names of wheels and source distributions, taken apart */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/wheel_name.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/name.h"
#include "req/pytext.h"

static int refuse(struct pf_str file, const char *kind, const char *why, struct pf_err *err)
{
	struct pf_str shown = pf_shown(file);

	return pf_fail(err, PF_EMODEL, "'" PF_FMT "' is not the name of a %s (%s)", PF_ARG(shown),
		       kind, why);
}

/* Letters, digits, "_" and "."; beyond ASCII whatever is no white space; no two "_" in a row. */
static bool is_escaped_name(struct pf_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (pf_py_space(name, i) ||
		    (!((unsigned char)c & 0x80) && !pf_py_word(c) && c != '.'))
			return false;
		if (c == '_' && i && name.p[i - 1] == '_')
			return false;
	}
	return name.n != 0;
}

/* [a-z_][a-z0-9_]*, as an interpreter's part of a tag has to be. */
static bool is_identifier(struct pf_str part)
{
	for (size_t i = 0; i < part.n; i++)
		if (!((unsigned char)part.p[i] & 0x80) && !pf_py_word(part.p[i]))
			return false;
	return part.n && !pf_is_digit(part.p[0]);
}

static bool split_set(struct pf_strs *out, struct pf_arena *a, struct pf_str set, bool identifiers)
{
	struct pf_str one;

	while (pf_str_next(&set, '.', &one)) {
		char *low = pf_dupz(a, one);

		for (size_t i = 0; i < one.n; i++)
			low[i] = pf_lower(low[i]);
		if (!one.n || (identifiers && !is_identifier(one)))
			return false;
		*PF_PUSH(a, out) = (struct pf_str){ low, one.n };
	}
	return out->n != 0;
}

/* "py2.py3-none-any" to every combination, sorted, each once. */
static bool expand_tags(struct pf_strs *out, struct pf_arena *a, struct pf_str text)
{
	struct pf_str rest = text, part[3];
	struct pf_strs set[3] = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < 3; i++)
		if (!pf_str_next(&rest, '-', &part[i]) || !split_set(&set[i], a, part[i], i == 0))
			return false;
	if (rest.p || set[0].n * set[1].n > PF_MAX_WHEEL_TAGS ||
	    set[0].n * set[1].n * set[2].n > PF_MAX_WHEEL_TAGS)
		return false;
	for (size_t i = 0; i < set[0].n; i++)
		for (size_t j = 0; j < set[1].n; j++)
			for (size_t k = 0; k < set[2].n; k++)
				*PF_PUSH(a, out) =
					pf_format(a, PF_FMT "-" PF_FMT "-" PF_FMT,
						  PF_ARG(set[0].v[i]), PF_ARG(set[1].v[j]),
						  PF_ARG(set[2].v[k]));
	pf_strs_sort(out);
	for (size_t i = 0; i < out->n; i++)
		if (!n || !pf_str_eq(out->v[n - 1], out->v[i]))
			out->v[n++] = out->v[i];
	out->n = n;
	return true;
}

int pf_wheel_name_parse(struct pf_wheel_name *out, struct pf_arena *a, struct pf_str file,
			struct pf_err *err)
{
	struct pf_str rest = pf_str_cut(file, 0, file.n < 4 ? 0 : file.n - 4), name, version;
	struct pf_wheel_name w = { 0 };
	size_t dashes = 0;

	if (!pf_str_ends(file, ".whl") || file.n > PF_MAX_PATH)
		return refuse(file, "wheel", "it does not end in .whl", err);
	for (size_t i = 0; i < rest.n; i++)
		dashes += rest.p[i] == '-';
	if (dashes != 4 && dashes != 5)
		return refuse(file, "wheel", "not five or six parts", err);
	pf_str_next(&rest, '-', &name);
	pf_str_next(&rest, '-', &version);
	if (!is_escaped_name(name))
		return refuse(file, "wheel", "name", err);
	w.name = pf_name_canonical(a, name);
	if (!pf_version_read(&w.version, a, version))
		return refuse(file, "wheel", "version", err);
	if (dashes == 5) {
		pf_str_next(&rest, '-', &w.build);
		if (!w.build.n || !pf_is_digit(w.build.p[0]))
			return refuse(file, "wheel", "build number", err);
	}
	if (!expand_tags(&w.tags, a, rest))
		return refuse(file, "wheel", "tags", err);
	*out = w;
	return 0;
}

int pf_sdist_name_parse(struct pf_sdist_name *out, struct pf_arena *a, struct pf_str file,
			struct pf_err *err)
{
	struct pf_str stem = file;
	struct pf_sdist_name s;
	size_t dash;

	if (pf_str_ends(file, ".tar.gz"))
		stem.n -= strlen(".tar.gz");
	else if (pf_str_ends(file, ".zip"))
		stem.n -= strlen(".zip");
	else
		return refuse(file, "source distribution", "it does not end in .tar.gz or .zip",
			      err);
	dash = pf_str_rfind(stem, '-');
	if (dash == PF_NPOS || dash == 0)
		return refuse(file, "source distribution", "not NAME-VERSION", err);
	s.name = pf_name_canonical(a, pf_str_cut(stem, 0, dash));
	if (!pf_version_read(&s.version, a, pf_str_skip(stem, dash + 1)))
		return refuse(file, "source distribution", "version", err);
	*out = s;
	return 0;
}
