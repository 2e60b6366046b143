# objects_numpy.py - arrays of numpy that are no tensors of a frame's, sparse matrices, pyarrow's tables
# SPDX-License-Identifier: Apache-2.0
# The second part of objects.py.
SIMPLE = re.compile(r"[<>|=](?:[?bBiufcSUVO]\d*|[mM]8(?:\[\d*[A-Za-z]+\])?)\Z")
MOST_EMPTY = 1 << 20  # elements that have no bytes
WIDEST = 1 << 16  # bytes of a record that holds objects


def nanoseconds(o):
    """Of an array of dates the same as integers, if they are of this unit."""
    import numpy

    if o.dtype == numpy.dtype("M8[ns]") and o.dtype.isnative and o.ndim <= 16:
        return o.view("i8")
    return None


def tell_dtype(dtype):
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return ["array", tell_dtype(base), list(shape)]
    if dtype.names is None:
        return dtype.str
    fields = [dtype.fields[name] for name in dtype.names]
    return {
        "names": list(dtype.names),
        "formats": [tell_dtype(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
        "aligned": dtype.isalignedstruct,
    }


def make_dtype(told):
    import numpy

    if isinstance(told, str):
        need(SIMPLE.match(told), "no type of an array's elements: %.80r" % told)
        return numpy.dtype(told)
    if isinstance(told, list):
        kind, base, shape = told
        return numpy.dtype((make_dtype(base), tuple(listed(shape))))
    aligned = told["aligned"] is True
    parts = {"names": listed(told["names"]), "offsets": listed(told["offsets"]), "itemsize": told["itemsize"]}
    parts["formats"] = [make_dtype(part) for part in listed(told["formats"])]
    return numpy.dtype(parts, align=aligned)


@takes(None, "numpy", "ndarray")
def take_array(o):
    import numpy

    if type(o) is not numpy.ndarray:
        return "", o.view(numpy.ndarray)
    dtype, shape = o.dtype, list(o.shape)
    if o.flags.f_contiguous and not o.flags.c_contiguous:
        return "turned", o.T
    if dtype.kind == "T":
        na = getattr(dtype, "na_object", ...)
        return "array of text", [o.tolist(), na is not ..., None if na is ... else na]
    if dtype.hasobject and dtype.names:
        fields = [o[name] for name in dtype.names]
        return "records", {"dtype": tell_dtype(dtype), "shape": shape, "fields": fields}
    if not SIMPLE.match(dtype.str) and dtype.names is None:
        raise TypeError("an array of type %s, which cannot be sent" % dtype)
    if o.ndim > 16:
        return "reshaped", [o.reshape(-1), shape]
    if dtype.itemsize == 0:
        return "array", {"dtype": tell_dtype(dtype), "shape": shape}
    data = numpy.ascontiguousarray(o).reshape(-1).view(numpy.uint8)
    return "array", {"dtype": tell_dtype(dtype), "shape": shape, "data": data}


def dense(v):
    """An array itself: what becomes one may be as long as it says."""
    import numpy

    need(type(v) is numpy.ndarray, "not an array")
    return v


def is_sound(array):
    """Are the bytes of its texts characters? Of others numpy makes them later, by a SystemError or worse."""
    import numpy

    if array.dtype.names is not None:
        return all(is_sound(array[name]) for name in array.dtype.names)
    if array.dtype.kind != "U" or not array.size or not array.dtype.itemsize:
        return True
    points = numpy.ascontiguousarray(array).reshape(-1).view(array.dtype.str[0] + "u4")
    return int(points.max()) <= sys.maxunicode


@makes("array")
def make_array(v):
    import numpy

    dtype, shape = make_dtype(v["dtype"]), tuple(listed(v["shape"]))
    need(not dtype.hasobject, "an array of objects as bytes")
    if dtype.itemsize == 0:
        count = 1
        for size in shape:
            count *= size
        need(0 <= count <= MOST_EMPTY, "an array of too many empty elements")
        return numpy.zeros(shape, dtype)
    data = dense(v["data"])
    need(data.dtype == numpy.uint8 and data.ndim == 1, "an array without bytes")
    made = data.view(dtype).reshape(shape)
    need(is_sound(made), "text beyond all characters")
    return made


@makes("reshaped")
def make_reshaped(v):
    flat, shape = v
    return flat.reshape(tuple(listed(shape)))


@makes("turned")
def make_turned(v):
    """Of an array in Fortran order, whose memory it keeps."""
    import numpy

    need(type(v) is numpy.ndarray, "an array turned round that is none")
    return v.T


@makes("records")
def make_records(v):
    import numpy

    dtype, shape, fields = make_dtype(v["dtype"]), tuple(listed(v["shape"])), listed(v["fields"])
    need(dtype.hasobject and dtype.itemsize <= WIDEST, "records that are none")
    need(len(dtype.names) == len(fields), "records of other fields than they have")
    for name, field in zip(dtype.names, fields):
        need(dense(field).shape[:len(shape)] == shape, "records whose fields differ in shape")
    out = numpy.zeros(shape, dtype)
    for name, field in zip(dtype.names, fields):
        out[name] = field
    return out


def is_nested_text(values, na):
    if type(values) is list:
        return all(is_nested_text(item, na) for item in values)
    return type(values) is str or type(values) is type(na)


@makes("array of text")
def make_text_array(v):
    import numpy

    values, has_na, na = parts(v, 3)
    need(is_nested_text(values, na), "an array of text of other cells")
    kinds = getattr(numpy, "dtypes", None)
    if not hasattr(kinds, "StringDType"):
        out = numpy.empty(numpy.shape(values), dtype=object)
        out[...] = values
        return out
    return numpy.array(values, kinds.StringDType(na_object=na) if has_na else kinds.StringDType())


takes("matrix", "numpy", "matrix")(lambda o: o.A)
takes("recarray", "numpy", "recarray")(lambda o: plain_fields(o))
takes("numpy.str", "numpy", "str_")(lambda o: str.__str__(o))
takes("numpy.bytes", "numpy", "bytes_")(lambda o: bytes(memoryview(o)))
takes("ma.masked", "numpy.ma.core", "MaskedConstant")(lambda o: None)


def plain_fields(o):
    """An array of void, not of numpy.record, which is the same but for its looks."""
    import numpy

    plain = o.view(numpy.ndarray)
    return plain.view(make_dtype(tell_dtype(o.dtype)))


@takes("scalar", "numpy", "generic")
def take_scalar(o):
    import numpy

    return plain_fields(numpy.asarray(o)) if isinstance(o, numpy.void) else numpy.asarray(o)


@makes("scalar")
def make_scalar(v):
    need(v.ndim == 0, "a scalar of more than one")
    return v[()]


@makes("matrix")
def make_matrix(v):
    import numpy

    return numpy.asmatrix(dense(v))


@makes("recarray")
def make_recarray(v):
    import numpy

    return dense(v).view(numpy.recarray)


@makes("numpy.str")
def make_numpy_str(v):
    import numpy

    return numpy.str_(v + "")


@makes("numpy.bytes")
def make_numpy_bytes(v):
    import numpy

    return numpy.bytes_(v + b"")


@makes("ma.masked")
def make_masked_constant(v):
    import numpy

    return numpy.ma.masked


@takes("masked", "numpy.ma", "MaskedArray")
def take_masked(o):
    import numpy

    mask, fill = o.mask, o._fill_value
    return {
        "data": numpy.asarray(o.data),
        "mask": None if mask is numpy.ma.nomask else mask,
        "fill": None if fill is None else numpy.asarray(fill),
        "hard": bool(o.hardmask),
    }


@makes("masked")
def make_masked(v):
    import numpy

    mask = numpy.ma.nomask if v["mask"] is None else dense(v["mask"])
    made = numpy.ma.MaskedArray(dense(v["data"]), mask=mask, hard_mask=v["hard"])
    if v["fill"] is not None:
        made.fill_value = dense(v["fill"])[()]
    return made


@makes("dtype")
def make_dtype_object(v):
    return make_dtype(v)


takes("dtype", "numpy", "dtype")(tell_dtype)

# ---- scipy.sparse ----

SPARSE = ("csr", "csc", "bsr", "coo")
takes_sparse = takes("sparse", "scipy.sparse", *[f + kind for f in SPARSE for kind in ("_matrix", "_array")])


@takes_sparse
def take_sparse(o):
    form = o.format
    if form == "coo":
        parts = [o.data] + list(getattr(o, "coords", None) or (o.row, o.col))
    else:
        parts = [o.data, o.indices, o.indptr]
    matrix = class_of("scipy.sparse", "spmatrix")
    array = class_of("scipy.sparse", "sparray")
    is_array = isinstance(o, array) if array else type(o).__name__.endswith("_array")
    return {"format": form, "array": is_array or not isinstance(o, matrix), "shape": list(o.shape), "parts": parts}


@makes("sparse")
def make_sparse(v):
    from scipy import sparse

    form, shape = v["format"], tuple(listed(v["shape"]))
    pieces = [dense(part) for part in listed(v["parts"])]
    need(form in SPARSE, "a sparse matrix of unknown form")
    kind = getattr(sparse, form + "_array", None) if v["array"] is True else None
    kind = kind or getattr(sparse, form + "_matrix")
    if form == "coo":
        data, coords = pieces[0], tuple(pieces[1:])
        for coord, size in zip(coords, shape):
            need(len(coord) == len(data), "a sparse matrix whose parts differ in length")
            need(not len(coord) or (coord.min() >= 0 and coord.max() < size), "a sparse matrix with cells beyond it")
        return kind((data, coords), shape=shape)
    made = kind(tuple(pieces), shape=shape)
    made.check_format(full_check=True)  # what is beyond it would be read and written
    return made


# ---- pyarrow: its own stream, without the one extension type that is a pickle ----

PICKLED = b"arrow.py_extension_type"


def to_stream(table):
    import pyarrow

    sink = pyarrow.BufferOutputStream()
    new = getattr(pyarrow.ipc, "new_stream", None) or pyarrow.RecordBatchStreamWriter
    writer = new(sink, table.schema)
    writer.write(table)
    writer.close()
    data = sink.getvalue().to_pybytes()
    if PICKLED in data:
        raise TypeError("an extension type of pyarrow's that is sent as a pickle")
    return data


def from_stream(data):
    import pyarrow

    need(PICKLED not in data, "an extension type of pyarrow's that is a pickle")
    table = pyarrow.ipc.open_stream(data).read_all()
    table.validate(full=True)
    return table


def of_column(o):
    import pyarrow

    return to_stream(pyarrow.Table.from_arrays([o], names=[""]))


def column_of(v):
    table = from_stream(v)
    need(table.num_columns == 1, "an array of pyarrow's that is a table")
    return table.column(0)


takes("arrow table", "pyarrow", "Table")(to_stream)
takes("arrow chunks", "pyarrow", "ChunkedArray")(of_column)
takes("arrow array", "pyarrow", "Array")(of_column)
MAKERS["arrow table"] = from_stream
MAKERS["arrow chunks"] = column_of


@takes("arrow batch", "pyarrow", "RecordBatch")
def take_batch(o):
    import pyarrow

    return to_stream(pyarrow.Table.from_batches([o]))


@makes("arrow batch")
def make_batch(v):
    import pyarrow

    table = from_stream(v).combine_chunks()
    batches = table.to_batches()
    if batches:
        return batches[0]
    empty = [pyarrow.array([], field.type) for field in table.schema]
    return pyarrow.RecordBatch.from_arrays(empty, schema=table.schema)


@makes("arrow array")
def make_arrow_array(v):
    import pyarrow

    column = column_of(v)
    chunks = column.chunks
    if len(chunks) == 1:
        return chunks[0]
    return pyarrow.concat_arrays(chunks) if chunks else pyarrow.array([], column.type)


@takes("arrow scalar", "pyarrow", "Scalar")
def take_arrow_scalar(o):
    import pyarrow

    return of_column(pyarrow.array([o.as_py()], o.type))


@makes("arrow scalar")
def make_arrow_scalar(v):
    column = column_of(v)
    need(len(column) == 1, "a scalar of more than one")
    return column[0]
