#!/bin/sh
# conda_git.sh - what pip adds to conda packages, of repositories and folders: in a conda-lock, and read back equal
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2119,SC2120,SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +eu
export PYFUNC_ENV_STORE="$work/store"
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
command -v git >/dev/null && [ -e "$(git --exec-path)/git-http-backend" ] || skip_all "there is no git, or none that serves over HTTP"
here=$(cd "$here" && pwd)
own=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$maker" "$here/make_conda.py" "$work/conda-forge" "$own" || skip_all "no packages can be made"
"$maker" "$here/make_wheels.py" "$work/wheels"
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export no_proxy=127.0.0.1,localhost CONDARC="$work/condarc"
echo "channel_alias: file://$work" >"$CONDARC"
mkdir -p "$work/repos/demo" "$work/model"
(
	cd "$work/repos/demo" && git init -q -b main && "$maker" "$here/make_tree.py" . demo 1.0 &&
		"$maker" "$here/make_tree.py" sub/inner inner 3.0 && git add -A && git commit -q -m one && git tag -a v1 -m v1
)
commit=$(git -C "$work/repos/demo" rev-parse HEAD)
: >"$work/log"
"$maker" "$here/git_server.py" "$work" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
host=127.0.0.1:$(cat "$work/port")
url=http://$host/git/demo
dir=$work/model
printf 'flavors:\n  python_function:\n    loader_module: nobody\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$minor" >"$dir/MLmodel"
model() { # REQUIREMENT...
	printf 'channels: [conda-forge]\ndependencies:\n- python=%s\n- tool=2\n- pip:\n' "$minor" >"$dir/conda.yaml"
	printf "  - '%s'\n" "$@" >>"$dir/conda.yaml"
}
create() { "$program" create --allow-urls -c "file://$work/conda-forge" "$@" "$dir"; }
lock() { "$program" lock --allow-urls "$@" "$dir"; }
entry() { sed -n "/^- name: '$1'/,/^- /p" "$work/conda-lock.yml"; }
holds() { entry "$1" | grep -qxF -e "$2" || { entry "$1"; return 1; }; }

for asked in "@v1" "@main" "" "@$commit"; do
	model "demo @ git+$url$asked"
	expect "demo$asked: made" 0 "$PYFUNC_ENV_STORE/envs/" create
	env=$(cat "$work/out")
	expect "demo$asked: locked" 0 "manager: pip" lock
	cp "$work/out" "$work/conda-lock.yml"
	check "demo$asked: its commit is its address" holds demo "  url: 'git+$url@$commit'"
	check "demo$asked: and its digest, as conda-lock writes it" holds demo "    sha256: '$commit'"
	check "demo$asked: and what pip is told" holds demo "    url: 'git+$url@$commit'"
	expect "demo$asked: read back, it is the same" 0 "$env" create --lock "$work/conda-lock.yml"
	lock >"$work/again" 2>/dev/null
	check "demo$asked: and written again" cmp "$work/conda-lock.yml" "$work/again"
done
model "inner @ git+$url@v1#subdirectory=sub/inner"
expect "a folder of a repository" 0 "url: 'git+$url@$commit#subdirectory=sub/inner'" lock
cp "$work/out" "$work/conda-lock.yml"
check "the tag is told" grep -qxF "    'pyfunc-env revision of inner': 'v1'" "$work/conda-lock.yml"
create >"$work/made" 2>/dev/null
expect "the same, too" 0 "$(cat "$work/made")" create --lock "$work/conda-lock.yml"
sed '/custom_metadata/,/revision of/d; /^  source:/,/^    url/d' "$work/conda-lock.yml" >"$work/bare.yml"
expect "one that tells no tag, as conda-lock writes it, is as good" 0 "$PYFUNC_ENV_STORE/envs/" create --lock "$work/bare.yml"
sed "s/@$commit#/@main#/" "$work/conda-lock.yml" >"$work/moving.yml"
expect "but no commit, no lock" 5 "of inner no commit is named" create --lock "$work/moving.yml"
sed "s/^\(  *url: 'git+.*\)@$commit/\1@0123456789012345678901234567890123456789/" "$work/bare.yml" >"$work/other.yml"
sed "s/@v1/@$commit/" "$dir/conda.yaml" >"$work/yaml" && mv "$work/yaml" "$dir/conda.yaml"
expect "nor another one than is asked for" 5 "inner" create --lock "$work/other.yml"
model "demo @ git+$url@v1"
expect "@EXPLICIT cannot hold it" 2 "@EXPLICIT cannot hold demo, which is a commit of a repository" lock -f explicit
check "what can is told" said "-f conda-lock"
expect "JSON can" 0 "" lock -f json

# ---- what is nowhere but here ----
model alpha
expect "a wheel of a folder of this machine" 2 "conda-lock cannot hold alpha, which is no file at an address" lock
check "what can is told" said "-f json"
mkdir "$dir/wheels" && cp "$work/wheels"/alpha-1.0-*.whl "$dir/wheels/"
model "./wheels/$(basename "$dir"/wheels/alpha-1.0-*.whl)"
expect "one of the model's own" 2 "conda-lock cannot hold alpha, which is no file at an address" lock
for what in "of the model's own" "of a folder here"; do
	expect "JSON, $what" 0 "" lock -f json
	cp "$work/out" "$work/lock.json"
	create >"$work/made" 2>/dev/null
	expect "the same, $what" 0 "$(cat "$work/made")" create --lock "$work/lock.json"
	model alpha
done
finish
