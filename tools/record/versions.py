# versions.py - records versions and specifiers; needs packaging 26.3
# SPDX-License-Identifier: Apache-2.0
#
# usage: python versions.py [FOLDER]
import random

import table
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_version
from packaging.version import InvalidVersion, Version

rng = random.Random(440)
SEPARATORS = ["", "", ".", "-", "_"]


def number():
    kind = rng.random()
    if kind < 0.75:
        return str(rng.randrange(0, 13))
    if kind < 0.9:
        return rng.choice(["00", "007", "010", "2024", "18446744073709551616", "18446744073709551615"])
    return str(rng.randrange(10 ** rng.randrange(1, 40)))


def word(words):
    text = rng.choice(SEPARATORS) + rng.choice(words) + rng.choice(SEPARATORS)
    text += rng.choice(["", number(), number()])
    return text.upper() if rng.random() < 0.1 else text


def version(local=True):
    text = "v" if rng.random() < 0.05 else ""
    if rng.random() < 0.08:
        text += number() + "!"
    text += ".".join(number() for _ in range(rng.choice([1, 2, 2, 3, 3, 4, 6])))
    if rng.random() < 0.3:
        text += word(["a", "b", "c", "rc", "alpha", "beta", "pre", "preview"])
    if rng.random() < 0.25:
        text += "-" + number() if rng.random() < 0.3 else word(["post", "rev", "r"])
    if rng.random() < 0.2:
        text += word(["dev"])
    if local and rng.random() < 0.2:
        parts = [rng.choice([number(), "abc", "Cuda", "cu118", "0a", "ubuntu"]) for _ in range(rng.randrange(1, 4))]
        text += "+" + parts[0] + "".join(rng.choice(".-_") + part for part in parts[1:])
    return text


def damaged(text):
    at = rng.randrange(len(text) + 1)
    extra = rng.choice([".", "-", "+", "!", "*", " ", "_", "x", "..", "dev", "\u0661", "\u00a0", "\n", "1", "="])
    return rng.choice([text[:at] + extra + text[at:], text[:at] + text[at + 1:], text[:at], extra + text, text + extra])


def parsed(text):
    try:
        v = Version(text)
    except InvalidVersion:
        return (text, "invalid") + (None,) * 9
    pre = None if v.pre is None else "".join(map(str, v.pre))
    return (text, "valid", str(v), v.epoch, ".".join(map(str, v.release)), pre, v.post, v.dev, v.local,
            int(v.is_prerelease), canonicalize_version(v))


def parse_rows():
    for _ in range(900):
        text = version()
        yield parsed(text)
        yield parsed(damaged(text))
    for text in ("", " ", "v", "1.0 ", "\t1.0\n", "\u2003 1.0", "1!", "!1", "1..0", "1.0+", "1.0+a..b", "1.0.post.dev",
                 "1.0--1", "1.0-a", "1.0a-", "1.0a.post", "1.0.r-1", "1_0", "1.0pre_view"):
        yield parsed(text)


def order_rows():
    base = [version() for _ in range(260)]
    for text in list(base):
        base += [text + ".0", text + "+1", text.replace("a", "b"), text + ".dev0"]
    valid = []
    for text in base:
        try:
            valid.append(Version(text) and text)
        except InvalidVersion:
            pass
    for _ in range(2500):
        left, right = rng.choice(valid), rng.choice(valid)
        if rng.random() < 0.5:
            at = valid.index(left)
            right = valid[min(len(valid) - 1, at + rng.randrange(4))]
        yield left, right, (Version(left) > Version(right)) - (Version(left) < Version(right))


FIXED = ["1.0", "1", "1.0.0", "1.1", "1.0.1", "1.0.post1", "1.0.post1.dev2", "1.0.dev3", "1.0a1", "1.0b2.post3", "1.0rc1",
         "1.0rc1.dev1", "1.0+local", "1.0+local.2", "1.0.post1+x", "2.0", "2.0a1", "1!1.0", "0.9", "1.10", "1.2.3", "1.2.4.dev1",
         "0", "0.0.dev0"]


def specifier():
    op = rng.choice(["==", "!=", ">=", "<=", ">", "<", "~=", "===", "==", ">="])
    text = rng.choice(FIXED) if rng.random() < 0.7 else version(op in ("==", "!="))
    if op in ("==", "!=") and rng.random() < 0.3:
        text = ".".join(rng.choice(["0", "1", "2", "10"]) for _ in range(rng.randrange(1, 4))) + ".*"
    return rng.choice(["", "", "", " "]) + op + rng.choice(["", "", " "]) + text + rng.choice(["", "", " "])


def specifier_set():
    return ",".join(specifier() for _ in range(rng.choice([0, 1, 1, 1, 2, 2, 3])))


def valid_set():
    while True:
        text = specifier_set()
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            continue
        return text


def specifier_rows():
    for _ in range(900):
        text = specifier_set()
        if rng.random() < 0.35 and text:
            text = damaged(text)
        try:
            s = SpecifierSet(text)
        except InvalidSpecifier:
            yield text, "invalid", None
        else:
            yield text, "valid", str(s)


def candidate():
    return rng.choice(FIXED) if rng.random() < 0.75 else rng.choice([version(), "nonsense", " 1.0", "1.0 "])


PRE = {"none": None, "true": True, "false": False}


def contains_rows():
    for _ in range(2600):
        text, item, pre = valid_set(), candidate(), rng.choice(list(PRE))
        yield text, item, pre, int(SpecifierSet(text).contains(item, prereleases=PRE[pre]))


table.write("version_parse.tsv",
            "input verdict normalized epoch release pre post dev local is_prerelease canonical_stripped", parse_rows())
table.write("version_order.tsv", "left right cmp", order_rows())
table.write("specifier_parse.tsv", "input verdict normalized", specifier_rows())
table.write("specifier_contains.tsv", "specifier version prereleases contains", contains_rows())
