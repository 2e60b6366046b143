#!/usr/bin/env python3
# index_server.py - a package index on loopback whose folders differ in what they can do: WORK
# SPDX-License-Identifier: Apache-2.0
"""Two origins, A and B, both with everything, and T of the same over TLS, with a certificate of its own that
callers have to show as well: WORK/tls.pem, where there is one. The first part of a path says how it is served:

json, html, plain (JSON without validators), packed (gzip), aged (max-age), busy (503 once), auth
(Basic me:secret), moved (to B's json), away (to B's auth), evil (another project's page), broken
(500), none (404), cut (half a page at first): pages of projects.
side (has .metadata), ranges (no .metadata), bare (neither), once (cut at first, then ranges),
weak (like once, with another ETag the second time), login, lying (.metadata of something else): files.

A request is a line of WORK/log: ORIGIN METHOD PATH STATUS and what came along. WORK/files holds what
is served; WORK/ready is made when all is there."""
import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import random
import re
import ssl
import sys
import threading
import zipfile

WORK = sys.argv[1]
FILES = os.path.join(WORK, "files")
PORTS = {}
COUNTS = {}
LOCK = threading.Lock()


def metadata(name, version, requires=(), name_line=None):
    lines = ["Metadata-Version: 2.1", f"Name: {name_line or name}", f"Version: {version}", "Requires-Python: >=3.8"]
    lines += [f"Requires-Dist: {r}" for r in requires] + ["Provides-Extra: x", "", "text"]
    return "\n".join(lines) + "\n"


def wheel(name, version, requires=(), tags="py3-none-any", members=(), first=False, **more):
    info = f"{name}-{version}.dist-info"
    rows = [(f"{name}/{n}", data) for n, data in members]
    meta = (f"{info}/METADATA", metadata(name, version, requires, **more))
    rows = [meta] + rows if first else rows + [meta]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for member, data in rows:
            z.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), data)
    with open(os.path.join(FILES, f"{name}-{version}-{tags}.whl"), "wb") as f:
        f.write(out.getvalue())


def make_files():
    os.makedirs(FILES)
    noise = random.Random(7).randbytes
    for version in ("1.0", "1.10", "1.9", "2.0rc1", "3.0"):
        wheel("demo", version, ["other>=1", 'six; extra == "x"'])
    wheel("demo", "1.10", tags="cp311-cp311-manylinux_2_17_x86_64")
    wheel("demo", "1.10", tags="1-cp311-cp311-manylinux_2_17_x86_64")
    wheel("demo", "1.10", tags="cp311-abi3-win_amd64")
    for version in ("1.10", "0.9"):
        with open(os.path.join(FILES, f"demo-{version}.tar.gz"), "wb") as f:
            f.write(b"sdist " + version.encode())
    wheel("big", "1.0", ["a", "b"], members=[("data", noise(400000))], first=True)
    wheel("many", "1.0", ["c"], members=[(f"{i:04}-{'n' * 90}", b"") for i in range(1500)])
    wheel("liar", "1.0", name_line="demo")
    with open(os.path.join(FILES, "page.html"), "w") as f:
        f.write("".join(f'<a href="{n}#sha256={sha(n)}">x</a>\n' for n in names("demo")))


