#!/bin/sh
# models.sh - real models with MLflow's own answers: same predictions, or a refusal where it refused
# SPDX-License-Identifier: Apache-2.0
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with models/NAME/model and models/NAME/io/in.*, out.*) and a
# package index. An answer out.X.json must be equal value by value; for out.X.err the program must
# fail with 3 (the input was refused) or 8 (the model's code raised), and print no answer.
set -u
program=${BUILDDIR:-build}/pyfunc-env
data=${PYFUNC_ENV_ACCEPTANCE:-}
if [ -z "$data" ] || [ ! -d "$data/models" ]; then
	echo "1..0 # SKIPPED: PYFUNC_ENV_ACCEPTANCE names no folder with models"
	exit 77
fi
work=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT INT TERM
export PYFUNC_ENV_STORE="$work/store"
number=0
bad=0

report() { # ok|not-ok, what
	number=$((number + 1))
	case $1 in
	ok) echo "ok $number - $2" ;;
	*) echo "not ok $number - $2"; bad=$((bad + 1)); sed 's/^/# /' "$work/err" ;;
	esac
}

same_json() { # file, file
	python3 - "$1" "$2" <<'PY'
import json, sys
a, b = (json.load(open(p)) for p in sys.argv[1:])
sys.exit(0 if json.dumps(a) == json.dumps(b) else 1)
PY
}

check() { # model's name, input file, further options
	name=$1 input=$2
	shift 2
	base=$(dirname "$input")/out.$(basename "$input" | sed 's/^in\.//')
	"$program" run "$data/models/$name/model" -i "$input" "$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	if [ -f "$base.json" ]; then
		if [ $rc -eq 0 ] && same_json "$work/out" "$base.json"; then
			report ok "$name $(basename "$input")"
		else
			report bad "$name $(basename "$input"): status $rc, $(head -c 200 "$work/out")"
		fi
	elif [ -f "$base.err" ]; then
		if { [ $rc -eq 3 ] || [ $rc -eq 8 ]; } && [ ! -s "$work/out" ]; then
			report ok "$name $(basename "$input") is refused"
		else
			report bad "$name $(basename "$input"): status $rc where a refusal was due"
		fi
	fi
}

for model in "$data"/models/*/model; do
	name=$(basename "$(dirname "$model")")
	for input in "$data/models/$name"/io/in.*; do
		[ -f "$input" ] && check "$name" "$input"
	done
done

# The layouts of the first releases ask for a Python and an sklearn that nobody has: they are run
# by a current environment, which is what --env-manager local is for.
current=$("$program" create -q "$data/models/sklearn_sig/model" 2>"$work/err")
for name in oldl oldflat; do
	[ -d "$data/models/$name" ] || continue
	if "$program" run "$data/models/$name/model" --env-manager local --python "$current/bin/python" \
		-i "$data/models/sklearn_nosig/io/in.split.json" >"$work/out" 2>"$work/err" </dev/null &&
		same_json "$work/out" "$data/models/sklearn_nosig/io/out.split.json.json"; then
		report ok "$name in the current environment"
	else
		report bad "$name in the current environment: $(head -c 200 "$work/out")"
	fi
done
echo "1..$number"
[ $bad -eq 0 ]
