#!/bin/sh
# serve.sh - recorded requests, most of them hostile: each is answered as foretold, and the server goes on
# SPDX-License-Identifier: Apache-2.0
#
# Needs PYFUNC_ENV_ACCEPTANCE (a folder with hostile/make_hostile.py).
# shellcheck source-path=SCRIPTDIR source=../cli/serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"
data=${PYFUNC_ENV_ACCEPTANCE:-}
[ -f "$data/hostile/make_hostile.py" ] || skip_all "PYFUNC_ENV_ACCEPTANCE names no folder with hostile inputs"
python3 "$data/hostile/make_hostile.py" "$work/hostile" >/dev/null 2>&1
start --max-body 64M
check "recorded requests" client recorded "$port" "$work/hostile"
check "nothing is left of them" sh -c '[ "$(find "/proc/$1/fd" -lname "socket:*" | wc -l)" -le 4 ]' - "$server"
check "stopped" stop 0
finish
