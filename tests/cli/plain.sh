# plain.sh - commands run as somebody whom the modes of files stop, also where the tests run as root
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh

# A program and its arguments; no function.
plain() {
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	else
		setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all -- "$@"
	fi
}

# Does that hold here? Where it does not, those tests are skipped, and it is said.
plain_works() { # FOLDER
	: >"$1/plain" && chmod 000 "$1/plain" || return 1
	if plain true 2>/dev/null && ! plain cat "$1/plain" 2>/dev/null; then
		rm -f "$1/plain"
		return 0
	fi
	rm -f "$1/plain"
	echo "SKIPPED: ${0##*/}: root is not stopped by a file's mode, and there is no setpriv that changes it" >&2
	echo "# SKIPPED: what only somebody else than root cannot read or write"
	return 1
}
