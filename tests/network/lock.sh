#!/bin/sh
# lock.sh - our locks installed by the newest pip and uv, and theirs by us; the same bytes anywhere
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR source=wheels.sh
. "${SRCDIR:-.}/tests/network/wheels.sh"
"$python" -c 'import sys; assert sys.version_info >= (3, 9)' 2>/dev/null || skip_all "no python3 that the newest pip takes"
newest
export PYFUNC_ENV_PYTHON="$python" PYFUNC_ENV_STORE="$work/store"

mkdir -p "$work/model" "$work/project"
printf 'flavors:\n  python_function:\n    loader_module: x\n    env: {virtualenv: python_env.yaml}\n' >"$work/model/MLmodel"
"$python" -c 'import sys; print("python: %d.%d.%d" % sys.version_info[:3])' >"$work/model/python_env.yaml"
printf 'build_dependencies: [wheel]\ndependencies: [-r requirements.txt]\n' >>"$work/model/python_env.yaml"
printf 'requests[socks]\npyyaml>=6\n' >"$work/model/requirements.txt"
list() { "$uv" pip list -q --python "$1/bin/python" --format freeze | LC_ALL=C sort; }
fresh() { rm -rf "$work/env" && "$uv" venv -q --python "$python" "$work/env"; }
pip() { "$work/tools/bin/python" -m pip --python "$work/env/bin/python" "$@"; }
same() { list "$1" >"$work/list" && diff "$work/wanted" "$work/list"; }

check "a pylock is written" ends 0 "$program" lock "$work/model" -o "$work/pylock.toml"
check "and requirements" ends 0 "$program" lock "$work/model" -f requirements -o "$work/lock.txt"
check "the environment of it" ends 0 "$program" create "$work/model" --lock "$work/pylock.toml"
first=$(cat "$work/out")
list "$first" >"$work/wanted"
check "holds what there is to hold" grep -q '^pysocks==' "$work/wanted"
check "resolved: the same one" ends 0 "$program" create "$work/model" --env-manager venv
check "really" test "$(cat "$work/out")" = "$first"
fresh
check "uv pip sync pylock.toml" "$uv" pip sync -q --preview --python "$work/env" "$work/pylock.toml"
check "the same packages" same "$work/env"
fresh
check "uv pip install -r pylock.toml" "$uv" pip install -q --preview --python "$work/env" -r "$work/pylock.toml"
check "the same packages" same "$work/env"
fresh
check "pip install -r pylock.toml" pip install -q -r "$work/pylock.toml"
check "the same packages" same "$work/env"
fresh
check "uv pip install --require-hashes" "$uv" pip install -q --python "$work/env" --require-hashes -r "$work/lock.txt"
check "the same packages" same "$work/env"
fresh
check "pip install --require-hashes" pip install -q --require-hashes -r "$work/lock.txt"
check "the same packages" same "$work/env"

# Theirs: what they made of the same requirements, by themselves.
{
	printf '[project]\nname = "project"\nversion = "0"\nrequires-python = ">=3.9"\ndependencies = [\n'
	sed 's/.*/"&",/' "$work/model/requirements.txt"
	printf '"tomli; python_version < '"'3.0'"'",\n]\n'
} >"$work/project/pyproject.toml"
check "uv lock" "$uv" lock -q --directory "$work/project" --python "$python"
check "uv export" "$uv" export -q --directory "$work/project" --python "$python" --format pylock.toml -o "$work/pylock.uv.toml"
check "uv pip compile" "$uv" pip compile -q --python "$python" --generate-hashes -o "$work/compiled.txt" "$work/model/requirements.txt"
check "pip lock" "$work/tools/bin/python" -m pip lock -q -o "$work/pylock.pip.toml" -r "$work/model/requirements.txt"
fresh
check "uv's own environment" "$uv" pip install -q --python "$work/env" --require-hashes -r "$work/compiled.txt"
list "$work/env" >"$work/wanted"
for lock in project/uv.lock pylock.uv.toml compiled.txt pylock.pip.toml; do
	check "created from $lock" ends 0 "$program" create "$work/model" --lock "$work/$lock"
	check "the same packages" same "$(cat "$work/out")"
done
cp "$work/project/uv.lock" "$work/model/uv.lock"
check "carried by the model" ends 0 "$program" create "$work/model"
check "the same packages" same "$(cat "$work/out")"
check "it was said" said "the packages are those of the model's own uv.lock"

# ---- the same bytes, whoever writes them where ----
example=${SRCDIR:-.}/share/examples/iris/model
umask_was=$(umask)
write() { # ROOT TZ LOCALE UMASK WHERE MODEL FORMAT: from a root that is not there yet, at WHERE in it
	root=$1
	rm -rf "$root" && mkdir -p "$root/home" "$root/tmp" "$root/$5" && cp -R "$example" "$root/$5/model" || return 1
	umask "$4"
	(cd "$root/$5" && exec env HOME="$root/home" TMPDIR="$root/tmp" TZ="$2" LANG="$3" LC_ALL="$3" \
		PYFUNC_ENV_STORE="$root/store" "$program" lock "$6" --as-of 2026-11-22 -f "$7" -o "$root/lock") 2>"$work/err"
	rc=$?
	umask "$umask_was"
	return $rc
}
for format in pylock requirements json; do
	check "the example, $format, from nothing" write "$work/one" UTC C 022 . model $format
	check "and from nothing elsewhere" write "$work/an other/røot" Pacific/Kiritimati tr_TR.UTF-8 077 "my models" \
		"../my models/model/" $format
	check "the same bytes" cmp "$work/one/lock" "$work/an other/røot/lock"
	check "of many packages" test "$(grep -c 'sha256' "$work/one/lock")" -ge "$([ $format = json ] && echo 1 || echo 60)"
	check "no path of this machine" sh -c '! grep -qF -e "$1" -e "$2" "$3"' - "$work" "${python%/bin/*}" "$work/one/lock"
done
finish
