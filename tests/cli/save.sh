#!/bin/sh
# save.sh - save and add: the files they write, what they refuse, and that nothing half done is left
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=interpreter.sh
. "${SRCDIR:-.}/tests/cli/interpreter.sh"
export SOURCE_DATE_EPOCH=1700000000
unset MLFLOW_TRACKING_URI

have pip 23.2.1
have setuptools 65.5.0
have mlflow 3.17.2
have cloudpickle 3.1.2+local

cd "$work" || exit 99
mkdir -p data/deep data/__pycache__ pkg/__pycache__
echo '{"k": 2}' >data/coef.json
: >data/deep/empty
echo x >data/__pycache__/a.pyc
echo x >pkg/__pycache__/a.pyc
echo x >pkg/old.pyc
cat >loads.py <<'PY'
import json, os
class Model:
    def __init__(self, k, by):
        self.k = k * by
    def predict(self, data):
        return [self.k * len(data["prompt"])]
def _load_pyfunc(path, config=None):
    with open(os.path.join(path, "coef.json")) as f:
        return Model(json.load(f)["k"], (config or {}).get("by", 1))
PY
save() { "$program" save --python "$python" "$@"; }
new() { save --loader-module loads --data-path data --code-path loads.py "$@"; }
uuid='s/^model_uuid: [0-9a-f]\{12\}4[0-9a-f]\{3\}[89ab][0-9a-f]\{15\}$/model_uuid: UUID/'
# The file is what `wanted` is; it holds this text.
is() { sed "$uuid" "$1" | diff - "$work/wanted"; }
holds() { printf '%s' "$2" | diff - "$1"; }
files() { (cd "$1" && find . -type f | LC_ALL=C sort | tr '\n' ' '); }
left() { find "$work" -maxdepth 2 -name '.pyfunc-env.*'; }

# ---- a new model ----
expect "a model is written" 0 "$work/m" new --code-path pkg -o "$work/m"
check "and its path is all that is printed" test "$(cat out)" = "$work/m"
check "its files: no __pycache__" test "$(files m)" = "./MLmodel ./code/loads.py ./code/pkg/old.pyc ./conda.yaml ./data/data/coef.json ./data/data/deep/empty ./python_env.yaml ./requirements.txt "
cat >wanted <<YAML
flavors:
  python_function:
    code: code
    data: data/data
    env:
      conda: conda.yaml
      virtualenv: python_env.yaml
    loader_module: loads
    python_version: $version
    streamable: false
mlflow_version: 3.17.2
model_id: null
model_size_bytes: 9
model_uuid: UUID
prompts: null
utc_time_created: '2023-11-14 22:13:20'
YAML
check "MLmodel" is m/MLmodel
cat >wanted <<YAML
channels:
- conda-forge
dependencies:
- python=$version
- pip<=23.2.1
- pip:
  - mlflow==3.17.2
  - cloudpickle==3.1.2
name: mlflow-env
YAML
check "conda.yaml" is m/conda.yaml
cat >wanted <<YAML
python: $version
build_dependencies:
- pip==23.2.1
- setuptools==65.5.0
- wheel
dependencies:
- -r requirements.txt
YAML
check "python_env.yaml" is m/python_env.yaml
check "requirements.txt, which has no last newline" holds m/requirements.txt "mlflow==3.17.2
cloudpickle==3.1.2"
echo '{"prompt": "abc"}' >in.json
run() { "$program" run --env-manager local --python "$base" -q -i in.json "$@"; }
check "it is loaded and predicts" test "$(run m)" = '[6]'
expect "deps" 0 'cloudpickle==3.1.2' "$program" deps m
expect "diff" 0 'verdict: none' "$program" diff m --python "$python"
expect "as JSON" 0 '"kind":"save","path":"j"' new -o j --json

