#!/bin/sh
# model_files.sh - a stranger's model files: what is read, what is refused, and how it is told
# SPDX-License-Identifier: Apache-2.0
. "${SRCDIR:-.}/tests/cli/tap.sh"
python=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || skip_all "there is no python3"
model=$work/model
flavor='flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n    python_version: 3.11.7\n'

mlmodel() { # more lines
	rm -rf "$model"
	mkdir "$model"
	printf "$flavor$1" >"$model/MLmodel"
}
whole() { # the text
	rm -rf "$model"
	mkdir "$model"
	printf -- "$1" >"$model/MLmodel"
}
conda() {
	mlmodel '    env: conda.yaml\n'
	printf -- "$1" >"$model/conda.yaml"
}
pyenv() {
	mlmodel '    env:\n      virtualenv: python_env.yaml\n'
	printf -- "$1" >"$model/python_env.yaml"
}
pip() {
	mlmodel ''
	printf -- "$1" >"$model/requirements.txt"
}
deps() { timeout 5 "$program" deps "$model" "$@"; }
create() { timeout 5 "$program" create "$model" --offline --python "$python"; }

# ---- MLmodel ----
mkdir "$model"
expect "no MLmodel" 3 "MLmodel" deps
whole 'flavors:\n  sklearn:\n    a: 1\n'
expect "another flavor" 3 "no python_function flavor (its flavors: sklearn)" deps
mlmodel '    loader_module: os\n'
expect "a key twice" 3 'line 5, column 5: the key "loader_module" is here a second time, first on line 3' deps
mlmodel 'x: &x [*x]\n'
expect "an alias inside itself" 3 "the alias *x stands inside its own anchor" deps
mlmodel "x: $(printf '%0100d' 0 | tr 0 '[')\n"
expect "too deep" 9 "nested deeper than 64 levels" deps
mlmodel 'x: a\000b\n'
expect "a NUL" 3 "a NUL byte" deps
mlmodel 'x: !!python/object/apply:os.system [id]\n'
expect "a tag of a language" 3 "is not read here" deps
whole 'a: 1\n---\nb: 2\n'
expect "two documents" 3 "a second document" deps
whole 'flavors:\n  python_function:\n    loader_module: os; id\n'
expect "a loader that is code" 3 'loader_module is "os; id"' deps
for key in model_path code data env; do
	mlmodel "    $key: ../../etc\n"
	expect "$key leaves the model" 3 "leaves the model: ../../etc" deps
done
mlmodel '    model_path: data\n'
ln -s /etc "$model/data"
expect "a link out of the model" 3 "data" deps
mlmodel '    model_path: data\n'
mkdir "$model/inside"
ln -s inside "$model/data"
echo 'alpha==1.0' >"$model/requirements.txt"
expect "a link inside it" 0 "alpha==1.0" deps
rm -rf "$model"; mkdir -p "$model/MLmodel"
expect "a folder" 3 "MLmodel" deps
rm -rf "$model"; mkdir "$model"; mkfifo "$model/MLmodel"
expect "a FIFO does not block" 3 "MLmodel" deps
rm -rf "$model"; mkdir "$model"
if mknod "$model/MLmodel" c 1 5 2>"$work/err"; then
	expect "a device does not block" 3 "MLmodel" deps
else
	echo "# SKIPPED: devices cannot be made here"
fi
if plain_works "$work"; then
	for file in MLmodel requirements.txt conda.yaml python_env.yaml; do
		mlmodel '    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n'
		printf 'dependencies:\n- python=3.11\n' >"$model/conda.yaml"
		echo 'python: 3.11.7' >"$model/python_env.yaml"
		echo 'alpha==1.0' >"$model/requirements.txt"
		expect "readable" 0 "alpha==1.0" plain "$program" deps "$model"
		chmod 000 "$model/$file"
		for command in "deps -f json" diff create; do
			# shellcheck disable=SC2086 # a command and its option
			expect "$file unreadable: $command" 7 "$file: Permission denied" plain timeout 5 "$program" $command "$model"
		done
		chmod 644 "$model/$file"
	done
	chmod 000 "$model"
	expect "the folder unreadable" 7 "Permission denied" plain "$program" deps "$model"
	chmod 755 "$model"
fi
mlmodel "signature:\n  inputs: '[{'\n"
expect "a signature that is no JSON" 3 "signature inputs: line 1, column" deps
mlmodel "signature:\n  inputs: '[{\"name\": \"a\", \"type\": \"quaternion\"}]'\n"
expect "an unknown type" 3 'signature inputs[0]: unknown type "quaternion"' deps

