#!/usr/bin/env python3
# yaml_scalars.py - records what PyYAML's safe loader makes of plain scalars
# SPDX-License-Identifier: Apache-2.0
"""Usage: yaml_scalars.py > tests/data/yaml_scalars.tsv  (needs PyYAML)"""
import itertools

import yaml

WORDS = """yes Yes YES yEs no No NO nO true True TRUE tRue false False FALSE on On ON oN off Off OFF y Y n N t f
~ null Null NULL nULL ~~ None nan .nan .NaN .NAN .Nan -.nan .inf .Inf .INF +.inf -.inf -.INF inf . .. - + -- +-1
0 1 -1 +1 00 01 07 08 09 0777 0_7 0_8 0o17 0o8 1_000 _1 1_ __ 1__2 0b1 0b 0b2 0b1_0 -0b1 0x 0x1F 0xg 0x_1 +0xff
3.10 3.11.7 1.0 1. .5 -.5 +.5 ._5 .5_ 1._ 1_0.0_1 _1.0 1e5 1.0e5 1.0e+5 1.0E-5 1e+5 1.e+5 1.0e+ .5e+3 .5e3 .e+3
1:30 1:60 1:5 01:30 1:30:45 1:30:60 1:30.5 1:30. 1:30.5e+3 1:30:45.25 1::3 1: -1:30 1:300 0:30 0:30.1 9:59
2024-01-01 2024-1-1 12:00:00 20240101 1,000 1-0 v1 1a 0.0 -0.0 -0 +0 1.2.3 1.0.0 1.0_ =1 a=b 1.0+cpu""".split()


def kinds():
    loader = yaml.SafeLoader("")
    numbers = {"int": "number", "float": "number", "bool": "bool", "null": "null"}
    shapes = ["".join(p) for n in (1, 2, 3, 4) for p in itertools.product("01.:-e_", repeat=n)]
    for text in [""] + WORDS + shapes[::3]:
        tag = loader.resolve(yaml.ScalarNode, text, (True, False)).rsplit(":", 1)[1]
        kind = numbers.get(tag, "string")
        truth = loader.bool_values.get(text.lower()) if kind == "bool" else None
        yield text, kind, {True: "true", False: "false", None: r"\N"}[truth]


print("text\tkind\ttruth")
for row in kinds():
    print("\t".join(row))
