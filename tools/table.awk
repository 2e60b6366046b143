# table.awk - reads options.def, commands.def and err.h into arrays, for the scripts that follow it
# SPDX-License-Identifier: Apache-2.0
#
# Options, in order, 1..options: kind[i] (OPT, SETTING, ALIAS), commands[i], id[i], short[i] (or ""),
# long[i], metavar[i] ("" for a switch, "[=WORD]" for one
# with a value that may be left out), help[i], value[i] (of an alias). Commands 1..command_count:
# command[i], arguments[i], summary[i]; spelling[name] is the command an older name stands for.
# actions[name] are the words of which a command takes one, "" for most.
# Exit statuses 1..codes: status[i], meaning[i].

# The arguments of a macro's line into arg[1..n]; strings and characters are unquoted, NULL is "".
function arguments_of(line, arg,    n, i, c, quote, text, inside) {
	sub(/^[^(]*\(/, "", line)
	split("", arg)
	n = 1
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (quote != "") {
			if (c == "\\") text = text substr(line, ++i, 1)
			else if (c == quote) quote = ""
			else text = text c
		} else if (c == "\"" || c == "'") {
			quote = c
		} else if (c == "," || c == ")") {
			arg[n++] = text == "NULL" || text == "0" ? "" : text
			text = ""
			if (c == ")") break
		} else if (c != " " && c != "\t") {
			text = text c
		}
	}
	return n - 1
}

# Does option i belong to the command? "" asks for those of every command.
function belongs(i, name) {
	return commands[i] == "*" || (name != "" && index(" " commands[i] " ", " " name " "))
}

# Its short name as that command has it: an option before it may have the same.
function short_of(i, name,    j) {
	for (j = 1; j < i; j++)
		if (short[j] == short[i] && belongs(j, name)) return ""
	return short[i]
}

/^(OPT|SETTING|ALIAS)\(/ {
	arguments_of($0, a)
	options++
	kind[options] = substr($0, 1, index($0, "(") - 1)
	commands[options] = a[1]
	id[options] = a[2]
	short[options] = a[3]
	long[options] = a[4]
	metavar[options] = kind[options] == "ALIAS" ? "" : a[5]
	value[options] = kind[options] == "ALIAS" ? a[5] : ""
	help[options] = a[6]
	next
}
/^CMD\(/ {
	arguments_of($0, a)
	command[++command_count] = a[1]
	arguments[command_count] = a[2]
	summary[command_count] = a[3]
	next
}
/^ACTION\(/ {
	arguments_of($0, a)
	actions[a[1]] = actions[a[1]] (actions[a[1]] == "" ? "" : " ") a[2]
	next
}
/^CMD_ALIAS\(/ { arguments_of($0, a); spelling[a[2]] = a[1]; next }
/^[ \t]*X\([A-Z]+, [0-9]+, / {
	arguments_of($0, a)
	status[++codes] = a[2] == "" ? 0 : a[2]
	meaning[codes] = a[4]
	next
}
