# result.py - what a model answered, as the values of one of Spark's types
# SPDX-License-Identifier: Apache-2.0
# Compiled into the runner as text and run by any Python from 3.6 on.
# The rules are those of mlflow.pyfunc.spark_udf (MLflow 3.17, mlflow/pyfunc/__init__.py), applied to what the
# model returned itself; docs/pyfunc.md tells what is otherwise.
#
# convert(answer, rows, spec) -> {"rows": rows, "columns": node}, where a node is a map of arrays as Arrow has them:
#   numbers and booleans   {"values": array, "valid": array of bool, or None when all are}
#   timestamp              the same, of microseconds since 1970 in UTC
#   string, binary         {"offsets": int32, "data": bytes, "valid"}
#   array                  {"offsets": int32, "items": node, "valid"}
#   struct                 {"fields": [node], "valid"}
#   map                    {"offsets", "keys": node, "items": node, "valid"}

import datetime

NUMPY = {"int": "int32", "long": "int64", "float": "float32", "double": "float64", "boolean": "bool"}
SPARK = {"int": "Integer", "long": "Long", "float": "Float", "double": "Double", "boolean": "Boolean"}
SPARK.update({"string": "String", "struct": "Struct", "map": "Map", "binary": "Binary", "timestamp": "Timestamp"})
WHOLE = ("string", "binary", "timestamp")  # of which any column may be: the leftmost is taken
# Columns of which types are taken for one; and which when there is none of these and all values fit.
NUMBERS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "f16", "f12")
TAKEN = {
    "int": (("i1", "i2", "i4", "u1", "u2"), ("i8", "u4", "u8")),
    "long": (("i1", "i2", "i4", "i8", "u1", "u2", "u4"), ("u8",)),
    "float": (NUMBERS, ()),
    "double": (NUMBERS, ()),
    "boolean": (("b1",), ()),
}
NOTHING = (
    "The model did not produce any values compatible with the requested type '%sType()'. "
    "Consider requesting udf with StringType or Arraytype(StringType)."
)


def offsets_of(lengths):
    import numpy

    ends = numpy.cumsum(numpy.asarray(lengths, dtype="int64"))
    if len(ends) and ends[-1] > 2147483647:
        raise ValueError("the model's answer is too big for one batch: ask it for fewer rows at a time")
    offsets = numpy.zeros(len(ends) + 1, dtype="int32")
    offsets[1:] = ends
    return offsets


def only(valid):
    return None if valid is None or valid.all() else valid


def is_missing(value):
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def known(values):
    import numpy

    return numpy.fromiter((not is_missing(value) for value in values), dtype=bool, count=len(values))


# --- values of one primitive type ---


def fitting(values, dtype):
    """The same as integers, or an error: never another number."""
    import numpy

    limits = numpy.iinfo(dtype)
    if values.size:
        least, most = values.min(), values.max()
        if int(least) < limits.min or int(most) > limits.max:
            wrong = int(most) if int(most) > limits.max else int(least)
            raise OverflowError("the model answered %d, which is no %s" % (wrong, dtype))
    return values.astype(dtype, copy=False)


def cast(values, kind, valid=None):
    """An array of numbers or booleans as that type; what is NaN is null, as pandas tells Spark."""
    import numpy

    dtype = numpy.dtype(NUMPY[kind])
    if values.dtype.kind == "f":
        there = values == values
        if not there.all():
            valid = there if valid is None else valid & there
    if dtype.kind == "i" and values.dtype.kind in "iuf":
        if valid is not None:
            values = numpy.where(valid, values, 0).astype(values.dtype)
        values = fitting(values, dtype)
    else:
        with numpy.errstate(over="ignore"):
            values = values.astype(dtype, copy=False)
    return {"values": numpy.ascontiguousarray(values), "valid": only(valid)}


def text(value):
    if isinstance(value, bytes):
        return value.decode()
    return value if type(value) is str else str(value)


def strings(texts, valid=None):
    joined = "".join(texts)
    data = joined.encode()
    if len(data) == len(joined):
        lengths = list(map(len, texts))
    else:
        lengths = [len(one.encode()) for one in texts]
    return {"offsets": offsets_of(lengths), "data": data, "valid": only(valid)}


def blobs(values):
    """Bytes, or text as UTF-8."""
    parts = [value.encode() if isinstance(value, str) else value for value in values]
    parts = [b"" if is_missing(part) else part for part in parts]
    for part in parts:
        if not isinstance(part, (bytes, bytearray, memoryview)):
            raise TypeError("the model answered %s where bytes are asked for" % type(part).__name__)
    data = b"".join(parts)
    return {"offsets": offsets_of(list(map(len, parts))), "data": data, "valid": only(known(values))}


