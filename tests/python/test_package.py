# test_package.py - names and what an import costs, the program found and asked, errors, metadata
# SPDX-License-Identifier: Apache-2.0
import ast
import os
import pickle
import re
import shutil
import subprocess
import sys

import pyfunc_env
from face import FaceTest, logging
from pyfunc_env import engines, errors, metadata, program

TREE = os.environ["SRCDIR"]


def read(*path):
    with open(os.path.join(TREE, *path), encoding="utf-8") as f:
        return f.read()


def python(code, **variables):
    argv = [sys.executable, "-c", code]
    env = {**os.environ, "PYTHONPATH": os.path.join(TREE, "share", "python"), **variables}
    return subprocess.run(argv, env=env, check=True, stdout=subprocess.PIPE).stdout.decode().strip()


class Names(FaceTest):
    def test_every_name_is_there(self):
        for name in pyfunc_env.__all__:
            with self.subTest(name):
                self.assertIsNotNone(getattr(pyfunc_env, name))

    def test_other_names_are_not(self):
        error = self.raised(AttributeError, lambda: pyfunc_env.nothing)
        self.assertEqual(str(error), "module 'pyfunc_env' has no attribute 'nothing'")

    def test_names_are_listed(self):
        self.assertLessEqual(set(pyfunc_env.__all__), set(dir(pyfunc_env)))

    def test_type_checkers_see_the_same_names(self):
        """The lazy table, and the imports that a type checker reads."""
        tree = ast.parse(read("share", "python", "pyfunc_env", "__init__.py"))
        seen = {a.asname: n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) for a in n.names if a.asname}
        self.assertEqual(seen, pyfunc_env._WHERE)

    def test_an_import_brings_nothing(self):
        code = "import sys; before = set(sys.modules); import typing; import pyfunc_env; print(sorted(set(sys.modules) - before))"
        brought = set(ast.literal_eval(python(code))) - set(ast.literal_eval(python("import sys; a = set(sys.modules); import typing, __future__; print(sorted(set(sys.modules) - a))")))
        self.assertEqual(brought, {"pyfunc_env"})

    def test_one_version_everywhere(self):
        configure = re.search(r"AC_INIT\(\[pyfunc-env\], \[([^]]*)\]", read("configure.ac")).group(1)
        project = re.search(r'^version = "(.*)"', read("share", "python", "pyproject.toml"), re.M).group(1)
        self.assertEqual([pyfunc_env.__version__, project], [configure] * 2)

    def test_every_file_is_installed(self):
        listed = set(re.findall(r"share/python/pyfunc_env/(\S+)", read("Makefile.am")))
        there = {n for n in os.listdir(os.path.join(TREE, "share/python/pyfunc_env")) if n != "__pycache__"}
        self.assertEqual(listed, there)


