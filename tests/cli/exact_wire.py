# exact_wire.py - frames over a socket by the module's functions: large ones, late ones, none at all
# SPDX-License-Identifier: Apache-2.0
#
# exact_wire.py FOLDER: FOLDER has _pfr.so. Each check is a line of TAP without a number.
import errno
import os
import signal
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exact_objects import load  # noqa: E402

pfr = load(sys.argv[1])
LOAD, PREDICT, ANSWER, FAILED, SPENT, PIECE = 1, 3, 5, 6, 8, 13
LARGE = bytes(bytearray(range(256))) * (1 << 16)  # 16 MiB: no socket holds it
ok = True


class Pair:
    """Two ends of a stream, and a thread that has the other one."""

    def __init__(self, other=None):
        self.near, self.far = socket.socketpair()
        self.thread = other and threading.Thread(target=self.run, args=(other,))
        if self.thread:
            self.thread.start()

    def run(self, other):
        other(self.far.fileno())
        self.far.close()

    def __enter__(self):
        return self.near.fileno()

    def __exit__(self, *_):
        self.near.close()
        if self.thread:
            self.thread.join()
        self.far.close()


def raises(kind, function, *args, **named):
    try:
        result = function(*args, **named)
    except kind as e:
        return type(e) is kind or issubclass(kind, OSError) and kind is OSError
    raise AssertionError("no %s, but %r" % (kind.__name__, result))


def check(function):
    global ok
    try:
        good = function()
    except Exception as e:
        good = False
        print("# %s: %s" % (type(e).__name__, e))
    ok = ok and bool(good)
    print("%s - %s" % ("ok" if good else "not ok", function.__doc__))


@check
def objects_pass():
    """what is sent is received"""
    with Pair(lambda fd: pfr.send(fd, *pfr.receive(fd))) as fd:
        pfr.send(fd, PREDICT, {"data": [1, (2, "x")]}, timeout=60)
        return pfr.receive(fd, timeout=60) == (PREDICT, {"data": [1, (2, "x")]})


@check
def bodies_pass():
    """a body passes as it is"""

    def other(fd):
        kind, body = pfr.receive_bytes(fd)
        pfr.send_bytes(fd, kind, memoryview(body))

    with Pair(other) as fd:
        pfr.send_bytes(fd, LOAD, b"any bytes")
        return pfr.receive_bytes(fd) == (LOAD, bytearray(b"any bytes"))


@check
def no_body():
    """a frame may be empty"""
    with Pair(lambda fd: pfr.send_bytes(fd, *pfr.receive_bytes(fd))) as fd:
        pfr.send_bytes(fd, LOAD, b"")
        return pfr.receive_bytes(fd) == (LOAD, bytearray())


@check
def both_at_once():
    """two who both send what no socket holds do not wait for one another"""
    with Pair(lambda fd: pfr.exchange(fd, ANSWER, LARGE)) as fd:
        return pfr.exchange(fd, PREDICT, LARGE) == (ANSWER, LARGE)


@check
def time_is_told():
    """the frame that tells the time is passed over"""

    def other(fd):
        pfr.receive(fd)
        pfr.send(fd, SPENT, {"seconds": 0.5})
        pfr.send(fd, ANSWER, 7)
        pfr.send(fd, PIECE, 8)

    with Pair(other) as fd:
        return pfr.exchange(fd, PREDICT, None) == (ANSWER, 7) and pfr.receive(fd) == (PIECE, 8)


@check
def late():
    """what does not come in time is a TimeoutError"""
    with Pair() as fd:
        return (
            raises(TimeoutError, pfr.receive, fd, timeout=0)
            and raises(TimeoutError, pfr.receive_bytes, fd, 0.01)
            and raises(TimeoutError, pfr.exchange, fd, PREDICT, 1, timeout=0.01)
        )


@check
def not_taken():
    """what is not taken in time as well"""
    with Pair() as fd:
        return raises(TimeoutError, pfr.send, fd, PREDICT, LARGE, timeout=0.01)


