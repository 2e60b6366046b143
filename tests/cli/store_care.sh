#!/bin/sh
# store_care.sh - verify, repair, another boot, read-only and full stores, in use, gc, rm
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels"
manager=$first
store="$work/store"
printf 'r alpha==1.0\nb setuptools==80.0\n' >"$work/needs"
check "create" ends 0 create create "$work/needs"
env=$(cat "$work/out")
key=${env##*/}
site=$(echo "$env"/lib/python3*/site-packages)

# ---- damage ----
check "good at first" ends 0 "$tool" -s "$store" verify "$key"
chmod u+w "$site/alpha.py"
sed -i 's/import sys/import zys/' "$site/alpha.py"
check "a changed byte: 5" ends 5 "$tool" -s "$store" verify
check "the file is named" printed "site-packages/alpha.py was changed"
check "as JSON" ends 5 "$tool" -j -s "$store" verify
check "it is one object" "$maker" -c 'import json, sys; d = json.load(open(sys.argv[1]));
assert d["schema"] == "pyfunc-env/1" and d["kind"] == "env-verify" and "alpha.py" in d["environments"][0]["problems"][0]' "$work/out"
check "repair" ends 0 create -R create "$work/needs"
check "repaired" ends 0 "$tool" -s "$store" verify
check "repair of what is good does nothing" sh -c '"$@" 2>&1 | grep -vq installing' - "$tool" -R -s "$store" -p "$python" -m "$manager" create "$work/needs"
rm -f "$site/beta.py"
check "a deleted file: 5" ends 5 "$tool" -s "$store" verify "$key"
check "is named" printed "site-packages/beta.py is missing"
check "repair again" ends 0 create -R create "$work/needs"
echo 'x = 1' >"$site/added.py"
check "an added file: 5" ends 5 "$tool" -s "$store" verify
check "is named too" printed "site-packages/added.py was added"
rm -f "$site/added.py"

# ---- the machine went down ----
mv "$env"/verified-* "$env/verified-00000000-another-boot"
check "after another boot" ends 0 create create "$work/needs"
check "nothing to do" silent "made again"
check "the mark is there again" test "$(find "$env" -name 'verified-*' | wc -l)" -eq 2
rm -f "$env"/verified-*
chmod u+w "$site/beta.py"
: >"$site/beta.py"
check "an empty file after another boot" ends 0 create create "$work/needs"
check "is found at first use" said "damaged"
check "and made whole" ends 0 "$tool" -s "$store" verify
rm -f "$env"/verified-* "$env/manifest.json"
check "a missing manifest" ends 0 create create "$work/needs"
check "is made whole" ends 0 "$tool" -s "$store" verify

# ---- in use ----
mkfifo "$work/held"
"$tool" -s "$store" -p "$python" -m "$manager" hold "$work/needs" >"$work/held" 2>/dev/null &
holder=$!
read -r line <"$work/held"
check "held" test "$line" = "$env"
sleep 0.2
check "in use: rm refuses with 7" ends 7 "$tool" -s "$store" rm "$key"
check "and says why" said "is in use"
check "in use: gc leaves it" ends 0 "$tool" -d 0 -s "$store" gc
check "it is there" test -d "$env"
kill "$holder"
wait "$holder" || :

# ---- read-only ----
ls -laR --time-style=full-iso "$store" >"$work/before" 2>&1
chmod -R a-w "$store"
check "read-only: found" ends 0 create create "$work/needs"
if plain_works "$work"; then
	find "$store" -exec stat -c '%n %Z %Y' {} + | sort >"$work/before"
	check "read-only: found by somebody else" ends 0 plain "$tool" -s "$store" -p "$python" -m "$manager" create "$work/needs"
	find "$store" -exec stat -c '%n %Z %Y' {} + | sort >"$work/after"
	check "read-only: nothing written" cmp "$work/before" "$work/after"
	echo 'r beta==1.0' >"$work/other"
	check "read-only: a new one ends with 7" ends 7 plain "$tool" -s "$store" -p "$python" -m "$manager" create "$work/other"
	check "read-only: with what to do" said "--store"
fi
chmod -R u+w "$store"

# ---- the whole ----
check "list" ends 0 "$tool" -s "$store" list
check "has the key" printed "$key"
check "list --json" ends 0 "$tool" -j -s "$store" list
check "is one object" "$maker" -c 'import json, sys; d = json.load(open(sys.argv[1]));
e, = d["environments"]; assert e["key"] == sys.argv[2] and e["packages"] == 3 and e["state"] == "ready" and e["bytes"] > 0' "$work/out" "$key"
check "show by a part of the key" ends 0 "$tool" -s "$store" show "$(echo "$key" | cut -c1-6)"
check "has the packages" printed "alpha==1.0"
check "show --json" ends 0 "$tool" -j -s "$store" show "$env"
check "is one object too" "$maker" -c 'import json, sys; d = json.load(open(sys.argv[1]));
assert [p["name"] for p in d["plan"]["packages"]] == ["alpha", "beta", "setuptools"]' "$work/out"
check "a key nobody has: 2" ends 2 "$tool" -s "$store" show ffffffffffff
check "an empty key: 2" ends 2 "$tool" -s "$store" rm ""
check "gc without age keeps it" ends 0 "$tool" -s "$store" gc
check "still there" test -d "$env"
check "rm" ends 0 "$tool" -s "$store" rm "$(echo "$key" | cut -c1-8)"
check "gone" test ! -e "$env"
check "made again from what was recorded" ends 0 create create "$work/needs"
check "without resolving" silent "resolving"
check "gc of what is not used" ends 0 "$tool" -d 0 -s "$store" gc
check "gone again" test ! -e "$env"

check "and made again" ends 0 create create "$work/needs"
touch -d '3 days ago' "$env/manifest.json"
check "to be looked at is no use" ends 0 "$tool" -s "$store" list
rm -rf "${store:?}/tmp"
check "gc of what was not used for two days" ends 0 "$tool" -d 2 -s "$store" gc
check "even where tmp is missing" test ! -e "$env"

# ---- planted ----
mkdir -p "$work/planted" "$work/elsewhere"
ln -s "$work/elsewhere" "$work/planted/tmp"
store=$work/planted
check "tmp is a link: 7" ends 7 create create "$work/needs"
check "nothing went there" none "$work/elsewhere" -mindepth 1
mkdir "$work/open" && chmod 777 "$work/open"
store=$work/open
check "a store that everybody may write: 7" ends 7 create create "$work/needs"

# ---- full ----
mkdir "$work/small"
if mount -t tmpfs -o size=400k,mode=755 none "$work/small" 2>/dev/null; then
	store=$work/small/store
	"$maker" "$here/make_wheels.py" "$work/wheels" 30
	echo 'r many' >"$work/big"
	check "a full disk ends with 7" ends 7 create create "$work/big"
	check "nothing half is left" none "$store/envs" -mindepth 1
	umount "$work/small"
else
	skip "no small file system can be mounted here: a full disk is not tested"
fi
finish
