# exact_objects.py - objects of every kind that frames carry: there and back, and damaged on the way
# SPDX-License-Identifier: Apache-2.0
#
# exact_objects.py FOLDER check          each is decoded as what was encoded; its kinds are told on stdout
# exact_objects.py FOLDER damage N       N damages of each: a ValueError, or an object
# exact_objects.py FOLDER write FILE     all of them, encoded
# exact_objects.py FOLDER pass IN OUT    those of a file, decoded and encoded again
# exact_objects.py FOLDER compare FILE   are they what they were? What has changed is told.
# FOLDER has _pfr.so. Of numpy, pandas, scipy and pyarrow what is there is used.
import collections
import datetime
import decimal
import fractions
import importlib.machinery
import importlib.util
import math
import random
import sys
import uuid
import warnings

warnings.simplefilter("ignore")


def load(folder):
    loader = importlib.machinery.ExtensionFileLoader("_pfr", folder + "/_pfr.so")
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("_pfr", loader))
    loader.exec_module(module)
    return module


def package(name):
    try:
        return __import__(name, fromlist=["_"])
    except ImportError:
        return None


np, pd, sparse, pa = (package(name) for name in ("numpy", "pandas", "scipy.sparse", "pyarrow"))
new_pandas = pd and int(pd.__version__.split(".")[0])

# ---- the table ----


def builtins():
    yield "nothing", None
    yield "booleans", [True, False]
    yield "integers", [0, -1, 2**63 - 1, -(2**63), 2**63, -(2**200), 10**5000]
    yield "numbers", [0.5, -0.0, math.inf, math.nan, 1 + 2j, complex(-0.0, math.nan)]
    yield "texts", ["", "é", "\0", "\U0001f600", "\ud800", "x" * 1000]
    yield "bytes", [b"", b"\0\xff", bytearray(b"abc")]
    yield "lists", [[], [[]], [1, [2, [3]]]]
    yield "dicts", [{}, {"a": 1, "b": {"c": []}}, {1: 2, (1, "x"): None, None: 3}, {"\udc00": 1}]
    yield "an ordered dict", collections.OrderedDict([("b", 1), (2, 3)])
    yield "tuples", [(), (1,), ((1, "x"), [2])]
    yield "sets", [set(), {1, "x", (2,)}, frozenset([1, 2])]
    yield "ranges", [range(3), range(10**15, 0, -7), slice(1, None, 2)]
    yield "decimals", [decimal.Decimal("1.50"), decimal.Decimal("-Infinity"), fractions.Fraction(-1, 3)]
    yield "a uuid", uuid.UUID(int=1 << 100)
    yield "dates", [datetime.date(1, 1, 1), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)]
    yield "times", [datetime.time(1, 2, 3, 4, fold=1), datetime.timedelta(-1, 2, 3)]
    zones = [datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=-5, minutes=-30), "here")]
    yield "aware dates", [datetime.datetime(2020, 1, 2, tzinfo=zone) for zone in zones]
    if package("zoneinfo"):
        from zoneinfo import ZoneInfo

        try:
            berlin = ZoneInfo("Europe/Berlin")
            yield "dates of a zone", datetime.datetime(2020, 10, 25, 2, 30, tzinfo=berlin, fold=1)
        except KeyError:
            pass
    if package("pytz"):
        import pytz

        utc = datetime.datetime(2020, 10, 25, 0, 30, tzinfo=pytz.utc)
        yield "dates of pytz", [utc, utc.astimezone(pytz.timezone("Europe/Berlin"))]


