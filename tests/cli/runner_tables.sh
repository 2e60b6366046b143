#!/bin/sh
# runner_tables.sh - tables and arrays into pandas and numpy, and back
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=runner_lib.sh
. "${SRCDIR:-.}/tests/cli/runner_lib.sh"
python=$(some_python) || skip_all "there is no python3"

make_predict echo <<'END'
return data
END
if ! "$python" -I -c 'import pandas' 2>/dev/null; then
	run "$python" echo -x 2x2
	check "a table needs pandas" complains 8 \
		"model-code: the model refuses the input: the input is a table, for which the model's environment needs pandas"
	skip "$python has no pandas; name one that has in PYFUNC_ENV_TEST_PYTHON"
	finish
	exit
fi

run "$python" echo -x 3x2
check "a table of doubles, and back" answers 0 \
	'table(c0:float64=[0.0, 0.1, 0.2], c1:float64=[1.0, 1.1, 1.2])'
run "$python" echo -x 0x2
check "one without rows" answers 0 'table(c0:float64=[], c1:float64=[])'

# The names are kept from one request to the next, and no model can change them for the next one.
make_predict names <<'END'
told = [str(list(data.columns)), str(data.columns.name), str(data.index)]
data.columns.name = "changed"
data.rename(columns={"c0": "changed"}, inplace=True)
data.index.name = "changed"
data["more"] = 1
return told
END
run "$python" names -x 1x2 -r 3
one="[\"['c0', 'c1']\", \"None\", \"RangeIndex(start=0, stop=1, step=1)\"]"
check "a model that renames what it is given" answers 0 "$one
$one
$one"

make_predict mixed <<'END'
import pandas
if str(data.dtypes["text"]) == "object":
    data["text"] = data["text"].astype("string")
return data
END
run "$python" mixed -m
check "a table of every type, and back" answers 0 "$(printf '%s' \
	'table(long:int64=[1, -2], double:float64=[0.5, 1e+300], float:float32=[0.10000000149011612, -0.0], ' \
	'bool:bool=[1, 0], time:datetime64[ns]=[1700000000123456789, -9223372036854775808], ' \
	'text:str=["é", null], bytes:object=[b"'; printf '\377'; printf '%s' \
	'", null], object:object=[7, "x"], #:int64=[1, -2])')"

make_predict layout <<'END'
import numpy
data.iloc[0, 0] = 7
block = data.to_numpy()
return [type(data).__name__, str(block.dtype), bool(block.flags.f_contiguous), data.shape, list(data.columns)]
END
run "$python" layout -x 3x2
check "doubles come as one block, in pandas' own order" answers 0 \
	'["DataFrame", "float64", true, [3, 2], ["c0", "c1"]]'

# From the third request on, frames are made without pandas' constructor, and the third of as many
# rows before it comes: nobody sees a difference, whatever was done to those before.
make_model molded <<'END'
import numpy, pandas
class Model:
    def predict(self, data, params=None):
        n = len(data)
        own = pandas.DataFrame({
            0: numpy.array([1, -2])[:n], 1: numpy.array([0.5, 1e300])[:n], 2: numpy.array([0.1, -0.0], "f4")[:n],
            3: numpy.array([True, False])[:n], 4: numpy.array([0.5, 1e300])[:n]}, pandas.RangeIndex(n))
        own.columns = pandas.Index(["long", "double", "float", "bool", "double"])
        def seen(f):
            blocks = [(type(b), b.dtype, list(b.mgr_locs), b.values.shape, b.values.flags.c_contiguous,
                       b.values.flags.aligned, b.values.flags.writeable) for b in getattr(f, "_mgr" if hasattr(f, "_mgr") else "_data").blocks]
            return (type(f), sorted(vars(f)), blocks, repr(f), list(f.dtypes), repr(f.index), f.index.name,
                    repr(f.columns), f.columns.name, f.attrs, f.iloc[-1].tolist())
        what = "the same" if seen(data) == seen(own) and data.equals(own) else str((seen(data), seen(own)))
        data.iloc[:, 1] = 7.0
        data.columns.name = data.index.name = data.attrs["x"] = "changed"
        data.insert(0, "more", 1)
        del data["bool"]
        return [what, n]
def _load_pyfunc(path):
    return Model()
END
run "$python" molded -N -r 9
check "frames made the fast way are those that pandas makes" answers 0 '["the same", 1]
["the same", 1]
["the same", 1]
["the same", 2]
["the same", 2]
["the same", 2]
["the same", 1]
["the same", 1]
["the same", 1]'

make_model without <<'END'
import pandas
class Model:
    asked = 0
    def predict(self, data, params=None):
        Model.asked += 1
        if Model.asked == 2:
            pandas.DataFrame.__init__ = None # nobody's way is the constructor from here on
        return data.iloc[-1].tolist()
def _load_pyfunc(path):
    return Model()
END
run "$python" without -N -r 4
if "$python" -I -c 'import pandas; pandas.DataFrame().flags' 2>/dev/null; then
	check "and there is no constructor in it" answers 0 '[1, 0.5, 0.10000000149011612, true, 0.5]
