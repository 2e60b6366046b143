#!/bin/sh
# python_mirror.sh - a python fetched from a mirror on loopback or in a folder, and run
# SPDX-License-Identifier: Apache-2.0
#
# The build on the mirror stands for a real one: a program python/bin/python3 that says of itself
# what is claimed, and otherwise starts the interpreter this machine has.
. "${SRCDIR:-.}/tests/cli/tap.sh"
find_python=${BUILDDIR:-.}/tests/cli/find_python
host=$(PATH=/usr/bin:/bin command -v python3) || skip_all "there is no python3"
case $(ldd --version 2>&1) in *musl*) libc=musl ;; *) libc=gnu ;; esac
triple=$(uname -m)-unknown-linux-$libc

# Nothing of this machine but what lies in /usr can be found.
find_one() {
	env -i HOME="$work" PATH=/nonexistent PYFUNC_ENV_STORE="$work/store" no_proxy=127.0.0.1 \
		"$find_python" "$@"
}

# A build that claims VERSION, in an archive of the mirror's kind.
make_build() { # VERSION DATE
	tree=$work/tree/python
	rm -rf "$work/tree"
	mkdir -p "$tree/bin" "$tree/lib"
	cat >"$tree/bin/python3.7" <<-END
		#!/bin/sh
		PATH=/usr/bin:/bin
		here=\$(cd "\$(dirname "\$0")/.." && pwd)
		case "\$*" in *base_exe*) ;; *) exec $host "\$@" ;; esac
		cat <<X
		pyfunc-env python 1
		version $1
		info $(echo "$1" | tr . ' ')
		implementation cpython
		base_prefix \$here
		base_exe \$here/bin/python3.7
		platform linux-$(uname -m)
		lib lib/python3.7
		end
		X
	END
	chmod 755 "$tree/bin/python3.7"
	ln -s python3.7 "$tree/bin/python3"
	tar -C "$work/tree" -czf "$work/mirror/cpython-$1+$2-$triple-install_only.tar.gz" python
}

mkdir -p "$work/mirror"
PATH=/usr/bin:/bin
make_build 3.7.4 20200101
make_build 3.7.9 20200822
make_build 3.7.9 20210101
touch "$work/mirror/cpython-3.7.17+20230826-$triple-debug-full.tar.zst"
touch "$work/mirror/cpython-3.7.17+20230826-sparc-unknown-linux-$libc-install_only.tar.gz"

expect "offline forbids it" 6 "offline: the mirror was not asked" find_one 3.7.9 --mirror "$work/mirror" --offline
expect "fetched from a folder" 0 "" find_one 3.7.9 --mirror "$work/mirror"
exe=$(cut -d ' ' -f 1 "$work/out")
case $exe in "$work"/store/pythons/cpython-3.7.9+20210101-"$triple"-install_only-*/bin/python3.7) same=0 ;; *) same=1 ;; esac
check "the newest build, into the store" [ $same -eq 0 ]
check "it runs" [ "$("$exe" -c 'print(6 * 7)')" = 42 ]
check "nothing is left over" [ -z "$(ls -A "$work/store/tmp")" ]
ends 0 find_one 3.7.9 --offline
check "found again without a mirror" grep -q "^$exe 3.7.9\$" "$work/out"
ends 0 find_one 3.7.4 --mirror "$work/mirror" --strict
check "strictly another patch version" grep -q " 3.7.4\$" "$work/out"
rm -rf "$work/store"
ends 0 find_one 3.7.1 --mirror "$work/mirror"
check "else the newest patch, with a note" said "asks for python 3.7.1; using 3.7.9 (fetched)"
check "which is a substitute" grep -q " 3.7.9 substitute\$" "$work/out"
rm -rf "$work/store"
expect "strictly none" 6 "" find_one 3.7.1 --mirror "$work/mirror" --strict
expect "no such minor" 6 "" find_one 3.6 --mirror "$work/mirror"

# Over HTTP the digests must be told, and must be right.
cat >"$work/server.py" <<-'END'
	import functools, http.server, os, sys
	class Quiet(http.server.SimpleHTTPRequestHandler):
	    def log_message(self, *args): pass
	handler = functools.partial(Quiet, directory=sys.argv[1])
	server = http.server.HTTPServer(("127.0.0.1", 0), handler)
	open(sys.argv[2] + ".new", "w").write(str(server.server_port))
	os.rename(sys.argv[2] + ".new", sys.argv[2])
	server.serve_forever()
END
"$host" "$work/server.py" "$work/mirror" "$work/port" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/port"
url=http://127.0.0.1:$(cat "$work/port")
rm -rf "$work/store"
expect "no SHA256SUMS, no python" 4 "" find_one 3.7 --mirror "$url"
(cd "$work/mirror" && sha256sum -- *.tar.gz >SHA256SUMS)
ends 0 find_one 3.7 --mirror "$url/"
check "fetched over HTTP" grep -q " 3.7.9\$" "$work/out"
exe=$(cut -d ' ' -f 1 "$work/out")
check "it runs, too" [ "$("$exe" -c 'print(6 * 7)')" = 42 ]
rm -rf "$work/store"
printf x >>"$work/mirror/cpython-3.7.9+20210101-$triple-install_only.tar.gz"
expect "a wrong digest is refused" 5 "" find_one 3.7.9 --mirror "$url"
check "with both digests" grep -q "sha256 is .*, expected " "$work/err"
expect "in a folder, too" 5 "" find_one 3.7.9 --mirror "$work/mirror"
rm "$work/mirror/SHA256SUMS"
head -c 300 "$work/mirror/cpython-3.7.4+20200101-$triple-install_only.tar.gz" >"$work/cut"
mv "$work/cut" "$work/mirror/cpython-3.7.4+20200101-$triple-install_only.tar.gz"
expect "a cut archive is refused" 5 "" find_one 3.7.4 --mirror "$work/mirror"
mv "$work/mirror/cpython-3.7.9+20200822-$triple-install_only.tar.gz" \
	"$work/mirror/cpython-3.7.8+20200822-$triple-install_only.tar.gz"
expect "one that is another version is refused" 5 "is python 3.7.9" find_one 3.7.8 --mirror "$work/mirror"
check "the store holds nothing of them" [ -z "$(find "$work/store/pythons" -name 'cpython-*')" ]
expect "only http, https and folders" 2 "" find_one 3.7 --mirror ftp://h/x
finish
