#!/bin/sh
# s3_sums.sh - what comes from a bucket is compared with the checksum that its store tells, whole or gone on with
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
# shellcheck source-path=SCRIPTDIR source=fetched.sh
. "${SRCDIR:-.}/tests/cli/fetched.sh"
serve s3_server.py
export MLFLOW_S3_ENDPOINT_URL="http://127.0.0.1:$port/"
asked() { # METHOD STATUS [RANGE]: how often for requirements.txt
	grep -c "^A $1 /sum[^ ]*/requirements.txt $2 .*${3-}" "$work/log"
}
sums() { # KIND: of that file, and of another
	python3 - "$SRCDIR/tests/cli" "$1" "$work/model/requirements.txt" <<-'END'
	import base64, sys
	sys.path.insert(0, sys.argv[1])
	sys.dont_write_bytecode = True
	import loopback
	body = open(sys.argv[3], "rb").read()
	print(*(base64.b64decode(loopback.checksum(sys.argv[2], x + body)).hex() for x in (b"", b"?")))
	END
}
at=$(printf requirements.txt | sha256sum | cut -d ' ' -f 1)

for kind in sha256 sha1 crc64nvme crc32c crc32; do
	forget
	check "$kind, which is right" fetched s3://sum.$kind.good/good/model
	check "is asked for once: $kind" test "$(asked GET 200)" -eq 1
	forget
	expect "$kind, which is wrong" 5 "/sum.$kind.bad/good/model/requirements.txt: $kind is " fetch s3://sum.$kind.bad/good/model
	read -r is told <<-END
	$(sums $kind)
	END
	check "both are told: $kind" said "$kind is $is, the server says $told"
	check "it had a second chance: $kind" test "$(asked GET 200)" -eq 2
	check "nothing of it stays: $kind" none "$PYFUNC_ENV_STORE/models" -name requirements.txt -o -name "$at"
	forget
	check "$kind, which is right the second time" fetched s3://sum.$kind.once/good/model
	check "is asked for twice: $kind" test "$(asked GET 200)" -eq 2
done
check "a sum of parts' sums is nothing to compare" fetched s3://sum.crc32.suffix/good/model
check "nor one that is called so" fetched s3://sum.crc64nvme.parts/good/model
check "nor one of a kind that nobody knows" fetched s3://sum.sha512.bad/good/model
forget
check "none is asked for where that is said" env AWS_RESPONSE_CHECKSUM_VALIDATION=when_required "$program" fetch s3://sum.crc32.bad/good/model
forget
check "nor by who refuses the question" fetched s3://sum.crc32.strict/good/model
check "which is asked without it then" test "$(asked GET 400)$(asked GET 200)" = 11
forget
export AWS_ACCESS_KEY_ID=AKENV AWS_SECRET_ACCESS_KEY=env/secret
check "who signs" fetched s3://sum.crc64nvme.good/good/model
expect "asks as well" 5 "crc64nvme is" fetch s3://sum.crc64nvme.bad/good/model

# ---- in pieces ----
forget
check "a file that breaks off" fetched s3://sum.crc32c.cut/good/model
check "is gone on with" test "$(asked GET 206 bytes=)" -eq 1
check "by the sum of the first answer" test "$(asked HEAD 200)" -eq 0
for how in later spoilt; do
	forget
	: >"$work/closed"
	expect "another process begins: $how" 4 "403" fetch s3://sum.sha256.$how/good/model
	rm "$work/closed"
	check "and this one goes on: $how" fetched s3://sum.sha256.$how/good/model
	check "from where that was: $how" test "$(asked GET 206 bytes=)" -eq 1
	check "asking for the sum of all: $how" test "$(asked HEAD 200)" -eq 1
done
check "what was wrong is asked for anew" test "$(asked GET 200)" -eq 1
finish
