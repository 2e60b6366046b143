#!/usr/bin/env python3
# git_server.py - repositories on loopback, served as git's own program does over HTTP: WORK
# SPDX-License-Identifier: Apache-2.0
"""Serves the repositories of WORK/repos as git/NAME, for me:hunter2 as guarded/NAME; moved/NAME is elsewhere, at
another name of this host, port/NAME at another port, for those who know the password; under stalled/ nobody is
answered. With a WORK/tls.pem also over TLS, at WORK/tls_port. A line of WORK/log is a path that was asked for,
with the host and whether somebody said who he is; WORK/port is made when all is ready."""
import base64
import http.server
import os
import ssl
import subprocess
import sys
import threading
import time

WORK = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, headers=(), body=b""):
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def backend(self, path, query, body):
        env = dict(os.environ, GIT_PROJECT_ROOT=os.path.join(WORK, "repos"), GIT_HTTP_EXPORT_ALL="1", PATH_INFO=path,
                   QUERY_STRING=query, REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""),
                   CONTENT_LENGTH=str(len(body)), HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""))
        answer = subprocess.run(["git", "http-backend"], input=body, env=env, stdout=subprocess.PIPE, check=True).stdout
        head, _, rest = answer.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        status = [int(value.split()[0]) for key, value in headers if key == "Status"]
        self.answer(status[0] if status else 200, [h for h in headers if h[0] != "Status"], rest)

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, query = self.path.partition("?")
        who = self.headers.get("Authorization", "-")
        with open(os.path.join(WORK, "log"), "a") as log:
            log.write("%s %s %s\n" % (path, self.headers["Host"].split(":")[0], "-" if who == "-" else "somebody"))
        top, _, rest = path.lstrip("/").partition("/")
        if top == "stalled":
            time.sleep(600)
        if top == "moved":
            where = "http://localhost:%d/git/%s?%s" % (self.server.server_port, rest, query)
            return self.answer(302, [("Location", where)])
        if top == "port":
            where = "http://127.0.0.1:%d/guarded/%s?%s" % (other.server_port, rest, query)
            return self.answer(302, [("Location", where)])
        if top == "guarded" and who != "Basic " + base64.b64encode(b"me:hunter2").decode():
            return self.answer(401, [("WWW-Authenticate", "Basic realm=\"x\"")])
        return self.backend("/" + rest, query, body) if top in ("git", "guarded") else self.answer(404)

    do_GET = do_POST = serve

    def log_message(self, *args):
        pass


def listen(name):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if name == "tls_port":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(WORK, "tls.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with open(os.path.join(WORK, name + ".new"), "w") as f:
        f.write(str(server.server_port))
    os.rename(os.path.join(WORK, name + ".new"), os.path.join(WORK, name))
    return server


other = listen("other_port")
threading.Thread(target=other.serve_forever, daemon=True).start()
if os.path.exists(os.path.join(WORK, "tls.pem")):
    threading.Thread(target=listen("tls_port").serve_forever, daemon=True).start()
listen("port").serve_forever()
