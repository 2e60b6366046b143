#!/bin/sh
# auto.sh - the manager that nobody named: from a model to its environment by this program alone
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/wheels.sh"
"$maker" "$here/make_wheels.py" "$work/wheels"
model=$work/model
mkdir -p "$model/code" "$work/poison"
printf 'flavors:\n  python_function:\n    loader_module: one\n    code: code\n    env:\n      virtualenv: python_env.yaml\n' >"$model/MLmodel"
printf 'python: "%s"\nbuild_dependencies:\n- setuptools==80.0\ndependencies:\n- -r requirements.txt\n' \
	"$("$python" -c 'import platform; print(platform.python_version())')" >"$model/python_env.yaml"
echo 'alpha==1.0' >"$model/requirements.txt"
printf 'import alpha\ndef _load_pyfunc(path):\n    raise OSError("alpha is from " + alpha.__file__)\n' >"$model/code/one.py"

# Whoever is asked for help leaves a mark.
for name in uv uvx pip pip3 pipx virtualenv python python2 conda mamba micromamba poetry; do
	printf '#!/bin/sh\necho "%s $*" >>"%s/called"\nexit 97\n' "$name" "$work" >"$work/poison/$name"
	chmod +x "$work/poison/$name"
done
PATH=$work/poison:/usr/bin:/bin
make() { "$program" create "$model" --python "$python" "$@"; }

expect "the poison works" 97 "" uv --version
check "it leaves a mark" grep -q "uv --version" "$work/called"
rm -f "$work/called"
expect "an environment" 0 "" make
env=$(cat "$work/out")
check "no other program made it" test ! -e "$work/called"
check "as it was told" said "resolving 2 requirements"
check "which holds the packages" "$env/bin/python" -I -c 'import alpha, beta'
expect "the model finds them there" 8 "alpha is from $env/lib/" \
	"$program" run "$model" --python "$python" -i "$model/MLmodel" -t csv
check "still no other program" test ! -e "$work/called"

# What is run at all is the interpreter, and none of its own installers.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	expect "watched by strace" 0 "" env PYFUNC_ENV_STORE="$work/traced" strace -f -qq -s 4096 -e trace=execve -o "$work/trace" \
		"$program" create "$model" --python "$python"
	check "the interpreter was started" grep -q 'execve("[^"]*python[^"]*".*= 0' "$work/trace"
	check "nothing but the program and the interpreter" sh -c '! sed -n "s/.*execve(\"\([^\"]*\)\".*= 0\$/\1/p" "$1" |
		grep -vE "/(pyfunc-env|lt-pyfunc-env|python[0-9.]*)\$"' - "$work/trace"
	check "and no installer of Python's" sh -c '! grep -wE "\"(pip|ensurepip|venv|virtualenv|uv)\"|pip[^ ]*\.whl|/pip\"" "$1"' - "$work/trace"
else
	skip "strace cannot be used here: only names on PATH are watched"
fi

expect "named or not, it is the same" 0 "" make --env-manager venv
check "environment" test "$(cat "$work/out")" = "$env"
check "and the same record" silent "resolving"

echo 'demo @ git+https://127.0.0.1:9/demo@0123456789abcdef0123456789abcdef01234567' >"$model/requirements.txt"
expect "a repository that is not there" 4 "https://127.0.0.1:9/demo: cannot be fetched" make --allow-urls
echo 'git+https://127.0.0.1:9/demo' >"$model/requirements.txt"
expect "without a name" 3 "use --env-manager uv or virtualenv" make --allow-urls
printf 'alpha==1.0\ngit+https://127.0.0.1:9/demo#egg=demo ; python_version < "3"\n' >"$model/requirements.txt"
expect "where it is not for this Python it is not missed" 0 "" make --allow-urls
check "nobody was asked" test ! -e "$work/called"
finish
