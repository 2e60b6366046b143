#!/bin/sh
# runner_python.sh - one shared object in every interpreter at hand, and what it lets a model see
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=runner_lib.sh
. "${SRCDIR:-.}/tests/cli/runner_lib.sh"

make_predict plain <<'END'
END

found=0
for python in $(interpreters); do
	version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	run "$python" plain -n 4
	case $version in
	2.* | 3.[0-5])
		check "Python $version is told to be too old" complains 8 \
			"model-code: the model's process ended without an answer: exit status 2" \
			"the interpreter must be CPython 3.6 or newer"
		;;
	*)
		found=$((found + 1))
		check "Python $version answers" answers 0 "[0, 1, 2, 3]"
		;;
	esac
done
[ "$found" -gt 0 ] || skip "no interpreter here that the runner could be tried in"

python=$(some_python) || skip_all "there is no python3"

run "$python" plain -n 2 -r 3
check "one runner answers again and again" answers 0 "[0, 1]
[0, 1]
[0, 1]"

# Folders may have any name.
mkdir "$work/it's \"a\" \$HOME;#
folder"
cp "$PYFUNC_ENV_RUNNER_DIR/_pfr.so" "$work"/it*/
cp -R "$work/plain" "$work/pl'ain \"2\" %s"
odd=$(cd "$work"/it*/ && pwd; echo x)
odd=${odd%?x}
(PYFUNC_ENV_RUNNER_DIR=$odd; run "$python" "pl'ain \"2\" %s" -n 1; echo "$status" >"$work/status")
status=$(cat "$work/status")
check "folders with quotes, blanks and line ends" answers 0 "[0]"

PYTHONPATH=/nonexistent PYTHONHOME=/nonexistent LD_PRELOAD="" PYTHONSTARTUP=/nonexistent \
	run "$python" plain -n 1
check "the caller's PYTHON* mean nothing" answers 0 "[0]"
check "and nothing is said about them" [ ! -s "$work/err" ]

make_predict variables <<'END'
import os
return sorted(k for k in os.environ if k.startswith("TRY_") or k.startswith("PYTHON"))
END
TRY_TOKEN=1 TRY_PASSWORD=1 TRY_SECRET_1=1 TRY_PLAIN=1 TRY_PASSED_TOKEN=1 PYTHONPATH=/ \
	run "$python" variables -P TRY_PASSED_TOKEN -e TRY_SET=1
check "secrets are withheld, but for what is passed" answers 0 \
	'["TRY_PASSED_TOKEN", "TRY_PLAIN", "TRY_SET"]'

make_predict descriptors <<'END'
import os, stat
found = []
for fd in sorted(int(name) for name in os.listdir("/proc/self/fd")):
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        continue
    found.append("socket" if stat.S_ISSOCK(mode) else fd)
return found + [os.read(0, 1)]
END
run "$python" descriptors 9<"$0" 8>"$work/leak"
check "no descriptor of ours but 0, 1, 2 and the socket; nothing to read on 0" answers 0 \
	'[0, 1, 2, "socket", b""]'

make_predict isolated <<'END'
import sys, os
return [os.getcwd() == os.environ["EXPECTED"], "" in sys.path, sys.argv, sys.flags.no_user_site]
END
(cd "$work" && EXPECTED=$(pwd -P) && export EXPECTED && run "$python" isolated; echo "$status" >status)
status=$(cat "$work/status")
check "the user's directory, but not on the path" answers 0 '[true, false, ["-c"], 1]'
run "$python" isolated -e "EXPECTED=$(pwd -P)" -L
check "the local interpreter keeps the user's packages" answers 0 '[true, false, ["-c"], 0]'

make_model configured <<'END'
class Model:
    def __init__(self, *args): self.args = args
    def predict(self, data): return list(self.args)
    def other(self, data, *, params): return [params, len(data)]
def _load_pyfunc(*args): return Model(*args)
END
run "$python" configured -d /some/path
check "a loader is given the path" answers 0 '["/some/path"]'
run "$python" configured -d /some/path -g '{"a": [1, null]}'
check "and the configuration, when there is one" answers 0 '["/some/path", {"a": [1, null]}]'
run "$python" configured -d /some/path -g '{}'
check "but not an empty one" answers 0 '["/some/path"]'
run "$python" configured -p other -n 2
check "another method than predict, with params by keyword" answers 0 '[null, 2]'

make_predict values <<'END'
return [None, True, 1, 2**70, -2**63, 1.5, "\u00e9", b"x", bytearray(b"y"), (1, [2]), {"a": {1: 2, None: 3}}]
END
run "$python" values
check "values of every kind" answers 0 \
	'[null, true, 1, 1180591620717411303424, -9223372036854775808, 1.5, "é", b"x", b"y", [1, [2]], {"a": {"1": 2, "null": 3}}]'

make_model exits <<'END'
import atexit, threading, os, sys
class Model:
    def predict(self, data):
        threading.Thread(target=lambda: print("thread done")).start()
        return len(data)
def _load_pyfunc(path):
    atexit.register(print, "exit function done")
    return Model()
END
run "$python" exits
check "exit functions are run and threads joined" answers 0 3
check "what they print goes to stderr" said "thread done"
check "in time" said "exit function done"

finish
