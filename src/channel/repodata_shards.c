/* repodata_shards.c - channels that tell of each package in a file of its own (CEP 16) */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "channel/repodata_parts.h"
#include "formats/inflate.h"
#include "formats/msgpack.h"

/* ---- unpacked ---- */

static int unpack(struct pf_buf *out, int fd, struct pf_err *err)
{
	struct pf_source source;
	struct stat st;
	int more;

	if (fstat(fd, &st) < 0)
		return pf_fail_errno(err, "cannot be read");
	if (pf_source_unwrap(&source, PF_WRAP_ZSTD, fd, 0, (uint64_t)st.st_size, out->max, err) < 0)
		return -1;
	while ((more = pf_source_fill(&source, 1, err)) > 0) {
		pf_buf_add(out, source.window + source.pos, source.have - source.pos);
		source.pos = source.have;
	}
	pf_source_free(&source);
	return more;
}

int pf_shards_unpack(struct pf_buf *out, int fd, struct pf_err *err)
{
	PF_AUTO(buf) packed = PF_BUF(PF_MAX_REPODATA_NAME);

	if (unpack(&packed, fd, err) < 0 || pf_msgpack_json(out, pf_buf_view(&packed), err) < 0) {
		if (err->code == PF_EMODEL)
			err->code = PF_EINTEGRITY;
		return -1;
	}
	return 0;
}

/* ---- the list: {"info": {...}, "shards": {"numpy": "DIGEST", ...}, ...} ---- */

static int add_shard(struct pf_repo_scan *names, struct pf_buf *digests, struct pf_str name,
		     struct pf_str hex, struct pf_err *err)
{
	struct pf_repo_name *made = pf_alloc(&names->arena, sizeof(*made));
	void **place = pf_map_put(&names->arena, &names->names, name);

	if (*place)
		return pf_fail(err, PF_EINTEGRITY, "a shard comes twice: " PF_FMT,
			       PF_ARG(pf_shown(name)));
	if (names->names.entries.n > PF_MAX_REPODATA_NAMES)
		return pf_fail(err, PF_ELIMIT, "more than %d packages", PF_MAX_REPODATA_NAMES);
	*place = made;
	made->name = pf_dup(&names->arena, name);
	*PF_PUSH(&names->arena, &made->runs) = (struct pf_repo_run){ .at = digests->n, .size = 32 };
	for (size_t i = 0; i + 1 < hex.n; i += 2) {
		int high = pf_hex_digit(hex.p[i]), low = pf_hex_digit(hex.p[i + 1]);

		if (high < 0 || low < 0 || hex.n != 64)
			break;
		pf_buf_char(digests, (char)(high << 4 | low));
	}
	if (digests->n != made->runs.v[0].at + 32)
		return pf_fail(err, PF_EINTEGRITY, "a shard's digest is none: " PF_FMT,
			       PF_ARG(pf_shown(name)));
	return 0;
}

static int read_shards(struct pf_repo_scan *names, struct pf_buf *digests, struct pf_json *json,
		       struct pf_err *err)
{
	struct pf_json_token key, value;

	if (pf_json_next(json, &key, err) < 0)
		return -1;
	if (key.kind != PF_JSON_OBJECT)
		return pf_json_fail(json, err, "the list of shards is no map");
	for (;;) {
		struct pf_str name;

		if (pf_json_next(json, &key, err) < 0)
			return -1;
		if (key.kind == PF_JSON_OBJECT_END)
			return 0;
		name = pf_dup(&names->arena, key.text);
		if (pf_json_next(json, &value, err) < 0)
			return -1;
		if (value.kind != PF_JSON_STRING)
			return pf_json_fail(json, err, "a shard's digest is none");
		if (add_shard(names, digests, name, value.text, err) < 0)
			return -1;
	}
}

static int read_list(struct pf_repo_scan *names, struct pf_buf *digests, struct pf_str *info,
		     struct pf_json *json, struct pf_err *err)
{
	struct pf_json_token key, value;
	bool seen = false, is_info;

	if (pf_json_next(json, &key, err) < 0)
		return -1;
	if (key.kind != PF_JSON_OBJECT)
		return pf_json_fail(json, err, "it is no map");
	for (;;) {
		if (pf_json_next(json, &key, err) < 0)
			return -1;
		if (key.kind == PF_JSON_OBJECT_END)
			return seen ? 0 : pf_json_fail(json, err, "it has no shards");
		is_info = pf_str_is(key.text, "info");
		if ((is_info && info->n) || (seen && pf_str_is(key.text, "shards")))
			return pf_json_fail(json, err, "the key \"" PF_FMT "\" comes twice",
					    PF_ARG(key.text));
		if (pf_str_is(key.text, "shards")) {
			seen = true;
			if (read_shards(names, digests, json, err) < 0)
				return -1;
			continue;
		}
		if (pf_json_next(json, &value, err) < 0)
			return -1;
		if (is_info)
			*info = (struct pf_str){ json->text.p + json->start, 0 };
		if (pf_json_skip(json, &value, err) < 0)
			return -1;
		if (is_info)
			info->n = (size_t)(json->text.p + json->at - info->p);
	}
}

int pf_shards_list(struct pf_repo_scan *names, struct pf_buf *digests, struct pf_str *info,
		   struct pf_str json, struct pf_err *err)
{
	struct pf_json reader;
	int rc;

	pf_json_init(&reader, json, 0);
	rc = read_list(names, digests, info, &reader, err);
	pf_json_free(&reader);
	if (rc < 0)
		return -1;
	return pf_buf_check(digests, "the digests of shards", err);
}

/* ---- shards ---- */

