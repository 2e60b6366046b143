#!/bin/sh
# env_index.sh - a real environment from the package index, by each driver, and its byte code
# SPDX-License-Identifier: Apache-2.0
settings=$(env | grep -E '^(PIP|UV)_' || :)
config=${PIP_CONFIG_FILE-unset}
. "${SRCDIR:-.}/tests/cli/common.sh"
# This one goes to the index, as the user's settings have it.
unset PIP_NO_INDEX PIP_FIND_LINKS PIP_CONFIG_FILE
[ "$config" = unset ] || export PIP_CONFIG_FILE="$config"
while IFS='=' read -r name value; do
	case $name in PIP_*INDEX* | PIP_*LINKS | PIP_CERT | PIP_*TIMEOUT | PIP_TRUSTED_HOST | UV_*INDEX*) export "$name=$value" ;; esac
done <<END
$settings
END

printf 'r scikit-learn==1.5.2\nr cloudpickle\nb wheel\n' >"$W/needs"
for manager in $managers; do
	store="$W/$manager"
	ok "$manager: scikit-learn from the index" fails 0 create create "$W/needs"
	env=$(cat "$W/out")
	ok "$manager: it imports" "$env/bin/python" -I -c 'import sklearn.linear_model, cloudpickle'
	ok "$manager: it is still good" fails 0 "$tool" -s "$store" verify
	ok "$manager: its list of modules is as Python finds them" "$env/bin/python" -I \
		"${SRCDIR:-.}/tests/network/imports.py" "${SRCDIR:-.}/src/runner/imports.py" "$env/imports.txt"
	ok "$manager: no temporary path" sh -c '! grep -rqF "$1/tmp" "$2"' - "$store" "$env"
	ok "$manager: offline from what was recorded" fails 0 create -o create "$W/needs"
	ok "$manager: says so" said "offline: the packages are those recorded"
	printf 'r scikit-learn==99\n' >"$W/unknown"
	ok "$manager: a version that is not there: 6" fails 6 create create "$W/unknown"
	printf 'r six\n' >"$W/six"
	ok "$manager: an index that is not there: 4" fails 4 env UV_NO_CACHE=1 PIP_RETRIES=1 UV_HTTP_RETRIES=0 \
		PIP_INDEX_URL=http://user:hunter2secret@127.0.0.1:9/simple "$tool" -s "$store" -p "$python" -m "$manager" create "$W/six"
	ok "$manager: no password on screen" silent hunter2secret
	ok "$manager: nor in any file" sh -c '! grep -rqF hunter2secret "$1"' - "$store"
done
finish
