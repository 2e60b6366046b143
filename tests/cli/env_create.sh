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

# pip's half uses the interpreter's own pip; the virtualenv program has a case of its own below.
virtualenv=$(command -v virtualenv || :)
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
	check "$manager: its log is kept" said "the whole log: $store/logs/"
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
