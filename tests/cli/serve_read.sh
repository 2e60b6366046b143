#!/bin/sh
# serve_read.sh - serve: what only the environment can read goes to a process of its own
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"
"$python" -m venv --without-pip "$work/venv" 2>"$work/err" || skip_all "$python makes no venvs"
site=$(echo "$work"/venv/lib/python3.*/site-packages)
python=$work/venv/bin/python

# With a signature, so that what the environment reads is enforced there too: by mlflow, of which there is as
# much here as that takes.
cat >>"$model/MLmodel" <<'END'
signature:
  inputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
END
mkdir -p "$site/mlflow/pyfunc"
: >"$site/mlflow/__init__.py"
cat >"$site/mlflow/pyfunc/__init__.py" <<'END'
import os
if os.environ.get("TEST_BROKEN"):
    raise ImportError("a broken mlflow")
class Model:
    metadata = None
    def predict(self, data):
        if data == ["raise"]:
            raise ValueError("no such row")
        return ["read"] + list(data) + [os.getpid()]
def load_model(path, **options):
    return Model()
END
cat >"$site/pandas.py" <<'END'
def read_parquet(file):
    data = file.read()
    if not data.startswith(b"PAR1"):
        raise ValueError("no Parquet magic")
    return [data[4:].decode()]
END

parquet() { # STATUS TEXT BODY
	"$python" - "$port" "$@" <<-'END'
		import http.client, sys
		c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
		c.request("POST", "/invocations", sys.argv[4], {"Content-Type": "application/vnd.apache.parquet"})
		a = c.getresponse()
		text = a.read().decode()
		if a.status != int(sys.argv[2]) or sys.argv[3] not in text:
		    sys.exit(f"{a.status} {text}")
		print(text)
	END
}
processes() { grep -lsz "^PYFUNC_ENV_RUNNER=$server\." /proc/[0-9]*/environ | wc -l; }

start
check "one process" [ "$(processes)" -eq 1 ]
check "asked without it" client pid "$port"
check "Parquet" parquet 200 '{"predictions": ["read","abc",' PAR1abc
check "a second process" [ "$(processes)" -eq 2 ]
parquet 200 read PAR1 >"$work/first"
parquet 200 read PAR1 >"$work/second"
check "which stays" sh -c '[ -s "$1" ] && cmp -s "$1" "$2"' - "$work/first" "$work/second"
check "what is none" parquet 400 "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid Parquet" abc
check "what the model does not like" parquet 400 "Encountered an unexpected error" PAR1raise
check "the other one still answers" client pid "$port"
pid=$(sed -n 's/.*,\([0-9]*\)\]}$/\1/p' "$work/first")
kill -9 "$pid"
sleep 0.5
check "one that died is replaced" parquet 200 read PAR1
check "stopped" stop 0

start --env TEST_BROKEN=1
check "one that cannot be started is told" parquet 500 "a broken mlflow" PAR1
check "the other one answers" client pid "$port"
check "again" parquet 500 "a broken mlflow" PAR1
check "stopped" stop 0
finish
