#!/bin/sh
# battery.sh - hostile model files through the program: refused by their kind, soon, in little memory
# SPDX-License-Identifier: Apache-2.0
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with hostile/make_hostile.py). What a model's files may not
# ask is refused where an environment would be built, before any driver: there is none on PATH here.
. "${SRCDIR:-.}/tests/cli/tap.sh"
data=${PYFUNC_ENV_ACCEPTANCE:-}
[ -f "$data/hostile/make_hostile.py" ] || skip_all "PYFUNC_ENV_ACCEPTANCE names no folder with hostile inputs"
python=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || skip_all "there is no python3"
python3 "$data/hostile/make_hostile.py" "$work/hostile" >/dev/null 2>&1
mkdir "$work/nothing" "$work/tmp"
export TMPDIR="$work/tmp"
model=$work/model

make_model() { # group, folder of the case
	rm -rf "$model"
	mkdir "$model"
	printf 'dependencies:\n- python=3.11.7\n- pip:\n  - alpha==1.0\n' >"$model/conda.yaml"
	printf 'python: 3.11.7\ndependencies:\n- alpha==1.0\n' >"$model/python_env.yaml"
	echo x >"$model/model.pkl"
	{
		printf 'flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n'
		printf '    model_path: model.pkl\n    python_version: 3.11.7\n    env:\n'
		[ "$1" = python_env ] || printf '      conda: conda.yaml\n'
		[ "$1" = conda_yaml ] || printf '      virtualenv: python_env.yaml\n'
	} >"$model/MLmodel"
	[ "$1" != conda_yaml ] || rm "$model/python_env.yaml" # it would count
	cp "$2"/* "$model/"
}

# 5 s, 256 MiB, no driver, no network.
within() { # command, options
	command=$1
	shift
	# shellcheck disable=SC3045 # dash and bash both have it
	(ulimit -v 262144 && exec timeout 5 env PATH="$work/nothing" "$program" "$command" "$model" "$@") \
		>"$work/out" 2>"$work/err" </dev/null
}

# Nothing but printable text, and on failure one line that names its kind and no result.
well_told() { # status
	[ "$(tr -d '\n\040-\176' <"$work/err" | wc -c)" -eq 0 ] || return 1
	[ "$1" -gt 1 ] || return 0
	[ ! -s "$work/out" ] && [ "$(grep -v ': note: ' "$work/err" | grep -cE '^pyfunc-env: [a-z-]+: .')" -eq 1 ] &&
		[ -z "$(find "$PYFUNC_ENV_STORE/envs" "$HOME" "$TMPDIR" -mindepth 1 2>/dev/null)" ]
}

# What only asks for too much is printed by those that build nothing.
reads() { # id, accept|reject, code, command, options
	id=$1 wanted=$2 code=$3
	shift 3
	within "$@"
	rc=$?
	{ [ $rc -eq 0 ] || { [ "$wanted" = reject ] && [ $rc -eq "$code" ]; }; } && well_told $rc
	tap $? "$id: $1 ($wanted $code: status $rc)"
}

one() { # id, group, path, accept|reject, code
	id=$1 wanted=$4 code=$5
	case $id in # MLmodel tells the version that is missing here
	conda_yaml/no-python | python_env/python-missing) wanted=accept ;;
	esac
	make_model "$2" "$work/hostile/$(dirname "$3")"
	reads "$id" "$wanted" "$code" deps -f json
	reads "$id" "$wanted" "$code" diff --python "$python" --fail-on never
	[ "$wanted" = reject ] || return
	case $id in # an interpreter that is named is taken, with a warning
	*/python-future) within create --offline ;;
	*) within create --offline --python "$python" ;;
	esac
	rc=$?
	[ $rc -eq "$code" ] && well_told $rc
	tap $? "$id: create ($code: status $rc)"
}

# Named as dangerous, or told to be unread: never passed over in silence.
pickle() { # id, accept|reject, path
	make_model pickle "$work/hostile/$(dirname "$3")"
	within scan
	rc=$?
	case $2 in
	accept) [ $rc -eq 0 ] && ! grep -q '^NOT READ\|(runs code)' "$work/out" ;;
	*) grep -q '^NOT READ' "$work/out" || { [ $rc -eq 1 ] && grep -q '(runs code)' "$work/out"; } ;;
	esac
	tap $? "$1: scan ($2: status $rc)"
}

grep -P '\t(mlmodel|conda_yaml|python_env|requirements|pickle)\t' "$work/hostile/index.tsv" >"$work/cases"
while IFS='	' read -r id group path wanted code _; do
	case $group in
	pickle) pickle "$id" "$wanted" "$path" ;;
	*) one "$id" "$group" "$path" "$wanted" "$code" ;;
	esac
done <"$work/cases"
[ "$tap_number" -gt 0 ] || tap 1 "there are cases"

# Shell text is text: nothing but the interpreter that was named is ever started.
if command -v strace >/dev/null; then
	for id in conda_yaml/dep-shell python_env/shell python_env/backtick requirements/shell requirements/dollar-paren; do
		make_model "${id%%/*}" "$work/hostile/$id"
		strace -f -qq -e trace=execve -o "$work/trace" "$program" create "$model" --offline --python "$python" \
			>"$work/out" 2>"$work/err" </dev/null
		[ "$(grep -vF "$program" "$work/trace" | grep -vF "$python" | grep -c 'execve(')" -eq 0 ]
		tap $? "$id: nothing is run"
	done
fi
finish
