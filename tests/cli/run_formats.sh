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
import os
class Model:
    calls = 0
    def predict(self, data, params=None):
        Model.calls += 1
        if "CUT" in os.environ: # a file, and what is to be left of it
            path, left = os.environ["CUT"].rsplit(" ", 1)
            os.truncate(path, int(left))
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
for left in 100000 1199000; do # in the middle, and within the last page
	"$python" -I -c 'import sys, numpy; numpy.save(sys.argv[1], numpy.zeros((150000, 2), "f4"))' "$work/cut.npy"
	expect ".npy that is cut to $left bytes meanwhile" 7 "pyfunc-env: io: $work/cut.npy was cut while it was read" \
		run -i "$work/cut.npy" --batch-rows 1000 --env CUT="$work/cut.npy $left"
done
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
# What is ignored of --params is told once, whatever the number of batches.
warns() { # TEXT OPTIONS...
	warns_text=$1
	shift
	"$program" run "$model" --env-manager local --python "$python" --params '{"zz": 1}' "$@" >"$work/out" 2>"$work/err" &&
		[ "$(grep -cF "$warns_text" "$work/err")" -eq 1 ]
}
cp "$model/MLmodel" "$work/MLmodel"
for text in "This model does not define a params schema" "Unrecognized params ['zz'] are ignored"; do
	check "$text: at once" warns "$text" -i "$work/t.json"
	check "$text: JSON in batches" warns "$text" -i "$work/t.json" --batch-rows 1
	check "$text: CSV in batches" warns "$text" -i "$work/t.csv" --batch-rows 1
	printf "  params: '%s'\n" '[{"name":"n","type":"long","default":1,"shape":null}]' >>"$model/MLmodel"
done
cp "$work/MLmodel" "$model/MLmodel"
# Cut where rows end, whatever is in them and in whichever order keys come; what depends on other rows is read
# at once, as ever.
same() { # NAME JSON
	printf '%s' "$2" >"$work/s.json"
	rm -f "$work/w.csv"
	run -i "$work/s.json" -o "$work/w.csv" || echo "$?" >"$work/w.csv"
	for rows in 1 2 3 5; do
		rm -f "$work/part.csv"
		run -i "$work/s.json" --batch-rows $rows -o "$work/part.csv" || echo "$?" >"$work/part.csv"
		check "$1, in batches of $rows" cmp "$work/w.csv" "$work/part.csv"
	done
}
same "JSON: rows" '{"dataframe_split":{"data":[[1,"x]",0.5],[2,"\"y,[",1],[3,"\\",null] , [4,"",2]],"columns":["a","b","c"]}}'
same "JSON: columns in another order" ' {"dataframe_split": {"columns": ["c", "extra", "b", "a"], "data": [[1, {"k": [1]}, "x", 7], [2, [], "y", 8]]}}'
same "JSON: records" '{"dataframe_records":[{"a":1,"b":"x","c":1},{"a":2,"b":"{","c":2.5},{"a":3,"b":"z","c":null}]}'
same "JSON: records that differ" '{"dataframe_records":[{"a":1,"b":"x","c":1},{"a":2,"b":"y"},{"a":3,"b":"z"}]}'
same "JSON: strings and more in a column" '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,"x",0.5],[2,3,1],[3,null,2]]}}'
same "JSON: an index" '{"dataframe_split":{"index":[5,6],"columns":["a","b","c"],"data":[[1,"x",0.5],[2,"y",1]]}}'
same "JSON: no rows" '{"dataframe_split":{"columns":["a","b","c"],"data":[]}}'
same "JSON: a row too short" '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,"x",0.5],[2,"y"]]}}'
same "JSON: a row that does not fit" '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,"x",0.5],[2,"y",1],[1.5,"z",1]]}}'
same "JSON: cut off" '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,"x",0.5],[2,"y",'
same "JSON: two forms" '{"dataframe_records":[{"a":1,"b":"x","c":1}],"dataframe_split":{"columns":[],"data":[]}}'
printf '{"dataframe_split":{"columns":["a","b","c"],"data":[[1,"x",0.5],[2,"y",1],[1.5,"z",1]]}}' >"$work/s.json"
expect "JSON: the row is told" 3 "the input, of which row 2 is row 0 here: " run -i "$work/s.json" --batch-rows 2
same "JSON: inputs that are records" '{"inputs":[{"a":1,"b":"x","c":1},{"a":2,"b":"{","c":2.5},{"a":3,"b":"z","c":null}]}'
same "JSON: instances that are records, with an extra name" '{"params":null,"instances":[{"z":[1],"a":1,"b":"x","c":1},{"z":[2],"a":2,"b":"{","c":2.5}]}'
same "JSON: inputs that are columns" '{"inputs":{"a":[1,2,3],"b":["x","y","z"],"c":[1,2.5,null]}}'
printf '{"instances":[{"a":1,"b":"x","c":1},[1,2]]}' >"$work/s.json"
expect "JSON: records and a list" 3 "only the environment can read it: objects and other values in one list" \
	run -i "$work/s.json" --batch-rows 1
