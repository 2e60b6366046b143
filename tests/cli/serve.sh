#!/bin/sh
# serve.sh - serve: the protocol, clients that misbehave, workers that die or hang, the end
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"

# ---- the protocol ----

start
check "paths and methods" client routes "$port"
check "errors are MLflow's objects" client mistakes "$port"
check "content types" client types "$port"
check "requests that come together" client pipeline "$port"
check "chunks, a byte at a time" client chunked "$port"
check "Expect: 100-continue" client expect "$port"
check "HTTP/1.0, and a client that has said all" client old "$port"
check "an answer that is read slowly" client large "$port"
check "what is no HTTP, and what could be two" client rude "$port"
check "slow clients beside good ones" client slow "$port"
check "clients that hang up" client gone "$port" "$server"
check "a thousand at once" client many "$port" "$server"
check "signals that mean nothing" client storm "$port" "$server"
check "a line for each request" grep -qE \
	"^[0-9-]*T[0-9:]*Z 127\\.0\\.0\\.1 \"GET /version\\?x=1\" 200 ${#mlflow} [0-9.]* 0\\.000000\$" "$work/log"
"$python" -c 'import sys; sys.path.insert(0, sys.argv[1]); import serve_client as c; c.Client(sys.argv[2]).ask("GET", "/ping?token=abc%0A&x=1")' \
	"${SRCDIR:-.}/tests/cli" "$port"
check "without what a query should not hold" grep -q '"GET /ping?token=\*\*\*\*&x=1" 200' "$work/log"
expect "a port that is taken, before the model is looked at" 7 "Address already in use" \
	"$program" serve "$work/none" -p "$port"
check "stopped, with 0" stop 0

# ---- workers ----

start --no-access-log
check "killed over a request" client killed "$port"
check "killed at rest" client idle "$port"
check "large ones and small ones" client ways "$port"
check "a model that is noisy at rest" client noise "$port" "$server"
check "deaths among good requests" client mixed "$port" 1
check "what is under way is finished" client drain "$port" "$server"
check "and then it ends, with 0" stopped 0
check "no line for each request" sh -c '! grep -q /invocations "$1"' - "$work/log"
check "the replacement is told" grep -q "warning: a model's process has ended; another is started" "$work/log"

start -t 1
check "one that hangs" client hang "$port"
check "stopped" stop 0

start --max-queue 2 --max-body 2K
check "more requests than may wait" client full "$port"
check "limits of a request" client limits "$port"
check "stopped" stop 0

start -w 2
check "two workers" client two "$port"
check "large ones and small ones" client ways "$port"
check "deaths among good requests" client mixed "$port" 2
check "stopped" stop 0

start --env TEST_FLAG="$work/flag"
check "one that cannot be started again, for a while" client crash "$port" "$work/flag"
check "stopped" stop 0

start --batch
check "large ones and small ones" client ways "$port"
check "stopped" stop 0

start --batch
check "together" client batch "$port"
check "no row for a row" client whole "$port"
check "which is told" grep -q "warning: the model does not answer with a row for each row" "$work/log"
check "stopped" stop 0

start
"$python" -c 'import sys; sys.path.insert(0, sys.argv[1]); import serve_client as c; c.Client(sys.argv[2]).invoke(["sleep", "20", sys.argv[3]])' \
	"${SRCDIR:-.}/tests/cli" "$port" "$work/asleep" >/dev/null 2>&1 &
await "$work/asleep"
kill "$server"
until grep -q ' stopping' "$work/log" || [ ! -e "/proc/$server" ]; do
	sleep 0.05
done
check "a second signal ends it at once" stop 143
wait $! 2>/dev/null

# ---- what it refuses ----

: >"$work/flag"
expect "a model that does not load" 8 "pyfunc-env: model-code: the model could not be loaded: OSError: the flag is up" \
	serve -p 0 --env TEST_FLAG="$work/flag"
expect "a host that is none" 2 "pyfunc-env: usage: cannot listen on 300.1.1.1, port 5000" serve -h 300.1.1.1
expect "a port that is none" 2 "cannot listen on 127.0.0.1, port -1" serve -p -1
expect "no workers" 2 "--workers takes a number from 1 to 256, not 0" serve -w 0
expect "no timeout" 2 "--timeout takes seconds, more than 0, not x" serve -t x
expect "a certificate without a key" 2 "--tls-cert and --tls-key are given together" serve --tls-cert x
expect "a limit that is none" 2 "--max-body takes a size such as 512M, not x" serve --max-body x
expect "MLflow's variables" 2 "cannot listen on nowhere.invalid, port 81" \
	env MLFLOW_HOST=nowhere.invalid MLFLOW_PORT=81 "$program" serve "$model"
expect "-h is the host here" 2 "-h needs a value (HOST)" serve -h
expect "--help is not" 0 "usage: pyfunc-env serve" "$program" serve --help
finish
