#!/usr/bin/env python3
# make_conda.py - conda packages made on the spot, and a channel of tiny ones that need no compiler
# SPDX-License-Identifier: Apache-2.0
"""usage: make_conda.py OUT [PYTHON]

OUT gets linux-64/ and noarch/. Its interpreter is a script that starts PYTHON (this one, unless it is
told) by its own name, so that venvs can be made of it; everything else is a few bytes. Other recipes import `Package`, `Channel` and `PLACE`.
"""
import bz2
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile

PLACE = "/opt/build" + "/place_for_a_prefix" * 12
TIME = 1600000000


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data):
    """A frame of zstd; without the program, of blocks that are stored (RFC 8878)."""
    if len(data) > 1 << 20 and shutil.which("zstd"):
        return subprocess.run(["zstd", "-q", "-9", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    size, out = 1 << 16, [b"\x28\xb5\x2f\xfd\x00\x58"]
    for at in range(0, max(len(data), 1), size):
        block = data[at:at + size]
        out.append(struct.pack("<I", (len(block) << 3) | (at + size >= len(data)))[:3] + block)
    return b"".join(out)


class Package:
    """Files and what is said of them; index entries beyond the usual are keywords."""

    def __init__(self, name, version, build="0", subdir="linux-64", **index):
        self.name, self.version, self.build, self.subdir = name, version, build, subdir
        self.index = dict(name=name, version=version, build=build, build_number=0, subdir=subdir,
                          depends=[], license="Apache-2.0", timestamp=TIME * 1000)
        self.index.update(index)
        self.files = {}
        self.entry_points = None
        self.old = False
        self.info = {}

    def add(self, path, data, mode=0o644, **said):
        if isinstance(data, str):
            data = data.encode()
        if PLACE.encode() in data and "prefix_placeholder" not in said:
            said.update(prefix_placeholder=PLACE, file_mode="binary" if b"\0" in data else "text")
        self.files[path] = (data, mode, None, said)
        return self

    def link(self, path, target):
        self.files[path] = (b"", 0o777, target, {})
        return self

    def add_tree(self, root, below=""):
        for folder, folders, names in os.walk(root):
            for name in sorted(names + [d for d in folders if os.path.islink(os.path.join(folder, d))]):
                path = os.path.join(folder, name)
                to = os.path.join(below, os.path.relpath(path, root))
                if os.path.islink(path):
                    self.link(to, os.readlink(path))
                else:
                    with open(path, "rb") as f:
                        self.add(to, f.read(), os.stat(path).st_mode & 0o777)
        return self

    def paths(self):
        for path, (data, _, target, said) in sorted(self.files.items()):
            if target is not None:
                there = os.path.normpath(os.path.join(os.path.dirname(path), target))
                data = self.files.get(there, (b"",))[0]
            yield dict(_path=path, path_type="hardlink" if target is None else "softlink",
                       sha256=sha256(data), size_in_bytes=len(data), **said)

    def texts(self):
        yield "index.json", json.dumps(self.index, sort_keys=True)
        if self.index.get("noarch") == "python":
            yield "link.json", json.dumps(dict(noarch=dict(type="python", entry_points=self.entry_points or []),
                                               package_metadata_version=1))
        yield "files", "".join(path + "\n" for path in sorted(self.files))
        if self.old:
            yield "has_prefix", "".join('"%s" %s "%s"\n' % (p["prefix_placeholder"], p["file_mode"], p["_path"])
                                        for p in self.paths() if "prefix_placeholder" in p)
            yield "no_link", "".join(p["_path"] + "\n" for p in self.paths() if p.get("no_link"))
        else:
            yield "paths.json", json.dumps(dict(paths=list(self.paths()), paths_version=1))
        yield from self.info.items()

    @staticmethod
    def tar(members):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as t:
            for path, data, mode, target in members:
                m = tarfile.TarInfo(path)
                m.mode, m.mtime = mode, TIME
                if target is not None:
                    m.type, m.linkname = tarfile.SYMTYPE, target
                    t.addfile(m)
                else:
                    m.size = len(data)
                    t.addfile(m, io.BytesIO(data))
        return out.getvalue()

    def write(self, out, kind="conda"):
        stem = "%s-%s-%s" % (self.name, self.version, self.build)
        path = os.path.join(out, self.subdir, stem + "." + kind)
        info = [("info/" + name, text.encode(), 0o644, None) for name, text in self.texts()]
        files = [(name, data, mode, target) for name, (data, mode, target, _) in sorted(self.files.items())]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if kind == "conda":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as z:
                z.writestr("metadata.json", '{"conda_pkg_format_version": 2}')
                z.writestr("pkg-%s.tar.zst" % stem, zstd(self.tar(files)))
                z.writestr("info-%s.tar.zst" % stem, zstd(self.tar(info)))
        else:
            with open(path, "wb") as f:
                f.write(bz2.compress(self.tar(info + files)))
        return path

    def record(self, path):
        with open(path, "rb") as f:
            data = f.read()
        return dict(self.index, md5=hashlib.md5(data).hexdigest(), sha256=sha256(data), size=len(data))


class Channel:
    """Packages, and the repodata.json of each subdir."""

    def __init__(self, out):
        self.out, self.records = out, {"linux-64": {}, "noarch": {}}

    def add(self, package, kind="conda"):
        path = package.write(self.out, kind)
        self.records[package.subdir][os.path.basename(path)] = package.record(path)
        return path

    def close(self):
        for subdir, records in self.records.items():
            def those(end):
                return {fn: r for fn, r in sorted(records.items()) if fn.endswith(end)}
            os.makedirs(os.path.join(self.out, subdir), exist_ok=True)
            with open(os.path.join(self.out, subdir, "repodata.json"), "w") as f:
                json.dump({"info": {"subdir": subdir}, "packages": those(".tar.bz2"),
                           "packages.conda": those(".conda"), "removed": [], "repodata_version": 1}, f)


def tiny(out, python):
    said = "import sys; print('%d.%d' % sys.version_info[:2], '%d.%d.%d' % sys.version_info[:3], sys.implementation.cache_tag)"
    minor, version, tag = subprocess.run([python, "-I", "-c", said], stdout=subprocess.PIPE, check=True,
                                         text=True).stdout.split()
    site = "lib/python%s/site-packages" % minor
    c = Channel(out)

    p = Package("python", version, depends=["libdemo >=1.0"])
    p.add("bin/python" + minor, '#!/bin/bash\nexec -a "$0" "%s" "$@"\n' % python, 0o755)
    p.link("bin/python", "python" + minor).link("bin/python3", "python" + minor)
    p.add(site + "/README.txt", "packages\n")
    p.add("lib/python%s/build_config.py" % minor, "prefix = '%s'\n" % PLACE)
    p.add("lib/python%s/__pycache__/build_config.%s.pyc" % (minor, tag), b"\0stale")
    p.add("lib/python%s/plain.py" % minor, "x = 1\n")
    p.add("lib/python%s/__pycache__/plain.%s.pyc" % (minor, tag), b"\0kept")
    c.add(p)

    p = Package("libdemo", "1.2", "h1_1", build_number=1)
    place = PLACE.encode()
    p.add("lib/libdemo.so.1.2", b"\x7fELF\0" + place + b"\0" + place + b"/etc/demo.conf:" + place + b"/share\0tail\0", 0o755)
    p.link("lib/libdemo.so", "libdemo.so.1.2")
    p.add("etc/demo.conf", "prefix = %s\nagain = %s/share\n" % (PLACE, PLACE))
    c.add(p, "tar.bz2")

    p = Package("tool", "2.0", depends=["python", "conda-forge::libdemo >=1"])
    p.add("bin/tool", "#!%s/bin/python%s -x\nprint('tool')\n" % (PLACE, minor), 0o755)
    p.add("bin/plain-tool", "#!/bin/sh\necho plain\n", 0o755)
    p.add("share/tool/with blank.txt", "blank\n")
    c.add(p)

    p = Package("pure", "1.0", "py_0", "noarch", noarch="python", depends=["python >=3"])
    p.add("site-packages/pure/__init__.py", "")
    p.add("site-packages/pure/cli.py", "def main():\n    print('pure')\n")
    p.add("site-packages/pure/tests/test_it.py", "x = 1\n")
    p.add("python-scripts/pure-script", "#!%s/bin/python\nprint('script')\n" % PLACE, 0o755)
    p.add("share/pure.txt", "shared\n")
    p.entry_points = ["pure-run = pure.cli:main"]
    c.add(p)

    c.add(Package("data", "1.0", subdir="noarch", noarch="generic").add("share/data.txt", "data\n"))
    c.add(Package("clash-b", "1.0").add("share/clash.txt", "b\n").add("share/same.txt", "same\n"))
    c.add(Package("clash-a", "1.0", depends=["clash-b"]).add("share/clash.txt", "a\n").add("share/same.txt", "same\n"))
    c.add(Package("folder", "1.0").add("share/data.txt/file", "x\n"))
    c.add(Package("through", "1.0").link("share/way", "../lib").add("share/own.txt", "x\n"))
    c.add(Package("into", "1.0").add("share/way/file", "x\n"))

    p = Package("act", "0.1", depends=["libdemo"])
    p.add("etc/conda/activate.d/act.sh",
          'export ACT_HOME="$CONDA_PREFIX/share/act"\nexport ACT_BAKED=%s/share\n'
          '[ -d "%s/lib" ] && export ACT_SEES=yes\necho noise\nexport PATH="$CONDA_PREFIX/act/bin:$PATH"\n'
          'touch "$CONDA_PREFIX/act-was-here" 2>/dev/null\nexport ACT_SAID="$ACT_VAR and more"\n' % (PLACE, PLACE))
    p.add("etc/conda/deactivate.d/act.sh", "unset ACT_HOME\n")
    p.add("etc/conda/env_vars.d/act.json", '{"ACT_VAR": "from json"}\n')
    c.add(p)
    p = Package("names", "0.1")
    p.add("etc/conda/env_vars.d/names.json", json.dumps(dict(
        PYTHONHOME="/names/home", VIRTUAL_ENV="/names/venv", CONDA_DEFAULT_ENV="names", PATH="/names/bin", UID="7", EUID="7",
        PPID="7", BASHOPTS="7", SHELLOPTS="7", BASH_VERSINFO="7", NAMED="it's named",
        ODD="a $HOME! `x` \\ \"q\"\n two  lines", NOT_SET="***unset***")))
    c.add(p)
    p = Package("linked", "0.1", depends=["libdemo"])
    p.add("bin/.linked-post-link.sh",
          'mkdir -p "$PREFIX/share/linked"\n'
          'echo "$PKG_NAME $PKG_VERSION $PKG_BUILDNUM" >"$PREFIX/share/linked/ran.txt"\n'
          'echo more >>"$PREFIX/etc/demo.conf"\necho "a word" >"$PREFIX/.messages.txt"\n', 0o755)
    c.add(p)
    c.add(Package("broken", "0.1").add("bin/.broken-post-link.sh", "exit 3\n", 0o755))
    c.add(Package("sick", "0.1").add("etc/conda/activate.d/sick.sh", "exit 4\n"))

    p = Package("old", "0.9")
    p.old = True
    p.add("bin/old", "#!%s/bin/sh\n" % PLACE, 0o755).add("share/old copy.txt", "copied\n", no_link=True)
    c.add(p, "tar.bz2")
    c.close()


if __name__ == "__main__":
    tiny(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else sys.executable)
