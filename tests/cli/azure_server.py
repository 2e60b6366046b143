#!/usr/bin/env python3
# azure_server.py - Azure's blob storage on loopback, which looks at each signature: WORK
# SPDX-License-Identifier: Apache-2.0
"""Hands out WORK/model as CONTAINER/good/model of the account devstore, three blobs a page. All that it was asked is a
line of WORK/log: SERVER METHOD PATH STATUS AUTHORIZATION RANGE.

Containers: models, public (nobody has to sign), away (its files redirect to another origin), changing (a blob is
another one once it was listed), cut (each file breaks off once for
each kind of caller), sum-HOW (tells MD5: good, bad, cut, cutbad), odd-NAME (lists that are not to be believed)."""
import base64
import hashlib
import hmac
import os
import sys
import urllib.parse
from email.utils import parsedate_to_datetime
from xml.sax.saxutils import escape

import loopback

WORK = sys.argv[1]
MODEL = os.path.join(WORK, "model")
KEY, SAS = base64.b64decode("c2VjcmV0IGtleSE="), "s1g+/="
PORTS, SEEN = {}, set()
FOLDER = "<Blob><Name>good/model/deep</Name><Properties><Content-Length>0</Content-Length>{}</Properties>{}</Blob>"


def blob(name, size="1"):
    return f"<Blob><Name>{escape(name)}</Name><Properties><Content-Length>{size}</Content-Length></Properties></Blob>"


ODD = {"climb": blob("m/../x"), "outside": blob("other/x"), "twice": blob("m/x") * 2, "sizeless": blob("m/x", ""),
       "circle": blob("m/x"), "empty": ""}


def files():
    return loopback.files(MODEL)


class Handler(loopback.Handler):

    def answer(self, status, body=b"", **headers):
        with open(os.path.join(WORK, "log"), "a") as log:
            print(self.server.name, self.command, self.path, status, self.headers.get("Authorization", "-").replace(" ", "_"),
                  self.headers.get("Range", "-"), file=log)
        self.send(status, body, headers)

    def refuse(self, status, code):
        self.answer(status, f"\ufeff<?xml version='1.0'?><Error><Code>{code}</Code><Message>it says {code}</Message></Error>".encode())

    def is_signed(self, url, query):
        """By the rules for Blob services of 2015-02-21 and later."""
        get = self.headers.get
        parsedate_to_datetime(get("x-ms-date"))
        own = sorted((k.lower(), v.strip()) for k, v in self.headers.items() if k.lower().startswith("x-ms-"))
        text = "\n".join([self.command, get("Content-Encoding", ""), get("Content-Language", ""), "", get("Content-MD5", ""),
                          get("Content-Type", ""), get("Date", ""), get("If-Modified-Since", ""), get("If-Match", ""),
                          get("If-None-Match", ""), get("If-Unmodified-Since", ""), get("Range", ""),
                          *(f"{k}:{v}" for k, v in own), "/devstore" + url.path,
                          *(f"{k.lower()}:{v}" for k, v in sorted(query.items()))])
        mark = base64.b64encode(hmac.new(KEY, text.encode(), hashlib.sha256).digest()).decode()
        return get("Authorization") == f"SharedKey devstore:{mark}"

    def listing(self, container, query):
        odd, marker = container.partition("odd-")[2], query.get("marker")
        if odd == "doctype":
            return self.answer(200, b"<!DOCTYPE a><EnumerationResults/>")
        if odd:
            inner, more = ODD[odd], "t" if odd == "circle" else ""
        else:
            names = [n for n in files() if n.startswith(query["prefix"])]
            start = int(marker[4:]) if marker else 0
            inner = "".join(f"<Blob><Name>{escape(n)}</Name><Properties><Etag>{self.etag(container, n)}</Etag>"
                            f"<Content-Length>{len(files()[n])}</Content-Length></Properties></Blob>" for n in names[start:start + 3])
            if not start:
                inner += FOLDER.format("<ResourceType>directory</ResourceType>", "")
                inner += FOLDER.format("", "<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>")
            more = f"t+/={start + 3}" if start + 3 < len(names) else ""
        return self.answer(200, ("\ufeff<?xml version='1.0' encoding='utf-8'?><EnumerationResults><Blobs>" + inner +
                                 f"</Blobs><NextMarker>{more}</NextMarker></EnumerationResults>").encode())

    def etag(self, container, name):
        return "0x8D" + hashlib.md5(name.encode() + (b"!" if container in SEEN else b"")).hexdigest()[:12].upper()

    def file(self, container, name):
        if name not in files():
            return self.refuse(404, "BlobNotFound")
        if container == "away":
            return self.answer(307, Location=f"http://127.0.0.1:{PORTS['B']}/public/{urllib.parse.quote(name)}")
        if container == "changing":
            SEEN.add(container)
        body, mark = files()[name], f'"{self.etag(container, name)}"'
        if self.headers.get("If-Match", mark) != mark:
            return self.refuse(412, "ConditionNotMet")
        told = {}
        if container.startswith("sum-") and name.endswith("/requirements.txt"):
            start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
            wrong = b"?" if container.endswith("bad") else b""
            told["x_ms_blob_content_md5" if start else "Content_MD5"] = loopback.checksum("md5", wrong + body)
            if container.startswith("sum-cut") and (container, name) not in SEEN:
                SEEN.add((container, name))
                return self.send_half(body, mark)
        once = (name, self.headers.get("Authorization", "")[:9])
        if container == "cut" and once not in SEEN and len(body) > 10:
            SEEN.add(once)
            return self.send_half(body, mark)
        return self.answer_part(body, mark, **told)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        _, container, name = (url.path + "/").split("/", 2)
        if self.headers.get("x-ms-version") != "2021-12-02" and self.server.name == "A":
            return self.refuse(400, "InvalidHeaderValue")
        if self.headers.get("Authorization"):
            if not self.is_signed(url, query):
                return self.refuse(403, "AuthenticationFailed")
        elif query.get("sig") != SAS and not container.startswith(("public", "sum-")):
            return self.refuse(404, "ResourceNotFound")
        if container == "missing":
            return self.refuse(404, "ContainerNotFound")
        if not name:
            if (query.get("comp"), query.get("restype"), query.get("include")) != ("list", "container", "metadata"):
                return self.refuse(400, "InvalidQueryParameterValue")
            return self.listing(container, query)
        return self.file(container, urllib.parse.unquote(name[:-1]))


loopback.serve(Handler, WORK, PORTS, ("A", "B"))