same "JSON: an instance that does not fit" '{"instances":[{"a":1,"b":"x","c":1},{"a":2,"b":"y","c":1},{"a":1.5,"b":"y","c":1}]}'
signature "[$(column string a)]"
same "JSON: values for the only column" '{"inputs":["x","[","\"",""]}'
printf '{"inputs":["x",null]}' >"$work/s.json"
expect "JSON: values of which one is no text" 3 "only the environment can read it: values that are no text" \
	run -i "$work/s.json" --batch-rows 2
signature '[{"type":"double","required":true},{"type":"double","required":true}]'
same "JSON: lists for columns without names" '{"instances":[[1,2,0],[3,4.5,0],[null,6,0]]}'
printf '{"instances":[[1,2],[3,4.5,0]]}' >"$work/s.json"
expect "JSON: lists of several lengths" 3 "the input" run -i "$work/s.json" --batch-rows 1
signature "[$(tensor float32 '[-1,2]' '')]"
same "JSON: an array" '{"inputs":[[1,2],[3,4.5],[5,6],[7,8],[9,1e3]]}'
same "JSON: an array in instances, with its name" '{"instances" : [ [1,2] , [3,4.5]]}'
same "JSON: an array whose lists differ in length" '{"inputs":[[1,2],[3,4],[5]]}'
same "JSON: an array of which an element does not fit" '{"inputs":[[1,2],[3,4],[1e300,1]]}'
same "JSON: an array without rows" '{"inputs":[]}'
signature "[$(tensor int64 '[-1,-1]' '')]"
same "JSON: an array of any width" '{"inputs":[[1,2],[3,4],[5]]}'
same "JSON: an array, all of one width" '{"inputs":[[1,2],[3,4],[5,6]]}'
signature "[$(tensor int64 '[3]' '')]"
same "JSON: an array of so many elements" '{"inputs":[1,2,3]}'
cp "$model/code/loader.py" "$work/loader.py"
cat >"$model/code/loader.py" <<'END'
import numpy
class Model:
    def predict(self, data, params=None):
        return numpy.hstack([numpy.reshape(data["n"], (-1, 1)), data["m"]])
def _load_pyfunc(path):
    return Model()
END
signature "[$(tensor int64 '[-1]' ',"name":"n"'),$(tensor float64 '[-1,2]' ',"name":"m"')]"
same "JSON: arrays by name" '{"instances":[{"n":1,"m":[1,2]},{"n":2,"m":[3,4]},{"n":3,"m":[5,6]}]}'
same "JSON: arrays by name, one of another shape" '{"instances":[{"n":1,"m":[1,2]},{"n":2,"m":[3]}]}'
same "JSON: arrays as columns" '{"instances":{"n":[1,2,3],"m":[[1,2],[3,4],[5,6]]}}'
"$python" - "$work" <<'END'
import os, struct, sys, zipfile
import numpy
os.chdir(sys.argv[1])
n, m = numpy.arange(5), numpy.arange(10.0).reshape(5, 2)
numpy.savez("plain.npz", n=n, m=m)
numpy.savez_compressed("packed.npz", m=m, n=n)
numpy.savez("other.npz", n=n.astype(">i8"), m=numpy.asfortranarray(m))
numpy.savez("longer.npz", n=n, m=m[:4])
zipfile.ZipFile("none.npz", "w").close()
with zipfile.ZipFile("blank.npz", "w") as archive:
    archive.writestr("n.npy", b"")
