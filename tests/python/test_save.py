# test_save.py - models written from Python: the files, what is refused, and that they load
# SPDX-License-Identifier: Apache-2.0
import datetime
import json
import os
import shutil
import sys
import textwrap
import types
from unittest import mock

import pyfunc_env
from face import FaceTest, module, numpy, pandas
from pyfunc_env import custom, examples, infer, save

LOADER = """\
class Model:
    def __init__(self, path):
        with open(path) as f:
            self.k = float(f.read())

    def predict(self, data):
        return [self.k * n for n in data["prompt"]]

def _load_pyfunc(path):
    return Model(path)
"""
cloudpickle = module("cloudpickle")


class SaveTest(FaceTest):
    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(textwrap.dedent(text))
        return self.path(name)

    def read(self, *names):
        with open(os.path.join(self.folder, *names), encoding="utf-8") as f:
            return f.read()

    def loader(self, **more):
        """Arguments of a model of a loader of its own, which nobody has imported."""
        name = "loads_" + self.id().rpartition(".")[2]
        self.addCleanup(sys.modules.pop, name, None)
        code = [self.file(name + ".py", LOADER)]
        given = {"loader_module": name, "data_path": self.file("k.txt", "2.5"), "code_paths": code}
        return {**given, "pip_requirements": ["six==1.16.0"], **more}


class Loaders(SaveTest):
    def test_it_loads_and_predicts(self):
        at = self.path("m")
        self.assertIsNone(pyfunc_env.save_model(at, **self.loader()))
        self.assertEqual(self.load(at, suppress_warnings=True).predict({"prompt": [1, 2]}), [2.5, 5.0])
        self.assertIn("six==1.16.0", self.read("m", "requirements.txt").splitlines())

    def test_the_older_names(self):
        given = self.loader()
        given["code_path"] = given.pop("code_paths")
        held = {"flavors": {"other": {"a": 1}}, "run_id": "abc"}
        pyfunc_env.save_model(self.path("m"), mlflow_model=held, **given)
        self.assertEqual(sorted(held["flavors"]), ["other", "python_function"])
        self.assertEqual(held["flavors"]["python_function"]["data"], "data/k.txt")
        self.assertIn("run_id: abc", self.read("m", "MLmodel"))

    def test_paths_of_any_kind(self):
        from pathlib import Path

        given = {k: Path(v) if k == "data_path" else v for k, v in self.loader().items()}
        pyfunc_env.save_model(Path(self.path("m")), **given)
        self.assertTrue(os.path.exists(self.path("m/data/k.txt")))

    def test_metadata_config_and_environment(self):
        environment = {"name": "mine", "dependencies": ["python=3.9", {"pip": ["six"]}]}
        given = self.loader(conda_env=environment, metadata={"a": {"b": [1, None]}}, model_config={"q": 1})
        del given["pip_requirements"]
        held = {}
        pyfunc_env.save_model(self.path("m"), mlflow_model=held, streamable=True, **given)
        self.assertEqual(held["metadata"], {"a": {"b": [1, None]}})
        flavor = held["flavors"]["python_function"]
        self.assertEqual((flavor["config"], flavor["streamable"]), ({"q": 1}, True))
        self.assertIn("name: mine", self.read("m", "conda.yaml"))

    def test_no_requirements_is_a_list_too(self):
        pyfunc_env.save_model(self.path("m"), **self.loader(pip_requirements=[]))
        lines = self.read("m", "requirements.txt").splitlines()
        self.assertEqual([line for line in lines if not line.startswith("mlflow")], [])

    def test_more_requirements(self):
        extra = self.file("more.txt", "six==1.16.0\n")
        given = self.loader(extra_pip_requirements=extra, pip_requirements=None)
        pyfunc_env.save_model(self.path("m"), **given)
        self.assertIn("six==1.16.0", self.read("m", "requirements.txt").splitlines())

    def test_a_record_and_its_verification(self):
        given = self.loader(input_example={"prompt": [1.0, 2.0]}, record=True)
        pyfunc_env.save_model(self.path("m"), **given)
        told = json.loads(self.read("m", "recorded_answer.json"))
        self.assertEqual(told["answer"], [2.5, 5.0])
        words = ["verify", self.path("m"), "--env-manager", "local", "--python", sys.executable]
        self.assertEqual(pyfunc_env.program.ask(words)["verdict"], "same")
        self.file("m/data/k.txt", "3")
        error = self.raised(pyfunc_env.Error, pyfunc_env.program.ask, words)
        self.assertEqual(error.code, 1)


