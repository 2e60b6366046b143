#!/bin/sh
# conda_repodata.sh - what is asked of a conda channel: each way it tells of its packages, once
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
here=${SRCDIR:-.}/tests/cli
tool=${BUILDDIR:-build}/tests/bench/conda_solve
command -v python3 >/dev/null || skip_all "there is no python3"
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1

python3 "$here/conda_server.py" "$work" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
url=http://127.0.0.1:$(tr -d '\n' <"$work/ready")
: >"$work/log"

solve() { # CHANNEL OPTION...
	channel=$1
	shift
	"$tool" -k "$work/cache" "$@" "$url/$channel" demo
}
right='demo 2.0 0 noarch
other 1.5 0 noarch'
solves() { # CHANNEL OPTION...
	solve "$@" >"$work/found" 2>"$work/took" || { cat "$work/found"; return 1; }
	[ "$(cat "$work/found")" = "$right" ]
}
asked() { # PATTERN N
	[ "$(grep -cE -e "$1" "$work/log")" -eq "$2" ] || { cat "$work/log"; return 1; }
}
anew() { : >"$work/log"; }

# ---- each way ----
for way in json zst bz2 shards moved; do
	check "$way: solved" solves $way
done
anew
for way in json zst bz2; do
	check "$way: again" solves $way
	check "$way: asked about in one question" asked "^GET /$way/noarch/repodata.* 304$" 1
	check "$way: and nothing else, but for another subdir" asked "^GET /$way/noarch" 1
done
anew
check "shards: again" solves shards
check "shards: their list is asked about" asked 'repodata_shards.msgpack.zst 304' 1
check "shards: they are kept" asked 'shards/[0-9a-f]* ' 0
rm -rf "$work/cache/shards"/*
anew
check "shards: fetched where they are gone" solves shards
check "shards: those of what is needed" asked '/shards/[0-9a-f]+.msgpack.zst 200' 2
for file in "$work/cache/shards"/*; do echo damaged >>"$file"; done
anew
check "shards: a damaged one is none" solves shards
check "shards: it is fetched again" asked '/shards/[0-9a-f]+.msgpack.zst 200' 2

# ---- how long it is good ----
check "aged" solves aged
anew
check "aged: again" solves aged
check "aged: within its time nothing is asked" asked '/aged/noarch' 0
check "aged: unless it is to be" solves aged -r
check "aged: then it is" asked '/aged/noarch/repodata.json 200' 1
anew
for way in json zst bz2 shards; do
	check "$way: offline" solves $way -o
done
check "offline nothing is asked" asked . 0
expect "offline, and not at hand" 1 "is not at hand" solve unknown -o

# ---- mirrors ----
anew
check "mirrors: the first one has no list" solves "one|$url/aged/shards"
check "mirrors: it was asked for all there are" asked '^GET /one/noarch/repodata.* 404' 4
rm -rf "$work/cache/shards"/*
anew
check "mirrors: again, within its time" solves "one|$url/aged/shards"
check "mirrors: shards are where their list was" asked '^GET /aged/shards/noarch/shards/[0-9a-f]+.msgpack.zst 200' 2
check "mirrors: nothing else is asked" asked . 2
check "mirrors: offline" solves "one|$url/aged/shards" -o
check "mirrors: a list of one that is no more a mirror is none" solves "one|$url/zst"
check "mirrors: the other one is asked" asked '^GET /zst/noarch/repodata.json.zst 200' 1
check "mirrors: a list that has to be asked about" solves "two|$url/zst"
anew
check "mirrors: again" solves "two|$url/zst"
check "mirrors: it is asked about where it came from" asked '^GET /zst/noarch/repodata.json.zst 304' 1
check "mirrors: and nowhere else" asked '^GET /two/noarch' 0
mkdir "$work/files/later"
check "mirrors: a folder without a list" solves "three|file://$work/files/later|$url/zst"
cp -r "$work/files/json/noarch" "$work/files/later"
anew
check "mirrors: by now it has one" solves "three|file://$work/files/later|$url/zst"
check "mirrors: which counts before the server behind it" asked '^GET /zst/noarch' 0
mv "$work/files/zst" "$work/files/away"
cp -r "$work/files/json" "$work/files/two"
check "mirrors: where the list came from it is gone" solves "two|$url/zst"
check "mirrors: the others are asked" asked '^GET /two/noarch/repodata.json 200' 1
rm -rf "$work/files/two"
mv "$work/files/away" "$work/files/zst"

# ---- what is wrong ----
expect "cut short" 1 "repodata.json.zst of channel cut for noarch: " solve cut
expect "not what its digest says" 1 "error: channel evil for noarch, records of demo: shard " "$tool" "$url/evil" demo
expect "no such channel" 1 "there is no channel unknown: it has no repodata" solve unknown
expect "nothing is kept of it" 1 "" test -e "$work/cache/nothing"

# ---- what is not there is forbidden, as of a bucket that is not to be listed ----
check "closed: solved" solves closed
check "closed: with a warning" grep -q "channel closed does not tell what it has for linux-64: it is taken as nothing" "$work/took"
check "closed: each way was tried" asked '^GET /closed/.* 403' 7
anew
check "closed: again" solves closed
check "closed: what was forbidden may be there by now" asked '^GET /closed/linux-64/.* 403' 4
expect "closed: and all of it is" 1 "closed-all/noarch/repodata.json: HTTP status 403" solve closed-all
expect "closed: unless a mirror has it" 0 "demo 2.0 0 noarch" solve "closed-all|$url/closed-all|$url/zst"

# ---- without a cache ----
check "nothing is kept where there is no folder" "$tool" "$url/zst" demo
mkdir "$work/taken"
: >"$work/taken/repodata"
check "nor where its place is taken" solves zst -k "$work/taken"
check "what was removed is gone" sh -c '"$1" "$2/zst" gone | grep -q "gone is asked for, which no channel has"' sh "$tool" "$url"

# ---- two at a time ----
twice() {
	rm -rf "$work/cache"
	solve bz2 >"$work/one" 2>/dev/null &
	solve bz2 >"$work/two" 2>/dev/null && wait $! && cmp "$work/one" "$work/two"
}
check "two processes at once" twice
finish
