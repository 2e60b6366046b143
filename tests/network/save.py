#!/usr/bin/env python3
# save.py - model directories of `save` and of MLflow's save_model for the same arguments, compared
# SPDX-License-Identifier: Apache-2.0
"""Usage: save.py PROGRAM FOLDER, with an interpreter that has MLflow. Prints a line for each case."""
import json
import logging
import os
import re
import shutil
import subprocess
import sys
import warnings

os.environ.update(MLFLOW_UV_AUTO_DETECT="false", MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK="true")
warnings.simplefilter("ignore")
import mlflow  # noqa: E402
import mlflow.pyfunc  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from mlflow.models import Model, ModelSignature  # noqa: E402

logging.disable(logging.CRITICAL)
program, folder = sys.argv[1:]
os.chdir(folder)

FILES = {
    "my_loader.py": "import json, os\n\n\nclass M:\n    def __init__(self, k):\n        self.k = k\n\n"
    "    def predict(self, x):\n        return (x['x'] * self.k).tolist()\n\n\n"
    "def _load_pyfunc(path, config=None):\n    path = os.path.join(path, 'coef.json') if os.path.isdir(path) else path\n"
    "    with open(path) as f:\n        return M(json.load(f)['k'] * (config or {}).get('by', 1))\n",
    "coef.json": '{"k": 2.0}', "data/coef.json": '{"k": 3}', "data/sub/empty": "", "data/__pycache__/x.pyc": "x",
    "pkg/__init__.py": "", "pkg/deep/mod.py": "y = 1\n", "pkg/__pycache__/mod.pyc": "x", "pkg/old.pyc": "y",
    "reqs.txt": "# comment\npandas>=1 # inline\n\n  numpy \\\n  >=1.0,<99\n-r more/reqs2.txt\n-c more/cons.txt\nmlflow-skinny\n",
    "more/reqs2.txt": "six ; python_version < '4'\n--requirement reqs3.txt\n", "more/reqs3.txt": "attrs[b,a]>=1\n",
    "more/cons.txt": "scipy<2\nidna\n", "hashes.txt": "six==1.16.0 --hash=sha256:" + "a" * 64 + "\nfoo @ git+https://h/r@v1\n./local-1.0-py3-none-any.whl\nmlflow==1.0 --hash=sha256:" + "b" * 64 + "\n",
    "twice.txt": "pandas\nPandas>=1\npandas[excel]>1.0\npandas[sql]<9\nsix; python_version<'3'\nsix\ndatabricks-connect\npyspark\n",
    "conda.yaml": "name: mine\nchannels: [a, 'b: c']\ndependencies:\n- python=3.9.1\n- libopenblas=0.3\n- pip\n- pip:\n  - pandas\n  - -c more/cons.txt\n  - 'six ==1.16'\nvariables: {A: '1', B: 'yes', C: null}\n",
    "conda_plain.yaml": "dependencies: [python=3.11, numpy]\nname: x\n",
    "config.yaml": "by: 10\nname: caf\u00e9\nlist: [1, {a: 2.5}, '3', yes]\n",
    "meta.json": json.dumps({"z": 1, "a": {"b": [1.5, 1e16, None, True, "no", "2020-01-01", "x: y"], "": []}, "long": "word " * 40}),
}
COLUMNS = [{"type": "double", "name": "x"}, {"name": "n \u00e9", "required": False, "type": "string"},
           {"type": "array", "items": {"type": "object", "properties": {"b": {"type": "long"}, "a": {"type": "map", "values": {"type": "float"}, "required": False}}}, "name": "o", "required": True}]
TENSORS = [{"type": "tensor", "tensor-spec": {"shape": [-1, 2], "dtype": "float64"}}]
PARAMS = [{"name": "t", "type": "double", "default": 1, "shape": None}, {"shape": [-1], "name": "l", "type": "long", "default": [1, 2]},
          {"name": "s", "dtype": "string", "default": "a"}]
SIGNATURES = {
    "columns": {"inputs": COLUMNS, "outputs": [{"type": "double"}], "params": PARAMS},
    "plain": {"inputs": [{"type": "double", "name": "x"}]},
    "tensor": {"inputs": TENSORS, "outputs": [{"name": "y", "type": "tensor", "tensor-spec": {"dtype": "str", "shape": []}}]},
}
EXAMPLES = {
    "split": ({"dataframe_split": {"columns": ["x", "s"], "data": [[1.5, "a"], [2.0, "\u00e9"]]}}, lambda v: pd.DataFrame(**v["dataframe_split"])),
    "records": ({"dataframe_records": [{"x": 1, "s": "a"}, {"x": 2, "s": "b"}]}, lambda v: pd.DataFrame(v["dataframe_records"])),
    "values": ({"dataframe_split": {"data": [[1, 2], [3, 4]]}}, lambda v: pd.DataFrame(v["dataframe_split"]["data"])),
    "params": ({"dataframe_split": {"columns": ["x"], "data": [[1.0]]}, "params": {"t": 0.5}}, lambda v: (pd.DataFrame(**v["dataframe_split"]), v["params"])),
    "dict": ({"a": [1, 2], "b": {"c": "d"}}, lambda v: v), "list": ([{"a": 1e20}, {"a": 1.5}], lambda v: v), "scalar": ("text", lambda v: v),
    "llm": ({"messages": [{"role": "user", "content": "hi"}]}, lambda v: v),
}
# A case: what save_model is told, and how the command line says it. Its file is JSON where a value is.
DATA = ({"data_path": "data", "code_paths": ["my_loader.py"]}, ["--data-path", "data", "--code-path", "my_loader.py"])


