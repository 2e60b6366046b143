#!/bin/sh
# conda.sh - models that name packages of conda: solved, made, run in, locked, and made again of the lock
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2119,SC2120,SC2154
. "${SRCDIR:-.}/tests/cli/conda_lib.sh"
"$maker" "$here/make_conda.py" "$work/conda-forge" "$python" || skip_all "no packages can be made"
channel=file://$work/conda-forge store=$PYFUNC_ENV_STORE
export CONDARC="$work/condarc"
echo "channel_alias: file://$work" >"$CONDARC"
unset CONDA_CHANNEL_ALIAS CONDA_CHANNELS CONDA_SUBDIR
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"

model() { # DIR CHANNEL SPEC...
	mkdir -p "$1"
	printf 'flavors:\n  python_function:\n    loader_module: nobody\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$minor" >"$1/MLmodel"
	{
		printf 'name: whatever\nprefix: /nowhere\nchannels:\n- %s\ndependencies:\n- python=%s\n' "$2" "$minor"
		shift 2
		printf -- '- %s\n' "$@"
	} >"$work/yaml"
	mv "$work/yaml" "$dir/conda.yaml"
}
dir=$work/model
model "$dir" conda-forge 'tool=2' act

# ---- made ----
expect "auto chooses conda for packages of conda" 0 "$store/envs/" "$program" create "$dir"
env=$(cat "$work/out")
check "what is needed is there too" test -f "$env/conda-meta/libdemo-1.2-h1_1.json"
check "the interpreter is conda's" test -x "$env/bin/python$minor"
check "conda's history tells what was asked for" grep -q 'tool' "$env/conda-meta/history"
expect "found again, at once" 0 "$env" "$program" create "$dir"
check "with nothing to say" test ! -s "$work/err"
expect "by name too" 0 "$env" "$program" create --env-manager conda "$dir"
expect "and without a network" 0 "$env" "$program" create --offline "$dir"
expect "and from the list at hand" 0 "$env" "$program" create --refresh --offline "$dir"
expect "by the user's channel instead" 0 "$env" "$program" create -c "$channel" "$dir"
odd="$work/a b%20#c?d;é" odd_url="file://$work/a%20b%2520%23c%3Fd%3B%C3%A9"
mkdir "$odd" && cp -r "$work/conda-forge" "$odd/"
printf 'channel_alias: "%s"\n' "$odd" >"$work/odd-alias"
printf 'mirrored_channels: {"%s/conda-forge": ["%s/"]}\nchannel_alias: %s\n' "$odd_url" "$odd/conda-forge" "$odd_url" >"$work/odd-mirror"
for file in alias mirror; do
	expect "a folder with a name that no URL has: by the settings, $file" 0 /envs/ \
		env CONDARC="$work/odd-$file" "$program" create --refresh "$dir"
done
export CONDARC="$work/odd-alias"
expect "by its path" 0 /envs/ "$program" create -c "$odd/conda-forge" "$dir"
expect "by its address" 0 /envs/ "$program" create -c "$odd_url/conda-forge" "$dir"
expect "by what is taken for one" 0 /envs/ "$program" create -c "file://$work/a b%2520%23c%3Fd%3Bé/conda-forge" "$dir"
expect "a lock of it" 0 "$odd_url/conda-forge/linux-64/tool" "$program" lock -f explicit "$dir"
cp "$work/out" "$work/odd.txt"
expect "made again of that, in another store" 0 /envs/ "$program" create --store "$work/odd-store" --lock "$work/odd.txt" -c "$odd/conda-forge" "$dir"
CONDARC="$work/condarc"
expect "exec runs its programs" 0 plain "$program" exec "$dir" -- plain-tool
expect "as activation has it" 0 "$env/share/act" "$program" exec "$dir" -- printenv ACT_HOME
expect "and conda's own variables" 0 "$env" "$program" exec "$dir" -- printenv CONDA_PREFIX
expect "all that conda run sets, but for what tells of a conda program" 0 \
	"CONDA_DEFAULT_ENV=$env,CONDA_PREFIX=$env,CONDA_PROMPT_MODIFIER=(pyfunc-env) ,CONDA_SHLVL=1," \
	env CONDA_EXE=/opt/conda/bin/conda CONDA_PYTHON_EXE=/opt/conda/bin/python _CE_M=x _CE_CONDA=x CONDA_SHLVL=3 CONDA_PREFIX_1=/opt \
	CONDA_PREFIX=/opt/other "$program" exec "$dir" -- sh -c 'env | grep -E "^(CONDA|_CE)_" | LC_ALL=C sort | tr "\n" ","'
