#!/usr/bin/env python3
# python_save.py - models saved by pyfunc_env, which MLflow loads where there is no pyfunc_env
# SPDX-License-Identifier: Apache-2.0
"""python_save.py save|load|log FOLDER: in an interpreter that has MLflow. `save` writes models and
what they have to answer, `load` looks at them with MLflow alone, `log` puts some on the server of
$MLFLOW_TRACKING_URI. Prints a line of TAP for each."""
import inspect
import json
import os
import re
import shutil
import sys
import textwrap
import warnings

warnings.simplefilter("ignore")
os.environ.update(MLFLOW_UV_AUTO_DETECT="false", MLFLOW_SKIP_PIP_REQUIREMENTS_CHECK="true")
import logging  # noqa: E402

import mlflow  # noqa: E402
import mlflow.pyfunc  # noqa: E402
import pandas as pd  # noqa: E402

logging.disable(logging.CRITICAL)
what, folder = sys.argv[1:]
os.chdir(folder)
VERSION = tuple(int(n) for n in re.findall(r"\d+", mlflow.__version__)[:2])
FRAME = pd.DataFrame({"x": [1.0, 2.5]})
number = 0


def tell(name, call):
    global number
    number += 1
    try:
        call()
    except Exception as error:
        print(f"not ok {number} - {name}")
        print("# " + repr(error)[:1500].replace("\n", "\n# "))
        import traceback

        print("# " + traceback.format_exc()[-1500:].replace("\n", "\n# "))
    else:
        print(f"ok {number} - {name}", flush=True)


def write(name, text):
    os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
    with open(name, "w") as f:
        f.write(textwrap.dedent(text))
    return name


# ---- with MLflow alone ----


def load():
    assert "pyfunc_env" not in sys.modules
    try:
        import pyfunc_env  # noqa: F401
    except ImportError:
        pass
    else:
        raise SystemExit("pyfunc_env is here, too")
    with open("expected.json") as f:
        expected = json.load(f)
    for name, (value, params, want) in expected.items():

        def check(name=name, value=value, params=params, want=want):
            model = mlflow.pyfunc.load_model(os.path.abspath(name))
            data = pd.DataFrame(value["frame"]) if isinstance(value, dict) and "frame" in value else value
            more = {"params": params} if params is not None else {}
            answer = model.predict(data, **more)
            answer = answer.tolist() if hasattr(answer, "tolist") else list(answer)
            assert answer == want, (answer, want)

        tell(f"MLflow {mlflow.__version__} loads and predicts: {name}", check)
    assert not [n for n in sys.modules if n.partition(".")[0] == "pyfunc_env"]


# ---- with both ----