class Code(SaveTest):
    def test_what_it_imports_from_here(self):
        """MLflow's infer_code_paths: of the working folder, what loading imports, and no more."""
        os.makedirs(self.path("deep_code/inner"))
        self.file("deep_code/__init__.py", "")
        self.file("deep_code/inner/__init__.py", "from . import used\n")
        self.file("deep_code/inner/used.py", "K = 3\n")
        self.file("deep_code/inner/unused.py", "")
        self.file("other_code.py", "")
        given = self.loader(infer_code_paths=True, code_paths=None)
        with open(self.path(given["loader_module"] + ".py"), "a") as f:
            f.write("import deep_code.inner\n")
        before = os.getcwd()
        self.addCleanup(os.chdir, before)
        os.chdir(self.folder)
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        pyfunc_env.save_model(self.path("m"), **given)
        found = [os.path.relpath(os.path.join(at, name), self.path("m/code"))
                 for at, _, names in os.walk(self.path("m/code")) for name in names]
        wanted = ["deep_code/__init__.py", "deep_code/inner/__init__.py", "deep_code/inner/used.py"]
        self.assertEqual(sorted(found), sorted([*wanted, given["loader_module"] + ".py"]))
        self.assertIn("code: code", self.read("m/MLmodel"))
        self.file(given["loader_module"] + ".py", "import none_of_this\n")
        error = self.raised(pyfunc_env.UsageError, pyfunc_env.save_model, self.path("n"), **given)
        self.assertIn("none_of_this", str(error))

    def test_what_it_imports_with_its_configuration(self):
        self.file("configured_code.py", "")
        given = self.loader(infer_code_paths=True, code_paths=None, model_config={"code": "configured_code"})
        self.file(given["loader_module"] + ".py", """\
            class Model:
                def predict(self, data):
                    return data

            def _load_pyfunc(path, model_config):
                __import__(model_config["code"])
                return Model()
            """)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        pyfunc_env.save_model(self.path("m"), **given)
        wanted = ["configured_code.py", given["loader_module"] + ".py"]
        self.assertEqual(sorted(os.listdir(self.path("m/code"))), wanted)

    def test_a_project_of_uv(self):
        os.makedirs(self.path("project"))
        os.makedirs(self.path("bin"))
        for name in ("uv.lock", "pyproject.toml", ".python-version"):
            self.file("project/" + name, "# " + name)
        self.file("bin/uv", """\
            #!/bin/sh
            echo "$@" >words && pwd >>words
            [ "$FAILS" ] && echo "no such group" >&2 && exit 2
            echo "six==1.16.0 ; python_version >= '3'"
            """)
        os.chmod(self.path("bin/uv"), 0o755)
        path = os.environ["PATH"]
        self.addCleanup(os.environ.update, PATH=path)
        os.environ["PATH"] = self.path("bin") + os.pathsep + path
        given = self.loader(uv_project_path=self.path("project"), uv_groups=["g"], uv_extras=["e"])
        given.update(pip_requirements=None, extra_pip_requirements=["wheel"])
        pyfunc_env.save_model(self.path("m"), **given)
        lines = self.read("m/requirements.txt").splitlines()
        for wanted in ('six==1.16.0; python_version >= "3"', "wheel", *pyfunc_env.get_default_pip_requirements()):
            self.assertIn(wanted, lines)
        words = self.read("project/words")
        self.assertIn("export --no-dev --no-hashes --frozen", words)
        self.assertIn("--group g --extra e", words)
        for name in ("uv.lock", "pyproject.toml", ".python-version"):
            self.assertEqual(self.read("m", name), "# " + name)
        os.environ["FAILS"] = "1"
        self.addCleanup(os.environ.pop, "FAILS")
        error = self.raised(pyfunc_env.UsageError, pyfunc_env.save_model, self.path("n"), **given)
        self.assertIn("no such group", str(error))
        given["pip_requirements"] = ["six"]
        del given["extra_pip_requirements"]
        pyfunc_env.save_model(self.path("n"), **given)
        self.assertIn("six", self.read("n/requirements.txt").splitlines())
        os.remove(self.path("project/uv.lock"))
        self.raised(pyfunc_env.Error, pyfunc_env.save_model, self.path("o"), **given)
        self.assertFalse(os.path.exists(self.path("o")))


