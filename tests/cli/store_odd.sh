#!/bin/sh
# store_odd.sh - odd places, clocks, users, formats of another version; a lock's holder that dies or sleeps; gc beside all
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
wheel_tool=$BUILDDIR/tests/cli/wheel_tool
"$maker" "$here/make_wheels.py" --odd "$work/wheels"
"$maker" "$here/make_wheels.py" "$work/wheels"
manager=venv
printf 'r part_a\nr part_b\nr alpha\n' >"$work/needs"
tree() { (cd "$1" && find . ! -name 'verified-*' -printf '%y %m %p\n' | LC_ALL=C sort); }
store=$work/store
check "an environment is made" ends 0 create create "$work/needs"
env=$(cat "$work/out") key=$(basename "$(cat "$work/out")")
tree "$env" >"$work/undisturbed"

# ---- places ----
mkdir "$work/real" && ln -s real "$work/a link"
deep=$(printf '%0200d/' 1 2 3 4 5 6 7 8 9)
for place in "a%sb%n" "é 日本" '$HOME `x` "q" \n' "a link" "- v" "$deep$deep"; do
	store=$work/$place
	shown=$(printf '%.20s' "$place")
	check "$shown: made" ends 0 create create "$work/needs"
	check "the same environment" test "$(basename "$(cat "$work/out")")" = "$key"
	check "its program runs" sh -c '"$1/bin/alpha-run" | grep -qF "alpha $1"' - "$(cat "$work/out")"
	check "found again" ends 0 create -o create "$work/needs"
	check "and good" ends 0 "$tool" -s "$store" verify
done
store=$work/$deep$deep$deep
expect "too long: the limit is told" 2 "longer than 3900 bytes" create create "$work/needs"
store="$work/new
line"
expect "control characters are told" 2 "holds a control character" create create "$work/needs"
check "before anything was made" none "$store"

# ---- two that have one path: whose it is does not depend on the order ----
store=$work/order
printf 'r clash_a\nr clash_b\n' >"$work/ab"
printf 'r clash_b\nr clash_a\n' >"$work/ba"
expect "two wheels of one path" 0 "the first one's is taken" create create "$work/ab"
cat "$(cat "$work/out")"/lib/python3*/site-packages/clash/__init__.py >"$work/first"
store=$work/order2
expect "asked for the other way round" 0 "the first one's is taken" create create "$work/ba"
check "the same one has it" sh -c 'cat "$1"/lib/python3*/site-packages/clash/__init__.py | cmp - "$2"' - "$(cat "$work/out")" "$work/first"

# ---- formats of another version, older or newer ----
store=$work/store
newer() { # what is changed, its files, script of sed
	find "$store" -path "$2" -exec chmod u+w {} + -exec sed -i "$3" {} +
	check "$1 of another version: made" ends 0 create create "$work/needs"
	check "and good" ends 0 "$tool" -s "$store" verify
	tree "$store/envs/$key" >"$work/disturbed"
	check "and the same" cmp "$work/undisturbed" "$work/disturbed"
}
rm -rf "$store/envs" # whose format is a part of their names
newer "a wheel's manifest" "*/wheels/*/manifest" 's/^pyfunc-env bundle 1/pyfunc-env bundle 2/'
rm -rf "$store/envs" "$store/wheels"
newer "what an interpreter said" "*/pythons/known/*" '1s/^/2/'
rm -rf "$store/envs" "$store/wheels" "$store/locks"
newer "what a file needs" "*/index/metadata/*" '1s/^/2/'