def models():
    """name: (arguments of save_model, input, params, what is answered)"""
    import pyfunc_env

    class Scales(pyfunc_env.PythonModel):
        def load_context(self, context):
            with open(context.artifacts["k"]) as f:
                self.k = float(f.read())
            with open(os.path.join(context.artifacts["folder"], "deep", "more.txt")) as f:
                self.k += float(f.read())

        def predict(self, context, model_input):
            assert sorted(context.artifacts) == ["again", "folder", "k"]
            return (model_input["x"] * self.k).tolist()

    class Takes(pyfunc_env.PythonModel):
        def predict(self, context, model_input, params=None):
            return [(params or {})["by"] * x for x in model_input["x"]]

    class Bare(pyfunc_env.PythonModel):
        def predict(self, model_input):
            return [x + 1 for x in model_input["x"]]

    def adds(model_input):
        return [x + 2 for x in model_input["x"]]

    write("k.txt", "2")
    write("k/deep/more.txt", "0.5")
    artifacts = {"k": "k.txt", "folder": os.path.abspath("k"), "again": os.path.abspath("k.txt")}
    frame = {"frame": FRAME.to_dict("list")}
    found = {
        "a class and artifacts": (
            {"python_model": Scales(), "artifacts": artifacts, "input_example": FRAME, "metadata": {"a": [1]}},
            frame, None, [2.5, 6.25]),
        "a function": ({"python_model": adds, "input_example": FRAME}, frame, None, [3.0, 4.5]),
    }
    sys.path.insert(0, os.getcwd())
    write("own_module.py", """\
        import pyfunc_env
        from pyfunc_env import PythonModel

        def helper(x):
            return x * 10

        class Own(PythonModel):
            def predict(self, context, model_input):
                return [helper(x) for x in model_input["x"]]
        """)
    write("plain_module.py", """\
        import mlflow.pyfunc
        import plain_other

        class Plain(mlflow.pyfunc.PythonModel):
            def predict(self, context, model_input):
                return [plain_other.helper(x) for x in model_input["x"]]
        """)
    write("plain_other.py", "def helper(x):\n    return x * 20\n")
    import own_module
    import plain_module

    found["a class of a module that imports pyfunc_env"] = (
        {"python_model": own_module.Own(), "pip_requirements": ["mlflow"]}, frame, None, [10.0, 25.0])
    found["a class of MLflow's and its code"] = (
        {"python_model": plain_module.Plain(), "code_paths": ["plain_module.py", "plain_other.py"], "input_example": FRAME},
        frame, None, [20.0, 50.0])
    write("loads.py", """\
        import pickle

        class Model:
            def __init__(self, k, config):
                self.k = k * (config or {}).get("by", 1)

            def predict(self, data):
                return data["x"] * self.k

        def _load_pyfunc(path, config=None):
            with open(path, "rb") as f:
                return Model(pickle.load(f), config)
        """)
    import pickle

    with open("data.pkl", "wb") as f:
        pickle.dump(4.0, f)
    loader = {"loader_module": "loads", "data_path": "data.pkl", "code_paths": ["loads.py"]}
    found["a loader module and data"] = ({**loader}, frame, None, [4.0, 10.0])
    signature = {"inputs": [{"type": "double", "name": "x"}], "outputs": [{"type": "double"}]}
    found["a loader module, a signature and an example"] = (
        {**loader, "signature": signature, "input_example": FRAME}, frame, None, [4.0, 10.0])
    if VERSION >= (2, 8):
        found["a loader's configuration"] = ({**loader, "model_config": {"by": 2}}, frame, None, [8.0, 20.0])
        found["parameters"] = (
            {"python_model": Takes(), "input_example": (FRAME, {"by": 1.5})}, frame, {"by": 2.0}, [2.0, 5.0])
    if VERSION >= (2, 20):
        from mlflow.types.type_hints import TypeFromExample

        found["no context"] = ({"python_model": Bare(), "input_example": FRAME}, frame, None, [2.0, 3.5])
        write("makes.py", """\
            import mlflow
            from mlflow.pyfunc import PythonModel

            class Made(PythonModel):
                def predict(self, context, model_input):
                    return [x + 100 for x in model_input["x"]]

            mlflow.models.set_model(Made())
            """)
        found["models from code"] = ({"python_model": "makes.py", "pip_requirements": ["mlflow"]}, frame, None, [101.0, 102.5])
        found["models from code with an example"] = (
            {"python_model": "makes.py", "pip_requirements": ["mlflow"], "input_example": FRAME, "model_config": {"k": 1}},
            frame, None, [101.0, 102.5])

        def shouts(model_input: list[str]):
            return [s.upper() for s in model_input]

        class Hinted(pyfunc_env.PythonModel):
            def predict(self, context, model_input: list[str]) -> list[str]:
                return [s.lower() for s in model_input]

        found["a function's type hints"] = ({"python_model": shouts, "pip_requirements": ["mlflow"]}, ["ab", "c"], None, ["AB", "C"])
        class Alike(pyfunc_env.PythonModel):
            def predict(self, model_input: TypeFromExample):
                return [type(model_input).__name__]

        write("hinted.py", """\
            import mlflow
            from mlflow.pyfunc import PythonModel

            class Made(PythonModel):
                def predict(self, model_input: list[str]) -> list[str]:
                    return [s * 2 for s in model_input]

                def predict_stream(self, model_input):
                    yield from model_input

            mlflow.models.set_model(Made())
            """)
        found["an example's type"] = ({"python_model": Alike(), "input_example": ["a"]}, ["b", "c"], None, ["list"])
        found["a script's type hints, and its stream"] = (
            {"python_model": "hinted.py", "pip_requirements": ["mlflow"]}, ["b"], None, ["bb"])
        other = {"inputs": [{"type": "long"}], "outputs": [{"type": "long"}]}
        found["type hints, which count more than a signature"] = (
            {"python_model": Hinted(), "signature": other, "input_example": ["AB"]}, ["AB"], None, ["ab"])
        found["a method's type hints"] = ({"python_model": Hinted(), "input_example": ["AB"]}, ["AB", "C"], None, ["ab", "c"])
    return found


