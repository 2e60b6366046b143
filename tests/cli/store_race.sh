#!/bin/sh
# store_race.sh - eight processes that want one environment; processes killed at any point
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels" 8
manager=$first
store="$work/the store"
printf 'r many\nr alpha\n' >"$work/needs"

# ---- eight at once: one build ----
i=0 pids=
while [ $i -lt 8 ]; do
	create create "$work/needs" >"$work/out.$i" 2>"$work/err.$i" &
	pids="$pids $!"
	i=$((i + 1))
done
bad=0
for pid in $pids; do wait "$pid" || bad=$((bad + 1)); done
check "all eight end well" test $bad -eq 0
check "with the same answer" test "$(cat "$work"/out.* | sort -u | wc -l)" -eq 1
check "one of them resolved" test "$(cat "$work"/err.* | grep -c resolving)" -eq 1
check "one of them built" test "$(cat "$work"/err.* | grep -c installing)" -eq 1
check "each other gave at most one notice" test "$(grep -c 'waiting for another process' "$work"/err.* | grep -vc ':[01]$')" -eq 0
check "nothing is left in tmp" none "$store/tmp" -mindepth 1
check "the environment is good" ends 0 "$tool" -s "$store" verify
env=$(cat "$work/out.0")
list() { (cd "$1" && find . -type f ! -name '*.pyc' ! -name 'uv_cache.json' ! -name RECORD ! -name 'verified-*' ! -name manifest.json ! -path './bin/*' -exec sha256sum {} + | sort -k2); }
list "$env" >"$work/undisturbed"

# Processes that are of this store, by their words, their folders or their programs.
at_work() {
	grep -lsF "$store" /proc/[0-9]*/cmdline
	find /proc/[0-9]*/cwd /proc/[0-9]*/exe -lname "*$store*" 2>/dev/null
}
ended() {
	tries=0
	while [ -n "$(at_work)" ]; do
		tries=$((tries + 1))
		[ $tries -lt 300 ] || { at_work; return 1; }
		sleep 0.1
	done
}

# ---- killed at many points between nothing and the end ----
start=$(date +%s%N)
store=$work/measure
create create "$work/needs" >/dev/null 2>&1
span=$((($(date +%s%N) - start) / 1000000))
store="$work/killed store"
# pip is slow: fewer points with it
points=20
[ "$manager" = uv ] || points=6
i=0 survived=0 half=0
while [ $i -lt $points ]; do
	setsid "$tool" -s "$store" -p "$python" -m "$manager" create "$work/needs" >/dev/null 2>&1 &
	pid=$!
	ms=$((span * (i + 1) / points))
	sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
	kill -9 "$pid" 2>/dev/null || survived=$((survived + 1))
	wait "$pid" 2>/dev/null || :
	if [ -d "$store" ]; then
		"$tool" -s "$store" verify >"$work/verify.out" 2>&1 || { half=$((half + 1)); cat "$work/verify.out" >>"$work/half"; }
	fi
	# every other time from nothing, otherwise on top of what the killed one left
	if [ $((i % 2)) -eq 0 ]; then rm -rf "$store"/envs/* 2>/dev/null || { chmod -R u+w "$store"; rm -rf "$store"/envs/*; }; fi
	i=$((i + 1))
done
echo "# $points points in $span ms, $survived were finished before"
check "nobody works on for one that is dead" ended
check "no half environment was ever to be seen" test $half -eq 0
check "the next one ends well" ends 0 create create "$work/needs"
env=$(cat "$work/out")
check "and is good" ends 0 "$tool" -s "$store" verify
list "$env" >"$work/disturbed"
check "and is what an undisturbed one is" cmp "$work/undisturbed" "$work/disturbed"
find "$store/tmp" -mindepth 1 -maxdepth 1 -exec touch -d '2 days ago' {} +
check "gc removes what the killed ones left" ends 0 "$tool" -s "$store" gc
check "all of it" none "$store/tmp" -mindepth 1

# ---- signals ----
for pair in INT:2 TERM:15 HUP:1; do
	signal=${pair%:*} number=${pair#*:}
	store="$work/signal $signal"
	"$tool" -s "$store" -p "$python" -m "$manager" create "$work/needs" >/dev/null 2>"$work/err" &
	pid=$!
	sleep 0.1
	kill -$signal $pid 2>/dev/null || :
	got=0
	wait $pid || got=$?
	# a background job of a shell has SIGINT ignored; it then ends well
	check "SIG$signal: ends with its status, or was too late" \
		sh -c '[ "$1" -eq $((128 + $2)) ] || [ "$1" -eq 0 ]' - $got "$number"
	check "SIG$signal: nothing is left in tmp" none "$store/tmp" -mindepth 1
done
finish
