#!/bin/sh
# serve.sh - 200,000 requests to the scoring server: none lost, and its memory stays as it was
# SPDX-License-Identifier: Apache-2.0
#
# A tenth of them are malformed, a tenth fail in the model. SOAK_REQUESTS says how many.
# shellcheck source-path=SCRIPTDIR source=../cli/serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"
load=${BUILDDIR:-.}/tests/bench/load
requests=${SOAK_REQUESTS:-200000}

for i in 1 2 3 4 5 6 7 8; do echo "{\"inputs\": [$i, 2, 3]}" >"$work/$i.json"; done
echo '{"inputs": [1, 2' >"$work/9.json"
echo '{"inputs": ["raise"]}' >"$work/10.json"
ask() { "$load" -c "$1" -n "$2" "$port" "$work"/[0-9].json "$work/10.json"; }

rss() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }
opened() { find "/proc/$1/fd" | wc -l; }
within() { # NAME BEFORE AFTER PERCENT KIB
	echo "$1: $2 KiB before, $3 KiB after"
	[ "$3" -le $(($2 + $2 * $4 / 100 + $5)) ]
}

soak() { # NAME OPTIONS...
	name=$1
	shift
	start --no-access-log "$@"
	ask 16 $((requests / 5)) >/dev/null
	worker=$(client worker "$port")
	front_before=$(rss "$server") worker_before=$(rss "$worker") fds_before=$(opened "$server")
	ask 16 "$requests" >"$work/told"
	read -r answered good rate median _ slow <"$work/told"
	echo "# $name: $rate requests a second, median $median us, 99 of 100 within $slow us"
	check "$name: $requests requests, each answered, eight of ten by 200" \
		[ "$answered $good" = "$requests $((requests / 10 * 8))" ]
	front_after=$(rss "$server") worker_after=$(rss "$worker")
	echo "# $name: server $front_before to $front_after KiB, worker $worker_before to $worker_after KiB"
	check "$name: the server's memory" within server "$front_before" "$front_after" 1 256
	check "$name: the worker's memory" within worker "$worker_before" "$worker_after" 1 256
	check "$name: its descriptors" [ "$(opened "$server")" -le $((fds_before + 1)) ]
	check "$name: no worker was replaced" [ "$(client worker "$port")" = "$worker" ]
	check "$name: stopped" stop 0
}

soak "one by one"
soak "together" --batch
finish
