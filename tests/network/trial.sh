#!/bin/sh
# trial.sh - real models of 2019 to 2026, each with its own minor of Python: do they load?
# SPDX-License-Identifier: Apache-2.0
#
# For each model of TRIAL.tsv that is whole: `create --repair` natively as of its day, then `run` with a
# guessed input. Loading is what counts: an input that the model refuses comes after it. One line a
# model on standard output of the test, and the number of those that load.
# $PYFUNC_ENV_TRIAL_STORE keeps the store, $PYFUNC_ENV_TRIAL_ONLY names models ("002 020", or all of
# them, as make check-trial does); else some of each kind and of each minor are taken.
. "${SRCDIR:-.}/tests/cli/tap.sh"
program=$(realpath "$program")
helper=$(realpath "${SRCDIR:-.}/tests/network/trial.py")
data=${PYFUNC_ENV_ACCEPTANCE:-}
[ -f "$data/wild/TRIAL.tsv" ] || skip_all "PYFUNC_ENV_ACCEPTANCE names no folder with real models"
command -v python3 >/dev/null || skip_all "there is no python3"
export PYENV_ROOT="${pythons%/versions}"
export PYFUNC_ENV_STORE="${PYFUNC_ENV_TRIAL_STORE:-$work/store}"
to_the_index
cd "$work" || exit 99 # some models make a folder mlruns where they are
loads=0 models=0 without=0
only=${PYFUNC_ENV_TRIAL_ONLY:-016 017 032 082 130}

# The CPython of this minor: pyenv's newest, or the system's.
python_of() { # MINOR
	for exe in "$pythons/$1".*/bin/python "/usr/bin/python$1" "/usr/local/bin/python$1"; do
		[ ! -x "$exe" ] || echo "$exe"
	done | tail -n 1
}
is_whole() { # FOLDER
	data_file=$(tr -d "\r" <"$1/MLmodel" | sed -n 's/^ *\(data\|model_path\|pickled_model\): *\(.*\)$/\2/p' | head -n 1)
	[ -n "$data_file" ] && [ -e "$1/$data_file" ]
}
one() { # NUMBER PYTHON
	"$program" create -q --refresh --repair --no-bytecode --env-manager venv --python "$2" "$data/wild/$1" \
		>"$work/out" 2>"$work/err" </dev/null || return 1
	python3 "$helper" "$data/wild/$1" >"$work/in.json" || return 1
	"$program" run -q --no-bytecode --env-manager venv --python "$2" --timeout 300 -i "$work/in.json" \
		"$data/wild/$1" >"$work/out" 2>"$work/err" </dev/null && return 0
	# What comes after it was loaded.
	grep -qE 'the model (refuses the input|failed to predict)|answer cannot be used' "$work/err"
}

tail -n +2 "$data/wild/TRIAL.tsv" | cut -f 1,3 >"$work/rows"
while read -r number version; do
	is_whole "$data/wild/$number" || continue
	case " $only " in *" $number "* | " all ") ;; *) continue ;; esac
	minor=$(echo "$version" | cut -d. -f 1,2)
	exe=$(python_of "$minor")
	if [ -z "$exe" ]; then
		skip "$number: there is no CPython $minor here"
		without=$((without + 1))
		continue
	fi
	models=$((models + 1))
	if one "$number" "$exe"; then
		echo "# $number $minor LOADS"
		loads=$((loads + 1))
	else
		echo "# $number $minor $(grep '^pyfunc-env: ' "$work/err" | grep -v 'hint: ' | tail -n 1)"
	fi
done <"$work/rows"
echo "# $loads of $models load"
rm -f "$work/out" "$work/err"
check "all but one at most load" test "$loads" -ge $((models - 1))
check "there were some" test "$models" -gt 0
finish
