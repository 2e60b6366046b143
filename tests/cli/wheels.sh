# wheels.sh - what the scenarios of the store share: wheels made on the spot, the drivers, no network
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh disable=SC2034,SC2154
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${SRCDIR:-.}/tests/cli/tap.sh"
set -eu
here=${SRCDIR:-.}/tests/cli
tool=${BUILDDIR:-build}/tests/cli/envtool
umask 022

# Nothing of the caller's settings of indexes and environments, no network.
for name in $(env | sed -n 's/^\(PIP_[A-Z_]*\|UV_[A-Z_]*\|PYTHON[A-Z]*\|VIRTUAL_ENV\|CONDA_[A-Z_]*\|PYFUNC_ENV_[A-Z_]*\)=.*/\1/p'); do
	unset "$name"
done
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/wheels" PIP_NO_CACHE_DIR=1
export UV_CACHE_DIR="$work/uv-cache" PYENV_ROOT="${pythons%/versions}"

# An interpreter that has what a driver needs: its own pip wheel.
python=
for each in python3 /usr/bin/python3; do
	found=$($each -c 'import sys, os, glob
import ensurepip
where = glob.glob(os.path.join(os.path.dirname(ensurepip.__file__), "_bundled", "pip-*.whl"))
where += glob.glob("/usr/share/python-wheels/pip-*.whl") if sys.base_prefix == "/usr" else []
assert where and sys.version_info >= (3, 8)
print(os.path.realpath(sys.executable))' 2>/dev/null) || continue
	python=$found
	break
done
maker=$(command -v python3) || skip_all "there is no python3"

managers=
if command -v uv >/dev/null; then managers=uv; else skip "uv is not installed: its half is not tested"; fi
if [ -n "$python" ]; then managers="$managers virtualenv"; else skip "no python3 with ensurepip: pip's half is not tested"; fi
[ -n "$python" ] || python=$maker
managers="$managers venv"
managers=${managers# }
first=${managers%% *}

create() { "$tool" -s "$store" -p "$python" -m "$manager" "$@"; }
