#!/usr/bin/env python3
# gs_server.py - Google's storage on loopback, and who hands out tokens for it: WORK
# SPDX-License-Identifier: Apache-2.0
"""Hands out WORK/model as BUCKET/good/model by the JSON API, three files a page. All that it was asked is a line of
WORK/log: SERVER METHOD PATH STATUS AUTHORIZATION RANGE. A JWT is looked at with WORK/public.pem by openssl.

Buckets: models, public (nobody has to say who it is), away (its files redirect to another origin), changing (a listed
generation is gone), cut (each file breaks off once), odd-NAME (lists that are not to be believed), sum-NAME (tells checksums), closed (nothing is written to it). Objects that are lie in
WORK/buckets."""
import base64
import json
import os
import subprocess
import sys
import time
import urllib.parse

import loopback

WORK = sys.argv[1]
MODEL = os.path.join(WORK, "model")
TOKENS = {"Bearer ya29.service", "Bearer ya29.user", "Bearer ya29.machine"}
PORTS, SEEN = {}, set()
HASHES = {  # of these kinds, of the file or of another one
    "good": [("crc32c", b""), ("md5", b"")],
    "crc32c": [("crc32c", b"?"), ("md5", b"")],
    "md5": [("md5", b"?")],
    "cut": [("crc32c", b"")],
    "cutbad": [("crc32c", b"?")],
    "packed": [("crc32c", b"?")],
}
ODD = {
    "climb": [{"name": "m/../x", "size": "1", "generation": "1"}],
    "outside": [{"name": "other/x", "size": "1", "generation": "1"}],
    "twice": [{"name": "m/x", "size": "1", "generation": "1"}] * 2,
    "sizeless": [{"name": "m/x", "generation": "1"}],
    "circle": [{"name": "m/x", "size": "1", "generation": "1"}],
    "empty": [],
}


def files():
    return loopback.files(MODEL, "")


def claims(jwt):
    """What a JWT says, if its signature is right and all of it is as RFC 7523 and Google want it."""
    head, body, mark = jwt.split(".")
    mark, parts = base64.urlsafe_b64decode(mark + "=="), [json.loads(base64.urlsafe_b64decode(x + "==")) for x in (head, body)]
    name = os.path.join(WORK, "signature")
    with open(name, "wb") as f:
        f.write(mark)
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", os.path.join(WORK, "public.pem"), "-signature", name],
                   input=f"{head}.{body}".encode(), check=True, stdout=subprocess.DEVNULL)
    assert "=" not in jwt and parts[0] == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert parts[1]["iss"] == "me@project.example" and parts[1]["aud"] == "https://oauth2.googleapis.com/token"
    assert abs(parts[1]["iat"] - time.time()) < 60 and parts[1]["exp"] - parts[1]["iat"] == 3600
    assert parts[1]["scope"] in ("https://www.googleapis.com/auth/devstorage.read_only", "https://www.googleapis.com/auth/devstorage.read_write")
    with open(os.path.join(WORK, "scopes"), "a") as log:
        print(parts[1]["scope"].rpartition(".")[2], file=log)


