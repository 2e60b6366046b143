#!/usr/bin/env python3
# make_wheels.py - tiny wheels for the scenarios: make_wheels.py DIR [COUNT], make_wheels.py --odd DIR
# SPDX-License-Identifier: Apache-2.0
"""alpha needs beta, brings a program and is imported at start; gamma and delta contradict each other about beta; setuptools
is there with pkg_resources and without, and epsilon wants the latter; many depends on COUNT packages many-N of a
hundred modules each, so that its installation takes a while.
--odd: wheels that use all an installer has to know."""
import base64
import hashlib
import os
import sys
import zipfile


def record_line(name, text):
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    shown = '"%s"' % name.replace('"', '""') if "," in name or '"' in name else name
    return "%s,sha256=%s,%d\n" % (shown, digest.decode(), len(text.encode()))


def pack(path, info, files, executable=(), record=None, method=zipfile.ZIP_DEFLATED):
    """files: name to text. What is listed may be told from what is there by `record`."""
    listed = files if record is None else record
    files[info + "/RECORD"] = "".join(record_line(k, v) for k, v in listed.items()) + info + "/RECORD,,\n"
    with zipfile.ZipFile(path, "w", method) as archive:
        for each, content in files.items():
            member = zipfile.ZipInfo(each, (2020, 1, 1, 0, 0, 0))
            member.external_attr = (0o100755 if each in executable else 0o100644) << 16
            archive.writestr(member, content)


def base(name, version, entry_points="", purelib="true"):
    info = "%s-%s.dist-info" % (name, version)
    files = {
        info + "/METADATA": "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version),
        info + "/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: %s\nTag: py3-none-any\n" % purelib,
    }
    if entry_points:
        files[info + "/entry_points.txt"] = entry_points
    return info, files


def odd(folder):
    main = "import sys\n\n\ndef main():\n    print('main', sys.argv[1:], sys.prefix)\n\n\nclass Tool:\n    run = staticmethod(main)\n"
    info, files = base("Odd_One", "1.0", "# what is run\n[console_scripts]\nodd = odd.cli:main\nodd-2.x=odd.cli:Tool.run [extra]\n\n"
                       "[gui_scripts]\nodd-window = odd.cli:main\n\n[other.group]\nx = some.module\n", "false")
    data = "Odd_One-1.0.data/"
    files.update({
        "odd/__init__.py": "",
        "odd/cli.py": main,
        "odd/bad.py": "this is no Python\n",
        "odd/tests/test_x.py": "x = 1\n",
        "odd/data.bin": "\0" * 70000,
        "odd/tool.sh": "#!/bin/sh\n",
        "odd/\u00fcn\u00ef \u65e5.txt": "x\n",
        "odd/a,b.txt": "comma\n",
        "odd_start.pth": "# a comment\n",
        "shared/one.py": "x = 1\n",
        data + "purelib/odd/pure.py": "x = 'pure'\n",
        data + "platlib/odd/plat.py": "x = 'plat'\n",
        data + "scripts/odd-script": "#!python -u\nimport odd.cli\nodd.cli.main()\n",
        data + "scripts/odd-shell": "#!/bin/sh\necho shell\n",
        data + "scripts/odd": "#!python\nraise SystemExit('an old stand-in')\n",
        data + "headers/odd.h": "/* odd */\n",
        data + "headers/sub/odd2.h": "/* odd */\n",
        data + "data/share/odd/data.txt": "data\n",
        data + "data/etc/odd.cfg": "cfg\n",
    })
    scripts = [data + "scripts/" + s for s in ("odd-script", "odd-shell", "odd")]
    pack(folder + "/Odd_One-1.0-py3-none-any.whl", info, files, scripts + ["odd/tool.sh"])
    for name, text in (("part_a", "a = 1\n"), ("part_b", "b = 1\n")):  # a namespace, and a file that both have
        info, files = base(name, "2.0")
        files.update({"shared/deep/%s.py" % name: text, "shared/deep/same.py": "same = 1\n"})
        pack(folder + "/%s-2.0-py3-none-any.whl" % name, info, files)
    for name in ("clash_a", "clash_b"):
        info, files = base(name, "1.0")
        files["clash/__init__.py"] = "name = %r\n" % name
        pack(folder + "/%s-1.0-py3-none-any.whl" % name, info, files)
    info, files = base("both_cases", "1.0")  # names that some file systems take for one
    files.update({"cases/Name.py": "x = 1\n", "cases/name.py": "x = 2\n"})
    pack(folder + "/both_cases-1.0-py3-none-any.whl", info, files)
    info, files = base("both_forms", "1.0")
    files.update({"forms/\u00e9.py": "x = 1\n", "forms/e\u0301.py": "x = 2\n"})
    pack(folder + "/both_forms-1.0-py3-none-any.whl", info, files)
    big = "".join("%d\n" % i for i in range(1400000))  # more than is held in memory as a whole
    for name, text, method in (("big", big, zipfile.ZIP_DEFLATED), ("big_stored", big, zipfile.ZIP_STORED),
                               ("big_wrong", big[:-2] + "x\n", zipfile.ZIP_DEFLATED)):
        info, files = base(name, "1.0")
        listed = dict(files, **{"%s.so" % name: big})
        files["%s.so" % name] = text
        pack(folder + "/%s-1.0-py3-none-any.whl" % name, info, files, ["%s.so" % name], listed, method)
    info, files = base("old_one", "1.0")
    listed = dict(files)
    files["old_one.py"] = "x = 1\n"
    pack(folder + "/old_one-1.0-py3-none-any.whl", info, files, record=listed)


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
    pack(os.path.join(folder, "%s-%s-py3-none-any.whl" % (module, version)), info, files)


def main():
    if sys.argv[1] == "--odd":
        os.makedirs(sys.argv[2], exist_ok=True)
        return odd(sys.argv[2])
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
