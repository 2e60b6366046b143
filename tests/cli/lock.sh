#!/bin/sh
# lock.sh - locks written, and installed from: the same bytes anywhere, and nothing but what they name
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317
. "${SRCDIR:-.}/tests/cli/wheels.sh"
set +e
unset PIP_NO_INDEX PIP_FIND_LINKS
"$maker" "$here/make_wheels.py" "$work/wheels"
"$maker" "$here/lock_server.py" "$work" >/dev/null 2>&1 &
server=$!
trap 'status=$?; kill "$server"; chmod -R u+w "$work" 2>/dev/null; rm -rf "$work"; exit $status' EXIT
await "$work/port"
host=127.0.0.1:$(cat "$work/port")
export no_proxy=127.0.0.1 PIP_INDEX_URL="http://$host/simple" PYFUNC_ENV_PYTHON="$python" PYFUNC_ENV_ENV_MANAGER=venv PYFUNC_ENV_STORE="$work/store"
: >"$work/log"
asked() { grep -qF -e "$1" "$work/log"; }
not_asked() { ! asked "$1"; }
sha() { "sha$1sum" "$work/wheels/$2" | cut -d' ' -f1; }
version=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
old=$("$python" -c 'import sys; print(int(sys.version_info < (3, 12)))')

model() { # folder, requirements
	mkdir -p "$1"
	printf 'flavors:\n  python_function:\n    loader_module: alpha\n    env: {virtualenv: python_env.yaml}\n' >"$1/MLmodel"
	printf 'python: %s\nbuild_dependencies: []\ndependencies: [-r requirements.txt]\n' "$version" >"$1/python_env.yaml"
	shift_to=$1
	shift
	printf '%s\n' "$@" >"$shift_to/requirements.txt"
}
# The environment that was printed holds this.
holds() { test -e "$(cat "$work/out")"/lib/python3*/site-packages/"$1"; }
lacks() { ! holds "$1"; }
model "$work/model" alpha 'beta<3'

# ---- written ----
check "a lock is written" ends 0 "$program" lock "$work/model" -o "$work/pylock.toml"
check "to standard output as well" ends 0 "$program" lock "$work/model"
check "the same" cmp "$work/out" "$work/pylock.toml"
check "it holds what was resolved" grep -qF "name = \"beta-2.0-py3-none-any.whl\", url = \"http://$host/files/beta-2.0-py3-none-any.whl\", upload-time = 2024-02-29T12:00:" "$work/pylock.toml"
check "with its size and digest" grep -qF "size = $(stat -c %s "$work/wheels/beta-2.0-py3-none-any.whl"), hashes = { sha256 = \"$(sha 256 beta-2.0-py3-none-any.whl)\" }" "$work/pylock.toml"
check "and what asks for it" grep -qF 'dependencies = [{ name = "beta" }]' "$work/pylock.toml"
check "requirements too" ends 0 "$program" lock "$work/model" -f requirements -o "$work/lock.txt"
check "as pip reads them" grep -qxF "    --hash=sha256:$(sha 256 beta-2.0-py3-none-any.whl)" "$work/lock.txt"
if "$maker" -c 'import tomllib' 2>/dev/null; then
	cat >"$work/look.py" <<'PY'
import sys, tomllib
lock = tomllib.load(open(sys.argv[1], "rb"))
assert lock["lock-version"] == "1.0" and lock["created-by"] and len(lock["environments"]) == 1
names = [p["name"] for p in lock["packages"]]
assert names == sorted(names) and names[:2] == ["alpha", "beta"], names
for p in lock["packages"]:
    wheel, = p["wheels"]
    assert p["version"] and p["index"].endswith("/simple") and len(wheel["hashes"]["sha256"]) == 64
    assert wheel["upload-time"].utcoffset().total_seconds() == 0 and wheel["size"] > 0
PY
	check "Python reads it" "$maker" "$work/look.py" "$work/pylock.toml"
