#!/usr/bin/env python3
# make_sdists.py - source distributions and a build backend for the scenarios of builds: make_sdists.py DIR
# SPDX-License-Identifier: Apache-2.0
"""Every source is built by BACKEND, as project.json beside it says: it lies in the source itself, or is the
setuptools of DIR, which is nothing else. What it was allowed to do is told by the module of the wheel it makes."""
import io
import json
import os
import sys
import tarfile
import zipfile

BACKEND = '''
import json, os, socket, sys, time, zipfile


def project():
    with open("project.json") as f:
        return json.load(f)


def info(p):
    return "%s-%s.dist-info" % (p["name"].replace("-", "_"), p["version"])


def metadata(p):
    lines = ["Metadata-Version: 2.1", "Name: " + p.get("calls_itself", p["name"]), "Version: " + p["version"]]
    return "\\n".join(lines + ["Requires-Dist: " + r for r in p.get("needs", [])]) + "\\n"


def get_requires_for_build_wheel(config_settings=None):
    return project().get("asks", [])


def prepare_metadata(folder, config_settings=None):
    p = project()
    if p["prepare"] == "fails":
        raise RuntimeError("nobody was to ask")
    os.makedirs(os.path.join(folder, info(p)))
    with open(os.path.join(folder, info(p), "METADATA"), "w") as f:
        f.write(metadata(p))
    return info(p)


if "prepare" in project():
    prepare_metadata_for_build_wheel = prepare_metadata


def attempt(action):
    try:
        action()
    except OSError as e:
        return type(e).__name__ + " " + str(e.errno)
    return "done"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    p = project()
    told = {"HOME": os.environ["HOME"], "TOKEN": os.environ.get("MY_TOKEN", ""), "executable": sys.executable}
    if "imports" in p:
        __import__(p["imports"])
    if "fails" in p:
        print("to build is to err")
        raise RuntimeError(p["fails"])
    if "writes" in p:
        told["outside"] = attempt(lambda: open(p["writes"], "w").close())
        told["tools"] = attempt(lambda: os.chmod(os.path.dirname(sys.executable) + "/../pyvenv.cfg", 0o600))
        told["inside"] = attempt(lambda: open(os.path.join(os.environ["HOME"], "x"), "w").close())
    if "connects" in p:
        told["network"] = attempt(lambda: socket.create_connection(("127.0.0.1", p["connects"]), 5))
    if "marks" in p:
        open(p["marks"], "w").close()
        time.sleep(p["sleeps"])
    if "prints" in p:
        for _ in range(p["prints"]):
            print("x" * (1 << 20))
    name = p.get("makes", "%s-%s-py3-none-any.whl" % (p["name"].replace("-", "_"), p["version"]))
    files = {
        p["name"].replace("-", "_") + ".py": "told = %r\\n" % told,
        info(p) + "/METADATA": metadata(p),
        info(p) + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[info(p) + "/RECORD"] = "".join("%s,,\\n" % f for f in files) + info(p) + "/RECORD,,\\n"
    if "links" in p:
        os.symlink(p["links"], os.path.join(folder, name))
        return name
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name
'''
IN_TREE = '[build-system]\nrequires = %s\nbuild-backend = "mini.backend"\nbackend-path = ["."]\n'


def add(archive, path, text):
    member = tarfile.TarInfo(path)
    member.size = len(text.encode())
    archive.addfile(member, io.BytesIO(text.encode()))


def pack(folder, name, version, requires=(), files=(), suffix=".tar.gz", in_tree=True, **project):
    project.update(name=name, version=version)
    root = "%s-%s" % (name, version)
    content = {"project.json": json.dumps(project)}
    if in_tree:
        content["pyproject.toml"] = IN_TREE % json.dumps(list(requires))
        content["mini/__init__.py"] = ""
        content["mini/backend.py"] = BACKEND
    content.update(files)
    path = os.path.join(folder, root + suffix)
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for each, text in content.items():
                archive.writestr(root + "/" + each, text)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for each, text in content.items():
                add(archive, root + "/" + each, text)


