#!/bin/sh
# index.sh - package indexes on loopback: what is asked for, kept, resumed, refused, never told on
# SPDX-License-Identifier: Apache-2.0
set -u
command -v python3 >/dev/null || { echo "1..0 # SKIPPED: there is no python3"; exit 77; }
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\|UV_[A-Z_]*\|[a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1
tool=${BUILDDIR:-.}/tests/cli/index_tool
# shellcheck disable=SC2015
command -v openssl >/dev/null && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=index -addext \
	subjectAltName=IP:127.0.0.1 -keyout "$work/key.pem" -out "$work/crt.pem" 2>/dev/null &&
	cat "$work/key.pem" "$work/crt.pem" >"$work/tls.pem" || rm -f "$work/tls.pem"
python3 "${SRCDIR:-.}/tests/cli/index_server.py" "$work" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
await "$work/ready"
. "$work/ready" || { cat "$work/server"; exit 1; }
secret=$(echo "$A" | sed 's|//|//me:secret@|')
cache=$work/cache

anew() { rm -rf "$cache"; : >"$work/log"; }
asked() { # PATTERN N: so many requests were like this
	[ "$(grep -cE -e "$1" "$work/log")" -eq "$2" ] || { cat "$work/log"; return 1; }
}
older() { find "$cache/pages" "$cache/hosts" -type f -exec touch -d '20 minutes ago' {} +; }
# The listing without what an HTML page cannot say, nor where it is.
outline() { "$tool" "$@" project demo | sed -E 's/ [0-9]+ (2020[^ ]*|-) / /; 1s/ http[^ ]*//; s,http.*/,,'; }
same() { outline "$@" | diff - "$work/outline"; }
lists() { "$tool" "$@" | grep -v '^ ' | diff - "$work/wanted"; }
wheels_of() { "$tool" "$@" | sed -n "/^1.10/,/^1.9/s/^  \(demo[^ ]*\).*/\1/p" | tr '\n' ' '; }
wheels() { [ "$(wheels_of -i "$A/json" project demo)" = "$1" ]; }

# ---- pages ----
anew
cat >"$work/wanted" <<-END
	demo $A/json 6 refused:0 
	3.0 1 wheels 0 sdists 0 misfits
	2.0rc1 1 wheels 0 sdists 0 misfits
	1.10 3 wheels 1 sdists 1 misfits
	1.9 1 wheels 0 sdists 0 misfits
	1.0 1 wheels 0 sdists 0 misfits
	0.9 0 wheels 1 sdists 0 misfits
END
check "versions, newest first" lists -i "$A/json/" project Demo
check "wheels best first, then the sdist" wheels "demo-1.10-1-cp311-cp311-manylinux_2_17_x86_64.whl demo-1.10-cp311-cp311-manylinux_2_17_x86_64.whl demo-1.10-py3-none-any.whl demo-1.10.tar.gz "
expect "a yanked file and why, its size and time" 0 "2020-02-29T12:00:00Z" "$tool" -i "$A/json" project demo
expect "why it is yanked" 0 "yanked:broken" "$tool" -i "$A/json" project demo
expect "Requires-Python against the interpreter" 0 "python:>=3.8 (not ours)" "$tool" -p 3.7.1 -i "$A/json" project demo
outline -i "$A/json" >"$work/outline"
for kind in html plain packed aged; do
	check "the same from a page of kind $kind" same -i "$A/$kind"
done
check "the same through a redirect" same -i "$A/moved"
check "the same after 503" same -i "$A/busy"
check "the same after a page that was cut" same -i "$A/cut"
expect "no such project" 0 "nothing: no such project" "$tool" -i "$A/json" project nothing
expect "a name that nothing bears" 0 ": no such project" "$tool" -i "$A/json" project ../demo
expect "another project's page" 5 "the page is of another project, evil" "$tool" -i "$A/evil" project demo
expect "an index that fails" 4 "HTTP status 500" "$tool" -i "$A/broken" project demo
expect "a page that never comes" 4 "connect" "$tool" -i http://127.0.0.1:1/simple project demo

# ---- what is kept ----
anew
check "a page with validators" same -c "$cache" -i "$A/json"
check "asked about again" same -c "$cache" -i "$A/json"
check "by its validator alone" asked "A GET /json/demo/ 304 If-None-Match" 1
check "offline nothing is asked" same -o -c "$cache" -i "$A/json"
check "no more requests" asked "" 2
expect "offline and never seen" 4 "offline, and the page of other" "$tool" -o -c "$cache" -i "$A/json" project other
for kind in plain aged; do
	anew
	check "a page of kind $kind" same -c "$cache" -i "$A/$kind"
	check "is good for a while" same -c "$cache" -i "$A/$kind"
	check "so that it is asked for once" asked "demo" 1
	older
	check "later" same -c "$cache" -i "$A/$kind"
	check "as long as its kind says" asked "demo" "$([ $kind = plain ] && echo 2 || echo 1)"
	check "refreshed when told to" same -r -c "$cache" -i "$A/$kind"
	check "it was asked for" asked "demo" "$([ $kind = plain ] && echo 3 || echo 2)"
done
for page in "$cache"/pages/*; do printf 'X' | dd of="$page" bs=1 seek=300 conv=notrunc 2>/dev/null; done
check "a damaged page is none" same -c "$cache" -i "$A/aged"
for page in "$cache"/pages/*; do truncate -s 100 "$page"; done
check "nor is a cut one" same -c "$cache" -i "$A/aged"
anew
expect "that there is none is kept" 0 "no such project" "$tool" -c "$cache" -i "$A/plain" project nothing
expect "also offline" 0 "no such project" "$tool" -o -c "$cache" -i "$A/plain" project nothing
check "and asked once" asked "nothing" 1

# ---- several places ----
anew
expect "the first index that knows a name has it" 0 "demo $B/html 6" "$tool" -i "$B/html" -i "$A/json" project demo
check "the second is not asked" asked "^A" 0
expect "one that does not know it is passed over" 0 "demo $A/json 6" "$tool" -i "$B/none" -i "$A/json" project demo
expect "one that fails is not" 4 "HTTP status 500" "$tool" -i "$B/broken" -i "$A/json" project demo
mkdir -p "$work/links"
cp "$work/files/demo-1.0-py3-none-any.whl" "$work/links/demo-4.0-py3-none-any.whl"
cp "$work/files/demo-1.9-py3-none-any.whl" "$work/files/big-1.0-py3-none-any.whl" "$work/links/"
expect "a folder adds to an index" 0 "demo $A/json 7" "$tool" -f "file://$work/links" -i "$A/json" project demo
expect "its files first" 0 "file://$work/links/demo-1.9-py3-none-any.whl" "$tool" -f "file://$work/links" -i "$A/json" project demo
expect "a folder alone" 0 "demo  2 refused:0" "$tool" -n -f "file://$work/links" -i "$A/json" project demo
expect "a page of links" 0 "demo  6 refused:0" "$tool" -c "$cache" -n -f "$A/list" project demo
expect "which is kept" 0 "demo  6 refused:0" "$tool" -o -c "$cache" -n -f "$A/list" project demo
expect "a single file" 0 "demo  1 refused:0" "$tool" -n -f "$A/side/demo-1.9-py3-none-any.whl" project demo
mkdir -p "$work/simple/demo"
for f in "$work"/links/demo-*; do echo "<a href='../../links/${f##*/}'>x</a>"; done >"$work/simple/demo/index.html"
expect "an index in a folder" 0 "demo file://$work/simple 2" "$tool" -i "file://$work/simple/" project demo
expect "what it has not" 0 "no such project" "$tool" -i "file://$work/simple/" project big
expect "metadata of a local wheel" 0 "other>=1" "$tool" -i "file://$work/simple" metadata demo==1.9
expect "a wheel that is not what its name says" 5 "its metadata is of demo 1.0" "$tool" -i "file://$work/simple" metadata demo==4.0
check "a local file is fetched" "$tool" -O "$work/got" -i "file://$work/simple" fetch demo==1.9
check "and whole" cmp "$work/got" "$work/links/demo-1.9-py3-none-any.whl"

