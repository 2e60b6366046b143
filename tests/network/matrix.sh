#!/bin/sh
# matrix.sh - every CPython from 3.7 on with its pandas and numpy: requests in, answers out
# SPDX-License-Identifier: Apache-2.0
#
# Each row is an environment, made by `create` from a model's own files; matrix.py tells what the
# same pandas and numpy make of the requests, and how MLflow would write the answers.
. "${SRCDIR:-.}/tests/cli/tap.sh"
program=$(realpath "$program")
helper=$(realpath "${SRCDIR:-.}/tests/network/matrix.py")
cd "$work" || exit 99 # some mlflows make a folder mlruns where they are
export PYENV_ROOT="${pythons%/versions}"
to_the_index

# The drivers of this machine, or uv from the index.
find_uv() {
	command -v uv >/dev/null && return 0
	python3 -m pip install -q --target "$work/uv" uv >"$work/err" 2>&1 || return 1
	PATH=$work/uv/bin:$PATH
}
command -v python3 >/dev/null || skip_all "there is no python3"
if find_uv; then manager=uv; else manager=virtualenv; fi
echo "# environments by $manager"

# The version of a CPython of this minor: pyenv's newest, or the system's.
version_of() { # MINOR
	for exe in "$pythons/$1".*/bin/python "/usr/bin/python$1" "/usr/local/bin/python$1"; do
		[ -x "$exe" ] && "$exe" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' && return 0
	done 2>/dev/null | tail -n 1
}

row() { # MINOR REQUIREMENTS...
	minor=$1
	shift
	version=$(version_of "$minor")
	if [ -z "$version" ]; then
		skip "there is no CPython $minor here ($*)"
		return
	fi
	name="$version $*"
	dir=$work/$minor
	rm -rf "$dir"
	python3 "$helper" make "$dir" "$version" "$@"
	expect "$name: made" 0 "" "$program" create -q --env-manager "$manager" "$dir/plain"
	env=$(cat "$work/out")
	[ -n "$env" ] || return
	check "$name: what is expected" "$env/bin/python" -I "$helper" expect "$dir"
	for request in "$dir"/requests/*/*; do
		of=${request#"$dir/requests/"}
		"$program" run -q --offline --env-manager "$manager" "$dir/${of%%/*}" -i "$request" \
			-o "$dir/answer" >"$work/out" 2>"$work/err" </dev/null &&
			python3 "$helper" same "$dir/answer" "$dir/expected/$of" >>"$work/out" 2>&1
		tap $? "$name: $of"
	done
	rm -rf "$dir"
}

row 3.7 pandas==1.3.5 numpy==1.21.6
row 3.8 pandas==1.5.3 numpy==1.24.4 mlflow-skinny==2.17.2
row 3.9 pandas==2.0.3 numpy==1.25.2
row 3.10 pandas==1.4.4 numpy==1.22.4
row 3.11 pandas==2.2.3 numpy==1.26.4 mlflow-skinny==3.4.0
row 3.12 pandas==2.3.3 numpy==2.2.6
row 3.13 pandas==3.0.0 numpy==2.4.0 mlflow-skinny
row 3.14 pandas numpy
finish
