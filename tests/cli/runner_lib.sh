# runner_lib.sh - what the runner_*.sh share: models made on the spot, and a driver of the runner
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${SRCDIR:-.}/tests/cli/tap.sh"
set -u
driver=${BUILDDIR:-.}/tests/cli/run_driver
export PYFUNC_ENV_RUNNER_DIR="${PYFUNC_ENV_RUNNER_DIR:-${BUILDDIR:-.}/.libs}"

# Every interpreter at hand, one a line: pyenv's and the ones of PATH.
interpreters() {
	for exe in "$pythons"/*/bin/python /usr/bin/python3 /usr/local/bin/python3; do
		if [ -x "$exe" ]; then printf '%s\n' "$exe"; fi
	done
}

# Those of them, and of others that are named, that the runner works with: from 3.6 on.
runner_pythons() { # EXE...
	for exe in $(interpreters) "$@"; do
		if "$exe" -c 'import sys; sys.exit(sys.version_info < (3, 6))'; then printf '%s\n' "$exe"; fi
	done
}

# One that the runner can work with: $PYFUNC_ENV_TEST_PYTHON, else the first python3 of /usr.
some_python() {
	if [ -n "${PYFUNC_ENV_TEST_PYTHON:-}" ]; then
		printf '%s\n' "$PYFUNC_ENV_TEST_PYTHON"
	else
		PATH=/usr/bin:/usr/local/bin:/bin command -v python3
	fi
}

# A model's folder NAME, whose loader module `loader` is on standard input.
make_model() { # NAME
	rm -rf "${work:?}/$1" # byte code of a file of the same size and second would be believed
	mkdir -p "$work/$1/code"
	cat >"$work/$1/code/loader.py"
}

# The same, when only predict's body matters: its lines are on standard input.
make_predict() { # NAME
	{
		echo "class Model:"
		echo "    def predict(self, data, params=None):"
		sed 's/^/        /'
		echo "        return list(range(len(data)))"
		echo "def _load_pyfunc(path):"
		echo "    return Model()"
	} | make_model "$1"
}

# Runs a model: stdout, stderr and status end up in $work/out, $work/err and $status.
run() { # PYTHON NAME [OPTIONS]
	python=$1 model=$work/$2 status=0
	shift 2
	"$driver" -c "$model/code" "$@" "$python" "$model" loader >"$work/out" 2>"$work/err" </dev/null || status=$?
}

answers() { # STATUS STDOUT
	echo "status $status"
	[ "$status" = "$1" ] && [ "$(cat "$work/out")" = "$2" ]
}

# The last line but for the hint is the error's.
complains() { # STATUS MESSAGE [HINT]
	echo "status $status"
	[ "$status" = "$1" ] && [ ! -s "$work/out" ] &&
		[ "$(grep '^pyfunc-env: ' "$work/err")" = "pyfunc-env: $2" ] &&
		[ "$(sed -n 's/^  hint: //p' "$work/err")" = "${3:-}" ]
}