def case(kwargs=None, words=()):
    kwargs, words = {"loader_module": "my_loader", **DATA[0], **(kwargs or {})}, ["--loader-module", "my_loader", *DATA[1], *words]
    if len(kwargs) > 3 and not {"conda_env", "pip_requirements", "extra_pip_requirements"} & set(kwargs):
        kwargs["pip_requirements"] = ["six"]  # MLflow would load the model, to see what it imports
        words += ["--pip-requirement", "six"]
    return kwargs, words


CASES = {
    "as it is": case(),
    "no data, no code": ({"loader_module": "json", "pip_requirements": ["six"]}, ["--loader-module", "json", "--pip-requirement", "six"]),
    "a file as data": ({"loader_module": "my_loader", "data_path": "coef.json", "code_paths": ["my_loader.py", "pkg", "pkg/deep"]},
                       ["--loader-module", "my_loader", "--data-path", "coef.json", "--code-path", "my_loader.py", "--code-path", "pkg/", "--code-path", "./pkg/../pkg/deep"]),
    "requirements of a file": case({"pip_requirements": ["-r reqs.txt"]}, ["-r", "reqs.txt"]),
    "requirements of the line": case({"pip_requirements": ["six==1.16 # x", "-c more/cons.txt", "pandas >= 1 , < 9"]},
                                     ["--pip-requirement", "six==1.16 # x", "--pip-requirement", "-c more/cons.txt", "--pip-requirement", "pandas >= 1 , < 9"]),
    "hashes and URLs": case({"pip_requirements": ["-r hashes.txt"]}, ["-r", "hashes.txt"]),
    "names twice": case({"pip_requirements": ["-r twice.txt"]}, ["-r", "twice.txt"]),
    "extra requirements": case({"extra_pip_requirements": ["six", "-r more/reqs2.txt", "cloudpickle"]},
                               ["--extra-pip-requirement", "six", "--extra-pip-requirement", "-r more/reqs2.txt", "--extra-pip-requirements", "cloudpickle"]),
    "a conda file": case({"conda_env": "conda.yaml"}, ["--conda-env", "conda.yaml"]),
    "a conda file without pip": case({"conda_env": "conda_plain.yaml"}, ["--conda-env", "conda_plain.yaml"]),
    "config": case({"model_config": {"by": 10, "name": "caf\u00e9", "list": [1, {"a": 2.5}, "3", True]}}, ["--model-config", "config.yaml"]),
    "metadata": case({"metadata": json.loads(FILES["meta.json"])}, ["--metadata", "meta.json"]),
    "streamable": case({"streamable": True}, ["--streamable"]),
}
for name, signature in SIGNATURES.items():
    FILES[name + ".json"] = json.dumps(signature)
    texts = {key: json.dumps(value) for key, value in signature.items()}
    FILES[name + "_texts.json"] = json.dumps(texts)
    CASES["signature: " + name] = case({"signature": ModelSignature.from_dict(texts)}, ["--signature", name + ".json"])
    CASES["signature as texts: " + name] = case({"signature": ModelSignature.from_dict(texts)}, ["--signature", name + "_texts.json"])
for name, (value, make) in EXAMPLES.items():
    FILES["example_" + name + ".json"] = json.dumps(value)
    CASES["example: " + name] = case({"input_example": make(value)}, ["--input-example", "example_" + name + ".json"])
CASES["example: csv"] = case({"input_example": pd.DataFrame({"x": [1, 2], "f": [0.5, 1.0], "s": ["a", "b,c"], "b": [True, False]})}, ["--input-example", "example.csv"])
FILES["example.csv"] = 'x,f,s,b\n1,0.5,a,True\n2,1.0,"b,c",False\n'
FILES["example_tensor.json"] = json.dumps({"inputs": [[1.0, 2.5]]})
CASES["example: tensor"] = case({"input_example": np.array([[1.0, 2.5]]), "signature": ModelSignature.from_dict({"inputs": json.dumps(TENSORS)})},
                                ["--input-example", "example_tensor.json", "--signature", "tensor_in.json"])