# ---- the environment ----
mkdir -p more
printf 'six # why\n-c cons.txt\npandas[b] >= 1 ,<3\n' >more/reqs.txt
printf 'idna\n' >more/cons.txt
check "requirements of a file" ends 0 new -r more/reqs.txt --pip-requirement 'pandas[a]<2' -o r
check "as MLflow writes them" holds r/requirements.txt "mlflow==3.17.2
six
pandas[a,b]<2,<3,>=1
-c constraints.txt"
check "and their constraints" holds r/constraints.txt idna
check "also in conda.yaml" grep -qx '  - -c constraints.txt' r/conda.yaml
printf 'name: mine\nchannels: [x]\ndependencies: [python=3.9, {pip: [numpy ==1.0, "-c more/cons.txt"]}]\n' >conda.yaml
check "a conda file" ends 0 new --conda-env conda.yaml -o c
cat >wanted <<YAML
channels:
- x
dependencies:
- python=3.9
- pip:
  - mlflow==3.17.2
  - numpy ==1.0
  - -c constraints.txt
name: mine
YAML
check "keeps what it says, but for pip" is c/conda.yaml
check "an extra one" ends 0 new --extra-pip-requirement 'mlflow-skinny' --python-version 3.8.1 -o e
check "and MLflow is there already" holds e/requirements.txt "cloudpickle==3.1.2
mlflow-skinny"
check "another Python" test "$(grep -c '3\.8\.1$' e/MLmodel e/conda.yaml e/python_env.yaml | tr '\n' ' ')" = "e/MLmodel:1 e/conda.yaml:1 e/python_env.yaml:1 "
rm -r "$site/mlflow-3.17.2.dist-info" "$site/pip-23.2.1.dist-info"
expect "an interpreter without mlflow and pip" 0 "no mlflow is installed" new --pip-requirement six -o w
check "names none" holds w/requirements.txt six
check "nor which one" sh -c '! grep -q mlflow_version w/MLmodel'
check "nor which pip" grep -qx -- '- pip' w/conda.yaml
have pip 23.2.1
have mlflow 3.17.2

# ---- what the model's files name ----
module() { # DISTRIBUTION VERSION MODULE [NEEDED...]
	have "$1" "$2"
	echo "$3" >"$site/$1-$2.dist-info/top_level.txt"
	at=$site/$1-$2.dist-info
	shift 3
	for need in "$@"; do echo "Requires-Dist: $need" >>"$at/METADATA"; done
}
module pandas 2.0.3 pandas numpy python_dateutil
module numpy 1.26.4 numpy
module python_dateutil 2.9.0 dateutil six
module six 1.16.0 six
module Jinja2 3.1.6+x jinja2
module unused 1 unused
cat >imports.py <<'PY'
import json, pandas.core, dateutil, setuptools, mlflow, nowhere
def _load_pyfunc(path):
    import jinja2
PY
check "a loader that imports" ends 0 save --loader-module imports --code-path imports.py --extra-pip-requirement attrs -o found
check "what it imports, less what that needs" holds found/requirements.txt "mlflow==3.17.2
cloudpickle==3.1.2
jinja2==3.1.6
numpy==1.26.4
pandas==2.0.3
attrs"
printf 'csix\nmoves\n.' >data/p.pkl
check "a pickle, too" ends 0 save --loader-module loads --code-path loads.py --data-path data/p.pkl -o pickled
check "names what it needs" grep -qx six==1.16.0 pickled/requirements.txt
rm data/p.pkl

# ---- signature, example, config, metadata ----
echo '{"inputs": [{"type": "double", "name": "x"}], "outputs": null}' >sig.json
printf 'x,s\n1.5,caf\303\251\n' >ex.csv
printf 'by: 10\nsince: 2020-01-01\n' >conf.yaml
echo '{"b": [1e16, "yes"], "a": {}}' >meta.json
check "all of them" ends 0 new --signature sig.json --input-example ex.csv --model-config conf.yaml --metadata meta.json -o all
cat >wanted <<YAML
    config:
      by: 10
      since: 2020-01-01
