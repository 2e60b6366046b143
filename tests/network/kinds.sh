#!/bin/sh
# kinds.sh - models that are no plain tables, made and asked by MLflow itself, then by the program
# SPDX-License-Identifier: Apache-2.0
#
# The MLflow is that of the example's environment, which the program makes from the package index.
# KINDS_ONLY="chat agent" asks those models alone.
. "${SRCDIR:-.}/tests/network/example.sh"
example_env
cd "$work" || exit 99 # a folder mlruns is made where it is
"$env/bin/python" "$source/tests/network/kinds.py" "$program" "$work/models"
rc=$?
# Their workers go.
find "$PYFUNC_ENV_STORE/workers" -type s -delete 2>/dev/null
exit $rc
