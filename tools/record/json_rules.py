#!/usr/bin/env python3
# json_rules.py - records what Python's json makes of texts at the borders of JSON's grammar
# SPDX-License-Identifier: Apache-2.0
"""Usage: json_rules.py   (writes tests/data/json.tsv; recorded with Python 3.11)

Columns: the bytes (hex), their value in the spelling of values.nested or "error", and what we do:
"same", or why such a text is refused, which Python takes. The cases follow the categories by which
parsers of JSON are usually tested: structures, numbers, strings, literals, white space, encodings."""
import json
import math
import sys

import table

NUMBERS = """0 -0 1 -1 10 123 -123 0.0 -0.0 0.5 1.5 -1.5 1e1 1E1 1e+1 1e-1 1E+2 1E-2 0e0 0e1 0e+1 0E-1 1.0e10 123.456e-2 1e22 1e23
0.1 0.30000000000000004 5e-324 4.9e-324 2.4703282292062328e-324 2.2250738585072011e-308 2.2250738585072014e-308 1.7976931348623157e308
1.7976931348623158e308 1.7976931348623159e308 1e308 1e309 -1e309 1e999 -1e999 1e-400 -1e-400 123456789012345678 9007199254740992
9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809 18446744073709551615
18446744073709551616 -18446744073709551616 100000000000000000000000000 1e0000000000000000000001 1e-0000000000000000000001
0.000000000000000000000000000000000000000001 100000000000000000000000000.0 123123e100000 -123123e-100000 NaN Infinity -Infinity
-1.0e-2 1.23e+45 0.1e1 0.0e5 7.0385307e-26 9.5367431640625e-07 179769313486231580793728971405303423079420.0
+1 .5 5. -.5 -5. 1.e1 1e 1e+ 1e- 1e1.5 1e+-1 01 -01 00 001.5 0x1 0X1F 0b1 0o7 1_000 1,5 ١ 1e٢ - -- +-1 1-2 1a 1ea Inf -Inf inf nan -NaN +Infinity
Infinit NaNs Nan - 1 0.e1 0.3e+ 0.3e 1.2a 2.e3 2.e+3 -foo -1x 1.0.0 1..0 1e1e1 ++1234 0e""".split("\n")
NUMBERS = [n for line in NUMBERS for n in line.split()]
STRINGS = ['""', '"a"', '"\\""', '"\\\\"', '"\\/"', '"\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\u0041"', '"\\u00e9"', '"\\u20ac"', '"\\uD83D\\uDE00"',
           '"\\ud83d\\ude00"', '"é"', '"€"', '"😀"', '"\x7f"', '"\u2028\u2029"', '"\ufeff"', '"\ufffe\uffff"', '"\\uffff"', '"\\uFFFE"', '"/"', '" "', '"#"',
           '"\\u0022"', '"\\u005c"', '"\\u000a"', '"a\\u0062c"', '"\u0080"', '"\U0010ffff"', '"\\udbff\\udfff"', '"https://a/b?c=d&e"', "\"'\"", '"\\\\n"', '"\\\\\\""',
           # refused
           '"', '"a', "'a'", '"\\"', '"\\x41"', '"\\a"', '"\\ "', '"\\u"', '"\\u1"', '"\\u12"', '"\\u123"', '"\\u123g"', '"\\u 123"', '"\\U0041"', '"\\u+123"', '"\\u-123"',
           '"\\u0x41"', '"\n"', '"\t"', '"\r"', '"\x00"', '"\x1f"', '"\x01"', '"a\nb"', '"\\\n"', '"\\0"', '"\\01"', '"\\v"', '"\\\'"', '"""', '"a"b', 'a"b"', '"\\é"', '"\\😀"', '“a”',
           '"\\ud800"', '"\\udc00"', '"\\ud800\\ud800"', '"\\udc00\\ud800"', '"\\ud800x"', '"\\ud800\\n"', '"\\ud800\\u0041"', '"a\\udbffb"', '"\\uD800\\uD800\\uDC00"', '"\\ud83']
STRUCTURES = ["[]", "{}", "[[]]", "[{}]", '{"a":[]}', '{"a":{}}', "[1]", "[1,2]", "[1 , 2]", '{"a":1}', '{"a":1,"b":2}', '{"":0}', '{"a":{"b":{"c":[1,{"d":null}]}}}', "[[],[[]]]",
              "[null,1,\"1\",{}]", '{"a":null}', "[1,null,null,2]", '{"\\u0061":1}', '{"a\\u0000b":1}', '{"\\n":1}', '[true,false,null]', "[" * 60 + "]" * 60, '{"a":' * 60 + "1" + "}" * 60,
              '{"min":-1.0e+28,"max":1.0e+28}', "[\n\n1\n]",
              # refused
              "", "[", "]", "{", "}", "[]]", "{}}", "[[]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1:2]", '["a":1]', '["a",1', "[}", "{]", "[1}", '{"a":1]', "{,}",
              '{"a"}', '{"a":}', '{"a",1}', '{"a":1,}', '{"a":1,,"b":2}', '{,"a":1}', '{"a" 1}', '{"a"::1}', '{"a":1 "b":2}', '{"a":1;"b":2}', "{a:1}", "{'a':1}", "{1:1}", "{null:1}",
              "{[]:1}", '{"a":1}}', '{"a":1}x', "[1]x", "[] []", "{} {}", "1 2", "[],", ",", ":", "[*]", "[-]", "(1)", "<null>", "[<null>]", "[a]", "[\\n]", "[1]#", "[1]//x", "/*x*/[1]", "[1]/*x*/", "[1,//x\n2]",
              '{"a":/*x*/1}', '{"a":"b"}//', '{"a":"b"}/', '{"a":"b"}#', '[""', '{"a":"b', '{"a":"b"', '{"', '{"a', '{"a"', '{"a":', "[" * 100, "[{" * 50, '{"":' * 50, "[[[[[]]]]", '{"a":tru}', '{"a":a}', '["x"', "[1]]", "[\"a\"x]"]
