/* artifact_file.c - one file of a model: what kind it is, and what it names */
/* SPDX-License-Identifier: Apache-2.0 */
#include "check/artifact_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "check/pickle.h"
#include "formats/zip.h"

/* ---- what is found ---- */

void pf_artifact_unread(struct pf_artifact *a, struct pf_str file, int code, const char *why)
{
	struct pf_str line = pf_format(&a->arena, PF_FMT ": %s", PF_ARG(file), why);

	if (a->trouble <= PF_EDIFF)
		a->trouble = code;
	if (!pf_strs_have(&a->unread, line))
		*PF_PUSH(&a->arena, &a->unread) = line;
}

void pf_artifact_name(struct pf_artifact *a, struct pf_str file, struct pf_str module,
		      struct pf_str name)
{
	PF_AUTO(buf) key = PF_BUF(3 * PF_MAX_PICKLE_NAME + PF_MAX_PATH);
	void **place;

	if (a->names.n >= PF_MAX_PICKLE_NAMES) {
		pf_artifact_unread(a, file, PF_ELIMIT, "it names more than can be listed");
		return;
	}
	pf_buf_printf(&key, "n" PF_FMT "%c" PF_FMT "%c" PF_FMT, PF_ARG(file), 0, PF_ARG(module), 0,
		      PF_ARG(name));
	place = pf_map_put(&a->arena, &a->seen, pf_buf_view(&key));
	if (*place)
		return;
	*PF_PUSH(&a->arena, &a->names) = (struct pf_named){
		.module = pf_dup(&a->arena, module),
		.name = pf_dup(&a->arena, name),
		.file = file,
		.runs_code = pf_name_runs_code(module, name),
	};
	*place = a;
}

/* ---- pickles ---- */

struct naming {
	struct pf_artifact *a;
	struct pf_str file;
	bool only_dangers;
};

static void on_name(void *ctx, struct pf_str module, struct pf_str name)
{
	struct naming *n = ctx;

	if (!n->only_dangers || pf_name_runs_code(module, name))
		pf_artifact_name(n->a, n->file, module, name);
}

static void on_unclear(void *ctx, const char *what)
{
	struct naming *n = ctx;

	if (!n->only_dangers)
		pf_artifact_unread(n->a, n->file, PF_EMODEL, what);
}

static int open_stretch(struct pf_source *out, const struct pf_stretch *s, struct pf_err *err)
{
	if (s->memory.p)
		pf_source_memory(out, s->memory);
	else if (s->wrap == PF_WRAP_NONE)
		pf_source_file(out, s->fd, s->at, s->size);
	else
		return pf_source_unwrap(out, s->wrap, s->fd, s->at, s->size, PF_MAX_ARTIFACT, err);
	return 0;
}

/* torch.save before its zip: a number, protocol, system, object and keys, then raw storages. */
static const char TORCH_MAGIC[] = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
#define TORCH_PICKLES 5

static bool source_starts(struct pf_source *s, const char *magic, size_t n)
{
	struct pf_err ignored;

	return pf_source_need(s, n, &ignored) > 0 && !memcmp(s->window + s->pos, magic, n);
}

/* One pickle after the other. 1: to the end; 0: to the end of a pickle that other bytes follow. */
static int read_pickles(struct pf_pickle *p, struct pf_source *s, struct pf_err *err)
{
	bool torch = source_starts(s, TORCH_MAGIC, sizeof(TORCH_MAGIC) - 1);

	for (unsigned count = 1;; count++) {
		struct pf_str rest;
		int more;

		if (pf_pickle_read(p, s, err) < 0)
			return -1;
		more = pf_source_need(s, 1, err);
		if (more < 0)
			return -1;
		if (!more || (torch && count == TORCH_PICKLES))
			return 1;
		rest = (struct pf_str){ s->window + s->pos, s->have - s->pos };
		if (!pf_pickle_begins(rest))
			return 0;
	}
}