# ---- metadata ----
anew
cat >"$work/wanted" <<-END
	demo-1.9-py3-none-any.whl
	  other>=1
	  six; extra == "x"
	  extras:1 python:>=3.8
END
needs() { "$tool" "$@" metadata demo==1.9 | diff - "$work/wanted"; }
check "from the file beside" needs -c "$cache" -i "$A/json"
check "which is the only one asked for" asked "A GET /side/" 1
check "kept for ever" needs -c "$cache" -i "$A/json"
check "by digest, from any index" needs -c "$cache" -i "$A/plain"
check "offline too" needs -o -c "$cache" -i "$A/json"
check "not asked again" asked "A GET /(side|ranges)/" 1
anew
check "from a wheel's end" needs -c "$cache" -i "$A/plain"
check "by its last part" asked "/ranges/demo-1.9-py3-none-any.whl 206 Range" 1
expect "a member far from the end" 0 "  a" "$tool" -c "$cache" -i "$A/plain" metadata big==1.0
check "in two parts" asked "/ranges/big.*206" 2
expect "a directory longer than that" 0 "  c" "$tool" -c "$cache" -i "$A/plain" metadata many==1.0
check "in two parts as well" asked "/ranges/many.*206" 2
check "the host was asked for files beside three wheels" asked "metadata 404" 3
expect "then no more" 0 "  other>=1" "$tool" -c "$cache" -i "$A/plain" metadata demo==1.0
check "for a day" asked "metadata 404" 3
anew
check "from the whole wheel" needs -c "$cache" -i "$A/packed"
check "when a part cannot be had" asked "/bare/demo.* 200" 2
expect "a wheel of another project" 5 "its metadata is of demo 1.0" "$tool" -c "$cache" -i "$A/json" metadata liar==1.0
expect "a source distribution" 0 "demo-0.9.tar.gz only a build can tell" "$tool" -i "$A/json" metadata demo==0.9
expect "offline and unknown" 4 "offline, and what demo-1.10-1-" sh -c '"$1" -c "$2" -i "$3/json" project demo && "$1" -o -c "$2" -i "$3/json" metadata demo==1.10' - "$tool" "$cache" "$A"

