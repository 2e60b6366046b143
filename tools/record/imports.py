#!/usr/bin/env python3
# imports.py - the import statements that Python's ast finds in sources: made up, and real ones
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/imports.tsv (text, imports) and tests/data/imports_files.tsv (path below a folder of
libraries, digest of the file, digest of its imports): nothing of a real file is recorded but these.

    imports.py                                 writes the first
    imports.py --files LIB...                  writes the second, of a sample of what lies below each LIB,
                                               whose folders are python3.N
    imports.py --compare READER FOLDER...      compares a reader ("READER FILE..." prints "FILE<TAB>imports",
                                               as tests/unit/test_imports does) on all sources, writes nothing

Imports are LINE:MODULE:NAME:sure, or maybe where the statement is in a function, a branch, a try or the
like; relative ones are left out. Wants Python 3.12 or newer, for its f-strings.
"""
import ast
import hashlib
import os
import random
import subprocess
import sys
import unicodedata
import warnings

import table

SNIPPETS = [
    "", "\n", "# import a\n", "import a", "import a\n", "import a.b.c", "import a as b", "import a.b as c, d, e . f as g\n",
    "from a import b", "from a.b import c as d, e", "from a import *", "from a import (b, c as d,)\n", "from a import (\n  b, # x\n  c,\n\n  d\n)\n",
    "from . import a", "from .a import b", "from .. import a; import b", "from ... import a\nfrom ....x import y\n",
    "from . import (a,\nb)\nimport c", "from a import b; import c; from d import e", "import a;", "import \\\n a\\\n  .b, \\\nc\n",
    "from \\\n a \\\n import \\\n b\n", "import a\r\nimport b\rimport c\n", "\ufeffimport a\n", "\fimport a\n", "\x0c  \x0cimport a\n",
    "'''import a'''\nimport b", '"""\nimport a\n"""\nimport b\n', "'import a'\nimport b", "x = 'a\\\nimport b'\nimport c\n", "'\\''; import a",
    "r'\\'; import a'\nimport b", "r'\\\\'; import a", "b'''import a''' ; import c", "rb'\\'' ; import a", "u'import a' ; import b",
    "'''\\''' import a ''' ; import b", "''; import a", "'' ''''''; import a", "'\"'; import a # '", "\"#\"; import a",
    "f'import a'; import b", "f'{x}'; import a", "f'{x!r:>{w}}'; import a", "f'{{import a'; import b", "f'{{{x}}}'; import a",
    "f'{x:{{1}}}'; import a", "f'{\"a\"}'; import b", "f'{'a'}'; import b", "f'{d['#']}'; import b", "f'{d[\"]\"]}'; import b",
    "f'{f'{f'{1}'}'}'; import a", "f'{x:%Y-%m-%d}'; import a", "f'{x:#x}'; import a", "f'{(lambda y: 1)}'; import a",
    "f'{ {1: 2}[1] }'; import a", "f'{x[1:2]}'; import a", "f'{x=}'; import a", "f'{x!=y}'; import a", "f'{x = !r:^20}'; import a",
    "f'\\N{EM DASH}'; import a", "f'\\{x}'; import a", "f'\\\\{x}'; import a", "rf'\\{x}'; import a", "rf'\\N{x}'; import a", "f'\\'{x}\\''; import a",
    "f'''\n{x}\nimport a\n'''; import b", "f'''{\nx # import a '}\n}'''; import b", "f'{x\n}'; import a", "f'''{x:\n}'''; import a", "f\"\"\"{'''a'''}\"\"\"; import b",
    "f'{x:{y:{z}}}'; import a", "f'}}'; import a", "F'{x}' f'{y}'; import a", "fR'\\{x}'; import a", "Rb'\\x'; import a",
    "x = (\nimport_a\n)\nimport b\n", "x = [1,\n2]\nimport b\n", "x = {\n# import a\n'k': 1}; import b", "f(a,\n  'import b')\nimport c",
    "def f():\n  import a\nimport b\n", "def f(): import a\nimport b", "def f():\n\n# x\n  import a\n# y\n\n\n  import b\nimport c",
    "class A:\n  import a\n  def f(self):\n    import b\n  import c\nimport d\n", "class A: import a; import b\n", "class A:\n class B:\n  import a\n",
    "try:\n import a\nexcept ImportError:\n import b\nelse:\n import c\nfinally:\n import d\n", "try: import a\nexcept: import b\n",
    "if x:\n import a\nelif y: import b\nelse:\n import c\n", "if x: import a; import b\nimport c", "with x:\n import a\n", "with x: import a",
    "for i in x: import a\nelse: import b", "while x:\n import a\n", "async def f():\n import a\n async with b: import c\n",
    "match x:\n case 1:\n  import a\n case _: import b\nimport c", "match = 1\ncase = 2\nimport a", "match[x]\nimport a",
    "class A(\n  B\n):\n  import a\n", "class A:\n  if x:\n    import a\n  import b\n", "if x:\n  class A:\n    import a\n", "@d\nclass A:\n  import a",
    "@d(\n x)\ndef f():\n  import a", "def f(\n  a, b\n): import c", "def f(a: int = 1) -> 'x': import c", "x: int\nimport a", "x = lambda: 1; import a",
    "x = a if b else c; import d", "raise A from b", "def f():\n yield from a\n import b\n", "def f(): yield from a; import b",
    "importx = 1", "x.import_", "from_ = 1; imports = 2", "print('from a import b')", "import a # b\n# import c", "import a, \\\n  b # c\n",
    "if x:\n\timport a\nimport b", "if x:\n        import a\n", "if x:\n\tif y:\n\t\timport a\n\timport b\nimport c\n", "if x:\n  import a\n\n  # c\nimport b",
    "if x:\n  pass\n  '''\nimport a\n'''\n  import b\n", "def f():\n  x = '''\n'''; import a\n", "if x:\n  y = (\n1)\n  import a\nimport b",
    "if x:\\\n  import a\nimport b", "x = 1 + \\\n  2\nimport a", "\\\nimport a", "  \\\n\nimport a\n", "import a\\\n\nimport b", "1 if x else 2; import a",
    "0x1f; 1_0.5e-3j; 1.; .5; import a", "1..real; import a", "0xfor x in y; import a", "x = 1if y else 2; import a", "...; import a", "a @ b; import c", "(a := 1); import b",
    "x = '''a''' '''b'''\nimport c", "x = ''''a'''\nimport c", "x = '''a\\\n'''\nimport c", "x = \"\"\"a\"\"b\"\"\"\nimport c", "print(*a, **b); import c",
    "from a import b as import_; import c", "from __future__ import annotations\nimport a", "from a.b .c import(d)\n", "from a import b,c\n", "from.a import b\nimport c", "from.import a\nimport b", "from ...a import(b\n)\nimport c",
    "import caf\u00e9.b\nx = 'na\u00efve'; import c", "type X = int; import a", "def f[T](x: T): import a", "class A[T]:\n import a", "global_ = 1\nimport a\n\n\n",
    "if x:\n import a\n  \n   # deeper\n import b\nimport c", "try:\n  pass\nexcept* A: import b", "del a; import b", "assert x, 'y: import z'; import a", "else_ = {'a': import_}; import b",
    "async def f():\n async for x in y: import a\n await z; import b", "x = [i for i in (1, 2) if i]; import a", "x = {i: j for i, j in k}; import a", "x[a:b]; import c", "x[a:\nb]; import c",
]

NAMES = ["a", "b1", "os", "np", "x_y", "fro", "im", "importer", "_z", "as_", "Klass"]


class Maker:
    """Programs by chance: statements, blocks and what may be mistaken for either."""

    def __init__(self, seed):
        self.chance = random.Random(seed)

    def pick(self, *choices):
        return self.chance.choice(choices)

    def gap(self):
        return self.pick(" ", " ", " ", "  ", "\t", " \\\n", "\\\n ")

    def name(self):
        return self.chance.choice(NAMES)

    def module(self):
        dot = self.pick(".", ".", ".", " . ")
        return dot.join(self.name() for _ in range(self.pick(1, 1, 1, 2, 3)))

    def alias(self):
        return self.pick("", "", self.gap() + "as" + self.gap() + self.name())

    def statement(self):
        kind = self.chance.randrange(4)
        if kind == 0:
            return "import" + self.gap() + ", ".join(
                self.module() + self.alias() for _ in range(self.pick(1, 1, 2)))
        if kind == 1:
            start = "from" + self.gap() + self.pick("", "", "", ".", "..") + self.module() + self.gap() + "import"
            names = [self.name() + self.alias() for _ in range(self.pick(1, 2, 3))]
            return start + self.pick(" " + ", ".join(names), "(" + ",\n".join(names) + ",)",
                                     " (  # " + self.noise() + "\n" + " ,".join(names) + "\n)")
        return self.other()

    def noise(self):
        return self.pick("import n", "from n import m", "'", '"', "\\", "(", "}", "#", '"""', "é", ": import n", "; import n")

    def text(self):
        quote = self.pick("'", '"', "'''", '"""')
        body = self.noise().replace("\\", "\\\\").replace(quote[0], "\\" + quote[0])
        if len(quote) == 3:
            body += self.pick("", "\n" + self.noise().replace("\\", "\\\\").replace(quote[0], "\\" + quote[0]))
        return self.pick("", "", "r", "b", "u", "Rb").replace("b" if "é" in body else "-", "") + quote + body + quote

    def field(self):
        quote = self.pick("'", '"', "'''", '"""')
        inner = self.pick("a", "a!r", "a:>5", "a:{b1}.{os}", "a[{1: 2}[1]]", "a=", "(lambda: 1)()", "d['k']", 'd["#"]',
                          "f'{a}'", "', '.join(x)", "a:%H:%M", "{*x}", "a != b1")
        return self.pick("f", "F", "fr", "rF") + quote + self.pick("", "{{", "#", "import n ") + "{" + inner + "}" + self.pick(
            "", "}}", "{b1}", " ;") + quote

    def other(self):
        return self.pick("pass", "x = " + self.text(), "x = " + self.field(), self.text(), "x = (\n" + self.text() + ")",
                         "y: int = [1,\n # " + self.noise() + "\n2]", "z = a[1:2]", "f(lambda: a, b=" + self.field() + ")", "raise a from b1",
                         "x = 1 + \\\n 2", "im.port = fro.m")

    def line(self):
        return "; ".join(self.statement() for _ in range(self.pick(1, 1, 1, 2))) + self.pick("", "", "  # " + self.noise(), " ;")

    def head(self):
        return self.pick("def f(a, b1=(1,\n 2)):", "class A:", "class A(a,\n b1): # " + self.noise(), "if a:", "while a[1:2]:", "for a in b1:",
                         "with a as b1, f" + "'{x}':", "async def f() -> " + self.pick("int", "'x'") + ":", "class B: ", "try:")

    def block(self, indent, depth):
        out = []
        for _ in range(self.pick(1, 2, 2, 3)):
            if self.pick(0, 0, 1):
                out.append(self.pick("", indent + "# " + self.noise(), "    ", "# " + self.noise()))
            if depth < 4 and self.pick(0, 1):
                head = self.head()
                if self.pick(0, 0, 0, 1) and "#" not in head:
                    out.append(indent + head + " " + self.line())
                else:
                    out.append(indent + head)
                    out.extend(self.block(indent + self.pick(" ", "    ", "\t"), depth + 1))
                if head == "try:":
                    out.append(indent + self.pick("except a: ", "finally: ") + self.line())
            else:
                out.append(indent + self.line())
        return out

    def program(self):
        return "\n".join(self.block("", 0)) + self.pick("", "\n", "\n\n")


