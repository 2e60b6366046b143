#!/bin/sh
# ftp.sh - a model of 200 files on another project's servers of FTP (pyftpdlib) and SFTP (asyncssh), from the index
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
[ "${PYFUNC_ENV_NETWORK:-}" = 1 ] || skip_all "no network (make check-network)"
[ ! -e "$pip_config" ] || export PIP_CONFIG_FILE="$pip_config"
unset NETRC SSH_AUTH_SOCK MLFLOW_TRACKING_URI
python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q pyftpdlib asyncssh 2>"$work/err" ||
	skip_all "the servers cannot be installed"
mkdir -p "$work/root" "$HOME/.ssh" && cp -R "$SRCDIR/share/examples/iris/model" "$work/root/a model"
mkdir -p "$work/root/a model/data" && "$work/venv/bin/python" - "$work" <<'END'
import os, sys
for i in range(200):
    with open(f"{sys.argv[1]}/root/a model/data/part {i} é+%41.bin", "wb") as f:
        f.write(os.urandom(20000))
END
cat >"$work/ftp.py" <<'END'
import os, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import ThreadedFTPServer
class Old(FTPHandler):
    proto_cmds = {name: what for name, what in FTPHandler.proto_cmds.items() if name not in ("MLSD", "MLST")}
users = DummyAuthorizer()
users.add_user("me", "p@ss", sys.argv[1] + "/root")
FTPHandler.authorizer = users
with open(sys.argv[1] + "/" + sys.argv[2] + ".new", "w") as ready:
    server = ThreadedFTPServer(("127.0.0.1", 0), Old if sys.argv[2] == "old" else FTPHandler)
    print(server.address[1], file=ready)
os.rename(sys.argv[1] + "/" + sys.argv[2] + ".new", sys.argv[1] + "/" + sys.argv[2])
server.serve_forever()
END
cat >"$work/sftp.py" <<'END'
import asyncio, os, sys
import asyncssh
work = sys.argv[1]
class Server(asyncssh.SSHServer):
    def password_auth_supported(self):
        return True
    def validate_password(self, user, password):
        return (user, password) == ("me", "p@ss")
async def main():
    mine, host = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    mine.write_private_key(work + "/home/.ssh/id_ed25519")
    mine.write_public_key(work + "/authorized")
    host.write_public_key(work + "/host.pub")
    server = await asyncssh.create_server(Server, "127.0.0.1", 0, server_host_keys=[host],
                                          authorized_client_keys=work + "/authorized", sftp_factory=True)
    with open(work + "/sftp.new", "w") as ready:
        print(server.sockets[0].getsockname()[1], file=ready)
    os.rename(work + "/sftp.new", work + "/sftp")
    await asyncio.Event().wait()
asyncio.run(main())
END
pids=
trap 'kill $pids 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
for kind in new old; do
	"$work/venv/bin/python" "$work/ftp.py" "$work" "$kind" >"$work/$kind.log" 2>&1 &
	pids="$pids $!"
done
"$work/venv/bin/python" "$work/sftp.py" "$work" >"$work/sftp.log" 2>&1 &
pids="$pids $!"
await "$work/new"
await "$work/old"
await "$work/sftp"
fetched() { ends 0 "$program" fetch "$1" && diff -r "$work/root/a model" "$(cat "$work/out")"; }
port=$(cat "$work/new")
check "by MLSD" fetched "ftp://me:p%40ss@127.0.0.1:$port/a%20model"
check "by LIST" fetched "ftp://me:p%40ss@127.0.0.1:$(cat "$work/old")/a%20model"
expect "deps" 0 "scikit-learn==" "$program" deps "ftp://me:p%40ss@127.0.0.1:$port/a%20model"
expect "another password" 4 "Login denied" "$program" fetch "ftp://me:no@127.0.0.1:$port/a%20model"
expect "no such folder" 4 "" "$program" fetch "ftp://me:p%40ss@127.0.0.1:$port/none"
port=$(cat "$work/sftp") path="$work/root/a%20model"
if ! "$program" fetch "sftp://127.0.0.1:$port/x" 2>&1 | grep -q "does not speak"; then
	expect "a host that is not known" 4 "known_hosts" "$program" fetch "sftp://me:p%40ss@127.0.0.1:$port$path"
	ssh_key=$(cut -d' ' -f1,2 "$work/host.pub")
	echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$work/authorized")" >"$HOME/.ssh/known_hosts"
	expect "one that has another key" 4 "known_hosts" "$program" fetch "sftp://me:p%40ss@127.0.0.1:$port$path"
	echo "[127.0.0.1]:$port $ssh_key" >"$HOME/.ssh/known_hosts"
	check "by SFTP, with a key" fetched "sftp://me@127.0.0.1:$port$path"
	mv "$HOME/.ssh/id_ed25519" "$work/away"
	check "with a password" fetched "sftp://me:p%40ss@127.0.0.1:$port$path/"
	expect "another one" 4 "Login denied" "$program" fetch "sftp://me:no@127.0.0.1:$port$path"
	expect "no such folder there" 4 "" "$program" fetch "sftp://me:p%40ss@127.0.0.1:$port/none"
	expect "deps of it" 0 "scikit-learn==" "$program" deps "sftp://me:p%40ss@127.0.0.1:$port$path"
else
	skip "this libcurl does not speak sftp"
fi
finish