# shellcheck disable=SC2016 # the inner shell's own
check "a shell does the same, and gives all back" env -u CONDA_DEFAULT_ENV CONDA_PREFIX="before it" sh -euc '
	path=$PATH
	. "$1/bin/activate"
	. "$1/bin/activate"
	[ "$ACT_HOME" = "$1/share/act" ] && [ "$CONDA_PREFIX" = "$1" ] && [ "$CONDA_DEFAULT_ENV" = "$1" ]
	[ "$CONDA_SHLVL$CONDA_PROMPT_MODIFIER" = "1(pyfunc-env) " ]
	[ "$(command -v plain-tool)" = "$1/bin/plain-tool" ] && [ "$PATH" = "$1/act/bin:$1/bin:$path" ]
	[ "$(sh -c "echo \$ACT_HOME")" = "$1/share/act" ]
	deactivate
	[ "$PATH" = "$path" ] && [ "$CONDA_PREFIX" = "before it" ] && [ -z "${CONDA_DEFAULT_ENV+x}${CONDA_SHLVL+x}${ACT_HOME+x}" ]
	[ "$(command -v deactivate)" != deactivate ]' - "$env"
check "its lock is in it" grep -q "manager: conda" "$env/conda-lock.yml"
expect "and shown" 0 "lock: $env/conda-lock.yml" "$program" env show "$(basename "$env")"
expect "it is made again of that" 0 "$env" "$program" create --lock "$env/conda-lock.yml" -c "$channel" "$dir"
expect "the command's status is that of exec" 7 "" "$program" exec "$dir" -- sh -c 'exit 7'
expect "no such command: 127" 127 nonesuch "$program" exec "$dir" -- nonesuch
expect "no program: 126" 126 /etc "$program" exec "$dir" -- /etc
expect "no command" 2 "exec MODEL" "$program" exec "$dir"
expect "scripts are run where that is allowed, which is another environment" 0 "" "$program" create --allow-scripts "$dir"
check "really" test "$(cat "$work/out")" != "$env"
expect "and the first is found again" 0 "$env" "$program" create "$dir"
sed "s/python=$minor/python=2.6/" "$dir/conda.yaml" >"$work/yaml" && mv "$work/yaml" "$dir/conda.yaml"
sed "s/python_version: .*/python_version: 2.6/" "$dir/MLmodel" >"$work/yaml" && mv "$work/yaml" "$dir/MLmodel"
expect "another Python is another environment" 6 python "$program" create "$dir"
model "$dir" conda-forge 'tool=2' act
expect "it verifies" 0 good "$program" env verify

# ---- what conda.yaml says of python, besides its version ----
python() { # SPEC [PYTHON_VERSION]: that MLmodel has
	model "$dir" conda-forge 'tool=2' act
	sed "s/^- python=.*/- $1/" "$dir/conda.yaml" >"$work/yaml" && mv "$work/yaml" "$dir/conda.yaml"
	sed "s/  python_version: .*/${2:+  python_version: $2}/" "$dir/MLmodel" >"$work/yaml" && mv "$work/yaml" "$dir/MLmodel"
}
for spec in "python=$minor=0" "python $minor.* *0" "conda-forge::python=$minor" "python <4" "python >=$minor,<4"; do
	python "$spec" "$minor"
	expect "$spec" 0 "$env" "$program" create "$dir"
	python "$spec"
	expect "$spec, where nobody else names one" 0 "$env" "$program" create "$dir"