/* Takes the names one way; returns as read_pickles, with the reason in err. */
static int take_pass(struct naming *n, const struct pf_stretch *stretch, bool joblib,
		     struct pf_pickle *p, struct pf_err *err)
{
	PF_AUTO(source) s = { 0 };

	*p = (struct pf_pickle){ on_name, on_unclear, n, .joblib = joblib };
	return open_stretch(&s, stretch, err) < 0 ? -1 : read_pickles(p, &s, err);
}

static void note_pickle(struct pf_artifact *a, struct pf_str file, const struct pf_pickle *p)
{
	if (p->protocol > a->pickle_protocol) {
		a->pickle_protocol = p->protocol;
		a->protocol_file = file;
	}
	if (p->by_value && !a->cloudpickled_code)
		a->cloudpickled_file = file;
	a->cloudpickled_code |= p->by_value;
}

/* joblib and pickle read a file with joblib's arrays differently, and nothing says which of them
 * will load it. So it is read both ways: bytes that are an array to the one and opcodes to the
 * other hide nothing. What the plain reading finds is chance, unless it is a name that runs code,
 * or the reading goes on to the end through bytes that are no pickle themselves. Returns that. */
static bool take_plainly(struct pf_artifact *a, struct pf_str file,
			 const struct pf_stretch *stretch, const struct pf_pickle *joblib)
{
	struct naming n = { a, file, true };
	struct pf_pickle p;
	struct pf_err err;

	if (take_pass(&n, stretch, false, &p, &err) < 0)
		return false;
	n.only_dangers = joblib->objects;
	return take_pass(&n, stretch, false, &p, &err) >= 0;
}

void pf_artifact_take_pickles(struct pf_artifact *a, struct pf_str file,
			      const struct pf_stretch *stretch)
{
	struct naming n = { a, file, false };
	struct pf_pickle p;
	struct pf_err err;
	int whole = take_pass(&n, stretch, true, &p, &err);

	note_pickle(a, file, &p);
	if (p.arrays && take_plainly(a, file, stretch, &p) && whole < 0)
		whole = 1;
	if (whole < 0)
		pf_artifact_unread(a, file, err.code, err.msg);
	else if (!whole)
		pf_artifact_unread(a, file, PF_EMODEL,
				   "bytes after its last pickle, which were not read");
	if (whole >= 0)
		*PF_PUSH(&a->arena, &a->read) = file;
}

/* ---- numpy's files: a header, then raw bytes or, for objects, a pickle (NEP 1) ---- */

static struct pf_str npy_header(struct pf_str start, size_t *end)
{
	const unsigned char *p = (const unsigned char *)start.p;
	size_t fixed = start.n > 6 && p[6] == 1 ? 10 : 12, n;

	*end = 0;
	if (start.n < fixed)
		return (struct pf_str){ 0 };
	n = (size_t)(p[8] | p[9] << 8);
	if (fixed == 12)
		n |= (size_t)p[10] << 16 | (size_t)p[11] << 24;
	if (n > start.n - fixed)
		return (struct pf_str){ 0 };
	*end = fixed + n;
	return pf_str_cut(start, fixed, *end);
}

static void take_npy(struct pf_artifact *a, struct pf_str file, struct pf_str start,
		     const struct pf_stretch *stretch)
{
	struct pf_stretch rest = *stretch;
	size_t end;
	struct pf_str header = npy_header(start, &end);

	if (!header.p) {
		pf_artifact_unread(a, file, PF_EMODEL, "damaged numpy file: its header is cut off");
		return;
	}
	if (pf_str_find_str(header, "'|O") == PF_NPOS && pf_str_find_str(header, "'O") == PF_NPOS) {
		*PF_PUSH(&a->arena, &a->read) = file;
		return;
	}
	if (rest.memory.p)
		rest.memory = pf_str_skip(rest.memory, end);
	rest.at += end;
	rest.size -= end;
	pf_artifact_take_pickles(a, file, &rest);
}

