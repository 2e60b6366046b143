#!/usr/bin/env python3
# repr.py - records how Python spells doubles
# SPDX-License-Identifier: Apache-2.0
"""Usage: repr.py > tests/data/repr.tsv"""
import math
import random
import struct


def double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


random.seed(1)
bits = {struct.unpack("<Q", struct.pack("<d", 10.0**e))[0] for e in range(-323, 309)}
bits |= {struct.unpack("<Q", struct.pack("<d", random.randrange(10**9) / 10 ** random.randrange(12)))[0] for _ in range(400)}
bits |= {random.getrandbits(64) for _ in range(600)}
bits |= {random.getrandbits(52) for _ in range(100)}
bits |= {e << 52 for e in range(0, 2047, 16)}
print("bits\trepr")
for b in sorted(bits):
    if math.isfinite(double(b)):
        print("%016x\t%r" % (b, double(b)))
