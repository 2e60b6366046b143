# common.sh - what the scenarios of the store share: wheels made on the spot, no network, TAP
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
set -eu
here=${SRCDIR:-.}/tests/cli
tool=${BUILDDIR:-build}/tests/cli/envtool
umask 022
W=$(mktemp -d)
W=$(cd "$W" && pwd -P)
trap 'status=$?; chmod -R u+w "$W" 2>/dev/null; rm -rf "$W"; exit $status' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing of the caller's settings of indexes and environments, no network.
for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\|UV_[A-Z_]*\|PYTHON[A-Z]*\|VIRTUAL_ENV\|CONDA_[A-Z_]*\|PYFUNC_ENV_[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done
PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS=$W/wheels
UV_CACHE_DIR=$W/uv-cache PIP_NO_CACHE_DIR=1
export PIP_CONFIG_FILE PIP_NO_INDEX PIP_FIND_LINKS UV_CACHE_DIR PIP_NO_CACHE_DIR

. "$here/plain.sh"

skip_all() {
	echo "1..0 # SKIPPED: $*"
	echo "SKIPPED: ${0##*/}: $*" >&2
	exit 77
}
skip() {
	echo "SKIPPED: ${0##*/}: $*" >&2
	echo "# SKIPPED: $*"
}

tests=0 failed=0
ok() { # ok TEXT COMMAND...: the command succeeds
	text=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$W/ok.out" 2>&1; then
		echo "ok $tests - $text"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $text"
		sed 's/^/# /' "$W/ok.out"
		if [ -s "$W/err" ]; then sed 's/^/# err: /' "$W/err"; fi
	fi
}
fails() { # fails STATUS COMMAND...: its output goes to $W/out and $W/err
	wanted=$1
	shift
	got=0
	"$@" >"$W/out" 2>"$W/err" || got=$?
	[ "$got" -eq "$wanted" ] || { echo "status $got, not $wanted"; return 1; }
}
said() { grep -qF -- "$1" "$W/err"; }
silent() { ! grep -qF -- "$1" "$W/err"; }
printed() { grep -qF -- "$1" "$W/out"; }
none() { [ -z "$(find "$@" 2>/dev/null)" ]; }
finish() {
	echo "1..$tests"
	exit $((failed > 0))
}

# An interpreter that has what a driver needs: its own pip wheel.
python=
for each in python3 /usr/bin/python3; do
	found=$($each -c 'import sys, os, glob
import ensurepip
where = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
where += glob.glob("/usr/share/python-wheels/pip-*.whl") if sys.base_prefix == "/usr" else []
assert where and sys.version_info >= (3, 8)
print(os.path.realpath(sys.executable))' 2>/dev/null) || continue
	python=$found
	break
done
maker=$(command -v python3) || skip_all "there is no python3"

managers=
if command -v uv >/dev/null; then managers=uv; else skip "uv is not installed: its half is not tested"; fi
if [ -n "$python" ]; then managers="$managers virtualenv"; else skip "no python3 with ensurepip: pip's half is not tested"; fi
[ -n "$python" ] || python=$maker
[ -n "$managers" ] || skip_all "neither uv nor a python3 with ensurepip is installed"
first=${managers%% *}
first=${first:-virtualenv}

create() { "$tool" -s "$store" -p "$python" -m "$manager" "$@"; }
