# compile.py - byte code of many modules, by the interpreter that will import them
# SPDX-License-Identifier: Apache-2.0
# argv: the cache tag that is expected. stdin: a module a line: its source, the file to make, and the
# name it goes by until an import corrects it, separated by tabs. What is no valid Python is left
# out. Valid is what was made for the source's time and size (PEP 3147, PEP 552).
import importlib.util
import marshal
import os
import sys
import warnings


def compile_one(source, target, name):
    with open(source, "rb") as f:
        text = f.read()
        stat = os.fstat(f.fileno())
    try:
        code = compile(text, os.fsdecode(name), "exec", dont_inherit=True)
    except Exception:
        return
    data = bytearray(importlib.util.MAGIC_NUMBER)
    if sys.version_info >= (3, 7):
        data += bytes(4)
    for number in (int(stat.st_mtime), stat.st_size):
        data += (number & 0xFFFFFFFF).to_bytes(4, "little")
    data += marshal.dumps(code)
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    with os.fdopen(fd, "wb") as f:
        f.write(data)


def work(jobs, reading):
    """The jobs whose numbers come out of a pipe that all workers read."""
    while True:
        taken = os.read(reading, 4)
        if not taken:
            return
        compile_one(*jobs[int.from_bytes(taken, "little")])


def start_worker(jobs, reading, writing):
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.close(writing)
        work(jobs, reading)
        status = 0
    finally:
        os._exit(status)


def main():
    if sys.implementation.cache_tag != sys.argv[1]:
        return 3
    warnings.simplefilter("ignore")
    jobs = [line.split(b"\t") for line in sys.stdin.buffer.read().split(b"\n") if line]
    workers = min(len(os.sched_getaffinity(0)), 1 + len(jobs) // 50)
    if workers == 1:
        for job in jobs:
            compile_one(*job)
        return 0
    reading, writing = os.pipe()
    pids = [start_worker(jobs, reading, writing) for _ in range(workers)]
    os.close(reading)
    for i in range(len(jobs)):
        os.write(writing, i.to_bytes(4, "little"))
    os.close(writing)
    return max(os.waitpid(pid, 0)[1] != 0 for pid in pids)


sys.exit(main())
