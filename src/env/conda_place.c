/* conda_place.c - where each file of conda packages goes, and who has a place that two claim */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "env/conda_link.h"

struct placing {
	struct pf_conda_linking *k;
	size_t clobbered; /* of the part in hand */
	const struct pf_conda_placed *first;
	const struct pf_bundle *whose; /* the package that it took it from */
};

static struct pf_str place_of(struct placing *p, enum pf_scheme scheme, const char *to)
{
	switch (scheme) {
	case PF_SCHEME_ROOT: /* byte code of ours */
	case PF_SCHEME_SITE:
		return pf_format(p->k->arena, "%s/%s", p->k->site, to);
	case PF_SCHEME_BIN:
	case PF_SCHEME_SCRIPTS:
		return pf_format(p->k->arena, "bin/%s", to);
	default:
		return pf_s(to);
	}
}

static bool is_same(const struct pf_conda_placed *x, const struct pf_conda_placed *y)
{
	return x->file && y->file && x->file->kind == y->file->kind &&
	       strcmp(x->file->digest, y->file->digest) == 0 &&
	       (!x->file->more || strcmp(x->file->more, y->file->more) == 0);
}

static void claim(struct placing *p, struct pf_conda_placed *one)
{
	void **slot = pf_map_put_lent(p->k->arena, &p->k->places, one->place);
	struct pf_conda_placed *before = *slot;

	*slot = one;
	if (!before)
		return;
	before->fate = PF_CONDA_CLOBBERED;
	if (is_same(before, one))
		return;
	if (!p->clobbered++) {
		p->first = one;
		p->whose = before->from;
	}
}

static void tell_clobbered(struct placing *p, const struct pf_bundle *b)
{
	if (p->clobbered)
		pf_note("%s %s takes the place of another package's file%s, " PF_FMT " of %s%s",
			b->name, b->version, p->clobbered > 1 ? "s" : "",
			PF_ARG(pf_shown(p->first->place)), p->whose->name ? p->whose->name : "it",
			p->clobbered > 1 ? " and more" : "");
	p->clobbered = 0;
}

/* ---- one package ---- */

static void add_dirs(struct placing *p, const struct pf_bundle *b)
{
	for (size_t i = 0; i < b->dirs.n; i++) {
		struct pf_str place = place_of(p, b->dirs.v[i].scheme, b->dirs.v[i].to);
		void **slot = pf_map_put_lent(p->k->arena, &p->k->dirs, place);

		if (!*slot)
			*slot = (void *)(uintptr_t)b;
	}
}

static void add_file(struct pf_conda_placed *one, struct placing *p, const struct pf_bundle *b,
		     const struct pf_bundled *f)
{
	*one = (struct pf_conda_placed){ .place = place_of(p, f->scheme, f->to), .file = f,
					 .from = b, .size = f->size };
	if (f->kind != PF_BUNDLED_LINK)
		memcpy(one->digest, f->digest, sizeof(one->digest));
}

static int add_part(struct pf_conda_part *part, struct placing *p, struct pf_err *err)
{
	const struct pf_bundle *b = part->package;
	size_t n = b->files.n + b->entries.n;

	if (strcmp(b->noarch, "python") == 0 && !p->k->site)
		return pf_fail(err, PF_EINTEGRITY, "%s %s needs an interpreter, and there is none",
			       b->name, b->version);
	part->placed.v = pf_alloc_array(p->k->arena, n, sizeof(*part->placed.v));
	part->placed.n = part->placed.cap = n;
	add_dirs(p, b);
	for (size_t i = 0; i < b->files.n; i++) {
		add_file(&part->placed.v[i], p, b, &b->files.v[i]);
		claim(p, &part->placed.v[i]);
	}
	for (size_t i = 0; i < b->entries.n; i++) {
		struct pf_conda_placed *one = &part->placed.v[b->files.n + i];

		*one = (struct pf_conda_placed){
			.place = place_of(p, PF_SCHEME_SCRIPTS, b->entries.v[i].name),
			.entry = &b->entries.v[i],
			.from = b,
		};
		claim(p, one);
	}
	tell_clobbered(p, b);
	return 0;
}

