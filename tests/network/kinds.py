# kinds.py - models that are no plain tables: hints, code, streams, chats and agents, MLflow's answers and ours
# SPDX-License-Identifier: Apache-2.0
#
# python kinds.py PROGRAM DIR, by an interpreter that has mlflow. Each model is made by MLflow and asked through
# its own scoring server (all in one process, each under a path) and its own predict_stream; then by `run`, in a
# process of its own and in one that stays, and by `serve`. The same answers, value by value; where MLflow refuses,
# `run` ends with 3 or 8 and answers nothing, and `serve` with the same status and error code.
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import warnings

os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
os.environ["MLFLOW_DISABLE_SCHEMA_DETAILS"] = "true"
warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import numpy  # noqa: E402
import uvicorn  # noqa: E402
from fastapi import FastAPI  # noqa: E402
from mlflow.models import ModelSignature  # noqa: E402
from mlflow.pyfunc import scoring_server  # noqa: E402
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema, TensorSpec  # noqa: E402
from mlflow.types.schema import Array, Object, Property  # noqa: E402

PROGRAM, HOME = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
count = bad = 0


def tell(ok, name, why=""):
    global count, bad
    count += 1
    bad += not ok
    print("%s %d - %s" % ("ok" if ok else "not ok", count, name), flush=True)
    if not ok:
        print("# " + why.replace("\n", "\n# ")[:3000], flush=True)


# ---- the models' code: a file each ----

HINTED = """
import datetime
from typing import Any, Optional, Union
import mlflow, pydantic, pandas

class Item(pydantic.BaseModel):
    word: str
    times: int = 2
    when: Optional[datetime.datetime] = None
    of: Optional[list[dict[str, float]]] = None

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: HINT):
        return [type(model_input).__name__] + [repr(i) for i in model_input]

mlflow.models.set_model(Model())
"""

HINTS = {
    "item": ("list[Item]", [{"word": "a"}], [
        [{"word": "ab"}, {"word": "c", "times": 3, "of": [{"a": 1}]}], [{"word": "c", "when": "2024-01-02T03:04:05"}],
        [{"word": "c", "when": "no"}], [{"times": 3}], [{"word": "x", "more": 1}], [{"word": 1}], [], {"word": "a"}, "a", None]),
    "str": ("list[str]", ["a"], [["a", "b"], [1], "a", [None], [["a"]], {"a": 1}]),
    "int": ("list[int]", [1], [[1, 2], [1.0], [1.5], ["1"], [True]]),
    "float": ("list[float]", [1.5], [[1.5, 2], ["x"], [None], [1e300]]),
    "bool": ("list[bool]", [True], [[True, False], ["true"], [2]]),
    "dict": ("list[dict[str, int]]", [{"a": 1}], [[{"a": 1, "b": 2}], [{"a": "x"}], [{}], {"a": 1}]),
    "any_dict": ("list[dict[str, Any]]", [{"a": 1}], [[{"a": 1, "b": "x", "c": [None, {"d": 1.5}]}], [1]]),
    "lists": ("list[list[str]]", [["a"]], [[["a", "b"], []], [["a", 1]], ["a"]]),
    "union": ("list[Union[int, str]]", ["a"], [["a", 1], [1.5], [None]]),
    "times": ("list[datetime.datetime]", ["2024-01-02"], [["2024-01-02T03:04:05", "2024-01-02"], ["no"], [5]]),
    "any": ("list[Any]", ["a"], [["a", 1, None, {"b": [1]}], 1, "text"]),
    "table": ("pandas.DataFrame", None, [{"a": [1, 2]}, [{"a": 1}]]),
}

CONFIGURED = """
import mlflow

class Model(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.config = dict(context.model_config or {})
        self.words = {name: open(path).read() for name, path in sorted(context.artifacts.items())}

    def predict(self, context, model_input, params=None):
        return {"loaded": repr(sorted(self.config.items())), "asked": repr(sorted((context.model_config or {}).items())),
                "words": self.words, "data": repr(model_input), "params": repr(params)}

mlflow.models.set_model(Model())
"""

