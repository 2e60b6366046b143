/* fs.c - files: bounded reads, opens beneath a root, atomic writes, locks */
/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/proc.h"
#include "base/str.h"

void pf_fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

int pf_fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Does `path` below `root` resolve to something inside it? For kernels and sandboxes without
 * openat2: the descriptor's own name is compared with the root's. */
static int open_checked(int root, const char *path, int flags, mode_t mode)
{
	char link[32], top[PF_MAX_PATH], real[PF_MAX_PATH];
	ssize_t top_n, real_n;
	int fd;

	if (path[0] == '/')
		return errno = EXDEV, -1;
	fd = openat(root, path, flags, mode);
	if (fd < 0)
		return -1;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", root);
	top_n = readlink(link, top, sizeof(top) - 1);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	real_n = readlink(link, real, sizeof(real) - 1);
	if (top_n > 0 && real_n >= top_n && memcmp(top, real, (size_t)top_n) == 0 &&
	    (real_n == top_n || real[top_n] == '/' || top_n == 1))
		return fd;
	close(fd);
	return errno = EXDEV, -1;
}

static int open_beneath(int root, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)flags,
		.mode = mode,
		.resolve =
			RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (mode ? RESOLVE_NO_SYMLINKS : 0),
	};
	long fd;
	int tries = 0;

	do /* EAGAIN: somebody renamed something while ".." was followed */
		fd = syscall(SYS_openat2, root, path, &how, sizeof(how));
	while (fd < 0 && errno == EAGAIN && ++tries < 100);
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_checked(root, path, flags, mode);
	return (int)fd;
}

static int fail_open(const char *path, struct pf_err *err)
{
	int saved = errno;

	if (saved == EXDEV || saved == ELOOP)
		pf_fail(err, PF_EMODEL, "%s leads out of its directory", path);
	else if (saved == EISDIR || saved == ENXIO)
		pf_fail(err, PF_EMODEL, "%s is not a regular file", path);
	else
		pf_fail_errno(err, "cannot open %s", path);
	errno = saved;
	return -1;
}

static int keep_regular(int fd, const char *path, struct pf_err *err)
{
	struct stat st;

	if (fd < 0)
		return fail_open(path, err);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	errno = EISDIR;
	return fail_open(path, err);
}

#define READ_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

int pf_open_beneath(int root, const char *path, struct pf_err *err)
{
	return keep_regular(open_beneath(root, path, READ_FLAGS, 0), path, err);
}