done
for spec in "python>=2.7" "python >=3.0,<4" "python~=3.0"; do
	python "$spec"
	expect "$spec: what the channels have, not where it begins" 0 "$env" "$program" create "$dir"
	check "which is said" said "of conda's channels, the newest that goes with the rest"
	expect "$spec: a lock of it" 0 "/linux-64/python-$minor." "$program" lock -f explicit "$dir"
	cp "$work/out" "$work/range.txt"
	expect "$spec: is good for it" 0 "$env" "$program" create -c "$channel" --lock "$work/range.txt" "$dir"
done
python "python>=2.7"
printf 'dependancies: [x]\nplatforms: [osx-64]\n' >>"$dir/conda.yaml"
expect "what nobody looks at is said" 0 "conda.yaml, line 9: dependancies is not looked at" "$program" create "$dir"
check "of each" said "conda.yaml, line 10: platforms is not looked at"
for spec in "python=$minor=1_cpython" "python $minor.* *_cpython" "other::python=$minor"; do
	python "$spec" "$minor"
	expect "$spec is not there" 6 "python" "$program" create --channel "$channel" --channel "file://$work/conda-forge" "$dir"
done
python "python <3"
expect "nor is a range, where nobody names a version" 6 "python <3 is asked for" "$program" create "$dir"
python "python=$minor.99=1_cpython" "$minor.99"
expect "another patch is another build" 0 "$env" "$program" create "$dir"
check "with a note" said "another patch"
python "python=$minor.99=*_cpython" "$minor.99"
expect "but none of which this is not so" 6 "python" "$program" create "$dir"
python "python=2.6=1_cpython"
printf 'python: %s\n' "$minor" >"$dir/python_env.yaml"
expect "nothing of it, where another file's version counts" 0 "$env" "$program" create "$dir"
rm "$dir/python_env.yaml"
model "$dir" conda-forge 'tool=2' act

# ---- a channel that is named by what is asked for alone ----
cp -r "$work/conda-forge" "$work/lab"
model "$dir" conda-forge 'tool=2' lab::act
expect "is asked, too" 0 "$store/envs/" "$program" create "$dir"
expect "for that" 0 "/lab/linux-64/act-0.1-0.conda#" "$program" lock -f explicit "$dir"
check "alone" grep -q '/conda-forge/linux-64/tool-2.0-0.conda#' "$work/out"
expect "not where the user names channels" 6 "lab::act is asked for, and only other channels have it" \
	"$program" create -c "$channel" "$dir"
model "$dir" conda-forge "file://$work/lab::act"
expect "nor a folder" 3 "--channel" "$program" create "$dir"
expect "unless it may be" 0 "$store/envs/" "$program" create --allow-model-index "$dir"
model "$dir" conda-forge "https://u:secret@h.example/lab::act"
expect "nor a login" 3 "h.example/lab" "$program" create "$dir"
check "which is not shown" sh -c '! grep -q secret "$1"' - "$work/err"

# ---- refused ----
model "$dir" conda-forge 'tool=3'
expect "no such version" 6 "tool" "$program" create "$dir"
model "$dir" conda-forge nonesuch-at-all
expect "no such package" 6 "nonesuch-at-all" "$program" create "$dir"
model "$dir" conda-forge 'tool=2=nobuild_0'
expect "no such build" 6 "tool" "$program" create "$dir"
model "$dir" conda-forge 'tool=>2=<'
expect "no match spec" 3 "" "$program" create "$dir"
model "$dir" conda-forge 'tool=2'
printf -- '- pip:\n  - --no-binary :all:\n' >>"$dir/conda.yaml"
expect "a colon makes a map of it" 3 "an entry of the pip section is a map" "$program" create "$dir"
check "which quotes mend" said "quotes go around"
model "$dir" "$channel" 'tool=2'
expect "a model names no folder as a channel" 3 "--channel" "$program" create "$dir"
expect "unless it may" 0 "$store/envs/" "$program" create --allow-model-index "$dir"
model "$dir" other 'tool=2'
expect "a channel that is not there" 4 "other" "$program" create --env-manager conda "$dir"
check "nothing is left in tmp" none "$store/tmp" -mindepth 1

