#!/bin/sh
# transfers.sh - the acceptance folder's misbehaving server: what a download comes to, and no leak
# SPDX-License-Identifier: Apache-2.0
set -u
script=${PYFUNC_ENV_ACCEPTANCE:-}/hostile/hostile_server.py
if [ ! -f "$script" ] || ! command -v python3 >/dev/null; then
	echo "1..0 # SKIPPED: PYFUNC_ENV_ACCEPTANCE names no folder with a server, or no python3"
	exit 77
fi
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1,localhost
python3 "$script" --ready "$work/ready" --log "$work/log" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
url=$(sed 's/.*A=\([^ ]*\) .*/\1/' "$work/ready") digest=$(sed 's/.*sha256=//' "$work/ready")
secret=$(echo "$url" | sed 's|//|//me:secret@|')

# PATH and the exit status: 0 (and then the right bytes), 4, 5, 9.
cat >"$work/rows" <<END
/ok 0
/ok-chunked 0
/ok-close 0
/ok-gzip 4
/ok-204 4
/ok-empty 5
/range 0
/range-ignored 0
/range-wrong 4
/range-multipart 4
/range-416 0
/range-changed 0
/cut/1000 4
/cut/16384 4
/cut/131072 4
/cut-once 0
/cut-always 4
/cut-chunked 4
/short 4|5
/long 4
/len-neg 4
/len-bad 4
/len-two 4
/len-huge 4
/len-and-te 4|5
/flip 5
/slow/10 4
/stall 4
/stall-headers 4
/drip-headers 4
/reset 4
/status/400 4
/status/403 4
/status/404 4
/status/410 4
/503-then-ok/2 0
/429-retry-after/2 0
/retry-after-date 0
/retry-after-bad 4
/loop 4
/chain/10 0
/chain/11 4
/to-other 0
/to-other-name 0
/to-other-and-back 0
/to-userinfo 4
/to-file 4
/to-ftp 4
/to-gopher 4
/to-data 4
/to-smb 4
/to-relative 0
/to-schemeless 0
/to-none 4
/to-empty 4
/to-bad 4
/to-crlf 4
/gzip-bomb 4
/gzip-bomb-double 4
/gzip-cut 4
/gzip-garbage 4
/enc-unknown 4
/hdr-flood 4
/hdr-huge 4
/hdr-fold 0
/hdr-nul 4
/100-flood 4
/http09 4
/bad-status 4
/h2 4
/cd-traversal 0
/ct-html 5
/cookie 0
/auth 0
/auth-realm-evil 4
/infinite 9
END

for sixteenth in $(seq 15); do echo "/cut/$((sixteenth * 16384))?k=$sixteenth 4"; done >>"$work/rows"

one() { # PATH: its status, and what was said, into files of its own
	into=$work/$(echo "$1" | tr '/?=' _)
	timeout 120 "${BUILDDIR:-.}/tests/cli/index_tool" -w 1 -m 8000000 -s "$digest" -O "$into.got" \
		get "$secret$1" >"$into.out" 2>"$into.err"
	echo $? >"$into.rc"
}
# Sixteen at a time: most of them wait.
batch=
while read -r path _; do
	one "$path" &
	batch="$batch $!"
	# shellcheck disable=SC2086 # a list of numbers
	[ "$(echo $batch | wc -w)" -lt 16 ] || { wait $batch; batch=; }
done <"$work/rows"
# shellcheck disable=SC2086
wait $batch

judge() { # PATH STATUSES
	from=$work/$(echo "$1" | tr '/?=' _)
	cat "$from.err"
	echo "$2" | tr '|' '\n' | grep -qx "$(cat "$from.rc")" || { echo "status $(cat "$from.rc")"; return 1; }
	[ "$2" != 0 ] || [ "$(sha256sum <"$from.got" | cut -c1-64)" = "$digest" ]
}
while read -r path statuses; do
	check "$path: $statuses" judge "$path" "$statuses"
done <"$work/rows"
tool=${BUILDDIR:-.}/tests/cli/index_tool
expect "of a page that points elsewhere no row is taken" 0 "refused:2" "$tool" -i "$secret/index-evil" project demo
expect "TLS with who speaks none" 4 "SSL" "$tool" -T 1 get "$(echo "$secret/ok" | sed 's/^http/https/')"
check "the rest was asked for by range and validator" grep -q '"/cut-once".*"attempt": 2.*"range": "bytes=[0-9]*-".*"if_range": "' "$work/log"
check "credentials went to whom they are for" grep -q '"origin": "A".*"/ok".*"authorization": true' "$work/log"
check "and to nobody else" sh -c '! grep -E "\"origin\": \"B\"|from=" "$1" | grep -E "\"authorization\": true|\"cookie\": true"' - "$work/log"
check "nor are they in what was said" sh -c '! cat "$1"/*.err "$1"/*.out | grep -q secret' - "$work"
check "no escape codes either" sh -c '! cat "$1"/*.err | grep -q "$(printf "\033")"' - "$work"
finish
