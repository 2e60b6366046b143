#!/bin/sh
# s3.sh - a model of 200 files in another project's S3 server (moto, from the index), as boto3 put it there
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
[ "${PYFUNC_ENV_NETWORK:-}" = 1 ] || skip_all "no network (make check-network)"
[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q 'moto[server]' boto3 2>"$work/err" ||
	skip_all "moto cannot be installed"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$work/venv/bin/moto_server" -H 127.0.0.1 -p "$port" >"$work/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
export MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:$port" AWS_ACCESS_KEY_ID=AK AWS_SECRET_ACCESS_KEY=SK
"$work/venv/bin/python" - "$work" "$SRCDIR/share/examples/iris/model" "$MLFLOW_S3_ENDPOINT_URL" <<'END' || skip_all "moto does not run"
import os, shutil, sys, time, urllib.request
import boto3
work, example, endpoint = sys.argv[1:]
for _ in range(300):
    try:
        urllib.request.urlopen(endpoint).read()
        break
    except OSError:
        time.sleep(0.1)
model = os.path.join(work, "model")
shutil.copytree(example, model)
os.mkdir(os.path.join(model, "data"))
for i in range(200):
    with open(os.path.join(model, "data", f"part {i} é+%41.bin"), "wb") as f:
        f.write(os.urandom(20000))
s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
s3.create_bucket(Bucket="models")
s3.put_object(Bucket="models", Key="a b/model/data/", Body=b"")
for top, _, names in os.walk(model):
    for name in names:
        path = os.path.join(top, name)
        s3.upload_file(path, "models", "a b/model/" + os.path.relpath(path, model))
END
check "it is fetched" ends 0 "$program" fetch "s3://models/a b/model"
check "all of it" diff -r "$work/model" "$(cat "$work/out")"
check "again" ends 0 "$program" fetch "s3://models/a b/model"
expect "deps" 0 "scikit-learn==" "$program" deps "s3://models/a b/model"
expect "no such bucket" 4 "NoSuchBucket" "$program" fetch s3://nothing-here/model
finish
