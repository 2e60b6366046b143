# wheels.sh - tests/cli/wheels.sh for those that go to the package index, as the user's settings have it
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
# shellcheck source-path=SCRIPTDIR/../cli source=wheels.sh
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
to_the_index

# The newest pip and uv, in a folder of their own.
newest() {
	"$python" -m venv "$work/tools" && "$work/tools/bin/python" -m pip install -q -U pip uv ||
		skip_all "pip and uv cannot be had"
	uv=$work/tools/bin/uv
	export PIP_DISABLE_PIP_VERSION_CHECK=1
}

replay() { # FILE: lines of TAP of another
	while read -r first second rest; do
		case $first in
		ok) tap 0 "${rest#- }" ;;
		not) tap 1 "${rest#*- }" ;;
		1..*) ;;
		*) echo "$first $second $rest" ;;
		esac
	done <"$1"
}
