# mold.py - DataFrames like one that pandas made, from bytes, without its constructor
# SPDX-License-Identifier: Apache-2.0
# Uses of pandas what lies behind the constructor, of 1.2 to 3.1 and perhaps of others: whether it does
# is found out each time by making the same frame and comparing it.


def same(made, frame):
    """Is it the frame that pandas made, as far as it can be seen?"""

    def seen(f):
        blocks = [
            (type(b), tuple(b.mgr_locs), type(b.values), b.values.dtype, getattr(b.values, "strides", None))
            for b in f._mgr.blocks
        ]
        labels = [(type(x), x.dtype, x.name) for x in (f.index, f.columns)]
        return type(f), type(f._mgr), blocks, labels, sorted(f.__dict__), f.attrs, f.flags

    return (
        seen(made) == seen(frame)
        and made.equals(frame)
        and made.index.equals(frame.index)
        and made.columns.equals(frame.columns)
    )


def mold(frame):
    """(make, columns of each block) of a frame of numbers and text; None where this pandas is built otherwise."""
    import numpy
    import pandas

    header, labels = frame.columns.view(), pandas.RangeIndex(len(frame))
    kind, frombuffer = type(frame._mgr), numpy.frombuffer
    new, begin = type(frame).__new__, pandas.core.generic.NDFrame.__init__
    parts = []

    def look(blocks):
        parts[:] = [(b.make_block_same_class, b.values.dtype, len(b.mgr_locs), take(b.values)) for b in blocks]

    def take(values):
        """How the values of a block of objects, or of pandas' own text, are made; None of numbers."""
        if type(values) is not numpy.ndarray:
            return lambda cells, shape: type(values)._from_sequence(cells, dtype=values.dtype)
        return numpy.ndarray.reshape if values.dtype == object else None

    def make(data, rows, objects):
        """Of the blocks one after the other, each at a multiple of 8; of those of objects apart."""
        nonlocal labels
        at, blocks = 0, []
        for like, dtype, columns, taken in parts:
            shape = columns, rows
            if taken:
                blocks.append(like(taken(objects.pop(0), shape)))
                continue
            count = columns * rows
            blocks.append(like(frombuffer(data, dtype, count, at).reshape(shape)))
            at += -(-count * dtype.itemsize // 8) * 8
        if len(labels) != rows:
            labels = pandas.RangeIndex(rows)
        axes = [header.view(), labels.view()]  # the model's own, to name as it likes
        made = new(pandas.DataFrame)
        begin(made, kind(tuple(blocks), axes, verify_integrity=False))
        return made

    data, objects = bytearray(), []
    for block in frame._mgr.blocks:
        values = block.values
        if type(values) is not numpy.ndarray and values.dtype != pandas.Series(["a"]).dtype:
            return None
        if take(values):
            objects.append(numpy.asarray(values, dtype=object).ravel())
        else:
            data += values.tobytes()
            data += bytes(-len(data) % 8)
    look(frame._mgr.blocks)
    made = make(data, len(frame), objects)
    if not same(made, frame):
        return None
    look(made._mgr.blocks)  # what the model does to its frame is not done to these
    return make, [list(block.mgr_locs) for block in made._mgr.blocks]