@check
def late_while_there_is_more():
    """a time is up also when there is always something to read"""
    pair = Pair()
    spent = b"PFR1" + struct.pack("<IQ", SPENT, 8) + bytes(8)
    pair.far.sendall(spent * 1000)
    pfr.send(pair.far.fileno(), ANSWER, 7)
    with pair as fd:
        return raises(TimeoutError, pfr.exchange, fd, PREDICT, 1, timeout=0) and pfr.receive(fd)[0] == SPENT


@check
def no_time_at_all():
    """what is there already is taken even without any time"""
    pair = Pair()
    pfr.send(pair.far.fileno(), ANSWER, 7)
    with pair as fd:
        return pfr.receive(fd, timeout=0) == (ANSWER, 7)


@check
def the_end():
    """the end of the stream is an EOFError, also inside a frame"""
    with Pair(lambda fd: None) as fd:
        first = raises(EOFError, pfr.receive, fd)
    with Pair(lambda fd: os.write(fd, b"PFR1" + struct.pack("<IQ", ANSWER, 100) + b"half")) as fd:
        return first and raises(EOFError, pfr.receive, fd)


@check
def nobody():
    """nobody to send to is a BrokenPipeError"""
    pair = Pair()
    pair.far.close()
    with pair as fd:
        return raises(BrokenPipeError, pfr.send, fd, PREDICT, 1) and raises(BrokenPipeError, pfr.exchange, fd, PREDICT, 1)


@check
def last_words():
    """what it said before it went is heard"""
    pair = Pair()
    pfr.send(pair.far.fileno(), FAILED, {"message": "no"})
    pair.far.close()
    with pair as fd:
        return pfr.exchange(fd, PREDICT, LARGE) == (FAILED, {"message": "no"})


@check
def no_frames():
    """what is no frame is an OSError"""
    found = []
    for bad in (b"{" * 16, b"PFR1" + struct.pack("<IQ", 99, 0), b"PFR1" + struct.pack("<IQ", ANSWER, 1 << 40)):
        with Pair(lambda fd: os.write(fd, bad)) as fd:
            try:
                pfr.receive(fd)
            except OSError as e:
                found.append(e.errno == errno.EPROTO and "frame" in e.strerror)
    return found == [True] * 3


@check
def no_value():
    """what is no value is a ValueError, and the next frame is read"""
    pair = Pair()
    os.write(pair.far.fileno(), b"PFR1" + struct.pack("<IQ", ANSWER, 8) + b"\xff" * 8)
    pfr.send(pair.far.fileno(), ANSWER, 7)
    with pair as fd:
        return raises(ValueError, pfr.receive, fd) and pfr.receive(fd) == (ANSWER, 7)


@check
def long_promises():
    """a length is believed as far as bytes come"""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, limit[1]))
    try:
        with Pair(lambda fd: os.write(fd, b"PFR1" + struct.pack("<IQ", ANSWER, 7 << 30) + b"x")) as fd:
            return raises(EOFError, pfr.receive, fd)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limit)


@check
def misuse():
    """what cannot be meant is refused"""
    with Pair() as fd:
        return (
            raises(ValueError, pfr.send, fd, 0, 1)
            and raises(ValueError, pfr.send, fd, 99, 1)
            and raises(ValueError, pfr.receive, fd, -1)
            and raises(TypeError, pfr.receive, "x")
            and raises(TypeError, pfr.send, fd, PREDICT, object())
            and raises(TypeError, pfr.send_bytes, fd, PREDICT, "text")
        )


@check
def no_descriptor():
    """a descriptor that is none is an OSError"""
    closed = socket.socket()
    closed.close()
    found = []
    for fd in (1 << 20, -1, closed.fileno()):
        for call in (
            lambda: pfr.receive(fd, 60),
            lambda: pfr.receive_bytes(fd, 60),
            lambda: pfr.send(fd, PREDICT, 1, 60),
            lambda: pfr.send_bytes(fd, PREDICT, b"x", 60),
            lambda: pfr.exchange(fd, PREDICT, 1, 60),
        ):
            try:
                call()
            except OSError as e:
                found.append(e.errno)
    return found == [errno.EBADF] * 15


