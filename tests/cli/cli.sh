#!/bin/sh
# cli.sh - the command line itself: commands, options, settings, help, errors
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"

check "help" "$program" --help
check "help of a command" "$program" run --help
check "help, as a command" "$program" help deps
check "version" "$program" --version
expect "no command" 2 "a command is needed" "$program"
expect "unknown command" 2 "there is no command frobnicate" "$program" frobnicate
check "with where they are" said "--help lists the commands"
expect "a near miss of a command" 2 "did you mean fetch?" "$program" ftech
expect "of an older name" 2 "did you mean predict?" "$program" predcit
expect "a command's beginning" 2 "did you mean verify?" "$program" ver
expect "of an option before the command" 2 "did you mean --help?" "$program" --hlep
expect "options before the command" 3 '"kind":"error"' "$program" -q --store "$work" --json deps "$HOME"
check "help before the command" "$program" --help run
expect "options and no command" 2 "a command is needed" "$program" --store "$work" -v
expect "no option before the command" 2 "no option -x before" "$program" -x deps
expect "no input" 7 "cannot open $work/none" "$program" run -i "$work/none" "$HOME"
expect "a folder for the input" 7 "$HOME is a directory" "$program" run -i "$HOME" "$HOME"
expect "no seconds" 2 "not 5s" "$program" run --timeout 5s "$HOME"
expect "unknown option" 2 "deps does not know the option --frobnicate" "$program" deps --frobnicate x
expect "a near miss is named" 2 "did you mean --format?" "$program" deps --for x
expect "with letters swapped" 2 "did you mean --input?" "$program" run --inptu=x x
expect "with letters left out" 2 "did you mean --allow-urls?" "$program" run --allow-rls x
expect "an option of another command" 2 "deps does not know the option --timeout" "$program" deps --timeout 3 x
expect "missing value" 2 "--format needs a value" "$program" deps --format
expect "value of a switch" 2 "--offline takes no value" "$program" deps --offline=1 x
expect "no model" 2 "deps needs a model" "$program" deps
expect "two models" 2 "deps takes one model" "$program" deps a b
expect "bad choice" 2 "--format must be one of pip, conda, json, not xml" "$program" deps -f xml .
expect "no such model" 3 "No such file" "$program" deps "$work/none"
expect "a file is no model" 3 "is not a directory" "$program" deps "$0"
expect "remote model" 2 "dbfs: models are not fetched" "$program" deps dbfs://bucket/model
expect "unknown scheme" 2 "unknown scheme foo:" "$program" deps foo://bar
expect "file: with a host" 2 "names no host" "$program" deps file://host/model
expect "file: that climbs" 2 "must not climb" "$program" deps file:///tmp/%2e%2e/etc
expect "bad percent" 2 "malformed %XX" "$program" deps file:///tmp/%zz
expect "escapes are escaped" 2 'control character in the model'"'"'s URI a\x1b[31m' "$program" deps "$(printf 'a\033[31m')"
expect "error as JSON" 2 '"schema":"pyfunc-env/1","kind":"error","class":"usage","code":2' "$program" deps --json
check "actions are told" sh -c '"$1" env --help | grep -q "^  rm     KEY...     remove environments"' - "$program"
expect "empty folder" 3 "MLmodel" "$program" deps "$HOME"
expect "manual's alias" 2 "run needs a model" "$program" predict

# ---- what an environment is not made for: without a network it would be the error ----

model=${SRCDIR:-.}/share/examples/iris/model
expect "parameters that are none" 3 "--params: line 1, column 2" "$program" run --offline "$model" --params '{'
expect "what the light loader cannot" 2 "--loader light cannot load this model: --stream" \
	"$program" run --offline "$model" --loader light --stream
expect "no port" 2 "a port is a number up to 65535, not 99999" "$program" serve --offline "$model" -p 99999
expect "no tokens" 7 "$work/none" "$program" serve --offline "$model" -p 0 --token-file "$work/none"
expect "no record" 3 "has no recorded answer" "$program" verify --offline "$model"
expect "no place for a report" 7 "cannot write $work/none/page" \
	"$program" verify --offline "$model" --report "$work/none/page"
cp -R "$model" "$work/model" && chmod -R u+w "$work/model" && rm "$work/model/serving_input_example.json"
expect "nothing to record" 3 "has no input example" "$program" verify --offline --record "$work/model"
check "nothing was made" test ! -e "$PYFUNC_ENV_STORE"

mkdir -p "$HOME/.config/pyfunc-env"
echo 'colour: never' >"$HOME/.config/pyfunc-env/config.yaml"
expect "unknown setting" 2 "there is no setting colour" "$program" deps x
printf 'env-manager: nonsense\n' >"$HOME/.config/pyfunc-env/config.yaml"
expect "the configuration counts" 2 "not nonsense" "$program" create x
expect "a variable beats it" 2 "not other" env PYFUNC_ENV_ENV_MANAGER=other "$program" create x
expect "a flag beats both" 3 "No such file" env PYFUNC_ENV_ENV_MANAGER=other "$program" create --env-manager uv x
finish
