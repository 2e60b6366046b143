# test_load.py - load_model in this process, and in a process of an environment made on the spot
# SPDX-License-Identifier: Apache-2.0
import io
import json
import os
import pickle
import shutil
import sys
import warnings
from unittest import mock

import pyfunc_env
from face import FaceTest, module, numpy, pandas

ECHO = """\
class Model:
    def __init__(self, *given):
        self.given = given

    def predict(self, data, params=None):
        return {"data": data, "params": params}

    def settings(self, data):
        return list(self.given)

def _load_pyfunc(*given):
    return Model(*given)
"""
PLAIN = "class Model:\n    def predict(self, data):\n        return data\n\ndef _load_pyfunc(path):\n    return Model()\n"
OTHER_PYTHON = "2.7.1"


def signature(**parts):
    texts = (f"  {name}: '{text}'\n" for name, text in parts.items())
    return "signature:\n" + "".join(texts)


class Here(FaceTest):
    def test_a_loader_module_and_data(self):
        at = self.model(ECHO, more="    data: data\n    predict_fn: settings\n")
        os.mkdir(os.path.join(at, "data"))
        self.assertEqual(self.load(at).predict(0), [os.path.join(at, "data")])

    def test_no_data_is_the_folder(self):
        at = self.model(ECHO, more="    predict_fn: settings\n")
        self.assertEqual(self.load(at).predict(0), [at])

    def test_the_answer_is_the_models_own_object(self):
        data = object()
        self.assertIs(self.load(self.model(PLAIN)).predict(data), data)

    def test_what_it_raises_is_raised(self):
        at = self.model(PLAIN.replace("return data", "raise KeyError(data)"))
        error = self.raised(KeyError, self.load(at).predict, "x")
        self.assertEqual(error.args, ("x",))

    def test_the_loader_raises(self):
        at = self.model("def _load_pyfunc(path):\n    raise OSError('no weights')\n")
        self.assertEqual(str(self.raised(OSError, self.load, at)), "no weights")

    def test_two_models_of_the_same_module(self):
        first, second = self.model(PLAIN), self.model(PLAIN)
        self.assertEqual([self.load(m).predict(1) for m in (first, second)], [1, 1])

    def test_configuration(self):
        at = self.model(ECHO, more="    predict_fn: settings\n    config: {a: 1, b: x}\n")
        model = self.load(at)
        self.assertEqual((model.predict(0), model.model_config), ([at, {"a": 1, "b": "x"}], {"a": 1, "b": "x"}))
        given = self.load(at, model_config={"b": None, "c": 2})
        self.assertEqual(given.predict(0), [at, {"a": 1, "b": None}])

    def test_the_configuration_that_it_has(self):
        code = PLAIN.replace("(path)", "(path, config=None)")
        at = self.model(code, more="    config: {a: 1, b: [2]}\n")
        self.assertEqual(self.load(at).model_config, {"a": 1, "b": [2]})
        self.assertEqual(self.load(at, model_config={"a": 3, "c": 4}).model_config, {"a": 3, "b": [2]})
        with mock.patch.dict(os.environ, {"MLFLOW_PYFUNC_INFERENCE_CONFIG": '{"a": 5, "b": 6}'}):
            self.assertEqual(self.load(at, model_config={"a": 3}).model_config, {"a": 3, "b": 6})
        self.assertEqual(self.load(self.model(PLAIN)).model_config, {})

    def test_one_that_is_elsewhere(self):
        at = self.model(PLAIN, more="metadata: {mlflow.model.isExternal: true}\n")
        self.assertIn("artifacts are external", str(self.raised(pyfunc_env.ModelError, self.load, at)))
        self.load(self.model(PLAIN, more="metadata: {mlflow.model.isExternal: false}\n"))

    def test_configuration_in_a_file(self):
        at = self.model(ECHO, more="    predict_fn: settings\n    config: {a: 1}\n")
        with open(os.path.join(self.folder, "c.yaml"), "w", encoding="ascii") as f:
            f.write("a: [2, 3]\n")
        self.assertEqual(self.load(at, model_config=f.name).predict(0), [at, {"a": [2, 3]}])

    def test_a_copy(self):
        at, to = self.model(PLAIN), os.path.join(self.folder, "to")
        os.mkdir(to)
        model = self.load(at, dst_path=to)
        self.assertEqual(model.model_dir, os.path.join(to, os.path.basename(at)))
        self.assertEqual(self.load("file://" + at).model_dir, at)
        error = self.raised(pyfunc_env.LocalError, self.load, at, dst_path=to + "/none")
        self.assertIn("is no folder", str(error))

    def test_it_is_none(self):
        self.assertIn("no MLmodel file", str(self.raised(pyfunc_env.ModelError, self.load, self.folder)))
        at = self.model(PLAIN)
        with open(os.path.join(at, "MLmodel"), "w", encoding="ascii") as f:
            f.write("flavors:\n  sklearn: {}\n")
        error = self.raised(pyfunc_env.ModelError, self.load, at)
        self.assertIn("python_function", str(error))

    def test_a_layout_without_flavors(self):
        at = self.model(PLAIN)
        with open(os.path.join(at, "MLmodel"), "r+", encoding="ascii") as f:
            lines = [line.strip() + "\n" for line in f.readlines()[2:]]
            f.seek(0)
            f.truncate()
            f.writelines(lines)
        self.assertEqual(self.load(at).predict(3), 3)

    def test_streams(self):
        code = PLAIN + "\nModel.predict_stream = lambda self, data: iter([data, data])\n"
        self.assertEqual(list(self.load(self.model(code, more="    streamable: true\n")).predict_stream(1)), [1, 1])
        error = self.raised(pyfunc_env.Error, self.load(self.model(PLAIN)).predict_stream, 1)
        self.assertEqual(str(error), "This model does not support predict_stream method.")

    def test_streams_by_another_method(self):
        code = PLAIN + "\nModel.pieces = lambda self, data, params=None: iter([data, params])\n"
        model = self.load(self.model(code, more="    streamable: true\n    predict_stream_fn: pieces\n"))
        self.assertEqual(list(model.predict_stream(1)), [1, None])
        model = self.load(self.model(code, more="    streamable: true\n    predict_stream_fn: none\n"))
        self.assertIn("missing required none method", str(self.raised(NotImplementedError, model.predict_stream, 1)))

    def test_a_deep_copy_is_loaded_again(self):
        import copy

        folder = self.model(
            """
            class Model:
                def __init__(self):
                    self.n = 0
                def predict(self, data):
                    self.n += 1
                    return self.n
            def _load_pyfunc(path):
                return Model()
            """
        )
        model = pyfunc_env.load_model(folder, suppress_warnings=True)
        other = copy.deepcopy(model)
        self.assertEqual([model.predict(1), model.predict(1), other.predict(1)], [1, 2, 1])
        self.assertEqual(other, model)

    def test_what_is_wrapped(self):
        code = PLAIN + "\nModel.python_model = 'held'\nModel.get_raw_model = lambda self: 'raw'\n"
        model = self.load(self.model(code))
        self.assertEqual((model.unwrap_python_model(), model.get_raw_model()), ("held", "raw"))
        plain = self.load(self.model(PLAIN, loader="loader_without"))
        error = self.raised(pyfunc_env.Error, plain.unwrap_python_model)
        self.assertEqual(str(error), "Unable to retrieve base model object from pyfunc.")
        self.raised(NotImplementedError, plain.get_raw_model)

    def test_load_pyfunc(self):
        at = self.model(PLAIN)
        before = list(sys.path)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            model = pyfunc_env.load_pyfunc(at)
        sys.path[:] = before
        self.assertEqual([w.category for w in seen], [FutureWarning])
        self.assertIn("``mlflow.pyfunc.load_pyfunc`` is deprecated since 1.0.", str(seen[0].message))
        self.assertEqual(model.predict(1), 1)


