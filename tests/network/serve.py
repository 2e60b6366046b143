#!/usr/bin/env python3
# serve.py - the scoring server against MLflow's own: the same requests, the same clients, the same models
# SPDX-License-Identifier: Apache-2.0
"""serve.py PROGRAM FOLDER, run by an interpreter that has mlflow and scikit-learn.

Saves models of several kinds, serves each with PROGRAM and with `mlflow models serve`, and asks both the same.
The cases that bear the names of MLflow's own tests of its scoring server ask for what those ask for; beyond
them, status, error code, content type and predictions are to be equal. Where they differ on purpose it is
said, and that the difference is there is checked too.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import mlflow
import numpy as np
import pandas as pd
import sklearn.neighbors
from mlflow.models import ModelSignature, infer_signature
from mlflow.pyfunc import PythonModel
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from mlflow.utils.proto_json_utils import NumpyEncoder

os.environ["MLFLOW_GATEWAY_API_BASE_ALLOW_PRIVATE_IPS"] = "true"
PROGRAM, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
JSON, CSV, PARQUET = "application/json", "text/csv", "application/vnd.apache.parquet"
count = bad = 0


def tell(ok: bool, name: str, why: str = "") -> None:
    global count, bad
    count += 1
    bad += not ok
    print(f"{'ok' if ok else 'not ok'} {count} - {name}", flush=True)
    if not ok:
        print("# " + why.replace("\n", "\n# "), flush=True)


# ---- models ----


class Types(PythonModel):
    def predict(self, context, model_input, params=None):
        return [[k, str(v)] for k, v in model_input.dtypes.items()]


class Echo(PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input


class Params(PythonModel):
    def predict(self, context, model_input, params=None):
        return [f"{q}|{sorted(params.items())}" for q in model_input["q"]]


class Total(PythonModel):
    def predict(self, context, model_input, params=None):
        return np.asarray(model_input, dtype="float64").sum(axis=1)


def all_types() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "boolean": [True, False, True],
            "integer": np.array([1, 2, 3], np.int32),
            "long": np.array([1, 2, 3], np.int64),
            "float": np.array([math.pi, 2 * math.pi, 3 * math.pi], np.float32),
            "double": [math.pi, 2 * math.pi, 3 * math.pi],
            "binary": [bytearray([1, 2, 3]), bytearray([4, 5, 6]), bytearray([7, 8, 9])],
            "datetime": pd.to_datetime(["2021-01-01 00:00:00", "2021-02-02 00:00:00", "2021-03-03 12:00:00"]),
        }
    )
    frame["string"] = pd.Series(["a", "b", "c"], dtype=object)
    return frame


X = np.random.default_rng(1).uniform(0.1, 8.0, (150, 2))
Y = (X[:, 0] + X[:, 1]).astype(int) % 3


def save_models() -> None:
    def knn():
        return sklearn.neighbors.KNeighborsClassifier().fit(X, Y)

    def pickled(name, **more):
        mlflow.sklearn.save_model(knn(), f"{FOLDER}/{name}", serialization_format="pickle", pip_requirements=["mlflow"], **more)

    def python(name, model, signature=None):
        mlflow.pyfunc.save_model(f"{FOLDER}/{name}", python_model=model, signature=signature, pip_requirements=["mlflow"])

    pickled("sklearn")
    pickled("signed", signature=infer_signature(pd.DataFrame(X, columns=["a", "b"]), Y))
    signature = infer_signature(X)
    signature.params = ParamSchema([ParamSpec("param1", DataType.datetime, np.datetime64("2023-07-01"))])
    pickled("dated", signature=signature)
    python("types", Types(), ModelSignature(Schema([ColSpec(c, c) for c in all_types().columns])))
    params = [ParamSpec("temperature", DataType.double, 0.5), ParamSpec("n", DataType.integer, 1), ParamSpec("stop", DataType.string, ["a"], (-1,))]
    python("params", Params(), ModelSignature(Schema([ColSpec("string", "q")]), params=ParamSchema(params)))
    python("tensor", Total(), ModelSignature(Schema([TensorSpec(np.dtype("float32"), (-1, 3))])))
    python("echo", Echo())


# ---- servers ----


def free_port() -> int:
    """Below those that the kernel gives out: nobody's connection takes it before the server does."""
    while True:
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", random.randrange(10000, 32000)))
            return s.getsockname()[1]


