/* schema.c - the modules and classes that a skops file's schema names */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/limits.h"
#include "base/str.h"
#include "check/artifact_file.h"

/* {"__class__": "LogisticRegression", "__module__": "sklearn.linear_model", "__loader__": ...,
 *  "content": {...}}; functions: {"module_path": "numpy", "function": "log"} in their content. */
static const struct {
	const char *module, *name;
} PAIRS[] = {
	{ "__module__", "__class__" },
	{ "module_path", "function" },
};

/* What one open object has said. */
struct level {
	struct pf_str module[PF_COUNT(PAIRS)], name[PF_COUNT(PAIRS)];
};

struct schema {
	struct pf_artifact *a;
	struct pf_str file;
	struct pf_json json;
	PF_VEC(struct level) levels;
	struct pf_str *wanted;	/* where the next string goes */
};

static void take_key(struct schema *s, struct pf_str key)
{
	struct level *top = &s->levels.v[s->levels.n - 1];

	for (size_t i = 0; i < PF_COUNT(PAIRS); i++) {
		if (pf_str_is(key, PAIRS[i].module))
			s->wanted = &top->module[i];
		else if (pf_str_is(key, PAIRS[i].name))
			s->wanted = &top->name[i];
	}
}

static void close_level(struct schema *s)
{
	struct level *top = &s->levels.v[--s->levels.n];

	for (size_t i = 0; i < PF_COUNT(PAIRS); i++)
		if (top->module[i].p && top->name[i].p)
			pf_artifact_name(s->a, s->file, top->module[i], top->name[i]);
}

static int take_tokens(struct schema *s, struct pf_arena *arena, struct pf_err *err)
{
	struct pf_json_token t;

	do {
		if (pf_json_next(&s->json, &t, err) < 0)
			return -1;
		if (t.kind == PF_JSON_STRING && s->wanted && t.text.n <= PF_MAX_PICKLE_NAME)
			*s->wanted = pf_dup(arena, t.text);
		s->wanted = NULL;
		if (t.kind == PF_JSON_KEY)
			take_key(s, t.text);
		else if (t.kind == PF_JSON_OBJECT)
			*PF_PUSH(arena, &s->levels) = (struct level){ 0 };
		else if (t.kind == PF_JSON_OBJECT_END)
			close_level(s);
	} while (t.kind != PF_JSON_END);
	return 0;
}

int pf_artifact_take_schema(struct pf_artifact *a, struct pf_str file, struct pf_str json,
			    struct pf_err *err)
{
	PF_AUTO(arena) arena = { 0 };
	struct schema s = { .a = a, .file = file };
	int status;

	pf_artifact_name(a, file, PF_S("skops.io"), PF_S("")); /* what reads the file itself */
	pf_json_init(&s.json, json, PF_MAX_SCHEMA_DEPTH);
	status = take_tokens(&s, &arena, err);
	pf_json_free(&s.json);
	return status < 0 ? pf_wrap(err, "schema.json") : 0;
}
