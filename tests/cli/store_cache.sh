#!/bin/sh
# store_cache.sh - what gc leaves of the cache, and a store whose disk is full
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels"
store=$work/store manager=venv
count() { find "$store/wheels" -mindepth 1 -maxdepth 1 | wc -l; }
age() { find "$store/wheels" "$store/index" -exec touch -h -d '40 days ago' {} +; }
gc() { "$tool" -s "$store" "$@" gc; }

echo 'r alpha==1.0' >"$work/first"
echo 'r gamma==1.0' >"$work/second"
check "one environment" ends 0 create create "$work/first"
alpha=$(cat "$work/out")
used=$(count)
check "another one" ends 0 create create "$work/second"
gamma=$(cat "$work/out")
all=$(count)
check "which needs wheels of its own" test "$all" -gt "$used"
mkdir -p "$store/index/pages"
echo old >"$store/index/pages/old"
echo new >"$store/index/pages/new"
echo torn >"$store/index/pages/new.0123456789abcdef.tmp"
chmod -R u+w "$store/wheels"
age
touch "$store/index/pages/new"
check "gc" ends 0 gc
check "keeps what environments are made of, however old" test "$(count)" -eq "$all"
check "and young pages" test -e "$store/index/pages/new"
check "old pages are gone, and what was left of writing one" test "$(find "$store/index" -name 'old' -o -name '*.tmp' | wc -l)" -eq 0
check "as it says" printed "pages"
check "the second one is removed" ends 0 "$tool" -s "$store" rm "$(basename "$gamma")"
check "gc" ends 0 gc
check "removes its wheels" test "$(count)" -eq "$used"
check "as it says" printed "wheels"
check "as JSON" ends 0 gc -j
check "with all counts" sh -c 'grep -q "\"wheels\":0,\"conda\":0,\"pages\":0" "$1"' - "$work/out"
check "the first one is whole" ends 0 "$tool" -s "$store" verify
check "removed too" ends 0 "$tool" -s "$store" rm "$(basename "$alpha")"
check "what was looked up is not old" ends 0 create create "$work/first"
check "removed again" ends 0 "$tool" -s "$store" rm "$(basename "$alpha")"
check "gc" ends 0 gc
check "keeps what was used lately" test "$(count)" -eq "$used"
check "gc of all that is older than 0 days" ends 0 gc -d 0
check "does not" test "$(count)" -eq 0
check "the second one can be made again" ends 0 create create "$work/second"

# ---- a full disk ----
cat >"$work/full.sh" <<'END'
mount -t tmpfs -o size=400k tmpfs "$2" || exit 77
head -c "$3" /dev/zero >"$2/ballast"
"$1" -s "$2/store" -p "$4" -m venv create "$5" 2>"$6/err"
rc=$?
[ $rc -eq 7 ] || { echo "status $rc" >&2; exit 1; }
[ -z "$(ls "$2/store/envs" "$2/store/tmp" 2>/dev/null | grep -v :)" ] || exit 2
"$1" -s "$2/store" list >/dev/null || exit 3
rm "$2/ballast"
"$1" -s "$2/store" -p "$4" -m venv create "$5" || exit 4
"$1" -s "$2/store" verify || exit 5
END
mkdir "$work/small"
if unshare -rm sh -c 'mount -t tmpfs tmpfs "$1"' - "$work/small" 2>/dev/null; then
	for ballast in 390000 340000 300000; do
		check "a disk with room for $((400 - ballast / 1024)) KiB ends with 7, and later it works" \
			unshare -rm sh "$work/full.sh" "$tool" "$work/small" $ballast "$python" "$work/first" "$work"
		check "it says what is free" said "KiB are free in"
	done
else
	skip "no file system can be mounted here: a full disk is not tried"
fi
finish
