#!/bin/sh
# cache.sh - the command cache: where it is, how much it takes, what prune and clean leave
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels"
store=$work/store manager=venv
cache() { "$program" cache "$@" --store "$store"; }
count() { find "$store/wheels" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l; }
everything() { find "$store" ! -type d -printf '%i %n %P %s\n' | LC_ALL=C sort; }
whole() { "$tool" -s "$store" verify; }
age() { find "$store" -path "$store/[wib]*" -exec touch -h -d '40 days ago' {} +; }

# What `size` says of a kind: its bytes.
told() { sed -n "s/^$1  *[0-9][0-9]*  *\([0-9][0-9]*\)  .*/\1/p" "$work/out"; }
# Each inode once, of these folders.
bytes() { find "$@" ! -type d -printf '%i %s\n' | sort -u | awk '{ n += $2 } END { print n + 0 }'; }

expect "no action" 2 'cache needs one of dir, size, prune, clean' cache
expect "another one" 2 'the action must be one of dir' cache purge
expect "dir takes no name" 2 'cache dir takes no name' cache dir alpha
check "where it is" ends 0 cache dir
check "is told" printed "$store"
check "the size of what is not there" ends 0 cache size
check "is nothing" test "$(told total)" -eq 0
check "nothing to prune" ends 0 cache prune
check "is nothing to tell of" test ! -s "$work/out"
check "nothing to clean" ends 0 cache clean

echo 'r alpha==1.0' >"$work/first"
echo 'r gamma==1.0' >"$work/second"
check "an environment" ends 0 create create "$work/first"
check "another" ends 0 create create "$work/second"
gamma=$(basename "$(cat "$work/out")")
mkdir -p "$store/index/pages" "$store/built"
printf 12345 >"$store/index/pages/page"
sha=$(printf '%064d' 7)
built=$store/built/$sha-cpython-311-0123456789abcdef
printf '{"wheel":{"file":"demo-1.0-py3-none-any.whl","sha256":"%064d"}}' 8 >"$built.json"
printf 'Name: demo\n' >"$built.metadata"

check "size" ends 0 cache size
check "counts what has several names once" test "$(told total)" -eq "$(bytes "$store")"
check "as the cache's" test "$(($(told wheels) + $(told 'byte code')))" -eq "$(bytes "$store/wheels")"
check "byte code apart" test "$(told 'byte code')" -eq \
	"$(bytes "$store"/wheels/*/pyc-*)"
check "pages" test "$(told index)" -eq "$(bytes "$store/index")"
check "size as JSON" ends 0 cache size --json
check "which is valid, and adds up" "$maker" -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert d["kind"] == "cache-size" and d["store"] == sys.argv[2], d
assert sum(s["bytes"] for s in d["sizes"]) == d["total"]["bytes"] > 0, d
assert sum(s["files"] for s in d["sizes"]) == d["total"]["files"] > 0, d' "$work/out" "$store"

# ---- prune ----
all=$(count)
check "prune of young things" ends 0 cache prune
check "leaves wheels" test "$(count)" -eq "$all"
check "pages" test -e "$store/index/pages/page"
check "what was built" test -e "$built.metadata"
check "an environment goes" ends 0 "$program" env rm "$gamma" --store "$store"
age
everything >"$work/before"
check "a dry run" ends 0 cache prune -n
check "tells what would go" sh -c 'grep -qx "would remove [1-9][0-9]* wheels, [1-9][0-9]* pages, 2 built (.*)" "$1"' - "$work/out"
sed 's/would remove/removed/' "$work/out" >"$work/dry"
everything >"$work/after"
check "and removes nothing" cmp "$work/before" "$work/after"
check "nor does one of gc" ends 0 "$program" env gc --dry-run --older-than 0 --store "$store"
check "which tells of environments, too" printed "would remove "
everything >"$work/after"
check "and removes nothing" cmp "$work/before" "$work/after"
check "prune" ends 0 cache prune
check "removes just that" cmp "$work/dry" "$work/out"
check "the wheels of no environment" test "$(count)" -lt "$all"
check "pages" test ! -e "$store/index/pages/page"
check "what was built" none "$store/built" -type f
check "not those of one, however old" test "$(count)" -gt 0
check "which is whole" ends 0 whole
check "prune as JSON" ends 0 cache prune --json
check "is an object with all counts" "$maker" -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert d["kind"] == "cache-prune" and d["dry_run"] is False
assert all(d[k] == 0 for k in ("leftovers", "logs", "wheels", "pages", "built", "bytes")), d' "$work/out"

