#!/bin/sh
# hostile_requirements.sh - the acceptance folder's hostile requirements files and index pages, replayed
# SPDX-License-Identifier: Apache-2.0
set -eu

maker="${PYFUNC_ENV_ACCEPTANCE:-}/hostile/make_hostile.py"
if [ ! -f "$maker" ] || ! command -v python3 >/dev/null; then
	echo "skipped: hostile requirements (PYFUNC_ENV_ACCEPTANCE names no folder with their maker, or no python3)"
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$maker" "$work/made" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
PYFUNC_ENV_HOSTILE="$work/made" "${BUILDDIR:-.}/tests/unit/test_reqpolicy"
PYFUNC_ENV_HOSTILE="$work/made" "${BUILDDIR:-.}/tests/unit/test_simple"
PYFUNC_ENV_HOSTILE="$work/made" "${BUILDDIR:-.}/tests/unit/test_where"
