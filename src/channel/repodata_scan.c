/* repodata_scan.c - where a repodata.json has the records of which name, told while it comes */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/repodata_scan.h"

#include "base/limits.h"
#include "base/str.h"

/* A piece, and where in it we are. */
struct piece {
	const char *p;
	size_t n;
	size_t copied;	/* bytes of it that are in the head, if it is copied */
};

void pf_repo_scan_free(struct pf_repo_scan *s)
{
	pf_arena_free(&s->arena);
	pf_buf_free(&s->head);
	memset(s, 0, sizeof(*s));
}

static int fail(const struct pf_repo_scan *s, size_t i, struct pf_err *err, const char *what)
{
	return pf_fail(err, PF_EINTEGRITY, "byte %llu: %s", (unsigned long long)(s->at + i), what);
}

/* "numpy" of "numpy-1.26.4-py311_0.conda": all before the last dash but one; empty: there is
 * none. */
static struct pf_str name_of(struct pf_str file)
{
	size_t build = pf_str_rfind(file, '-'), version;

	if (build == PF_NPOS)
		return (struct pf_str){ 0 };
	version = pf_str_rfind(pf_str_cut(file, 0, build), '-');
	return version == PF_NPOS ? (struct pf_str){ 0 } : pf_str_cut(file, 0, version);
}

/* ---- the head: what is about no package ---- */

static void copy_to(struct pf_repo_scan *s, struct piece *piece, size_t end)
{
	if (s->copying)
		pf_buf_add(&s->head, piece->p + piece->copied, end - piece->copied);
	piece->copied = end;
}

static enum pf_repo_section section_of(const struct pf_repo_scan *s)
{
	static const struct {
		const char *key;
		enum pf_repo_section section;
	} known[] = {
		{ "packages", PF_REPO_PACKAGES },
		{ "packages.conda", PF_REPO_CONDA },
		{ "removed", PF_REPO_REMOVED },
		{ "info", PF_REPO_INFO },
	};
	struct pf_str key = { s->key, s->key_n };

	for (size_t i = 0; i < PF_COUNT(known); i++)
		if (s->named && pf_str_is(key, known[i].key))
			return known[i].section;
	return PF_REPO_OTHER;
}

/* ---- runs ---- */

static int end_run(struct pf_repo_scan *s, struct pf_err *err)
{
	struct pf_repo_name *name = s->name;

	if (!name)
		return 0;
	s->name = NULL;
	if (s->run_end - s->run.at > PF_MAX_REPODATA_NAME)
		return pf_fail(err, PF_ELIMIT, "more than %zu bytes about " PF_FMT,
			       PF_MAX_REPODATA_NAME, PF_ARG(pf_shown(name->name)));
	if (++s->runs > PF_MAX_REPODATA_RUNS)
		return pf_fail(err, PF_ELIMIT, "more than %d stretches of records",
			       PF_MAX_REPODATA_RUNS);
	s->run.size = (uint32_t)(s->run_end - s->run.at);
	*PF_PUSH(&s->arena, &name->runs) = s->run;
	return 0;
}

static int begin_run(struct pf_repo_scan *s, struct pf_str name, struct pf_err *err)
{
	void **place;

	if (end_run(s, err) < 0)
		return -1;
	if (!name.n)
		return 0; /* no package's file: nobody will ask for it */
	place = pf_map_put(&s->arena, &s->names, name);
	if (!*place) {
		struct pf_repo_name *made = pf_alloc(&s->arena, sizeof(*made));

		if (s->names.entries.n > PF_MAX_REPODATA_NAMES)
			return pf_fail(err, PF_ELIMIT, "more than %d packages",
				       PF_MAX_REPODATA_NAMES);
		made->name = pf_dup(&s->arena, name);
		*place = made;
	}
	s->name = *place;
	s->run = (struct pf_repo_run){ .at = s->key_at, .section = s->section };
	return 0;
}

/* A record's file name is whole: the run that it belongs to. */
static int take_file(struct pf_repo_scan *s, size_t i, struct pf_err *err)
{
	struct pf_str file = { s->key, s->key_n }, before = { s->before, s->before_n };
	struct pf_str name = name_of(file);

	if (s->section != PF_REPO_REMOVED && pf_str_eq(file, before))
		return fail(s, i, err, "a file comes twice");
	s->records++;
	memcpy(s->before, s->key, s->key_n);
	s->before_n = s->key_n;
	if (s->name && pf_str_eq(s->name->name, name) &&
	    s->run_end - s->run.at < PF_MAX_REPODATA_NAME / 2)
		return 0;
	return begin_run(s, name, err);
}