def arrays():
    for kind in "?bhilBHILefdFD":
        whole = np.array([[1, 0, 1], [0, 1, 1]], dtype=kind)
        yield "arrays of " + kind, [whole, whole.T, whole[:, ::-2], whole[:0], whole[1, 1], np.array(1, dtype=kind)]
    yield "arrays in Fortran order", [np.asfortranarray(np.ones((3, 2), "f4")), np.arange(24).reshape(2, 3, 4).T]
    yield "an array of four axes", np.arange(48.0).reshape(2, 3, 2, 4)[:, ::2, ::-1].transpose(3, 0, 2, 1)
    yield "arrays of text", [np.array(["a", "béd"]), np.array([[b"a", b"bc"]]), np.array([], dtype="U3")]
    yield "arrays of objects", [np.array([[1, "x"], [None, (1, 2)]], dtype=object), np.array([], dtype=object)]
    yield "an array of arrays", as_objects([np.arange(2), np.arange(2)])
    yield "arrays of dates", [np.array(["2020-01-01", "NaT"], "M8[%s]" % unit) for unit in ("Y", "D", "s", "us", "ns")]
    yield "arrays of spans", [np.array([1, -2], "m8[%s]" % unit) for unit in ("D", "ms", "ns", "25s")]
    yield "arrays in the other order", [np.array([1, 2], ">i4"), np.array([1.5], ">f8"), np.array(["2020"], ">M8[ns]")]
    record = [("a", "i4"), ("b", "f8", (2, 2)), ("c", [("d", "U2"), ("e", "?")])]
    yield "records", [np.zeros(2, record), np.zeros((1, 2), np.dtype(record[:2], align=True)), np.zeros(2, record)[0]]
    objects = np.zeros(2, [("a", "O"), ("b", "i4", (2,))])
    objects["a"][0] = [1, "x"]
    yield "records of objects", objects
    yield "numpy's scalars", [np.float64(1.5), np.int8(-1), np.bool_(True), np.float16(2), np.complex64(1j)]
    yield "numpy's texts", [np.str_("x\0"), np.bytes_(b"y"), np.datetime64("2020-01-01"), np.timedelta64(3, "s")]
    yield "masked arrays", [np.ma.MaskedArray([1.0, 2.0], [0, 1], fill_value=7), np.ma.MaskedArray([1, 2])]
    yield "what is masked", [np.ma.masked]
    yield "a matrix", np.matrix([[1, 2]])
    yield "types", [np.dtype("f4"), np.dtype(record)]
    if hasattr(np, "dtypes") and hasattr(np.dtypes, "StringDType"):
        yield "new arrays of text", np.array(["a", "bé"], np.dtypes.StringDType())


def as_objects(items):
    out = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        out[i] = item
    return out


def indexes():
    yield "ranges as index", [pd.RangeIndex(3), pd.RangeIndex(9, 1, -2, name="r")]
    yield "plain indexes", [pd.Index([3, 1]), pd.Index([1.5]), pd.Index(["a", "b"], name="n"), pd.Index(["a", 1])]
    yield "an index with an odd name", pd.Index([1], name=("a", 1))
    yield "many levels", pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["x", None])
    yield "dates as index", pd.date_range("2020", periods=3, freq="D", name="d")
    yield "dates of a zone as index", pd.date_range("2020", periods=3, freq="D", tz="Europe/Berlin")
    yield "spans as index", pd.timedelta_range("1D", periods=3, freq="D")
    yield "periods as index", pd.period_range("2020-01", periods=3, freq="M")
    yield "categories as index", pd.CategoricalIndex(["a", "b", "a"], name="c")
    yield "intervals as index", pd.interval_range(0, 3)


def columns():
    """Each with one cell missing where it can, of three."""
    yield "category", pd.Categorical(["b", None, "b"], categories=["b", "a"], ordered=True)
    yield "numbered category", pd.Categorical([2, 1, 2])
    yield "zoned", pd.date_range("2020", periods=3, tz="Europe/Berlin")
    yield "ns", np.array(["2020", "NaT", "2021"], "M8[ns]")
    yield "span", np.array([1, 2, 3], "m8[ns]")
    yield "half", np.array([1, 2, 3], "f2")
    yield "complex", np.array([1, 2, 3j])
    yield "period", pd.period_range("2020-01", periods=3, freq="M")
    yield "interval", pd.interval_range(0, 3)
    yield "sparse", pd.arrays.SparseArray([0.0, 1.0, 0.0])
    yield "sparse blocks", pd.arrays.SparseArray([0, 1, 1], kind="block", fill_value=0)
    yield "Int16", pd.array([1, None, 3], dtype="Int16")
    yield "UInt8", pd.array([1, None, 3], dtype="UInt8")
    yield "objects", pd.Series([[1], {"a": (1,)}, None], dtype=object)
    yield "text as objects", pd.Series(["a", None, math.nan], dtype=object)
    yield "text", pd.Series(["a", None, "b"])
    if new_pandas >= 1:
        yield "boolean", pd.array([True, None, False], dtype="boolean")
        yield "string", pd.array(["a", None, "b"], dtype="string")
    if hasattr(pd, "Float64Dtype"):
        yield "Float64", pd.array([1.5, None, 2.5], dtype="Float64")
    if new_pandas >= 2:
        for unit in ("s", "ms", "us"):
            yield "dates of " + unit, np.array(["2020", "NaT", "2021"], "M8[%s]" % unit)
            yield "zoned " + unit, pd.array(["2020", "2021", None], dtype="datetime64[%s, UTC]" % unit)
            yield "spans of " + unit, np.array([1, 2, 3], "m8[%s]" % unit)
    if new_pandas >= 2 and pa:
        yield "string of pyarrow", pd.array(["a", None, "b"], dtype="string[pyarrow]")
        yield "number of pyarrow", pd.array([1, None, 3], dtype="int32[pyarrow]")


