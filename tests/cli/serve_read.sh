#!/bin/sh
# serve_read.sh - serve: what only the environment can read goes to a process of its own
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"
"$python" -m venv --without-pip "$work/venv" 2>"$work/err" || skip_all "$python makes no venvs"
site=$(echo "$work"/venv/lib/python3.*/site-packages)
given=$python
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

# With pandas, a table comes back as typed columns, which are enforced as any others: no second process.
python=$given
if "$python" -I -c 'import pandas, pyarrow' 2>/dev/null; then
	rm "$model/code/numpy.py"
	cat >"$model/code/loader.py" <<-'END'
		import os
		class Model:
		    def predict(self, data, params=None):
		        return [os.getpid(), float(data["a"].sum()), str(data.dtypes.tolist())]
		def _load_pyfunc(path):
		    return Model()
	END
	sed -i '/^signature/,$d' "$model/MLmodel"
	printf 'signature:\n  inputs: %s\n' "'[{\"type\": \"double\", \"name\": \"a\"}]'" >>"$model/MLmodel"
	tables() {
		"$python" - "$port" <<-'END'
			import gzip, http.client, io, json, sys, threading
			import pandas
			def ask(table, head={}, body=None):
			    file = io.BytesIO()
			    table.to_parquet(file)
			    body = body or file.getvalue()
			    if head:
			        body = gzip.compress(body)
			    c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
			    c.request("POST", "/invocations", body, {"Content-Type": "application/vnd.apache.parquet", **head})
			    a = c.getresponse()
			    return a.status, json.loads(a.read())
			status, first = ask(pandas.DataFrame({"b": ["x", "y"], "a": [1.5, 2.0]}))
			pid = first["predictions"][0]
			want = {"predictions": [pid, 3.5, "[dtype('float64')]"]}
			assert (status, first) == (200, want), first
			assert ask(pandas.DataFrame({"a": [1.5, 2.0]}), {"Content-Encoding": "gzip"}) == (200, want)
			status, text = ask(pandas.DataFrame({"a": ["no"]}))
			assert status == 400 and "SCHEMA_ENFORCEMENT_FAILED" in str(text), text
			status, text = ask(pandas.DataFrame({"b": [1]}))
			assert status == 400 and "missing inputs" in str(text), text
			status, text = ask(pandas.DataFrame(), body=b"PAR1 of nothing")
			assert status == 400 and "valid Parquet" in str(text), text
			# Beside each other, and beside JSON.
			bad = []
			def many(i):
			    for n in range(20):
			        if (i + n) % 2:
			            found = ask(pandas.DataFrame({"a": [1.5, float(i)]}))[1]
			        else:
			            c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
			            body = json.dumps({"dataframe_split": {"columns": ["a"], "data": [[1.5], [i]]}})
			            c.request("POST", "/invocations", body, {"Content-Type": "application/json"})
			            found = json.loads(c.getresponse().read())
			        if found["predictions"][:2] != [pid, 1.5 + i]:
			            bad.append(found)
			threads = [threading.Thread(target=many, args=(i,)) for i in range(6)]
			for t in threads: t.start()
			for t in threads: t.join()
			assert not bad, bad
		END
	}
	for how in "" --batch; do
		start $how
		check "tables that are enforced here, $how" tables
		check "by one process" [ "$(processes)" -eq 1 ]
		check "stopped" stop 0
	done
else
	skip "tables that are enforced here: $python has no pyarrow"
fi
finish
