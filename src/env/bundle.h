/* bundle.h - a folder of the cache: files to be linked into environments, and the list of them */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"
#include "formats/digest.h"

/* DIR/tree holds the files, read-only; DIR/manifest says what there is, so that nothing has to be
 * looked for: a line each, fields separated by tabs, names last and free of control characters.
 *   pyfunc-env bundle 1
 *   wheel demo 1.0 Demo demo-1.0.dist-info strict     canonical name, version, name as written
 *   entry console demo-run demo.cli main              a script to be made; or gui
 *   d r demo                                          a folder of a scheme, parents first
 *   f r 1234 DIGEST demo/__init__.py                  a file: r, or of NAME.data: p s h d
 *   x r 12 DIGEST demo/tool.sh                        an executable one
 *   s s 33 DIGEST demo-1.0.data/scripts/demo-tool     "#!python" is to be replaced
 *   end 6                                             lines above, so that a cut one is known
 * Of a conda package the first line and more of the files' lines are its own:
 *   conda demo 1.0 py_0 noarch python lib/python3.13t/site-packages
 *                                       name, version, build, subdir, python or generic or nothing,
 *                                       and of an interpreter where it wants its packages
 *   f n 1234 DIGEST site-packages/demo.py             of a noarch one: into site-packages; y: bin
 *   c e 12 DIGEST etc/demo.conf                       anywhere in the environment: e; a file that
 *                                                     is never linked: c, an executable one C
 *   t e 33 DIGEST /old/prefix bin/demo                a text in which /old/prefix is replaced, T
 *   b e 90 DIGEST /old/prefix lib/libdemo.so          a binary file, B
 *   l e 7 DIGEST libdemo.so.1 lib/libdemo.so          a symbolic link; the digest is what the
 *                                                     package says of where it leads
 */
enum pf_scheme {
	PF_SCHEME_ROOT,    /* site-packages */
	PF_SCHEME_LIB,     /* .data/purelib and .data/platlib: the same folder */
	PF_SCHEME_SCRIPTS, /* bin */
	PF_SCHEME_HEADERS, /* include/site/python3.11/NAME */
	PF_SCHEME_DATA,    /* the environment itself */
	PF_SCHEME_ENV,     /* the same, of a conda package */
	PF_SCHEME_SITE,    /* site-packages/ of a noarch one */
	PF_SCHEME_BIN,     /* python-scripts/ of a noarch one: bin */
	PF_SCHEMES
};

/* From PF_BUNDLED_TEXT on, each kind is followed by its executable one. */
enum pf_bundled_kind {
	PF_BUNDLED_PLAIN,
	PF_BUNDLED_EXECUTABLE,
	PF_BUNDLED_SCRIPT,
	PF_BUNDLED_LINK,
	PF_BUNDLED_TEXT,
	PF_BUNDLED_TEXT_EXECUTABLE,
	PF_BUNDLED_BINARY,
	PF_BUNDLED_BINARY_EXECUTABLE,
	PF_BUNDLED_COPY,
	PF_BUNDLED_COPY_EXECUTABLE,
};

struct pf_bundled {
	const char *path;   /* below DIR/tree */
	const char *to;     /* below its scheme's folder: path, or the end of it */
	const char *digest; /* SHA-256, PF_SHA256_TEXT; of folders NULL */
	const char *more;   /* a link's target, or the prefix to be replaced; else NULL */
	uint64_t size;
	enum pf_scheme scheme;
	enum pf_bundled_kind kind;
};

struct pf_entry_point {
	const char *name, *module, *object;
	bool gui;
};

struct pf_bundle {
	struct pf_arena arena;
	struct pf_buf text;                        /* what the views point into */
	char *dir;                                 /* DIR */
	const char *name, *version;                /* of a package; else NULL */
	const char *shown, *info;                  /* of a wheel */
	bool lenient;                              /* its RECORD was not complete */
	const char *build, *subdir, *noarch, *site; /* of a conda package */
	PF_VEC(struct pf_bundled) dirs;
	PF_VEC(struct pf_bundled) files;
	PF_VEC(struct pf_entry_point) entries;
};

void pf_bundle_free(struct pf_bundle *b);

/* 0444 or 0555. */
mode_t pf_bundled_mode(enum pf_bundled_kind kind);
/* Is it a text, a binary file, a copy, whether executable or not? */
bool pf_bundled_is(const struct pf_bundled *f, enum pf_bundled_kind kind);

/* "demo-1.0.data/scripts/x" of the scheme scripts: "x". */
const char *pf_scheme_path(enum pf_scheme scheme, const char *path);

/* Writes DIR/manifest (the head's lines, then folders worked out of the files, then the files) and
 * the mark of this boot. Sorts the files. */
int pf_bundle_write(int dir, struct pf_str head, struct pf_bundled *files, size_t n,
		    struct pf_err *err) PF_MUST_USE;
/* 1; 0: not there, or damaged (a warning). Files' sizes are looked at once after each start of the
 * machine, since nothing is synced to the disk; with `deep` their digests, too. */
int pf_bundle_load(struct pf_bundle *out, const char *dir, bool deep,
		   struct pf_err *err) PF_MUST_USE;
