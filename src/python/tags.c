/* tags.c - wheel tags an interpreter accepts, best first (PEP 425, 600, 656) */
/* SPDX-License-Identifier: Apache-2.0 */
#include "python/tags.h"

#include "base/str.h"

#define LAST_GLIBC2_MINOR 50	/* what a glibc 3 would be taken to have come after */

/* "2.36" behind a word, further text ignored. */
static bool read_version(int *major, int *minor, struct pf_str text)
{
	uint64_t part[2] = { 0, 0 };
	size_t at = 0;

	for (int i = 0; i < 2; i++) {
		size_t from = at;

		while (at < text.n && pf_is_digit(text.p[at]) && at - from < 4)
			at++;
		if (!pf_str_u64(pf_str_cut(text, from, at), &part[i]))
			return false;
		if (i == 0 && (at >= text.n || text.p[at++] != '.'))
			return false;
	}
	*major = (int)part[0];
	*minor = (int)part[1];
	return true;
}

/* ---- Linux ---- */

/* Does the reference give the architecture manylinux tags at all? */
static bool has_manylinux(struct pf_str arch, bool hard_float)
{
	static const char *const archs[] = { "x86_64", "i686",	"aarch64",     "ppc64", "ppc64le",
					     "s390x",  "loongarch64", "riscv64", NULL };

	if (pf_str_is(arch, "armv7l") || pf_str_is(arch, "armv8l"))
		return hard_float;
	return pf_str_in(arch, archs);
}

static const char *legacy_name(int major, int minor)
{
	if (major != 2)
		return NULL;
	return minor == 17   ? "manylinux2014"
	       : minor == 12 ? "manylinux2010"
	       : minor == 5  ? "manylinux1"
			     : NULL;
}

static void add_manylinux(struct pf_strs *out, struct pf_arena *a, struct pf_str arch, int major,
			  int minor)
{
	bool x86 = pf_str_is(arch, "x86_64") || pf_str_is(arch, "i686");

	for (; major >= 2; major--, minor = LAST_GLIBC2_MINOR) {
		int oldest = major > 2 ? 0 : x86 ? 5 : 17;

		for (int i = minor; i >= oldest; i--) {
			const char *legacy = legacy_name(major, i);

			*PF_PUSH(a, out) =
				pf_format(a, "manylinux_%d_%d_" PF_FMT, major, i, PF_ARG(arch));
			if (legacy)
				*PF_PUSH(a, out) = pf_format(a, "%s_" PF_FMT, legacy, PF_ARG(arch));
		}
	}
}

static void add_linux(struct pf_strs *out, struct pf_arena *a, const struct pf_tag_target *t,
		      struct pf_str arch)
{
	/* An ARMv8 kernel with a 32-bit interpreter runs what was built for ARMv7. */
	struct pf_str archs[2] = { arch, PF_S("armv7l") };
	size_t count = pf_str_is(arch, "armv8l") ? 2 : 1;
	int major, minor;

	for (size_t i = 0; i < count; i++)
		*PF_PUSH(a, out) = pf_format(a, "linux_" PF_FMT, PF_ARG(archs[i]));
	if (pf_str_starts(t->libc, "glibc ") && has_manylinux(arch, t->hard_float) &&
	    read_version(&major, &minor, pf_str_skip(t->libc, 6)))
		for (size_t i = 0; i < count; i++)
			add_manylinux(out, a, archs[i], major, minor);
	if (pf_str_starts(t->libc, "musl ") &&
	    read_version(&major, &minor, pf_str_skip(t->libc, 5)))
		for (size_t i = 0; i < count; i++)
			for (int m = minor; m >= 0; m--)
				*PF_PUSH(a, out) = pf_format(a, "musllinux_%d_%d_" PF_FMT, major, m,
							     PF_ARG(archs[i]));
}

/* ---- macOS ---- */

static void add_mac_version(struct pf_strs *out, struct pf_arena *a, const char *const *formats,
			    int major, int minor)
{
	for (; *formats; formats++)
		*PF_PUSH(a, out) = pf_format(a, "macosx_%d_%d_%s", major, minor, *formats);
}

