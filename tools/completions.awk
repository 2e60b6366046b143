# completions.awk - makes the completions of a shell out of the tables of commands and options
# SPDX-License-Identifier: Apache-2.0
#
# awk -v shell=bash -f table.awk -f completions.awk options.def commands.def

# What may follow an option, by the name its value goes by.
function takes(meta) {
	if (meta == "FILE" || meta == "MODEL" || meta == "EXE") return "file"
	if (meta == "DIR") return "dir"
	return meta ~ /^(\[|$)/ ? "" : "word"
}

function quoted(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}

# The names of a command: its own, then its older spellings.
function names_of(i,    n, list) {
	list = command[i]
	for (n in spelling) if (spelling[n] == command[i]) list = list " " n
	return list
}

function flags_of(name, with_value,    i, list) {
	for (i = 1; i <= options; i++) {
		if (!belongs(i, name) || (with_value && takes(metavar[i]) != with_value)) continue
		list = list (list == "" ? "" : " ") "--" long[i]
		if (short_of(i, name) != "") list = list " -" short[i]
	}
	return list
}

function bar(list) {
	gsub(/ /, "|", list)
	return list
}

function bash(    i, all, flags) {
	for (i = 1; i <= command_count; i++) all = all (i > 1 ? " " : "") command[i]
	print "# bash completion for pyfunc-env (made from its tables of options)"
	print "_pyfunc_env() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} flags= words="
	print "\tif [ \"$COMP_CWORD\" -eq 1 ]; then"
	print "\t\tmapfile -t COMPREPLY < <(compgen -W " quoted(all " --help --version") " -- \"$cur\")"
	print "\t\treturn"
	print "\tfi"
	print "\tcase ${COMP_WORDS[1]} in"
	for (i = 1; i <= command_count; i++) {
		print "\t" bar(names_of(i)) ")"
		print "\t\tflags=" quoted(flags_of(command[i]))
		if (actions[command[i]] != "") print "\t\twords=" quoted(actions[command[i]])
		print "\t\tcase $prev in"
		if ((flags = flags_of(command[i], "dir")) != "")
			print "\t\t" bar(flags) ") mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); return ;;"
		if ((flags = flags_of(command[i], "word")) != "")
			print "\t\t" bar(flags) ") return ;;"
		print "\t\tesac ;;"
	}
	print "\tesac"
	print "\tcase $cur in"
	print "\t-*) mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$cur\") ;;"
	print "\t*)"
	print "\t\tif [ -n \"$words\" ] && [ \"$COMP_CWORD\" -eq 2 ]; then"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")"
	print "\t\telse"
	print "\t\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")"
	print "\t\tfi ;;"
	print "\tesac"
	print "}"
	print "complete -o filenames -F _pyfunc_env pyfunc-env"
}

# One argument of zsh's _arguments: "(-i --input)"{-i,--input}"[help]:FILE:_files"
function zsh_flag(i, name,    text, after) {
	text = help[i] == "" ? "another spelling" : help[i]
	gsub(/\[/, "\\[", text)
	gsub(/\]/, "\\]", text)
	gsub(/:/, "\\:", text)
	if (takes(metavar[i]) != "")
		after = ":" metavar[i] ":" (takes(metavar[i]) == "file" ? "_files" : \
			takes(metavar[i]) == "dir" ? "_files -/" : "")
	return quoted("*--" long[i] "[" text "]" after) \
		(short_of(i, name) == "" ? "" : " " quoted("*-" short[i] "[" text "]" after))
}

function zsh(    i, j) {
	print "#compdef pyfunc-env"
	print "# zsh completion for pyfunc-env (made from its tables of options)"
	print "_pyfunc_env() {"
	print "\tif (( CURRENT == 2 )); then"
	print "\t\tlocal -a commands=("
	for (i = 1; i <= command_count; i++) print "\t\t\t" quoted(command[i] ":" summary[i])
	print "\t\t)"
	print "\t\t_describe command commands"
	print "\t\treturn"
	print "\tfi"
	print "\tlocal name=$words[2]"
	print "\tshift words; (( CURRENT-- ))"
	print "\tcase $name in"
	for (i = 1; i <= command_count; i++) {
		print "\t" bar(names_of(i)) ")"
		printf "\t\t_arguments"
		for (j = 1; j <= options; j++)
			if (belongs(j, command[i])) printf " \\\n\t\t\t%s", zsh_flag(j, command[i])
		if (actions[command[i]] != "")
			printf " \\\n\t\t\t%s", quoted("1:action:(" actions[command[i]] ")")
		print " \\\n\t\t\t'*:file:_files' ;;"
	}
	print "\tesac"
	print "}"
	print "_pyfunc_env \"$@\""
}

function fish(    i, j, when, n) {
	print "# fish completion for pyfunc-env (made from its tables of options)"
	for (i = 1; i <= command_count; i++)
		print "complete -c pyfunc-env -n __fish_use_subcommand -f -a " command[i] \
			" -d " quoted(summary[i])
	for (i = 1; i <= command_count; i++) {
		when = "-n " quoted("__fish_seen_subcommand_from " names_of(i))
		if (actions[command[i]] != "")
			print "complete -c pyfunc-env " when " -f -a " quoted(actions[command[i]])
		for (j = 1; j <= options; j++) {
			if (!belongs(j, command[i]) || kind[j] == "ALIAS") continue
			n = takes(metavar[j])
			print "complete -c pyfunc-env " when " -l " long[j] \
				(short_of(j, command[i]) == "" ? "" : " -s " short[j]) \
				(n == "word" ? " -x" : n == "" ? "" : " -r") " -d " quoted(help[j])
		}
	}
}

END {
	if (shell == "bash") bash()
	else if (shell == "zsh") zsh()
	else if (shell == "fish") fish()
	else exit 2
}
