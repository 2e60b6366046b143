#!/bin/sh
# conda_served.sh - a model of conda packages from a channel on loopback: each command, and no conda program anywhere
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/serve_lib.sh"
here=${SRCDIR:-.}/tests/cli
[ "$(uname -m)" = x86_64 ] || skip_all "the packages are for linux-64"
own=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
minor=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
for name in $(env | sed -n 's/^\([a-zA-Z]*_[pP][rR][oO][xX][yY]\|NETRC\)=.*/\1/p'); do unset "$name"; done
unset CONDA_CHANNEL_ALIAS CONDA_CHANNELS CONDA_SUBDIR CONDA_EXE MAMBA_EXE
"$python" "$here/make_conda.py" "$work/files/conda-forge" "$own" || skip_all "no packages can be made"
"$python" "$here/conda_server.py" "$work" >"$work/channel" 2>&1 &
channels=$!
trap 'kill $channels 2>/dev/null; [ -z "$server" ] || kill -9 "$server" 2>/dev/null; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"' EXIT
await "$work/ready"
url=http://127.0.0.1:$(tr -d '\n' <"$work/ready")
export CONDARC="$work/condarc" no_proxy=127.0.0.1 PATH="/usr/local/bin:/usr/bin:/bin"
echo "channel_alias: $url" >"$CONDARC"
for each in conda mamba micromamba; do
	[ -z "$(command -v $each)" ] || skip_all "$each is here"
done

printf 'flavors:\n  python_function:\n    loader_module: loader\n    code: code\n    python_version: %s\n    env:\n      conda: conda.yaml\n' "$minor" >"$model/MLmodel"
printf 'name: any\nchannels:\n- conda-forge\ndependencies:\n- python=%s\n- tool=2\n- conda-forge::act\n' "$minor" >"$model/conda.yaml"
cat >"$model/code/loader.py" <<'END'
import os, subprocess
class Model:
    def predict(self, data, params=None):
        rows = list(data)
        if rows[:1] == ["where"]:
            return [os.environ["ACT_HOME"], os.environ["CONDA_PREFIX"],
                    subprocess.check_output(["plain-tool"]).decode().strip()]
        return rows
def _load_pyfunc(path):
    return Model()
END
echo '{"inputs": ["where"]}' >"$work/in.json"
asked() { grep -q "$@" "$work/log-of-channel"; }
keep_log() { mv "$work/log" "$work/log-of-channel" 2>/dev/null || : >"$work/log-of-channel"; }

expect "a lock, first of all" 0 "url: '$url/conda-forge/linux-64/tool-2.0-0.conda'" "$program" lock "$model"
cp "$work/out" "$work/conda-lock.yml"
keep_log
check "for which no package was asked for" sh -c '! grep "\.conda" "$1"' - "$work/log-of-channel"
expect "create" 0 "$PYFUNC_ENV_STORE/envs/" "$program" create "$model"
env=$(cat "$work/out")
keep_log
check "the packages came from there" asked "/conda-forge/linux-64/tool-2.0-0.conda 200"
answer="[\"$env/share/act\",\"$env\",\"plain\"]"
expect "run" 0 "{\"predictions\": $answer}" "$program" run "$model" -i "$work/in.json"
expect "exec" 0 "$env/share/act plain" "$program" exec "$model" -- sh -c 'echo "$ACT_HOME $(plain-tool)"'

managed=auto
start
check "serve: its answer is that of run" "$python" -c 'import json, sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
asked = urllib.request.Request("http://127.0.0.1:%s/invocations" % sys.argv[1], open(sys.argv[2], "rb").read(),
                               {"Content-Type": "application/json"})
said = json.load(opener.open(asked))
assert said == {"predictions": json.loads(sys.argv[3])}, said' "$port" "$work/in.json" "$answer"
check "stopped, with 0" stop 0

# ---- nobody is there any more ----
kill "$channels"
wait "$channels" 2>/dev/null
rm -f "$work/log"
expect "run, of the store" 0 "$env" "$program" run "$model" -i "$work/in.json"
start --offline
check "serve, too" stop 0
expect "a lock that is whole in the store" 0 "$env" "$program" create --lock "$work/conda-lock.yml" "$model"
chmod -R u+w "$PYFUNC_ENV_STORE/envs" && rm -rf "$PYFUNC_ENV_STORE/envs"
expect "made again of that" 0 "$env" "$program" create --lock "$work/conda-lock.yml" --offline "$model"
expect "it is the same" 0 "good" "$program" env verify
finish
