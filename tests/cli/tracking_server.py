#!/usr/bin/env python3
# tracking_server.py - a tracking server on loopback, with good and with hostile answers: WORK
# SPDX-License-Identifier: Apache-2.0
"""Hands out WORK/model as an artifact, by MLflow's REST calls, and archives of it. Names of models and parts of
paths say how it answers; all that it was asked is a line of WORK/log: METHOD PATH STATUS AUTHORIZATION. A signature of
AWS's is looked at, by the secret "a secret", and logged as "signed KEY/REGION/SERVICE TOKEN".

Models: good, moved (to other files from WORK/moved on), local (a path of this machine), file (file:///etc),
circle (models:/circle/1), foreign (another origin's artifacts), secret (credentials in the answer), prompt (none); those
of which WORK/places has a line, NAME PLACE, are there.
Folders of artifacts: model, above (one folder, with an MLmodel that is another of its size from WORK/remade on), climb ("../x" in the list), absolute, twice, fileinfile, endless, cut (each
file breaks off once), slow (a file takes a while), big (its first half alone, the first time), elsewhere (of a run:
another folder's files); packed.zip is a file.

What is written to it: tracking_writes.py."""
import io
import json
import os
import sys
import tarfile
import threading
import time
import urllib.parse
import zipfile

import loopback
import tracking_writes

WORK = sys.argv[1]
MODEL = os.path.join(WORK, "model")
PORTS = {}
SEEN = set()
API = "/prefix/api/2.0/mlflow/"
ARTIFACTS = "/prefix/api/2.0/mlflow-artifacts/artifacts"
BIG = bytes(range(256)) * 20000


def files_of(folder):
    for top, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield os.path.relpath(os.path.join(top, name), folder)


def archive(kind):
    out = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
            for path in files_of(MODEL):
                z.writestr(zipfile.ZipInfo("top/" + path, (2020, 1, 1, 0, 0, 0)), open(os.path.join(MODEL, path), "rb").read())
    else:
        with tarfile.open(fileobj=out, mode="w:gz") as t:
            t.add(MODEL, "." if kind == "flat" else "top")
    return out.getvalue()


ARCHIVES = {kind: archive(kind) for kind in ("zip", "tar", "flat")}