int pf_open_dir_beneath(int root, const char *path, struct pf_err *err)
{
	int fd = open_beneath(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	return fd < 0 ? fail_open(path, err) : fd;
}

int pf_create_beneath(int root, const char *path, mode_t mode, struct pf_err *err)
{
	int fd = open_beneath(root, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			      mode);

	return fd < 0 ? fail_open(path, err) : fd;
}

bool pf_exists_beneath(int root, const char *path)
{
	PF_FD(fd) = open_beneath(root, path, O_PATH | O_CLOEXEC, 0);

	return fd >= 0;
}

int pf_open_file(int dirfd, const char *path, struct pf_err *err)
{
	return keep_regular(openat(dirfd, path, READ_FLAGS), path, err);
}

int pf_read_fd(struct pf_buf *out, int fd, const char *what, struct pf_err *err)
{
	for (;;) {
		/* Most files are small: little at first, so that no page is touched in vain. */
		size_t step = out->n < PF_KIB(8) ? PF_KIB(8) : PF_KIB(256);
		size_t left = out->max - out->n, want = left < step ? left : step;
		char beyond = 0, *room = want ? pf_buf_room(out, want) : &beyond;
		ssize_t n = room ? read(fd, room, want ? want : 1) : 1;

		if (n < 0 && errno == EINTR) {
			if (pf_signals_check(err) < 0)
				return -1;
			continue;
		}
		if (n < 0)
			return pf_fail_errno(err, "cannot read %s", what);
		if (n == 0)
			return 0;
		if (!want || !room) /* exactly full is fine when nothing more comes */
			return pf_fail(err, PF_ELIMIT, "%s is larger than %zu bytes", what,
				       out->max);
		out->n += (size_t)n;
		out->p[out->n] = '\0';
	}
}

int pf_read_file(struct pf_buf *out, int dirfd, const char *path, struct pf_err *err)
{
	PF_FD(fd) = pf_open_file(dirfd, path, err);

	return fd < 0 ? -1 : pf_read_fd(out, fd, path, err);
}

ssize_t pf_read_some(int fd, void *to, size_t n)
{
	ssize_t got;

	do
		got = read(fd, to, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int pf_write_fd(int fd, const void *p, size_t n, struct pf_err *err)
{
	const char *at = p;

	while (n) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR) {
			if (pf_signals_check(err) < 0)
				return -1;
			continue;
		}
		if (done < 0)
			return pf_fail_errno(err, "cannot write");
		at += done;
		n -= (size_t)done;
		if (n && pf_signals_check(err) < 0) /* a pipe took a part before one came */
			return -1;
	}
	return 0;
}

static int copy_by_hand(int to, int from, struct pf_err *err)
{
	char bytes[PF_KIB(64)];
	ssize_t n;

	while ((n = pf_read_some(from, bytes, sizeof(bytes))) != 0) {
		if (n < 0)
			return pf_fail_errno(err, "cannot read");
		if (pf_write_fd(to, bytes, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

/* The kernel copies where it can; it says at once where it cannot. */
int pf_copy_fd(int to, int from, bool share, struct pf_err *err)
{
	ssize_t n;

	if (share && ioctl(to, FICLONE, from) == 0)
		return 0;
	do {
		if (pf_signals_check(err) < 0)
			return -1;
		n = copy_file_range(from, NULL, to, NULL, PF_MIB(64), 0);
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0 ? 0 : copy_by_hand(to, from, err);
}

static void random_suffix(char out[17])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[16] = { 0 };

	if (getrandom(bytes, sizeof(bytes), 0) < 0) {
		uint64_t seed = (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid();

		memcpy(bytes, &seed, sizeof(seed));
	}
	for (int i = 0; i < 16; i++)
		out[i] = digits[bytes[i] & 15];
	out[16] = '\0';
}

void pf_atomic_free(struct pf_atomic *f)
{
	if (f->fd > 0) {
		close(f->fd);
		unlinkat(f->dirfd, f->temp, 0);
	}
	f->fd = 0;
}

int pf_atomic_open(struct pf_atomic *out, int dirfd, const char *path, mode_t mode,
		   struct pf_err *err)
{
	char suffix[17];

	random_suffix(suffix);
	if (snprintf(out->temp, sizeof(out->temp), "%s.%s.tmp", path, suffix) >=
	    (int)sizeof(out->temp))
		return pf_fail(err, PF_EUSAGE, "path too long: %s", path);
	snprintf(out->path, sizeof(out->path), "%s", path);
	out->dirfd = dirfd;
	out->fd = openat(dirfd, out->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out->fd >= 0)
		return 0;
	out->fd = 0;
	return pf_fail_errno(err, "cannot write %s", path);
}

int pf_atomic_commit(struct pf_atomic *f, struct pf_err *err)
{
	if (renameat(f->dirfd, f->temp, f->dirfd, f->path) < 0)
		return pf_fail_errno(err, "cannot write %s", f->path);
	close(f->fd);
	f->fd = 0;
	return 0;
}

int pf_write_atomic(int dirfd, const char *path, struct pf_str bytes, mode_t mode,
		    struct pf_err *err)
{
	PF_AUTO(atomic) f = { 0 };

	if (pf_atomic_open(&f, dirfd, path, mode, err) < 0)
		return -1;
	if (pf_write_fd(f.fd, bytes.p, bytes.n, err) < 0)
		return pf_wrap(err, "%s", path);
	return pf_atomic_commit(&f, err);
}

int pf_mkdir_p(const char *path, mode_t mode, struct pf_err *err)
{
	char part[PF_MAX_PATH];
	size_t n = strlen(path);
	int error;

	if (n >= sizeof(part))
		return pf_fail(err, PF_EUSAGE, "path longer than %zu bytes", sizeof(part) - 1);
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		error = mkdir(part, mode) < 0 ? errno : 0;
		if (!error || error == EEXIST || pf_is_dir(part))
			continue;
		errno = error;
		return pf_fail_errno(err, "cannot create %s", part);
	}
	return pf_is_dir(path) ? 0 : pf_fail(err, PF_EIO, "%s is not a directory", path);
}

int pf_make_parents(int dir, const char *path, struct pf_err *err)
{
	PF_AUTO(arena) a = { 0 };
	char *copy = pf_dupz(&a, (struct pf_str){ path, strlen(path) });

	for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
		int rc;

		*slash = '\0';
		rc = mkdirat(dir, copy, 0755);
		*slash = '/';
		if (rc < 0 && errno != EEXIST)
			return pf_fail_errno(err, "cannot create the folder of %s", path);
	}
	return 0;
}

int pf_mkdtemp_at(int parent, const char *prefix, char *name, size_t size, struct pf_err *err)
{
	for (int tries = 0; tries < 100; tries++) {
		char suffix[17];

		random_suffix(suffix);
		snprintf(name, size, "%s%s", prefix, suffix);
		if (mkdirat(parent, name, 0700) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return pf_fail_errno(err, "cannot create a temporary directory");
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static bool has_no_locks(int error)
{
	return error == ENOLCK || error == EOPNOTSUPP || error == ENOSYS;
}

int pf_lock_if_any(int dirfd, const char *path, unsigned seconds, void (*waiting)(const char *path),
		   bool *without, struct pf_err *err)
{
	struct timespec start, now;
	PF_FD(fd) = openat(dirfd, path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0)
		return pf_fail_errno(err, "cannot open lock %s", path);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (without && has_no_locks(errno)) {
			*without = true;
			break;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return pf_fail_errno(err, "cannot lock %s", path);
		if (pf_signals_check(err) < 0)
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec >= (time_t)seconds)
			return pf_fail(err, PF_ELIMIT,
				       "another process holds %s (waited %u s)", path, seconds);
		if (waiting)
			waiting(path);
		waiting = NULL;
		sleep_ms(20);
	}
	return pf_fd_take(&fd);
}

int pf_lock(int dirfd, const char *path, unsigned seconds, void (*waiting)(const char *path),
	    struct pf_err *err)
{
	return pf_lock_if_any(dirfd, path, seconds, waiting, NULL, err);
}

char *pf_join(struct pf_arena *a, const char *dir, struct pf_str name)
{
	return pf_formatz(a, "%s%s" PF_FMT, dir, pf_str_ends(pf_s(dir), "/") ? "" : "/",
			  PF_ARG(name));
}

char *pf_realpath(struct pf_arena *a, const char *path)
{
	char *real = realpath(path, NULL), *copy;

	if (!real)
		return NULL;
	copy = pf_dupz(a, pf_s(real));
	free(real);
	return copy;
}

bool pf_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool pf_is_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

const char *pf_home(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home && *home)
		return home;
	pw = getpwuid(getuid());
	return pw ? pw->pw_dir : NULL;
}