/* ---- texts at the two upper levels: keys, and names of removed files ---- */

static bool holds_records(const struct pf_repo_scan *s)
{
	return s->depth == 2 && s->section <= PF_REPO_REMOVED;
}

/* What of the text is in this piece, up to `end`. */
static int add_key(struct pf_repo_scan *s, const struct piece *piece, size_t end,
		   struct pf_err *err)
{
	size_t from = s->key_at + 1 > s->at ? (size_t)(s->key_at + 1 - s->at) : 0;

	if (from >= end)
		return 0;
	if (end - from <= sizeof(s->key) - s->key_n) {
		memcpy(s->key + s->key_n, piece->p + from, end - from);
		s->key_n += end - from;
		return 0;
	}
	if (holds_records(s))
		return fail(s, end, err, "a file's name is too long");
	s->key_n = sizeof(s->key); /* of the head, where that is no mistake: no key of ours */
	return 0;
}

static int open_key(struct pf_repo_scan *s, size_t i, struct pf_err *err)
{
	s->in_key = true;
	s->key_n = 0;
	s->key_at = s->at + i;
	if (!holds_records(s)) {
		s->named = false;
		return 0;
	}
	if (s->expect != PF_REPO_FIRST && s->expect != PF_REPO_KEY_OPEN)
		return fail(s, i, err, "a text where none is expected");
	s->expect = PF_REPO_KEY_CLOSE;
	return 0;
}

static int close_key(struct pf_repo_scan *s, struct piece *piece, size_t i, struct pf_err *err)
{
	s->in_key = false;
	if (add_key(s, piece, i, err) < 0)
		return -1;
	if (!holds_records(s))
		return 0;
	s->expect = s->section == PF_REPO_REMOVED ? PF_REPO_COMMA : PF_REPO_COLON;
	if (take_file(s, i, err) < 0)
		return -1;
	s->run_end = s->at + i + 1;
	return 0;
}

/* ---- events ---- */

static int open_bracket(struct pf_repo_scan *s, struct piece *piece, size_t i, struct pf_err *err)
{
	if (s->depth == 1) {
		s->section = section_of(s);
		s->expect = PF_REPO_FIRST;
		s->before_n = 0;
		if ((s->section <= PF_REPO_CONDA && piece->p[i] != '{') ||
		    (s->section == PF_REPO_REMOVED && piece->p[i] != '['))
			return fail(s, i, err, "records in something else than an object");
		if (s->section != PF_REPO_INFO) {
			copy_to(s, piece, i + 1);
			s->copying = false;
		}
	} else if (holds_records(s)) {
		if (s->expect != PF_REPO_RECORD || piece->p[i] != '{')
			return fail(s, i, err, "something else than a record");
	}
	if (++s->depth > PF_MAX_JSON_DEPTH)
		return pf_fail(err, PF_ELIMIT, "byte %llu: nested deeper than %d levels",
			       (unsigned long long)(s->at + i), PF_MAX_JSON_DEPTH);
	return 0;
}

static int close_bracket(struct pf_repo_scan *s, struct piece *piece, size_t i, struct pf_err *err)
{
	if (!s->depth)
		return fail(s, i, err, "a bracket that nothing opens");
	if (holds_records(s) && s->expect != PF_REPO_FIRST && s->expect != PF_REPO_COMMA)
		return fail(s, i, err, "an end where a record is expected");
	s->depth--;
	if (s->depth == 1) {
		if (!s->copying)
			piece->copied = i;
		s->copying = true;
		s->named = false;
		s->section = PF_REPO_OTHER;
		return end_run(s, err);
	}
	if (holds_records(s)) {
		s->expect = PF_REPO_COMMA;
		s->run_end = s->at + i + 1;
	}
	return 0;
}

static int take_mark(struct pf_repo_scan *s, char c, size_t i, struct pf_err *err)
{
	if (!holds_records(s)) {
		if (s->depth == 1)
			s->named = c == ':';
		return 0;
	}
	if (s->expect != (c == ':' ? PF_REPO_COLON : PF_REPO_COMMA))
		return fail(s, i, err, "a comma or a colon where none is expected");
	s->expect = c == ':' ? PF_REPO_RECORD : PF_REPO_KEY_OPEN;
	return 0;
}

