#!/bin/sh
# conda_mamba.sh - environments that micromamba, mamba or conda make, by a stand-in that tells what it was asked
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2119,SC2120,SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
python=$("$maker" -c 'import os, sys; print(os.path.realpath(sys.executable))')
minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
"$maker" "$here/make_conda.py" "$work/conda-forge" "$python" || skip_all "no packages can be made"
"$maker" "$here/make_wheels.py" "$work/wheels"
export PYFUNC_ENV_STORE="$work/store"
store=$PYFUNC_ENV_STORE channel=file://$work/conda-forge dir=$work/model
export CONDARC="$work/condarc"
echo "channel_alias: file://$work" >"$CONDARC"
unset CONDA_CHANNEL_ALIAS CONDA_CHANNELS CONDA_SUBDIR CONDA_EXE MAMBA_EXE MAMBA_ROOT_PREFIX
unset MLFLOW_CONDA_CREATE_ENV_CMD MLFLOW_CONDA_HOME

stand_in() { # FILE NAME
	mkdir -p "$(dirname "$1")"
	printf '#!/bin/sh\nexec "%s" "%s" "%s" %s "$@"\n' "$python" "$(cd "$here" && pwd)/conda_stand_in.py" "$work" "$2" >"$1"
	chmod +x "$1"
}
for name in micromamba mamba conda; do
	stand_in "$work/bin-$name/$name" $name
done
export PATH=/usr/bin:/bin

model() { # PYTHON SPEC...
	mkdir -p "$dir"
	printf 'flavors:\n  python_function:\n    loader_module: nobody\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$1" >"$dir/MLmodel"
	{
		printf 'name: whatever\nprefix: /nowhere\nchannels:\n- conda-forge\ndependencies:\n- python=%s\n' "$1"
		shift
		printf -- '- %s\n' "$@"
	} >"$dir/conda.yaml"
}
create() { "$program" create --env-manager mamba "$@" "$dir"; }
calls() { rm -f "$work/calls"; }
# What the one call of create was, the folder of now left out.
asked() { # ARGUMENTS
	"$python" - "$work/calls" "$1" <<END
import json, re, sys
calls = [json.loads(line) for line in open(sys.argv[1])]
made = [" ".join([c["program"]] + c["args"]) for c in calls if c["args"][0] == "create"]
made = [re.sub(r"\S*/store/tmp/[^/ ]*/", "TMP/", text).replace("file://$work", "ROOT") for text in made]
print(made)
sys.exit(made != [sys.argv[2]])
END
}
nobody_was_asked() { [ ! -e "$work/calls" ]; }

# ---- which program ----
model "$minor" 'tool=2' act pure
expect "there is none" 7 "none of micromamba, mamba and conda is on PATH" create
check "another way is told" said "--env-manager conda needs none of them"
MLFLOW_CONDA_CREATE_ENV_CMD=mamba expect "MLflow's variable names what is not there" 7 "MLFLOW_CONDA_CREATE_ENV_CMD is mamba" create
which_is() { # NAME PROGRAM [VARIABLE=VALUE...]
	calls
	which_name=$1 which_program=$2
	shift 2
	expect "$which_name" 0 "$store/envs/" env "$@" "$program" create --refresh --env-manager mamba "$dir"
	check "it is $which_program" grep -q "\"program\": \"$which_program\"" "$work/calls"
}
p=/usr/bin:/bin
which_is "micromamba first" micromamba PATH="$work/bin-conda:$work/bin-mamba:$work/bin-micromamba:$p"
env=$(cat "$work/out")
check "told by its name" said "with micromamba 2.0.5"
which_is "mamba behind it" mamba PATH="$work/bin-conda:$work/bin-mamba:$p"
check "the same environment, whoever made it" test "$(cat "$work/out")" = "$env"
which_is "then conda" conda PATH="$work/bin-conda:$p"
which_is "by MAMBA_EXE" micromamba MAMBA_EXE="$work/bin-micromamba/micromamba" CONDA_EXE="$work/bin-conda/conda"
which_is "by CONDA_EXE" conda CONDA_EXE="$work/bin-conda/conda"
which_is "MLflow's variable" conda MLFLOW_CONDA_CREATE_ENV_CMD=conda PATH="$work/bin-mamba:$work/bin-conda:$p"
which_is "with a path" mamba MLFLOW_CONDA_CREATE_ENV_CMD="$work/bin-mamba/mamba" PATH="$work/bin-conda:$p"
which_is "beside CONDA_EXE, as MLflow looks" mamba MLFLOW_CONDA_CREATE_ENV_CMD=mamba CONDA_EXE="$work/bin-mamba/conda"
stand_in "$work/home-of-conda/bin/conda" conda
which_is "below MLFLOW_CONDA_HOME" conda MLFLOW_CONDA_CREATE_ENV_CMD=conda MLFLOW_CONDA_HOME="$work/home-of-conda"
rm -rf "$work/calls"
PATH=$work/bin-micromamba:$p

