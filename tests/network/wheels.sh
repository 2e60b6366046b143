# wheels.sh - tests/cli/wheels.sh for those that go to the package index, as the user's settings have it
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
settings=$(env | grep -E '^(PIP|UV)_' || :)
# shellcheck source-path=SCRIPTDIR/../cli source=wheels.sh
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
unset PIP_NO_INDEX PIP_FIND_LINKS PIP_CONFIG_FILE
[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"
while IFS='=' read -r name value; do
	case $name in PIP_*INDEX* | PIP_*LINKS | PIP_CERT | PIP_*TIMEOUT | PIP_TRUSTED_HOST | UV_*INDEX*) export "$name=$value" ;; esac
done <<END
$settings
END

# The newest pip and uv, in a folder of their own.
newest() {
	"$python" -m venv "$work/tools" && "$work/tools/bin/python" -m pip install -q -U pip uv ||
		skip_all "pip and uv cannot be had"
	uv=$work/tools/bin/uv
	export PIP_DISABLE_PIP_VERSION_CHECK=1
}
