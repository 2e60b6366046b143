# loader.py - the models of loader.sh: what one MLflow saves of three flavors; Python 3.7 and newer
# SPDX-License-Identifier: Apache-2.0
#
# loader.py stub DIR PYTHON REQUIREMENT...   a model that is only there for its environment
# loader.py save DIR STUB                    by that environment: models, each with the stub's environment
# loader.py break DIR                        copies of them with damage
# loader.py append MODEL COPY BYTE           a copy with more behind the end of its file
import glob
import io
import json
import os
import pickle
import shutil
import sys

ENVIRONMENT = ("requirements.txt", "python_env.yaml")
COLUMNS = ["a", "b", "c", "d"]


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with io.open(path, "w", encoding="utf-8") as f:
        f.write(text)


def stub(top, python, *requirements):
    write(os.path.join(top, "MLmodel"), "flavors:\n  python_function:\n    loader_module: none\n    env: conda.yaml\n")
    write(os.path.join(top, "python_env.yaml"), "python: %s\ndependencies:\n- -r requirements.txt\n" % python)
    write(os.path.join(top, "requirements.txt"), "".join(r + "\n" for r in requirements))


def optional(name):
    try:
        return __import__(name)
    except ImportError:
        return None


def models():
    """(name, flavor, keyword arguments, signature?) of whatever is installed."""
    import numpy
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = numpy.random.RandomState(1)
    x = rng.rand(60, 4)
    y = (x[:, 0] + x[:, 1] > 1).astype(int)
    logistic = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    linear = LinearRegression().fit(x, y)
    yield "logistic-pickle", "sklearn", dict(sk_model=logistic, serialization_format="pickle"), True
    yield "logistic-cloudpickle", "sklearn", dict(sk_model=logistic, serialization_format="cloudpickle"), False
    yield "linear-default", "sklearn", dict(sk_model=linear), True
    yield "proba", "sklearn", dict(sk_model=logistic, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba"), True
    yield "no-proba", "sklearn", dict(sk_model=linear, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba"), True
    if optional("skops"):
        yield "skops", "sklearn", dict(sk_model=logistic, serialization_format="skops"), True
        yield "skops-untrusted", "sklearn", dict(sk_model=odd(x, y), serialization_format="skops"), False
    lightgbm, xgboost = optional("lightgbm"), optional("xgboost")
    if lightgbm:
        quiet = dict(verbose=-1, min_data_in_leaf=2, num_leaves=4)
        booster = lightgbm.train(dict(quiet, objective="binary"), lightgbm.Dataset(x, y, feature_name=COLUMNS), 5)
        yield "lightgbm-booster", "lightgbm", dict(lgb_model=booster), True
        yield "lightgbm-class", "lightgbm", dict(lgb_model=lightgbm.LGBMClassifier(n_estimators=5, **quiet).fit(x, y)), True
    if xgboost:
        booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y, feature_names=COLUMNS), 5)
        yield "xgboost-booster", "xgboost", dict(xgb_model=booster), True
        yield "xgboost-unnamed", "xgboost", dict(xgb_model=booster), False
        import pandas

        table = pandas.DataFrame(x, columns=COLUMNS)
        yield "xgboost-class", "xgboost", dict(xgb_model=xgboost.XGBClassifier(n_estimators=5).fit(table, y)), True
        yield "xgboost-regressor", "xgboost", dict(xgb_model=xgboost.XGBRegressor(n_estimators=5).fit(table, y)), False
        yield "xgboost-params", "xgboost", dict(xgb_model=booster), {"output_margin": True, "odd": 1}
        yield "xgboost-class-params", "xgboost", dict(xgb_model=xgboost.XGBRegressor(n_estimators=5).fit(table, y)), {"output_margin": True, "odd": 1}


def odd(x, y):
    """What skops does not trust by itself."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.pipeline import make_pipeline
    import numpy

    return make_pipeline(FunctionTransformer(numpy.asfortranarray), LogisticRegression()).fit(x, y)


def signature_of(params):
    from mlflow.models.signature import ModelSignature
    from mlflow.types.schema import ColSpec, Schema

    inputs = Schema([ColSpec("double", name) for name in COLUMNS])
    if not isinstance(params, dict):
        return ModelSignature(inputs)
    from mlflow.types.schema import ParamSchema, ParamSpec

    kinds = {bool: "boolean", int: "long"}
    return ModelSignature(inputs, None, ParamSchema([ParamSpec(k, kinds[type(v)], v) for k, v in params.items()]))


def save(top, like):
    import importlib

    for name, flavor, arguments, signed in models():
        path = os.path.join(top, name)
        try:
            if signed:
                arguments["signature"] = signature_of(signed)
            importlib.import_module("mlflow." + flavor).save_model(path=path, **arguments)
        except Exception as e: # not everything was there from the beginning
            print("# not saved: %s: %r" % (name, e))
            shutil.rmtree(path, ignore_errors=True)
            continue
        for file in ENVIRONMENT:
            shutil.copy(os.path.join(like, file), path)
        if os.path.exists(os.path.join(path, "conda.yaml")):
            os.remove(os.path.join(path, "conda.yaml"))
    rows = [[0.1 * i, 0.9 - 0.1 * i, 0.5, 0.25 * i] for i in range(4)]
    split = {"columns": COLUMNS, "data": rows}
    requests = os.path.join(os.path.dirname(top.rstrip("/")), "requests")
    write(os.path.join(requests, "split.json"), json.dumps({"dataframe_split": split}))
    write(os.path.join(requests, "rows.csv"), ",".join(COLUMNS) + "\n" + "\n".join(",".join(map(repr, r)) for r in rows) + "\n")
    write(os.path.join(requests, "turned.json"), json.dumps({"dataframe_split": {
        "columns": COLUMNS[::-1], "data": [r[::-1] for r in rows]}}))
    write(os.path.join(requests, "inputs.json"), json.dumps({"inputs": rows}))
    write(os.path.join(requests, "params.json"), json.dumps({"dataframe_split": split, "params": {"output_margin": False}}))
    write(os.path.join(requests, "few.json"), json.dumps({"dataframe_split": {"columns": ["a", "z"], "data": [[1.5, 2.5]]}}))
    write(os.path.join(requests, "texts.json"), json.dumps({"dataframe_split": {"columns": COLUMNS, "data": [["x"] * 4]}}))


def model_file(path):
    found = [f for f in glob.glob(os.path.join(path, "model.*")) + glob.glob(os.path.join(path, "data", "model.*"))]
    return found[0] if found else None


def damage(top):
    for path in sorted(glob.glob(os.path.join(top, "*"))):
        file = model_file(path)
        if file is None:
            continue
        for how in "cut", "gone", "other":
            copy = path + "." + how
            shutil.copytree(path, copy)
            file = model_file(copy)
            with open(file, "rb") as f:
                data = f.read()
            if how == "gone":
                os.remove(file)
                continue
            with open(file, "wb") as f:
                f.write(data[: len(data) // 2] if how == "cut" else pickle.dumps({"no": "model"}, 2))


def append(path, copy, byte):
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(path, copy)
    file = model_file(copy)
    if file is not None:
        with open(file, "ab") as f:
            f.write(byte.encode() * 64)


if __name__ == "__main__":
    {"stub": stub, "save": save, "break": damage, "append": append}[sys.argv[1]](*sys.argv[2:])