static int take_byte(struct pf_repo_scan *s, struct piece *piece, size_t i, struct pf_err *err)
{
	switch (piece->p[i]) {
	case '"':
		return s->in_key ? close_key(s, piece, i, err) : open_key(s, i, err);
	case '{':
	case '[':
		return open_bracket(s, piece, i, err);
	case '}':
	case ']':
		return close_bracket(s, piece, i, err);
	default:
		return take_mark(s, piece->p[i], i, err);
	}
}

/* ---- blocks of 64 bytes ---- */

/* Bytes that a backslash takes the meaning of. */
static uint64_t escapes(struct pf_repo_scan *s, uint64_t slashes)
{
	uint64_t escaped = s->escaped;

	s->escaped = false;
	for (; slashes; slashes &= slashes - 1) {
		unsigned i = (unsigned)__builtin_ctzll(slashes);

		if (escaped >> i & 1)
			continue;
		if (i == 63)
			s->escaped = true;
		else
			escaped |= (uint64_t)2 << i;
	}
	return escaped;
}

/* Each bit: is the number of bits up to and with it odd? */
static uint64_t parity(uint64_t bits)
{
	for (unsigned step = 1; step < 64; step *= 2)
		bits ^= bits << step;
	return bits;
}

static int take_block(struct pf_repo_scan *s, struct piece *piece, size_t at, const char *block,
		      uint64_t valid, struct pf_err *err)
{
	struct pf_repo_block b;
	uint64_t inside, upper, left = ~(uint64_t)0;

	pf_repo_block_read(&b, block);
	b.quotes &= valid;
	if (b.slashes || s->escaped)
		b.quotes &= ~escapes(s, b.slashes & valid);
	inside = parity(b.quotes) ^ s->in_string;
	s->in_string = (uint64_t)((int64_t)inside >> 63);
	b.brackets &= ~inside & valid;
	upper = b.brackets | b.quotes | (b.marks & ~inside & valid);
	for (;;) {
		uint64_t bits = (s->depth > 2 ? b.brackets : upper) & left;
		unsigned i;

		if (!bits)
			return 0;
		i = (unsigned)__builtin_ctzll(bits);
		left = i == 63 ? 0 : ~(uint64_t)0 << (i + 1);
		if (take_byte(s, piece, at + i, err) < 0)
			return -1;
	}
}

static int take_rest(struct pf_repo_scan *s, struct piece *piece, size_t at, struct pf_err *err)
{
	size_t n = piece->n - at;
	uint64_t last = (uint64_t)1 << (n - 1);
	char block[64];
	bool escaped;

	memset(block, ' ', sizeof(block));
	memcpy(block, piece->p + at, n);
	/* A backslash that is the last of the piece concerns the next one. */
	escaped = false;
	for (size_t i = 0; i < n; i++)
		escaped = block[i] == '\\' && !(i ? escaped : s->escaped);
	if (take_block(s, piece, at, block, last | (last - 1), err) < 0)
		return -1;
	s->escaped = escaped;
	return 0;
}

int pf_repo_scan_feed(struct pf_repo_scan *s, const char *p, size_t n, struct pf_err *err)
{
	struct piece piece = { .p = p, .n = n };
	size_t at = 0;

	if (!s->head.max) {
		s->head = PF_BUF(PF_MAX_REPODATA_HEAD);
		s->copying = true;
		s->section = PF_REPO_OTHER;
	}
	for (; at + 64 <= n; at += 64)
		if (take_block(s, &piece, at, p + at, ~(uint64_t)0, err) < 0)
			return -1;
	if (at < n && take_rest(s, &piece, at, err) < 0)
		return -1;
	if (s->in_key && add_key(s, &piece, n, err) < 0)
		return -1;
	copy_to(s, &piece, n);
	if (s->head.toobig)
		return pf_buf_check(&s->head, "what a repodata.json says beside its records", err);
	s->at += n;
	if (s->at > PF_MAX_REPODATA)
		return pf_fail(err, PF_ELIMIT, "more than %zu bytes", PF_MAX_REPODATA);
	return 0;
}

int pf_repo_scan_end(struct pf_repo_scan *s, struct pf_err *err)
{
	if (s->depth || s->in_string || !s->head.n)
		return fail(s, 0, err, "it ends in the middle");
	return 0;
}
