#!/bin/sh
# git.sh - packages of git repositories: from a branch to a commit, built once, locked, told; what is not let through
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317 # functions that are called by check
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
command -v git >/dev/null && [ -e "$(git --exec-path)/git-http-backend" ] || skip_all "there is no git, or none that serves over HTTP"
"$maker" "$here/make_wheels.py" "$work/wheels"
unset GIT_SSL_CAINFO SSL_CERT_FILE
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
export no_proxy=127.0.0.1,localhost PYFUNC_ENV_PYTHON="$python" PYFUNC_ENV_ENV_MANAGER=venv PYFUNC_ENV_STORE="$work/store"
mkdir -p "$work/repos/demo" "$work/model"
: >"$work/log"
cd "$work/repos/demo" || exit 99
here=$(cd "$OLDPWD" && cd "$here" && pwd)
write() { "$maker" "$here/make_tree.py" "$@"; }
commit() { git add -A && git commit -q -m "$1" && git rev-parse HEAD; }
git init -q -b main
write . demo 1.0 'needs=["beta<2"]'
write sub/inner inner 3.0
one=$(commit one)
git tag -a v1 -m v1
git checkout -q -b next
write . demo 2.0
two=$(commit two)
git tag also
git checkout -q main
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	-keyout "$work/key.pem" -out "$work/cert.pem" >/dev/null 2>&1 && cat "$work/key.pem" "$work/cert.pem" >"$work/tls.pem"
"$maker" "$here/git_server.py" "$work" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
cd "$work" || exit 99
host=127.0.0.1:$(cat "$work/port")
url=http://$host/git/demo
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
printf 'flavors:\n  python_function:\n    loader_module: demo\n    python_version: %s\n' "$version" >"$work/model/MLmodel"
model() { printf '%s\n' "$@" >"$work/model/requirements.txt"; }
make() { "$program" create "$work/model" --allow-urls "$@"; }
asks() { model "$1"; shift; make "$@"; }
info() { cat "$(cat "$work/out")"/lib/python3*/site-packages/"$1"-*.dist-info/direct_url.json; }
tells() { [ "$(info "$1")" = "$2" ] || { info "$1"; return 1; }; }
holds() { test -e "$(cat "$work/out")"/lib/python3*/site-packages/"$1"; }
asked() { grep -q "$1" "$work/log"; }
not_asked() { ! asked "$1"; }
forget() { : >"$work/log"; }
commit_of() { printf '{"url":"%s","vcs_info":{"commit_id":"%s"%s,"vcs":"git"}}' "$1" "$2" "${3:+,\"requested_revision\":\"$3\"}"; }

# ---- the gate ----
model "demo @ git+$url@v1"
expect "a model may not name a repository" 3 "a model may not name a repository" "$program" create "$work/model"
check "nobody was asked" test ! -s "$work/log"
for scheme in hg svn bzr; do
	expect "$scheme: not even with --allow-urls" 3 "requirements.txt, line 1: only git's repositories are fetched" asks "demo @ $scheme+http://$host/demo"
done
expect "a place of this machine: the same" 3 "a model may not name places outside itself" asks "demo @ git+file://$work/repos/demo"
expect "nor an editable one" 3 "no repository is installed as editable" asks "-e git+$url@v1#egg=demo"
expect "and --upload-pack" 3 "requirements.txt, line 1" asks "demo @ git+$url@--upload-pack=x"
expect "where nothing is to be built" 6 "has to be built, which is not to be done" asks "demo @ git+$url@v1" --no-build
check "nobody was asked for any of them" test ! -s "$work/log"