/* ---- zip archives: torch, skops, npz ---- */

static const char *const PICKLE_SUFFIXES[] = { ".pkl", ".pickle", ".joblib", ".p", ".pk", ".dill",
					       ".cloudpickle", ".sav", NULL };
static const char NPY_MAGIC[] = "\x93NUMPY";

static bool is_npy(struct pf_str start)
{
	return pf_str_starts(start, NPY_MAGIC);
}

/* Returns whether the member is of a kind that is read. */
static int take_member(struct pf_artifact *a, struct pf_str file, struct pf_zip *z,
		       const struct pf_zip_member *m, struct pf_buf *bytes, struct pf_err *err)
{
	bool schema = pf_str_is(m->name, "schema.json");
	struct pf_str name = pf_format(&a->arena, PF_FMT "/" PF_FMT, PF_ARG(file), PF_ARG(m->name));
	struct pf_stretch stretch = { 0 };

	if (!schema && !pf_str_ends(m->name, ".npy") && !pf_str_ends_in(m->name, PICKLE_SUFFIXES))
		return 0;
	bytes->n = 0;
	if (pf_zip_read(bytes, z, m, err) < 0)
		return -1;
	stretch.memory = pf_buf_view(bytes);
	if (schema) {
		if (pf_artifact_take_schema(a, file, stretch.memory, err) < 0)
			return -1;
		*PF_PUSH(&a->arena, &a->read) = name;
	} else if (is_npy(stretch.memory)) {
		take_npy(a, name, stretch.memory, &stretch);
	} else {
		pf_artifact_take_pickles(a, name, &stretch);
	}
	return 1;
}

static void take_zip(struct pf_artifact *a, struct pf_str file, int fd, enum pf_artifact_mode mode)
{
	PF_AUTO(zip) z = { 0 };
	PF_AUTO(buf) bytes = PF_BUF(PF_MAX_ZIP_UNPACKED);
	struct pf_err err;
	bool any = false;

	if (pf_zip_open(&z, fd, &err) < 0) {
		pf_artifact_unread(a, file, err.code, err.msg);
		return;
	}
	for (size_t i = 0; i < z.members.n; i++) {
		int taken = take_member(a, file, &z, &z.members.v[i], &bytes, &err);

		if (taken < 0)
			pf_artifact_unread(a, file, err.code, err.msg);
		any |= taken != 0;
	}
	if (!any && mode != PF_ARTIFACT_FOUND)
		pf_artifact_unread(a, file, PF_EDIFF, "a zip archive without pickles or a schema");
}

/* ---- kinds of files ---- */

static const char *const INERT_SUFFIXES[] = {
	".py", ".pyc", ".txt", ".md", ".rst", ".csv", ".tsv", ".json", ".jsonl", ".yaml", ".yml",
	".toml",
	".cfg", ".ini", ".html", ".css", ".js", ".png", ".jpg", ".jpeg", ".svg", ".pdf", ".parquet",
	".safetensors", "MLmodel", ".crc", ".sh", ".in", ".lock", ".typed", "LICENSE", NULL,
};

bool pf_artifact_is_inert(struct pf_str file)
{
	return pf_str_ends_in(file, INERT_SUFFIXES);
}

/* joblib before 0.10: "ZF", the size in hexadecimal padded to 19, perhaps a space, zlib. */
static bool is_zfile(struct pf_str start)
{
	return pf_str_starts(start, "ZF0x") && start.n > 22;
}

static bool is_zlib(struct pf_str start)
{
	return start.n > 2 &&
	       !(((unsigned char)start.p[0] * 256u + (unsigned char)start.p[1]) % 31);
}

static enum pf_wrap_kind wrap_of(struct pf_str start, uint64_t *skip)
{
	enum pf_wrap_kind kind = pf_wrap_of(start);

