#!/usr/bin/env python3
# python_load.py - load_model against MLflow's own: what it saved is loaded by both, and asked the same
# SPDX-License-Identifier: Apache-2.0
"""Usage: python_load.py here FOLDER, with an interpreter that has MLflow and PYTHONPATH for pyfunc_env;
... make FOLDER, with an old one, which saves models and its own predictions; ... old FOLDER, with a new one;
... dask FOLDER, where "here" has been, with one that has Dask, too.
Prints a line of TAP for each case."""
import json
import logging
import os
import pickle
import sys
import traceback
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
import mlflow.pyfunc  # noqa: E402
import mlflow.sklearn  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

logging.getLogger("mlflow").setLevel(logging.ERROR)
what, folder = sys.argv[1], Path(sys.argv[2])
number = 0


def case(name):
    """A function that returns whether it came out well, or fails an assertion."""

    def run(function):
        global number
        number += 1
        try:
            wrong = function() is False
        except Exception:
            wrong = True
            print("# " + traceback.format_exc().replace("\n", "\n# "))
        print("not ok" if wrong else "ok", number, "-", name, flush=True)
        return function

    return run


def same(a, b):
    """Types, and what is in them."""
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b)
    elif isinstance(a, pd.Series):
        pd.testing.assert_series_equal(a, b)
    elif isinstance(a, np.ndarray):
        assert type(b) is type(a) and a.dtype == b.dtype and a.shape == b.shape, (a, b)
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert type(a) is type(b) and list(a) == list(b), (a, b)
        [same(a[k], b[k]) for k in a]
    elif isinstance(a, (list, tuple)):
        assert type(a) is type(b) and len(a) == len(b), (a, b)
        [same(x, y) for x, y in zip(a, b)]
    else:
        assert type(a) is type(b) and (a == b or a != a), (a, b)


def frame():
    values = np.random.default_rng(1).normal(5, 2, (20, 4))
    return pd.DataFrame(values, columns=["a", "b", "c", "d"])


def fitted():
    from sklearn.linear_model import LogisticRegression

    data = frame()
    return LogisticRegression().fit(data, (data["a"] > data["b"]).astype(int))


# ---- with an old MLflow: models, and what it says of them itself ----


