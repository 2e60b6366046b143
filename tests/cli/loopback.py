# loopback.py - what the stand-ins for services share: several origins on loopback, one handler
# SPDX-License-Identifier: Apache-2.0
import http.server
import os
import threading


def files(model, *empty):
    """The objects of a bucket by name: the model's files, and these of no bytes."""
    out = {"good/model/" + name: b"" for name in empty}
    for top, _, names in os.walk(model):
        for name in names:
            path = os.path.join(top, name)
            with open(path, "rb") as f:
                out["good/model/" + os.path.relpath(path, model)] = f.read()
    return dict(sorted(out.items()))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, headers):
        """Headers by names with _ for -."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_half(self, body, mark):
        """The connection breaks in the middle."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", mark)
        self.end_headers()
        self.wfile.write(body[:len(body) // 2])
        self.wfile.flush()
        self.close_connection = True

    def answer_part(self, body, mark):
        """What Range asks for."""
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        part = {"Content_Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
        self.answer(206 if start else 200, body[start:], ETag=mark, **part)


def serve(handler, work, ports, names):
    """A server a name, whose port goes into `ports`; WORK/ready has them all, in order. Never returns."""
    for name in names:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.name, server.daemon_threads = name, True
        ports[name] = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
    with open(os.path.join(work, "ready"), "w") as ready:
        print(*(ports[name] for name in names), file=ready)
    threading.Event().wait()
