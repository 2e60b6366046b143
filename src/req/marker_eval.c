/* marker_eval.c - environment markers evaluated against an environment */
/* SPDX-License-Identifier: Apache-2.0 */
#include "req/marker_tree.h"

#include "base/limits.h"
#include "base/str.h"
#include "req/name.h"

struct context {
	const struct pf_marker_env *env;
	struct pf_str extra;
	struct pf_str full_version; /* "3.13.0+" of an untagged build made a version */
	struct pf_arena arena;
	struct pf_err *err;
};

static const struct {
	const char *name;
	size_t offset;
	bool version; /* compared as a version where both sides are */
} variables[] = {
#define X(name, version) { #name, offsetof(struct pf_marker_env, name), version }
	X(implementation_name, false), X(implementation_version, true),
	X(os_name, false),	       X(platform_machine, false),
	X(platform_release, true),     X(platform_system, false),
	X(platform_version, false),    X(platform_python_implementation, false),
	X(python_full_version, true),  X(python_version, true),
	X(sys_platform, false),
#undef X
};

static int look_up(struct pf_str *out, bool *version, const struct context *c, struct pf_str name)
{
	struct pf_str shown = pf_shown(name);

	*version = false;
	if (pf_str_is(name, "extra")) {
		*out = c->extra;
		return 0;
	}
	for (size_t i = 0; i < PF_COUNT(variables); i++) {
		if (!pf_str_is(name, variables[i].name))
			continue;
		*version = variables[i].version;
		memcpy(out, (const char *)c->env + variables[i].offset, sizeof(*out));
		if (pf_str_is(name, "python_full_version"))
			*out = c->full_version;
		return 0;
	}
	return pf_fail(c->err, PF_EMODEL, "marker variable '" PF_FMT "' has no value here",
		       PF_ARG(shown));
}

static bool contains(struct pf_str whole, struct pf_str part)
{
	return !part.n || (whole.n && memmem(whole.p, whole.n, part.p, part.n));
}

/* Compared as texts, < and > never hold, <= and >= where both are the same. */
static int compare_texts(const struct context *c, struct pf_str l, enum pf_marker_op op,
			 struct pf_str r)
{
	struct pf_str ls = pf_shown(l), rs = pf_shown(r);

	switch (op) {
	case PF_MARKER_IN:
		return contains(r, l);
	case PF_MARKER_NOT_IN:
		return !contains(r, l);
	case PF_MARKER_EQ:
	case PF_MARKER_LE:
	case PF_MARKER_GE:
		return pf_str_eq(l, r);
	case PF_MARKER_NE:
		return !pf_str_eq(l, r);
	case PF_MARKER_LT:
	case PF_MARKER_GT:
		return 0;
	default:
		return pf_fail(c->err, PF_EMODEL,
			       "marker comparison '" PF_FMT "' %s '" PF_FMT "' has no meaning",
			       PF_ARG(ls), pf_marker_op_text(op), PF_ARG(rs));
	}
}

/* The operator and the right side are read as one specifier, as the reference does. */
static bool read_specifier(struct pf_spec *out, struct context *c, enum pf_marker_op op,
			   struct pf_str r)
{
	struct pf_str text;

	if (op == PF_MARKER_IN || op == PF_MARKER_NOT_IN || r.n > PF_MAX_VERSION)
		return false;
	text = pf_format(&c->arena, "%s" PF_FMT, pf_marker_op_text(op), PF_ARG(r));
	return pf_spec_read(out, &c->arena, text);
}

static int eval_item(const struct pf_marker_item *item, struct context *c)
{
	struct pf_str l = item->left.text, r = item->right.text;
	struct pf_version version = { 0 };
	struct pf_spec spec;
	bool as_version;

	/* One side is looked up: the left if it is a variable, else the right, whatever it is. */
	if (look_up(item->left.variable ? &l : &r, &as_version, c,
		    item->left.variable ? l : r) < 0)
		return -1;
	if (as_version && read_specifier(&spec, c, item->op, r)) {
		version.text = l;
		(void)pf_version_read(&version, &c->arena, l);
		return pf_spec_admits(&spec, &version);
	}
	return compare_texts(c, l, item->op, r);
}

/* Everything is evaluated, so that what has no meaning is found wherever it stands. */
static int eval_list(const struct pf_marker *m, struct context *c)
{
	bool any = false, all = true;

	for (size_t i = 0; i < m->n; i++) {
		const struct pf_marker_item *item = &m->v[i];
		int truth = item->group ? eval_list(item->group, c) : eval_item(item, c);

		if (truth < 0)
			return -1;
		if (item->after_or) {
			any |= all;
			all = true;
		}
		all &= truth;
	}
	return any || all;
}

int pf_marker_try(const struct pf_marker *m, const struct pf_marker_env *env, struct pf_str extra,
		  struct pf_err *err)
{
	struct context c = { .env = env, .full_version = env->python_full_version, .err = err };
	int truth = 1;

	c.extra = pf_name_canonical(&c.arena, extra);
	if (pf_str_ends(c.full_version, "+"))
		c.full_version = pf_format(&c.arena, PF_FMT "local", PF_ARG(c.full_version));
	if (m)
		truth = eval_list(m, &c);
	pf_arena_free(&c.arena);
	return truth;
}

bool pf_marker_eval(const struct pf_marker *m, const struct pf_marker_env *env, struct pf_str extra)
{
	struct pf_err err;

	return pf_marker_try(m, env, extra, &err) == 1;
}

bool pf_marker_has_extra(const struct pf_marker *m)
{
	for (size_t i = 0; m && i < m->n; i++) {
		const struct pf_marker_item *item = &m->v[i];

		if (item->group ? pf_marker_has_extra(item->group) :
				  (item->left.variable && pf_str_is(item->left.text, "extra")) ||
				  (item->right.variable && pf_str_is(item->right.text, "extra")))
			return true;
	}
	return false;
}
