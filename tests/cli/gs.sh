#!/bin/sh
# gs.sh - models in buckets of Google's storage: found, fetched whole, and no token told to anybody
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
unset GOOGLE_APPLICATION_CREDENTIALS CLOUDSDK_CONFIG GCE_METADATA_HOST
command -v openssl >/dev/null || skip_all "there is no openssl"
mkdir -p "$work/model/deep/er" && echo x >"$work/model/deep/er/a b%20+é&?.txt" && : >"$work/model/empty"
openssl genrsa -out "$work/private.pem" 2048 2>/dev/null
openssl rsa -in "$work/private.pem" -pubout -out "$work/public.pem" 2>/dev/null
serve gs_server.py 2>"$work/server"
export STORAGE_EMULATOR_HOST="127.0.0.1:$port" NO_GCE_CHECK=true
python3 - "$work" "http://127.0.0.1:$port/token" <<'END'
import json, sys
work, token = sys.argv[1:]
kinds = {"service": {"type": "service_account", "client_email": "me@project.example", "private_key_id": "k1",
                     "private_key": open(work + "/private.pem").read(), "token_uri": token},
         "user": {"type": "authorized_user", "client_id": "id.example", "client_secret": "s&cret",
                  "refresh_token": "1//refresh", "token_uri": token},
         "revoked": {"type": "authorized_user", "client_id": "id.example", "client_secret": "s&cret",
                     "refresh_token": "old", "token_uri": token},
         "far": {"type": "authorized_user", "token_uri": "http://evil.example/token"},
         "broken": {"type": "service_account", "client_email": "me", "private_key": "x", "token_uri": token},
         "other": {"type": "external_account"}}
for name, what in kinds.items():
    json.dump(what, open(f"{work}/{name}.json", "w"))
END
: >"$work/log"

check "a bucket that is open to all" fetched gs://public/good/model
check "nobody says who it is" test "$(asked Bearer)" -eq 0
check "pages of three" test "$(asked '/o?prefix')" -eq $((($(find "$work/model" -type f | wc -l) + 1 + 2) / 3))
check "a file of it as an artifact" ends 0 fetch --artifact gs://public/good/model/requirements.txt -o "$work/a file"
check "is the file" cmp "$work/model/requirements.txt" "$work/a file"
check "a folder of it" ends 0 fetch --artifact gs://public/good/model -o "$work/a folder"
check "all of it" diff -r "$work/model" "$work/a folder"
: >"$work/log"
check "it is here now" fetched gs://public/good/model/
check "which takes its list alone" test "$(asked 'alt=media')" -eq 0
kill -STOP $server
check "and without the net, nothing" ends 0 fetch --offline gs://public/good/model
kill -CONT $server
expect "one that is not" 4 "Anonymous caller" fetch gs://models/good/model
check "says what is lacking" said "GOOGLE_APPLICATION_CREDENTIALS"
expect "no such bucket" 4 "does not exist" env GOOGLE_APPLICATION_CREDENTIALS="$work/service.json" "$program" fetch gs://missing/x
expect "no name of one" 2 "names no bucket" fetch gs://Bucket/x
expect "a path that climbs" 2 '".."' fetch gs://models/a/../x

for kind in service user; do
	forget
	export GOOGLE_APPLICATION_CREDENTIALS="$work/$kind.json"
	check "credentials: $kind" fetched gs://models/good/model
	check "one token" test "$(asked 'POST /token')" -eq 1
	check "says it each time" test "$(grep -v /token "$work/log" | grep -cv " Bearer ya29.$kind ")" -eq 0
done
forget
expect "deps needs the texts alone" 0 "scikit-learn==" "$program" deps gs://models/good/model
check "asks for no other file" test "$(asked model.skops)" -eq 0
expect "a token that was revoked" 4 "invalid_grant: Token has been revoked" \
	env GOOGLE_APPLICATION_CREDENTIALS="$work/revoked.json" "$program" fetch gs://models/good/model
