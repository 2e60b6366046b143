#!/bin/sh
# s3.sh - models in buckets of S3: found, signed for, fetched whole, and no secret told to anybody
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
# shellcheck source-path=SCRIPTDIR source=tracking.sh
. "${SRCDIR:-.}/tests/cli/tracking.sh"
mkdir -p "$work/model/deep/er" && echo x >"$work/model/deep/er/a b%20+é&<.txt" && : >"$work/model/empty"
serve s3_server.py
export MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:$port/"
# Each request was signed with this key: the server says 403 where a signature does not fit.
all_by() { [ -s "$work/log" ] && ! grep '^A GET' "$work/log" | grep -v ' 301 ' | grep -qv " 20[06] $1 "; }

# ---- nobody, and who the environment says ----
check "a bucket that is open to all" fetched s3://public/good/model
check "nobody signs" all_by -
check "a file of it as an artifact" ends 0 fetch --artifact s3://public/good/model/requirements.txt -o "$work/a file"
check "is the file" cmp "$work/model/requirements.txt" "$work/a file"
check "a folder of it" ends 0 fetch --artifact s3://public/good/model -o "$work/a folder"
check "all of it" diff -r "$work/model" "$work/a folder"
expect "one that is not" 4 "AccessDenied: it says AccessDenied" fetch s3://models/good/model
check "says what is lacking" said "AWS_ACCESS_KEY_ID"
forget
export AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=env/secret
check "with a key" fetched s3://models/good/model
check "all of it is signed" all_by AKENV
check "pages of three" test "$(asked 'list-type=2')" -eq $((($(find "$work/model" -type f | wc -l) + 2 + 2) / 3))
check "no file twice" test "$(asked 'GET /models/good/')" -eq "$(find "$work/model" -type f ! -name empty | wc -l)"
: >"$work/log"
check "it is here now" fetched s3://models/good/model/
check "which takes its list alone" test "$(asked 'GET /models/good/')" -eq 0
kill -STOP $server
check "and without the net, nothing" ends 0 fetch --offline s3://models/good/model
expect "another endpoint is another bucket" 4 "was not fetched before" \
	env MLFLOW_S3_ENDPOINT_URL=http://127.0.0.1:1 "$program" fetch --offline s3://models/good/model
kill -CONT $server
forget
expect "deps needs the texts alone" 0 "scikit-learn==" "$program" deps s3://models/good/model
check "asks for no other file" test "$(asked model.skops)" -eq 0
expect "scan looks into it" 0 "skops" "$program" scan s3://models/good/model
expect "the wrong secret" 4 "SignatureDoesNotMatch" env AWS_SECRET_ACCESS_KEY=x "$program" fetch s3://models/good/model
expect "half a key" 2 "without its secret" env -u AWS_SECRET_ACCESS_KEY "$program" fetch s3://models/good/model
expect "unsigned, because it is said" 4 "AccessDenied" \
	env MLFLOW_EXPERIMENTAL_S3_SIGNATURE_VERSION=unsigned "$program" fetch s3://models/good/model
expect "no such bucket" 4 "NoSuchBucket" fetch s3://missing/good/model
expect "nothing there" 3 "nothing is there" fetch s3://models/nothing
expect "no bucket" 2 "no bucket" fetch s3:///key
expect "no name of one" 2 "" fetch 's3://Bad_Bucket$/k'
expect "a path that climbs" 2 '".."' fetch s3://models/../../x
forget
check "the host is the bucket's" env MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE=virtual MLFLOW_S3_ENDPOINT_URL=http://minio.example \
	http_proxy="http://127.0.0.1:$port" "$program" fetch s3://models/good/model
check "and signed for" all_by AKENV

# ---- regions, owners ----
for bucket in west west400; do
	forget
	check "in another region: $bucket" fetched s3://$bucket/good/model
	check "which is asked about once" test "$(asked ' 301 \| 400 ')" -eq 1
done
forget
check "where it was said before" env AWS_DEFAULT_REGION=eu-west-1 "$program" fetch s3://west/good/model
check "at once" test "$(asked ' 301 ')" -eq 0
expect "a region that is none" 2 "no region" env AWS_REGION=a.b/c "$program" fetch s3://models/good/model
expect "somebody else's bucket" 4 "AccessDenied" fetch s3://owned/good/model
check "and ours" env MLFLOW_S3_EXPECTED_BUCKET_OWNER=123 "$program" fetch s3://owned/good/model

# ---- who hands out keys ----
forget
mkdir -p "$HOME/.aws"
cat >"$HOME/.aws/credentials" <<-'END'
	[default]
	aws_access_key_id = AKFILE
	aws_secret_access_key = file+secret
	[half]
	aws_access_key_id = AKFILE
END
cat >"$HOME/.aws/config" <<-END
	[default]
	region = eu-west-1
	[profile role]
	role_arn = arn:aws:iam::1:role/a
	source_profile = default
	external_id = x&y
	[profile process]
	credential_process = "$work/who am i" one 'two; three' \$HOME
	[profile bad]
	credential_process = "$work/who am i" fails
	[profile none]
	credential_process = $work/not-there
END
cat >"$work/who am i" <<-'END'
	#!/bin/sh
	[ "$1" != fails ] || { echo '{"Version": 2}'; exit 0; }
	[ "$*" = 'one two; three $HOME' ] || exit 3
	echo '{"Version": 1, "AccessKeyId": "AKPROC", "SecretAccessKey": "proc+secret"}'
