#!/usr/bin/env python3
# make_channel.py - a small conda channel of real things: a CPython, wheels of the index, a C library
# SPDX-License-Identifier: Apache-2.0
"""usage: make_channel.py OUT WHEELS PREFIX

PREFIX is an installed CPython that is not the system's; WHEELS is a folder of wheels for it. cc and
patchelf have to be on PATH. Every kind of file that an installer has to know is in it: both formats,
noarch packages with entry points, prefixes in texts and in binaries (two in one string, too), symbolic
links, activation, a script for when it is linked, files that two packages claim.
"""
import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from make_conda import PLACE, TIME, Channel, Package  # noqa: E402

LIBRARY = """
const char *demo_prefix(void) { return "%(p)s"; }
const char *demo_paths(void) { return "%(p)s/etc/demo.conf:%(p)s/share"; }
"""
PROGRAM = """
#include <stdio.h>
const char *demo_prefix(void);
const char *demo_paths(void);
int main(void) { printf("%s\\n%s\\n", demo_prefix(), demo_paths()); return 0; }
"""
UNWANTED = {"test", "tests", "idlelib", "turtledemo", "tkinter", "ensurepip", "lib2to3", "site-packages", "__pycache__"}


def run(*argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)


def interpreter(channel, prefix, minor):
    name = "python" + minor
    with tempfile.TemporaryDirectory() as root:
        shutil.copytree(os.path.join(prefix, "lib", name), os.path.join(root, "lib", name), symlinks=True,
                        ignore=lambda _, names: [n for n in names if n in UNWANTED or n.startswith("config-")])
        os.makedirs(root + "/bin")
        shutil.copy2(os.path.join(prefix, "bin", name), root + "/bin")
        for lib in os.listdir(os.path.join(prefix, "lib")):
            if lib.startswith("libpython") and ".so" in lib:
                shutil.copy2(os.path.join(prefix, "lib", lib), root + "/lib", follow_symlinks=False)
        run("patchelf", "--set-rpath", "$ORIGIN/../lib", "%s/bin/%s" % (root, name))
        os.makedirs("%s/lib/%s/site-packages" % (root, name))
        for folder, _, files in os.walk(root):
            for file in files:
                path = os.path.join(folder, file)
                with open(path, "rb") as f:
                    data = f.read()
                if os.path.islink(path) or b"\0" in data or prefix.encode() not in data:
                    continue
                with open(path, "wb") as f:
                    f.write(data.replace(prefix.encode(), PLACE.encode()))
        version = subprocess.run([os.path.join(root, "bin", name), "-c", "import platform; print(platform.python_version())"],
                                 check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        p = Package("python", version, "h0_0_cpython", depends=["libdemo >=1.0"])
        p.add_tree(root)
        p.link("bin/python", name).link("bin/python3", name)
        p.add("lib/%s/site-packages/README.txt" % name, "packages\n")
        add_byte_code(p, os.path.join(prefix, "bin", name))
        channel.add(p)


def add_byte_code(package, python):
    """As packages for one interpreter bring it along: it names the modules' times."""
    with tempfile.TemporaryDirectory() as root:
        for path, (data, *_) in package.files.items():
            if path.endswith(".py"):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "wb") as f:
                    f.write(data)
                os.utime(os.path.join(root, path), (TIME, TIME))
        subprocess.run([python, "-m", "compileall", "-q", "-j", "0", "-s", root, root], stdout=subprocess.DEVNULL)
        for folder, _, names in os.walk(root):
            for name in names:
                if name.endswith(".pyc"):
                    path = os.path.join(folder, name)
                    with open(path, "rb") as f:
                        package.add(os.path.relpath(path, root), f.read())


