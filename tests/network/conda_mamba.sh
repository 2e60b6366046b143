#!/bin/sh
# conda_mamba.sh - environments that a real micromamba, mamba or conda makes, of a channel in a folder
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
here=${SRCDIR:-.}/tests/cli
maker=$(command -v python3) || skip_all "there is no python3"
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
found=
for name in micromamba mamba conda; do
	! command -v $name >/dev/null || found="$found $name"
done
[ -n "$found" ] || skip_all "none of micromamba, mamba and conda is on PATH"
python=$("$maker" -c 'import os, sys; print(os.path.realpath(sys.executable))')
minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$maker" "$here/make_conda.py" "$work/conda-forge" "$python" || skip_all "no packages can be made"
export CONDARC="$work/condarc" MAMBA_ROOT_PREFIX="$work/root" CONDA_PKGS_DIRS="$work/pkgs"
echo "channel_alias: file://$work" >"$CONDARC"
dir=$work/model
mkdir -p "$dir"
printf 'flavors:\n  python_function:\n    loader_module: nobody\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$minor" >"$dir/MLmodel"
printf 'channels:\n- conda-forge\ndependencies:\n- python=%s\n- libdemo\n- act\n- data\n' "$minor" >"$dir/conda.yaml"

for name in $found; do
	export MLFLOW_CONDA_CREATE_ENV_CMD=$name PYFUNC_ENV_STORE="$work/store-$name"
	expect "$name makes one" 0 "$PYFUNC_ENV_STORE/envs/" "$program" create --env-manager mamba "$dir"
	env=$(cat "$work/out")
	expect "$name: it is whole" 0 good "$program" env verify
	check "$name: nothing names the place where it was made" sh -c '! grep -rq to-be-moved "$1"' - "$env"
	check "$name: its own files have the prefix" grep -qx "prefix = $env" "$env/etc/demo.conf"
	expect "$name: activation" 0 "$env/share/act" "$program" exec --env-manager mamba "$dir" -- printenv ACT_HOME
	"$program" env rm "$(basename "$env")" >/dev/null
	expect "$name: made again by its addresses" 0 "$env" "$program" create --env-manager mamba "$dir"
	sed 's/libdemo/libdemo=9/' "$dir/conda.yaml" >"$work/yaml"
	mkdir -p "$work/other" && cp "$dir/MLmodel" "$work/other" && cp "$work/yaml" "$work/other/conda.yaml"
	expect "$name: no solution" 6 "cannot make the conda environment" "$program" create --env-manager mamba "$work/other"
done
finish
