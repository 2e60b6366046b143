#!/usr/bin/env python3
# s3_server.py - buckets on loopback that look at each signature, and who hands out keys for them: WORK
# SPDX-License-Identifier: Apache-2.0
"""Hands out WORK/model as BUCKET/good/model, three files a page. All that it was asked is a line of WORK/log:
SERVER METHOD PATH STATUS KEY TOKEN RANGE, "-" for what was not there.

Buckets: models, public (nobody has to sign), west and west400 (in eu-west-1, told by 301 or by 400), owned (by 123),
away (its files redirect to another origin), changing (a file is another one once it was listed), cut (each file breaks
off once), odd-NAME (lists that are not to be believed), sum.KIND.HOW (tells a checksum of requirements.txt: good, bad, once, suffix,
parts, cut, later, spoilt, strict). Beside them: STS, a container's and a machine's keys.

Written to, objects lie in WORK/buckets. denied takes none; late answers 200 when parts are put together, and tells of an error; again begins
parts twice when it is first asked to."""
import hashlib
import json
import os
import sys
import urllib.parse
from xml.sax.saxutils import escape

import loopback

WORK = sys.argv[1]
MODEL = os.path.join(WORK, "model")
SECRETS = {"AKENV": "env/secret", "AKFILE": "file+secret", "AKPROC": "proc+secret", "AKROLE": "role secret", "AKWEB": "web secret",
           "AKBOX": "box secret", "AKHOST": "host secret"}
TOKENS = {"AKROLE": "tok/role==", "AKWEB": "tok+web", "AKBOX": "tokbox", "AKHOST": "tokhost"}
PORTS, SEEN = {}, set()
ODD = {
    "climb": "<Contents><Key>m/../x</Key><Size>1</Size></Contents>",
    "outside": "<Contents><Key>other/x</Key><Size>1</Size></Contents>",
    "twice": "<Contents><Key>m/x</Key><Size>1</Size></Contents>" * 2,
    "inside": "".join(f"<Contents><Key>m/{k}</Key><Size>1</Size></Contents>" for k in ("a", "a/b")),
    "slash": "<Contents><Key>m/x/</Key><Size>3</Size></Contents>",
    "nameless": "<Contents><Key>m/</Key><Size>3</Size></Contents>",
    "gap": "<Contents><Key>m/x//y</Key><Size>3</Size></Contents>",
    "sizeless": "<Contents><Key>m/x</Key><Size>-1</Size></Contents>",
    "circle": "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
              "<Contents><Key>m/x</Key><Size>1</Size></Contents>",
    "lost": "<IsTruncated>true</IsTruncated><Contents><Key>m/x</Key><Size>1</Size></Contents>",
    "deep": "<a>" * 1000 + "</a>" * 1000,
    "empty": "",
}


def files():
    return loopback.files(MODEL, "", "deep/")


UPLOADS = {}