def canonical(name):
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def wheel(channel, path, minor, python, there):
    with zipfile.ZipFile(path) as z:
        info = next(n for n in z.namelist() if n.endswith(".dist-info/METADATA"))
        text = z.read(info).decode()
        name = canonical(re.search(r"^Name: (.+)$", text, re.M)[1])
        version = re.search(r"^Version: (.+)$", text, re.M)[1].strip()
        pure = path.endswith("-none-any.whl")
        asked = re.findall(r"^Requires-Dist: ([A-Za-z0-9._-]+)(?!.*extra *==)", text, re.M)
        needs = sorted({canonical(n) for n in asked} & there)
        if pure:
            p = Package(name, version, "py_0", "noarch", noarch="python", depends=["python >=3"] + needs)
            site = "site-packages"
        else:
            p = Package(name, version, "py%s_0" % minor.replace(".", ""), depends=["python %s.*" % minor] + needs)
            site = "lib/python%s/site-packages" % minor
        for member in z.infolist():
            if member.is_dir():
                continue
            data = re.fullmatch(r"[^/]+\.data/(purelib|platlib|scripts|data)/(.+)", member.filename)
            to = site + "/" + member.filename
            if data:
                to = {"scripts": ("python-scripts/" if pure else "bin/"), "data": ""}.get(data[1], site + "/") + data[2]
            p.add(to, z.read(member), 0o755 if member.external_attr >> 16 & 0o111 else 0o644)
        entries = info.replace("METADATA", "entry_points.txt")
        if entries in z.namelist():
            c = configparser.ConfigParser(delimiters=("=",))
            c.optionxform = str
            c.read_string(z.read(entries).decode())
            if c.has_section("console_scripts"):
                p.entry_points = ["%s = %s" % item for item in c.items("console_scripts")]
        if not pure:
            add_byte_code(p, python)
        channel.add(p, "tar.bz2" if name in ("six", "pytz") else "conda")


def library(channel):
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(root + "/lib")
        os.makedirs(root + "/bin")
        with open(root + "/d.c", "w") as f:
            f.write(LIBRARY % {"p": PLACE})
        with open(root + "/m.c", "w") as f:
            f.write(PROGRAM)
        run("cc", "-shared", "-fPIC", "-o", root + "/lib/libdemo.so.1.2", root + "/d.c")
        os.symlink("libdemo.so.1.2", root + "/lib/libdemo.so")
        run("cc", "-o", root + "/bin/demo", root + "/m.c", "-L" + root + "/lib", "-ldemo", "-Wl,-rpath,$ORIGIN/../lib")
        os.symlink("libdemo.so.1.2", root + "/lib/libdemo.so.1")
        os.unlink(root + "/d.c")
        os.unlink(root + "/m.c")
        p = Package("libdemo", "1.2", "h1_1", build_number=1)
        p.add_tree(root)
        p.add("etc/demo.conf", "prefix = %s\n" % PLACE)
        channel.add(p, "tar.bz2")


def small(channel):
    p = Package("activated", "0.1", depends=["libdemo"])
    p.add("etc/conda/activate.d/activated.sh", 'export ACTIVATED_HOME="$CONDA_PREFIX/share/activated"\n')
    p.add("etc/conda/deactivate.d/activated.sh", "unset ACTIVATED_HOME\n")
    p.add("etc/conda/env_vars.d/activated.json", '{"ACTIVATED_VAR": "from json"}\n')
    p.add("bin/.activated-post-link.sh",
          'mkdir -p "$PREFIX/share/activated"\necho "$PKG_NAME $PKG_VERSION $PKG_BUILDNUM" >"$PREFIX/share/activated/linked.txt"\n',
          0o755)
    channel.add(p)
    channel.add(Package("claims-b", "1.0").add("share/claimed.txt", "b\n").add("share/shared.txt", "same\n"))
    channel.add(Package("claims-a", "1.0", depends=["claims-b"]).add("share/claimed.txt", "a\n")
                .add("share/shared.txt", "same\n"))
    channel.add(Package("libopenblas", "0.3.21", "h1_0").add("share/libopenblas.txt", "a library\n"))
    channel.add(Package("zone", "2024", subdir="noarch", noarch="generic").add("share/zone/UTC", b"TZif2\0"))
    p = Package("scripts", "1.0", depends=["python"])
    p.add("bin/long-script", "#!%s/bin/python -x\nprint('long')\n" % (PLACE + "/" + "deep/" * 20), 0o755)
    p.add("bin/short-script", "#!%s/bin/python\nprint('short')\n" % PLACE, 0o755)
    channel.add(p)


def main(out, wheels, prefix):
    prefix = os.path.realpath(prefix)
    minor = next(n[6:] for n in sorted(os.listdir(prefix + "/lib")) if re.fullmatch(r"python3\.\d+", n))
    channel = Channel(out)
    library(channel)
    interpreter(channel, prefix, minor)
    names = sorted(n for n in os.listdir(wheels) if n.endswith(".whl"))
    there = {canonical(n.split("-")[0]) for n in names}
    for name in names:
        wheel(channel, os.path.join(wheels, name), minor, "%s/bin/python%s" % (prefix, minor), there)
    small(channel)
    channel.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
