#!/bin/sh
# azure.sh - models in containers of Azure's storage: found, signed for, fetched whole, and no secret told to anybody
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
# shellcheck source-path=SCRIPTDIR source=tracking.sh
. "${SRCDIR:-.}/tests/cli/tracking.sh"
unset AZURE_STORAGE_ACCOUNT AZURE_STORAGE_ACCESS_KEY AZURE_STORAGE_SAS_TOKEN
mkdir -p "$work/model/deep/er" && echo x >"$work/model/deep/er/a b%20+é&?.txt" && : >"$work/model/empty"
serve azure_server.py
endpoint="BlobEndpoint=http://127.0.0.1:$port/"
nobody="AccountName=devstore;$endpoint"
key="DefaultEndpointsProtocol=http;AccountName=devstore;AccountKey=c2VjcmV0IGtleSE=;$endpoint;"
token="$nobody;SharedAccessSignature=?sv=2021&sig=s1g%2B%2F%3D"
at=@devstore.blob.core.windows.net

export AZURE_STORAGE_CONNECTION_STRING="$nobody"
check "a container that is open to all" fetched wasbs://public$at/good/model
check "nobody signs" test "$(asked SharedKey)" -eq 0
check "a file of it as an artifact" ends 0 fetch --artifact wasbs://public$at/good/model/requirements.txt -o "$work/a file"
check "is the file" cmp "$work/model/requirements.txt" "$work/a file"
check "a folder of it" ends 0 fetch --artifact wasbs://public$at/good/model -o "$work/a folder"
check "all of it" diff -r "$work/model" "$work/a folder"
expect "one that is not" 4 "ResourceNotFound" fetch wasbs://models$at/good/model
check "says what is lacking" said "AZURE_STORAGE_ACCESS_KEY"
for kind in key token; do
	forget
	AZURE_STORAGE_CONNECTION_STRING=$token
	[ $kind = token ] || AZURE_STORAGE_CONNECTION_STRING=$key
	check "by its $kind" fetched wasbs://models$at/good/model
	check "pages of three" test "$(asked 'comp=list')" -eq $((($(find "$work/model" -type f | wc -l) + 2) / 3))
	: >"$work/log"
	check "it is here now" fetched abfss://models@devstore.dfs.core.windows.net/good/model/
	check "which takes its list alone" test "$(asked '/models/good')" -eq 0
	forget
	check "files that are elsewhere" fetched wasbs://away$at/good/model
	check "are asked for there" test "$(asked '^B ')" -gt 5
	check "by nobody" test "$(grep '^B ' "$work/log" | grep -c 'SharedKey\|sig=')" -eq 0
	for level in -v --json; do
		forget
		expect "no secret is told: $level" 0 "" fetch $level wasbs://models$at/good/model
		check "nowhere" sh -c '! grep -rE "c2Vjcm|s1g|SharedKey" "$@"' sh "$work/out" "$work/err" "$PYFUNC_ENV_STORE"
	done
	expect "nor in a refusal" 4 "ContainerNotFound" fetch -v wasbs://missing$at/good/model
	check "of any kind" sh -c '! grep -E "c2Vjcm|s1g|SharedKey" "$@"' sh "$work/out" "$work/err"
	forget
	check "files that break off" fetched wasbs://cut$at/good/model
	check "are gone on with" test "$(asked 'bytes=')" -gt 3
done
forget
AZURE_STORAGE_CONNECTION_STRING=$key
expect "a key that is none" 4 "AuthenticationFailed" env AZURE_STORAGE_CONNECTION_STRING="AccountName=devstore;AccountKey=eHh4;$endpoint" \
	"$program" fetch wasbs://models$at/good/model
expect "nor base64" 2 "base64" env AZURE_STORAGE_CONNECTION_STRING="AccountName=devstore;AccountKey=x;$endpoint" \
	"$program" fetch wasbs://models$at/good/model
expect "a signature that is no query" 2 "no query" env AZURE_STORAGE_CONNECTION_STRING="$nobody;SharedAccessSignature=a#b" \
	"$program" fetch wasbs://models$at/good/model
expect "no such container" 4 "ContainerNotFound" fetch wasbs://missing$at/good/model
expect "nothing there" 3 "nothing is there" fetch wasbs://models$at/nothing
for uri in wasbs://models/x wasbs://models@evil.example/x wasbs://Models$at/x wasbs://m:pw$at/x; do
	expect "$uri" 2 "" fetch "$uri"
done
check "no password is told" silent m:pw
expect "a path that climbs" 2 '".."' fetch wasbs://models$at/../x
forget
tracking "wasbs://models$at/good/model"
check "a model of a tracking server" fetched models:/there/1
check "which is signed for" test "$(asked SharedKey)" -gt 5
check "by nobody else" sh -c '! grep t0ken "$1"' - "$work/log"
check "the server got its token" grep -q t0ken "$tracking_log"
check "and no key" sh -c '! grep SharedKey "$1"' - "$tracking_log"
forget
expect "deps needs the texts alone" 0 "scikit-learn==" "$program" deps wasbs://models$at/good/model
check "asks for no other file" test "$(asked model.skops)" -eq 0
check "all of it" fetched wasbs://models$at/good/model
kill -STOP $server
check "is there without the net" ends 0 fetch --offline wasbs://models$at/good/model
expect "and is no other container's" 4 "was not fetched before" fetch --offline wasbs://public$at/good/model
kill -CONT $server
forget
expect "a name that climbs" 5 "leads out of its folder" fetch wasbs://odd-climb$at/m
expect "a name of elsewhere" 5 "not asked for" fetch wasbs://odd-outside$at/m
expect "a name twice" 5 "is there twice" fetch wasbs://odd-twice$at/m
expect "no size" 5 "no size" fetch wasbs://odd-sizeless$at/m
expect "a circle" 5 "circle" fetch wasbs://odd-circle$at/m
expect "entities" 4 "DOCTYPE" fetch wasbs://odd-doctype$at/m
expect "nothing" 3 "nothing is there" fetch wasbs://odd-empty$at/m
expect "files that change meanwhile" 4 "it has changed since" fetch wasbs://changing$at/good/model
check "none of it left anything to be found" none "$PYFUNC_ENV_STORE/models" -path '*/tree' ! -path '*.part/*'

# ---- checksums that the store tells ----
check "an MD5 that is right" fetched wasbs://sum-good$at/good/model
expect "one that is wrong" 5 "requirements.txt: md5 is $(md5sum <"$work/model/requirements.txt" | cut -d ' ' -f 1), the server says " \
	fetch wasbs://sum-bad$at/good/model
: >"$work/log"
check "one that comes with the rest alone" fetched wasbs://sum-cut$at/good/model
check "which was gone on with" test "$(asked 'requirements.txt 206 .*bytes=')" -eq 1
expect "that is wrong" 5 "md5 is" fetch wasbs://sum-cutbad$at/good/model
finish
