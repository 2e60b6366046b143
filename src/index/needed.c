/* needed.c - a METADATA file to what a distribution needs, and the short form that is kept of it */
/* SPDX-License-Identifier: Apache-2.0 */
#include "index/needed.h"

#include "base/limits.h"
#include "base/str.h"
#include "formats/headers.h"
#include "req/name.h"

static int check(struct pf_str name, struct pf_str version, const struct pf_file *file,
		 struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_version v;

	if (!name.n || !version.n)
		return pf_fail(err, PF_EINTEGRITY,
			       PF_FMT ": its metadata has no name or no version",
			       PF_ARG(file->name));
	if (!pf_name_eq(name, file->release->project->name) || !pf_version_read(&v, &a, version) ||
	    pf_version_cmp(&v, &file->release->version) != 0)
		return pf_fail(err, PF_EINTEGRITY, PF_FMT ": its metadata is of " PF_FMT " " PF_FMT,
			       PF_ARG(file->name), PF_ARG(pf_shown(name)),
			       PF_ARG(pf_shown(version)));
	return 0;
}

int pf_needed_read(struct pf_needed *out, struct pf_arena *a, struct pf_str text,
		   const struct pf_file *file, struct pf_err *err)
{
	struct pf_str kept = pf_dup(a, text), key, value, name = { 0 }, version = { 0 };
	struct pf_needed n = { 0 };

	while (pf_headers_next(&kept, a, &key, &value)) {
		if (pf_str_ieq(key, "Name") && !name.n)
			name = value;
		else if (pf_str_ieq(key, "Version") && !version.n)
			version = value;
		else if (pf_str_ieq(key, "Requires-Python") && !n.python.n)
			n.python = value;
		else if (pf_str_ieq(key, "Requires-Dist") && value.n)
			*PF_PUSH(a, &n.requires) = value;
		else if (pf_str_ieq(key, "Provides-Extra") && value.n)
			*PF_PUSH(a, &n.extras) = value;
		if (n.requires.n + n.extras.n > PF_MAX_REQUIREMENTS)
			return pf_fail(err, PF_ELIMIT, PF_FMT ": more than %d requirements",
				       PF_ARG(file->name), PF_MAX_REQUIREMENTS);
	}
	if (check(name, version, file, err) < 0)
		return -1;
	*out = n;
	return 0;
}

void pf_needed_write(struct pf_buf *out, const struct pf_needed *n, const struct pf_file *file)
{
	const struct pf_release *r = file->release;

	pf_buf_printf(out, "Name: " PF_FMT "\nVersion: " PF_FMT "\n", PF_ARG(r->project->name),
		      PF_ARG(r->version.text));
	if (n->python.n)
		pf_buf_printf(out, "Requires-Python: " PF_FMT "\n", PF_ARG(n->python));
	for (size_t i = 0; i < n->extras.n; i++)
		pf_buf_printf(out, "Provides-Extra: " PF_FMT "\n", PF_ARG(n->extras.v[i]));
	for (size_t i = 0; i < n->requires.n; i++)
		pf_buf_printf(out, "Requires-Dist: " PF_FMT "\n", PF_ARG(n->requires.v[i]));
}
