# backend.py - the package as a wheel or a source archive, made with the standard library alone
# SPDX-License-Identifier: Apache-2.0
"""A build backend (PEP 517, and 660 for editable installs) that needs nothing installed, so that
the wheel is built without an index. The same sources make the same bytes.
"""

import ast
import base64
import gzip
import hashlib
import io
import os
import re
import tarfile
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = "pyfunc_env"
EPOCH = (1980, 1, 1, 0, 0, 0)


def read(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return f.read()


def project():
    """The [project] table, whose strings and lists of strings are literals of Python too."""
    table = re.search(r"^\[project\]\n(.*?)^\[", read("pyproject.toml"), re.M | re.S).group(1)
    entries = re.findall(r"^([a-z-]+) = (\[.*?^\]|.*?)$", table, re.M | re.S)
    return {key: ast.literal_eval(text) for key, text in entries}


def metadata():
    about = project()
    lines = [
        "Metadata-Version: 2.1",
        "Name: " + about["name"],
        "Version: " + about["version"],
        "Summary: " + about["description"],
        "License: " + about["license"],
        "Requires-Python: " + about["requires-python"],
    ]
    return "\n".join(lines + ["Classifier: " + c for c in about["classifiers"]]) + "\n"


def sources():
    found = []
    for folder, folders, names in os.walk(os.path.join(HERE, PACKAGE)):
        folders[:] = sorted(set(folders) - {"__pycache__"})
        found += [os.path.relpath(os.path.join(folder, name), HERE) for name in sorted(names)]
    return [name for name in found if name.endswith((".py", ".typed"))]


def write_wheel(directory, files):
    about = project()
    stem = "{}-{}".format(PACKAGE, about["version"])
    info = stem + ".dist-info/"
    tags = "Wheel-Version: 1.0\nGenerator: pyfunc-env\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = [*files, (info + "METADATA", metadata()), (info + "WHEEL", tags)]
    record = []
    name = stem + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, text in files:
            body = text.encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(body)}\n")
            put(wheel, path, body)
        put(wheel, info + "RECORD", "".join([*record, info + "RECORD,,\n"]).encode())
    return name


def put(wheel, path, body):
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100644 << 16
    wheel.writestr(entry, body)


# ---- what a front end calls ----


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, [(name, read(name)) for name in sources()])


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return write_wheel(wheel_directory, [(PACKAGE + ".pth", HERE + "\n")])


def build_sdist(sdist_directory, config_settings=None):
    stem = "{}-{}".format(PACKAGE, project()["version"])
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        names = ["pyproject.toml", "backend.py", *sources()]
        for name, text in [(name, read(name)) for name in names] + [("PKG-INFO", metadata())]:
            entry = tarfile.TarInfo(stem + "/" + name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    name = stem + ".tar.gz"
    with open(os.path.join(sdist_directory, name), "wb") as f:
        f.write(gzip.compress(archive.getvalue(), mtime=0))
    return name