class Handler(loopback.Handler):

    # ---- what is written ----

    def keep(self, bucket, name, body):
        path = os.path.join(WORK, "buckets", bucket, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(body)
        with open(os.path.join(WORK, "objects"), "a") as log:
            print(bucket, name, len(body), self.headers.get("Content-Type"), self.headers.get("x-amz-storage-class"), file=log)

    def put(self, bucket, name, query):
        if bucket == "denied":
            return self.refuse(403, "AccessDenied")
        if self.headers["x-amz-content-sha256"] != hashlib.sha256(self.body).hexdigest():
            return self.refuse(400, "XAmzContentSHA256Mismatch")
        mark = f'"{hashlib.md5(self.body).hexdigest()}"'
        if "uploadId" in query:
            UPLOADS[query["uploadId"]][int(query["partNumber"])] = self.body
        else:
            self.keep(bucket, name, self.body)
        return self.answer(200, ETag=mark)

    def parts(self, bucket, name, query):
        if "uploads" in query:
            number = f"up/{len(UPLOADS)}+"
            UPLOADS[number] = {}
            if bucket == "again" and bucket not in SEEN:  # begun, and nobody is told
                SEEN.add(bucket)
                return self.refuse(500, "InternalError")
            return self.answer(200, f"<InitiateMultipartUploadResult><UploadId>{number}</UploadId></InitiateMultipartUploadResult>".encode())
        if self.command == "DELETE":
            UPLOADS[query["uploadId"]] = None
            return self.answer(204)
        parts = UPLOADS[query["uploadId"]]
        wanted = "".join(f'<Part><PartNumber>{n}</PartNumber><ETag>"{hashlib.md5(parts[n]).hexdigest()}"</ETag></Part>' for n in sorted(parts))
        if self.body.decode() != f"<CompleteMultipartUpload>{wanted}</CompleteMultipartUpload>":
            return self.refuse(400, "InvalidPart")
        if bucket == "late":
            return self.answer(200, b"<Error><Code>InternalError</Code><Message>it came to nothing</Message></Error>")
        self.keep(bucket, name, b"".join(parts[n] for n in sorted(parts)))
        UPLOADS[query["uploadId"]] = None
        return self.answer(200, b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def answer(self, status, body=b"", **headers):
        who = (self.headers.get("Authorization") or "-").partition("Credential=")[2].partition("/")[0]
        who = who or ("-" if not self.headers.get("Authorization") else "other")
        with open(os.path.join(WORK, "log"), "a") as log:
            print(self.server.name, self.command, self.path, status, who, self.headers.get("x-amz-security-token", "-"),
                  self.headers.get("Range", "-"), file=log)
        self.send(status, body, headers)

    def refuse(self, status, code, more="", **headers):
        body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>it says {code}</Message>{more}</Error>"
        self.answer(status, body.encode(), **headers)

    # ---- who it is ----

    def who(self, service):
        """The key's name and the region of a good signature; None and why of another."""
        if not self.headers.get("Authorization"):
            return None, "AccessDenied"
        key, region, of = loopback.signer(self, SECRETS) or (None, None, None)
        if of != service:
            return None, "SignatureDoesNotMatch"
        if self.headers.get("x-amz-security-token") != TOKENS.get(key):
            return None, "InvalidToken"
        return key, region

    # ---- keys ----

    def sts(self):
        form = dict(urllib.parse.parse_qsl(self.body.decode()))
        if form["Action"] == "AssumeRoleWithWebIdentity":
            if form["WebIdentityToken"] != "ey.web/token" or self.headers.get("Authorization"):
                return self.refuse(400, "InvalidIdentityToken")
            key = "AKWEB"
        else:
            if self.who("sts")[0] != "AKFILE" or form["ExternalId"] != "x&y":
                return self.refuse(403, "AccessDenied")
            key = "AKROLE"
        inner = (f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{SECRETS[key]}</SecretAccessKey>"
                 f"<SessionToken>{TOKENS[key]}</SessionToken></Credentials>")
        return self.answer(200, f"<{form['Action']}Response xmlns='u'><Result>{inner}</Result></{form['Action']}Response>".encode())

    def near(self, path):
        def key(name):
            return json.dumps({"AccessKeyId": name, "SecretAccessKey": SECRETS[name], "Token": TOKENS[name]}).encode()
        if path == "/box":
            return self.answer(200, key("AKBOX")) if self.headers.get("Authorization") == "let me" else self.answer(403)
        if path == "/latest/api/token":
            ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds")
            return self.answer(200, b"imds") if self.command == "PUT" and ttl else self.answer(400)
        if self.headers.get("X-aws-ec2-metadata-token") != "imds":
            return self.answer(401)
        last = path[len("/latest/meta-data/iam/security-credentials/"):]
        return self.answer(200, key("AKHOST") if last == "the%20role" else b"the role\n")

    # ---- buckets ----

    def listing(self, bucket, query):
        prefix, token = query["prefix"], query.get("continuation-token")
        if bucket.startswith("odd-"):
            if bucket == "odd-endless":
                start = int(token or 0)
                inner = "".join(f"<Contents><Key>m/{start}-{i}</Key><Size>1</Size></Contents>" for i in range(5000))
                inner += f"<IsTruncated>true</IsTruncated><NextContinuationToken>{start + 1}</NextContinuationToken>"
            else:
                inner = ODD.get(bucket[4:])
            text = f"<ListBucketResult>{inner}</ListBucketResult>"
            if bucket == "odd-doctype":
                text = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><ListBucketResult>&e;</ListBucketResult>"
            if bucket == "odd-html":
                text = "<html/>"
            return self.answer(200, text.encode())
        names = [n for n in files() if n.startswith(prefix)]
        start = int(urllib.parse.unquote(token).split("/ ")[1]) if token else 0
        inner = "".join(f"<Contents><Key>{escape(n)}</Key><ETag>&quot;{self.etag(bucket, n)}&quot;</ETag>"
                        f"<Size>{len(files()[n])}</Size></Contents>" for n in names[start:start + 3])
        more = start + 3 < len(names)
        inner += f"<IsTruncated>{str(more).lower()}</IsTruncated>"
        inner += f"<NextContinuationToken>t+/ {start + 3}</NextContinuationToken>" if more else ""
        return self.answer(200, f"<ListBucketResult xmlns='http://s3'>{inner}</ListBucketResult>".encode())

    def etag(self, bucket, name):
        return hashlib.md5(files()[name] + (b"!" if bucket in SEEN else b"")).hexdigest()

    def sum(self, bucket, name, body, mark):
        """A file of sum.KIND.HOW, open to all; of a part of it, the sum of the part is told, as some servers do."""
        _, kind, how = bucket.split(".")
        first, closed = (bucket, name) not in SEEN, os.path.exists(os.path.join(WORK, "closed"))
        SEEN.add((bucket, name))
        if how == "strict" and self.headers.get("x-amz-checksum-mode"):
            return self.refuse(400, "InvalidArgument")
        start, told = int((self.headers.get("Range") or "bytes=0-")[6:-1]), {}
        if name.endswith("/requirements.txt") and self.headers.get("x-amz-checksum-mode") == "ENABLED":
            wrong = b"?" if how in ("bad", "suffix", "parts") or (how == "once" and first) else b""
            told[f"x_amz_checksum_{kind}"] = loopback.checksum(kind, wrong + body[start:]) + "-2" * (how == "suffix")
            told["x_amz_checksum_type"] = "COMPOSITE" if how == "parts" else "FULL_OBJECT"
        if self.command == "HEAD":
            return self.answer(200, body, ETag=mark, **told)
        if not name.endswith("/requirements.txt") or how not in ("cut", "later", "spoilt"):
            return self.answer_part(body, mark, **told)
        if how != "cut" and closed and not first:
            return self.refuse(403, "AccessDenied")
        if first:
            return self.send_half(body if how != "spoilt" else b"?" + body[1:], mark, **told)
        return self.answer_part(body, mark, **told)

    def file(self, bucket, name):
        if name not in files():
            return self.refuse(404, "NoSuchKey")
        if bucket == "away":
            return self.answer(307, Location=f"http://127.0.0.1:{PORTS['B']}/public/{loopback.encode(name, '/')}")
        if bucket == "changing":
            SEEN.add(bucket)
        body, mark = files()[name], f'"{self.etag(bucket, name)}"'
        if self.headers.get("If-Match", mark) != mark:
            return self.refuse(412, "PreconditionFailed")
        if bucket.startswith("sum."):
            return self.sum(bucket, name, body, mark)
        if bucket == "cut" and name not in SEEN and len(body) > 10:
            SEEN.add(name)
            return self.send_half(body, mark)
        return self.answer_part(body, mark)

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        if self.path.startswith("http://"):  # we are its proxy: BUCKET.host
            host = self.path[7:].partition("/")[0]
            self.path = self.path[7 + len(host):]
            bucket, way = host.partition(".")[0], urllib.parse.urlsplit(self.path).path
        else:
            _, bucket, way = (urllib.parse.urlsplit(self.path).path + "/").split("/", 2)
            way = "/" + way[:-1]
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query, keep_blank_values=True))
        if self.command == "POST" and "upload" not in self.path:
            return self.sts()
        if bucket in ("box", "latest"):
            return self.near(self.path)
        key, region = self.who("s3")
        if key is None and (not bucket.startswith(("public", "sum.")) or self.headers.get("Authorization")):
            return self.refuse(403, region)
        if bucket == "owned" and self.headers.get("x-amz-expected-bucket-owner") != "123":
            return self.refuse(403, "AccessDenied")
        if bucket == "west" and region != "eu-west-1":
            return self.refuse(301, "PermanentRedirect", x_amz_bucket_region="eu-west-1")
        if bucket == "west400" and region != "eu-west-1":
            return self.refuse(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>")
        if bucket == "odd-region":
            return self.refuse(301, "PermanentRedirect", "<Region>127.0.0.1:1/</Region>")
        if bucket == "skewed":
            return self.refuse(403, "RequestTimeTooSkewed")
        if bucket == "missing":
            return self.refuse(404, "NoSuchBucket")
        if self.command == "HEAD" and way == "/":
            return self.answer(200)
        if self.command == "PUT":
            return self.put(bucket, urllib.parse.unquote(way[1:]), query)
        if self.command in ("POST", "DELETE"):
            return self.parts(bucket, urllib.parse.unquote(way[1:]), query)
        if way == "/" and "uploads" in query:
            inner = "".join(f"<Upload><Key>{escape(name)}</Key><UploadId>{n}</UploadId></Upload>" for n, parts in UPLOADS.items()
                            if parts is not None for name in (query["prefix"], query["prefix"] + "2"))
            return self.answer(200, f"<ListMultipartUploadsResult>{inner}</ListMultipartUploadsResult>".encode())
        if way == "/":
            return self.listing(bucket, query) if query.get("list-type") == "2" else self.answer(400)
        return self.file(bucket, urllib.parse.unquote(way[1:]))

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET


loopback.serve(Handler, WORK, PORTS, ("A", "B"))
