/* schema.h - the types of a signature, as data for the rules of enforcement */
/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "data/frame.h"

enum pf_dtype {
	PF_D_BOOLEAN,
	PF_D_INTEGER,
	PF_D_LONG,
	PF_D_FLOAT,
	PF_D_DOUBLE,
	PF_D_STRING,
	PF_D_BINARY,
	PF_D_DATETIME,
	PF_D_ARRAY,
	PF_D_OBJECT,
	PF_D_MAP,
	PF_D_ANY,
	PF_D_SPARKML,
};

/* A column, or the type of an array's items, an object's property, a map's values. */
struct pf_colspec {
	struct pf_str name;	/* empty view with p NULL: unnamed */
	bool number;		/* the name is a number, as pandas labels columns by itself */
	enum pf_dtype type;
	bool required;
	/* ARRAY: 1 item type; MAP: 1 value type; OBJECT: its properties */
	struct pf_colspec *inner;
	size_t inner_count;
};

struct pf_tensorspec {
	struct pf_str name;
	enum pf_type type;
	struct pf_str dtype;	/* numpy's name as written: "float32", "str", ... */
	unsigned rank;
	int64_t shape[16];	/* -1: any */
};

struct pf_schema {
	enum pf_schema_kind { PF_SCHEMA_NONE, PF_SCHEMA_COLUMNS, PF_SCHEMA_TENSORS } kind;
	struct pf_colspec *columns;
	struct pf_tensorspec *tensors;
	size_t n;
	bool named;
	struct pf_str text;	/* the JSON as the model wrote it */
};

struct pf_param {
	struct pf_str name;
	enum pf_dtype type;
	bool is_list;		/* shape [-1] */
	struct pf_value fallback; /* its default */
};

struct pf_params {
	struct pf_param *v;
	size_t n;
	bool present;
};