fi
mkdir -p "$work/o ther/home"
cp -R "$work/model" "$work/o ther/m"
for format in pylock requirements; do
	check "$format: the same bytes from another place" ends 0 env HOME="$work/o ther/home" TZ=Asia/Kathmandu LC_ALL=tr_TR.UTF-8 \
		PYFUNC_ENV_STORE="$work/o ther/store" "$program" lock "$work/o ther/m" -f $format
	[ $format = pylock ] && wanted=$work/pylock.toml || wanted=$work/lock.txt
	check "$format: really" cmp "$work/out" "$wanted"
	check "$format: no path of this machine" sh -c '! grep -qF -e "$1" -e "$2" "$3"' - "$work" "${python%/bin/*}" "$wanted"
done
check "a login is not written" ends 0 env PIP_INDEX_URL="http://me:hunter2@$host/guarded" "$program" lock "$work/model"
check "really" sh -c 'grep -qF guarded/files/beta-2.0 "$1" && ! grep -q "hunter2\|me:" "$1"' - "$work/out"
cp "$work/out" "$work/guarded.toml"
check "what nobody tells the digest of is fetched" ends 0 env PIP_INDEX_URL="http://$host/bare" "$program" lock "$work/model"
check "and known" printed "sha256 = \"$(sha 256 beta-2.0-py3-none-any.whl)\""
check "as of a day" ends 0 "$program" lock "$work/model" --as-of 2024-03-01
check "which is told" printed 'as-of = "2024-03-01"'
for format in conda-lock explicit; do
	expect "$format is refused" 2 "$format is for conda packages" "$program" lock "$work/model" -f $format
done
expect "so is what is read alone" 2 "pixi.lock is not written: use pylock" "$program" lock "$work/model" -f pixi.lock
expect "what is no format" 2 "--format must be one of pylock, requirements, json" "$program" lock "$work/model" -f nonsense
expect "an environment that is none" 2 "--env-manager local has none" "$program" lock "$work/model" --env-manager local
cp "$work/pylock.toml" "$work/kept.toml"
model "$work/none" nonexistent
expect "no solution: 6" 6 "nonexistent" "$program" lock "$work/none" -o "$work/kept.toml"
check "and the file is as it was" cmp "$work/pylock.toml" "$work/kept.toml"

