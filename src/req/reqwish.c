/* reqwish.c - what the index options of requirements files add up to */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/reqwish.h"

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "req/reqneed.h"

static void drop(struct pf_strs *list, struct pf_str one)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (!pf_str_eq(list->v[i], one))
			list->v[n++] = list->v[i];
	list->n = n;
}

static void add_once(struct pf_strs *list, struct pf_arena *a, struct pf_str one)
{
	if (!pf_strs_have(list, one))
		*PF_PUSH(a, list) = one;
}

/* What stands before the last ":all:" does not count, nor what is behind it without a ":none:". */
void pf_wish_formats(struct pf_strs *to, struct pf_strs *other, struct pf_arena *a,
		     struct pf_str value)
{
	struct pf_str rest = value, tail = value, name;
	bool all = false, none = false;

	while (pf_str_next(&rest, ',', &name)) {
		if (pf_str_is(name, ":all:")) {
			all = true;
			none = false;
			tail = rest;
		}
		none |= pf_str_is(name, ":none:");
	}
	if (all) {
		to->n = other->n = 0;
		*PF_PUSH(a, to) = PF_S(":all:");
		if (!none)
			return;
	}
	while (pf_str_next(&tail, ',', &name)) {
		if (pf_str_is(name, ":none:")) {
			to->n = 0;
			continue;
		}
		name = pf_name_canonical(a, name);
		drop(other, name);
		add_once(to, a, name);
	}
}

static void add_links(struct pf_index_wish *wish, struct pf_arena *a, struct pf_str value,
		      struct pf_str dir, int root)
{
	struct pf_str path;

	if (root >= 0 && pf_reqpath_join(&path, a, dir, value) &&
	    pf_exists_beneath(root, path.n ? path.p : ".") && dir.n)
		value = pf_format(a, PF_FMT "/" PF_FMT, PF_ARG(dir), PF_ARG(value));
	*PF_PUSH(a, &wish->find_links) = value;
}

/* The last --index-url of a line counts; --no-index outdoes every index, for good. */
static void add_indexes(struct pf_index_wish *wish, struct pf_arena *a, const struct pf_reqopts *o)
{
	if (pf_reqopts_have(o, PF_OPT_NO_INDEX)) {
		wish->no_index = wish->replaced = true;
		wish->urls.n = 0;
	}
	for (size_t i = o->n; i-- && !wish->no_index;) {
		if (o->v[i].kind != PF_OPT_INDEX_URL || !o->v[i].value.n)
			continue;
		wish->replaced = true;
		wish->urls.n = 0;
		*PF_PUSH(a, &wish->urls) = o->v[i].value;
		break;
	}
	for (size_t i = 0; i < o->n && !wish->no_index; i++)
		if (o->v[i].kind == PF_OPT_EXTRA_INDEX_URL)
			*PF_PUSH(a, &wish->urls) = o->v[i].value;
}

int pf_wish_add(struct pf_index_wish *wish, struct pf_arena *a, const struct pf_reqopts *o,
		bool alone, struct pf_str dir, int root, struct pf_err *err)
{
	const struct pf_str *links = pf_reqopts_first(o, PF_OPT_FIND_LINKS);

	for (size_t i = 0; i < o->n; i++) {
		if (o->v[i].kind == PF_OPT_NO_BINARY)
			pf_wish_formats(&wish->no_binary, &wish->only_binary, a, o->v[i].value);
		if (o->v[i].kind == PF_OPT_ONLY_BINARY)
			pf_wish_formats(&wish->only_binary, &wish->no_binary, a, o->v[i].value);
		if (o->v[i].kind == PF_OPT_TRUSTED_HOST && alone)
			add_once(&wish->trusted_hosts, a, o->v[i].value);
	}
	if (wish->no_binary.n + wish->only_binary.n + wish->trusted_hosts.n > PF_MAX_WISHES)
		return pf_fail(err, PF_ELIMIT, "more than %d names in --no-binary, "
			       "--only-binary and --trusted-host", PF_MAX_WISHES);
	if (!alone)
		return 0;
	add_indexes(wish, a, o);
	if (links)
		add_links(wish, a, *links, dir, root);
	wish->prefer_binary |= pf_reqopts_have(o, PF_OPT_PREFER_BINARY);
	wish->pre |= pf_reqopts_have(o, PF_OPT_PRE);
	return 0;
}
