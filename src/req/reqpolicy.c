/* reqpolicy.c - what a requirement asks for that a stranger may not have */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqpolicy.h"

#include "base/digests.h"
#include "base/fs.h"
#include "base/str.h"
#include "req/reqneed.h"

void pf_policy_note(struct pf_needs *needs, struct pf_arena *a, enum pf_asked_kind kind,
		    struct pf_str text, struct pf_str file, unsigned line)
{
	*PF_PUSH(a, &needs->asked) =
		(struct pf_asked){ .kind = kind, .text = text, .file = file, .line = line };
}

bool pf_policy_is_digest(struct pf_str hash)
{
	size_t colon = pf_str_find(hash, ':');
	const struct pf_digest_kind *kind = pf_digest_kind(pf_str_cut(hash, 0, colon));
	struct pf_str digits = pf_str_skip(hash, colon == PF_NPOS ? hash.n : colon + 1);

	for (size_t i = 0; i < digits.n; i++)
		if (pf_hex_digit(digits.p[i]) < 0)
			return false;
	return kind && digits.n == kind->digits;
}

/* "#sha256=hex" or "&sha256=hex" in a URL. */
static bool has_digest(struct pf_arena *a, struct pf_str url)
{
	size_t at = pf_str_find(url, '#');
	struct pf_str rest = pf_str_skip(url, at == PF_NPOS ? url.n : at + 1), one;

	while (rest.n && pf_str_next(&rest, '&', &one)) {
		char *text = pf_dupz(a, one);
		char *equals = strchr(text, '=');

		if (equals)
			*equals = ':';
		if (pf_policy_is_digest(pf_s(text)))
			return true;
	}
	return false;
}

/* Nothing that a program started for the URL could take for an option or a second line: printable
 * ASCII, host and reference not beginning with "-". */
static bool is_clean(struct pf_str url)
{
	size_t at = pf_str_find_str(url, "://");
	struct pf_str rest = pf_str_skip(url, at == PF_NPOS ? url.n : at + 3);

	if (!rest.n || rest.p[0] == '-' || pf_str_find_str(rest, "@-") != PF_NPOS)
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (url.p[i] <= ' ' || url.p[i] >= 0x7f)
			return false;
	return true;
}

/* What kind of asking a direct URL is; false when it is none. */
static bool judge_link(enum pf_asked_kind *kind, struct pf_arena *a, const struct pf_need *need)
{
	static const char *const vcs[] = { "git+https", "git+http", "git+ssh" };
	struct pf_str scheme = pf_url_scheme(need->link);

	*kind = PF_ASKED_OTHER;
	if (!scheme.n || pf_str_ieq(scheme, "file") || pf_str_ieq(scheme, "git+file")) {
		*kind = PF_ASKED_LOCAL;
		return true;
	}
	if (!is_clean(need->link))
		return true;
	if (pf_str_ieq(scheme, "https") || pf_str_ieq(scheme, "http")) {
		*kind = PF_ASKED_URL;
		return !need->hashes.n && !has_digest(a, need->link);
	}
	for (size_t i = 0; i < PF_COUNT(vcs); i++)
		if (pf_str_ieq(scheme, vcs[i]))
			*kind = PF_ASKED_URL;
	return true;
}

/* A wheel that the model brings along is its own business. */
static bool is_own_wheel(const struct pf_need *need, int root)
{
	struct pf_err ignored;
	PF_FD(fd) = -1;

	if (root < 0 || !pf_str_ends(need->path, ".whl"))
		return false;
	fd = pf_open_beneath(root, need->path.p, &ignored);
	return fd >= 0;
}

void pf_policy_note_need(struct pf_needs *needs, struct pf_arena *a, const struct pf_need *need,
			 bool outside, int root)
{
	enum pf_asked_kind kind = PF_ASKED_LOCAL;
	bool asks = false;

	if (need->editable || outside)
		asks = true;
	else if (need->path.n)
		asks = !is_own_wheel(need, root);
	else if (need->link.n)
		asks = judge_link(&kind, a, need);
	if (asks)
		pf_policy_note(needs, a, kind, need->text, need->file, need->line);
}