# ---- of the model's day ----
model "$dir" conda-forge 'tool=2'
echo "utc_time_created: '2019-01-01 00:00:00'" >>"$dir/MLmodel"
for manager in auto conda; do
	expect "a dated model, $manager: what came later is not there" 6 "later than the day that counts" "$program" create --env-manager $manager "$dir"
	expect "unless now is asked for" 0 "$store/envs/" "$program" create --env-manager $manager --as-of now "$dir"
done

# ---- nobody tells where channels are ----
model "$dir" conda-forge 'tool=2'
echo >"$CONDARC"
export CONDA_CHANNEL_ALIAS="file://$work/nowhere"
expect "no channel, and no index has it" 4 "" "$program" create "$dir"
unset CONDA_CHANNEL_ALIAS
echo "channel_alias: file://$work" >"$CONDARC"

# ---- locks ----
model "$dir" conda-forge 'tool=2' act
lock() { "$program" lock "$@" "$dir"; }
expect "a conda-lock by default" 0 "manager: conda" lock
cp "$work/out" "$work/conda-lock.yml"
check "of CEP 37's first version" grep -qx 'version: 1' "$work/conda-lock.yml"
lock >"$work/again" 2>/dev/null
check "the same bytes each time" cmp "$work/conda-lock.yml" "$work/again"
expect "or @EXPLICIT" 0 "@EXPLICIT" lock -f explicit
cp "$work/out" "$work/explicit.txt"
check "with digests" grep -q '/tool-2.0-0.conda#sha256:[0-9a-f]*$' "$work/explicit.txt"
for manager in venv uv virtualenv; do
	expect "which $manager does not install" 2 "explicit.txt is a lock of conda packages" \
		"$program" create --env-manager $manager --lock "$work/explicit.txt" -c "$channel" "$dir"
done
expect "pylock has no conda packages" 2 "use conda-lock" lock -f pylock
expect "or json" 0 '"conda":' lock -f json
cp "$work/out" "$work/lock.json"
for file in conda-lock.yml explicit.txt lock.json; do
	expect "made again of $file: the same environment" 0 "$env" "$program" create -c "$channel" --lock "$work/$file" "$dir"
	mv "$work/conda-forge/linux-64/repodata.json" "$work/hidden"
	rm -rf "$work/second"
	expect "without a look at any list, in another store" 0 "$(basename "$env")" \
		"$program" create -c "$channel" --store "$work/second" --lock "$work/$file" "$dir"
	mv "$work/hidden" "$work/conda-forge/linux-64/repodata.json"
done
chmod -R u+w "$work/second"
cat >"$work/pixi.lock" <<END
version: 6
environments:
  default:
    channels:
    - url: $channel/
    packages:
      linux-64:
