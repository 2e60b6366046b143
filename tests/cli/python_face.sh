#!/bin/sh
# python_face.sh - Python's side of it: the package's names, models loaded here and in their environments, their processes
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' || skip_all "python3 is older than 3.8"
SRCDIR=$(cd "${SRCDIR:-.}" && pwd)
PYFUNC_ENV_PROGRAM=$program
export SRCDIR PYFUNC_ENV_PROGRAM PYTHONPATH="$SRCDIR/share/python" PYTHONDONTWRITEBYTECODE=1 PIP_NO_INDEX=1
cd "$SRCDIR/tests/python" && "$python" tap.py test_package test_load test_runner test_left test_save