class Program(FaceTest):
    def find(self, **variables):
        code = "import sys; sys.executable = '/nowhere/python'; from pyfunc_env import program; print(program.find())"
        variables.setdefault("PYFUNC_ENV_PROGRAM", "")
        return python(code, **variables)

    def executable(self, *path):
        path = os.path.join(self.folder, *path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\n")
        os.chmod(path, 0o755)
        return path

    def test_named(self):
        self.assertEqual(self.find(PYFUNC_ENV_PROGRAM="/some/where"), "/some/where")

    def test_on_path(self):
        here = self.executable("x", "pyfunc-env")
        self.assertEqual(self.find(PATH=os.path.dirname(here) + ":/usr/bin"), here)

    def test_under_the_prefix(self):
        prefix = os.path.join(self.folder, "prefix")
        package = os.path.join(prefix, "share", "pyfunc-env", "python")
        os.makedirs(package)
        os.symlink(os.path.join(TREE, "share/python/pyfunc_env"), os.path.join(package, "pyfunc_env"))
        here = self.executable("prefix", "bin", "pyfunc-env")
        self.assertEqual(self.find(PYTHONPATH=package), here)

    def test_beside_the_interpreter(self):
        here = self.executable("venv", "bin", "pyfunc-env")
        code = "import sys; sys.executable = sys.argv[1]; from pyfunc_env import program; print(program.find())"
        code = code.replace("sys.argv[1]", repr(os.path.join(os.path.dirname(here), "python")))
        self.assertEqual(python(code, PYFUNC_ENV_PROGRAM="", PATH="/usr/bin"), here)

    def test_nowhere(self):
        code = """if 1:
        import sys; sys.executable = ''
        from pyfunc_env import program, errors
        try: program.find()
        except errors.LocalError as error: print(error)"""
        said = python(code, PYFUNC_ENV_PROGRAM="", PATH="/nowhere")
        self.assertIn("pyfunc-env is not installed (hint: name it in PYFUNC_ENV_PROGRAM", said)

    def test_its_errors_are_exceptions(self):
        error = self.raised(errors.ModelError, program.run, ["deps", self.folder, "--json"])
        self.assertEqual((error.code, error.kind), (3, "malformed"))
        self.assertIn("no MLmodel file", error.message)
        plain = self.raised(errors.ModelError, program.run, ["deps", self.folder])
        self.assertEqual(plain.message, error.message)
        usage = self.raised(errors.UsageError, program.run, ["deps", "--no-such"])
        self.assertIsInstance(usage, ValueError)

    def test_it_cannot_be_run(self):
        code = """if 1:
        from pyfunc_env import program, errors
        try: program.run(["deps"])
        except errors.LocalError as error: print(error)"""
        self.assertIn("cannot run /nowhere/x: No such file", python(code, PYFUNC_ENV_PROGRAM="/nowhere/x"))

    def test_options(self):
        argv = program.options(
            env_manager="uv", offline=True, refresh=False, lock=None, env={"A": "1", "B": 2}, channel=["x", "y"]
        )
        wanted = "--env-manager uv --offline --env A=1 --env B=2 --channel x --channel y"
        self.assertEqual(argv, wanted.split())

    def test_what_it_says(self):
        said = program.Messages()
        lines = [
            '{"schema":"pyfunc-env/1","kind":"warning","message":"careful"}',
            "pyfunc-env: note: so it is",
            "pyfunc-env: fetching 3 of 3 packages",
            "anything",
            '{"schema":"pyfunc-env/1", broken',
            '{"schema":"pyfunc-env/1","kind":"error","code":6,"message":"no","hint":"yes"}',
        ]
        logged = self.logged(lambda: [said.take(line) for line in lines], logging.INFO)
        self.assertEqual(logged, [("pyfunc_env", "WARNING", "careful"), ("pyfunc_env", "INFO", "so it is")])
        self.assertEqual(said.tail().splitlines(), lines[2:5])
        error = errors.of_program(said.error, 6)
        self.assertEqual((type(error), str(error)), (errors.NoSolutionError, "no (hint: yes)"))

    def test_the_tail_has_a_length(self):
        said = program.Messages()
        for i in range(1000):
            said.take("%d" % i)
        self.assertEqual(said.tail().splitlines(), ["%d" % i for i in range(800, 1000)])


class Errors(FaceTest):
    def test_they_are_pickled(self):
        error = errors.ModelCodeError("m", "h", "s", type_name="T", traceback="t")
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(copy), copy.type_name, copy.traceback), (str(error), "T", "t"))

    def test_every_status_has_its_class(self):
        table = re.findall(r"X\((E\w+), (\d+), \"([a-z-]+)\"", read("src", "base", "err.h"))
        for name, status, kind in table:
            if name in ("EDIFF",):
                continue
            error = errors.of_program({}, int(status))
            with self.subTest(name):
                self.assertEqual((error.code, error.kind), (int(status), kind))

    def test_limits_and_arguments_are_pythons_too(self):
        self.assertTrue(issubclass(errors.LimitError, TimeoutError))
        self.assertTrue(issubclass(errors.InputError, ValueError))


