#!/bin/sh
# exact.sh - objects as frames carry them between Pythons: there and back, damaged, over a socket
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=runner_lib.sh
. "${SRCDIR:-.}/tests/cli/runner_lib.sh"
objects=${SRCDIR:-.}/tests/cli/exact_objects.py
hostile=${SRCDIR:-.}/tests/cli/exact_hostile.py
wire=${SRCDIR:-.}/tests/cli/exact_wire.py
folder=$PYFUNC_ENV_RUNNER_DIR
export PYTHONDONTWRITEBYTECODE=1

found=0
for python in $(runner_pythons ${PYFUNC_ENV_TEST_PYTHON:+"$PYFUNC_ENV_TEST_PYTHON"}); do
	version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	found=$((found + 1))
	has=$("$python" -c 'try:
	import pandas
	print(", pandas %s" % pandas.__version__)
except ImportError: pass' 2>/dev/null)
	check "Python $version$has: objects are what they were" "$python" "$objects" "$folder" check
	check "Python $version$has: damaged ones are refused" "$python" "$objects" "$folder" damage 100
	check "Python $version$has: those that promise more than they hold" "$python" "$hostile" "$folder"
	check "Python $version$has: frames over a socket" "$python" "$wire" "$folder"
done
[ "$found" -gt 0 ] || skip_all "there is no python3 here"

# Objects of Python's own pass through each of the others unchanged.
python=$(some_python) || skip_all "there is no python3"
for other in $(runner_pythons); do
	rm -f "$work/all" "$work/back"
	"$python" "$objects" "$folder" write "$work/all"
	"$other" "$objects" "$folder" pass "$work/all" "$work/back"
	"$python" "$objects" "$folder" compare "$work/back" >"$work/out" 2>"$work/err"
	status=$?
	# but for what takes a package that the other one lacks; without pytz a zone is one of zoneinfo's
	grep -vE ": (Import|ModuleNotFound)Error: |^dates of pytz: " "$work/out" >"$work/check" || :
	[ $status -eq 0 ] && [ ! -s "$work/check" ]
	tap $? "through $other and back"
done

"$python" -c 'import numpy, pandas' 2>/dev/null ||
	skip "$python has no pandas; name one that has in PYFUNC_ENV_TEST_PYTHON"
finish