/* "12.0-x86_64" of "macosx-12.0-x86_64" */
static bool add_mac(struct pf_strs *out, struct pf_arena *a, struct pf_str rest)
{
	static const char *const intel[] = { "x86_64",	   "intel",	"fat64", "fat3",
					     "universal2", "universal", NULL };
	static const char *const arm[] = { "arm64", "universal2", NULL };
	size_t dash = pf_str_find(rest, '-');
	struct pf_str arch = pf_str_skip(rest, dash == PF_NPOS ? rest.n : dash + 1);
	bool is_arm = pf_str_is(arch, "arm64");
	const char *const *formats = is_arm ? arm : intel;
	int major, minor;

	if ((!is_arm && !pf_str_is(arch, "x86_64")) || !read_version(&major, &minor, rest))
		return false;
	if (major == 10) {
		for (; minor >= (is_arm ? 0 : 4); minor--)
			add_mac_version(out, a, formats, 10, minor);
		return true;
	}
	for (; major >= 11; major--)
		add_mac_version(out, a, formats, major, 0);
	/* Before 11 there was no arm64; a universal wheel may still say that it runs there. */
	for (minor = 16; minor >= 4; minor--)
		add_mac_version(out, a, is_arm ? arm + 1 : intel, 10, minor);
	return true;
}

void pf_tags_platforms(struct pf_strs *out, struct pf_arena *a, const struct pf_tag_target *t)
{
	char *name;

	if (pf_str_starts(t->platform, "macosx-") && add_mac(out, a, pf_str_skip(t->platform, 7)))
		return;
	name = pf_dupz(a, t->platform);
	for (char *p = name; *p; p++)
		if (*p == '-' || *p == '.' || *p == ' ')
			*p = '_';
	if (strncmp(name, "linux_", 6) == 0)
		add_linux(out, a, t, pf_s(name + 6));
	else
		*PF_PUSH(a, out) = pf_s(name);
}

/* ---- whole tags ---- */

static void add(struct pf_tags *out, struct pf_arena *a, struct pf_str tag)
{
	void **place = pf_map_put(a, &out->rank, tag);
	struct pf_tag_rank *rank;

	if (*place)
		return;
	rank = pf_alloc(a, sizeof(*rank));
	rank->rank = out->v.n;
	*place = rank;
	*PF_PUSH(a, &out->v) = tag;
}

static void add_all(struct pf_tags *out, struct pf_arena *a, const char *python, const char *abi,
		    const struct pf_strs *platforms)
{
	for (size_t i = 0; i < platforms->n; i++)
		add(out, a, pf_format(a, "%s-%s-" PF_FMT, python, abi, PF_ARG(platforms->v[i])));
}

/* cp311 ... of this interpreter, then the stable ABI, then none, then older stable ABIs. */
static void add_cpython(struct pf_tags *out, struct pf_arena *a, const struct pf_tag_target *t,
			const struct pf_strs *platforms)
{
	bool threads = t->free_threaded && (t->major > 3 || t->minor >= 13);
	bool old = t->major == 3 && t->minor < 8;
	const char *stable = threads ? "abi3t" : "abi3";
	char *python = pf_formatz(a, "cp%d%d", t->major, t->minor);
	char *abi = pf_formatz(a, "%s%s", python, threads ? "t" : "");

	if (old || t->debug)
		add_all(out, a, python,
			pf_formatz(a, "%s%s%s", abi, t->debug ? "d" : "",
				   old && !t->no_pymalloc ? "m" : ""),
			platforms);
	if (!old)
		add_all(out, a, python, abi, platforms);
	add_all(out, a, python, stable, platforms);
	add_all(out, a, python, "none", platforms);
	for (int minor = t->minor - 1; minor >= 2; minor--)
		add_all(out, a, pf_formatz(a, "cp%d%d", t->major, minor), stable, platforms);
}

/* py311, py3, py310, ..., py30 */
static void add_pure(struct pf_tags *out, struct pf_arena *a, const struct pf_tag_target *t,
		     const struct pf_strs *platforms)
{
	add_all(out, a, pf_formatz(a, "py%d%d", t->major, t->minor), "none", platforms);
	add_all(out, a, pf_formatz(a, "py%d", t->major), "none", platforms);
	for (int minor = t->minor - 1; minor >= 0; minor--)
		add_all(out, a, pf_formatz(a, "py%d%d", t->major, minor), "none", platforms);
}

void pf_tags_make(struct pf_tags *out, struct pf_arena *a, const struct pf_tag_target *t)
{
	struct pf_str any = PF_S("any");
	struct pf_strs platforms = { 0 }, anywhere = { .v = &any, .n = 1 };

	pf_tags_platforms(&platforms, a, t);
	add_cpython(out, a, t, &platforms);
	add_pure(out, a, t, &platforms);
	add_all(out, a, pf_formatz(a, "cp%d%d", t->major, t->minor), "none", &anywhere);
	add_pure(out, a, t, &anywhere);
}

size_t pf_tags_rank(const struct pf_tags *tags, struct pf_str tag)
{
	const struct pf_tag_rank *rank = pf_map_get(&tags->rank, tag);

	return rank ? rank->rank : PF_TAG_NONE;
}
