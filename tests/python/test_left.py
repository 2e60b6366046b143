# test_left.py - nothing is left behind by interrupts, forks, handlers, finalizers and engines
# SPDX-License-Identifier: Apache-2.0
import inspect
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool

import pyfunc_env
from face import FaceTest
from pyfunc_env import Runner, engines, program

CODE = """\
import os, signal, time

class Model:
    does = {
        "end": lambda: (os.kill(os.getpid(), signal.SIGTERM), time.sleep(600)),
        "end_engine": lambda: os.kill(os.getppid(), signal.SIGKILL),
        "sleep": lambda: time.sleep(600),
    }

    def predict(self, data):
        return self.does[data]() if isinstance(data, str) else data

    def predict_stream(self, data):
        for i in range(data):
            yield i

def _load_pyfunc(path):
    while os.path.exists(os.path.join(path, "wait")):
        time.sleep(0.01)
    return Model()
"""


def descriptors():
    """The numbers that are open, and what they are of."""
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[int(number)] = os.readlink(f"/proc/self/fd/{number}")
        except OSError:  # what lists them
            pass
    return found


def keepers():
    return [t for t in threading.enumerate() if t.name == "pyfunc-env"]


def in_child(function):
    """Its result, a small number, of a forked child."""
    child = os.fork()
    if not child:
        status = 99
        try:
            status = function()
        finally:
            os._exit(status)
    return os.WEXITSTATUS(os.waitpid(child, 0)[1])


class Left(FaceTest):
    def setUp(self):
        super().setUp()
        self.at = self.model(CODE, more="    streamable: true\n")

    def until(self, is_so):
        for _ in range(1200):
            if is_so():
                return
            time.sleep(0.05)
        self.fail("it does not become so")


class Interrupts(Left):
    """Python runs signals' handlers where functions begin, among others: one raises at each."""

    FILES = (os.path.dirname(program.__file__), threading.__file__, socket.__file__)
    # What they raise there is told, and goes nowhere.
    APART = ("__del__", "_remove", "_internal_poll")

    def interrupted(self, number, call):
        """Was it, at the beginning of that function of those it calls?"""
        left = number

        def trace(frame, event, arg):
            nonlocal left
            code = frame.f_code
            if event != "call" or code.co_flags & inspect.CO_GENERATOR:
                return
            if code.co_name in self.APART:
                return
            if code.co_filename.startswith(self.FILES):
                left -= 1
                if not left:
                    raise KeyboardInterrupt

        sys.settrace(trace)
        try:
            call()
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        return left <= 0

    def each(self, prepare, call):
        runner = self.runner(self.at)
        runner.start()
        before = len(descriptors())
        for number in itertools.count(1):
            prepare(runner)
            interrupted = self.interrupted(number, lambda: call(runner))
            self.assertEqual(runner.predict([number]), [number])
            if not interrupted:
                break
            self.until(lambda: len(keepers()) == 1)
            self.until(lambda: len(descriptors()) <= before)
        self.assertGreater(number, 3)

    def test_start(self):
        self.each(Runner.close, Runner.start)

    def test_predict(self):
        self.each(Runner.start, lambda runner: runner.predict([0]))

    def test_close(self):
        self.each(Runner.start, Runner.close)

    def test_a_stream_that_is_closed(self):
        def call(runner):
            stream = runner.stream(3)
            try:
                next(stream)
            finally:
                stream.close()

        self.each(Runner.start, call)


