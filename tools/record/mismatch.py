#!/usr/bin/env python3
# mismatch.py - what MLflow's own check says of generated requirements and installed sets
# SPDX-License-Identifier: Apache-2.0
"""Usage: mismatch.py [FILE]; needs mlflow. Writes tests/data/mismatch.tsv:

requirements.txt, constraints.txt (null: none), installed as name=version joined by blanks, the
reported lines joined by line ends, markers being those of CPython 3.11.7 on Linux.
Modules that are no distributions are taken for missing: where MLflow would import them to ask for
their version, nothing is imported.
"""
import builtins
import logging
import os
import random
import sys
import tempfile

import importlib_metadata
import mlflow
import packaging.markers
from mlflow.pyfunc import _get_pip_requirements_from_model_path
from mlflow.utils import requirements_utils as ru

NAMES = ["numpy", "pandas", "scikit-learn", "Scikit_Learn", "sklearn", "PyYAML", "pyspark", "mlflow", "torch", "nonexist",
         "databricks-agents", "databricks_feature_lookup", "mlflow-skinny", "pip", "ruamel.yaml", "zope.interface"]
VERSIONS = ["1.0", "1.0.0", "2.0", "2.0rc1", "2.0.post1", "2.0+cu118", "1!1.0", "0.9", "3.0.dev0", "1.26.4", "2.1.3", "23.2.1"]
OPS = ["==", ">=", "<=", "<", ">", "!=", "~=", "==="]
MARKERS = ["", "", "", "", "; python_version < '3.8'", "; python_version >= '3.8'", " ; sys_platform == 'linux'", "; extra == 'x'",
           "; platform_system == 'Windows'", "; python_full_version >= '3.11.7'"]
WHOLE = ["--extra-index-url https://example.invalid/simple", "-e .", "./wheels/a.whl", "git+https://example.invalid/a.git", "# a comment",
         "", "numpy==1.0 # inline", "numpy==1.0#no comment", "numpy @ https://example.invalid/numpy.zip", "numpy==1.0 --hash=sha256:00",
         "numpy==1.0 \\", "    ; python_version > '3'", "numpy (<2)", "-rother.txt", "--requirement=other.txt", "no such thing", "numpy>=1.0,<2.0",
         "numpy==1.*", "pandas!=2.0.*", "\\", "  # indented comment", "nonexist", "nonexist @ https://example.invalid/x.zip"]
ENVIRONMENT = {
    "implementation_name": "cpython", "implementation_version": "3.11.7", "os_name": "posix", "platform_machine": "x86_64",
    "platform_release": "6.1", "platform_system": "Linux", "platform_version": "1", "python_full_version": "3.11.7",
    "platform_python_implementation": "CPython", "python_version": "3.11", "sys_platform": "linux",
}


def requirement(r):
    if r.random() < 0.25:
        return r.choice(WHOLE)
    name = r.choice(NAMES)
    extras = r.choice(["", "", "", "[a]", "[gateway]" if name != "mlflow" else "[a]", "[x,y]"])
    specs = []
    for _ in range(r.choice([0, 1, 1, 1, 2])):
        op, version = r.choice(OPS), r.choice(VERSIONS)
        if op == "~=" and version.count(".") < 1 or ("+" in version and op not in ("==", "!=", "===")):
            op = "=="
        specs.append(op + r.choice(["", " "]) + version)
    return name + extras + ",".join(specs) + r.choice(MARKERS)


def run(text, constraints, installed):
    known = {ru._normalize_package_name(n): v for n, v in installed}

    def version(name):
        key = ru._normalize_package_name(name)
        if key not in known:
            raise importlib_metadata.PackageNotFoundError(name)
        return known[key]

    def no_import(name, *args, **kwargs):
        raise ModuleNotFoundError(name)

    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())

    with tempfile.TemporaryDirectory() as d:
        with open(os.path.join(d, "requirements.txt"), "w") as f:
            f.write(text)
        if constraints is not None:
            with open(os.path.join(d, "constraints.txt"), "w") as f:
                f.write(constraints)
        reqs = _get_pip_requirements_from_model_path(d)
    keep = Keep()
    logger = logging.getLogger("mlflow.utils.requirements_utils")
    logger.addHandler(keep)
    saved = importlib_metadata.version, builtins.__import__, mlflow.__version__
    importlib_metadata.version = version
    ru.__dict__["__import__"] = no_import
    mlflow.__version__ = known.get("mlflow", "2.9.2")
    try:
        ru.warn_dependency_requirement_mismatches(reqs)
    finally:
        importlib_metadata.version, _, mlflow.__version__ = saved
        del ru.__dict__["__import__"]
        logger.removeHandler(keep)
    if not lines:
        return ""
    if "unexpected error" in lines[0]:
        return None
    inner = lines[0].split("\n")[1:-1]
    return "\n".join(line[3:] for line in inner)


def escape(text):
    return "\\N" if text is None else text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def main():
    r = random.Random(5)
    packaging.markers.default_environment = lambda: dict(ENVIRONMENT)
    here = os.path.dirname(os.path.abspath(__file__))
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "../../tests/data/mismatch.tsv")
    ru._init_packages_to_modules_map = lambda: None
    ru._PACKAGES_TO_MODULES = {}
    count = 0
    with open(path, "w") as f:
        f.write("requirements\tconstraints\tinstalled\treported\n")
        while count < 400:
            lines = [requirement(r) for _ in range(r.randint(1, 6))]
            constraints = None
            if r.random() < 0.25:
                lines.insert(r.randint(0, len(lines)), "-c constraints.txt")
                constraints = "".join(requirement(r) + "\n" for _ in range(r.randint(1, 3)))
            end = r.choice(["\n", "\n", "\r\n"])
            text = end.join(lines) + r.choice(["", end])
            installed = [("mlflow", r.choice(["2.9.2", "3.0.dev0", "1.0"]))]
            installed += [(n, r.choice(VERSIONS)) for n in ("numpy", "pandas", "scikit-learn", "PyYAML", "pip", "zope.interface") if r.random() < 0.8]
            if r.random() < 0.4:
                installed.append(("pyspark", r.choice(["2.0", "3.0.dev0", "2.0.dev1"])))
            found = run(text, constraints, installed)
            if found is None:
                continue
            f.write("\t".join((escape(text), escape(constraints), " ".join(f"{n}={v}" for n, v in installed), escape(found))) + "\n")
            count += 1
    print(count, "cases")


main()
