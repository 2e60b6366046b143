#!/bin/sh
# worker.sh - the model's process for a program that speaks with it, and models in that program's own
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=runner_lib.sh
. "${SRCDIR:-.}/tests/cli/runner_lib.sh"
client=${SRCDIR:-.}/tests/cli/worker_client.py
models=$work/models
export PYTHONDONTWRITEBYTECODE=1

# A model's folder: its module is on standard input, what MLmodel says besides in the arguments.
model() { # NAME [LINE...]
	name=$1
	shift
	mkdir -p "$models/$name/code"
	cat >"$models/$name/code/${name}_module.py"
	{
		printf 'flavors:\n  python_function:\n    loader_module: %s_module\n    code: code\n' "$name"
		printf '%s\n' "$@"
	} >"$models/$name/MLmodel"
}

echoing='class Model:
    def predict(self, data, params=None):
        print("the model prints")
        return data, params
def _load_pyfunc(path): return Model()'
echo "$echoing" | sed /prints/d | model python '    python_version: 3.1.4'
echo "$echoing" | model echo
echo "$echoing" | model alone
: >"$models/alone/requirements.txt"
echo "$echoing" | sed /prints/d | model params 'signature:' \
	"  params: '[{\"name\":\"t\",\"type\":\"double\",\"default\":0.5,\"shape\":null},{\"name\":\"n\",\"type\":\"long\",\"default\":[1],\"shape\":[-1]}]'"
echo "$echoing" | sed /prints/d | model columns 'signature:' \
	"  inputs: '[{\"name\":\"a\",\"type\":\"long\"},{\"name\":\"b\",\"type\":\"double\"}]'"
echo "$echoing" | sed /prints/d | model tensor 'signature:' \
	"  inputs: '[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float64\",\"shape\":[-1,2]}}]'"
echo 'def _load_pyfunc(path): 1 / 0' | model broken
echo 'class Model:
    def predict(self, data): raise KeyError("the model'"'"'s own")
def _load_pyfunc(path): return Model()' | model raises
echo 'class Model:
    def predict(self, data): return data["a"] * 2
def _load_pyfunc(path): return Model()' | model twice
echo 'class Model:
    def predict(self, data): return data
    def predict_stream(self, data):
        yield data, 0
        yield data, 1
def _load_pyfunc(path): return Model()' | model streams
echo 'import subprocess
class Model:
    def predict(self, data): return subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid
def _load_pyfunc(path): return Model()' | model starts
echo 'import os, signal
class Model:
    def predict(self, data): os.kill(os.getpid(), signal.SIGKILL)
def _load_pyfunc(path): return Model()' | model kills
echo 'import sys, time
class Model:
    def predict(self, data):
        print("at work", file=sys.stderr, flush=True)
        while True: time.sleep(1)
def _load_pyfunc(path): return Model()' | model hangs

ask() { "$python" "$client" "$program" "$PYFUNC_ENV_RUNNER_DIR" "$models" "$1"; }
# Skipped with 77 by an interpreter that lacks what it takes.
check_if_able() { # NAME WHAT
	rc=0
	ask "$2" >"$work/check" 2>&1 </dev/null || rc=$?
	if [ $rc -eq 77 ]; then skip "$1: it has no pandas"; else tap $rc "$1"; fi
}

python=$(some_python) || skip_all "there is no python3"
check "objects there and back, and its output" ask speaks
check "told to go" ask says_bye
check "parameters" ask checks_params
check "its environment is held" ask holds
check "an answer in pieces" ask streams
check "what it is told, and warnings" ask is_described
check "what fails" ask fails
check "its end is seen" ask dies
check "asked to end, at rest" ask rests
check "what it started" ask leaves_nothing
check "nobody left, while it works" ask is_left
check "nobody left, though the socket is open" ask is_orphaned
check "a thread that ends" ask outlives_thread

found=0
for python in $(runner_pythons ${PYFUNC_ENV_TEST_PYTHON:+"$PYFUNC_ENV_TEST_PYTHON"}); do
	version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	found=$((found + 1))
	check "Python $version: models in its own process" ask here
	check "Python $version: parameters checked" ask checks
	check "Python $version: threads" ask threads
	check_if_able "Python $version: tables" tables
done
[ "$found" -gt 0 ] || tap 1 "an interpreter"

expect "one of two ways" 2 "one of --socket FD and --describe" "$program" worker "$models/echo"
expect "not both" 2 "one of --socket FD and --describe" "$program" worker "$models/echo" --socket 3 --describe
expect "no number" 2 "a stream socket, not x" "$program" worker "$models/echo" --socket x
expect "no socket" 2 "a stream socket, not 0" "$program" worker "$models/echo" --socket 0
expect "where the runner is" 0 '"runner":"' "$program" version --json
expect "the same" 0 '"kind":"version"' "$program" --version --json
finish
