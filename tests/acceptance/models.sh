#!/bin/sh
# models.sh - real models with MLflow's own answers: same predictions, or a refusal where it refused
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with models/NAME/model and models/NAME/io/in.*, out.*) and a
# package index. An answer out.X.json must be equal value by value; for out.X.err the program must
# fail with 3 (the input was refused) or 8 (the model's code raised), and print no answer.
. "${SRCDIR:-.}/tests/cli/tap.sh"
data=${PYFUNC_ENV_ACCEPTANCE:-}
if [ -z "$data" ] || [ ! -d "$data/models" ]; then
	skip_all "PYFUNC_ENV_ACCEPTANCE names no folder with models"
fi
to_the_index
export PYENV_ROOT="${pythons%/versions}"

same_json() { # file, file
	python3 - "$1" "$2" 2>/dev/null <<'PY'
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
sys.exit(0 if json.dumps(a) == json.dumps(b) else 1)
PY
}

# As MLflow answered, or refused as it did.
answers() { # status, answer's file without its ending
	if [ -f "$2.json" ]; then
		[ "$1" -eq 0 ] && same_json "$work/out" "$2.json"
	else
		{ [ "$1" -eq 3 ] || [ "$1" -eq 8 ]; } && [ ! -s "$work/out" ]
	fi
}

run_one() { # model's name, input file
	base=$(dirname "$2")/out.$(basename "$2" | sed 's/^in\.//')
	[ -f "$base.json" ] || [ -f "$base.err" ] || return
	manager=auto
	[ "$1" != conda_deps ] || manager=venv # its channel is in tests/network/conda_rattler.sh
	"$program" run --env-manager $manager "$data/models/$1/model" -i "$2" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	answers $rc "$base"
	tap $? "$1 $(basename "$2"): status $rc"
}

for model in "$data"/models/*/model; do
	name=$(basename "$(dirname "$model")")
	for input in "$data/models/$name"/io/in.*; do
		[ -f "$input" ] && run_one "$name" "$input"
	done
done

# The layouts of the first releases ask for a Python and an sklearn that nobody has: they are run
# by a current environment, which is what --env-manager local is for.
current=$("$program" create -q "$data/models/sklearn_sig/model" 2>"$work/err")
for name in oldl oldflat; do
	[ -d "$data/models/$name" ] || continue
	"$program" run "$data/models/$name/model" --env-manager local --python "$current/bin/python" \
		-i "$data/models/sklearn_nosig/io/in.split.json" >"$work/out" 2>"$work/err" </dev/null &&
		same_json "$work/out" "$data/models/sklearn_nosig/io/out.split.json.json"
	tap $? "$name in the current environment"
done
finish