class OfHuggingFace(SaveTest):
    """Its library is not asked for anything: what stands for it writes a file."""

    CODE = """\
        from mlflow.models import set_model
        """

    def save(self, download, **artifacts):
        stand_in = types.ModuleType("huggingface_hub")
        stand_in.snapshot_download = download
        sys.modules["huggingface_hub"] = stand_in
        self.addCleanup(sys.modules.pop, "huggingface_hub", None)
        code = self.file("model_of_hub.py", self.CODE)
        given = {"python_model": code, "artifacts": artifacts, "pip_requirements": ["six==1.16.0"]}
        pyfunc_env.save_model(self.path("m"), **given)

    def test_a_repository_becomes_a_folder(self):
        def download(repo_id, local_dir):
            os.makedirs(os.path.join(local_dir, ".cache", "huggingface"))
            with open(os.path.join(local_dir, "config.json"), "w", encoding="utf-8") as file:
                file.write(repo_id)

        self.save(download, tiny="hf:/someone/tiny", plain=self.file("plain.txt", "p"))
        self.assertEqual(self.read("m", "artifacts", "tiny", "config.json"), "someone/tiny")
        self.assertEqual(os.listdir(self.path("m/artifacts/tiny")), ["config.json"])
        told = self.read("m", "MLmodel")
        self.assertIn("path: artifacts/tiny\n", told)
        self.assertIn("uri: hf:/someone/tiny\n", told)
        self.assertIn("path: artifacts/plain.txt\n", told)

    def test_one_that_is_not_there(self):
        def download(repo_id, local_dir):
            raise OSError("404")

        error = self.raised(pyfunc_env.TransferError, self.save, download, tiny="hf:/someone/none")
        self.assertIn("artifact_uri: hf:/someone/none. Error: 404", str(error))
        self.assertFalse(os.path.exists(self.path("m")))

    def test_without_its_library(self):
        self.addCleanup(sys.modules.pop, "huggingface_hub", None)
        sys.modules["huggingface_hub"] = None
        given = {"python_model": self.file("model_of_hub.py", self.CODE), "artifacts": {"a": "hf:/x/y"}}
        error = self.raised(pyfunc_env.UsageError, pyfunc_env.save_model, self.path("m"), **given)
        self.assertIn("Please install huggingface_hub", str(error))


class Refused(SaveTest):
    def refused(self, text, kind=pyfunc_env.UsageError, **given):
        error = self.raised(kind, pyfunc_env.save_model, self.path("m"), **given)
        self.assertIn(text, str(error))
        self.assertFalse(os.path.exists(self.path("m")))

    def test_both_workflows(self):
        self.refused("cannot be specified together", **self.loader(python_model=lambda x: x))
        self.refused("cannot be specified together", **self.loader(artifacts={"k": self.path("k.txt")}))

    def test_what_is_no_model(self):
        of_three = self.raised(pyfunc_env.UsageError, custom.as_model, lambda a, b, c: a)
        self.assertIn("must accept exactly one argument. Found 3 arguments.", str(of_three))
        nowhere, text = self.path("none.py"), self.file("text.txt", "x")
        self.refused(f"The provided model path '{nowhere}' does not exist.", python_model=nowhere)
        self.refused("is no Python file", python_model=text)

    def test_what_is_no_configuration(self):
        for wrong in ([1], {1: 2}, 3):
            self.refused("An invalid ``model_config`` structure was passed.", **self.loader(model_config=wrong))

    def test_neither(self):
        self.refused("Either `loader_module` or `python_model` must be specified")

    def test_two_environments(self):
        self.refused("Only one of `conda_env`", **self.loader(conda_env={"dependencies": []}))

    def test_no_list_of_code(self):
        self.refused("code_paths should be a list", TypeError, **self.loader(code_paths="x.py"))

    def test_an_unknown_argument(self):
        self.refused("unexpected keyword arguments", TypeError, **self.loader(odd=1))
        self.refused("'code_paths' param cannot be set", **self.loader(infer_code_paths=True))
        self.refused("give its uv_project_path", **self.loader(uv_groups=["dev"]))
        self.refused("Only one of `resources`", **self.loader(resources={}, auth_policy={}))

    def test_what_is_there(self):
        os.mkdir(self.path("full"))
        self.file("full/x", "")
        error = self.raised(pyfunc_env.Error, pyfunc_env.save_model, self.path("full"), **self.loader())
        self.assertIn("already exists and is not empty", str(error))
        self.assertEqual(os.listdir(self.path("full")), ["x"])

    def test_a_function_of_which_nothing_is_known(self):
        self.refused("at least one of `input_example`", python_model=lambda x: x)

    def test_no_model(self):
        self.refused("must be a PythonModel instance", python_model=3)
        self.refused("Refused is a class", python_model=Refused)

    def test_a_chat_that_mlflow_does_not_know(self):
        chat = type("ChatModel", (custom._OwnModel,), {"__module__": "mlflow.pyfunc.model"})
        with mock.patch.dict(sys.modules, {"mlflow.types.llm": None}):
            self.refused("this MLflow writes no ChatModel", python_model=type("Mine", (chat,), {})())
        self.refused("standard signature", python_model=type("Mine", (chat,), {})(), signature={"inputs": []})

    def test_a_hint_that_would_convert(self):
        if custom.PythonModel is not custom._OwnModel:
            self.skipTest("MLflow is here, which knows hints")

        def hinted(model_input: "list[str]"):
            return model_input

        self.refused("the type hint list[str]", python_model=hinted, pip_requirements=["six"])


