#!/bin/sh
# wheels_kill.sh - killed at every call of any thread that changes the disk, then done again: the same, and whole
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # it cannot look into what is traced
export ASAN_OPTIONS
"$maker" "$here/make_wheels.py" --odd "$work/wheels"
printf 'r part_a\nr part_b\n' >"$work/needs"
store=$work/store
make() { "$@" "$tool" -s "$store" -p "$python" -m venv create "$work/needs" >"$work/out" 2>"$work/err"; }
# What is kept of the interpreter is not at stake, and what the killed ones left in tmp is left.
again() { rm -rf "$store/envs" "$store/wheels" "$store/index" "$store/locks"; }
# Byte code may be marshalled in more than one way: its presence is compared. A manifest tells its time.
tree() {
	(cd "$env" && find . -type f ! -name '*.pyc' ! -name manifest.json -exec sha256sum {} + | LC_ALL=C sort -k 2
	find . -printf '%y %m %p %l\n' | LC_ALL=C sort)
}

check "an environment is made" make
env=$(cat "$work/out")
again
make "$BUILDDIR/tests/cli/kill_at" 0
rc=$?
[ $rc -ne 77 ] || skip_all "programs cannot be traced here"
calls=$(sed -n 's/ calls,.*//p' "$work/out")
others=$(sed -n 's/.*of which \([0-9]*\) by.*/\1/p' "$work/out")
check "an undisturbed one is made, in ${calls:-no} calls" test $rc -eq 0 -a "${calls:-0}" -gt 200
[ "$(nproc)" -eq 1 ] || check "some of which by the threads that unpack" test "${others:-0}" -gt 20
tree >"$work/undisturbed"

half=0 failed=0 other=0 survived=0 at=1
while [ $at -le $((calls + 1)) ]; do
	again
	make "$BUILDDIR/tests/cli/kill_at" $at
	[ $? -eq 137 ] || survived=$((survived + 1))
	{ "$tool" -s "$store" verify && "$BUILDDIR/tests/cli/wheel_tool" check; } >"$work/check" 2>&1 ||
		{ half=$((half + 1)); sed "s/^/# $at: /" "$work/check"; }
	make || { failed=$((failed + 1)); sed "s/^/# $at: /" "$work/err"; }
	! grep -q damaged "$work/err" || { half=$((half + 1)); sed "s/^/# $at: /" "$work/err"; }
	tree >"$work/disturbed"
	cmp -s "$work/undisturbed" "$work/disturbed" || { other=$((other + 1)); echo "# $at: differs"; }
	at=$((at + 1))
done
check "nothing half made was ever to be seen" test $half -eq 0
check "the next one always ended well" test $failed -eq 0
check "with the same result" test $other -eq 0
check "only the one beyond the last call survived" test $survived -eq 1
find "$store/tmp" -mindepth 1 -maxdepth 1 -exec touch -d '2 days ago' {} +
check "gc removes what they left" "$tool" -s "$store" gc
check "all of it" none "$store/tmp" -mindepth 1
finish
