#!/bin/sh
# conda_kill.sh - conda packages: killed at changes of the disk, or changes fail; then done again, and whole
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
umask 022
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # it cannot look into what is traced
export ASAN_OPTIONS
tool=$BUILDDIR/tests/cli/conda_tool store=$PYFUNC_ENV_STORE
maker=$(command -v python3) || skip_all "there is no python3"
python=$("$maker" -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$maker" "${SRCDIR:-.}/tests/cli/make_conda.py" "$work/channel" "$python" || skip_all "no packages can be made"
set -- "$work"/channel/linux-64/python-*.conda "$work/channel/linux-64/libdemo-1.2-h1_1.tar.bz2" \
	"$work/channel/linux-64/act-0.1-0.conda" "$work/channel/noarch/pure-1.0-py_0.conda"
packages=$*
# shellcheck disable=SC2086 # a list of files
make() { "$@" "$tool" env $packages >"$work/out" 2>"$work/err"; }
# Every seventh change, unless the caller has the time for more: what is done for each file takes another number.
step=${CONDA_KILL_STEP:-7}
# That an interpreter starts is kept, and what the killed ones left in tmp is left.
again() { rm -rf "$store/envs" "$store/conda" "$store/locks"; }
# Byte code may be marshalled in more than one way; history and manifest tell their time.
tree() {
	(cd "$env" && find . -type f ! -name '*.pyc' ! -name manifest.json ! -name history ! -name 'pure-*.json' -exec sha256sum {} + | LC_ALL=C sort -k 2
	find . -printf '%y %m %p %l\n' | LC_ALL=C sort)
}
whole() { "$program" env verify && "$tool" check; }

check "an environment is made" make
env=$(cat "$work/out")
again
make "$BUILDDIR/tests/cli/kill_at" 0
rc=$?
[ $rc -ne 77 ] || skip_all "programs cannot be traced here"
calls=$(sed -n 's/ calls,.*//p' "$work/out")
check "an undisturbed one is made, in ${calls:-no} calls" test $rc -eq 0 -a "${calls:-0}" -gt 100
tree >"$work/undisturbed"

half=0 failed=0 other=0 at=1 past=0
while [ $past -eq 0 ]; do
	again
	make "$BUILDDIR/tests/cli/kill_at" $at
	[ $? -eq 137 ] || past=$at
	whole >"$work/check" 2>&1 || { half=$((half + 1)); sed "s/^/# $at: /" "$work/check"; }
	make || { failed=$((failed + 1)); sed "s/^/# $at: /" "$work/err"; }
	! grep -q damaged "$work/err" || { half=$((half + 1)); sed "s/^/# $at: /" "$work/err"; }
	tree >"$work/disturbed"
	cmp -s "$work/undisturbed" "$work/disturbed" || { other=$((other + 1)); echo "# $at: differs"; }
	at=$((at + step))
done
check "nothing half made was ever to be seen, up to call $past" test $half -eq 0
check "all of it was disturbed" test $past -gt $((calls * 9 / 10))
check "the next one always ended well" test $failed -eq 0
check "with the same result" test $other -eq 0
find "$store/tmp" -mindepth 1 -maxdepth 1 -exec touch -d '2 days ago' {} +
check "gc removes what they left" "$program" env gc
check "all of it" none "$store/tmp" -mindepth 1

# ---- a disk that is full, and worse ----
fail_at=$BUILDDIR/tests/cli/fail_at
"$fail_at" 0 28 true >/dev/null
[ $? -ne 77 ] || { skip "the kernel lets nobody look at a program's calls"; finish; }
# ENOSPC, EIO, EDQUOT, EROFS, EMFILE; from then on, or once
set -- 28+ 5 122+ 30+ 24 28
at=1 odd=0 torn=0 failed=0 other=0
while [ $at -le "$calls" ]; do
	again
	how=$1
	shift
	set -- "$@" "$how"
	n=$at
	case $how in *+) n=$at+ how=${how%+} ;; esac
	make "$fail_at" $n "$how"
	case $? in
	0) [ "$(cat "$work/out")" = "$env" ] ;; # that was not needed
	7) [ ! -s "$work/out" ] && [ "$(grep -c '^pyfunc-env: io: .*: [A-Z]' "$work/err")" -eq 1 ] ;;
	*) false ;;
	esac || { odd=$((odd + 1)); echo "# $n $how:"; sed 's/^/#   /' "$work/err"; }
	whole >"$work/check" 2>&1 || { torn=$((torn + 1)); sed "s/^/# $n $how: /" "$work/check"; }
	make || { failed=$((failed + 1)); sed "s/^/# $n $how: /" "$work/err"; }
	tree >"$work/disturbed"
	cmp -s "$work/undisturbed" "$work/disturbed" || { other=$((other + 1)); echo "# $n $how: differs"; }
	at=$((at + step))
done
check "changes failed: it ended well all the same, or with 7 and the reason" test $odd -eq 0
check "nothing half made was ever to be seen" test $torn -eq 0
check "the next one always ended well" test $failed -eq 0
check "with the same result" test $other -eq 0
finish
