# finish.py - the end of an interpreter, apart from raw.py because every run compiles it
# SPDX-License-Identifier: Apache-2.0
def hurry(*ignored):
    raise TimeoutError


def finish(threads, functions):
    """The end of an interpreter that is left by _exit: threads are joined, but not for ever."""
    import atexit
    import signal
    import threading

    for seconds, step in ((threads, threading._shutdown), (functions, atexit._run_exitfuncs)):
        try:
            signal.signal(signal.SIGALRM, hurry)
            signal.alarm(seconds)
            step()
        except BaseException:
            pass
        finally:
            signal.alarm(0)
