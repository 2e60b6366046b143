#!/bin/sh
# conda_prefix.sh - a Python with conda-meta beside it: compared with, run in, found
# SPDX-License-Identifier: Apache-2.0
#
# The prefix is of conda's shape (bin/python, lib/pythonX.Y, conda-meta/*.json, no pyvenv.cfg) around
# a copy of an interpreter that can be moved: one of pyenv's, or a build that links its own library.
. "${SRCDIR:-.}/tests/cli/tap.sh"

# A copy of an installation: its program, library and standard library, no packages.
copy_python() { # INSTALLATION PREFIX
	exe=$(readlink -f "$1/bin/python3") && name=$(basename "$exe") && lib=$1/lib/$name
	[ -d "$lib" ] || return 1
	mkdir -p "$2/bin" "$2/lib/$name/site-packages" "$2/conda-meta"
	cp "$exe" "$2/bin/$name"
	ln -s "$name" "$2/bin/python"
	ln -s "$name" "$2/bin/python3"
	for each in "$1"/lib/libpython*.so*; do
		[ ! -e "$each" ] || cp -P "$each" "$2/lib/"
	done
	for each in "$lib"/*; do
		case ${each##*/} in site-packages | test | idlelib | config-* | __pycache__) continue ;; esac
		cp -R "$each" "$2/lib/$name/"
	done
	"$2/bin/python" -I -c "import sys; assert sys.prefix == '$2', sys.prefix" 2>"$work/err"
}
prefix=$work/conda
for each in "$pythons"/3.1[1-9].*; do
	rm -rf "$prefix"
	copy_python "$each" "$prefix" && break
	each=
done
[ -n "$each" ] || skip_all "there is no interpreter of pyenv's that could be copied"
version=$("$prefix/bin/python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
lib=$(echo "$prefix"/lib/python3.*)

record() { # NAME VERSION BUILD [FILE]
	cat >"$prefix/conda-meta/$1-$2-$3.json" <<-END
		{"name": "$1", "version": "$2", "build": "$3", "build_number": 0, "channel": "somewhere",
		 "subdir": "linux-64", "fn": "$1-$2-$3.conda", "depends": [], "files": [${4:+\"$4\"}]}
	END
}
echo '==> 2024-01-01 00:00:00 <==' >"$prefix/conda-meta/history"
record python "$version" h1_0_cpython bin/python
record libblas 3.9.0 1_openblas
record pip 24.0 pyhd8ed1ab_0
record six 1.16.0 pyh6c4a22f_0 "lib/${lib##*/}/site-packages/six-1.16.0.dist-info/METADATA"
mkdir -p "$lib/site-packages/six-1.16.0.dist-info" "$lib/site-packages/numpy"
printf 'Metadata-Version: 2.1\nName: six\nVersion: 1.16.0\n' >"$lib/site-packages/six-1.16.0.dist-info/METADATA"
echo '{"version": 1, "env_vars": {"FROM_CONDA": "set"}}' >"$prefix/conda-meta/state"
cat >"$lib/site-packages/numpy/__init__.py" <<'END'
import array
class ndarray(list):
    def reshape(self, shape): return self
class generic: pass
class integer(generic): pass
def frombuffer(data, dtype): return ndarray(array.array({"int64": "q"}[dtype], bytes(data)))
END

make_model() { # NAME DEPENDENCIES-OF-CONDA PIP
	mkdir -p "$work/$1/code"
	cat >"$work/$1/MLmodel" <<-END
		flavors:
		  python_function:
		    loader_module: where
		    code: code
		    env: conda.yaml
		    python_version: $version
	END
	{
		printf 'channels: [somewhere]\ndependencies:\n- python=%s\n' "$version"
		for dependency in $2; do echo "- $dependency"; done
		printf -- '- pip\n- pip:\n  - %s\n' "$3"
	} >"$work/$1/conda.yaml"
	echo "$3" >"$work/$1/requirements.txt"
	cat >"$work/$1/code/where.py" <<-'END'
		import os, shutil, sys
		class Model:
		    def predict(self, data):
		        return [sys.prefix, os.environ.get("CONDA_PREFIX"), os.environ.get("FROM_CONDA"),
		                "VIRTUAL_ENV" in os.environ, shutil.which("python")] + list(data)
		def _load_pyfunc(path): return Model()
	END
}
make_model fits libblas=3.9 six==1.16.0
make_model exact '__glibc>=2.17 __linux somewhere::libblas=3.9.0=1_open* libblas[build_number=0,subdir=linux-64]' six==1.16.0
make_model differs 'libblas=3.8 libabsent=1' six==1.15.0
make_model otherwise 'libblas=3.9.0=1_mkl libblas[build_number=1] elsewhere::libblas' six==1.16.0
echo '{"inputs": [1, 2]}' >"$work/in.json"

expect "nothing differs" 0 "" "$program" diff "$work/fits" --in "$prefix"
expect "nor by build, number, channel and subdir" 0 "" "$program" diff "$work/exact" --in "$prefix"
for required in libblas=3.9.0=1_mkl 'libblas[build_number=1]' elsewhere::libblas; do
	expect "$required differs" 1 "\"required\":\"$required\",\"current\":\"3.9.0\"" \
		"$program" diff "$work/otherwise" --in "$prefix" --json
done
expect "the same by --python" 0 "" "$program" diff "$work/fits" --python "$prefix/bin/python"
expect "and by CONDA_PREFIX" 0 "" env CONDA_PREFIX="$prefix" "$program" diff "$work/fits"
expect "conda's packages are compared" 1 "libblas" "$program" diff "$work/differs" --in "$prefix" --json
expect "their versions told" 1 '"current":"3.9.0"' "$program" diff "$work/differs" --in "$prefix" --json
expect "those that are not there, too" 1 '"name":"libabsent"' "$program" diff "$work/differs" --in "$prefix" --json
expect "and pip's" 1 '"required":"six==1.15.0","current":"1.16.0"' "$program" diff "$work/differs" --in "$prefix" --json
expect "nothing fatal in it" 0 "" "$program" diff "$work/differs" --in "$prefix" --fail-on fatal

answer="{\"predictions\": [\"$prefix\",\"$prefix\",\"set\",false,\"$prefix/bin/python\",1,2]}"
expect "it runs, as if activated" 0 "$answer" \
	"$program" run "$work/fits" --env-manager local --python "$prefix/bin/python" -i "$work/in.json"
expect "as the current one" 0 "$answer" env CONDA_PREFIX="$prefix" \
	"$program" run "$work/fits" --env-manager local -i "$work/in.json"
expect "another environment's variables are not its own" 0 "$answer" \
	env CONDA_PREFIX=/nonexistent CONDA_DEFAULT_ENV=other CONDA_SHLVL=1 \
	"$program" run "$work/fits" --env-manager local --python "$prefix/bin/python" -i "$work/in.json"
expect "mismatches are told" 0 " - six (current: 1.16.0, required: six==1.15.0)" \
	"$program" run "$work/differs" --env-manager local --python "$prefix/bin/python" -i "$work/in.json"
finish
