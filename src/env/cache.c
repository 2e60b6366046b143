/* cache.c - the cache of a store: how much it takes, and less of it */
/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/dirs.h"
#include "base/number.h"
#include "base/str.h"
#include "env/env.h"
#include "env/sweep.h"
#include "env/usage.h"
#include "req/name.h"

/* ---- size ---- */

/* In the order in which they are counted: what an environment shares with the cache is the
 * cache's. */
enum kind {
	WHEELS,
	CONDA,
	BYTE_CODE,
	INDEX,
	MODELS,
	BUILT,
	PYTHONS,
	LOGS,
	RECORDS,
	UNDER_WAY,
	ENVIRONMENTS,
	KINDS
};

static const struct {
	const char *name, *folder;
} kinds[KINDS] = {
	[WHEELS] = { "wheels", "wheels" },
	[CONDA] = { "conda", "conda" },
	[BYTE_CODE] = { "byte code", NULL }, /* within those */
	[INDEX] = { "index", "index" },
	[MODELS] = { "models", "models" },
	[BUILT] = { "built", "built" },
	[PYTHONS] = { "pythons", "pythons" },
	[LOGS] = { "logs", "logs" },
	[RECORDS] = { "records", "locks" },
	[UNDER_WAY] = { "under way", "tmp" },
	[ENVIRONMENTS] = { "environments", "envs" },
};

struct sizes {
	struct pf_usage of[KINDS], total;
	struct pf_seen seen;
};

/* All within a folder, entry by entry; of STORE/wheels and STORE/conda, each folder's own
 * entries. */
static int measure(struct sizes *z, enum kind kind, int at, const char *folder, bool deeper,
		   struct pf_err *err)
{
	int fd = openat(at, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : pf_fail_errno(err, "cannot list %s", folder);
	for (struct dirent *e; rc == 0 && (e = readdir(dir));) {
		enum kind own = pf_str_starts(pf_s(e->d_name), "pyc-") && kind <= CONDA ? BYTE_CODE
											: kind;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		rc = deeper ? measure(z, kind, dirfd(dir), e->d_name, false, err)
			    : pf_usage_add(&z->of[own], &z->seen, dirfd(dir), e->d_name, err);
	}
	closedir(dir);
	return rc;
}

static int measure_all(struct sizes *z, const char *store, struct pf_err *err)
{
	PF_FD(root) = open(store, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return errno == ENOENT ? 0 : pf_fail_errno(err, "cannot open %s", store);
	for (enum kind k = 0; k < KINDS; k++) {
		if (kinds[k].folder &&
		    measure(z, k, root, kinds[k].folder, k <= CONDA, err) < 0)
			return -1;
	}
	for (enum kind k = 0; k < KINDS; k++) {
		z->total.files += z->of[k].files;
		z->total.bytes += z->of[k].bytes;
	}
	return 0;
}

static void print_size(struct pf_buf *out, const char *name, const struct pf_usage *u)
{
	char text[PF_SIZE_TEXT];

	pf_buf_printf(out, "%-12s %9zu %15llu  %s\n", name, u->files, (unsigned long long)u->bytes,
		      pf_size_text(text, u->bytes));
}

static void print_sizes(struct pf_buf *out, const struct sizes *z)
{
	pf_buf_printf(out, "%-12s %9s %15s  %s\n", "KIND", "FILES", "BYTES", "SIZE");
	for (enum kind k = 0; k < KINDS; k++)
		print_size(out, kinds[k].name, &z->of[k]);
	print_size(out, "total", &z->total);
}

static void write_size(struct pf_json_out *w, const char *name, const struct pf_usage *u)
{
	pf_json_open(w, '{');
	pf_json_field(w, "kind", pf_s(name));
	pf_json_key(w, "files");
	pf_json_int(w, (int64_t)u->files);
	pf_json_key(w, "bytes");
	pf_json_int(w, (int64_t)u->bytes);
	pf_json_close(w, '}');
}

static void write_sizes(struct pf_json_out *w, const struct sizes *z)
{
	pf_json_key(w, "sizes");
	pf_json_open(w, '[');
	for (enum kind k = 0; k < KINDS; k++)
		write_size(w, kinds[k].name, &z->of[k]);
	pf_json_close(w, ']');
	pf_json_key(w, "total");
	write_size(w, "total", &z->total);
}

/* ---- the commands ---- */

int pf_store_cache_dir(struct pf_buf *out, const struct pf_opts *o, bool json, struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	PF_AUTO(arena) a = { 0 };
	const char *root = pf_store_root(&a, o->store, err);

	if (!root)
		return -1;
	if (json) {
		pf_stored_json_open(&w, "cache-dir", root);
		pf_stored_json_close(&w);
	} else {
		pf_buf_printf(out, "%s\n", root);
	}
	return pf_buf_check(out, "the answer", err);
}

int pf_store_cache_size(struct pf_buf *out, const struct pf_opts *o, bool json, struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	PF_AUTO(arena) a = { 0 };
	const char *root = pf_store_root(&a, o->store, err);
	struct sizes z = { 0 };
	int rc = root ? measure_all(&z, root, err) : -1;

	pf_seen_free(&z.seen);
	if (rc < 0)
		return -1;
	if (json) {
		pf_stored_json_open(&w, "cache-size", root);
		write_sizes(&w, &z);
		pf_stored_json_close(&w);
	} else {
		print_sizes(out, &z);
	}
	return pf_buf_check(out, "the answer", err);
}

static int sweep(struct pf_buf *out, const char *kind, const struct pf_sweep *how,
		 const struct pf_opts *o, bool json, struct pf_err *err)
{
	struct pf_json_out w = { .buf = out };
	struct pf_swept swept = { 0 };
	STORE(s);

	if (pf_stored_open(&s, NULL, true, o, err) < 0 || pf_sweep(&swept, &s, how, err) < 0)
		return -1;
	if (json) {
		pf_stored_json_open(&w, kind, s.root);
		pf_json_key(&w, "dry_run");
		pf_json_bool(&w, how->dry);
		pf_swept_write(&w, &swept);
		pf_stored_json_close(&w);
	} else {
		pf_swept_print(out, &swept, how->dry);
	}
	return pf_buf_check(out, "the answer", err);
}

int pf_store_cache_prune(struct pf_buf *out, int days, bool dry, const struct pf_opts *o,
			 bool json, struct pf_err *err)
{
	struct pf_sweep how = { .what = PF_SWEEP_STALE, .days = days, .dry = dry };

	return sweep(out, "cache-prune", &how, o, json, err);
}

int pf_store_cache_clean(struct pf_buf *out, const struct pf_strs *names, bool dry,
			 const struct pf_opts *o, bool json, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_strs canonical = { 0 };
	struct pf_sweep how = { .what = names->n ? PF_SWEEP_NAMED : PF_SWEEP_ALL,
				.names = &canonical, .dry = dry };

	for (size_t i = 0; i < names->n; i++)
		*PF_PUSH(&a, &canonical) = pf_name_canonical(&a, names->v[i]);
	return sweep(out, "cache-clean", &how, o, json, err);
}