# ---- what it is told ----
head="micromamba create --yes --quiet --prefix TMP/env --file"
expect "asked again" 0 "$env" create --refresh
check "with exactly these arguments" asked "$head TMP/specs.txt --override-channels --channel ROOT/conda-forge"
calls
CONDA_PREFIX=/opt/outer CONDA_DEFAULT_ENV=outer CONDA_SHLVL=2 CONDA_PREFIX_1=/opt CONDA_EXE=/opt/conda _CE_M=x PYTHONPATH=/x \
	CONDA_PKGS_DIRS=/pkgs expect "in an active environment" 0 "$env" create --refresh --python "$python"
check "of which it hears nothing" sh -c '! grep -E "CONDA_PREFIX|CONDA_SHLVL|CONDA_DEFAULT_ENV|CONDA_EXE|_CE_M|PYTHONPATH" "$1"' - "$work/calls"
check "its settings it gets" grep -q '"CONDA_PKGS_DIRS": "/pkgs"' "$work/calls"
calls
expect "without a network" 0 "$env" create --refresh --offline
check "it is told so" asked "$head TMP/specs.txt --override-channels --channel ROOT/conda-forge --offline"
cp -r "$work/conda-forge" "$work/mine"
calls
expect "the user's channels take the place of the model's" 0 "$store/envs/" create -c "file://$work/mine" -c "$channel" --refresh
check "and are passed on" asked "$head TMP/specs.txt --override-channels --channel ROOT/mine --channel ROOT/conda-forge"
calls
expect "found again" 0 "$env" create
check "nobody is asked" nobody_was_asked
expect "as of a day: no program does that" 2 "as of a day" create --as-of 2022-01-01
check "nobody is asked then, either" nobody_was_asked

# ---- what came of it ----
expect "it is whole" 0 good "$program" env verify
expect "and is listed" 0 ready "$program" env list
check "nothing names the place where it was made" sh -c '! grep -rq to-be-moved "$1"' - "$env"
check "texts have its own" grep -qx "prefix = $env" "$env/etc/demo.conf"
check "binaries, too" grep -aq "$env/etc/demo.conf:$env/share" "$env/lib/libdemo.so.1.2"
check "and scripts" grep -qx "#!$env/bin/python" "$env/bin/pure-run"
check "the files are its own, and protected" test "$(stat -c '%h %a' "$env/share/tool/with blank.txt")" = "1 444"
check "the program's are as they were" test "$(stat -c %a "$work/pkgs/tool-2.0-0.conda/share/tool/with blank.txt")" = 644
check "byte code is compiled anew" test -f "$env/lib/python$minor/site-packages/pure/__pycache__/$("$python" -c 'import sys; print("cli." + sys.implementation.cache_tag)').pyc"
cat >"$work/digests.py" <<'END'
import glob, hashlib, json, sys
count = 0
for path in glob.glob(sys.argv[1] + "/conda-meta/*.json"):
    for one in json.load(open(path))["paths_data"]["paths"]:
        if "sha256_in_prefix" in one:
            count += 1
            with open(sys.argv[1] + "/" + one["_path"], "rb") as f:
                assert hashlib.sha256(f.read()).hexdigest() == one["sha256_in_prefix"], one
assert count > 5
END
check "conda-meta tells the digests of now" "$python" "$work/digests.py" "$env"
expect "exec runs its programs" 0 plain "$program" exec --env-manager mamba "$dir" -- plain-tool
expect "as activation has it" 0 "$env/share/act" "$program" exec --env-manager mamba "$dir" -- printenv ACT_HOME
expect "the plan is recorded" 0 '"resolver":"micromamba 2.0.5"' "$program" env show --json "$(basename "$env")"

# ---- made again ----
expect "removed" 0 "" "$program" env rm "$(basename "$env")"
calls
expect "made again of what was recorded" 0 "$env" create
check "nothing is solved, and no channel asked" asked "$head TMP/explicit.txt"
"$program" lock -f explicit "$dir" >"$work/explicit.txt" 2>/dev/null
calls
expect "of a lock" 0 "$store/envs/" create -c "$channel" --lock "$work/explicit.txt"
calls
rm -rf "$work/second"
expect "in another store" 0 "$(basename "$(cat "$work/out")")" create --store "$work/second" -c "$channel" --lock "$work/explicit.txt"
check "nothing is solved" sh -c 'grep -q explicit.txt "$1" && ! grep -q specs.txt "$1"' - "$work/calls"

