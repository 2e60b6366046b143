#!/bin/sh
# conda_index.sh - hostile repodata: refused, or its bad records are
# SPDX-License-Identifier: Apache-2.0
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with hostile/make_hostile.py). What is asked for is "demo".
. "${SRCDIR:-.}/tests/cli/tap.sh"
corpus=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/hostile/make_hostile.py
[ -r "$corpus" ] || skip_all "PYFUNC_ENV_ACCEPTANCE has no hostile/make_hostile.py"
command -v python3 >/dev/null || skip_all "there is no python3"
tool=${BUILDDIR:-.}/tests/bench/conda_solve
python3 "$corpus" "$work/hostile" >/dev/null 2>&1
grep -P '\tindex\tindex/[^\t]*/repodata\.json\t' "$work/hostile/index.tsv" >"$work/cases"

judge() { # FILE accept|reject
	rm -rf "$work/channel"
	mkdir -p "$work/channel/noarch"
	cp "$1" "$work/channel/noarch/repodata.json"
	status=0
	timeout 20 "$tool" "file://$work/channel" demo >"$work/out" 2>"$work/err" || status=$?
	if [ "$2" = accept ]; then
		[ $status -eq 0 ] && grep -q '^demo 1.0 0 noarch' "$work/out"
	else
		[ $status -eq 1 ] && grep -q '^error: ' "$work/out"
	fi
}
while IFS='	' read -r id _ file wanted _; do
	check "$id: $wanted" judge "$work/hostile/$file" "$wanted"
done <"$work/cases"
check "there are some" test "$(wc -l <"$work/cases")" -ge 10
finish
