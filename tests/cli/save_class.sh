#!/bin/sh
# save_class.sh - save of PythonModels, their artifacts, the record of an answer, and verify
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2034
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=interpreter.sh
. "${SRCDIR:-.}/tests/cli/interpreter.sh"
export SOURCE_DATE_EPOCH=1700000000
unset MLFLOW_TRACKING_URI
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT

have pip 23.2.1
have mlflow 3.17.2
have cloudpickle 3.1.2
cd "$work" || exit 99
save() { "$program" save --python "$python" --pip-requirement six "$@"; }
uuid='s/^model_uuid: [0-9a-f]*$/model_uuid: UUID/'
is() { sed "$uuid" "$1" | diff - "$work/wanted"; }
files() { (cd "$1" && find . -type f | LC_ALL=C sort | tr '\n' ' '); }

# ---- a pickle and its artifacts ----
printf 'N.' >model.pkl
mkdir -p one two/deep
echo 1 >one/weights
echo 2 >two/deep/weights
echo 3 >k.txt
expect "a PythonModel" 0 "$work/m" save --python-model model.pkl --artifact k=k.txt --artifact "all=file://$work/two" -o "$work/m"
check "its files" test "$(files m)" = "./MLmodel ./artifacts/k.txt ./artifacts/two/deep/weights ./conda.yaml ./python_env.yaml ./python_model.pkl ./requirements.txt "
cat >wanted <<YAML
flavors:
  python_function:
    artifacts:
      all:
        path: artifacts/two
        uri: file://$work/two
      k:
        path: artifacts/k.txt
        uri: k.txt
    cloudpickle_version: 3.1.2
    code: null
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: mlflow.pyfunc.model
    python_model: python_model.pkl
    python_version: $version
    streamable: false