# ---- installed from ----
: >"$work/log"
check "created from a lock" ends 0 "$program" create "$work/model" --lock "$work/pylock.toml"
env=$(cat "$work/out")
check "it holds what is locked" holds beta-2.0.dist-info
check "no page of the index was asked for" not_asked /simple/
check "nothing else is in it" sh -c 'test "$(ls -d "$1"/lib/python3*/site-packages/*.dist-info | wc -l)" -eq $((2 + $2))' - "$env" "$old"
check "it keeps a lock of itself" ends 0 "$program" env show "$(basename "$env")"
check "which is named" printed "lock: $env/pylock.toml"
check "and is part of what is verified" ends 0 "$program" env verify
check "made again from it: the same one" ends 0 "$program" create "$work/model" --lock "$env/pylock.toml"
check "really" test "$(cat "$work/out")" = "$env"
sed '/^needs = /d' "$work/pylock.toml" >"$work/without"
check "it is the lock, but for whose it was" cmp "$work/without" "$env/pylock.toml"
check "from requirements: the same one" ends 0 "$program" create "$work/model" --lock "$work/lock.txt"
check "really" test "$(cat "$work/out")" = "$env"
check "a lock is not remembered for the model" ends 0 "$program" --offline create "$work/model"
check "until it was resolved" ends 0 "$program" create "$work/model"
check "by us: the same one" test "$(cat "$work/out")" = "$env"
record=$(find "$PYFUNC_ENV_STORE/locks" -name '*.json' | head -n 1)
check "as JSON" ends 0 "$program" lock --json "$work/model"
cp "$work/out" "$work/lock.json"
check "from that: the same one" ends 0 "$program" create "$work/model" --lock "$work/lock.json"
check "really" test "$(cat "$work/out")" = "$env"
check "from the store's record: the same one" ends 0 "$program" create "$work/model" --lock "$record"
check "really" test "$(cat "$work/out")" = "$env"
# What a venv has of a model with packages of conda.
mkdir "$work/both"
sed 's/env: .*/env: conda.yaml/' "$work/model/MLmodel" >"$work/both/MLmodel"
printf 'dependencies: [python=%s, tool=2, {pip: [alpha, beta<3]}]\n' "${version%.*}" >"$work/both/conda.yaml"
check "of conda's packages" ends 0 "$program" lock "$work/both" --env-manager venv -o "$work/both.toml"
check "created from that" ends 0 "$program" create "$work/both" --lock "$work/both.toml"
both=$(cat "$work/out")
check "as without it" ends 0 "$program" create "$work/both"
check "it is the same one" test "$(cat "$work/out")" = "$both"
chmod -R u+w "$env" && rm -rf "$env"
: >"$work/log"
model "$work/address" "beta @ http://$host/files/beta-2.0-py3-none-any.whl#sha256=$(sha 256 beta-2.0-py3-none-any.whl)"
check "one by its address" ends 0 "$program" create "$work/address"
address=$(cat "$work/out")
check "locked in requirements" ends 0 "$program" lock "$work/address" -f requirements -o "$work/address.txt"
check "from that: the same one" ends 0 "$program" create "$work/address" --lock "$work/address.txt"
check "really" test "$(cat "$work/out")" = "$address"
printf 'beta @ http://%s/files/beta-2.0.zip#subdirectory=in&sha256=%s\n' "$host" "$(sha 256 beta-2.0-py3-none-any.whl)" >"$work/inner.txt"
expect "but not a folder within an archive: 5" 5 "line 1: a folder within an archive is not built here" "$program" create "$work/address" --lock "$work/inner.txt"
cp "$work/inner.txt" "$work/address/requirements.txt"
expect "nor of a model: 6" 6 "beta is a folder within an archive, which is not built here" "$program" create "$work/address"
: >"$work/log"
check "offline, with the wheels at hand" ends 0 "$program" --offline create "$work/model" --lock "$work/pylock.toml"
check "and nothing asked for" test ! -s "$work/log"
expect "offline, with a wheel that is not" 4 "offline" env PYFUNC_ENV_STORE="$work/empty" "$program" --offline create "$work/model" --lock "$work/pylock.toml"
check "with a login that is the user's" ends 0 env PIP_INDEX_URL="http://me:hunter2@$host/guarded" \
	PYFUNC_ENV_STORE="$work/login" "$program" create "$work/model" --lock "$work/guarded.toml"
expect "--lock with no environment" 2 "--lock makes an environment" "$program" run "$work/model" --env-manager local --lock "$work/pylock.toml"
expect "a lock that is not there" 7 "nowhere" "$program" create "$work/model" --lock "$work/nowhere"

case $managers in
*virtualenv*)
	PATH=/usr/bin:/bin:$PATH
	check "made by a driver" ends 0 "$program" create "$work/model" --env-manager virtualenv
	driven=$(cat "$work/out")
	check "it keeps a lock, too" test -s "$driven/pylock.toml"
	check "which is as good" ends 0 "$program" create "$work/model" --lock "$driven/pylock.toml"
	check "and holds the same" holds beta-2.0.dist-info ;;
esac

