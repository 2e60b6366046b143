#!/bin/sh
# resolve_index.sh - what a resolution asks of an index: as early as can be, and nothing that is known
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/wheels.sh"
unset PIP_NO_INDEX PIP_FIND_LINKS
export no_proxy=127.0.0.1
store=$work/store
export PYFUNC_ENV_STORE="$store"

"$maker" "$here/ahead_server.py" "$work" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
PIP_INDEX_URL="http://127.0.0.1:$(cat "$work/port")/simple"
export PIP_INDEX_URL

model() { # NAME REQUIREMENT...
	mkdir -p "$work/$1"
	printf 'flavors:\n  python_function:\n    loader_module: none\n    python_version: %s\n' "$version" >"$work/$1/MLmodel"
	printf '%s\n' "$@" | tail -n +2 >"$work/$1/requirements.txt"
}
make() { # NAME OPTION...
	name=$1
	shift
	"$program" create -q --env-manager venv --no-bytecode --python "$python" "$@" "$work/$name"
}
# The environment has to be made once more; what was known of the index is old by now.
anew() {
	chmod -R u+w "$store/envs" 2>/dev/null || :
	rm -rf "$store/envs" "$store/locks"
	find "$store/index/pages" -type f -exec touch -d '20 minutes ago' {} +
	: >"$work/log"
}
asked() { # PATTERN N
	[ "$(grep -cE -e "$1" "$work/log")" -eq "$2" ] || { cat "$work/log"; return 1; }
}
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
model free slow first 'setuptools<81'
model pinned slow==1.0 first==1 second==1.0 third==1.0 setuptools==80.0
model twice twice==1.0 setuptools==80.0
model clash slow==1.0 first==1.0 second==1.0 third==2.0 setuptools==80.0

# ---- ahead ----
check "a page is not in the way of what others lead to" make free
check "each page is asked for once" asked '^/simple/' 5
check "and of each version, what it needs" asked '/third-1.0.*metadata$' 1
check "of no other" asked 'third-2.0' 0

# ---- known ----
check "pinned versions, of projects that are known" make pinned
anew
check "pinned, chosen before, and in the store" make pinned
check "nothing is asked" asked '' 0
anew
check "offline" make pinned --offline
anew
check "asked again when told to" make pinned --refresh
check "for every page" asked '^/simple/' 5
anew
chmod -R u+w "$store/wheels" && rm -rf "$(dirname "$(ls -d "$store"/wheels/*/tree/third.py)" | xargs dirname)"
check "a wheel that has left the store" make pinned
check "its project is asked for" asked '^/simple/third/' 1
check "and no other" asked '^/simple/' 1
anew
digest_of() { sha256sum "$work/files/$1-py3-none-any.whl" | cut -d' ' -f1; }
model hashed "twice==1.0 --hash=sha256:$(digest_of twice-1.0)"
check "an earlier build, chosen by its digest" make hashed
anew
check "the same version where nobody names one" "$program" lock -f requirements --python "$python" "$work/twice" -o "$work/locked"
check "is the last build, not what was chosen" grep -qF "$(digest_of twice-1.0-1)" "$work/locked"
anew
expect "a conflict is told as ever" 6 "third" make clash
check "and with every page read" asked '^/simple/' 5
finish
