#!/bin/sh
# light.sh - the light loader: what it does for three flavors, and when MLflow's own has the word
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # functions that are called by check
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' || skip_all "$python has no importlib.metadata"

# The libraries, as far as a loader sees them; all models share one folder of code.
code=$work/code
mkdir -p "$code/xgboost" "$code/lightgbm" "$code/skops" "$code/mlflow"
cat >"$code/numpy.py" <<'END'
import array
class ndarray(list):
    def reshape(self, shape): return self
class generic: pass
class integer(generic): pass
def frombuffer(data, dtype): return ndarray(array.array({"int64": "q"}[dtype], bytes(data)))
END
cat >"$code/estimators.py" <<'END'
import sys
def who(): return "with" if "mlflow" in sys.modules else "without"
class Plain:
    def __init__(self): self.state = 1
    def predict(self, data): return [who(), sum(data)]
    def predict_proba(self, data): return [who(), "proba"]
class Heavy(Plain):
    def __setstate__(self, state): import mlflow
class Noted(Plain):
    def __setstate__(self, state):
        import os
        with open(os.environ["NOTES"], "a") as notes: notes.write(who() + "\n")
class Threads:
    def predict(self, data):
        import os
        return [os.environ.get(lib + "_NUM_THREADS", "any") for lib in ("OMP", "OPENBLAS", "MKL")]
class Failing(Plain):
    def __setstate__(self, state): raise KeyError("no state")
END
cat >"$code/cloudpickle.py" <<'END'
import pickle
def load(file): return ["cloudpickle", pickle.load(file)][1]
END
: >"$code/skops/__init__.py"
cat >"$code/skops/io.py" <<'END'
import pickle
def load(path, trusted):
    with open(path, "rb") as file: model = pickle.load(file)
    model.predict = lambda data: [repr(trusted)]
    return model
END
cat >"$code/lightgbm/__init__.py" <<'END'
from estimators import who
class Booster:
    def __init__(self, model_file): self.text = open(model_file).read()
    def predict(self, data): return [who(), self.text, sum(data)]
END
cat >"$code/xgboost/__init__.py" <<'END'
from estimators import who
class DMatrix:
    def __init__(self, data): self.data = data
END
cat >"$code/xgboost/core.py" <<'END'
from estimators import who
class Booster:
    def load_model(self, path): self.text = open(path).read()
    def predict(self, data, margin=False, validate_features=None):
        return [who(), type(data).__name__, self.text, str(margin), str(validate_features)]
END
cat >"$code/xgboost/sklearn.py" <<'END'
from estimators import who
class XGBModel:
    def load_model(self, path): self.text = open(path).read()
    def predict(self, data, validate_features=None, **rest):
        return [who(), type(data).__name__, str(validate_features), str(sorted(rest.items()))]
END
: >"$code/mlflow/__init__.py"
cat >"$code/mlflow/sklearn.py" <<'END'
import os, pickle
def _load_pyfunc(path):
    if os.environ.get("MLFLOW_ALLOW_PICKLE_DESERIALIZATION") == "false": raise ValueError("it is not allowed")
    with open(os.path.join(path, "model.pkl"), "rb") as file: return pickle.load(file)
END

# The flavor's keys are on standard input.
make_model() { # NAME FLAVOR PYFUNC_KEY
	mkdir -p "$work/$1"
	ln -sfn ../code "$work/$1/code"
	{
		printf 'flavors:\n  python_function:\n    loader_module: mlflow.%s\n    code: code\n    %s\n  %s:\n' "$2" "$3" "$2"
		sed 's/^/    /'
	} >"$work/$1/MLmodel"
	cp -R "$code" "$work/$1/code.real"
	rm "$work/$1/code"
	mv "$work/$1/code.real" "$work/$1/code"
}
pickled() { # NAME CLASS
	PYTHONPATH=$code "$python" -c 'import sys, pickle, estimators
pickle.dump(getattr(estimators, sys.argv[2])(), open(sys.argv[1], "wb"))' "$work/$1/model.pkl" "$2"
}
sklearn() { # NAME CLASS [LINE]
	printf 'pickled_model: model.pkl\n%s\n' "${3:-}" | make_model "$1" sklearn 'model_path: model.pkl'
	pickled "$1" "$2"
}
run() { # MODEL [OPTIONS]
	model=$work/$1
	shift
	"$program" run "$model" --env-manager local --python "$python" -i "$work/in" -q "$@"
}
echo '{"inputs": [1, 2]}' >"$work/in"