class Server:
    def __init__(self, argv: list[str], name: str) -> None:
        self.port = free_port()
        self.log = open(f"{FOLDER}/{name}.log", "w")
        where = [os.path.dirname(sys.executable), os.environ["PATH"]]
        env = dict(os.environ, PATH=":".join(where), MLFLOW_DISABLE_SCHEMA_DETAILS="true")
        self.process = subprocess.Popen([*argv, "-p", str(self.port)], stdout=self.log, stderr=self.log, env=env, start_new_session=True)

    def await_ready(self) -> None:
        ScoringServerClient("127.0.0.1", self.port).wait_server_ready(120, self.process)

    def stop(self) -> int:
        os.killpg(self.process.pid, signal.SIGTERM)
        return self.process.wait(30)


class Pair:
    """A model, served by both."""

    def __init__(self, name: str) -> None:
        path = f"{FOLDER}/{name}"
        self.name = name
        self.ours = Server([PROGRAM, "serve", path, "--env-manager", "local", "--python", sys.executable], name + "-ours")
        mlflow_command = os.path.join(os.path.dirname(sys.executable), "mlflow")
        self.theirs = Server([mlflow_command, "models", "serve", "-m", path, "--env-manager", "local"], name + "-theirs")
        self.ours.await_ready()
        self.theirs.await_ready()

    def stop(self) -> None:
        tell(self.ours.stop() == 0, f"{self.name}: stopped, with 0")
        self.theirs.stop()


class Answer:
    def __init__(self, port: int, path: str, body: bytes | None = None, kind: str | None = None) -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body)
        if kind:
            request.add_header("Content-Type", kind)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as e:
            answer = e
        self.status, self.text = answer.status, answer.read().decode()
        self.kind = answer.headers["Content-Type"]
        try:
            self.json = json.loads(self.text)
        except ValueError:
            self.json = None

    def error(self):
        return self.json.get("error_code") if isinstance(self.json, dict) else None

    def __repr__(self) -> str:
        return f"{self.status} {self.kind} {self.text[:600]}"


def encode(body) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body, cls=NumpyEncoder).encode()


def equal(a, b) -> bool:
    """The same value; NaN there is null here."""
    if isinstance(b, float) and not math.isfinite(b):
        return a is None
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def ask(pair: Pair, name: str, body, kind: str | None = JSON, status: int | None = None, says: str = "", trace: bool = False) -> None:
    """Both are asked; `status`, `says` and `trace` are what MLflow's own tests look at."""
    ours = Answer(pair.ours.port, "/invocations", encode(body), kind)
    theirs = Answer(pair.theirs.port, "/invocations", encode(body), kind)
    ok = ours.status == theirs.status and ours.error() == theirs.error() and ours.kind == theirs.kind
    if ours.status == 200:
        ok = ok and equal(ours.json, theirs.json)
    ok = ok and (status is None or ours.status == status) and says in ours.text and (not trace or "stack_trace" in ours.json)
    tell(ok, f"{pair.name}: {name}", f"ours   {ours!r}\ntheirs {theirs!r}")


def differ(pair: Pair, name: str, body, ours: int, theirs: int, kind: str | None = JSON) -> None:
    """A difference on purpose."""
    found = Answer(pair.ours.port, "/invocations", encode(body), kind), Answer(pair.theirs.port, "/invocations", encode(body), kind)
    tell((found[0].status, found[1].status) == (ours, theirs), f"{pair.name}: on purpose: {name}", f"{found!r}")


# ---- cases ----