$(sed -n 's|^\(file:[^#]*\)#.*|      - conda: \1|p' "$work/explicit.txt")
packages:
$(sed -n 's|^\(file:[^#]*\)#sha256:\(.*\)|- conda: \1\n  sha256: \2|p' "$work/explicit.txt")
END
expect "a pixi.lock is read" 0 "$env" "$program" create -c "$channel" --lock "$work/pixi.lock" "$dir"
# Of old, MD5 is all that is told.
sed "s|#sha256:.*||" "$work/explicit.txt" | while read -r line; do
	case $line in file:*) echo "$line#$(md5sum "${line#file://}" | cut -d ' ' -f 1)" ;; *) echo "$line" ;; esac
done >"$work/md5.txt"
expect "whichever digest is told: the same environment" 0 "$env" "$program" create -c "$channel" --lock "$work/md5.txt" "$dir"
check "with a warning" said "known by MD5 alone"
mkdir "$work/aged" && cp -r "$work/conda-forge" "$work/aged"
sed -i 's/, "sha256": "[0-9a-f]*"//g' "$work/aged/conda-forge"/*/repodata.json
for way in first again; do
	rm -rf "$work/fourth/envs" "$work/fourth/locks"
	expect "of a channel that tells no more, $way" 0 "$(basename "$env")" \
		env CONDA_CHANNEL_ALIAS="file://$work/aged" "$program" create --store "$work/fourth" "$dir"
	chmod -R u+w "$work/fourth"
done
expect "a lock of it tells SHA-256" 0 "#sha256:" env CONDA_CHANNEL_ALIAS="file://$work/aged" \
	"$program" lock --store "$work/fourth" -f explicit "$dir"
check "of all" sh -c '! grep "^file:" "$1" | grep -v "#sha256:"' - "$work/out"
model "$dir" conda-forge "python=$minor"
expect "of a venv" 0 "lock-version" lock --python "$python"
expect "or of what channels have for it" 0 "manager: conda" lock --env-manager conda
model "$dir" conda-forge 'tool=2' act
expect "or of a venv all the same" 0 "lock-version" lock --env-manager venv --python "$python"
# Version 7 has names for platforms.
{
	printf 'version: 7\nplatforms:\n- name: win-64\n- name: linux-here\n  subdir: linux-64\n  virtual-packages:\n  - __glibc >=2.17\n'
	sed '1d; s/      linux-64:/      linux-here:/' "$work/pixi.lock"
} >"$work/seven.lock"
expect "of version 7, too" 0 "$env" "$program" create -c "$channel" --lock "$work/seven.lock" "$dir"
sed 's|conda: file://|conda: |' "$work/seven.lock" >"$work/paths.lock"
expect "of a folder by its path" 0 "$env" "$program" create -c "$channel" --lock "$work/paths.lock" "$dir"
expect "which is the user's to name" 5 "place of one machine" "$program" create --lock "$work/paths.lock" "$dir"
{
	sed 's/- name: win-64/&\n- name: linux-there\n  subdir: linux-64/' "$work/seven.lock"
	printf '# nothing else\n'
} | awk '{ print } /^    packages:/ { print "      linux-there: []" }' >"$work/two.lock"
expect "which of two is not guessed" 5 "several platforms that are linux-64: linux-there and linux-here" \
	"$program" create -c "$channel" --lock "$work/two.lock" "$dir"
awk '{ print } /^      linux-here:/ { print "      - conda_source: child[87dc0b8a] @ child" }' "$work/seven.lock" >"$work/source.lock"
expect "nothing is built of sources" 5 "has to be built of its sources" "$program" create -c "$channel" --lock "$work/source.lock" "$dir"
# What pip adds to them: PLACE [DIGEST]
"$maker" "$here/make_wheels.py" "$work/wheels"
commit=0123456789012345678901234567890123456789
beside() {
	awk -v place="$1" '{ print } /conda: file:.*tool-2.0/ && !done { print "      - pypi: " place; done = 1 }' "$work/pixi.lock"
	printf -- "- pypi: %s\n  name: alpha\n  version: '1.0'\n%s" "$1" "${2:+  sha256: $2
}"
}
digest=$(sha256sum "$work/wheels/alpha-1.0-py3-none-any.whl" | cut -d ' ' -f 1)
beside ./wheels/alpha-1.0-py3-none-any.whl "$digest" >"$work/pip.lock"
expect "a wheel beside a pixi.lock" 0 "$store/envs/" "$program" create -c "$channel" --lock "$work/pip.lock" "$dir"
check "is installed" test -f "$(cat "$work/out")/lib/python$minor/site-packages/alpha-1.0.dist-info/METADATA"
refused() { # STATUS WORDS PLACE [DIGEST]
	beside "$3" "${4-}" >"$work/pip.lock"
	expect "not $3" "$1" "$2" "$program" create --offline -c "$channel" --lock "$work/pip.lock" "$dir"
}
refused 5 "alpha is a folder of sources, which no digest tells" ./alpha
refused 5 "alpha is a folder of sources" ./ "$digest"
refused 5 "leaves the lock's folder" ../alpha-1.0-py3-none-any.whl "$digest"
refused 5 "a place of one machine" "file://$work/wheels/alpha-1.0-py3-none-any.whl" "$digest"
refused 5 "has no digest" https://h.example/alpha-1.0-py3-none-any.whl
refused 4 "h.example/alpha-1.0-py3-none-any.whl" "direct+https://h.example/alpha-1.0-py3-none-any.whl" "$(printf '%064d' 0)"
refused 4 "git+https://h.example/alpha@$commit was not built before" "git+https://h.example/alpha?branch=main#$commit"
refused 4 "git+https://h.example/alpha@$commit was not built before" "git+https://h.example/alpha@$commit"
refused 5 "of alpha no commit is named" "git+https://h.example/alpha?branch=main"
refused 5 "a place of one machine" "git+file://$work/alpha?rev=x#$commit"
cp "$work/conda-lock.yml" "$work/git-lock.yml"
printf -- "- name: alpha\n  version: '1.0'\n  manager: pip\n  platform: linux-64\n  url: git+https://h.example/alpha@%s\n  hash:\n    sha256: %s\n" \
	$commit $commit >>"$work/git-lock.yml"
expect "nor in conda-lock's words" 4 "git+https://h.example/alpha@$commit was not built before" \
	"$program" create --offline -c "$channel" --lock "$work/git-lock.yml" "$dir"
sed '/tool-2.0-0/,/category/{/sha256/d}' "$work/conda-lock.yml" >"$work/md5.yml"
expect "MD5 alone is not enough for conda-lock" 5 "tool has no digest of SHA-256" "$program" create -c "$channel" --lock "$work/md5.yml" "$dir"
sed 's/^  default:/  test:/' "$work/pixi.lock" >"$work/other.lock"
expect "one environment of a pixi.lock is read" 5 'it has no environment "default"' "$program" create -c "$channel" --lock "$work/other.lock" "$dir"
sed 's|conda: file:.*/tool-2.0-0.conda|conda: ../tool|' "$work/pixi.lock" >"$work/source.lock"
expect "and no package built of a folder" 5 "has to be built of its sources" "$program" create -c "$channel" --lock "$work/source.lock" "$dir"
sed 's/version: 6/version: 5/' "$work/pixi.lock" >"$work/old.lock"
expect "of the versions that are known" 5 "version 5" "$program" create --lock "$work/old.lock" "$dir"
sed 's/#sha256:./#sha256:f/; s/tool-2.0-0.conda#sha256:.*/&/' "$work/explicit.txt" | sed '/tool-2.0/s/sha256:.../sha256:000/' >"$work/bad.txt"
rm -rf "$work/third"
expect "another digest is refused" 5 "" "$program" create -c "$channel" --store "$work/third" --lock "$work/bad.txt" "$dir"
expect "a folder of this machine has to be the user's channel" 5 "place of one machine" "$program" create --lock "$work/explicit.txt" "$dir"
sed 's/#.*//' "$work/explicit.txt" >"$work/bare.txt"
expect "no digest is refused" 5 "no digest" "$program" create -c "$channel" --lock "$work/bare.txt" "$dir"
for file in conda-lock.yml explicit.txt lock.json; do
	sed 's|/linux-64/|/osx-64/|; s/"subdir":"linux-64"/"subdir":"osx-64"/g' "$work/$file" >"$work/foreign.$file"
	expect "packages of another platform are refused, of $file" 5 "is for osx-64, not linux-64" \
		"$program" create -c "$channel" --lock "$work/foreign.$file" "$dir"
done
sed 's/platform: linux-64/platform: osx-64/; s/^  - linux-64/  - osx-64/' "$work/conda-lock.yml" >"$work/foreign.yml"
expect "nothing is for this one" 5 "no conda packages for this platform" "$program" create -c "$channel" --lock "$work/foreign.yml" "$dir"
cp "$work/explicit.txt" "$dir/pylock.toml"
expect "a model brings no lock of conda packages" 0 "the user's to give" "$program" create --env-manager venv --python "$python" "$dir"
cp "$work/lock.json" "$dir/pylock.toml"
expect "nor one as JSON" 0 "the user's to give" "$program" create --env-manager venv --python "$python" "$dir"
sed 's/"conda":/"con\\u0064a":/' "$work/lock.json" >"$dir/pylock.toml"
expect "however its key is written" 0 "the user's to give" "$program" create --env-manager venv --python "$python" "$dir"
rm "$dir/pylock.toml"
sed 's/"name":"tool"/"name":"tooth"/' "$work/lock.json" >"$work/other.json"
expect "JSON that tells another name than the file is refused" 5 "tool-2.0-0.conda is not tooth 2.0" \
	"$program" create -c "$channel" --lock "$work/other.json" "$dir"
expect "what env show prints is one, too" 0 "$env" sh -c '"$1" env show --json "$2" >"$3/shown.json" && "$1" create -c "$4" --lock "$3/shown.json" "$5"' - \
	"$program" "$(basename "$env")" "$work" "$channel" "$dir"
sed "s/python=$minor/python=2.6/" "$dir/conda.yaml" >"$work/yaml" && mv "$work/yaml" "$dir/conda.yaml"
sed "s/python_version: .*/python_version: 2.6/" "$dir/MLmodel" >"$work/yaml" && mv "$work/yaml" "$dir/MLmodel"
expect "a lock of another Python is stale" 5 "python=2.6" "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
expect "so is one as JSON" 5 "python=2.6" "$program" create -c "$channel" --lock "$work/lock.json" "$dir"
python "python <3"
expect "also where a range is all that is named" 5 "the model needs python <3, and it has another one" \
	"$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
for spec in "python=$minor=1" "python $minor.* *_cpython"; do
	python "$spec" "$minor"
	expect "and where another build is named: $spec" 5 "and it has another one" \
		"$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
done
# Which channel a package is of, its address tells.
python "other::python=$minor" "$minor"
expect "so is one whose python is another channel's" 5 "other::python=$minor is locked of another channel" \
	"$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
expect "also where nothing tells where channels are" 5 "explicit.txt: it does not hold what the model needs: other::python=$minor" \
	env CONDARC=/dev/null "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
printf 'channel_alias: https://h.example\nmirrored_channels: {"other": ["%s"]}\n' "$channel" >"$work/mirrored"
expect "but not one of its mirror" 0 "$env" env CONDARC="$work/mirrored" "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
mkdir "$work/pkgs" && cp -r "$work/conda-forge" "$work/pkgs/main"
sed 's|/conda-forge/|/pkgs/main/|' "$work/explicit.txt" >"$work/vendors.txt"
model "$dir" defaults 'defaults::tool=2' pkgs/main::act
expect "nor one of a vendor's, whatever takes its place" 0 "$env" \
	"$program" create -c "file://$work/pkgs/main" --lock "$work/vendors.txt" "$dir"
model "$dir" conda-forge 'conda-forge::tool=2' other::act
expect "nor is any other package's passed over" 5 "other::act is locked of another channel" \
	"$program" create -c "$channel" --lock "$work/lock.json" "$dir"
model "$dir" conda-forge "$channel::tool=2" conda-forge::act '"*::libdemo"'
expect "by name, by address, by a star" 0 "$env" "$program" create --allow-model-index -c "$channel" --lock "$work/conda-lock.yml" "$dir"
for spec in "python=$minor=0" "python $minor.* *0"; do
	python "$spec" "$minor"
	expect "but not this one: $spec" 0 "$env" "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
done
told() { # SPEC: what of the needs a lock tells
	python "$1" "$minor"
	"$program" lock -f conda-lock "$dir" 2>/dev/null | grep -A 1 content_hash
}
check "locks for them tell of other needs" sh -c '[ -n "$1" ] && [ "$1" != "$2" ]' - "$(told "python=$minor=0")" "$(told "python $minor.* *0")"
python "python <4"
expect "which may hold it" 0 "$env" "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
model "$dir" conda-forge 'tool=2' act '__glibc >=2.17' __linux
expect "what is asked of the machine is in no lock" 0 "$env" "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
expect "nor in the environment" 0 "$env" "$program" create "$dir"
model "$dir" conda-forge 'tool=2' act '__glibc >=999'
expect "where the machine lacks it that is told" 6 "__glibc >=999 is asked for, and this machine has" "$program" create "$dir"
model "$dir" conda-forge 'tool=2' act data
expect "a lock that lacks what is needed is stale" 5 "data" "$program" create -c "$channel" --lock "$work/conda-lock.yml" "$dir"
model "$dir" conda-forge 'tool=1' act
expect "so is one of another version" 5 "another version" "$program" create -c "$channel" --lock "$work/explicit.txt" "$dir"
finish
