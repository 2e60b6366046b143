#!/bin/sh
# log.sh - models put on MLflow's own tracking servers, of two majors: MLflow lists them, loads them, and predicts as we do
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2086,SC2154
# shellcheck source-path=SCRIPTDIR source=mlflow_server.sh
. "${SRCDIR:-.}/tests/network/mlflow_server.sh"
example=$source/share/examples/iris
cat >"$work/see.py" <<'END'
"""URI NAME INPUT OURS: what the server lists is as MLflow's own client leaves it, and its model predicts as ours did."""
import json, sys
import mlflow, pandas

uri, name, data, ours = sys.argv[1:]
client = mlflow.MlflowClient()
version = client.get_model_version_by_alias(name, "champion")
assert version.status == "READY" and version.tags == {"stage": "trial"}, dict(version)
run = client.get_run(version.run_id)
assert run.info.status == "FINISHED", run.info
if uri.startswith("models:/"):
    model = client.get_logged_model(uri[len("models:/"):])
    assert str(model.status) == "READY" and model.source_run_id == run.info.run_id, model.to_dictionary()
    assert model.tags["stage"] == "trial" and json.loads(model.tags["mlflow.modelVersions"]) == [{"name": name, "version": int(version.version)}]
    assert [o.model_id for o in run.outputs.model_outputs] == [model.model_id], run.outputs
    assert version.source == uri, version.source
else:
    history = json.loads(run.data.tags["mlflow.log-model.history"])
    assert [h["run_id"] for h in history] == [run.info.run_id] and uri == f"runs:/{run.info.run_id}/{history[0]['artifact_path']}", history
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == [history[0]["artifact_path"]]
with open(data) as f:
    frame = pandas.DataFrame(**{k: v for k, v in json.load(f)["dataframe_split"].items() if k in ("columns", "data")})
with open(ours) as f:
    want = json.load(f)["predictions"]
for one in (uri, f"models:/{name}/{version.version}", f"models:/{name}@champion"):
    loaded = mlflow.pyfunc.load_model(one)
    assert loaded.predict(frame).tolist() == want, (one, want)
    assert loaded.metadata.run_id == run.info.run_id
END
logged() { # MODEL INPUT NAME OPTION-OF-RUN...: it is, and run predicts with it as with the folder; its URI is $uri
	model=$1 data=$2 name=$3
	shift 3
	ends 0 "$program" log "$model" --registered-model-name "$name" --alias champion --tag stage=trial --experiment "of $name" || return
	read -r uri <"$work/out"
	ends 0 "$program" run "$model" -i "$data" "$@" || return
	cp "$work/out" "$work/ours"
	ends 0 "$program" run "$uri" -i "$data" "$@" && cmp "$work/out" "$work/ours"
}
seen() { # NAME INPUT
	"$env/bin/python" "$work/see.py" "$uri" "$1" "$2" "$work/ours"
}

