#!/bin/sh
# spark_result.sh - answers of models as the values of Spark's types, against what MLflow's spark_udf makes of them
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # tap.sh sets it
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
"$python" -c 'import numpy, pandas' 2>/dev/null ||
	skip_all "$python has no pandas; name one that has in PYFUNC_ENV_TEST_PYTHON"

expect "the recorded answers" 0 "2310 answers" "$python" "${SRCDIR:-.}/tests/cli/spark_result.py" "${SRCDIR:-.}"
check "nothing is otherwise" [ "$(wc -l <"$work/out")" -eq 1 ]
finish