# ---- a lock's holder ----
hold() { # a lock, for how long
	exec "$maker" -c 'import fcntl, os, sys, time
f = open(sys.argv[1], "w"); fcntl.flock(f, fcntl.LOCK_EX); f.write("%d\n" % os.getpid()); f.flush()
open(sys.argv[2], "w").write("x"); time.sleep(60)' "$1" "$2"
}
"$tool" -s "$store" rm "$key" >/dev/null
(hold "$store/locks/$key.lock" "$work/holding") &
holder=$!
await "$work/holding"
create create "$work/needs" >"$work/out" 2>"$work/err" &
waiter=$!
n=0
until said waiting || [ $n -ge 100 ]; do sleep 0.1; n=$((n + 1)); done
check "it is told that there is a wait" said "waiting for another process"
before=$(date +%s%N)
kill -9 $holder
check "the holder is killed: the waiter ends well" wait $waiter
check "at once" test $((($(date +%s%N) - before) / 1000000)) -lt 5000
check "with the environment" test -d "$env"

cat >"$work/clock.c" <<'END'
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
/* CLOCK: seconds to be added; "jump": now ten years on, now ten back; "run": an hour at each look */
static long ahead(int monotonic)
{
	static __thread long looks;
	const char *how = getenv("CLOCK");
	if (!how)
		return 0;
	if (how[0] == 'r')
		return monotonic ? 3600 * looks++ : 0;
	if (how[0] == 'j')
		return monotonic ? 0 : (looks++ % 2 ? 1 : -1) * 315360000L;
	return monotonic ? 0 : strtol(how, NULL, 10);
}
int clock_gettime(clockid_t id, struct timespec *t)
{
	int rc = (int)syscall(SYS_clock_gettime, id, t);
	if (rc == 0)
		t->tv_sec += ahead(id == CLOCK_MONOTONIC);
	return rc;
}
time_t time(time_t *out)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return out ? *out = t.tv_sec : t.tv_sec;
}
END
cat >"$work/folding.c" <<'END'
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
/* A file system that keeps names in small letters, composed: what it is asked to create. */
long syscall(long number, ...)
{
	static long (*asked)(long, ...);
	static __thread char folded[4096];
	va_list ap;
	long a[6];
	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_openat2 && (((struct open_how *)a[2])->flags & O_CREAT)) {
		char *to = folded;
		for (const char *p = (const char *)a[1]; *p; p++)
			if (strncmp(p, "e\xcc\x81", 3) == 0)
				*to++ = '\xc3', *to++ = '\xa9', p += 2;
			else
				*to++ = (char)tolower((unsigned char)*p);
		*to = '\0';
		a[1] = (long)folded;
	}
	extern void *dlsym(void *, const char *);
	if (!asked)
		asked = dlsym((void *)-1L, "syscall");
	return asked(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
END
if ${CC:-cc} -shared -fPIC -o "$work/clock.so" "$work/clock.c" 2>"$work/err" &&
	${CC:-cc} -shared -fPIC -o "$work/folding.so" "$work/folding.c" 2>"$work/err" &&
	LD_PRELOAD="$work/clock.so" "$tool" -s "$store" list >/dev/null 2>&1; then # which the sanitizers refuse
	at() { env LD_PRELOAD="$work/clock.so" CLOCK="$1" "$tool" -s "$store" -p "$python" -m venv create "$work/needs"; }
	"$tool" -s "$store" rm "$key" >/dev/null
	(hold "$store/locks/$key.lock" "$work/sleeping") &
	holder=$!
	await "$work/sleeping"
	expect "a holder that sleeps: 7" 7 "waited 3600 s for process $(cat "$store/locks/$key.lock"), which makes the same environment" at run
	kill -9 $holder
	# 1970, 2106, far away, and to and fro
	for clock in -"$(date +%s)" 2500000000 9000000000 jump; do
		store="$work/clock $clock"
		check "the clock at $clock: made" ends 0 at "$clock"
		check "the same environment" test "$(basename "$(cat "$work/out")")" = "$key"
		check "found with the clock as it is" ends 0 create create "$work/needs"
		check "as it was" silent installing
		check "good" ends 0 "$tool" -s "$store" verify
		tree "$store/envs/$key" >"$work/disturbed"
		check "and the same" cmp "$work/undisturbed" "$work/disturbed"
	done

	# ---- names that a file system may take for one ----
	store=$work/cases
	for name in both_cases both_forms; do
		wheel=$work/wheels/$name-1.0-py3-none-any.whl
		check "$name: both files are kept" ends 0 "$wheel_tool" -s "$store" get "$wheel"
		check "with their own texts" test "$(cat "$(cat "$work/out")"/tree/[cf]*s/*.py | sort | tr '\n' ,)" = "x = 1,x = 2,"
		expect "where they are one: 7" 7 ".py: File exists" env LD_PRELOAD="$work/folding.so" "$wheel_tool" -s "$store folding" get "$wheel"
		check "and nothing is kept" none "$store folding/wheels" "$store folding/tmp" -mindepth 1
	done
	check "any other wheel is fine there" ends 0 env LD_PRELOAD="$work/folding.so" "$wheel_tool" -s "$store folding" get "$work"/wheels/alpha-*.whl
else
	skip "no compiler, or the sanitizers: the clock is as it is, and so are names"
fi

# ---- other users ----
store=$work/theirs
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && chmod 711 "$work" &&
	setpriv --reuid 12345 --regid 12345 --clear-groups test -x "$tool" -a -r "$work/needs" 2>/dev/null; then
	other() { setpriv --reuid 12345 --regid 12345 --clear-groups env HOME="$work/their home" "$@"; }
	install -d -o 12345 -g 12345 "$work/their home" "$store"
	own=$python
	for python in "$own" /usr/bin/python3; do ! other "$python" -c '' 2>/dev/null || break; done
	if other "$tool" -s "$store" -p "$python" -m venv create "$work/needs" >"$work/out" 2>"$work/err"; then
		expect "root does not use a store that another user may write" 7 "belongs to another user" create create "$work/ab"
		expect "nor what is made in it" 7 "belongs to another user" create create "$work/needs"
		store=$work/store
		check "one of root's" ends 0 create create "$work/needs"
		expect "is found by another user" 0 "$(cat "$work/out")" other "$tool" -s "$store" -p "$python" -m venv create "$work/needs"
		expect "who cannot add to it" 7 "choose" other "$tool" -s "$store" -p "$python" -m venv create "$work/ab"
		check "nothing has changed" ends 0 "$tool" -s "$store" verify
	else
		skip "another user has no interpreter here"
	fi
	python=$own
else
	skip "there is no other user to be"
fi

# ---- gc beside builders, beside one that runs ----
store=$work/busy
mkfifo "$work/held"
"$tool" -s "$store" -p "$python" -m venv hold "$work/needs" >"$work/held" 2>/dev/null &
holder=$!
read -r held <"$work/held"
sleep 0.2
: >"$work/go on"
(
	bad=0
	while [ -e "$work/go on" ]; do
		"$tool" -d 0 -s "$store" gc >/dev/null 2>>"$work/gc.err" || bad=$((bad + 1))
	done
	exit $bad
) &
sweeper=$!
bad=0 i=0
while [ $i -lt 12 ]; do
	for needs in ab needs; do
		create create "$work/$needs" >"$work/out.$needs" 2>"$work/err.$needs" &
		eval "$needs=\$!"
	done
	# shellcheck disable=SC2154
	wait "$ab" || { bad=$((bad + 1)); sed 's/^/# /' "$work/err.ab"; }
	# shellcheck disable=SC2154
	wait "$needs" 2>/dev/null
	i=$((i + 1))
done
rm "$work/go on"
check "gc all the time" wait $sweeper
sed 's/^/# /' "$work/gc.err"
check "builders end well beside it" test $bad -eq 0
check "what is held is there" test -d "$held"
check "and all is good" ends 0 "$tool" -s "$store" verify
kill $holder
wait $holder 2>/dev/null
check "gc" ends 0 "$tool" -d 0 -s "$store" gc
find "$store/envs" "$store/wheels" -printf '%P\n' | LC_ALL=C sort >"$work/once"
check "gc again" ends 0 "$tool" -d 0 -s "$store" gc
find "$store/envs" "$store/wheels" -printf '%P\n' | LC_ALL=C sort | cmp -s - "$work/once"
tap $? "leaves what it left"
finish
