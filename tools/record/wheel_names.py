# wheel_names.py - records file names of wheels and sdists; needs packaging 26.3
# SPDX-License-Identifier: Apache-2.0
#
# usage: python wheel_names.py [FOLDER]
import random

import table
from packaging.utils import (InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename,
                             parse_wheel_filename)

rng = random.Random(427)
NAMES = ["numpy", "Scikit_learn", "zope.interface", "a", "x__y", "A-b", "", "caf\u00e9", "py_yaml", "a b", "2to3"]
VERSIONS = ["1.0", "1.2.3rc1", "2!1", "1.0+cu118", "1_0", "1.0-1", "x", "", "1.0.post1", "01.2", "v1.0", "1.0_1"]
BUILDS = ["", "", "", "-1", "-200abc", "-x1", "-0_cuda", "-1.2"]
PYTHONS = ["py3", "py2.py3", "cp311", "CP39", "cp38.cp39", "py3.", "3py", "py3.py3"]
ABIS = ["none", "cp311", "abi3", "cp37m", "none.abi3", ""]
PLATFORMS = ["any", "linux_x86_64", "manylinux_2_17_x86_64.manylinux2014_x86_64", "win_amd64", "macosx_11_0_arm64", "any.any", ""]


def wheel():
    text = f"{rng.choice(NAMES)}-{rng.choice(VERSIONS)}{rng.choice(BUILDS)}-{rng.choice(PYTHONS)}-{rng.choice(ABIS)}-{rng.choice(PLATFORMS)}"
    return text + rng.choice([".whl"] * 9 + [".WHL", ".zip", "", ".whl "])


def wheel_rows():
    for _ in range(1500):
        text = wheel()
        try:
            name, version, build, tags = parse_wheel_filename(text)
        except InvalidWheelFilename:
            yield text, "invalid", None, None, None, None
        else:
            # The build as it is written: the reference reads its number.
            shown = text.split("-")[2] if build else None
            yield text, "valid", name, str(version), shown, " ".join(sorted(map(str, tags)))


def sdist_rows():
    for _ in range(400):
        text = rng.choice(NAMES) + rng.choice(["-", "-", "_"]) + rng.choice(VERSIONS)
        text += rng.choice([".tar.gz", ".tar.gz", ".zip", ".tgz", ".tar.bz2", ".TAR.GZ", ""])
        try:
            name, version = parse_sdist_filename(text)
        except InvalidSdistFilename:
            yield text, "invalid", None, None
        else:
            yield text, "valid", name, str(version)


table.write("wheel_name.tsv", "filename verdict name version build tags", wheel_rows())
table.write("sdist_name.tsv", "filename verdict name version", sdist_rows())
