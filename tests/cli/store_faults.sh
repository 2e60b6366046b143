#!/bin/sh
# store_faults.sh - a store without links and locks; each change of the disk that fails once, or as from then on
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
fail_at=$BUILDDIR/tests/cli/fail_at
wheel_tool=$BUILDDIR/tests/cli/wheel_tool
"$maker" "$here/make_wheels.py" --odd "$work/wheels"
"$maker" "$here/make_wheels.py" "$work/more" 8
"$fail_at" 0 28 true >/dev/null
[ $? -ne 77 ] || skip_all "the kernel lets nobody look at a program's calls"
printf 'r part_a\nr part_b\n' >"$work/needs"
store=$work/store manager=venv
tree() { # byte code may be marshalled in more than one way; a manifest tells its time
	(cd "$1" && find . -type f ! -name '*.pyc' ! -name manifest.json -exec sha256sum {} + | LC_ALL=C sort -k 2
	find . -printf '%y %m %p %l\n' | LC_ALL=C sort)
}
# What is kept of the interpreter is not at stake.
again() { rm -rf "$store/envs" "$store/wheels" "$store/index" "$store/locks"; }
whole() { "$tool" -s "$store" verify && PYFUNC_ENV_STORE="$store" "$wheel_tool" check; }
same() { tree "$env" >"$work/disturbed" && cmp "$work/undisturbed" "$work/disturbed"; }
faulty() { # FAULTS, arguments
	faults=$1
	shift
	"$fail_at" "$faults" "$tool" -s "$store" -p "$python" -m venv "$@"
}
check "an environment is made" ends 0 create create "$work/needs"
env=$(cat "$work/out")
tree "$env" >"$work/undisturbed"

# ---- as on NFS: neither links, clones, locks, flags of rename nor files without a name ----
bare=link=1,flock=37,flags=22,clone=95,copy=95,tmpfile=95 # ENOLCK
for errno in 37 95 38; do
	again
	check "no locks ($errno): made" ends 0 faulty "$bare,flock=$errno" create "$work/needs"
	check "and said, once" test "$(grep -c 'has no locks' "$work/err")" -eq 1
	check "the same" same
done
check "nothing is left in tmp" none "$store/tmp" -mindepth 1
check "found again" ends 0 faulty "$bare" create "$work/needs"
check "with nothing to say" test ! -s "$work/err"
expect "without locks none is removed, since it may be in use" 7 "cannot lock" faulty "$bare" rm "$(basename "$env")"
check "it is there" whole
find "$env/lib" -name part_a.py -exec chmod u+w {} + -exec truncate -s 0 {} +
check "damaged, it is repaired" ends 0 faulty "$bare" -R create "$work/needs"
check "really" whole
echo 'r many' >"$work/many"
for i in 1 2 3 4 5 6; do
	PIP_FIND_LINKS="$work/more" faulty "$bare" create "$work/many" >"$work/out.$i" 2>"$work/err.$i" &
	eval "pid$i=\$!"
done
bad=0
for i in 1 2 3 4 5 6; do
	eval "wait \$pid$i" || { bad=$((bad + 1)); sed "s/^/# $i: /" "$work/err.$i"; }
done
check "six at once without locks: all end well" test $bad -eq 0
check "with one answer" test "$(cat "$work"/out.? | sort -u | wc -l)" -eq 1
check "which is whole" whole
check "nothing is left in tmp" none "$store/tmp" -mindepth 1
mkdir "$store/tmp/left"
touch -d '2 days ago' "$store/tmp/left"
check "gc without locks" ends 0 faulty "$bare" -d 400 gc
check "sweeps what is old" none "$store/tmp" -mindepth 1
rm -rf "$store"

