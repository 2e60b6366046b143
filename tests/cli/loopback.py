# loopback.py - what the stand-ins for services share: several origins on loopback, one handler
# SPDX-License-Identifier: Apache-2.0
import http.server
import os
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


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
