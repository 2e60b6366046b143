# fetched.sh - for tests of places where models are: a model, and a server of the test's own that has it
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
#
# . "$SRCDIR/tests/cli/fetched.sh" behind tap.sh; then: $work/model may be added to, and serve SERVER. $port is where it
# listens, $server its process, $work/ready all that it says of itself, and $work/log what it was asked.
for name in $(env | sed -n 's/^\(AWS_[A-Z0-9_]*\|MLFLOW_[A-Z0-9_]*\|[a-zA-Z]*_[pP][rR][oO][xX][yY]\)=.*/\1/p'); do unset "$name"; done
export AWS_EC2_METADATA_DISABLED=true
command -v python3 >/dev/null || skip_all "there is no python3"
cp -R "$SRCDIR/share/examples/iris/model" "$work/model"

serve() { # SERVER
	python3 "$SRCDIR/tests/cli/$1" "$work" &
	server=$!
	trap 'kill $server 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
	await "$work/ready"
	read -r port _ <"$work/ready"
	: >"$work/log"
}

fetch() { "$program" fetch "$@"; }
fetched() { # URI: it is the model, and its folder is printed
	ends 0 fetch "$1" && diff -r "$work/model" "$(cat "$work/out")"
}
asked() { grep -c "$1" "$work/log"; }
forget() { chmod -R u+w "$PYFUNC_ENV_STORE" 2>/dev/null; rm -rf "$PYFUNC_ENV_STORE"; : >"$work/log"; }
