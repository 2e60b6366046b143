#!/bin/sh
# tars.sh - every tar of the hostile corpus is judged rightly, and nothing is written or changed elsewhere
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
corpus=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/hostile/make_hostile.py
[ -r "$corpus" ] || skip_all "PYFUNC_ENV_ACCEPTANCE has no hostile/make_hostile.py"
command -v python3 >/dev/null || skip_all "there is no python3"
tool=$BUILDDIR/tests/cli/wheel_tool
python3 "$corpus" "$work/hostile" >/dev/null || skip_all "the corpus cannot be made"
grep -P '\ttar\t' "$work/hostile/index.tsv" >"$work/cases"
elsewhere() {
	find "$work" -path "$work/into" -prune -o ! -name out ! -name err ! -name before ! -name after ! -name check -printf '%m %p\n'
	find /tmp/pyfenv-canary -printf '%m %p\n' 2>/dev/null
	stat -c '%a %n' /tmp /etc /etc/passwd
}
elsewhere | LC_ALL=C sort >"$work/before"

# What the corpus wants refused and libarchive reads, each in a way that stays inside: an unknown kind of
# member is a file (as POSIX has it), a name ends at its NUL, and a name for all members is nobody's.
read_as() { # id: the one file that comes of it
	case $1 in
	tar/contiguous-unknown) echo z ;;
	tar/pax-path-nul) echo a ;;
	tar/pax-global-path) echo ok.txt ;;
	esac
}
while IFS='	' read -r id _ path wanted code _; do
	mkdir "$work/into"
	# shellcheck disable=SC3045 # dash and bash both have it
	(ulimit -v 262144 && ulimit -t 120 && exec timeout 1200 "$tool" untar "$work/hostile/$path" "$work/into") >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	file=$(read_as "$id")
	case $wanted${file:+ file} in
	accept) [ $rc -eq 0 ] ;;
	*file) [ $rc -eq 0 ] && [ "$(find "$work/into" -mindepth 1 -printf '%P')" = "$file" ] ;;
	*) { [ $rc -eq "$code" ] || [ $rc -eq 5 ]; } && [ ! -s "$work/out" ] &&
		[ "$(tr -d '\n\040-\176' <"$work/err" | wc -c)" -eq 0 ] &&
		[ "$(grep -cE '^pyfunc-env: (integrity|limit): ' "$work/err")" -eq 1 ] ;;
	esac && none "$work/into" ! -type f ! -type d ! -type l && none "$work/into" ! -type l -perm /7022
	tap $? "$id ($wanted: status $rc)"
	chmod -R u+w "$work/into" && rm -rf "$work/into"
done <"$work/cases"
[ "$tap_number" -gt 45 ] || tap 1 "there are cases"
elsewhere | LC_ALL=C sort >"$work/after"
check "nothing was written or changed elsewhere" diff "$work/before" "$work/after"
finish
