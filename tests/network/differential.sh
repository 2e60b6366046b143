#!/bin/sh
# differential.sh - the program's answers against MLflow's own, for models of every kind made on the spot
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of the example's environment, which the program makes from the package index.
# DIFFERENTIAL_ONLY="params tensor" asks those models alone.
program=$(realpath "${BUILDDIR:-build}")/pyfunc-env
source=$(realpath "${SRCDIR:-.}")
work=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export PYFUNC_ENV_STORE="${PYFUNC_ENV_STORE:-$work/store}"
unset VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME

env=$("$program" create -q "$source/share/examples/iris/model") || {
	echo "Bail out! no environment for the example"
	exit 1
}
"$env/bin/python" "$source/tests/network/differential.py" "$program" "$work/models"