def same_as_mlflow(name, given):
    """The files of MLflow's save_model for the same arguments."""
    given = dict(given)
    if isinstance(given.get("signature"), dict):
        from mlflow.models import ModelSignature

        given["signature"] = ModelSignature.from_dict({k: json.dumps(v) for k, v in given["signature"].items()})
    there = "mlflow's " + name
    mlflow.pyfunc.save_model(there, **given)
    keys = "model_uuid|utc_time_created|    model_code_path"
    if type(given.get("python_model")).__module__ == "own_module":  # it is pickled by value
        keys += "|model_size_bytes"
    changing = re.compile(f"^({keys}): .*\n", re.M)
    for at, _, files in os.walk(there):
        for file in sorted(files):
            path = os.path.join(at, file)
            with open(path, "rb") as f, open(name + path[len(there):], "rb") as g:
                theirs, ours = f.read(), g.read()
            if "__pycache__" in path or ".pkl" in file:
                continue
            if file == "MLmodel":
                theirs, ours = (changing.sub("", text.decode()) for text in (theirs, ours))
            if file in ("requirements.txt", "conda.yaml") and "pip_requirements" not in given:
                theirs, ours = (  # what it imports by itself
                    [x for x in text.decode().splitlines() if not re.search("pandas==|numpy==", x)] for text in (theirs, ours))
            assert theirs == ours, (path, theirs, ours)


