# requirements.py - records names, requirements and markers; needs packaging 26.3
# SPDX-License-Identifier: Apache-2.0
#
# usage: python requirements.py [FOLDER]
import random

import table
from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, is_normalized_name

rng = random.Random(508)


def environment(version, machine="x86_64", system="Linux", implementation="cpython", extra="", full=None):
    plain = version.split("rc")[0].rstrip("+")
    return {
        "implementation_name": implementation,
        "implementation_version": version.rstrip("+"),
        "os_name": "nt" if system == "Windows" else "posix",
        "platform_machine": machine,
        "platform_python_implementation": {"cpython": "CPython", "pypy": "PyPy"}[implementation],
        "platform_release": {"Linux": "6.1.0-9-cloud", "Windows": "11", "Darwin": "24.1.0"}[system],
        "platform_system": system,
        "platform_version": "#1 SMP made up",
        "python_full_version": full or version,
        "python_version": ".".join(plain.split(".")[:2]),
        "sys_platform": {"Linux": "linux", "Windows": "win32", "Darwin": "darwin"}[system],
        "extra": extra,
    }


ENVIRONMENTS = {
    "own-37": environment("3.7.16"),
    "own-310": environment("3.10.13"),
    "own-311-arm": environment("3.11.7", machine="aarch64"),
    "own-312-extra": environment("3.12.1", extra="Big_Data"),
    "own-313-untagged": environment("3.13.0+"),
    "own-314rc": environment("3.14.0rc2"),
    "own-310-windows": environment("3.10.4", machine="AMD64", system="Windows"),
    "own-312-mac": environment("3.12.8", machine="arm64", system="Darwin"),
    "own-310-pypy": environment("3.10.14", implementation="pypy"),
}
VALUES = {
    "python_version": ["2.7", "3", "3.7", "3.8", "3.10", "3.10.*", "3.12", "4", "3.*", "three", "3.9.0", "2.7, 3.10", ""],
    "python_full_version": ["3.7.16", "3.10.0", "3.11.7", "3.13.0", "3.14.0rc1", "3.13.0+", "3.13.0+local", "x"],
    "implementation_version": ["3.10.13", "3.12", "7.3"],
    "platform_release": ["6.1", "5", "11", "24.1.0", "6.1.0-9-cloud", "cloud"],
    "os_name": ["posix", "nt", "java", "os_name"],
    "os.name": ["posix", "nt"],
    "sys_platform": ["linux", "win32", "darwin", "linux2 linux"],
    "sys.platform": ["linux"],
    "platform_machine": ["x86_64", "aarch64", "arm64 aarch64", "AMD64", ""],
    "platform.machine": ["x86_64"],
    "platform_system": ["Linux", "Windows", "Darwin", "LINUX"],
    "platform_version": ["#1", "1.0"],
    "platform.version": ["SMP"],
    "platform_python_implementation": ["CPython", "PyPy"],
    "python_implementation": ["CPython", "PyPy", "cpython"],
    "implementation_name": ["cpython", "pypy"],
    "extra": ["big-data", "Big.Data", "test", "", "a__b"],
    "extras": ["Foo_Bar"],
    "dependency_groups": ["dev"],
}
OPERATORS = ["==", "==", "!=", "<", "<=", ">", ">=", "~=", "===", "in", "not in", "not  in"]


def blank():
    return rng.choice(["", " ", " ", " ", "  ", "\t"])


def quoted(text):
    quote = rng.choice("\"'")
    if rng.random() < 0.04:
        text = rng.choice(["\\x6c" + text, text + "\\n", text + "\\", "\\101", text + "\\q", "a\\\"b", "\\u00e9", text + "\n"])
    return quote + text + quote


def comparison():
    variable = rng.choice(list(VALUES)[:2] * 4 + list(VALUES))
    value = quoted(rng.choice(VALUES[variable]))
    op = rng.choice(OPERATORS)
    gap = " " if op[0] in "in" else blank()
    left, right = (value, variable) if rng.random() < 0.2 else (variable, value)
    if rng.random() < 0.02:
        right = rng.choice(list(VALUES))
    if rng.random() < 0.02:
        left, right = quoted("posix"), quoted(rng.choice(["posix", "os_name"]))
    return left + gap + op + gap + right


