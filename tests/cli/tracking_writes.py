# tracking_writes.py - the half of the tracking server on loopback that is written to
# SPDX-License-Identifier: Apache-2.0
"""Runs, logged models (but for the server "old", which is one before MLflow 3), registered versions, and artifacts, which
lie in WORK/stored. Each call that writes is a line of WORK/calls: CALL BODY.

The experiment says how it behaves: plain; broken (model.skops is answered by 500); busy (each file by 503 once); away (its
files redirect to another origin); hangs (model.skops never ends); parts (files go in parts); noparts, badpart (one part is
refused), onepart (one of them is told); path (WORK/root), elsewhere (/nowhere-here/...), bucket, west, denied and
late (s3://), google and closed (gs://), cloud
(wasbs://); pending (a version takes a while), failed (it never is ready), twice (runs/create answers 500, and made one)."""
import hashlib
import json
import os
import threading
import urllib.parse

RUNS, MODELS, VERSIONS, EXPERIMENTS, SEEN, PARTS = {}, {}, {}, {"Default": "0"}, set(), {}
LOCK = threading.Lock()
# Of the run "0measured"; its loss comes in pages of one. "0refused" is the same, but takes no more of them; the pages of
# "0endless" have no end, and nothing in them.
METRICS = {"0measured": [{"key": "loss", "value": "NaN", "timestamp": 9, "step": 2}, {"key": "early", "value": 1, "timestamp": 1}]}
LOSSES = [{"key": "loss", "value": 0.25, "timestamp": "7", "step": "1", "dataset_name": "d"},
          {"key": "loss", "value": 0.5, "timestamp": 8, "step": 1, "model_id": "m-other"}, {**METRICS["0measured"][0]}]
METRICS.update({"0refused": METRICS["0measured"], "0endless": METRICS["0measured"]})


