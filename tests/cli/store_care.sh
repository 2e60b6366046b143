#!/bin/sh
# store_care.sh - verify, repair, another boot, read-only and full stores, in use, gc, rm
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/common.sh"
"$maker" "$here/make_wheels.py" "$W/wheels"
manager=$first
store="$W/store"
printf 'r alpha==1.0\nb setuptools==80.0\n' >"$W/needs"
ok "create" fails 0 create create "$W/needs"
env=$(cat "$W/out")
key=${env##*/}
site=$(echo "$env"/lib/python3*/site-packages)

# ---- damage ----
ok "good at first" fails 0 "$tool" -s "$store" verify "$key"
chmod u+w "$site/alpha.py"
sed -i 's/import sys/import zys/' "$site/alpha.py"
ok "a changed byte: 5" fails 5 "$tool" -s "$store" verify
ok "the file is named" printed "site-packages/alpha.py was changed"
ok "as JSON" fails 5 "$tool" -j -s "$store" verify
ok "it is one object" "$maker" -c 'import json, sys; d = json.load(open(sys.argv[1]));
assert d["schema"] == "pyfunc-env/1" and d["kind"] == "env-verify" and "alpha.py" in d["environments"][0]["problems"][0]' "$W/out"
ok "repair" fails 0 create -R create "$W/needs"
ok "repaired" fails 0 "$tool" -s "$store" verify
ok "repair of what is good does nothing" sh -c '"$@" 2>&1 | grep -vq installing' - "$tool" -R -s "$store" -p "$python" -m "$manager" create "$W/needs"
rm -f "$site/beta.py"
ok "a deleted file: 5" fails 5 "$tool" -s "$store" verify "$key"
ok "is named" printed "site-packages/beta.py is missing"
ok "repair again" fails 0 create -R create "$W/needs"
echo 'x = 1' >"$site/added.py"
ok "an added file: 5" fails 5 "$tool" -s "$store" verify
ok "is named too" printed "site-packages/added.py was added"
rm -f "$site/added.py"

# ---- the machine went down ----
mv "$env"/verified-* "$env/verified-00000000-another-boot"
ok "after another boot" fails 0 create create "$W/needs"
ok "nothing to do" silent "made again"
ok "the mark is there again" test "$(find "$env" -name 'verified-*' | wc -l)" -eq 2
rm -f "$env"/verified-*
chmod u+w "$site/beta.py"
: >"$site/beta.py"
ok "an empty file after another boot" fails 0 create create "$W/needs"
ok "is found at first use" said "damaged"
ok "and made whole" fails 0 "$tool" -s "$store" verify
rm -f "$env"/verified-* "$env/manifest.json"
ok "a missing manifest" fails 0 create create "$W/needs"
ok "is made whole" fails 0 "$tool" -s "$store" verify

# ---- in use ----
mkfifo "$W/held"
"$tool" -s "$store" -p "$python" -m "$manager" hold "$W/needs" >"$W/held" 2>/dev/null &
holder=$!
read -r line <"$W/held"
ok "held" test "$line" = "$env"
sleep 0.2
ok "in use: rm refuses with 7" fails 7 "$tool" -s "$store" rm "$key"
ok "and says why" said "is in use"
ok "in use: gc leaves it" fails 0 "$tool" -d 0 -s "$store" gc
ok "it is there" test -d "$env"
kill "$holder"
wait "$holder" || :

# ---- read-only ----
ls -laR --time-style=full-iso "$store" >"$W/before" 2>&1
chmod -R a-w "$store"
ok "read-only: found" fails 0 create create "$W/needs"
if plain_works "$W"; then
	find "$store" -exec stat -c '%n %Z %Y' {} + | sort >"$W/before"
	ok "read-only: found by somebody else" fails 0 plain "$tool" -s "$store" -p "$python" -m "$manager" create "$W/needs"
	find "$store" -exec stat -c '%n %Z %Y' {} + | sort >"$W/after"
	ok "read-only: nothing written" cmp "$W/before" "$W/after"
	echo 'r beta==1.0' >"$W/other"
	ok "read-only: a new one ends with 7" fails 7 plain "$tool" -s "$store" -p "$python" -m "$manager" create "$W/other"
	ok "read-only: with what to do" said "--store"
fi
chmod -R u+w "$store"

# ---- the whole ----
ok "list" fails 0 "$tool" -s "$store" list
ok "has the key" printed "$key"
ok "list --json" fails 0 "$tool" -j -s "$store" list
ok "is one object" "$maker" -c 'import json, sys; d = json.load(open(sys.argv[1]));
e, = d["environments"]; assert e["key"] == sys.argv[2] and e["packages"] == 3 and e["state"] == "ready" and e["bytes"] > 0' "$W/out" "$key"
ok "show by a part of the key" fails 0 "$tool" -s "$store" show "$(echo "$key" | cut -c1-6)"
ok "has the packages" printed "alpha==1.0"
ok "show --json" fails 0 "$tool" -j -s "$store" show "$env"
ok "is one object too" "$maker" -c 'import json, sys; d = json.load(open(sys.argv[1]));
assert [p["name"] for p in d["plan"]["packages"]] == ["alpha", "beta", "setuptools"]' "$W/out"
ok "a key nobody has: 2" fails 2 "$tool" -s "$store" show ffffffffffff
ok "an empty key: 2" fails 2 "$tool" -s "$store" rm ""
ok "gc without age keeps it" fails 0 "$tool" -s "$store" gc
ok "still there" test -d "$env"
ok "rm" fails 0 "$tool" -s "$store" rm "$(echo "$key" | cut -c1-8)"
ok "gone" test ! -e "$env"
ok "made again from what was recorded" fails 0 create create "$W/needs"
ok "without resolving" silent "resolving"
ok "gc of what is not used" fails 0 "$tool" -d 0 -s "$store" gc
ok "gone again" test ! -e "$env"

ok "and made again" fails 0 create create "$W/needs"
touch -d '3 days ago' "$env/manifest.json"
ok "to be looked at is no use" fails 0 "$tool" -s "$store" list
rm -rf "${store:?}/tmp"
ok "gc of what was not used for two days" fails 0 "$tool" -d 2 -s "$store" gc
ok "even where tmp is missing" test ! -e "$env"

# ---- planted ----
mkdir -p "$W/planted" "$W/elsewhere"
ln -s "$W/elsewhere" "$W/planted/tmp"
store=$W/planted
ok "tmp is a link: 7" fails 7 create create "$W/needs"
ok "nothing went there" none "$W/elsewhere" -mindepth 1
mkdir "$W/open" && chmod 777 "$W/open"
store=$W/open
ok "a store that everybody may write: 7" fails 7 create create "$W/needs"

# ---- full ----
mkdir "$W/small"
if mount -t tmpfs -o size=400k,mode=755 none "$W/small" 2>/dev/null; then
	store=$W/small/store
	"$maker" "$here/make_wheels.py" "$W/wheels" 30
	echo 'r many' >"$W/big"
	ok "a full disk ends with 7" fails 7 create create "$W/big"
	ok "nothing half is left" none "$store/envs" -mindepth 1
	umount "$W/small"
else
	skip "no small file system can be mounted here: a full disk is not tested"
fi
finish