# ---- sklearn ----

sklearn plain Plain
expect "a pickle" 0 '{"predictions": ["without",3]}' run plain
expect "with MLflow's loader" 0 '{"predictions": ["with",3]}' run plain --loader mlflow
expect "by name" 0 '{"predictions": ["without",3]}' run plain --loader light
expect "what was chosen is told" 0 ", loader: light" "$program" run "$work/plain" --env-manager local \
	--python "$python" -i "$work/in" -v
# Threads are not worth it for little that is loaded so.
unset OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS
sklearn threads Threads
{ printf '{"inputs": [1'; head -c 70000 /dev/zero | tr '\0' ' '; echo ']}'; } >"$work/long"
expect "one thread for a few rows" 0 '["1","1","1"]' run threads
expect "any for many" 0 '["any","any","any"]' run threads -i "$work/long"
expect "or with MLflow's loader" 0 '["any","any","any"]' run threads --loader mlflow
expect "or for a process that stays" 0 '["any","any","any"]' run threads --keep-warm=1
expect "what is set counts" 0 '["any","4","any"]' run threads --env OPENBLAS_NUM_THREADS=4

# Input that MLflow alone can read: where a worker is to stay, the input is read before a model is
# loaded, so that one is loaded, once.
cat >"$code/pandas.py" <<'END'
def read_csv(file): return file.read().decode().split()
END
cat >"$code/mlflow/pyfunc.py" <<'END'
import os, pickle
import mlflow
class Model:
    metadata = None
    def __init__(self, path):
        with open(os.path.join(path, "model.pkl"), "rb") as file: pickle.load(file)
    def predict(self, data): return data
def load_model(path, suppress_warnings): return Model(path)
END
sklearn noted Noted
printf 'signature:\n  inputs: %s\n' \
	"'[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"int64\", \"shape\": [-1]}}]'" >>"$work/noted/MLmodel"
printf 'a\n1\n' >"$work/raw.csv"
export NOTES="$work/notes"
for i in 1 2; do
	expect "what MLflow reads, with a worker, time $i" 0 '["a","1"]' run noted -i "$work/raw.csv" --keep-warm=30
done
check "was loaded once, by MLflow" grep -x with "$work/notes"
check "and by nobody else" [ "$(wc -l <"$work/notes")" = 1 ]
expect "that is asked to go" 0 '["a","1"]' run noted -i "$work/raw.csv" --keep-warm=0
expect "without a worker" 0 '["a","1"]' run noted -i "$work/raw.csv"
sklearn cloud Plain "serialization_format: cloudpickle"
expect "a cloudpickle" 0 '{"predictions": ["without",3]}' run cloud
sklearn skops Plain "serialization_format: skops
skops_trusted_types: [a.B, c.D]"
expect "skops is told what to trust" 0 "[\"['a.B', 'c.D']\"]" run skops
sklearn nobody Plain "serialization_format: skops"
expect "or that nobody said so" 0 '["None"]' run nobody
printf 'pickled_model: model.pkl\n' | make_model proba sklearn 'predict_fn: predict_proba
    model_path: model.pkl'
pickled proba Plain
expect "another method" 0 '{"predictions": ["without","proba"]}' run proba
sklearn heavy Heavy
expect "a pickle that names mlflow imports it" 0 '{"predictions": ["with",3]}' run heavy --loader light

# ---- what it does not do ----

sklearn odd Plain "odd: 1"
expect "an unknown key" 0 '{"predictions": ["with",3]}' run odd
expect "refused when it is asked for" 2 "--loader light cannot load this model: flavors.sklearn has the key odd, which is not known" \
	run odd --loader light