# ---- refused ----
: >"$work/log"
refused() { # name, what is said, script of sed
	sed "$3" "$work/pylock.toml" >"$work/bad.toml"
	cmp -s "$work/bad.toml" "$work/pylock.toml" && tap 1 "$1: the lock was not changed"
	expect "$1: 5" 5 "$2" "$program" create "$work/model" --lock "$work/bad.toml"
}
refused "a digest of MD5" "has no digest of SHA-256 or better" 's/sha256 = /md5 = /'
refused "no digest" "has no digest of SHA-256 or better" 's/, hashes = {.*} }/ }/'
refused "half a digest" "is no digest" 's/\(sha256 = ".\{32\}\)[^"]*/\1/'
refused "another version of the format" "its lock-version is 2.0" 's/^lock-version.*/lock-version = "2.0"/'
refused "another Python" "it is for Python ==2.7.*" 's/^requires-python = "==3.*/requires-python = "==2.7.*"/'
refused "another platform" "another Python or platform" "s/^environments = .*/environments = [\"sys_platform == 'win32'\"]/"
refused "wheels for another platform" "none of the files of beta is for this interpreter" 's/beta-2.0-py3-none-any/beta-2.0-py3-none-win32/g'
refused "an address on this machine" "is a place of one machine" "s,http://$host,file://$work,"
refused "a path out of the lock's folder" "leaves the lock's folder" "s,url = \"http://$host,path = \"x/../..,"
refused "another project's file" "gamma-1.0-py3-none-any.whl is no file of beta" 's,files/beta-2.0,files/gamma-1.0,'
refused "another version's file" "beta-1.0-py3-none-any.whl is no file of beta 2.0" 's,beta-2.0-py3,beta-1.0-py3,g'
refused "a package in it twice" "beta is locked twice" \
	"\$a [[packages]]\nname = 'Beta'\nversion = '2.0'\ntool.pyfunc-env.hashes = ['sha256:$(printf %064d 0)']"
refused "no TOML" "line 1, column 14: = was expected" 's/^lock-version = /lock-version /'
check "all of it before anything was fetched" test ! -s "$work/log"
refused "another digest" "sha256" "s/$(sha 256 beta-2.0-py3-none-any.whl)/$(sha 256 beta-3.0-py3-none-any.whl)/"
printf 'alpha==1.0\nbeta==2.0\n' >"$work/bare.txt"
expect "requirements without digests: 5" 5 "has no digest" "$program" create "$work/model" --lock "$work/bare.txt"
printf 'alpha==1.0 --hash=sha1:%s\n' "$(sha 1 alpha-1.0-py3-none-any.whl)" >"$work/bare.txt"
expect "with weak ones: 5" 5 "sha256, sha384 or sha512" "$program" create "$work/model" --lock "$work/bare.txt"
printf 'alpha>=1 --hash=sha256:%s\n' "$(sha 256 alpha-1.0-py3-none-any.whl)" >"$work/bare.txt"
expect "with a range: 5" 5 "names no one version" "$program" create "$work/model" --lock "$work/bare.txt"
printf -- '-e .\n' >"$work/bare.txt"
expect "with a folder: 5" 5 "bare.txt" "$program" create "$work/model" --lock "$work/bare.txt"
sed "s/$(sha 256 beta-2.0-py3-none-any.whl)/$(sha 256 beta-3.0-py3-none-any.whl)/" "$work/lock.txt" >"$work/bare.txt"
expect "with a digest that the index has not: 5" 5 "the index has no file of beta 2.0" "$program" create "$work/model" --lock "$work/bare.txt"
printf 'version: 1\nmetadata:\n  content_hash: {}\npackage: []\n' >"$work/conda-lock.yml"
expect "a lock of conda, for a venv: 2" 2 "is a lock of conda packages" "$program" create "$work/model" --lock "$work/conda-lock.yml"
expect "that has nothing: 5" 5 "no conda packages for this platform" "$program" create "$work/model" --env-manager auto --lock "$work/conda-lock.yml"
model "$work/changed" 'alpha>=1' 'beta>2' 'gamma; python_version < "3"' 'delta==1.0'
expect "a stale one: 5" 5 "the model has changed since it was locked: " "$program" create "$work/changed" --lock "$work/pylock.toml"
check "shows what differs" said "beta>2 (requirements.txt, line 2) is locked as 2.0; delta==1.0 (requirements.txt, line 4) is not in it"
check "and what to do" said "make a new lock"
model "$work/satisfied" 'alpha>=1' 'beta!=3'
check "changed, and satisfied all the same" ends 0 "$program" create "$work/satisfied" --lock "$work/pylock.toml"

