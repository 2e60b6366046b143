#!/bin/sh
# log.sh - a model put on a tracking server: its files, what the server is told, and all that may go wrong
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\)=.*/\1/p'); do unset "$name"; done
command -v python3 >/dev/null || skip_all "there is no python3"
cp -R "$SRCDIR/share/examples/iris/model" "$work/model"
mkdir -p "$work/model/deep/er" "$work/model/code/__pycache__" && echo x >"$work/model/deep/er/a b%20é.txt"
: >"$work/model/empty" && echo x >"$work/model/code/m.py" && echo x >"$work/model/code/__pycache__/m.pyc" && echo x >"$work/model/registered_model_meta"
ln -s er/../../empty "$work/model/deep/link"
cp -R "$work/model" "$work/before"
python3 "$SRCDIR/tests/cli/tracking_server.py" "$work" 2>"$work/server" &
server=$!
trap 'kill $server 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
read -r port _ auth old <"$work/ready"
export MLFLOW_TRACKING_URI="http://127.0.0.1:$port/prefix/" MLFLOW_HTTP_REQUEST_MAX_RETRIES=1
log() { "$program" log "$@"; }
forget() { rm -rf "$work/stored"; : >"$work/log"; : >"$work/calls"; }
calls() { cut -d' ' -f1 "$work/calls" | sed 's/m-[0-9a-z]*/ID/' | tr '\n' ' '; }
told() { grep -qF -e "$1" "$work/calls"; }
untold() { ! told "$1"; }
# A copy is the model, but for MLmodel.
same() { # DIR
	diff -r -x MLmodel -x __pycache__ -x registered_model_meta "$work/model" "$1"
}
forget

# ---- MLflow 3 ----
expect "a model is logged" 0 "models:/m-0000" log "$work/model" --experiment plain --name iris --registered-model-name good \
	--alias champion --alias new --tag stage=trial --tag 'note=a=b'
check "in this order" test "$(calls)" = "experiments/create runs/create logged-models logged-models/ID runs/outputs runs/update \
registered-models/create model-versions/create logged-models/ID/tags registered-models/alias registered-models/alias "
check "all of its files" same "$work/stored/plain/models/m-0000/artifacts"
check "MLmodel last" test "$(grep -c . "$work/log")" -gt 0 -a "$(grep ' PUT ' "$work/log" | tail -n 1 | grep -c MLmodel)" -eq 1
check "not what Python leaves behind" none "$work/stored" -name '*.pyc' -o -name registered_model_meta
check "the folder stays as it was" diff -r "$work/before" "$work/model"
for line in "model_id: 'm-0000'" "model_uuid: 'm-0000'" "artifact_path: 'mlflow-artifacts:/plain/models/m-0000/artifacts'" \
	"run_id: '0002'" "$(grep utc_time_created "$work/model/MLmodel")"; do
	check "MLmodel says $line" grep -qxF "$line" "$work/stored/plain/models/m-0000/artifacts/MLmodel"