# ---- MLflow 3 ----
mlflow_env three 2026-11-20 'mlflow[auth]==3.17.2' 'scikit-learn==1.9.1' 'skops==0.16.0' 'setuptools<81' boto3
three=$env
serve plain $artifacts
plain=$port
export MLFLOW_TRACKING_URI="http://127.0.0.1:$plain"
check "MLflow 3: logged" logged "$example/model" "$example/in.json" iris
check "is what MLflow's client leaves" seen iris "$example/in.json"
check "a second one" ends 0 "$program" log "$example/model" --registered-model-name iris --json
check "is version 2" printed '"version":"2"'
run=$("$env/bin/python" -c 'import mlflow
with mlflow.start_run() as run:
    mlflow.log_params({f"p{i}": i for i in range(150)})
print(run.info.run_id)' 2>/dev/null | grep -xE '[0-9a-f]{32}')
check "into a run of MLflow's" ends 0 "$program" log "$example/model" --run-id "$run"
check "whose parameters are the model's" "$env/bin/python" -c 'import sys, mlflow
model = mlflow.MlflowClient().get_logged_model(sys.argv[1].split("/")[1])
assert len(model.params) == 150 and model.source_run_id == sys.argv[2], model.params' "$(cat "$work/out")" "$run"
expect "a name that MLflow does not like" 4 "INVALID_PARAMETER_VALUE" "$program" log "$example/model" --name a.b
check "MLflow predicts with it" ends 0 "$env/bin/python" -m mlflow models predict -m models:/iris@champion -i "$example/in.json" --env-manager local
check "the same" "$env/bin/python" -c 'import json, sys
assert json.load(open(sys.argv[1])) == json.load(open(sys.argv[2]))' "$work/out" "$work/ours"

serve auth $artifacts --app-name basic-auth
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
expect "with accounts: nobody" 4 "401" "$program" log "$example/model"
export MLFLOW_TRACKING_USERNAME=admin MLFLOW_TRACKING_PASSWORD=a-better-one-1
check "with accounts: logged" logged "$example/model" "$example/in.json" iris
if "$env/bin/python" -c 'import mlflow; mlflow.search_experiments()' 2>"$work/log"; then
	check "is what MLflow's client leaves" seen iris "$example/in.json"
else
	skip "MLflow's own client gets no answer of a server with accounts: $(tail -n 1 "$work/log")"
fi
expect "with accounts: another password" 4 "401" env MLFLOW_TRACKING_PASSWORD=wrong "$program" log "$example/model"
unset MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD

serve folder --default-artifact-root "$work/kept" --no-serve-artifacts
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
check "a folder of this machine" ends 0 "$program" log "$example/model" --registered-model-name iris --alias champion --tag stage=trial
read -r uri <"$work/out"
check "is what MLflow's client leaves" seen iris "$example/in.json"

# ---- artifacts in a bucket ----
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q 'moto[server]' 2>"$work/err" || skip_all "moto cannot be installed"
bucket=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
setsid "$work/venv/bin/moto_server" -H 127.0.0.1 -p "$bucket" >"$work/moto.log" 2>&1 &
servers="$servers $!"
export MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:$bucket" AWS_ACCESS_KEY_ID=AK AWS_SECRET_ACCESS_KEY=SK AWS_DEFAULT_REGION=us-east-1
cp -R "$example/model" "$work/heavy" && head -c 40000000 /dev/urandom >"$work/heavy/a big é+ file.bin"
"$env/bin/python" - "$MLFLOW_S3_ENDPOINT_URL" <<'END' || skip_all "moto does not run"
import sys, time, urllib.request
import boto3
for _ in range(300):
    try:
        urllib.request.urlopen(sys.argv[1]).read()
        break
    except OSError:
        time.sleep(0.1)
boto3.client("s3", endpoint_url=sys.argv[1]).create_bucket(Bucket="models")
END
brought() { # the big file, by MLflow
	"$env/bin/python" -c 'import sys, mlflow
path = mlflow.artifacts.download_artifacts(sys.argv[1]) + "/a big é+ file.bin"
assert open(path, "rb").read() == open(sys.argv[2] + "/a big é+ file.bin", "rb").read()' "$uri" "$work/heavy"
}
serve direct --default-artifact-root s3://models/direct --no-serve-artifacts
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
check "a bucket: logged" logged "$work/heavy" "$example/in.json" iris
check "is what MLflow's client leaves" seen iris "$example/in.json"
check "a big file went in parts" grep -q 'partNumber=3' "$work/moto.log"
check "and is whole" brought
lost=$("$env/bin/python" -c 'import mlflow; print(mlflow.create_experiment("lost", "s3://nothing-is-here/x"))' 2>/dev/null)
expect "no such bucket" 4 "NoSuchBucket" "$program" log "$example/model" --experiment "$lost"

serve proxied --artifacts-destination s3://models/proxied --serve-artifacts
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port" MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE=10000000
: >"$work/moto.log"
check "a bucket behind the server" ends 0 "$program" log "$work/heavy"
read -r uri <"$work/out"
check "gets a big file in parts, from us" grep -q 'partNumber=4' "$work/moto.log"
check "which is whole" brought
unset MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE MLFLOW_S3_ENDPOINT_URL

# ---- MLflow 2 ----
mlflow_env two 2025-08-15 'mlflow[auth]==2.22.2' 'scikit-learn==1.6.1' 'setuptools<81'
"$env/bin/python" - "$work" <<'END' 2>"$work/err" || { tail -n 3 "$work/err"; tap 1 "MLflow 2 saves a model"; finish; }
import json, sys
import mlflow, numpy, pandas
from sklearn.linear_model import LogisticRegression

x = pandas.DataFrame(numpy.random.default_rng(0).random((50, 3)), columns=list("abc"))
mlflow.sklearn.save_model(LogisticRegression().fit(x, (x.a > 0.5).astype(int)), sys.argv[1] + "/older", input_example=x[:5],
                          pip_requirements=["mlflow==2.22.2", "scikit-learn==1.6.1", "setuptools<81"])
with open(sys.argv[1] + "/in.json", "w") as out:
    json.dump({"dataframe_split": json.loads(x[:20].to_json(orient="split", index=False))}, out)
END
serve second $artifacts
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port"
check "MLflow 2: logged" logged "$work/older" "$work/in.json" abc --as-of 2025-08-15
check "is what MLflow's client leaves" seen abc "$work/in.json"
serve second-auth $artifacts --app-name basic-auth
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port" MLFLOW_TRACKING_USERNAME=admin MLFLOW_TRACKING_PASSWORD=a-better-one-1
check "MLflow 2 with accounts: logged" logged "$work/older" "$work/in.json" abc --as-of 2025-08-15
check "is what MLflow's client leaves" seen abc "$work/in.json"
expect "with another password" 4 "401" env MLFLOW_TRACKING_PASSWORD=wrong "$program" log "$work/older"
unset MLFLOW_TRACKING_USERNAME MLFLOW_TRACKING_PASSWORD
export MLFLOW_TRACKING_URI="http://127.0.0.1:$plain"
check "a model of MLflow 2 on a server of MLflow 3" logged "$work/older" "$work/in.json" abc --as-of 2025-08-15
env=$three
check "and copied from there, by its URI" ends 0 "$program" log "$uri" --name copy
finish
