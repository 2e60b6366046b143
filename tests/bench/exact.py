# exact.py - encoding and decoding of tables and arrays by _pfr.so, beside pickle's protocol 5
# SPDX-License-Identifier: Apache-2.0
#
# exact.py FOLDER: FOLDER has _pfr.so; the Python that runs this has pandas. Microseconds, the best of 7 runs.
import os
import pickle
import socket
import sys
import time

import numpy
import pandas

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
from exact_objects import load  # noqa: E402

pfr = load(sys.argv[1])


def best(function, count):
    taken = []
    for _ in range(7):
        start = time.perf_counter()
        for _ in range(count):
            function()
        taken.append((time.perf_counter() - start) / count)
    return min(taken) * 1e6


def compare(name, o, count):
    there, pickled = pfr.encode(o), pickle.dumps(o, 5)
    for _ in range(4):
        pfr.decode(there)
    calls = (lambda: pfr.encode(o)), (lambda: pfr.decode(there)), (lambda: pickle.dumps(o, 5)), (lambda: pickle.loads(pickled))
    print("%-18s encode %8.1f  decode %8.1f  pickle %8.1f %8.1f" % ((name,) + tuple(best(call, count) for call in calls)))


names = list("abcd")
large = numpy.ones((1000000, 4))
compare("1 row", pandas.DataFrame({name: [0.5] for name in names}), 5000)
compare("1 row with text", pandas.DataFrame({"a": [0.5], "b": [2], "c": ["x"], "d": [True]}), 2000)
compare("10k x 4 array", numpy.ones((10000, 4)), 500)
compare("10k x 4 table", pandas.DataFrame({name: numpy.ones(10000) for name in names}), 500)
compare("10k texts", pandas.DataFrame({"a": ["text %d" % i for i in range(10000)]}), 20)
compare("1M x 4 array", large, 3)
compare("1M x 4 table", pandas.DataFrame({name: numpy.ones(1000000) for name in names}), 3)
print("a copy of 1M x 4   %8.1f" % best(lambda: large.copy(), 3))

near, far = socket.socketpair()
child = os.fork()
if not child:
    near.close()
    try:
        while True:
            pfr.send(far.fileno(), 5, pfr.receive(far.fileno())[1])
    except EOFError:
        os._exit(0)
far.close()
for name, o, count in (("1 row", pandas.DataFrame({n: [0.5] for n in names}), 2000), ("1M x 4 array", large, 3)):
    print("%-18s there and back %8.1f" % (name, best(lambda: pfr.exchange(near.fileno(), 3, o), count)))
near.close()
os.waitpid(child, 0)
