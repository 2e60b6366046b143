#!/bin/sh
# lock.sh - every lock of the hostile corpus is judged rightly, before anything is fetched
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
corpus=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/hostile/make_hostile.py
[ -r "$corpus" ] || skip_all "PYFUNC_ENV_ACCEPTANCE has no hostile/make_hostile.py"
command -v python3 >/dev/null || skip_all "there is no python3"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$python" "$corpus" "$work/hostile" >/dev/null || skip_all "the corpus cannot be made"
grep -P '\tlock\t' "$work/hostile/index.tsv" >"$work/cases"
mkdir "$work/model"
printf 'flavors:\n  python_function:\n    loader_module: demo\n' >"$work/model/MLmodel"
echo 'demo==1.0' >"$work/model/requirements.txt"

while IFS='	' read -r id _ path wanted code _; do
	# shellcheck disable=SC3045 # dash and bash both have it
	(ulimit -v 1048576 && exec timeout 20 "$program" create "$work/model" --python "$python" --offline \
		--lock "$work/hostile/$path") >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	case $id in
	# What is good in these has no interpreter, without which no model runs: that is found last. What another
	# program's content_hash is of is not known: the needs themselves are compared.
	lock/ok-conda-lock* | lock/ok-explicit* | lock/cl-content-hash)
		[ $rc -eq 5 ] && said "it has no python" ;;
	lock/cl-* | lock/explicit*)
		[ $rc -eq "$code" ] && ! said "it has no python" ;;
	*)
		case $wanted in
		accept) [ $rc -eq 4 ] && said offline ;; # judged to be good, and then to be fetched
		*) [ $rc -eq "$code" ] && [ "$(grep -cE '^pyfunc-env: (integrity|limit): ' "$work/err")" -eq 1 ] ;;
		esac ;;
	esac && [ ! -s "$work/out" ] && [ "$(tr -d '\n\040-\176' <"$work/err" | wc -c)" -eq 0 ]
	tap $? "$id ($wanted: status $rc)"
done <"$work/cases"
[ "$tap_number" -gt 20 ] || tap 1 "there are cases"
check "no environment was made" none "$PYFUNC_ENV_STORE/envs" -mindepth 1
finish