with zipfile.ZipFile("long.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("n.npy", bytes(1 << 26))
with zipfile.ZipFile("claims.npz", "w", zipfile.ZIP_DEFLATED) as archive:
    for i in range(40):
        archive.writestr(f"n{i}.npy", b"n" * 1000)
        archive.infolist()[-1].file_size = (1 << 31) - 1
    starts = [info.header_offset for info in archive.infolist()]
with open("claims.npz", "r+b") as file: # as its directory, which is written last
    for start in starts:
        file.seek(start + 22)
        file.write(struct.pack("<I", (1 << 31) - 1))
END
for one in plain packed other; do
	run -i "$work/$one.npz" -o "$work/w.csv"
	for rows in 1 2 5 9; do
		run -i "$work/$one.npz" --batch-rows $rows -o "$work/part.csv"
		check ".npz in batches of $rows ($one)" cmp "$work/w.csv" "$work/part.csv"
	done
done
run -t npz --batch-rows 2 <"$work/packed.npz" >"$work/part.json"
run -i "$work/packed.npz" >"$work/whole.json"
check ".npz in batches, redirected" cmp "$work/whole.json" "$work/part.json"
# shellcheck disable=SC2002 # a pipe is meant
cat "$work/packed.npz" | "$program" run "$model" --env-manager local --python "$python" -q -t npz --batch-rows 2 >"$work/part.json"
check ".npz in batches, from a pipe" cmp "$work/whole.json" "$work/part.json"
expect ".npz whose arrays differ in rows" 3 "the input has no rows that could be taken in batches" \
	run -i "$work/longer.npz" --batch-rows 2
head -c 400 "$work/plain.npz" >"$work/cut.npz"
expect ".npz that is cut" 3 "the input: " run -i "$work/cut.npz" --batch-rows 2
expect ".npz of more than a disk is filled with" 9 "the input: its arrays would take more than 64 GiB, unpacked" \
	run -i "$work/claims.npz" --batch-rows 2
for one in none blank; do
	run -i "$work/$one.npz" >"$work/whole.out" 2>&1
	echo "status $?" >>"$work/whole.out"
	run -i "$work/$one.npz" --batch-rows 2 >"$work/part.out" 2>&1
	echo "status $?" >>"$work/part.out"
	check ".npz without bytes, in batches ($one)" cmp "$work/whole.out" "$work/part.out"
done
check "and it is refused as input" grep -qx "status 3" "$work/part.out"
expect ".npz that takes longer to unpack than there is time" 9 "the model did not answer in time" \
	run -i "$work/long.npz" --batch-rows 2 --timeout 0.001
mv "$work/loader.py" "$model/code/loader.py"
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
	for i in 1 2 3 4 5 6 7; do printf '%s,%s,%s,true,false,,\n' $i $i $i; done
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
	# Of parts types are those of the whole: what is missing in one row makes doubles of all.
	cp "$model/code/loader.py" "$work/loader.py"
	cat >"$model/code/loader.py" <<-'END'
		class Model:
		    def predict(self, data, params=None):
		        out = data[[]].copy()
		        for name, kind in data.dtypes.items():
		            out[name + ":" + str(kind)] = [repr(x) for x in data[name]]
		        return out
		def _load_pyfunc(path):
		    return Model()
	END
	"$python" - "$work/p.parquet" "$work/none.parquet" <<-'END' 2>"$work/err" || cat "$work/err"
		import datetime, decimal, sys
		import pandas as pd
		n = 7
		t = pd.DataFrame({
		    "i": range(n), "late": [None] + [1] * (n - 1), "b": [True] * n, "gap": [True] * (n - 1) + [None],
		    "s": ["x", None] * 3 + ["y"], "d": pd.to_datetime(["2020-01-01"] * n), "f": [0.5, None] * 3 + [1.0],
		    "day": [None] * 3 + [datetime.date(2020, 1, 2)] * 4, "dec": [None] * 3 + [decimal.Decimal("1.5")] * 4,
		    "ext": pd.array([1] * (n - 1) + [None], dtype="Int64"), "whole": pd.array([1] * n, dtype="Int32"),
		    "cat": pd.Categorical(["p", "q", "p", "q", "p", "q", "p"]), "none": [None] * n,
		})
		t["late"] = t["late"].astype("float").astype("Int64").astype(object)
		t.to_parquet(sys.argv[1], index=False, **({"row_group_size": 3} if "pyarrow" in sys.modules or True else {}))
		t[:0].to_parquet(sys.argv[2], index=False)
	END
	signature ""
	for file in p none; do
		run -i "$work/$file.parquet" >"$work/whole.json"
		for rows in 1 2 3 100; do
			run -i "$work/$file.parquet" --batch-rows $rows >"$work/part.json"
			check "Parquet in batches of $rows ($file)" cmp "$work/whole.json" "$work/part.json"
		done
		run -t parquet --batch-rows 2 <"$work/$file.parquet" >"$work/part.json"
		check "redirected ($file)" cmp "$work/whole.json" "$work/part.json"
	done
	cat "$work/p.parquet" | "$program" run "$model" --env-manager local --python "$python" -q -t parquet --batch-rows 2 >"$work/part.json"
	run -i "$work/p.parquet" >"$work/whole.json"
	check "from a pipe" cmp "$work/whole.json" "$work/part.json"
	mv "$work/loader.py" "$model/code/loader.py"
else
	skip "Parquet: $python has neither pyarrow nor fastparquet"
fi

# ---- more rows than memory is used for ----

# Files of some 60 MB: what is used for them is what is used for the first of their rows, give or take.
cat >"$model/code/loader.py" <<'END'
import resource
class Model:
    def predict(self, data, params=None):
        rows = len(data["arr_0"] if isinstance(data, dict) else data)
        return [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss] * rows
def _load_pyfunc(path):
    return Model()
END
"$python" - "$work" <<'END'
import sys
import numpy, pandas
work, n, few = sys.argv[1], 2000000, 20000
table = pandas.DataFrame(numpy.random.default_rng(1).random((n, 4)), columns=list("abcd"))
row = "[0.123456789,0.25,0.5,0.75],"
for name, count in (("big", n), ("few", few)):
    numpy.save(f"{work}/{name}.npy", numpy.ones((count, 4)))
    numpy.savez_compressed(f"{work}/{name}.npz", numpy.ones((count, 4)))
    try:
        table[:count].to_parquet(f"{work}/{name}.parquet", row_group_size=100000, engine="pyarrow")
    except ImportError:
        pass
    with open(f"{work}/{name}.json", "w") as out:
        out.write('{"dataframe_split":{"columns":["a","b","c","d"],"data":[' + (row * count)[:-1] + "]}}")
    with open(f"{work}/{name}.inputs.json", "w") as out:
        out.write('{"inputs":[' + (row * count)[:-1] + "]}")
END
# KiB of the program, of the model's process; the program is started by a small one, as what starts it counts. So does
# a model's process that had already ended when the program did: then it is asked again.
used() { # FILE
	"$python" -I -S - "$work/used" "$program" run "$model" --env-manager local --python "$python" -q -i "$1" --batch-rows 10000 <<-'END'
		import os, re, sys
		for again in range(5):
		    pid = os.fork()
		    if not pid:
		        os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
		        os.execv(sys.argv[2], sys.argv[2:])
		    status, usage = os.wait4(pid, 0)[1:]
		    with open(sys.argv[1]) as f:
		        f.seek(max(0, os.path.getsize(sys.argv[1]) - 100))
		        model = int(re.findall(r"[0-9]+", "0 " + f.read())[-1])
		    if usage.ru_maxrss < model:
		        break
		print(status, usage.ru_maxrss, model)
	END
}
flat() { # SUFFIX
	few=$(used "$work/few.$1") big=$(used "$work/big.$1")
	echo "few: $few, all: $big"
	# shellcheck disable=SC2086 # three numbers each
	set -- $few $big
	[ "$1$4" = 00 ] && [ $(($5 - $2)) -lt 32768 ] && [ $(($6 - $3)) -lt 49152 ]
}
signature "[$(tensor float64 '[-1,4]' '')]"
check "arrays larger than what they take" flat npy
check "arrays in JSON larger than what they take" flat inputs.json
signature "[$(tensor float64 '[-1,4]' ',"name":"arr_0"')]"
check "archives larger than what they take" flat npz
signature "[$(column double a),$(column double b),$(column double c),$(column double d)]"
check "JSON larger than what it takes" flat json
check "arrays whose columns have not the names of the signature" ends 3 run -i "$work/few.npy" --batch-rows 10000
if [ -e "$work/big.parquet" ]; then
	check "Parquet larger than what it takes" flat parquet
else
	skip "Parquet larger than what it takes: $python has no pyarrow"
fi
finish
