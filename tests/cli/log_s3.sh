#!/bin/sh
# log_s3.sh - a model put straight into a bucket, where the tracking server keeps artifacts: signed, in parts, or not at all
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
command -v python3 >/dev/null || skip_all "there is no python3"
cp -R "$SRCDIR/share/examples/iris/model" "$work/model"
mkdir -p "$work/model/deep" "$work/s3/model" "$work/t" && cp -R "$work/model" "$work/t/model" && echo x >"$work/model/deep/a b%20+é.txt" && : >"$work/model/empty"
head -c 40000000 /dev/urandom >"$work/model/weights.bin"
python3 "$SRCDIR/tests/cli/tracking_server.py" "$work/t" 2>"$work/server" &
servers=$!
python3 "$SRCDIR/tests/cli/s3_server.py" "$work/s3" 2>"$work/server" &
servers="$servers $!"
# shellcheck disable=SC2086
trap 'kill $servers 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/t/ready"
await "$work/s3/ready"
read -r port _ <"$work/t/ready"
read -r bucket _ <"$work/s3/ready"
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port/prefix" MLFLOW_HTTP_REQUEST_MAX_RETRIES=1 MLFLOW_TRACKING_TOKEN=t0ken
export MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:$bucket" AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=env/secret
export AWS_EC2_METADATA_DISABLED=true
log() { "$program" log "$@"; }
forget() { rm -rf "$work/s3/buckets"; : >"$work/t/log"; : >"$work/t/calls"; : >"$work/s3/log"; : >"$work/s3/objects"; }
forget

check "a model is logged" ends 0 log "$work/model" --experiment bucket --registered-model-name good
place=$(echo "$work/s3/buckets/models/up/bucket/models"/*/artifacts)
check "all of it is in the bucket" diff -r -x MLmodel "$work/model" "$place"
check "MLmodel says where" grep -q "^artifact_path: 's3://models/up/bucket/models/m-.*/artifacts'$" "$place/MLmodel"
check "and came last" test "$(tail -n 1 "$work/s3/objects" | grep -c MLmodel)" -eq 1
check "a big file came in parts" grep -q 'weights.bin?partNumber=3&uploadId=up%2F0%2B 200 AKENV' "$work/s3/log"
check "text is called text" grep -q 'artifacts/conda.yaml [0-9]* text/plain' "$work/s3/objects"
check "the bucket's key stays there" test "$(grep -c AKENV "$work/t/log")" -eq 0
check "and the server's token with it" test "$(grep -c ' other ' "$work/s3/log")" -eq 0
check "it is registered" grep -q '^model-versions/create ' "$work/t/calls"
forget
check "a bucket of another region" ends 0 log "$work/model" --experiment west
check "has all of it" diff -r -x MLmodel "$work/model" "$(echo "$work/s3/buckets/west/up/west/models"/*/artifacts)"
forget
check "what new objects are made with" ends 0 env MLFLOW_S3_UPLOAD_EXTRA_ARGS='{"StorageClass": "STANDARD_IA"}' "$program" log "$work/model" --experiment bucket
check "is sent with each file" test "$(grep -c STANDARD_IA "$work/s3/objects")" -eq "$(($(wc -l <"$work/s3/objects") - 1))"
check "and with the first word of one in parts" grep -q 'weights.bin .* None$' "$work/s3/objects"
expect "what is not known" 2 "MLFLOW_S3_UPLOAD_EXTRA_ARGS: Metadata is not known here" \
	env MLFLOW_S3_UPLOAD_EXTRA_ARGS='{"Metadata": {}}' "$program" log "$work/model" --experiment bucket

forget
expect "a bucket that takes nothing" 4 "AccessDenied: it says AccessDenied" log "$work/model" --experiment denied --registered-model-name good
check "registers nothing" sh -c "! grep -q model-versions/create '$work/t/calls'"
check "and is rid of the parts that were begun" grep -q '^A DELETE .*weights.bin?uploadId=' "$work/s3/log"
expect "parts that come to nothing, told by 200" 4 "InternalError: it came to nothing" log "$work/model" --experiment late --registered-model-name good
check "register nothing" sh -c "! grep -q model-versions/create '$work/t/calls'"
check "and leave no MLmodel" none "$work/s3/buckets/late" -name MLmodel
forget
check "parts that were begun, and told of by 500" ends 0 log "$work/model" --experiment again
check "are begun anew" test "$(grep -c '^A POST .*weights.bin?uploads ' "$work/s3/log")" -eq 2
check "the others are dropped, and nothing else" test "$(grep -c '^A DELETE .*weights.bin?uploadId=' "$work/s3/log")" -eq 1
check "all of it is there" diff -r -x MLmodel "$work/model" "$(echo "$work/s3/buckets/again/up/again/models"/*/artifacts)"
expect "a wrong key" 4 "SignatureDoesNotMatch" env AWS_SECRET_ACCESS_KEY=wrong "$program" log "$work/model" --experiment bucket
expect "no key" 4 "AccessDenied" env -u AWS_ACCESS_KEY_ID "$program" log "$work/model" --experiment bucket
finish