[1, 0.5, 0.10000000149011612, true, 0.5]
[1, 0.5, 0.10000000149011612, true, 0.5]
[-2, 1e+300, -0.0, false, 1e+300]'
else
	skip "this pandas has no other way to make a frame"
fi

# One answer of many kinds, one line each.
answer() { # NAME EXPRESSION EXPECTED
	make_predict answer <<-END
		import numpy as np, pandas as pd, datetime as dt
		return $2
	END
	run "$python" answer
	check "$1" answers 0 "$3"
}

answer "an array" 'np.arange(6.0).reshape(2, 3).T' 'float64(3x2[0.0, 3.0, 1.0, 4.0, 2.0, 5.0])'
answer "as they lie" 'np.arange(6, dtype="u2").reshape(2, 3)' 'uint16(2x3[0, 1, 2, 3, 4, 5])'
answer "truth, and a strided one" '[np.array([True]), np.arange(4, dtype="i1")[::2]]' '[bool(1[1]), int8(2[0, 2])]'
answer "read-only" 'np.frombuffer(b"\0\0\xc0\x3f", "f4")' 'float32(1[1.5])'
answer "no dimension" 'np.array(3)' 'int64([3])'
answer "no element" 'np.empty((0, 3), "f4")' 'float32(0x3[])'
answer "the other byte order" 'np.array([1, 2], ">i4")' 'int32(2[1, 2])'
answer "half floats" 'np.array([1.5], "f2")' 'float64(1[1.5])'
answer "text" 'np.array([["a", "b"]])' '[["a", "b"]]'
answer "objects" 'np.array([1, "a", None, [2]], object)' '[1, "a", null, [2]]'
answer "masked" 'np.ma.array([1, 2], mask=[0, 1])' '[1, null]'
answer "nanoseconds" 'np.array(["2020-01-01"], "M8[ns]")' 'datetime64[ns](1[1577836800000000000])'
answer "days" 'np.array(["2020-01-01"], "M8[D]")' '["2020-01-01"]'
answer "numpy's scalars" \
	'[np.int8(-1), np.uint64(2**64 - 1), np.float32(0.1), np.bool_(True), np.str_("s"), np.longdouble(1.5)]' \
	'[-1, 18446744073709551615, 0.10000000149011612, true, "s", 1.5]'
answer "a series" 'pd.Series([1.5, 2.5], name="p")' 'series(p:float64=[1.5, 2.5])'
answer "one without a name" 'pd.Series([1, 2])' 'series(#:int64=[1, 2])'
answer "labels twice, and numbers" 'pd.DataFrame([[1, 2.5, 3]], columns=["a", "a", 7])' \
	'table(a:int64=[1], a:float64=[2.5], 7:int64=[3])'
answer "pandas' own types" \
	'pd.DataFrame({"i": pd.array([1, None], dtype="Int64"), "c": pd.Categorical(["p", "q"])})' \
	'table(i:object=[1, null], c:object=["p", "q"])'
answer "zones" 'pd.DataFrame({"t": pd.to_datetime(["2020-01-01"], utc=True)})' \
	'table(t:object=["2020-01-01T00:00:00+00:00"])'
answer "what is missing" '[pd.NaT, pd.Timestamp("2020-01-01"), dt.date(2020, 1, 1), dt.time(1, 2)]' \
	'[null, "2020-01-01T00:00:00", "2020-01-01", "01:02:00"]'
answer "arrays in a dictionary" '{"a": np.array([1, 2]), "t": pd.DataFrame({"x": [1]})}' \
	'{"a": int64(2[1, 2]), "t": table(x:int64=[1])}'
make_predict answer <<'END'
import numpy as np
return np.array([1j])
END
run "$python" answer
check "no complex numbers" complains 8 \
	"model-code: the model's answer cannot be used: the answer holds an object of type builtins.complex, which cannot be written as JSON"

make_predict echo <<'END'
return data
END
run "$python" echo -j '{"dataframe_split": {"columns": ["a", "b"], "data": [[1, "x"], [2.5, "y"]]}}'
check "a request that Python reads" [ "$status" = 0 ]
run "$python" echo -j '{"dataframe_records": [{"a": 1}, {"b": 2}]}'
check "records with gaps" answers 0 'table(a:float64=[1.0, nan], b:float64=[nan, 2.0])'
run "$python" echo -j '{"inputs": [[1, 2], [3, 4]]}'
check "inputs" answers 0 'int64(2x2[1, 2, 3, 4])'
run "$python" echo -j '{"instances": [{"a": 1}, {"a": 2}]}'
check "instances" answers 0 '{"a": int64(2[1, 2])}'
run "$python" echo -f "a,b
1,2.5
"
check "csv" answers 0 'table(a:int64=[1], b:float64=[2.5])'
run "$python" echo -j '{"a": 1}'
check "none of the forms" complains 3 \
	"malformed: the model refuses the input: the input must be a JSON object with exactly one of dataframe_split, dataframe_records, instances, inputs"
check "no traceback for the input's faults" [ "$(grep -c '^Traceback' "$work/err")" = 0 ]

finish
