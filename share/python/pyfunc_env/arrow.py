# arrow.py - Arrow's arrays as columns of a Table, and a result's values as Arrow's arrays
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from .frames import Table

# ---- there ----


def table(names: list[Any], arrays: list[Any], rows: int) -> Any:
    """Columns of Arrow as the model's process is sent them."""
    columns = [column(array) for array in arrays]
    kind = frame if any(map(_is_odd_time, columns)) else Table
    return kind(names, columns, rows)


def _is_odd_time(part: Any) -> bool:
    """Spans of time, and dates of other units than nanoseconds, which no column of a Table is of:
    Spark 3.5 has pandas make them."""
    dtype = getattr(part, "dtype", None)
    return dtype is not None and dtype.kind in "mM" and dtype.str[1:] != "M8[ns]"


def frame(names: list[Any], columns: list[Any], rows: int) -> Any:
    """The same as pandas' table."""
    import pandas

    index = pandas.RangeIndex(rows)
    return pandas.DataFrame(dict(zip(names, columns)), columns=names, index=index)


def column(array: Any) -> Any:
    """A column as pandas has it: NaN, NaT or None for nulls; numbers without are not copied."""
    import pyarrow

    if not isinstance(array, (pyarrow.Array, pyarrow.ChunkedArray)):
        return _of_pandas(array)
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.combine_chunks()
    if pyarrow.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if pyarrow.types.is_timestamp(kind):
        return _moments(array)
    if pyarrow.types.is_duration(kind):
        return array.cast(pyarrow.duration("ns")).to_numpy(zero_copy_only=False)
    if pyarrow.types.is_date(kind):
        return array.to_pylist()
    if pyarrow.types.is_nested(kind):
        return _nested(array)
    return array.to_numpy(zero_copy_only=False)


def _moments(array: Any) -> Any:
    """Without a zone: what a clock shows in that of Spark's session."""
    import pyarrow

    if array.type.tz is not None:
        import pyarrow.compute

        array = pyarrow.compute.local_timestamp(array)
    return array.cast(pyarrow.timestamp("ns")).to_numpy(zero_copy_only=False)


# Values within arrays, structs and maps: as Spark's own conversion to pandas has them.


def _nested(array: Any) -> Any:
    import pyarrow

    kind = array.type
    if pyarrow.types.is_map(kind):
        return _maps(array)
    if pyarrow.types.is_struct(kind):
        return _structs(array)
    if _are_plain(array.flatten()):
        return array.to_numpy(zero_copy_only=False)
    rows = range(len(array))
    return [_array(array[at].values) if array[at].is_valid else None for at in rows]


def _are_plain(items: Any) -> bool:
    """Does Arrow make of arrays of these the arrays that pandas has?"""
    import pyarrow

    types, kind = pyarrow.types, items.type
    if types.is_integer(kind):
        return not items.null_count
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _are_plain(items.flatten())
    return not (types.is_nested(kind) or types.is_temporal(kind))


def _array(items: Any) -> Any:
    """One row's array."""
    import numpy

    if _are_plain(items):
        return items.to_numpy(zero_copy_only=False)
    made: Any = numpy.empty(len(items), dtype=object)
    made[:] = _values(items)
    return made


def _values(array: Any) -> list[Any]:
    """As objects: None for nulls, or NaT; dicts for structs and maps; timestamps without a zone."""
    import pyarrow

    if pyarrow.types.is_timestamp(array.type):
        import pandas

        return list(pandas.Series(_moments(array)))
    if pyarrow.types.is_nested(array.type):
        return list(_nested(array))
    return list(array.to_pylist())


def _structs(array: Any) -> list[Any]:
    names, parts = struct_columns(array)
    rows = zip(*map(_values, parts)) if parts else iter([()] * len(array))
    valid = array.is_valid().to_pylist()
    return [dict(zip(names, row)) if there else None for row, there in zip(rows, valid)]


def _maps(array: Any) -> list[Any]:
    offsets, valid = array.offsets.to_pylist(), array.is_valid().to_pylist()
    first, last = offsets[0], offsets[-1]
    keys, items = (_values(part[first:last]) for part in (array.keys, array.items))
    spans = [(start - first, end - first) for start, end in zip(offsets, offsets[1:])]
    return [
        dict(zip(keys[start:end], items[start:end])) if there else None
        for (start, end), there in zip(spans, valid)
    ]


def _of_pandas(part: Any) -> Any:
    """A Series as its array; a DataFrame, which pandas_udf makes of a struct, as a dict a row."""
    return part.to_numpy() if part.ndim == 1 else part.to_dict("records")


def struct_columns(array: Any) -> tuple[list[str], list[Any]]:
    """The names and columns of a struct: null in each where the struct is."""
    kind = array.type
    return [kind.field(at).name for at in range(kind.num_fields)], array.flatten()


# ---- and back ----


def array(node: dict[str, Any], kind: Any, rows: int) -> Any:
    """A node of src/runner/result.py as an array of that type, of its buffers as they are."""
    import pyarrow

    valid = _bits(node["valid"])
    if "fields" in node:
        children = [
            array(part, kind.field(at).type, rows) for at, part in enumerate(node["fields"])
        ]
        return pyarrow.Array.from_buffers(kind, rows, [valid], children=children)
    if "values" in node:
        values = node["values"]
        data = _bits(values) if pyarrow.types.is_boolean(kind) else pyarrow.py_buffer(values)
        return pyarrow.Array.from_buffers(kind, rows, [valid, data])
    offsets = pyarrow.py_buffer(node["offsets"])
    if "data" in node:
        data = pyarrow.py_buffer(node["data"])
        return pyarrow.Array.from_buffers(kind, rows, [valid, offsets, data])
    count = int(node["offsets"][-1])
    if "keys" in node:
        entries = [(node["keys"], kind.key_type), (node["items"], kind.item_type)]
        pair = pyarrow.struct([kind.key_field, kind.item_field])
        children = [array(part, of, count) for part, of in entries]
        child = pyarrow.Array.from_buffers(pair, count, [None], children=children)
    else:
        child = array(node["items"], kind.value_type, count)
    return pyarrow.Array.from_buffers(kind, rows, [valid, offsets], children=[child])


def _bits(flags: Any) -> Any:
    """An array of booleans as Arrow's bitmap; None stays None."""
    import numpy
    import pyarrow

    return None if flags is None else pyarrow.py_buffer(numpy.packbits(flags, bitorder="little"))


def series(array: Any) -> Any:
    """An array as a Series that pandas_udf makes the same array of: it gets that very one back, but
    for what it converts value by value."""
    import pandas
    import pyarrow

    extension = getattr(pandas.arrays, "ArrowExtensionArray", None)  # since pandas 1.5
    if extension is not None and not pyarrow.types.is_nested(array.type):
        return pandas.Series(extension(array))
    values = pandas.Series([None] * len(array), dtype=object)
    values[:] = [_plain(value, array.type) for value in array.to_pylist()]
    return values


def _plain(value: Any, kind: Any) -> Any:
    """A value of to_pylist, with dicts for maps."""
    import pyarrow

    types = pyarrow.types
    if value is None or not types.is_nested(kind):
        return value
    if types.is_map(kind):
        return {key: _plain(part, kind.item_type) for key, part in value}
    if types.is_struct(kind):
        return {field.name: _plain(value[field.name], field.type) for field in kind}
    return [_plain(part, kind.value_type) for part in value]