END
chmod +x "$work/who am i"
check "the environment comes first" fetched s3://models/good/model
check "as it should" all_by AKENV
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
forget
check "a profile" fetched s3://west/good/model
check "its key" all_by AKFILE
check "its region" test "$(asked ' 301 ')" -eq 0
forget
export AWS_ENDPOINT_URL_STS="http://127.0.0.1:$port"
check "a role" env AWS_PROFILE=role "$program" fetch s3://models/good/model
check "with its session" test "$(asked 'AKROLE tok/role== ')" -gt 5
forget
printf 'ey.web/token\n' >"$work/token"
check "a web identity" env AWS_WEB_IDENTITY_TOKEN_FILE="$work/token" AWS_ROLE_ARN=arn:aws:iam::1:role/b \
	"$program" fetch s3://models/good/model
check "comes before a profile" test "$(asked 'AKWEB tok+web ')" -gt 5
echo other >"$work/token"
expect "one that is not taken" 4 "InvalidIdentityToken" env AWS_WEB_IDENTITY_TOKEN_FILE="$work/token" \
	AWS_ROLE_ARN=arn:aws:iam::1:role/b "$program" fetch s3://models/good/model
forget
check "a process of the user's own" env AWS_PROFILE=process "$program" fetch s3://models/good/model
check "which no shell starts" test "$(asked 'AKPROC ')" -gt 5
expect "that prints something else" 4 "credential_process of the AWS profile: what it prints is not of version 1" env AWS_PROFILE=bad \
	"$program" fetch s3://models/good/model
expect "that is not there" 7 "credential_process" env AWS_PROFILE=none "$program" fetch s3://models/good/model
expect "no such profile" 2 "no AWS profile other" env AWS_PROFILE=other "$program" fetch s3://models/good/model
expect "half of one" 2 "without its secret" env AWS_PROFILE=half "$program" fetch s3://models/good/model
rm -r "$HOME/.aws"
forget
check "a container" env AWS_CONTAINER_CREDENTIALS_FULL_URI="http://127.0.0.1:$port/box" \
	AWS_CONTAINER_AUTHORIZATION_TOKEN="let me" "$program" fetch s3://models/good/model
check "with its session" test "$(asked 'AKBOX tokbox ')" -gt 5
expect "which is far" 2 "neither https nor near" env AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.example/x \
	"$program" fetch s3://models/good/model
forget
check "a machine" env -u AWS_EC2_METADATA_DISABLED AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:$port" \
	"$program" fetch s3://models/good/model
check "with its session" test "$(asked 'AKHOST tokhost ')" -gt 5

# ---- from a tracking server ----
forget
tracking s3://public/good/model
check "a model whose files are in a bucket" fetched models:/there/1
check "which learns nothing of the server's token" all_by -
check "which got it" grep -q t0ken "$tracking_log"

# ---- who does not learn of them ----
export AWS_ACCESS_KEY_ID=AKBOX AWS_SECRET_ACCESS_KEY="box secret" AWS_SESSION_TOKEN=tokbox
forget
check "files that are elsewhere" fetched s3://away/good/model
check "are asked for there" test "$(asked '^B ')" -gt 5
check "by nobody" test "$(grep '^B ' "$work/log" | grep -cv ' - - -$')" -eq 0
for level in -v --json; do
	forget
	expect "no secret is told: $level" 0 "" fetch $level s3://models/good/model
	check "nowhere" sh -c '! grep -rE "box secret|tokbox|Signature=" "$@"' sh "$work/out" "$work/err" "$PYFUNC_ENV_STORE"
done

# ---- answers that are not to be believed; interruptions ----
forget
expect "a name that climbs" 5 "leads out of its folder" fetch s3://odd-climb/m
expect "a name of elsewhere" 5 "not asked for" fetch s3://odd-outside/m
expect "a name twice" 5 "is there twice" fetch s3://odd-twice/m
expect "a file in a file" 5 "lies in a file" fetch s3://odd-inside/m
expect "a folder with bytes in it" 5 "leads out of its folder" fetch s3://odd-slash/m
expect "a name that is empty" 5 "is no name" fetch s3://odd-nameless/m
expect "a part of one that is" 5 "leads out of its folder" fetch s3://odd-gap/m
expect "a clock that is wrong" 4 "set the clock of this machine" fetch s3://skewed/m
expect "no size" 5 "no size" fetch s3://odd-sizeless/m
expect "a circle" 5 "circle" fetch s3://odd-circle/m
expect "no way on" 5 "does not say where" fetch s3://odd-lost/m
expect "levels without end" 9 "levels" fetch s3://odd-deep/m
expect "files without end" 9 "without end" fetch s3://odd-endless/m
expect "entities" 4 "DOCTYPE" fetch s3://odd-doctype/m
expect "a page" 4 "no list" fetch s3://odd-html/m
expect "a region with a host in it" 4 "PermanentRedirect" fetch s3://odd-region/m
expect "nothing" 3 "nothing is there" fetch s3://odd-empty/m
expect "files that change meanwhile" 4 "it has changed since" fetch s3://changing/good/model
check "none of it left anything to be found" none "$PYFUNC_ENV_STORE/models" -path '*/tree' ! -path '*.part/*'
forget
check "files that break off" fetched s3://cut/good/model
check "are gone on with" test "$(asked 'bytes=')" -gt 3
finish
