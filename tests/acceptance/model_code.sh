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
python3 "$data/hostile/make_hostile.py" "$work/hostile" >/dev/null 2>&1
# The answers need numpy: $PYFUNC_ENV_TEST_PYTHON, or one at hand that has it.
for python in "${PYFUNC_ENV_TEST_PYTHON:-}" "$(command -v python3)" /usr/bin/python3; do
	[ -n "$python" ] && python=$("$python" -c 'import numpy, sys; print(sys.executable)' 2>/dev/null) && break
done
[ -n "$python" ] || skip_all "no python3 here has numpy (name one in PYFUNC_ENV_TEST_PYTHON)"
mark="PF_MARK=$$-$(date +%s)"

left_behind() {
	# A process that is being torn down may still be listed for a moment.
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		grep -lsz "^$mark\$" /proc/[0-9]*/environ >"$work/left" 2>/dev/null || return 1
		sleep 0.2
	done
	return 0
}

# The code that was foretold, or one as good: kill-parent asks us to stop, as a user of the same
# name may, which is done; a model that runs out of descriptors raises an exception.
is_due() { # id, status, the one foretold
	case "$1 $2" in
	*/kill-parent\ 143 | */fd-leak\ [89]) return 0 ;;
	*) [ "$2" -eq "$3" ] ;;
	esac
}

one() { # id, accept|reject, loader's path, code
	case_id=$1 wanted=$2 loader=$3 code=$4
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
	*) is_due "$case_id" $rc "$code" && [ ! -s "$work/out" ] && [ "$(grep -c '^Traceback' "$work/err")" -le 1 ] &&
		[ "$(grep -v ': note: ' "$work/err" | grep -c '^pyfunc-env: ')" -eq 1 ] ;;
	esac
	tap $? "$case_id ($wanted $code: status $rc)"
	if left_behind; then
		case $case_id in
		*/ok-child-holds-pipe | */ok-thread) ;; # its own child, which it did not ask us to end
		*) tap 1 "$case_id leaves no process behind" ;;
		esac
		tr -cd '0-9\n/' <"$work/left" | cut -d/ -f3 | xargs -r kill -9 2>/dev/null
	fi
}

grep -P '\tmodel_code\t' "$work/hostile/index.tsv" >"$work/cases"
while IFS='	' read -r id _ path wanted code _; do
	one "$id" "$wanted" "$path" "$code"
done <"$work/cases"
[ "$tap_number" -gt 0 ] || tap 1 "there are cases"
finish