class Handler(loopback.Handler):

    def answer(self, status, body=b"", **headers):
        with open(os.path.join(WORK, "log"), "a") as log:
            print(self.server.name, self.command, self.path, status, self.headers.get("Authorization", "-"),
                  self.headers.get("Range", "-"), file=log)
        self.send(status, body, headers)

    def tell(self, value, status=200):
        self.answer(status, json.dumps(value).encode(), Content_Type="application/json")

    def refuse(self, status, message):
        self.tell({"error": {"code": status, "message": message, "errors": [{"message": message}]}}, status)

    def token(self, form):
        if form["grant_type"] == "refresh_token":
            if (form["client_id"], form["client_secret"], form["refresh_token"]) != ("id.example", "s&cret", "1//refresh"):
                return self.tell({"error": "invalid_grant", "error_description": "Token has been revoked."}, 400)
            return self.tell({"access_token": "ya29.user", "expires_in": 3599, "token_type": "Bearer"})
        try:
            assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
            claims(form["assertion"])
        except (AssertionError, ValueError, KeyError, subprocess.CalledProcessError) as error:
            return self.tell({"error": "invalid_grant", "error_description": f"Invalid JWT: {error!r}"}, 400)
        return self.tell({"access_token": "ya29.service", "expires_in": 3599, "token_type": "Bearer"})

    def listing(self, bucket, query):
        odd = bucket.partition("odd-")[2]
        if odd == "html":
            return self.answer(200, b"<html/>")
        if odd:
            return self.tell({"items": ODD[odd], **({"nextPageToken": "t"} if odd == "circle" else {})})
        names = [n for n in files() if n.startswith(query["prefix"])]
        start = int(query.get("pageToken", "t+/=0")[4:])
        items = [{"name": n, "size": str(len(files()[n])), "generation": "1700000000000001"} for n in names[start:start + 3]]
        more = {"nextPageToken": f"t+/={start + 3}"} if start + 3 < len(names) else {}
        return self.tell({**({"items": items} if items else {}), **more})

    def file(self, bucket, name, query):
        if name not in files() or query.get("alt") != "media":
            return self.refuse(404, "No such object")
        if bucket == "away":
            return self.answer(307, Location=f"http://127.0.0.1:{PORTS['B']}{self.path.replace('/away/', '/public/')}")
        if query.get("generation", "1700000000000001") != "1700000000000001" or bucket == "changing":
            return self.refuse(404, "No such object, of that generation")
        body = files()[name]
        if bucket.startswith("sum-"):
            return self.sum(bucket[4:], name, body)
        if bucket == "cut" and name not in SEEN and len(body) > 10:
            SEEN.add(name)
            return self.send_half(body, "CIDk")
        return self.answer_part(body, "CIDk")

    def sum(self, how, name, body):
        """Of the whole object, whatever part is sent; one beside the other."""
        hashes = [f"{kind}={loopback.checksum(kind, wrong + body)}" for kind, wrong in HASHES[how]]
        told = {"x_goog_hash": ",".join(hashes)} if name.endswith("/requirements.txt") else {}
        if how == "packed":
            told["x_goog_stored_content_encoding"] = "gzip"
        if how.startswith("cut") and (how, name) not in SEEN:
            SEEN.add((how, name))
            return self.send_half(body, "CIDk", **told)
        return self.answer_part(body, "CIDk", **told)

    def upload(self, bucket, query, body):
        if self.headers.get("Authorization") not in TOKENS or bucket == "closed":
            return self.refuse(403, "caller does not have storage.objects.create access")
        assert query["uploadType"] == "media" and self.command == "POST"
        path = os.path.join(WORK, "buckets", bucket, query["name"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(body)
        return self.tell({"name": query["name"], "size": str(len(body))})

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if url.path == "/token":
            return self.token(dict(urllib.parse.parse_qsl(body.decode())))
        if url.path.startswith("/computeMetadata/v1/"):
            if self.headers.get("Metadata-Flavor") != "Google" or not url.path.endswith("/service-accounts/default/token"):
                return self.answer(403)
            return self.tell({"access_token": "ya29.machine", "expires_in": 3599, "token_type": "Bearer"})
        if url.path.startswith("/upload/storage/v1/b/"):
            return self.upload(url.path.split("/")[5], query, body)
        parts = url.path.split("/", 6)  # /storage/v1/b/BUCKET/o/NAME
        if parts[1:4] != ["storage", "v1", "b"] or parts[5:6] != ["o"]:
            return self.answer(404)
        who = self.headers.get("Authorization")
        if who not in TOKENS and (who or not parts[4].startswith(("public", "sum-"))):
            return self.refuse(401, "Anonymous caller does not have storage.objects.list access")
        if parts[4] == "missing":
            return self.refuse(404, "The specified bucket does not exist.")
        if len(parts) == 6:
            return self.listing(parts[4], query)
        return self.file(parts[4], urllib.parse.unquote(parts[6]), query)

    do_POST = do_GET


loopback.serve(Handler, WORK, PORTS, ("A", "B"))