class Told(FaceTest):
    MORE = "run_id: '0123'\nartifact_path: a/b\nmodel_uuid: u\nmlflow_version: 2.1.0\nmetadata: {x: [1]}\n"

    def test_metadata(self):
        parts = signature(inputs='[{"name": "a", "type": "any"}]', outputs='[{"type": "long"}]')
        model = self.load(self.model(PLAIN, more=self.MORE + parts))
        told = model.metadata
        self.assertEqual((told.run_id, told.artifact_path, told.model_uuid, told.mlflow_version, told.metadata),
                         ("0123", "a/b", "u", "2.1.0", {"x": [1]}))  # fmt: skip
        schema = model.input_schema
        self.assertEqual((schema.input_names(), schema.optional_input_names()), (["a"], ["a"]))
        self.assertEqual(schema.input_dict(), {"a": {"name": "a", "type": "any"}})
        self.assertEqual(pyfunc_env.Schema.from_json(schema.to_json()), schema)
        self.assertEqual(told.get_output_schema().to_dict(), [{"type": "long"}])
        self.assertIsNone(model.params_schema)
        self.assertEqual(told.to_dict()["signature"]["outputs"], '[{"type": "long"}]')

    def test_what_else_mlmodel_has(self):
        more = "model_id: m-1\nmodel_size_bytes: 7\nresources: {r: []}\nenv_vars: [A]\nprompts: [p]\n"
        told = self.load(self.model(PLAIN, more=self.MORE + more)).metadata
        self.assertEqual((told.model_size_bytes, told.resources, told.env_vars, told.prompts, told.auth_policy),
                         (7, {"r": []}, ["A"], ["p"], None))  # fmt: skip
        info = told.get_model_info()
        self.assertEqual((info.model_uri, info.run_id, info.model_id, info.model_uuid, info.env_vars, info.prompts),
                         ("models:/m-1", "0123", "m-1", "u", ["A"], ["p"]))  # fmt: skip
        self.assertEqual(json.loads(told.to_json()), told.to_dict())
        of_a_run = self.load(self.model(PLAIN, more=self.MORE)).metadata.get_model_info()
        self.assertEqual((of_a_run.model_uri, of_a_run.signature), ("runs:/0123/a/b", None))

    def test_its_file(self):
        at = self.model(PLAIN, more=self.MORE)
        told = pyfunc_env.ModelMetadata.load(at)
        with open(os.path.join(at, "MLmodel"), encoding="utf-8") as file:
            text = file.read()
        self.assertEqual((told.to_yaml(), str(told)), (text, text))
        stream = io.StringIO()
        self.assertIsNone(told.to_yaml(stream))
        self.assertEqual(stream.getvalue(), text)
        copy = os.path.join(self.folder, "copy")
        told.save(copy)
        with open(copy, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)
        self.assertEqual(pyfunc_env.ModelMetadata.load(os.path.join(at, "MLmodel")), told)
        self.assertEqual(told, self.load(at).metadata)
        self.raised(pyfunc_env.Error, pyfunc_env.ModelMetadata.load, at + "-none")
        self.assertEqual(str(pyfunc_env.ModelMetadata({"flavors": {}})), '{"flavors": {}}')

    def test_its_tags(self):
        flavors = {"python_function": {"loader_module": "x", "config": {"secret": 1}}, "odd": "text"}
        told = pyfunc_env.ModelMetadata({"run_id": "r", "metadata": {}, "flavors": flavors})
        self.assertEqual(told.get_tags_dict(),
                         {"run_id": "r", "flavors": {"python_function": {"loader_module": "x"}, "odd": "text"}})  # fmt: skip

    def test_it_is_not_changed(self):
        told = self.load(self.model(PLAIN)).metadata
        for name in ("signature", "metadata", "run_id"):
            self.raised(pyfunc_env.UsageError, setattr, told, name, None)
        self.assertIn("is not changed", str(self.raised(pyfunc_env.UsageError, told.add_flavor, "x", a=1)))
        self.raised(pyfunc_env.UsageError, told.log, "x")
        self.assertNotIn("x", told.flavors)

    def test_what_a_server_tells(self):
        said = {"uri": "models:/m-1", "model_id": "m-1", "run_id": "r", "experiment_id": "0", "artifact_uri": "a:/b",
                "registered_model": "n", "version": "7", "creation_timestamp": "1700000000123",
                "params": [{"key": "k", "value": "1"}], "tags": []}  # fmt: skip
        info = pyfunc_env.ModelInfo({"flavors": {}, "model_uuid": "u"}, said, "name")
        self.assertEqual((info.artifact_path, info.model_uuid, info.name, info.registered_model_version),
                         ("a:/b", "m-1", "name", 7))  # fmt: skip
        self.assertEqual((info.creation_timestamp, info.params, info.tags, info.metrics),
                         (1700000000123, {"k": "1"}, {}, []))  # fmt: skip
        older = {**said, "uri": "runs:/r/name", "model_id": None, "creation_timestamp": None, "params": None, "tags": None}
        info = pyfunc_env.ModelInfo({"flavors": {}, "model_uuid": "u"}, older, "name")
        self.assertEqual((info.artifact_path, info.model_uuid), ("name", "u"))
        self.assertEqual((info.creation_timestamp, info.params, info.tags, info.metrics), (None, None, None, None))

    def with_example(self, told, content, more=""):
        at = self.model(PLAIN, more=f"saved_input_example_info: {json.dumps(told)}\n" + more)
        with open(os.path.join(at, "e.json"), "w", encoding="utf-8") as file:
            json.dump(content, file)
        return at

    def test_an_input_example(self):
        at = self.with_example({"artifact_path": "e.json", "type": "json_object"}, {"a": [1, None]})
        model = self.load(at)
        self.assertEqual(model.input_example, {"a": [1, None]})
        self.assertIs(model.input_example, model.input_example)
        model.input_example = "another"
        self.assertEqual(model.input_example, "another")
        self.assertEqual(model.metadata.load_input_example(), {"a": [1, None]})
        self.assertIsNone(model.metadata.load_input_example_params())
        self.assertIsNone(model.metadata.get_serving_input())
        os.remove(os.path.join(at, "e.json"))
        self.assertIsNone(self.load(at).input_example)
        self.raised(FileNotFoundError, model.metadata.load_input_example, at)

    def test_an_example_with_parameters(self):
        told = {"artifact_path": "e.json", "type": "json_object", "params": "true", "serving_input_path": "e.json"}
        at = self.with_example(told, {"inputs": [1], "params": {"x": 2}})
        metadata = self.load(at).metadata
        self.assertEqual((metadata.load_input_example(), metadata.load_input_example_params(at)), ([1], {"x": 2}))
        self.assertEqual(json.loads(metadata.get_serving_input()), {"inputs": [1], "params": {"x": 2}})

    def test_an_example_that_is_no_file_of_the_model(self):
        at = self.with_example({"artifact_path": "e.json", "type": "json_object"}, 1)
        outside = os.path.join(os.path.dirname(at), "outside.json")
        shutil.copy(os.path.join(at, "e.json"), outside)
        os.symlink(outside, os.path.join(at, "link.json"))
        for place in ("../outside.json", outside, "link.json"):
            told = {"artifact_path": place, "type": "json_object", "serving_input_path": place}
            metadata = pyfunc_env.ModelMetadata({"saved_input_example_info": told}, None, at)
            for read in (metadata.load_input_example, metadata.get_serving_input):
                self.assertIn("leads out of the model", str(self.raised(pyfunc_env.ModelError, read)))

    def test_no_example(self):
        model = self.load(self.model(PLAIN))
        self.assertIsNone(model.input_example)
        self.assertIsNone(model.metadata.load_input_example())
        self.assertIsNone(model.metadata.get_serving_input())
        unknown = self.load(self.with_example({"artifact_path": "e.json", "type": "painting"}, 1))
        self.assertIsNone(unknown.input_example)
        error = self.raised(pyfunc_env.ModelError, unknown.metadata.load_input_example)
        self.assertIn("painting", str(error))

    def test_it_is_shown_as_mlflow_shows_it(self):
        model = self.load(self.model(PLAIN, more=self.MORE, loader="loader_shown"))
        wanted = "mlflow.pyfunc.loaded_model:\n  artifact_path: a/b\n  flavor: loader_shown\n  run_id: '0123'\n"
        self.assertEqual((repr(model), str(model)), (wanted, wanted))

    def test_two_of_the_same_are_equal(self):
        at, other = self.model(PLAIN), self.model(PLAIN, more="run_id: x\n")
        self.assertEqual(self.load(at), self.load(at))
        self.assertNotEqual(self.load(at), self.load(other))

    def test_where_it_runs(self):
        model = self.load(self.model(PLAIN))
        self.assertIsNone(model.environment["path"])
        self.assertTrue(os.path.samefile(model.environment["python"], sys.executable))
        self.raised(TypeError, pickle.dumps, model)