class Metadata(FaceTest):
    INPUTS = '[{"name": "a", "type": "long"}, {"name": "b", "type": "array", "items": {"type": "string"}}]'

    def test_a_signature(self):
        m = metadata.ModelMetadata({"flavors": {}}, {"inputs": self.INPUTS, "outputs": None, "params": None})
        schema = m.get_input_schema()
        self.assertEqual(schema.input_names(), ["a", "b"])
        self.assertEqual(schema.required_input_names(), ["a"])
        self.assertEqual(schema.input_types(), ["long", "array"])
        self.assertFalse(schema.is_tensor_spec())
        self.assertTrue(schema.has_input_names())
        self.assertEqual((m.get_output_schema(), m.get_params_schema()), (None, None))
        self.assertEqual(schema, metadata.Schema(schema.to_dict()))

    def test_tensors(self):
        text = '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 3]}}]'
        schema = metadata.ModelMetadata({}, {"inputs": text}).get_input_schema()
        self.assertTrue(schema.is_tensor_spec())
        self.assertEqual((schema.input_types(), schema.input_names()), (["float32"], [0]))

    def test_no_signature(self):
        m = metadata.ModelMetadata({"run_id": "x", "flavors": {"python_function": {}}}, {"inputs": None})
        self.assertEqual((m.signature, m.run_id, m.model_uuid), (None, "x", None))

    def test_no_flavors(self):
        m = metadata.ModelMetadata({"loader_module": "x"})
        self.assertEqual(m.flavors["python_function"]["loader_module"], "x")


class Dependencies(FaceTest):
    INSTALL = "To install the dependencies that were used to train the model, run the following command: "
    FLAVORS = "flavors:\n  python_function:\n    loader_module: x\n"

    def given(self, mlmodel, **files):
        folder = os.path.join(self.folder, "model")
        os.mkdir(folder)
        for name, text in {"MLmodel": mlmodel, **files}.items():
            with open(os.path.join(folder, name.replace("_", ".")), "w", encoding="utf-8") as f:
                f.write(text)
        return folder

    def dependencies(self, *args):
        path = pyfunc_env.get_model_dependencies(*args)
        if not path.startswith(self.folder):
            self.addCleanup(shutil.rmtree, os.path.dirname(path))
        return path

    def test_requirements(self):
        folder = self.given(self.FLAVORS, requirements_txt="a==1")
        paths = []
        seen = self.logged(lambda: paths.append(self.dependencies(folder)), logging.INFO)
        self.assertEqual(paths, [folder + "/requirements.txt"])
        told = f"{self.INSTALL}'pip install -r {folder}/requirements.txt'."
        self.assertEqual(seen, [("pyfunc_env.dependencies", "INFO", told)])

    def test_conda(self):
        folder = self.given(self.FLAVORS + "    env: {conda: conda.yaml}\n", conda_yaml="dependencies: [python=3.9]\n")
        self.assertEqual(self.dependencies(folder, "conda"), folder + "/conda.yaml")
        os.unlink(folder + "/conda.yaml")
        error = self.raised(pyfunc_env.ModelError, self.dependencies, folder, "conda")
        self.assertIn("conda.yaml", error.message)

    def test_no_conda(self):
        folder = self.given(self.FLAVORS, requirements_txt="")
        error = self.raised(pyfunc_env.ModelError, self.dependencies, folder, "conda")
        self.assertIn("there is no conda environment's file", error.message)

    def test_the_pip_section(self):
        conda = "dependencies:\n- python=3.7\n- x=1\n- pip:\n  - a==1\n  - b\n"
        folder = self.given(self.FLAVORS + "    env: conda.yaml\n", conda_yaml=conda)
        paths = []
        seen = self.logged(lambda: paths.append(self.dependencies(folder)), logging.INFO)
        with open(paths[0], encoding="utf-8") as f:
            self.assertEqual(f.read(), "a==1\nb\n")
        wanted = [
            ("INFO", "requirements.txt is not found in the model directory. Falling back to extracting pip "
                     "requirements from the model's 'conda.yaml' file. Conda dependencies will be ignored."),
            ("WARNING", "The following conda dependencies have been excluded from the environment file: "
                        "python=3.7, x=1."),
            ("INFO", f"{self.INSTALL}'pip install -r {paths[0]}'."),
        ]
        self.assertEqual([(level, text) for _, level, text in seen], wanted)

    def test_an_illegal_format(self):
        error = self.raised(pyfunc_env.UsageError, pyfunc_env.get_model_dependencies, self.folder, "x")
        self.assertEqual(str(error), "Illegal format argument 'x'.")
