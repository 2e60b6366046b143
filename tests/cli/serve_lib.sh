# serve_lib.sh - what the serve*.sh share: a model made on the spot, a server that is started and stopped
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck source-path=SCRIPTDIR source=tap.sh
# shellcheck disable=SC2034,SC2154 # what comes from tap.sh, and what is for the scripts that read this one
. "${SRCDIR:-.}/tests/cli/tap.sh"
set -u
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
model=$work/model
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT

mkdir -p "$model/code"
printf 'mlflow_version: 2.9.2\nflavors:\n  python_function:\n    loader_module: loader\n    code: code\n' >"$model/MLmodel"
# As much of numpy as a request needs, so that any python3 will do.
cat >"$model/code/numpy.py" <<'END'
import array as arrays
class ndarray(list):
    def reshape(self, shape): return self
class generic: pass
class integer(generic): pass
def frombuffer(data, dtype):
    return ndarray(arrays.array({"int64": "q", "float64": "d"}[dtype], bytes(data)))
def array(cells, dtype):
    return ndarray(cells)
END
# What it does is the first word of what it is asked.
cat >"$model/code/loader.py" <<'END'
import os, signal, socket, stat, sys, threading, time
flag = os.environ.get("TEST_FLAG", "")
def runners_socket():
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                return socket.socket(fileno=os.dup(fd))
        except OSError:
            pass
class Model:
    def predict(self, data, params=None):
        rows = list(data)
        if "raise" in rows:
            raise ValueError("no such row")
        word = rows[0] if rows else ""
        if word == "sleep":
            if len(rows) > 2:
                print(1, file=open(rows[2], "w"))
            time.sleep(float(rows[1]))
        elif word == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        elif word == "pid":
            return [os.getpid()]
        elif word == "many":
            return list(range(int(rows[1])))
        elif word == "noise":
            threading.Timer(0.2, runners_socket().sendall, [b"x" * int(rows[1])]).start()
        elif word == "hush":
            threading.Timer(0.2, runners_socket().shutdown, [socket.SHUT_WR]).start()
        elif word == "die":
            os.kill(os.getpid(), 9)
        elif word == "exit":
            sys.exit(0)
        elif word == "odd":
            return [object()]
        elif word == "sum":
            return len(rows)
        return rows
def _load_pyfunc(path):
    if flag and os.path.exists(flag):
        raise OSError("the flag is up")
    return Model()
END

# What /version tells: the MLflow that the interpreter has, else the model's.
mlflow=$("$python" -E -c 'import glob, os, re, sys
found = (re.search(r"/%s-([^/-]+)\.dist-info$" % name, each) for name in ("mlflow", "mlflow_skinny")
         for path in sys.path for each in glob.glob(os.path.join(glob.escape(path), "mlflow*.dist-info")))
print(next((each.group(1) for each in found if each), "2.9.2"))')
export TEST_MLFLOW="$mlflow"

client() { "$python" "${SRCDIR:-.}/tests/cli/serve_client.py" "$@"; }
serve() { "$program" serve "$model" --env-manager local --python "$python" "$@"; }

# Starts a server on a free port, or as the options say; waits until the model is loaded. It is in
# this interpreter, or in an environment of the kind in $managed.
start() { # OPTIONS...
	if [ -n "${managed-}" ]; then
		set -- --env-manager "$managed" "$@"
	else
		set -- --env-manager local --python "$python" "$@"
	fi
	: >"$work/log"
	"$program" serve "$model" -p 0 "$@" >"$work/served" 2>"$work/log" </dev/null &
	server=$!
	tap_tries=0
	until grep -q 'serving on ' "$work/log"; do
		tap_tries=$((tap_tries + 1))
		if [ "$tap_tries" -ge 300 ] || ! kill -0 "$server" 2>/dev/null; then
			cat "$work/log"
			tap 1 "the server starts: $*"
			finish
		fi
		sleep 0.05
	done
	port=$(sed -n 's|.*serving on https*://.*:\([0-9]*\)"*}*$|\1|p' "$work/log")
}

# Stops it; its status is as wanted, and nothing is left of its workers.
stop() { # STATUS
	kill "$server" 2>/dev/null
	stopped "$1"
}
stopped() { # STATUS
	rc=0
	tap_tries=0
	while grep -q '^State:.[^Z]' "/proc/$server/status" 2>/dev/null; do
		tap_tries=$((tap_tries + 1))
		[ "$tap_tries" -lt 400 ] || kill -9 "$server" # one that does not end fails its test
		sleep 0.1
	done
	wait "$server" || rc=$?
	gone=$server
	server=
	[ "$rc" -eq "$1" ] || { echo "status $rc, not $1"; cat "$work/log"; return 1; }
	[ ! -s "$work/served" ] || { echo "something on standard output"; return 1; }
	! grep -lsz "^PYFUNC_ENV_RUNNER=$gone\." /proc/[0-9]*/environ
}