def moments(values, zone):
    """Dates and times; those without a zone are of the one that Spark's session has."""
    import numpy
    import pandas

    if getattr(values, "dtype", numpy.dtype(object)).kind != "M":
        kinds = (datetime.date, numpy.datetime64)
        for value in values:
            if not is_missing(value) and not isinstance(value, kinds):
                raise TypeError("the model answered %s where a timestamp is asked for" % type(value).__name__)
        values = [None if is_missing(value) else value for value in values]
    made = pandas.to_datetime(pandas.Series(values, dtype=None if len(values) else "M8[ns]"))
    if made.dt.tz is None:
        made = made.dt.tz_localize(zone, ambiguous=numpy.zeros(len(made), dtype=bool))
    made = made.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy().astype("M8[us]")
    valid = ~numpy.isnat(made)
    return {"values": numpy.where(valid, made.view("i8"), 0), "valid": only(valid)}


def leaves(values, tree, null_text):
    """Python's objects as values of a primitive type."""
    import numpy

    kind = tree["type"]
    if kind == "binary":
        return blobs(values)
    if kind == "timestamp":
        return moments(values, tree["zone"])
    valid = known(values)
    if kind == "string":
        if null_text:
            return strings([text(value) for value in values])
        texts = [text(value) if there else "" for value, there in zip(values, valid)]
        return strings(texts, valid)
    whole = values if valid.all() else [value if there else 0 for value, there in zip(values, valid)]
    if kind == "boolean":
        whole = list(map(bool, whole))
    made = numpy.array(whole) if len(whole) else numpy.zeros(0)
    if made.ndim != 1:
        raise ValueError("the model answered an array where a value of type %s is asked for" % kind)
    if made.dtype.kind not in "biuf":  # texts of numbers, decimals, integers beyond int64
        convert = {"int": int, "long": int}.get(kind, float)
        made = numpy.array([convert(value) for value in whole])
        if made.dtype.kind == "O":
            raise OverflowError("the model answered %s, which is no %s" % (max(whole, key=abs), kind))
    return cast(made, kind, valid)


# --- nested values ---


def plain_rows(row):
    """What a model declared with pydantic, as a dict."""
    dump = getattr(row, "model_dump", None) or getattr(row, "dict", None)
    return dump() if dump and not isinstance(row, dict) else row


def arrays_of(values, tree, null_text):
    import numpy

    if isinstance(values, numpy.ndarray) and values.dtype.kind in "biuf" and values.ndim > 1:
        offsets = offsets_of(numpy.full(values.shape[0], values.shape[1]))
        items = values.reshape((-1,) + values.shape[2:])
        return {"offsets": offsets, "items": node_of(items, tree["of"], null_text), "valid": None}
    valid = known(values)
    parts = [part if there else () for part, there in zip(values, valid)]
    for part in parts:
        if isinstance(part, (str, bytes, dict)) or not hasattr(part, "__len__"):
            raise TypeError("the model answered %s where an array is asked for" % type(part).__name__)
    offsets = offsets_of([len(part) for part in parts])
    kinds = {part.dtype if isinstance(part, numpy.ndarray) else None for part in parts}
    if len(kinds) == 1 and all(dtype is not None and dtype.kind in "biuf" for dtype in kinds):
        flat = numpy.concatenate(parts)
    else:
        flat = [item for part in parts for item in part]
    return {"offsets": offsets, "items": node_of(flat, tree["of"], null_text), "valid": only(valid)}


def structs_of(values, tree):
    rows = [None if is_missing(row) else plain_rows(row) for row in values]
    valid = known(rows)
    for row in rows:
        if row is not None and not isinstance(row, dict):
            raise TypeError("the model answered %s where a struct is asked for" % type(row).__name__)
    fields = []
    for field in tree["fields"]:
        part = [None if row is None else row[field["name"]] for row in rows]
        fields.append(node_of(part, field["of"], False))
    return {"fields": fields, "valid": only(valid)}


def maps_of(values, tree):
    rows = [None if is_missing(row) else plain_rows(row) for row in values]
    valid = known(rows)
    for row in rows:
        if row is not None and not isinstance(row, dict):
            raise TypeError("the model answered %s where a map is asked for" % type(row).__name__)
    keys = [text(key) for row in rows if row for key in row]
    items = [item for row in rows if row for item in row.values()]
    return {
        "offsets": offsets_of([len(row) if row else 0 for row in rows]),
        "keys": strings(keys),
        "items": node_of(items, tree["of"], False),
        "valid": only(valid),
    }