# ---- every strong digest ----
for bits in 384 512; do
	sed "s/sha256 = \"$(sha 256 beta-2.0-py3-none-any.whl)/sha$bits = \"$(sha $bits beta-2.0-py3-none-any.whl)/" "$work/pylock.toml" >"$work/strong.toml"
	check "SHA-$bits in a pylock" ends 0 "$program" create "$work/model" --lock "$work/strong.toml"
	sed "s/sha256 = \"$(sha 256 beta-2.0-py3-none-any.whl)/sha$bits = \"$(sha $bits beta-3.0-py3-none-any.whl)/" "$work/pylock.toml" >"$work/strong.toml"
	expect "another file's: 5" 5 "is none of the digests it may have" "$program" create "$work/model" --lock "$work/strong.toml"
	printf 'beta==2.0 --hash=sha%s:%s\nalpha==1.0 --hash=sha256:%s\n' $bits "$(sha $bits beta-2.0-py3-none-any.whl)" "$(sha 256 alpha-1.0-py3-none-any.whl)" >"$work/strong.txt"
	check "SHA-$bits in requirements" ends 0 "$program" create "$work/model" --lock "$work/strong.txt"
	mkdir -p "$work/hashed" && model "$work/hashed" "$(cat "$work/strong.txt")"
	check "SHA-$bits in a model's own" ends 0 "$program" create "$work/hashed"
	check "is what is taken" holds beta-2.0.dist-info
	sed -i "s/$(sha $bits beta-2.0-py3-none-any.whl)/$(sha $bits beta-3.0-py3-none-any.whl)/" "$work/hashed/requirements.txt"
	expect "another file's in a model's own: 5" 5 "is none of the digests it may have" "$program" create "$work/hashed"
done

# ---- uv.lock ----
wheel() { printf 'wheels = [{ url = "http://%s/files/%s", hash = "sha256:%s", size = %s }]\n' "$host" "$1" "$(sha 256 "$1")" "$(stat -c %s "$work/wheels/$1")"; }
registry="source = { registry = \"http://$host/simple\" }"
{
	printf 'version = 1\nrevision = 3\nrequires-python = ">=3.6"\n[[package]]\nname = "alpha"\nversion = "1.0"\n%s\n' "$registry"
	printf "dependencies = [\n{ name = \"beta\", version = \"1.0\", marker = \"python_version < '3'\" },\n{ name = \"beta\", version = \"2.0\", marker = \"python_version >= '3'\" },\n]\n"
	wheel alpha-1.0-py3-none-any.whl
	printf '[package.optional-dependencies]\nmore = [{ name = "many-0" }]\nless = [{ name = "many-1" }]\n'
	printf "[[package]]\nname = \"beta\"\nversion = \"1.0\"\nresolution-markers = [\"python_version < '3'\"]\n%s\n" "$registry"
	wheel beta-1.0-py3-none-any.whl
	printf "[[package]]\nname = \"beta\"\nversion = \"2.0\"\nresolution-markers = [\"python_version >= '3'\"]\n%s\n" "$registry"
	wheel beta-2.0-py3-none-any.whl
	for name in many-0 many-1 many-2; do
		printf '[[package]]\nname = "%s"\nversion = "1.0"\n%s\n' $name "$registry"
		wheel "$(echo $name | tr - _)-1.0-py3-none-any.whl"
	done
} >"$work/rootless.lock"
{
	cat "$work/rootless.lock"
	printf '[[package]]\nname = "mine"\nversion = "0"\nsource = { virtual = "." }\ndependencies = [{ name = "alpha", extra = ["more"] }]\n[package.dev-dependencies]\ndev = [{ name = "many-2" }]\n'
} >"$work/uv.lock"
check "a uv.lock" ends 0 "$program" create "$work/model" --lock "$work/uv.lock"
check "the version for this Python" holds beta-2.0.dist-info
check "an extra that is asked for" holds many_0-1.0.dist-info
check "not one that is not" lacks many_1-1.0.dist-info
check "nor what is for development" lacks many_2-1.0.dist-info
model "$work/grouped" 'alpha[less]' many-2==1.0
check "unless the model needs it" ends 0 "$program" create "$work/grouped" --lock "$work/uv.lock"
check "of a group" holds many_2-1.0.dist-info
check "and of an extra" holds many_1-1.0.dist-info
{
	sed '/^\[package.dev-dep/,$d' "$work/uv.lock"
	printf '[package.optional-dependencies]\nold = [{ name = "many-2", version = "1.0" }]\nnew = [{ name = "many-2", version = "2.0" }]\n'
	printf '[[package]]\nname = "many-2"\nversion = "2.0"\n%s\n' "$registry"
	wheel many_2-1.0-py3-none-any.whl
} >"$work/either.lock"
check "of two that exclude each other, the one it needs" ends 0 "$program" create "$work/grouped" --lock "$work/either.lock"
check "really" holds many_2-1.0.dist-info
model "$work/extra" 'alpha[less]'
check "one without a root: what the model needs" ends 0 "$program" create "$work/extra" --lock "$work/rootless.lock"
check "with its extras" holds many_1-1.0.dist-info
check "and no others" lacks many_0-1.0.dist-info
sed 's/source = { registry[^}]*}/source = { git = "https:\/\/h\/r?rev=v1#00" }/' "$work/uv.lock" >"$work/git.lock"
expect "of a repository: 5" 5 "no commit is named" "$program" create "$work/model" --lock "$work/git.lock"
sed 's/^version = 1/version = 2/' "$work/uv.lock" >"$work/new.lock"
expect "of another version: 5" 5 "its version is not 1" "$program" create "$work/model" --lock "$work/new.lock"

