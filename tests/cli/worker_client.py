# worker_client.py - a program that speaks frames with `pyfunc-env worker`, and has models in its own process
# SPDX-License-Identifier: Apache-2.0
# worker_client.py PROGRAM RUNNER_DIR MODELS WHAT: models are folders of MODELS, made by worker.sh.
import ctypes
import gc
import importlib.machinery
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading

program, folder, models, what = sys.argv[1:5]
path = os.path.join(folder, "_pfr.so")
spec = importlib.util.spec_from_loader("_pfr", importlib.machinery.ExtensionFileLoader("_pfr", path))
pfr = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pfr)
LOAD, LOADED, PREDICT, ANSWER, FAILED, BYE, PIECE = 1, 2, 3, 5, 6, 7, 14
LOCAL = ["--env-manager", "local", "--python", sys.executable]
PATIENCE = 120  # until a test is given up; nothing depends on how long it takes


def command(model, *words):
    return [program, "worker", os.path.join(models, model)] + list(words) + LOCAL


def describe(model):
    done = subprocess.run(command(model, "--describe"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
    return done.stdout, done.stderr


class Worker:
    def __init__(self, model, *words):
        self.near, far = socket.socketpair()
        self.process = subprocess.Popen(
            command(model, "--socket", str(far.fileno()), *words),
            pass_fds=[far.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        far.close()

    def load(self):
        kind, self.body = pfr.receive_bytes(self.near.fileno(), PATIENCE)
        assert kind == LOAD, kind
        pfr.send_bytes(self.near.fileno(), LOAD, self.body, PATIENCE)
        return pfr.receive(self.near.fileno(), PATIENCE)

    def ask(self, data, **more):
        request = dict({"data": data, "params": None, "exact": True}, **more)
        return pfr.exchange(self.near.fileno(), PREDICT, request, PATIENCE)

    def end(self):
        """(status, stdout, stderr)"""
        self.near.close()
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err


def refuses(error, text, call):
    try:
        call()
    except error as e:
        assert text in str(e), str(e)
    else:
        raise AssertionError("no %s" % error)


# ---- a process of its own ----


def speaks():
    worker = Worker("echo")
    kind, loaded = worker.load()
    assert kind == LOADED and loaded["loader"] == "own", loaded
    assert loaded["python"].startswith("%d.%d." % sys.version_info[:2])
    assert os.getpgid(worker.process.pid) == worker.process.pid
    for data in ((1, {2}), {"a": [None, 2**80, 1.5]}, {1: b"x"}, "text", []):
        kind, answer = worker.ask(data)
        assert kind == ANSWER and answer == (data, None) and type(answer[0]) is type(data), answer
    status, out, err = worker.end()
    assert (status, out) == (0, b"") and b"the model prints" in err, (status, out, err)


def says_bye():
    worker = Worker("echo")
    worker.load()
    pfr.send_bytes(worker.near.fileno(), BYE, b"", PATIENCE)
    assert worker.process.wait(PATIENCE) == 0
    worker.end()


def checks_params():
    worker = Worker("params")
    assert worker.load()[0] == LOADED
    assert worker.ask(1) == (ANSWER, (1, {"t": 0.5, "n": [1]}))
    assert worker.ask(1, params={"t": 2, "n": [3, 4]}) == (ANSWER, (1, {"t": 2.0, "n": [3, 4]}))
    kind, told = worker.ask(1, params={"t": "x"})
    assert kind == FAILED and told["stage"] == "input" and told["kind"] == "_pfr.InputError", told
    assert "Invalid parameters found" in told["message"], told
    assert worker.ask(2)[0] == ANSWER
    assert worker.ask(1, params={"zz": 1})[1] == (1, {"t": 0.5, "n": [1]})
    status, _, err = worker.end()
    assert status == 0 and b"Unrecognized params ['zz']" in err, err


def streams():
    worker = Worker("streams")
    assert worker.load()[0] == LOADED
    kind, piece = worker.ask((1, {2}), stream=True)
    assert (kind, piece) == (PIECE, ((1, {2}), 0)), (kind, piece)
    assert pfr.receive(worker.near.fileno(), PATIENCE) == (PIECE, ((1, {2}), 1))
    while kind != ANSWER:
        kind, piece = pfr.receive(worker.near.fileno(), PATIENCE)
    assert piece is None and worker.end()[0] == 0
    data = object()
    assert list(pfr.predict(load("streams"), data, stream=True)) == [(data, 0), (data, 1)]


def holds():
    """Its environment, which is not to be removed while it is there."""
    LOCAL[:] = ["--offline", "--python", sys.executable]
    worker = Worker("alone")
    assert worker.load()[0] == LOADED
    load = pfr.decode(worker.body)
    key = os.path.basename(load["env"])
    assert load["python"].startswith(load["env"] + "/") and key
    remove = [program, "env", "rm", key]
    done = subprocess.run(remove, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode != 0 and b"is in use" in done.stderr, done
    assert worker.end()[0] == 0
    subprocess.run(remove, stdout=subprocess.DEVNULL, check=True)


def is_described():
    worker = Worker("python")
    worker.load()
    frame, err = describe("python")
    assert frame[16:] == worker.body
    load = pfr.decode(frame[16:])
    assert load["mlmodel"]["flavors"]["python_function"]["loader_module"] == "python_module"
    assert load["signature"] == {"inputs": None, "outputs": None, "params": None, "type_hint": False}
    assert load["python"] == sys.executable and load["env"] == "" and load["compat"] is False
    assert any("`Python 3.1.4`, differs" in text for text in load["warnings"]), load["warnings"]
    assert b"differs" not in err and b"differs" not in worker.end()[2]


def fails():
    worker = Worker("missing", "--json")
    assert worker.near.recv(1) == b""
    status, out, err = worker.end()
    told = json.loads(err.splitlines()[-1].decode())
    assert status == told["code"] and out == b"", (status, told)
    worker = Worker("broken")
    kind, told = worker.load()
    assert kind == FAILED and told["kind"] == "ZeroDivisionError" and told["stage"] == "load", told
    assert worker.end()[0] == 1


def dies():
    """The caller sees how."""
    worker = Worker("kills")
    worker.load()
    refuses(EOFError, "", lambda: worker.ask(1))
    assert worker.process.wait(PATIENCE) == -signal.SIGKILL
    worker.end()


def rests():
    """Asked to end while it waits for a request."""
    worker = Worker("echo")
    worker.load()
    worker.process.terminate()
    assert worker.process.wait(PATIENCE) == 1
    refuses(EOFError, "", lambda: pfr.receive(worker.near.fileno(), PATIENCE))
    worker.end()


def is_left():
    """A model that is at work when its caller goes."""
    worker = Worker("hangs")
    worker.load()
    pfr.send(worker.near.fileno(), PREDICT, {"data": 1, "params": None, "exact": True}, PATIENCE)
    while worker.process.stderr.readline().strip() != b"at work":
        assert worker.process.poll() is None
    worker.near.close()
    worker.process.wait(PATIENCE)
    worker.process.stderr.close()
    worker.process.stdout.close()


def leaves_nothing():
    """What the model started goes with it."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER, as below
    worker = Worker("starts")
    worker.load()
    kind, pid = worker.ask(1)
    assert kind == ANSWER and worker.end()[0] == 0
    assert os.waitpid(pid, 0) == (pid, signal.SIGTERM)


def is_orphaned():
    """Its caller is killed, and a process of his that has nothing to do with it holds the socket's other end."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER: orphans are ours to reap
    told_end, told = os.pipe()
    caller = os.fork()
    if caller == 0:
        worker = Worker("echo")
        worker.load()
        holder = os.fork()
        if holder == 0:
            os.close(told)
            signal.pause()
        os.write(told, ("%d %d\n" % (worker.process.pid, holder)).encode())
        signal.pause()
    os.close(told)
    pid, holder = map(int, os.read(told_end, 100).split())
    os.kill(caller, signal.SIGKILL)
    os.waitpid(caller, 0)
    assert os.waitpid(pid, 0)[0] == pid
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)


def outlives_thread():
    """It ends with the process that started it, not with the thread."""
    made = []

    def start():
        worker = Worker("echo")
        made.append((worker, worker.load()))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(PATIENCE)
    worker, loaded = made[0]
    assert loaded[0] == LOADED and worker.ask(3) == (ANSWER, (3, None))
    assert worker.end()[0] == 0


# ---- in this process ----


def load(model):
    return pfr.load(describe(model)[0][16:])


def here():
    gc.collect()
    frozen = getattr(gc, "get_freeze_count", int)
    before = signal.getsignal(signal.SIGTERM), sys.stdout, os.dup(1), gc.isenabled(), frozen()
    echo, params = load("echo"), load("params")
    assert sys.path[0] == os.path.join(models, "params", "code") and sys.path[1] == os.path.join(models, "echo", "code")
    assert before[0] == signal.getsignal(signal.SIGTERM) and before[1] is sys.stdout and gc.isenabled() == before[3]
    assert os.fstat(before[2]) == os.fstat(1)
    assert frozen() == before[4]
    data = object()
    assert pfr.predict(echo, data)[0] is data
    assert pfr.predict(echo, data, {})[1] == {}
    assert pfr.predict(params, data) == (data, {"t": 0.5, "n": [1]})
    assert type(pfr.model(echo)).__module__ == "echo_module"
    refuses(pfr.InputError, "Invalid parameters found", lambda: pfr.predict(params, 1, {"t": []}))
    assert issubclass(pfr.InputError, ValueError)
    refuses(ZeroDivisionError, "", lambda: load("broken"))
    refuses(KeyError, "the model's own", lambda: pfr.predict(load("raises"), 1))
    refuses(ValueError, "", lambda: pfr.load(b"nonsense"))
    refuses(ValueError, "", lambda: pfr.load(b""))
    for call in (lambda: pfr.predict(1, 2), lambda: pfr.model(None)):
        try:
            call()
        except (ValueError, TypeError):
            continue
        raise AssertionError("no handle, yet no error")
    del echo
    gc.collect()
    assert pfr.predict(params, data)[0] is data


def checks():
    told = json.dumps([{"name": "t", "type": "double", "default": 0.5, "shape": None}])
    assert pfr.check_params(told, {"t": 1}) == {"t": 1.0} and type(pfr.check_params(told, {"t": 1})["t"]) is float
    assert pfr.check_params(told, None) == {"t": 0.5}
    assert pfr.check_params(None, None) is None and pfr.check_params(None, {}) == {}
    refuses(pfr.InputError, "Can not safely convert", lambda: pfr.check_params(told, {"t": "x"}))
    refuses(pfr.InputError, "must be a dictionary", lambda: pfr.check_params(told, [1]))
    refuses(ValueError, "signature params", lambda: pfr.check_params("[{}]", None))
    # The functions are compiled once.
    seen = []
    sys.setprofile(lambda frame, event, of: seen.append(frame.f_globals) if frame.f_code.co_name == "plain_params" else None)
    pfr.check_params(told, {"t": 1})
    pfr.check_params(told, {"t": 2})
    sys.setprofile(None)
    assert seen and all(names is seen[0] for names in seen), len(seen)


def threads():
    """Several at once, of one model and of several."""
    handles, wrong = [load("params"), load("echo")], []

    def ask(handle, number):
        for i in range(200):
            if pfr.predict(handle, (number, i))[0] != (number, i):
                wrong.append((number, i))

    all_of_them = [threading.Thread(target=ask, args=(handles[n % 2], n)) for n in range(8)]
    for thread in all_of_them:
        thread.start()
    for thread in all_of_them:
        thread.join()
    assert not wrong, wrong[:3]


def tables():
    """What pandas and numpy take; mlflow's own word on hundreds of them is in tests/network/enforce.py."""
    try:
        import numpy
        import pandas
    except ImportError:
        sys.exit(77)
    columns, tensor = load("columns"), load("tensor")
    frame = pandas.DataFrame({"a": [1, 2], "b": [0.5, 1.5]})
    assert pfr.predict(columns, frame)[0] is frame and pfr.predict(columns, frame)[0] is frame
    wider = pandas.DataFrame({"b": numpy.array([0.5, 1], "f4"), "z": [1, 2], "a": numpy.array([1, 2], "i4")}, index=[7, 8])
    made = pfr.predict(columns, wider)[0]
    assert list(made) == ["a", "b"] and list(map(str, made.dtypes)) == ["int64", "float64"] and list(made.index) == [7, 8]
    assert list(wider) == ["b", "z", "a"] and str(wider["a"].dtype) == "int32"
    assert list(pfr.predict(columns, {"a": 1, "b": 2.5})[0]["a"]) == [1]
    for wrong, text in (
        (pandas.DataFrame({"a": [1.5], "b": [1.5]}), "column a. Can not safely convert float64 to int64."),
        (pandas.DataFrame({"a": [1, None], "b": [1.5, 2]}), "likely caused by missing values"),
        (pandas.DataFrame({"a": [1]}), "Model is missing inputs ['b']."),
        (pandas.DataFrame([[1, 2, 1.5]], columns=["a", "a", "b"]), "several columns of the name 'a'"),
        ({"a": [1, 2], "b": [1.5]}, "error casting the input data to a DataFrame"),
        (None, "Expected input to be DataFrame. Found: NoneType"),
    ):
        refuses(pfr.InputError, text, lambda wrong=wrong: pfr.predict(columns, wrong))
    array = numpy.zeros((3, 2))
    assert pfr.predict(tensor, array)[0] is array
    refuses(pfr.InputError, "Shape of input (3, 3) does not", lambda: pfr.predict(tensor, numpy.zeros((3, 3))))
    refuses(pfr.InputError, "dtype of input float32", lambda: pfr.predict(tensor, array.astype("f4")))
    spec = {"type": {"kind": "primitive", "type": "long"}}
    made = pfr.predict(load("twice"), frame, result=spec)
    assert made["rows"] == 2 and made["columns"]["values"].tolist() == [2, 4] and made["columns"]["valid"] is None
    worker = Worker("twice")
    assert worker.load()[0] == LOADED
    kind, answer = worker.ask(frame, result=spec)
    assert kind == ANSWER and answer["rows"] == 2 and answer["columns"]["values"].tolist() == [2, 4], answer
    assert worker.end()[0] == 0
    made = pfr.predict(columns, wider)[0]
    worker = Worker("columns")
    assert worker.load()[0] == LOADED
    kind, answer = worker.ask(wider)
    assert kind == ANSWER and answer[0].equals(made) and list(answer[0].index) == [7, 8]
    kind, told = worker.ask(pandas.DataFrame({"a": [1.5], "b": [1.5]}))
    assert kind == FAILED and told["stage"] == "input" and "Can not safely convert" in told["message"], told
    # Tables like the one before are made by a mold, which is known to fit or not.
    for dtype in ("int64", "int32", "int64", "float64", "int64"):
        for number in range(5):
            given = pandas.DataFrame({"a": numpy.array([number, 2], dtype), "b": [0.5, 1.5]})
            kind, answer = worker.ask(given)
            if dtype == "float64":
                assert kind == FAILED and "Can not safely convert float64 to int64" in answer["message"], answer
            else:
                assert kind == ANSWER and answer[0].equals(given.astype({"a": "int64"})), (dtype, number)
            kind, told = worker.ask((given,))
            assert kind == FAILED and "Expected input to be DataFrame. Found: tuple" in told["message"], told
    assert worker.end()[0] == 0


globals()[what]()
