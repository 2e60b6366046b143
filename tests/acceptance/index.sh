#!/bin/sh
# index.sh - hostile pages of a package index, over HTTP: refused by their kind, or their bad rows are
# SPDX-License-Identifier: Apache-2.0
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with hostile/make_hostile.py). A page of the corpus is about the
# project "demo". What is to be refused may offer no file that is named with a digest.
. "${SRCDIR:-.}/tests/cli/tap.sh"
corpus=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/hostile/make_hostile.py
[ -r "$corpus" ] || skip_all "PYFUNC_ENV_ACCEPTANCE has no hostile/make_hostile.py"
command -v python3 >/dev/null || skip_all "there is no python3"
tool=${BUILDDIR:-.}/tests/cli/index_tool
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1
python3 "$corpus" "$work/hostile" >/dev/null 2>&1
grep -P '\tindex\tindex/[^\t]*/simple\.(json|html)\t' "$work/hostile/index.tsv" >"$work/cases"

cat >"$work/server.py" <<'END'
import http.server, os, sys
root, ready = sys.argv[1:]
KINDS = {"simple.json": "application/vnd.pypi.simple.v1+json", "simple.html": "text/html"}
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass
    def do_GET(self): # /CASE/demo/
        case = os.path.join(root, self.path.split("/")[1])
        for name, kind in KINDS.items():
            if self.path.endswith("/demo/") and os.path.exists(os.path.join(case, name)):
                with open(os.path.join(case, name), "rb") as f:
                    body = f.read()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                return self.wfile.write(body)
        self.send_error(404)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(ready + ".tmp", "w") as f:
    f.write(f"http://127.0.0.1:{server.server_port}")
os.rename(ready + ".tmp", ready)
server.serve_forever()
END
python3 "$work/server.py" "$work/hostile/index" "$work/ready" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
url=$(cat "$work/ready")

offers() { grep -qE '^  [^ ]+ [0-9]+ [^ ]+ [0-9a-f]{64}( |$)' "$work/out"; }
judge() { # accept|reject, code, status
	[ "$(tr -d '\n\040-\176' <"$work/err" | wc -c)" -eq 0 ] || return 1
	if [ "$1" = accept ]; then
		[ "$3" -eq 0 ] && offers
	elif [ "$3" -eq 0 ]; then # the page is good, its row is not
		! offers
	else
		{ [ "$3" -eq "$2" ] || [ "$3" -eq 5 ]; } && [ ! -s "$work/out" ] &&
			[ "$(grep -cE '^pyfunc-env: (integrity|limit): ' "$work/err")" -eq 1 ]
	fi
}
while IFS='	' read -r id _ _ wanted code _; do
	# shellcheck disable=SC3045 # dash and bash both have it
	(ulimit -v 524288 && exec timeout 5 "$tool" -c "$work/cache" -i "$url/${id#index/}" project demo) \
		>"$work/out" 2>"$work/err" </dev/null
	rc=$?
	judge "$wanted" "$code" $rc
	tap $? "$id ($wanted $code: status $rc)"
done <"$work/cases"
check "there are cases" test "$tap_number" -ge 17
finish