# ---- a model that carries one ----
model "$work/carrier" alpha
sed "s,/files/,/elsewhere/,; s/^needs = .*/needs = \"sha256:0\"/" "$work/pylock.toml" >"$work/carrier/pylock.toml"
: >"$work/log"
export PYFUNC_ENV_STORE="$work/carried"
check "a model's own lock counts" ends 0 "$program" create "$work/carrier"
check "and it is said" said "the packages are those of the model's own pylock.toml"
check "what is in it is taken" holds beta-2.0.dist-info
check "from the user's index" asked /files/beta-2.0
check "its addresses are not followed" not_asked /elsewhere/
: >"$work/log"
check "the second time" ends 0 "$program" create "$work/carrier"
check "nothing is asked for" test ! -s "$work/log"
check "with --allow-urls" ends 0 env PYFUNC_ENV_STORE="$work/allowed" "$program" create "$work/carrier" --allow-urls
check "they are" asked /elsewhere/beta-2.0
sed "s/$(sha 256 beta-2.0-py3-none-any.whl)/$(sha 256 beta-1.0-py3-none-any.whl)/" "$work/pylock.toml" >"$work/carrier/pylock.toml"
check "one that does not fit the index" ends 0 "$program" create "$work/carrier"
check "is told" said "the model's own lock is not used: pylock.toml: the index has no file of beta 2.0 with a digest that is locked"
check "and the needs are resolved" holds beta-3.0.dist-info
rm "$work/carrier/pylock.toml"
cp "$work/uv.lock" "$work/carrier/uv.lock"
check "a uv.lock counts as well" ends 0 "$program" create "$work/carrier"
check "really" holds many_0-1.0.dist-info
printf 'alpha\nbeta>2\n' >"$work/carrier/requirements.txt"
check "a stale one" ends 0 "$program" create "$work/carrier"
check "is told, too" said "it does not hold what the model needs: beta>2 (requirements.txt, line 2) is locked as 2.0"
check "and the needs are resolved" holds beta-3.0.dist-info
ln -sf /etc/passwd "$work/carrier/uv.lock"
check "one that leads out of the model is not read" ends 0 "$program" create "$work/carrier"

