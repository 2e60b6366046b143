#!/usr/bin/env python3
# ahead_server.py - an index on loopback that keeps one page back until another project was asked for: WORK
# SPDX-License-Identifier: Apache-2.0
"""first needs second, second needs third<2. The page of slow is answered once third was asked for, else
with an error after ten seconds. Of twice there is a second build. A request is a line of WORK/log; WORK/port is made when all is there."""
import functools
import hashlib
import http.server
import json
import os
import sys
import threading
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import make_wheels  # noqa: E402

WORK = sys.argv[1]
FILES = os.path.join(WORK, "files")
LOCK, THIRD = threading.Lock(), threading.Event()
NEEDS = {"slow-1.0": [], "first-1.0": ["second"], "second-1.0": ["third<2"], "third-1.0": [], "third-2.0": [],
         "setuptools-80.0": [], "twice-1.0": [], "twice-1.0-1": []}


def make_files():
    os.makedirs(FILES)
    for each, needs in NEEDS.items():
        name, version = each.split("-")[:2]
        info, files = make_wheels.base(name, version)
        files[info + "/METADATA"] += "".join("Requires-Dist: %s\n" % need for need in needs)
        files[name + ".py"] = "build = %r\n" % each
        make_wheels.pack(os.path.join(FILES, each + "-py3-none-any.whl"), info, files)


def page(project):
    files = []
    for name in sorted(os.listdir(FILES)):
        if name.startswith(project + "-"):
            with open(os.path.join(FILES, name), "rb") as f:
                digest = hashlib.sha256(f.read()).hexdigest()
            files.append({"filename": name, "url": "/files/" + name, "hashes": {"sha256": digest}})
    return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": files}).encode() if files else None


def body_of(path):
    parts = path.strip("/").split("/")
    if parts[0] == "simple":
        if parts[1] == "third":
            THIRD.set()
        return page(parts[1]) if parts[1] != "slow" or THIRD.wait(10) else None
    wheel = os.path.join(FILES, parts[1].replace(".metadata", ""))
    if path.endswith(".metadata"):
        with zipfile.ZipFile(wheel) as z:
            return z.read(next(n for n in z.namelist() if n.endswith("/METADATA")))
    with open(wheel, "rb") as f:
        return f.read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with LOCK, open(os.path.join(WORK, "log"), "a") as f:
            print(self.path, file=f)
        body = body_of(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *args):
        pass


make_files()
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler))
with open(os.path.join(WORK, "port.new"), "w") as out:
    out.write(str(server.server_port))
os.rename(os.path.join(WORK, "port.new"), os.path.join(WORK, "port"))
server.serve_forever()
