# face.py - what the tests of Python's side share: models of a loader of their own, made on the spot
# SPDX-License-Identifier: Apache-2.0
import logging
import os
import shutil
import sys
import tempfile
import textwrap
import unittest

import pyfunc_env
from pyfunc_env import Runner


def module(name):
    """A module that a test needs, or None."""
    try:
        return __import__(name)
    except ImportError:
        return None


numpy, pandas = module("numpy"), module("pandas")

FLAVOR = """\
flavors:
  python_function:
    loader_module: {loader}
    code: code
"""


class FaceTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.made = []
        self.addCleanup(lambda: [r.close() for r in self.made])

    def model(self, code, more="", loader=None):
        """A model's folder; `code` is its loader's module, which each test has under another name."""
        loader = loader or "loader_" + self.id().rpartition(".")[2]
        folder = tempfile.mkdtemp(dir=self.folder)
        os.mkdir(os.path.join(folder, "code"))
        with open(os.path.join(folder, "code", loader + ".py"), "w", encoding="utf-8") as f:
            f.write(textwrap.dedent(code))
        with open(os.path.join(folder, "MLmodel"), "w", encoding="utf-8") as f:
            f.write(FLAVOR.format(loader=loader) + more)
        self.addCleanup(sys.modules.pop, loader, None)
        return folder

    def runner(self, folder, timeouts=None, **options):
        options.setdefault("env_manager", "local")
        options.setdefault("python", sys.executable)
        made = Runner(folder, timeouts, **options)
        self.made.append(made)
        return made

    def raised(self, kind, call, *args, **kwargs):
        """The exception, to be looked at."""
        with self.assertRaises(kind) as caught:
            call(*args, **kwargs)
        return caught.exception

    def load(self, *args, **kwargs):
        path = list(sys.path)
        self.addCleanup(sys.path.__setitem__, slice(None), path)
        loaded = pyfunc_env.load_model(*args, **kwargs)
        self.made.append(loaded)
        return loaded

    def logged(self, call, level=logging.WARNING):
        """What is logged meanwhile, by (logger, level, text)."""
        seen = []

        class Handler(logging.Handler):
            def emit(self, record):
                seen.append((record.name, record.levelname, record.getMessage()))

        logger, handler = logging.getLogger("pyfunc_env"), Handler()
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(level)
        try:
            call()
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)
        return seen


def gone(pid):
    """Is there no such process, or only what is left of it?"""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True
