#!/bin/sh
# model_code.sh - model code that misbehaves: the answer is exact or the failure is told
# SPDX-License-Identifier: Apache-2.0
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with hostile/make_hostile.py). Each case is a loader module;
# index.tsv says whether an answer is due (status 0) or a failure (8 model code, 9 limit). No case
# may leave a process behind, and an answer is the only thing on standard output.
. "${SRCDIR:-.}/tests/cli/tap.sh"
data=${PYFUNC_ENV_ACCEPTANCE:-}
[ -f "$data/hostile/make_hostile.py" ] || skip_all "PYFUNC_ENV_ACCEPTANCE names no folder with hostile inputs"
python=$(command -v python3) || skip_all "there is no python3"
python3 "$data/hostile/make_hostile.py" "$work/hostile" >/dev/null 2>&1
python=$("$python" -c 'import sys; print(sys.executable)')
mark="PF_MARK=$$-$(date +%s)"

left_behind() {
	# A process that is being torn down may still be listed for a moment.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -lsz "^$mark\$" /proc/[0-9]*/environ >"$work/left" 2>/dev/null || return 1
		sleep 0.2
	done
	return 0
}

one() { # id, accept|reject, loader's path
	case_id=$1 wanted=$2 loader=$3
	rm -rf "$work/model"
	mkdir -p "$work/model/code"
	cp "$work/hostile/$loader" "$work/model/code/evil_loader.py"
	printf 'flavors:\n  python_function:\n    loader_module: evil_loader\n    code: code\n' >"$work/model/MLmodel"
	echo '{"inputs": [1, 2, 3]}' | timeout 60 "$program" run "$work/model" --env-manager local \
		--python "$python" --timeout 8 --max-memory 1G --env "$mark" >"$work/out" 2>"$work/err"
	rc=$?
	case $case_id in
	*/ok-nan-out) answer=$(grep -c null "$work/out") ;;
	*) answer=$(grep -cxF '{"predictions": [0,1,2]}' "$work/out") ;;
	esac
	lines=$(wc -l <"$work/out")
	case $wanted in
	accept) [ $rc -eq 0 ] && [ "$answer" -eq 1 ] && [ "$lines" -eq 1 ] ;;
	*) { [ $rc -eq 8 ] || [ $rc -eq 9 ]; } && [ ! -s "$work/out" ] ;;
	esac
	tap $? "$case_id ($wanted: status $rc)"
	if left_behind; then
		case $case_id in
		*/ok-child-holds-pipe | */ok-thread) ;; # its own child, which it did not ask us to end
		*) tap 1 "$case_id leaves no process behind" ;;
		esac
		tr -cd '0-9\n/' <"$work/left" | cut -d/ -f3 | xargs -r kill -9 2>/dev/null
	fi
}

grep -P '\tmodel_code\t' "$work/hostile/index.tsv" >"$work/cases"
while IFS='	' read -r id _ path wanted _ _; do
	one "$id" "$wanted" "$path"
done <"$work/cases"
[ "$tap_number" -gt 0 ] || tap 1 "there are cases"
finish
