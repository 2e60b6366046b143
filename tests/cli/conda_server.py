#!/usr/bin/env python3
# conda_server.py - one small conda channel on loopback, told in every way there is: WORK
# SPDX-License-Identifier: Apache-2.0
"""Folders json, zst, bz2, shards (CEP 16), aged (json, good for an hour, as are the
shards in it), cut (zst without its end), evil (shards
that are not what their digests say), moved, whose shards lie in shards, and closed (json), where
all else is forbidden. A request is a line of WORK/log:
METHOD PATH STATUS; WORK/ready has the port. What is served lies in WORK/files."""
import bz2
import hashlib
import json
import os
import struct
import sys

from loopback import Handler, serve

WORK = sys.argv[1]
FILES = os.path.join(WORK, "files")
PORTS = {}


def record(name, version, depends=()):
    return f"{name}-{version}-0.conda", {
        "name": name, "version": version, "build": "0", "build_number": 0, "depends": list(depends),
        "md5": hashlib.md5(name.encode()).hexdigest(), "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "size": 10, "subdir": "noarch", "noarch": "generic", "timestamp": 1700000000000}


RECORDS = [record("demo", "1.0"), record("demo", "2.0", ["other >=1"]), record("other", "1.5"),
           record("unneeded", "1.0"), record("gone", "1.0")]
GONE = ["gone-1.0-0.conda"]


def zstd(data):
    """A frame of blocks that are not compressed (RFC 8878)."""
    out = struct.pack("<IBI", 0xfd2fb528, 0xa0, len(data))
    for at in range(0, len(data) or 1, 1 << 16):
        block = data[at:at + (1 << 16)]
        out += struct.pack("<I", len(block) << 3 | (at + (1 << 16) >= len(data)))[:3] + block
    return out


def msgpack(value):
    if isinstance(value, dict):
        return struct.pack(">BH", 0xde, len(value)) + b"".join(msgpack(x) for pair in value.items() for x in pair)
    if isinstance(value, list):
        return struct.pack(">BH", 0xdc, len(value)) + b"".join(map(msgpack, value))
    if isinstance(value, str):
        return struct.pack(">BH", 0xda, len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return struct.pack(">BB", 0xc4, len(value)) + value
    return struct.pack(">BQ", 0xcf, value)


def put(path, data):
    path = os.path.join(FILES, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def packed(item):
    return {key: bytes.fromhex(value) if key in ("md5", "sha256") else value for key, value in item.items()}


def put_shards(folder, base, spoil=b"", where=None):
    index = {"info": {"subdir": "noarch", "base_url": "", "shards_base_url": base}, "version": 1, "shards": {}}
    for name in sorted({item["name"] for _, item in RECORDS}):
        shard = zstd(msgpack({"packages": {}, "removed": [g for g in GONE if g.startswith(name)],
                              "packages.conda": {file: packed(item) for file, item in RECORDS
                                                 if item["name"] == name}}))
        digest = hashlib.sha256(shard).digest()
        index["shards"][name] = digest
        put(f"{where or folder}/noarch/shards/{digest.hex()}.msgpack.zst", shard + spoil)
    put(f"{folder}/noarch/repodata_shards.msgpack.zst", zstd(msgpack(index)))


def make_files():
    text = json.dumps({"info": {"subdir": "noarch"}, "packages": {}, "packages.conda": dict(RECORDS),
                       "removed": GONE, "repodata_version": 1}).encode()
    put("json/noarch/repodata.json", text)
    put("aged/noarch/repodata.json", text)
    put("closed/noarch/repodata.json", text)
    put("zst/noarch/repodata.json.zst", zstd(text))
    put("bz2/noarch/repodata.json.bz2", bz2.compress(text))
    put("cut/noarch/repodata.json.zst", zstd(text)[:-20])
    put_shards("shards", "./shards/")
    put_shards("moved", "../../shards/noarch/shards", where="shards")
    put_shards("aged/shards", "./shards/")
    put_shards("evil", "shards", spoil=b"x")


class Channel(Handler):
    def do_GET(self):
        path = os.path.join(FILES, self.path.lstrip("/"))
        data, status = b"", 404
        if os.path.isfile(path):
            with open(path, "rb") as f:
                data, status = f.read(), 200
        if status == 404 and self.path.startswith("/closed"):
            status = 403
        tag = f'"{hashlib.md5(data).hexdigest()}"'
        if status == 200 and self.headers.get("If-None-Match") == tag:
            data, status = b"", 304
        with open(os.path.join(WORK, "log"), "a") as log:
            print(self.command, self.path, status, file=log)
        self.send_response(status)
        if status not in (403, 404):
            self.send_header("ETag", tag)
            if self.path.startswith("/aged/"):
                self.send_header("Cache-Control", "max-age=3600")
        if status != 304:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


make_files()
serve(Channel, WORK, PORTS, ["A"])
