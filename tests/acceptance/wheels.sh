#!/bin/sh
# wheels.sh - every wheel of the hostile corpus is judged rightly, and nothing is written elsewhere
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
corpus=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/hostile/make_hostile.py
[ -r "$corpus" ] || skip_all "PYFUNC_ENV_ACCEPTANCE has no hostile/make_hostile.py"
command -v python3 >/dev/null || skip_all "there is no python3"
tool=$BUILDDIR/tests/cli/wheel_tool
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$python" "$corpus" "$work/hostile" >/dev/null || skip_all "the corpus cannot be made"
grep -P '\twheel\t' "$work/hostile/index.tsv" >"$work/cases"
elsewhere() {
	find "$work" -path "$work/store" -prune -o ! -name out ! -name err ! -name before ! -name after ! -name check -print
	find /tmp/pyfenv-canary 2>/dev/null
}
elsewhere | LC_ALL=C sort >"$work/before"

while IFS='	' read -r id _ path wanted code _; do
	# shellcheck disable=SC3045 # dash and bash both have it
	(ulimit -v 262144 && exec timeout 5 "$tool" get "$work/hostile/$path") >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	case $wanted in
	accept) [ $rc -eq 0 ] ;;
	*) # refused by a kind of its own, in one printable line
		{ [ $rc -eq "$code" ] || [ $rc -eq 5 ]; } && [ ! -s "$work/out" ] &&
			[ "$(tr -d '\n\040-\176' <"$work/err" | wc -c)" -eq 0 ] &&
			[ "$(grep -cE '^pyfunc-env: (integrity|limit): ' "$work/err")" -eq 1 ] ;;
	esac
	tap $? "$id ($wanted: status $rc)"
done <"$work/cases"
[ "$tap_number" -gt 100 ] || tap 1 "there are cases"
check "nothing is left in tmp" test -z "$(find "$PYFUNC_ENV_STORE/tmp" -mindepth 1)"
elsewhere | LC_ALL=C sort >"$work/after"
check "nothing was written elsewhere" diff "$work/before" "$work/after"
check "and of what is in the cache, every byte is right" "$tool" check
check "none of it may be written, nor lend its rights" test -z \
	"$(find "$PYFUNC_ENV_STORE/wheels" -type f -perm /7222)"
pair="$work/hostile/wheel/pair-a-shared/aaa-1.0-py3-none-any.whl $work/hostile/wheel/pair-b-shared/bbb-1.0-py3-none-any.whl"
# shellcheck disable=SC2086
expect "two that claim one path are both named" 5 "aaa 1.0 and bbb 1.0 both have" \
	"$tool" -p "$python" env "$work/pair" $pair
finish
