#!/usr/bin/env python3
# ftp_server.py - a server of FTP on loopback, with good and with hostile answers: WORK
# SPDX-License-Identifier: Apache-2.0
"""Hands out WORK below / to me:pw, by MLSD on the first port of WORK/ready, by LIST alone on the second. Folders whose
name says how they are listed: climb ("../x"), slash ("a/b"), link, odd (no list at all), endless; cut: the first try of
each file breaks off. What it was told is in WORK/log."""
import os
import socketserver
import sys
import threading
import time

WORK = sys.argv[1]
SEEN = set()


class Session(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def data(self, body, whole=True):
        self.say("150 it comes")
        connection, _ = self.passive.accept()
        connection.sendall(body)
        connection.close()
        self.passive.close()
        self.say("226 done" if whole else "426 it broke off")

    def lines(self, path, facts):
        odd = {"climb": [("file", "../x")], "slash": [("file", "a/b")], "link": [("OS.unix=slink", "x")],
               "endless": [("dir", "d")]}.get(path.split("/")[1])
        if path.startswith("/odd"):
            return "what?\r\n"
        if not odd:
            entries = sorted(os.scandir(WORK + path.replace("/cut", "/model", 1)), key=lambda e: e.name)
            odd = [("dir" if e.is_dir() else "file", e.name) for e in entries]
        out = "type=cdir; .\r\ntype=pdir;modify=20260101000000; ..\r\n" if facts else "total 0\r\n"
        for kind, name in odd:
            full = WORK + path.replace("/cut", "/model", 1) + "/" + name
            size = os.path.getsize(full) if kind == "file" and os.path.exists(full) else 1
            when = time.strftime("%Y%m%d%H%M%S", time.gmtime(os.path.getmtime(full) if os.path.exists(full) else 0))
            mode = {"file": "-rw-r--r--", "dir": "drwxr-xr-x"}.get(kind, "lrwxrwxrwx")
            out += (f"Type={kind};Size={size};Modify={when}; {name}\r\n" if facts else
                    f"{mode}    1 me       me       {size:>8} Jan  1 00:00 {name}\r\n")
        return out

    def handle(self):
        self.say("220 hello")
        name, known = "", False
        for line in self.rfile:
            with open(WORK + "/log", "ab") as log:
                log.write(line)
            command, _, rest = line.decode().rstrip("\r\n").partition(" ")
            path = rest.rstrip("/")
            if command == "USER":
                name = rest
                self.say("331 and the password?")
            elif command == "PASS":
                known = (name, rest) == ("me", "pw")
                self.say("230 welcome" if known else "530 no")
            elif command == "QUIT":
                return self.say("221 bye")
            elif not known:
                self.say("530 who are you?")
            elif command == "PWD":
                self.say('257 "/" it is')
            elif command in ("TYPE", "CWD"):
                self.say("200 yes")
            elif command == "EPSV":
                self.passive = __import__("socket").create_server(("127.0.0.1", 0))
                self.say(f"229 over there (|||{self.passive.getsockname()[1]}|)")
            elif command == "MLSD" and self.server.facts or command == "LIST":
                here = path.split("/")[1] in ("climb", "slash", "link", "odd", "endless", "cut") or os.path.isdir(WORK + path)
                self.data(self.lines(path, command == "MLSD").encode()) if here else self.say("550 no such folder")
            elif command == "SIZE":
                self.say("502 not known")
            elif command == "RETR":
                full = WORK + path.replace("/cut", "/model", 1)
                if not os.path.isfile(full):
                    self.say("550 no such file")
                    continue
                body = open(full, "rb").read()
                first = path.startswith("/cut") and path not in SEEN
                SEEN.add(path)
                self.data(body[:len(body) // 2] if first else body, not first)
            else:
                self.say("500 not known")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


servers = [Server(("127.0.0.1", 0), Session) for _ in range(2)]
for number, server in enumerate(servers):
    server.facts = number == 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
with open(WORK + "/ready", "w") as ready:
    print(*(server.server_address[1] for server in servers), file=ready)
threading.Event().wait()
