#!/bin/sh
# env_index.sh - a real environment from the package index, by each driver, and its byte code
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"

printf 'r scikit-learn==1.5.2\nr cloudpickle\nb wheel\n' >"$work/needs"
for manager in $managers; do
	store="$work/$manager"
	check "$manager: scikit-learn from the index" ends 0 create create "$work/needs"
	env=$(cat "$work/out")
	check "$manager: it imports" "$env/bin/python" -I -c 'import sklearn.linear_model, cloudpickle'
	check "$manager: it is still good" ends 0 "$tool" -s "$store" verify
	check "$manager: its list of modules is as Python finds them" "$env/bin/python" -I \
		"${SRCDIR:-.}/tests/network/imports.py" "${SRCDIR:-.}/src/runner/imports.py" "$env/imports.txt"
	check "$manager: no temporary path" sh -c '! grep -rqF "$1/tmp" "$2"' - "$store" "$env"
	check "$manager: offline from what was recorded" ends 0 create -o create "$work/needs"
	check "$manager: says so" said "offline: the packages are those recorded"
	printf 'r scikit-learn==99\n' >"$work/unknown"
	check "$manager: a version that is not there: 6" ends 6 create create "$work/unknown"
	printf 'r six\n' >"$work/six"
	check "$manager: an index that is not there: 4" ends 4 env UV_NO_CACHE=1 PIP_RETRIES=1 UV_HTTP_RETRIES=0 \
		PIP_INDEX_URL=http://user:hunter2secret@127.0.0.1:9/simple "$tool" -s "$store" -p "$python" -m "$manager" create "$work/six"
	check "$manager: no password on screen" silent hunter2secret
	check "$manager: nor in any file" sh -c '! grep -rqF hunter2secret "$1"' - "$store"
done
finish
