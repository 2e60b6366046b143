#!/bin/sh
# fetch.sh - the acceptance folder's misbehaving server under fetch, deps and run: how each of its ways ends, and no leak
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317 # what tap.sh sets, functions that are called by check
set -u
script=${PYFUNC_ENV_ACCEPTANCE:-}/hostile/hostile_server.py
if [ ! -f "$script" ] || ! command -v python3 >/dev/null; then
	echo "1..0 # SKIPPED: PYFUNC_ENV_ACCEPTANCE names no folder with a server, or no python3"
	exit 77
fi
. "${SRCDIR:-.}/tests/cli/tap.sh"
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\|MLFLOW_[A-Z_]*\|AWS_[A-Z_]*\|AZURE_[A-Z_]*\|GOOGLE_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export no_proxy=127.0.0.1,localhost MLFLOW_HTTP_REQUEST_TIMEOUT=1 MLFLOW_HTTP_REQUEST_MAX_RETRIES=2 AWS_EC2_METADATA_DISABLED=true

# A model, packed with 200 KB that do not shrink: what the server has in place of its own bytes.
mkdir -p "$work/model/code"
printf 'flavors:\n  python_function:\n    loader_module: good\n    code: code\n' >"$work/model/MLmodel"
echo "demo==1.0" >"$work/model/requirements.txt"
python3 - "$work" <<'END'
import os, random, sys, zipfile
work = sys.argv[1]
with open(work + "/model/code/good.py", "w") as out:
    out.write("class Model:\n    def predict(self, x):\n        return [7]\ndef _load_pyfunc(path):\n    return Model()\n")
with open(work + "/model/big.bin", "wb") as out:
    out.write(random.Random(1).randbytes(200000))
with zipfile.ZipFile(work + "/model.zip", "w", zipfile.ZIP_DEFLATED) as z:
    for path in ("MLmodel", "requirements.txt", "code/good.py", "big.bin"):
        z.write(work + "/model/" + path, "model/" + path)
END
sed 's|^BODY = .*|BODY = open(os.environ["BODY"], "rb").read()|' "$script" >"$work/server.py"
BODY=$work/model.zip python3 "$work/server.py" --ready "$work/ready" --log "$work/log" >"$work/server" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
url=$(sed 's/.*A=\([^ ]*\) .*/\1/' "$work/ready") digest=$(sed 's/.*sha256=//' "$work/ready")
secret=$(echo "$url" | sed 's|//|//me:secret@|') size=$(stat -c %s "$work/model.zip")

# PATH, the exit status as a pattern, and the same where the digest is told. 0: then it is the model. What is asked for
# first without a digest is the head, which some of the server's ways are gone with.
cat >"$work/rows" <<END
/ok 0 0
/ok-chunked 0 0
/ok-close 0 0
/ok-gzip 4 4
/ok-204 4 4
/ok-empty 5 5
/range 0 0
/range-ignored 0 0
/range-wrong 4 4
/range-multipart 4 4
/range-416 0 0
/range-changed 0 0
/cut/1000 4 4
/cut/16384 4 4
/cut/131072 4 4
/cut-once 0 0
/cut-always 4 4
/cut-chunked 4 4
/short 5 4|5
/long 4 4
/len-neg 4 4
/len-bad 4 4
/len-two 4 4
/len-huge 4 4
/len-and-te 4|5 4|5
/flip 5 5
/slow/10 4 4
/stall 4 4
/stall-headers 4 4
/drip-headers 4 4
/reset 4 4
/status/400 4 4
/status/401 4 4
/status/403 4 4
/status/404 4 4
/status/410 4 4
/503-then-ok/2 0 0
/429-retry-after/2 0 0
/retry-after-date 0 0
/retry-after-bad 4 4
/loop 4 4
/chain/10 0 0
/chain/11 4 4
/to-other 0 0
/to-other-name 0 0
/to-other-and-back 0 0
/to-userinfo 4 4
/to-file 4 4
/to-ftp 4 4
/to-gopher 4 4
/to-data 4 4
/to-smb 4 4
/to-relative 0 0
/to-schemeless 0 0
/to-none 4 4
/to-empty 4 4
/to-bad 4 4
/to-crlf 4 4
/gzip-bomb 4 4
/gzip-bomb-double 4 4
/gzip-cut 4 4
/gzip-garbage 4 4
/enc-unknown 4 4
/hdr-flood 4 4
/hdr-huge 4 4
/hdr-fold 0 0
/hdr-nul 4 4
/100-flood 4 4
/http09 4 4
/bad-status 4 4
/h2 4 4
/cd-traversal 0 0
/ct-html 5 5
/cookie 0 0
/auth 0 0
/auth-realm-evil 4 4
/infinite 9 9
END
for sixteenth in $(seq 15); do echo "/cut/$((sixteenth * size / 16))?k=$sixteenth 4 4"; done >>"$work/rows"

place() { echo "$work/${1}_$(echo "$2" | tr '/?=' _)"; } # HOW PATH
one() { # HOW PATH STATUSES COMMAND...: its status, and what was said, into files of its own
	into=$(place "$1" "$2") behind='' join='?'
	[ "$1" != digest ] || behind="#sha256=$digest"
	case $2 in *\?*) join='&' ;; esac
	how=$1 path=$2 # a counter of its own for each command
	shift 2
	PYFUNC_ENV_STORE="$into.store" timeout 300 "$program" "$@" --max-model 8M "$secret$path${join}k=$how$behind" >"$into.out" 2>"$into.err" </dev/null
	echo $? >"$into.rc"
}
# Sixteen at a time: most of them wait.
batch=
start() {
	one "$@" &
	batch="$batch $!"
	# shellcheck disable=SC2086 # a list of numbers
	[ "$(echo $batch | wc -w)" -lt 16 ] || { wait $batch; batch=; }
}
while read -r path plain known; do
	start plain "$path" fetch
	start digest "$path" fetch
	case $plain in
	0) start deps "$path" deps ;;
	*) start run "$path" run ;;
	esac
	: "$known"
