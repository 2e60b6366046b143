/* link_scripts.c - scripts for an environment's interpreter */
/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "env/link_inside.h"

#define MAX_FIRST_LINE 127 /* what every kernel reads of it */

/* A shell runs the second line; to Python it is a text. */
void pf_script_shell_head(struct pf_buf *out, const char *exe, struct pf_str options)
{
	pf_buf_cstr(out, "#!/bin/sh\n'''exec' '");
	for (; *exe; exe++)
		if (*exe == '\'')
			pf_buf_cstr(out, "'\\''");
		else
			pf_buf_char(out, *exe);
	pf_buf_printf(out, "'" PF_FMT " \"$0\" \"$@\"\n' '''\n", PF_ARG(options));
}

void pf_script_head(struct pf_buf *out, const char *exe)
{
	if (!strpbrk(exe, " \t\n") && strlen(exe) + 3 <= MAX_FIRST_LINE)
		pf_buf_printf(out, "#!%s\n", exe);
	else
		pf_script_shell_head(out, exe, PF_S(""));
}

int pf_link_text(struct pf_linking *l, enum pf_scheme scheme, const char *name, struct pf_str text,
		 bool exec, struct pf_err *err)
{
	char digest[PF_DIGEST_TEXT];
	struct pf_bundled f = { .path = name,
				.to = name,
				.digest = digest,
				.size = text.n,
				.scheme = scheme,
				.kind = exec ? PF_BUNDLED_EXECUTABLE : PF_BUNDLED_PLAIN };
	PF_FD(fd) = openat(l->roots[scheme], name,
			   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	(void)pf_digest_text(digest, PF_S("sha256"), text.p ? text.p : "", text.n);
	if (fd < 0 && errno == EEXIST)
		return pf_link_clash(l, &f, err);
	if (fd < 0)
		return pf_fail_errno(err, "cannot create %s", name);
	if (pf_write_fd(fd, text.p, text.n, err) < 0)
		return pf_wrap(err, "%s", name);
	if (fchmod(fd, exec ? 0555 : 0444) < 0)
		return pf_fail_errno(err, "cannot protect %s", name);
	pf_link_note(l, &f, false);
	return 0;
}

int pf_link_same(struct pf_linking *l, char **first, const char *name, struct pf_str text,
		 struct pf_err *err)
{
	int root = l->roots[PF_SCHEME_ROOT];
	char digest[PF_DIGEST_TEXT];
	struct pf_bundled f = { .path = name, .to = name, .digest = digest, .size = text.n,
				.scheme = PF_SCHEME_ROOT };

	if (*first && !l->copying && l->o->mode == PF_LINK_HARD &&
	    linkat(root, *first, root, name, 0) == 0) {
		(void)pf_digest_text(digest, PF_S("sha256"), text.p, text.n);
		pf_link_note(l, &f, false);
		return 0;
	}
	if (pf_link_text(l, PF_SCHEME_ROOT, name, text, false, err) < 0)
		return -1;
	if (!*first)
		*first = pf_dupz(&l->arena, pf_s(name));
	return 0;
}

int pf_link_script(struct pf_linking *l, int tree, const struct pf_bundled *f, struct pf_err *err)
{
	PF_AUTO(buf) script = PF_BUF(PF_MAX_SCRIPT), out = PF_BUF(PF_MAX_SCRIPT + PF_KIB(16));
	struct pf_str rest, line;

	if (pf_read_file(&script, tree, f->path, err) < 0)
		return -1;
	rest = pf_buf_view(&script);
	(void)pf_str_next_line(&rest, &line);
	pf_script_head(&out, l->o->exe);
	pf_buf_str(&out, rest);
	if (pf_buf_check(&out, f->path, err) < 0)
		return -1;
	return pf_link_text(l, f->scheme, f->to, pf_buf_view(&out), true, err);
}

/* ---- entry points ---- */

/* "pkg.mod:Class.run" is imported by its first part and called by all of them. */
void pf_entry_script(struct pf_buf *out, const char *exe, const struct pf_entry_point *e)
{
	struct pf_str object = pf_s(e->object),
		      first = pf_str_cut(object, 0, pf_str_find(object, '.'));

	pf_script_head(out, exe);
	pf_buf_printf(out,
		      "import sys\nfrom %s import " PF_FMT "\n\nif __name__ == \"__main__\":\n"
		      "    sys.exit(%s())\n",
		      e->module, PF_ARG(first), e->object);
}

static int write_entry(struct pf_linking *l, const char *name, const struct pf_entry_point *e,
		       struct pf_err *err)
{
	PF_AUTO(buf) out = PF_BUF(PF_KIB(64));

	pf_entry_script(&out, l->o->exe, e);
	if (pf_buf_check(&out, name, err) < 0)
		return -1;
	return pf_link_text(l, PF_SCHEME_SCRIPTS, name, pf_buf_view(&out), true, err);
}

/* pip3, pip3.11 */
static bool is_numbered_pip(const char *name)
{
	return strncmp(name, "pip", 3) == 0 &&
	       strspn(name + 3, "0123456789.") == strlen(name + 3) && name[3];
}

/* pip's wheel names the Python that it was built with; users expect theirs. */
static int write_pips(struct pf_linking *l, const struct pf_entry_point *e, struct pf_err *err)
{
	const struct pf_python *p = l->o->python;
	const char *names[] = { "pip", pf_formatz(&l->arena, "pip%d", p->major),
				pf_formatz(&l->arena, "pip%d.%d", p->major, p->minor) };

	for (size_t i = 0; i < PF_COUNT(names); i++)
		if (write_entry(l, names[i], e, err) < 0)
			return -1;
	return 0;
}

int pf_link_entries(struct pf_linking *l, struct pf_err *err)
{
	const struct pf_bundle *b = &l->links[l->current].wheel->files;
	bool pip = strcmp(b->name, "pip") == 0;

	for (size_t i = 0; i < b->entries.n; i++) {
		const struct pf_entry_point *e = &b->entries.v[i];

		if (pip && is_numbered_pip(e->name))
			continue;
		if ((pip && strcmp(e->name, "pip") == 0 ? write_pips(l, e, err)
							: write_entry(l, e->name, e, err)) < 0)
			return -1;
	}
	return 0;
}
