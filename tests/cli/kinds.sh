#!/bin/sh
# kinds.sh - models that are no plain tables: pieces of an answer, settings in place of the model's, MLflow's errors
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=serve_lib.sh
# shellcheck disable=SC2317 # functions that are called by check
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"

# As much of mlflow as that takes. What the model does is the first word of what it is asked.
mkdir -p "$model/code/mlflow/pyfunc"
: >"$model/code/mlflow/__init__.py"
cat >"$model/code/mlflow/exceptions.py" <<'END'
import json
class MlflowException(Exception):
    def __init__(self, message, code="RESOURCE_DOES_NOT_EXIST", status=404):
        super().__init__(message)
        self.code, self.status = code, status
    def get_http_status_code(self): return self.status
    def serialize_as_json(self): return json.dumps({"error_code": self.code, "message": str(self), "class": "grüße"})
class RestException(MlflowException): pass
END
cat >"$model/code/mlflow/pyfunc/__init__.py" <<'END'
import os, time
from mlflow.exceptions import MlflowException, RestException
class Whole:
    metadata = None
    def __init__(self, config): self.config = config
    def predict(self, data, params=None):
        if data[0] == "refuse": raise RestException("no such thing")
        if data[0] == "strange": raise MlflowException("no status", "X", 7)
        return [repr(self.config), repr(params)]
class Model(Whole):
    def predict_stream(self, data, params=None):
        yield {"data": list(data), "params": params, "config": self.config}
        print("said by the model")
        if data[0] == "await":
            while not os.path.exists(data[1]): time.sleep(0.01)
        if data[0] == "raise": raise ValueError("in the middle")
        if data[0] == "odd": yield object()
        if data[0] == "die": os._exit(3)
        if data[0] == "many":
            for i in range(5000): yield "x" * 100
        yield "grüße\n"
        yield None
        yield 1.5
def load_model(path, suppress_warnings=None, model_config=None):
    return (Whole if os.path.exists(os.path.join(path, "whole")) else Model)(model_config)
END
cat >>"$model/code/loader.py" <<'END'
class Configured:
    def __init__(self, config): self.config = config
    def predict(self, data): return sorted(self.config.items(), key=str)
def load_configured(path, config=None): return Configured(config or {})
END
ask() { # BODY OPTIONS...
	echo "$1" >"$work/body"
	shift
	"$program" run --env-manager local --python "$python" "$model" -i "$work/body" "$@"
}
declare_n() { printf 'signature:\n  params: %s\n' "'[{\"name\": \"n\", \"dtype\": \"long\", \"default\": 1, \"shape\": null}]'" >>"$model/MLmodel"; }
out_is() { [ "$(cat "$work/out")" = "$1" ]; }
lines_are() { [ "$(wc -l <"$work/out")" -eq "$1" ]; }

# ---- pieces ----

cp "$model/MLmodel" "$work/plain"
declare_n

rest='"grüße\n"
null
1.5'
for warm in "" --keep-warm=600 --keep-warm=600; do
	of="stream${warm:+, $warm}"
	expect "$of: an answer" 0 "" ask '{"inputs": ["a"]}' --stream $warm
	check "$of: a line a piece" out_is '{"data":["a"],"params":{"n":1},"config":null}
'"$rest"
	check "$of: what it prints is none" said "said by the model"
	expect "$of: parameters" 0 '"params":{"n":2}' ask '{"inputs": ["a"]}' --stream --params '{"n": 2}' $warm
	expect "$of: many" 0 "" ask '{"inputs": ["many"]}' --stream $warm
	check "$of: all of them" lines_are 5004
	expect "$of: an exception" 8 "ValueError: in the middle" ask '{"inputs": ["raise"]}' --stream $warm
	check "$of: behind what came before" lines_are 1
	expect "$of: what is no value" 8 "cannot be used" ask '{"inputs": ["odd"]}' --stream $warm
	check "$of: behind that too" lines_are 1
	expect "$of: death" 8 "" ask '{"inputs": ["die"]}' --stream $warm
	check "$of: is no second answer" lines_are 1
