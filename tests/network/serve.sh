#!/bin/sh
# serve.sh - the scoring server against MLflow's own, for models of every kind made on the spot
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of the example's environment, which the program makes from the package index.
# SERVE_ONLY="params tensor" asks those models alone; SERVE_PYTHON=EXE an interpreter that has MLflow already.
. "${SRCDIR:-.}/tests/network/example.sh"
[ -n "${SERVE_PYTHON:-}" ] || example_env
"${SERVE_PYTHON:-$env/bin/python}" "$source/tests/network/serve.py" "$program" "$work/models"