# ---- from a tag, a branch, a commit, HEAD ----
expect "a tag" 0 "" make
check "its commit is fetched" said "fetching demo@$(echo "$one" | cut -c1-12)"
check "and built" said "building demo@$(echo "$one" | cut -c1-12)"
check "it is there" holds demo-1.0.dist-info
check "with what it needs" holds beta-1.0.dist-info
check "where it came from is told" tells demo "$(commit_of "$url" "$one" v1)"
tagged=$(cat "$work/out")
check "env show tells the commit" ends 0 "$program" env show "$(basename "$tagged")"
check "as it would be asked for" printed "  demo @ git+$url@$one"
check "a record tells what was built" grep -rqF "\"file\":\"git+$url@$one\"" "$PYFUNC_ENV_STORE/built"
forget
expect "again: the same one" 0 "$tagged" make
check "nobody was asked" test ! -s "$work/log"
expect "by the commit" 0 "" asks "demo @ git+$url@$one"
check "it was built before: nothing is fetched" silent "building"
check "nor was anybody asked" test ! -s "$work/log"
check "that is told, too" tells demo "$(commit_of "$url" "$one" "$one")"
expect "by the commit, offline, in another environment" 0 "" asks "demo[x] @ git+$url@$one" --offline --no-bytecode
expect "HEAD" 0 "" asks "demo @ git+$url"
check "is asked for, not fetched: it is that commit" silent "fetching demo"
check "and told without a revision" tells demo "$(commit_of "$url" "$one")"
expect "the beginning of a commit" 0 "" asks "demo @ git+$url@$(echo "$two" | cut -c1-9)"
check "is found" tells demo "$(commit_of "$url" "$two" "$(echo "$two" | cut -c1-9)")"
check "and built" holds demo-2.0.dist-info
expect "a branch of that commit" 0 "" asks "demo @ git+$url@next"
check "is not built again" silent "building"
expect "a tag of it, in pip's older way" 0 "" asks "git+$url@also#egg=demo"
check "is not built again either" silent "building"
check "its revision is its own" tells demo "$(commit_of "$url" "$two" also)"
expect "offline, a branch of which nothing is recorded" 4 "only its repository can tell which commit main is" asks "demo @ git+$url@main" --offline
expect "offline, a commit that was not built" 4 "was not built before" asks "demo @ git+$url@0123456789012345678901234567890123456789" --offline
expect "a revision that is none" 6 "requirements.txt, line 1: $url: there is no revision v9" asks "demo @ git+$url@v9"
expect "a commit that is none" 6 "there is no commit 0123456789012345678901234567890123456789" asks "demo @ git+$url@0123456789012345678901234567890123456789"
expect "a repository that is none" 4 "http://$host/git/nowhere: cannot be asked" asks "demo @ git+http://$host/git/nowhere"
expect "another project's" 5 "it calls itself demo 1.0" asks "other @ git+$url@v1"
expect "digests, which it has none of" 3 "has no --hash" asks "demo @ git+$url@v1
beta==1.0 --hash=sha256:$(sha256sum "$work/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)"
expect "two commits of one project" 6 "is asked for in two places" asks "demo @ git+$url@v1
demo @ git+$url@next"

# ---- a folder of it ----
expect "a folder of a repository" 0 "" asks "inner @ git+$url@v1#subdirectory=sub/inner"
check "is what is built" holds inner-3.0.dist-info
check "and told" tells inner "$(commit_of "$url" "$one" v1 | sed 's/}$/,"subdirectory":"sub\/inner"}/')"
expect "one that is not there" 5 "its repository has no folder sub/outer" asks "inner @ git+$url@v1#subdirectory=sub/outer"

# ---- a branch moves ----
expect "a branch" 0 "" asks "demo @ git+$url@next"
before=$(cat "$work/out")
git -C repos/demo checkout -q next
write repos/demo demo 3.0
three=$(cd repos/demo && commit three)
git -C repos/demo checkout -q main
expect "that moved: what is recorded counts" 0 "$before" make
expect "until it is looked at anew" 0 "" make --refresh
check "then it is the new commit" tells demo "$(commit_of "$url" "$three" next)"
check "really" holds demo-3.0.dist-info

# ---- locks ----
model "demo @ git+$url@v1"
expect "a lock" 0 "" "$program" lock "$work/model" --allow-urls -o "$work/pylock.toml"
check "names the commit" grep -qxF "vcs = { type = \"git\", url = \"$url\", requested-revision = \"v1\", commit-id = \"$one\" }" "$work/pylock.toml"
check "and no version that others could take for sure" sh -c '! grep -A1 "^name = \"demo\"" "$1" | grep -q ^version' - "$work/pylock.toml"
expect "it makes the same environment" 0 "$tagged" make --lock "$work/pylock.toml"
expect "the environment's own lock, too" 0 "$tagged" make --lock "$tagged/pylock.toml"
expect "as JSON" 0 "" "$program" lock --json "$work/model" --allow-urls -o "$work/lock.json"
expect "the same" 0 "$tagged" make --lock "$work/lock.json"
forget
expect "elsewhere" 0 "" env PYFUNC_ENV_STORE="$work/other" "$program" create "$work/model" --allow-urls --lock "$work/pylock.toml"
check "it is fetched and built" said "building demo@"
check "without a question which commit that is" test "$(grep -c info/refs "$work/log")" -eq 1
check "and is what it was" tells demo "$(commit_of "$url" "$one" v1)"
expect "as requirements" 0 "pip takes none beside it" "$program" lock "$work/model" --allow-urls -f requirements -o "$work/lock.txt"
check "the commit" grep -qxF "demo @ git+$url@$one" "$work/lock.txt"
check "no digests, which pip would want of all" sh -c '! grep -q hash= "$1"' - "$work/lock.txt"
expect "which is no lock, then: 5" 5 "has no digest" make --lock "$work/lock.txt"
sed 's/^\(beta==.*\)/\1 --hash=sha256:'"$(sha256sum "$work/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)"/ "$work/lock.txt" | grep -v setuptools >"$work/mixed.txt"
expect "with digests of the rest it is one" 0 "" make --lock "$work/mixed.txt"
check "of that commit" tells demo "$(commit_of "$url" "$one" "$one")"
printf 'demo @ git+%s@v1\n' "$url" >"$work/bad.txt"
expect "a branch is no lock: 5" 5 "of demo no commit is named" make --lock "$work/bad.txt"
refused() { # name, what is said, script of sed
	sed "$3" "$work/pylock.toml" >"$work/bad.toml"
	cmp -s "$work/bad.toml" "$work/pylock.toml" && tap 1 "$1: the lock was not changed"
	expect "$1: 5" 5 "$2" make --lock "$work/bad.toml"
}
refused "half a commit" "no commit is named" 's/\(commit-id = ".\{20\}\)[^"]*/\1/'
refused "another kind" "of another kind than git: hg" 's/type = "git"/type = "hg"/'
refused "a place of this machine" "is a place of one machine" "s,url = \"$url,url = \"file:///x,"
refused "a folder outside" "the repository of demo is none" 's,commit-id = ,subdirectory = "../x"\, commit-id = ,'
refused "a revision of two lines" "the repository of demo is none" 's/requested-revision = "v1"/requested-revision = "v1\\nx"/'
PYFUNC_ENV_STORE=$work/third refused "another version" "makes the wheel of another, demo-1.0" '/^\[packages.tool/,/^$/s/^version = "1.0"$/version = "7.0"/'
model "demo @ git+$url@next"
expect "another revision is needed: 5" 5 "is locked as another commit" make --lock "$work/pylock.toml"
sed '/^needs = /d; s/requested-revision = "v1", //' "$work/pylock.toml" >"$work/untold.toml"
expect "of one that does not tell what was asked for it is believed" 0 "" make --lock "$work/untold.toml"
model "demo @ git+$url@$one"
expect "that very commit is" 0 "" make --lock "$work/pylock.toml"
model demo
cp "$work/pylock.toml" "$work/model/pylock.toml"
expect "a model's own lock: not followed" 6 "which only --allow-urls lets a model name" "$program" create "$work/model"
expect "unless that is allowed" 0 "the packages are those of the model's own pylock.toml" make
check "then it is" tells demo "$(commit_of "$url" "$one" v1)"
rm "$work/model/pylock.toml"
{
	printf 'version = 1\nrequires-python = ">=3.6"\n[[package]]\nname = "demo"\nversion = "1.0"\n'
	printf 'source = { git = "%s?rev=v1#%s" }\n' "$url" "$one"
	printf '[[package]]\nname = "inner"\nversion = "3.0"\nsource = { git = "%s?subdirectory=sub%%2Finner&tag=v1#%s" }\n' "$url" "$one"
} >"$work/uv.lock"
model "demo @ git+$url@v1" "inner @ git+$url@v1#subdirectory=sub/inner"
expect "a uv.lock" 0 "" make --lock "$work/uv.lock"
check "has its commit" tells demo "$(commit_of "$url" "$one" v1)"
check "and its folder" tells inner "$(commit_of "$url" "$one" v1 | sed 's/}$/,"subdirectory":"sub\/inner"}/')"

