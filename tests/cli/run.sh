#!/bin/sh
# run.sh - run: inputs that are none, places that cannot be written, limits, what a model may know
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
model=$work/model
mkdir -p "$model/code"
printf 'flavors:\n  python_function:\n    loader_module: loader\n    code: code\n' >"$model/MLmodel"

# What the loader does is on standard input; it is told to say so.
loader() {
	rm -rf "$model/code/__pycache__"
	{
		echo "def _load_pyfunc(path):"
		sed 's/^/    /'
	} >"$model/code/loader.py"
}
run() { "$program" run "$model" --env-manager local --python "$python" -q "$@"; }

# ---- input and output ----

loader <<'END'
raise OSError("the model was loaded")
END
echo '{"inputs": [1]}' >"$work/in"
expect "input: a folder" 7 "pyfunc-env: io: $work is a directory" run -i "$work"
expect "input: not there" 7 "cannot open $work/none: No such file or directory" run -i "$work/none"
if plain_works "$work"; then
	: >"$work/closed"
	chmod 000 "$work/closed"
	expect "input: unreadable" 7 "cannot open $work/closed: Permission denied" \
		plain "$program" run "$model" --env-manager local --python "$python" -q -i "$work/closed"
fi
printf 'a,b\n1,2\n' >"$work/in.txt"
expect "input: of which kind, nobody told" 3 "hint: it was taken for JSON; of another kind, --content-type tells which" \
	run -i "$work/in.txt"
expect "input: told" 3 "a value is expected" run -i "$work/in.txt" -t json
check "there is no hint" silent hint
expect "input: an endless device" 3 "/dev/zero is no text: it holds a NUL byte" run -i /dev/zero
mkfifo "$work/fifo"
cat "$work/in" >"$work/fifo" &
expect "input: a FIFO is read" 8 "the model was loaded" run -i "$work/fifo"
wait $!
# told before the model is loaded
expect "output: no such folder" 7 "pyfunc-env: io: cannot write $work/no/x: No such file" run -i "$work/in" -o "$work/no/x"
expect "output: a folder" 7 "pyfunc-env: io: cannot write $work: it is a directory" run -i "$work/in" -o "$work"
check "the model was not asked" sh -c '! grep -q loaded "$1"' - "$work/err"
expect "a failure" 8 "the model was loaded" run -i "$work/in" -o "$work/answer"
check "leaves no output" sh -c '[ -z "$(find "$1" -maxdepth 1 -name "answer*")" ]' - "$work"

differ() { "$program" diff "$model" --python "$python" --fail-on never -q "$@"; }
result=$work/result
: >"$result"
ln -s result "$work/link"
check "output through a link" differ -o "$work/link"
check "leaves the link" sh -c '[ -L "$1" ] && [ -s "$2" ]' - "$work/link" "$result"
# shellcheck disable=SC2260 # to a file, and the pipe stays empty
differ -o /dev/stdout >"$work/piped" | cat
mkfifo "$work/out.fifo"
cat "$work/out.fifo" >"$work/read" &
check "output to a FIFO" differ -o "$work/out.fifo"
wait $!
check "is written into it" sh -c '[ -p "$1" ] && cmp -s "$2" "$3"' - "$work/out.fifo" "$work/read" "$result"
expect "a full device" 7 "No space left on device" differ -o /dev/full
{ differ 2>"$work/err"; echo $? >"$work/rc"; } | :
check "a closed pipe: by SIGPIPE or in time, and quietly" sh -c 'grep -qx "141\|0" "$1" && [ ! -s "$2" ]' - "$work/rc" "$work/err"

closed_output() { differ >&-; }
expect "no standard output" 7 "standard output: cannot write: Bad file descriptor" closed_output
may_not_grow() { (ulimit -f 0 && differ -o "$work/none"; echo "status $?") 2>&1 | cat; }
expect "a file that may not grow" 0 "cannot write: File too large" may_not_grow
check "is no signal" printed "status 7"

# ---- limits ----

loader <<'END'
return bytearray(1 << 30)
END
expect "memory: a limit that is met" 9 "pyfunc-env: limit: the model could not be loaded: MemoryError" \
	run -i "$work/in" --max-memory 512M
check "and named" grep -qxF "  hint: it may allocate 512 MiB (--max-memory)" "$work/err"
loader <<'END'
held = []
while True:
    held.append(bytearray(1 << 16))
END
# shellcheck disable=SC3045 # dash and bash have it
if (ulimit -v 600000 && "$program" --version) >/dev/null 2>&1; then # not with the sanitizers
	expect "memory: a limit of the caller's, with none left to tell" 8 "MemoryError" \
		sh -c 'ulimit -v 600000; exec "$@"' - "$program" run "$model" --env-manager local --python "$python" -q -i "$work/in"
	check "and named" grep -qxF "  hint: the model ran out of memory" "$work/err"
