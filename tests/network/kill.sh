#!/bin/sh
# kill.sh - a large environment killed at random calls that change the disk, then made again
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# Run by `make check-kill`: KILL_SECONDS bounds it. The first time the wheels come from the index.
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

check "it is made" make
env=$(cat "$work/out")
tree "$env" >"$work/undisturbed"
again() { # what is killed: linking from the cache, or, with "wheels", unpacking and compiling too
	rm -rf "$PYFUNC_ENV_STORE/envs" # folders may be written, and files are those of the cache: no chmod
	[ "$1" = envs ] || find "$PYFUNC_ENV_STORE/wheels" -mindepth 1 -maxdepth 1 -name "$1" -exec rm -rf {} +
}
again envs
make "$kill_at" 0
rc=$?
[ $rc -ne 77 ] || skip_all "programs cannot be traced here"
calls=$(sed -n 's/ calls$//p' "$work/out")
check "an undisturbed one is made, in ${calls:-no} calls" test "$rc" -eq 0 -a "${calls:-0}" -gt 1000

seed=${KILL_SEED:-$$}
echo "# KILL_SEED=$seed"
end=$(($(date +%s) + seconds)) tried=0 bad=0
while [ "$(date +%s)" -lt "$end" ]; do
	at=$("$python" -c 'import random, sys
print(random.Random("%s %s" % (sys.argv[1], sys.argv[2])).randint(1, int(sys.argv[3])))' "$seed" $tried "$calls")
	# every fourth time some of the wheels are to be unpacked anew
	again envs
	[ $((tried % 4)) -ne 3 ] || again '[0-3]*'
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
