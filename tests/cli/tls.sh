#!/bin/sh
# tls.sh - certificates that are known and no good, an old protocol, a redirect to http; names that lead nowhere
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
tool=${BUILDDIR:-.}/tests/cli/index_tool
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\|SSL_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1,localhost,twice.invalid,nowhere.invalid
command -v python3 >/dev/null || skip_all "there is no python3"
command -v openssl >/dev/null || skip_all "there is no openssl"

# Each one vouches for itself, and is vouched for: there is nothing else that could be wrong.
cat >"$work/ca.cnf" <<END
[ca]
default_ca = own
[own]
database = $work/index.txt
serial = $work/serial
new_certs_dir = $work
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
END
: >"$work/index.txt"
certify() { # NAME, until when, whose
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -addext "subjectAltName=$3" -keyout "$work/$1.key" -out "$work/$1.csr" &&
		openssl ca -batch -config "$work/ca.cnf" -create_serial -selfsign -keyfile "$work/$1.key" -in "$work/$1.csr" \
			-out "$work/$1.crt" -notext -startdate 20200101000000Z -enddate "$2" && cat "$work/$1.key" "$work/$1.crt" >"$work/$1.pem"
}
{ certify good 20491231235959Z IP:127.0.0.1 && certify expired 20200102000000Z IP:127.0.0.1 &&
	certify other 20491231235959Z DNS:other.invalid,IP:127.0.0.2; } >"$work/check" 2>&1 || { sed 's/^/# /' "$work/check"; skip_all "no certificates can be made"; }
cat "$work"/good.crt "$work"/expired.crt "$work"/other.crt >"$work/known.crt"

cat >"$work/server.py" <<'PY'
import http.server, json, os, ssl, sys, threading, urllib.parse
work = sys.argv[1]
ports = {}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/api/"):
            return self.track(urllib.parse.urlsplit(self.path))
        down = self.path == "/down"
        self.send_response(302 if down else 200)
        if down:
            self.send_header("Location", "http://127.0.0.1:%d/" % ports["plain"])
        self.send_header("Content-Length", "0" if down else "2")
        self.end_headers()
        if not down:
            self.wfile.write(b"ok")
    def track(self, url): # a tracking server, whose model "there" is at the other one; who shows a certificate
        with open(os.path.join(work, "seen"), "a") as seen:
            print(self.server.name, "certificate" if self.connection.getpeercert() else "nothing", url.path, file=seen)
        mlmodel = b"flavors:\n  python_function:\n    loader_module: x\n"
        host = "//127.0.0.1:%d" % ports["theirs"] if "name=there" in url.query else ""
        answer = (json.dumps({"artifact_uri": "mlflow-artifacts:%s/m" % host}).encode() if "get-download-uri" in url.path
                  else mlmodel if url.path.endswith("/m/MLmodel") else
                  json.dumps({"files": [{"path": "MLmodel", "is_dir": False, "file_size": len(mlmodel)}]}).encode())
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *args): pass
class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *args): pass
for name, cert in (("plain", None), ("good", "good"), ("expired", "expired"), ("other", "other"), ("mine", "good"), ("theirs", "good"), ("old", "good")):
    server = Server(("127.0.0.1", 0), Handler)
    server.name = name
    ports[name] = server.server_port
    if cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(os.path.join(work, cert + ".pem"))
        if name in ("mine", "theirs"):
            context.load_verify_locations(os.path.join(work, "known.crt"))
            context.verify_mode = ssl.CERT_OPTIONAL
        if name == "old":
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=name != "old").start()
with open(os.path.join(work, "ports.new"), "w") as f:
    f.writelines("%s=%d\n" % pair for pair in ports.items())
os.rename(os.path.join(work, "ports.new"), os.path.join(work, "ports"))
PY
python3 -W ignore "$work/server.py" "$work" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ports"
good='' expired='' other='' old='' plain='' mine=''
. "$work/ports"
get() { "$tool" -T 1 -C "$work/known.crt" -O "$work/got" get "$1"; }

check "a certificate that is known and good" get "https://127.0.0.1:$good/"
check "what was fetched" grep -qx ok "$work/got"
expect "one that has expired" 4 "certificate has expired" get "https://127.0.0.1:$expired/"
expect "another host's" 4 "certificate subject name" get "https://127.0.0.1:$other/"
if printf '' | openssl s_client -connect "127.0.0.1:$old" -tls1_1 -cipher 'ALL:@SECLEVEL=0' 2>&1 | grep -q 'Protocol *: TLSv1.1'; then
	expect "TLS 1.1 is no more" 4 "SSL" get "https://127.0.0.1:$old/"
else
	skip "nobody speaks TLS 1.1 here"
fi
expect "from https to http is no way" 4 "redirected from https to http" get "https://127.0.0.1:$good/down"
for name in SSL_CERT_FILE= CURL_CA_BUNDLE= REQUESTS_CA_BUNDLE= PYTHONHTTPSVERIFY=0 NODE_TLS_REJECT_UNAUTHORIZED=0 GIT_SSL_NO_VERIFY=1; do
	expect "$name switches nothing off" 4 "expired" env "${name%%=*}=${name#*=}" "$tool" -T 1 -C "$work/known.crt" -O "$work/got" get "https://127.0.0.1:$expired/"
done

# ---- a client's certificate ----
: >"$work/seen"
track() {
	MLFLOW_TRACKING_URI="https://127.0.0.1:$mine" MLFLOW_TRACKING_SERVER_CERT_PATH="$work/known.crt" \
		MLFLOW_TRACKING_CLIENT_CERT_PATH="$work/good.pem" "${BUILDDIR:-build}/pyfunc-env" fetch "$@"
}
check "a tracking server is shown it" track models:/here/1
check "at each question" test "$(grep -c '^mine certificate' "$work/seen")" -eq 3
check "a model that is elsewhere" track models:/there/1
check "comes from there" grep -q '^theirs .*/m/MLmodel' "$work/seen"
check "where it is not shown" sh -c '! grep "^theirs certificate" "$1"' - "$work/seen"

# ---- names ----
expect "a name that nobody has" 4 "nowhere.invalid" get "http://nowhere.invalid/"
cat >"$work/named.sh" <<'END'
printf '::1 twice.invalid\n127.0.0.1 twice.invalid\n' >"$1/hosts"
mount --bind "$1/hosts" /etc/hosts || exit 77
shift
exec "$@"
END
if unshare -rm sh "$work/named.sh" "$work" true 2>/dev/null; then
	check "the first address is dead: the second is tried" unshare -rm sh "$work/named.sh" "$work" \
		"$tool" -T 1 -O "$work/got" get "http://twice.invalid:$plain/"
else
	skip "no name can be made here that has two addresses"
fi
finish