class Values(SaveTest):
    def request(self, example):
        return json.loads(examples.to_json(example))

    def test_plain_values(self):
        self.assertEqual(self.request({"a": [1, None]}), {"inputs": {"a": [1, None]}})
        self.assertEqual(self.request(("x", {"t": 1})), {"inputs": "x", "params": {"t": 1}})
        self.assertEqual(self.request([b"ab"]), {"inputs": ["YWI=\n"]})
        self.raised(pyfunc_env.UsageError, examples.to_json, {"a": object()})

    def test_arrays(self):
        if not numpy:
            self.skipTest("no numpy")
        kept = {"kept": {"ndarray": None}}
        self.assertEqual(self.request(numpy.array([[1, 2]])), {"inputs": [[1, 2]], **kept})
        self.assertEqual(self.request({"a": numpy.array([0.5, numpy.nan])}), {"inputs": {"a": [0.5, None]}, **kept})
        self.assertEqual(self.request({"a": numpy.float32(0.5)}), {"inputs": {"a": 0.5}})

    def test_arrays_that_are_read_only(self):
        if not pandas:
            self.skipTest("no pandas")
        for given, wanted in (([1.5, 2.0], [1.5, 2.0]), ([1.5, numpy.nan], [1.5, None])):
            array = numpy.array(given)
            array.flags.writeable = False
            self.assertEqual(self.request(array)["inputs"], wanted)
            self.assertEqual(self.request({"a": array})["inputs"], {"a": wanted})
            cells = pandas.DataFrame({"x": pandas.Series([array], dtype=object)})
            self.assertEqual(self.request(cells)["dataframe_split"]["data"], [[wanted]])
            numpy.testing.assert_array_equal(array, given)

    def test_sparse_matrices(self):
        scipy = module("scipy.sparse") and sys.modules["scipy.sparse"]
        if not scipy:
            self.skipTest("no scipy")
        dense = numpy.array([[0, 1.5, 0], [2, 0, 0]])
        csr = {"data": [1.5, 2.0], "indices": [1, 0], "indptr": [0, 1, 2], "shape": [2, 3]}
        csc = {"data": [2.0, 1.5], "indices": [1, 0], "indptr": [0, 1, 2, 2], "shape": [2, 3]}
        for matrix, kind, kept in (
            (scipy.csr_matrix(dense), "csr", csr),
            (scipy.csc_matrix(dense), "csc", csc),
            (scipy.coo_matrix(dense), "csr", csr),
        ):
            wanted = {"inputs": dense.tolist(), "kept": {"sparse_matrix_" + kind: kept}}
            self.assertEqual(self.request(matrix), wanted)
            held = {}
            shutil.rmtree(self.path("m"), ignore_errors=True)
            pyfunc_env.save_model(self.path("m"), mlflow_model=held, **self.loader(input_example=matrix))
            self.assertEqual(held["saved_input_example_info"]["type"], "sparse_matrix_" + kind)
            self.assertEqual(json.loads(self.read("m/input_example.json")), kept)
            serving = json.loads(self.read("m/serving_input_example.json"))
            self.assertEqual(serving, {"inputs": dense.tolist()})

    def test_tables(self):
        if not pandas:
            self.skipTest("no pandas")
        days = pandas.to_datetime(["2024-01-02", None])
        frame = pandas.DataFrame({"x": [1.5, float("nan")], "d": days, "s": ["a", None]}, index=[4, 7])
        table = {"columns": ["x", "d", "s"], "data": [[1.5, "2024-01-02T00:00:00", "a"], [None] * 3]}
        self.assertEqual(self.request(frame), {"dataframe_split": table})

    def test_signatures(self):
        told = {"inputs": [{"type": "long"}]}
        obj = types.SimpleNamespace(to_dict=lambda: told)
        for given in (told, json.dumps(told), obj):
            self.assertEqual(json.loads(examples.signature_json(given)), told)
        self.raised(pyfunc_env.UsageError, examples.signature_json, 3)

    def told(self, value):
        """The signature's inputs, as a short text."""

        def show(kind):
            if kind["type"] == "array":
                return "[%s]" % show(kind["items"])
            if kind["type"] != "object":
                return kind["type"]
            parts = kind["properties"].items()
            return "{%s}" % ", ".join(k + ("" if v["required"] else "?") + ": " + show(v) for k, v in parts)

        columns = infer.signature(value, None, None)["inputs"]
        names = ["" if c.get("name") is None else str(c["name"]) for c in columns]
        return ", ".join(n + ("" if c.get("required", True) else "?") + ": " + show(c) for n, c in zip(names, columns))

    def test_inferred_of_plain_values(self):
        day = datetime.date(2020, 1, 2)
        for value, wanted in (
            ("text", ": string"),
            (["a", None], ": string"),
            ([], ": string"),
            ([[1], []], ": [long]"),
            ({"a": 1, "b": [b"x"], "c": day, "d": None}, "a: long, b: [binary], c: datetime, d?: any"),
            ([{"a": 1, "b": {"y": 1.5, "x": True}}, {"a": None, "b": {"x": None}}], "a?: long, b: {x?: boolean, y?: double}"),
            ([1, "a"], ": any"),
            ({"a": (1,)}, ": any"),
            ({1: 2}, ": any"),
        ):
            self.assertEqual(self.told(value), wanted)
        self.raised(pyfunc_env.UsageError, infer.signature, 1, None, {"p": [[1]]})
        params = infer.signature(1, None, {"n": 3, "d": [day], "x": [1, 2.5]})["params"]
        self.assertEqual(params[1], {"name": "d", "default": ["2020-01-02"], "shape": [-1], "type": "datetime"})
        self.assertEqual([p["type"] for p in params], ["long", "datetime", "double"])

    def test_parameters_as_mlflow_has_them(self):
        self.assertEqual(infer.signature(1, None, {1: 2})["params"][0]["name"], "1")
        error = self.raised(pyfunc_env.UsageError, infer.signature, 1, None, {"p": {}})
        self.assertIn("p is an empty dict", str(error))

    def test_parameters_of_numpy(self):
        if not numpy:
            self.skipTest("no numpy")
        for value, kind, default in (
            (numpy.float32(1), "float", 1.0),
            (numpy.int32(2), "integer", 2),
            (numpy.bool_(True), "boolean", True),
            (numpy.array([1.0]), "double", [1.0]),
            ([numpy.float32(1.5), 1], "double", [1.5, 1]),
        ):
            signature = infer.signature([1], None, {"k": value})
            told = json.loads(examples.signature_json(signature))["params"][0]
            self.assertEqual((told["type"], told["default"]), (kind, default))
            self.assertIs(type(told["default"]), type(default))

    def test_inferred_of_tables_and_arrays(self):
        if not pandas:
            self.skipTest("no pandas")
        frame = pandas.DataFrame({"x": [1.5, None], "n": [1, 2], "s": ["a", None], "l": [[1], [2, 3]]})
        self.assertEqual(self.told(frame), "x?: double, n: long, s?: string, l: [long]")
        self.assertEqual(self.told(frame[["n"]].astype("Int32")), "n: integer")
        self.assertEqual(self.told(frame.astype({"x": "complex128"})), ": any")
        self.assertEqual(self.told(pandas.DataFrame([[1, True]])), "0: long, 1: boolean")
        spec = infer.signature(numpy.zeros((3, 2), "float32"), None, None)["inputs"][0]["tensor-spec"]
        self.assertEqual(spec, {"dtype": "float32", "shape": [-1, 2]})

    def test_names_that_are_numbers(self):
        if not pandas:
            self.skipTest("no pandas")
        frame = pandas.DataFrame([[1, 2.5]])
        signature = {"inputs": [{"type": "long", "name": 0}, {"type": "double", "name": 1}]}
        held = {}
        given = self.loader(input_example=frame, signature=signature)
        given["code_paths"] = [self.file("loads_numbers.py", "class Model:\n    def predict(self, data):\n"
                                         "        return list(data.columns) + data.iloc[0].tolist()\n"
                                         "def _load_pyfunc(path):\n    return Model()\n")]
        given["loader_module"] = "loads_numbers"
        pyfunc_env.save_model(self.path("m"), mlflow_model=held, **given)
        self.assertIn('"name": 0', held["signature"]["inputs"])
        model = self.load(self.path("m"), suppress_warnings=True)
        self.assertEqual(model.predict(frame), [0, 1, 1.0, 2.5])
        self.assertEqual(model.predict(frame[[1, 0]]), [0, 1, 1.0, 2.5])
        for labels in ([0.0, 1.0], [False, True], [numpy.float32(0), numpy.bool_(True)]):
            equal = frame.copy()
            equal.columns = labels
            self.assertEqual(str(model.predict(equal)), "[0, 1, 1.0, 2.5]")
            self.assertEqual(list(map(type, equal.columns)), list(map(type, pandas.Index(labels))))
        swapped = pandas.DataFrame([[2.5, 1]], columns=[True, 0])
        self.assertEqual(str(model.predict(swapped)), "[0, 1, 1.0, 2.5]")
        for odd in (1.5, float("nan"), float("inf")):
            error = self.raised(pyfunc_env.InputError, model.predict, frame.rename(columns={1: odd}))
            self.assertIn("Model is missing inputs [1]. Note that there were extra inputs: [?].", str(error))
        error = self.raised(pyfunc_env.InputError, model.predict, frame.rename(columns={1: 5}))
        self.assertIn("Model is missing inputs [1]. Note that there were extra inputs: [5].", str(error))
        wide = pandas.DataFrame([[1, 2.5, 99.0]], columns=[0, 1, "1"])
        self.assertEqual(model.predict(wide), [0, 1, 1.0, 2.5])
        self.assertEqual(model.predict(wide.rename(columns={"1": -(2**63)})), [0, 1, 1.0, 2.5])
        error = self.raised(pyfunc_env.InputError, model.predict, frame.rename(columns=str))
        self.assertIn("Model is missing inputs [0, 1]. Note that there were extra inputs: ['0', '1'].", str(error))
        given["signature"] = {"inputs": [{"type": "long", "name": 1}, {"type": "double", "name": 2}]}
        given["input_example"] = frame = frame.rename(columns={0: 1, 1: 2})
        pyfunc_env.save_model(self.path("shifted"), **given)
        model = self.load(self.path("shifted"), suppress_warnings=True)
        self.assertEqual(model.predict(frame), [1, 2, 1.0, 2.5])
        self.assertEqual(model.predict(frame[[2, 1]]), [1, 2, 1.0, 2.5])
        error = self.raised(pyfunc_env.InputError, model.predict, frame.rename(columns={2: 0}))
        self.assertIn("Model is missing inputs [2]. Note that there were extra inputs: [0].", str(error))