class Handler(tracking_writes.Writes, loopback.Handler):
    work, ports, log_lock = WORK, PORTS, threading.Lock()

    def answer(self, status, body=b"", **headers):
        with self.log_lock, open(os.path.join(WORK, "log"), "a") as log:
            print(self.server.name, self.command, self.path, status, self.who(), file=log)
        self.send(status, body, headers)

    def who(self):
        told = self.headers.get("Authorization", "-")
        return f"signed {'/'.join(self.signer or '?')} {self.headers.get('x-amz-security-token', '-')}" if told.startswith("AWS4") else told

    def is_signed_well(self):
        """Or not at all; of a signature that is not right, who asks is told."""
        if not self.headers.get("Authorization", "").startswith("AWS4"):
            return True
        self.signer = loopback.signer(self, {"AKME": "a secret"})
        if not self.signer:
            self.refuse("PERMISSION_DENIED", "the signature does not match", 403)
        return bool(self.signer)

    def tell(self, value, status=200):
        self.answer(status, json.dumps(value).encode(), Content_Type="application/json")

    def refuse(self, code, message, status=404):
        self.tell({"error_code": code, "message": message}, status)

    # ---- the registry ----

    def place(self, name):
        here = "mlflow-artifacts:/"
        if os.path.exists(os.path.join(WORK, "places")):
            with open(os.path.join(WORK, "places")) as places:
                told = dict(line.strip().split(" ", 1) for line in places)
            if name in told:
                return told[name]
        return {"good": here + "model", "local": "/etc", "file": "file:///etc", "circle": "models:/circle/1",
                "foreign": f"mlflow-artifacts://127.0.0.1:{PORTS['B']}/model", "secret": "https://me:pw@127.0.0.1/x",
                "moved": here + ("other" if os.path.exists(os.path.join(WORK, "moved")) else "model"),
                "prompt": "dummy-source", "climbing": here + "a/../../etc", "bucket": "hdfs://h/x",
                }.get(name, here + name)

    def rest(self, call, query, body):
        if self.write(call, query, body):
            return None
        name = query.get("name") or body.get("name")
        if call == "artifacts/list":
            return self.listing(query["path"], query["path"] + "/")
        if call == "registered-models/get":
            tags = [{"key": "mlflow.prompt.is_prompt", "value": "true"}] if name == "prompt" else []
            return self.tell({"registered_model": {"name": name, "tags": tags}})
        if call == "model-versions/get-download-uri":
            if query["version"] == "9":
                return self.refuse("RESOURCE_DOES_NOT_EXIST", f"Model Version (name={name}, version=9) not found")
            return self.tell({"artifact_uri": self.place(name)})
        if call == "registered-models/alias":
            return self.tell({"model_version": {"name": name, "version": "3"}})
        if call == "registered-models/get-latest-versions":
            return self.tell({"model_versions": [{"version": "2"}, {"version": "10"}, {"version": "9"}]
                              if body.get("stages") != ["None"] else []})
        if call.startswith("logged-models/m-"):
            return self.tell({"model": {"info": {"artifact_uri": "mlflow-artifacts:/model"}}})
        if call == "runs/get":
            return self.tell({"run": {"info": {"experiment_id": "0", "artifact_uri": "mlflow-artifacts:/"}}})
        if call == "logged-models/search":
            if "name = 'old'" in body["filter"]:
                return self.refuse("ENDPOINT_NOT_FOUND", "no such endpoint")
            found = [{"info": {"artifact_uri": "mlflow-artifacts:/model"}}] if "name = 'named'" in body["filter"] else []
            return self.tell({"models": found})
        return self.refuse("ENDPOINT_NOT_FOUND", call)

    # ---- artifacts ----

    def listing(self, path, above=""):
        kind, _, below = path.partition("/")
        if self.is_stored(path):
            return self.tell({"files": self.stored_listing(path)})
        odd = {"climb": ["../x"], "absolute": ["/etc/passwd"], "twice": ["MLmodel", "MLmodel"],
               "fileinfile": ["a", "a/b"], "big": ["MLmodel", "big.bin"]}
        if kind == "above":
            size = os.path.getsize(os.path.join(MODEL, "MLmodel")) + 3
            return self.tell({"files": [{"path": "MLmodel", "is_dir": False, "file_size": size} if below else
                                        {"path": "top", "is_dir": True}]})
        if kind == "endless":
            return self.tell({"files": [{"path": "d", "is_dir": True}]})
        if kind in ("empty", "packed.zip"):
            return self.tell({"files": []})
        if kind == "elsewhere":
            return self.tell({"files": [{"path": "model/MLmodel", "is_dir": False, "file_size": 1}]})
        if kind in odd:
            sizes = {"big.bin": len(BIG), "MLmodel": os.path.getsize(os.path.join(MODEL, "MLmodel"))}
            return self.tell({"files": [{"path": p, "is_dir": False, "file_size": sizes.get(p, 1)} for p in odd[kind]]})
        folder = os.path.join(MODEL, below)
        if not os.path.isdir(folder):  # as MLflow's server has it of a file, and of nothing
            return self.tell({"files": []})
        self.tell({"files": [{"path": above + name, "is_dir": os.path.isdir(os.path.join(folder, name)),
                              **({} if os.path.isdir(os.path.join(folder, name)) else
                                 {"file_size": os.path.getsize(os.path.join(folder, name))})}
                             for name in sorted(os.listdir(folder))]})

    def file(self, path):
        kind, _, below = path.partition("/")
        if kind == "packed.zip":
            return self.answer(200, ARCHIVES["zip"])
        if kind == "above":
            with open(os.path.join(MODEL, "MLmodel"), "rb") as f:
                return self.answer(200, f.read() + (b"#2\n" if os.path.exists(os.path.join(WORK, "remade")) else b"#1\n"))
        if self.is_stored(path):
            return self.answer(200, self.stored_file(path))
        if below != "big.bin" and not os.path.isfile(os.path.join(MODEL, below)):
            return self.refuse("RESOURCE_DOES_NOT_EXIST", "no such artifact", 404)
        body = BIG if below == "big.bin" else open(os.path.join(MODEL, below), "rb").read()
        if kind == "slow":
            time.sleep(1)
        if kind == "cut" and path not in SEEN:
            SEEN.add(path)
            self.answer(503)
            return
        if below == "big.bin" and path not in SEEN:
            SEEN.add(path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:len(body) // 2])
            self.wfile.flush()
            time.sleep(30)
            self.close_connection = True
            return
        self.answer(200, body)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length) if length else b""
        body = json.loads(self.body or b"{}")
        if not self.is_signed_well():
            return None
        who = self.headers.get("Authorization") or "-"
        if self.server.name == "auth" and (who == "-" or who.startswith(("Bearer no", "Basic bm86"))):  # "no:"
            return self.refuse("UNAUTHENTICATED", "who are you?", 401)
        if self.is_elsewhere(url, query):
            return self.answer(307, Location=f"http://127.0.0.1:{PORTS['B']}{self.path}")
        if url.path == "/prefix/api/3.0/mlflow/server-info":
            return self.tell({"multipart_uploads_enabled": True})
        if url.path.startswith("/prefix/api/2.0/mlflow-artifacts/mpu/"):
            return self.in_parts(urllib.parse.unquote(url.path[len("/prefix/api/2.0/mlflow-artifacts/mpu/"):]), body)
        if url.path.startswith(API):
            return self.rest(url.path[len(API):], query, body)
        if url.path == "/prefix/get-artifact":
            return self.file(query["path"])
        if url.path == ARTIFACTS:
            return self.listing(query["path"])
        if url.path.startswith(ARTIFACTS + "/"):
            return self.file(urllib.parse.unquote(url.path[len(ARTIFACTS) + 1:]))
        if url.path.startswith("/archive/"):
            _, _, how, name = url.path.split("/")
            data = ARCHIVES[name.partition(".")[0]]
            if self.command == "HEAD" and how == "nohead":
                return self.answer(405)
            marks = {"ETag": '"%d"' % len(data)} if how == "marked" else {}
            return self.answer(200, data, **marks)
        return self.answer(404)

    do_POST = do_HEAD = do_PATCH = do_DELETE = do_GET


loopback.serve(Handler, WORK, PORTS, ("A", "B", "auth", "old"))