YAML
check "config" sh -c 'sed -n "/^    config/,/^      since/p" all/MLmodel | diff - wanted'
cat >wanted <<YAML
is_signature_from_type_hint: false
metadata:
  a: {}
  b:
  - 1.0e+16
  - 'yes'
mlflow_version: 3.17.2
model_id: null
model_size_bytes: 206
YAML
check "metadata" sh -c 'sed -n "/^is_sig/,/^model_size/p" all/MLmodel | diff - wanted'
cat >wanted <<YAML
saved_input_example_info:
  artifact_path: input_example.json
  pandas_orient: split
  serving_input_path: serving_input_example.json
  type: dataframe
signature:
  inputs: '[{"type": "double", "name": "x", "required": true}]'
  outputs: null
  params: null
type_hint_from_example: false
YAML
check "signature and example" sh -c 'sed -n "/^saved/,/^type_hint/p" all/MLmodel | diff - wanted'
check "the example" holds all/input_example.json '{"columns": ["x", "s"], "data": [[1.5, "caf\u00e9"]]}'
echo '{"dataframe_records": [{"x": "a"}]}' >ex.json
expect "one that does not fit" 3 "Input example does not match the model signature. column 'x'" new --signature sig.json --input-example ex.json -o no
echo '{"inputs": [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 2]}}]}' >sig.json
matrix='{"data": [1.5], "indices": [1], "indptr": [0, 1], "shape": [1, 2]}'
echo '{"inputs": [[0, 1.5]], "kept": {"sparse_matrix_csr": '"$matrix"'}}' >ex.json
check "a sparse one" ends 0 new --signature sig.json --input-example ex.json -o sparse
check "says so" grep -qx '  type: sparse_matrix_csr' sparse/MLmodel
check "is kept as it is" holds sparse/input_example.json "$matrix"
check "and asked for densely" sh -c 'tr -d " \n" <sparse/serving_input_example.json | grep -qx "{\"inputs\":\[\[0,1.5\]\]}"'
echo '{"inputs": [[0, 1.5]], "kept": {"picture": 1}}' >ex.json
expect "one that is kept otherwise" 3 "an input example is not kept as that" new --signature sig.json --input-example ex.json -o no
echo '{"inputs": [{"type": "double", "name": 0}, {"type": "double", "name": "1"}]}' >sig.json
check "names that are numbers" ends 0 new --signature sig.json -o numbers
check "stay that" sh -c 'tr -d " \n" <numbers/MLmodel | grep -q "\"name\":0,.*\"name\":\"1\""'
mkdir project && echo lock >project/uv.lock && echo toml >project/pyproject.toml
check "a project of uv" ends 0 new --uv-project project -o locked
check "its lock is the model's" sh -c 'cmp project/uv.lock locked/uv.lock && cmp project/pyproject.toml locked/pyproject.toml'
check "what it has not is not" test ! -e locked/.python-version
rm project/pyproject.toml
expect "a folder that is none" 7 "--uv-project" new --uv-project project -o no
echo '{"inputs": [{"type": "dubble"}]}' >sig.json
expect "no signature" 3 'unknown type "dubble"' new --signature sig.json -o no
echo '{}' >sig.json
expect "an empty one" 3 "At least one of inputs, outputs or params must be provided" new --signature sig.json -o no
echo '[1]' >list.json
expect "metadata of another kind" 3 "a list, where an object is wanted" new --metadata list.json -o no
expect "config of another kind" 3 'An invalid ``model_config`` structure was passed' new --model-config list.json -o no
check "nothing came of those" none no
check "nor is anything left" test -z "$(left)"

# ---- what is there is kept ----
mkdir full empty
: >full/file
expect "a folder that is not empty" 2 "Path 'full' already exists and is not empty" new -o full
expect "a file" 2 "Path 'in.json' already exists and is not empty" new -o in.json
check "both are as they were" test "$(files full)$(cat in.json)" = './file {"prompt": "abc"}'
check "an empty one becomes the model" ends 0 new -o empty/
check "all of it" test -f empty/MLmodel
mkdir behind && ln -s behind link
check "also behind a link" ends 0 new -o link
check "which stays" sh -c '[ -L link ] && [ -f behind/MLmodel ]'
check "folders above it are made" ends 0 new -o above/it/m
expect "no name" 2 "no name for a new folder" new -o ''