def sha(name):
    with open(os.path.join(FILES, name), "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def names(project):
    return sorted(n for n in os.listdir(FILES) if n.startswith(project + "-"))


def facts(project, kind):
    """One row a file; the kind of page decides how files of it are served."""
    where = {"json": "side", "html": "side", "plain": "ranges", "packed": "bare", "aged": "once"}.get(kind, "side")
    for n in names(project):
        yield {"filename": n, "url": f"../../{where}/{n}", "hashes": {"sha256": sha(n)},
               "size": os.path.getsize(os.path.join(FILES, n)), "requires-python": ">=3.8",
               "upload-time": "2020-02-29T12:00:00.5Z", "yanked": "broken" if "-3.0-" in n else False}


def json_page(project, kind):
    name = "evil" if kind == "evil" else project
    return json.dumps({"meta": {"api-version": "1.1"}, "name": name, "files": list(facts(project, kind))}).encode()


def html_page(project, kind):
    rows = []
    for f in facts(project, kind):
        yanked = ' data-yanked="broken"' if f["yanked"] else ""
        rows.append(f'<a href="{f["url"]}#sha256={f["hashes"]["sha256"]}" data-requires-python="&gt;=3.8"{yanked}>{f["filename"]}</a>')
    return ("<!DOCTYPE html>\n<html><body>\n" + "<br/>\n".join(rows) + "\n</body></html>\n").encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **headers):
        notes = [k for k in ("Authorization", "Proxy-Authorization", "Range", "If-Range", "If-None-Match") if k in self.headers]
        with LOCK, open(os.path.join(WORK, "log"), "a") as f:
            f.write(f"{self.server.origin} {self.command} {self.path} {status} {' '.join(notes)}\n")
        cut = headers.pop("cut", len(body))
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut < len(body):
            self.wfile.flush()
            self.close_connection = True

    def first_time(self):
        with LOCK:
            COUNTS[self.path] = COUNTS.get(self.path, 0) + 1
            return COUNTS[self.path] == 1

    def allowed(self):
        wanted = "Basic " + base64.b64encode(b"me:secret").decode()
        return self.headers.get("Authorization") == wanted

    def page(self, kind, project):
        other = f"http://127.0.0.1:{PORTS['B']}"
        if kind in ("moved", "away"):
            return self.answer(302, Location=f"{other}/{'json' if kind == 'moved' else 'auth'}/{project}/")
        if kind == "auth" and not self.allowed():
            return self.answer(401, b"who?", WWW_Authenticate='Basic realm="x"')
        if kind == "broken" or (kind == "busy" and self.first_time()):
            return self.answer(503 if kind == "busy" else 500, b"later", Retry_After="0")
        if not names(project) or kind == "none":
            return self.answer(404, b"no")
        body = html_page(project, kind) if kind == "html" else json_page(project, kind)
        media = "text/html" if kind == "html" else "application/vnd.pypi.simple.v1+json"
        tag = '"%s"' % hashlib.md5(body).hexdigest()
        if kind in ("json", "html") and self.headers.get("If-None-Match") == tag:
            return self.answer(304, ETag=tag)
        more = {"Content_Type": media}
        if kind in ("json", "html"):
            more["ETag"] = tag
        if kind == "aged":
            more["Cache_Control"] = "public, max-age=3600"
        if kind == "packed" and "gzip" in self.headers.get("Accept-Encoding", ""):
            more["Content_Encoding"] = "gzip"
            body = gzip.compress(body)
        if kind == "cut" and self.first_time():
            more["cut"] = len(body) // 2
        return self.answer(200, body, **more)

    def file(self, kind, name):
        path = os.path.join(FILES, name.removesuffix(".metadata"))
        if not os.path.isfile(path) or (name.endswith(".metadata") and kind not in ("side", "lying")):
            return self.answer(404, b"no such file")
        with open(path, "rb") as f:
            body = f.read()
        if name.endswith(".metadata"):
            with zipfile.ZipFile(path) as z:
                body = z.read(next(n for n in z.namelist() if n.endswith("METADATA")))
            return self.answer(200, b"<html>log in</html>" if kind == "lying" else body)
        first = self.first_time()
        tag = '"two"' if kind == "weak" and not first else '"one"'
        if kind == "login":
            return self.answer(200, b"<html>log in</html>")
        if kind in ("once", "weak") and first:
            return self.answer(200, body, ETag=tag, cut=len(body) // 2)
        asked = self.headers.get("Range", "")
        if kind in ("bare", "login") or not asked or self.headers.get("If-Range", tag) != tag:
            return self.answer(200, body, ETag=tag)
        start, end = asked.removeprefix("bytes=").split("-")
        low = int(start) if start else max(0, len(body) - int(end))
        high = min(int(end), len(body) - 1) if start and end else len(body) - 1
        return self.answer(206, body[low:high + 1], ETag=tag, Content_Range=f"bytes {low}-{high}/{len(body)}")

    def do_GET(self):
        self.path = re.sub("^http://[^/]*", "", self.path)  # it is a proxy as well
        parts = self.path.strip("/").split("/")
        if len(parts) == 2 and parts[0] in ("side", "ranges", "bare", "once", "weak", "login", "lying"):
            return self.file(*parts)
        if parts[0] == "list":
            with open(os.path.join(FILES, "page.html"), "rb") as f:
                return self.answer(200, f.read().replace(b'href="', b'href="/side/'), Content_Type="text/html")
        return self.page(*parts) if len(parts) == 2 else self.answer(404, b"no")


make_files()
servers = []
for origin in "AB":
    s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    s.origin = origin
    PORTS[origin] = s.server_address[1]
    servers.append(s)
if os.path.exists(os.path.join(WORK, "tls.pem")):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=os.path.join(WORK, "tls.pem"))
    tls.load_cert_chain(os.path.join(WORK, "tls.pem"))
    tls.verify_mode = ssl.CERT_REQUIRED
    servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
    servers[-1].origin = "T"
    servers[-1].socket = tls.wrap_socket(servers[-1].socket, server_side=True)
    PORTS["T"] = servers[-1].server_address[1]
for s in servers:
    threading.Thread(target=s.serve_forever, daemon=True).start()
with open(os.path.join(WORK, "ready.tmp"), "w") as f:
    f.write(f"A=http://127.0.0.1:{PORTS['A']}\nB=http://127.0.0.1:{PORTS['B']}\nT=https://127.0.0.1:{PORTS.get('T')}\n")
os.rename(os.path.join(WORK, "ready.tmp"), os.path.join(WORK, "ready"))
threading.Event().wait()
