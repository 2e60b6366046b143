#!/bin/sh
# runner_failures.sh - model code that fails, lies, hangs or leaves: never an answer, always told
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=runner_lib.sh
. "${SRCDIR:-.}/tests/cli/runner_lib.sh"
python=$(some_python) || skip_all "there is no python3"

predicting="model-code: the model failed to predict"
ended="model-code: the model's process ended without an answer"
unusable="model-code: the model's answer cannot be used"

# ---- code that misbehaves, and an answer all the same ----

good() { # NAME, predict's body on standard input
	make_predict good
	run "$python" good -t 20
	check "$1" answers 0 "[0, 1, 2]"
}

good "what is printed is no answer" <<'END'
print('{"predictions": [666]}')
END
check "and goes to stderr" said 666
good "raw writes to 1" <<'END'
import os
os.write(1, b"PFR1 raw\n")
END
good "1 and 2 closed" <<'END'
import os
os.close(1); os.close(2)
END
good "every small descriptor closed" <<'END'
import os
os.closerange(3, 1000)
END
good "8 MiB of noise" <<'END'
import sys
sys.stderr.write("x" * (8 << 20))
END
good "another directory" <<'END'
import os
os.chdir("/")
END
good "a child that lives on" <<'END'
import subprocess
subprocess.Popen(["sleep", "30"])
END
good "a forked child that answers too" <<'END'
import os
os.fork()
END
make_model forks <<'END'
import os
class Model:
    def predict(self, data, params=None):
        return list(range(len(data)))
def _load_pyfunc(path):
    os.fork()
    return Model()
END
run "$python" forks -t 20
check "a child that the loader forked" answers 0 "[0, 1, 2]"
make_model keys <<'END'
import enum
class Color(enum.IntEnum):
    RED = 1
class Length(float):
    def __repr__(self):
        return "a length"
class Model:
    def predict(self, data, params=None):
        return {Color.RED: Color.RED, Length(0.5): 2, True: None}
def _load_pyfunc(path):
    return Model()
END
run "$python" keys -t 20
check "keys that are numbers with names" answers 0 '{"1": null, "0.5": 2}'
start=$(date +%s)
good "a thread that lives on" <<'END'
import threading, time
threading.Thread(target=time.sleep, args=(30,)).start()
END
check "is not waited for" [ $(($(date +%s) - start)) -lt 15 ]

# ---- failures ----

bad() { # STATUS MESSAGE HINT, predict's body on standard input
	make_predict bad
	run "$python" bad -t 20
	check "$2" complains "$@"
}

bad 8 "$predicting: ValueError: boom" "" <<'END'
raise ValueError("boom")
END
check "a traceback, once" [ "$(grep -c '^Traceback' "$work/err")" = 1 ]
bad 8 "$predicting: ValueError: two  lines" "" <<'END'
raise ValueError("two\n\nlines")
END
bad 8 "$predicting: SystemExit: the model called sys.exit(0)" "" <<'END'
import sys
sys.exit(0)
END
bad 8 "$predicting: KeyboardInterrupt" "" <<'END'
raise KeyboardInterrupt
END
bad 8 "$predicting: RuntimeError: its text cannot be read" "" <<'END'
class Bad(RuntimeError):
    def __str__(self): raise KeyError
Bad.__qualname__ = "RuntimeError"; Bad.__module__ = "builtins"
raise Bad()
END
bad 8 "$predicting: MemoryError" "the model ran out of memory" <<'END'
raise MemoryError
END
bad 8 "$predicting: ModuleNotFoundError: No module named 'no_such_module_xyz'" \
	"nothing in the environment provides the module no_such_module_xyz: add it to the model's requirements" <<'END'