AT_ONCE = """
import mlflow

config = mlflow.models.ModelConfig(development_config={"rate": 0, "of": {}})
rate = config.get("rate")

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return {"rate": rate, "of": repr(config.get("of")), "given": repr(context.model_config)}

mlflow.models.set_model(Model())
"""

LOADER = """
class Model:
    def __init__(self, path, config):
        self.said, self.config = open(path).read(), config

    def predict(self, data):
        return {"said": self.said, "config": repr(self.config)}

    def other(self, data):
        return "the other one"


def _load_pyfunc(path, model_config=None):
    return Model(path, model_config)
"""

STREAM = """
import mlflow

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return "whole"

    def predict_stream(self, context, model_input, params=None):
        yield repr(model_input)
        yield {"params": repr(params), "text": "gr\\u00fc\\u00dfe", "none": None, "list": [1, 2.5, True]}
        if "fail" in repr(model_input):
            raise ValueError("in the middle")
        if "odd" in repr(model_input):
            yield {1, 2}
        yield 7

mlflow.models.set_model(Model())
"""

CHAT = """
import mlflow
from mlflow.types.llm import ChatChoice, ChatChoiceDelta, ChatChunkChoice, ChatCompletionChunk
from mlflow.types.llm import ChatCompletionResponse, ChatMessage

class Chat(mlflow.pyfunc.ChatModel):
    def predict(self, context, messages, params):
        if messages[-1].content == "fail":
            raise ValueError("no such thing")
        if messages[-1].content == "odd":
            return "no response"
        text = " ".join([m.role + ":" + str(m.content) for m in messages] + [repr(params.to_dict())])
        return ChatCompletionResponse(id="1", model="m", created=1, choices=[
            ChatChoice(index=0, message=ChatMessage(role="assistant", content=text))])

    def predict_stream(self, context, messages, params):
        for i, word in enumerate(str(messages[-1].content).split()):
            yield ChatCompletionChunk(id="1", model="m", created=1, choices=[
                ChatChunkChoice(index=i, delta=ChatChoiceDelta(role="assistant", content=word))])

mlflow.models.set_model(Chat())
"""

AGENT = """
import mlflow
from mlflow.types.agent import ChatAgentChunk, ChatAgentMessage, ChatAgentResponse

class Agent(mlflow.pyfunc.ChatAgent):
    def predict(self, messages, context=None, custom_inputs=None):
        if messages[-1].content == "fail":
            raise ValueError("no such thing")
        if messages[-1].content == "odd":
            return {"no": "response"}
        said = [repr(m.model_dump(exclude_none=True, exclude={"id"})) for m in messages]
        return ChatAgentResponse(messages=[ChatAgentMessage(
            id="1", role="assistant", content=" ".join(said + [repr(context), repr(custom_inputs)]))],
            custom_outputs=custom_inputs)

    def predict_stream(self, messages, context=None, custom_inputs=None):
        for word in messages[-1].content.split():
            yield ChatAgentChunk(delta=ChatAgentMessage(id="1", role="assistant", content=word))

mlflow.models.set_model(Agent())
"""

RESPONSES = """
import mlflow
from mlflow.types.responses import ResponsesAgentResponse, ResponsesAgentStreamEvent

class Agent(mlflow.pyfunc.ResponsesAgent):
    def predict(self, request):
        if "fail" in repr(request.input):
            raise ValueError("no such thing")
        if "odd" in repr(request.input):
            return {"output": 5}
        text = repr(request.model_dump(exclude_none=True))
        return ResponsesAgentResponse(
            output=[self.create_text_output_item(text, id="1")], custom_outputs=request.custom_inputs)

    def predict_stream(self, request):
        yield ResponsesAgentStreamEvent(**self.create_text_delta(delta="a", item_id="1"))
        yield ResponsesAgentStreamEvent(
            type="response.output_item.done", item=self.create_text_output_item("ab", id="1"))

mlflow.models.set_model(Agent())
"""