done
check "and the rest as before" python3 -c 'import sys
a, b = (sorted(l for l in open(p) if l.split(":")[0] not in ("model_id", "model_uuid", "artifact_path", "run_id", "utc_time_created")) for p in sys.argv[1:])
assert a == b and len(a) > 20' "$work/model/MLmodel" "$work/stored/plain/models/m-0000/artifacts/MLmodel"
check "the server is told of its tags" told '{"key": "note", "value": "a=b"}'
check "of the run's parameters" told '"params": [{"key": "depth", "value": "3"}]'
check "that it is ready" told '"status": "LOGGED_MODEL_READY"'
check "what the run has made" told 'runs/outputs {"run_id": "0002", "models": [{"model_id": "m-0000", "step": 0}]}'
check "that the run is finished" told '"status": "FINISHED"'
check "what is registered" told '"source": "models:/m-0000", "run_id": "0002", "model_id": "m-0000"'
check "as what" told '{"name": "good", "alias": "new", "version": "7"}'
check "what we read there is a model" ends 0 "$program" deps models:/m-0000
forget
expect "as JSON" 0 '"registered_model":"fresh","version":"7","aliases":[]' log "$work/model" --experiment plain --registered-model-name fresh --json
check "with what the server has of it" printed '"creation_timestamp":"1700000000123","params":[{"key":"depth","value":"3"}],"tags":[{"key":"mlflow.user"'
check "with its schema" printed '{"schema":"pyfunc-env/1","kind":"log","uri":"models:/m-0001","model_id":"m-0001","run_id":"0003","experiment_id":"plain","artifact_uri":"mlflow-artifacts:/plain/models/m-0001/artifacts"'
forget
check "into a run" ends 0 log -m "$work/model" --run-id 0given
check "which is neither made nor ended" test "$(calls)" = "logged-models logged-models/ID runs/outputs "
forget
check "with its step, type and parameters" ends 0 log "$work/model" --run-id 0measured --step 1 --model-type 'a tree' --param k=a=b --param depth=9
check "the server is told of the type" told '"model_type": "a tree"'
check "and the parameters, of which the run's count" told '"params": [{"key": "k", "value": "a=b"}, {"key": "depth", "value": "3"}]'
check "and of the step" told '"step": 1}]'
check "what was measured there is the model's" told 'runs/log-batch {"run_id": "0measured", "metrics": [{"key": "loss", "value": 0.25, "timestamp": "7", "step": "1", "dataset_name": "d", "run_id": "0measured", "model_id": "m-'
check "and nothing else" test "$(grep -c log-batch "$work/calls")" -eq 1 -a "$(grep -o '"key": "loss"' "$work/calls" | wc -l)" -eq 1
forget
expect "into a logged model that is there" 0 "models:/m-there" log "$work/model" --model-id m-there --registered-model-name good
check "in this order" test "$(calls)" = "logged-models/ID logged-models/ID/tags/mlflow.model.isExternal \
registered-models/create model-versions/create logged-models/ID/tags "
check "without a run" sh -c '! grep -q run_id "$1"/stored/plain/models/m-there/artifacts/MLmodel' - "$work"
expect "one that is no id" 2 "Invalid model ID" log "$work/model" --model-id m-none/x
expect "that has its name" 2 "give --model-id alone" log "$work/model" --model-id m-there --name x
expect "a step that is none" 2 "--step takes a number" log "$work/model" --step one
: >"$work/calls"
check "named by the environment" ends 0 env MLFLOW_RUN_ID=0given "$program" log "$work/model"
check "no other is made" untold runs/create
expect "one that is not there" 4 "RESOURCE_DOES_NOT_EXIST: Run with id=0none not found" log "$work/model" --run-id 0none
check "Default" ends 0 log "$work/model"
check "is experiment 0" told '"experiment_id": "0"'
check "by its id" ends 0 log "$work/model" --experiment 0
check "by the environment's name" ends 0 env MLFLOW_EXPERIMENT_NAME=named "$program" log "$work/model"
check "which is made" told 'experiments/create {"name": "named"}'
check "by the environment's id" ends 0 env MLFLOW_EXPERIMENT_ID=named "$program" log "$work/model"
forget
check "a server that is busy at first" ends 0 log "$work/model" --experiment busy
check "gets everything" same "$work/stored/busy/models/$(ls "$work/stored/busy/models")/artifacts"
check "a version that takes a while" ends 0 log "$work/model" --experiment plain --registered-model-name pending --alias a
check "has its alias" told '"alias": "a"'
cp -R "$work/model" "$work/undated" && sed -i '/utc_time_created/d' "$work/undated/MLmodel"
forget
check "without a day" ends 0 log "$work/undated" --experiment plain
check "it gets one" grep -qE "^utc_time_created: '20[0-9-]{8} [0-9:]{8}\.[0-9]{6}'$" "$work/stored/plain/models"/*/artifacts/MLmodel

# ---- before MLflow 3 ----
forget
expect "an older server" 0 "runs:/" env MLFLOW_TRACKING_URI="http://127.0.0.1:$old/prefix" "$program" log "$work/model" --experiment plain \
	--artifact-path deep/iris --registered-model-name good --tag a=b
run=$(sed -n 's|^runs:/\([0-9a-f]*\)/deep/iris$|\1|p' "$work/out")
check "names the run and the path" test -n "$run"
check "in this order" test "$(calls)" = "runs/create logged-models runs/log-model runs/log-batch runs/update registered-models/create model-versions/create "
check "its files are the run's" same "$work/stored/plain/$run/artifacts/deep/iris"
check "MLmodel says where" grep -qxF "artifact_path: 'deep/iris'" "$work/stored/plain/$run/artifacts/deep/iris/MLmodel"
check "and which" grep -qxE "model_uuid: '[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}'" "$work/stored/plain/$run/artifacts/deep/iris/MLmodel"
check "and of no logged model" sh -c "! grep -q model_id '$work/stored/plain/$run/artifacts/deep/iris/MLmodel'"
check "the run's history tells of it" python3 -c 'import json, sys
call = [l.split(" ", 1)[1] for l in open(sys.argv[1]) if l.startswith("runs/log-model ")][-1]
facts = json.loads(json.loads(call)["model_json"])
assert facts["artifact_path"] == "deep/iris" and facts["run_id"] == sys.argv[2], facts
assert facts["flavors"]["python_function"]["loader_module"] == "mlflow.sklearn" and len(facts) == 5' "$work/calls" "$run"
check "what is registered" told "\"source\": \"mlflow-artifacts:/plain/$run/artifacts/deep/iris\", \"run_id\": \"$run\""
expect "not over a model that is there" 2 "has artifacts at deep/iris already" env MLFLOW_TRACKING_URI="http://127.0.0.1:$old/prefix" \
	"$program" log "$work/model" --run-id "$run" --artifact-path deep/iris
check "beside it" ends 0 env MLFLOW_TRACKING_URI="http://127.0.0.1:$old/prefix" "$program" log "$work/model" --run-id "$run"
check "a type is of MLflow 3" ends 0 env MLFLOW_TRACKING_URI="http://127.0.0.1:$old/prefix" "$program" log "$work/model" --artifact-path typed --model-type a
check "which is told" said "has no logged models"

# ---- what goes wrong ----
forget
expect "a file that the server refuses" 4 "INTERNAL_ERROR: the disk is full" log "$work/model" --experiment broken --registered-model-name good
check "is named" said "model.skops"
check "the model is given up" told '"status": "LOGGED_MODEL_UPLOAD_FAILED"'
check "the run has failed" told '"status": "FAILED"'
check "nothing is registered" untold model-versions/create
check "and no MLmodel is there" none "$work/stored" -name MLmodel
for model in "" "--model-id m-there"; do
	forget
	# shellcheck disable=SC2086 # two words, or none
	expect "metrics that the server refuses ${model:-of a new model}" 4 "these metrics are no good" log "$work/model" --run-id 0refused --step 1 $model
	check "the model is there" said "logged as models:/m-"
	check "and stays ready" test "$(grep -o 'LOGGED_MODEL_[A-Z_]*' "$work/calls")" = LOGGED_MODEL_READY
done
forget
expect "metrics in pages without end" 5 "the history of the metric loss leads in a circle" log "$work/model" --run-id 0endless --step 1
forget
expect "a redirect to another server" 4 "redirected" log "$work/model" --experiment away --registered-model-name good
check "gets nothing" test "$(grep -c '^B ' "$work/log")" -eq 0
check "nothing is registered" untold model-versions/create
forget
expect "a run that is created, and told of by 500" 4 "500" log "$work/model" --experiment twice
check "is not created twice" test "$(grep -c '^runs/create' "$work/calls")" -eq 1
expect "a version that is refused" 4 "INVALID_PARAMETER_VALUE: Invalid model version source" log "$work/model" --experiment plain --registered-model-name refused
check "the model is there, though" said "logged as models:/m-"
expect "a name that is a prompt's" 4 "already taken by a prompt" log "$work/model" --experiment plain --registered-model-name prompt
check "the model is no version of it" said "but not registered"
expect "a version that is never ready" 4 "FAILED_REGISTRATION and message: no room" log "$work/model" --experiment plain --registered-model-name failed --alias a
check "has no alias" untold '"alias": "a"'
expect "no server" 2 "MLFLOW_TRACKING_URI" env -u MLFLOW_TRACKING_URI "$program" log "$work/model"
expect "nobody there" 4 "" env MLFLOW_TRACKING_URI=http://127.0.0.1:1 "$program" log "$work/model"
ln -s /etc/passwd "$work/model/deep/out"
expect "a link that leads out" 3 "out" log "$work/model"
rm "$work/model/deep/out"
ln -s er "$work/model/deep/again"
expect "a link to a folder" 3 "deep/again is a link to a folder" log "$work/model"
rm "$work/model/deep/again"
mkfifo "$work/model/pipe"
expect "what is no file" 3 "neither a file nor a folder" log "$work/model"
rm "$work/model/pipe"
mkdir "$work/flow" && echo "{flavors: {python_function: {loader_module: x}}}" >"$work/flow/MLmodel"
forget
expect "MLmodel in braces" 3 "not written as MLflow writes it" log "$work/flow" --experiment plain
check "is told before anybody is asked" test ! -s "$work/log"
expect "no model" 3 "MLmodel" log "$work/home"

# ---- interruptions ----
for signal in KILL TERM; do
	forget && rm -f "$work/hanging"
	"$program" log "$work/model" --experiment hangs --registered-model-name good >/dev/null 2>&1 &
	pid=$!
	await "$work/hanging"
	kill -$signal $pid
	status=0
	wait $pid || status=$?
	check "SIG$signal leaves nothing registered" untold model-versions/create
	check "and nothing that is ready" untold LOGGED_MODEL_READY
	check "and no MLmodel" none "$work/stored" -name MLmodel
done
check "who is asked to stop ends so" test $status -eq 143
check "says so of the run" told '"status": "KILLED"'
check "and of the model" told '"status": "LOGGED_MODEL_UPLOAD_FAILED"'

# ---- in parts ----
forget
export MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE=3000 MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE=1500 MLFLOW_TRACKING_TOKEN=t0ken
check "big files in parts" ends 0 log "$work/model" --experiment parts
check "are whole" same "$work/stored/parts/models/$(ls "$work/stored/parts/models")/artifacts"
check "came in parts" test "$(grep -c '^B PUT /part/' "$work/log")" -gt 2
check "and nobody else learns who we are" test "$(grep '^B ' "$work/log" | grep -vc ' -$')" -eq 0
check "while the server does" grep -q '^A .*Bearer t0ken' "$work/log"
forget
check "a server that takes none" ends 0 log "$work/model" --experiment noparts
check "gets them whole" same "$work/stored/noparts/models/$(ls "$work/stored/noparts/models")/artifacts"
check "and was asked once" test "$(grep -c '^mpu/create' "$work/calls")" -eq 1
forget
expect "a part that is refused" 4 "AccessDenied: it has expired" log "$work/model" --experiment badpart
check "is told without what signs it" silent s3cret
check "and the others are taken back" told mpu/abort
check "nothing is ready" untold LOGGED_MODEL_READY
expect "parts that the server does not tell of" 4 "other parts" log "$work/model" --experiment onepart
check "unless nobody wants them" ends 0 env MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD=false "$program" log "$work/model" --experiment badpart
unset MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE MLFLOW_TRACKING_TOKEN

# ---- who we are ----
forget
MLFLOW_TRACKING_URI=http://127.0.0.1:$auth/prefix
expect "nobody" 4 "UNAUTHENTICATED: who are you?" log "$work/model"
export MLFLOW_TRACKING_TOKEN=t0ken
check "a token" ends 0 log "$work/model" --experiment plain
check "goes with each file" test "$(grep -c '^auth PUT .* 200 Bearer t0ken$' "$work/log")" -eq \
	"$(find "$work/stored" -type f | wc -l)"
forget
expect "another server that answers for a run" 4 "" log "$work/model" --run-id 0away
check "was asked" grep -q '^B GET ' "$work/log"
check "and not told" test "$(grep '^B ' "$work/log" | grep -vc ' -$')" -eq 0
unset MLFLOW_TRACKING_TOKEN
MLFLOW_TRACKING_URI=http://127.0.0.1:$port/prefix

# ---- other places ----
forget
check "a folder of this machine" ends 0 log "$work/model" --experiment path
placed=$(echo "$work/root/path/models"/*/artifacts)
check "is the model" same "$placed"
check "with its MLmodel" grep -q "^artifact_path: '$placed'$" "$placed/MLmodel"
check "and nothing else" test "$(find "$work/root" -name '.pyfunc-env.*' | wc -l)" -eq 0
expect "a folder of another machine" 2 "a path on some machine that is not this one" log "$work/model" --experiment elsewhere
check "is not made here" test ! -e /nowhere-here
expect "a store that nobody writes to here" 2 "nothing is written to wasbs: here" log "$work/model" --experiment cloud
check "is told before anything is sent" test "$(grep -c ' PUT ' "$work/log")" -eq 0