/* ---- all of them ---- */

static int check_dirs(const struct placing *p, struct pf_err *err)
{
	for (size_t i = 0; i < p->k->dirs.entries.n; i++) {
		const struct pf_map_entry *e = &p->k->dirs.entries.v[i];
		const struct pf_conda_placed *one = pf_map_get(&p->k->places, e->key);
		const struct pf_bundle *b = e->value;

		if (one)
			return pf_fail(err, PF_EINTEGRITY, PF_FMT " is a folder of %s and a %s of %s",
				       PF_ARG(pf_shown(e->key)), b->name ? b->name : "one",
				       one->file && one->file->kind == PF_BUNDLED_LINK ? "link"
										       : "file",
				       one->from->name);
	}
	return 0;
}

/* "a/b.py": "a/__pycache__/b.cpython-" begins the names of its byte code. */
static bool is_of_replaced(const struct placing *p, struct pf_str place,
			   const struct pf_bundle *whose)
{
	static const char folder[] = "__pycache__/";
	size_t at = pf_str_find_str(place, folder), dot;
	const struct pf_conda_placed *source;
	struct pf_str name = pf_str_skip(place, at + sizeof(folder) - 1);

	if (at == PF_NPOS || !pf_str_ends(place, ".pyc"))
		return false;
	dot = pf_str_find(name, '.');
	source = pf_map_get(&p->k->places, pf_format(p->k->arena, PF_FMT PF_FMT ".py",
						  PF_ARG(pf_str_cut(place, 0, at)),
						  PF_ARG(pf_str_cut(name, 0, dot))));
	return source && ((whose && source->from != whose) || source->fate == PF_CONDA_REPLACED ||
			  (source->file && pf_bundled_is(source->file, PF_BUNDLED_TEXT)));
}

static bool has_replaced_modules(const struct pf_conda_part *part)
{
	for (size_t i = 0; i < part->package->files.n; i++)
		if (pf_bundled_is(&part->package->files.v[i], PF_BUNDLED_TEXT) &&
		    pf_str_ends(pf_s(part->package->files.v[i].to), ".py"))
			return true;
	return false;
}

/* Byte code names its source's size, which a replaced prefix changes: the interpreter would write
 * its own in its place. */
static void drop_stale(struct placing *p, struct pf_conda_part *part)
{
	if (!has_replaced_modules(part))
		return;
	for (size_t i = 0; i < part->placed.n; i++) {
		struct pf_conda_placed *one = &part->placed.v[i];

		if (one->fate == PF_CONDA_TAKEN && is_of_replaced(p, one->place, NULL))
			one->fate = PF_CONDA_STALE;
	}
}

int pf_conda_place(struct pf_conda_linking *k, struct pf_err *err)
{
	struct placing p = { .k = k };
	size_t files = 0;

	for (size_t i = 0; i < k->n; i++)
		files += k->parts[i].package->files.n + k->parts[i].package->entries.n;
	pf_map_reserve(k->arena, &k->places, files);
	for (size_t i = 0; i < k->n; i++)
		if (add_part(&k->parts[i], &p, err) < 0)
			return -1;
	for (size_t i = 0; i < k->n; i++)
		drop_stale(&p, &k->parts[i]);
	return check_dirs(&p, err);
}

void pf_conda_place_code(struct pf_conda_linking *k)
{
	struct placing p = { .k = k };

	for (size_t i = 0; i < k->n; i++) {
		struct pf_conda_part *part = &k->parts[i];
		const struct pf_bundle *b = part->byte_code;

		for (size_t j = 0; b && j < b->files.n; j++) {
			struct pf_conda_placed one;

			add_file(&one, &p, b, &b->files.v[j]);
			if (!pf_map_get(&k->places, one.place) &&
			    !is_of_replaced(&p, one.place, part->package))
				*PF_PUSH(k->arena, &part->placed) = one;
		}
	}
}