static void path_of(char out[96], const char *hex)
{
	snprintf(out, 96, "shards/%s", hex);
}

static int read_digest(char hex[PF_SHA256_HEX], const struct pf_repo *r,
		       const struct pf_repo_disk_run *run, struct pf_err *err)
{
	static const char digits[] = "0123456789abcdef";
	struct pf_arena a = { 0 };
	struct pf_str raw;
	int rc = pf_repo_file_read(&raw, &a, &r->file, run, "  ", err);

	if (rc == 0 && raw.n != 34)
		rc = pf_fail(err, PF_EINTEGRITY, "a shard's digest is none");
	for (size_t i = 0; rc == 0 && i < 32; i++) {
		hex[2 * i] = digits[(unsigned char)raw.p[i + 1] >> 4];
		hex[2 * i + 1] = digits[raw.p[i + 1] & 15];
	}
	hex[64] = '\0';
	pf_arena_free(&a);
	return rc;
}

/* What is kept is named by its digest; whether it still has it is seen when it is read. */
static int open_kept(const struct pf_repo *r, const char *hex)
{
	struct pf_arena a = { 0 };
	struct pf_err err;
	char path[96];
	int fd = -1;
	char *folder = pf_url_local(&a, pf_s(r->shards));

	path_of(path, hex);
	if (folder)
		fd = pf_open_file(AT_FDCWD, pf_formatz(&a, "%s%s.msgpack.zst", folder, hex), &err);
	else if (r->own->cache > 0)
		fd = openat(r->own->cache, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	pf_arena_free(&a);
	return fd;
}

static void keep_shard(struct pf_transfer *t, void *ctx)
{
	struct pf_shard *s = ctx;
	struct pf_err err;
	char path[96];

	if (t->err.code || s->own->cache <= 0)
		return;
	path_of(path, s->hex);
	if (pf_write_atomic(s->own->cache, path, pf_buf_view(&t->body), 0644, &err) < 0)
		pf_debug("not kept: %s", err.msg);
}

static struct pf_shard *start(struct pf_repo *r, const char *hex)
{
	struct pf_repodata_own *own = r->own;
	void **place = pf_map_put(&own->arena, &own->shards, pf_s(hex));
	struct pf_shard *s = *place;

	if (s)
		return s;
	s = *place = pf_alloc(&own->arena, sizeof(*s));
	memcpy(s->hex, hex, sizeof(s->hex));
	s->own = own;
	s->t = (struct pf_transfer){
		.url = pf_formatz(&own->arena, "%s%s.msgpack.zst", r->shards, hex),
		.sha256 = s->hex, .body = PF_BUF(PF_MAX_SHARD), .done = keep_shard, .ctx = s,
	};
	pf_pool_start(&own->pool, &s->t);
	return s;
}

void pf_shard_want(struct pf_repo *r, const struct pf_repo_disk_run *run)
{
	char hex[PF_SHA256_HEX];
	struct pf_err err;
	int fd;

	if (read_digest(hex, r, run, &err) < 0 || pf_map_get(&r->own->shards, pf_s(hex)))
		return;
	fd = open_kept(r, hex);
	if (fd >= 0)
		close(fd);
	else if (!pf_url_local(&r->arena, pf_s(r->shards)) && !r->own->settings.offline)
		start(r, hex);
}

/* A descriptor of the shard's bytes, packed. */
static int open_shard(struct pf_repo *r, const char *hex, struct pf_err *err)
{
	char now[PF_DIGEST_HEX];
	struct pf_shard *s;
	PF_FD(fd) = pf_map_get(&r->own->shards, pf_s(hex)) ? -1 : open_kept(r, hex);

	if (fd >= 0) {
		if (pf_digest_fd(now, PF_S("sha256"), fd, err) < 0)
			return -1;
		if (pf_str_is(pf_s(hex), now))
			return pf_fd_take(&fd);
	}
	if (pf_url_local(&r->arena, pf_s(r->shards)))
		return pf_fail(err, fd < 0 ? PF_ETRANSFER : PF_EINTEGRITY,
			       fd < 0 ? "it is not there" : "it is not what its digest says");
	if (r->own->settings.offline)
		return pf_fail(err, PF_ETRANSFER, "offline, and it is not at hand");
	pf_fd_close(&fd);
	s = start(r, hex);
	if (pf_pool_wait(&r->own->pool, &s->t, err) < 0)
		return -1;
	fd = memfd_create("shard", MFD_CLOEXEC);
	if (fd < 0)
		return pf_fail_errno(err, "no file can be made for it");
	if (pf_write_fd(fd, s->t.body.p, s->t.body.n, err) < 0)
		return -1;
	return pf_fd_take(&fd);
}

int pf_shard_take(struct pf_repo_taking *t, struct pf_repo *r, const struct pf_repo_disk_run *run,
		  struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_REPODATA_NAME);
	char hex[PF_SHA256_HEX];

	if (read_digest(hex, r, run, err) < 0)
		return -1;
	PF_FD(fd) = open_shard(r, hex, err);
	if (fd < 0 || pf_shards_unpack(&text, fd, err) < 0 ||
	    pf_repo_take_shard(t, pf_dup(t->arena, pf_buf_view(&text)), err) < 0)
		return pf_wrap(err, "shard %.16s", hex);
	return 0;
}

void pf_shards_free(struct pf_repodata_own *own)
{
	for (size_t i = 0; i < own->shards.entries.n; i++) {
		struct pf_shard *s = own->shards.entries.v[i].value;

		pf_transfer_free(&own->pool, &s->t);
		pf_buf_free(&s->t.body);
	}
}