class Classes(SaveTest):
    def setUp(self):
        super().setUp()
        if not cloudpickle:
            self.skipTest("no cloudpickle")

    def test_its_signature_is_of_what_it_will_be_given(self):
        if not pandas:
            self.skipTest("no pandas")

        class Sums(pyfunc_env.PythonModel):
            def predict(self, context, model_input, params=None):
                return {"sum": float(model_input["x"].sum()) * params["k"], "none": None}

        held = {}
        example = ([{"x": 1}, {"x": 2}], {"k": 2.0})
        pyfunc_env.save_model(self.path("m"), mlflow_model=held, python_model=Sums(), input_example=example, pip_requirements=["six"])
        outputs = {c["name"]: c["type"] for c in json.loads(held["signature"]["outputs"])}
        self.assertEqual(outputs, {"sum": "double", "none": "any"})
        self.assertEqual(json.loads(held["signature"]["params"])[0]["type"], "double")

    def test_it_is_pickled_without_this_package(self):
        name = "own_models"
        self.file(name + ".py", """\
            import pyfunc_env

            class Doubles(pyfunc_env.PythonModel):
                def load_context(self, context):
                    self.k = 2

                def predict(self, context, model_input, params=None):
                    return [self.k * n for n in model_input]
            """)
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        self.addCleanup(sys.modules.pop, name, None)
        model = __import__(name).Doubles()
        custom.dump(model, self.path("p.pkl"))
        self.assertEqual(cloudpickle.list_registry_pickle_by_value(), set())
        code = "import pickle, sys; m = pickle.load(open(sys.argv[1], 'rb')); m.load_context(None)\n"
        code += "assert not [n for n in sys.modules if n.startswith(('pyfunc_env', 'own_models'))]\n"
        code += "print(m.predict(None, [1, 2]))"
        import subprocess

        clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        argv = [sys.executable, "-c", code, self.path("p.pkl")]
        out = subprocess.run(argv, env=clean, cwd="/", stdout=subprocess.PIPE, check=True).stdout
        self.assertEqual(out.decode().strip(), "[2, 4]")

    def test_it_is_compressed(self):
        model = custom._OwnModel()
        for method, suffix in (("lzma", ".xz"), ("bzip2", ".bz2"), ("gzip", ".gz"), ("odd", ""), ("", "")):
            at = self.path("of " + method)
            with mock.patch.dict(os.environ, {"MLFLOW_LOG_MODEL_COMPRESSION": method}):
                said = self.logged(lambda: pyfunc_env.save_model(at, python_model=model, pip_requirements=["six"]))
            self.assertEqual([text for _, _, text in said if "Unrecognized compression method" in text] != [], method == "odd")
            self.assertTrue(os.path.exists(os.path.join(at, "python_model.pkl" + suffix)), method)
            flavor = pyfunc_env.ModelMetadata.load(at).flavors["python_function"]
            self.assertEqual((flavor["python_model"], flavor.get("python_model_compression")),
                             ("python_model.pkl" + suffix, method if suffix else None))  # fmt: skip

    def test_a_signature_that_does_not_fit_its_example_is_none(self):
        if not pandas:
            self.skipTest("no pandas")
        held = {}
        example = [[1, 2], [3, 4]]  # a table of arrays to its signature, which its rows are not
        said = self.logged(lambda: pyfunc_env.save_model(
            self.path("m"), mlflow_model=held, python_model=custom._OwnModel(), input_example=example, pip_requirements=["six"]))
        self.assertNotIn("signature", held)
        self.assertIn("Failed to infer model signature", " ".join(text for _, _, text in said))

    def test_what_cannot_be_pickled(self):
        model = custom._OwnModel()
        model.odd = sys._getframe()
        error = self.raised(pyfunc_env.UsageError, custom.dump, model, self.path("p.pkl"))
        self.assertIn("Failed to serialize Python model", str(error))