class Warned(FaceTest):
    def warnings_of(self, at, **options):
        return [(name, text) for name, level, text in self.logged(lambda: self.load(at, **options)) if level == "WARNING"]

    def test_no_version_of_python(self):
        seen = self.warnings_of(self.model(PLAIN))
        here = sys.version.split()[0]
        text = (
            "The specified model does not have a specified Python version. It may be incompatible with the version "
            f"of Python that is currently running: Python {here}"
        )
        self.assertEqual(seen, [("pyfunc_env.model", text)])

    def test_another_version_of_python(self):
        seen = self.warnings_of(self.model(PLAIN, more=f"    python_version: {OTHER_PYTHON}\n"))
        here = sys.version.split()[0]
        text = (
            f"The version of Python that the model was saved in, `Python {OTHER_PYTHON}`, differs from the version of "
            f"Python that is currently running, `Python {here}`, and may be incompatible"
        )
        self.assertEqual(seen, [("pyfunc_env.model", text)])

    def test_requirements(self):
        at = self.model(PLAIN, more="    python_version: %d.%d.0\n" % sys.version_info[:2])
        with open(os.path.join(at, "requirements.txt"), "w", encoding="ascii") as f:
            f.write("no-such-package-anywhere==1.0\npip>0\n")
        text = (
            "Detected one or more mismatches between the model's dependencies and the current Python environment:\n"
            " - no-such-package-anywhere (current: uninstalled, required: no-such-package-anywhere==1.0)\n"
            "To fix the mismatches, call `mlflow.pyfunc.get_model_dependencies(model_uri)` to fetch the model's "
            "environment and install dependencies using the resulting environment file."
        )
        self.assertEqual(self.warnings_of(at), [("pyfunc_env.model", text)])
        self.assertEqual(self.warnings_of(at, suppress_warnings=True), [])


