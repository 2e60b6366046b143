#!/bin/sh
# scan.sh - what a model's files name, and that what was not read is never a clean result
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
model=$work/model
mkdir "$model"
printf 'flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    model_path: model.pkl\n' >"$model/MLmodel"
scan() { "$program" scan "$model" "$@"; }
put() { printf "$1" >"$model/model.pkl"; } # a pickle, as a format
counter='\200\002ccollections\nCounter\n)R.'
system="cos\\nsystem\\n(S'true'\\ntR."
unknown='not read, so that what it names is not known: '

put "$counter"
expect "nothing to tell of" 0 "1 name in 1 file, 0 that run code; 0 files not read" scan
check "nothing on standard error" [ ! -s "$work/err" ]
put "$system"
expect "a name that runs code" 1 "! os.system   (runs code)" scan

# ---- the model's own code ----
mkdir -p "$model/code/own"
sed -i '/loader_module/a\    code: code' "$model/MLmodel"
put "$counter"
printf 'import os, own.part\ndef f():\n    from pandas import (  # import no\n        Series)\n' >"$model/code/main.py"
printf 'from . import part\nimport main\n' >"$model/code/own/__init__.py"
expect "its imports" 0 "code/main.py imports, by line" scan
expect "with their lines" 0 "     1: os" scan
expect "and how sure they are" 0 "     3: pandas.Series   (in a function, a branch or a try)" scan
expect "but for its own modules" 0 "2 imports in 2 sources of the model's own code, which runs when it is loaded" scan
printf 'x = """\nimport a\n' >"$model/code/own/bad.py"
expect "a source that cannot be one" 3 "${unknown}code/own/bad.py: line 1: a string that does not end" scan
rm -r "$model/code"
sed -i '/code: code/d' "$model/MLmodel"

# ---- not read ----
put '\200\002ccollections\nCount'
expect "cut off" 3 "pyfunc-env: malformed: ${unknown}model.pkl: " scan
expect "it is in the list, too" 3 "NOT READ model.pkl: " scan
expect "with --json" 3 '"kind":"error","class":"malformed","code":3,"message":"not read,' scan --json
put "$counter"'trailing'
expect "bytes behind a pickle" 3 "${unknown}model.pkl: bytes after its last pickle" scan
rm "$model/model.pkl"
expect "not there" 3 "${unknown}model.pkl: it is not there" scan
put 'tree\nversion=v3\n'
mv "$model/model.pkl" "$model/model.lgb"
sed -i 's/model.pkl/model.lgb/' "$model/MLmodel"
expect "of a kind that is not read" 1 "pyfunc-env: warning: ${unknown}model.lgb: neither a pickle nor a skops file" scan
put "$system"
expect "found beside it" 1 "! os.system   (runs code)" scan
expect "what was not read is told all the same" 1 "pyfunc-env: warning: ${unknown}model.lgb" scan
put '\200\002ccollections\nCount'
expect "damage counts before it" 3 "model.lgb: neither a pickle nor a skops file (and 1 more)" scan
sed -i 's/model.lgb/model.pkl/' "$model/MLmodel"
rm "$model/model.lgb"
put "$counter"
ln -s /etc/passwd "$model/leads-out"
expect "a link that leads out" 3 "${unknown}leads-out: leads out of its directory" scan
rm "$model/leads-out"
if plain_works "$work"; then
	mkdir -p "$model/code" "$model/data"
	sed -i '/loader_module/a\    code: code' "$model/MLmodel"
	put "$counter"
	cp "$model/model.pkl" "$model/beside.bin"
	echo 'import os' >"$model/code/main.py"
	echo text >"$model/README.md"
	expect "readable" 0 "0 files not read" plain "$program" scan "$model"
	for file in model.pkl beside.bin code/main.py data code; do
		chmod 000 "$model/$file"
		expect "$file unreadable" 7 "pyfunc-env: io: ${unknown}$file: " plain "$program" scan "$model"
		chmod 755 "$model/$file"
	done
	chmod 000 "$model/README.md"
	expect "a text that nothing loads" 0 "0 files not read" plain "$program" scan "$model"
	rm -r "$model/code" "$model/beside.bin" "$model/README.md"
	sed -i '/code: code/d' "$model/MLmodel"
fi
ln -s . "$model/here"
ln -s nowhere "$model/gone"
expect "links to a folder and to nothing" 0 "0 files not read" scan
mkdir "$model/many"
(cd "$model/many" && seq 20001 | xargs touch)
expect "more files than are looked at" 9 "${unknown}many: too many files to look at them all" scan
rm -r "$model/many"
expect "without them" 0 "0 files not read" scan
finish
