# test_runner.py - a model's process: what goes there and back, how it fails, dies and is ended
# SPDX-License-Identifier: Apache-2.0
import datetime
import decimal
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pyfunc_env
from face import FaceTest, gone
from pyfunc_env import Timeouts, engines

CODE = """\
import os, signal, subprocess, sys, time

def crash(*args):
    print("on the way out", *args)
    sys.stdout.flush()
    os._exit(3)

def lines(count):
    for i in range(count):
        sys.stderr.write("line %d\\n" % i)
    sys.stderr.flush()
    os._exit(4)

def child():
    return subprocess.Popen([sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)"], stdout=subprocess.PIPE).pid

def write(what):
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink("/proc/self/fd/" + number).startswith("socket:"):
                os.write(int(number), what)
        except OSError:
            pass

def leave(own_session):
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        if own_session:
            os.setsid()
        os.write(writing, b"x")
        time.sleep(600)
    os.read(reading, 1)
    with open(os.environ["LEFT"], "w") as f:
        f.write(str(pid))
    os.write(2, b"the last line")
    os._exit(6)

class Model:
    does = {
        "pid": os.getpid,
        "raise": lambda *a: {}["no such key"],
        "crash": crash,
        "lines": lines,
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "sleep": lambda s: time.sleep(s),
        "print": lambda t: print(t),
        "child": child,
        "object": lambda: (x for x in ()),
        "big": lambda n: b"x" * n,
        "write": write,
        "leave": leave,
    }

    def predict(self, data):
        if isinstance(data, dict) and "do" in data:
            return self.does[data["do"]](*data.get("with", ()))
        return data

    def predict_stream(self, data):
        for i in range(data["pieces"]):
            yield {"piece": i}
        if data.get("fail"):
            raise ValueError("no more")

def _load_pyfunc(path):
    return Model()
"""


def do(what, *arguments):
    return {"do": what, "with": list(arguments)}


class Running(FaceTest):
    def setUp(self):
        super().setUp()
        self.at = self.model(CODE, more="    streamable: true\n")

    def started(self, **options):
        runner = self.runner(self.at, **options)
        runner.start()
        return runner

    def await_gone(self, pid):
        for _ in range(600):
            if gone(pid):
                return
            time.sleep(0.05)
        self.fail(f"process {pid} is still there")


class Answers(Running):
    VALUES = (
        None, True, 0, -1, 2**62, 2**200, 1.5, -0.0, math.inf, "", "text é \U0001f600", b"", b"\0\xff",
        [], [1, [2, "x"]], {}, {"a": {"b": [None]}}, (), (1, "x"), {1, 2}, {1: "a", (2, 3): "b"}, 1 + 2j,
        datetime.date(2020, 2, 29), datetime.datetime(2020, 1, 1, 2, 3, 4, 5), datetime.time(1, 2),
        datetime.timedelta(days=-1, microseconds=3), decimal.Decimal("1.10"),
    )  # fmt: skip

    def test_values_come_back_as_they_went(self):
        runner = self.started()
        for value in self.VALUES:
            with self.subTest(repr(value)):
                answer = runner.predict(value)
                self.assertEqual((type(answer), repr(answer)), (type(value), repr(value)))

    def test_what_cannot_be_sent(self):
        runner = self.started()
        pid = runner.pid
        error = self.raised(TypeError, runner.predict, object())
        self.assertIn("object", str(error))
        self.assertEqual(runner.predict(do("pid")), pid)

    def test_what_cannot_be_answered(self):
        runner = self.started()
        pid = runner.pid
        error = self.raised(pyfunc_env.ModelCodeError, runner.predict, do("object"))
        self.assertIn("generator", str(error))
        self.assertEqual(runner.predict(do("pid")), pid)

    def test_large_ones(self):
        runner = self.started()
        data = os.urandom(1 << 20) * 48
        self.assertEqual(runner.predict(data), data)
        self.assertEqual(len(runner.predict(do("big", 50_000_000))), 50_000_000)

    def test_what_is_printed_is_no_answer(self):
        runner = self.started()
        self.assertIsNone(runner.predict(do("print", "hello")))
        self.assertEqual(runner.predict(7), 7)

    def test_threads_take_turns(self):
        runner, wrong = self.started(), []

        def ask(number):
            for i in range(25):
                value = [number, i]
                if runner.predict(value) != value:
                    wrong.append(value)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        self.assertEqual(wrong, [])

    def test_what_is_told_of_the_model(self):
        told = self.runner(self.at).start()
        self.assertEqual(told["model_dir"], self.at)
        self.assertTrue(told["mlmodel"]["flavors"]["python_function"]["streamable"])
        self.assertEqual(told["env"], "")


