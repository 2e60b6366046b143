#!/bin/sh
# env_create.sh - environments made by each driver: exact, closed to the outside, at their final place
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels"

cat >"$work/check_record.py" <<'PY'
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
has() { test -e "$(cat "$work/out")"/lib/python3*/site-packages/"$1"; }

old=$("$python" -c 'import sys; print(int(sys.version_info < (3, 12)))')
echo 'r beta==1.0' >"$work/beta"
# The pip that the pip driver itself is.
bundled=$("$python" -c 'import ensurepip, glob, os
own = os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")
wheels = [w for d in (own, "/usr/share/python-wheels") for w in glob.glob(d + "/pip-*.whl")]
print(wheels[0] if wheels else "")' 2>/dev/null) || bundled=
[ -z "$bundled" ] || cp "$bundled" "$work/wheels/"
# pip's half uses the interpreter's own pip; the virtualenv program has a case of its own below.
virtualenv=$(command -v virtualenv || :)

# A place that asks for a user and a password.
cat >"$work/server.py" <<'PY'
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
"$maker" "$work/server.py" "$work/wheels" "$work/port" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
no_proxy=127.0.0.1
export no_proxy
for manager in $managers; do
	echo "# $manager"
	if [ "$manager" = virtualenv ]; then PATH=/usr/bin:/bin; fi
	store="$work/$manager, a store's \"place\""
	printf 'r alpha\nc beta<3\nb gamma==1.0\nk libopenblas=0.3\nk conda-forge::beta>=1\n' >"$work/needs"
	printf 'r alpha==1.0\n' >"$work/plain"

	check "$manager: a conflict between requirements" sh -c \
		'printf "r gamma\nr delta\n" >"$1"' - "$work/conflict"
	check "$manager: ends with 6" ends 6 create create "$work/conflict"
	check "$manager: and is explained by the names" sh -c 'grep -q gamma "$1" && grep -q delta "$1"' - "$work/err"
	check "$manager: a name nobody has ends with 6" sh -c 'echo "r nonexistent" >"$1"' - "$work/unknown"
	check "$manager: with 6" ends 6 create create "$work/unknown"
	[ "$manager" = venv ] || check "$manager: its log is kept" said "the whole log: $store/logs/"
	check "$manager: nothing is left in tmp" none "$store/tmp" -mindepth 1

	check "$manager: create" ends 0 create create "$work/needs"
	env=$(cat "$work/out")
	check "$manager: conda packages are listed" said "libopenblas=0.3, conda-forge::beta>=1"
	check "$manager: constraints and build dependencies count" test -e "$env"/lib/python3*/site-packages/beta-1.0.dist-info
	check "$manager: the program starts from its final place" sh -c '"$1/bin/alpha-run" | grep -qF "$1"' - "$env"
	check "$manager: no temporary path in any file" no_temporary_path
	check "$manager: nor a warning of one" silent "where it was built"
	check "$manager: files are read-only" read_only
	check "$manager: RECORD agrees" "$maker" "$work/check_record.py" "$env"
	check "$manager: byte code is there" test -n "$(find "$env" -name 'alpha.*.pyc')"
	[ "$manager" = venv ] || # whose byte code is shared: an import corrects the place
		check "$manager: byte code names the final place" grep -qF "$(basename "$env")" "$(find "$env" -name 'alpha.*.pyc')"
	check "$manager: verify finds it good" ends 0 "$tool" -s "$store" verify
	check "$manager: nothing is left in tmp" none "$store/tmp" -mindepth 1
	check "$manager: nothing is left in logs of what went well" none "$store/logs" -name "$(basename "$env")*"

	check "$manager: again, without the drivers" ends 0 env PATH=/nonexistent "$tool" -s "$store" -p "$python" -m "$manager" create "$work/needs"
	check "$manager: the same" test "$(cat "$work/out")" = "$env"
	check "$manager: still listing what is left out" said "libopenblas"
	check "$manager: without resolving" silent "resolving"

	check "$manager: without byte code" ends 0 create -B create "$work/plain"
	bare=$(cat "$work/out")
	check "$manager: another environment" test "$bare" != "$env"
	check "$manager: has none" none "$bare" -name '*.pyc'

	# What is outside stays outside: PYTHONPATH, the user's site, an outer environment's programs.
	mkdir -p "$work/outer/bin" "$work/path"
	echo 'raise SystemExit("outside")' >"$work/path/sitecustomize.py"
	echo 'raise SystemExit("outside")' >"$work/path/zipfile.py"
	for name in python python3 pip; do
		printf '#!/bin/sh\necho outside >>"%s/outside"\nexit 9\n' "$work" >"$work/outer/bin/$name"
		chmod +x "$work/outer/bin/$name"
	done
	check "$manager: in a hostile environment" ends 0 env VIRTUAL_ENV="$work/outer" PATH="$work/outer/bin:$PATH" \
		PYTHONPATH="$work/path" PYTHONHOME=/nonexistent PIP_TARGET="$work/target" PIP_REQUIRE_VIRTUALENV=1 \
		PIP_USER=1 UV_TARGET="$work/target" UV_SYSTEM_PYTHON=1 UV_PROJECT_ENVIRONMENT="$work/target" \
		"$tool" -r -s "$work/closed $manager" -p "$python" -m "$manager" create "$work/plain"
	check "$manager: no outer program ran" test ! -e "$work/outside"
	check "$manager: nothing went elsewhere" test ! -e "$work/target"

	# Build dependencies that do not fit are resolved beside the requirements.
	printf 'r gamma==1.0\nb delta\nb alpha\n' >"$work/apart"
	check "$manager: build dependencies that contradict" ends 6 create create "$work/apart"
	printf 'r beta==1.0\nb beta==2.0\nb alpha\n' >"$work/apart"
	check "$manager: a requirement beats a build dependency" ends 0 create create "$work/apart"
	check "$manager: of the same name" test -e "$(cat "$work/out")"/lib/python3*/site-packages/beta-1.0.dist-info

	# setuptools: as it is named, else as a venv of an older Python had it, if it is to be had.
	printf 'r alpha\nb setuptools==82.0\n' >"$work/named"
	check "$manager: a build dependency names setuptools" ends 0 create create "$work/named"
	check "$manager: it is as named" has setuptools-82.0.dist-info
	if [ "$old" -eq 1 ]; then
		check "$manager: nothing names setuptools" ends 0 create create "$work/plain"
		check "$manager: pkg_resources can be imported" "$(cat "$work/out")/bin/python" -I -c 'import pkg_resources'
		check "$manager: it is part of the plan" grep -q '"name":"setuptools","version":"80.0"' "$(cat "$work/out")/manifest.json"
		printf 'r alpha==1.0\nh sha256:%s\nr beta==1.0\nh sha256:%s\n' \
			"$(sha256sum "$work/wheels/alpha-1.0-py3-none-any.whl" | cut -d' ' -f1)" \
			"$(sha256sum "$work/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)" >"$work/hashed"
		check "$manager: beside requirements with digests" ends 0 create create "$work/hashed"
		check "$manager: it is there, too" has setuptools-80.0.dist-info
		echo 'r epsilon' >"$work/newer"
		check "$manager: a requirement that needs a newer one" ends 0 create create "$work/newer"
		check "$manager: has it" has setuptools-82.0.dist-info
		mkdir -p "$work/few"
		cp "$work"/wheels/beta-*.whl "$work/few/"
		for offline in "" -o; do
			check "$manager: where there is none $offline" ends 0 env PIP_FIND_LINKS="$work/few" UV_CACHE_DIR="$work/no cache" \
				"$tool" $offline -r -s "$work/few $manager" -p "$python" -m "$manager" create "$work/beta"
			check "$manager: it goes without" has beta-1.0.dist-info
			check "$manager: and says so" said "the environment is without setuptools<81"
		done
	else
		check "$manager: a newer Python's environment" ends 0 create create "$work/plain"
		check "$manager: has no setuptools" none "$(cat "$work/out")" -name 'setuptools*'
	fi

	# An environment may be asked to hold the very pip that fills it.
	if [ -n "$bundled" ]; then
		pip=$(basename "$bundled" | cut -d- -f2)
		printf 'r beta==1.0\nb pip==%s\n' "$pip" >"$work/own-pip"
		check "$manager: pip $pip as a build dependency" ends 0 create create "$work/own-pip"
		check "$manager: is in the environment" has "pip-$pip.dist-info"
		check "$manager: and runs from there" sh -c '"$1/bin/python" -I -m pip --version | grep -qF "pip $2 from $1/"' \
			- "$(cat "$work/out")" "$pip"
	else
		skip "$manager: no wheel of the bundled pip: its own version is not tested"
	fi

	# Secrets of a URL are for the download alone.
	digest=$(sha256sum "$work/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)
	at=127.0.0.1:$(cat "$work/port")
	secret="$work/secret $manager"
	keep() { "$tool" -s "$secret" -p "$python" -m "$manager" create "$1"; }
	printf 'r alpha\nr beta @ http://me:hunter2@%s/beta-1.0-py3-none-any.whl#sha256=%s\n' "$at" "$digest" >"$work/url"
	check "$manager: a URL with a password" ends 0 keep "$work/url"
	check "$manager: is installed" has beta-1.0.dist-info
	check "$manager: no password on screen" silent hunter2
	check "$manager: nor in any file" sh -c '! grep -rqF hunter2 "$1"' - "$secret"
	check "$manager: shown without" ends 0 "$tool" -s "$secret" show "$(basename "$(cat "$work/out")")"
	check "$manager: as far as it may be" printed "beta @ http://me:****@$at/"
	check "$manager: found again" ends 0 env PATH=/nonexistent "$tool" -o -s "$secret" -p "$python" -m "$manager" create "$work/url"
	sed 's/hunter2/changed1/' "$work/url" >"$work/changed"
	check "$manager: with another password, too" ends 0 env PATH=/nonexistent "$tool" -o -s "$secret" -p "$python" -m "$manager" create "$work/changed"
	check "$manager: removed" ends 0 "$tool" -s "$secret" rm "$(basename "$(cat "$work/out")")"
	check "$manager: made again with it" ends 0 keep "$work/url"
	check "$manager: whole" has beta-1.0.dist-info
	sed 's/hunter2/wrong99/' "$work/url" >"$work/denied"
	check "$manager: with a wrong one" sh -c '! "$@" >"$0/out" 2>"$0/err"' "$work" \
		env UV_CACHE_DIR="$work/no cache" "$tool" -s "$secret no" -p "$python" -m "$manager" create "$work/denied"
	check "$manager: not told, either" silent wrong99
	check "$manager: nor kept in a log" sh -c '! grep -rqF wrong99 "$1"' - "$secret no"

	# A file that has left its place.
	if [ "$manager" = venv ]; then
		leaving=$work/leaving
		mkdir "$work/wheels/leaving"
		cp "$work/wheels/beta-1.0-py3-none-any.whl" "$work/wheels/beta-2.0-py3-none-any.whl" "$work/wheels/leaving"
		echo 'r beta' >"$work/any"
		again() { env PIP_FIND_LINKS="$place" "$tool" -s "$leaving" -p "$python" -m venv "$@" create "$work/any"; }
		forget() { # the environment, the wheel, and that the list of links is young
			"$tool" -s "$leaving" rm "$(basename "$(cat "$work/out")")" && chmod -R u+w "$leaving/wheels" &&
				rm -rf "$leaving/wheels" && find "$leaving/index" -type f -exec touch -d '1 hour ago' {} +
		}
		for place in "http://me:hunter2@$at/leaving/" "$work/wheels/leaving"; do
			cp "$work/wheels/beta-2.0-py3-none-any.whl" "$work/wheels/leaving"
			check "$manager: the newest is taken" ends 0 again
			check "$manager: it is 2.0" has beta-2.0.dist-info
			rm "$work/wheels/leaving/beta-2.0-py3-none-any.whl"
			check "$manager: it is forgotten" forget
			check "$manager: offline nothing takes its place" sh -c '! "$@"' - env PIP_FIND_LINKS="$place" \
				"$tool" -s "$leaving" -p "$python" -m venv -o create "$work/any"
			check "$manager: the next one is" ends 0 again
			check "$manager: with a word" said "cannot be installed any more"
			check "$manager: it is 1.0" has beta-1.0.dist-info
			chmod -R u+w "$leaving"; rm -rf "$leaving"
		done
	fi

	# One digest binds all.
	digest=$(sha256sum "$work/wheels/beta-1.0-py3-none-any.whl" | cut -d' ' -f1)
	printf 'r beta==1.0\nh sha256:%s\nb alpha\n' "$digest" >"$work/hashed"
	check "$manager: a right digest" ends 0 create create "$work/hashed"
	printf 'r beta==1.0\nh sha256:%064d\n' 1 >"$work/hashed"
	check "$manager: a wrong digest ends with 5" ends 5 create create "$work/hashed"
	printf 'r gamma==1.0\nr beta==1.0\nh sha256:%s\n' "$digest" >"$work/hashed"
	check "$manager: a missing digest ends with 5" ends 5 create create "$work/hashed"

	printf 'r gamma>=1.0\n' >"$work/offline"
	check "$manager: offline with nothing at hand ends with 4" ends 4 env PIP_FIND_LINKS="" PIP_NO_INDEX="" \
		PIP_INDEX_URL=http://127.0.0.1:9/simple UV_CACHE_DIR="$work/no cache" \
		"$tool" -o -s "$store" -p "$python" -m "$manager" create "$work/offline"
	check "$manager: and says what to do" said "do it once without"
	check "$manager: a dead index ends with 4, even without retries" ends 4 env PIP_FIND_LINKS="" PIP_NO_INDEX="" \
		PIP_INDEX_URL=http://127.0.0.1:9/simple UV_CACHE_DIR="$work/no cache" PIP_RETRIES=0 UV_HTTP_RETRIES=0 \
		"$tool" -s "$store" -p "$python" -m "$manager" create "$work/offline"

	# Options and variables do not reach a driver.
	for text in '--index-url=http://127.0.0.1:9/' 'beta \' 'beta ${HOME}' './../x-1-py3-none-any.whl' '/etc/passwd'; do
		printf 'r %s\n' "$text" >"$work/bad"
		check "$manager: '$text' ends with 3" ends 3 create create "$work/bad"
	done
	mkdir -p "$work/model $manager/wheels"
	cp "$work/wheels/beta-2.0-py3-none-any.whl" "$work/model $manager/wheels/"
	printf 'r wheels/beta-2.0-py3-none-any.whl\n' >"$work/local"
	check "$manager: a wheel of the model's own" ends 0 create create "$work/local" "$work/model $manager"
	check "$manager: is installed" test -e "$(cat "$work/out")"/lib/python3*/site-packages/beta-2.0.dist-info
	check "$manager: empty needs" sh -c ': >"$1"' - "$work/empty"
	check "$manager: make an empty environment" ends 0 create create "$work/empty"
	check "$manager: all are good" ends 0 "$tool" -s "$store" verify
done
if [ -n "$virtualenv" ]; then
	store="$work/by virtualenv"
	PATH=$(dirname "$virtualenv"):/usr/bin:/bin
	manager=virtualenv
	check "the virtualenv program" ends 0 create create "$work/plain"
	check "a good environment" ends 0 "$tool" -s "$store" verify
else
	skip "virtualenv is not installed"
fi
store=$work/none
for manager in conda mamba; do
	check "$manager is refused" ends 2 create create "$work/plain"
	check "$manager: with a hint" said "hint: use --env-manager"
done
finish
