/* files.c - the files of a model's folder that go to a server */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "publish/upload.h"

/* What is made anew wherever it is needed, and what tells where a copy came from. */
static bool is_left_out(struct pf_str path)
{
	return pf_str_is(path, "MLmodel") || pf_str_is(path, "registered_model_meta");
}

static int check_name(struct pf_str path, struct pf_err *err)
{
	if (path.n >= PF_MAX_PATH / 2 || !pf_str_is_utf8(path) || pf_str_has_control(path) ||
	    pf_str_find(path, '\\') != PF_NPOS)
		return pf_fail(err, PF_EMODEL, "no server takes a file by the name " PF_FMT,
			       PF_ARG(pf_shown(path)));
	return 0;
}

/* Links are followed as far as they stay inside. */
static int add_file(struct pf_upload_files *out, struct pf_arena *a, int root, struct pf_str path,
		    uint64_t *bytes, struct pf_err *err)
{
	char *name = pf_dupz(a, path);
	PF_FD(fd) = pf_open_beneath(root, name, err);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0)
		return pf_fail_errno(err, "cannot look at %s", name);
	*bytes += (uint64_t)st.st_size;
	if (out->n >= PF_MAX_MODEL_FILES || *bytes > PF_MAX_MODEL_BYTES)
		return pf_fail(err, PF_ELIMIT, "the model has more than %d files, or %llu bytes",
			       PF_MAX_MODEL_FILES, (unsigned long long)PF_MAX_MODEL_BYTES);
	*PF_PUSH(a, out) =
		(struct pf_upload_file){ .path = pf_s(name), .size = (uint64_t)st.st_size };
	return 0;
}

static int take_entry(struct pf_upload_files *out, struct pf_arena *a, int root, FTS *tree,
		      FTSENT *e, struct pf_str path, uint64_t *bytes, struct pf_err *err)
{
	switch (e->fts_info) {
	case FTS_D:
		if (strcmp(e->fts_name, "__pycache__") == 0)
			fts_set(tree, e, FTS_SKIP);
		return 0;
	case FTS_DP:
		return 0;
	case FTS_SL:
		if (pf_is_dir(e->fts_accpath))
			return pf_fail(err, PF_EMODEL,
				       PF_FMT " is a link to a folder, which no server keeps",
				       PF_ARG(pf_shown(path)));
		/* fall through */
	case FTS_F:
	case FTS_SLNONE:
		if (is_left_out(path))
			return 0;
		return check_name(path, err) < 0 ? -1 : add_file(out, a, root, path, bytes, err);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		errno = e->fts_errno;
		return pf_fail_errno(err, "cannot read %s", e->fts_path);
	default:
		return pf_fail(err, PF_EMODEL, PF_FMT " is neither a file nor a folder",
			       PF_ARG(pf_shown(path)));
	}
}

static int by_size(const void *a, const void *b)
{
	const struct pf_upload_file *x = a, *y = b;

	return x->size != y->size ? (x->size < y->size ? 1 : -1) : pf_str_cmp(x->path, y->path);
}

int pf_upload_list(struct pf_upload_files *out, struct pf_arena *a, int root, const char *dir,
		   struct pf_err *err)
{
	char *const roots[] = { (char *)(uintptr_t)dir, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	struct pf_upload_files files = { 0 };
	uint64_t bytes = 0;
	int rc = 0;

	if (!tree)
		return pf_fail_errno(err, "cannot read %s", dir);
	for (FTSENT *e; rc == 0 && (e = fts_read(tree));) {
		struct pf_str path = pf_str_skip(pf_s(e->fts_path), strlen(dir));

		while (pf_str_starts(path, "/"))
			path = pf_str_skip(path, 1);
		rc = take_entry(&files, a, root, tree, e, path, &bytes, err);
	}
	fts_close(tree);
	if (rc == 0 && files.n)
		qsort(files.v, files.n, sizeof(*files.v), by_size);
	if (rc == 0)
		*out = files;
	return rc;
}

const char *pf_upload_type(struct pf_str path)
{
	static const char *const texts[] = {
		"txt", "log",	     "err",   "cfg",	 "conf",      "cnf",  "cf",
		"ini", "properties", "prop",  "hocon",	 "toml",      "yaml", "yml",
		"xml", "json",	     "js",    "py",	 "py3",	      "csv",  "tsv",
		"md",  "rst",	     "ipynb", "MLmodel", "MLproject", NULL,
	};
	struct pf_str name = pf_str_skip(path, pf_str_rfind(path, '/') + 1);
	size_t dot = pf_str_rfind(name, '.');

	return pf_str_in(dot == PF_NPOS ? name : pf_str_skip(name, dot + 1), texts)
		       ? "text/plain"
		       : "application/octet-stream";
}
