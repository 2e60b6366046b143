#!/bin/sh
# serve_doors.sh - serve: certificates, tokens, sockets of the file system, sockets that are passed
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"

# ---- tokens ----

printf 'first-token\n\n second-token \n' >"$work/tokens"
start --token-file "$work/tokens"
check "a token" client token "$port" first-token third-token
check "another" client token "$port" second-token third-token
echo third-token >"$work/tokens"
kill -HUP "$server"
check "read again" client admitted "$port" third-token
check "the old one counts no more" client token "$port" third-token first-token
: >"$work/tokens"
kill -HUP "$server"
check "a file that is none changes nothing" client token "$port" third-token first-token
check "and that is told" grep -q "warning: the tokens stay as they were: .* holds no token" "$work/log"
check "no token is in the log" sh -c '! grep -q "[a-z]*-token" "$1"' - "$work/log"
check "stopped" stop 0
expect "no tokens" 2 "holds no token" serve -p 0 --token-file "$work/tokens"
expect "no file" 7 "$work/none" serve -p 0 --token-file "$work/none"

# ---- TLS ----

if command -v openssl >/dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
		-keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
	start --tls-cert "$work/cert.pem" --tls-key "$work/key.pem"
	check "TLS" client tls "$port" "$work/cert.pem"
	check "it says https" grep -q 'serving on https://127.0.0.1:' "$work/log"
	check "stopped" stop 0
	expect "a key that is none" 2 "cannot use the key $work/tokens" \
		serve -p 0 --tls-cert "$work/cert.pem" --tls-key "$work/tokens"
	expect "no certificate" 2 "cannot use the certificate $work/none" \
		serve -p 0 --tls-cert "$work/none" --tls-key "$work/key.pem"
else
	skip "TLS: there is no openssl to make a certificate"
fi

# ---- sockets ----

start --unix-socket "$work/socket"
check "a socket of the file system" client routes "$work/socket"
expect "one at a time" 7 "cannot listen on $work/socket: Address already in use" serve --uds "$work/socket"
kill -9 "$server"
wait "$server" 2>/dev/null
server=
check "left over" test -S "$work/socket"
start --uds "$work/socket"
check "and replaced" client routes "$work/socket"
check "stopped" stop 0
check "nothing is left of it" test ! -e "$work/socket"
: >"$work/file"
expect "a file is not replaced" 7 "cannot listen on $work/file" serve --uds "$work/file"

check "sockets that are passed" client passed "$program" serve "$model" --env-manager local --python "$python" -q
expect "that are none" 2 "descriptor 3 of LISTEN_FDS is no socket that listens" \
	sh -c 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3</dev/null' - "$program" serve "$model"
check "of another process" sh -c 'LISTEN_PID=1 LISTEN_FDS=1 "$@"; [ $? -eq 2 ]' - "$program" serve "$model" -p x

# ---- the log as objects ----

start --json
check "asked" client routes "$port"
check "stopped" stop 0
check "an object for each request" grep -qE \
	'^\{"schema":"pyfunc-env/1","kind":"access","time":"[^"]*","peer":"127\.0\.0\.1","method":"GET","target":"/ping","status":200,"bytes":1,"microseconds":[0-9]+,"predict_microseconds":0\}$' "$work/log"
finish