def tables():
    plain = pd.DataFrame({"a": [1.5, 2.5], "b": [1, 2], "c": ["x", "y"], "d": [True, False], "e": [3.0, math.nan]})
    yield "a table", plain
    yield "tables of one type", [pd.DataFrame(np.arange(6.0).reshape(2, 3)), pd.DataFrame(np.arange(6).reshape(2, 3).T)]
    yield "a table by columns", pd.DataFrame({"x": np.arange(300.0), "y": np.arange(300) % 7, "z": np.arange(300) * 0.5})
    yield "tables without rows", [plain.iloc[:0], pd.DataFrame({"a": np.array([], "f4")})]
    yield "tables without columns", [pd.DataFrame(index=[1, 2]), pd.DataFrame(columns=["a"]), plain[[]]]
    yield "tables with an index", [plain.iloc[::-1], plain.set_index("c"), plain.set_index(["a", "c"])]
    yield "columns that are not text", [plain.rename(columns={"a": 1}), plain.T, plain.rename_axis(columns="axis")]
    yield "columns of the same name", pd.DataFrame([[1, 2.5, "x"]], columns=["a", "a", "b"])
    levels = pd.DataFrame(np.arange(4.0).reshape(2, 2))
    levels.columns = pd.MultiIndex.from_tuples([("a", 1), ("b", None)])
    yield "columns of levels", levels
    for name, values in columns():
        yield "a table with %s" % name, pd.DataFrame({"n": [1, 2, 3], "x": values, "o": 0.5})
        yield "a series of %s" % name, pd.Series(values, index=[3, 1, 2], name=name)
        yield "a plain series of %s" % name, pd.Series(values)
    yield "all at once", pd.DataFrame({name: values for name, values in columns()})
    yield "series", [pd.Series([1.5]), pd.Series([1], name="n"), pd.Series([1], name=3), pd.Series([], dtype="i4")]
    if new_pandas >= 2:
        noted, unique = plain.copy(), plain.set_flags(allows_duplicate_labels=False)
        noted.attrs = {"from": [1]}
        yield "a table with notes", noted
        yield "a table of unique labels", unique


def moments():
    yield "moments", [pd.Timestamp("2020-01-01 01:02:03.123456789"), pd.Timestamp("2020-07-01", tz="Europe/Berlin")]
    yield "spans", [pd.Timedelta(5, "s"), pd.Timedelta(-1, "ns")]
    yield "a period", pd.Period("2020-01", "M")
    yield "an interval", pd.Interval(1, 2, "left")
    yield "what is missing", [pd.NaT] + ([pd.NA] if new_pandas >= 1 else [])


def sparses():
    for form in ("csr", "csc", "coo", "bsr"):
        made = sparse.random(5, 6, 0.3, form, random_state=1)
        yield "a matrix of " + form, made
        if hasattr(sparse, form + "_array"):
            yield "an array of " + form, getattr(sparse, form + "_array")(made)


def arrows():
    table = pa.table({"a": [1, None], "b": ["x", "é"]})
    yield "a table of pyarrow", table
    yield "others of pyarrow", [table.to_batches()[0], table["a"], pa.array([[1], None]), table.slice(0, 0)]


def objects():
    parts = [(True, builtins), (np, arrays), (pd, indexes), (pd, tables), (pd, moments), (sparse, sparses), (pa, arrows)]
    for there, part in parts:
        if there:
            for item in part():
                yield item


# ---- are two the same? ----


def same_array(a, b):
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.flags.f_contiguous != b.flags.f_contiguous:
        return False
    if a.dtype.hasobject or a.dtype.kind == "T":
        return same(a.tolist(), b.tolist())
    return a.tobytes() == b.tobytes()


def same_columns(a, b):
    return all(same(a.iloc[:, i], b.iloc[:, i]) for i in range(a.shape[1]))


