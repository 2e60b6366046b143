#!/bin/sh
# python_load.sh - load_model of Python's package against MLflow's own, new and old; its wheel, its types, its style
# SPDX-License-Identifier: Apache-2.0
#
# The MLflows are those of environments that the program makes from the package index; PYTHON_LOAD_PYTHON=EXE is an
# interpreter that has a new one already, with scikit-learn, skops and Dask.
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"
export PYFUNC_ENV_STORE="$work/store" PYTHONDONTWRITEBYTECODE=1
unset MLFLOW_TRACKING_URI MLFLOW_REGISTRY_URI
source=$(cd "${SRCDIR:-.}" && pwd -P)
PYFUNC_ENV_PROGRAM=$program
export PYFUNC_ENV_PROGRAM

# The environment of a model that needs these: prints its interpreter.
environment() { # NAME DAY REQUIREMENT...
	mkdir "$work/$1"
	printf 'flavors:\n  python_function:\n    loader_module: x\n    env: {virtualenv: python_env.yaml}\n' >"$work/$1/MLmodel"
	printf 'python: %s\ndependencies: [-r requirements.txt]\n' "$("$python" -c 'import platform; print(platform.python_version())')" \
		>"$work/$1/python_env.yaml"
	model=$work/$1 day=$2
	shift 2
	printf '%s\n' "$@" >"$model/requirements.txt"
	"$program" create "$model" --python "$python" --as-of "$day" 2>"$work/err" | sed 's:$:/bin/python:'
}

compare() { # INTERPRETER WHAT FOLDER
	PYTHONPATH="$source/share/python" "$1" "$source/tests/network/python_load.py" "$2" "$3" >"$work/cases" 2>"$work/log" || tail -n 5 "$work/log" | sed 's/^/# /'
	replay "$work/cases"
	check "$2: it came to its end" grep -q '^1\.\.' "$work/cases"
}

new=${PYTHON_LOAD_PYTHON:-$(environment new 2026-11-20 mlflow==3.17.2 scikit-learn skops pandas "dask[dataframe]" pip 'setuptools<81')}
[ -x "$new" ] || skip_all "MLflow cannot be had for this Python: $(tail -n 1 "$work/err")"
compare "$new" here "$work/models"
compare "$new" dask "$work/models"
check "the package's tests, with numpy and pandas" \
	env PYTHONPATH="$source/share/python" SRCDIR="$source" sh -c 'cd "$SRCDIR/tests/python" && "$1" tap.py test_load' - "$new"

# Of 2022, with the pandas and the numpy of then.
old=$(environment old 2024-01-31 mlflow==1.30.1 'scikit-learn<1.3' 'pandas<2' 'numpy<1.25' 'setuptools<70')
if [ -x "$old" ]; then
	check "an old MLflow saves models" "$old" "$source/tests/network/python_load.py" make "$work/old_models"
	compare "$new" old "$work/old_models"
else
	skip "no MLflow of 2022 for this Python: $(tail -n 1 "$work/err")"
fi

check "what README.md shows is so" sh -c 'cd "$1" && PYTHONPATH=share/python "$2" -m doctest README.md' - "$source" "$new"

# ---- the package itself ----

"$python" -m venv "$work/venv" && "$work/venv/bin/pip" install -q mypy ruff 2>"$work/err" || skip_all "the checkers cannot be had"
cp -R "$source/share/python" "$work/source" && cd "$work/source" || exit 99
check "ruff finds nothing" "$work/venv/bin/ruff" check --no-cache .
check "nor does its formatter" "$work/venv/bin/ruff" format --no-cache --check .
check "mypy --strict finds nothing" "$work/venv/bin/mypy" --cache-dir="$work/mypy"
check "pip makes a wheel of it without an index" env PIP_NO_INDEX=1 "$work/venv/bin/pip" wheel -q --no-deps -w "$work/wheels" .
cp "$work"/wheels/*.whl "$work/first.whl"
check "the same one again" sh -c '"$1" wheel -q --no-deps -w "$2/again" . && cmp "$2/first.whl" "$2"/again/*.whl' - "$work/venv/bin/pip" "$work"
check "and one of its source archive" sh -c '"$1" -c "import backend; backend.build_sdist(\"$2\")" && "$3" wheel -q --no-index --no-deps -w "$2/sdist" "$2"/*.tar.gz && cmp "$2/first.whl" "$2"/sdist/*.whl' \
	- "$work/venv/bin/python" "$work" "$work/venv/bin/pip"
mkdir -p "$work/plain/code"
printf 'flavors:\n  python_function:\n    loader_module: plain\n    code: code\n' >"$work/plain/MLmodel"
cat >"$work/plain/code/plain.py" <<'END'
import sys


class Model:
    def predict(self, data):
        return {"python": tuple(sys.version_info[:2]), "data": data}


def _load_pyfunc(path):
    return Model()
END
cat >"$work/ask.py" <<'END'
import subprocess
import sys

import pyfunc_env

assert "site-packages" in pyfunc_env.__file__
path, other = sys.argv[1:]
told = "import sys; print(tuple(sys.version_info[:2]))"
version = eval(subprocess.run([other, "-c", told], stdout=subprocess.PIPE, check=True).stdout)
with pyfunc_env.load_model(path, env_manager="venv", python=other) as model:
    assert model.predict([1, (2.5, None)]) == {"python": version, "data": [1, (2.5, None)]}
assert pyfunc_env.load_model(path).predict(1)["python"] == tuple(sys.version_info[:2])
END
for each in "$pythons"/3.*/bin/python /usr/bin/python3; do
	"$each" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || continue
	version=$("$each" -c 'import platform; print(platform.python_version())')
	rm -rf "$work/each"
	check "Python $version takes the wheel and loads a model elsewhere" sh -c '"$1" -m venv "$2/each" &&
		"$2/each/bin/pip" install -q --no-index "$2"/wheels/*.whl && cd / &&
		"$2/each/bin/python" "$2/ask.py" "$2/plain" "$3"' - "$each" "$work" "$new"
done
finish
