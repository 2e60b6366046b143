#!/bin/sh
# exact.sh - objects between environments of different Pythons, numpys and pandas, there and back
# SPDX-License-Identifier: Apache-2.0
#
# Each environment's objects are the same after a way through each other one, but for what that one's
# packages have no type for: those are told by an error that names it, or are the next best type.
. "${SRCDIR:-.}/tests/cli/tap.sh"
objects=$(realpath "${SRCDIR:-.}/tests/cli/exact_objects.py")
folder=$(realpath "${BUILDDIR:-build}/.libs")
export PYTHONDONTWRITEBYTECODE=1
cd "$work" || exit 99
to_the_index

python_of() { # MINOR
	for exe in "$pythons/$1".*/bin/python "/usr/bin/python$1" "/usr/local/bin/python$1"; do
		if [ -x "$exe" ]; then
			printf '%s\n' "$exe"
			return
		fi
	done
}

names=
row() { # NAME MINOR REQUIREMENTS...
	name=$1 exe=$(python_of "$2")
	shift 2
	if [ -z "$exe" ]; then
		skip "no Python for $*"
		return
	fi
	"$exe" -m venv "$work/$name" && "$work/$name/bin/python" -m pip install -q "$@" >"$work/out" 2>"$work/err"
	tap $? "$name: made of $*"
	[ -x "$work/$name/bin/python" ] || return
	names="$names $name"
	check "$name: objects are what they were" "$work/$name/bin/python" "$objects" "$folder" check
	check "$name: damaged ones are refused" "$work/$name/bin/python" "$objects" "$folder" damage 100
	"$work/$name/bin/python" "$objects" "$folder" write "$work/$name.all"
}

row pandas0 3.7 pandas==0.25.3 numpy==1.17.5 scipy==1.4.1
row pandas1.1 3.8 pandas==1.1.5 numpy==1.24.4 scipy==1.10.1
row pandas1.5 3.9 pandas==1.5.3 numpy==1.26.4 pyarrow==14.0.2
row pandas2.0 3.10 pandas==2.0.3 numpy==1.26.4 scipy==1.11.4 pyarrow==17.0.0
row pandas2.2 3.12 pandas==2.2.3 numpy==2.1.3 scipy==1.14.1 pyarrow==18.1.0 pytz
row pandas3 3.13 'pandas>=3' 'numpy>=2.3' scipy pyarrow

# What may differ, one expression a line: the other side has no such type, or another one is its own. pandas
# before 2 has dates of nanoseconds alone, before 1 no text and no booleans of its own, and text as objects is
# a type of text from 3 on; which library knows time zones is another one.
one='^(a (plain )?(table|series) (with|of) )?'
lacks() { # FROM THROUGH
	cat <<-'END'
		: (Import|ModuleNotFound)Error:
		^dates of (a zone|pytz):
		^new arrays of text:
		^an array of (csr|csc|coo|bsr):
	END
	case $2 in
	pandas0 | pandas1.*)
		echo "$one(string|string of pyarrow|all at once|a table (with notes|of unique labels)):"
		echo "$one(dates|spans|zoned)( of)?( s| ms| us)?:"
		echo '^(moments|spans|dates as index|spans as index|dates of a zone as index):' ;;
	esac
	case $1-$2 in
	*pandas3*)
		echo "$one(text|text as objects|all at once):"
		echo '^tables without (rows|columns):' ;;
	esac
}

for a in $names; do
	for b in $names; do
		[ "$a" != "$b" ] || continue
		"$work/$b/bin/python" "$objects" "$folder" pass "$work/$a.all" "$work/back" >"$work/out" 2>"$work/err" &&
			"$work/$a/bin/python" "$objects" "$folder" compare "$work/back" >"$work/told" 2>"$work/err"
		status=$?
		lacks "$a" "$b" >"$work/lacks"
		grep -vE -f "$work/lacks" "$work/told" >"$work/check" || :
		[ $status -eq 0 ] && [ ! -s "$work/check" ]
		tap $? "$a through $b and back"
	done
done
finish
