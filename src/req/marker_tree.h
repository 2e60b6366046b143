/* marker_tree.h - how a marker is kept in memory, between its reader and its evaluation */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "req/marker.h"

enum pf_marker_op {
	PF_MARKER_EQ,
	PF_MARKER_NE,
	PF_MARKER_LT,
	PF_MARKER_LE,
	PF_MARKER_GT,
	PF_MARKER_GE,
	PF_MARKER_COMPATIBLE,
	PF_MARKER_ARBITRARY,
	PF_MARKER_IN,
	PF_MARKER_NOT_IN,
};

struct pf_marker_value {
	struct pf_str text;	/* a variable's name, or a quoted text's value */
	bool variable;
};

struct pf_marker_item {
	bool after_or;		/* joined to the item before it by "or", else by "and" */
	struct pf_marker *group; /* what was in parentheses; NULL: a comparison */
	struct pf_marker_value left, right;
	enum pf_marker_op op;
};

struct pf_marker {
	struct pf_marker_item *v;
	size_t n, cap;
};

const char *pf_marker_op_text(enum pf_marker_op op);