# ---- clean ----
check "the second again" ends 0 create create "$work/second"
all=$(count)
check "clean of one project" ends 0 cache clean GAMMA
check "removes its wheel alone" test "$(count)" -eq $((all - 1))
check "clean of one that is not there" ends 0 cache clean nothing
check "removes nothing" test "$(count)" -eq $((all - 1))
check "which is made again" ends 0 create create "$work/second"
printf '{"wheel":{"file":"demo-1.0-py3-none-any.whl","sha256":"%064d"}}' 8 >"$built.json"
sleep 0.1 # what was written in the clock's last tick stays
check "clean of a project that was built" ends 0 cache clean demo
check "removes its record" test ! -e "$built.json"
before=$(bytes "$store/envs")
check "a dry run of clean" ends 0 cache clean --dry-run
check "tells" printed "would remove"
check "no more" test "$(count)" -gt 0
check "clean" ends 0 cache clean
check "leaves no wheel" test "$(count)" -eq 0
check "but environments" test "$(bytes "$store/envs")" -eq "$before"
check "which are whole" ends 0 whole
check "size" ends 0 cache size
check "counts them as their own" test "$(told environments)" -eq "$before"
check "what has a record is found" ends 0 create create "$work/first"
check "and leaves the cache empty" test "$(count)" -eq 0

# ---- links by name ----
store=$work/links
check "an environment of links by name" ends 0 create -S create "$work/second"
linked=$(count)
check "and one that has its own" ends 0 create create "$work/first"
check "clean" ends 0 cache clean
check "keeps what is linked by name" test "$(count)" -eq "$linked"
check "so that it is whole" ends 0 whole

# ---- beside a build ----
store=$work/busy
check "an environment" ends 0 create create "$work/second"
check "goes" ends 0 "$program" env rm "$(basename "$(cat "$work/out")")" --store "$store"
young=$(count)
mkdir "$store/tmp/build"
check "a build that has just begun" ends 0 cache clean
check "keeps what it may have looked up" test "$(count)" -eq "$young"
touch -d '2 hours ago' "$store/tmp/build"
flock --no-fork "$store/tmp/build" sleep 60 &
holder=$!
until ! flock -n "$store/tmp/build" true; do sleep 0.1; done
check "so does one that is held" ends 0 cache prune --older-than 0
check "whatever is asked for" test "$(count)" -eq "$young"
age
check "not what is older than a day" ends 0 cache clean
check "by far" test "$(count)" -eq 0
check "its folder is its own" test -d "$store/tmp/build"
kill "$holder"
wait "$holder" 2>/dev/null || :
check "what is held no more" ends 0 cache clean
check "is a leftover" printed "1 leftovers"

# ---- models that were fetched ----
store=$work/fetched
model() { printf "%064d" "$1"; }
mkdir -p "$store/models/uris"
for i in 1 2 3 4; do mkdir -p "$store/models/$(model $i)/tree" && echo x >"$store/models/$(model $i)/tree/MLmodel"; done
mkdir -p "$store/models/$(model 5).part/at" "$store/models/$(model 6).part/at"
echo '{}' >"$store/models/uris/old" && echo '{}' >"$store/models/uris/new"
touch -d '40 days ago' "$store/models/$(model 1)" "$store/models/$(model 2)" "$store/models/$(model 5).part" \
	"$store/models/$(model 6).part" "$store/models/uris/old"
flock --no-fork -s "$store/models/$(model 2)" sleep 60 &
holder=$!
flock --no-fork "$store/models/$(model 6).lock" sleep 60 &
fetcher=$!
until ! flock -n "$store/models/$(model 2)" true && ! flock -n "$store/models/$(model 6).lock" true; do sleep 0.1; done
check "their size is told" ends 0 cache size
check "as models" grep -q '^models  *7 ' "$work/out"
check "prune" ends 0 cache prune
check "takes the old ones" printed "2 models"
check "whole and in part" test ! -e "$store/models/$(model 1)" -a ! -e "$store/models/$(model 5).part" -a ! -e "$store/models/uris/old"
check "not those that are in use, being fetched, or young" test -e "$store/models/$(model 2)" -a -e "$store/models/$(model 6).part" \
	-a -e "$store/models/$(model 3)" -a -e "$store/models/uris/new"
kill "$holder" "$fetcher"
wait "$holder" "$fetcher" 2>/dev/null || :
check "clean" ends 0 cache clean
check "takes all" none "$store/models" -name MLmodel
finish

# ---- gc of environments and of their wheels ----
gc() { "$program" env gc --older-than 0 --store "$store" "$@"; }
check "wheels of environments that stay" ends 0 create create "$work/second"
check "are not what others are made of" ends 0 create create "$work/first"
sleep 0.1
check "a dry run of gc" ends 0 gc --json --dry-run
cp "$work/out" "$work/dry"
check "gc" ends 0 gc --json
check "frees what was told" "$maker" -c 'import json, sys
dry, real = (json.load(open(name)) for name in sys.argv[1:])
assert dry.pop("dry_run") is True and real.pop("dry_run") is False
assert dry == real and len(real["removed"]) == 2 and real["wheels"] >= 2, (dry, real)
assert real["bytes"] > 0, real' "$work/dry" "$work/out"
check "of wheels" none "$store/wheels" -type f
