# conda_lib.sh - for tests with a channel that make_conda.py makes: tap.sh, and the interpreter that goes into it
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034 # for the scripts that read this one
#
# . "$SRCDIR/tests/cli/conda_lib.sh"; then $here, $maker, $python (no link) and $minor ("3.11").
. "${SRCDIR:-.}/tests/cli/tap.sh"
here=${SRCDIR:-.}/tests/cli
maker=$(command -v python3) || skip_all "there is no python3"
python=$("$maker" -c 'import os, sys; print(os.path.realpath(sys.executable))')
minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
