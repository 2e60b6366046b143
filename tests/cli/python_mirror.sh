#!/bin/sh
# python_mirror.sh - a python fetched from a mirror on loopback or in a folder, and run
# SPDX-License-Identifier: Apache-2.0
#
# The build on the mirror stands for a real one: a program python/bin/python3 that says of itself
# what is claimed, and otherwise starts the interpreter this machine has.
set -u

find_python=${BUILDDIR:-.}/tests/cli/find_python
host=$(PATH=/usr/bin:/bin command -v python3) || { echo "1..0 # SKIP no python3 here"; exit 77; }
case $(ldd --version 2>&1) in *musl*) libc=musl ;; *) libc=gnu ;; esac
triple=$(uname -m)-unknown-linux-$libc
top=$(mktemp -d) || exit 1
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$top"' EXIT
n=0
failed=0

check() { # NAME CONDITION...
	n=$((n + 1))
	name=$1
	shift
	if "$@"; then echo "ok $n - $name"; else
		echo "not ok $n - $name"
		failed=1
		sed 's/^/# /' "$top/out" "$top/err"
	fi
}

# Nothing of this machine but what lies in /usr can be found.
find_one() {
	env -i HOME="$top" PATH=/nonexistent PYFUNC_ENV_STORE="$top/store" no_proxy=127.0.0.1 \
		"$find_python" "$@" >"$top/out" 2>"$top/err"
}

# A build that claims VERSION, in an archive of the mirror's kind.
make_build() { # VERSION DATE
	tree=$top/tree/python
	rm -rf "$top/tree"
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
	tar -C "$top/tree" -czf "$top/mirror/cpython-$1+$2-$triple-install_only.tar.gz" python
}

mkdir -p "$top/mirror"
PATH=/usr/bin:/bin
make_build 3.7.4 20200101
make_build 3.7.9 20200822
make_build 3.7.9 20210101
touch "$top/mirror/cpython-3.7.17+20230826-$triple-debug-full.tar.zst"
touch "$top/mirror/cpython-3.7.17+20230826-sparc-unknown-linux-$libc-install_only.tar.gz"

find_one 3.7.9 --mirror "$top/mirror" --offline
check "offline forbids it" [ $? -eq 6 ]
check "and says so" grep -q "offline: the mirror was not asked" "$top/err"
find_one 3.7.9 --mirror "$top/mirror"
check "fetched from a folder" [ $? -eq 0 ]
exe=$(cut -d ' ' -f 1 "$top/out")
case $exe in "$top"/store/pythons/cpython-3.7.9+20210101-"$triple"-install_only-*/bin/python3.7) same=0 ;; *) same=1 ;; esac
check "the newest build, into the store" [ $same -eq 0 ]
check "it runs" [ "$("$exe" -c 'print(6 * 7)')" = 42 ]
check "nothing is left over" [ -z "$(ls -A "$top/store/tmp")" ]
find_one 3.7.9 --offline
check "found again without a mirror" grep -q "^$exe 3.7.9\$" "$top/out"
find_one 3.7.4 --mirror "$top/mirror" --strict
check "strictly another patch version" grep -q " 3.7.4\$" "$top/out"
rm -rf "$top/store"
find_one 3.7.1 --mirror "$top/mirror"
check "else the newest patch, with a note" grep -q "asks for python 3.7.1; using 3.7.9 (fetched)" "$top/err"
check "which is a substitute" grep -q " 3.7.9 substitute\$" "$top/out"
rm -rf "$top/store"
find_one 3.7.1 --mirror "$top/mirror" --strict
check "strictly none" [ $? -eq 6 ]
find_one 3.6 --mirror "$top/mirror"
check "no such minor" [ $? -eq 6 ]

# Over HTTP the digests must be told, and must be right.
cat >"$top/server.py" <<-'END'
	import functools, http.server, os, sys
	class Quiet(http.server.SimpleHTTPRequestHandler):
	    def log_message(self, *args): pass
	handler = functools.partial(Quiet, directory=sys.argv[1])
	server = http.server.HTTPServer(("127.0.0.1", 0), handler)
	open(sys.argv[2] + ".new", "w").write(str(server.server_port))
	os.rename(sys.argv[2] + ".new", sys.argv[2])
	server.serve_forever()
END
"$host" "$top/server.py" "$top/mirror" "$top/port" &
server=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -s "$top/port" ] && break
	sleep 0.2
done
url=http://127.0.0.1:$(cat "$top/port")
rm -rf "$top/store"
find_one 3.7 --mirror "$url"
check "no SHA256SUMS, no python" [ $? -eq 4 ]
(cd "$top/mirror" && sha256sum -- *.tar.gz >SHA256SUMS)
find_one 3.7 --mirror "$url/"
check "fetched over HTTP" grep -q " 3.7.9\$" "$top/out"
exe=$(cut -d ' ' -f 1 "$top/out")
check "it runs, too" [ "$("$exe" -c 'print(6 * 7)')" = 42 ]
rm -rf "$top/store"
printf x >>"$top/mirror/cpython-3.7.9+20210101-$triple-install_only.tar.gz"
find_one 3.7.9 --mirror "$url"
check "a wrong digest is refused" [ $? -eq 5 ]
check "with both digests" grep -q "sha256 is .*, expected " "$top/err"
find_one 3.7.9 --mirror "$top/mirror"
check "in a folder, too" [ $? -eq 5 ]
rm "$top/mirror/SHA256SUMS"
head -c 300 "$top/mirror/cpython-3.7.4+20200101-$triple-install_only.tar.gz" >"$top/cut"
mv "$top/cut" "$top/mirror/cpython-3.7.4+20200101-$triple-install_only.tar.gz"
find_one 3.7.4 --mirror "$top/mirror"
check "a cut archive is refused" [ $? -eq 5 ]
mv "$top/mirror/cpython-3.7.9+20200822-$triple-install_only.tar.gz" \
	"$top/mirror/cpython-3.7.8+20200822-$triple-install_only.tar.gz"
find_one 3.7.8 --mirror "$top/mirror"
check "one that is another version is refused" grep -q "is python 3.7.9" "$top/err"
check "the store holds nothing of them" [ -z "$(find "$top/store/pythons" -name 'cpython-*')" ]
find_one 3.7 --mirror ftp://h/x
check "only http, https and folders" [ $? -eq 2 ]
echo "1..$n"
exit $failed
