#!/bin/sh
# tracking_auth.sh - a tracking server behind a gateway of AWS's, and plugins that are another program's
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
mkdir "$work/model/deep" && echo x >"$work/model/deep/a b%20+é.txt"
serve tracking_server.py
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port/prefix"
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
