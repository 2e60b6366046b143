#!/bin/sh
# kill.sh - a large environment killed at random calls that change the disk, then made again
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# Run by `make check-kill`: KILL_SECONDS bounds it. The wheels come from the index once, and then from a folder.
. "${SRCDIR:-.}/tests/cli/tap.sh"
program=$BUILDDIR/pyfunc-env
kill_at=$BUILDDIR/tests/cli/kill_at
seconds=${KILL_SECONDS:-300}
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
mkdir "$work/model"
echo 'flavors: {python_function: {loader_module: x}}' >"$work/model/MLmodel"
printf 'scikit-learn\npandas\nnumpy\ncloudpickle\n' >"$work/model/requirements.txt"
make() { "$@" "$program" create -q --env-manager=venv --python="$python" "$work/model" >"$work/out" 2>"$work/err"; }
# Byte code may be marshalled in more than one way: its presence is compared.
tree() {
	(cd "$1" && find . -type f ! -name manifest.json ! -name '*.pyc' -exec sha256sum {} + | LC_ALL=C sort -k 2
	find . -printf '%y %m %p %l\n' | LC_ALL=C sort)
}

check "its packages are resolved" "$program" lock "$work/model" --python="$python" -f requirements -o "$work/lock.txt"
"$python" -m pip download -q --no-deps --disable-pip-version-check -d "$work/wheels" -r "$work/lock.txt" ||
	skip_all "the wheels cannot be had"
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/wheels"
check "it is made" make
env=$(cat "$work/out")
tree "$env" >"$work/undisturbed"
again() { # what is killed: linking from the cache alone, or, with a pattern of wheels, unpacking and compiling too
	rm -rf "$PYFUNC_ENV_STORE/envs" # folders may be written, and files are those of the cache: no chmod
	[ "$1" = envs ] || find "$PYFUNC_ENV_STORE/wheels" -mindepth 1 -maxdepth 1 -name "$1" -exec rm -rf {} +
}
count() { # how many calls that is, in all and by the threads that unpack
	again "$1"
	make "$kill_at" 0
	rc=$?
	calls=$(sed -n 's/ calls,.*//p' "$work/out") others=$(sed -n 's/.*of which \([0-9]*\) by.*/\1/p' "$work/out")
}
some='[0-3]*' # of the wheels
count envs
[ $rc -ne 77 ] || skip_all "programs cannot be traced here"
check "an undisturbed one is made, in ${calls:-no} calls" test "$rc" -eq 0 -a "${calls:-0}" -gt 1000
linking=$calls
count "$some"
check "and with some wheels to unpack in ${calls:-no}, ${others:-0} by other threads" test "$rc" -eq 0 -a \
	"${calls:-0}" -gt "$linking" -a \( "${others:-0}" -gt 100 -o "$(nproc)" -eq 1 \)
unpacking=$calls

seed=${KILL_SEED:-$$}
echo "# KILL_SEED=$seed"
end=$(($(date +%s) + seconds)) tried=0 bad=0
while [ "$(date +%s)" -lt "$end" ]; do
	# every other time some of the wheels are to be unpacked anew
	case $((tried % 2)) in
	0) again envs; calls=$linking ;;
	1) again "$some"; calls=$unpacking ;;
	esac
	at=$("$python" -c 'import random, sys
print(random.Random("%s %s" % (sys.argv[1], sys.argv[2])).randint(1, int(sys.argv[3])))' "$seed" $tried "$calls")
	make "$kill_at" "$at"
	[ $? -eq 137 ] || { bad=$((bad + 1)); echo "# $at: was not killed"; }
	[ ! -e "$env" ] || "$program" env verify "$(basename "$env")" >"$work/verify" 2>&1 ||
		{ bad=$((bad + 1)); sed "s/^/# $at: /" "$work/verify"; }
	make || { bad=$((bad + 1)); sed "s/^/# $at: /" "$work/err"; }
	! grep -q damaged "$work/err" || { bad=$((bad + 1)); sed "s/^/# $at: /" "$work/err"; }
	tree "$env" >"$work/disturbed"
	cmp -s "$work/undisturbed" "$work/disturbed" || { bad=$((bad + 1)); echo "# $at: differs"; }
	tried=$((tried + 1))
done
check "$tried times killed, and made again: nothing half made, the same result" test "$bad" -eq 0 -a "$tried" -gt 0
check "every file is as the manifest says" "$program" env verify
finish
