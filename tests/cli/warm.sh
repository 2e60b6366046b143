#!/bin/sh
# warm.sh - run --keep-warm: workers that are left, found, stale, hung, killed and asked to go
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # functions that are called by check
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=${PYFUNC_ENV_TEST_PYTHON:-$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3)} || skip_all "there is no python3"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 7))' || skip_all "$python is too old"
program=$(realpath "$program")
workers=$PYFUNC_ENV_STORE/workers # those in it go by themselves when it is removed

# A model that does what the request says, a word or two, and answers with the worker's number (its
# own or its parent's), how often it was asked, and more. `alone` has no threads, so that each request
# has a process of its own; `threads` has one.
for name in alone threads; do
	mkdir -p "$work/$name/code"
	printf 'flavors:\n  python_function:\n    loader_module: loader\n    code: code\n' >"$work/$name/MLmodel"
	cat >"$work/$name/code/numpy.py" <<-'END'
		class ndarray(list): pass
		class generic: pass
		class integer(generic): pass
		def array(data): return data
	END
	cat >"$work/$name/code/loader.py" <<-'END'
		import os, sys, threading, time
		started = os.getpid()
		class Model:
		    asked = 0
		    def predict(self, data):
		        data = list(data) if not isinstance(data, dict) else data
		        self.asked += 1
		        word, _, rest = str(TASK.read()).partition(" ")
		        answer = [started, self.asked]
		        if word == "print": print("printed"); os.write(2, b"written\n"); os.system("echo by a child")
		        if word == "sleep": time.sleep(float(rest))
		        if word == "file": answer.append(open(rest).read())
		        if word == "env": answer.append(os.environ.get(rest, ""))
		        if word == "raise": raise ValueError(rest)
		        if word == "eat": bytearray(1 << 30)
		        if word == "die":
		            try: os.remove(rest)
		            except OSError: pass
		            else: os.kill(os.getpid(), 9)
		        if word == "finally":
		            try: time.sleep(60)
		            finally: open(rest, "w").write("cleaned")
		        while word == "spin": pass
		        if word == "spawn":
		            import subprocess
		            answer.append(subprocess.Popen(["sleep", "300"], stdout=-3, stderr=-3).pid)
		        return answer
		class TASK:
		    @staticmethod
		    def read():
		        with open(os.path.join(os.path.dirname(__file__), os.pardir, os.pardir, "task")) as f: return f.read().strip()
		def _load_pyfunc(path):
		    if os.path.basename(path.rstrip("/")) == "threads":
		        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
		    return Model()
	END
done
echo '{"inputs": []}' >"$work/in"
: >"$work/task"

run() { # MODEL [OPTIONS]
	model=$work/$1
	shift
	"$program" run "$model" --env-manager local --python "$python" -i "$work/in" -q "$@"
}
task() { echo "$*" >"$work/task"; }
# A field of the last answer, from 1: the worker's number, how often it was asked, what else there is.
field() { sed 's/^{"predictions": \[//; s/\]}$//' "$work/out" | cut -d, -f"$1"; }
warm() { # NAME MODEL [OPTIONS]: the answer is of the worker $pid
	warm_name=$1
	shift
	ends 0 run "$@" --keep-warm && [ "$(field 1)" = "$pid" ]
	tap $? "$warm_name"
}
gone() { # PID: within ten seconds
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 "$1" 2>/dev/null || return 0
		! grep -q '^State:[[:space:]]*Z' "/proc/$1/status" 2>/dev/null || return 0
		sleep 0.5
	done
	return 1
}
lives() { kill -0 "$1"; }
leave() { # MODEL [OPTIONS]: a worker, whose number is in $pid
	ends 0 run "$@" --keep-warm || tap 1 "a worker is left"
	pid=$(field 1)
}
begin() { # MODEL: a run in the background, in $client
	"$program" run "$work/$1" --env-manager local --python "$python" -i "$work/in" -q --keep-warm >"$work/first" 2>&1 &
	client=$!
}

# ---- left and found ----