# ---- conda.yaml, python_env.yaml ----
conda 'dependencies:\n- pip:\n  - "a==1; curl x | sh"\n'
expect "shell text" 3 "conda.yaml, line 3: expected a marker" create
conda 'dependencies:\n- pip:\n  - --index-url=http://h/s\n'
expect "an index" 3 "a model may not choose package indexes" create
expect "is printed by deps" 0 "asks for more than packages" deps
conda 'dependencies:\n- pip:\n  - -r /etc/passwd\n'
expect "a file outside" 3 "no file beneath the model's directory: -r /etc/passwd" create
conda 'channels: ["file:///etc"]\ndependencies:\n- numpy\n'
expect "a local channel" 3 "a model may not name places outside itself: channel" create
conda 'channels: ["file:///etc"]\ndependencies:\n- pip:\n  - -r /etc/passwd\n'
expect "unless the user names others" 3 "no file beneath the model's directory" \
	"$program" create "$model" --offline --python "$python" --channel conda-forge --channel /srv
expect "or lets the model choose" 3 "no file beneath the model's directory" \
	"$program" create "$model" --offline --python "$python" --allow-model-index
conda 'dependencies:\n- python=3.10\n- python=3.11\n'
expect "two Pythons" 6 "asks for Python twice: python=3.10 on line 2, python=3.11 on line 3" create
conda 'prefix: /usr\nname: ../../evil\ndependencies:\n- pip:\n  - alpha==1.0\n'
expect "prefix and name are labels" 0 "alpha==1.0" deps
conda 'channels: ["https://me:hunter2@h/c", "https://h/t/tk-hunter2/c"]\ndependencies:\n- pip:\n  - alpha==1.0\n'
for command in "deps --json" "deps -f conda" "diff --fail-on never --json" "diff --fail-on never" "scan"; do
	"$program" ${command%% *} "$model" ${command#"${command%% *}"} >"$work/told" 2>&1 </dev/null
	check "no secret in $command" sh -c '! grep -q hunter2 "$1"' - "$work/told"
done
conda 'dependencies:\n- libsig=1.0\n- python=3.11\n'
expect "a version is no secret" 0 '"conda":["libsig=1.0"]' deps --json
conda 'channels: ["https://me:hunter2@h/c", "https://h/t/tk-hunter2/c"]\ndependencies:\n- pip:\n  - alpha==1.0\n'
create >"$work/told" 2>&1
check "no secret in create, nor in the store" sh -c '! grep -rq hunter2 "$@"' - "$work/told" "$work/store"
pyenv 'python: ">=3.8"\n'
expect "a range is no version" 3 'python is ">=3.8", where one version is wanted' deps
pyenv 'python: 3.10\ndependencies:\n- alpha==1.0\n'
expect "3.10 stays 3.10" 0 '"python":"3.10"' deps --json
mlmodel '    env:\n      conda: conda.yaml\n      virtualenv: python_env.yaml\n'
printf 'dependencies:\n- python=3.9.1\n' >"$model/conda.yaml"
printf 'python: 3.10.4\n' >"$model/python_env.yaml"
expect "two files that disagree: the first counts" 0 '"python":"3.10.4"' deps --json
expect "and it is told" 0 "3.9.1" deps --json

# ---- requirements.txt ----
pip '-r requirements.txt\n'
expect "a file that includes itself" 3 "includes itself" deps
# shellcheck disable=SC2088 # it is not to be expanded
for line in '--no-binary :all:' '-e .' 'x @ file:///etc/passwd' 'x @ git+ext::sh' '~/x.whl' 'x @ https://${U}@h/x.whl' \
	'--find-links /tmp' 'x @ http://h/x-1-py3-none-any.whl'; do
	mlmodel ''
	printf '%s\n' "$line" >"$model/requirements.txt"
	expect "$line" 3 "pyfunc-env: malformed: requirements.txt, line 1: " create
done
mlmodel ''
printf 'nu\033[2Kmpy==1\n' >"$model/requirements.txt"
expect "escapes are shown" 3 'nu\x1b[2Kmpy==1' deps
printf 'x==1\nx==2\n' >"$model/requirements.txt"
expect "two pins" 6 "x==1 (requirements.txt, line 1) and x==2 (requirements.txt, line 2) cannot both hold" create
printf 'a==1 --hash=md5:d41d8cd98f00b204e9800998ecf8427e\n' >"$model/requirements.txt"
expect "a weak digest" 3 "--hash takes sha256, sha384 or sha512" deps
printf 'x==1; %s\n' "$(printf '%0200d' 0 | tr 0 '(')" >"$model/requirements.txt"
expect "parentheses" 9 "more than 64 nested parentheses" deps
finish