class Handlers(Left):
    """What a signal's handler does to a runner that is asked by the thread it interrupts."""

    def while_asked(self, does):
        runner = self.runner(self.at)
        runner.start()
        had = signal.signal(signal.SIGALRM, lambda *_: does(runner))
        self.addCleanup(signal.signal, signal.SIGALRM, had)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        return runner

    def test_it_is_closed(self):
        runner = self.while_asked(Runner.close)
        error = self.raised(pyfunc_env.RunnerDied, runner.predict, "sleep")
        self.assertEqual(error.signal, signal.SIGKILL)
        self.assertEqual(runner.predict(1), 1)

    def test_it_is_asked(self):
        runner = self.while_asked(lambda runner: runner.predict(1))
        error = self.raised(pyfunc_env.UsageError, runner.predict, "sleep")
        self.assertIn("by this thread", error.message)
        self.assertEqual(runner.predict(1), 1)

    def test_the_models_process_is_told_to_end(self):
        runner = self.runner(self.at)
        self.raised(pyfunc_env.RunnerDied, runner.predict, "end")
        self.assertEqual(runner.predict(1), 1)


class Forks(Left):
    def test_a_child_has_nothing_of_what_is_started(self):
        wait = os.path.join(self.at, "wait")
        open(wait, "w").close()
        runner = self.runner(self.at)
        before = set(descriptors().values())
        starting = threading.Thread(target=runner.start)
        starting.start()
        try:
            self.until(lambda: runner._process and runner._process.described)
            self.assertEqual(in_child(lambda: len(set(descriptors().values()) - before)), 0)
        finally:
            os.unlink(wait)
            starting.join()
        self.assertEqual(runner.predict(1), 1)

    def test_nothing_is_forked_while_a_process_is_started(self):
        self.addCleanup(setattr, program, "_FORK_WAITS", program._FORK_WAITS)
        program._FORK_WAITS = 600
        begun, pipes = threading.Event(), ["open"]

        def start():
            with program.unforked:
                begun.set()
                time.sleep(0.3)
                pipes.clear()

        starting = threading.Thread(target=start)
        starting.start()
        begun.wait()
        self.assertEqual(in_child(lambda: len(pipes)), 0)
        starting.join()
        self.assertEqual(in_child(lambda: int(not program.unforked.acquire(blocking=False))), 0)


class Finalizers(Left):
    HEAD = """if 1:
    import sys, threading, time
    from pyfunc_env import Runner
    runner = Runner(sys.argv[1], env_manager="local", python=sys.executable)
    class Late:
        def __del__(self, runner=runner):
            getattr(runner, self.does)()
    late = Late()
    """

    def run_script(self, code):
        argv = [sys.executable, "-c", self.HEAD + code, self.at]
        done = subprocess.run(argv, timeout=120, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0)
        return done.stderr.decode()

    def test_one_that_asks_when_python_ends(self):
        said = self.run_script("late.does = 'start'\n")
        self.assertIn("Python ends", said)

    def test_one_that_closes_what_a_stopped_thread_has(self):
        code = """
    late.does = "close"
    runner.start()
    held = threading.Event()
    names = dict(lock=runner._lock, held=held, time=time)
    hold = "lock.acquire(), held.set(), time.sleep(600)"
    threading.Thread(target=eval, args=(hold, names), daemon=True).start()
    held.wait()
    """
        self.assertEqual(self.run_script(code), "")


class Engines(Left):
    def test_a_process_of_the_engine_is_killed(self):
        asked = engines.map_chunks(self.runner(self.at), [1, "end_engine", 2], processes=1)
        self.raised(BrokenProcessPool, list, asked)

    def test_nobody_wants_the_rest(self):
        asked = engines.map_chunks(self.runner(self.at), itertools.count(), processes=2)
        self.assertEqual([next(asked) for _ in range(3)], [0, 1, 2])
        asked.close()

    def test_what_the_model_and_the_chunks_raise(self):
        def chunks():
            yield 1
            raise LookupError("no more")

        runner = self.runner(self.at)
        self.raised(LookupError, list, engines.map_chunks(runner, chunks(), processes=1))
        for kind, chunk in ((pyfunc_env.RunnerDied, "end"), (pyfunc_env.ModelCodeError, "what")):
            self.raised(kind, list, engines.map_chunks(runner, [1, chunk], processes=1))