void pf_policy_note_options(struct pf_needs *needs, struct pf_arena *a, const struct pf_reqopts *o,
			    struct pf_str file, unsigned line)
{
	static const struct {
		bool silent;
		enum pf_asked_kind kind;
	} kinds[] = {
		[PF_OPT_INDEX_URL] = { .kind = PF_ASKED_INDEX },
		[PF_OPT_EXTRA_INDEX_URL] = { .kind = PF_ASKED_INDEX },
		[PF_OPT_NO_INDEX] = { .kind = PF_ASKED_INDEX },
		[PF_OPT_FIND_LINKS] = { .kind = PF_ASKED_INDEX },
		[PF_OPT_TRUSTED_HOST] = { .kind = PF_ASKED_INDEX },
		[PF_OPT_NO_BINARY] = { .kind = PF_ASKED_BUILD },
		[PF_OPT_ONLY_BINARY] = { .kind = PF_ASKED_BUILD },
		[PF_OPT_CONFIG_SETTINGS] = { .kind = PF_ASKED_BUILD },
		[PF_OPT_PREFER_BINARY] = { .kind = PF_ASKED_OTHER },
		[PF_OPT_NO_REQUIRE_HASHES] = { .kind = PF_ASKED_OTHER },
		[PF_OPT_PRE] = { .kind = PF_ASKED_OTHER },
		[PF_OPT_ALL_RELEASES] = { .kind = PF_ASKED_OTHER },
		[PF_OPT_ONLY_FINAL] = { .kind = PF_ASKED_OTHER },
		[PF_OPT_USE_FEATURE] = { .kind = PF_ASKED_OTHER },
		/* read and followed, or said of their requirement */
		[PF_OPT_CONSTRAINT] = { .silent = true },
		[PF_OPT_REQUIREMENT] = { .silent = true },
		[PF_OPT_EDITABLE] = { .silent = true },
		[PF_OPT_REQUIRE_HASHES] = { .silent = true },
		[PF_OPT_HASH] = { .silent = true },
	};

	for (size_t i = 0; i < o->n; i++) {
		struct pf_str text = pf_format(a, "%s", pf_reqopt_name(o->v[i].kind));

		if (kinds[o->v[i].kind].silent)
			continue;
		if (o->v[i].value.p)
			text = pf_format(a, PF_FMT " " PF_FMT, PF_ARG(text), PF_ARG(o->v[i].value));
		pf_policy_note(needs, a, kinds[o->v[i].kind].kind, text, file, line);
	}
}

const struct pf_need *pf_need_next(const struct pf_need *needs, size_t n,
				   const struct pf_need *after, struct pf_str name)
{
	for (size_t i = after ? (size_t)(after - needs) + 1 : 0; i < n; i++)
		if (needs[i].parsed && !needs[i].constraint && pf_str_eq(needs[i].req.key, name))
			return &needs[i];
	return NULL;
}

int pf_needs_check_hashes(const struct pf_needs *needs, struct pf_err *err)
{
	for (size_t i = 0; needs->require_hashes && i < needs->pip.n; i++) {
		const struct pf_need *need = &needs->pip.v[i];
		struct pf_arena a = { 0 };
		bool hashed = need->hashes.n || has_digest(&a, need->link);
		bool pinned = need->link.n || need->path.n || pf_specset_pin(&need->req.specs);
		struct pf_str text = pf_shown(need->text), file = pf_shown(need->file);

		pf_arena_free(&a);
		if (!need->constraint && (!hashed || !pinned))
			return pf_fail(err, PF_EMODEL,
				       PF_FMT ", line %u: '" PF_FMT "' %s, "
				       "and hashes are required here",
				       PF_ARG(file), need->line, PF_ARG(text),
				       hashed ? "is not pinned by ==" : "has no --hash");
	}
	return 0;
}
