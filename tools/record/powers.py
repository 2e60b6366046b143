#!/usr/bin/env python3
# powers.py - writes src/base/powers.h: the top 128 bits of 5^q
# SPDX-License-Identifier: Apache-2.0
"""Usage: powers.py > src/base/powers.h

Rounding is what Eisel-Lemire needs: exact from 5^0 to 5^55, rounded up from 5^-27 to 5^-1, cut off
elsewhere. Schubfach wants all that is inexact rounded up: one more in the last place outside of
[-27, 55] (asserted here never to carry)."""
FIRST, LAST = -342, 324


def entry(q):
    if q >= 0:
        v = 5**q
        shift = v.bit_length() - 128
        v = v >> shift if shift > 0 else v << -shift
        assert q <= 55 or v & (2**64 - 1) != 2**64 - 1
    else:
        d = 5**-q
        bits = d.bit_length() + 127
        v = (1 << bits) // d
        if v.bit_length() > 128:
            v = (1 << (bits - 1)) // d
        assert v & (2**64 - 1) != 2**64 - 1
        v += q >= -27
    assert v.bit_length() == 128, q
    return "{ 0x%016xu, 0x%016xu }," % (v >> 64, v & (2**64 - 1))


print("/* powers.h - the top 128 bits of the powers of five, made by tools/record/powers.py */")
print("/* SPDX-License-Identifier: Apache-2.0 */")
print("#pragma once\n\n#include <stdint.h>\n")
print("#define PF_POW5_FIRST (%d)\n#define PF_POW5_LAST %d\n" % (FIRST, LAST))
print("static const uint64_t PF_POW5[][2] = {")
row = [entry(q) for q in range(FIRST, LAST + 1)]
for i in range(0, len(row), 2):
    print("\t" + " ".join(row[i : i + 2]))
print("};")
