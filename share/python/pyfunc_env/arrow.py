# arrow.py - Arrow's arrays as columns of a Table, and a result's values as Arrow's arrays
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from typing import Any

from .frames import Table

# ---- there ----


def table(names: list[Any], arrays: list[Any], rows: int) -> Table:
    """Columns of Arrow as the model's process is sent them."""
    return Table(names, [column(array) for array in arrays], rows)


def column(array: Any) -> Any:
    """A column as pandas has it: NaN, NaT or None for nulls; numbers without are not copied."""
    import pyarrow

    if not isinstance(array, (pyarrow.Array, pyarrow.ChunkedArray)):
        return _of_pandas(array)
    types = pyarrow.types
    if isinstance(array, pyarrow.ChunkedArray):
        array = array.combine_chunks()
    if types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind = array.type
    if types.is_timestamp(kind):
        if kind.tz is not None:
            import pyarrow.compute

            array = pyarrow.compute.local_timestamp(array)
        return array.cast(pyarrow.timestamp("ns")).to_numpy(zero_copy_only=False)
    if types.is_date(kind) or types.is_struct(kind):
        return array.to_pylist()
    if types.is_map(kind):
        return [None if pairs is None else dict(pairs) for pairs in array.to_pylist()]
    return array.to_numpy(zero_copy_only=False)


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