class Elsewhere(FaceTest):
    """env_manager="venv": of a model that needs nothing but Python, so that no index is asked."""

    def elsewhere(self, at, **options):
        return self.load(at, env_manager="venv", python=sys.executable, offline=True, **options)

    def test_it_runs_there(self):
        code = PLAIN.replace("return data", "import sys; return sys.prefix")
        with self.elsewhere(self.model(code)) as model:
            place = model.environment["path"]
            self.assertTrue(os.path.isdir(place))
            self.assertEqual(os.path.realpath(model.predict(0)), os.path.realpath(place))
            self.assertNotEqual(sys.prefix, place)

    def test_configuration_and_parameters(self):
        params = '[{"name": "p", "type": "long", "default": 1, "shape": null}]'
        at = self.model(ECHO, more="    config: {a: 1}\n" + signature(params=params))
        model = self.elsewhere(at, model_config={"a": {"b": [1.5, None]}})
        self.assertEqual(model.predict([7], params={"p": 5})["params"], {"p": 5})
        error = self.raised(pyfunc_env.InputError, model.predict, [7], params={"p": "x"})
        self.assertIn("Invalid parameters found", str(error))
        self.assertEqual(model.predict([7])["params"], {"p": 1})

    def test_a_copy_is_another_process(self):
        at = self.model(PLAIN.replace("return data", "import os; return os.getpid()"))
        model = self.elsewhere(at)
        copy = pickle.loads(pickle.dumps(model))
        self.made.append(copy)
        self.assertNotEqual(model.predict(0), copy.predict(0))
        self.assertEqual(model, copy)

    def test_its_object_is_not_here(self):
        error = self.raised(pyfunc_env.UsageError, self.elsewhere(self.model(PLAIN)).unwrap_python_model)
        self.assertIn("another process", str(error))

    def test_streams(self):
        code = PLAIN + "\nModel.predict_stream = lambda self, data: iter([data, (data,)])\n"
        model = self.elsewhere(self.model(code, more="    streamable: true\n"))
        self.assertEqual(list(model.predict_stream({"a": 1})), [{"a": 1}, ({"a": 1},)])