def save():
    import pyfunc_env

    expected = {}
    for name, (given, value, params, want) in models().items():
        tell(f"saved: {name}", lambda name=name, given=given: pyfunc_env.save_model(name, **given))
        expected[name] = (value, params, want)
        if VERSION >= (3, 0):
            tell(f"the same as MLflow's files: {name}", lambda name=name, given=given: same_as_mlflow(name, given))
    with open("expected.json", "w") as f:
        json.dump(expected, f)

    def agents():
        """MLflow's classes for chats: what is written is the same, and what is answered."""
        from mlflow.types.agent import ChatAgentMessage, ChatAgentResponse
        from mlflow.types.llm import ChatCompletionResponse
        from mlflow.types.responses import ResponsesAgentResponse

        class Chats(mlflow.pyfunc.ChatModel):
            def predict(self, context, messages, params):
                message = {"role": "assistant", "content": messages[0].content + str(params.temperature)}
                return ChatCompletionResponse.from_dict({"choices": [{"index": 0, "message": message}], "created": 1, "usage": {}})

        class Agent(mlflow.pyfunc.ChatAgent):
            def predict(self, messages, context=None, custom_inputs=None):
                return ChatAgentResponse(messages=[ChatAgentMessage(role="assistant", content=messages[0].content + "!", id="1")])

        class Responds(mlflow.pyfunc.ResponsesAgent):
            def predict(self, request):
                return ResponsesAgentResponse(output=[self.create_text_output_item(request.input[0].content, id="1")])

            def predict_stream(self, request):
                yield {"type": "response.output_item.done", "item": self.create_text_output_item("a", id="1")}

        messages = [{"role": "user", "content": "hello"}]
        chat, request = {"messages": messages}, {"input": messages}
        for number, (model, example, asked) in enumerate([
            (Chats(), None, chat), (Chats(), {**chat, "temperature": 0.5}, chat), (Chats(), (messages, {"temperature": 0.5}), chat),
            (Agent(), None, chat), (Agent(), chat, chat), (Responds(), None, request), (Responds(), request, request),
        ]):
            name = f"agent {number}"
            given = {"python_model": model, "input_example": example, "pip_requirements": ["mlflow"]}
            pyfunc_env.save_model(name, **given)
            same_as_mlflow(name, given)
            answers = [load(at).predict(asked) for load in (pyfunc_env.load_model, mlflow.pyfunc.load_model)
                       for at in (name, "mlflow's " + name)]
            assert answers[0] and all(answer == answers[0] for answer in answers), answers
        streamed = [list(load("agent 6").predict_stream(request)) for load in (pyfunc_env.load_model, mlflow.pyfunc.load_model)]
        assert streamed[0] == streamed[1] and len(streamed[0]) == 1, streamed
        for wrong, text in (
            ({"signature": {"inputs": [{"type": "long"}]}}, "standard signature"), ({"input_example": {"x": 1}}, "Invalid input example")):
            try:
                pyfunc_env.save_model("no", python_model=Agent(), pip_requirements=["mlflow"], **wrong)
            except pyfunc_env.UsageError as error:
                assert text in str(error), error
            else:
                raise AssertionError(f"saved with {wrong}")
        write("agent.py", "import agents_of\nimport mlflow\nmlflow.models.set_model(agents_of.Agent())\n")
        write("agents_of.py", "import mlflow.pyfunc\nfrom mlflow.types.agent import *\n" + textwrap.dedent(inspect.getsource(Agent)))
        given = {"python_model": "agent.py", "code_paths": ["agents_of.py"], "pip_requirements": ["mlflow"]}
        pyfunc_env.save_model("agent's script", **given)
        same_as_mlflow("agent's script", given)
        assert pyfunc_env.load_model("agent's script").metadata.metadata == {"task": "agent/v2/chat"}

    def compressed():
        for method in ("lzma", "bzip2", "gzip", "odd", ""):
            os.environ["MLFLOW_LOG_MODEL_COMPRESSION"] = method
            name = "compressed " + method
            given = {"python_model": models()["a function"][0]["python_model"], "pip_requirements": ["mlflow"]}
            try:
                pyfunc_env.save_model(name, **given)
                same_as_mlflow(name, given)
            finally:
                del os.environ["MLFLOW_LOG_MODEL_COMPRESSION"]
            flavor = mlflow.models.Model.load(name).flavors["python_function"]
            assert flavor.get("python_model_compression") == (method if method in ("lzma", "bzip2", "gzip") else None), flavor
            for load in (mlflow.pyfunc.load_model, pyfunc_env.load_model):
                assert load(name).predict(FRAME) == [3.0, 4.5], name

    def read_back():
        """Metadata by MLflow's names, of a model that both load."""
        for name in ("a class and artifacts", "parameters", "a loader's configuration", "an example's type"):
            there, here = mlflow.models.Model.load(name), pyfunc_env.ModelMetadata.load(name)
            assert here.to_dict() == there.to_dict() and here.to_yaml() == there.to_yaml() == str(here), name
            assert here.get_tags_dict() == there.get_tags_dict(), name
            here.save("saved.yaml")
            there.save("theirs.yaml")
            with open("saved.yaml") as one, open("theirs.yaml") as other:
                assert one.read() == other.read(), name
            for what in ("get_input_schema", "get_output_schema", "get_params_schema"):
                schemas = [getattr(told, what)() for told in (there, here)]
                assert [s and json.loads(s.to_json()) for s in schemas] == [schemas[1] and schemas[1].to_dict()] * 2, (name, what)
            assert here.get_serving_input() == there.get_serving_input(name), name
        for kind, known in ((mlflow.models.Model, pyfunc_env.ModelMetadata), (mlflow.models.model.ModelInfo, pyfunc_env.ModelInfo)):
            held = known({"flavors": {}}) if known is pyfunc_env.ModelInfo else known({})
            missing = [n for n in dir(kind) if not n.startswith("_") and not hasattr(held, n)]
            assert missing in ([], ["from_dict"]), missing

    def names():
        """Each of mlflow.pyfunc's is in docs/pyfunc.md, and those that it calls the same are here."""
        docs = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs", "pyfunc.md")
        with open(docs) as f:
            rows = [line.split("|") for line in f if line.startswith("| `")]
        told = {name.split(".")[-1]: row[2] for row in rows for name in re.findall(r"`([A-Za-z_.]+)", row[1])}
        own = [n for n, v in vars(mlflow.pyfunc).items() if not n.startswith("_") and (
            inspect.isfunction(v) or inspect.isclass(v)) and v.__module__.startswith("mlflow.pyfunc")]
        own += [n for n in ("FLAVOR_NAME", "MAIN", "CODE", "DATA", "ENV", "PY_VERSION", "MODEL_CONFIG", "MODEL_CODE_PATH")
                if hasattr(mlflow.pyfunc, n)]
        assert len(own) > 15 and not {*own} - {*told}, {*own} - {*told}
        for name in own:
            if "same" in told[name]:
                assert hasattr(pyfunc_env, name), name
            if isinstance(getattr(mlflow.pyfunc, name), str):
                assert getattr(pyfunc_env, name) == getattr(mlflow.pyfunc, name), name

    def both():
        for save_model in (pyfunc_env.save_model, mlflow.pyfunc.save_model):
            try:
                save_model("no", loader_module="loads", python_model=models()["a function"][0]["python_model"], pip_requirements=["six"])
            except Exception as error:
                text = str(error)
                assert "The following sets of parameters cannot be specified together" in text, text
            else:
                raise AssertionError("saved")
            assert not os.path.exists("no/MLmodel"), save_model
            shutil.rmtree("no", ignore_errors=True)

    def code_is_inferred():
        import plain_module

        given = {"python_model": plain_module.Plain(), "infer_code_paths": True, "pip_requirements": ["six"]}
        for save_model, name in ((mlflow.pyfunc.save_model, "theirs"), (pyfunc_env.save_model, "ours")):
            save_model(name, **given)
        found = [sorted(n for n in os.listdir(name + "/code") if n.endswith(".py")) for name in ("theirs", "ours")]
        assert found[0] == found[1] == ["plain_module.py", "plain_other.py"], found

    def object_of_mlflow():
        held = mlflow.models.Model(metadata={"b": 2}) if VERSION >= (2, 0) else mlflow.models.Model()
        pyfunc_env.save_model("object", mlflow_model=held, loader_module="loads", data_path="data.pkl", code_path=["loads.py"])
        there = mlflow.models.Model.load("object")
        assert there.model_uuid == held.model_uuid and there.flavors == held.flavors, (there.to_dict(), held.to_dict())
        assert held.flavors["python_function"]["data"] == "data/data.pkl"

    def added():
        held = mlflow.models.Model()
        os.makedirs("added/d", exist_ok=True)
        shutil.copy("data.pkl", "added/d/x")
        shutil.copy("loads.py", "added/d")
        pyfunc_env.add_to_model(held, loader_module="loads", data="d/x", code="d", env="conda.yaml", odd={"a": [1]})
        held.save("added/MLmodel")
        assert mlflow.models.Model.load("added").flavors["python_function"]["odd"] == {"a": [1]}
        assert mlflow.pyfunc.load_model("added").predict(FRAME).tolist() == [4.0, 10.0]

    def defaults():
        want = mlflow.pyfunc.get_default_conda_env()
        want["dependencies"][-1]["pip"][0] = "mlflow==" + mlflow.__version__  # before 2.0 without a version
        assert pyfunc_env.get_default_conda_env() == want, (pyfunc_env.get_default_conda_env(), want)
        assert pyfunc_env.get_default_pip_requirements() == mlflow.pyfunc.get_default_pip_requirements()

    def round_trip():
        for name in ("a class and artifacts", "a loader module and data"):
            value, _, want = expected[name]
            with pyfunc_env.load_model(name) as model:
                assert list(model.predict(FRAME)) == want

    tell("every name of mlflow.pyfunc is accounted for", names)
    tell("both workflows at once are refused by both", both)
    tell("an object of MLflow's", object_of_mlflow)
    if VERSION >= (2, 13):
        tell("infer_code_paths finds what MLflow's does", code_is_inferred)
    if VERSION >= (3, 0):
        tell("chats and agents", agents)
        tell("a pickle that is compressed", compressed)
        tell("metadata by MLflow's names", read_back)
    tell("add_to_model", added)
    tell("the default environment is MLflow's", defaults)
    tell("pyfunc_env loads them, too", round_trip)


