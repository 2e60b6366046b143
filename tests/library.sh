#!/bin/sh
# library.sh - the installed library: its names, pkg-config, and the example program built with them
# SPDX-License-Identifier: Apache-2.0
set -eu
SRCDIR=$(cd "${SRCDIR:-.}" && pwd)
BUILDDIR=$(cd "${BUILDDIR:-build}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL DESTDIR || :

if grep -q '^SANITIZE_CFLAGS = .' "$BUILDDIR/Makefile"; then
	echo "skipped: a library with sanitizers does not fit a program without"
	exit 77
fi
inst=$work/inst
make -s -C "$BUILDDIR" install prefix="$inst" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
echo "ok - make install"

library=$(find "$inst" -name 'libpyfunc_env.so')
others=$(nm -D --defined-only "$library" | awk '$3 !~ /^pyfunc_env_/ { print $3 }')
[ -z "$others" ] || { echo "not ok - other names are exported: $others"; exit 1; }
declared=$(grep -o 'pyfunc_env_[a-z_]*(' "$SRCDIR/src/pyfunc_env.h" | tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$library" | awk '{ print $3 }' | sort -u)
[ "$declared" = "$exported" ] || {
	printf 'not ok - declared:\n%s\nexported:\n%s\n' "$declared" "$exported"
	exit 1
}
echo "ok - exactly the promised names"

PKG_CONFIG_PATH=$(dirname "$library")/pkgconfig
export PKG_CONFIG_PATH
flags=$(pkg-config --define-variable=prefix="$inst" --cflags --libs pyfunc-env)
cp "$SRCDIR/docs/example.c" "$work"
# shellcheck disable=SC2086 # a list of flags
${CC:-cc} -Wall -Wextra -Werror "$work/example.c" $flags -o "$work/example"
printf '#include <pyfunc_env.h>\nint main() { return pyfunc_env_version()[0] == 0; }\n' >"$work/x.cc"
if command -v c++ >/dev/null; then
	# shellcheck disable=SC2086
	c++ -Wall -Werror "$work/x.cc" $flags -o "$work/x"
fi
echo "ok - the example compiles against the installed copy"

LD_LIBRARY_PATH=$(dirname "$library")
PYFUNC_ENV_RUNNER_DIR=$(dirname "$library")/pyfunc-env
export LD_LIBRARY_PATH PYFUNC_ENV_RUNNER_DIR
model=$inst/share/pyfunc-env/examples/iris/model
export XDG_CONFIG_HOME="$work/config"
[ -n "${PYFUNC_ENV_NETWORK:-}" ] || export XDG_CACHE_HOME="$work/cache"
"$work/example" "$model" >"$work/out" 2>"$work/err"
grep -q '^asks for Python 3\.11\.2$' "$work/out"
grep -q '"kind":"diff"' "$work/out"
[ ! -s "$work/err" ] || { echo "not ok - the library writes to stderr"; cat "$work/err"; exit 1; }
echo "ok - it opens and compares"

status=0
"$work/example" "$work" 2>"$work/err" || status=$?
if [ "$status" -ne 3 ] || ! grep -q MLmodel "$work/err"; then
	echo "not ok - no model: $status"
	exit 1
fi
echo "ok - it fails with the code and a sentence"

if [ -n "${PYFUNC_ENV_NETWORK:-}" ]; then
	"$work/example" "$model" "$inst/share/pyfunc-env/examples/iris/in.json" >"$work/out"
	[ "$(tr -d ' ' <"$work/out")" = '{"predictions":[0,1,2]}' ] || { cat "$work/out"; exit 1; }
	echo "ok - it prepares and predicts"
else
	echo "skipped: preparing and predicting: make check-network does"
fi

make -s -C "$BUILDDIR" uninstall prefix="$inst" >"$work/log" 2>&1
left=$(find "$inst" -type f)
[ -z "$left" ] || { echo "not ok - uninstall leaves: $left"; exit 1; }
echo "ok - make uninstall"
