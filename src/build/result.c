/* result.c - what a build made: held against what was asked for, and taken over */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/str.h"
#include "build/inside.h"
#include "env/wheel.h"
#include "fetch/fetch.h"
#include "python/metadata.h"
#include "req/name.h"
#include "req/wheel_name.h"

/* ---- its texts ---- */

int pf_building_check(const struct pf_building *b, struct pf_str text, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_metadata m = { 0 };
	struct pf_version asked, found;

	pf_metadata_read(&m, &a, text);
	if (!pf_name_is_valid(m.name) || !pf_name_eq(m.name, b->s->name) ||
	    !pf_version_read(&found, &a, m.version) ||
	    (b->s->version.n && (!pf_version_read(&asked, &a, b->s->version) ||
				 pf_version_cmp(&asked, &found) != 0)))
		return pf_fail(err, PF_EINTEGRITY, "it calls itself " PF_FMT " " PF_FMT,
			       PF_ARG(pf_shown(m.name)), PF_ARG(pf_shown(m.version)));
	return 0;
}

int pf_building_read(struct pf_str *out, struct pf_arena *a, const char *dir, const char *path,
			struct pf_err *err)
{
	PF_AUTO(buf) text = PF_BUF(PF_MAX_DIST_INFO);
	PF_FD(root) = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(fd) = root < 0 ? -1 : pf_open_beneath(root, path, err);

	if (root < 0)
		return pf_fail_errno(err, "cannot open %s", dir);
	if (fd < 0 || pf_read_fd(&text, fd, path, err) < 0) {
		err->code = PF_ESOLVE;
		return -1;
	}
	*out = pf_dup(a, pf_buf_view(&text));
	return 0;
}

/* ---- its wheel ---- */

/* Of what was asked for, and for this interpreter? */
static int check_file(struct pf_building *b, struct pf_str file, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	struct pf_wheel_name wheel;
	struct pf_tag_target target;
	struct pf_tags tags = { 0 };
	struct pf_version asked;

	if (pf_str_find(file, '/') != PF_NPOS || pf_wheel_name_parse(&wheel, &a, file, err) < 0)
		return pf_fail(err, PF_EINTEGRITY, "its build makes no wheel, but " PF_FMT,
			       PF_ARG(pf_shown(file)));
	if (!pf_str_eq(wheel.name, b->s->name) ||
	    (b->s->version.n && (!pf_version_read(&asked, &a, b->s->version) ||
				 pf_version_cmp(&asked, &wheel.version) != 0)))
		return pf_fail(err, PF_EINTEGRITY, "its build makes the wheel of another, " PF_FMT,
			       PF_ARG(pf_shown(file)));
	pf_python_tag_target(&target, b->whom->python);
	pf_tags_make(&tags, &a, &target);
	for (size_t i = 0; i < wheel.tags.n; i++)
		if (pf_tags_rank(&tags, wheel.tags.v[i]) != PF_TAG_NONE)
			return 0;
	return pf_fail(err, PF_EINTEGRITY,
		       "its build makes a wheel for another interpreter, " PF_FMT,
		       PF_ARG(pf_shown(file)));
}

/* What a build may have left running can change its file, but not a copy outside of its folder. */
static int copy_wheel(struct pf_building *b, struct pf_str file, struct pf_err *err)
{
	char *folder = pf_join(&b->w.arena, b->work, PF_S("wheel"));
	PF_FD(dir) = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	PF_FD(from) = dir < 0 ? -1 : pf_open_beneath(dir, pf_dupz(&b->w.arena, file), err);
	PF_FD(to) = openat(b->w.fd, "copy.whl", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char bytes[PF_KIB(64)];
	ssize_t n;

	if (dir < 0 || to < 0)
		return pf_fail_errno(err, "cannot copy from %s", folder);
	if (from < 0)
		return err->code = PF_ESOLVE, -1;
	while ((n = pf_read_some(from, bytes, sizeof(bytes))) > 0)
		if (pf_write_fd(to, bytes, (size_t)n, err) < 0)
			return -1;
	return n < 0 ? pf_fail_errno(err, "cannot copy from %s", folder) : pf_fd_take(&to);
}

/* From now on it is a wheel like any other; its METADATA is kept too. */
int pf_building_take(struct pf_kept_wheel *out, struct pf_building *b, struct pf_arena *a,
		      struct pf_str file, struct pf_err *err)
{
	static const char *const confined[] = {
		[PF_CONFINED_NOT] = "no", [PF_CONFINED_WRITES] = "writes", [PF_CONFINED] = "yes",
	};
	PF_FD(fd) = check_file(b, file, err) < 0 ? -1 : copy_wheel(b, file, err);
	struct pf_wheel_source source = { .fd = fd, .file = file, .lenient = true };
	PF_AUTO(wheel) wheel = { 0 };
	struct pf_str text;

	if (fd < 0 || pf_wheel_get(&wheel, &source, b->whom->o, err) < 0 ||
	    pf_building_read(&text, &b->w.arena, wheel.files.dir,
			 pf_formatz(a, "tree/%s/METADATA", wheel.files.info), err) < 0 ||
	    pf_building_check(b, text, err) < 0 || pf_kept_put_metadata(&b->kept, text, err) < 0)
		return -1;
	*out = (struct pf_kept_wheel){
		.file = pf_dup(a, file),
		.sha256 = pf_dup(a, pf_s(wheel.sha256)),
		.source = b->s->git ? pf_git_place(a, b->s->git) : b->s->file,
		.tools = &b->tools.plan,
		.confined = confined[b->confine.how],
	};
	if (pf_kept_put_wheel(&b->kept, out, err) < 0)
		return -1;
	pf_building_drop_archive(b);
	return 0;
}
