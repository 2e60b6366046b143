/* repodata_file.c - what a subdir of a channel has, as a file of ours: who is where */
/* SPDX-License-Identifier: Apache-2.0 */
#include "channel/repodata_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"

/*	header		PF_REPO_HEADER bytes
 *	records		as they came, or digests of shards, 32 bytes each; or nothing, where they
 *			stay in a file of the user's own
 *	index		counts and facts, names (sorted), runs, texts
 * Numbers are this machine's: another one's header is of no kind that is known. */
#define MAGIC UINT64_C(0x32306f7065726670) /* "pfrepo02" */

struct header {
	uint64_t magic;
	uint64_t index_at, index_size;
	uint32_t crc;		/* of the index */
	uint32_t spare;
};

enum text { ETAG, MODIFIED, VARIANT, BASE, SHARDS, ADDRESS, SOURCE, TEXTS };

struct stretch {
	uint32_t at, n;
};

struct pf_repo_disk_name {
	struct stretch text;
	uint32_t run, runs;	/* the first of its runs, and how many */
};

struct index {
	uint32_t names, runs, texts, absent;
	uint64_t source_size, source_inode;
	int64_t source_time, max_age;
	struct stretch text[TEXTS];
};

void pf_repo_facts_of_file(struct pf_repo_facts *out, const struct stat *st)
{
	out->source_size = (uint64_t)st->st_size;
	out->source_inode = (uint64_t)st->st_ino;
	out->source_time = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

void pf_repo_file_free(struct pf_repo_file *f)
{
	if (f->fd > 0)
		close(f->fd);
	pf_arena_free(&f->arena);
	memset(f, 0, sizeof(*f));
}

/* ---- written ---- */

static struct stretch put_text(struct pf_buf *texts, struct pf_str text)
{
	struct stretch at = { (uint32_t)texts->n, (uint32_t)text.n };

	pf_buf_str(texts, text);
	return at;
}

static int compare_names(const void *l, const void *r)
{
	const struct pf_repo_name *const *a = l, *const *b = r;

	return pf_str_cmp((*a)->name, (*b)->name);
}

static const struct pf_repo_name **sort_names(struct pf_arena *a, const struct pf_map *names)
{
	const struct pf_repo_name **sorted =
		pf_alloc_array(a, names->entries.n + 1, sizeof(*sorted));

	for (size_t i = 0; i < names->entries.n; i++)
		sorted[i] = names->entries.v[i].value;
	qsort(sorted, names->entries.n, sizeof(*sorted), compare_names);
	return sorted;
}

static void put_index(struct pf_buf *out, const struct pf_map *names,
		      const struct pf_repo_facts *facts)
{
	const struct pf_str told[TEXTS] = { facts->etag, facts->modified, facts->variant,
					    facts->base, facts->shards,	  facts->address,
					    facts->source };
	struct index index = { .names = (uint32_t)names->entries.n, .absent = facts->absent,
			       .source_size = facts->source_size,
			       .source_inode = facts->source_inode,
			       .source_time = facts->source_time, .max_age = facts->max_age };
	PF_AUTO(buf) texts = PF_BUF(PF_MAX_REPODATA_INDEX);
	PF_AUTO(buf) list = PF_BUF(PF_MAX_REPODATA_INDEX);
	PF_AUTO(arena) a = { 0 };
	const struct pf_repo_name **sorted = sort_names(&a, names);

	for (size_t i = 0; i < TEXTS; i++)
		index.text[i] = put_text(&texts, told[i]);
	for (size_t i = 0; i < index.names; i++) {
		struct pf_repo_disk_name one = { put_text(&texts, sorted[i]->name), index.runs,
						 (uint32_t)sorted[i]->runs.n };

		pf_buf_add(&list, &one, sizeof(one));
		index.runs += one.runs;
	}
	index.texts = (uint32_t)texts.n;
	pf_buf_add(out, &index, sizeof(index));
	pf_buf_str(out, pf_buf_view(&list));
	for (size_t i = 0; i < index.names; i++)
		pf_buf_add(out, sorted[i]->runs.v,
			   sorted[i]->runs.n * sizeof(struct pf_repo_disk_run));
	pf_buf_str(out, pf_buf_view(&texts));
	out->toobig |= texts.toobig || list.toobig;
}

_Static_assert(sizeof(struct pf_repo_run) == sizeof(struct pf_repo_disk_run), "written as they are");

int pf_repo_file_finish(int fd, uint64_t data, const struct pf_map *names,
			const struct pf_repo_facts *facts, struct pf_err *err)
{
	PF_AUTO(buf) index = PF_BUF(PF_MAX_REPODATA_INDEX);
	char first[PF_REPO_HEADER] = { 0 };
	struct header header = { .magic = MAGIC };

	put_index(&index, names, facts);
	if (pf_buf_check(&index, "the list of a channel's packages", err) < 0)
		return -1;
	header.index_at = (PF_REPO_HEADER + data + 7) / 8 * 8;
	header.index_size = index.n;
	header.crc = libdeflate_crc32(0, index.p, index.n);
	memcpy(first, &header, sizeof(header));
	if (lseek(fd, (off_t)header.index_at, SEEK_SET) < 0)
		return pf_fail_errno(err, "cannot write the list of a channel's packages");
	if (pf_write_fd(fd, index.p, index.n, err) < 0)
		return -1;
	if (pwrite(fd, first, sizeof(first), 0) != (ssize_t)sizeof(first))
		return pf_fail_errno(err, "cannot write the list of a channel's packages");
	return 0;
}

/* ---- read ---- */

static bool read_at(int fd, void *to, size_t n, uint64_t at)
{
	char *p = to;

	while (n) {
		ssize_t got = pread(fd, p, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return true;
}

static struct pf_str text_at(const struct pf_repo_file *f, struct stretch s)
{
	return (struct pf_str){ f->texts + s.at, s.n };
}

static bool is_within(struct stretch s, const struct index *index)
{
	return s.at <= index->texts && s.n <= index->texts - s.at;
}

/* Every number in it leads to where it should. */
static bool is_sound(const struct pf_repo_file *f, const struct index *index)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (!is_within(index->text[i], index))
			return false;
	for (size_t i = 0; i < index->names; i++) {
		const struct pf_repo_disk_name *n = &f->names[i];

		if (!is_within(n->text, index) || n->run > index->runs ||
		    n->runs > index->runs - n->run)
			return false;
	}
	for (size_t i = 0; i < index->runs; i++)
		if (f->runs[i].section > PF_REPO_REMOVED || f->runs[i].at > PF_MAX_REPODATA ||
		    f->runs[i].size > PF_MAX_REPODATA_NAME)
			return false;
	return true;
}

static bool take_index(struct pf_repo_file *f, const char *p, size_t n)
{
	const struct index *index = (const void *)p;
	uint64_t size = sizeof(*index);

	if (n < size)
		return false;
	size += (uint64_t)index->names * sizeof(*f->names) +
		(uint64_t)index->runs * sizeof(*f->runs) + index->texts;
	if (size != n)
		return false;
	f->name_count = index->names;
	f->names = (const void *)(p + sizeof(*index));
	f->runs = (const void *)(f->names + index->names);
	f->texts = (const char *)(f->runs + index->runs);
	if (!is_sound(f, index))
		return false;
	f->facts = (struct pf_repo_facts){
		.etag = text_at(f, index->text[ETAG]),
		.modified = text_at(f, index->text[MODIFIED]),
		.variant = text_at(f, index->text[VARIANT]),
		.base = text_at(f, index->text[BASE]),
		.shards = text_at(f, index->text[SHARDS]),
		.address = text_at(f, index->text[ADDRESS]),
		.source = text_at(f, index->text[SOURCE]),
		.source_size = index->source_size,
		.source_inode = index->source_inode,
		.source_time = index->source_time,
		.max_age = index->max_age,
		.absent = index->absent,
	};
	return true;
}

/* The records lie in a file of the user's: is it still the same? */
static bool open_source(struct pf_repo_file *f)
{
	struct pf_repo_facts now = { 0 };
	PF_AUTO(arena) a = { 0 };
	struct pf_err err;
	struct stat st;
	PF_FD(fd) = pf_open_file(AT_FDCWD, pf_dupz(&a, f->facts.source), &err);

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	pf_repo_facts_of_file(&now, &st);
	if (now.source_size != f->facts.source_size || now.source_time != f->facts.source_time ||
	    now.source_inode != f->facts.source_inode)
		return false;
	close(f->fd);
	f->fd = pf_fd_take(&fd);
	f->data = 0;
	return true;
}

static bool read_file(struct pf_repo_file *f, const char *name)
{
	struct header header;
	char *index;

	if (!read_at(f->fd, &header, sizeof(header), 0) || header.magic != MAGIC ||
	    header.index_size > PF_MAX_REPODATA_INDEX)
		return false;
	index = pf_alloc(&f->arena, (size_t)header.index_size + 1);
	if (!read_at(f->fd, index, (size_t)header.index_size, header.index_at) ||
	    libdeflate_crc32(0, index, (size_t)header.index_size) != header.crc ||
	    !take_index(f, index, (size_t)header.index_size)) {
		pf_debug("a damaged list of packages is left out: %s", name);
		return false;
	}
	f->data = PF_REPO_HEADER;
	return !f->facts.source.n || open_source(f);
}

bool pf_repo_file_take(struct pf_repo_file *out, int fd, const char *name)
{
	PF_AUTO(repo_file) f = { .fd = fd };
	int64_t now = (int64_t)time(NULL);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || !read_file(&f, name))
		return false;
	/* From the future: as old as can be. */
	f.age = st.st_mtime > now ? INT64_MAX : now - st.st_mtime;
	*out = PF_TAKE(f);
	return true;
}

bool pf_repo_file_open(struct pf_repo_file *out, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	return pf_repo_file_take(out, fd, name);
}

size_t pf_repo_file_find(const struct pf_repo_disk_run **out, const struct pf_repo_file *f,
			 struct pf_str name)
{
	size_t from = 0, to = f->name_count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = pf_str_cmp(text_at(f, f->names[middle].text), name);

		if (order == 0) {
			*out = f->runs + f->names[middle].run;
			return f->names[middle].runs;
		}
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return 0;
}

int pf_repo_file_read(struct pf_str *out, struct pf_arena *a, const struct pf_repo_file *f,
		      const struct pf_repo_disk_run *run, const char around[2], struct pf_err *err)
{
	char *p = pf_alloc(a, (size_t)run->size + 2);

	if (!read_at(f->fd, p + 1, run->size, f->data + run->at))
		return pf_fail(err, PF_EINTEGRITY, "it is shorter than it was");
	p[0] = around[0];
	p[run->size + 1] = around[1];
	*out = (struct pf_str){ p, (size_t)run->size + 2 };
	return 0;
}
