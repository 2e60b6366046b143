#!/bin/sh
# reach.sh - how servers are reached: through a proxy, by certificates of one's own, tried again or not
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # functions that are called by check
set -u
command -v python3 >/dev/null || { echo "1..0 # SKIPPED: there is no python3"; exit 77; }
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\|UV_[A-Z_]*\|SSL_[A-Z_]*\|[a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
command -v openssl >/dev/null || skip_all "there is no openssl to make certificates"
tool=${BUILDDIR:-.}/tests/cli/index_tool
for name in localhost other; do
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
		-keyout "$work/$name.key" -out "$work/$name.crt" 2>/dev/null || skip_all "openssl makes no certificates"
	cat "$work/$name.crt" "$work/$name.key" >"$work/$name.pem"
done
openssl x509 -hash -noout -in "$work/localhost.crt" >"$work/hash" && mkdir "$work/certs" &&
	cp "$work/localhost.crt" "$work/certs/$(cat "$work/hash").0"

cat >"$work/server.py" <<'PY'
# A proxy that answers by itself, and servers: good, of another name, one that wants to know who asks.
import http.server, os, ssl, sys, threading
work = sys.argv[1]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(work + "/log", "a") as f:
            print(self.server.name, self.path, self.headers.get("Proxy-Authorization"), self.headers.get("Authorization"), file=f)
        busy = self.path == "/busy" and not os.path.exists(work + "/asked")
        open(work + "/asked", "w").close()
        self.send_response(503 if busy else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *args): pass
ready = []
for name, cert, wants in (("proxy", None, False), ("tls", "localhost", False), ("other", "other", False), ("client", "localhost", True)):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.name = name
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(work + "/" + cert + ".pem")
        if wants:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(work + "/other.crt")
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    ready.append("%s=%d" % (name, server.server_port))
    threading.Thread(target=server.serve_forever).start()
with open(work + "/ready.new", "w") as f: f.write("\n".join(ready) + "\n")
os.rename(work + "/ready.new", work + "/ready")
PY
python3 "$work/server.py" "$work" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -e "$work/ready" ] && break; sleep 0.1; done
. "$work/ready" || { cat "$work/server"; exit 1; }
logged() { grep -qF -e "$1" "$work/log"; }
get() { rm -f "$work/asked" "$work/got"; : >"$work/log"; "$tool" -O "$work/got" "$@"; }

# shellcheck disable=SC2154 # ports, out of the file
check "through a proxy" get -P "http://127.0.0.1:$proxy" get http://nowhere.invalid/x
check "which is told the whole address" logged "proxy http://nowhere.invalid/x None None"
check "with a password of its own" get -P "http://me:secret@127.0.0.1:$proxy" get http://nowhere.invalid/x
check "that it gets" logged "proxy http://nowhere.invalid/x Basic bWU6c2VjcmV0 None"
check "as a variable has it" env http_proxy="http://127.0.0.1:$proxy" "$tool" -O "$work/got" get http://nowhere.invalid/v
check "it was asked" logged "proxy http://nowhere.invalid/v"
expect "not for those it is not for" 4 "" env no_proxy=nowhere.invalid http_proxy="http://127.0.0.1:$proxy" "$tool" -T 1 -O "$work/got" get http://nowhere.invalid/x
expect "a proxy that is not there" 4 "http://nowhere.invalid/x" get -T 1 -P http://me:secret@127.0.0.1:1 get http://nowhere.invalid/x
check "is told without its password" silent secret

check "a server that is busy once is asked again" get get "http://127.0.0.1:$proxy/busy"
expect "but not where one try is all" 4 "HTTP status 503" get -T 1 get "http://127.0.0.1:$proxy/busy"

# shellcheck disable=SC2154
here=https://localhost:$tls/x
expect "a certificate that nobody knows" 4 "$here" get -T 1 get "$here"
check "known by a file" get -C "$work/localhost.crt" get "$here"
check "by a folder" get -C "$work/certs" get "$here"
check "by SSL_CERT_FILE" env SSL_CERT_FILE="$work/localhost.crt" "$tool" -O "$work/got" get "$here"
check "not looked at, for a host that is trusted" get -t localhost get "$here"
check "for its port alone" get -t "localhost:$tls" get "$here"
expect "but not for another port" 4 "" get -T 1 -t "localhost:1" get "$here"
# shellcheck disable=SC2154
expect "a certificate of another name" 4 "" get -T 1 -C "$work/other.crt" get "https://localhost:$other/x"
# shellcheck disable=SC2154
expect "a server that wants to know who asks" 4 "" get -T 1 -C "$work/localhost.crt" get "https://localhost:$client/x"
check "is told by a certificate of one's own" get -C "$work/localhost.crt" -K "$work/other.pem" get "https://localhost:$client/x"
expect "not by another" 4 "" get -T 1 -C "$work/localhost.crt" -K "$work/localhost.pem" get "https://localhost:$client/x"
finish
