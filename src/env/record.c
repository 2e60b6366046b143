/* record.c - locks in the store: named by what was asked, holding what it came to */
/* SPDX-License-Identifier: Apache-2.0 */
#include "env/record.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/str.h"
#include "formats/digest.h"

static void add_line(struct pf_buf *b, const char *kind, struct pf_str text)
{
	pf_buf_printf(b, "%s %zu " PF_FMT "\n", kind, text.n, PF_ARG(text));
}

static bool is_own_file(const struct pf_need *need)
{
	return need->editable || (!need->parsed && pf_str_find_str(need->text, "://") == PF_NPOS);
}

static char *make_name(struct pf_arena *a, const struct pf_needs *needs,
		       const struct pf_python *python, const struct pf_opts *o, bool settings)
{
	struct pf_buf b = PF_BUF(PF_MAX_LOCK);
	char hex[PF_SHA256_HEX];
	bool own = false;
	enum pf_env_manager manager = o->env_manager == PF_ENV_AUTO ? PF_ENV_VENV : o->env_manager;

	pf_buf_printf(&b, "lock %d rules %d manager %d bytecode %d link %d index %d hashes %d\n",
		      PF_STORE_FORMAT, PF_SOLVE_RULES, (int)manager, !o->no_bytecode,
		      (int)o->link_mode, o->allow_model_index, needs->require_hashes);
	if (o->no_build)
		pf_buf_cstr(&b, "no build\n");
	if (settings)
		pf_settings_identity(&b, python);
	pf_buf_str(&b, pf_plan_identity(a, python));
	if (needs->lock.n)
		add_line(&b, "l", needs->lock);
	if (needs->as_of)
		pf_buf_printf(&b, "day %d\n", needs->as_of);
	for (size_t i = 0; i < needs->pip.n; i++) {
		const struct pf_need *need = &needs->pip.v[i];

		own |= is_own_file(need);
		add_line(&b, need->constraint ? "c" : "r", pf_redacted(a, need->text));
		for (size_t k = 0; k < need->hashes.n; k++)
			add_line(&b, "h", need->hashes.v[k]);
	}
	for (size_t i = 0; pf_is_native(o) && i < needs->facts.n; i++) {
		add_line(&b, "f", needs->facts.v[i].name);
		add_line(&b, "v", needs->facts.v[i].is.text);
	}
	for (size_t i = 0; i < needs->build.n; i++)
		add_line(&b, "b", needs->build.v[i]);
	for (size_t i = 0; i < needs->conda.n; i++)
		add_line(&b, "k", needs->conda.v[i]);
	if (needs->conda_from.n) { /* the interpreter is one of the packages */
		add_line(&b, "c", needs->conda_from);
		add_line(&b, "p", needs->python);
		if (needs->conda_python.n)
			add_line(&b, "q", needs->conda_python);
		pf_buf_printf(&b, "strict %d scripts %d\n", o->strict_python, o->allow_scripts);
	}
	for (size_t i = 0; o->allow_model_index && i < needs->asked.n; i++)
		if (needs->asked.v[i].kind == PF_ASKED_INDEX ||
		    needs->asked.v[i].kind == PF_ASKED_BUILD)
			add_line(&b, "i", needs->asked.v[i].text);
	pf_sha256_hex(hex, b.p, b.n);
	own |= b.toobig;
	pf_buf_free(&b);
	return own ? NULL : pf_formatz(a, "%.32s", hex);
}

char *pf_record_name(struct pf_arena *a, const struct pf_needs *needs,
		     const struct pf_python *python, const struct pf_opts *o)
{
	return make_name(a, needs, python, o, true);
}

char *pf_record_last(struct pf_arena *a, const struct pf_needs *needs,
		     const struct pf_python *python, const struct pf_opts *o)
{
	return make_name(a, needs, python, o, false);
}

int pf_record_write(const char *store, const char *name, const struct pf_plan *plan,
		    struct pf_err *err)
{
	struct pf_buf b = PF_BUF(PF_MAX_LOCK);
	struct pf_json_out w = { .buf = &b }, second = { .buf = &b };
	struct pf_arena a = { 0 };
	int rc;

	pf_json_begin(&w, "lock");
	pf_json_field(&w, "key", pf_s(plan->key));
	pf_json_key(&w, "left_out");
	pf_json_open(&w, '[');
	for (size_t i = 0; i < plan->left_out.n; i++)
		pf_json_str(&w, pf_redacted(&a, plan->left_out.v[i]));
	pf_json_close(&w, ']');
	pf_json_close(&w, '}');
	pf_buf_char(&b, '\n');
	pf_plan_write(&second, plan);
	pf_buf_char(&b, '\n');
	rc = pf_buf_check(&b, "a lock", err);
	if (rc == 0)
		rc = pf_write_atomic(AT_FDCWD, pf_formatz(&a, "%s/locks/%s.json", store, name),
				     pf_buf_view(&b), 0444, err);
	pf_arena_free(&a);
	pf_buf_free(&b);
	return rc;
}

static bool read_text(struct pf_buf *out, const char *store, const char *name)
{
	struct pf_arena a = { 0 };
	char *path = pf_formatz(&a, "%s/locks/%s.json", store, name);
	struct pf_err ignored;
	bool there = access(path, R_OK) == 0 && pf_read_file(out, AT_FDCWD, path, &ignored) == 0;

	pf_arena_free(&a);
	return there;
}

static bool read_head(struct pf_plan *out, struct pf_str line)
{
	struct pf_node *root = NULL;
	const struct pf_node *left;
	struct pf_err ignored;
	struct pf_str key;

	if (pf_json_parse(&root, &out->arena, line, &ignored) < 0)
		return false;
	key = pf_node_text(root, "key");
	left = pf_node_get(root, "left_out");
	if (!pf_plan_is_key(key))
		return false;
	memcpy(out->key, key.p, key.n);
	for (size_t i = 0; left && i < left->n; i++)
		*PF_PUSH(&out->arena, &out->left_out) = pf_dup(&out->arena, left->v[i].text);
	return true;
}

int pf_record_head(struct pf_plan *out, const char *store, const char *name)
{
	PF_AUTO(plan) plan = { 0 };
	struct pf_buf text = PF_BUF(PF_MAX_LOCK);
	struct pf_str rest, line = { 0 };
	bool good = read_text(&text, store, name);

	rest = pf_buf_view(&text);
	good = good && pf_str_next(&rest, '\n', &line) &&
	       read_head(&plan, pf_dup(&plan.arena, line));
	pf_buf_free(&text);
	if (good)
		*out = PF_TAKE(plan);
	return good;
}

int pf_record_plan(struct pf_plan *out, const char *store, const char *name)
{
	struct pf_buf text = PF_BUF(PF_MAX_LOCK);
	struct pf_arena a = { 0 };
	struct pf_str rest, line = { 0 };
	struct pf_node *root = NULL;
	struct pf_err ignored;
	bool good = read_text(&text, store, name);

	rest = pf_buf_view(&text);
	good = good && pf_str_next(&rest, '\n', &line) && pf_str_next(&rest, '\n', &line) &&
	       pf_json_parse(&root, &a, line, &ignored) == 0 &&
	       pf_plan_read(out, root, &ignored) == 0;
	for (size_t i = 0; good && i < out->packages.n; i++)
		good = !out->packages.v[i].redacted;
	pf_arena_free(&a);
	pf_buf_free(&text);
	return good;
}