class Scaled(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        with open(context.artifacts["scale"]) as f:
            self.scale = json.load(f)

    def predict(self, context, model_input, *more, **named):
        return model_input * self.scale


LOADER = "import json, os\n\nclass M:\n    def __init__(self, k):\n        self.k = k\n\n    def predict(self, x):\n        return x['a'] * self.k\n\ndef _load_pyfunc(path):\n    with open(path) as f:\n        return M(json.load(f))\n"


def make_files():
    folder.mkdir(exist_ok=True)
    (folder / "scale.json").write_text("2.5")
    (folder / "their_loader.py").write_text(LOADER)


def make():
    make_files()
    uri = str(folder / "scale.json")
    mlflow.sklearn.save_model(fitted(), str(folder / "sklearn"))
    mlflow.pyfunc.save_model(str(folder / "class"), python_model=Scaled(), artifacts={"scale": uri})
    mlflow.pyfunc.save_model(
        str(folder / "loader"), loader_module="their_loader", data_path=uri, code_path=[str(folder / "their_loader.py")]
    )
    for name in ("sklearn", "class", "loader"):
        answer = mlflow.pyfunc.load_model(str(folder / name)).predict(frame())
        np.save(folder / (name + ".npy"), np.asarray(answer))


if what == "make":
    make()
    sys.exit()

import pyfunc_env  # noqa: E402
from pyfunc_env import Runner, engines  # noqa: E402


def everywhere(path, data, params=None, **options):
    """MLflow's answer, ours in this process, and in another of this interpreter; all the same."""
    theirs = mlflow.pyfunc.load_model(path, **{k: v for k, v in options.items() if k == "model_config"})
    wanted = theirs.predict(data, params=params) if params else theirs.predict(data)
    same(wanted, pyfunc_env.load_model(path, **options).predict(data, params))
    with Runner(path, env_manager="local", python=sys.executable, **options) as runner:
        runner.start()
        same(wanted, runner.predict(data, params))
    return wanted


def old():
    for name in ("sklearn", "class", "loader"):

        @case(f"a model of an old MLflow, here and in its own environment: {name}")
        def _(name=name):
            path, wanted = str(folder / name), np.load(folder / (name + ".npy"))
            with pyfunc_env.load_model(path, env_manager="venv", python=sys.executable, as_of="2024-01-31") as model:
                np.testing.assert_array_equal(np.asarray(model.predict(frame())), wanted)
                assert model.metadata.mlflow_version.startswith(("1.", "2.")), model.metadata.to_dict()
            if name != "sklearn":
                np.testing.assert_array_equal(np.asarray(everywhere(path, frame())), wanted)


def recorded(acceptance):
    for path in sorted(Path(acceptance, "models").glob("*/model")):
        inputs = path.parent / "io" / "in.split.json"
        if not inputs.exists():
            continue

        @case(f"a recorded model: {path.parent.name}")
        def _(path=path, inputs=inputs):
            data = pd.DataFrame(**json.loads(inputs.read_text())["dataframe_split"])
            theirs = mlflow.pyfunc.load_model(str(path), suppress_warnings=True)
            schema = theirs.metadata.get_input_schema()
            if schema and schema.is_tensor_spec():
                data = data.to_numpy().astype(schema.numpy_types()[0])
            everywhere(str(path), data)


# ---- with a new MLflow ----


class Parameters(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return {"rows": len(model_input), "params": params, "config": context.model_config}

    def predict_stream(self, context, model_input, params=None):
        yield from ({"piece": i} for i in range(3))


class Types(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return model_input.assign(day=pd.Timestamp("2020-01-01"), kind=pd.Categorical(["x"] * len(model_input)))


def ours_and_theirs():
    make_files()
    data, signature = frame(), mlflow.models.infer_signature
    uri = str(folder / "scale.json")
    code = [str(folder / "their_loader.py")]

    for form in ("pickle", "cloudpickle", "skops"):

        @case(f"scikit-learn, as {form}")
        def _(form=form):
            path = str(folder / form)
            model = fitted()
            mlflow.sklearn.save_model(
                model, path, serialization_format=form, signature=signature(data, model.predict(data)), pip_requirements=[]
            )
            everywhere(path, data)
            theirs, ours = mlflow.pyfunc.load_model(path), pyfunc_env.load_model(path)
            assert repr(ours) == repr(theirs), (repr(ours), repr(theirs))
            schema = theirs.metadata.get_input_schema()
            assert ours.metadata.get_input_schema().to_dict() == schema.to_dict()
            assert ours.metadata.signature.to_dict() == theirs.metadata.signature.to_dict()
            assert ours.metadata.flavors == theirs.metadata.flavors
            assert ours.metadata.model_uuid == theirs.metadata.model_uuid
            assert type(ours.get_raw_model()) is type(theirs.get_raw_model())

    @case("a loader module and data")
    def _():
        path = str(folder / "loader3")
        mlflow.pyfunc.save_model(path, loader_module="their_loader", data_path=uri, code_paths=code, pip_requirements=[])
        everywhere(path, data)
        assert pyfunc_env.load_model(path).loader_module == "their_loader"

    @case("a class and artifacts")
    def _():
        path = str(folder / "class3")
        mlflow.pyfunc.save_model(path, python_model=Scaled(), artifacts={"scale": uri}, pip_requirements=[])
        everywhere(path, data)
        ours = pyfunc_env.load_model(path).unwrap_python_model()
        assert ours.scale == 2.5 and type(ours).__name__ == "Scaled"

    @case("parameters, a configuration, and pieces")
    def _():
        path = str(folder / "params3")
        mlflow.pyfunc.save_model(
            path, python_model=Parameters(), model_config={"a": 1}, streamable=True, pip_requirements=[],
            signature=signature(data, params={"p": 1, "q": ["x"]}),
        )  # fmt: skip
        answer = everywhere(path, data, {"p": 7})
        assert answer["params"]["p"] == 7 and list(answer["params"]["q"]) == ["x"], answer
        assert everywhere(path, data, model_config={"a": 2})["config"] == {"a": 2}
        pieces = list(mlflow.pyfunc.load_model(path).predict_stream(data[:1]))
        assert list(pyfunc_env.load_model(path).predict_stream(data[:1])) == pieces
        with Runner(path, env_manager="local", python=sys.executable) as runner:
            assert list(runner.stream(data[:1])) == pieces

    @case("types that JSON has not")
    def _():
        path = str(folder / "types3")
        mlflow.pyfunc.save_model(path, python_model=Types(), pip_requirements=[])
        everywhere(path, data)
        everywhere(path, data.astype("float32").set_index("a"))

    @case("a function for a model")
    def _():
        path = str(folder / "function3")
        mlflow.pyfunc.save_model(path, python_model=lambda rows: rows["a"] + 1, pip_requirements=[], input_example=None)
        everywhere(path, data)

    @case("a model that is code")
    def _():
        path = str(folder / "code3")
        (folder / "as_code.py").write_text(
            "import mlflow\n\nclass C(mlflow.pyfunc.PythonModel):\n    def predict(self, context, model_input):\n"
            "        return model_input.sum()\n\nmlflow.models.set_model(C())\n"
        )
        mlflow.pyfunc.save_model(path, python_model=str(folder / "as_code.py"), pip_requirements=[])
        everywhere(path, data)

    @case("a tensor's signature")
    def _():
        from sklearn.linear_model import LinearRegression

        path, array = str(folder / "tensor3"), np.ascontiguousarray(data, "float32")
        model = LinearRegression().fit(array, array.sum(axis=1))
        mlflow.sklearn.save_model(model, path, serialization_format="pickle", signature=signature(array), pip_requirements=[])
        everywhere(path, array)
        for load in (mlflow.pyfunc.load_model, pyfunc_env.load_model):
            try:
                load(path).predict(array.astype("float64"))
            except Exception as error:
                assert "does not match expected dtype float32" in str(error), error
            else:
                return False

    @case("mismatches are told in MLflow's words")
    def _():
        path = Path(folder, "warned")
        mlflow.pyfunc.save_model(str(path), loader_module="their_loader", data_path=uri, code_paths=code, pip_requirements=[])
        (path / "requirements.txt").write_text("mlflow\nscikit-learn==0.1\nno-such-package\nnumpy<1; python_version<'3'\n")
        for name, key in (("MLmodel", "python_version"), ("python_env.yaml", "python")):
            text = (path / name).read_text()
            (path / name).write_text(text.replace(f"{key}: 3.", f"{key}: 2."))
        theirs, ours = logged("mlflow", mlflow.pyfunc.load_model, path), logged("pyfunc_env", pyfunc_env.load_model, path)
        assert len(theirs) == 2 and sorted(ours) == sorted(theirs), (ours, theirs)
        assert logged("pyfunc_env", pyfunc_env.load_model, path, suppress_warnings=True) == []

    @case("dependencies")
    def _():
        path = str(folder / "warned")
        for form in ("pip", "conda"):
            theirs = mlflow.pyfunc.get_model_dependencies(path, form)
            assert pyfunc_env.get_model_dependencies(path, form) == theirs

    @case("input examples of every kind, read back, and what was saved with them")
    def _():
        import scipy.sparse

        class Constant(mlflow.pyfunc.PythonModel):
            def predict(self, context, model_input, params=None):
                return [1]

        dates = pd.to_datetime(["2020-01-01", "2020-01-02"])
        table = pd.DataFrame({"a": [1, 2], "b": [1.5, None], "c": ["x", "y"], "t": dates, "z": [b"x", b"y"]})
        examples = [
            table, table.astype({"a": "int32"}), pd.DataFrame([[1.5, 2.5]]), pd.DataFrame({"v": [[1.5], [2.5]]}),
            np.arange(6).reshape(2, 3), np.ones((2, 2), "float32"), {"x": np.ones(2), "y": np.arange(2)},
            scipy.sparse.csr_matrix([[1.0, 0], [0, 2]]), scipy.sparse.csc_matrix([[1.0, 0], [0, 2]]),
            ["a", "b"], [{"a": 1}, {"a": 2}], {"a": 1, "b": [1, 2]}, 5, "x", (table[["a"]], {"p": 1}), (["a"], {"p": 1}),
        ]  # fmt: skip
        for at, example in enumerate(examples):
            for more in ({}, {"signature": False}):
                path = folder / f"example{at}{len(more)}"
                options = {"pip_requirements": ["mlflow"], **more}
                mlflow.pyfunc.save_model(path, python_model=Constant(), input_example=example, **options)
                wanted = mlflow.pyfunc.load_model(str(path), suppress_warnings=True)
                got = pyfunc_env.load_model(str(path), suppress_warnings=True)
                a, b = wanted.input_example, got.input_example
                if scipy.sparse.issparse(a):
                    assert type(a) is type(b), (a, b)
                    a, b = a.toarray(), b.toarray()
                same(a, b)
                for name in ("load_input_example_params", "get_serving_input"):
                    assert getattr(wanted.metadata, name)(path) == getattr(got.metadata, name)(path), (example, name)
                a, b = wanted.metadata.get_model_info(), got.metadata.get_model_info()
                for name in ("saved_input_example_info", "utc_time_created", "flavors", "model_uri", "model_uuid"):
                    assert getattr(a, name) == getattr(b, name), (name, getattr(b, name))

    @case("a model added to an MLmodel")
    def _():
        path = folder / "added"
        path.mkdir()
        model = mlflow.models.Model()
        mlflow.pyfunc.add_to_model(model, loader_module="their_loader", data="scale.json", code="code")
        (path / "code").mkdir()
        (path / "code" / "their_loader.py").write_text(LOADER)
        (path / "scale.json").write_text("3")
        model.save(str(path / "MLmodel"))
        everywhere(str(path), data)

    @case("an environment of its own, and back with the types")
    def _():
        path = str(folder / "own3")
        mlflow.pyfunc.save_model(
            path, loader_module="their_loader", data_path=uri, code_paths=code, pip_requirements=["numpy", "pandas"]
        )
        lines = Path(path, "requirements.txt").read_text().splitlines()
        Path(path, "requirements.txt").write_text("\n".join(line for line in lines if not line.startswith("mlflow")))
        wanted = mlflow.pyfunc.load_model(path).predict(data)
        with pyfunc_env.load_model(path, env_manager="venv", python=sys.executable) as model:
            same(wanted, model.predict(data))
            copy = pickle.loads(pickle.dumps(model))
            same(wanted, copy.predict(data))
            copy.close()


def logged(name, call, path, **how):
    seen, logger = [], logging.getLogger(name)

    class Handler(logging.Handler):
        def emit(self, record):
            seen.append(record.getMessage())

    handler, level = Handler(), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    try:
        call(str(path), **how)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
    return seen


def dask():
    import dask.dataframe

    data = frame()
    runner = Runner(str(folder / "class3"), env_manager="local", python=sys.executable)
    for scheduler in ("processes", "threads"):

        @case(f"Dask, by {scheduler}")
        def _(scheduler=scheduler):
            parts = dask.dataframe.from_pandas(data, npartitions=3)
            same(data * 2.5, engines.map_partitions(parts, runner, meta=data).compute(scheduler=scheduler))


if __name__ != "__main__":
    pass  # a process of Dask's
elif what == "old":
    old()
elif what == "dask":
    dask()
else:
    if os.environ.get("PYFUNC_ENV_ACCEPTANCE"):
        recorded(os.environ["PYFUNC_ENV_ACCEPTANCE"])
    ours_and_theirs()
if __name__ == "__main__":
    print(f"1..{number}")