import no_such_module_xyz
END
bad 8 "$ended: exit status 0" "" <<'END'
import os
os._exit(0)
END
bad 8 "$ended: exit status 3" "" <<'END'
import os
os._exit(3)
END
bad 8 "$ended: signal 6 (Aborted)" "" <<'END'
import os
os.abort()
END
bad 8 "$ended: signal 11 (Segmentation fault)" "" <<'END'
import os
os.kill(os.getpid(), 11)
END
bad 8 "$ended: signal 9 (Killed)" "the kernel ends processes so when memory runs out" <<'END'
import os
os.kill(os.getpid(), 9)
END
bad 8 "model-code: what came over the runner's socket is no frame" "" <<'END'
import os
for fd in range(3, 5000):
    try: os.write(fd, b'{"predictions": [666]}')
    except OSError: pass
END
bad 8 "$unusable: the model returned None instead of an answer" "" <<'END'
return None
END
bad 8 "$unusable: the answer holds an object of type builtins.set, which cannot be written as JSON" "" <<'END'
return [1, {2}]
END
bad 8 "$unusable: the answer holds a dictionary whose key is of type tuple; keys must be text or numbers" "" <<'END'
return {(1, 2): 3}
END
bad 8 "$unusable: the answer is nested too deep, or holds itself" "" <<'END'
a = []; a.append(a)
return a
END
check "no traceback where no code failed" [ "$(grep -c '^Traceback' "$work/err")" = 0 ]

# ---- loading ----

make_model unloadable <<'END'
def _load_pyfunc(path): return None
END
run "$python" unloadable
check "a loader that returns nothing" complains 8 \
	"model-code: the model could not be loaded: TypeError: the loader returned an object of type NoneType, which has no method predict"
make_model unloadable <<'END'
x = 1
END
run "$python" unloadable
check "no _load_pyfunc" complains 8 \
	"model-code: the model could not be loaded: AttributeError: module 'loader' has no attribute '_load_pyfunc'"
make_model unloadable <<'END'
def _load_pyfunc(path): raise OSError("no such weights")
END
run "$python" unloadable
check "a loader that raises" complains 8 "model-code: the model could not be loaded: OSError: no such weights"
make_model unloadable <<'END'
def (:
END
run "$python" unloadable
check "a loader that is no Python" complains 8 \
	"model-code: the model could not be imported: SyntaxError: invalid syntax (loader.py, line 1)"

# ---- time ----

slow() { # NAME, predict's body on standard input
	make_predict slow
	start=$(date +%s)
	run "$python" slow -t 1 -e "TRY_MARK=$$"
	took=$(($(date +%s) - start))
	check "$1" complains 9 "limit: the model did not answer within 1 s and was ended"
	check "in time" [ "$took" -le 8 ]
	left=$(grep -lsF "TRY_MARK=$$" /proc/[0-9]*/environ | wc -l)
	check "and nothing of it is left" [ "$left" = 0 ]
}

slow "an endless loop" <<'END'
while True: pass
END
slow "a long sleep" <<'END'
import time
time.sleep(600)
END
slow "a model that ignores SIGTERM" <<'END'
import signal, time
signal.signal(15, signal.SIG_IGN)
time.sleep(600)
END
slow "children" <<'END'
import os, time
for _ in range(16):
    if os.fork() == 0:
        time.sleep(60); os._exit(0)
time.sleep(60)
END
slow "children in sessions of their own" <<'END'
import os, time
for _ in range(4):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
        time.sleep(60); os._exit(0)
time.sleep(60)
END
make_predict slow <<END
import tempfile, time
f = tempfile.NamedTemporaryFile(dir="$work", prefix="left")
time.sleep(60)
END
run "$python" slow -t 1
check "temporary files are removed by their owner" [ -z "$(find "$work" -maxdepth 1 -name 'left*')" ]

make_model slow <<'END'
while True: pass
END
run "$python" slow -t 1
check "a loader that hangs" complains 9 "limit: the model did not answer within 1 s and was ended"

# ---- signals of ours ----

make_predict slow <<'END'
import time
time.sleep(60)
END
"$driver" -c "$work/slow/code" "$python" "$work/slow" loader >"$work/out" 2>"$work/err" </dev/null &
sleep 1
kill -TERM $!
wait $!
# shellcheck disable=SC2034 # read by check
status=$?
check "SIGTERM ends it all" complains 143 "signal: interrupted by SIGTERM"

finish
