#!/bin/sh
# differential.sh - the program's answers against MLflow's own, for models of every kind made on the spot
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of the example's environment, which the program makes from the package index.
# DIFFERENTIAL_ONLY="params tensor" asks those models alone.
. "${SRCDIR:-.}/tests/network/example.sh"
example_env
"$env/bin/python" "$source/tests/network/differential.py" "$program" "$work/models"
