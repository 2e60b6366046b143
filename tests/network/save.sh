#!/bin/sh
# save.sh - what save and add write against MLflow's own, and MLflow and run on what save wrote
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of an environment that the program makes from the package index; SAVE_PYTHON=EXE is an
# interpreter that has one already.
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"
export PYFUNC_ENV_STORE="$work/store"
unset MLFLOW_TRACKING_URI MLFLOW_REGISTRY_URI
source=$(cd "${SRCDIR:-.}" && pwd -P)
mlflow=${SAVE_PYTHON:-}
if [ -z "$mlflow" ]; then
	mkdir "$work/mlflow"
	printf 'flavors:\n  python_function:\n    loader_module: x\n    env: {virtualenv: python_env.yaml}\n' >"$work/mlflow/MLmodel"
	printf 'python: %s\ndependencies: [-r requirements.txt]\n' "$("$python" -c 'import platform; print(platform.python_version())')" \
		>"$work/mlflow/python_env.yaml"
	printf 'mlflow==3.17.2\npip\nsetuptools<81\n' >"$work/mlflow/requirements.txt"
	ends 0 "$program" create "$work/mlflow" --python "$python" --as-of 2026-11-20 || skip_all "MLflow cannot be had for this Python"
	mlflow=$(cat "$work/out")/bin/python
fi
mkdir "$work/models"
"$mlflow" "$source/tests/network/save.py" "$program" "$work/models" >"$work/cases" 2>"$work/log"
tap $? "MLflow's side of it"
[ "$tap_bad" -eq 0 ] || tail -n 5 "$work/log" | sed 's/^/# /'
while read -r first second rest; do
	case $first in
	ok) tap 0 "${rest}" ;;
	not) tap 1 "${rest#- }" ;;
	*) echo "$first $second $rest" ;;
	esac
done <"$work/cases"
check "there were many" test "$tap_number" -gt 70

# In an environment of its own, where nothing is this program's.
echo '{"dataframe_split": {"columns": ["x"], "data": [[1.0], [2.5]]}}' >"$work/in.json"
"$program" run "$work/models/ours0" --python "$mlflow" --as-of 2026-11-20 -q -i "$work/in.json" >"$work/run"
check "run makes the environment of one and predicts" grep -qx '{"predictions": \[3.0,7.5\]}' "$work/run"
check "diff finds nothing" ends 0 "$program" diff "$work/models/ours0" --python "$mlflow"
check "deps are its requirements" test "$("$program" deps "$work/models/ours0")" = "$(cat "$work/models/ours0/requirements.txt")"
finish
