#!/usr/bin/env python3
# toml.py - records what Python's tomllib makes of small documents, whole and damaged
# SPDX-License-Identifier: Apache-2.0
"""Usage: toml.py > tests/data/toml.tsv  (Python 3.11 or later)"""
import random
import tomllib
import tomllib._parser as parser

WORDS = """true false True TRUE inf +inf -inf nan +nan -nan Inf NaN infinity 0 1 -1 +1 -0 +0 00 01 -01 +01 1_000 1__0 _1 1_
1_000_000 0x 0x1F 0x1f 0xdead_beef 0x_1 0x1_ 0xg +0x1 0X1 0o7 0o8 0o17 0o1_7 0b1 0b2 0b1_0 0b_1 0B1 -0b1
9223372036854775807 -9223372036854775808 1. .5 1.5 -1.5 +1.5 01.5 0.5 1.5_0 1_0.5 1_.5 1._5 1e5 1E5 1e+5 1e-5 1e 1e_5
1e5_0 1.e5 1.5e5 1.5e5.5 0e0 0.0 -0.0 6.626e-34 1e05 1979-05-27 1979-05-27T07:32:00Z 1979-05-27t07:32:00z
1979-05-27T00:32:00-07:00 1979-05-27T00:32:00.999999-07:00 1979-05-27T07:32:00 1979-05-27T07:32:00. 1979-05-27T07:32
1979-05-27T00:32:00.5 07:32:00 07:32 00:32:00.999999 00:32:00.1234567891 24:00:00 23:60:00 23:59:60 23:59:59Z
1979-02-29 1980-02-29 1900-02-29 2000-02-29 1979-13-01 1979-00-01 1979-04-31 1979-01-00 0000-01-01 0001-01-01
9999-12-31 1979-5-27 79-05-27 1979-05-27T07:32:00+24:00 1979-05-27T07:32:00+23:59 1979-05-27T07:32:00+2359
1979-05-27T07:32:00Z07 1979-05-27X07:32:00 1979-05-27T abc null ~ 1a 1,2 "" '' "a" 'a' "a' 'a" [ ] {} [] [1] [1,] [,] [1,,2]
[[1],["a"]] {a=1} {a=1,} {,} {a=1,b=2} {a=1,a=2} {a.b=1,a.c=2} {a={b=1},a.c=2} {a.b=1,a={c=2}} {a} {a=}""".split()
SPACED = ["1979-05-27 07:32:00", "1979-05-27 07:32:00Z", "1979-05-27  07:32:00", "1979-05-27 ", "1979-05-27 7:32:00",
          "1979-05-27 # day", "1979-05-27\t07:32:00", "{ a = 1 }", "{ a = 1, b = [1, 2] }", "{ a = 1\n}", "[ 1 , 2 ]",
          "[1\n,\n2\n]", "[\n# one\n1, # two\n]", "[1 2]", "{a = 1 b = 2}", "1 2", "1 # one", "1 \"x\"", "{a=[\n1\n]}"]
ESCAPES = [r'"\b\t\n\f\r\"\\"', r'"\u00e9\U0001F40D"', r'"\ud800"', r'"\uDFFF"', r'"\U00110000"', r'"\U0010FFFF"',
           r'"\x41"', r'"\e"', r'"\u12"', r'"\U1234567"', r'"\ "', r'"\/"', r"'\n'", '"a\nb"', "'a\nb'", '"\x7f"', '"\x01"',
           '"a\tb"', "'a\tb'", "'\x1f'", '"é🐍"', '"\u0080"', '"""a"""', "'''a'''", '"""\na\nb"""', '"""a\\\n  \n  b"""',
           '"""a\\  \n b"""', '"""a\\ b"""', '"""a""""', '"""a"""""', '"""a""""""', '""""a"""', '"""""a"""', '""""""',
           "''''''", "'''a''''", "'''a'''''", "'''a''''''", "'''\n\na\\\n'''", '"""\r\na\r\nb"""', '"""a\rb"""', '"""a""b"""',
           '"""a\\"""', '"""a\\""""', '"""\\u00e9"""', '"""\x00"""', '"""a', "'''a", '"a', "'a", '"\\', '"""\\\n"""', '"a"b']
KEYS = ["a", "A-b_9", "1", "1.2", "-", "_", '"a b"', "'a b'", '""', "''", '"a.b"', "a . b", "a.\"b\".'c'", "a..b", ".a", "a.",
        "é", "a b", '"""a"""', "'''a'''", '"\\u00e9"', '"\\q"', '"a\nb"', "a\t", "a.b.c", "true", "inf", "1979-05-27", "=", ""]
