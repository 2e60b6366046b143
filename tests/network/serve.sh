#!/bin/sh
# serve.sh - the scoring server against MLflow's own, for models of every kind made on the spot
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of the example's environment, which the program makes from the package index.
# SERVE_ONLY="params tensor" asks those models alone; SERVE_PYTHON=EXE an interpreter that has MLflow already.
program=$(realpath "${BUILDDIR:-build}")/pyfunc-env
source=$(realpath "${SRCDIR:-.}")
work=$(mktemp -d) || exit 99
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
export PYFUNC_ENV_STORE="${PYFUNC_ENV_STORE:-$work/store}"
unset VIRTUAL_ENV CONDA_PREFIX PYTHONPATH PYTHONHOME

python=${SERVE_PYTHON:-}
if [ -z "$python" ]; then
	env=$("$program" create -q "$source/share/examples/iris/model") || {
		echo "Bail out! no environment for the example"
		exit 1
	}
	python=$env/bin/python
fi
"$python" "$source/tests/network/serve.py" "$program" "$work/models"