# As MLflow's tests of its scoring server have them: what came as data, and what as parameters.
LANGUAGE = """
import mlflow, pandas

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if isinstance(model_input, pandas.DataFrame):
            model_input = model_input.to_dict(orient="records")
        return {"choices": [{"text": "hello!"}], "model_input": repr(model_input), "params": repr(params)}

mlflow.models.set_model(Model())
"""

WRAPPED = """
import mlflow

class Model(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.model = mlflow.pyfunc.load_model(context.artifacts["wrapped"])

    def predict(self, context, model_input):
        return self.model.predict([model_input["messages"][0]["content"]])

mlflow.models.set_model(Model())
"""

TENSORS = """
import mlflow

class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input):
        return {name: [str(a.dtype), a.tolist()] for name, a in model_input.items()}

mlflow.models.set_model(Model())
"""


def say(*words, **more):
    return dict({"messages": [{"role": "user", "content": w} for w in words]}, **more)


CHAT_CASES = [
    say("hi"), say("hi", "there", temperature=0.5, max_tokens=5), say("hi", stop=["x"], custom_inputs={"a": "b"}),
    say("hi", temperature=1), say("hi", temperature="x"), say("hi", unknown=1), say("hi", stream=True), say("hi", n=2),
    {"messages": []}, {"messages": "hi"}, {"messages": [{"content": "hi"}]}, {"messages": [{"role": "user"}]},
    {"messages": [{"role": "nobody", "content": "x"}]}, {"prompt": "hi"}, say("fail"), say("odd"), {"inputs": say("hi")},
    {"messages": [{"role": "user", "content": None}]}, {"dataframe_split": {"columns": ["messages"], "data": [[say("hi")["messages"]]]}},
    {"messages": [{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]},
                  {"role": "tool", "content": "5", "tool_call_id": "1"}],
     "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {"type": "string"}}}}}]},
]
AGENT_CASES = [
    say("hi"), say("hi", "there"), say("hi", context={"conversation_id": "c", "user_id": "u"}), say("hi", context={"x": 1}),
    say("hi", custom_inputs={"a": {"b": [1, None]}}), say("hi", stream=True), say("hi", temperature=0.5), {"messages": []},
    {"messages": "hi"}, {"messages": [{"role": "user"}]}, {"messages": [{"content": "hi"}]}, {"prompt": "hi"}, say("fail"),
    say("odd"), {"inputs": say("hi")}, {"dataframe_records": [say("hi")]},
]
RESPONSES_CASES = [
    {"input": [{"role": "user", "content": "hi"}]}, {"input": "hi"}, {"input": []},
    {"input": [{"role": "user", "content": [{"type": "input_text", "text": "hi"}]}]},
    {"input": [{"role": "user", "content": "hi"}], "custom_inputs": {"a": [1, {"b": None}]}, "context": {"user_id": "u"}},
    {"input": [{"role": "user", "content": "hi"}], "temperature": 0.5, "max_output_tokens": 5, "metadata": {"a": "b"}},
    {"input": [{"role": "user", "content": "hi"}], "stream": True}, {"input": [{"role": "user", "content": "hi"}], "temperature": "x"},
    {"input": [{"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
               {"type": "function_call_output", "call_id": "1", "output": "5"}]},
    {"input": [{"role": "user"}]}, {"input": 5}, {"messages": [{"role": "user", "content": "hi"}]}, {"inputs": {"input": "hi"}},
    {"input": [{"role": "user", "content": "fail"}]}, {"input": [{"role": "user", "content": "odd"}]},
    {"input": [{"role": "user", "content": "hi"}], "unknown": 1},
]

# What each model is asked; the file of its code, and what it is saved with.
MODELS = {}
SAME_AS_FREE = [{"inputs": ["a"]}, {"inputs": "a"}, {"inputs": {"a": 1}}, {"dataframe_split": {"columns": ["a"], "data": [[1]]}}]


def add(name, code, cases, streams=(), overrides=(), **more):
    MODELS[name] = dict(code=code, cases=cases, streams=streams, overrides=overrides, more=more)


for name, (hint, example, values) in HINTS.items():
    add("hint_" + name, HINTED.replace("HINT", hint), [{"inputs": v} for v in values] + [
        {"instances": values[0]}, {"dataframe_records": [{"a": 1}]}], input_example=example)
add("hint_params", HINTED.replace("model_input: HINT)", "model_input: list[str], params=None)").replace(
    "]:\n", "]:\n").replace("for i in model_input]", "for i in model_input] + [repr(params)]"),
    [{"inputs": ["a"]}, {"inputs": ["a"], "params": {"n": 2}}, {"inputs": ["a"], "params": {"n": "x"}}],
    input_example=(["a"], {"n": 1}))


def signed(*columns, params=()):
    return ModelSignature(inputs=Schema(list(columns)), params=ParamSchema([ParamSpec(*p) for p in params]) if params else None)


MESSAGES = ColSpec(Array(Object([Property("role", "string"), Property("content", "string")])), "messages")
ASKED = [("temperature", "double", 0.5), ("max_tokens", "integer", 20), ("top_p", "double", 0.9)]
for name, body, signatures in [
    ("test_scoring_server_allows_payloads_with_llm_chat_keys_for_pyfunc", say("hello!", temperature=0.5, max_tokens=20), [
        None, signed(MESSAGES, params=ASKED), signed(MESSAGES, params=ASKED[:1]),
        signed(MESSAGES, ColSpec("long", "max_tokens", required=False), ColSpec("double", "temperature", required=False))]),
    ("test_scoring_server_allows_payloads_with_llm_completions_keys_for_pyfunc", {"prompt": "hello!", "max_tokens": 20, "temperature": 0.5},
     [None, signed(ColSpec("string", "prompt"), params=ASKED)]),
    ("test_scoring_server_allows_payloads_with_llm_embeddings_keys_for_pyfunc", {"input": "hello!", "random": "test"},
     [None, signed(ColSpec("string", "input"))]),
]:
    for number, signature in enumerate(signatures):
        add("%s_%d" % (name, number), LANGUAGE, [body, dict(body, temperature="x")], signature=signature)
PAIRS = [[5.5, 3.5], [4.5, 1.0]]
add("test_scoring_server_successfully_evaluates_correct_tf_serving_keras", TENSORS, [
    {"instances": [{"a": a, "b": a[::-1]} for a in PAIRS]}, {"inputs": {"a": PAIRS, "b": PAIRS}}, {"inputs": {"a": PAIRS}}],
    signature=signed(*[TensorSpec(numpy.dtype("float64"), (-1, 2), name) for name in "ab"]))
CONFIG = {"rate": 2, "of": {"a": [1.5, None, True]}, "text": "x"}
OVERRIDES = [{"rate": 3}, {"rate": None, "of": {}}, {"unknown": 1}, {"unknown": 1, "text": "grüße"}]
add("configured", CONFIGURED, SAME_AS_FREE, overrides=OVERRIDES, model_config=CONFIG, artifacts={"said": None})
add("unconfigured", CONFIGURED, SAME_AS_FREE[:1], overrides=OVERRIDES[:1], artifacts={"said": None})
add("at_once", AT_ONCE, SAME_AS_FREE[:1], overrides=OVERRIDES[:2], model_config=CONFIG)
add("loader", LOADER, SAME_AS_FREE[:1], overrides=OVERRIDES, model_config=CONFIG)
add("loader_plain", LOADER, SAME_AS_FREE[:1], overrides=OVERRIDES[:1])
STREAMED = [{"inputs": "hi"}, {"inputs": ["hi"]}, {"inputs": ["a", "b"]}, {"inputs": {"a": "b"}}, {"inputs": "fail"}, {"inputs": "odd"},
            {"dataframe_split": {"columns": ["a"], "data": [["hi"]]}}, say("hi"), {"instances": ["hi"]}]
add("test_scoring_server_allows_payloads_with_messages_for_pyfunc_wrapped", WRAPPED, [say("x", max_tokens=20), {"inputs": 1}],
    artifacts={"wrapped": "loader_plain"})
add("stream", STREAM, SAME_AS_FREE, streams=STREAMED)
add("stream_hint", STREAM.replace("model_input, params=None):\n        return", "model_input: list[str], params=None):\n        return"),
    [{"inputs": ["a"]}], streams=[{"inputs": ["hi"]}, {"inputs": ["a", "b"]}, {"inputs": "a"}, {"inputs": [1]}], input_example=["a"])
add("unstreamed", CONFIGURED, [], streams=[{"inputs": "hi"}], artifacts={"said": None})
add("chat", CHAT, CHAT_CASES, streams=[say("to be or not"), say("a", temperature="x"), say("x", stream=True), {"messages": []}])
add("agent", AGENT, AGENT_CASES, streams=[say("to be or not"), say("x", custom_inputs={"a": 1}), {"messages": 5}])
add("responses", RESPONSES, RESPONSES_CASES, streams=[RESPONSES_CASES[0], RESPONSES_CASES[1], {"input": 5}, {"messages": []}])


def write(name, text):
    path = os.path.join(HOME, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


def at(name):
    return os.path.join(HOME, "m_" + name)


def make(name):
    what = dict(MODELS[name]["more"], pip_requirements=["mlflow"])
    said = os.path.join(HOME, "said.txt")
    if "artifacts" in what:
        what["artifacts"] = {key: at(of) if of else said for key, of in what["artifacts"].items()}
    if MODELS[name]["code"] is LOADER:
        what.update(loader_module=name, data_path=said, code_paths=[write(name + ".py", LOADER)])
    else:
        what["python_model"] = write(name + ".py", MODELS[name]["code"])
    mlflow.pyfunc.save_model(at(name), **what)


# ---- MLflow's side ----


def free_port():
    """Below those that the kernel gives out: nobody's connection takes it before the server does."""
    while True:
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", random.randrange(10000, 32000)))
                return s.getsockname()[1]
            except OSError:
                pass


def start_theirs(models):
    """Its scoring server's application for each model, under the model's name."""
    whole = FastAPI()
    for name, model in models.items():
        whole.mount("/" + name, scoring_server.init(model))
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(whole, host="127.0.0.1", port=port, log_level="critical"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.02)
    return port


def post(port, path, body):
    request = urllib.request.Request("http://127.0.0.1:%d%s" % (port, path), json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            text, status = answer.read().decode(), answer.status
    except urllib.error.HTTPError as e:
        text, status = e.read().decode(), e.code
    try:
        return status, json.loads(text)
    except ValueError:
        return status, text


def stream_of(model, body):
    """(chunks before the end or the error, did it fail?)"""
    chunks = []
    try:
        parsed = scoring_server._parse_json_data(json.dumps(body), model.metadata, model.metadata.get_input_schema())
        for chunk in model.predict_stream(parsed.data, parsed.params):
            text = scoring_server.StringIO()
            scoring_server.unwrapped_predictions_to_json(chunk, text)
            chunks.append(json.loads(text.getvalue()))
    except Exception:
        return chunks, True
    return chunks, False


# ---- ours ----

LOCAL = ["--env-manager", "local", "--python", sys.executable]


def run(name, body, *more):
    done = subprocess.run([PROGRAM, "run", "-q", at(name), *LOCAL, *more], input=json.dumps(body).encode(),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Ours:
    def __init__(self, name, *more):
        self.port = free_port()
        self.said = open(os.path.join(HOME, name + ".log"), "w")
        self.process = subprocess.Popen([PROGRAM, "serve", at(name), *LOCAL, "-p", str(self.port), *more],
                                        stdout=self.said, stderr=self.said)

    def wait(self):
        while self.process.poll() is None:
            try:
                with urllib.request.urlopen("http://127.0.0.1:%d/ping" % self.port, timeout=5):
                    return self
            except OSError:
                time.sleep(0.05)
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def compare_run(name, body, wanted, status, *more):
    code, out, said = run(name, body, *more)
    if status == 200:
        good = code == 0 and json.dumps(json.loads(out)) == json.dumps(wanted)
    else:
        good = code in (3, 8) and not out
    tell(good, "run %s: %s %s" % (" ".join(more), name, json.dumps(body)[:120]),
         "mlflow: %s %s\nours:   %s %s\n%s" % (status, json.dumps(wanted)[:800], code, out[:800], said[-600:]))


def compare_serve(ours, name, body, wanted, status):
    got = post(ours.port, "/invocations", body)
    good = got[0] == status and (got[1] == wanted if status == 200 or not isinstance(wanted, dict) else
                                 got[1].get("error_code") == wanted.get("error_code"))
    tell(good, "serve: %s %s" % (name, json.dumps(body)[:120]), "mlflow: %s %s\nours:   %s" % (
        status, json.dumps(wanted)[:800], str(got)[:800]))


def compare_stream(name, model, body, *more):
    wanted, failed = stream_of(model, body)
    code, out, said = run(name, body, "--stream", *more)
    lines = [json.loads(line) for line in out.splitlines()]
    tell(lines == wanted and (code in (3, 8) if failed else code == 0), "stream: %s %s" % (name, json.dumps(body)[:120]),
         "mlflow: %s %s\nours:   %s %s\n%s" % (json.dumps(wanted)[:800], failed, code, out[:800], said[-600:]))


def compare(name, model, port):
    cases = [(body, *post(port, "/" + name + "/invocations", body)) for body in MODELS[name]["cases"]]
    ours = Ours(name) if cases else None  # it loads meanwhile
    for body, status, wanted in cases[:1]:
        compare_run(name, body, wanted, status)
    for body, status, wanted in cases:
        compare_run(name, body, wanted, status, "--keep-warm=600")
    for number, body in enumerate(MODELS[name]["streams"]):
        compare_stream(name, model, body, *["--keep-warm=600"][:number])
    if not ours:
        return
    ours.wait()
    for body, status, wanted in cases:
        compare_serve(ours, name, body, wanted, status)
    ours.stop()


def compare_overrides(name, port):
    """The same with another configuration: by its option, and by MLflow's variable."""
    for number, config in enumerate(MODELS[name]["overrides"]):
        body = MODELS[name]["cases"][0]
        status, wanted = post(port, "/%s_%d/invocations" % (name, number), body)
        text = json.dumps(config)
        compare_run(name, body, wanted, status, "--model-config", text)
        compare_run(name, body, wanted, status, "--env", "MLFLOW_PYFUNC_INFERENCE_CONFIG=" + text)
        if number:
            continue
        file = write("config.yaml", text)
        compare_run(name, body, wanted, status, "--model-config", file)
        ours = Ours(name, "--model-config", file).wait()
        compare_serve(ours, name, body, wanted, status)
        ours.stop()


def main():
    os.makedirs(HOME)
    write("said.txt", "hello")
    only = os.environ.get("KINDS_ONLY", "").split()
    names = [n for n in MODELS if not only or n in only]
    models = {}
    for name in names:
        make(name)
        models[name] = mlflow.pyfunc.load_model(at(name))
        for number, config in enumerate(MODELS[name]["overrides"]):
            models["%s_%d" % (name, number)] = mlflow.pyfunc.load_model(at(name), model_config=config)
    port = start_theirs(models)
    for name in names:
        compare(name, models[name], port)
        compare_overrides(name, port)
    print("1..%d" % count)
    sys.stdout.flush()
    os._exit(bad > 0)  # threads of what mlflow imports may abort at the interpreter's end


if __name__ == "__main__":
    main()