# ---- neither a branch nor a tag ----
git -C repos/demo checkout -q --detach main
write repos/demo demo 7.0
(cd repos/demo && commit seven >/dev/null && git update-ref refs/pull/7/head HEAD && git checkout -q main)
model "demo @ git+$url@refs/pull/7/head"
expect "a reference by its whole name" 0 "" "$program" lock "$work/model" --allow-urls -o "$work/pull.toml"
expect "which is where its commit is had from" 0 "" env PYFUNC_ENV_STORE="$work/fifth" "$program" create "$work/model" --allow-urls --lock "$work/pull.toml"
check "again" holds demo-7.0.dist-info

# ---- what is installed, compared ----
model "demo @ git+$url@v1"
expect "no difference" 0 "verdict: none" "$program" diff "$work/model" --python "$tagged/bin/python"
expect "nor by the commit" 0 "verdict: none" sh -c 'echo "demo @ git+$1@$2" >"$3/requirements.txt"; "$4" diff "$3" --python "$5/bin/python"' - "$url" "$one" "$work/model" "$program" "$tagged"
model "git+$url@$two#egg=demo"
expect "another commit is one" 1 "installed from $url@$one (v1)" "$program" diff "$work/model" --python "$tagged/bin/python"
expect "deps says what is asked for" 0 "git+$url@$two#egg=demo" "$program" deps "$work/model"

