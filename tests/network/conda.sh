#!/bin/sh
# conda.sh - what conda's solver finds among real packages holds by py-rattler's reading of match specs
# SPDX-License-Identifier: Apache-2.0
#
# And py-rattler's own answers are the recorded ones.
. "${SRCDIR:-.}/tests/cli/tap.sh"
[ "${PYFUNC_ENV_NETWORK:-}" = 1 ] || skip_all "no network (make check-network)"
python=${PYFUNC_ENV_TEST_PYTHON:-python3}
"$python" -c 'import rattler, os; os._exit(0)' 2>/dev/null || skip_all "there is no py-rattler"
tests=${SRCDIR:-.}/tests
sets=$tests/data/conda_sets.txt
tool=${BUILDDIR:-.}/tests/bench/conda_solve
peer() { "$python" "$tests/bench/conda_rattler.py" "$@"; }

for subdir in linux-64 noarch; do
	mkdir -p "$work/channel/$subdir"
	"$python" -c 'import bz2, shutil, sys; shutil.copyfileobj(bz2.open(sys.argv[1]), open(sys.argv[2], "wb"))' \
		"$tests/data/conda/$subdir/repodata.json.bz2" "$work/channel/$subdir/repodata.json"
done
"$tool" -f "$sets" "file://$work/channel" >"$work/ours" 2>/dev/null
check "every set has an answer" test "$(grep -c '^$' "$work/ours")" -eq "$(wc -l <"$sets")"
check "they hold" peer check "$work/channel" "$sets" "$work/ours"
peer solve "$work/channel" "$sets" >"$work/theirs" 2>/dev/null
"$python" "$tests/../tools/record/conda_repodata.py" table "$sets" "$work/theirs" "$work/ours" >"$work/table"
check "the recorded table is what both say today" cmp "$work/table" "$tests/data/conda_answers.tsv"
finish