def marker(depth=0):
    parts = []
    for i in range(rng.choice([1, 1, 1, 2, 2, 3])):
        if i:
            parts.append(rng.choice([" and ", " or ", " and", ") or "[1:]]))
        inner = marker(depth + 1) if depth < 4 and rng.random() < 0.25 else None
        if inner is not None:
            parts.append("(" + blank() + inner + blank() + ")")
        else:
            parts.append((" " if parts and not parts[-1].endswith(" ") else "") + comparison())
    return "".join(parts)


def damaged(text):
    at = rng.randrange(len(text) + 1)
    extra = rng.choice(["(", ")", "'", "\"", " ", ";", ",", "x", "=", "and ", " or", "\n", "[", "]", "@", ".", "not ", "\u00e9", "\\"])
    return rng.choice([text[:at] + extra + text[at:], text[:at] + text[at + 1:], text[:at], text + extra])


def plain(text):
    """Is it free of what we escape in a printed marker and the reference does not?"""
    return "\\" not in text and text.isprintable()


def marker_rows():
    for _ in range(2000):
        text = marker()
        if rng.random() < 0.12:
            text = damaged(text)
        name = rng.choice(list(ENVIRONMENTS))
        try:
            m = Marker(text)
            shown = str(m)
        except (InvalidMarker, ValueError):
            yield text, "-", "invalid", None
            continue
        if not plain(shown):
            continue
        try:
            truth = str(m.evaluate(ENVIRONMENTS[name])).lower()
        except UndefinedComparison:
            truth = "undefined_comparison"
        except UndefinedEnvironmentName:
            truth = "undefined_name"
        yield text, name, truth, shown


def name():
    return rng.choice(["numpy", "Scikit_Learn", "zope.interface", "a", "A1", "x--y", "ruamel.yaml.clib", "PyYAML", "py_", "2to3"])


def extras():
    some = [rng.choice(["all", "Test", "s3", "a.b", "c_d", "all"]) for _ in range(rng.randrange(4))]
    return "[" + blank() + (blank() + "," + blank()).join(some) + blank() + "]"


def specifiers():
    some = [rng.choice(["==1.0", ">=2", "< 3", "!=1.5.*", "~=1.4.2", "===2.0-beta", "==1.0+cu118", "> 1!0", "<=2.0rc1", ">=1.*",
                        "==v2"]) for _ in range(rng.choice([1, 1, 2, 3]))]
    text = (blank() + "," + blank()).join(some) + rng.choice(["", "", "", ","])
    return "(" + blank() + text + blank() + ")" if rng.random() < 0.2 else text


def requirement():
    text = blank() + name() + blank()
    if rng.random() < 0.3:
        text += extras() + blank()
    if rng.random() < 0.2:
        text += "@" + blank() + rng.choice(["https://example.com/a-1.0.zip", "git+ssh://git@example.com/x/y.git@v1#egg=y",
                                            "file:///tmp/a.whl", "./local", "https://example.com/a.whl#sha256=00ff"])
        if rng.random() < 0.5:
            text += rng.choice([" ;", ";", " ; "]) + marker(3)
        return text
    if rng.random() < 0.75:
        text += specifiers() + blank()
    if rng.random() < 0.4:
        text += ";" + blank() + marker(2)
    return text


def requirement_rows():
    for _ in range(1500):
        text = requirement()
        if rng.random() < 0.25:
            text = damaged(text)
        try:
            r = Requirement(text)
            row = (text, "valid", r.name, canonicalize_name(r.name), ",".join(sorted(r.extras)), str(r.specifier), r.url,
                   None if r.marker is None else str(r.marker), str(r))
        except (InvalidRequirement, ValueError):
            row = (text, "invalid") + (None,) * 7
        if row[1] == "invalid" or plain(row[8]):
            yield row


def name_rows():
    for _ in range(150):
        text = "".join(rng.choice("aZ09.-_q") for _ in range(rng.randrange(1, 9)))
        yield text, canonicalize_name(text), int(is_normalized_name(text))


table.write("marker_env.tsv", "name variable value", ((n, k, v) for n, e in ENVIRONMENTS.items() for k, v in e.items()))
table.write("marker.tsv", "marker env result normalized", marker_rows())
table.write("requirement_parse.tsv", "input verdict name canonical_name extras specifier url marker normalized",
            requirement_rows())
table.write("name.tsv", "input canonical is_normalized", name_rows())
