#!/bin/sh
# enforce.sh - what a Python caller gives: by MLflow itself, by the runner in his process and in one of its own
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of the example's environment, which the program makes from the package index.
# shellcheck source-path=SCRIPTDIR source=example.sh
. "${SRCDIR:-.}/tests/network/example.sh"
example_env
mkdir "$work/models"
"$env/bin/python" "$source/tests/network/enforce.py" "$program" "$work/models"