fi
loader <<'END'
import os
os.abort()
END
expect "memory: a death under a limit" 8 "hint: it was limited to 512 MiB of memory (--max-memory)" \
	run -i "$work/in" --max-memory 512M
expect "memory: no size" 2 "--max-memory takes a size such as 512M, not lots" run --max-memory lots

# ---- what is missing ----

loader <<'END'
import no_such_module_xyz
END
hint="  hint: the model's requirements do not name a package that provides no_such_module_xyz: add it to them, or try create --repair"
expect "a module that nobody asks for" 8 "No module named 'no_such_module_xyz'" run -i "$work/in"
check "is told so" grep -qxF "$hint" "$work/err"
printf '# first\nno-such-module-xyz==1.0\n' >"$model/requirements.txt"
expect "one that is asked for" 8 "No module named 'no_such_module_xyz'" run -i "$work/in"
hint="  hint: no-such-module-xyz==1.0 (requirements.txt, line 2) should bring no_such_module_xyz, and the current interpreter has it not: leave out --env-manager local"
check "is told with its line" grep -qxF "$hint" "$work/err"

# ---- what a model may know ----

loader <<'END'
import os, sys
print("variables", sorted(os.environ), file=sys.stderr)
fds = []
for fd in os.listdir("/proc/self/fd"):
    try: fds.append((int(fd), os.readlink("/proc/self/fd/" + fd)))
    except OSError: pass
print("descriptors", [fd for fd, name in fds if "secret" in name], file=sys.stderr)
print("startup", "startup_ran" in dir(__import__("builtins")), "evil" in sys.modules, file=sys.stderr)
raise OSError("seen")
END
mkdir "$work/evil"
echo 'import builtins; builtins.startup_ran = 1' >"$work/evil/startup.py"
cp "$work/evil/startup.py" "$work/evil/usercustomize.py"
cp "$work/evil/startup.py" "$work/evil/sitecustomize.py"
: >"$work/secret"
known() {
	env AWS_SECRET_ACCESS_KEY=s1 AWS_SESSION_TOKEN=s2 MLFLOW_TRACKING_TOKEN=s3 MLFLOW_TRACKING_PASSWORD=s4 \
		MY_SECRET_THING=s5 KEPT_TOKEN=s6 HARMLESS=1 PYTHONPATH="$work/evil" PYTHONSTARTUP="$work/evil/startup.py" \
		PYTHONHOME= PYTHONINSPECT=1 LD_PRELOAD= LD_LIBRARY_PATH="$work/evil" VIRTUAL_ENV="$work/evil" \
		CONDA_PREFIX="$work/evil" "$program" run "$model" --env-manager local --python "$python" -q \
		-i "$work/in" --pass-env KEPT_TOKEN --env GIVEN=1 9<"$work/secret"
}
expect "variables of the caller" 8 "seen" known
check "those that are harmless, let through or given" \
	sh -c 'grep -q "HARMLESS.*" "$1" && grep -q KEPT_TOKEN "$1" && grep -q GIVEN "$1"' - "$work/err"
for name in AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN MLFLOW_TRACKING_TOKEN MLFLOW_TRACKING_PASSWORD MY_SECRET_THING \
	PYTHONPATH PYTHONSTARTUP PYTHONHOME PYTHONINSPECT LD_PRELOAD LD_LIBRARY_PATH CONDA_PREFIX; do
	check "$name does not reach the model" sh -c '! grep "^variables" "$1" | grep -q "'"'$name'"'"' - "$work/err"
done
check "no descriptor of the caller's" grep -qx "descriptors \[\]" "$work/err"
check "no code of the caller's" grep -qx "startup False False" "$work/err"

# ---- the end; without numpy no request gets so far ----

"$python" -c 'import numpy' 2>/dev/null || finish

# A model that has children when it is done, in a session of their own, is waited for and they end.
loader <<'END'
import atexit, subprocess, sys
class Model:
    def predict(self, data):
        child = subprocess.Popen(["sleep", "300"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print("child", child.pid, file=sys.stderr)
        atexit.register(print, "exit function ran", file=sys.stderr)
        return [1]
return Model()
END
expect "a model that leaves a child" 0 '{"predictions": [1]}' run -i "$work/in"
child=$(sed -n 's/^child //p' "$work/err")
check "its exit functions are run" grep -qx "exit function ran" "$work/err"
check "and the child is ended" sh -c '[ -n "$1" ] && ! kill -0 "$1"' - "$child"
finish
