# tags.py - records wheel tags of simulated interpreters; needs packaging 26.3
# SPDX-License-Identifier: Apache-2.0
#
# usage: python tags.py [FOLDER]
import random

import table
from packaging import _manylinux, _musllinux, tags

rng = random.Random(600)
LIBCS = [("glibc", (2, 3)), ("glibc", (2, 5)), ("glibc", (2, 16)), ("glibc", (2, 34)), ("glibc", (2, 39)), ("glibc", (3, 1)),
         ("musl", (1, 0)), ("musl", (1, 2))]
ARCHS = ["x86_64", "i686", "aarch64", "armv7l", "armv7l+hf", "armv8l+hf", "riscv64", "loongarch64", "ppc64", "mips64"]


def simulate(arch, libc, version):
    name = arch.split("+")[0]
    tags.sysconfig.get_platform = lambda: "linux-" + name
    tags._linux_platforms.__defaults__ = (False,)
    _manylinux._get_glibc_version = lambda: version if libc == "glibc" else (-1, -1)
    _manylinux._is_linux_armhf = lambda executable: "+hf" in arch
    _manylinux._is_linux_i686 = lambda executable: True
    _manylinux._get_manylinux_module = lambda: None
    musl = _musllinux._MuslVersion(*version) if libc == "musl" else None
    _musllinux._get_musl_version = lambda executable: musl
    return list(tags._linux_platforms())


def label(arch, libc, version, flags=""):
    name, _, hard = arch.partition("+")
    return f"linux-{name}-{libc}{version[0]}.{version[1]}" + ("+hf" if hard else "") + flags


def platform_rows():
    for arch in ARCHS:
        for libc, version in LIBCS:
            for rank, tag in enumerate(simulate(arch, libc, version)):
                yield label(arch, libc, version), rank, tag
    for version in ((10, 9), (11, 0), (13, 0)):
        for arch in ("x86_64", "arm64"):
            for rank, tag in enumerate(tags.mac_platforms(version, arch)):
                yield f"macos-{arch}-{version[0]}.{version[1]}", rank, tag


def tag_rows():
    for minor in range(6, 15):
        for arch, (libc, version), flags in (("x86_64", LIBCS[4], ""), ("aarch64", LIBCS[7], ""), ("x86_64", LIBCS[3], "+d"),
                                             ("x86_64", LIBCS[7], "+t")):
            if flags == "+t" and minor < 13:
                continue
            platforms = simulate(arch, libc, version)
            settings = {"Py_DEBUG": flags == "+d", "Py_GIL_DISABLED": flags == "+t", "WITH_PYMALLOC": True}
            tags._get_config_var = lambda name, warn=False, settings=settings: settings.get(name)
            python = (3, minor)
            everything = [str(tag) for tag in tags.cpython_tags(python, platforms=platforms)]
            everything += [str(tag) for tag in tags.compatible_tags(python, f"cp3{minor}", platforms)]
            chosen = sorted(rng.sample(range(len(everything)), min(70, len(everything))))
            for rank in [*chosen, len(everything) - 1]:
                yield f"3.{minor}", label(arch, libc, version, flags), rank, everything[rank]


table.write("tag_platform.tsv", "platform rank platform_tag", platform_rows())
table.write("tag.tsv", "python platform rank tag", tag_rows())