def cases_of_sklearn(p: Pair) -> None:
    frame = pd.DataFrame(X)
    split, records = frame.to_dict(orient="split"), frame.to_dict(orient="records")
    only_one = "The input must be a JSON dictionary with exactly one of the input fields"
    server = "test_scoring_server_"
    ask(p, server + "responds_to_malformed_json_input_with_error_code_and_message", "this is,,,, not valid json", JSON, 400,
        "Ensure that input is a valid JSON formatted string.")
    for body in 1, "1", [1], {"not": "a serialized dataframe"}, {"dataframe_records": [], "dataframe_split": {"data": []}}:
        ask(p, server + "responds_to_invalid_json_format_with_error_code_and_message", json.dumps(body), JSON, 400, only_one)
    name = server + "responds_to_invalid_pandas_input_format_with_stacktrace_and_error_code"
    ask(p, name, {"dataframe_split": records}, JSON, 400, "Dataframe split format must be a dictionary.")
    ask(p, name, {"dataframe_records": split}, JSON, 400, "Dataframe records format must be a list of records.")
    ask(p, server + "responds_to_invalid_dataframe_with_stacktrace_and_error_code",
        {"dataframe_split": {"index": [1, 2], "data": [[1], [2], [3]]}}, JSON, 400,
        "Provided dataframe_split field is not a valid dataframe representation")
    ask(p, server + "responds_to_incompatible_inference_dataframe_with_stacktrace_and_error_code",
        {"dataframe_split": {"data": [[i] for i in range(10)]}}, JSON, 400, "Encountered an unexpected error", True)
    ask(p, server + "responds_to_invalid_csv_input_with_stacktrace_and_error_code", "", CSV, 400,
        "Ensure that the input is a valid CSV-formatted Pandas DataFrame", True)
    for kind in JSON, JSON + "; charset=UTF-8":
        ask(p, server + "successfully_evaluates_correct_dataframes_with_pandas_records_orientation", {"dataframe_records": records}, kind, 200)
        ask(p, server + "successfully_evaluates_correct_dataframes_with_pandas_split_orientation", {"dataframe_split": split}, kind, 200)
    name = server + "responds_to_invalid_content_type_request_with_"
    ask(p, name + "unsupported_content_type_code", json.dumps(split), "not_a_supported_content_type", 415)
    ask(p, name + "unrecognized_content_param", json.dumps(split), JSON + "; something=something", 415)
    ask(p, server + "successfully_evaluates_correct_tf_serving_sklearn", {"instances": X.tolist()}, JSON, 200)
    ask(p, "CSV", frame.to_csv(index=False), CSV, 200)
    ask(p, "latin-1", "{}", JSON + "; charset=latin-1", 415)
    ask(p, "inputs", {"inputs": X[:3].tolist()}, JSON, 200)
    ask(p, "bytes that are no UTF-8", b"\xff\xfe{", JSON, 400)
    ask(p, "a CSV row that is too long", "a,b\n1,2\n1,2,3,4\n", CSV, 400)
    differ(p, "no content type is 415, not 500", "{}", 415, 415, "application/x-www-form-urlencoded")
    for path in "/ping", "/health", "/version", "/none":
        ours, theirs = Answer(p.ours.port, path), Answer(p.theirs.port, path)
        same = (ours.status, ours.text.replace(" ", ""), ours.kind) == (theirs.status, theirs.text.replace(" ", ""), theirs.kind)
        tell(same, path, f"{ours!r}\n{theirs!r}")
    ours, theirs = Answer(p.ours.port, "/invocations"), Answer(p.theirs.port, "/invocations")
    tell(ours.status == theirs.status == 405 and ours.json == theirs.json, "GET /invocations", f"{ours!r}\n{theirs!r}")


def client_of_mlflow(p: Pair) -> None:
    """test_scoring_server_client"""
    frame = pd.DataFrame(X)
    clients = [ScoringServerClient("127.0.0.1", s.port) for s in (p.ours, p.theirs)]
    clients[0].ping()
    answers = [c.invoke(frame).get_predictions() for c in clients]
    tell(answers[0].equals(answers[1]), "test_scoring_server_client: predictions", f"{answers[0].head()}\n{answers[1].head()}")
    array = [c.invoke(X).get_predictions(predictions_format="ndarray") for c in clients]
    tell(np.array_equal(*array), "test_scoring_server_client: of an array")
    tell(clients[0].get_version() == mlflow.__version__, "test_scoring_server_client: version", clients[0].get_version())
    answer = mlflow.deployments.PredictionsResponse.from_json(Answer(p.ours.port, "/invocations", encode({"inputs": X.tolist()}), JSON).text)
    tell(len(answer.get_predictions()) == len(X), "mlflow.deployments.PredictionsResponse")
    clients[0].wait_server_ready(60, p.ours.process)
    raised = [failure(c.invoke, frame.rename(columns=str).iloc[:, :1]) for c in clients]
    tell(raised[0][:40] == raised[1][:40] and "(error code 400" in raised[0], "test_scoring_server_client: an error", repr(raised)[:900])
    with_params = [c.invoke(frame, params={"n": 1}).get_predictions() for c in clients]
    tell(with_params[0].equals(with_params[1]), "test_scoring_server_client: params")
    # A scoring server is no deployments server: the client of those is told so by both.
    deployments = [mlflow.deployments.get_deploy_client(f"http://127.0.0.1:{s.port}") for s in (p.ours, p.theirs)]
    raised = [failure(d.predict, endpoint="chat", inputs={"messages": []}).replace(str(s.port), "PORT")
              for d, s in zip(deployments, (p.ours, p.theirs))]
    tell(raised[0] == raised[1] and "404" in raised[0], "mlflow.deployments.get_deploy_client: predict", "\n".join(raised))


