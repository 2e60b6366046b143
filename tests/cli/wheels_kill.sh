#!/bin/sh
# wheels_kill.sh - killed at every call that changes the disk, then done again: the same, and whole
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
tool=$BUILDDIR/tests/cli/wheel_tool
umask 022
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # it cannot look into what is traced
export ASAN_OPTIONS
command -v python3 >/dev/null || skip_all "there is no python3"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$python" "$SRCDIR/tests/cli/make_wheels.py" --odd "$work/w"
make() { "$@" "$tool" -b -p "$python" env "$work/env" "$work"/w/part_*.whl >"$work/out" 2>"$work/err"; }
# Byte code may be marshalled in more than one way: its presence is compared.
tree() {
	(cd "$work/env" && find . -type f ! -name '*.pyc' -exec sha256sum {} + | LC_ALL=C sort -k 2
	find . -printf '%y %m %p %l\n' | LC_ALL=C sort)
}

make # what is kept of the interpreter is not at stake
rm -rf "$work/env" "$PYFUNC_ENV_STORE/wheels"
make "$BUILDDIR/tests/cli/kill_at" 0
rc=$?
[ $rc -ne 77 ] || skip_all "programs cannot be traced here"
calls=$(sed -n 's/ calls$//p' "$work/out")
check "an undisturbed one is made, in ${calls:-no} calls" test $rc -eq 0 -a "${calls:-0}" -gt 50
tree >"$work/undisturbed"

# Each time from an empty cache, but for what the killed ones left in tmp.
half=0 failed=0 other=0 survived=0 at=1
while [ $at -le $((calls + 1)) ]; do
	rm -rf "$work/env" "$work/env.part" "$PYFUNC_ENV_STORE/wheels"
	make "$BUILDDIR/tests/cli/kill_at" $at
	case $? in
	137) [ ! -e "$work/env" ] || { half=$((half + 1)); echo "# $at: the environment is there"; } ;;
	*) survived=$((survived + 1)) ;;
	esac
	"$tool" check 2>"$work/check" || { half=$((half + 1)); sed "s/^/# $at: /" "$work/check"; }
	rm -rf "$work/env"
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
find "$PYFUNC_ENV_STORE/tmp" -mindepth 1 -maxdepth 1 -exec touch -d '2 days ago' {} +
check "gc removes what they left" "$BUILDDIR/tests/cli/envtool" gc
check "all of it" test -z "$(find "$PYFUNC_ENV_STORE/tmp" -mindepth 1)"
finish