def node_of(values, tree, null_text=True):
    """A list or array of values as a node. `null_text`: a text that is missing is 'None', as MLflow has it
    but within structs and maps."""
    import numpy

    kind = tree["kind"]
    if kind == "array":
        return arrays_of(values, tree, null_text)
    if kind == "struct":
        return structs_of(values, tree)
    if kind == "map":
        return maps_of(values, tree)
    if isinstance(values, numpy.ndarray) and values.dtype.kind in "biuf" and tree["type"] not in WHOLE:
        if values.ndim != 1:
            raise ValueError("the model answered an array of more dimensions than are asked for")
        return cast(values, tree["type"])
    return leaves(list(values), tree, null_text)


# --- tables ---


def plain_column(column):
    """(array, which are there) of a Series; pandas' own types of numbers as numpy's."""
    import numpy

    dtype = column.dtype
    if type(dtype).__name__ == "SparseDtype":
        return numpy.asarray(column), None
    if isinstance(dtype, numpy.dtype):
        return numpy.asarray(column), None
    if getattr(dtype, "kind", "O") in "biuf" and getattr(dtype, "numpy_dtype", None) is not None:
        missing = numpy.asarray(column.isna())
        filled = column.fillna(dtype.numpy_dtype.type(0)) if missing.any() else column
        return filled.to_numpy(dtype.numpy_dtype), only(~missing)
    return numpy.asarray(column.astype(object)), None


def as_frame(answer):
    import pandas

    if isinstance(answer, pandas.DataFrame):
        return answer
    if hasattr(answer, "toarray"):  # scipy's sparse matrices
        answer = answer.toarray()
    if isinstance(answer, list) and answer and hasattr(answer[0], "model_dump"):
        answer = [plain_rows(row) for row in answer]
    if isinstance(answer, dict):
        # An array keeps its type; MLflow makes a list of it, and int64 of every integer.
        flat = {k: getattr(v, "ndim", 0) == 1 for k, v in answer.items()}
        return pandas.DataFrame({k: v if flat[k] else list(v) for k, v in answer.items()})
    return pandas.DataFrame([answer] if is_scalar(answer) else answer)


def is_scalar(answer):
    import numpy

    return numpy.isscalar(answer)


def columns_of(answer):
    """[(array, which are there)] of the answer as a table."""
    import numpy

    if isinstance(answer, numpy.ndarray) and answer.dtype.kind in "biuf" and answer.ndim in (1, 2):
        return [(column, None) for column in answer.T] if answer.ndim == 2 else [(answer, None)]
    frame = as_frame(answer)
    return [plain_column(frame.iloc[:, number]) for number in range(frame.shape[1])]


def taken(columns, kind):
    """Those of a type that fits, by their types alone: the same ones in every batch."""
    if kind in WHOLE:
        return columns
    for dtypes in TAKEN[kind]:
        found = [column for column in columns if column[0].dtype.str[1:] in dtypes]
        if found:
            return found
    return []


def texts_of(column):
    """str() of each, as pandas hands them out: a date is a Timestamp."""
    values, valid = column
    if values.dtype.kind in "mM":
        import pandas

        values = pandas.Series(values).astype(object).to_numpy()
    listed = values.tolist()
    if valid is not None:
        listed = [value if there else "<NA>" for value, there in zip(listed, valid)]
    return list(map(str, listed))


def primitive(columns, kind, tree):
    found = taken(columns, kind)
    if not found:
        raise ValueError(NOTHING % SPARK[kind])
    if tree["kind"] == "primitive":
        if kind == "string":
            return strings(texts_of(found[0]))
        if kind in WHOLE:
            return leaves(cells_of(found[0]), tree, True)
        return cast(found[0][0], kind, found[0][1])
    return side_by_side(found, tree["of"])


def cells_of(column):
    """Values one by one, but dates as they lie."""
    return column[0] if column[0].dtype.kind == "M" else list(column[0])


def side_by_side(columns, tree):
    """Columns as an array for each row."""
    import numpy

    kind = tree["type"]
    rows, width = len(columns[0][0]), len(columns)
    offsets = offsets_of(numpy.full(rows, width))
    if kind == "string":
        texts = [text for row in zip(*map(texts_of, columns)) for text in row]
        return {"offsets": offsets, "items": strings(texts), "valid": None}
    if kind in WHOLE:
        cells = [cell for row in zip(*map(cells_of, columns)) for cell in row]
        return {"offsets": offsets, "items": leaves(cells, tree, True), "valid": None}
    made = [cast(values, kind, valid) for values, valid in columns]
    items = numpy.stack([one["values"] for one in made], axis=1).reshape(-1)
    valid = None
    if any(one["valid"] is not None for one in made):
        whole = numpy.ones(rows, dtype=bool)
        masks = [whole if one["valid"] is None else one["valid"] for one in made]
        valid = numpy.stack(masks, axis=1).reshape(-1)
    return {"offsets": offsets, "items": {"values": items, "valid": valid}, "valid": None}