class Writes:

    # ---- REST ----

    def called(self, call, body):
        with LOCK, open(os.path.join(self.work, "calls"), "a") as log:
            print(call, json.dumps(body), file=log)

    def root(self, experiment):
        return {"path": os.path.join(self.work, "root"), "elsewhere": "/nowhere-here/root", "bucket": "s3://models/up", "west": "s3://west/up",
                "denied": "s3://denied/up", "late": "s3://late/up", "again": "s3://again/up", "google": "gs://models/up", "closed": "gs://closed/up",
                "cloud": "wasbs://c@account.blob.core.windows.net/up"}.get(experiment, "mlflow-artifacts:") + "/" + experiment

    def run(self, run):
        info = {"run_id": run, "experiment_id": RUNS[run], "artifact_uri": f"{self.root(RUNS[run])}/{run}/artifacts",
                "lifecycle_stage": "deleted" if run == "0dead" else "active"}
        return self.tell({"run": {"info": info, "data": {"params": [{"key": "depth", "value": "3"}], "metrics": METRICS.get(run, [])}}})

    def write(self, call, query, body):
        """Does it, and says whether it did."""
        with LOCK:
            RUNS.setdefault("0given", "plain")
            RUNS.setdefault("0dead", "plain")
        if call == "runs/get" and query["run_id"] in METRICS:
            RUNS[query["run_id"]] = "plain"
        if call == "logged-models/m-there" and self.command == "GET":
            MODELS["m-there"] = self.root("plain") + "/models/m-there/artifacts"
        if self.command != "GET" and not call.startswith(("registered-models/get-latest", "logged-models/search")):
            self.called(call, body)
        if call == "runs/get" and query["run_id"] in RUNS:
            self.run(query["run_id"])
        elif call == "runs/get" and query["run_id"] == "0none":
            self.refuse("RESOURCE_DOES_NOT_EXIST", "Run with id=0none not found")
        elif call.startswith("logged-models/m-") and self.command == "GET" and call[14:] in MODELS:
            self.tell({"model": {"info": {"model_id": call[14:], "experiment_id": "plain", "artifact_uri": MODELS[call[14:]],
                                          "tags": [{"key": "mlflow.model.isExternal", "value": "True"}]}}})
        else:
            name = call.replace("/", "_").replace("-", "_")
            done = getattr(self, "do_" + name, None)
            if call.startswith("logged-models/m-") and self.command != "GET":
                done = self.change_model
            if done is None or (call == "artifacts/list" and query["run_id"] not in RUNS):
                return False
            done(query, body)
        return True

    def do_experiments_get_by_name(self, query, _):
        name = query["experiment_name"]
        if name not in EXPERIMENTS:
            return self.refuse("RESOURCE_DOES_NOT_EXIST", f"Could not find experiment with name '{name}'")
        stage = "deleted" if name == "gone" else "active"
        return self.tell({"experiment": {"experiment_id": EXPERIMENTS[name], "lifecycle_stage": stage}})

    def do_experiments_get(self, query, _):
        if query["experiment_id"] not in EXPERIMENTS.values():
            return self.refuse("RESOURCE_DOES_NOT_EXIST", f"No Experiment with id={query['experiment_id']} exists")
        return self.tell({"experiment": {"experiment_id": query["experiment_id"]}})

    def do_experiments_create(self, _, body):
        EXPERIMENTS[body["name"]] = body["name"]
        return self.tell({"experiment_id": body["name"]})

    def do_runs_create(self, _, body):
        with LOCK:
            run = f"{len(RUNS):04x}"
            RUNS[run] = body["experiment_id"]
        if body["experiment_id"] == "twice":
            return self.answer(500)
        return self.run(run)

    def do_runs_update(self, _, body):
        return self.tell({"run_info": {"status": body["status"]}})

    def do_runs_outputs(self, _, body):
        return self.tell({})

    do_runs_log_model = do_runs_outputs

    def do_runs_log_batch(self, _, body):
        if body["run_id"] == "0refused":
            return self.refuse("INVALID_PARAMETER_VALUE", "these metrics are no good", 400)
        return self.tell({})

    def do_artifacts_list(self, query, _):
        path = f"{RUNS[query['run_id']]}/{query['run_id']}/artifacts/{query['path']}"
        return self.tell({"files": self.stored_listing(path)} if self.is_stored(path) else {})

    def do_logged_models(self, _, body):
        if self.server.name == "old":
            return self.answer(404, b"<!doctype html><title>404 Not Found</title>", Content_Type="text/html")
        with LOCK:
            model = f"m-{len(MODELS):04x}"
            MODELS[model] = f"{self.root(body['experiment_id'])}/models/{model}/artifacts"
        return self.tell({"model": {"info": {"model_id": model, "artifact_uri": MODELS[model], "creation_timestamp_ms": 1700000000123,
                                             "tags": body["tags"]}, "data": {"params": body["params"]}}})

    def change_model(self, _, body):
        return self.tell({"model": {"info": {"status": body.get("status")}}})

    def do_metrics_get_history(self, query, _):
        assert query["run_id"] in METRICS and query["metric_key"] == "loss", query
        if query["run_id"] == "0endless":
            return self.tell({"metrics": [], "next_page_token": "1"})
        at = int(query.get("page_token", 0))
        return self.tell({"metrics": LOSSES[at:at + 1], **({"next_page_token": str(at + 1)} if at + 1 < len(LOSSES) else {})})

    def do_registered_models_create(self, _, body):
        if body["name"] == "good":
            return self.refuse("RESOURCE_ALREADY_EXISTS", "Registered Model (name=good) already exists.", 400)
        if body["name"] == "prompt":
            return self.refuse("RESOURCE_ALREADY_EXISTS", "Tried to create a registered model with name 'prompt', but the name is "
                               "already taken by a prompt.", 400)
        return self.tell({"registered_model": {"name": body["name"]}})

    def version(self, name, status):
        return self.tell({"model_version": {"name": name, "version": "7", "status": status, "status_message": "no room"}})

    def do_model_versions_create(self, _, body):
        VERSIONS[body["name"]] = body["source"]
        if body["name"] == "refused":
            return self.refuse("INVALID_PARAMETER_VALUE", "Invalid model version source", 400)
        return self.version(body["name"], "PENDING_REGISTRATION" if body["name"] in ("pending", "failed") else "READY")

    def do_model_versions_get(self, query, _):
        return self.version(query["name"], "FAILED_REGISTRATION" if query["name"] == "failed" else "READY")

    def do_registered_models_alias(self, query, body):
        if self.command == "GET":
            return self.tell({"model_version": {"name": query["name"], "version": "3"}})
        return self.tell({})

    def is_elsewhere(self, url, query):
        return self.server.name != "B" and query.get("run_id") == "0away" and url.path.endswith("/runs/get")

    # ---- artifacts ----

    def stored(self, path):
        return os.path.join(self.work, "stored", path)

    def is_stored(self, path):
        return os.path.exists(self.stored(path))

    def stored_listing(self, path):
        out = []
        for name in sorted(os.listdir(self.stored(path))):
            whole = os.path.join(self.stored(path), name)
            out.append({"path": name, "is_dir": True} if os.path.isdir(whole) else
                       {"path": name, "is_dir": False, "file_size": os.path.getsize(whole)})
        return out

    def stored_file(self, path):
        with open(self.stored(path), "rb") as f:
            return f.read()

    def keep(self, path, body):
        os.makedirs(os.path.dirname(self.stored(path)), exist_ok=True)
        with open(self.stored(path), "wb") as f:
            f.write(body)

    def take_body(self, kind):
        left, pieces = int(self.headers.get("Content-Length") or 0), []
        if kind == "hangs":
            with open(os.path.join(self.work, "hanging"), "w") as f:
                f.write("1")
            threading.Event().wait()
        while left:
            piece = self.rfile.read(min(left, 1 << 20))
            left -= len(piece)
            if kind != "heavy":
                pieces.append(piece)
        return b"".join(pieces)

    def do_PUT(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path.startswith("/part/"):
            return self.take_part(url)
        path = urllib.parse.unquote(url.path.partition("/mlflow-artifacts/artifacts/")[2])
        kind = path.partition("/")[0]
        if self.server.name == "auth" and not self.headers.get("Authorization"):
            self.take_body("plain")
            return self.refuse("UNAUTHENTICATED", "who are you?", 401)
        body = self.take_body(kind if path.endswith("model.skops") or kind == "heavy" else "plain")
        self.body = body
        if not self.is_signed_well():
            return None
        if kind == "broken" and path.endswith("model.skops"):
            return self.refuse("INTERNAL_ERROR", "the disk is full", 500)
        if kind == "away":
            return self.answer(307, Location=f"http://127.0.0.1:{self.ports['B']}{self.path}")
        if kind == "busy" and path not in SEEN:
            SEEN.add(path)
            return self.answer(503)
        self.keep(path, body)
        return self.tell({})

    # ---- in parts, which go to another origin ----

    def in_parts(self, path, body):
        what, _, folder = path.partition("/")
        kind, whole = folder.partition("/")[0], f"{folder}/{body['path']}"
        self.called("mpu/" + what, body)
        if what == "create":
            if kind not in ("parts", "badpart", "onepart"):
                return self.refuse("NOT_IMPLEMENTED", "Multipart upload is not supported for the current artifact repository", 501)
            told = [{"url": f"http://127.0.0.1:{self.ports['B']}/part/{kind}/{i + 1}?sig=s3cret%2F{i + 1}", "part_number": i + 1,
                     "headers": {"x-ms-what": "a part"}} for i in range(body["num_parts"])]
            return self.tell({"upload_id": "up/1", "credentials": told[:1] if kind == "onepart" else told[::-1]})
        assert body["upload_id"] == "up/1"
        if what == "complete":
            numbers = [p["part_number"] for p in body["parts"]]
            assert numbers == sorted(PARTS) and all(hashlib.md5(PARTS[p["part_number"]]).hexdigest() == p["etag"].strip('"')
                                                    and p["url"].endswith(f"?sig=s3cret%2F{p['part_number']}") for p in body["parts"])
            self.keep(whole, b"".join(PARTS[n] for n in numbers))
        PARTS.clear()
        return self.tell({})

    def take_part(self, url):
        _, _, kind, number = url.path.split("/")
        body = self.take_body("plain")
        if url.query != f"sig=s3cret%2F{number}" or self.headers.get("x-ms-what") != "a part":
            return self.answer(400)
        if kind == "badpart" and number == "2":
            return self.answer(403, b"<Error><Code>AccessDenied</Code><Message>it has expired</Message></Error>")
        PARTS[int(number)] = body
        return self.answer(200, ETag=f'"{hashlib.md5(body).hexdigest()}"')