# ---- arguments ----
expect "two environments" 2 'Only one of `conda_env`, `pip_requirements`, and `extra_pip_requirements` can be specified' new --conda-env conda.yaml -r more/reqs.txt -o no
expect "again" 2 'Only one of `conda_env`' new --pip-requirement six --extra-pip-requirement six -o no
expect "no loader" 2 'Either `loader_module` or `python_model` must be specified' save -o no
expect "none that Python knows" 2 "no name of a module" save --loader-module 'a b' -o no
expect "no folder to write" 2 "save needs -o DIR" save --loader-module loads
expect "an argument" 2 "there is also x" save --loader-module loads x -o no
expect "no version of Python" 2 "such as 3.11.7" new --python-version x -o no
expect "versions that exclude one another" 2 "The specified requirements versions are incompatible" new --pip-requirement 'six==1.0' --pip-requirement 'six>2' -o no
expect "a line feed in a requirement" 2 "one line" new --pip-requirement 'six
--index-url=x' -o no
printf -- '-r loop.txt\n' >loop.txt
expect "requirements without end" 9 "include one another without end" new -r loop.txt -o no
expect "requirements that are not there" 7 "none.txt" new -r none.txt -o no
expect "a conda file without dependencies" 3 "has no list of dependencies" new --conda-env conf.yaml -o no

# ---- what is copied ----
expect "data that is not there" 7 "cannot read nowhere" save --loader-module loads --data-path nowhere -o no
mkdir -p odd in/side
echo secret >secret
ln -s ../secret odd/out
expect "a link that leaves the data" 3 "odd: out is a link that leads out of the folder" save --loader-module loads --data-path odd -o no
expect "the same of code, in MLflow's words" 3 "Failed to copy the specified code path 'odd' into the model artifacts." new --code-path odd -o no
rm odd/out
ln -s /etc/passwd odd/out
expect "an absolute one" 3 "leads out of the folder" save --loader-module loads --data-path odd -o no
rm odd/out
mkfifo odd/fifo
expect "a FIFO" 3 "odd: fifo is neither a file nor a folder" save --loader-module loads --data-path odd -o no
expect "one by itself" 3 "neither a file nor a folder" save --loader-module loads --data-path odd/fifo -o no
rm odd/fifo
ln -s . odd/loop
expect "a folder within itself" 3 "loop is a link to a folder around it" save --loader-module loads --data-path odd -o no
rm odd/loop
echo 1 >in/file
ln -s ../file in/side/link
ln -s side in/other
check "links that stay" ends 0 save --loader-module loads --data-path in -o stay
check "become what they lead to" sh -c '[ -z "$(find stay -type l)" ] && cmp stay/data/in/other/link in/file'
expect "a model within its own data" 2 "lies in what is copied into it" save --loader-module loads --data-path in -o in/m
expect "two of one name" 2 "Failed to copy the specified code path 'more/../loads.py'" new --code-path more/../loads.py -o no
check "here is where we are" ends 0 sh -c 'cd more && "$@"' - "$program" save --python "$python" --loader-module loads --data-path . -o ../dot
check "by its name" test -f dot/data/more/cons.txt
check "nothing came of those either" none no in/m
check "nor is anything left" test -z "$(left)"