expect "a token's place without TLS" 2 "not https" env GOOGLE_APPLICATION_CREDENTIALS="$work/far.json" "$program" fetch gs://models/x
expect "a key that is none" 2 "no private RSA key" env GOOGLE_APPLICATION_CREDENTIALS="$work/broken.json" "$program" fetch gs://models/x
expect "another kind" 2 "external_account" env GOOGLE_APPLICATION_CREDENTIALS="$work/other.json" "$program" fetch gs://models/x
expect "a file that is not there" 7 "nothing.json" env GOOGLE_APPLICATION_CREDENTIALS="$work/nothing.json" "$program" fetch gs://models/x

forget
check "files that are elsewhere" fetched gs://away/good/model
check "are asked for there" test "$(asked '^B ')" -gt 5
check "by nobody" test "$(asked '^B.*Bearer')" -eq 0
for level in -v --json; do
	forget
	expect "no token is told: $level" 0 "" fetch $level gs://models/good/model
	check "nowhere" sh -c '! grep -rE "ya29|1//refresh|s&cret" "$@"' sh "$work/out" "$work/err" "$PYFUNC_ENV_STORE"
done

forget
expect "a name that climbs" 5 "leads out of its folder" fetch gs://odd-climb/m
expect "a name of elsewhere" 5 "not asked for" fetch gs://odd-outside/m
expect "a name twice" 5 "is there twice" fetch gs://odd-twice/m
expect "no size" 5 "no size" fetch gs://odd-sizeless/m
expect "a circle" 5 "circle" fetch gs://odd-circle/m
expect "a page" 4 "list of files" fetch gs://odd-html/m
expect "nothing" 3 "nothing is there" fetch gs://odd-empty/m
expect "files that change meanwhile" 4 "404" fetch gs://changing/good/model
check "none of it left anything to be found" none "$PYFUNC_ENV_STORE/models" -path '*/tree' ! -path '*.part/*'
forget
check "files that break off" fetched gs://cut/good/model
check "are gone on with" test "$(asked 'bytes=')" -gt 3

# ---- checksums that the store tells ----
check "those that are right" fetched gs://sum-good/good/model
expect "a wrong one of several" 5 "crc32c is " fetch gs://sum-crc32c/good/model
expect "one of another kind" 5 "md5 is $(md5sum <"$work/model/requirements.txt" | cut -d ' ' -f 1), the server says " \
	fetch gs://sum-md5/good/model
check "which names the file" said "good%2Fmodel%2Frequirements.txt?"
check "a file that breaks off" fetched gs://sum-cut/good/model
expect "the same, which is wrong" 5 "crc32c is" fetch gs://sum-cutbad/good/model
check "of bytes that are kept packed, and come otherwise" fetched gs://sum-packed/good/model

# ---- written to, where a tracking server keeps artifacts ----
forget
mkdir "$work/t" && cp -R "$work/model" "$work/t/model"
python3 "$SRCDIR/tests/cli/tracking_server.py" "$work/t" 2>"$work/tracking" &
tracking=$!
trap 'kill $server $tracking 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/t/ready"
read -r tracked _ <"$work/t/ready"
export MLFLOW_TRACKING_URI="http://127.0.0.1:$tracked/prefix" GOOGLE_APPLICATION_CREDENTIALS="$work/service.json" MLFLOW_TRACKING_TOKEN=t0ken
echo "there gs://models/good/model" >"$work/t/places"
check "a model of its registry" fetched models:/there/1
check "whose token stays with it" sh -c '! grep t0ken "$1"' - "$work/log"
check "a model is logged" ends 0 "$program" log "$work/model" --experiment google
check "all of it is in the bucket" diff -r -x MLmodel "$work/model" "$(echo "$work/buckets/models/up/google/models"/*/artifacts)"
check "MLmodel came last" test "$(grep ' POST /upload/' "$work/log" | tail -n 1 | grep -c MLmodel)" -eq 1
check "by a token that may write" test "$(tail -n 1 "$work/scopes")" = read_write
check "which the tracking server does not see" test "$(grep -c ya29 "$work/t/log")" -eq 0
expect "a bucket that is closed" 4 "does not have storage.objects.create access" "$program" log "$work/model" --experiment closed
expect "nobody" 4 "GOOGLE_APPLICATION_CREDENTIALS" env -u GOOGLE_APPLICATION_CREDENTIALS "$program" log "$work/model" --experiment google
finish