def failure(call, *arguments, **named) -> str:
    try:
        call(*arguments, **named)
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return "none"


def gateway_of_mlflow(p: Pair) -> None:
    """The provider of MLflow's gateway whose models are those of scoring servers."""
    try:
        from mlflow.gateway.config import EndpointConfig
        from mlflow.gateway.providers.mlflow import MlflowModelServingProvider
        from mlflow.gateway.schemas import chat, completions
    except ImportError as e:
        print(f"# SKIPPED: MLflow's gateway: {e}")
        return
    message = {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.25}
    for kind, method, payload in [
        ("llm/v1/completions", "completions", completions.RequestPayload(prompt="hi", temperature=0.25, n=2)),
        ("llm/v1/completions", "completions", completions.RequestPayload(prompt="hi", stop=["x"])),
        ("llm/v1/chat", "chat", chat.RequestPayload(**message)),
        ("llm/v1/chat", "chat", chat.RequestPayload(messages=message["messages"] * 2)),
    ]:
        said = []
        for server in p.ours, p.theirs:
            model = {"name": "m", "provider": "mlflow-model-serving", "config": {"model_server_url": f"http://127.0.0.1:{server.port}"}}
            provider = MlflowModelServingProvider(EndpointConfig(name="e", endpoint_type=kind, model=model))
            try:
                said.append([c.model_dump() for c in asyncio.run(getattr(provider, method)(payload)).choices])
            except Exception as e:
                said.append(f"{type(e).__name__}: {getattr(e, 'detail', e)}".replace(str(server.port), "PORT"))
        tell(said[0] == said[1], f"MLflow's gateway: {method}: {payload.model_dump(exclude_none=True)}", "\n".join(map(repr, said)))
        print(f"# {said[0]!r}"[:300])


def cases_of_signed(p: Pair) -> None:
    columns = ["a", "b"]
    for name, body in [
        ("reordered, one too many", {"dataframe_split": {"columns": ["z", "b", "a"], "data": [[0, 1.5, 2.5]]}}),
        ("whole numbers", {"dataframe_split": {"columns": columns, "data": [[1, 2]]}}),
        ("numbers as text", {"dataframe_split": {"columns": columns, "data": [["1", "2e0"]]}}),
        ("text", {"dataframe_split": {"columns": columns, "data": [["x", 2.5]]}}),
        ("a missing column", {"dataframe_split": {"columns": ["a"], "data": [[1.5]]}}),
        ("no names", {"dataframe_split": {"data": [[1.5, 2.5]]}}),
        ("records", {"dataframe_records": [{"a": 1.5, "b": 2.5}, {"b": 3.5, "a": 4.5}]}),
        ("an empty table", {"dataframe_split": {"columns": columns, "data": []}}),
        ("null", {"dataframe_split": {"columns": columns, "data": [[None, 2.5]]}}),
        ("inputs of columns", {"inputs": {"a": [1.5, 2.5], "b": [3.5, 4.5]}}),
        ("inputs of records", {"inputs": [{"a": 1.5, "b": 2.5}]}),
        ("inputs of rows", {"inputs": [[1.5, 2.5]]}),
        ("instances", {"instances": [{"a": 1.5, "b": 2.5}]}),
        ("params that none declares", {"dataframe_records": [{"a": 1.5, "b": 2.5}], "params": {"x": 1}}),
        ("an index", {"dataframe_split": {"columns": columns, "index": [7], "data": [[1.5, 2.5]]}}),
        ("a key too many", {"dataframe_split": {"columns": columns, "zz": 1, "data": [[1.5, 2.5]]}}),
        ("a language model's request", {"messages": [{"role": "user", "content": "hi"}]}),
    ]:
        ask(p, name, body)
    ask(p, "CSV", "b,a\n1,2\n3.5,4\n", CSV, 200)
    ask(p, "Parquet", to_parquet(pd.DataFrame({"a": [1.5, 2.5], "b": [3.5, 4.5]})), PARQUET, 200)
    ask(p, "no Parquet", "PAR1", PARQUET, 400)
    ask(p, "after Parquet", {"dataframe_records": [{"a": 1.5, "b": 2.5}]}, JSON, 200)