	*skip = 0;
	if (is_zfile(start)) {
		*skip = start.p[21] == ' ' ? 22 : 21;
		return PF_WRAP_ZLIB;
	}
	return kind == PF_WRAP_ZLIB && !is_zlib(start) ? PF_WRAP_NONE : kind;
}

static bool has_pickle_suffix(struct pf_str file)
{
	static const char *const wraps[] = { ".gz", ".bz2", ".lzma", ".xz", ".z", ".lz4" };

	for (size_t i = 0; i < PF_COUNT(wraps); i++)
		if (pf_str_ends(file, wraps[i]))
			file.n -= strlen(wraps[i]);
	return pf_str_ends_in(file, PICKLE_SUFFIXES);
}

/* A protocol's number is a sign; a bracket or a letter is one in a file that may be a pickle. */
static bool is_pickle(struct pf_str start, struct pf_str file, enum pf_artifact_mode mode)
{
	if (has_pickle_suffix(file))
		return true;
	if (!pf_pickle_begins(start))
		return false;
	return mode == PF_ARTIFACT_NAMED || (unsigned char)start.p[0] == 0x80;
}

/* The first bytes of a stretch, unwrapped, into `out`. */
static int look(struct pf_str *out, char *start, size_t size, const struct pf_stretch *stretch,
		struct pf_err *err)
{
	PF_AUTO(source) s = { 0 };

	if (open_stretch(&s, stretch, err) < 0 || pf_source_need(&s, size, err) < 0)
		return -1;
	*out = (struct pf_str){ start, s.have < size ? s.have : size };
	if (out->n)
		memcpy(start, s.window, out->n);
	return 0;
}

static void take_unknown(struct pf_artifact *a, struct pf_str file, enum pf_artifact_mode mode,
			 enum pf_wrap_kind wrap)
{
	char why[96];

	if (mode == PF_ARTIFACT_FOUND || pf_artifact_is_inert(file))
		return;
	snprintf(why, sizeof(why), "neither a pickle nor a skops file%s%s%s", wrap ? " (in " : "",
		 pf_wrap_name(wrap), wrap ? " data)" : "");
	pf_artifact_unread(a, file, PF_EDIFF, why);
}

/* Folders next to a FOUND file hold anything: damage there is told of for pickles alone. */
static void take_stretch(struct pf_artifact *a, struct pf_str file,
			 const struct pf_stretch *stretch, enum pf_artifact_mode mode)
{
	char bytes[4096];
	struct pf_str start;
	struct pf_err err;

	if (look(&start, bytes, sizeof(bytes), stretch, &err) < 0) {
		if (mode != PF_ARTIFACT_FOUND || has_pickle_suffix(file))
			pf_artifact_unread(a, file, err.code, err.msg);
	} else if (is_npy(start)) {
		take_npy(a, file, start, stretch);
	} else if (is_pickle(start, file, mode)) {
		pf_artifact_take_pickles(a, file, stretch);
	} else {
		take_unknown(a, file, mode, stretch->wrap);
	}
}

void pf_artifact_take_file(struct pf_artifact *a, struct pf_str file, int fd,
			   enum pf_artifact_mode mode)
{
	struct pf_stretch whole = { .fd = fd };
	char bytes[32];
	struct pf_str start;
	struct pf_err err;
	struct stat st;

	if (fstat(fd, &st) < 0) {
		pf_artifact_unread(a, file, PF_EIO, "cannot be read");
		return;
	}
	whole.size = (uint64_t)st.st_size;
	if (look(&start, bytes, sizeof(bytes), &whole, &err) < 0) {
		pf_artifact_unread(a, file, err.code, err.msg);
		return;
	}
	if (pf_str_starts(start, "PK\3\4") || pf_str_starts(start, "PK\5\6")) {
		take_zip(a, file, fd, mode);
		return;
	}
	whole.wrap = wrap_of(start, &whole.at);
	whole.size -= whole.at;
	take_stretch(a, file, &whole, mode);
}