# ---- what is refused at once ----
forget
expect "two names" 2 'Both `artifact_path` (deprecated) and `name` parameters were specified. Please only specify `name`.' \
	log "$work/model" --artifact-path a --name b
expect "a run and an experiment" 2 "Specify only one of 'run-id' or 'experiment' options." log "$work/model" --run-id 1 --experiment 1
expect "a path that climbs" 2 "Invalid artifact path: '../x'" log "$work/model" --artifact-path ../x
expect "an alias of nothing" 2 "an alias is of a registered model" log "$work/model" --alias a
expect "an alias that is taken" 2 "'latest' alias name (case insensitive) is reserved." log "$work/model" --registered-model-name a --alias Latest
expect "an alias like a version" 2 "Version alias name 'v1' is reserved." log "$work/model" --registered-model-name a --alias v1
expect "a name with a slash" 2 "Invalid model name 'a/b'. Names cannot contain '/' or ':'." log "$work/model" --registered-model-name a/b
expect "a tag without a value" 2 "a tag is KEY=VALUE" log "$work/model" --tag a
check "and nobody was asked" test ! -s "$work/log"
expect "a deleted run" 2 "Cannot start run with ID 0dead because it is in the deleted state." log "$work/model" --run-id 0dead
expect "two experiments" 2 "does not match the experiment id \`named\`" env MLFLOW_EXPERIMENT_NAME=named MLFLOW_EXPERIMENT_ID=9 "$program" log "$work/model"
expect "no such experiment" 2 "does not exist in the tracking server" env MLFLOW_EXPERIMENT_ID=9 "$program" log "$work/model"

# ---- memory ----
cp -R "$work/model" "$work/heavy" && truncate -s 300M "$work/heavy/weights.bin"
check "a big file is read as it goes" python3 -c 'import resource, subprocess, sys
subprocess.run([sys.argv[1], "log", sys.argv[2], "--experiment", "heavy"], check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
assert peak < 150 * 1024, peak' "$program" "$work/heavy"
check "the server has got it" grep -q 'PUT .*/weights.bin 200' "$work/log"
finish
