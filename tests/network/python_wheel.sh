#!/bin/sh
# python_wheel.sh - the wheel of Python's side, installed and imported in every Python that there is
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"
PYFUNC_ENV_PROGRAM=$program
export PYFUNC_ENV_PROGRAM
source=$(cd "${SRCDIR:-.}" && pwd -P)
mkdir "$work/wheel" "$work/tree" && cp -R "$source/share/python/." "$work/tree"
check "the wheel is built" "$python" -c 'import os, sys; os.chdir(sys.argv[1]); sys.path.insert(0, "."); import backend; print(backend.build_wheel(sys.argv[2]))' "$work/tree" "$work/wheel"
wheel=$(find "$work/wheel" -name '*.whl')
cat >"$work/loads.py" <<'END'
class Model:
    def predict(self, data):
        return [2 * n for n in data["prompt"]]

def _load_pyfunc(path):
    return Model()
END
cat >"$work/uses.py" <<'END'
import sys
import pyfunc_env

for name in pyfunc_env.__all__:
    if name not in ("spark_udf", "transform"):  # which need Spark
        getattr(pyfunc_env, name)
example = {"prompt": [1, 2]}
pyfunc_env.save_model(sys.argv[1], loader_module="loads", code_paths=["loads.py"], pip_requirements=["pip"], input_example=example, record=True)
with pyfunc_env.load_model(sys.argv[1], suppress_warnings=True) as model:
    assert model.predict(example) == [2, 4]
assert pyfunc_env.program.ask(["verify", sys.argv[1], "--env-manager", "local", "--python", sys.executable])["verdict"] == "same"
END
cd "$work" || exit 99
seen=0
for each in "$pythons"/3.*/bin/python /usr/bin/python3; do
	"$each" -c 'import sys, venv; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || continue
	name=$("$each" -c 'import platform; print(platform.python_version())')
	"$each" -m venv "$work/venv-$name" >/dev/null 2>&1 || continue
	seen=$((seen + 1))
	check "Python $name: installed" "$work/venv-$name/bin/python" -m pip install -q --no-index "$wheel"
	check "imported, saves and loads" "$work/venv-$name/bin/python" uses.py "$work/model-$name"
done
check "there were some" test "$seen" -gt 0
old=$(find "$pythons" -maxdepth 1 -name '3.7.*' 2>/dev/null | head -n 1)
if [ -n "$old" ] && "$old/bin/python" -m venv "$work/old" >/dev/null 2>&1; then
	check "an older one is refused by pip" sh -c '! "$@"' - "$work/old/bin/python" -m pip install -q --no-index "$wheel"
fi
finish