class Failures(Running):
    def test_the_model_raises(self):
        runner = self.started()
        pid = runner.pid
        error = self.raised(pyfunc_env.ModelCodeError, runner.predict, do("raise"))
        self.assertEqual((error.type_name, error.stage, error.code), ("KeyError", "predict", 8))
        self.assertIn("no such key", str(error))
        self.assertIn(", in predict\n", error.traceback)
        self.assertIn(error.traceback, str(error.__cause__))
        self.assertEqual(runner.predict(do("pid")), pid)

    def test_it_exits(self):
        runner = self.started()
        error = self.raised(pyfunc_env.RunnerDied, runner.predict, do("crash", "with words"))
        self.assertEqual((error.exit_status, error.signal), (3, None))
        self.assertIn("ended with status 3 when it had to predict", str(error))
        self.assertIn("on the way out with words", error.stderr)
        self.assertEqual(runner.predict("again"), "again")

    def test_it_is_killed(self):
        runner = self.started()
        pid = runner.pid
        error = self.raised(pyfunc_env.RunnerDied, runner.predict, do("kill"))
        self.assertEqual((error.exit_status, error.signal), (None, signal.SIGKILL))
        self.assertIn("(SIGKILL)", str(error))
        self.assertNotEqual(runner.predict(do("pid")), pid)

    def test_it_writes_into_its_socket(self):
        runner = self.started()
        pid = runner.pid
        error = self.raised(pyfunc_env.RunnerDied, runner.predict, do("write", b"words and no frame at all"))
        self.assertIn("wrote into its socket when it had to predict: ", error.message)
        self.assertTrue(gone(pid))
        self.assertEqual(runner.predict("again"), "again")

    def test_it_dies_while_nobody_asks(self):
        runner = self.started()
        os.kill(runner.pid, signal.SIGKILL)
        self.await_gone(runner.pid or 0)
        self.assertEqual(runner.predict("again"), "again")

    def left_alone(self, own_session):
        """The process ends, and a child that it has forked has its socket and its stderr."""
        note = os.path.join(self.folder, "left")
        runner = self.started(env={"LEFT": note})
        error = self.raised(pyfunc_env.RunnerDied, runner.predict, do("leave", own_session))
        with open(note, encoding="ascii") as f:
            child = int(f.read())
        self.assertEqual((error.exit_status, error.stderr), (6, "the last line"))
        self.assertEqual(runner.predict("again"), "again")
        return child

    def test_a_child_lives_on(self):
        self.await_gone(self.left_alone(False))

    def test_a_child_lives_on_in_a_session_of_its_own(self):
        child = self.left_alone(True)
        self.assertFalse(gone(child))
        os.kill(child, signal.SIGKILL)

    def test_a_child_lives_on_and_the_end_is_told_by_nothing(self):
        had = getattr(os, "pidfd_open", None)
        if had:
            del os.pidfd_open
            self.addCleanup(setattr, os, "pidfd_open", had)
        self.await_gone(self.left_alone(False))

    def test_the_last_lines_are_kept(self):
        error = self.raised(pyfunc_env.RunnerDied, self.started().predict, do("lines", 500))
        self.assertEqual(error.stderr.splitlines(), [f"line {i}" for i in range(300, 500)])

    def test_its_words_are_not_the_programs(self):
        told = '{"schema":"pyfunc-env/1","kind":"error","code":4,"message":"untrue","hint":""}'
        at = self.model(CODE.replace("def crash", f"sys.stderr.write({told!r} + chr(10))\n\ndef crash"))
        runner = self.runner(at)
        runner.predict(do("print", told))
        error = self.raised(pyfunc_env.RunnerDied, runner.predict, do("crash"))
        self.assertIn(told, error.stderr)
        at = self.model(f"import os, sys\nsys.stderr.write({told!r} + chr(10))\nos._exit(5)\n")
        error = self.raised(pyfunc_env.RunnerDied, self.runner(at).start)
        self.assertEqual(error.exit_status, 5)

    def test_it_does_not_load(self):
        at = self.model("def _load_pyfunc(path):\n    raise OSError('no such weights')\n")
        error = self.raised(pyfunc_env.ModelCodeError, self.runner(at).start)
        self.assertEqual((error.stage, error.type_name), ("load", "OSError"))
        self.assertIn("no such weights", str(error))

    def test_a_module_is_missing(self):
        at = self.model("import no_such_module_anywhere\n")
        error = self.raised(pyfunc_env.ModelCodeError, self.runner(at).start)
        self.assertEqual((error.stage, error.module), ("import", "no_such_module_anywhere"))

    def test_it_dies_while_it_loads(self):
        at = self.model("import os\nos._exit(5)\n")
        error = self.raised(pyfunc_env.RunnerDied, self.runner(at).start)
        self.assertEqual(error.exit_status, 5)
        self.assertIn("when it had to load the model", str(error))

    def test_it_is_no_model(self):
        error = self.raised(pyfunc_env.ModelError, self.runner(self.folder).start)
        self.assertIn("no MLmodel file", error.message)

    def test_there_is_no_such_option(self):
        error = self.raised(pyfunc_env.UsageError, self.runner(self.at, no_such=1).start)
        self.assertIn("--no-such", error.message)

    def test_it_cannot_be_started(self):
        error = self.raised(ValueError, self.runner("a\0b").start)
        self.assertIn("null byte", str(error))

    def test_there_is_no_program(self):
        self.addCleanup(os.environ.__setitem__, "PYFUNC_ENV_PROGRAM", os.environ["PYFUNC_ENV_PROGRAM"])
        os.environ["PYFUNC_ENV_PROGRAM"] = "/nowhere/pyfunc-env"
        error = self.raised(pyfunc_env.LocalError, self.runner(self.at).start)
        self.assertIn("cannot run /nowhere/pyfunc-env", str(error))


