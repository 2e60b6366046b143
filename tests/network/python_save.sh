#!/bin/sh
# python_save.sh - models saved and logged from Python, with MLflow of three majors: it loads them without this package
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2086,SC2154
# shellcheck source-path=SCRIPTDIR source=mlflow_server.sh
. "${SRCDIR:-.}/tests/network/mlflow_server.sh"
PYFUNC_ENV_PROGRAM=$program
export PYFUNC_ENV_PROGRAM PYTHONDONTWRITEBYTECODE=1 PYTHONWARNINGS=ignore
cases=$source/tests/network/python_save.py

# What a script of cases says, as our own.
told() { # NAME COMMAND...
	tap_name=$1 tap_rc=0
	shift
	"$@" >"$work/cases" 2>"$work/log" || tap_rc=$?
	tap $tap_rc "$tap_name"
	[ $tap_rc -eq 0 ] || tail -n 5 "$work/log" | sed 's/^/# /'
	replay "$work/cases"
}

# PYTHON and an environment of it, where there is that Python.
version() { # NAME MINOR DAY REQUIREMENT...
	found=$(find "$pythons" -maxdepth 1 -name "$2.*" 2>/dev/null | LC_ALL=C sort | tail -n 1)
	[ -n "$found" ] || return
	python=$found/bin/python PYFUNC_ENV_PYTHON=$found/bin/python
	name=$1 day=$3
	shift 3
	mlflow_env "$name" "$day" "$@"
}
saved() { # NAME: with this package, then without it
	mkdir "$work/models-$1"
	told "MLflow $1: saved" env PYTHONPATH="$source/share/python" "$env/bin/python" "$cases" save "$work/models-$1"
	told "MLflow $1: loaded" "$env/bin/python" -I "$cases" load "$work/models-$1"
}

if version one 3.9 2023-01-15 mlflow==1.30.0 'setuptools<60' pip cloudpickle; then saved one; else skip "no Python 3.9 for MLflow 1.30"; fi
if version two 3.10 2025-08-15 mlflow==2.22.2 'setuptools<81' pip cloudpickle; then saved two; else skip "no Python 3.10 for MLflow 2.22"; fi
version three 3.11 2026-11-20 mlflow==3.17.2 'setuptools<81' pip cloudpickle || skip_all "no Python 3.11"
saved three
told "signatures without MLflow are its own" env PYTHONPATH="$source/share/python" "$env/bin/python" "$source/tests/network/python_infer.py"

# ---- in environments of their own, locked and proved ----
cd "$work/models-three" || exit 99
echo '{"dataframe_split": {"columns": ["x"], "data": [[1.0], [2.5]]}}' >in.json
check "run makes an environment of one, and predicts" ends 0 "$program" run "a class and artifacts" -i in.json --as-of 2026-11-20
check "the same" printed '{"predictions": [2.5,6.25]}'
cat >locked.py <<'END'
import pandas, pyfunc_env

class Doubles(pyfunc_env.PythonModel):
    def predict(self, context, model_input):
        return [x / 3 for x in model_input["x"]]

pyfunc_env.save_model("locked", python_model=Doubles(), input_example=pandas.DataFrame({"x": [1.0, 2.0]}), lock=True, record=True)
END
check "a model with its lock and its answer" env PYTHONPATH="$source/share/python" "$env/bin/python" locked.py
check "the lock has what is installed" grep -qx 'name = "mlflow"' locked/pylock.toml
check "with digests" sh -c '[ "$(grep -c "sha256 = " locked/pylock.toml)" -ge "$(grep -c "^name = " locked/pylock.toml)" ]'
expect "verify makes the environment of it" 0 "locked: verified: all 2 values of the answer are the recorded ones (largest difference 0.0, tolerance 0.0)" "$program" verify locked
check "by the lock" said "the packages are those of the model's own pylock.toml"
check "every package is the recorded one" grep -q ' packages as recorded, 0 not' "$work/out"
check "another Python cannot have them" sh -c '! "$@"' - "$program" verify locked --python /nonexistent
sed 's/\[0\.3333[0-9]*,/[0.25,/' locked/recorded_answer.json >changed && cp changed locked/recorded_answer.json
expect "another answer was recorded" 1 "not verified: 1 of 2 values" "$program" verify locked --report page.html
check "and a page says so" grep -q '<h1>Not verified</h1>' page.html

# ---- a tracking server ----
serve plain $artifacts
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
mkdir "$work/logged"
told "logged" env PYTHONPATH="$source/share/python" "$env/bin/python" "$cases" log "$work/logged"
check "MLflow's command predicts with it" ends 0 "$env/bin/python" -m mlflow models predict -m models:/scales@champion -i "$work/models-three/in.json" --env-manager local
check "the same" grep -q '"predictions": \[2.5, 6.25\]' "$work/out"
check "so does run" ends 0 "$program" run models:/scales@champion -i "$work/models-three/in.json" --as-of 2026-11-20
check "the same" printed '{"predictions": [2.5,6.25]}'
finish
