#!/bin/sh
# models.sh - real models with MLflow's own answers: same predictions, or a refusal where it refused
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # functions that are called by check
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with models/NAME/model and models/NAME/io/in.*, out.*) and a
# package index. An answer out.X.json must be equal value by value; for out.X.err the program must
# fail with 3 (the input was refused) or 8 (the model's code raised), and print no answer.
. "${SRCDIR:-.}/tests/cli/tap.sh"
data=${PYFUNC_ENV_ACCEPTANCE:-}
[ -n "$data" ] && [ -d "$data/models" ] || skip_all "PYFUNC_ENV_ACCEPTANCE names no folder with models"
export PYENV_ROOT="${pythons%/versions}"
[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"

run() { # MODEL INPUT OPTIONS...: into $work/out and $work/err
	name=$1 input=$2 status=0
	shift 2
	"$program" run "$data/models/$name/model" -i "$input" "$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
}
answers() { # FILE
	[ $status -eq 0 ] || { echo "status $status"; return 1; }
	python3 - "$work/out" "$1" <<'PY'
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
sys.exit(json.dumps(a) != json.dumps(b))
PY
}
refuses() { echo "status $status"; { [ $status -eq 3 ] || [ $status -eq 8 ]; } && [ ! -s "$work/out" ]; }

for input in "$data"/models/*/io/in.*; do
	io=${input%/*} name=${input%/io/in.*} base=${input##*/in.}
	name=${name##*/}
	if [ -f "$io/out.$base.json" ]; then
		run "$name" "$input"
		check "$name in.$base" answers "$io/out.$base.json"
	elif [ -f "$io/out.$base.err" ]; then
		run "$name" "$input"
		check "$name in.$base is refused" refuses
	fi
done

# The layouts of the first releases ask for a Python and an sklearn that nobody has: they are run
# by a current environment, which is what --env-manager local is for.
current=$("$program" create -q "$data/models/sklearn_sig/model" 2>"$work/err")
for name in oldl oldflat; do
	[ -d "$data/models/$name" ] || continue
	io=$data/models/sklearn_nosig/io
	run "$name" "$io/in.split.json" --env-manager local --python "$current/bin/python"
	check "$name in the current environment" answers "$io/out.split.json.json"
done
check "there are models" test "$tap_number" -gt 0
finish
