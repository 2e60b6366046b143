#!/bin/sh
# run_formats.sh - run: arrays, tables and batches of rows in, JSON, CSV and Parquet out
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
model=$work/model
mkdir -p "$model/code"
run() { "$program" run "$model" --env-manager local --python "$python" -q "$@"; }

# signature INPUTS: of the model, as MLmodel has it; the model answers what it was given.
signature() {
	printf 'flavors:\n  python_function:\n    loader_module: loader\n    code: code\n' >"$model/MLmodel"
	[ -z "$1" ] || printf "signature:\n  inputs: '%s'\n" "$1" >>"$model/MLmodel"
}
column() { printf '{"type":"%s","name":"%s","required":true}' "$1" "$2"; }
tensor() { printf '{"type":"tensor","tensor-spec":{"dtype":"%s","shape":%s}%s}' "$1" "$2" "$3"; }
cat >"$model/code/loader.py" <<'END'
class Model:
    calls = 0
    def predict(self, data, params=None):
        Model.calls += 1
        if params and params["n"] == "calls":
            return [Model.calls] * len(data)
        return data
def _load_pyfunc(path):
    return Model()
END

# ---- told before the model is asked ----

signature "[$(column double a)]"
printf 'a\n1\n' >"$work/a.csv"
expect "batches: no number" 2 "--batch-rows takes a number of rows from 1 to" run -i "$work/a.csv" --batch-rows 0
expect "batches: no Parquet" 2 "an answer in batches is written as JSON or CSV, not as Parquet" \
	run -i "$work/a.csv" --batch-rows 2 -o "$work/x.parquet"
check "nothing is left of it" sh -c '[ -z "$(ls "$1" | grep parquet)" ]' - "$work"
expect "a format that is none" 2 "--content-type must be one of json, csv, parquet, npy, npz" run -t xml -i "$work/a.csv"
echo 'no array' >"$work/no.npy"
expect "no array" 3 'the input: no array of numpy' run -i "$work/no.npy"
expect "no archive" 3 'the input: ' run -t npz -i "$work/no.npy"
expect "no Parquet" 3 'the input: no Parquet: it does not begin with PAR1' run -t parquet -i "$work/no.npy"
signature ""
expect "batches of CSV without a signature, from a pipe" 3 \
	"CSV in batches takes a model with a signature of columns, or a file that can be read twice" \
	sh -c 'cat "$4" | "$1" run "$2" --env-manager local --python "$3" -q -t csv --batch-rows 2' - "$program" "$model" "$python" "$work/a.csv"
if ! "$python" -I -c 'import pandas' 2>/dev/null; then
	skip "$python has no pandas; name one that has in PYFUNC_ENV_TEST_PYTHON"
	finish
	exit
fi

# ---- arrays ----

"$python" - "$work" <<'END'
import os, sys
import numpy
os.chdir(sys.argv[1])
numpy.save("f.npy", numpy.asfortranarray(numpy.arange(6, dtype=">f4").reshape(3, 2)))
numpy.save("o.npy", numpy.array([{}], dtype=object), allow_pickle=True)
numpy.savez("s.npz", n=numpy.array([1, 2]), m=numpy.array([[1.5], [2.5]]))
numpy.savez_compressed("c.npz", n=numpy.array([1, 2]), m=numpy.array([[1.5], [2.5]]))
END
signature "[$(tensor float32 '[-1,2]' '')]"
expect ".npy" 0 '{"predictions": [[0.0,1.0],[2.0,3.0],[4.0,5.0]]}' run -i "$work/f.npy"
expect ".npy in batches" 0 '{"predictions": [[0.0,1.0],[2.0,3.0],[4.0,5.0]]}' run -i "$work/f.npy" --batch-rows 2
expect ".npy from a pipe" 0 '{"predictions": [[0.0,1.0],[2.0,3.0],[4.0,5.0]]}' \
	sh -c '"$1" run "$2" --env-manager local --python "$3" -q -t npy <"$4"' - "$program" "$model" "$python" "$work/f.npy"
expect ".npy of objects" 3 "an array of objects: they are pickled, and no pickle is loaded" run -i "$work/o.npy"
signature "[$(tensor float64 '[-1,2]' '')]"
expect ".npy of another type" 3 "dtype of input float32 does not match expected dtype float64" run -i "$work/f.npy"
signature "[$(tensor int64 '[-1]' ',"name":"n"'),$(tensor float64 '[-1,1]' ',"name":"m"')]"
for one in s c; do
	expect ".npz ($one)" 0 '{"predictions": {"n":[1,2],"m":[[1.5],[2.5]]}}' run -i "$work/$one.npz"
done
expect ".npz in batches: an answer without rows" 3 "has no rows, so that answers to batches cannot be put together" \
	run -i "$work/s.npz" --batch-rows 1