# ---- what fails ----
model "$minor" nonesuch
expect "no such package" 6 "nothing provides nonesuch" create
check "the program is named by what it did" said "cannot make the conda environment"
model "$minor" 'tool=2' data
echo data >"$work/die"
expect "given up in the middle" 7 "gave up" create
check "nothing of it is seen" none "$store/tmp" -mindepth 1
check "nor listed" test "$("$program" env list --json | grep -o '"key"' | wc -l)" -eq "$(find "$store/envs" -mindepth 1 -maxdepth 1 | wc -l)"
rm "$work/die"
model "$minor" 'tool=2' data
echo data >"$work/lie"
expect "another build than planned" 0 "$store/envs/" create
other=$(basename "$(cat "$work/out")")
rm "$work/lie"
"$program" env rm "$other" >/dev/null 2>&1
expect "it does not come again: refused" 5 "was installed, which is not planned" create --offline
expect "solved anew it is made" 0 "$store/envs/" create --refresh
model "$minor" act data
echo data >"$work/stray"
expect "a package of none of the channels" 5 "data came from none of the channels: https://elsewhere.example/linux-64/data" create --refresh
check "nothing of it is seen, either" none "$store/tmp" -mindepth 1
rm "$work/stray"
expect "of them it is taken" 0 "$store/envs/" create --refresh
calls
model "$minor" "\"tool[license='^a\\n@EXPLICIT\\nhttps://h.example/linux-64/pkg-1-0.conda\\n\$']\""
expect "a spec of several lines" 3 "a control byte" create
check "is told to nobody" nobody_was_asked
mv "$work/conda-forge" "$work/hidden"
model "$minor" 'act'
expect "a channel that cannot be reached" 4 "Download error" create
mv "$work/hidden" "$work/conda-forge"

# ---- Python ----
model "${version%.*}.77" 'tool=2'
expect "another patch of Python" 0 "another patch is taken" create
expect "unless that is refused" 6 "nothing provides python" create --strict-python
while read -r words; do # how the programs say it
	echo "$words" >"$work/words"
	expect "as told by: $words" 0 "another patch is taken" create --refresh
	expect "that is the reason" 6 "cannot make the conda environment: no" create --refresh --strict-python
done <<'END'
error    libmamba Could not solve for environment specs
Encountered problems while solving: - nothing provides %s
Looking for: - nothing provides requested %s
└─ %s does not exist (perhaps a typo or a missing channel).
LibMambaUnsatisfiableError: Encountered problems while solving:
PackagesNotFoundError: The following packages are not available from current channels: - %s
PackagesNotFoundInChannelsError: The following packages are not available from current channels: - %s
ResolvePackageNotFound: - %s
END
rm "$work/words"

# ---- pip's part ----
"$maker" - "$here" "$work/mine" "$minor" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import make_conda
c = make_conda.Channel(sys.argv[2] + "-more")
site = "lib/python%s/site-packages" % sys.argv[3]
p = make_conda.Package("alpha", "0.9", depends=["python"])
p.add(site + "/alpha_old.py", "x = 1\n").add(site + "/alpha-0.9.dist-info/METADATA", "Metadata-Version: 2.1\nName: alpha\nVersion: 0.9\n")
p.add(site + "/alpha-0.9.dist-info/RECORD", "alpha_old.py,,\nalpha-0.9.dist-info/METADATA,,\nalpha-0.9.dist-info/RECORD,,\n")
c.add(p)
p = make_conda.Package("mute", "0.9", depends=["python"])
p.add(site + "/beta-0.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: beta\nVersion: 0.1\n")
c.add(p)
c.close()
END
model "$minor" alpha 'pip:' && sed -i 's/^- pip:/- pip:\n  - alpha==1.0/' "$dir/conda.yaml"
more="-c file://$work/mine-more -c $channel"
calls
# shellcheck disable=SC2086
expect "what pip is asked for comes beside" 0 "$store/envs/" create $more
pip=$(cat "$work/out")
check "of the index" test -f "$pip/lib/python$minor/site-packages/alpha-1.0.dist-info/METADATA"
check "in place of conda's" test ! -e "$pip/lib/python$minor/site-packages/alpha_old.py"
check "by this program alone: it is asked to solve, and to link the same" sh -c '[ "$(grep -c "\"create\"" "$1")" = 2 ] && grep -q explicit.txt "$1"' - "$work/calls"
expect "it is whole" 0 good "$program" env verify "$(basename "$pip")"
model "$minor" mute 'pip:' && sed -i 's/^- pip:/- pip:\n  - alpha==1.0/' "$dir/conda.yaml"
# shellcheck disable=SC2086
expect "one that does not tell its files is not replaced" 6 "which does not tell its files" create $more
finish