TABLES = ["[a]", "[ a ]", "[a]]", "[[a]]", "[[a]", "[ [a] ]", "[a.b]", "[a . b]", "[]", "[[]]", "[a\n]", "[a] # c", "[a] b=1",
          "[a]\n[a]", "[a.b]\n[a]", "[a.b]\n[a]\n[a.b]", "[a]\n[a.b]", "[[a]]\n[[a]]", "[[a]]\n[a]", "[a]\n[[a]]",
          "[[a]]\n[a.b]\n[[a]]\n[a.b]", "[[a.b]]\n[a]", "[[a.b]]\n[[a]]", "[a]\n[[a.b]]\n[a.b.c]\n[a.b.c]", "a=1\n[a]",
          "a=1\n[a.b]", "a=[]\n[[a]]", "a=[{}]\n[[a]]", "a={}\n[a]", "a={}\n[a.b]", "a={b={}}\n[a.b.c]", "a.b=1\n[a]",
          "a.b=1\na.c=2", "a.b=1\na.b.c=2", "a.b.c=1\na.b=2", "a.b.c=1\n[a.b]", "a.b.c=1\n[a.d]", "a.b=1\n[a.c]\nd=1",
          "[a.b.c]\nz=9\n[a]\nb.c.t=1", "[a.b.c]\nz=9\n[a]\nb.d=1", "[a.b.c.d]\nz=9\n[a]\nb.c.d.k.t=1", "[a.b]\n[a]\nb=1",
          "[[a.b]]\nx=1\n[a]\nb.y=2", "[a]\nb.c=1\n[a.b]", "[a]\nb.c=1\n[a.b.d]", "[a]\nb.c=1\n[a.d]\n[a.b.e]", "a=1\na=2",
          "[a]\nb=1\nb=2", "'a'=1\n\"a\"=2", "[[a]]\nb.c=1\n[[a]]\nb.c=2", "[[a]]\nb=1\nb=2", "[[a]]\n[[a.b]]\n[[a.b]]\n[a.b.c]",
          "[a]\n[a.b.c.d]\n[a.b]\nx=1", "[a.b]\nx=1\n[a]\nb.y=1", "a.b=1\n[x]\n[a.c]", "[x.y]\n[a]\n[x]\ny.z=1", "[a]\nb={}\nb.c=1"]
WHOLE = ['# head\ntitle = "x"\n\n[owner]\nname = \'T\' # who\nborn = 1979-05-27T07:32:00-08:00\n\n[db]\nports = [ 80, 81 ]\n'
         'data = [ ["a", "b"], [3.14] ]\ntemp = { cpu = 79.5, case = 72 }\n\n[servers.alpha]\nip = "1"\n',
         'lock-version = "1.0"\nrequires-python = "==3.11.*"\n[[packages]]\nname = "a"\nversion = "1"\nwheels = [\n'
         '    { name = "a-1-py3-none-any.whl", size = 1, hashes = { sha256 = "00" } },\n]\n[[packages]]\nname = "b"\n'
         '[packages.tool]\nx.y = true\n[tool.x]\n', 'version = 1\n[[package]]\nname = "a"\nsource = { registry = "s" }\n'
         'dependencies = [\n    { name = "b", marker = "extra == \'x\'" },\n]\n[package.metadata]\nrequires-dist = []\n',
         'a."b.c".d = 1\r\n[[x]]\r\ny = """\r\none\\\r\n  two"""\r\n[[x.z]]\r\nw = -1_0.5e+3\r\n', "\n\n  \t a = 1  \n\tb=2", ""]
MARKS = "[]{}.,=#\"'\\ \t\n\r-+_:0189aezTZ\x00\x7f"


class Date(str):
    """A date or a time as it was written."""


def kept(read):
    return lambda match, *rest: (read(match, *rest), Date(match.group()))[1]


parser.match_to_datetime = kept(parser.match_to_datetime)
parser.match_to_localtime = kept(parser.match_to_localtime)


def shown(v):
    if isinstance(v, bool):
        return str(v).lower()
    if isinstance(v, Date):
        return "@" + v
    if isinstance(v, str):
        return '"' + v + '"'
    if isinstance(v, list):
        return "[" + ", ".join(map(shown, v)) + "]"
    if isinstance(v, dict):
        return "{" + ", ".join(f"{k}: {shown(x)}" for k, x in v.items()) + "}"
    return "#" + str(v)


class Float(float):
    """A float that keeps its spelling."""

    def __new__(cls, text):
        self = super().__new__(cls, text)
        self.text = text.replace("_", "")
        return self

    def __str__(self):
        return self.text


def read(text):
    try:
        return shown(tomllib.loads(text, parse_float=Float))
    except (tomllib.TOMLDecodeError, ValueError):
        return None


def beyond(text):
    """Integers that only Python can hold."""
    def walk(v):
        if isinstance(v, dict):
            return any(map(walk, v.values()))
        if isinstance(v, list):
            return any(map(walk, v))
        return isinstance(v, int) and not -2**63 <= v < 2**63
    try:
        return walk(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValueError):
        return False


def documents():
    for value in WORDS + SPACED + ESCAPES:
        yield f"a = {value}"
        yield f"a = [{value}]\nb = {{c = {value}, d = {value}}}\n"
    for key in KEYS:
        yield f"{key} = 1"
        yield f"[{key}]\n[[x.{key}]]\n{key}=1"
    yield from TABLES + WHOLE
    rng = random.Random(751)
    statements = [s for t in TABLES for s in t.split("\n")] + ["b.c=1", "c=1", "[b]", "[[b]]", "[a.c]", "b={}", "a=[]"]
    for _ in range(900):
        yield "\n".join(rng.choice(statements) for _ in range(rng.randint(2, 4)))
    samples = WHOLE + [f"a = {e}" for e in ESCAPES] + [f"a = {w}" for w in WORDS + SPACED]
    for _ in range(1600):
        text = list(rng.choice(samples))
        for _ in range(rng.randint(1, 2)):
            at = rng.randint(0, len(text))
            text[at:at + rng.randint(0, 1)] = rng.choice(MARKS)
        yield "".join(text)


def escaped(text):
    if text is None:
        return r"\N"
    for c, name in (("\\", "\\\\"), ("\t", r"\t"), ("\n", r"\n"), ("\r", r"\r")):
        text = text.replace(c, name)
    return text


print("text\ttree")
for document in dict.fromkeys(documents()):
    if not beyond(document):
        print(escaped(document), escaped(read(document)), sep="\t")
