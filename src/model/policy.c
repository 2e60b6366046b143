/* policy.c - what a stranger's files may not ask where an environment is to be built */
/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include "base/str.h"

static const struct {
	const char *what;
	const char *hint;
} rules[] = {
	[PF_ASKED_INDEX] = { "a model may not choose package indexes",
			     "give the index yourself, or allow the model's with "
			     "--allow-model-index" },
	[PF_ASKED_BUILD] = { "a model may not set build options",
			     "take the line out, or set the option yourself; --allow-model-index "
			     "lets it choose between wheels and sources" },
	[PF_ASKED_LOCAL] = { "a model may not name places outside itself",
			     "put the file into the model's directory, or name a release" },
	[PF_ASKED_CHANNEL] = { "a model may not name places outside itself",
			       "name the channel with --channel, or let the model choose with "
			       "--allow-model-index" },
	[PF_ASKED_URL] = { "an address without a digest", "add #sha256=..., or use --allow-urls" },
	[PF_ASKED_VAR] = { "variables and ~ are not filled in", "write the value itself" },
	[PF_ASKED_INCLUDE] = { "no file beneath the model's directory",
			       "put the included file into the model" },
	[PF_ASKED_OTHER] = { "a model may not set this option", "take the line out" },
};

/* Wheels or sources: of what an index has, as much as the index itself. */
static bool is_choice_of_files(const struct pf_asked *one)
{
	return one->kind == PF_ASKED_BUILD && (pf_str_starts(one->text, "--no-binary ") ||
					       pf_str_starts(one->text, "--only-binary "));
}

/* What is told better than by its kind alone: the first that fits. */
static const struct {
	enum pf_asked_kind kind;
	const char *holds, *what, *hint;
} words[] = {
	{ PF_ASKED_URL, "git+", "a model may not name a repository", "--allow-urls lets it" },
	{ PF_ASKED_LOCAL, "git+file:", "a model may not name places outside itself",
	  "name a host's repository" },
	{ PF_ASKED_LOCAL, "channel ", "a model may not name places outside itself",
	  "name the channels with --channel" },
	{ PF_ASKED_LOCAL, "git+", "no repository is installed as editable", "take -e away" },
	{ PF_ASKED_OTHER, "hg+", "only git's repositories are fetched", "name a release" },
	{ PF_ASKED_OTHER, "svn+", "only git's repositories are fetched", "name a release" },
	{ PF_ASKED_OTHER, "bzr+", "only git's repositories are fetched", "name a release" },
};

static void tell(const struct pf_asked *one, struct pf_err *err)
{
	const char *what = rules[one->kind].what, *hint = rules[one->kind].hint;

	for (size_t i = PF_COUNT(words); i-- > 0;)
		if (words[i].kind == one->kind &&
		    pf_str_find_str(one->text, words[i].holds) != PF_NPOS)
			what = words[i].what, hint = words[i].hint;
	pf_fail(err, PF_EMODEL, PF_FMT ", line %u: %s: " PF_FMT, PF_ARG(one->file), one->line, what,
		PF_ARG(pf_shown(one->text)));
	pf_hint(err, "%s", hint);
}

static int check_asked(const struct pf_asked *one, bool allow_index, bool allow_urls,
		       struct pf_err *err)
{
	if ((one->kind == PF_ASKED_INDEX && allow_index) ||
	    (one->kind == PF_ASKED_CHANNEL && allow_index) ||
	    (is_choice_of_files(one) && allow_index) ||
	    (one->kind == PF_ASKED_URL && allow_urls))
		return 0;
	tell(one, err);
	return -1;
}

/* ---- two versions of one distribution ---- */

/* Without markers, both exact: nothing can ever satisfy the two. */
static int check_pins(const struct pf_needs *needs, struct pf_arena *scratch, struct pf_err *err)
{
	struct pf_map pins = { 0 };

	for (size_t i = 0; i < needs->pip.n; i++) {
		const struct pf_need *n = &needs->pip.v[i], *other;
		const struct pf_spec *pin = n->parsed ? pf_specset_pin(&n->req.specs) : NULL;
		struct pf_str one = pf_shown(n->text), two;
		void **place;

		if (!pin || n->req.marker || !pin->version.release_count)
			continue;
		place = pf_map_put(scratch, &pins, n->req.key);
		other = *place;
		*place = other ? *place : (void *)n;
		if (!other ||
		    pf_version_cmp(&pf_specset_pin(&other->req.specs)->version, &pin->version) == 0)
			continue;
		two = pf_shown(other->text);
		return pf_fail(err, PF_ESOLVE,
			       PF_FMT " (" PF_FMT ", line %u) and " PF_FMT " (" PF_FMT
				      ", line %u) cannot both hold",
			       PF_ARG(two), PF_ARG(other->file), other->line, PF_ARG(one),
			       PF_ARG(n->file), n->line);
	}
	return 0;
}

int pf_model_allow(const struct pf_model *m, bool allow_index, bool allow_urls, struct pf_err *err)
{
	PF_AUTO(arena) scratch = { 0 };

	for (size_t i = 0; i < m->needs.asked.n; i++)
		if (check_asked(&m->needs.asked.v[i], allow_index, allow_urls, err) < 0)
			return -1;
	if (pf_needs_check_hashes(&m->needs, err) < 0)
		return -1;
	return check_pins(&m->needs, &scratch, err);
}
