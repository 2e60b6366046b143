#!/bin/sh
# conda_mirror.sh - packages of a channel that has several mirrors, of which some lack them or have others
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/conda_lib.sh"
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1 CONDARC="$work/condarc"
unset CONDA_CHANNEL_ALIAS CONDA_CHANNELS CONDA_SUBDIR
"$maker" "$here/make_conda.py" "$work/files/good" "$python" || skip_all "no packages can be made"
cp -r "$work/files/good" "$work/files/empty"
find "$work/files/empty" -name '*.conda' -delete
find "$work/files/empty" -name '*.bz2' -delete
cp -r "$work/files/good" "$work/files/spoilt"
find "$work/files/spoilt" -name '*.conda' -exec sh -c 'printf x | dd of="$1" bs=1 seek=100 conv=notrunc 2>/dev/null' - {} \;

"$maker" "$here/conda_server.py" "$work" >"$work/server" 2>&1 &
server=$!
# A port that is taken, and at which nobody listens.
"$maker" -c 'import signal, socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
signal.pause()' >"$work/taken" &
taken=$!
trap 'kill $server $taken 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
await "$work/ready"
await "$work/taken"
nobody=http://127.0.0.1:$(cat "$work/taken")
url=http://127.0.0.1:$(tr -d '\n' <"$work/ready")
dir=$work/model
mkdir -p "$dir"
printf 'flavors:\n  python_function:\n    loader_module: nobody\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$minor" >"$dir/MLmodel"
printf 'channels:\n- conda-forge\ndependencies:\n- python=%s\n- tool=2\n' "$minor" >"$dir/conda.yaml"

# Their lists are all the same; which has what is told by the log.
create() { # MIRROR...
	{
		printf 'channel_alias: %s\nmirrored_channels:\n  conda-forge:\n' "$nobody"
		for mirror; do printf '  - %s\n' "$mirror"; done
	} >"$CONDARC"
	: >"$work/log"
	chmod -R u+w "$work/store" 2>/dev/null
	rm -rf "$work/store"
	"$program" create "$dir"
}
asked() { grep -q "$@" "$work/log"; }

expect "the first one has all" 0 "/envs/" create "$url/good" "$url/empty"
check "the second is not asked" sh -c '! grep -q /empty/ "$1"' - "$work/log"
expect "the first one lacks the packages" 0 "/envs/" create "$url/empty" "$url/good"
check "it was asked" asked "/empty/linux-64/tool-2.0-0.conda 404"
check "and then the second" asked "/good/linux-64/tool-2.0-0.conda 200"
expect "the first one has others by those names" 0 "/envs/" create "$url/spoilt" "$url/good"
check "the second's are taken" asked "/good/linux-64/tool-2.0-0.conda 200"
expect "the second is a folder" 0 "/envs/" create "$url/empty" "file://$work/files/good"
expect "the first is a folder that lacks them" 0 "/envs/" create "file://$work/files/empty" "$url/good"
mkdir "$work/files/nothing"
expect "the first is a folder without any list" 0 "/envs/" create "file://$work/files/nothing" "$url/good"
expect "which is not even there" 0 "/envs/" create "file://$work/files/nowhere" "file://$work/files/good"
expect "the first server has no list" 0 "/envs/" create "$url/nothing" "$url/good"
check "it was asked for one" asked "/nothing/linux-64/repodata.json 404"
expect "nobody is there, and then a folder" 0 "/envs/" create "$nobody/good" "file://$work/files/good"
expect "nobody is there, and then a folder without a list" 4 "127.0.0.1" create "$nobody/good" "file://$work/files/nothing"
expect "none has a list" 4 "it has no repodata" create "file://$work/files/nothing" "$url/nothing"
expect "the third" 0 "/envs/" create "$url/empty" "$url/spoilt" "$url/good"
expect "none has them" 4 "HTTP status 404" create "$url/empty" "$url/empty"
expect "or another" 5 "sha256 is" create "$url/empty" "$url/spoilt"
check "nothing is left" none "$work/store/tmp" -mindepth 1
finish