done <"$work/rows"
# shellcheck disable=SC2086
wait $batch

judge() { # HOW PATH STATUSES
	from=$(place "$1" "$2")
	cat "$from.err"
	echo "$3" | tr '|' '\n' | grep -qx "$(cat "$from.rc")" || { echo "status $(cat "$from.rc")"; return 1; }
	case $1.$3 in
	deps.0) grep -qx 'demo==1.0' "$from.out" ;;
	*.0) diff -r "$work/model" "$(cat "$from.out")" ;;
	# One line, and nothing that a later one could take for the model.
	*) [ ! -s "$from.out" ] && [ "$(grep -c '^pyfunc-env: [a-z-]*: ' "$from.err")" -eq 1 ] &&
		none "$from.store/models" -maxdepth 2 -name tree ! -path '*.part/*' ;;
	esac
}
while read -r path plain known; do
	check "fetch $path: $plain" judge plain "$path" "$plain"
	check "with its digest: $known" judge digest "$path" "$known"
	case $plain in
	0) check "deps" judge deps "$path" 0 ;;
	*) check "run: $plain" judge run "$path" "$plain" ;;
	esac
done <"$work/rows"

# ---- nobody but whom they are for learns of credentials ----
# What each way of asking has, redirected by A to B, or to A by another name.
asked_elsewhere() { grep -E '"origin": "B"|from=' "$work/log"; }
: >"$work/said"
to() { # NAME COMMAND...: it was asked elsewhere, and without
	to_name=$1
	shift
	: >"$work/log"
	"$@" >"$work/out" 2>"$work/err" </dev/null
	cat "$work/out" "$work/err" >>"$work/said"
	check "$to_name: A is told" grep -q "${told:-\"authorization\": true}" "$work/log"
	check "$to_name: B is asked" sh -c 'grep -q "\"origin\": \"B\"" "$1"' - "$work/log"
	asked_elsewhere >"$work/elsewhere"
	check "$to_name: and told nothing" sh -c '! grep -Ei "\"(authorization|cookie)\": true|\"secret_headers\": \[\"|s3cr3t" "$1"' - "$work/elsewhere"
}
printf 'machine 127.0.0.1 login me password s3cr3t\n' >"$work/netrc"
to "a user in the URL" "$program" fetch "$secret/to-other"
to "netrc" env NETRC="$work/netrc" "$program" fetch "$url/to-other"
to "a user of the tracking server" env MLFLOW_TRACKING_URI="$url/to-other" MLFLOW_TRACKING_USERNAME=me MLFLOW_TRACKING_PASSWORD=s3cr3t \
	"$program" fetch models:/iris/1
to "its token" env MLFLOW_TRACKING_URI="$url/to-other" MLFLOW_TRACKING_TOKEN=s3cr3t "$program" fetch models:/iris/1
to "its token, for artifacts" env MLFLOW_TRACKING_URI="$url/to-other" MLFLOW_TRACKING_TOKEN=s3cr3t "$program" fetch mlflow-artifacts:/x
told='"secret_headers": \["x-amz-security-token' to "a key of S3" env AWS_ENDPOINT_URL_S3="$url/to-other" AWS_ACCESS_KEY_ID=AKIDEXAMPLE \
	AWS_SECRET_ACCESS_KEY=s3cr3t AWS_SESSION_TOKEN=s3cr3t2 "$program" fetch s3://bucket/model
to "a key of Azure" env AZURE_STORAGE_CONNECTION_STRING="DefaultEndpointsProtocol=http;AccountName=me;AccountKey=czNjcjN0;BlobEndpoint=$url/to-other" \
	"$program" fetch wasbs://container@me.blob.core.windows.net/model
told=sig=s3cr3t to "a shared access signature" env AZURE_STORAGE_CONNECTION_STRING="AccountName=me;SharedAccessSignature=sv=1&sig=s3cr3t;BlobEndpoint=$url/to-other" \
	"$program" fetch wasbs://container@me.blob.core.windows.net/model
: >"$work/log"
"$program" fetch "git+$(echo "$secret" | sed s/secret/s3cr3t/)/to-other/repo@v1" >"$work/out" 2>"$work/err"
check "a repository: A is told" grep -q '"origin": "A".*to-other.*"authorization": true' "$work/log"
asked_elsewhere >"$work/elsewhere"
check "a repository: and nobody else" sh -c '! grep -E "\"authorization\": true|s3cr3t" "$1"' - "$work/elsewhere"
cat "$work"/*.err "$work"/*.out "$work/said" "$work/err" >"$work/all"
check "nor is any of it said" sh -c '! grep -E "s3cr3t|:secret" "$1"' - "$work/all"
check "nor kept" sh -c '! grep -rE "s3cr3t|:secret" "$@"' - "$work/store" "$work"/*.store
check "no escape codes either" sh -c '! grep -q "$(printf "\033")" "$1"' - "$work/all"
finish