def find(tree):
    """In the order of the text, as (line, module, name, sure)."""
    out = []

    def walk(node, sure):
        if isinstance(node, ast.Import):
            out.extend((node.lineno, each.name, "", sure) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            out.extend((node.lineno, node.module, each.name, sure) for each in node.names)
        for child in ast.iter_child_nodes(node):
            walk(child, sure and isinstance(node, (ast.Module, ast.ClassDef)))

    walk(tree, True)
    return " ".join("%d:%s:%s:%s" % (line, module, name, "sure" if sure else "maybe") for line, module, name, sure in out)


def read(source):
    """Of text or of bytes; None where it is not Python to this one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return find(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def write_snippets():
    rows = []
    for text in SNIPPETS + [Maker(seed).program() for seed in range(600)]:
        found = read(text.encode())
        if found is not None and len(text) < 600:
            rows.append((text, found))
    table.write("imports.tsv", "text imports", rows)


def sources(folder):
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(".py"):
                yield os.path.join(here, name)


def bytes_of(path):
    with open(path, "rb") as source:
        return source.read()


def short(data):
    return hashlib.sha256(data).hexdigest()[:16]


def write_files(folders):
    rows = []
    for folder in folders:
        some = [p for p in sources(folder) if os.path.relpath(p, folder).startswith("python3")]
        for path in random.Random(1).sample(some, min(len(some), 2400 // len(folders))):
            data = bytes_of(path)
            found = read(data)
            if found and found.isascii():
                rows.append((os.path.relpath(path, folder), short(data), short(found.encode())))
    table.write("imports_files.tsv", "path file imports", sorted(rows))


def compare(reader, folders):
    count = differ = 0
    for folder in folders:
        paths = [p for p in sources(folder) if "\n" not in p and "\t" not in p]
        for at in range(0, len(paths), 500):
            part = paths[at:at + 500]
            answers = subprocess.run([reader, *part], stdout=subprocess.PIPE, check=True).stdout.decode("utf-8", "replace")
            for path, line in zip(part, answers.splitlines()):
                found = read(bytes_of(path))
                if found is None:
                    continue
                count += 1
                got = unicodedata.normalize("NFKC", line.partition("\t")[2])
                if got != found:
                    differ += 1
                    print("%s:\n  ast    %s\n  reader %s" % (path, found[:300], got[:300]))
    print("%d files, %d differ" % (count, differ))
    return differ


def main():
    arguments = sys.argv[1:]
    del sys.argv[1:]
    if arguments[:1] == ["--compare"]:
        sys.exit(compare(arguments[1], arguments[2:]) > 0)
    if arguments[:1] == ["--files"]:
        write_files(arguments[1:])
    else:
        write_snippets()


main()