# ---- each change fails, in turn with each error ----
check "made once more" ends 0 create create "$work/needs"
again
check "how many changes there are" ends 0 "$fail_at" 0 28 "$tool" -s "$store" -p "$python" -m venv create "$work/needs"
calls=$(sed -n 's/ calls$//p' "$work/out")
check "${calls:-none}" test "${calls:-0}" -gt 200
# ENOSPC, EIO, EDQUOT, EROFS, EACCES, EMFILE, ENOMEM; from then on, or once
set -- 28+ 5 122+ 30+ 13 24 12 28 30 122
at=1 odd=0 torn=0 failed=0 other=0
while [ $at -le "${calls:-0}" ]; do
	again
	how=$1
	shift
	set -- "$@" "$how"
	n=$at
	case $how in *+) n=$at+ how=${how%+} ;; esac
	"$fail_at" $n "$how" "$tool" -s "$store" -p "$python" -m venv create "$work/needs" >"$work/out" 2>"$work/err"
	case $? in
	0) [ "$(cat "$work/out")" = "$env" ] ;; # that was not needed
	7) [ ! -s "$work/out" ] && [ "$(grep -c '^pyfunc-env: io: .*: [A-Z]' "$work/err")" -eq 1 ] ;;
	*) false ;;
	esac || { odd=$((odd + 1)); echo "# $n $how:"; sed 's/^/#   /' "$work/err"; }
	whole >"$work/check" 2>&1 || { torn=$((torn + 1)); sed "s/^/# $n $how: /" "$work/check"; }
	create create "$work/needs" >"$work/out" 2>"$work/err" ||
		{ failed=$((failed + 1)); sed "s/^/# $n $how: /" "$work/err"; }
	same >/dev/null || { other=$((other + 1)); echo "# $n $how: differs"; }
	at=$((at + 1))
done
check "it ended well all the same, or with 7 and the reason" test $odd -eq 0
check "nothing half made was ever to be seen" test $torn -eq 0
check "the next one always ended well" test $failed -eq 0
check "with the same result" test $other -eq 0

# ---- signals in between, and little at a time ----
cat >"$work/slow.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
static int little, torn;
static __thread unsigned turn;
static void nothing(int number) { (void)number; }
__attribute__((constructor)) static void begin(void)
{
	const char *how = getenv("SLOW");
	if (!how || strcmp(program_invocation_short_name, "envtool") != 0)
		return;
	little = strcmp(how, "little") == 0;
	torn = strcmp(how, "torn") == 0;
	if (strcmp(how, "storm") == 0) {
		struct sigaction a = { .sa_handler = nothing }; /* without SA_RESTART */
		struct itimerval each = { { 0, 1000 }, { 0, 1000 } };
		sigaction(SIGALRM, &a, NULL);
		setitimer(ITIMER_REAL, &each, NULL);
	}
}
static int is_torn(void) { return torn && turn++ % 2 == 0 && (errno = EINTR); }
static size_t some(size_t n) { return little && n ? 1 : n; }
ssize_t read(int fd, void *p, size_t n) { return is_torn() ? -1 : syscall(SYS_read, fd, p, some(n)); }
ssize_t write(int fd, const void *p, size_t n) { return is_torn() ? -1 : syscall(SYS_write, fd, p, some(n)); }
ssize_t pread(int fd, void *p, size_t n, off_t at) { return is_torn() ? -1 : syscall(SYS_pread64, fd, p, some(n), at); }
ssize_t pwrite(int fd, const void *p, size_t n, off_t at) { return is_torn() ? -1 : syscall(SYS_pwrite64, fd, p, some(n), at); }
END
if ${CC:-cc} -shared -fPIC -o "$work/slow.so" "$work/slow.c" 2>"$work/err" &&
	LD_PRELOAD="$work/slow.so" "$tool" -s "$store" list >/dev/null 2>&1; then # which the sanitizers refuse
	for how in storm torn little; do
		for kind in "" link=18,clone=95,copy=95; do # with copies, too
			rm -rf "$store"
			check "$how: made ${kind:+without links}" ends 0 env LD_PRELOAD="$work/slow.so" SLOW=$how \
				${kind:+"$fail_at" "$kind"} "$tool" -s "$store" -p "$python" -m venv create "$work/needs"
			check "of the same bytes" same
			check "nothing was said of it" test "$(grep -vc 'resolving\|fetching\|compiling\|installing\|setuptools' "$work/err")" -eq 0
		done
	done
else
	skip "no compiler, or the sanitizers: nothing is interrupted"
fi
finish