FILES["tensor_in.json"] = json.dumps({"inputs": TENSORS})
REFUSED = {
    "two environments": case({"conda_env": "conda.yaml", "pip_requirements": ["six"]}, ["--conda-env", "conda.yaml", "--pip-requirement", "six"]),
    "three": case({"conda_env": "conda.yaml", "extra_pip_requirements": ["six"]}, ["--conda-env", "conda.yaml", "--extra-pip-requirement", "six"]),
    "no loader": ({"pip_requirements": ["six"]}, ["--pip-requirement", "six"]),
    "code that is not there": case({"code_paths": ["nowhere"], "pip_requirements": ["six"]}, ["--code-path", "nowhere"]),
    "a path that is not empty": case({"path": "full"}, ["-o", "full"]),
    "an example of another type": case({"signature": ModelSignature.from_dict({"inputs": json.dumps(SIGNATURES["plain"]["inputs"])}), "input_example": pd.DataFrame({"x": ["a"]})},
                                       ["--signature", "plain.json", "--input-example", "example_bad.json"]),
}
FILES["example_bad.json"] = json.dumps({"dataframe_split": {"columns": ["x"], "data": [["a"]]}})
FILES["full/file"] = ""


def run(*words):
    return subprocess.run([program, *words, "--python", sys.executable], stdin=subprocess.DEVNULL, capture_output=True, text=True)


def mask(path, data):
    if os.path.basename(path) == "MLmodel":
        data = re.sub(rb"(?m)^(model_uuid|utc_time_created): .*$", rb"\1", data)
    return data


def tree(root):
    found = {}
    for here, folders, files in os.walk(root):
        found[os.path.relpath(here, root)] = None
        for name in files:
            path = os.path.join(here, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, root)] = mask(path, f.read())
    return found


def compare(ours, theirs):
    a, b = tree(ours), tree(theirs)
    return ["%s: %r, not %r" % (p, a.get(p, "absent"), b.get(p, "absent")) for p in sorted({*a, *b}) if a.get(p, "absent") != b.get(p, "absent")]


def say(name, wrong):
    print("not ok" if wrong else "ok", "-", name)
    for line in wrong or ():
        print("#", line)


def same_trees():
    for i, (name, (kwargs, words)) in enumerate(CASES.items()):
        mlflow.pyfunc.save_model("theirs%d" % i, **kwargs)
        done = run("save", *words, "-o", "ours%d" % i)
        say(name, compare("ours%d" % i, "theirs%d" % i) if done.returncode == 0 else [done.stderr])
        if kwargs.get("data_path") and not kwargs.get("streamable") and not done.returncode:
            model = mlflow.pyfunc.load_model("ours%d" % i)
            answers = [mlflow.pyfunc.load_model("theirs%d" % i), model]
            if "signature" in kwargs and "plain" not in name:
                answers = []
            frame = pd.DataFrame({"x": [1.0, 2.5]})
            answers = [m.predict(frame) for m in answers]
            say(name + ": loads and predicts", [] if not answers or answers[0] == answers[1] else [repr(answers)])


def same_refusals():
    for name, (kwargs, words) in REFUSED.items():
        kwargs = {"path": "refused", **kwargs}
        try:
            mlflow.pyfunc.save_model(**kwargs)
            theirs = None
        except Exception as e:
            theirs = str(e).strip('(\",)')  # a message that is a tuple of one
        subprocess.run(["rm", "-rf", "refused"], check=True)
        done = run("save", "-o", "refused", *words)
        # What is wrong with a value is told in words of our own.
        beginning = (theirs or "\0").split(" Failed to enforce")[0]
        say("refused: " + name, [] if done.returncode in (2, 3, 7) and beginning in done.stderr else [done.stderr, str(theirs)])
        say("refused: " + name + ": nothing is there", ["a folder"] if os.path.exists("refused") else [])


def same_flavors():
    for name, kwargs, words in (
        ("a flavor", {"data": "data/data", "code": "code"}, ["--data", "data/data", "--code", "code"]),
        ("in the place of another", {"loader_module": "other.loader", "conda_env": "conda.yaml"}, ["--loader-module", "other.loader", "--env", "conda.yaml"]),
        ("with more keys", {"python_env": "python_env.yaml", "predict_fn": "predict_proba", "n": 3, "deep": {"a": [1, None]}, "t": "3"},
         ["--python-env", "python_env.yaml", "predict_fn=predict_proba", "n=3", "deep={a: [1, null]}", "t='3'"]),
    ):
        for i in range(len(CASES)):
            model = Model.load("theirs%d/MLmodel" % i)
            mlflow.pyfunc.add_to_model(model, **{"loader_module": "my_loader", **kwargs})
            model.save("theirs%d/added" % i)
            shutil.copy("ours%d/MLmodel" % i, "ours%d/added" % i)
            done = run("add", "ours%d/added" % i, "--loader-module", "my_loader", *words)
            with open("ours%d/added" % i, "rb") as ours, open("theirs%d/added" % i, "rb") as theirs:
                a, b = (mask("MLmodel", f.read()) for f in (ours, theirs))
            if done.returncode or a != b:
                say("add: %s to %d" % (name, i), [done.stderr, a.decode(), b.decode()])
                break
        else:
            say("add: " + name, [])


for path, text in FILES.items():
    if os.path.dirname(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
same_trees()
same_refusals()
same_flavors()
