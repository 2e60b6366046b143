/* learn.c - digests that nobody told, learned from the files */
/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "lock/parts.h"
#include "solve/native.h"
#include "solve/solve.h"

static int fetch(struct pf_planned *one, struct pf_arena *a, struct pf_native *n, int fd,
		 struct pf_err *err)
{
	char hex[PF_DIGEST_HEX];
	struct stat st;

	if (pf_native_get(hex, fd, n, one, err) < 0)
		return -1;
	*PF_PUSH(a, &one->hashes) = pf_format(a, "sha256:%s", hex);
	if (fstat(fd, &st) == 0)
		one->size = (uint64_t)st.st_size;
	return 0;
}

static bool is_known(const struct pf_planned *one)
{
	return one->hashes.n || !one->file.n || !one->from.n || pf_planned_is_git(one);
}

int pf_lock_learn(struct pf_plan *plan, const struct pf_needs *needs,
		  const struct pf_python *python, const struct pf_opts *o, struct pf_err *err)
{
	PF_AUTO(workdir) w = { 0 };
	PF_AUTO(native) native = { 0 };
	size_t i = 0;
	PF_FD(fd) = -1;

	while (i < plan->packages.n && is_known(&plan->packages.v[i]))
		i++;
	if (i == plan->packages.n)
		return 0;
	pf_step("fetching what has no digest");
	if (pf_workdir_open(&w, "lock.", o->store, err) < 0 ||
	    pf_native_open(&native, needs, python, o, err) < 0)
		return -1;
	fd = openat(w.fd, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return pf_fail_errno(err, "cannot write to %s", w.path);
	for (; i < plan->packages.n; i++)
		if (!is_known(&plan->packages.v[i]) &&
		    fetch(&plan->packages.v[i], &plan->arena, &native, fd, err) < 0)
			return -1;
	pf_step_done();
	return 0;
}
