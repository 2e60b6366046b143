# process.py - one process of `pyfunc-env worker`: its socket, its stderr, its end
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

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
    is none of the caller's.
    """

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str] | None = None) -> None:
        self.messages = program.Messages()
        self.broken = False  # nothing more can be asked
        self.described = False  # the program has become the environment's interpreter
        self.loaded = False
        argv = [program.find(), *argv]
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self._stderr, write_end = os.pipe()
        self._rest = b""  # a line of it that has not ended
        self._pidfd = -1
        self._popen: subprocess.Popen[bytes] | None = None
        self._failure: Exception | None = None
        self._started = threading.Event()
        self._reaping = threading.RLock()  # by a finalizer, too
        self._keeper = threading.Thread(
            target=self._keep,
            args=(argv, environ, theirs, write_end),
            name="pyfunc-env",
            daemon=True,
        )
        self._keeper.start()
        try:
            self._started.wait()
        except BaseException:  # a signal's handler
            self._started.wait(GRACE)
            self.kill()
            raise
        if self._failure:
            self._ours.close()
            if not isinstance(self._failure, OSError):
                raise self._failure
            raise errors.LocalError(f"cannot run {argv[0]}: {self._failure.strerror}")

    @property
    def pid(self) -> int:
        return self._popen.pid if self._popen else 0

    # ---- the thread ----

    def _keep(
        self,
        argv: Sequence[str],
        environ: Mapping[str, str] | None,
        theirs: socket.socket,
        write_end: int,
    ) -> None:
        number = theirs.fileno()
        try:
            self._popen = subprocess.Popen(
                [*argv, "--socket", str(number)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=write_end,
                env=environ,
                pass_fds=[number],
                start_new_session=True,
            )
        except Exception as error:
            self._failure = error
        theirs.close()
        os.close(write_end)
        self._started.set()
        if self._popen:
            self._follow(self._popen)
        self._close_descriptors()

    def _follow(self, popen: subprocess.Popen[bytes]) -> None:
        """Until it has ended, whoever else has its socket and its stderr then."""
        waiting = select.poll()
        waiting.register(self._stderr, select.POLLIN)
        self._pidfd = _pidfd_of(popen.pid)
        if self._pidfd >= 0:
            waiting.register(self._pidfd, select.POLLIN)
        while not self._has_ended(popen):
            ready = waiting.poll(None if self._pidfd >= 0 else LOOK * 1e3)
            if any(number == self._stderr for number, _ in ready) and not self._read_stderr():
                self._has_ended(popen, 0)
        self._reap()
        with self._reaping, contextlib.suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)  # what came before is still read
        if self._pidfd >= 0:
            waiting.unregister(self._pidfd)
        self._read_last(waiting)

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

    def _close_descriptors(self) -> None:
        for name in ("_stderr", "_pidfd"):
            number = getattr(self, name)
            setattr(self, name, -1)  # in this order, for a child that is forked now
            if number >= 0:
                os.close(number)

    def _reap(self) -> None:
        """Of one that has ended: until then its number, and its group's, is nobody else's."""
        with self._reaping:
            if self._popen and self._popen.returncode is None:
                self._kill_group(signal.SIGKILL)
                self._popen.wait()

    # ---- ask ----

    def ask(self, exchange: Callable[[int], Any], what: str, seconds: float | None) -> Any:
        """What `exchange` makes of the socket. What goes wrong with the process is told here."""
        if self.broken:
            raise self._gone(what)
        try:
            return exchange(self._ours.fileno())
        except BaseException as error:
            is_handlers = getattr(error, "in_frame", False)
            if isinstance(error, _OF_VALUES) and not is_handlers:
                raise
            self.broken = True  # somewhere in a frame
            if is_handlers or not isinstance(error, (EOFError, OSError)):
                raise
            failure = self._failed(error, what, seconds)
        raise failure

    def _failed(self, error: Exception, what: str, seconds: float | None) -> errors.Error:
        if isinstance(error, TimeoutError) and seconds is not None:
            self.kill()
            message = f"the model's process did not {what} within {seconds:g} s and was ended"
            return errors.LimitError(message, stderr=self.messages.tail())
        if getattr(error, "errno", None) == errno.EPROTO:
            self.kill()
            message = f"the model's process wrote into its socket when it had to {what}: {error}"
            return errors.RunnerDied(message, stderr=self.messages.tail())
        return self._gone(what)

    def _gone(self, what: str) -> errors.Error:
        """It closed its end: how it ended."""
        status = self._wait(GRACE)
        self.kill()
        if status is None:
            status = self._status()
        self._keeper.join(GRACE)
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

    # ---- end ----

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
            with self._reaping:
                return popen.returncode
        if told is None:
            return None
        return told.si_status if told.si_code == os.CLD_EXITED else -told.si_status

    def _wait(self, seconds: float) -> int | None:
        until, pause = time.monotonic() + seconds, 0.0005
        while True:
            status = self._status()
            if status is not None or time.monotonic() > until:
                return status
            time.sleep(pause)
            pause = min(2 * pause, 0.02)

    def say_bye(self) -> None:
        """Tells it to finish, if it can be told at once."""
        if not self.broken:
            self.broken = True
            with contextlib.suppress(OSError, EOFError):
                frames.codec().send_bytes(self._ours.fileno(), frames.BYE, b"", GRACE)

    def end(self) -> None:
        """Tells it to finish, and waits until it has, or kills it."""
        self.say_bye()
        self._wait(PATIENCE)
        self.kill()

    def kill(self) -> None:
        """Ends it and what it started, and lets go of all there is."""
        self.broken = True
        if not self.loaded and self.alive():
            # The program, while it makes an environment, puts away what it has begun.
            with self._reaping:
                self._kill_group(signal.SIGTERM)
            self._wait(GRACE)
        with self._reaping:
            self._kill_group(signal.SIGKILL)
        if self._wait(GRACE) is not None:
            self._reap()
        with self._reaping:
            self._ours.close()

    def _kill_group(self, number: int) -> None:
        if self._popen is not None and self._popen.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._popen.pid, number)

    def forget(self) -> None:
        """In a forked child: the process is the parent's."""
        self.broken = True
        self._ours.close()
        self._close_descriptors()
        if self._popen is not None:
            self._popen.returncode = 0  # it is not ours to wait for


def _pidfd_of(pid: int) -> int:
    """-1 where Python or the kernel has none."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return -1


def _called(number: int) -> str:
    names = {int(s): s.name for s in signal.Signals}
    return f" ({names[number]})" if number in names else ""