# ---- who is asked, and who asks ----
guarded=http://me:hunter2@$host/guarded/demo
forget
expect "a repository for those who know a password" 0 "" asks "demo @ git+$guarded@v1"
check "gets it when it asks" asked '^/guarded/demo/info/refs 127.0.0.1 somebody'
check "where it came from is told without" tells demo "$(commit_of "http://$host/guarded/demo" "$one" v1)"
check "it is written nowhere" sh -c '! grep -rq hunter2 "$1"' - "$PYFUNC_ENV_STORE"
expect "nor in a lock" 0 "" "$program" lock "$work/model" --allow-urls -o "$work/guarded.toml"
check "really" sh -c 'grep -q "guarded/demo" "$1" && ! grep -q "hunter2\|me:" "$1"' - "$work/guarded.toml"
expect "made from it elsewhere: the requirement has the password" 0 "" env PYFUNC_ENV_STORE="$work/fourth" \
	"$program" create "$work/model" --allow-urls --lock "$work/guarded.toml"
check "which is not written there either" sh -c '! grep -rq hunter2 "$1"' - "$work/fourth"
expect "a wrong one" 4 "the server wants credentials" asks "demo @ git+http://me:hunter3@$host/guarded/demo@next"
check "is not shown" sh -c '! grep -q hunter3 "$1" "$2"' - "$work/out" "$work/err"
expect "none" 4 "it asks for a name and a password, and its URL has none" asks "demo @ git+http://$host/guarded/demo@next"
if [ -s tls_port ]; then
	tls=https://localhost:$(cat tls_port)/git/demo
	expect "a certificate of nobody's" 4 "the certificate of localhost is not one to be trusted" asks "demo @ git+$tls@v1"
	expect "one that is trusted" 0 "" env SSL_CERT_FILE="$work/cert.pem" "$program" create "$work/model" --allow-urls
	check "is as good as any" tells demo "$(commit_of "$tls" "$one" v1)"
	expect "not for another name" 4 "is not one to be trusted" env SSL_CERT_FILE="$work/cert.pem" \
		sh -c 'echo "demo @ git+$1@v1" >"$2/requirements.txt"; "$3" create "$2" --allow-urls' - \
		"$(echo "$tls" | sed s/localhost/127.0.0.1/)" "$work/model" "$program"
else
	skip "no openssl, or no TLS in Python: nothing is fetched over https"
