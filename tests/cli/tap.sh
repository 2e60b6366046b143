# tap.sh - what every shell test needs: a scratch folder, and checks that print TAP
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# . "$SRCDIR/tests/cli/tap.sh"; then: check NAME COMMAND...; expect NAME STATUS TEXT COMMAND...;
# finish. $work is private, HOME and the store lie in it, and nothing of the caller's settings
# reaches the program.
# shellcheck disable=SC2034 # for the scripts that read this one
program=${BUILDDIR:-build}/pyfunc-env
work=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export HOME="$work/home" PYFUNC_ENV_STORE="$work/store"
mkdir -p "$HOME"
unset XDG_CACHE_HOME XDG_CONFIG_HOME VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME
. "${SRCDIR:-.}/tests/cli/plain.sh"
tap_number=0
tap_bad=0

tap() { # status, name
	tap_number=$((tap_number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_number - $2"
	else
		echo "not ok $tap_number - $2"
		tap_bad=$((tap_bad + 1))
		[ -s "$work/out" ] && head -c 2000 "$work/out" | sed 's/^/# out: /'
		[ -s "$work/err" ] && head -c 2000 "$work/err" | sed 's/^/# err: /'
	fi
	return 0
}

# The command succeeds.
check() {
	tap_name=$1
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null
	tap $? "$tap_name"
}

# The command ends with this status and says this (a fixed string, on either stream; "" is any).
expect() {
	tap_name=$1 tap_status=$2 tap_text=$3
	shift 3
	"$@" >"$work/out" 2>"$work/err" </dev/null
	tap_got=$?
	[ $tap_got -eq "$tap_status" ] && cat "$work/out" "$work/err" | grep -qF -e "$tap_text"
	tap_rc=$?
	[ $tap_rc -eq 0 ] || echo "# status $tap_got, wanted $tap_status and: $tap_text"
	tap $tap_rc "$tap_name"
}

skip_all() {
	echo "1..0 # SKIPPED: $1"
	exit 77
}

finish() {
	echo "1..$tap_number"
	[ $tap_bad -eq 0 ] || exit 1
	exit 0
}
