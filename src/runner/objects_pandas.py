# objects_pandas.py - tables, indexes and arrays of pandas that are no tables of a frame's
# SPDX-License-Identifier: Apache-2.0
# The third part of objects.py. Of private names of pandas none is relied on but `blocks`, which is tried first.
NATIVE = {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"}
LONGEST = 1 << 20  # numbers of a range, or cells of a sparse column, that are to become an array


def asked_once(function):
    known = []

    def ask():
        if not known:
            known.append(function())
        return known[0]

    return ask


@asked_once
def text_type():
    """What this pandas makes of text: object, or since 3 a type of its own."""
    import pandas

    return pandas.Series(["a"]).dtype


def text_is_object():
    return text_type() == object


def is_native(dtype):
    """Has a frame a type for such a column?"""
    import numpy

    if not isinstance(dtype, numpy.dtype):
        return dtype == text_type()
    if not dtype.isnative:
        return False
    return dtype == object or dtype == numpy.dtype("M8[ns]") or dtype.str[1:] in NATIVE


def cells(values):
    """Of a column that is no plain array: dates as integers, text as a list; None of any other."""
    import numpy

    if not isinstance(values.dtype, numpy.dtype):
        return text_of(values, numpy.nan) if values.dtype == text_type() else None
    if values.dtype == numpy.dtype("M8[ns]") and values.dtype.isnative:
        return numpy.asarray(values).view("i8")
    return None


def table_cells(values):
    """Of a column of a Table's: dates of other units as those of nanoseconds, where these have them;
    all else as a list."""
    import numpy

    if values.dtype.kind == "M":
        made = values.astype("M8[ns]")
        if ((made.astype(values.dtype) == values) | numpy.isnat(values)).all():
            return made
    if values.dtype.kind in "mM":  # whose tolist() may have integers
        return list(values)
    return values.tolist()


def plain_names(columns):
    """A list of names, if the Index is such as pandas makes of it by itself."""
    import pandas

    if type(columns) is not pandas.Index or columns.dtype != text_type():
        return None
    names = columns.tolist()
    for name in names:
        if type(name) is not str:
            return None
        try:
            name.encode()
        except UnicodeEncodeError:
            return None
    return names


@asked_once
def has_blocks():
    """Has this pandas arrays of columns by rows behind a DataFrame, with their places beside them?"""
    import numpy
    import pandas

    probe = pandas.DataFrame({"a": [1.5, 2.5], "b": [1, 2], "c": ["x", None], "d": [3.5, 4.5], "e": [True, False]})
    found = []
    try:
        for block in (probe._mgr if hasattr(probe, "_mgr") else probe._data).blocks:
            places = block.mgr_locs.as_array
            values = block.values if block.values.ndim == 2 else [block.values]
            if len(places) != len(values) or places.dtype != numpy.int64:
                return False
            for place, row in zip(places, values):
                same = pandas.Series(row).equals(probe.iloc[:, place].astype(pandas.Series(row).dtype))
                found.append(int(place) if same else -1)
    except Exception:
        return False
    return sorted(found) == [0, 1, 2, 3, 4]


def of_pandas(name):
    """What came to it with some version."""
    import pandas

    found = class_of("pandas", name)
    if found is None:
        raise ImportError("pandas %s has no pandas.%s" % (pandas.__version__, name))
    return found


def bounded(v):
    """An Index or an array all of whose cells may be needed, as long as what arrived."""
    need(type(v) is not list, "a list for an array")
    short = is_range(v) or isinstance(v, class_of("pandas", "arrays.SparseArray") or class_of("pandas", "SparseArray"))
    need(not short or len(v) <= LONGEST, "a range that is too long")
    need(v.dtype != object or not any(is_range(cell) for cell in v), "a range for a cell")
    return v


def index_of(v):
    import pandas

    need(isinstance(v, pandas.Index), "an index that is none")
    return v


# ---- DataFrame, Series ----


def besides(o, told):
    if getattr(o, "attrs", None):
        told["attrs"] = dict(o.attrs)
    if not getattr(getattr(o, "flags", None), "allows_duplicate_labels", True):
        told["unique"] = True
    return told


def put_besides(made, told):
    """What this pandas has no place for is left out."""
    if "attrs" in told and hasattr(made, "attrs"):
        made.attrs = told["attrs"]
    if told.get("unique") is True and hasattr(class_of("pandas", "DataFrame"), "set_flags"):
        made.flags.allows_duplicate_labels = False
    return made


def bare(o):
    """The same cells with nothing else."""
    import pandas

    made = o.copy(deep=False)
    if getattr(made, "attrs", None):
        made.attrs = {}
    if not getattr(getattr(made, "flags", None), "allows_duplicate_labels", True):
        made.flags.allows_duplicate_labels = True
    made.index = pandas.RangeIndex(len(made))
    return made


def is_counted(index, n):
    import pandas

    return type(index) is pandas.RangeIndex and index.equals(pandas.RangeIndex(n)) and index.name is None


def array_of(series):
    """The array behind it: pandas' own, or numpy's."""
    import numpy

    dtype = series.dtype
    return numpy.asarray(series) if isinstance(dtype, numpy.dtype) else series.array


@takes(None, "pandas", "DataFrame")
def take_frame(o):
    import pandas

    if type(o) is not pandas.DataFrame:
        return "", pandas.DataFrame(o)
    told = besides(o, {"rows": len(o)})
    native = [i for i, dtype in enumerate(o.dtypes) if has_blocks() and is_native(dtype)]
    rest = sorted(set(range(o.shape[1])) - set(native))
    told["others"] = [[i, array_of(o.iloc[:, i])] for i in rest]
    counted = is_counted(o.columns, o.shape[1])
    if native:
        table = bare(o if not rest else o.iloc[:, native])
        if rest or (plain_names(o.columns) is None and not counted):
            table.columns = pandas.RangeIndex(len(native))
            told["columns"] = o.columns
        elif o.columns.name is not None:
            table.columns = o.columns.rename(None)
            told["columns"] = o.columns
        told["table"] = table
    else:
        told["columns"] = o.columns
    if not is_counted(o.index, len(o)):
        told["index"] = o.index
    return "frame", told


def as_series(values, index):
    """As it is: of objects pandas would make what it takes them for."""
    import numpy
    import pandas

    need(len(values) == len(index), "a column of another length than it says")
    if not isinstance(values, class_of("pandas", "api.extensions.ExtensionArray")):
        bounded(values)
    declared = object if isinstance(values, numpy.ndarray) and values.dtype == object else None
    return pandas.Series(values, index=index, dtype=declared)


def join_columns(told):
    import pandas

    table, others, rows = told.get("table"), listed(told["others"]), told["rows"]
    need(table is None or (type(table) is pandas.DataFrame and len(table) == rows), "a table of another length")
    if table is not None and not others:
        return table
    index = pandas.RangeIndex(rows)
    columns = {place: as_series(values, index) for place, values in others}
    width = len(columns) + (table.shape[1] if table is not None else 0)
    free = [i for i in range(width) if i not in columns]
    for place, i in zip(free, range(len(free))):
        columns[place] = table.iloc[:, i]
    need(sorted(columns) == list(range(width)), "a table whose columns are not in their places")
    return pandas.DataFrame({i: columns[i] for i in range(width)}, index=index)


@makes("frame")
def make_frame(told):
    made = join_columns(told)
    need(len(made) == told["rows"], "a table of another length than it says")
    if "columns" in told:
        made.columns = index_of(told["columns"])
    if "index" in told:
        made.index = index_of(told["index"])
    return put_besides(made, told)


@takes(None, "pandas", "Series")
def take_series(o):
    import pandas

    if type(o) is not pandas.Series:
        return "", pandas.Series(o)
    told = besides(o, {"rows": len(o), "name": o.name})
    if is_native(o.dtype):
        told["series"] = bare(o)
        told["series"].name = None
    else:
        told["values"] = array_of(o)
    if not is_counted(o.index, len(o)):
        told["index"] = o.index
    return "series", told


@makes("series")
def make_series(told):
    import pandas

    made = told.get("series")
    if made is None:
        made = as_series(told["values"], pandas.RangeIndex(told["rows"]))
    need(len(made) == told["rows"], "a series of another length than it says")
    if "index" in told:
        made.index = index_of(told["index"])
    made.name = told["name"]
    return put_besides(made, told)


# ---- indexes ----


@takes("range index", "pandas", "RangeIndex")
def take_range(o):
    return [o.start, o.stop, o.step, o.name]


@makes("range index")
def make_range(v):
    import pandas

    start, stop, step, name = parts(v, 4)
    return pandas.RangeIndex(start, stop, step, name=name)


@takes("multi index", "pandas", "MultiIndex")
def take_multi(o):
    import numpy

    levels = [level.rename(None) for level in o.levels]
    return {"levels": levels, "codes": [numpy.asarray(c) for c in o.codes], "names": list(o.names)}


@makes("multi index")
def make_multi(v):
    import pandas

    levels = [bounded(level) for level in listed(v["levels"])]
    codes = [dense(part) for part in listed(v["codes"])]
    return pandas.MultiIndex(levels=levels, codes=codes, names=v["names"], verify_integrity=True)


@takes("index", "pandas", "Index")
def take_index(o):
    import numpy

    values = numpy.asarray(o) if isinstance(o.dtype, numpy.dtype) else o.array
    if o.dtype == object and text_is_object() and is_text(values):
        values = Text(values.tolist())
    return {"values": values, "name": o.name, "freq": getattr(getattr(o, "freq", None), "freqstr", None)}


class Text(list):
    """Cells of the type that text has by itself where they arrive."""


def is_text(values):
    kinds = {type(o) for o in values}
    return str in kinds and kinds <= {str, type(None), float} and all(o != o for o in values if type(o) is float)


@makes("index")
def make_index(v):
    import numpy
    import pandas

    values = v["values"] if type(v["values"]) is class_of("pandas", "RangeIndex") else bounded(v["values"])
    declared = object if isinstance(values, numpy.ndarray) and values.dtype == object else None
    made = pandas.Index(values, name=v["name"], dtype=declared)
    if v["freq"] is not None and hasattr(made, "freq") and not isinstance(made, pandas.PeriodIndex):
        made.freq = offset_of(v["freq"])
    return made


# Names of frequencies, of pandas since 2.2 and before.
RENAMED = {
    "h": "H", "min": "T", "s": "S", "ms": "L", "us": "U", "ns": "N", "bh": "BH", "cbh": "CBH", "ME": "M", "QE": "Q",
    "YE": "A", "Y": "A", "BME": "BM", "BQE": "BQ", "BYE": "BA", "YS": "AS", "BYS": "BAS", "CBME": "CBM", "SME": "SM",
}
FREQUENCY = re.compile(r"(-?\d*)([A-Za-z]+)(-[A-Z0-9]+)?\Z")


def spellings(name):
    """It, and what other pandas call it."""
    yield name
    parts = FREQUENCY.match(name)
    if parts:
        count, base, anchor = parts.groups()
        for new, old in RENAMED.items():
            if base in (new, old):
                yield count + (old if base == new else new) + (anchor or "")


def understood(function, name):
    error = None
    for spelling in spellings(name):
        try:
            return function(spelling)
        except ValueError as e:
            error = error or e
    raise error


def offset_of(name):
    from pandas.tseries.frequencies import to_offset

    return understood(to_offset, name)


# ---- extension arrays ----


CLASSES[Text] = "text", list


def text_of(values, missing):
    import numpy

    out = numpy.asarray(values, dtype=object).copy()  # numpy.array would not always copy
    out[numpy.asarray(values.isna(), dtype=bool)] = missing
    return out.tolist()


def texts(v):
    need({type(cell) for cell in listed(v)} <= {str, float, type(None)}, "text of other cells")
    return v


@makes("text")
def make_text(v):
    import numpy
    import pandas

    texts(v)
    dtype = text_type()
    if dtype == object:
        out = numpy.empty(len(v), dtype=object)
        out[:] = v
        return out
    return pandas.array(v, dtype=dtype)


def take_strings(o):
    dtype = o.dtype
    values = text_of(o, None)
    if dtype == text_type():
        return "text", values
    na = getattr(dtype, "na_value", None)
    return "strings", {
        "values": values,
        "storage": getattr(dtype, "storage", "python"),
        "na": "nan" if isinstance(na, float) else "NA",
    }


takes(None, "pandas", "arrays.StringArray", "arrays.ArrowStringArray")(take_strings)
takes(None, "pandas.core.arrays.string_", "StringArray")(take_strings)
takes(None, "pandas.core.arrays.string_arrow", "ArrowStringArray")(take_strings)


def string_types(storage, na):
    """From the one that is meant to the next best."""
    import pandas

    if na == "nan":
        yield lambda: pandas.StringDtype(storage, na_value=float("nan"))
        yield lambda: pandas.StringDtype("python", na_value=float("nan"))
        yield text_type
    yield lambda: pandas.StringDtype(storage)
    yield lambda: pandas.StringDtype("python")
    yield lambda: pandas.StringDtype()
    yield lambda: object


@makes("strings")
def make_strings(v):
    import pandas

    for of in string_types(v["storage"], v["na"]):
        try:
            dtype = of()
        except (ImportError, TypeError, ValueError, AttributeError):
            continue
        return make_text(v["values"]) if dtype == object else pandas.array(texts(v["values"]), dtype=dtype)


def take_nullable(o):
    return {"data": o._data, "mask": o._mask}


NULLABLE = {"b": "BooleanArray", "i": "IntegerArray", "u": "IntegerArray", "f": "FloatingArray"}
takes("nullable", "pandas", *["arrays." + name for name in set(NULLABLE.values())])(take_nullable)


@makes("nullable")
def make_nullable(v):
    data, mask = dense(v["data"]), dense(v["mask"])
    need(data.ndim == 1 and mask.shape == data.shape and mask.dtype == bool, "a column whose mask is none")
    return of_pandas("arrays." + NULLABLE[data.dtype.kind])(data, mask)


@takes("category", "pandas", "Categorical")
def take_categorical(o):
    return {"codes": o.codes, "categories": o.categories, "ordered": bool(o.ordered)}


@makes("category")
def make_categorical(v):
    import pandas

    categories = bounded(v["categories"])
    return pandas.Categorical.from_codes(dense(v["codes"]), categories=categories, ordered=v["ordered"])


def unit_of(dtype):
    import numpy

    return getattr(dtype, "unit", None) or numpy.datetime_data(dtype)[0]


def zone_of(zone):
    """Without its library when it is the one that pandas takes by itself: pytz, or zoneinfo since 3."""
    import datetime

    told = take_zone(zone)
    if zone is None or (told[0] == "fixed" and zone is not datetime.timezone.utc):
        return told
    name = "UTC" if told[0] == "fixed" else told[1]
    own = by_pandas(name)
    same = type(own).__module__ == type(zone).__module__ and str(own) == str(zone)
    return ["zone", name, "pandas"] if same else told


UNITS = {"s", "ms", "us", "ns"}


def counted(v, kind):
    """Integers as dates or spans of a unit."""
    need(v["unit"] in UNITS and dense(v["values"]).dtype == "i8", "dates of no known unit")
    return v["values"].view("%s8[%s]" % (kind, v["unit"]))


@takes("dates", "pandas", "arrays.DatetimeArray")
def take_dates(o):
    return {"values": o.asi8, "unit": unit_of(o.dtype), "zone": zone_of(getattr(o.dtype, "tz", None))}


@makes("dates")
def make_dates(v):
    import pandas

    made, zone = pandas.DatetimeIndex(counted(v, "M")), make_zone(v["zone"])
    return (made if zone is None else made.tz_localize("UTC").tz_convert(zone)).array


@takes("spans", "pandas", "arrays.TimedeltaArray")
def take_spans(o):
    return {"values": o.asi8, "unit": unit_of(o.dtype)}


@makes("spans")
def make_spans(v):
    import pandas

    return pandas.TimedeltaIndex(counted(v, "m")).array


@takes("periods", "pandas", "arrays.PeriodArray")
def take_periods(o):
    return {"values": o.asi8, "freq": o.freq.freqstr}


@makes("periods")
def make_periods(v):
    import pandas

    return pandas.arrays.PeriodArray(dense(v["values"]), dtype=understood(pandas.PeriodDtype, v["freq"]))


@takes("intervals", "pandas", "arrays.IntervalArray")
def take_intervals(o):
    return {"left": o.left, "right": o.right, "closed": o.closed}


@makes("intervals")
def make_intervals(v):
    import pandas

    return pandas.arrays.IntervalArray.from_arrays(bounded(v["left"]), bounded(v["right"]), closed=v["closed"])


@takes("sparse column", "pandas", "arrays.SparseArray")
def take_sparse_column(o):
    index = o.sp_index
    return {
        "values": o.sp_values,
        "places": index.to_int_index().indices,
        "length": len(o),
        "fill": o.fill_value,
        "kind": o.kind,
    }


@makes("sparse column")
def make_sparse_column(v):
    import pandas
    from pandas._libs.sparse import IntIndex

    values, places = bounded(v["values"]), dense(v["places"])
    need(values.ndim == 1 and places.ndim == 1 and len(values) == len(places), "a sparse column of unequal parts")
    index = IntIndex(v["length"], places.astype("i4"))
    if v["kind"] == "block":
        index = index.to_block_index()
    dtype = pandas.SparseDtype(values.dtype, v["fill"])
    return pandas.arrays.SparseArray(values, sparse_index=index, fill_value=v["fill"], dtype=dtype)


# Of the two names pandas 2 warns when it is asked for the older one.
takes("", "pandas.core.arrays", "PandasArray", "NumpyExtensionArray")(lambda o: o.to_numpy())


@takes(None, "pandas", "arrays.ArrowExtensionArray")
def take_arrow_column(o):
    return take_strings(o) if isinstance(o.dtype, class_of("pandas", "StringDtype")) else ("arrow column", o.__arrow_array__())


@makes("arrow column")
def make_arrow_column(v):
    return of_pandas("arrays.ArrowExtensionArray")(v)


# ---- scalars ----

takes("NaT", "pandas._libs.tslibs.nattype", "NaTType")(lambda o: None)
takes("NA", "pandas._libs.missing", "NAType")(lambda o: None)


@makes("NaT")
def make_nat(v):
    import pandas

    return pandas.NaT


@makes("NA")
def make_na(v):
    return of_pandas("NA")


def take_moment(o):
    exact = o.to_datetime64() if hasattr(o, "to_datetime64") else o.to_timedelta64()
    return {"value": int(exact.view("i8")), "unit": unit_of(exact.dtype)}


@takes("timestamp", "pandas", "Timestamp")
def take_timestamp(o):
    return dict(take_moment(o), zone=zone_of(o.tzinfo))


takes("span", "pandas", "Timedelta")(take_moment)


@makes("timestamp")
def make_timestamp(v):
    import numpy
    import pandas

    need(v["unit"] in UNITS and type(v["value"]) is int, "a moment of no known unit")
    made, zone = pandas.Timestamp(numpy.datetime64(v["value"], v["unit"])), make_zone(v["zone"])
    return made if zone is None else made.tz_localize("UTC").tz_convert(zone)


@makes("span")
def make_span(v):
    import numpy
    import pandas

    need(v["unit"] in UNITS and type(v["value"]) is int, "a span of no known unit")
    return pandas.Timedelta(numpy.timedelta64(v["value"], v["unit"]))


@takes("period", "pandas", "Period")
def take_period(o):
    return [o.ordinal, o.freqstr]


@makes("period")
def make_period(v):
    import pandas

    ordinal, name = parts(v, 2)
    return understood(lambda freq: pandas.Period(ordinal=ordinal, freq=freq), name)


takes("interval", "pandas", "Interval")(lambda o: [o.left, o.right, o.closed])


@makes("interval")
def make_interval(v):
    import pandas

    return pandas.Interval(*parts(v, 3))
