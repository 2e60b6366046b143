#!/bin/sh
# sdist.sh - source distributions built: by any backend, once, confined; what fails, lies or asks too much
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317 # functions that are called by check
. "${SRCDIR:-.}/tests/cli/tap.sh"
tool=$BUILDDIR/tests/cli/envtool
umask 022
for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\|UV_[A-Z_]*\|PYTHON[A-Z]*\|PYFUNC_ENV_NO_BUILD\)=.*/\1/p'); do unset "$name"; done
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/files"
python=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || skip_all "there is no python3"
site=lib/python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')/site-packages

# Somebody who listens on loopback, for as long as we are here.
mkdir "$work/outside"
"$python" -c 'import os, socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
with open(sys.argv[1] + ".new", "w") as f: f.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)' "$work/port" &
listener=$!
trap 'status=$?; kill $listener; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
"$python" "$SRCDIR/tests/cli/make_sdists.py" "$work/files" "$work/outside" "$(cat "$work/port")"

make() { "$tool" -m venv -p "$python" "$@"; }
# Needs, one a line, to an environment.
needs() { printf '%s\n' "$@" >"$work/needs"; }
build() { needs "r $1"; shift; make "$@" create "$work/needs"; }
told() { "$(cat "$work/out")/bin/python" -I -c "import $1; print($1.told$2)"; }
has() { test -e "$(cat "$work/out")/$site/$1"; }
building() { grep -c "building $1" "$work/err" || :; }
hash_of() { sha256sum "$work/files/$1" | cut -d' ' -f1; }

# ---- built, and what it needs ----
check "one with a backend of its own" ends 0 build intree
check "is built" test "$(building intree-1.0.tar.gz)" -eq 1
check "and installed" has intree-1.0.dist-info/METADATA
check "with what it needs" has beta-1.0.dist-info
check "its RECORD is whole" grep -q '^intree.py,sha256=' "$(cat "$work/out")/$site/intree-1.0.dist-info/RECORD"
check "one of setup.py alone" ends 0 build legacy
check "is built by setuptools, one of its time" has legacy-1.0.dist-info
check "a ZIP" ends 0 build zipped
check "is built, too" has zipped-1.0.dist-info
check "a backend that asks for more" ends 0 build asking
check "gets it" has asking-1.0.dist-info
check "which is not installed for good" sh -c '! test -e "$1"' - "$(cat "$work/out")/$site/helper.py"
check "a build that needs builds" ends 0 build outer
check "gets them" test "$(building innermost-1.0)$(building inner-1.0)$(building outer-1.0)" = 111
check "dependencies that hold for every build" ends 0 build settled
check "are read" has beta-1.0.dist-info
check "without a build" silent "asking settled"
check "those that may change" ends 0 build unsettled
check "are asked for" has beta-1.0.dist-info
check "nothing is left in tmp" none "$PYFUNC_ENV_STORE/tmp" -mindepth 1
check "nor in logs" none "$PYFUNC_ENV_STORE/logs" -mindepth 1

