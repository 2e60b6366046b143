# imports.py - finds what lies within an environment's packages by the list that came with it
# SPDX-License-Identifier: Apache-2.0
# Names at the top are still Python's to find, and so is whatever the list does not have or what a
# package moved by changing its __path__. An environment's files are read-only: byte code is not
# compared with its source.
import sys

import _frozen_importlib_external as external

__name__ = "_pfr_imports"


class Loader(external.SourceFileLoader):
    def __init__(self, name, path, cached):
        super().__init__(name, path)
        self.cached = cached

    def get_code(self, name):
        try:
            data = self.get_data(self.cached)
        except OSError:
            data = b""
        if data[:4] != external.MAGIC_NUMBER:
            return super().get_code(name)
        code = memoryview(data)[16:]
        return external._compile_bytecode(code, name=name, bytecode_path=self.cached, source_path=self.path)


class Finder:
    def __init__(self, root, names):
        self.root = root
        self.names = names
        self.suffix = "." + sys.implementation.cache_tag + ".pyc"

    def find_spec(self, name, path=None, target=None):
        package = name + "/" in self.names
        if path is None or not (package or name in self.names):
            return None
        above, _, last = name.rpartition(".")
        folder = self.root + "/" + above.replace(".", "/")
        if list(path) != [folder]:
            return None
        if package:
            folder, last = folder + "/" + last, "__init__"
        file = folder + "/" + last + ".py"
        cached = folder + "/__pycache__/" + last + self.suffix
        spec = external.spec_from_file_location(
            name,
            file,
            loader=Loader(name, file, cached),
            submodule_search_locations=[folder] if package else None,
        )
        spec.cached = cached
        return spec


def install(path):
    """The list's first line is the folder that its names are in, relative to its own."""
    if sys.version_info < (3, 7):
        return
    with open(path, encoding="utf-8") as lines:
        site, *names = lines.read().split("\n")
    finder = Finder(path.rpartition("/")[0] + "/" + site, frozenset(names))
    sys.meta_path.insert(sys.meta_path.index(external.PathFinder), finder)
