# exact_hostile.py - frames that promise far more than they hold, and objects that share what is kept
# SPDX-License-Identifier: Apache-2.0
#
# exact_hostile.py FOLDER: FOLDER has _pfr.so. What is wrong is told on stdout. Little memory is allowed,
# so that a promise that is believed fails, by a MemoryError.
import os
import resource
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exact_objects import as_objects, load, np, pd, same, sparse  # noqa: E402

pfr = load(sys.argv[1])
ceiling = resource.getrlimit(resource.RLIMIT_AS)[1]
MANY = 10**9
NULL, INT, STRING, LIST, MAP, TABLE, TENSOR, TAGGED = 0, 2, 5, 7, 8, 9, 11, 14
TEXT, OBJECT = 13, 15  # types of elements


def word(kind, n=0):
    return struct.pack("<Q", kind | n << 8)


def text(s):
    data = s.encode()
    return word(STRING, len(data)) + data + bytes(-len(data) % 8)


def put(o):
    """Of the kinds of a frame; bytes stand for what is put already."""
    if isinstance(o, bytes):
        return o
    if o is None:
        return word(NULL)
    if isinstance(o, int):
        return word(INT) + struct.pack("<q", o)
    if isinstance(o, str):
        return text(o)
    if isinstance(o, list):
        return word(LIST, len(o)) + b"".join(put(item) for item in o)
    return word(MAP, len(o)) + b"".join(text(key) + put(value) for key, value in o.items())


def tagged(tag, value):
    return word(TAGGED, 1) + text(tag) + put(value)


def array_of(cell):
    return word(TENSOR, OBJECT | 1 << 8) + struct.pack("<Q", 1) + cell


def numbers(*values):
    return bytes(pfr.encode(np.array(values, "i8")))


# ---- each is to be refused ----


def plain_frames():
    yield "a range for arguments", [tagged(tag, tagged("range", [0, MANY, 1])) for tag in CONSTRUCTORS]
    yield "arguments of another number", [tagged(tag, [1] * 9) for tag in CONSTRUCTORS]
    deep = b""
    for _ in range(100):
        deep += word(LIST, (1 << 20) - 128)
    yield "lists each of which has all the rest", [deep + word(NULL) * (1 << 20)]
    # three lists of two words fit by themselves, in one another they do not
    yield "lists that have one word", [word(LIST, 2) + word(LIST, 2) + word(NULL) * 2]
    columns = b""
    for _ in range(100):  # each is the name of the first column of the one before
        columns += word(TABLE, 50000) + struct.pack("<QQ", 1, 0) + struct.pack("<Q", 1)
    yield "tables each of which has all the rest", [columns + word(NULL) * 110000]


CONSTRUCTORS = ("range", "slice", "complex", "date", "timedelta", "time", "fraction", "zone", "datetime")


def array_frames():
    beyond = np.array([0x110000, 65], "u4").view("u1")
    known = bytes(pfr.encode(beyond))
    yield "text beyond all characters", [
        tagged("array", {"dtype": "<U1", "shape": [2], "data": known}),
        tagged("array", {"dtype": ">U1", "shape": [2], "data": known}),
    ]
    record = {"names": ["n", "t"], "formats": ["<i4", "<U1"], "offsets": [0, 4], "itemsize": 8, "aligned": 0}
    other = bytes(pfr.encode(np.array([0, 0x110000], "u4").view("u1")))
    inner = {"names": ["r"], "formats": [["array", record, [1]]], "offsets": [0], "itemsize": 8, "aligned": 0}
    yield "records of such text", [
        tagged("array", {"dtype": dtype, "shape": [1], "data": other}) for dtype in (record, inner)
    ]
    uneven = word(TENSOR, TEXT | 1 << 8) + struct.pack("<Q", 100001) + text("x" * 100000) + text("") * 100000
    yield "one long text among many", [uneven]
    span = tagged("range", [0, MANY, 1])
    yield "an array of text that is a range", [tagged("array of text", [span, 0, None])]
    yield "an array of text that has a range", [tagged("array of text", [[span], 0, None])]