expect "without the option nothing stays" 0 "" run alone
check "nor is there a folder" [ ! -e "$workers" ]
leave alone
check "a worker stays" lives "$pid"
check "its folder is ours alone" [ "$(stat -c %a "$workers")" = 700 ]
check "its socket too" [ "$(find "$workers" -type s -perm 600 | wc -l)" = 1 ]
warm "the next run finds it" alone
check "in a process of its own: nothing is left of the one before" [ "$(field 2)" = 2 ]
warm "and the next" alone
check "as before" [ "$(field 2)" = 2 ]
expect "a plain run does not" 0 "" run alone
check "it has its own process" [ "$(field 1)" != "$pid" ]
leave threads
warm "with threads it serves in turn" threads
check "and remembers" [ "$(field 2)" = 2 ]

# ---- what a request sees ----

for of in alone threads; do
	leave $of
	task print
	warm "$of: prints" $of
	check "$of: to the stderr of whoever asks" [ "$(sort <"$work/err" | tr '\n' ,)" = "by a child,printed,written," ]
	task file here
	mkdir -p "$work/dir"
	echo found >"$work/dir/here"
	(cd "$work/dir" && run $of --keep-warm >"$work/out" 2>"$work/err")
	check "$of: the caller's folder" [ "$(field 3)" = '"found\n"' ]
	task raise too bad
	expect "$of: an exception" 8 "pyfunc-env: model-code: the model failed to predict: ValueError: too bad" run $of --keep-warm
	check "$of: with its traceback" said 'raise ValueError(rest)'
	expect "$of: as an object" 8 '"message":"the model failed to predict: ValueError: too bad"' run $of --keep-warm --json
	task ""
	warm "$of: and it is still there" $of
done
task env COLOUR
expect "another variable is another worker" 0 '"blue"' run alone --keep-warm --env COLOUR=blue
check "with another number" [ "$(field 1)" != "$pid" ]
blue=$(field 1)
expect "which is found again" 0 '"blue"' run alone --keep-warm --env COLOUR=blue
check "by its variable" [ "$(field 1)" = "$blue" ]
leave alone
COLUMNS=71 TERM=other warm "a terminal's variables make no difference" alone
task eat
expect "memory: a limit holds" 9 "MemoryError" run alone --keep-warm --max-memory 512M
task ""
expect "memory: a worker is left" 0 "" run alone --keep-warm --max-memory 512M
task eat
expect "memory: and holds there" 9 "hint: it may allocate 512 MiB (--max-memory)" run alone --keep-warm --max-memory 512M

# ---- stale ----

task ""
leave alone
old=$pid
echo "# changed" >>"$work/alone/code/loader.py"
leave alone
check "a changed model is loaded anew" [ "$pid" != "$old" ]
check "the old worker has gone" gone "$old"
touch -d 2020-01-01 "$work/alone/MLmodel"
old=$pid
leave alone
check "a file of another time is another" [ "$pid" != "$old" ]

# ---- killed, stopped, dead in the middle ----

kill -9 "$pid"
gone "$pid"
old=$pid
expect "a worker that was killed: an answer all the same" 0 '{"predictions": ' run alone --keep-warm
pid=$(field 1)
check "by a new one" [ "$pid" != "$old" ]
warm "which has its place" alone
kill -STOP "$pid"
expect "one that hangs: an answer all the same" 0 '{"predictions": ' run alone --keep-warm
check "by another process" [ "$(field 1)" != "$pid" ]
kill -CONT "$pid"
warm "and when it goes on it is found" alone
for of in alone threads; do
	leave $of
	: >"$work/fuse"
	task die "$work/fuse"
	expect "$of: death in the middle: an answer all the same" 0 '{"predictions": ' run $of --keep-warm
	check "$of: by another process" [ "$(field 1)" != "$pid" ]
done

# ---- limits, signals, two at once ----

for of in alone threads; do
	task ""
	leave $of
	task sleep 1
	begin $of
	warm "$of: two at once" $of
	wait $client
	check "$of: the other" grep -q "^{\"predictions\": \[$pid," "$work/first"
	task sleep 60
	expect "$of: a time limit" 9 "the model did not answer within 1 s" run $of --keep-warm --timeout 1