def rows_of(answer):
    """The answer as a list of rows (or an array): a table of one column is the values in it."""
    import numpy

    if isinstance(answer, numpy.ndarray):
        return answer if answer.dtype.kind in "biuf" and answer.ndim > 1 else list(answer)
    if not isinstance(answer, dict) and not hasattr(answer, "columns"):
        return list(answer)
    columns = [plain_column(part)[0].tolist() for _, part in as_frame(answer).items()]
    return columns[0] if len(columns) == 1 else [list(row) for row in zip(*columns)]


def dicts_of(answer, rows):
    """The answer as a dict for each row: the leftmost column has them, or each column is a key."""
    if rows == 1 and isinstance(answer, dict):
        return [answer]
    if not isinstance(answer, dict) and not hasattr(answer, "columns"):
        return rows_of(answer)
    frame = as_frame(answer)
    first = list(frame.iloc[:, 0]) if frame.shape[1] else []
    if all(is_missing(value) or isinstance(value, dict) for value in first):
        return first
    return frame.to_dict("records")


def field_of(frame, name, number, count):
    """A column by its name; by its place when the answer names none."""
    if name in frame.columns:
        found = frame[name]
        return found if found.ndim == 1 else found.iloc[:, 0]
    names = list(frame.columns)
    if names == list(range(len(names))) and len(names) == count:
        return frame.iloc[:, number]
    raise ValueError("the model's answer has no column %r: it has %s" % (name, names))


def struct_column(column, tree):
    import numpy

    values, valid = plain_column(column)
    if tree["kind"] != "primitive":
        return node_of(list(values), tree, True)
    if tree["type"] in ("binary", "timestamp"):
        return leaves(cells_of((values, valid)), tree, False)
    there = known(values.tolist()) if values.dtype.kind in "Of" else numpy.ones(len(values), dtype=bool)
    if valid is not None:
        there = there & valid
    if tree["type"] != "string":
        if values.dtype.kind in "biuf":
            return cast(values, tree["type"], valid)
        return leaves(list(values), tree, False)
    if not there.any():
        return strings([""] * len(values), there)
    if all(isinstance(value, bytes) for value in values):
        return strings([value.decode() for value in values])
    return strings(texts_of((values, valid)))


def whole_struct(answer, tree):
    frame, fields = as_frame(answer), tree["fields"]
    nodes = []
    for number, field in enumerate(fields):
        column = field_of(frame, field["name"], number, len(fields))
        nodes.append(struct_column(column, field["of"]))
    return {"fields": nodes, "valid": None}, len(frame)


def holds_arrays(columns):
    """One column, and arrays in it."""
    if len(columns) != 1 or columns[0][0].dtype != object:
        return False
    there = [value for value in columns[0][0] if not is_missing(value)]
    return bool(there) and all(isinstance(value, (list, tuple)) or hasattr(value, "ndim") for value in there)


def has_gaps(answer):
    """A list of lists and Nones, of which pandas makes no table."""
    if not isinstance(answer, list) or not any(row is None for row in answer):
        return False
    return any(isinstance(row, (list, tuple)) for row in answer)


def arrays_with_gaps(rows, tree):
    """Of a type that a table's columns of the same values would be taken for."""
    import numpy

    kind = tree["of"].get("type")
    kinds = {"int": "iu", "long": "iu", "float": "iuf", "double": "iuf", "boolean": "b"}.get(kind)
    there = [value for row in rows if row is not None for value in row if not is_missing(value)]
    if kinds and there and numpy.array(there).dtype.kind not in kinds:
        raise ValueError(NOTHING % SPARK[kind])
    return node_of(rows, tree)


def column_of(answer, rows, tree):
    """(node, how many rows it has)"""
    kind = tree["kind"]
    if kind == "struct":
        return whole_struct(answer, tree)
    if kind == "map":
        found = dicts_of(answer, rows)
        return node_of(found, tree), len(found)
    if kind == "array" and has_gaps(answer):
        return arrays_with_gaps(answer, tree), len(answer)
    if kind == "array" and tree["of"]["kind"] != "primitive":
        found = rows_of(answer)
        return node_of(found, tree), len(found)
    columns = columns_of(answer)
    count = len(columns[0][0]) if columns else 0
    wanted = tree["type"] if kind == "primitive" else tree["of"]["type"]
    if kind == "array" and wanted != "string" and holds_arrays(columns):
        return node_of(list(columns[0][0]), tree), count
    return primitive(columns, wanted, tree), count


def convert(answer, rows, spec):
    node, count = column_of(answer, rows, spec["type"])
    if count != rows:
        raise ValueError("the model answered %d rows for %d" % (count, rows))
    return {"rows": rows, "columns": node}
