#!/bin/sh
# layers.sh - who may include whom: any other edge between folders fails
# SPDX-License-Identifier: Apache-2.0
set -eu
cd "${SRCDIR:-.}"

# FOLDER: what its files may include besides their own folder. A folder's name stands for its
# front doors (below), base, formats and req for every header of theirs.
edges() {
	cat <<-'END'
	base:
	formats: base
	req: base
	data: base
	fetch: base formats opts.h
	model: base formats req data
	python: base formats req fetch opts.h
	check: base formats req model python opts.h
	index: base formats req fetch opts.h
	channel: base formats req fetch opts.h default_index.h
	solve: base formats req index channel python opts.h default_index.h
	build: base formats req fetch index python env solve opts.h
	lock: base formats req fetch index python solve opts.h
	env: base formats req fetch python solve lock opts.h
	run: base formats env python data opts.h
	runner: base data/data.h data/frame.h data/enforce.h data/signature.h data/params.h data/strict.h data/nested.h
	serve: base formats model data run opts.h
	save: base formats req model data python check opts.h
	publish: base formats fetch model
	END
}

# FOLDER: the headers that other folders may include.
doors() {
	cat <<-'END'
	base: *
	formats: *
	req: *
	python: python/python.h python/metadata.h
	data: data/data.h data/frame.h data/schema.h data/enforce.h data/signature.h data/value.h data/params.h data/strict.h data/nested.h
	solve: solve/solve.h solve/plan.h solve/native.h solve/builder.h solve/conda.h
	index: index/index.h index/needed.h
	channel: channel/channel.h channel/repodata.h
	fetch: fetch/fetch.h fetch/archive.h fetch/where.h fetch/tracking.h fetch/s3.h fetch/gs.h fetch/refusal.h fetch/setting.h
	env: env/env.h env/venv.h env/wheel.h env/wheels.h
	END
}

includes() {
	find src -name '*.[ch]' | LC_ALL=C sort | while read -r file; do
		sed -n 's/^[ 	]*#[ 	]*include[ 	]*"\([^"]*\)".*/\1/p' "$file" | sed "s|^|$file |"
	done
}

{ edges | sed 's/^/edge /'; doors | sed 's/^/door /'; includes | sed 's/^/include /'; } | awk '
function bad(why) { print "layers: " file " includes \"" header "\": " why; failed = 1 }
function is_door(folder, header) {
	if (folder in door) return door[folder] == " *" || index(door[folder] " ", " " header " ")
	return header == folder "/" folder ".h"
}
$1 == "edge" { sub(/:$/, "", $2); known[$2] = 1; for (i = 3; i <= NF; i++) may[$2, $i] = 1 }
$1 == "door" { sub(/:$/, "", $2); for (i = 3; i <= NF; i++) door[$2] = door[$2] " " $i }
$1 == "include" {
	file = $2; header = $3; seen++
	from = file; sub(/^src\//, "", from)
	from = from ~ /\// ? substr(from, 1, index(from, "/") - 1) : ""
	to = header ~ /\// ? substr(header, 1, index(header, "/") - 1) : ""
	if (header ~ /(^|\/)\.\.?(\/|$)/) bad("a path with dots; name it from src/")
	else if (from == "" || from == "cli") next
	else if (!(from in known)) bad("the folder " from " has no row in tests/layers.sh")
	else if (to == from || (from, header) in may) next
	else if (to == "" && header != "default_index.h") bad(from " may not include it")
	else if (!((from, to) in may)) bad(from " may not include " to)
	else if (!is_door(to, header)) bad("not a front door of " to)
}
END {
	if (!seen) { print "layers: no includes found"; failed = 1 }
	if (!failed) print "layers: " seen " includes, all in the right direction"
	exit failed
}'
