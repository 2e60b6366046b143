/* artifact_code.c - a model's own code: what its sources import, but for one another */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "check/artifact_file.h"
#include "check/modules.h"

bool pf_module_is_own(int root, struct pf_str own, struct pf_str top)
{
	static const char *const endings[] = { "", ".py", ".so" };
	PF_AUTO(arena) a = { 0 };

	for (size_t i = 0; own.n && i < PF_COUNT(endings); i++)
		if (pf_exists_beneath(root, pf_formatz(&a, PF_FMT "/" PF_FMT "%s", PF_ARG(own),
						       PF_ARG(top), endings[i])))
			return true;
	return false;
}

struct reading {
	struct pf_artifact *a;
	int root;
	struct pf_str own, file;
	struct pf_map known;	/* names to whether they are modules beside it */
	struct pf_arena arena;
};

static bool is_own(struct reading *r, struct pf_str module)
{
	static char yes, no;
	struct pf_str top = pf_module_top(module);
	void **place = pf_map_put(&r->arena, &r->known, top);

	if (!*place)
		*place = pf_module_is_own(r->root, r->own, top) ? &yes : &no;
	return *place == &yes;
}

static void on_import(void *ctx, const struct pf_imported *one)
{
	struct reading *r = ctx;
	struct pf_artifact *a = r->a;

	if (is_own(r, one->module))
		return;
	if (a->imports.n >= PF_MAX_PICKLE_NAMES) {
		pf_artifact_unread(a, r->file, PF_ELIMIT, "it imports more than can be listed");
		return;
	}
	*PF_PUSH(&a->arena, &a->imports) = (struct pf_code_import){
		.what = { .module = pf_dup(&a->arena, one->module),
			  .name = pf_dup(&a->arena, one->name),
			  .line = one->line,
			  .sure = one->sure },
		.file = r->file,
	};
}

void pf_artifact_take_source(struct pf_artifact *a, struct pf_str file, int fd, int root,
			     struct pf_str own)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_TEXT_FILE);
	struct reading r = { .a = a, .root = root, .own = own, .file = file };
	struct pf_imports imports = { .found = on_import, .ctx = &r };
	struct pf_err err;

	if (pf_read_fd(&text, fd, "the source", &err) < 0 ||
	    pf_imports_read(&imports, pf_buf_view(&text), &err) < 0)
		pf_artifact_unread(a, file, err.code, err.msg);
	else
		*PF_PUSH(&a->arena, &a->code) = file;
	if (imports.dynamic && !a->hidden.n)
		a->hidden = file;
	pf_arena_free(&r.arena);
}

/* What Python imports though it is no source. */
void pf_artifact_take_beside(struct pf_artifact *a, struct pf_str file)
{
	static const char *const endings[] = { ".so", ".pyd", ".pyc", ".zip", ".egg", ".whl" };

	for (size_t i = 0; !a->hidden.n && i < PF_COUNT(endings); i++)
		if (pf_str_ends(file, endings[i]) &&
		    pf_str_find_str(file, "__pycache__/") == PF_NPOS)
			a->hidden = file;
}