def log():
    """To a tracking server: listed, loaded by MLflow from there, and artifacts taken from there."""
    import pyfunc_env

    client = mlflow.MlflowClient()
    given = {k: v for k, v in models()["a class and artifacts"][0].items()}

    def logged():
        info = pyfunc_env.log_model("model", registered_model_name="scales", aliases=["champion"], tags={"t": "1"}, **given)
        assert info.registered_model_version == 1 and info.registered_model_name == "scales"
        assert mlflow.pyfunc.load_model(info.model_uri).predict(FRAME) == [2.5, 6.25]
        assert mlflow.pyfunc.load_model("models:/scales@champion").predict(FRAME) == [2.5, 6.25]
        version = client.get_model_version("scales", "1")
        assert version.status == "READY" and version.run_id == info.run_id, dict(version)
        theirs = mlflow.models.get_model_info(info.model_uri)
        assert theirs.signature is not None and info.signature.to_dict() == theirs.signature.to_dict()
        for name in ("utc_time_created", "saved_input_example_info", "metadata", "mlflow_version", "flavors"):
            assert getattr(info, name) == getattr(theirs, name), (name, getattr(info, name), getattr(theirs, name))
        assert info.name == "model" and info.tags["t"] == "1", (info.name, info.tags)
        assert info.flavors["python_function"]["artifacts"]["k"]["path"] == "artifacts/0/k.txt"

    def into_the_run():
        with mlflow.start_run() as run:
            info = pyfunc_env.log_model(name="inside", **given)
            assert info.run_id == run.info.run_id
        assert client.get_run(run.info.run_id).info.status == "FINISHED"

    def all_arguments():
        """What the server has of it afterwards is what MLflow's log_model leaves there."""
        from mlflow.models.auth_policy import AuthPolicy, SystemAuthPolicy
        from mlflow.models.resources import DatabricksServingEndpoint

        prompt = mlflow.genai.register_prompt(name="greet", template="Hello {{name}}")
        endpoint = [DatabricksServingEndpoint(endpoint_name="e")]
        found = []
        for log_model in (mlflow.pyfunc.log_model, pyfunc_env.log_model):
            with mlflow.start_run() as run:
                mlflow.log_param("depth", 3)
                for step, loss in enumerate([0.5, 0.25, 0.125]):
                    mlflow.log_metric("loss", loss, step=step)
                told = log_model(
                    name="all", params={"k": 1, "depth": 9}, tags={"t": 1}, model_type="a tree", step=1,
                    registered_model_name="all", model_config={"a": {"b": 1}, "c": [1]}, resources=endpoint,
                    prompts=["prompts:/greet/1", prompt], **given)
            logged, run = client.get_logged_model(told.model_id), client.get_run(run.info.run_id)
            version = client.get_model_version("all", str(told.registered_model_version))
            mlmodel = mlflow.models.Model.load(told.model_uri).to_dict()
            external = mlflow.create_external_model(name="external")
            policy = AuthPolicy(system_auth_policy=SystemAuthPolicy(resources=endpoint))
            log_model(model_id=external.model_id, auth_policy=policy, **given)
            uri = "models:/" + external.model_id
            found.append([
                logged.model_type, logged.params, logged.tags.get("t"), logged.tags.get("mlflow.linkedPrompts"),
                [(m.key, m.value, m.step) for m in logged.metrics], logged.status, version.tags,
                [out.step for out in run.outputs.model_outputs], run.data.params, run.data.tags.get("mlflow.linkedPrompts"),
                mlmodel["resources"], mlmodel["prompts"], mlflow.models.Model.load(uri).to_dict()["auth_policy"],
                mlflow.pyfunc.load_model(uri).predict(FRAME), client.get_logged_model(external.model_id).status])
        assert found[0] == found[1], found
        assert found[1][4] == [("loss", 0.25, 1)] and found[1][1] == {"depth": "3", "k": "1"}, found

    def artifacts():
        with mlflow.start_run() as run:
            mlflow.log_text("3", "put/k.txt")
            mlflow.log_text("1", "put/folder/deep/more.txt")
        at = run.info.artifact_uri
        given["artifacts"] = {
            "k": f"runs:/{run.info.run_id}/put/k.txt", "folder": at + "/put/folder", "again": "models:/scales/1/artifacts/0/k.txt"}
        given["signature"] = {"inputs": [{"type": "double", "name": "x"}]}
        pyfunc_env.save_model("fetched", **given)
        told = mlflow.models.Model.load("fetched").flavors["python_function"]["artifacts"]
        assert told["k"]["uri"] == given["artifacts"]["k"] and sorted(told) == ["again", "folder", "k"], told
        assert mlflow.pyfunc.load_model("fetched").predict(FRAME) == [4.0, 10.0]
        given["artifacts"] = {**given["artifacts"], "k": f"runs:/{run.info.run_id}/put/none.txt"}
        try:
            pyfunc_env.save_model("none", **given)
        except pyfunc_env.Error as error:
            assert "the artifact k" in str(error), error
        else:
            raise AssertionError("saved")
        assert not os.path.exists("none")

    tell("log_model: registered, loaded by MLflow", logged)
    if VERSION >= (3, 0):
        tell("into MLflow's active run", into_the_run)
        tell("all of its arguments: the server is told what MLflow tells it", all_arguments)
    tell("artifacts of runs, folders and models", artifacts)


{"save": save, "load": load, "log": log}[what]()
print(f"1..{number}")
