#!/bin/sh
# env_create.sh - environments made by each driver: exact, closed to the outside, at their final place
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/common.sh"
"$maker" "$here/make_wheels.py" "$W/wheels"

cat >"$W/check_record.py" <<'PY'
# Every line of every RECORD holds: the file is there, with that digest and size.
import base64, csv, glob, hashlib, os, sys
site, = glob.glob(os.path.join(sys.argv[1], "lib", "python3*", "site-packages"))
count = 0
for record in glob.glob(os.path.join(site, "*.dist-info", "RECORD")):
    for path, digest, size in csv.reader(open(record, newline="")):
        data = open(os.path.join(site, path), "rb").read()
        if digest:
            want = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert digest == "sha256=" + want and int(size) == len(data), path
            count += 1
assert count > 4
PY

no_temporary_path() {
	! grep -rlF "$store/tmp" "$env" && ! grep -rlE "tmp/$(basename "$env")\\." "$env"
}
read_only() { none "$env" -type f -perm /222; }
has() { test -e "$(cat "$W/out")"/lib/python3*/site-packages/"$1"; }

old=$("$python" -c 'import sys; print(int(sys.version_info < (3, 12)))')
echo 'r beta==1.0' >"$W/beta"
# The pip that the pip driver itself is.
bundled=$("$python" -c 'import ensurepip, glob, os
own = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
wheels = [w for d in (own, "/usr/share/python-wheels") for w in glob.glob(d + "/pip-*.whl")]
print(wheels[0] if wheels else "")' 2>/dev/null) || bundled=
[ -z "$bundled" ] || cp "$bundled" "$W/wheels/"
# pip's half uses the interpreter's own pip; the virtualenv program has a case of its own below.
virtualenv=$(command -v virtualenv || :)

# A place that asks for a user and a password.
cat >"$W/server.py" <<'PY'
import base64, functools, http.server, os, sys
class Guarded(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.headers.get("Authorization") == "Basic " + base64.b64encode(b"me:hunter2").decode():
            super().do_GET()
        else:
            self.send_error(401)
    do_HEAD = do_GET
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Guarded, directory=sys.argv[1]))
with open(sys.argv[2] + ".new", "w") as f: f.write(str(server.server_port))
os.rename(sys.argv[2] + ".new", sys.argv[2])
server.serve_forever()
PY
"$maker" "$W/server.py" "$W/wheels" "$W/port" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$W" 2>/dev/null; rm -rf "$W"; exit $status' EXIT
tries=0
until [ -s "$W/port" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || skip_all "no server on loopback"
	sleep 0.1
done
no_proxy=127.0.0.1
export no_proxy
for manager in $managers; do
	echo "# $manager"
	if [ "$manager" = virtualenv ]; then PATH=/usr/bin:/bin; fi
	store="$W/$manager, a store's \"place\""
	printf 'r alpha\nc beta<3\nb gamma==1.0\nk libopenblas=0.3\nk conda-forge::beta>=1\n' >"$W/needs"
	printf 'r alpha==1.0\n' >"$W/plain"

	ok "$manager: a conflict between requirements" sh -c \
		'printf "r gamma\nr delta\n" >"$1"' - "$W/conflict"
	ok "$manager: ends with 6" fails 6 create create "$W/conflict"
	ok "$manager: and is explained by the names" sh -c 'grep -q gamma "$1" && grep -q delta "$1"' - "$W/err"
	ok "$manager: a name nobody has ends with 6" sh -c 'echo "r nonexistent" >"$1"' - "$W/unknown"
	ok "$manager: with 6" fails 6 create create "$W/unknown"
	ok "$manager: its log is kept" said "the whole log: $store/logs/"
	ok "$manager: nothing is left in tmp" none "$store/tmp" -mindepth 1

	ok "$manager: create" fails 0 create create "$W/needs"
	env=$(cat "$W/out")
	ok "$manager: conda packages are listed" said "libopenblas=0.3, conda-forge::beta>=1"
	ok "$manager: constraints and build dependencies count" test -e "$env"/lib/python3*/site-packages/beta-1.0.dist-info
	ok "$manager: the program starts from its final place" sh -c '"$1/bin/alpha-run" | grep -qF "$1"' - "$env"
	ok "$manager: no temporary path in any file" no_temporary_path
	ok "$manager: nor a warning of one" silent "where it was built"
	ok "$manager: files are read-only" read_only
	ok "$manager: RECORD agrees" "$maker" "$W/check_record.py" "$env"
	ok "$manager: byte code is there" test -n "$(find "$env" -name 'alpha.*.pyc')"
	ok "$manager: byte code names the final place" grep -qF "$(basename "$env")" "$(find "$env" -name 'alpha.*.pyc')"
	ok "$manager: verify finds it good" fails 0 "$tool" -s "$store" verify
	ok "$manager: nothing is left in tmp" none "$store/tmp" -mindepth 1
	ok "$manager: nothing is left in logs of what went well" none "$store/logs" -name "$(basename "$env")*"

	ok "$manager: again, without the drivers" fails 0 env PATH=/nonexistent "$tool" -s "$store" -p "$python" -m "$manager" create "$W/needs"
	ok "$manager: the same" test "$(cat "$W/out")" = "$env"
	ok "$manager: still listing what is left out" said "libopenblas"
	ok "$manager: without resolving" silent "resolving"

	ok "$manager: without byte code" fails 0 create -B create "$W/plain"
	bare=$(cat "$W/out")
	ok "$manager: another environment" test "$bare" != "$env"
	ok "$manager: has none" none "$bare" -name '*.pyc'

	# What is outside stays outside: PYTHONPATH, the user's site, an outer environment's programs.
	mkdir -p "$W/outer/bin" "$W/path"
	echo 'raise SystemExit("outside")' >"$W/path/sitecustomize.py"
	echo 'raise SystemExit("outside")' >"$W/path/zipfile.py"
	for name in python python3 pip; do
		printf '#!/bin/sh\necho outside >>"%s/outside"\nexit 9\n' "$W" >"$W/outer/bin/$name"
		chmod +x "$W/outer/bin/$name"
	done
	ok "$manager: in a hostile environment" fails 0 env VIRTUAL_ENV="$W/outer" PATH="$W/outer/bin:$PATH" \
		PYTHONPATH="$W/path" PYTHONHOME=/nonexistent PIP_TARGET="$W/target" PIP_REQUIRE_VIRTUALENV=1 \
		PIP_USER=1 UV_TARGET="$W/target" UV_SYSTEM_PYTHON=1 UV_PROJECT_ENVIRONMENT="$W/target" \
		"$tool" -r -s "$W/closed $manager" -p "$python" -m "$manager" create "$W/plain"
	ok "$manager: no outer program ran" test ! -e "$W/outside"
	ok "$manager: nothing went elsewhere" test ! -e "$W/target"

	# Build dependencies that do not fit are resolved beside the requirements.
	printf 'r gamma==1.0\nb delta\nb alpha\n' >"$W/apart"
	ok "$manager: build dependencies that contradict" fails 6 create create "$W/apart"
	printf 'r beta==1.0\nb beta==2.0\nb alpha\n' >"$W/apart"
	ok "$manager: a requirement beats a build dependency" fails 0 create create "$W/apart"
	ok "$manager: of the same name" test -e "$(cat "$W/out")"/lib/python3*/site-packages/beta-1.0.dist-info

	# setuptools: as it is named, else as a venv of an older Python had it, if it is to be had.
	printf 'r alpha\nb setuptools==82.0\n' >"$W/named"
	ok "$manager: a build dependency names setuptools" fails 0 create create "$W/named"
	ok "$manager: it is as named" has setuptools-82.0.dist-info
	if [ "$old" -eq 1 ]; then
		ok "$manager: nothing names setuptools" fails 0 create create "$W/plain"
		ok "$manager: pkg_resources can be imported" "$(cat "$W/out")/bin/python" -I -c 'import pkg_resources'
		ok "$manager: it is part of the plan" grep -q '"name":"setuptools","version":"80.0"' "$(cat "$W/out")/manifest.json"
		printf 'r alpha==1.0\nh sha256:%s\nr beta==1.0\nh sha256:%s\n' \
			"$(sha256sum "$W/wheels/alpha-1.0-py3-none-any.whl" | cut -d' ' -f1)" \
			"$(sha256sum "$W/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)" >"$W/hashed"
		ok "$manager: beside requirements with digests" fails 0 create create "$W/hashed"
		ok "$manager: it is there, too" has setuptools-80.0.dist-info
		echo 'r epsilon' >"$W/newer"
		ok "$manager: a requirement that needs a newer one" fails 0 create create "$W/newer"
		ok "$manager: has it" has setuptools-82.0.dist-info
		mkdir -p "$W/few"
		cp "$W"/wheels/beta-*.whl "$W/few/"
		for offline in "" -o; do
			ok "$manager: where there is none $offline" fails 0 env PIP_FIND_LINKS="$W/few" UV_CACHE_DIR="$W/no cache" \
				"$tool" $offline -r -s "$W/few $manager" -p "$python" -m "$manager" create "$W/beta"
			ok "$manager: it goes without" has beta-1.0.dist-info
			ok "$manager: and says so" said "the environment is without setuptools<81"
		done
	else
		ok "$manager: a newer Python's environment" fails 0 create create "$W/plain"
		ok "$manager: has no setuptools" none "$(cat "$W/out")" -name 'setuptools*'
	fi

	# An environment may be asked to hold the very pip that fills it.
	if [ -n "$bundled" ]; then
		pip=$(basename "$bundled" | cut -d- -f2)
		printf 'r beta==1.0\nb pip==%s\n' "$pip" >"$W/own-pip"
		ok "$manager: pip $pip as a build dependency" fails 0 create create "$W/own-pip"
		ok "$manager: is in the environment" has "pip-$pip.dist-info"
		ok "$manager: and runs from there" sh -c '"$1/bin/python" -I -m pip --version | grep -qF "pip $2 from $1/"' \
			- "$(cat "$W/out")" "$pip"
	else
		skip "$manager: no wheel of the bundled pip: its own version is not tested"
	fi

	# Secrets of a URL are for the download alone.
	digest=$(sha256sum "$W/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)
	at=127.0.0.1:$(cat "$W/port")
	secret="$W/secret $manager"
	keep() { "$tool" -s "$secret" -p "$python" -m "$manager" create "$1"; }
	printf 'r alpha\nr beta @ http://me:hunter2@%s/beta-1.0-py3-none-any.whl#sha256=%s\n' "$at" "$digest" >"$W/url"
	ok "$manager: a URL with a password" fails 0 keep "$W/url"
	ok "$manager: is installed" has beta-1.0.dist-info
	ok "$manager: no password on screen" silent hunter2
	ok "$manager: nor in any file" sh -c '! grep -rqF hunter2 "$1"' - "$secret"
	ok "$manager: shown without" fails 0 "$tool" -s "$secret" show "$(basename "$(cat "$W/out")")"
	ok "$manager: as far as it may be" printed "beta @ http://me:****@$at/"
	ok "$manager: found again" fails 0 env PATH=/nonexistent "$tool" -o -s "$secret" -p "$python" -m "$manager" create "$W/url"
	ok "$manager: removed" fails 0 "$tool" -s "$secret" rm "$(basename "$(cat "$W/out")")"
	ok "$manager: made again with it" fails 0 keep "$W/url"
	ok "$manager: whole" has beta-1.0.dist-info
	sed 's/hunter2/wrong99/' "$W/url" >"$W/denied"
	ok "$manager: with a wrong one" sh -c '! "$@" >"$0/out" 2>"$0/err"' "$W" \
		env UV_CACHE_DIR="$W/no cache" "$tool" -s "$secret no" -p "$python" -m "$manager" create "$W/denied"
	ok "$manager: not told, either" silent wrong99
	ok "$manager: nor kept in a log" sh -c '! grep -rqF wrong99 "$1"' - "$secret no"

	# One digest binds all.
	digest=$(sha256sum "$W/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)
	printf 'r beta==1.0\nh sha256:%s\nb alpha\n' "$digest" >"$W/hashed"
	ok "$manager: a right digest" fails 0 create create "$W/hashed"
	printf 'r beta==1.0\nh sha256:%064d\n' 1 >"$W/hashed"
	ok "$manager: a wrong digest ends with 5" fails 5 create create "$W/hashed"
	printf 'r gamma==1.0\nr beta==1.0\nh sha256:%s\n' "$digest" >"$W/hashed"
	ok "$manager: a missing digest ends with 5" fails 5 create create "$W/hashed"

	printf 'r gamma>=1.0\n' >"$W/offline"
	ok "$manager: offline with nothing at hand ends with 4" fails 4 env PIP_FIND_LINKS="" PIP_NO_INDEX="" \
		PIP_INDEX_URL=http://127.0.0.1:9/simple UV_CACHE_DIR="$W/no cache" \
		"$tool" -o -s "$store" -p "$python" -m "$manager" create "$W/offline"
	ok "$manager: and says what to do" said "do it once without"
	ok "$manager: a dead index ends with 4, even without retries" fails 4 env PIP_FIND_LINKS="" PIP_NO_INDEX="" \
		PIP_INDEX_URL=http://127.0.0.1:9/simple UV_CACHE_DIR="$W/no cache" PIP_RETRIES=0 UV_HTTP_RETRIES=0 \
		"$tool" -s "$store" -p "$python" -m "$manager" create "$W/offline"

	# Options and variables do not reach a driver.
	for text in '--index-url=http://127.0.0.1:9/' 'beta \' 'beta ${HOME}' './../x-1-py3-none-any.whl' '/etc/passwd'; do
		printf 'r %s\n' "$text" >"$W/bad"
		ok "$manager: '$text' ends with 3" fails 3 create create "$W/bad"
	done
	mkdir -p "$W/model $manager/wheels"
	cp "$W/wheels/beta-2.0-py3-none-any.whl" "$W/model $manager/wheels/"
	printf 'r wheels/beta-2.0-py3-none-any.whl\n' >"$W/local"
	ok "$manager: a wheel of the model's own" fails 0 create create "$W/local" "$W/model $manager"
	ok "$manager: is installed" test -e "$(cat "$W/out")"/lib/python3*/site-packages/beta-2.0.dist-info
	ok "$manager: empty needs" sh -c ': >"$1"' - "$W/empty"
	ok "$manager: make an empty environment" fails 0 create create "$W/empty"
	ok "$manager: all are good" fails 0 "$tool" -s "$store" verify
done
if [ -n "$virtualenv" ]; then
	store="$W/by virtualenv"
	PATH=$(dirname "$virtualenv"):/usr/bin:/bin
	manager=virtualenv
	ok "the virtualenv program" fails 0 create create "$W/plain"
	ok "a good environment" fails 0 "$tool" -s "$store" verify
else
	skip "virtualenv is not installed"
fi
store=$W/none
for manager in conda mamba; do
	ok "$manager is refused" fails 2 create create "$W/plain"
	ok "$manager: with a hint" said "hint: use --env-manager"
done
finish