class Ends(Running):
    def test_too_slow_to_predict(self):
        runner = self.started(timeouts=Timeouts(predict=0.3))
        pid = runner.pid
        error = self.raised(TimeoutError, runner.predict, do("sleep", 600))
        self.assertIsInstance(error, pyfunc_env.LimitError)
        self.assertIn("did not predict within 0.3 s", str(error))
        self.assertTrue(gone(pid))
        runner.timeouts = Timeouts()
        self.assertEqual(runner.predict("again"), "again")

    def test_too_slow_to_load(self):
        at = self.model("import time\ntime.sleep(600)\n")
        runner = self.runner(at, timeouts=Timeouts(load=0.3))
        error = self.raised(pyfunc_env.LimitError, runner.start)
        self.assertIn("did not load the model within 0.3 s", str(error))

    def test_interrupted(self):
        """A signal's handler raises in the middle of it, what may be like something of the codec's."""

        def handler(*args):
            raise raised

        runner = self.started()
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, handler))
        for kind in (KeyboardInterrupt, RuntimeError, ValueError, TimeoutError, EOFError):
            with self.subTest(kind.__name__):
                pid = runner.predict(do("pid"))
                raised = kind("by the handler")
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                self.assertIs(self.raised(kind, runner.predict, do("sleep", 600)), raised)
                self.assertTrue(gone(pid))
                self.assertEqual(runner.predict("again"), "again")

    def test_closed(self):
        runner = self.started()
        pid = runner.pid
        with runner:
            child = runner.predict(do("child"))
        self.assertTrue(gone(pid))
        self.assertIsNone(runner.pid)
        self.await_gone(child)
        self.assertEqual(runner.predict("again"), "again")

    def test_it_ends_with_the_object(self):
        runner = self.started()
        pid = runner.pid
        self.made.clear()
        del runner
        self.assertTrue(gone(pid))

    SCRIPT = """if 1:
    import os, sys
    from pyfunc_env import Runner
    runner = Runner(sys.argv[1], env_manager="local", python=sys.executable)
    print(runner.predict({"do": "pid"}), flush=True)
    """

    def script(self, end):
        done = subprocess.run([sys.executable, "-c", self.SCRIPT + end, self.at], stdout=subprocess.PIPE)
        return int(done.stdout), done.returncode

    def test_it_ends_with_python(self):
        pid, status = self.script("")
        self.assertEqual((status, gone(pid)), (0, True))

    def test_it_ends_with_a_python_that_is_killed(self):
        pid, status = self.script("os.kill(os.getpid(), 9)")
        self.assertEqual(status, -9)
        self.await_gone(pid)

    def test_python_ends_while_a_thread_asks(self):
        code = """if 1:
        import os, sys, threading, time
        from pyfunc_env import Runner
        runner = Runner(sys.argv[1], env_manager="local", python=sys.executable)
        runner.start()
        print(runner.pid, flush=True)
        ask = lambda: runner.predict({"do": "sleep", "with": [600]})
        threading.Thread(target=ask, daemon=True).start()
        time.sleep(0.3)
        """
        done = subprocess.run([sys.executable, "-c", code, self.at], stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, gone(int(done.stdout))), (0, True))

    def test_python_ends_while_a_thread_holds_what_ends_it(self):
        code = """if 1:
        import atexit, sys, threading, time
        go, held = threading.Event(), threading.Event()

        atexit.register(lambda: (go.set(), held.wait()))  # before the package: is called after it
        from pyfunc_env import Runner
        runner = Runner(sys.argv[1], env_manager="local", python=sys.executable)
        runner.start()
        # In names of its own, so that the runner is deleted with this module's.
        names = dict(go=go, lock=runner._process._reaping, held=held, time=time)
        hold = "go.wait(), lock.acquire(), held.set(), time.sleep(600)"
        threading.Thread(target=eval, args=(hold, names), daemon=True).start()
        """
        self.assertEqual(subprocess.run([sys.executable, "-c", code, self.at], timeout=60).returncode, 0)

    def test_it_outlives_the_thread_that_asked_first(self):
        runner = self.runner(self.at)
        thread = threading.Thread(target=runner.start)
        thread.start()
        thread.join()
        pid = runner.pid
        self.assertIsNotNone(pid)
        self.assertEqual(runner.predict(do("pid")), pid)


