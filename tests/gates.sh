#!/bin/sh
# gates.sh - what no file may do: grow too long, call what is banned, name a host or a machine
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "${SRCDIR:-.}"

MAX_FILE=500
MAX_FUNCTION=60
MAX_LINE=100

# Every file of the project: what git tracks, or in a release the folders that hold sources.
project_files() {
	if [ -e .git ] && git ls-files >/dev/null 2>&1; then
		git ls-files
	else
		find src tests tools docs share bootstrap configure.ac Makefile.am ./*.md ./*.in \
			-type f ! -name '*.[0-9]' ! -name '*.o' ! -name Makefile.in
	fi
}

# Reads lines "FILE...: what"; any line is a failure of the gate NAME.
gate() {
	found=$(cat)
	if [ -n "$found" ]; then
		printf '%s\n' "$found" | sed "s/^/not ok - $1: /"
		echo "$1" >>"$failures"	# a pipeline's end is a process of its own
	else
		echo "ok - $1"
	fi
}

# grep over a list of files that may hold blanks; no match is no failure.
search() {
	tr '\n' '\0' <"$1" | xargs -0 grep -InE -e "$2" -- || :
}

files=$(mktemp)
scripts=$(mktemp)
failures=$(mktemp)
trap 'rm -f "$files" "$scripts" "$failures"' EXIT
project_files | LC_ALL=C sort | while read -r file; do
	if [ -f "$file" ]; then printf '%s\n' "$file"; fi
done >"$files"
[ "$(wc -l <"$files")" -gt 20 ] || { echo "not ok - the project's files were not found"; exit 1; }

grep -E '\.[ch]$' "$files" | while read -r file; do
	awk -v file="$file" -v max_file="$MAX_FILE" -v max_function="$MAX_FUNCTION" '
	/^[a-z].*\(/ && !/;$/ { name = $0 }
	/^\{/ { start = NR }
	/^}/ && start {
		if (NR - start - 1 > max_function)
			print file ":" start ": " NR - start - 1 " lines in " name
		start = 0
	}
	END { if (NR > max_file) print file ": " NR " lines" }' "$file"
done | gate "at most $MAX_FILE lines a file, $MAX_FUNCTION a function"

# A text that is printed stands on one line, so that it can be looked for.
grep -E '^src/.*\.[ch]$' "$files" | while read -r file; do
	expand "$file" | awk -v file="$file" -v max="$MAX_LINE" '
	length($0) > max && !/"/ { print file ":" NR ": " length($0) " columns" }'
done | gate "at most $MAX_LINE columns a line"

grep -E '\.([ch]|def)$' "$files" | while read -r file; do
	awk -v file="$file" -v name="${file##*/}" '
	NR == 1 && (index($0, "/* " name " - ") != 1 || $0 !~ / \*\/$/) {
		print file ": the first line is not /* " name " - one sentence */" }
	NR == 2 && $0 != "/* SPDX-License-Identifier: Apache-2.0 */" {
		print file ": the second line is not the licence" }' "$file"
done | gate "the first two lines of C files"

grep -E '\.(sh|py|awk)$|^bootstrap$|^tools/|^\.ci/' "$files" >"$scripts" || :
while read -r file; do
	head -n 3 "$file" | grep -qF "# ${file##*/} - " || echo "$file: no line '# ${file##*/} - one sentence'"
	head -n 3 "$file" | grep -qF "# SPDX-License-Identifier: Apache-2.0" || echo "$file: no licence"
	if head -n 1 "$file" | grep -q '^#!' && ! [ -x "$file" ]; then
		echo "$file: not executable"
	fi
done <"$scripts" | gate "the first lines of scripts, and their mode"

banned='system|popen|strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|tmpnam|tempnam|mktemp'
find "${BUILDDIR:-build}/src" -name '*.o' 2>/dev/null | while read -r object; do
	nm -u "$object" | sed -nE "s/^ *U (__)?($banned)(_chk)?(@.*)?\$/calls \2/p" | sed "s|^|${object##*/src/}: |"
done | gate "banned calls in the objects"

runner=${BUILDDIR:-build}/.libs/_pfr.so
if [ -e "$runner" ]; then
	readelf -d "$runner" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/the runner needs \1/p' |
		grep -vE ' (libc|ld)[.-]' | gate "the runner needs libc alone"
	nm -D --defined-only "$runner" | grep -v ' PyInit__pfr$' | gate "the runner exports one name"
fi

grep -E '\.[ch]$' "$files" >"$scripts" || :
search "$scripts" '(^|[^A-Za-z0-9_])(alloca|goto (out|cleanup|done|fail))\>' |
	gate "no alloca, no goto for cleanup"
search "$scripts" '^typedef (struct|enum|union)' | gate "no typedef of a struct"

# The names are put together here, so that this file does not hold them.
d='[.]'
hosts="pypi${d}org|pythonhosted${d}org|anaconda${d}(org|com|cloud)|conda-forge${d}org|prefix${d}dev"
hosts="$hosts|(deb|ftp|security|snapshot)${d}debian${d}org|archive${d}ubuntu${d}com|huggingface${d}co"
search "$files" "$hosts" | gate "no host of a registry or a mirror"

s=/
search "$files" "(^|[^A-Za-z0-9_.~}*-])${s}(root|work)${s}|${s}home${s}[a-z]" | gate "no path of a machine"

grep -vE '^(tests/data|share/examples)/|^LICENSE$' "$files" >"$scripts" || :
search "$scripts" "\\<(TO""DO|FIX""ME|XX""X)\\>" | gate "nothing left for later"

# What the documents name is there; NAME stands for any, and default_index.h is made by configure.
sed -n '/^docs\/architecture.md$/p; /^src\/README.md$/p; /^CONTRIBUTING.md$/p' "$files" | while read -r file; do
	grep -o '`[A-Za-z0-9_./]*\.\(c\|h\|sh\|py\|def\|awk\|tsv\|md\)`' "$file" | tr -d '`' | sort -u | while read -r name; do
		grep -qxE "(.*/)?$(printf %s "$name" | sed 's/\./[.]/g')" "$files" || echo "$file: $name is not there"
	done
done | grep -vE ': (default_index\.h|.*NAME.*) is' | gate "the files that documents name are there"

[ ! -s "$failures" ]