# ---- a copy ----
copy() { save --mlflow-model "$@"; }
check "a copy" ends 0 copy m -o copy1
sed "$uuid" m/MLmodel >wanted
check "is the same" is copy1/MLmodel
check "under another id" sh -c '! cmp -s m/MLmodel copy1/MLmodel'
rm -r copy1/MLmodel && cp m/MLmodel copy1
check "with the same files" diff -r -x __pycache__ m copy1
check "with one more requirement" ends 0 copy r --extra-pip-requirement 'six<2' --python-version 3.10.4 -o copy2
check "beside its own" holds copy2/requirements.txt "mlflow==3.17.2
six<2
pandas[a,b]<2,<3,>=1
-c constraints.txt"
check "with its own constraints" holds copy2/constraints.txt idna
check "with others in place of them" ends 0 copy r --pip-requirement attrs -o copy5
check "as it was saved by MLflow" holds copy5/requirements.txt "mlflow==3.17.2
attrs"
check "and without constraints" none copy5/constraints.txt
printf 'flavors: {python_function: {loader_module: loads, env: link/../../climb.yml, data: d}}\n' >climbs.yml
mkdir -p climbs/a/b && ln -s a/b climbs/link && cp climbs.yml climbs/MLmodel && : >climbs/d
printf 'dependencies: [python=3.7.1, {pip: [six]}]\n' >climbs/climb.yml
expect "a path that would leave the copy" 3 "climb" copy climbs --extra-pip-requirement attrs -o no
check "is not written" sh -c '[ ! -e climb.yml ]'
check "for another Python" test "$(grep -c '3\.10\.4$' copy2/MLmodel copy2/conda.yaml copy2/python_env.yaml | tr '\n' ' ')" = "copy2/MLmodel:1 copy2/conda.yaml:1 copy2/python_env.yaml:1 "
check "built with its own pip" grep -qx -- '- pip==23.2.1' copy2/python_env.yaml
expect "its loader is its own" 2 "a model that is copied keeps its loader" copy m --loader-module x -o no
expect "no model" 3 "no MLmodel" copy data -o no
printf 'six==1.16.0 --hash=sha256:%064d\n' 0 >hashed.txt
check "one with digests" ends 0 new -r hashed.txt -o hashed
check "is copied" ends 0 copy hashed --extra-pip-requirement attrs -o copy3
check "with them" grep -q "^six==1.16.0 --hash=sha256:00" copy3/requirements.txt
mkdir old && printf 'flavors: {python_function: {loader_module: loads, env: env.yml, data: d}, other: {a: 1}}\n' >old/MLmodel
printf 'dependencies: [python=3.7.1, numpy=1.0, {pip: [six]}]\n' >old/env.yml
: >old/d
check "one of an old layout" ends 0 copy old --extra-pip-requirement attrs -o copy4
cat >wanted <<YAML
dependencies:
- python=3.7.1
- numpy=1.0
- pip:
  - six
  - attrs
YAML
check "keeps its conda packages" is copy4/env.yml
check "deps of it" test "$("$program" deps copy4 | tr '\n' ' ')" = "six attrs "
printf 'loader_module: loads\ndata: d\n' >old/MLmodel
expect "one of the first releases' is not changed" 3 "it can be copied, but not changed" copy old --extra-pip-requirement attrs -o no
check "nothing came of those" none no

# ---- a flavor ----
add() { "$program" add --python "$python" "$@"; }
cat >a.yaml <<YAML
# a comment
utc_time_created: '2020-01-01 00:00:00'
flavors:
  sklearn: {pickled_model: model.pkl, version: 1.10, b: [x, y]}
  python_function:
    loader_module: old
run_id: abc
YAML
mkdir -p a && cp a.yaml a/MLmodel && chmod 640 a/MLmodel && : >a/model.pkl && mkdir a/code && : >a/conda.yaml
check "a flavor is replaced" ends 0 add a --loader-module new.loader --data model.pkl --code code --env conda.yaml predict_fn=go 'deep={b: [1, yes], a: "1"}'
cat >wanted <<YAML
flavors:
  python_function:
    code: code
    data: model.pkl
    deep:
      a: '1'
      b:
      - 1
      - true
    env:
      conda: conda.yaml
    loader_module: new.loader
    predict_fn: go
    python_version: $version
  sklearn:
    b:
    - x
    - y
    pickled_model: model.pkl
    version: 1.10
