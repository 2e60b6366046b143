#!/bin/sh
# help.sh - the parser, --help, the manual and the completions know the same options; examples run
# SPDX-License-Identifier: Apache-2.0
set -eu
SRCDIR=$(cd "${SRCDIR:-.}" && pwd)
BUILDDIR=$(cd "${BUILDDIR:-build}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in $(env | sed -n 's/^\(PYFUNC_ENV_[A-Z_]*\)=.*/\1/p'); do unset "$name"; done
export HOME="$work" XDG_CONFIG_HOME="$work/config" XDG_CACHE_HOME="$work/cache" LC_ALL=C
failed=0

not_ok() { echo "not ok - $*"; failed=1; }

# same NAME WANTED FOUND: two files of sorted lines
same() {
	if [ -s "$2" ] && diff "$2" "$3" >"$work/diff"; then
		echo "ok - $1"
	else
		not_ok "$1 (< in the table, > found)"
		cat "$work/diff"
	fi
}

tables() {
	awk "$@" "$SRCDIR/src/cli/options.def" "$SRCDIR/src/cli/commands.def"
}

cat >"$work/list.awk" <<'EOF'
END {
	for (i = 1; what == "commands" && i <= command_count; i++) print command[i]
	for (i = 1; what == "settings" && i <= options; i++) if (kind[i] == "SETTING") print long[i]
	for (i = 1; what == "longs" && i <= options; i++)
		print (belongs(i, name) ? "own" : "other") " " long[i] " " \
			(kind[i] == "ALIAS" ? value[i] == "" : metavar[i] !~ /^(\[|$)/)
	for (i = 1; what == "options" && i <= options; i++) {
		if (name == "" ? commands[i] != "*" : !belongs(i, name)) continue
		if (kind[i] == "ALIAS") { print "also --" long[i]; continue }
		print (short_of(i, name) == "" ? "" : "-" short[i] ", ") "--" long[i] \
			(metavar[i] ~ /^(\[|$)/ ? "" : " ") metavar[i]
	}
}
EOF
table() { tables -v what="$1" -v name="${2-}" -f "$SRCDIR/tools/table.awk" -f "$work/list.awk"; }

# What --help and what a manual page lists, in the form of `table options`.
also='s/^ *Also spelled \(--[^ ]*\)\.$/also \1/p; s/^ *\(--[^ ]*\) is --.*\.$/also \1/p'
from_help() { sed -n '1,/^options/d; s/^  \(-.*\)/\1/p; '"$also" | sort; }
from_page() {
	sed -n '/^\.SH OPTIONS/,/^\.SH EX/p' "$1" | sed 's/\\f[BRI]//g; s/\\-/-/g' |
		sed -n '/^\.TP/{n; s/^\(-.*\)/\1/p; b
}
'"$also" | sort
}

# Does the parser know an option of a command? One of another command it has to refuse with 2.
parse() {
	status=0
	"$BUILDDIR/pyfunc-env" "$1" "$3" --help >"$work/out" 2>"$work/err" </dev/null || status=$?
	known=own
	if [ "$status" -eq 2 ] && grep -q 'does not know the option' "$work/err"; then known=other; fi
	[ "$known" = "$2" ] || echo "$3: $known"
}

check_command() {
	command=$1 page=pyfunc-env${1:+-$1}
	table options "$command" | sort >"$work/wanted"
	"$BUILDDIR/pyfunc-env" ${command:+"$command"} --help >"$work/help" 2>"$work/err" ||
		not_ok "$page --help: status $?"
	[ ! -s "$work/err" ] || not_ok "$page --help writes to stderr"
	from_help <"$work/help" >"$work/found"
	same "$page --help" "$work/wanted" "$work/found"
	from_page "$BUILDDIR/docs/$page.1" >"$work/found"
	same "$page.1" "$work/wanted" "$work/found"
	[ -n "$command" ] || return 0

	# An option of another command may bear the same name as one of this.
	table longs "$command" | sort -ur | awk '$1 == "own" { own[$2] } $1 == "own" || !($2 in own)' | while read -r whose long value; do
		if [ "$value" = 1 ]; then parse "$command" "$whose" "--$long=x"
		else parse "$command" "$whose" "--$long"; fi
	done >"$work/wrong"
	if [ -s "$work/wrong" ]; then not_ok "parser of $command: $(cat "$work/wrong")"
	else echo "ok - parser of $command"; fi

	command -v bash >/dev/null || return 0
	table longs "$command" | sed -n 's/^own \([^ ]*\) .*/--\1/p' | sort >"$work/wanted"
	# shellcheck disable=SC2016
	bash -c '. "$1"; COMP_WORDS=(pyfunc-env "$2" --); COMP_CWORD=2; _pyfunc_env
		printf "%s\n" "${COMPREPLY[@]}"' - "$BUILDDIR/completions/pyfunc-env.bash" "$command" |
		sort >"$work/found"
	same "completion of $command" "$work/wanted" "$work/found"
}

# The lines of a page's examples, where the page says that they run without a network.
examples() {
	sed -n '/^\.\\" Run by tests\/help\.sh/,/^\.fi/p' "$1" |
		sed "/^\\./d; s/\\\\-/-/g; s/\\\\(dq/\"/g; s/\\\\e/\\\\/g; s/\\\\&//g"
}

run_examples() {
	examples "$1" >"$work/lines"
	while IFS= read -r line; do
		status=0
		(cd "$work/here" && PATH="$BUILDDIR:$PATH" sh -c "$line") >"$work/out" 2>&1 </dev/null ||
			status=$?
		case $status,$line in
		0,* | 1,*" diff "*) echo "ok - ${1##*/}: $line" ;;
		*) not_ok "${1##*/}: $line: status $status"; tail -n 5 "$work/out" ;;
		esac
	done <"$work/lines"
}

check_command ''
mkdir "$work/here" "$work/venvs"
cp -R "$SRCDIR/share/examples/iris/model" "$work/here/model"
chmod -R u+w "$work/here"
python3 -m venv --without-pip "$work/venvs/serving" 2>/dev/null || echo "no venv for the examples"
for name in $(table commands); do
	check_command "$name"
	run_examples "$BUILDDIR/docs/pyfunc-env-$name.1"
done

# Each setting's variable is in the manual, and no other.
table settings | tr 'a-z-' 'A-Z_' | sed 's/^/PYFUNC_ENV_/' | sort >"$work/wanted"
sed -n '/^\.SH ENVIRONMENT/,/^\.SH FILES/p' "$BUILDDIR/docs/pyfunc-env.1" |
	grep -o 'PYFUNC_ENV_[A-Z_]*' | sort -u >"$work/found"
same "settings in the manual" "$work/wanted" "$work/found"
exit "$failed"