def wheel(folder, name, version, files):
    info = "%s-%s.dist-info" % (name, version)
    files = dict(files)
    files[info + "/METADATA"] = "Metadata-Version: 2.1\nName: %s\nVersion: %s\n" % (name, version)
    files[info + "/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    import base64
    import hashlib
    lines = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append("%s,sha256=%s,%d\n" % (path, digest, len(text.encode())))
    files[info + "/RECORD"] = "".join(lines) + info + "/RECORD,,\n"
    with zipfile.ZipFile(os.path.join(folder, "%s-%s-py3-none-any.whl" % (name, version)), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


def info(name, version, *lines):
    return {"PKG-INFO": "Metadata-Version: 2.2\nName: %s\nVersion: %s\n%s" % (
        name, version, "".join(line + "\n" for line in lines))}


def main():
    folder, outside, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
    os.makedirs(folder, exist_ok=True)
    for version in ("1.0", "2.0"):
        wheel(folder, "beta", version, {"beta.py": "x = 1\n"})
    wheel(folder, "helper", "1.0", {"helper.py": "x = 1\n"})
    wheel(folder, "wheel", "1.0", {"wheel.py": "x = 1\n"})
    for version in ("80.0", "82.0"):
        wheel(folder, "setuptools", version, {
            "setuptools/__init__.py": "",
            "setuptools/build_meta.py": BACKEND + "\n__legacy__ = sys.modules[__name__]\n"
            "if %r == '82.0':\n    raise ImportError('too new for a setup.py')\n" % version})
    pack(folder, "intree", "1.0", needs=["beta<2"], prepare="works")
    pack(folder, "legacy", "1.0", needs=["beta"], in_tree=False, files={"setup.py": ""})
    pack(folder, "zipped", "1.0", suffix=".zip")
    pack(folder, "asking", "1.0", asks=["helper>=1"], imports="helper")
    pack(folder, "asking-much", "1.0", asks=["helper @ file:///etc/passwd"])
    pack(folder, "requiring-much", "1.0", requires=["helper @ https://127.0.0.1/helper-1.0-py3-none-any.whl"])
    pack(folder, "settled", "1.0", needs=["beta<2"], prepare="fails",
         files=info("settled", "1.0", "Requires-Dist: beta<2"))
    pack(folder, "unsettled", "1.0", needs=["beta<2"], prepare="works",
         files=info("unsettled", "1.0", "Dynamic: Requires-Dist", "Requires-Dist: beta>2"))
    pack(folder, "liar", "1.0", calls_itself="beta", prepare="works")
    pack(folder, "late-liar", "1.0", makes="beta-1.0-py3-none-any.whl")
    pack(folder, "no-wheel", "1.0", makes="../no_wheel-1.0-py3-none-any.whl")
    pack(folder, "foreign", "1.0", makes="foreign-1.0-cp27-cp27m-win32.whl")
    pack(folder, "linking", "1.0", links="/etc/passwd")
    pack(folder, "broken", "1.0")
    pack(folder, "broken", "2.0", fails="the compiler is out for lunch")
    pack(folder, "only-broken", "1.0", fails="the compiler is out for lunch")
    for version in range(1, 10):
        pack(folder, "in-vain", "%d.0" % version, fails="the compiler is too new")
    pack(folder, "free", "1.0", writes=os.path.join(outside, "written"), connects=port)
    pack(folder, "outer", "1.0", requires=["inner"], imports="inner")
    pack(folder, "inner", "1.0", requires=["innermost"], imports="innermost")
    pack(folder, "innermost", "1.0")
    pack(folder, "cycle-a", "1.0", requires=["cycle-b"])
    pack(folder, "cycle-b", "1.0", requires=["cycle-a"])
    for i in range(8):
        pack(folder, "deep-%d" % i, "1.0", requires=["deep-%d" % (i + 1)] if i < 7 else [])
    pack(folder, "slow", "1.0", marks="slow", sleeps=2)
    pack(folder, "chatty", "1.0", prints=32)
    pack(folder, "both", "1.0")
    wheel(folder, "both", "1.0", {"both.py": "told = 'a wheel'\n"})
    pack(folder, "nothing", "1.0", in_tree=False)
    pack(folder, "climbing", "1.0", files={"pyproject.toml": IN_TREE.replace('["."]', '["../.."]') % "[]"})
    with tarfile.open(os.path.join(folder, "escaping-1.0.tar.gz"), "w:gz") as archive:
        add(archive, "escaping-1.0/setup.py", "")
        add(archive, "escaping-1.0/../../outside.py", "")


if __name__ == "__main__":
    main()
