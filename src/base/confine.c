/* confine.c - namespaces, or Landlock: entered by the child, once it is known that it can be */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"

/* ---- the kernel's interfaces that older headers lack ---- */

#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

struct attr { /* struct mount_attr */
	uint64_t set, clear, propagation, userns_fd;
};
#define READ_ONLY 1	    /* MOUNT_ATTR_RDONLY */
#define ALL_BENEATH 0x8000  /* AT_RECURSIVE */

struct ruleset { /* struct landlock_ruleset_attr */
	uint64_t files, network;
};
struct beneath { /* struct landlock_path_beneath_attr */
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));
#define RULE_BENEATH 1
#define ASK_VERSION 1
#define MAY_WRITE_FILE ((uint64_t)1 << 1)
/* To write, to remove and to make, by the version of Landlock that knew it first; last in each
 * version. */
static const uint64_t may_write[] = { 0, 0x1ff2, 0x3ff2, 0x7ff2 };
#define TCP 3 /* to bind and to connect, since version 4 */

static int put_text(const char *path, const char *text)
{
	size_t n = strlen(text);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	return done ? 0 : -1;
}

/* ---- namespaces ---- */

static int set_mount(const char *path, unsigned flags, uint64_t set, uint64_t clear)
{
	struct attr attr = { .set = set, .clear = clear };

	return (int)syscall(SYS_mount_setattr, AT_FDCWD, path, flags, &attr, sizeof(attr));
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || !path[n]);
}

/* The place may not be there, and is nobody else's to see: an empty folder covers its parent. */
static int mount_elsewhere(const struct pf_confine *c)
{
	char parent[PF_MAX_PATH];
	const char *slash = strrchr(c->at, '/');

	if (!slash || (size_t)(slash - c->at) >= sizeof(parent))
		return -1;
	memcpy(parent, c->at, (size_t)(slash - c->at));
	parent[slash - c->at] = '\0';
	return mount("none", parent, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0 ||
			       mkdir(c->at, 0755) < 0 ||
			       mount(c->from, c->at, NULL, MS_BIND, NULL) < 0
		       ? -1
		       : 0;
}

/* All that is mounted is read-only, but for the one folder. Semaphores of processes lie in
 * /dev/shm. */
static int mount_read_only(const struct pf_confine *c)
{
	static const char shm[] = "/dev/shm";
	bool own_shm = access(shm, F_OK) == 0 && !is_below(c->dir, shm);

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(c->dir, c->dir, NULL, MS_BIND, NULL) < 0 ||
	    (own_shm && mount(c->shm, shm, NULL, MS_BIND, NULL) < 0) ||
	    (c->at && mount_elsewhere(c) < 0) ||
	    set_mount("/", ALL_BENEATH, READ_ONLY, 0) < 0 ||
	    set_mount(c->dir, 0, 0, READ_ONLY) < 0 ||
	    (c->at && is_below(c->from, c->dir) && set_mount(c->at, 0, 0, READ_ONLY) < 0))
		return -1;
	return own_shm ? set_mount(shm, 0, 0, READ_ONLY) : 0;
}

/* What root could still undo is given up; a program it starts gets nothing back. */
static int drop_capabilities(void)
{
	for (int i = 0; i < 64; i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 && errno != EINVAL)
			return -1;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* One's own user is mapped to itself. Root does without where it may have namespaces and no
 * users. */
static int enter_namespaces(const struct pf_confine *c)
{
	static const int flags = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC;

	if (unshare(CLONE_NEWUSER | flags) < 0) {
		if (geteuid() != 0 || unshare(flags) < 0)
			return -1;
	} else if ((put_text("/proc/self/setgroups", "deny") < 0 && errno != ENOENT) ||
		   put_text("/proc/self/uid_map", c->uid_map) < 0 ||
		   put_text("/proc/self/gid_map", c->gid_map) < 0) {
		return -1;
	}
	return mount_read_only(c) < 0 || drop_capabilities() < 0 ? -1 : 0;
}

/* ---- Landlock ---- */

static int allow(int rules, const char *path, uint64_t what)
{
	struct beneath rule = { .allowed = what, .fd = open(path, O_PATH | O_CLOEXEC) };
	int rc = rule.fd < 0 ? -1
			     : (int)syscall(SYS_landlock_add_rule, rules, RULE_BENEATH, &rule, 0);

	if (rule.fd >= 0)
		close(rule.fd);
	return rc;
}

static int enter_landlock(const struct pf_confine *c)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
	struct ruleset set = { .network = version >= 4 ? TCP : 0 };
	int rules;

	if (version < 1)
		return -1;
	set.files = may_write[version < (long)PF_COUNT(may_write) ? version :
								    (long)PF_COUNT(may_write) - 1];
	rules = (int)syscall(SYS_landlock_create_ruleset, &set,
			     version >= 4 ? sizeof(set) : sizeof(set.files), 0);
	if (rules < 0 || allow(rules, c->dir, set.files) < 0 ||
	    allow(rules, "/dev/null", MAY_WRITE_FILE) < 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_landlock_restrict_self, rules, 0) < 0)
		return -1;
	return close(rules);
}

/* ---- both ---- */

int pf_confine_enter(const void *how)
{
	const struct pf_confine *c = how;
	const struct rlimit no_core = { 0 }, file = { PF_MAX_BUILD_FILE, PF_MAX_BUILD_FILE };

	if (setrlimit(RLIMIT_CORE, &no_core) < 0 || setrlimit(RLIMIT_FSIZE, &file) < 0)
		return -1;
	if (c->how == PF_CONFINED ? enter_namespaces(c) < 0 :
	    c->how == PF_CONFINED_WRITES ? enter_landlock(c) < 0 : false)
		return -1;
	/* The folder as it is mounted now; and what new credentials forgot. */
	if (chdir(c->cwd) < 0 || access(c->dir, W_OK) < 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -1;
	return getppid() == c->parent ? 0 : -1;
}

static bool is_granted(const struct pf_confine *c)
{
	struct pf_confine own = *c;
	int status = 1;
	pid_t pid;

	own.parent = getpid();
	pid = fork();
	if (pid == 0)
		_exit(pf_confine_enter(&own) < 0);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

void pf_confine_prepare(struct pf_confine *out, struct pf_arena *a, const char *dir,
			const char *shm, const char *cwd)
{
	struct pf_confine c = *out;

	c.how = PF_CONFINED;
	c.dir = dir;
	c.shm = shm;
	c.cwd = cwd;
	c.parent = getpid();
	c.uid_map = pf_formatz(a, "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
	c.gid_map = pf_formatz(a, "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
	*out = c;
}

void pf_confine_make(struct pf_confine *out, struct pf_arena *a, const char *dir, const char *shm,
		     const char *cwd)
{
	pf_confine_prepare(out, a, dir, shm, cwd);
	while (out->how != PF_CONFINED_NOT && !is_granted(out))
		out->how--;
}
