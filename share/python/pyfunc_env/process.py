# process.py - one process of `pyfunc-env worker`: its socket, its stderr, its end
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import _socket
import _thread
import contextlib
import errno
import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import errors, frames, program

# Seconds that a process has to finish in once it has been told to, and then until it is seen gone.
PATIENCE = 10.0
GRACE = 3.0
# ... that its stderr is read for once it is gone, and its end is looked for where nothing tells it.
MOMENT = 0.5
LOOK = 0.5

# What cannot be sent, or made here of a whole answer.
_OF_VALUES = (TypeError, ValueError, LookupError, ImportError)


class Process:
    """Started by a thread that reads its stderr and stays as long as it lives.

    The program, while it makes an environment, ends with the thread that started it, so that this
    is none of the caller's. Nor do signals' handlers raise anything there, as they may between any
    two steps of the caller's: what must not be left half done is that thread's.
    """

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        self.messages = program.Messages()
        self.described = False  # the program has become the environment's interpreter
        self.loaded = False
        # Had by who asks, and given back when the answer is whole: no-one waits for it, and who
        # leaves in a frame has it for ever.
        self.turn = threading.Lock()
        self._argv = [program.find(), *argv]
        self._environ = environ
        self._ours = self._theirs = _closed
        self._stderr = self._write_end = self._pidfd = -1
        self._rest = b""  # a line of it that has not ended
        self._popen: subprocess.Popen[bytes] | None = None
        self._failure: BaseException | None = None
        self._unwanted = False
        self._kept = False  # the thread is at it
        self._reaping = threading.RLock()  # by a finalizer, too
        self._keeper = threading.Thread(target=self._keep, name="pyfunc-env", daemon=True)

    def start(self) -> None:
        with program.unforked:
            running.add(self)
            # Not by socket's own function, which has numbers that are nobody's on its way.
            self._ours, self._theirs = _socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._kept = True
        try:
            # Thread.start waits in Python, and what is raised there leaves a lock behind.
            _thread.start_new_thread(self._start_keeper, ())
        except RuntimeError:
            self._kept = False
            raise

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen else 0

    # ---- the thread ----

    def _start_keeper(self) -> None:
        try:
            self._keeper.start()
        except BaseException as error:
            self._failure = error
            self._theirs.close()
            self._kept = False

    def _keep(self) -> None:
        try:
            with program.unforked:
                self._begin()
            if self._popen:
                self._follow(self._popen)
        except Exception as error:
            self._failure = error
        finally:
            self._close("_stderr", "_pidfd")
            self._kept = False

    def _begin(self) -> None:
        number = self._theirs.fileno()
        try:
            self._stderr, self._write_end = os.pipe()
            self._popen = subprocess.Popen(
                [*self._argv, "--socket", str(number)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._write_end,
                env=self._environ,
                pass_fds=[number],
                start_new_session=True,
            )
        finally:
            self._theirs.close()
            self._close("_write_end")

    def _follow(self, popen: subprocess.Popen[bytes]) -> None:
        """Until it has ended, whoever else has its socket and its stderr then."""
        waiting = select.poll()
        waiting.register(self._stderr, select.POLLIN)
        self._pidfd = _pidfd_of(popen.pid)
        if self._unwanted:
            self._signal_group(signal.SIGKILL)
        if self._pidfd >= 0:
            waiting.register(self._pidfd, select.POLLIN)
        while not self._has_ended(popen):
            ready = waiting.poll(None if self._pidfd >= 0 else LOOK * 1e3)
            if any(number == self._stderr for number, _ in ready) and not self._read_stderr():
                self._has_ended(popen, 0)
        self._reap(popen)
        self._hang_up()  # what came before is still read
        if self._pidfd >= 0:
            waiting.unregister(self._pidfd)
        self._read_last(waiting)

    def _reap(self, popen: subprocess.Popen[bytes]) -> None:
        """Of one that has ended: until then its number, and its group's, is nobody else's."""
        # Not for ever: what is raised at the end of a `with` leaves the lock before Python 3.10.
        had = self._reaping.acquire(timeout=GRACE)
        self._signal_group(signal.SIGKILL)
        popen.wait()
        if had:
            self._reaping.release()

    def _read_last(self, waiting: select.poll) -> None:
        """What is left in the pipe, however late it is; others may go on writing."""
        until, least = time.monotonic() + MOMENT, 1 << 16
        while waiting.poll(max(0.0, until - time.monotonic()) * 1e3):
            size = self._read_stderr()
            least -= size
            if not size or (least <= 0 and time.monotonic() > until):
                break
        if self._rest:
            self.messages.take(self._rest.decode("utf-8", "replace"))

    def _read_stderr(self) -> int:
        """What there is of it; 0 at its end."""
        more = os.read(self._stderr, 1 << 16)
        *lines, self._rest = (self._rest + more).split(b"\n")
        if len(self._rest) > program.TAIL_WIDTH:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self.messages.take(line.decode("utf-8", "replace"))
        return len(more)

    @staticmethod
    def _has_ended(popen: subprocess.Popen[bytes], now: int = os.WNOHANG) -> bool:
        if popen.returncode is not None:
            return True
        try:
            return os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT | now) is not None
        except ChildProcessError:
            return True

    def _close(self, *names: str) -> None:
        with program.unforked:
            for name in names:
                if getattr(self, name) >= 0:
                    os.close(getattr(self, name))
                setattr(self, name, -1)

    # ---- ask ----

    def ask(
        self, exchange: Callable[[int], Any], what: str, seconds: float | None, last: bool = True
    ) -> Any:
        """What `exchange` makes of the socket. What goes wrong with the process is told here.

        If it is not the `last` of several frames, the turn is taken and given back by the caller.
        """
        if last and not self.turn.acquire(blocking=False):
            raise self._gone(what)
        try:
            answer = exchange(self._ours.fileno())
        except BaseException as error:
            is_handlers = getattr(error, "in_frame", False)
            if isinstance(error, _OF_VALUES) and not is_handlers:
                if last:
                    self.turn.release()
                raise
            if is_handlers or not isinstance(error, (EOFError, OSError)):
                raise
            failure = self._failed(error, what, seconds)
        else:
            if last:
                self.turn.release()
            return answer
        raise failure

    def _failed(self, error: Exception, what: str, seconds: float | None) -> BaseException:
        if isinstance(error, TimeoutError) and seconds is not None:
            self.kill()
            message = f"the model's process did not {what} within {seconds:g} s and was ended"
            return errors.LimitError(message, stderr=self.messages.tail())
        if getattr(error, "errno", None) == errno.EPROTO:
            self.kill()
            message = f"the model's process wrote into its socket when it had to {what}: {error}"
            return errors.RunnerDied(message, stderr=self.messages.tail())
        return self._gone(what)

    def _gone(self, what: str) -> BaseException:
        """It closed its end: how it ended."""
        status = self._wait(GRACE)
        self.kill()
        if status is None:
            status = self._status()
        _until(lambda: not self._kept, GRACE)
        if self._failure:
            return self._not_started(self._failure)
        tail = self.messages.tail()
        if self.messages.error and not self.described and status and status > 0:
            return errors.of_program(self.messages.error, status, tail)
        error = errors.RunnerDied("", stderr=tail)
        if status is not None and status < 0:
            error.signal = -status
            how = f"was ended by signal {-status}{_called(-status)}"
        else:
            error.exit_status = status
            how = f"ended with status {status}"
        error.message = f"the model's process {how} when it had to {what}"
        return error

    def _not_started(self, failure: BaseException) -> BaseException:
        if not isinstance(failure, OSError):
            return failure
        return errors.LocalError(f"cannot run {self._argv[0]}: {failure.strerror}")

    # ---- end ----

    def usable(self) -> bool:
        """Can it be asked? Not if a start, or what was asked last, was left in the middle."""
        return self.loaded and self.alive() and not self.turn.locked()

    def alive(self) -> bool:
        return self._popen is not None and self._status() is None

    def _status(self) -> int | None:
        """As subprocess tells it: negative is a signal's number; None while it runs."""
        popen = self._popen
        if popen is None or popen.returncode is not None:
            return popen.returncode if popen else None
        try:
            told = os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:  # reaped this moment
            _until(lambda: popen.returncode is not None, GRACE)
            return popen.returncode
        if told is None:
            return None
        return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status

    def _wait(self, seconds: float) -> int | None:
        _until(lambda: not self._kept or self._status() is not None, seconds)
        return self._status()

    def say_bye(self) -> bool:
        """Tells it to finish, if it can be told at once."""
        if not self.turn.acquire(blocking=False):
            return False
        with contextlib.suppress(OSError, EOFError):
            frames.codec().send_bytes(self._ours.fileno(), frames.BYE, b"", GRACE)
        return True

    def end(self) -> None:
        """Tells it to finish, and waits until it has, or kills it."""
        try:
            self.say_bye()
            self._wait(PATIENCE)
        finally:
            self.kill()

    def kill(self, asked: bool = False) -> None:
        """Ends it and what it started, and lets go of all there is.

        If it is `asked` meanwhile, the socket is left to who does: a number that is closed may soon
        be another's.
        """
        self.turn.acquire(blocking=False)
        self._unwanted = True
        if not self.loaded and self.alive():
            # The program, while it makes an environment, puts away what it has begun.
            self._kill_group(signal.SIGTERM)
            self._hang_up()  # an interpreter that waits for a frame looks at no signal
            self._wait(GRACE)
        self._kill_group(signal.SIGKILL)
        if threading.get_ident() != self._keeper.ident:  # where a finalizer may be run
            _until(lambda: not self._kept or self._is_reaped(), GRACE)
        with program.unforked:
            if not asked:
                self._ours.close()
            self._theirs.close()  # of one that was never begun
            running.discard(self)

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)

    def _is_reaped(self) -> bool:
        return self._popen is not None and self._popen.returncode is not None

    def _kill_group(self, number: int) -> None:
        with self._reaping:
            self._signal_group(number)

    def _signal_group(self, number: int) -> None:
        if self._popen is not None and not self._is_reaped():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def forget(self) -> None:
        """In a forked child: the process is the parent's."""
        self.turn.acquire(blocking=False)
        self._ours.close()
        self._theirs.close()
        self._close("_write_end", "_stderr", "_pidfd")
        self._kept = False
        if self._popen is not None:
            self._popen.returncode = 0  # it is not ours to wait for


_closed = _socket.socket()
_closed.close()

# All that this process of Python has started, and not let go of.
running: set[Process] = set()


def _until(is_so: Callable[[], bool], seconds: float) -> None:
    """Looks again and again, with no lock that a handler's exception would leave behind."""
    until, pause = time.monotonic() + seconds, 0.0005
    while not is_so() and time.monotonic() < until:
        time.sleep(pause)
        pause = min(2 * pause, 0.02)


def _pidfd_of(pid: int) -> int:
    """-1 where Python or the kernel has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _called(number: int) -> str:
    names = {int(s): s.name for s in signal.Signals}
    return f" ({names[number]})" if number in names else ""