sklearn failing Failing
expect "a load that fails has MLflow's error" 8 "the model could not be loaded: KeyError: 'no state'" run failing
check "and its traceback" said "mlflow/sklearn.py"
expect "or its own" 8 "the model could not be loaded: KeyError: 'no state'" run failing --loader light
check "which is another" silent "mlflow/sklearn.py"
expect "pickles that are forbidden" 8 "ValueError: it is not allowed" run plain --env MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false
expect "the light one leaves to MLflow" 8 "RuntimeError: MLFLOW_ALLOW_PICKLE_DESERIALIZATION is set" \
	run plain --loader light --env MLFLOW_ALLOW_PICKLE_DESERIALIZATION=false
expect "allowed ones" 0 '["without",3]' run plain --env MLFLOW_ALLOW_PICKLE_DESERIALIZATION=TRUE
mkdir -p "$work/own"
printf 'flavors:\n  python_function:\n    loader_module: mine\n' >"$work/own/MLmodel"
expect "a loader of the model's own" 2 "it is loaded by mine, which is not one of" run own --loader light
sed 's/mine/mlflow.pyfunc.model/' "$work/own/MLmodel" >"$work/own/new" && mv "$work/own/new" "$work/own/MLmodel"
expect "a class of MLflow's" 2 "cannot load this model: it is a class of MLflow's" run own --loader light
expect "no such loader" 2 "--loader must be one of auto, mlflow, light" run plain --loader fast

# ---- lightgbm ----

printf 'data: model.lgb\nmodel_class: lightgbm.basic.Booster\n' | make_model booster lightgbm 'data: model.lgb'
printf tree >"$work/booster/model.lgb"
expect "lightgbm: a booster" 0 '["without","tree",3]' run booster
printf 'data: model.pkl\nmodel_class: lightgbm.sklearn.LGBMClassifier\n' | make_model classifier lightgbm 'data: model.pkl'
pickled classifier Plain
expect "lightgbm: a pickled class" 0 '["without",3]' run classifier

# ---- xgboost ----

params() { # MODEL
	printf "signature:\n  inputs: null\n  params: '[{\"name\": \"margin\", \"type\": \"boolean\", \"default\": true, \"shape\": null}, {\"name\": \"odd\", \"type\": \"boolean\", \"default\": true, \"shape\": null}]'\n" >>"$work/$1/MLmodel"
}
mlflow_is() { # VERSION
	rm -rf "$work"/*/code/mlflow-*.dist-info
	for folder in "$work"/*/code; do
		mkdir -p "$folder/mlflow-$1.dist-info"
		printf 'Metadata-Version: 2.1\nName: mlflow\nVersion: %s\n' "$1" >"$folder/mlflow-$1.dist-info/METADATA"
	done
}
for class in core.Booster sklearn.XGBModel; do
	name=${class#*.}
	printf 'data: model.xgb\nmodel_class: xgboost.%s\nmodel_format: xgb\n' "$class" | make_model "$name" xgboost 'data: model.xgb'
	printf trees >"$work/$name/model.xgb"
done
expect "xgboost: a booster" 0 '["without","DMatrix","trees","False","True"]' run Booster
expect "xgboost: a model" 0 '["without","ndarray","True","[]"]' run XGBModel
params Booster
params XGBModel
mlflow_is 3.1.0
expect "xgboost: known parameters" 0 '["without","DMatrix","trees","True","True"]' run Booster
check "and unknown ones are told" said "Params {'odd'} are not accepted by the xgboost model"
expect "xgboost: all, where it takes any" 0 "[('margin', True), ('odd', True)]" run XGBModel
mlflow_is 2.14.3
expect "xgboost: none with an older MLflow" 0 '["without","DMatrix","trees","False","True"]' run Booster
mlflow_is 2.15.1
expect "xgboost: one that differs is asked itself" 8 "mlflow 2.15 treats parameters in a way of its own" run Booster --loader light
finish