# ---- source distributions ----
"$maker" "$here/make_sdists.py" "$work/sdists" "$work/outside" 9 && cp "$work/sdists/intree-1.0.tar.gz" "$work/wheels/"
model "$work/source" intree
export PYFUNC_ENV_STORE="$work/built"
check "one of sources" ends 0 "$program" lock "$work/source" -o "$work/source.toml"
check "is named as such" grep -qF "sdist = { name = \"intree-1.0.tar.gz\", url = \"http://$host/files/intree-1.0.tar.gz\"" "$work/source.toml"
check "and built when the lock is installed" ends 0 env PYFUNC_ENV_STORE="$work/anew" "$program" create "$work/source" --lock "$work/source.toml"
check "what it is" holds intree-1.0.dist-info
check "what it needs" holds beta-1.0.dist-info
sed "s/sha256 = \"$(sha 256 intree-1.0.tar.gz)/sha512 = \"$(sha 512 intree-1.0.tar.gz)/" "$work/source.toml" >"$work/strong.toml"
check "known by SHA-512" ends 0 "$program" create "$work/source" --lock "$work/strong.toml"
sed -i "s/$(sha 512 intree-1.0.tar.gz)/$(sha 512 beta-1.0-py3-none-any.whl)/" "$work/strong.toml"
expect "and by another's: 5" 5 "is none of the digests it may have" env PYFUNC_ENV_STORE="$work/third" "$program" create "$work/source" --lock "$work/strong.toml"
expect "not with --no-build: 6" 6 "it has to be built, which is not to be done" env PYFUNC_ENV_STORE="$work/fourth" "$program" create "$work/source" --no-build --lock "$work/source.toml"

# ---- files of this machine ----
unset PIP_INDEX_URL
export PIP_NO_INDEX=1 PIP_FIND_LINKS="$work/wheels" PYFUNC_ENV_STORE="$work/local"
check "of a folder" ends 0 "$program" lock "$work/model" -o "$work/local.toml"
check "it is said" said "come from folders of this machine"
check "and not where" sh -c '! grep -qF "$1" "$2"' - "$work" "$work/local.toml"
check "installed from it" ends 0 "$program" create "$work/model" --lock "$work/local.toml"
check "what is locked" holds beta-2.0.dist-info
expect "where the files are not: 5" 5 "the index has no file of" env PIP_FIND_LINKS= PYFUNC_ENV_STORE="$work/nothing" "$program" create "$work/model" --lock "$work/local.toml"
model "$work/own" ./wheels/gamma-1.0-py3-none-any.whl
mkdir "$work/own/wheels" && cp "$work/wheels/gamma-1.0-py3-none-any.whl" "$work/own/wheels/"
check "a wheel of the model's own" ends 0 "$program" lock "$work/own" -o "$work/own/pylock.toml"
check "by its path in the model" grep -qF 'archive = { path = "wheels/gamma-1.0-py3-none-any.whl"' "$work/own/pylock.toml"
cp "$work/own/pylock.toml" "$work/own.toml"
check "beside the model it counts by itself" ends 0 "$program" create "$work/own"
check "and it is said" said "the packages are those of the model's own pylock.toml"
mv "$work/own/wheels/gamma-1.0-py3-none-any.whl" "$work/gamma.whl"
ln -s "$work/gamma.whl" "$work/own/wheels/gamma-1.0-py3-none-any.whl"
expect "but not a wheel that lies elsewhere" 3 "outside" env PYFUNC_ENV_STORE="$work/fifth" "$program" create "$work/own"
rm "$work/own/wheels/gamma-1.0-py3-none-any.whl" && mv "$work/gamma.whl" "$work/own/wheels/gamma-1.0-py3-none-any.whl"
check "is found from anywhere" ends 0 "$program" create "$work/own" --lock "$work/own.toml"
check "it is there" holds gamma-1.0.dist-info
expect "requirements cannot hold it" 2 "requirements cannot hold gamma" "$program" lock "$work/own" -f requirements
finish
