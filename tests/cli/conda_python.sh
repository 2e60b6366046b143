#!/bin/sh
# conda_python.sh - a model without conda packages, for a Python that this machine has not and a channel has
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2119,SC2120,SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
[ -x /bin/bash ] || skip_all "the channel's interpreter is a script of bash"
# One that is nowhere where the program looks.
cat >"$work/choose.py" <<'END'
import glob, subprocess, sys
seen = set()
for exe in glob.glob("/usr/bin/python3*") + glob.glob("/usr/local/bin/python3*") + sys.argv[1:]:
    try:
        said = subprocess.run([exe, "-I", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    except OSError:
        continue
    minor = said.rpartition(".")[0]
    if exe in sys.argv[1:] and said and minor not in seen and int(minor.split(".")[1]) >= 8:
        print(exe, said, minor)
        break
    if exe not in sys.argv[1:]:
        seen.add(minor)
END
# shellcheck disable=SC2046
set -- $("$maker" "$work/choose.py" "$pythons"/3.*/bin/python3)
[ $# -eq 3 ] || skip_all "there is no second Python that can be kept out of sight"
exe=$1 version=$2 minor=$3
"$maker" "$here/make_conda.py" "$work/conda-forge" "$exe" || skip_all "no packages can be made"
"$maker" "$here/make_wheels.py" "$work/wheels"
export PYFUNC_ENV_STORE="$work/store" PYENV_ROOT="$work/none" CONDARC="$work/condarc" PATH=/usr/bin:/bin
store=$PYFUNC_ENV_STORE dir=$work/model
echo "channel_alias: file://$work" >"$CONDARC"
unset CONDA_CHANNEL_ALIAS CONDA_CHANNELS CONDA_SUBDIR CONDA_EXE MAMBA_ROOT_PREFIX
mkdir -p "$dir"
model() { # VERSION
	printf 'flavors:\n  python_function:\n    loader_module: one\n    code: code\n    env:\n      virtualenv: python_env.yaml\n' >"$dir/MLmodel"
	printf 'python: "%s"\nbuild_dependencies:\n- setuptools==80.0\ndependencies:\n- -r requirements.txt\n' "$1" >"$dir/python_env.yaml"
	echo 'alpha==1.0' >"$dir/requirements.txt"
	mkdir -p "$dir/code"
	printf 'import alpha, sys\ndef _load_pyfunc(path):\n    raise OSError("alpha in %%d.%%d of %%s" %% (sys.version_info[:2] + (sys.prefix,)))\n' >"$dir/code/one.py"
}
create() { "$program" create "$@" "$dir"; }

# ---- made ----
model "$version"
echo "channel_alias: file://$work/nowhere" >"$CONDARC"
expect "neither here nor in a channel" 6 "model asks for python $version; found" create
check "with what there is of conda's" said "nor is there one of conda's:"
echo "channel_alias: file://$work" >"$CONDARC"
expect "a channel has it" 0 "$store/envs/" create
env=$(cat "$work/out")
check "as it is told" said "python $version is conda's: none that fits is here"
check "it is a venv" test -f "$env/pyvenv.cfg"
base=$(dirname "$(dirname "$(readlink "$env/bin/python")")")
check "of an environment of the store" test "$(dirname "$base")" = "$store/envs"
check "which holds python and what that needs" test -f "$base/conda-meta/libdemo-1.2-h1_1.json"
check "the venv has none of it" test ! -e "$env/conda-meta"
check "packages are those of this Python" "$env/bin/python" -I -c "import alpha, sys; sys.exit(sys.version_info[:2] != tuple(map(int, '$minor'.split('.'))))"
expect "the model runs in it" 8 "alpha in $minor of $env" "$program" run "$dir" -i "$dir/MLmodel" -t csv
expect "found again" 0 "$env" create
check "with nothing to say" test ! -s "$work/err"
expect "without a network, too" 0 "$env" create --offline
expect "by name" 0 "$env" create --env-manager venv
expect "both are whole" 0 good "$program" env verify

# ---- not made ----
expect "who names an interpreter gets that one" 6 "strict-python refuses" create --python /usr/bin/python3 --strict-python
mkdir -p "$work/empty"
store2() { PYFUNC_ENV_STORE="$work/second" "$@"; }
expect "offline, and nothing at hand" 6 "nor is there one of conda's: offline" store2 env CONDARC="$work/none" \
	CONDA_CHANNEL_ALIAS=http://127.0.0.1:9 "$program" create --offline "$dir"
model "${version%.*}.77"
expect "another patch of it" 0 "" create
check "is told of" said "another patch is taken"
expect "unless that is refused" 6 "model asks for python ${version%.*}.77; found" create --strict-python
check "with the channels' reason" said "nor is there one of conda's:"
expect "the user's channel alone" 0 "$store/envs/" env CONDA_CHANNEL_ALIAS="file://$work/nowhere" \
	"$program" create -c "file://$work/conda-forge" "$dir"
expect "a lock needs one, too" 0 'name = "alpha"' "$program" lock "$dir"

# ---- looked after ----
expect "an interpreter that others have is not removed" 7 "the environment $(basename "$base") has the interpreter of" "$program" env rm "$(basename "$base")"
find "$store/envs" -mindepth 2 -maxdepth 2 -name manifest.json -path "*$(basename "$base")*" -exec touch -d '40 days ago' {} +
expect "nor is it collected while one is in use" 0 "" "$program" env gc --older-than 30
check "it is there" test -x "$base/bin/python"
expect "with them it goes" 0 "removed $(basename "$base")" "$program" env gc --older-than 0
expect "and is made again" 0 "$store/envs/" create
finish