# ---- answers as tables ----

signature "[$(column long a),$(column string b),$(column double c)]"
printf 'a,b,c\n1,x,0.5\n2,"y,z",\n3,,1e300\n' >"$work/t.csv"
run -i "$work/t.csv" -o "$work/whole.csv"
check "-o x.csv" sh -c 'printf "a,b,c\n1,x,0.5\n2,\"y,z\",\n3,,1e+300\n" | cmp - "$1"' - "$work/whole.csv"
run -i "$work/t.csv" >"$work/whole.json"
for rows in 1 2 3 9; do
	run -i "$work/t.csv" --batch-rows $rows -o "$work/part.csv"
	check "CSV in batches of $rows" cmp "$work/whole.csv" "$work/part.csv"
	run -t csv --batch-rows $rows <"$work/t.csv" >"$work/part.json"
	check "JSON in batches of $rows" cmp "$work/whole.json" "$work/part.json"
done
printf 'a,b,c\n1,x,0.5\n2,y,\n3,z,no\n' >"$work/bad.csv"
expect "batches: a field that does not fit" 3 \
	"the input, of which row 2 is row 0 here: column 'c', row 0: expected double, got 'no'" \
	run -i "$work/bad.csv" --batch-rows 2 -o "$work/none.csv"
check "leaves no output" sh -c '[ -z "$(ls "$1" | grep none)" ]' - "$work"
printf 'a,b,c\n' >"$work/header.csv"
expect "batches: no rows at all" 0 '{"predictions": []}' run -i "$work/header.csv" --batch-rows 2
printf '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,"x",0.5],[2,"y",1],[3,"z",2]]}}' >"$work/t.json"
run -i "$work/t.json" >"$work/whole.json"
run -i "$work/t.json" --batch-rows 2 >"$work/part.json"
check "JSON in batches" cmp "$work/whole.json" "$work/part.json"
signature ""
# Without a signature types are of all rows, wherever it is cut: the model answers with them.
cp "$model/code/loader.py" "$work/loader.py"
cat >"$model/code/loader.py" <<'END'
class Model:
    def predict(self, data, params=None):
        out = data.copy()
        for name, kind in data.dtypes.items():
            out[name + ":" + str(kind)] = [repr(x) for x in data[name]]
        return out
def _load_pyfunc(path):
    return Model()
END
{
	printf 'int,late,gaps,bools,some,text,all\n'
	for i in 1 2 3 4 5 6 7; do printf '%s,%s,%s,true,false,%s,\n' $i $i $i $i; done
	printf '8,0.5,,False,,x,\n'
} >"$work/u.csv"
run -i "$work/u.csv" >"$work/whole.json"
for rows in 1 2 3 7 8 9; do
	run -i "$work/u.csv" --batch-rows $rows >"$work/part.json"
	check "CSV without a signature in batches of $rows" cmp "$work/whole.json" "$work/part.json"
done
run -t csv --batch-rows 2 <"$work/u.csv" >"$work/part.json"
check "redirected" cmp "$work/whole.json" "$work/part.json"
printf 'a,b\n1,2\n99999999999999999999,2\n' >"$work/big.csv"
expect "what pandas alone can tell" 3 "only the environment can read it: integers beyond int64" \
	run -i "$work/big.csv" --batch-rows 1
mv "$work/loader.py" "$model/code/loader.py"
expect "-o x.csv: no table" 3 "the answer is an object, not a table" \
	sh -c 'echo "{\"inputs\":{\"a\":[1]}}" | "$1" run "$2" --env-manager local --python "$3" -q -o "$4"' - \
	"$program" "$model" "$python" "$work/none.csv"

# ---- Parquet ----

if "$python" -I -c 'import pyarrow' 2>/dev/null || "$python" -I -c 'import fastparquet' 2>/dev/null; then
	signature "[$(column long a),$(column string b),$(column double c)]"
	run -i "$work/t.csv" -o "$work/t.parquet"
	check "-o x.parquet, and back" sh -c 'test "$(head -c 4 "$1")" = PAR1' - "$work/t.parquet"
	run -i "$work/t.parquet" -o "$work/back.csv"
	check "has the same rows" cmp "$work/whole.csv" "$work/back.csv"
	run -i "$work/t.parquet" -o "$work/back.csv" --batch-rows 2
	check "in batches too" cmp "$work/whole.csv" "$work/back.csv"
	signature "[$(column integer a)]"
	expect "columns are enforced by their types" 3 \
		"Incompatible input types for column a. Can not safely convert int64 to int32." run -i "$work/t.parquet"
else
	skip "Parquet: $python has neither pyarrow nor fastparquet"
fi
finish
