#!/bin/sh
# tracking_auth.sh - a tracking server behind a gateway of AWS's, and plugins that are another program's
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\|[a-zA-Z]*_proxy\)=.*/\1/p'); do unset "$name"; done
export AWS_EC2_METADATA_DISABLED=true
command -v python3 >/dev/null || skip_all "there is no python3"
cp -R "$SRCDIR/share/examples/iris/model" "$work/model"
mkdir "$work/model/deep" && echo x >"$work/model/deep/a b%20+é.txt"
python3 "$SRCDIR/tests/cli/tracking_server.py" "$work" &
server=$!
trap 'kill $server 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
read -r port _ <"$work/ready"
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port/prefix"
fetch() { "$program" fetch "$@"; }
fetched() { # URI: it is the model, and its folder is printed
	ends 0 fetch "$1" && diff -r "$work/model" "$(cat "$work/out")"
}
forget() { chmod -R u+w "$PYFUNC_ENV_STORE" 2>/dev/null; rm -rf "$PYFUNC_ENV_STORE"; : >"$work/log"; }
all_by() { [ -s "$work/log" ] && ! grep '^A ' "$work/log" | grep -qv " 200 $1\$"; }

forget
export MLFLOW_TRACKING_AWS_SIGV4=true
expect "nobody can sign" 2 "MLFLOW_TRACKING_AWS_SIGV4 is set, and no AWS credentials were found" fetch models:/good/1
export AWS_ACCESS_KEY_ID=AKME AWS_SECRET_ACCESS_KEY="a secret" AWS_DEFAULT_REGION=eu-west-1
check "a model of a server that wants signatures" fetched models:/good/1
check "signs all of it" all_by "signed AKME/eu-west-1/execute-api -"
forget
check "in place of a token, and of a plugin" env MLFLOW_TRACKING_TOKEN=t0ken MLFLOW_TRACKING_AUTH=mine \
	AWS_SESSION_TOKEN=session "$program" fetch models:/good/1
check "with the session's" all_by "signed AKME/eu-west-1/execute-api session"
forget
check "in place of a password" env MLFLOW_TRACKING_USERNAME=me MLFLOW_TRACKING_PASSWORD=pw "$program" fetch models:/good/1
check "which is not sent" all_by "signed AKME/eu-west-1/execute-api -"
forget
check "a model is logged" ends 0 "$program" log "$work/model" --experiment signed
check "each question with its body" test "$(grep -c '^A \(POST\|PUT\) .* 200 signed AKME' "$work/log")" -gt 5
forget
expect "the wrong secret" 4 "PERMISSION_DENIED: the signature does not match" env AWS_SECRET_ACCESS_KEY=x "$program" fetch models:/good/1
check "says whose it was" said "MLFLOW_TRACKING_AWS_SIGV4"
forget
check "what is on another host" fetched models:/foreign/1
check "gets no signature" test "$(grep '^B ' "$work/log" | grep -cv ' -$')" -eq 0

unset MLFLOW_TRACKING_AWS_SIGV4
forget
expect "a plugin in Python" 2 'MLFLOW_TRACKING_AUTH names "mine", a plugin in Python' env MLFLOW_TRACKING_AUTH=mine "$program" fetch models:/good/1
check "nothing was asked" test ! -s "$work/log"
check "without either, nobody signs" fetched models:/good/1
check "at all" all_by -
finish
