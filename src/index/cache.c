/* cache.c - pages and metadata kept on disk: found whole and undamaged, or not at all */
/* SPDX-License-Identifier: Apache-2.0 */
#include "index/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/digest.h"

#define MAX_PATH_BELOW 64

static const char *const folders[] = { "pages", "metadata", "hosts", "links" };
static const char *const kinds[] = { [PF_CACHE_METADATA] = "metadata",
				     [PF_CACHE_HOSTS] = "hosts",
				     [PF_CACHE_LINKS] = "links" };

void pf_cache_open(struct pf_cache *c, const char *dir)
{
	struct pf_err err;
	int fd;

	if (pf_mkdir_p(dir, 0755, &err) < 0 ||
	    (fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
		pf_debug("nothing of indexes is kept: %s", dir);
		return;
	}
	for (size_t i = 0; i < PF_COUNT(folders); i++)
		if (mkdirat(fd, folders[i], 0755) < 0 && errno != EEXIST)
			pf_debug("%s/%s cannot be made", dir, folders[i]);
	c->dir = fd;
}

void pf_cache_close(struct pf_cache *c)
{
	if (c->dir > 0)
		close(c->dir);
	c->dir = 0;
}

static int64_t age_of(const struct stat *st)
{
	int64_t now = (int64_t)time(NULL);

	/* From the future: as old as can be. */
	return st->st_mtime > now ? INT64_MAX : now - st->st_mtime;
}

static void path_of(char out[MAX_PATH_BELOW], const char *folder, struct pf_str key,
		    struct pf_str more)
{
	char hex[PF_SHA256_HEX];
	struct pf_arena a = { 0 };
	struct pf_str whole = pf_format(&a, PF_FMT "\n" PF_FMT, PF_ARG(key), PF_ARG(more));

	pf_sha256_hex(hex, whole.p, whole.n);
	pf_arena_free(&a);
	snprintf(out, MAX_PATH_BELOW, "%s/%.32s", folder, hex);
}

static void path_of_page(char out[MAX_PATH_BELOW], const struct pf_cache *c, const char *url,
			 struct pf_str name)
{
	struct pf_arena a = { 0 };

	path_of(out, "pages", pf_s(url),
		pf_format(&a, PF_FMT "\n" PF_FMT, PF_ARG(name), PF_ARG(c->platforms)));
	pf_arena_free(&a);
}

static int open_entry(struct stat *st, const struct pf_cache *c, const char *path)
{
	int fd = c->dir > 0 ? openat(c->dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;

	if (fd >= 0 && (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void keep(const struct pf_cache *c, const char *path, struct pf_str bytes)
{
	struct pf_err err;

	if (c->dir > 0 && pf_write_atomic(c->dir, path, bytes, 0644, &err) < 0)
		pf_debug("not kept: %s", err.msg);
}

/* ---- pages ---- */

bool pf_cache_page(struct pf_page *out, int64_t *age, const struct pf_cache *c, const char *url,
		   struct pf_str name)
{
	char path[MAX_PATH_BELOW];
	struct pf_err err;
	struct stat st;
	void *memory;

	path_of_page(path, c, url, name);
	PF_FD(fd) = open_entry(&st, c, path);
	if (fd < 0 || st.st_size <= 0 || (uint64_t)st.st_size > 2 * PF_MAX_PAGE)
		return false;
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (memory == MAP_FAILED)
		return false;
	if (pf_page_open(out, memory, (size_t)st.st_size, true, &err) < 0) {
		pf_debug("a damaged page of " PF_FMT " is left out", PF_ARG(name));
		munmap(memory, (size_t)st.st_size);
		return false;
	}
	*age = age_of(&st);
	return true;
}

void pf_cache_keep_page(const struct pf_cache *c, const char *url, struct pf_str name,
			const struct pf_page *p)
{
	char path[MAX_PATH_BELOW];

	path_of_page(path, c, url, name);
	keep(c, path, (struct pf_str){ p->memory, p->size });
}

void pf_cache_touch_page(const struct pf_cache *c, const char *url, struct pf_str name)
{
	char path[MAX_PATH_BELOW];

	path_of_page(path, c, url, name);
	if (c->dir > 0 && utimensat(c->dir, path, NULL, AT_SYMLINK_NOFOLLOW) < 0)
		pf_debug("the page of " PF_FMT " cannot be touched", PF_ARG(name));
}

/* ---- texts: a first line with a checksum ---- */

static uint32_t checksum(struct pf_str text)
{
	return libdeflate_crc32(0, text.n ? text.p : "", text.n);
}

bool pf_cache_text(struct pf_str *out, struct pf_arena *a, int64_t *age, const struct pf_cache *c,
		   enum pf_cache_kind kind, struct pf_str key)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_PAGE);
	char path[MAX_PATH_BELOW], wanted[16];
	struct pf_str rest, sum;
	struct pf_err err;
	struct stat st;

	path_of(path, kinds[kind], key, PF_S(""));
	PF_FD(fd) = open_entry(&st, c, path);
	if (fd < 0 || pf_read_fd(&bytes, fd, path, &err) < 0)
		return false;
	rest = pf_buf_view(&bytes);
	if (!pf_str_next(&rest, '\n', &sum))
		return false;
	snprintf(wanted, sizeof(wanted), "%08x", checksum(rest));
	if (!pf_str_is(sum, wanted))
		return false;
	*out = pf_dup(a, rest);
	*age = age_of(&st);
	return true;
}

void pf_cache_keep_text(const struct pf_cache *c, enum pf_cache_kind kind, struct pf_str key,
			struct pf_str text)
{
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_PAGE);
	char path[MAX_PATH_BELOW];
	struct pf_err err;

	path_of(path, kinds[kind], key, PF_S(""));
	pf_buf_printf(&bytes, "%08x\n", checksum(text));
	pf_buf_str(&bytes, text);
	if (pf_buf_check(&bytes, "a text", &err) == 0)
		keep(c, path, pf_buf_view(&bytes));
}