# ---- once ----
record=$(echo "$PYFUNC_ENV_STORE/built/$(hash_of intree-1.0.tar.gz)"-*.json)
check "a record tells how it was built" grep -q '"file":"intree-1.0-py3-none-any.whl"' "$record"
check "another environment of it" ends 0 build intree==1.0 -B
check "needs no build" test "$(building intree)" -eq 0
check "nor does one offline" ends 0 build 'intree<3' -B -o
check "really" has intree-1.0.dist-info
chmod -R u+w "$PYFUNC_ENV_STORE/wheels"
rm -rf "$PYFUNC_ENV_STORE"/envs/* "$PYFUNC_ENV_STORE"/wheels/*
check "when the wheel is gone" ends 0 build intree==1.0
check "it is built again" test "$(building intree)" -eq 1

# ---- a wheel, where there is one; or what is asked for ----
check "what has a wheel" ends 0 build both
check "is not built" test "$(told both)" = "a wheel"
check "unless that is asked for" ends 0 env PIP_NO_BINARY=both "$tool" -r -m venv -p "$python" create "$work/needs"
check "it is built" test "$(told both "['TOKEN']")" = ""
check "no builds: what has sources alone is not to be had" ends 6 build zipped -r -W
check "and that is told" said "zipped 1.0 has no wheel for this Python and platform, and is not to be built"
check "as pip's variable has it" ends 6 env PIP_ONLY_BINARY=:all: "$tool" -r -m venv -p "$python" create "$work/needs"
check "as uv's has it" ends 6 env UV_NO_BUILD=1 "$tool" -r -m venv -p "$python" create "$work/needs"
mkdir "$work/model"
printf 'flavors:\n  python_function:\n    loader_module: x\n    python_version: %s\n' \
	"$("$python" -c 'import platform; print(platform.python_version())')" >"$work/model/MLmodel"
echo zipped >"$work/model/requirements.txt"
expect "--no-build" 6 "is not to be built" "$program" create --no-build --env-manager venv --python "$python" "$work/model"
expect "PYFUNC_ENV_NO_BUILD" 6 "is not to be built" \
	env PYFUNC_ENV_NO_BUILD=1 "$program" create --env-manager venv --python "$python" "$work/model"
expect "the program builds" 0 "$PYFUNC_ENV_STORE/envs/" "$program" create --env-manager venv --python "$python" "$work/model"
printf -- '--no-binary both\nboth\n' >"$work/model/requirements.txt"
expect "a model may not choose sources" 3 "a model may not set build options" \
	"$program" create --env-manager venv --python "$python" "$work/model"
expect "unless it is let" 0 "" "$program" create --allow-model-index --env-manager venv --python "$python" "$work/model"
check "then they count" test "$(told both "['TOKEN']")" = ""

# ---- by its address, and with digests ----
needs "r intree @ file://$work/files/intree-1.0.tar.gz#sha256=$(hash_of intree-1.0.tar.gz)"
check "by its address" ends 0 make create "$work/needs"
check "it is known where it came from" grep -qF "\"sha256\":\"$(hash_of intree-1.0.tar.gz)\"" \
	"$(cat "$work/out")/$site/intree-1.0.dist-info/direct_url.json"
needs "r intree @ file://$work/files/intree-1.0.tar.gz#sha256=../../../$(hash_of intree-1.0.tar.gz)"
check "a digest that is none" ends 6 make create "$work/needs"
check "that is told" said "no SHA-256: ../../../"
cp "$work/files/zipped-1.0.zip" "$work/main.zip"
needs "r zipped @ file://$work/main.zip"
check "by an address that tells no version" ends 0 make create "$work/needs"
check "it is found out" has zipped-1.0.dist-info
needs "r intree @ file://$work/main.zip"
check "by the address of another" ends 5 make create "$work/needs"
check "that is told" said "it calls itself zipped 1.0"
needs "r both==1.0" "h sha256:$(hash_of both-1.0.tar.gz)"
check "the digest of the sources alone" ends 0 make create "$work/needs"
check "has them built" test "$(told both "['TOKEN']")" = ""
needs "r zipped==1.0" "h sha256:$(hash_of both-1.0.tar.gz)"
check "another's digest" ends 5 make create "$work/needs"

# ---- what fails ----
check "a build that fails, where there is another version" ends 0 build broken
check "that one is taken" has broken-1.0.dist-info
check "the failure is told" said "RuntimeError: the compiler is out for lunch"
rm -rf "$PYFUNC_ENV_STORE/logs"/*
check "one that fails, and nothing else" ends 6 build only-broken
check "says why" said "only-broken 1.0 cannot be used: its build fails with exit status 1: RuntimeError: the compiler"
check "with the log's last lines" said "to build is to err"
check "and its place" said "hint: the whole log: $PYFUNC_ENV_STORE/logs/build-only-broken."
check "which is there" grep -q 'out for lunch' "$PYFUNC_ENV_STORE/logs"/build-only-broken.*.log
check "it was tried once" test "$(building only-broken)" -eq 1
check "many that fail" ends 6 build in-vain
check "are not all tried" test "$(building in-vain-)" -eq 5
check "which is told" said "cannot be used: not tried, as 5 other versions could not be built"
for one in liar:"it calls itself beta 1.0" late-liar:"makes the wheel of another, beta-1.0-py3-none-any.whl" \
	no-wheel:"makes no wheel, but ../no_wheel" foreign:"for another interpreter, foreign-1.0-cp27" \
	linking:"no_such" nothing:"it has neither pyproject.toml nor setup.py" \
	climbing:"backend-path leaves the source" escaping:"climbs out of its directory" \
	asking-much:"names an address, which is for the user to do" \
	requiring-much:"names an address, which is for the user to do" \
	cycle-a:"cycle-a has to be built to build itself" deep-0:"more than 5 builds wait for one another" \
	chatty:"its build prints more than 16777216 bytes"; do
	check "${one%%:*} ends with 6" ends 6 build "${one%%:*}"
	[ "${one#*:}" = no_such ] || check "${one%%:*}: ${one#*:}" said "${one#*:}"
done
check "nothing is left of them" none "$PYFUNC_ENV_STORE/tmp" -mindepth 1 ! -name 'source-*'

# ---- confined ----
export MY_TOKEN=secret
check "a build that tries what it may not" ends 0 build free
check "does not get our secrets" test "$(told free "['TOKEN']")" = ""
check "nor our home" sh -c 'case $1 in "$2"/*) exit 1 ;; esac' - "$(told free "['HOME']")" "$HOME"
if grep -q '"confined":"yes"' "$PYFUNC_ENV_STORE/built/$(hash_of free-1.0.tar.gz)"-*.json; then
	check "cannot write elsewhere" test "$(told free "['outside']")" = "OSError 30"
	check "really" test ! -e "$work/outside/written"
	check "nor change what builds it" test "$(told free "['tools']")" = "OSError 30"
	check "but in its own place" test "$(told free "['inside']")" = "done"
	check "has no network" sh -c 'case $1 in OSError*|Conn*) ;; *) exit 1 ;; esac' - "$(told free "['network']")"
else
	skip "this kernel confines no builds"
fi

# ---- killed, and many at once ----
needs "r slow"
"$tool" -m venv -p "$python" create "$work/needs" >"$work/out" 2>"$work/err" & # no function: it would be another process
victim=$!
n=0
until find "$PYFUNC_ENV_STORE/tmp" -name slow -type f 2>/dev/null | grep -q . || [ $n -ge 200 ]; do
	n=$((n + 1))
	sleep 0.1
done
check "a build under way" test $n -lt 200
kill -9 $victim
wait $victim 2>/dev/null
check "killed, it left no record" none "$PYFUNC_ENV_STORE/built" -name "$(hash_of slow-1.0.tar.gz)*"
i=0 pids=
while [ $i -lt 3 ]; do
	make create "$work/needs" >"$work/out$i" 2>"$work/err$i" &
	pids="$pids $!"
	i=$((i + 1))
done
needs "r slow" "r beta"
make create "$work/needs" >"$work/out$i" 2>"$work/err$i" &
bad=0
for pid in $pids $!; do wait "$pid" || bad=$((bad + 1)); done
check "four at once afterwards all end well" test $bad -eq 0
check "one of them built" test "$(cat "$work"/err[0-3] | grep -c 'building slow')" -eq 1
check "the environments are good" ends 0 "$tool" verify
finish