class Streams(Running):
    def test_pieces(self):
        runner = self.started()
        self.assertEqual(list(runner.stream({"pieces": 3})), [{"piece": i} for i in range(3)])
        self.assertEqual(list(runner.stream({"pieces": 0})), [])
        self.assertEqual(runner.predict(1), 1)

    def test_it_fails_on_the_way(self):
        pieces, runner = [], self.started()
        error = self.raised(
            pyfunc_env.ModelCodeError, lambda: pieces.extend(runner.stream({"pieces": 2, "fail": True}))
        )
        self.assertEqual((len(pieces), error.type_name), (2, "ValueError"))
        self.assertEqual(runner.predict(1), 1)

    def test_nobody_wants_the_rest(self):
        runner = self.started()
        stream = runner.stream({"pieces": 100_000})
        self.assertEqual(next(stream), {"piece": 0})
        error = self.raised(pyfunc_env.UsageError, runner.predict, 1)
        self.assertIn("stream is still read", error.message)
        stream.close()
        self.assertEqual(runner.predict(1), 1)

    def test_closed_while_it_is_read(self):
        stream = None
        with self.started() as runner:
            pid = runner.pid
            stream = runner.stream({"pieces": 100_000})
            next(stream)
        self.assertTrue(gone(pid))
        self.raised(pyfunc_env.RunnerDied, list, stream)
        self.assertEqual(runner.predict(1), 1)


class Processes(Running):
    def test_a_forked_child_starts_its_own(self):
        runner = self.started()
        pid = runner.pid
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.write(writing, b"%d" % runner.predict(do("pid")))
                runner.close()
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as f:
            other = int(f.read())
        os.waitpid(child, 0)
        self.assertNotEqual(other, pid)
        self.await_gone(other)
        self.assertEqual(runner.predict(do("pid")), pid)

    def test_a_copy_starts_its_own(self):
        runner = self.started()
        copy = pickle.loads(pickle.dumps(runner))
        self.made.append(copy)
        self.assertEqual((copy.model_uri, copy.options), (runner.model_uri, runner.options))
        self.assertNotEqual(copy.predict(do("pid")), runner.predict(do("pid")))

    def test_multiprocessing(self):
        runner = self.runner(self.at)
        chunks = [[i, i + 1] for i in range(10)]
        self.assertEqual(list(engines.map_chunks(runner, chunks, processes=2)), chunks)

    def test_one_for_each_process(self):
        runner = self.started()
        copies = [pickle.loads(pickle.dumps(runner)) for _ in range(2)]
        self.made += copies
        pids = {engines.predict_here(do("pid"), copy) for copy in copies}
        self.assertEqual(len(pids), 1)

    def test_dask_and_ray_as_they_call(self):
        runner = self.started()

        class Frame:
            def map_partitions(self, function, *args, **kwargs):
                return function([1, 2], *args), kwargs

        self.assertEqual(engines.map_partitions(Frame(), runner, meta="m"), ([1, 2], {"meta": "m"}))
        predictor = engines.BatchPredictor(runner, column="p")
        self.assertEqual(predictor([1]), {"p": [1]})
        self.assertEqual(predictor({"a": [1]}), {"a": [1]})

