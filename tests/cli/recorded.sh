#!/bin/sh
# recorded.sh - what needs came to is remembered for one choice of indexes and files, and no other
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034,SC2154
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels"
mkdir "$work/few" "$work/none"
cp "$work"/wheels/beta-1.0-* "$work/few"
"$maker" - "$work/wheels" <<'PY' # a pre-release
import base64, hashlib, sys, zipfile
info = "beta-4.0rc1.dist-info/"
files = {"beta.py": "", info + "METADATA": "Metadata-Version: 2.1\nName: beta\nVersion: 4.0rc1\n",
         info + "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
digest = lambda text: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
files[info + "RECORD"] = "".join("%s,sha256=%s,%d\n" % (n, digest(t), len(t)) for n, t in files.items()) + info + "RECORD,,\n"
with zipfile.ZipFile(sys.argv[1] + "/beta-4.0rc1-py3-none-any.whl", "w") as archive:
    for name, text in files.items():
        archive.writestr(name, text)
PY
echo 'r beta' >"$work/needs"
printf "[global]\nno-index = yes\nfind-links = %s\n" "$work/few" >"$work/pip.conf"
make() { env "$@" "$tool" -s "$store" -p "$python" -m "$manager" create "$work/needs"; }
offline() { env "$@" "$tool" -o -s "$store" -p "$python" -m "$manager" create "$work/needs"; }
holds() { test -d "$(cat "$work/out")"/lib/python3*/site-packages/beta-"$1".dist-info; }
records() { find "$store/locks" -name '*.json' | wc -l; }

for manager in $managers; do
	store="$work/$manager"
	check "$manager: an environment" ends 0 make A=
	check "$manager: of the newest release" holds 3.0
	newest=$(cat "$work/out") before=$(records)
	check "$manager: again" ends 0 make A=
	check "$manager: the same" test "$(cat "$work/out")" = "$newest"
	check "$manager: from its record" test "$(records)" -eq "$before"
	check "$manager: from elsewhere" ends 0 make PIP_FIND_LINKS="$work/few"
	check "$manager: what is there" holds 1.0
	few=$(cat "$work/out")
	check "$manager: pre-releases, too" ends 0 make PIP_PRE=1
	check "$manager: are the newest" holds 4.0rc1
	last=$(cat "$work/out")
	check "$manager: no wheels" ends 6 make PIP_NO_BINARY=beta
	check "$manager: a file of settings" ends 0 make PIP_CONFIG_FILE="$work/pip.conf" PIP_FIND_LINKS=
	check "$manager: that names the same places" test "$(cat "$work/out")" = "$few"
	check "$manager: offline, with other settings" ends 0 offline PIP_FIND_LINKS="$work/none"
	check "$manager: what was resolved last" test "$(cat "$work/out")" = "$last"
	check "$manager: says so" said "offline: the packages are those recorded"
	check "$manager: with the first ones" ends 0 offline A=
	check "$manager: the first one" test "$(cat "$work/out")" = "$newest"
done
finish