mlflow_version: 3.17.2
model_id: null
model_size_bytes: 6
model_uuid: UUID
prompts: null
utc_time_created: '2023-11-14 22:13:20'
YAML
check "MLmodel" is m/MLmodel
check "one that was fetched already" ends 0 save --python-model model.pkl --artifact k=odd:/k --artifact-copy k=k.txt --artifact-copy other=none -o fetched
check "its URI is written down" grep -q "uri: odd:/k" fetched/MLmodel
check "its file is there" cmp k.txt fetched/artifacts/k.txt
for of in xz:xz:lzma bz2:bzip2:bzip2 gz:gzip:gzip; do
	suffix=${of%%:*} method=${of##*:} tool=${of#*:}
	command -v "${tool%:*}" >/dev/null || { skip "no ${tool%:*}"; continue; }
	"${tool%:*}" -c model.pkl >"model.$suffix"
	check "a pickle that is compressed, $method" ends 0 save --python-model "model.$suffix" -o "packed-$suffix"
	check "as it is" cmp "model.$suffix" "packed-$suffix/python_model.pkl.$suffix"
	check "its name" grep -q "python_model: python_model.pkl.$suffix" "packed-$suffix/MLmodel"
	check "and how to read it" grep -q "python_model_compression: $method" "packed-$suffix/MLmodel"
done
check "a model of another kind" ends 0 save --python-model model.pkl --model-kind chat-agent -o agent
check "is loaded by another loader" grep -q "loader_module: mlflow.pyfunc.loaders.chat_agent" agent/MLmodel
expect "a kind that there is not" 2 "chat-model, chat-agent or responses-agent, not robot" save --python-model model.pkl --model-kind robot -o robot
expect "a kind of no pickle" 2 "--model-kind is of --python-model" save --loader-module x --model-kind chat-model -o robot
check "a copy without a name" ends 2 save --python-model model.pkl --artifact k=k.txt --artifact-copy k.txt -o unnamed
check "two of one name have folders of their own" ends 0 save --python-model model.pkl --artifact a=one/weights --artifact b=two/deep/weights --artifact c=k.txt --artifact d=one/weights -o same
check "which are" sh -c 'grep "^ *path:" same/MLmodel | tr -d "\n"' 
check "each is there" test "$(cat same/artifacts/0/weights same/artifacts/1/weights same/artifacts/k.txt | tr '\n' ' ')" = "1 2 3 "
check "one of two names is there once" test "$(files same | tr ' ' '\n' | grep -c weights)" = 2
expect "no artifact" 3 "the artifact k: No such artifact: 'nowhere'" save --python-model model.pkl --artifact k=nowhere -o no
expect "no name" 2 "--artifact takes NAME=URI" save --python-model model.pkl --artifact k.txt -o no
expect "a name twice" 2 "two artifacts are named k" save --python-model model.pkl --artifact k=k.txt --artifact k=one -o no
ln -s /etc/passwd one/out
expect "a link that leaves" 3 "the artifact one" save --python-model model.pkl --artifact one=one -o no
rm one/out

# ---- code ----
echo 'import mlflow; mlflow.models.set_model(1)' >makes.py
check "a Python file that makes the model" ends 0 save --model-code ./makes.py --artifact k=k.txt --streamable -o code
check "is at the root" test -f code/makes.py
check "and its loader is that of code" grep -q 'loader_module: mlflow.pyfunc.loaders.code_model' code/MLmodel
check "which finds it by name" grep -qx '    model_code_path: makes.py' code/MLmodel

# ---- one workflow alone ----
expect "a loader and a class" 2 "The following sets of parameters cannot be specified together: dict_keys(['loader_module', 'data_path'])  and dict_keys(['artifacts', 'python_model']). All parameters in one set must be \`None\`. Instead, found the following values: {'loader_module': 'json', 'data_path': None} and {'artifacts': None, 'python_model': 'model.pkl'}" \
	save --loader-module json --python-model model.pkl -o no
expect "data and artifacts" 2 "cannot be specified together" save --data-path one --artifact k=k.txt -o no
expect "a pickle and code" 2 "not both" save --python-model model.pkl --model-code makes.py -o no
expect "artifacts alone" 2 'Either `loader_module` or `python_model` must be specified' save --artifact k=k.txt -o no
expect "a copy keeps them" 2 "a model that is copied keeps" save --mlflow-model m --python-model model.pkl -o no
rm -r "$site/cloudpickle-3.1.2.dist-info"
expect "no cloudpickle" 2 "no cloudpickle" save --python-model model.pkl -o no
have cloudpickle 3.1.2
check "nothing came of those" none no
rm -r "$site/mlflow-3.17.2.dist-info"
expect "no mlflow is worth a warning" 0 "it will not load, since MLflow loads models of this kind" save --python-model model.pkl -o without
have mlflow 3.17.2

# ---- keys of MLmodel ----
echo '{"run_id": "abc", "flavors": {"other": {"a": 1}}, "mlflow_version": null, "metadata": {"x": 1.5}}' >keys.json
check "keys that are given" ends 0 save --loader-module json --mlmodel keys.json -o keys
check "are there" grep -qx 'run_id: abc' keys/MLmodel
check "beside other flavors" test "$(grep -c -e '^  other:' -e '^  python_function:' keys/MLmodel)" = 2
check "null is not said" grep -qx 'mlflow_version: 3.17.2' keys/MLmodel
expect "as JSON" 0 '"mlmodel":{"flavors": {' save --loader-module json -o json --json
echo '[1]' >list.json
expect "no object" 3 "a list, where an object is wanted" save --loader-module json --mlmodel list.json -o no
echo '{"inputs": [{"type": "double", "name": "x"}, {"type": "long", "name": "n", "required": false}]}' >sig.json
spelled() { # VERSION
	printf '{"mlflow_version": "%s"}\n' "$1" >keys.json
	rm -rf spelled
	save --loader-module json --signature sig.json --mlmodel keys.json -o spelled >/dev/null &&
		sed -n "/^  inputs/,/^  outputs/p" spelled/MLmodel | tr -s '\n ' ' '
}
is_spelled() { # VERSION KEYS-OF-THE-FIRST KEYS-OF-THE-SECOND
	test "$(spelled "$1")" = " inputs: '[{\"type\": \"double\", \"name\": \"x\"$2}, {\"type\": \"long\", \"name\": \"n\"$3}]' outputs: null "
}
check "a column as of MLflow 3" is_spelled 3.1.0 ', "required": true' ', "required": false'
check "as of 2.9" is_spelled 2.9.2 '' ', "optional": true'
check "as of 1.30" is_spelled 1.30.0 '' ''

# ---- add tells the flavor ----
expect "add as JSON" 0 '"flavor":{"x": [1, "a"], "loader_module": "json"' "$program" add keys --python "$python" --loader-module json --json 'x=[1, a]'

# ---- artifacts from elsewhere ----
mkdir -p served
head -c 70000 /dev/urandom >served/blob
(cd served && exec "$base" - "$work/port" <<'PY'
import http.server, sys
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
with open(sys.argv[1] + ".part", "w") as f:
    f.write(str(server.server_address[1]))
import os
os.rename(sys.argv[1] + ".part", sys.argv[1])
server.serve_forever()
PY
) 2>served.log &
server=$!
await "$work/port"
url=http://127.0.0.1:$(cat "$work/port")
check "a file by HTTP" ends 0 "$program" fetch --artifact "$url/blob" -o "$work/blob"
check "is the file" cmp served/blob blob
expect "nothing is overwritten" 2 "is there already" "$program" fetch --artifact "$url/blob" -o "$work/blob"
check "a folder that is here" ends 0 "$program" fetch --artifact two -o "$work/copied"
check "all of it" diff -r two copied
expect "where to?" 2 "needs -o" "$program" fetch --artifact two
expect "nothing is there" 4 "404" "$program" fetch --artifact "$url/nothing" -o "$work/no"
expect "not offline" 2 "--offline" "$program" fetch --offline --artifact "$url/blob" -o "$work/no"
check "an artifact by HTTP" ends 0 save --python-model model.pkl --artifact "w=$url/blob" -o web
check "is in the model" cmp served/blob web/artifacts/blob
check "and nothing is left of it" none "$PYFUNC_ENV_STORE/tmp" -mindepth 1 -name 'artifact.*'

# ---- the record, and verify ----
cat >loads.py <<'PY'
import os
class Model:
    def predict(self, data):
        k = float(os.environ.get("FACTOR", "2"))
        return [{"n": k * data["prompt"], "big": 9007199254740993 if k == 2 else 9007199254740992, "s": "a"}]
def _load_pyfunc(path):
    return Model()
PY
echo '{"prompt": 1.5}' >ex.json
new() { "$program" save --python "$python" --loader-module loads --code-path loads.py --pip-requirement 'pip==23.2.1' "$@"; }
verify() { "$program" verify --env-manager local --python "$python" "$@"; }
expect "no example, no record" 3 "the model has no input example" new --record -o no
check "no model either" none no
check "a recorded answer" ends 0 new --input-example ex.json --record -o rec
check "is a file of the model" grep -q '^{"schema":"pyfunc-env/1","kind":"record","input":"serving_input_example.json","input_sha256":"[0-9a-f]*","answer":\[{"n":3.0,"big":9007199254740993,"s":"a"}\],"python":"' rec/recorded_answer.json
check "and no byte code" none rec -name __pycache__
check "with the packages" grep -q '"pip":"23.2.1"' rec/recorded_answer.json
expect "verify" 0 "rec: verified: all 3 values of the answer are the recorded ones" verify rec
expect "another answer" 1 'not verified: 2 of 3 values of the answer differ; the first is at [0].n: 3.0015' verify rec --env FACTOR=2.001
expect "within a tolerance: the whole number, too" 0 "tolerance 0.01" verify rec --env FACTOR=2.001 --tolerance 0.01
expect "not within that one" 1 "not verified" verify rec --env FACTOR=2.001 --tolerance 1e-5
expect "as JSON" 1 '"verdict":"different","values":3,"different":2,"largest":1.5,"tolerance":0.0,"at":"[0].n","recorded":"3.0","now":"1.5"' verify rec --env FACTOR=1 --json
expect "a page" 1 "" verify rec --env FACTOR=1 --report page.html
check "of HTML" grep -q '<h1>Not verified</h1>' page.html
rm -r "$site/pip-23.2.1.dist-info"
expect "another package is told" 0 "pip not installed, recorded with 23.2.1" verify rec
have pip 23.2.1
expect "no tolerance" 2 "--tolerance takes a number" verify rec --tolerance -1
cp -R rec other
echo '{"prompt": 2}' >other/serving_input_example.json
expect "an answer to another question" 3 "is not the one that recorded_answer.json has the answer to" verify other
expect "is recorded anew" 0 "recorded_answer.json" verify other --record
expect "and verified" 0 "other: verified" verify other
echo '{}' >other/recorded_answer.json
expect "no record" 3 "is no record of an answer" verify other
rm other/recorded_answer.json
expect "none at all" 3 "the model has no recorded answer" verify other
expect "a lock of what is not installed" 6 "six is needed, and the training environment has it not" \
	"$program" save --python "$python" --loader-module json --pip-requirement six --lock -o no
check "nothing came of it" none no

# ---- local versions in a lock ----
have six 1.0+cu1
wheels() { # FOLDER NAME-VERSION...
	"$base" - "$@" <<'PY'
import os, sys, zipfile
os.makedirs(sys.argv[1])
for one in sys.argv[2:]:
    info = one + ".dist-info/"
    with zipfile.ZipFile("%s/%s-py3-none-any.whl" % (sys.argv[1], one), "w") as wheel:
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % tuple(one.split("-")))
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(info + "RECORD", "")
PY
}
wheels few six-1.0 six-2.0 mlflow-3.17.2 cloudpickle-3.1.2 pip-23.2.1 setuptools-80.0 wheel-0.45.0
wheels all six-1.0 six-1.0+cu1 six-1.0+cu2 six-2.0 mlflow-3.17.2 cloudpickle-3.1.2 pip-23.2.1 setuptools-80.0 wheel-0.45.0
export PIP_NO_INDEX=1 PYFUNC_ENV_STORE="$work/lock-store"
PIP_FIND_LINKS="$work/few" expect "a build that the index does not have" 0 "" save --loader-module json --lock -o public
check "is told" said "six may be any 1.0 in the lock, not 1.0+cu1"
check "its version is locked" grep -qx 'version = "1.0"' public/pylock.toml
PIP_FIND_LINKS="$work/all" expect "one that it has" 0 "" save --loader-module json --lock -o local
check "is locked, and no other build" grep -qx 'version = "1.0+cu1"' local/pylock.toml
finish