class Flavors(SaveTest):
    def test_a_file(self):
        self.file("MLmodel", "flavors: {other: {a: 1}}\n")
        self.file("conda.yaml", "")
        given = {"loader_module": "x", "env": "conda.yaml", "deep": {"a": [1, "b"]}}
        pyfunc_env.add_to_model(self.path("MLmodel"), **given)
        text = self.read("MLmodel")
        self.assertIn("other:", text)
        self.assertIn("conda: conda.yaml", text)
        self.assertIn("- b", text)

    def test_an_object(self):
        seen = {}
        held = types.SimpleNamespace(add_flavor=lambda name, **keys: seen.update({name: keys}))
        env = {"conda": "c.yaml", "virtualenv": "p.yaml"}
        pyfunc_env.add_to_model(held, "x", data="d", code="c", env=env, model_path="m", n=3)
        flavor = seen["python_function"]
        self.assertEqual(flavor.pop("python_version"), "%d.%d.%d" % sys.version_info[:3])
        want = {"loader_module": "x", "data": "d", "code": "c", "env": env, "model_path": "m", "n": 3}
        self.assertEqual(flavor, want)

    def test_the_default_environment(self):
        told = pyfunc_env.get_default_conda_env()
        self.assertEqual((told["name"], told["channels"]), ("mlflow-env", ["conda-forge"]))
        self.assertEqual(told["dependencies"][0], "python=%d.%d.%d" % sys.version_info[:3])
        pip = pyfunc_env.get_default_pip_requirements()
        self.assertEqual(pip, ["cloudpickle==" + cloudpickle.__version__] if cloudpickle else [])
        self.assertEqual(save.get_default_conda_env()["dependencies"][-1]["pip"][-len(pip):] if pip else [], pip)