done
# The next line is not made before the first was seen.
mkfifo "$work/fifo"
ask "{\"inputs\": [\"await\", \"$work/seen\"]}" --stream >"$work/fifo" 2>/dev/null &
asker=$!
{
	read -r first
	echo "$first" >"$work/seen"
	cat >"$work/out"
} <"$work/fifo"
wait $asker
check "each comes when it is there" lines_are 3
expect "a file that is whole" 0 "" ask '{"inputs": ["a"]}' --stream -o "$work/file"
check "has the lines" [ "$(wc -l <"$work/file")" -eq 4 ]
expect "a file that is not" 8 "in the middle" ask '{"inputs": ["raise"]}' --stream -o "$work/none"
check "is not made" [ ! -e "$work/none" ]
nobody() { ask '{"inputs": ["many"]}' --stream >/dev/full; }
expect "a file system that is full" 7 "No space left on device" nobody
expect "no batches" 2 "exclude each other" ask '{"inputs": ["a"]}' --stream --batch-rows 2
expect "nor the light loader" 2 "--stream is MLflow's predict_stream" ask '{"inputs": ["a"]}' --stream --loader light
: >"$model/whole"
expect "an mlflow that has none" 8 "the mlflow of this environment knows no predict_stream" ask '{"inputs": ["a"]}' --stream
find "$PYFUNC_ENV_STORE/workers" -type s -delete

# ---- settings ----

cp "$work/plain" "$model/MLmodel"

config='{"rate": 3, "of": {"a": [1.5, null, true, "ü"]}, "big": 18446744073709551616}'
shown="{'rate': 3, 'of': {'a': [1.5, None, True, 'ü']}, 'big': 18446744073709551616}"
settings() { ask '{"inputs": ["a"]}' --mlflow-compat "$@"; }
expect "MLflow's loader: as they are" 0 '"None"' settings
expect "MLflow's loader: replaced" 0 "$shown" settings --model-config "$config"
expect "MLflow's loader: in a worker" 0 "$shown" settings --model-config "$config" --keep-warm=600
expect "MLflow's loader: another worker" 0 '"None"' settings --keep-warm=600
find "$PYFUNC_ENV_STORE/workers" -type s -delete
printf '%s' "$config" >"$work/config.json"
printf 'rate: 3\nof:\n  a: [1.5, ~, yes, "ü"]\nbig: 18446744073709551616\n' >"$work/config.yaml"
expect "of a JSON file" 0 "$shown" settings --model-config "$work/config.json"
expect "of a YAML file" 0 "$shown" settings --model-config "$work/config.yaml"
expect "no file" 2 "--model-config: cannot open $work/none" settings --model-config "$work/none"
echo '[1]' >"$work/list.json"
expect "a list" 2 "--model-config takes an object of settings, not a list" settings --model-config "$work/list.json"
expect "no JSON" 2 "--model-config: line 1, column 2" settings --model-config '{x'

sed -i 's/def _load_pyfunc(path)/def _unused(path)/; s/load_configured/_load_pyfunc/' "$model/code/loader.py"
expect "no settings" 0 '{"predictions": []}' ask '{"inputs": ["a"]}' --model-config "$config"
check "is told" [ "$(grep -c 'the model has no setting "rate": that of --model-config is ignored' "$work/err")" -eq 1 ]
printf '    config:\n      rate: 2\n      word: x\n' >>"$model/MLmodel"
expect "own loader: as they are" 0 '{"predictions": [["rate",2],["word","x"]]}' ask '{"inputs": ["a"]}'
expect "own loader: replaced" 0 '{"predictions": [["rate",3],["word","x"]]}' ask '{"inputs": ["a"]}' --model-config "$config"
check "what it has not is told" said 'the model has no setting "of"'
check "what it has is not" silent 'the model has no setting "rate"'
variable=MLFLOW_PYFUNC_INFERENCE_CONFIG='{"rate": 5, "word": "y", "none": 1}'
expect "own loader: by MLflow's variable" 0 '[["rate",5],["word","y"]]' ask '{"inputs": ["a"]}' --env "$variable"
expect "own loader: the option first" 0 '[["rate",3],["word","y"]]' ask '{"inputs": ["a"]}' --env "$variable" --model-config "$config"
expect "own loader: no JSON" 8 "JSONDecodeError" ask '{"inputs": ["a"]}' --env MLFLOW_PYFUNC_INFERENCE_CONFIG=x

# ---- errors ----

post() { # BODY
	"$python" - "$port" "$1" <<-'END'
		import http.client, sys
		c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
		c.request("POST", "/invocations", sys.argv[2].encode(), {"Content-Type": "application/json"})
		a = c.getresponse()
		print(a.status, a.getheader("Content-Type"), a.read().decode())
	END
}
start --mlflow-compat --model-config "$config"
expect "serve: settings" 0 "$shown" post '{"inputs": ["a"]}'
expect "serve: MLflow's exception" 0 "404 application/json {\"error_code\": \"RESOURCE_DOES_NOT_EXIST\", \"message\": \"no such thing\"" post '{"inputs": ["refuse"]}'
expect "serve: without a status" 0 '500 application/json {"error_code": "X"' post '{"inputs": ["strange"]}'
expect "serve: another one" 0 '400 application/json {"error_code":"BAD_REQUEST"' post '{"inputs": []}'
check "serve: stopped" stop 0
finish