def to_parquet(frame: pd.DataFrame) -> bytes:
    path = f"{FOLDER}/frame.parquet"
    frame.to_parquet(path)
    with open(path, "rb") as f:
        return f.read()


def cases_of_dated(p: Pair) -> None:
    body, name = {"dataframe_split": pd.DataFrame(X).to_dict(orient="split")}, "test_serving_model_with_param_schema"
    ask(p, name, body, JSON, 200)
    ask(p, name, dict(body, params={"param1": "invalid_value1"}), JSON, 400)
    ask(p, name, dict(body, params={"invalid_param": "value"}), JSON, 200)


def cases_of_types(p: Pair) -> None:
    frame, name = all_types(), "test_serving_model_with_schema"
    shuffled = frame[["long", "string", "boolean", "datetime", "double", "binary", "float", "integer"]]
    ask(p, name, {"dataframe_split": shuffled.to_dict(orient="split")}, JSON, 200)
    ask(p, name, {"dataframe_records": frame.to_dict(orient="records")}, JSON, 200)
    ask(p, name, {"inputs": shuffled.to_dict(orient="list")}, JSON, 200)
    row = json.loads(json.dumps(frame.to_dict(orient="records")[0], cls=NumpyEncoder))
    for column, value in [("integer", 1.7), ("integer", 3000000000), ("boolean", "false"), ("boolean", None)]:
        differ(p, f"{value!r} is no {column}", {"dataframe_records": [dict(row, **{column: value})]}, 400, 200)
    for column, value in [("long", None), ("datetime", "nope"), ("binary", "not base64!!"), ("long", "x")]:
        ask(p, f"{value!r} as {column}", {"dataframe_records": [dict(row, **{column: value})]})


def cases_of_params(p: Pair) -> None:
    for params in None, {}, {"temperature": 1}, {"temperature": "hot"}, {"n": None}, {"n": 1.5}, {"stop": "x"}, {"stop": ["b", "c"]}, [1]:
        body = {"dataframe_records": [{"q": "a"}]}
        ask(p, f"params {params!r}", body if params is None else dict(body, params=params))
    ask(p, "a column from a list", {"inputs": ["a", "b"]}, JSON, 200)
    ask(p, "instances", {"instances": [{"q": "a"}]}, JSON, 200)


def cases_of_tensor(p: Pair) -> None:
    for body in [
        {"inputs": [[1, 2, 3]]},
        {"instances": [[1, 2, 3]]},
        {"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2, 3]]}},
        {"inputs": [[1, 2]]},
        {"inputs": [1, 2, 3]},
        {"inputs": [[1, 2, 3], [4, 5]]},
        {"inputs": [["a", "b", "c"]]},
        {"inputs": {"x": [[1, 2, 3]]}},
    ]:
        ask(p, json.dumps(body), body)


def cases_of_echo(p: Pair) -> None:
    frame = pd.DataFrame({"url": ["http://foo.com", "https://bar.com"], "bad_protocol": ["aaa://bbb", "address:/path"]})
    ask(p, "test_parse_json_input_including_path", {"dataframe_split": frame.to_dict(orient="split")}, JSON, 200)
    for body in [
        {"dataframe_records": [{"a": 1, "b": "é"}, {"a": 2}]},
        {"dataframe_split": {"columns": ["a", "b"], "data": [[1, None], [2.5, "x"], [True, [1]]]}},
        {"inputs": {"a": [1, 2], "b": [3.5, 4.5]}},
        {"inputs": [1.5, 2.5]},
        {"inputs": "text"},
        {"messages": [{"role": "user", "content": "hi"}], "temperature": 0.5},
        {"prompt": "hello"},
    ]:
        ask(p, json.dumps(body), body, JSON, 200)
    ask(p, "CSV", "a,b\n1,x\n,\n", CSV, 200)


def main() -> None:
    os.makedirs(FOLDER)
    save_models()
    for name in ["sklearn", "signed", "dated", "types", "params", "tensor", "echo"]:
        if name not in os.environ.get("SERVE_ONLY", name).split():
            continue
        pair = Pair(name)
        try:
            globals()[f"cases_of_{name}"](pair)
            {"sklearn": client_of_mlflow, "params": gateway_of_mlflow}.get(name, lambda pair: None)(pair)
        finally:
            pair.stop()
    print(f"1..{count}")
    sys.stdout.flush()
    os._exit(bad > 0)  # threads of what mlflow imports may abort at the interpreter's end


if __name__ == "__main__":
    main()
