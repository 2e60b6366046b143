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

# What may differ, by what the other side is: it has no such type, or calls another one the same.
# pandas before 2 has dates of nanoseconds alone, before 1.2 no nullable floats, before 1.0 no text of its
# own and no boolean; text as objects is text from 3 on, and the other way round.
lacks() { # THROUGH
	echo ': (Import|ModuleNotFound)Error: '
	echo ': ValueError: an object of kind .* that cannot be made here: (AttributeError|NotImplementedError): '
	case $1 in
	pandas0 | pandas1.*)
		echo '^(dates|spans|a (plain )?(table|series)) (of|with) .*(unit|s|ms|us): '
		echo '^(all at once|plain indexes|moments|spans): ' ;;
	esac
	echo '^dates of pytz: '
}

for a in $names; do
	for b in $names; do
		[ "$a" != "$b" ] || continue
		"$work/$b/bin/python" "$objects" "$folder" pass "$work/$a.all" "$work/back" >"$work/out" 2>"$work/err" &&
			"$work/$a/bin/python" "$objects" "$folder" compare "$work/back" >"$work/told" 2>"$work/err"
		status=$?
		lacks "$b" >"$work/lacks"
		grep -vE -f "$work/lacks" "$work/told" >"$work/check" || :
		[ $status -eq 0 ] && [ ! -s "$work/check" ]
		tap $? "$a through $b and back"
		cp "$work/told" "${EXACT_TOLD:-$work}/$a-$b" 2>/dev/null
	done
done
finish
