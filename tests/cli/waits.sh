#!/bin/sh
# waits.sh - what nobody ends, reads, answers or lets go: a signal ends the wait, and others are not kept waiting
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=serve_lib.sh
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"
limit='timeout -s KILL 120' # of what would hang: nothing depends on how long it takes
echo '{"inputs": []}' >"$work/in"
echo '{"inputs": ["many", "300000"]}' >"$work/many"
echo '{"inputs": ["pid"]}' >"$work/pid"
run() { $limit "$program" run "$model" --env-manager local --python "$python" -q "$@"; }
ended() { # PID NAME: dead within a minute, whoever is to reap it
	n=0
	while grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null && [ $n -lt 600 ]; do
		n=$((n + 1))
		sleep 0.1
	done
	[ $n -lt 600 ]
	tap $? "$2"
}

# ---- an answer that nobody reads ----

cat >"$work/unread.py" <<'END'
import fcntl, os, signal, struct, subprocess, sys, termios, time
r, w = os.pipe()
size = fcntl.fcntl(w, 1032)  # F_GETPIPE_SZ
run = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=w)
there = 0
while there < size and run.poll() is None:
    there, = struct.unpack("i", fcntl.ioctl(r, termios.FIONREAD, b"0000"))
    time.sleep(0.01)
run.send_signal(signal.SIGTERM)
sys.exit(run.wait())
END
expect "an answer that nobody reads ends by a signal" 143 "interrupted by SIGTERM" \
	$limit "$python" "$work/unread.py" "$program" run "$model" --env-manager local --python "$python" -q -i "$work/many"

# ---- who started us ignores how children end ----

cat >"$work/ignoring.py" <<'END'
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.argv[1], sys.argv[1:])
END
echo '{"inputs": ["die"]}' >"$work/die"
expect "SIGCHLD ignored: how the model's process ended is told" 8 "signal 9 (Killed)" \
	$limit "$python" "$work/ignoring.py" "$program" run "$model" --env-manager local --python "$python" -q -i "$work/die"

# ---- a server whose stderr nobody reads ----

mkfifo "$work/stderr"
cat >"$work/fill.py" <<'END'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
try:
    while True:
        os.write(fd, b"x" * 4096)
except BlockingIOError:
    pass
END
sleep 300 3<>"$work/stderr" &
sleeper=$!
"$program" serve "$model" --env-manager local --python "$python" --unix-socket "$work/s" 2>"$work/stderr" >"$work/served" </dev/null &
server=$!
ask() { $limit "$python" -c 'import socket, sys, time
body = open(sys.argv[2], "rb").read()
while True:
    s = socket.socket(socket.AF_UNIX)
    try:
        s.connect(sys.argv[1])
        s.sendall(b"POST /invocations HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        answer = b"".join(iter(lambda: s.recv(4096), b""))
        if b" 200 " in answer.split(b"\r\n")[0]: break
    except OSError: pass
    time.sleep(0.1)
print(answer.split(b"\r\n\r\n", 1)[1].decode())' "$work/s" "$1"; }
runner() { sed 's/[^0-9]//g' "$work/out"; }
check "a server" ends 0 ask "$work/pid"
"$python" "$work/fill.py" "$work/stderr"
first=$(runner)
kill -9 "$first"
check "whose stderr nobody reads: it replaces a worker" ends 0 ask "$work/pid"
check "another one" [ "$(runner)" != "$first" ]

# ---- a runner at rest ----

first=$(runner)
kill -TERM "$first"
ended "$first" "a runner at rest ends by SIGTERM"
check "and is replaced" ends 0 ask "$work/in"
kill -TERM "$server"
check "and the server ends" stopped 0
kill "$sleeper"

# ---- a worker that takes nobody ----

check "a worker" ends 0 run -i "$work/pid" --keep-warm
worker=$(runner)
cat >"$work/crowd.py" <<'END'
import glob, os, socket, sys, time
os.chdir(sys.argv[1])
name, = glob.glob("*-*")
crowd = []
while True:
    s = socket.socket(socket.AF_UNIX)
    s.setblocking(False)
    try:
        s.connect(name)
    except BlockingIOError:
        break
    crowd.append(s)
print("full", flush=True)
time.sleep(300)
END
kill -STOP "$worker"
"$python" "$work/crowd.py" "$PYFUNC_ENV_STORE/workers" >"$work/full" &
crowd=$!
await "$work/full"
check "its queue is full: an answer all the same" ends 0 run -i "$work/pid" --keep-warm
check "by another process" [ "$(runner)" != "$worker" ]
check "nor is it waited for to tell it to go" ends 0 run -i "$work/pid" --keep-warm=0
kill -9 "$worker"
kill "$crowd"
check "gc" "$program" env gc
check "removes its name" none "$PYFUNC_ENV_STORE/workers" -type s

# ---- a name that nobody answers for ----

printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:5\n' >"$work/resolv.conf"
cat >"$work/names.py" <<'END'
import socket, subprocess, sys
names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
names.bind(("127.0.0.1", 53))
fetch = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
names.settimeout(60)
names.recv(1000)
fetch.terminate()
sys.exit(fetch.wait())
END
cat >"$work/apart.sh" <<'END'
mount --bind "$1/resolv.conf" /etc/resolv.conf && ip link set lo up && ip addr add 192.0.2.1/32 dev lo || exit 77
shift
exec "$@"
END
apart() { env -u http_proxy -u HTTP_PROXY unshare -Urmn sh "$work/apart.sh" "$work" "$@"; }
if apart true 2>/dev/null; then
	expect "a name that nobody answers for ends by a signal" 143 "interrupted by SIGTERM" \
		apart $limit "$python" "$work/names.py" "$program" fetch http://host.example.test/model.zip
else
	skip "a name that nobody answers for: there are no namespaces"
fi

# ---- an environment that somebody else removes ----

made() { $limit "$program" create -q --offline --python "$python" "$model"; }
cat >"$work/remover.py" <<'END'
import fcntl, os, sys, time
f = open(os.path.join(sys.argv[1], "manifest.json"))
fcntl.flock(f, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(1)
if sys.argv[2:]:
    os.rename(sys.argv[1], sys.argv[2])
END
if ends 0 made; then
	env=$(cat "$work/out")
	for what in "looked at" removed; do
		: >"$work/taken"
		to=
		[ "$what" != removed ] || to=$work/away
		"$python" "$work/remover.py" "$env" ${to:+"$to"} >"$work/taken" &
		await "$work/taken"
		check "an environment that is $what just now" ends 0 made
		check "is there" [ -e "$env/manifest.json" ]
		wait $!
	done
	check "it was removed" [ -e "$work/away/manifest.json" ]
else
	skip "no environment can be made offline here"
fi
finish
