#!/usr/bin/env python3
# yaml_dump.py - records how PyYAML's safe_dump writes values
# SPDX-License-Identifier: Apache-2.0
"""Usage: yaml_dump.py > tests/data/yaml_dump.tsv  (needs PyYAML)"""
import itertools
import json
import random

import yaml

WORDS = """yes Yes YES yEs no No NO nO true True TRUE tRue false False FALSE on On ON oN off Off OFF y Y n N t f
~ null Null NULL nULL ~~ None nan .nan .NaN .NAN .Nan -.nan .inf .Inf .INF +.inf -.inf -.INF inf . .. - + -- +-1
0 1 -1 +1 00 01 07 08 09 0777 0_7 0_8 0o17 0o8 1_000 _1 1_ __ 1__2 0b1 0b 0b2 0b1_0 -0b1 0x 0x1F 0xg 0x_1 +0xff
3.10 3.11.7 1.0 1. .5 -.5 +.5 ._5 .5_ 1._ 1_0.0_1 _1.0 1e5 1.0e5 1.0e+5 1.0E-5 1e+5 1.e+5 1.0e+ .5e+3 .5e3 .e+3
1:30 1:60 1:5 01:30 1:30:45 1:30:60 1:30.5 1:30. 1:30.5e+3 1:30:45.25 1::3 1: -1:30 1:300 0:30 0:30.1 9:59
2024-01-01 2024-1-1 12:00:00 20240101 1,000 1-0 v1 1a 0.0 -0.0 -0 +0 1.2.3 1.0.0 1.0_ =1 a=b 1.0+cpu""".split()
LONG = "the quick brown fox jumps over the lazy dog and runs on "
STRINGS = """-r requirements.txt|-|- a|-a|--- a|---|...|a: b|a:b|a :b|a #b|a#b|#a|?|? a|?a|:|: a|:a|!|!a|&a|*a|%a|@a|`a|"a"|'a'|it's|'|''|
|||a|>a|,a|[a|{a|a,b|a]b|=|<<|~|a |  a|a  b|a\tb|\ta|a\n|\na|a\nb|a\n\nb|a \nb|a\n b|a\r\nb|\n|\n\n| |  |a\n\n\nb c|it's\nso|
caf\u00e9|\u4e2d\u6587|\U0001f40d|a\u00a0b|\u0085|a\u2028b|\u2029|\ufeff|\ufffd|\u0000|\u0001|\u001b[0m|\u007f|\\|\\n|"|a"b|'a' "b"|
2001-12-14|2001-12-14 21:59:43|2001-12-14T21:59:43.10-05:00|2001-12-14t1:59:43Z|2001-1-1|2001-1-1 1:00:00|2001-12-14 21:59|
2026-11-22 00:20:31.258112|2026-11-22 00:20:31 |12:30:45|2001-12-14 21:59:43 -5|2001-12-14 21:59:43 -5:3|2001-12-14  21:59:43+05:30|
numpy>=1.26,<2|mlflow==3.17.2|pip<=23.2.1|python=3.11.7|foo @ git+https://h/r@v1#egg=foo|x; python_version < "3.9"|3.11.7|3.10|1e5|1.5e3|1_000|0o17|
f1952df32bb84781959fe13069abcf80|12345678901234567890123456789012|1234567e1234567890123456789012|[{"type": "double", "name": "x", "required": true}]""".replace("|\n", "|")


def strings():
    r = random.Random(20)
    for text in STRINGS.split("|"):
        yield text.encode("ascii").decode("unicode_escape") if "\\u" in text or "\\U" in text else (
            text.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t"))
    yield from WORDS
    for n in (1, 2):
        for p in itertools.product(" -:#?,a'\"\n\\.0", repeat=n):
            yield "".join(p)
    for n in (3, 5, 9):
        for _ in range(220):
            yield "".join(r.choice(" -:#?,ab'\"\n\\.01e_\u00e9\t~!") for _ in range(n))
    for n in (70, 79, 80, 81, 82, 90, 121, 122, 123, 124, 128, 160, 200):
        yield "x" * n
        yield (LONG * 9)[:n]
        yield (LONG.replace(" ", "  ") * 9)[:n]
        yield (LONG.replace("fox", "f\u00f6x") * 9)[:n]
        yield (LONG.replace(" ", ' "') * 9)[:n]
        yield ("'" + LONG.replace("o", "'") * 9)[:n]
        yield ("[" + LONG.replace("the ", "the\n") * 9)[:n]
        yield "\u00e9" * n
    for _ in range(150):
        yield " ".join("".join(r.choice("abc\"'\\:\u00e9 \n-") for _ in range(r.randint(1, 20))) for _ in range(r.randint(3, 25)))


NUMBERS = """0 -0 1 -17 12345678901234567890123 0.0 -0.0 1.0 1.50 3.10 0.1 1e5 1E5 1e16 1.5e16 1e-5 1.5e-7 1e22 123456789.125
1e400 -1e400 1e-400 2.5e-1 NaN Infinity -Infinity 9007199254740993.0""".split()
TREES = ["null", "true", "false", "[]", "{}", "[[]]", "[{}]", '{"a": []}', '{"a": {}}', "[[1, [2]], []]", '[[[["a"]]]]',
         '{"b": 1, "a": 2, "C": 3, "aa": 4, "\\u00e9": 5, "1": 6}', '{"a": {"b": {"c": [1, {"d": [2]}]}}}', '[{"a": [1], "b": {"c": 2}}]',
         '{"a": [{"b": [{"c": "d"}]}, [{"e": "f"}, ["g"]]]}', '{"": 1}', '{"": {"": []}}', '{"null": null, "yes": true, "~": false}',
         '{"channels": ["conda-forge"], "dependencies": ["python=3.11.7", "pip<=23", {"pip": ["mlflow==3.17.2", "-c constraints.txt"]}], "name": "mlflow-env"}']


def deep(n, text):
    for i in range(n):
        text = "[%s]" % text if i % 3 == 1 else '{"k%d": %s}' % (i, text)
    return text


def documents():
    yield from TREES
    for text in NUMBERS:
        yield '{"k": [%s]}' % text
        yield text
    for n in (3, 17, 40, 55):
        yield deep(n, json.dumps(LONG * 3))
        yield deep(n, json.dumps("[" + LONG * 3))
        yield deep(n, json.dumps("\u00e9 " + LONG * 3))
    shapes = ["%s", "[%s]", '{"k": %s}', '{%s: 1}', '{"a": {"b": [1, %s]}}', "{%s: [1]}", '{"a": {%s: {"x": 1}}}', "[[%s, 2]]"]
    for i, text in enumerate(strings()):
        shapes_of = shapes if i % 9 == 0 else (shapes[1 + i % 7],)
        for shape in shapes_of:
            yield shape % json.dumps(text)


def escape(text):
    for c, e in ("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"):
        text = text.replace(c, e)
    return text


print("json\tyaml")
seen = set()
for document in documents():
    if document not in seen:
        seen.add(document)
        print(escape(document) + "\t" + escape(yaml.safe_dump(json.loads(document), default_flow_style=False)))
