#!/usr/bin/env python3
# lock_server.py - wheels as a package index on loopback, with all that an index may tell: WORK
# SPDX-License-Identifier: Apache-2.0
"""Serves the wheels of WORK/wheels: simple/NAME/ with digests, sizes and times, bare/NAME/ without,
guarded/NAME/ for me:hunter2, and under files/, elsewhere/ and guarded/files/ the wheels. A line of
WORK/log is a path that was asked for; WORK/port is made when all is ready."""
import base64
import hashlib
import http.server
import json
import os
import re
import sys

WORK = sys.argv[1]
WHEELS = os.path.join(WORK, "wheels")


def page(name, top, told):
    files = []
    for file in sorted(os.listdir(WHEELS)):
        if re.sub(r"[-_.]+", "-", file.split("-")[0]).lower() != name:
            continue
        with open(os.path.join(WHEELS, file), "rb") as f:
            data = f.read()
        one = {"filename": file, "url": "%s/files/%s" % (top, file), "hashes": {}}
        if told:
            one.update(hashes={"sha256": hashlib.sha256(data).hexdigest()}, size=len(data))
            one["upload-time"] = "2024-02-29T12:00:%02d.5Z" % (len(data) % 60)
        files.append(one)
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": files}).encode() if files else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", kind="application/octet-stream"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with open(os.path.join(WORK, "log"), "a") as log:
            log.write(self.path + "\n")
        parts = self.path.strip("/").split("/")
        if parts[0] == "guarded":
            if self.headers.get("Authorization") != "Basic " + base64.b64encode(b"me:hunter2").decode():
                return self.answer(401)
        if parts[-2:-1] in (["files"], ["elsewhere"]):
            path = os.path.join(WHEELS, parts[-1])
            if not os.path.exists(path):
                return self.answer(404)
            with open(path, "rb") as f:
                return self.answer(200, f.read())
        body = page(parts[1], "/guarded" if parts[0] == "guarded" else "", parts[0] != "bare") if len(parts) == 2 else None
        return self.answer(200, body, "application/vnd.pypi.simple.v1+json") if body else self.answer(404)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(os.path.join(WORK, "port.new"), "w") as f:
    f.write(str(server.server_port))
os.rename(os.path.join(WORK, "port.new"), os.path.join(WORK, "port"))
server.serve_forever()
