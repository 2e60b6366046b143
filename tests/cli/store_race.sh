#!/bin/sh
# store_race.sh - eight processes that want one environment; processes killed at any point
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/common.sh"
"$maker" "$here/make_wheels.py" "$W/wheels" 8
manager=$first
store="$W/the store"
printf 'r many\nr alpha\n' >"$W/needs"

# ---- eight at once: one build ----
i=0 pids=
while [ $i -lt 8 ]; do
	create create "$W/needs" >"$W/out.$i" 2>"$W/err.$i" &
	pids="$pids $!"
	i=$((i + 1))
done
bad=0
for pid in $pids; do wait "$pid" || bad=$((bad + 1)); done
ok "all eight end well" test $bad -eq 0
ok "with the same answer" test "$(cat "$W"/out.* | sort -u | wc -l)" -eq 1
ok "one of them resolved" test "$(cat "$W"/err.* | grep -c resolving)" -eq 1
ok "one of them built" test "$(cat "$W"/err.* | grep -c installing)" -eq 1
ok "each other gave at most one notice" test "$(grep -c 'waiting for another process' "$W"/err.* | grep -vc ':[01]$')" -eq 0
ok "nothing is left in tmp" none "$store/tmp" -mindepth 1
ok "the environment is good" fails 0 "$tool" -s "$store" verify
env=$(cat "$W/out.0")
list() { (cd "$1" && find . -type f ! -name '*.pyc' ! -name 'uv_cache.json' ! -name RECORD ! -name 'verified-*' ! -name manifest.json ! -path './bin/*' -exec sha256sum {} + | sort -k2); }
list "$env" >"$W/undisturbed"

# ---- killed at many points between nothing and the end ----
start=$(date +%s%N)
store=$W/measure
create create "$W/needs" >/dev/null 2>&1
span=$((($(date +%s%N) - start) / 1000000))
store="$W/killed store"
# pip is slow: fewer points with it
points=20
[ "$manager" = uv ] || points=6
i=0 survived=0 half=0
while [ $i -lt $points ]; do
	setsid "$tool" -s "$store" -p "$python" -m "$manager" create "$W/needs" >/dev/null 2>&1 &
	pid=$!
	ms=$((span * (i + 1) / points))
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -9 "$pid" 2>/dev/null || survived=$((survived + 1))
	wait "$pid" 2>/dev/null || :
	if [ -d "$store" ]; then
		"$tool" -s "$store" verify >"$W/verify.out" 2>&1 || { half=$((half + 1)); cat "$W/verify.out" >>"$W/half"; }
	fi
	# every other time from nothing, otherwise on top of what the killed one left
	if [ $((i % 2)) -eq 0 ]; then rm -rf "$store"/envs/* 2>/dev/null || { chmod -R u+w "$store"; rm -rf "$store"/envs/*; }; fi
	i=$((i + 1))
done
echo "# $points points in $span ms, $survived were finished before"
ok "no half environment was ever to be seen" test $half -eq 0
ok "the next one ends well" fails 0 create create "$W/needs"
env=$(cat "$W/out")
ok "and is good" fails 0 "$tool" -s "$store" verify
list "$env" >"$W/disturbed"
ok "and is what an undisturbed one is" cmp "$W/undisturbed" "$W/disturbed"
find "$store/tmp" -mindepth 1 -maxdepth 1 -exec touch -d '2 days ago' {} +
ok "gc removes what the killed ones left" fails 0 "$tool" -s "$store" gc
ok "all of it" none "$store/tmp" -mindepth 1

# ---- signals ----
for pair in INT:2 TERM:15 HUP:1; do
	signal=${pair%:*} number=${pair#*:}
	store="$W/signal $signal"
	"$tool" -s "$store" -p "$python" -m "$manager" create "$W/needs" >/dev/null 2>"$W/err" &
	pid=$!
	sleep 0.1
	kill -$signal $pid 2>/dev/null || :
	got=0
	wait $pid || got=$?
	# a background job of a shell has SIGINT ignored; it then ends well
	ok "SIG$signal: ends with its status, or was too late" \
		sh -c '[ "$1" -eq $((128 + $2)) ] || [ "$1" -eq 0 ]' - $got "$number"
	ok "SIG$signal: nothing is left in tmp" none "$store/tmp" -mindepth 1
done
finish