done
check "in turn: what hangs is ended" gone "$pid"
task ""
leave alone
task finally "$work/cleaned"
begin alone
sleep 1.5
kill -TERM $client
status=0
wait $client || status=$?
check "a run that is asked to end ends" [ "$status" -gt 128 ]
sleep 0.5
check "its part of the worker too, in good order" [ -s "$work/cleaned" ]
task ""
warm "the worker is still there" alone

leave threads
task spin
begin threads
sleep 1
kill -TERM $client
wait $client
check "in turn: one that is hung goes with the run that hung it" gone "$pid"
task ""
expect "and the next run has an answer" 0 '{"predictions": ' run threads --keep-warm

# ---- asked to go ----

for of in alone threads; do
	task ""
	leave $of
	task spawn
	warm "$of: a process is left behind" $of
	left=$(field 3)
	[ $of = alone ] || ends 0 run $of --keep-warm=0
	check "$of: it does not stay" gone "$left"
	[ $of = alone ] || left=$(field 3)
	gone "$left" || tap 1 "$of: nor does that of a process of one's own"
done
task ""
leave alone
expect "seconds 0: an answer" 0 '{"predictions": ' run alone --keep-warm=0
check "of another process" [ "$(field 1)" != "$pid" ]
check "and the worker has gone" gone "$pid"
ends 0 run alone --keep-warm=1
pid=$(field 1)
check "an idle one goes" gone "$pid"
leave alone
find "$workers" -type s -delete
sleep 1
check "one that lost its name goes" gone "$pid"
expect "no such time" 2 "--keep-warm takes seconds, at most 604800, not soon" run alone --keep-warm=soon
expect "the setting" 0 "" env PYFUNC_ENV_KEEP_WARM=60 "$program" run "$work/alone" --env-manager local --python "$python" -i "$work/in" -q
pid=$(field 1)
check "leaves one too" lives "$pid"
expect "--keep-warm=0 ends it" 0 "" run alone --keep-warm=0
check "nobody waits for what it keeps open" sh -c '[ "$("$@" 2>&1 | grep -c predictions)" = 1 ]' - \
	timeout 20 "$program" run "$work/alone" --env-manager local --python "$python" -i "$work/in" -q --keep-warm

expect "--keep-warm=0 ends that one" 0 "" run alone --keep-warm=0

# ---- places that are none ----

find "$workers" -type s -delete
leave alone
kill -9 "$pid"
gone "$pid"
leave threads
check "gc" "$program" env gc
check "removes the name of one that was killed" [ "$(find "$workers" -type s | wc -l)" = 1 ]
warm "and of no other" threads
ends 0 run threads --keep-warm=0
mv "$workers" "$work/elsewhere"
ln -s "$work/elsewhere" "$workers"
loud() { "$program" run "$work/alone" --env-manager local --python "$python" -i "$work/in" --keep-warm; }
expect "a folder that is a link" 0 "no worker can stay: its folder in the store is not ours alone" loud
check "has none" none "$work/elsewhere" -type s
rm "$workers"
mkdir -m 755 "$workers"
leave alone
check "a folder that is open to others is closed" [ "$(stat -c %a "$workers")" = 700 ]

# ---- in an environment of the store ----

if ends 0 "$program" create -q --offline --python "$python" "$work/alone"; then
	key=$(basename "$(cat "$work/out")")
	expect "an environment's worker" 0 "" "$program" run -q --offline --python "$python" "$work/alone" -i "$work/in" --keep-warm
	pid=$(field 1)
	check "has its name" [ -n "$(find "$workers" -name "$key-*")" ]
	expect "verify leaves it alone" 0 "" "$program" env verify "$key"
	check "it is there" lives "$pid"
	expect "rm does not" 0 "removed $key" "$program" env rm "$key"
	check "it has gone" gone "$pid"
	expect "an environment made again" 0 "" "$program" run -q --offline --python "$python" "$work/alone" -i "$work/in" --keep-warm
	pid=$(field 1)
	expect "gc leaves what is in use" 0 "" "$program" env gc
	check "and its worker" lives "$pid"
	expect "gc of what is old has it go" 0 "removed $key" "$program" env gc --older-than 0
	check "with the worker" gone "$pid"
else
	skip "no environment can be made offline here"
fi
finish