# ---- files ----
anew
whole=$work/files/demo-1.9-py3-none-any.whl
digest=$(sha256sum <"$whole" | cut -c1-64)
get() { rm -f "$work/got"; "$tool" -O "$work/got" "$@" && cmp "$work/got" "$whole"; }
check "a file of an index" get -i "$A/json" fetch demo==1.9
check "resumed where it broke" get -i "$A/aged" fetch demo==1.9
check "by range and validator" asked "/once/demo.*206 Range If-Range" 1
check "from anew when it has changed" get -s "$digest" get "$A/weak/demo-1.9-py3-none-any.whl"
check "by the whole answer" asked "/weak/demo.*200 Range If-Range" 1
expect "a login page" 5 "hint: it looks like HTML" "$tool" -O "$work/got" -s "$digest" get "$A/login/demo-1.9-py3-none-any.whl"
expect "another digest" 5 "expected $digest" "$tool" -O "$work/got" -s "$digest" get "$A/side/demo-1.0-py3-none-any.whl"
expect "a size that was not told" 5 "bytes came" "$tool" -O "$work/got" -z 99999 get "$A/side/demo-1.9-py3-none-any.whl"
expect "more than was told" 9 "larger than 10 bytes" "$tool" -O "$work/got" -z 10 get "$A/side/demo-1.9-py3-none-any.whl"
expect "many at once, one of them missing" 4 "404" "$tool" get "$A/side/demo-1.9-py3-none-any.whl" "$A/side/none" "$B/side/demo-1.0-py3-none-any.whl"

# ---- credentials ----
anew
expect "without credentials" 4 "hint: the server wants credentials" "$tool" -i "$A/auth" project demo
check "with those of the URL" same -c "$cache" -i "$secret/auth"
expect "for its files too" 0 "demo-1.9" "$tool" -c "$cache" -O "$work/got" -i "$secret/auth" fetch demo==1.9
check "they went along" asked "A GET /side/.* Authorization" 1
expect "not to whom it redirects" 4 "HTTP status 401" "$tool" -i "$secret/away" project demo
check "never to the other origin" asked "^B.*Authorization" 0
printf 'machine 127.0.0.1 login me password secret\n' >"$HOME/.netrc"
check "with netrc's" same -i "$A/auth"
expect "netrc's are not for whom it redirects to either" 4 "HTTP status 401" "$tool" -i "$A/away" project demo
check "never to the other origin, again" asked "^B.*Authorization" 0
rm "$HOME/.netrc"
expect "an error without the password" 4 "http://127.0.0.1:1/x/demo/" "$tool" -v -i "http://me:secret@127.0.0.1:1/x" project demo
check "as it was printed" sh -c '! "$1" -v -i "http://me:secret@127.0.0.1:1/x" project demo 2>&1 | grep -q secret' - "$tool"

# ---- the way there ----
anew
through=$(echo "$A" | sed 's|//|//me:pass@|')
expect "through a proxy" 0 "demo http://index.invalid/json 6" "$tool" -x "$through" -i http://index.invalid/json project demo
check "with the credentials that it wants" asked "A GET /json/demo/ 200 Proxy-Authorization" 1
expect "but to none that no_proxy names" 0 "demo $B/json 6" env no_proxy=127.0.0.1 "$tool" -x "$through" -i "$B/json" project demo
check "those are not told it" asked "^B.*Proxy-Authorization" 0
check "through a proxy of the environment" env http_proxy="$A" no_proxy= "$tool" -i http://index.invalid/json project demo
expect "tried once when that is asked" 4 "HTTP status 503" "$tool" -T 1 -i "$A/busy" project big
if [ -f "$work/tls.pem" ]; then
	expect "a certificate that nobody vouches for" 4 "certificate" "$tool" -K "$work/tls.pem" -i "$T/json" project demo
	check "that is known" same -C "$work/crt.pem" -K "$work/tls.pem" -i "$T/json"
	mkdir "$work/authorities"
	cp "$work/crt.pem" "$work/authorities/$(openssl x509 -hash -noout -in "$work/crt.pem").0"
	check "from a folder" same -C "$work/authorities" -K "$work/tls.pem" -i "$T/json"
	check "of a host that is trusted" same -t 127.0.0.1 -K "$work/tls.pem" -i "$T/json"
	check "and port" same -t "${T#https://}" -K "$work/tls.pem" -i "$T/json"
	check "and scheme" same -t "$T" -K "$work/tls.pem" -i "$T/json"
	expect "not of another port" 4 "certificate" "$tool" -t 127.0.0.1:1 -K "$work/tls.pem" -i "$T/json" project demo
	expect "nor scheme" 4 "certificate" "$tool" -t "http://${T#https://}" -K "$work/tls.pem" -i "$T/json" project demo
	expect "without one of our own" 4 "" "$tool" -C "$work/crt.pem" -i "$T/json" project demo
else
	skip "there is no openssl"
fi
check "no password in what is kept" sh -c '! grep -rq secret "$1"' - "$cache"
finish
