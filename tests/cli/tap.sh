# tap.sh - what every shell test needs: a scratch folder, and checks that print TAP
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# . "$SRCDIR/tests/cli/tap.sh"; then: check NAME COMMAND...; expect NAME STATUS TEXT COMMAND...;
# finish. $work is private, HOME and the store lie in it, and nothing of the caller's settings
# reaches the program. What the last `expect` or `ends` printed stays in $work/out and $work/err.
# shellcheck disable=SC2034 # for the scripts that read this one
program=$(cd "${BUILDDIR:-build}" && pwd)/pyfunc-env || exit 99
pythons=${PYENV_ROOT:-$HOME/.pyenv}/versions
# The caller's settings of pip and uv: see to_the_index.
for pip_config in "${PIP_CONFIG_FILE:-}" "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf"; do
	[ ! -e "$pip_config" ] || break
done
tap_settings=$(env | grep -E '^(PIP|UV)_' || :)
work=$(mktemp -d) && work=$(cd "$work" && pwd -P) || exit 99
trap 'chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export HOME="$work/home" PYFUNC_ENV_STORE="$work/store"
mkdir -p "$HOME"
unset XDG_CACHE_HOME XDG_CONFIG_HOME VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME
. "${SRCDIR:-.}/tests/cli/plain.sh"
tap_number=0
tap_bad=0

tap() { # STATUS NAME
	tap_number=$((tap_number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_number - $2"
		return
	fi
	echo "not ok $tap_number - $2"
	tap_bad=$((tap_bad + 1))
	for tap_stream in check out err; do
		[ ! -s "$work/$tap_stream" ] || head -c 2000 "$work/$tap_stream" | sed "s/^/# $tap_stream: /"
	done
}

# The command succeeds.
check() { # NAME COMMAND...
	tap_name=$1 tap_rc=0
	shift
	"$@" >"$work/check" 2>&1 </dev/null || tap_rc=$?
	tap $tap_rc "$tap_name"
}

# The command ends with this status.
ends() { # STATUS COMMAND...
	tap_status=$1 status=0
	shift
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	[ $status -eq "$tap_status" ] || { echo "# status $status, not $tap_status"; return 1; }
}

# And says this (a fixed string, on either stream; "" is any).
expect() { # NAME STATUS TEXT COMMAND...
	tap_name=$1 tap_status=$2 tap_text=$3 tap_rc=0
	shift 3
	ends "$tap_status" "$@" || tap_rc=1
	[ -z "$tap_text" ] || cat "$work/out" "$work/err" | grep -qF -e "$tap_text" ||
		{ echo "# not said: $tap_text"; tap_rc=1; }
	tap $tap_rc "$tap_name"
}

# Looks at what the last one printed.
printed() { grep -qF -e "$1" "$work/out"; }
said() { grep -qF -e "$1" "$work/err"; }
silent() { ! said "$1"; }
none() { [ -z "$(find "$@" 2>/dev/null)" ]; } # as find knows them

skip() {
	echo "# SKIPPED: $1"
	echo "SKIPPED: ${0##*/}: $1" >&2
}

skip_all() {
	echo "1..0 # SKIPPED: $1"
	exit 77
}

# For those that go to the package index: where it is, as the caller's settings have it, and no more of them.
to_the_index() {
	unset PIP_NO_INDEX PIP_FIND_LINKS PIP_CONFIG_FILE
	while IFS='=' read -r tap_name tap_value; do
		case $tap_name in
		PIP_*INDEX* | PIP_*LINKS | PIP_CERT | PIP_*TIMEOUT | PIP_TRUSTED_HOST | UV_*INDEX*)
			export "$tap_name=$tap_value" ;;
		*) unset "$tap_name" ;;
		esac
	done <<-END
		${tap_settings:-PIP_CONFIG_FILE=}
	END
	[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"
}

# A server of the test's own, which writes this file when it listens.
await() { # FILE
	tap_tries=0
	until [ -s "$1" ]; do
		tap_tries=$((tap_tries + 1))
		[ "$tap_tries" -lt 100 ] || skip_all "no server on loopback"
		sleep 0.1
	done
}

finish() {
	echo "1..$tap_number"
	[ $tap_bad -eq 0 ] || exit 1
	exit 0
}
