/* link_info.c - what each environment's dist-info folders say of the installation */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "env/link_inside.h"
#include "fetch/fetch.h"

/* "https://user:word@host/x.whl#sha256=..." without user, word and what follows "#". */
static void put_url(struct pf_buf *out, struct pf_str url)
{
	size_t at = pf_str_find_str(url, "://"), sign, slash;

	url = pf_str_cut(url, 0, pf_str_find(url, '#'));
	if (at != PF_NPOS) {
		struct pf_str rest = pf_str_skip(url, at + 3);

		slash = pf_str_find(rest, '/');
		sign = pf_str_rfind(pf_str_cut(rest, 0, slash), '@');
		pf_buf_str(out, pf_str_cut(url, 0, at + 3));
		url = sign == PF_NPOS ? rest : pf_str_skip(rest, sign + 1);
	}
	pf_buf_str(out, url);
}

static void put_archive(struct pf_json_out *w, const struct pf_link *link)
{
	const char *sha256 = link->sha256 ? link->sha256 : link->wheel->sha256;
	PF_AUTO(buf) bare = PF_BUF(PF_MAX_TEXT_FILE);
	char old[80];

	put_url(&bare, link->url);
	snprintf(old, sizeof(old), "sha256=%s", sha256);
	pf_json_key(w, "archive_info");
	pf_json_open(w, '{');
	pf_json_field(w, "hash", pf_s(old));
	pf_json_key(w, "hashes");
	pf_json_open(w, '{');
	pf_json_field(w, "sha256", pf_s(sha256));
	pf_json_close(w, '}');
	pf_json_close(w, '}');
	pf_json_field(w, "url", pf_buf_view(&bare));
}

static void put_commit(struct pf_json_out *w, const struct pf_link *link,
		       const struct pf_git_source *git)
{
	PF_AUTO(arena) a = { 0 };

	pf_json_field(w, "url", pf_git_bare(&a, git->url));
	pf_json_key(w, "vcs_info");
	pf_json_open(w, '{');
	pf_json_field(w, "commit_id", git->commit);
	if (link->revision.n)
		pf_json_field(w, "requested_revision", link->revision);
	pf_json_field(w, "vcs", PF_S("git"));
	pf_json_close(w, '}');
	if (git->subdirectory.n)
		pf_json_field(w, "subdirectory", git->subdirectory);
}

void pf_direct_url(struct pf_buf *out, const struct pf_link *link)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_json_out w = { .buf = out };
	struct pf_git_source git = { 0 };
	struct pf_err ignored;

	pf_json_open(&w, '{');
	if (pf_git_split(&git, &a, link->url, &ignored) == 0)
		put_commit(&w, link, &git);
	else
		put_archive(&w, link);
	pf_json_close(&w, '}');
}

static int put_same(struct pf_linking *l, char **first, const char *name, struct pf_str text,
		    struct pf_err *err)
{
	const char *info = l->links[l->current].wheel->files.info;

	return pf_link_same(l, first, pf_formatz(&l->arena, "%s/%s", info, name), text, err);
}

static int put(struct pf_linking *l, const char *name, struct pf_str text, struct pf_err *err)
{
	const char *info = l->links[l->current].wheel->files.info;
	char *path = pf_formatz(&l->arena, "%s/%s", info, name);

	return pf_link_text(l, PF_SCHEME_ROOT, path, text, false, err);
}

/* RECORD's own line has neither digest nor size. */
static int put_record(struct pf_linking *l, struct pf_err *err)
{
	const char *info = l->links[l->current].wheel->files.info;
	PF_AUTO(buf) text = PF_TAKE(l->record);

	pf_record_field(&text, pf_s(info), PF_S("/RECORD"));
	pf_buf_cstr(&text, ",,\n");
	l->record = PF_BUF(PF_MAX_RECORD);
	if (pf_buf_check(&text, "RECORD", err) < 0 || put(l, "RECORD", pf_buf_view(&text), err) < 0)
		return -1;
	pf_buf_free(&l->record); /* the line that was noted of RECORD itself */
	return 0;
}

int pf_link_info(struct pf_linking *l, struct pf_err *err)
{
	const struct pf_link *link = &l->links[l->current];
	PF_AUTO(buf) url = PF_BUF(PF_MAX_TEXT_FILE);

	if (put_same(l, &l->installer, "INSTALLER", PF_S("pyfunc-env\n"), err) < 0 ||
	    (link->requested && put_same(l, &l->requested, "REQUESTED", PF_S(""), err) < 0))
		return -1;
	if (link->url.n) {
		pf_direct_url(&url, link);
		if (pf_buf_check(&url, "direct_url.json", err) < 0 ||
		    put(l, "direct_url.json", pf_buf_view(&url), err) < 0)
			return -1;
	}
	return put_record(l, err);
}