run_id: abc
utc_time_created: '2020-01-01 00:00:00'
YAML
check "its other keys are kept" is a/MLmodel
check "silently" test ! -s out
check "its mode, too" test "$(stat -c %a a/MLmodel)" = 640
cp a/MLmodel before
mv a/MLmodel a/real && ln -s real a/MLmodel
check "through a link" ends 0 add a/MLmodel --loader-module new.loader --data model.pkl --code code --conda-env conda.yaml predict_fn=go 'deep={b: [1, yes], a: "1"}'
check "which stays" sh -c '[ -L a/MLmodel ] && cmp a/real before'
expect "no file" 3 'Could not find an "MLmodel" configuration file at "data"' add data --loader-module x
expect "no loader" 2 'Either `loader_module`' add a
expect "a path that climbs" 2 "--data leaves the model's folder: x/../../y" add a --loader-module x --data x/../../y
expect "an absolute one" 2 "--code is a path below" add a --loader-module x --code /etc
ln -s ../secret a/out
expect "a link that leaves" 2 "--data leaves the model's folder" add a --loader-module x --data out
expect "a key twice" 2 "the key data is given twice" add a --loader-module x data=y
expect "again" 2 "the key k is given twice" add a --loader-module x k=1 k=2
expect "no key" 2 "KEY=VALUE, not y" add a --loader-module x y
expect "no YAML" 3 "k: line 2" add a --loader-module x 'k=[1'
printf '[1]\n' >a/list
expect "no MLmodel" 3 "is a list, where keys and values are wanted" add a/list --loader-module x
printf 'flavors: 7\n' >a/seven
expect "no flavors" 3 "flavors is a number, where a map is wanted" add a/seven --loader-module x
check "all that left the file as it was" cmp a/real before
expect "what is not there yet" 0 "--data: later is not in the model's folder" add a --loader-module x --data later
printf 'a: 1\n' >a/bare
check "a file without flavors" ends 0 add a/bare --loader-module x --python-version 3.9.9
check "gets them" grep -qx '    python_version: 3.9.9' a/bare
expect "as JSON" 0 '{"schema":"pyfunc-env/1","kind":"add","path":"a/bare","flavor":{"loader_module": "x"' add a/bare --loader-module x --json

# ---- a disk that is full, a kill, at any point ----
fail_at=${BUILDDIR:-build}/tests/cli/fail_at kill_at=${BUILDDIR:-build}/tests/cli/kill_at
whole() { sed "$uuid" at/MLmodel | diff - at0.mlmodel && diff -r -x MLmodel at0 at; }
# At each change of the disk in turn.
each() { # fail|kill COMMAND...
	how=$1 wrong=
	shift
	for n in $(seq "${count:-0}"); do
		rm -rf at .pyfunc-env.* && rc=0
		if [ "$how" = fail ]; then "$fail_at" "$n" 28 "$@"; else "$kill_at" "$n" "$@"; fi >out 2>err || rc=$?
		if [ -e at ] && ! { whole && [ $rc -eq 0 ]; }; then wrong="$wrong $n: not whole."; fi
		if [ "$how" = fail ] && [ -n "$(left)" ]; then wrong="$wrong $n: something is left."; fi
	done
	echo "$wrong"
	[ -z "$wrong" ]
}
if "$fail_at" 0 28 true >/dev/null 2>&1; then
	check "a model to compare with" ends 0 new -r more/reqs.txt -o at0
	sed "$uuid" at0/MLmodel >at0.mlmodel
	set -- "$program" save --python "$python" --loader-module loads --data-path data --code-path loads.py -r more/reqs.txt -o at
	count=$("$fail_at" 0 28 "$@" | sed -n 's/ calls$//p')
	check "how many changes there are: ${count:-none}" test "${count:-0}" -gt 20
	check "a full disk leaves all or nothing" each fail "$@"
	check "a kill, all or nothing in its place" each kill "$@"
else
	skip "calls cannot be looked at here: no faults"
fi
finish
