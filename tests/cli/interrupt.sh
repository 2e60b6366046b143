#!/bin/sh
# interrupt.sh - Ctrl-C while resolving, installing, waiting, loading, predicting: told, soon, and nothing left
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
model=$work/model
mark="PF_MARK=$$-$(date +%s)"
mkdir -p "$model/code" "$work/bin" "$work/tmp"
export TMPDIR="$work/tmp"
PATH="$work/bin:$PATH"

# A driver that is in no hurry: what it is asked last says where it hangs.
cat >"$work/bin/uv" <<'END'
#!/bin/sh
case "$*" in
*--version*) echo "uv 9.9.9" ;;
*"pip compile"*)
	[ "$HANG_AT" = resolve ] && { touch "$HANG_MARK"; sleep 60; }
	echo "alpha==1.0" ;;
*) touch "$HANG_MARK"; sleep 60 ;;
esac
END
chmod +x "$work/bin/uv"
printf 'flavors:\n  python_function:\n    loader_module: slow\n    code: code\n    python_version: %s\n' \
	"$("$python" -c 'import platform; print(platform.python_version())')" >"$model/MLmodel"
echo "alpha==1.0" >"$model/requirements.txt"

loader() { # where it hangs: load, predict, stubborn
	rm -rf "$model/code/__pycache__"
	cat >"$model/code/slow.py" <<END
import os, signal, tempfile, time
def hang():
    if "$1" == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.fork() or time.sleep(60)
    kept = "$1" == "stubborn" or tempfile.NamedTemporaryFile()
    open(os.environ["HANG_MARK"], "w").close()
    time.sleep(60)
class Model:
    def predict(self, data):
        hang()
def _load_pyfunc(path):
    if "$1" == "load":
        hang()
    return Model()
END
}

# A shell's background jobs ignore SIGINT: python3 starts the program as a terminal would.
start() { # the program's arguments
	rm -f "$work/hang"
	env "$mark" HANG_MARK="$work/hang" HANG_AT="$at" "$python" -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$program" "$@" >"$work/out" 2>"$work/err" <"$input" &
	pid=$!
	n=0
	while [ ! -e "$work/hang" ] && [ $n -lt 100 ]; do
		[ "$at" = wait ] && [ $n -ge 10 ] && break
		sleep 0.1
		n=$((n + 1))
	done
}

left() {
	for _ in 1 2 3 4 5; do
		grep -lsz "^$mark\$" /proc/[0-9]*/environ >"$work/left" 2>/dev/null || return 1
		sleep 0.1
	done
	return 0
}

interrupted() { # what was going on, signal, its number
	before=$(date +%s%N)
	kill "-$2" "$pid"
	wait "$pid"
	status=$?
	took=$((($(date +%s%N) - before) / 1000000))
	[ $status -eq $((128 + $3)) ]
	tap $? "SIG$2 while $1: status $status"
	[ $took -lt 2000 ]
	tap $? "SIG$2 while $1: soon ($took ms)"
	[ "$(grep -c "^pyfunc-env: signal: .*interrupted by SIG$2\$" "$work/err")" -eq 1 ] && [ ! -s "$work/out" ]
	tap $? "SIG$2 while $1: it is told, once"
	! left
	tap $? "SIG$2 while $1: no process is left"
	[ -z "$(find "$work/tmp" "$PYFUNC_ENV_STORE/tmp" "$PYFUNC_ENV_STORE/envs" -mindepth 1 -maxdepth 1 2>/dev/null)" ]
	tap $? "SIG$2 while $1: no folder is left"
}

input=/dev/null at=resolve
# Under nohup SIGHUP is ignored, as it should be: then there is nothing to interrupt.
signals='INT:2 TERM:15 HUP:1'
case $(sed -n 's/^SigIgn:.*\(.\)$/\1/p' /proc/self/status) in
[13579bdf]) signals='INT:2 TERM:15'; skip "SIGHUP, which is ignored here" ;;
esac
for signal in $signals; do
	start create "$model" --env-manager uv --python "$python"
	interrupted resolving "${signal%:*}" "${signal#*:}"
done
at=install
start create "$model" --env-manager uv --python "$python"
interrupted installing INT 2

echo '{"inputs": [1]}' >"$work/input"
echo 'c
1' >"$work/input.csv"
input=$work/input at=
loader load
start run "$model" --env-manager local --python "$python" -q
interrupted loading INT 2
loader predict
if "$python" -c 'import numpy' 2>/dev/null; then
	start run "$model" --env-manager local --python "$python" -q
	interrupted predicting INT 2
	loader stubborn
	start run "$model" --env-manager local --python "$python" -q
	interrupted "predicting with a model that ignores SIGTERM" INT 2
else
	skip "$python has no numpy: predicting is not interrupted"
fi

# waiting: for the input, from a pipe nobody writes to and from a FIFO nobody opens
mkfifo "$work/fifo" "$work/silent"
sleep 60 >"$work/silent" &
sleeper=$!
input=$work/silent at=wait
start run "$model" --env-manager local --python "$python" -q
interrupted "waiting for standard input" INT 2
input=/dev/null
start run "$model" --env-manager local --python "$python" -q -i "$work/fifo"
interrupted "waiting for a FIFO" INT 2
kill "$sleeper"
finish
