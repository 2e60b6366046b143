# runner_lib.sh - what the runner_*.sh share: models made on the spot, a driver, checks
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh

driver=${BUILDDIR:-.}/tests/cli/run_driver
export PYFUNC_ENV_RUNNER_DIR="${PYFUNC_ENV_RUNNER_DIR:-${BUILDDIR:-.}/.libs}"
top=$(mktemp -d) || exit 1
trap 'rm -rf "$top"' EXIT
n=0 failed=0

# Every interpreter at hand, one a line: pyenv's and the ones of PATH.
interpreters() {
	for exe in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/*/bin/python /usr/bin/python3 /usr/local/bin/python3; do
		if [ -x "$exe" ]; then printf '%s\n' "$exe"; fi
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
	rm -rf "${top:?}/$1" # byte code of a file of the same size and second would be believed
	mkdir -p "$top/$1/code"
	cat >"$top/$1/code/loader.py"
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

# Runs a model: stdout, stderr and status end up in $top/out, $top/err and $status.
run() { # PYTHON NAME [OPTIONS]
	python=$1 model=$top/$2
	shift 2
	"$driver" -c "$model/code" "$@" "$python" "$model" loader >"$top/out" 2>"$top/err" </dev/null
	status=$?
}

check() { # NAME CONDITION...
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then
		echo "ok $n - $what"
	else
		failed=$((failed + 1))
		echo "not ok $n - $what"
		echo "# status $status"
		sed 's/^/# /' "$top/out" "$top/err"
	fi
}

answers() { # STATUS STDOUT
	[ "$status" = "$1" ] && [ "$(cat "$top/out")" = "$2" ]
}

# The last line but for the hint is the error's.
complains() { # STATUS MESSAGE [HINT]
	[ "$status" = "$1" ] && [ ! -s "$top/out" ] &&
		[ "$(grep '^pyfunc-env: ' "$top/err")" = "pyfunc-env: $2" ] &&
		[ "$(sed -n 's/^  hint: //p' "$top/err")" = "${3:-}" ]
}

says() { # TEXT
	grep -qF "$1" "$top/err"
}

finish() {
	echo "1..$n"
	[ "$failed" = 0 ]
}
