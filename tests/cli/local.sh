#!/bin/sh
# local.sh - the current interpreter as it is: which one, what it sees, what is said of mismatches
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # functions that are called by check
. "${SRCDIR:-.}/tests/cli/tap.sh"
system=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || skip_all "there is no python3"
"$system" -m venv --without-pip "$work/venv" 2>"$work/err" || skip_all "$system makes no venvs"
site=$(echo "$work"/venv/lib/python3.*/site-packages)
minor=$("$system" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
version=$("$system" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')

# A package's metadata; and as much of numpy as a request needs, where the machine has none.
make_dist() { # FOLDER NAME VERSION
	mkdir -p "$1/$2-$3.dist-info"
	printf 'Metadata-Version: 2.1\nName: %s\nVersion: %s\n' "$2" "$3" >"$1/$2-$3.dist-info/METADATA"
}
make_numpy() { # FOLDER
	mkdir -p "$1"
	cat >"$1/numpy.py" <<-'END'
		import array
		class ndarray(list):
		    def reshape(self, shape): return self
		class generic: pass
		class integer(generic): pass
		def frombuffer(data, dtype):
		    return ndarray(array.array({"int64": "q"}[dtype], bytes(data)))
	END
}
make_dist "$site" thing 2.0
make_numpy "$site"

# A model whose answer tells where it ran.
make_model() { # NAME PYTHON REQUIREMENTS
	mkdir -p "$work/$1/code"
	printf 'flavors:\n  python_function:\n    loader_module: where\n    code: code\n' >"$work/$1/MLmodel"
	[ -z "$2" ] || echo "    python_version: $2" >>"$work/$1/MLmodel"
	printf '%s\n' "$3" >"$work/$1/requirements.txt"
	cat >"$work/$1/code/where.py" <<-'END'
		import importlib.util, os, sys
		print("the model prints")
		class Model:
		    def predict(self, data):
		        names = [n for n in ("leak", "usermod") if importlib.util.find_spec(n)]
		        return [sys.prefix] + names + [k for k in ("PYTHONPATH",) if k in os.environ] + list(data)
		def _load_pyfunc(path): return Model()
	END
}
make_model fits "$version" 'thing==2.0'
make_model differs "$version" 'thing==1.0
absent>=3'
make_model older 3.1.4 'thing==2.0'
make_model silent '' 'thing==2.0'
echo '{"inputs": [1, 2]}' >"$work/in.json"
printf 'a,b\n1,2\n' >"$work/in.csv"

local_run() { # MODEL OPTIONS...: an answer, on stdout alone
	model=$1
	shift
	"$program" run "$work/$model" --env-manager local -i "$work/in.json" "$@"
}
run_it() { # NAME MODEL OPTIONS...
	name=$1
	shift
	expect "$name" 0 "" local_run "$@"
}
says() { grep -qxF -e "$1" "$work/err"; }
prefix_is() { grep -qF "[\"$1\"," "$work/out"; }

run_it "it runs" fits --python "$work/venv/bin/python"
check "where it was told" [ "$(cat "$work/out")" = "{\"predictions\": [\"$work/venv\",1,2]}" ]
check "with nothing to say but what the model prints" [ "$(cat "$work/err")" = "the model prints" ]

run_it "packages that differ do not stop it" differs --python "$work/venv"
check "MLflow's first line" says \
	"Detected one or more mismatches between the model's dependencies and the current Python environment:"
check "another version" says " - thing (current: 2.0, required: thing==1.0)"
check "one that is not there" says " - absent (current: uninstalled, required: absent>=3)"
# shellcheck disable=SC2016
check "MLflow's last line" says 'To fix the mismatches, call `mlflow.pyfunc.get_model_dependencies(model_uri)` to fetch the model'"'"'s environment and install dependencies using the resulting environment file.'
check "nothing of it on stdout" [ "$(wc -l <"$work/out")" -eq 1 ]
run_it "-q" differs --python "$work/venv" -q
check "is quiet" silent "mismatches"
run_it "another Python does not stop it" older --python "$work/venv"
# shellcheck disable=SC2016
check "MLflow's words of another Python" says \
	"The version of Python that the model was saved in, \`Python 3.1.4\`, differs from the version of Python that is currently running, \`Python $version\`, and may be incompatible"
run_it "a model that names no Python" silent --python "$work/venv"
check "MLflow's words of none" says \
	"The specified model does not have a specified Python version. It may be incompatible with the version of Python that is currently running: Python $version"

# ---- which one is current ----
VIRTUAL_ENV=$work/venv CONDA_PREFIX=$work/none run_it "\$VIRTUAL_ENV" fits
check "is current" prefix_is "$work/venv"
CONDA_PREFIX=$work/venv run_it "\$CONDA_PREFIX" fits
check "is current, too" prefix_is "$work/venv"
VIRTUAL_ENV=$work/none CONDA_PREFIX=$work/venv run_it "one that is gone" fits
check "is passed over" prefix_is "$work/venv"
check "and told" grep -qF "\$VIRTUAL_ENV is passed over" "$work/err"
mkdir -p "$work/shims"
printf '#!/bin/sh\nexec pyenv exec python3 "$@"\n' >"$work/shims/python3"
chmod 755 "$work/shims/python3"
cp -R "$work/shims" "$work/other"
PATH=$work/shims:$work/other:$work/venv/bin:$PATH run_it "the first python3 on PATH" fits
check "that is no shim" prefix_is "$work/venv"
expect "none at all" 6 "no python3 on PATH (name one with --python)" \
	env PATH="$work/shims" "$program" run "$work/fits" --env-manager local -i "$work/in.json"

# ---- what it sees ----
mkdir -p "$work/path"
echo >"$work/path/leak.py"
PYTHONPATH=$work/path PYTHONHOME=/nonexistent run_it "PYTHONPATH and PYTHONHOME" fits --python "$work/venv"
check "reach neither the interpreter nor the model" grep -qF "[\"$work/venv\",1,2]" "$work/out"
user=$HOME/.local/lib/python$minor/site-packages
make_numpy "$user"
echo >"$user/usermod.py"
make_dist "$user" thing 2.0
run_it "the user's packages" fits --python "$system"
check "are seen as Python sees them" grep -qF '"usermod",' "$work/out"
check "and count" silent "mismatches"
PYTHONNOUSERSITE=1 run_it "a venv" fits --python "$work/venv"
check "does not see them" grep -qF "[\"$work/venv\",1,2]" "$work/out"
mkdir "$work/cwd"
echo 'raise SystemError("hijacked")' >"$work/cwd/json.py"
cd "$work/cwd" || exit 99
run_it "modules of the current directory" fits --python "$work/venv"
cd "$OLDPWD" || exit 99
check "are not taken for others" prefix_is "$work/venv"

# ---- which ones it cannot be ----
if ! "$work/venv/bin/python" -I -c 'import pandas' 2>/dev/null; then
	rm "$site/numpy.py"
	expect "a table without pandas" 8 "the input is a table, for which the model's environment needs pandas" \
		"$program" run "$work/fits" --env-manager local --python "$work/venv" -i "$work/in.csv"
	check "no answer" [ ! -s "$work/out" ]
fi
expect "no such file" 7 "--python: cannot run $work/none: No such file or directory" \
	"$program" run "$work/fits" --env-manager local --python "$work/none" -i "$work/in.json"
expect "a folder without one" 7 "no interpreter in $work/cwd" \
	"$program" run "$work/fits" --env-manager local --python "$work/cwd" -i "$work/in.json"
for exe in "$pythons"/2.7.*/bin/python /usr/bin/python2.7; do
	[ -x "$exe" ] || continue
	expect "Python 2" 6 "(python 3 is needed; try --python)" \
		"$program" run "$work/fits" --env-manager local --python "$exe" -i "$work/in.json"
	check "in one line" [ "$(wc -l <"$work/err")" -eq 1 ]
	python2=$exe
	break
done
[ -n "${python2:-}" ] || skip "there is no Python 2.7 here"
finish
