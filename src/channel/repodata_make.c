/* repodata_make.c - what came of a channel's subdir, made a list of who is where */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "channel/repodata_parts.h"
#include "formats/inflate.h"

/* What is made: its file, and where its records are kept. */
struct making {
	struct pf_repo *r;
	struct pf_repo_scan scan;
	struct pf_atomic atomic;
	int fd;			/* of the file */
	bool named;		/* it is in the cache */
	bool keeps;		/* the records are copied into it */
	uint64_t data;		/* bytes of them */
};

/* ---- what the document says of itself ---- */

static bool is_version(const struct pf_node *version)
{
	return !version || (version->kind == PF_NODE_NUMBER && (pf_str_is(version->text, "1") ||
								 pf_str_is(version->text, "2")));
}

static int take_info(struct pf_repo *r, const struct pf_node *info, struct pf_err *err)
{
	struct pf_str subdir = pf_node_text(info, "subdir");

	if (info && info->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EINTEGRITY, "its info is no object");
	if (subdir.n && !pf_str_eq(subdir, r->subdir))
		return pf_fail(err, PF_EINTEGRITY, "it is about " PF_FMT,
			       PF_ARG(pf_shown(subdir)));
	r->facts.base = pf_node_text(info, "base_url");
	return 0;
}

/* The sections are there, emptied: so that each is seen to be there once. */
static int take_head(struct pf_repo *r, struct pf_str text, struct pf_err *err)
{
	struct pf_node *head;

	if (pf_json_parse(&head, &r->arena, text, err) < 0)
		return -1;
	if (head->kind != PF_NODE_MAP)
		return pf_fail(err, PF_EINTEGRITY, "it is no object");
	if (!is_version(pf_node_get(head, "repodata_version")))
		return pf_fail(err, PF_EINTEGRITY,
			       "its repodata_version is none that is known (1 and 2 are)");
	return take_info(r, pf_node_get(head, "info"), err);
}

/* ---- records ---- */

static int feed(struct making *m, const char *p, size_t n, struct pf_err *err)
{
	if (pf_repo_scan_feed(&m->scan, p, n, err) < 0)
		return -1;
	m->data += n;
	return m->keeps ? pf_write_fd(m->fd, p, n, err) : 0;
}

static int open_source(struct pf_source *out, const struct pf_repo *r, uint64_t size,
		       struct pf_err *err)
{
	static const enum pf_wrap_kind kinds[PF_REPO_VARIANTS] = {
		PF_WRAP_ZSTD, PF_WRAP_ZSTD, PF_WRAP_BZ2, PF_WRAP_NONE
	};
	enum pf_wrap_kind kind = kinds[r->variant];

	if (kind != PF_WRAP_NONE)
		return pf_source_unwrap(out, kind, r->body, 0, size, PF_MAX_REPODATA, err);
	pf_source_file(out, r->body, 0, size);
	return 0;
}

static int scan(struct making *m, uint64_t size, struct pf_err *err)
{
	struct pf_source source;
	int more;

	if (open_source(&source, m->r, size, err) < 0)
		return -1;
	while ((more = pf_source_fill(&source, 1, err)) > 0) {
		more = feed(m, source.window + source.pos, source.have - source.pos, err);
		source.pos = source.have;
		if (more < 0)
			break;
	}
	pf_source_free(&source);
	if (more < 0 || pf_repo_scan_end(&m->scan, err) < 0)
		return -1;
	return take_head(m->r, pf_buf_view(&m->scan.head), err);
}

static int list_shards(struct making *m, struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_REPODATA_INDEX);
	PF_AUTO(buf) digests = PF_BUF(PF_MAX_REPODATA_INDEX);
	struct pf_str info = { 0 };
	struct pf_node *node;

	if (pf_shards_unpack(&text, m->r->body, err) < 0 ||
	    pf_shards_list(&m->scan, &digests, &info, pf_buf_view(&text), err) < 0)
		return -1;
	if (!info.n)
		return pf_fail(err, PF_EINTEGRITY, "it has no info");
	if (pf_json_parse(&node, &m->r->arena, info, err) < 0 || take_info(m->r, node, err) < 0)
		return -1;
	m->r->facts.shards = pf_node_text(node, "shards_base_url");
	if (!m->r->facts.shards.n)
		m->r->facts.shards = PF_S("./");
	m->data = digests.n;
	return pf_write_fd(m->fd, digests.p, digests.n, err);
}

/* ---- the file ---- */

/* Kept under its name, or for this run alone. */
static int open_target(struct making *m, struct pf_err *err)
{
	const struct pf_repodata_own *own = m->r->own;
	struct pf_err unkept;

	if (own->cache > 0 &&
	    pf_atomic_open(&m->atomic, own->cache, m->r->key, 0644, &unkept) == 0) {
		m->named = true;
		m->fd = m->atomic.fd;
	} else if ((m->fd = pf_repo_scratch(own, err)) < 0) {
		return -1;
	}
	if (lseek(m->fd, PF_REPO_HEADER, SEEK_SET) < 0)
		return pf_fail_errno(err, "cannot write the list of a channel's packages");
	return 0;
}

static int close_target(struct making *m, struct pf_err *err)
{
	struct pf_repo *r = m->r;

	if (pf_repo_file_finish(m->fd, m->keeps ? m->data : 0, &m->scan.names, &r->facts, err) < 0)
		return -1;
	if (m->atomic.fd && pf_atomic_commit(&m->atomic, err) < 0)
		return -1;
	if (m->named ? pf_repo_file_open(&r->file, r->own->cache, r->key)
		     : pf_repo_file_take(&r->file, fcntl(m->fd, F_DUPFD_CLOEXEC, 0), r->key))
		return 0;
	return pf_fail(err, PF_EINTEGRITY, "it changed while it was read");
}

static int make(struct making *m, struct pf_err *err)
{
	struct pf_repo *r = m->r;
	const struct pf_repo_variant *v = &pf_repo_variants[r->variant];
	struct stat st;

	if (fstat(r->body, &st) < 0)
		return pf_fail_errno(err, "cannot be read");
	m->keeps = v->packed || !r->source;
	r->facts.variant = pf_s(v->name);
	r->facts.address = pf_redacted(&r->arena, r->asked.v[r->address]);
	if (!m->keeps)
		r->facts.source = pf_s(r->source);
	if (open_target(m, err) < 0)
		return -1;
	if ((v->shards ? list_shards(m, err) : scan(m, (uint64_t)st.st_size, err)) < 0)
		return -1;
	return close_target(m, err);
}

void pf_repo_make(struct pf_repo *r)
{
	struct making m = { .r = r };
	struct pf_err *err = &r->err;

	if (make(&m, err) < 0) {
		/* Of a file of theirs it is integrity that is at stake, not a model. */
		if (err->code == PF_EMODEL)
			err->code = PF_EINTEGRITY;
		pf_wrap(err, "%s of channel " PF_FMT " for " PF_FMT,
			pf_repo_variants[r->variant].name, PF_ARG(pf_shown(r->channel->name)),
			PF_ARG(r->subdir));
	}
	if (m.fd > 0 && !m.named)
		close(m.fd);
	pf_atomic_free(&m.atomic);
	pf_repo_scan_free(&m.scan);
	close(r->body);
	r->body = 0;
}