class Interrupted(ValueError):
    in_frame = False


@check
def signals():
    """a signal's handler is called, and may end the waiting, which its exception tells"""
    heard = []

    def handler(number, frame):
        heard.append(number)
        if len(heard) == 2:
            raise raised

    raised = Interrupted()
    old = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    try:
        with Pair() as fd:
            return raises(Interrupted, pfr.receive, fd, timeout=60) and len(heard) == 2 and raised.in_frame
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


@check
def other_threads():
    """others run while one waits"""
    with Pair(lambda fd: (time.sleep(0.05), pfr.send(fd, ANSWER, 1))) as fd:
        return pfr.receive(fd, timeout=60) == (ANSWER, 1)


@check
def many_threads():
    """many threads encode and decode at once"""
    found = []

    def work(i):
        for j in range(200):
            o = {"a": [i, (j, 0.5)], i: {j}}
            found.append(pfr.decode(pfr.encode(o)) == o)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(found) == 2400 and all(found)


@check
def inside_one_another():
    """a call may come while another one is at work"""

    class Odd(dict):
        def keys(self):
            return pfr.decode(pfr.encode(["x"]))

        def __getitem__(self, key):
            return pfr.decode(pfr.encode((key, 1)))

    return pfr.decode(pfr.encode([Odd(), Odd()])) in ([{}, {}], [{"x": ("x", 1)}] * 2)


@check
def too_deep():
    """what holds itself is refused"""
    own = []
    own.append(own)
    return raises(ValueError, pfr.encode, own) and raises(ValueError, pfr.encode, [(own,)])


class Table:
    """As pyfunc_env.frames has it."""

    def __init__(self, names, columns, rows):
        self.names, self.columns, self.rows = names, columns, rows


def own_module():
    import types

    Table.__module__ = "pyfunc_env.frames"
    module = types.ModuleType("pyfunc_env.frames")
    module.Table = Table
    sys.modules["pyfunc_env.frames"] = module


@check
def tables():
    """a table of ours becomes one of pandas, by its lists and arrays"""
    own_module()
    lists = Table(["t", "o", 2], [["x", None, "é"], [[1], (2,), None], [1, 2, 3]], 3)
    body = pfr.encode(lists)
    refused = (
        raises(ValueError, pfr.encode, Table(["a"], [[1], [2]], 1))
        and raises(ValueError, pfr.encode, Table(["a"], [[1, 2]], 3))
        and raises(ValueError, pfr.encode, Table([5], [[1]], 1))
        and raises(TypeError, pfr.encode, Table([(1,)], [[1]], 1))
    )
    try:
        import numpy
        import pandas
    except ImportError:
        return refused and raises(ImportError, pfr.decode, body)
    made = pfr.decode(body)
    columns = [numpy.arange(3.0), numpy.arange(6, dtype="i4")[::2], numpy.array(["2020", "2021", "NaT"], "M8[s]"),
               numpy.array(["a", "b", "c"]), numpy.array([1, "x", None], dtype=object)]
    more = pfr.decode(pfr.encode(Table(list("abcde"), columns, 3)))
    kinds = [str(dtype) for dtype in more.dtypes]
    text = str(pandas.Series(["x"]).dtype)
    return (
        refused
        and list(made.columns) == ["t", "o", 2]
        and made["o"].tolist() == [[1], (2,), None]
        and made["t"].tolist()[::2] == ["x", "é"]
        and kinds == ["float64", "int32", "datetime64[ns]", text, "object"]
        and more["b"].tolist() == [0, 2, 4]
        and pfr.decode(pfr.encode(Table([], [], 0))).shape == (0, 0)
    )


@check
def unknown_kinds():
    """a tag that is not known is told"""
    body = bytearray(pfr.encode((1,)))
    at = body.index(b"tuple")
    body[at:at + 5] = b"tupel"
    try:
        pfr.decode(body)
    except ValueError as e:
        return "'tupel'" in str(e)


sys.exit(not ok)