def same_index(a, b):
    if list(a.names) != list(b.names) or getattr(a, "freq", None) != getattr(b, "freq", None):
        return False
    if isinstance(a, pd.MultiIndex):
        return a.equals(b) and all(same_index(x, y) for x, y in zip(a.levels, b.levels))
    return a.dtype == b.dtype and a.equals(b) and same(list(a), list(b))


def allows_twice(o):
    return getattr(getattr(o, "flags", None), "allows_duplicate_labels", True)


def same_pandas(a, b):
    if isinstance(a, pd.Index):
        return same_index(a, b)
    if a.shape != b.shape or not same_index(a.index, b.index) or getattr(a, "attrs", None) != getattr(b, "attrs", None):
        return False
    if allows_twice(a) != allows_twice(b):
        return False
    if isinstance(a, pd.DataFrame):
        return same_index(a.columns, b.columns) and same_columns(a, b)
    return a.dtype == b.dtype and same(a.name, b.name) and same(a.tolist(), b.tolist())


def same_sparse(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and a.format == b.format and abs(a - b).nnz == 0


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return same(list(a.items()), list(b.items()))
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if np and isinstance(a, np.ma.MaskedArray) and a is not np.ma.masked:
        return same_array(a.data, b.data) and same(a.mask, b.mask) and same(a.fill_value, b.fill_value)
    if np and isinstance(a, (np.ndarray, np.generic)):
        return a is b or same_array(np.asarray(a), np.asarray(b))
    if pd and isinstance(a, (pd.DataFrame, pd.Series, pd.Index)):
        return same_pandas(a, b)
    if sparse and sparse.issparse(a):
        return same_sparse(a, b)
    if pa and isinstance(a, (pa.Table, pa.RecordBatch, pa.Array, pa.ChunkedArray)):
        return a.equals(b)
    return a is b or (a == b) is True or repr(a) == repr(b)


# ---- what is asked for ----


def check(pfr):
    wrong, n = [], 0
    for name, o in objects():
        n += 1
        there = pfr.encode(o)
        again = pfr.encode(pfr.decode(bytes(there)))
        back = pfr.decode(there)
        if not same(o, back):
            wrong.append("%s: %r became %r" % (name, o, back))
        elif again != pfr.encode(pfr.decode(there)):
            wrong.append("%s: not the same bytes each time" % name)
    print("\n".join(wrong) or "%d kinds of objects" % n)
    return bool(wrong)


def damage(pfr, count):
    """With a ceiling of memory, so that a length that is believed is noticed."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
    chance, made, refused = random.Random(20), 0, 0
    for name, o in objects():
        whole = bytes(pfr.encode(o))
        for i in range(int(count)):
            bad = bytearray(whole)
            for _ in range(chance.choice((1, 1, 2, 8))):
                bad[chance.randrange(len(bad))] = chance.choice((0, 1, 9, 14, 127, 255, chance.randrange(256)))
            try:
                pfr.decode(bad if i % 3 else bad[:chance.randrange(len(bad))])
                made += 1
            except (ValueError, ImportError):
                refused += 1
            except BaseException:
                print("%s, damaged: %s" % (name, bad.hex()))
                raise
    print("%d made, %d refused" % (made, refused))
    return not made or not refused


def write(pfr, path):
    with open(path, "wb") as f:
        f.write(pfr.encode([[name, bytes(pfr.encode(o))] for name, o in objects()]))


def pass_on(pfr, path, out):
    """What cannot be made here stands as its error's text."""
    passed = []
    for name, data in pfr.decode(open(path, "rb").read()):
        try:
            passed.append([name, bytes(pfr.encode(pfr.decode(data)))])
        except (ImportError, ValueError) as e:
            passed.append([name, "%s: %s" % (type(e).__name__, e)])
    with open(out, "wb") as f:
        f.write(pfr.encode(passed))


def compare(pfr, path):
    back = dict(pfr.decode(open(path, "rb").read()))
    for name, o in objects():
        if isinstance(back[name], str):
            print("%s: %s" % (name, back[name]))
        elif not same(o, pfr.decode(back[name])):
            print(("%s: differs: %r, %r" % (name, o, pfr.decode(back[name]))).replace("\n", " / "))


if __name__ == "__main__":
    pfr = load(sys.argv[1])
    todo = {"check": check, "damage": damage, "write": write, "pass": pass_on, "compare": compare}
    sys.exit(todo[sys.argv[2]](pfr, *sys.argv[3:]))