def both(test):
    """In this process, and in another of the same interpreter."""

    def run(self):
        for runs in ("here", "there"):
            self.runs = runs
            with self.subTest(runs):
                test(self)

    return run


class WithTypes(FaceTest):
    def setUp(self):
        if not pandas:
            self.skipTest("no pandas")
        super().setUp()

    def loaded(self, more="", code=PLAIN):
        at = self.model(code, more=more)
        return self.load(at) if self.runs == "here" else self.runner(at)

    def test_a_table_of_sparks(self):
        """Without Spark: a class by its name, whose first rows are a table of pandas'."""

        class DataFrame:
            columns = ["x", "a", "b"]

            def __init__(self):
                kinds = [type(name, (), {})() for name in ("LongType", "ArrayType", "StructType")]
                kinds[1].elementType = type("IntegerType", (), {})()
                kinds[2].fields = [mock.Mock(dataType=kinds[0])]
                kinds[2].fields[0].name = "k"
                self.schema = mock.Mock(fields=[])
                for name, kind in zip(self.columns, kinds):
                    self.schema.fields.append(mock.Mock(dataType=kind))
                    self.schema.fields[-1].name = name

            def limit(self, count):
                assert count == 10
                return self

            def toPandas(self):
                return pandas.DataFrame({"x": [1, 2], "a": [[1], None], "b": [{"k": 1}, {"k": 2}]})

            def drop(self, *names):
                return sorted(names)

        spark = mock.Mock(DataFrame=DataFrame)
        array = '{"name": "a", "type": "array", "items": {"type": "integer"}, "required": false}'
        struct = '{"name": "b", "type": "object", "properties": {"k": {"type": "long"}}}'
        self.runs = "here"
        with mock.patch.dict(sys.modules, {"pyspark.sql": spark}):
            for inputs, dropped in (('[{"name": "x", "type": "long"}]', ["a", "b"]), ('[{"type": "long"}]', ["a", "b"]),
                                    (f"[{array}, {struct}]", ["x"])):  # fmt: skip
                self.assertEqual(self.loaded(signature(inputs=inputs)).predict(DataFrame()), dropped)
            refused = self.loaded(signature(inputs='[{"name": "x", "type": "string"}]'))
            error = self.raised(pyfunc_env.InputError, refused.predict, DataFrame())
            self.assertIn("Incompatible input types for column x", str(error))

    @both
    def test_a_stream_is_of_one_request(self):
        code = PLAIN + "\nModel.predict_stream = lambda self, data: iter([data])\n"

        def streams(more=""):
            model = self.loaded(more="    streamable: true\n" + more, code=code)
            ask = model.predict_stream if self.runs == "here" else model.stream
            return lambda data: list(ask(data))

        stream = streams(signature(inputs='[{"name": "a", "type": "long"}]'))
        self.assertEqual(stream(pandas.DataFrame({"a": [3]})), [{"a": 3}])
        self.assertEqual(stream([{"a": 3}]), [{"a": 3}])
        error = self.raised(pyfunc_env.InputError, stream, pandas.DataFrame({"a": [3, 4]}))
        self.assertIn("'predict_stream' requires single input, but it got 2 of them", str(error))
        stream = streams()
        for given, taken in ((["x"], "x"), ("x", "x"), ({"a": numpy.array([1, 2])}, {"a": [1, 2]}), (numpy.array([5]), 5),
                             (pandas.DataFrame({0: ["t"]}), "t")):  # fmt: skip
            self.assertEqual([(type(one), one) for one in stream(given)], [(type(taken), taken)])

    @both
    def test_arrays(self):
        model = self.loaded()
        for dtype in ("?", "b", "H", "i4", "u8", "f2", "f4", "f8", "c8", "M8[ns]", "M8[D]", "m8[s]", "S3", "U2", "O"):
            for shape in ((), (0,), (5,), (2, 3), (2, 0, 2)):
                array = numpy.zeros(shape, dtype)
                answer = model.predict(array)
                self.assertEqual((type(answer), answer.dtype, answer.shape), (type(array), array.dtype, shape))
                numpy.testing.assert_array_equal(answer, array)

    def test_an_input_example(self):
        made = Told.with_example
        info = {"artifact_path": "e.json", "type": "dataframe", "pandas_orient": "split"}
        table = {"columns": ["f", "t"], "data": [[1, "2020-01-02T00:00:00"], [None, None]]}
        inputs = '[{"name": "f", "type": "float"}, {"name": "t", "type": "datetime"}]'
        frame = self.load(made(self, info, table, signature(inputs=inputs))).input_example
        self.assertEqual([str(dtype) for dtype in frame.dtypes], ["float32", "datetime64[ns]"])
        self.assertEqual(frame["t"][0], pandas.Timestamp("2020-01-02"))
        self.assertEqual(list(self.load(made(self, info, table)).input_example.columns), ["f", "t"])
        wrong = {"columns": ["f", "t"], "data": [["text", None]]}
        unfit = self.load(made(self, info, wrong, signature(inputs=inputs)))
        self.assertIsNone(unfit.input_example)
        self.assertIn("'text'", str(self.raised(pyfunc_env.InputError, unfit.metadata.load_input_example)))
        info = {"artifact_path": "e.json", "type": "ndarray"}
        spec = '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
        array = self.load(made(self, info, [[1, 2]], signature(inputs=spec))).input_example
        self.assertEqual((array.dtype, array.tolist()), ("float32", [[1, 2]]))
        arrays = self.load(made(self, info, {"a": [1.5]})).input_example
        self.assertEqual((list(arrays), arrays["a"].tolist()), (["a"], [1.5]))
        old = {**info, "format": "tf-serving"}
        self.assertEqual(self.load(made(self, old, {"inputs": [[3]]})).input_example.tolist(), [[3]])

    def test_times_in_a_table_of_columns(self):
        when, spans = ["0001-01-01", "NaT"], numpy.array([1, "NaT"], "m8[ns]")
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # none of pandas' names is asked for that it gives up
            columns = [numpy.array(when, "M8[us]"), numpy.array(when[1:] + ["2020-01-02"], "M8[us]"), spans]
            codec = pyfunc_env.frames.codec()
            made = codec.decode(codec.encode(pyfunc_env.Table(["far", "near", "span"], columns)))
        self.assertEqual(made["far"][0], numpy.datetime64("0001-01-01"))
        self.assertEqual((str(made["near"].dtype), made["near"][1]), ("datetime64[ns]", pandas.Timestamp("2020-01-02")))
        self.assertEqual(made["span"][0], numpy.timedelta64(1, "ns"))
        self.assertTrue(numpy.isnat(made["far"][1]) and numpy.isnat(made["span"][1]))

    @both
    def test_scalars(self):
        model = self.loaded()
        for value in (numpy.float32(1.5), numpy.int8(3), numpy.bool_(True), numpy.datetime64("2020-01-01", "D"),
                      pandas.Timestamp("2020-01-01", tz="UTC"), pandas.Timedelta(3), pandas.NaT, pandas.NA):  # fmt: skip
            answer = model.predict(value)
            self.assertEqual((type(answer), repr(answer)), (type(value), repr(value)))

    def frame(self):
        days = pandas.date_range("2020-01-01", periods=3)
        return pandas.DataFrame(
            {
                "f": [1.5, float("nan"), 3],
                "i": numpy.array([1, 2, 3], "i2"),
                "s": ["a", None, "é"],
                "day": days,
                "zone": days.tz_localize("Europe/Berlin"),
                "span": days - days[0],
                "kind": pandas.Categorical(["x", "y", "x"], ["y", "x", "z"], ordered=True),
                "null": pandas.array([1, None, 3], "Int64"),
                "truth": pandas.array([True, None, False], "boolean"),
                "list": [[1], [2, 3], []],
                "map": [{"a": 1}, {}, None],
                "bytes": [b"a", b"", b"\0"],
            },
            index=pandas.Index(["r1", "r2", "r3"], name="rows"),
        )

    @both
    def test_frames(self):
        frame, model = self.frame(), self.loaded()
        pandas.testing.assert_frame_equal(model.predict(frame), frame)
        pandas.testing.assert_frame_equal(model.predict(frame.iloc[:0]), frame.iloc[:0])
        two = pandas.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
        pandas.testing.assert_frame_equal(model.predict(two), two)
        levels = frame[["f"]].set_index(pandas.MultiIndex.from_tuples([(1, "a"), (1, "b"), (2, "a")], names=["n", None]))
        pandas.testing.assert_frame_equal(model.predict(levels), levels)

    @both
    def test_series(self):
        model = self.loaded()
        for name in self.frame():
            series = self.frame()[name]
            pandas.testing.assert_series_equal(model.predict(series), series)

    @both
    def test_dicts_and_lists_of_arrays(self):
        model = self.loaded()
        answer = model.predict({"a": numpy.arange(3), "b": [numpy.ones((2, 2), "f4")]})
        numpy.testing.assert_array_equal(answer["a"], numpy.arange(3))
        self.assertEqual((answer["b"][0].dtype, answer["b"][0].shape), (numpy.dtype("f4"), (2, 2)))

    @both
    def test_sparse(self):
        if not module("scipy"):
            self.skipTest("no scipy")
        from scipy import sparse

        model = self.loaded()
        for make in (sparse.csr_matrix, sparse.csc_matrix, sparse.coo_matrix, sparse.csr_array):
            matrix = make(numpy.eye(3, dtype="f4"))
            answer = model.predict(matrix)
            self.assertEqual((type(answer), answer.dtype), (type(matrix), matrix.dtype))
            numpy.testing.assert_array_equal(answer.toarray(), matrix.toarray())

    INPUTS = '[{"name": "a", "type": "double"}, {"name": "b", "type": "string", "required": false}]'

    @both
    def test_a_signature_is_enforced(self):
        model = self.loaded(signature(inputs=self.INPUTS))
        given = pandas.DataFrame({"x": [1], "b": ["t"], "a": numpy.array([1], "i4")})
        answer = model.predict(given)
        self.assertEqual((list(answer), str(answer["a"].dtype)), (["a", "b"], "float64"))
        self.assertEqual(list(model.predict(given[["a"]])), ["a"])
        error = self.raised(pyfunc_env.InputError, model.predict, given[["b"]])
        self.assertIn("Model is missing inputs ['a'].", str(error))
        wrong = pandas.DataFrame({"a": ["text"]})
        error = self.raised(pyfunc_env.InputError, model.predict, wrong)
        self.assertRegex(str(error), "Can not safely convert|Failed to convert column a")  # by the pandas

    @both
    def test_a_tensors_signature(self):
        spec = '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]'
        model = self.loaded(signature(inputs=spec))
        array = numpy.ones((3, 2), "f4")
        numpy.testing.assert_array_equal(model.predict(array), array)
        for wrong in (numpy.ones((3, 2)), numpy.ones((3, 3), "f4")):
            self.raised(pyfunc_env.InputError, model.predict, wrong)
