#!/usr/bin/env python3
# make_wheels.py - a folder of tiny wheels for the scenarios: make_wheels.py DIR [COUNT]
# SPDX-License-Identifier: Apache-2.0
"""alpha needs beta, brings a program and is imported at start; gamma and delta contradict each other about beta; setuptools
is there with pkg_resources and without, and epsilon wants the latter; many depends on COUNT packages many-N of a
hundred modules each, so that its installation takes a while."""
import base64
import hashlib
import os
import sys
import zipfile


def record_line(name, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return "%s,sha256=%s,%d\n" % (name, digest.decode(), len(text.encode()))


def make(folder, name, version, requires=(), scripts=(), modules=(), start=False, beside=()):
    module = name.replace("-", "_")
    info = "%s-%s.dist-info" % (module, version)
    text = "import sys\n__version__ = %r\n\n\ndef main():\n    print(%r, sys.prefix)\n" % (version, name)
    files = {module + ".py": text}
    for each in beside:
        files[each + ".py"] = text
    for each in modules:
        files["%s_pkg/%s.py" % (module, each)] = "value = %r\n" % each
    if start:  # imported at every start of the interpreter, as setuptools does it
        files[module + "_start.pth"] = "import %s_start\n" % module
        files[module + "_start.py"] = text
    files[info + "/METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n%s" % (
        name, version, "".join("Requires-Dist: %s\n" % r for r in requires))
    files[info + "/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    if scripts:
        files[info + "/entry_points.txt"] = "[console_scripts]\n" + "".join(
            "%s = %s:main\n" % (s, module) for s in scripts)
    files[info + "/RECORD"] = "".join(record_line(k, v) for k, v in files.items()) + info + "/RECORD,,\n"
    path = os.path.join(folder, "%s-%s-py3-none-any.whl" % (module, version))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in files.items():
            archive.writestr(zipfile.ZipInfo(each, (2020, 1, 1, 0, 0, 0)), content)


def main():
    folder, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    os.makedirs(folder, exist_ok=True)
    make(folder, "alpha", "1.0", ["beta>=1"], ["alpha-run"], start=True)
    for version in ("1.0", "2.0", "3.0"):
        make(folder, "beta", version)
    make(folder, "gamma", "1.0", ["beta<2"])
    make(folder, "delta", "1.0", ["beta>2"])
    make(folder, "setuptools", "80.0", beside=["pkg_resources"])
    make(folder, "setuptools", "82.0")
    make(folder, "epsilon", "1.0", ["setuptools>81"])
    names = ["many-%d" % i for i in range(count)]
    for name in names:
        make(folder, name, "1.0", modules=["m%d" % i for i in range(100)])
    make(folder, "many", "1.0", names)


main()
