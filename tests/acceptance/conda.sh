#!/bin/sh
# conda.sh - every conda package of the hostile corpus is judged rightly, and nothing is written or changed elsewhere
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
corpus=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/hostile/make_hostile.py
[ -r "$corpus" ] || skip_all "PYFUNC_ENV_ACCEPTANCE has no hostile/make_hostile.py"
command -v python3 >/dev/null || skip_all "there is no python3"
tool=$BUILDDIR/tests/cli/conda_tool
python3 "$corpus" "$work/hostile" >/dev/null || skip_all "the corpus cannot be made"
grep -P '\tconda\t' "$work/hostile/index.tsv" >"$work/cases"
elsewhere() {
	find "$work" \( -path "$work/into" -o -path "$work/store" \) -prune -o ! -name out ! -name err ! -name before ! -name after ! -name check -printf '%m %p\n'
	find /tmp/pyfenv-canary* -printf '%m %p\n' 2>/dev/null
	stat -c '%a %n' /tmp /etc /etc/passwd
}
elsewhere | LC_ALL=C sort >"$work/before"

# What the corpus wants refused and libarchive reads, each in a way that stays inside (see tars.sh). None of
# it is listed in paths.json, so that nothing comes of it.
harmless() { # id
	case $1 in
	conda/t-contiguous-unknown.* | conda/t-pax-path-nul.* | conda/t-pax-global-path.* | conda/t-size-not-octal.*) return 0 ;;
	esac
	return 1
}
while IFS='	' read -r id _ path wanted code _; do
	! harmless "$id" || wanted=accept
	# shellcheck disable=SC3045 # dash and bash both have it
	(ulimit -v 1048576 && exec timeout 20 "$tool" -d noarch -p lib/python3.11/site-packages link "$work/into" "$work/there" \
		"$work/hostile/$path") >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	case $wanted in
	accept) [ $rc -eq 0 ] && [ "$(grep -c 'demo\|t$\|b\.so\|lib/[bl]$' "$work/out")" -gt 0 ] && "$tool" check ;;
	*) { [ $rc -eq "$code" ] || [ $rc -eq 5 ]; } && [ ! -s "$work/out" ] &&
		[ "$(tr -d '\n\040-\176' <"$work/err" | wc -c)" -eq 0 ] &&
		[ "$(grep -cE '^pyfunc-env: (integrity|limit|io): ' "$work/err")" -eq 1 ] ;;
	esac >"$work/check" 2>&1 && none "$work/into" ! -type f ! -type d ! -type l && none "$work/into" ! -type l -perm /7022 &&
		none "$work/store/tmp" -mindepth 1
	tap $? "$id ($wanted: status $rc)"
	chmod -R u+w "$work/into" "$work/store" 2>/dev/null
	rm -rf "$work/into" "$work/store"
done <"$work/cases"
[ "$tap_number" -gt 100 ] || tap 1 "there are cases"
elsewhere | LC_ALL=C sort >"$work/after"
check "nothing was written or changed elsewhere" diff "$work/before" "$work/after"
finish
