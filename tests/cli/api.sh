#!/bin/sh
# api.sh - the library's options, its lock and what it writes, through a program that is linked with it
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
api=${BUILDDIR:-build}/tests/cli/api_tool
"$maker" "$here/make_wheels.py" "$work/wheels"
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
model() { # folder, requirements
	mkdir -p "$1"
	printf 'flavors:\n  python_function:\n    loader_module: alpha\n    env: {virtualenv: python_env.yaml}\n' >"$1/MLmodel"
	printf 'python: %s\nbuild_dependencies: []\ndependencies: [-r requirements.txt]\n' "$version" >"$1/python_env.yaml"
	shift_to=$1
	shift
	printf '%s\n' "$@" >"$shift_to/requirements.txt"
}
model "$work/model" alpha 'beta<3'
call() { # CALL MODEL OPTION...
	call=$1 of=$2
	shift 2
	"$api" "$call" "$of" store="$store" python="$python" "$@"
}
store=$work/store
site_file() { find "$(dirname "$(dirname "$(cat "$work/out")")")/lib" -name alpha.py; }

# ---- lock ----
check "the program's lock" ends 0 "$program" lock "$work/model" --store "$store" --python "$python"
cp "$work/out" "$work/pylock.toml"
check "the library's" ends 0 call lock "$work/model"
check "is the same" cmp "$work/out" "$work/pylock.toml"
check "in another format" ends 0 call lock "$work/model" format=requirements
check "as well" printed '    --hash=sha256:'
expect "none that there is" 2 'yaml' call lock "$work/model" format=yaml
expect "what cannot be resolved" 6 'nowhere' sh -c '"$@"' - "$api" lock "$(model "$work/no" nowhere; echo "$work/no")" store="$store" python="$python"
check "no environment was made" none "$store/envs" -mindepth 1

# ---- install from a lock ----
model "$work/more" alpha 'beta<3' gamma
expect "a lock that lacks something" 5 'gamma' call create "$work/more" lock="$work/pylock.toml"
expect "a lock that is not there" 7 'none.toml' call create "$work/model" lock="$work/none.toml"
check "a whole one" ends 0 call create "$work/model" lock="$work/pylock.toml"
made=$(cat "$work/out")
check "is the environment" ends 0 call create "$work/model" offline=1
check "that resolving makes" test "$(cat "$work/out")" = "$made"

# ---- how its files come there ----
expect "a link mode that there is not" 2 'link_mode must be one of hardlink, clone, copy, symlink, not soft' \
	call create "$work/model" link_mode=soft
store=$work/links
check "links by name" ends 0 call create "$work/model" link_mode=symlink
check "are some" test -L "$(site_file)"
store=$work/copies
check "copies" ends 0 call create "$work/model" link_mode=copy
check "are files of one name" test "$(stat -c %h "$(site_file)")" -eq 1
store=$work/store

# ---- of which day ----
expect "a day to come" 2 'as_of 2999-01-01 is in the future' call lock "$work/model" as_of=2999-01-01
expect "no day" 2 'as_of takes model, now or a date' call lock "$work/model" as_of=soon
check "a day" ends 0 call lock "$work/model" as_of=2021-05-04 format=json
check "is in the lock" printed '2021-05-04'

# ---- what is taken ----
"$maker" - "$work/wheels" <<'PY'
import glob, io, sys, tarfile, zipfile
folder = sys.argv[1]
text = b"Metadata-Version: 2.2\nName: omega\nVersion: 1.0\n"
with tarfile.open(folder + "/omega-1.0.tar.gz", "w:gz") as archive:
    member = tarfile.TarInfo("omega-1.0/PKG-INFO")
    member.size = len(text)
    archive.addfile(member, io.BytesIO(text))
wheel, = glob.glob(folder + "/alpha-1.0-*.whl")
with zipfile.ZipFile(wheel, "a") as archive:
    archive.writestr("unlisted.py", "")
PY
model "$work/source" omega
check "a source distribution" ends 0 call lock "$work/source"
expect "is not to be built" 6 'omega' call lock "$work/source" no_build=1
model "$work/loose" alpha==1.0
expect "a wheel that RECORD does not tell all of" 5 'RECORD' call create "$work/loose"
check "is taken leniently" ends 0 call create "$work/loose" lenient_record=1

# ---- models written ----
echo 'def _load_pyfunc(path): return lambda data: [1]' >"$work/loads.py"
save_with() { "$program" save -o "$1" --python "$python" --store "$store" --loader-module loads --code-path "$work/loads.py" \
	--data-path "$work/loads.py" --pip-requirement alpha --pip-requirement 'beta<3' --metadata "$work/meta.json"; }
echo '{"a": 1}' >"$work/meta.json"
check "the program's model" ends 0 save_with "$work/saved"
check "the library's" ends 0 call save "$work/saved2" loader_module=loads code_paths="$work/loads.py" \
	data_path="$work/loads.py" pip_requirements=alpha pip_requirements='beta<3' metadata="$work/meta.json"
sed -i '/^model_uuid\|^utc_time_created/d' "$work/saved/MLmodel" "$work/saved2/MLmodel"
check "is the same" diff -r "$work/saved" "$work/saved2"
expect "one that is there" 2 "already exists and is not empty" call save "$work/saved2" loader_module=loads
expect "no path" 2 "no name for a new folder" call save "" loader_module=loads
expect "a struct of before" 2 "not the size" call save "$work/saved3" loader_module=loads size=4
check "a copy of it" ends 0 call save "$work/saved3" mlflow_model="$work/saved" extra_pip_requirements=gamma
check "with one more requirement" grep -qx gamma "$work/saved3/requirements.txt"
check "a flavor" ends 0 call add "$work/saved3" loader_module=other data=data/loads.py more=predict_fn=go more=n=3
check "is in its MLmodel" test "$(grep -c 'loader_module: other$\|predict_fn: go$\|n: 3$' "$work/saved3/MLmodel")" -eq 3
expect "of no loader" 2 "Either \`loader_module\` or \`python_model\` must be specified" call add "$work/saved3"

# ---- programs of before ----
expect "a struct that is longer than the library's" 2 'not the size of the struct' call lock "$work/model" size=4096
check "a shorter one" ends 0 call create "$work/model" link_mode=soft size=68
expect "may be no shorter than its size" 2 'not the size of the struct' call lock "$work/model" size=4
finish