fi
forget
expect "a repository that has moved" 0 "" asks "demo @ git+http://$host/moved/demo@v1"
check "is followed" asked '^/git/demo/info/refs localhost -'
forget
expect "not with a password" 4 "it redirects to http://localhost:" asks "demo @ git+http://me:hunter2@$host/moved/demo@next"
check "which nobody elsewhere got" not_asked 'localhost somebody'
forget
expect "nor to another port" 4 "HTTP status 401" asks "demo @ git+http://me:hunter2@$host/port/demo@next"
check "which was told nothing, either" sh -c '! grep -v "^/port/" "$1" | grep somebody' - "$work/log"

# ---- what comes with it ----
git -C repos/demo update-index --add --cacheinfo "160000,$one,lib"
git -C repos/demo commit -q -m sub
expect "a repository with a submodule" 0 "the submodule of demo@" asks "demo @ git+$url@main"
git -C repos/demo checkout -q -b describes v1
"$maker" - repos/demo/mini/backend.py <<'PY'
import sys
with open(sys.argv[1], "a") as f:
    f.write('\nimport subprocess\nreal = project\n\ndef project():\n'
            '    said = subprocess.run(["git", "describe", "--tags", "--dirty"], stdout=subprocess.PIPE).stdout.decode().strip()\n'
            '    return dict(real(), version="9.0+" + said.replace("-", "."))\n')
PY
git -C repos/demo commit -q -a -m describes
model "demo @ git+$url@describes"
expect "a version made of tags and commits" 0 "" env GIT_DIR="$work/nowhere" "$program" create "$work/model" --allow-urls
check "is that of the repository, whose files are as they were" holds "demo-9.0+v1.1.g$(git -C repos/demo rev-parse --short=7 HEAD).dist-info"

# ---- interrupted, and killed ----
model "demo @ git+http://$host/stalled/demo@v1"
forget
"$program" create "$work/model" --allow-urls --refresh >"$work/out" 2>"$work/err" &
victim=$!
n=0
until asked stalled || [ $n -ge 100 ]; do
	n=$((n + 1))
	sleep 0.1
done
kill -TERM $victim
wait $victim
check "a server that says nothing is not waited for, once we are to stop" test $? -eq 143
check "and nothing is left" none "$PYFUNC_ENV_STORE/tmp" -mindepth 1 ! -name 'source-*'
git -C repos/demo checkout -q main
write repos/demo demo 4.0 'marks="slow"' 'sleeps=5'
(cd repos/demo && commit slow >/dev/null)
model "demo @ git+$url@main"
"$program" create "$work/model" --allow-urls --refresh >/dev/null 2>&1 &
victim=$!
n=0
until find "$PYFUNC_ENV_STORE/tmp" -name slow -type f 2>/dev/null | grep -q . || [ $n -ge 200 ]; do
	n=$((n + 1))
	sleep 0.1
done
check "a build under way" test $n -lt 200
kill -9 $victim
wait $victim 2>/dev/null
check "killed, it left no record" sh -c '! grep -rqF "$1" "$2"' - "$(git -C repos/demo rev-parse main)" "$PYFUNC_ENV_STORE/built"
expect "afterwards it is built" 0 "building demo@" make --refresh
check "and good" holds demo-4.0.dist-info
expect "what was left is swept" 0 "" "$program" env gc
check "all is good" ends 0 "$program" env verify

# ---- without the program between ----
printf 'r demo @ git+file://%s@v1\n' "$work/repos/demo" >"$work/needs"
check "a folder of the user's" ends 0 "$tool" -s "$work/local" -p "$python" -m venv create "$work/needs"
check "is as good as a host" tells demo "$(commit_of "file://$work/repos/demo" "$one" v1)"
check "its lock does not tell it" sh -c '! grep -q "$1" "$2/pylock.toml"' - "$work/repos" "$(cat "$work/out")"
printf 'r demo @ git+file://%s@%s\n' "$work/repos/demo" "$one" >"$work/needs"
check "its commit, with the repository gone" sh -c 'mv "$1/repos/demo" "$1/repos/gone" && "$2" -s "$1/local" -p "$3" -m venv -o create "$1/needs"' - "$work" "$tool" "$python"
finish
