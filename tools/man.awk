# man.awk - makes a manual page: docs/NAME.1.in with its options, commands and statuses filled in
# SPDX-License-Identifier: Apache-2.0
#
# awk -v page=pyfunc-env-run -v version=1.0 -f table.awk -f man.awk options.def commands.def err.h page.in

function roff(text) {
	gsub(/\\/, "\\e", text)
	gsub(/-/, "\\-", text)
	if (text ~ /^[.']/) text = "\\&" text
	return text
}

function print_options(name,    i, j, flag, s) {
	for (i = 1; i <= options; i++) {
		if (kind[i] == "ALIAS" || !(name == "" ? commands[i] == "*" : belongs(i, name))) continue
		s = short_of(i, name)
		flag = "\\fB" roff((s == "" ? "" : "-" s ", ") "--" long[i]) "\\fR"
		print ".TP"
		if (metavar[i] ~ /^\[/) print flag roff(metavar[i])
		else print flag (metavar[i] == "" ? "" : " \\fI" roff(metavar[i]) "\\fR")
		print roff(help[i])
		for (j = 1; j <= options; j++) {
			if (kind[j] != "ALIAS" || id[j] != id[i] || !belongs(j, name)) continue
			if (value[j] == "") print "Also spelled \\fB" roff("--" long[j]) "\\fR."
			else print "\\fB" roff("--" long[j]) "\\fR is \\fB" \
				roff("--" long[i] " " value[j]) "\\fR."
		}
	}
}

function print_commands(    i) {
	for (i = 1; i <= command_count; i++) {
		print ".TP"
		print ".BR pyfunc\\-env\\-" command[i] " (1)"
		print roff(toupper(substr(summary[i], 1, 1)) substr(summary[i], 2)) "."
	}
}

function print_statuses(    i) {
	for (i = 1; i <= codes; i++) {
		print ".TP"
		print ".B " status[i]
		print roff(meaning[i])
	}
	print ".TP"
	print ".B 128+\\fIN\\fR"
	print "ended by signal \\fIN\\fR"
}

function print_others(    i, n, other) {
	n = 0
	if (page != "pyfunc-env") other[++n] = "pyfunc-env"
	for (i = 1; i <= command_count; i++)
		if (page != "pyfunc-env-" command[i]) other[++n] = "pyfunc-env-" command[i]
	for (i = 1; i <= n; i++) print ".BR " roff(other[i]) " (1)" (i < n ? "," : "")
}

FILENAME !~ /\.1\.in$/ { next }
FNR == 1 {
	name = page
	sub(/^pyfunc-env-?/, "", name)
	print ".\\\" Made from " page ".1.in and the tables of the source; not to be edited."
}
$0 == "@OPTIONS@" { print_options(name); next }
$0 == "@COMMANDS@" { print_commands(); next }
$0 == "@EXIT_STATUS@" { print_statuses(); next }
$0 == "@SEE_ALSO@" { print_others(); next }
{ gsub(/@VERSION@/, version); print }
