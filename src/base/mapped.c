/* mapped.c - a file of somebody else's, read in place though it may be cut meanwhile */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mapped.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is mapped, for the handler. */
static struct {
	uintptr_t begin, end, page;
	volatile sig_atomic_t cut;
	struct sigaction before;
} mapped;

/* Zeros from the page that is not there up to the end; any other fault is as fatal as ever. */
static void put_zeros(int signal, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr & ~(mapped.page - 1);
	void *place = (void *)at;

	(void)context;
	if (at >= mapped.begin && at < mapped.end &&
	    mmap(place, mapped.end - at, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == place)
		mapped.cut = 1;
	else
		sigaction(signal, &mapped.before, NULL); /* it faults again */
}

int pf_map(struct pf_mapped *out, int fd, const char *name, struct pf_err *err)
{
	struct sigaction action = { .sa_sigaction = put_zeros, .sa_flags = SA_SIGINFO };
	struct stat st;
	void *at;

	if (mapped.begin)
		return pf_fail(err, PF_EBUG, "two files are mapped at a time");
	if (fstat(fd, &st) < 0)
		return pf_fail_errno(err, "cannot read %s", name);
	at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return pf_fail_errno(err, "cannot read %s", name);
	mapped.page = (uintptr_t)sysconf(_SC_PAGESIZE);
	mapped.begin = (uintptr_t)at;
	mapped.end = mapped.begin + (uintptr_t)st.st_size;
	mapped.cut = 0;
	sigaction(SIGBUS, &action, &mapped.before);
	*out = (struct pf_mapped){ .text = { at, (size_t)st.st_size }, .fd = fd, .name = name };
	return 0;
}

/* Up to the end of its last page a file that was cut reads as zeros by itself. */
int pf_mapped_check(const struct pf_mapped *m, struct pf_err *err)
{
	struct stat st;

	if (!m->text.n)
		return 0;
	if (fstat(m->fd, &st) < 0)
		return pf_fail_errno(err, "cannot read %s", m->name);
	return mapped.cut || (size_t)st.st_size < m->text.n
		       ? pf_fail(err, PF_EIO, "%s was cut while it was read", m->name)
		       : 0;
}

void pf_mapped_free(struct pf_mapped *m)
{
	if (!m->text.n)
		return;
	munmap((void *)mapped.begin, m->text.n);
	sigaction(SIGBUS, &mapped.before, NULL);
	mapped.begin = mapped.end = 0;
	*m = (struct pf_mapped){ 0 };
}