DOUBLE = ['{"a":1,"a":2}', '{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '[{"b":1,"a":[],"b":{}}]', '{"":1,"":2}']
LITERALS = ["null", "true", "false", "[null]", "[true]", "[false]", "nul", "nulll", "nullx", "tru", "truee", "fals", "True", "False", "None", "TRUE", "NULL", "[nul]", "[truth]", "[fals]", "undefined", "nil", "yes",
            "[True]", "t", "n", "f", "[n]", "nan", "[nan]", "infinity", "[-nan]"]
SPACES = [" 1", "1 ", "\t1", "1\t", "\n1", "1\n", "\r1", "1\r\n", " \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n", '{ "a" : 1 }', '{\n"a"\r:\t1\n}', "", " ", "\n", "\f1", "1\f", "\v1", "[\f]", "[\v1]", "\u00a01", "[\u00a01]", "1\u00a0",
          "\u20281", "[1\u2028]", "[\u3000]", "\u2060[]", "[\u200b]", "\x001", "1\x00", "[1]\x00", "[\x00]", "\x1f1", "\b1"]
BYTES = [b"\xef\xbb\xbf[1]", b"\xef\xbb\xbf", b"[1]\xef\xbb\xbf", b'"\xff"', b'"\x80"', b'"\xc0\x80"', b'"\xc1\xbf"', b'"\xe0\x80\x80"', b'"\xed\xa0\x80"', b'"\xed\xbf\xbf"', b'"\xf0\x80\x80\x80"', b'"\xf4\x90\x80\x80"',
         b'"\xf5\x80\x80\x80"', b'"\xc3"', b'"\xe2\x82"', b'"\xf0\x9f\x98"', b'"\xc3\x28"', b'"\xe2\x28\xa1"', b'\xff', b'[\xff]', b'{"\xb9":1}', b'[1\xe5]', b'"\xfe\xff"', "[1]".encode("utf-16"), "[1]".encode("utf-16-le"),
         '["é"]'.encode("utf-16-be"), "[1]".encode("utf-32"), '["a"]'.encode("utf-32-le"), b'["\xe9"]', b'"\xc2\x85"', b'\x85[]']


def nested(v):
    if isinstance(v, list):
        return "[" + ",".join(map(nested, v)) + "]"
    if isinstance(v, dict):
        return "{" + ",".join(nested(k) + ":" + nested(x) for k, x in v.items()) + "}"
    return json.dumps(v, ensure_ascii=False)


def leaves(v):
    if isinstance(v, (list, dict)):
        for x in v.values() if isinstance(v, dict) else v:
            yield from leaves(x)
    else:
        yield v


def keys(v):
    if isinstance(v, dict):
        yield from v
    for x in v.values() if isinstance(v, dict) else v if isinstance(v, list) else ():
        yield from keys(x)


def surrogate(s):
    return isinstance(s, str) and any("\ud800" <= c < "\ue000" for c in s)


def ours(data, value, twice):
    """Why we refuse what Python takes."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "a mark at the beginning"
    if b"\0" in data:
        return "not UTF-8"
    if twice:
        return "a key twice"
    if any(surrogate(s) for s in [*leaves(value), *keys(value)]):
        return "half a pair of surrogates"
    for v in leaves(value):
        if isinstance(v, int) and not -2**63 <= v < 2**64:
            return "an integer beyond 64 bits"
        if isinstance(v, float) and math.isinf(v) and b"Infinity" not in data:
            return "a number beyond a double"
    return "same"


def rows():
    texts = [s for n in NUMBERS for s in (n, "[%s]" % n, '{"a":%s}' % n)]
    texts += [s for t in STRINGS for s in (t, "[%s]" % t, "{%s:1}" % t)]
    texts += STRUCTURES + DOUBLE + LITERALS + SPACES
    for data in [t.encode("utf-8", "surrogatepass") for t in texts] + BYTES:
        twice = []

        def pairs(items):
            twice.extend(k for k in dict(items) if [x for x, _ in items].count(k) > 1)
            return dict(items)

        try:
            value = json.loads(data, object_pairs_hook=pairs)
        except (ValueError, RecursionError):
            yield data.hex(), "error", "same"
            continue
        why = ours(data, value, twice)
        yield data.hex(), nested(value) if why == "same" else "refused", why


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    table.write("json.tsv", "bytes value ours", rows())
