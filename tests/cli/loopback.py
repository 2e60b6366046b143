# loopback.py - what the stand-ins for services share: several origins on loopback, one handler
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import hmac
import http.server
import os
import threading
import urllib.parse
import zlib

POLYNOMIALS = {"crc32c": (32, 0x82F63B78), "crc64nvme": (64, 0x9A6C9329AC4BC9B5)}


def files(model, *empty):
    """The objects of a bucket by name: the model's files, and these of no bytes."""
    out = {"good/model/" + name: b"" for name in empty}
    for top, _, names in os.walk(model):
        for name in names:
            path = os.path.join(top, name)
            with open(path, "rb") as f:
                out["good/model/" + os.path.relpath(path, model)] = f.read()
    return dict(sorted(out.items()))


def crc(body, width, polynomial):
    table, value = [], (1 << width) - 1
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ polynomial * (byte & 1)
        table.append(byte)
    for byte in body:
        value = value >> 8 ^ table[(value ^ byte) & 255]
    return (value ^ ((1 << width) - 1)).to_bytes(width // 8, "big")


def checksum(kind, body):
    """As stores tell it: base64, the highest byte first."""
    if kind in POLYNOMIALS:
        raw = crc(body, *POLYNOMIALS[kind])
    else:
        raw = zlib.crc32(body).to_bytes(4, "big") if kind == "crc32" else hashlib.new(kind, body).digest()
    return base64.b64encode(raw).decode()


def encode(text, keep=""):
    return urllib.parse.quote(text, safe="-._~" + keep)


def signature(handler, fields, secret):
    """What AWS's should be, made of the request as it came: the signature, its region and service."""
    _, day, region, service, end = fields["Credential"].split("/")
    path, _, query = handler.path.partition("?")
    path = encode(urllib.parse.unquote(path) if service == "s3" else path, "/")
    pairs = sorted((encode(k), encode(v)) for k, v in urllib.parse.parse_qsl(query, keep_blank_values=True))
    names = fields["SignedHeaders"].split(";")
    length = int(handler.headers.get("Content-Length") or 0)
    assert names == sorted(names) and "host" in names
    assert all(h.lower() in names for h in handler.headers if h.lower().startswith("x-amz-"))
    request = "\n".join([handler.command, path, "&".join(f"{k}={v}" for k, v in pairs),
                         *(f"{n}:{handler.headers[n].strip()}" for n in names), "", fields["SignedHeaders"],
                         hashlib.sha256(handler.body if length else b"").hexdigest()])
    when = handler.headers["x-amz-date"]
    assert when.startswith(day) and end == "aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", when, f"{day}/{region}/{service}/{end}", hashlib.sha256(request.encode()).hexdigest()])
    secret = ("AWS4" + secret).encode()
    for part in (day, region, service, end, text):
        secret = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    return secret.hex(), region, service


def signer(handler, secrets):
    """Who has signed a request by AWS's rules: the key's name, region and service; None: the signature is not right."""
    try:
        kind, _, rest = handler.headers["Authorization"].partition(" ")
        fields = dict(f.strip().split("=", 1) for f in rest.split(","))
        key = fields["Credential"].split("/")[0]
        wanted, region, service = signature(handler, fields, secrets[key])
    except (KeyError, ValueError, AssertionError):
        return None
    good = kind == "AWS4-HMAC-SHA256" and hmac.compare_digest(wanted, fields["Signature"])
    return (key, region, service) if good else None


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

    def send_half(self, body, mark, **headers):
        """The connection breaks in the middle."""
        self.send_response(200)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", mark)
        self.end_headers()
        self.wfile.write(body[:len(body) // 2])
        self.wfile.flush()
        self.close_connection = True

    def answer_part(self, body, mark, **headers):
        """What Range asks for."""
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        part = {"Content_Range": f"bytes {start}-{len(body) - 1}/{len(body)}"} if start else {}
        self.answer(206 if start else 200, body[start:], ETag=mark, **part, **headers)


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
