#!/bin/sh
# gone.sh - what was recorded leaves the index: resolved anew, but not offline and not where it is only away
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/wheels.sh"
unset PIP_NO_INDEX PIP_FIND_LINKS
"$maker" "$here/make_wheels.py" "$work/wheels"
mkdir -p "$work/simple/beta"
manager=auto store=$work/store
cat >"$work/server.py" <<'PY'
import functools, http.server, os, sys
class Index(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if os.path.exists(sys.argv[1] + "/broken") and self.path.endswith(".whl"):
            self.send_error(403)
        else:
            super().do_GET()
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Index, directory=sys.argv[1]))
with open(sys.argv[1] + "/port.new", "w") as f: f.write(str(server.server_port))
os.rename(sys.argv[1] + "/port.new", sys.argv[1] + "/port")
server.serve_forever()
PY
"$maker" "$work/server.py" "$work" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
PIP_INDEX_URL=http://127.0.0.1:$(cat "$work/port")/simple no_proxy=127.0.0.1
export PIP_INDEX_URL no_proxy

# VERSION...: those the index has from now on; its page is newer by a second each time.
pages=0
offer() {
	pages=$((pages + 1))
	rm -f "$work"/simple/beta/*
	for version in "$@"; do
		wheel=beta-$version-py3-none-any.whl
		cp "$work/wheels/$wheel" "$work/simple/beta/"
		echo "<a href='$wheel#sha256=$(sha256sum <"$work/wheels/$wheel" | cut -c1-64)'>$wheel</a>"
	done >"$work/simple/index.new"
	touch -d "@$((1600000000 + pages))" "$work/simple/index.new"
	mv "$work/simple/index.new" "$work/simple/beta/index.html"
}
forget() { chmod -R u+w "$store"; rm -rf "$store/envs" "$store/wheels"; }
has() { test -e "$(cat "$work/out")"/lib/python3*/site-packages/"$1"; }

echo 'r beta' >"$work/needs"
offer 1.0 2.0
check "an environment" ends 0 create create "$work/needs"
check "of the newest" has beta-2.0.dist-info
forget
offer 1.0
check "offline nothing can be done" ends 4 create -o create "$work/needs"
touch "$work/broken"
check "a file that is refused" ends 4 create create "$work/needs"
check "is no reason to take another" silent "resolving anew"
rm "$work/broken"
check "a file that is gone" ends 0 create create "$work/needs"
check "is one, with a warning" said "cannot be installed any more (beta-2.0-py3-none-any.whl: "
check "and not by the page that named it" has beta-1.0.dist-info
forget
check "that is recorded" ends 0 create create "$work/needs"
check "and found" silent resolving
forget
offer
check "where nothing is left" ends 6 create create "$work/needs"
finish
