#!/bin/sh
# python_rules.sh - which interpreter an environment is made of: exact, substitute, strict, none
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # functions that are called by check
#
# Interpreters of many versions are scripts that say of themselves what is claimed; the real one is
# this machine's, of which environments without packages are made, and no network is used.
. "${SRCDIR:-.}/tests/cli/tap.sh"
system=$(PATH=/usr/bin:/usr/local/bin:/bin command -v python3) || skip_all "there is no python3"
if driver=$(command -v uv); then
	manager=uv
elif "$system" -c 'import ensurepip' 2>/dev/null; then
	manager=virtualenv
else
	skip_all "neither uv nor a python3 with ensurepip is installed"
fi
bash=$(command -v bash) || skip_all "there is no bash, which the interpreters made here need"
stdlib=$("$system" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
minor=$("$system" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
version=$("$system" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
export PYENV_ROOT="$work/pyenv" UV_CACHE_DIR="$work/uv" UV_PYTHON_INSTALL_DIR="$work/none"
export XDG_DATA_HOME="$work/data" UV_PYTHON_DOWNLOADS=never
unset CONDA_EXE MAMBA_ROOT_PREFIX
mkdir -p "$work/bin"
[ "$manager" != uv ] || ln -s "$driver" "$work/bin/uv"
PATH=$work/bin:/usr/bin:/bin

# The standard library, with the wheels of ensurepip where Debian keeps them apart.
mkdir "$work/stdlib"
ln -s "$stdlib"/* "$work/stdlib"
if [ -d /usr/share/python-wheels ] && [ ! -d "$stdlib/ensurepip/_bundled" ]; then
	rm -f "$work/stdlib/ensurepip"
	mkdir "$work/stdlib/ensurepip"
	ln -s "$stdlib"/ensurepip/* "$work/stdlib/ensurepip"
	ln -s /usr/share/python-wheels "$work/stdlib/ensurepip/_bundled"
fi

# An installation that claims VERSION, and is this machine's Python for all else, in a venv too.
make_python() { # FOLDER VERSION
	mkdir -p "$1/bin" "$1/lib"
	[ -e "$1/lib/python$minor" ] || ln -s "$work/stdlib" "$1/lib/python$minor"
	[ -e "$1/lib/python${2%.*}" ] || ln -s "python$minor" "$1/lib/python${2%.*}"
	cat >"$1/bin/python3" <<-END
		#!$bash
		PATH=/usr/bin:/bin
		case "\$*" in *base_exe*) ;; *) exec -a "\$0" $system "\$@" ;; esac
		here=\$(cd "\$(dirname "\$0")/.." && pwd)
		cat <<X
		pyfunc-env python 1
		version $2
		info $(echo "$2" | tr . ' ')
		implementation cpython
		base_prefix \$here
		base_exe \$here/bin/python3
		platform linux-$(uname -m)
		lib lib/python$minor
		end
		X
	END
	chmod 755 "$1/bin/python3"
}
make_model() { # NAME PYTHON
	mkdir -p "$work/$1/code"
	printf 'flavors:\n  python_function:\n    loader_module: one\n    code: code\n' >"$work/$1/MLmodel"
	printf 'python: "%s"\n' "$2" >"$work/$1/python_env.yaml"
	echo '# none' >"$work/$1/requirements.txt"
	echo 'def _load_pyfunc(path): pass' >"$work/$1/code/one.py"
}
create() { # MODEL OPTIONS...
	model=$1
	shift
	"$program" create --offline --env-manager "$manager" "$work/$model" "$@"
}
home_is() { grep -qxF "home = $1" "$(cat "$work/out")/pyvenv.cfg"; }

major=${minor%.*}
for patch in 90 91 93; do make_python "$PYENV_ROOT/versions/$minor.$patch" "$minor.$patch"; done
make_python "$PYENV_ROOT/versions/$major.19.1" "$major.19.1"
make_model real "$version"
make_model exact "$minor.91"
make_model newer "$minor.92"
make_model loose "$minor"
make_model other "$major.18.1"
make_model strange "2.7.18"

expect "the exact version" 0 "" create exact
check "of several" home_is "$PYENV_ROOT/versions/$minor.91/bin"
check "needs no note" silent "asks for python"
expect "strictly, too" 0 "" create exact --strict-python
expect "this machine's own" 0 "" create real --strict-python
check "as it is" home_is "$(dirname "$(realpath "$system")")"
check "with an interpreter in it" "$(cat "$work/out")/bin/python" -I -c 'import sys; assert sys.prefix != sys.base_prefix'
expect "a version that is not there" 0 "" create newer
check "is the newest patch of its minor" home_is "$PYENV_ROOT/versions/$minor.93/bin"
check "with a note" said "note: model asks for python $minor.92; using $minor.93 (pyenv)"
expect "a minor version" 0 "" create loose
check "is its newest patch, too" home_is "$PYENV_ROOT/versions/$minor.93/bin"
check "without a note" silent "asks for python"
expect "strictly a minor version" 0 "" create loose --strict-python
expect "strictly another patch" 6 "model asks for python $minor.92; found $major.19.1, $minor.93, $minor.91, $minor.90" \
	create newer --strict-python
check "says how to go on" said "or leave --strict-python out"
expect "strict by a variable" 6 "model asks for python $minor.92" \
	env PYFUNC_ENV_STRICT_PYTHON=1 "$program" create --offline --env-manager "$manager" "$work/newer"
expect "a minor that is nowhere" 6 "model asks for python $major.18.1; found $major.19.1, $minor.93" create other
check "says how to go on" said "(try --python or --python-mirror)"
expect "the same as JSON" 6 '"class":"no-solution","code":6' create other --json
expect "Python 2" 6 "model asks for python 2.7.18; found" create strange
check "nothing is left over" none "$work/store/tmp" -mindepth 1

# ---- --python decides ----
expect "--python of another patch" 0 "" create exact --python "$PYENV_ROOT/versions/$minor.90/bin/python3"
check "is taken" home_is "$PYENV_ROOT/versions/$minor.90/bin"
check "with a note" said "note: model asks for python $minor.91; using $minor.90 (--python)"
expect "but not strictly" 6 "is $minor.90 (--strict-python refuses it)" \
	create exact --strict-python --python "$PYENV_ROOT/versions/$minor.90/bin/python3"
expect "--python of another minor" 0 "" create other --python "$system"
check "is taken with a warning" said "warning: model asks for python $major.18.1; using $version (--python)"
expect "--python that is not there" 7 "--python: cannot run $work/none" create exact --python "$work/none"

# ---- PATH, and what is no interpreter ----
mkdir -p "$work/pyenv/shims" "$work/wrapped" "$work/broken" "$work/venvs"
# shellcheck disable=SC2016
printf '#!/bin/sh\necho shim >>"$PF_SHIM_LOG"\nexec pyenv exec python3 "$@"\n' >"$work/pyenv/shims/python$major.18"
chmod 755 "$work/pyenv/shims/python$major.18"
cp "$work/pyenv/shims/python$major.18" "$work/wrapped/python$major.18"
printf '#!/bin/sh\nexit 3\n' >"$work/broken/python$major.18"
chmod 755 "$work/broken/python$major.18"
export PF_SHIM_LOG="$work/shim.log"
PATH=$work/pyenv/shims:$work/wrapped:$work/broken:$PATH expect "shims and broken programs on PATH" 6 \
	"model asks for python $major.18.1; found" create other
check "no shim was run" [ ! -e "$work/shim.log" ]
make_python "$work/install" "$major.18.1"
ln -s ../install/bin/python3 "$work/bin/python$major.18"
expect "a link on PATH" 0 "" create other
check "leads to its installation" home_is "$work/install/bin"
rm "$work/bin/python$major.18"
"$work/install/bin/python3" -m venv --without-pip "$work/active" 2>"$work/err" &&
	VIRTUAL_ENV=$work/active expect "an active environment of the version" 0 "" create real &&
	check "its installation is taken, not itself" home_is "$(dirname "$(realpath "$system")")"

# ---- a mirror ----
case $(ldd --version 2>&1) in *musl*) libc=musl ;; *) libc=gnu ;; esac
mkdir -p "$work/mirror" "$work/tree"
mkdir -p "$work/tree/python/lib/python$minor"
(cd "$work/stdlib" && tar -chf - --exclude=__pycache__ --exclude=test --exclude='dist-packages' --exclude=site-packages \
	--exclude='config-*' --exclude=idlelib .) | tar -C "$work/tree/python/lib/python$minor" -xf -
make_python "$work/tree/python" "$major.18.1"
tar -C "$work/tree" -czf \
	"$work/mirror/cpython-$major.18.1+20240101-$(uname -m)-unknown-linux-$libc-install_only.tar.gz" python
expect "offline forbids the mirror" 6 "--offline: the mirror was not asked" create other --python-mirror "$work/mirror"
expect "a Python from the mirror, and an environment of it" 0 "" "$program" create --env-manager "$manager" "$work/other" \
	--python-mirror "$work/mirror"
check "in the store" grep -q "^home = $work/store/pythons/cpython-$major.18.1" "$(cat "$work/out")/pyvenv.cfg"
first=$(cat "$work/out")
expect "found again without the mirror" 0 "" create other
check "the same one" [ "$(cat "$work/out")" = "$first" ]
check "nothing is left over" none "$work/store/tmp" -mindepth 1
finish