def table_frames():
    span = tagged("range index", [0, MANY, 1, None])
    few = numbers(0, 1)
    yield "an index of a range for contents", [tagged(tag, span) for tag in CONSTRUCTORS + ("interval", "matrix")]
    yield "a range as a column", [
        tagged("series", {"rows": MANY, "values": values, "name": None})
        for values in (span, tagged("range", [0, MANY, 1]), 1, None, [1], ["a"])
    ]
    yield "a table of a range", [
        tagged("frame", {"rows": MANY, "others": [[0, values]], "columns": few}) for values in (span, 1, [1])
    ]
    one = bytes(pfr.encode(pd.DataFrame({"a": [1]})))
    labelled = word(TABLE, 1) + struct.pack("<QQQ", 1, 1, 11) + text("a") + struct.pack("<d", 1.5)
    yield "a label that is a range", [labelled + span, labelled + put([[span]])]
    yield "a table with a column of other length", [
        tagged("frame", {"rows": MANY, "others": [], "table": one}),
        tagged("frame", {"rows": MANY, "others": [[0, few]], "table": one}),
    ]
    yield "ranges within", [
        tagged("masked", {"data": span, "mask": None, "fill": None, "hard": None}),
        tagged("category", {"codes": span, "categories": few, "ordered": None}),
        tagged("category", {"codes": few, "categories": span, "ordered": None}),
        tagged("category", {"codes": few, "categories": array_of(span), "ordered": None}),
        tagged("multi index", {"levels": [few], "codes": [span], "names": [None]}),
        tagged("multi index", {"levels": span, "codes": [few], "names": [None]}),
        tagged("dates", {"values": span, "unit": "ns", "zone": None}),
        tagged("periods", {"values": span, "freq": "D"}),
        tagged("intervals", {"left": span, "right": span, "closed": "left"}),
        tagged("sparse column", {"values": span, "places": span, "length": MANY, "fill": 0, "kind": "integer"}),
        tagged("text", [span]),
        tagged("index", {"values": [span], "name": None, "freq": None}),
        tagged("interval", [span, span, "left"]),
        tagged("nullable", {"data": span, "mask": span}),
    ]
    if sparse:
        yield "a matrix of ranges", [
            tagged("sparse", {"format": "csr", "array": None, "shape": [1, 9], "parts": [span, span, few]})
        ]


def refused():
    for there, part in ((True, plain_frames), (np, array_frames), (pd, table_frames)):
        for name, frames in part() if there else ():
            for i, frame in enumerate(frames):
                try:
                    yield "%s, %d: became %.80r" % (name, i, pfr.decode(frame))
                except ValueError:
                    pass
                except BaseException as e:
                    yield "%s, %d: %s: %s" % (name, i, type(e).__name__, e)


# ---- what comes after one another ----


def nested():
    """A table in a cell of one like those that pandas' constructor is no longer asked for."""
    small = pd.DataFrame({"x": [1.5], "o": ["y"]})
    wide = pd.DataFrame(dict([("a%d" % i, [i * 1.0]) for i in range(40)] + [("o", ["x"])]))
    floats = pd.DataFrame({"x": [0.5, 1.5]})
    for inner in (small, wide, floats):
        outer = pd.DataFrame({"x": as_objects([[inner], [inner, inner]]), "y": [1.0, 2.0]})
        same_names = pd.DataFrame({"x": [3.5], "o": as_objects([[inner]])})
        for o in (outer, inner, same_names, [outer, inner], pd.Series(as_objects([[inner], inner.iloc[:1]]))):
            for order in ([o] * 5, [o, inner] * 5, [inner] * 3 + [o] * 4 + [wide] * 4):
                yield from order


def lent():
    """Behind a large array, whose bytes are sent from where they lie."""
    large, turned = np.zeros(262145, "i1"), np.arange(30, dtype="i1").reshape(10, 3).T
    odd = [turned, turned[:, ::2], np.arange(27, dtype="i1").reshape(3, 3, 3)[::2, :, ::2], np.asfortranarray(np.ones((3, 5), "i2"))]
    for o in odd:
        yield [large, o]
        yield [large, o, "tail", o, large, o]
        yield [large, pd.DataFrame({"a": large, "b": large % 3 == 0, "c": large * 0.5}) if pd else o, o]


def kept():
    for n, o in enumerate([o for there, part in ((pd, nested), (np, lent)) if there for o in part()]):
        back = pfr.decode(pfr.encode(o))
        if not same(o, back):
            yield "%d. after the others: %.200r became %.200r" % (n, o, back)


def allow(more):
    """MiB of memory beyond what is taken."""
    with open("/proc/self/statm") as f:
        taken = int(f.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + (more << 20), ceiling))


def scarce():
    """Where memory ends the process goes on."""
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    frame = word(LIST, 1 << 24) + word(NULL) * (1 << 24)
    texts = ["x" * (1 << 16)] * (1 << 13)
    allow(200)
    for call, o in ((pfr.decode, frame), (pfr.encode, texts), (pfr.encode, {"a": texts})):
        try:
            call(o)
            yield "%s: more than 384 MiB where there was no room" % call.__name__
        except MemoryError:
            pass
    if pfr.decode(pfr.encode(texts[:9])) != texts[:9]:
        yield "nine texts after that came back as others"


wrong = list(kept())
allow(512)
wrong += list(refused())
wrong += list(scarce())
print("\n".join(wrong) or "all is as it should be")
sys.exit(bool(wrong))
