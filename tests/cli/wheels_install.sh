#!/bin/sh
# wheels_install.sh - environments made of wheels: as pip makes them, for every kind of file and place
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154
. "${SRCDIR:-.}/tests/cli/tap.sh"
tool=$BUILDDIR/tests/cli/wheel_tool
umask 022
PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_FIND_LINKS=$work/w PIP_DISABLE_PIP_VERSION_CHECK=1
export PIP_CONFIG_FILE PIP_NO_INDEX PIP_FIND_LINKS PIP_DISABLE_PIP_VERSION_CHECK
command -v python3 >/dev/null || skip_all "there is no python3"
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" "$SRCDIR/tests/cli/make_wheels.py" --odd "$work/w"
odd=$work/w/Odd_One-1.0-py3-none-any.whl
site=lib/python$version/site-packages
make() { "$tool" -p "$python" "$@"; }
# All that is there but what every environment has of its own.
list() { # folder, further arguments of find
	folder=$1
	shift
	(cd "$folder" && find . "$@" ! -path '*/__pycache__/*' ! -path './bin/python*' ! -path './bin/[aA]ctivate*' \
		! -path './bin/pip*' ! -path "./$site/pip*" ! -path "./$site/setuptools*" ! -path "./$site/pkg_resources*" ! -path './include/python*' ! -path "./$site/_distutils_hack*" \
		! -path "./$site/distutils-precedence.pth" ! -name pyvenv.cfg ! -name lib64 ! -path ./.gitignore | LC_ALL=C sort)
}

# ---- as pip does it ----
env=$work/env
check "an environment is made" make -b env "$env" "$odd" "$work"/w/part_*.whl
# Pips before the one of 3.8 leave out files that are asked for since.
modern=$("$python" -c 'import sys; print(sys.version_info >= (3, 8))')
if [ "$modern" = True ] && "$python" -m venv "$work/pip" >/dev/null 2>&1; then
	check "pip makes one too" "$work/pip/bin/python" -m pip install -q --no-deps --no-compile Odd_One part_a part_b
	for kind in f d; do
		list "$env" -type $kind >"$work/ours.$kind"
		list "$work/pip" -type $kind >"$work/theirs.$kind"
	done
	check "the same files" diff "$work/theirs.f" "$work/ours.f"
	grep -v __pycache__ "$work/ours.d" >"$work/ours.dirs"
	check "the same folders" diff "$work/theirs.d" "$work/ours.dirs"
	list "$env" -type f -perm -u+x >"$work/ours.x"
	list "$work/pip" -type f -perm -u+x >"$work/theirs.x"
	check "the same of them may be run" diff "$work/theirs.x" "$work/ours.x"
	differ=0
	while read -r file; do
		case $file in
		*/INSTALLER | */RECORD | ./bin/odd | ./bin/odd-2.x | ./bin/odd-window) continue ;;
		esac
		sed "s|$work/pip/|$env/|" <"$work/pip/$file" | cmp -s - "$env/$file" || {
			echo "# $file differs"
			differ=$((differ + 1))
		}
	done <"$work/theirs.f"
	check "with the same contents" test $differ -eq 0
	# The scripts' texts are our own, and so are their digests.
	records() { cat "$1/$site"/*.dist-info/RECORD | tr -d '\r' | grep -v '^\(pip\|setuptools\|pkg_resources\|_distutils_hack\|distutils-precedence\)\|^[./]*bin/pip\|\.data/' |
		sed 's/,sha256=/#/' |
		sed 's,^\([./]*bin/odd[^#]*\|[^#]*INSTALLER\)#.*,\1,' | LC_ALL=C sort; }
	records "$env" >"$work/ours.r"
	records "$work/pip" >"$work/theirs.r"
	check "the same lines of RECORD" diff "$work/theirs.r" "$work/ours.r"
	mkdir "$work/alone" && cp -R "$work/pip/$site/pip" "$work/alone/pip"
	# shellcheck disable=SC2317 # by check and expect
	pip() { "$env/bin/python" -I -B "$work/alone/pip" "$@"; }
	check "pip finds nothing wrong" pip check
	expect "pip lists them" 0 "Odd_One==1.0" pip list --format=freeze
	expect "pip tells who installed it" 0 "Installer: pyfunc-env" pip show -v part_a
else
	echo "# SKIPPED: no pip of our days: not compared with pip"
fi
cat >"$work/look.py" <<'END'
import base64, hashlib, importlib.metadata as metadata, os, sys
site, placed = sys.argv[1], sys.argv[2]
for dist in metadata.distributions(path=[site]):
    for file in dist.files:
        data = file.read_binary()
        if file.hash:
            digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, data).digest()).rstrip(b"=").decode()
            assert (digest, len(data)) == (file.hash.value, file.size), file
        else:
            assert file.name == "RECORD", file
odd = metadata.Distribution.from_name("odd-one")
assert odd.version == "1.0" and odd.read_text("INSTALLER") == "pyfunc-env\n"
assert sorted(e.name for e in odd.entry_points) == ["odd", "odd-2.x", "odd-window", "x"]
top, said = os.path.dirname(placed), {}
for line in open(placed, encoding="utf-8"):
    digest, size, kind, path = line.rstrip("\n").split(" ", 3)
    data = open(os.path.join(top, "env2", path), "rb").read()
    assert base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode() == digest, path
    assert len(data) == int(size) and (kind == "x") == os.access(os.path.join(top, "env2", path), os.X_OK), path
    assert path not in said, path
    said[path] = size
for folder, _, files in os.walk(os.path.join(top, "env2")):
    for file in files:
        path = os.path.relpath(os.path.join(folder, file), os.path.join(top, "env2"))
        own = path == "pyvenv.cfg" or path.startswith(("bin/python", "bin/activate", "lib64"))
        assert own or path in said, path
END
make -b -L env "$work/env2" "$odd" "$work"/w/part_*.whl >"$work/placed"
[ "$modern" = False ] || check "importlib.metadata sees all of it, and the list of what was placed is true" \
	"$env/bin/python" -I -B "$work/look.py" "$env/$site" "$work/placed"
for script in odd odd-2.x odd-window odd-script; do
	expect "$script runs" 0 "main ['a'] $env" "$env/bin/$script" a
done
expect "a shell's script runs" 0 shell "$env/bin/odd-shell"
check "an address is kept, but for its passwords" make \
	-u 'https://me:secret@example.org/w/x.whl#sha256=0' env "$work/direct" "$odd"
sha256=$(sha256sum "$odd" | cut -d' ' -f1)
printf '{"archive_info":{"hash":"sha256=%s","hashes":{"sha256":"%s"}},"url":"https://example.org/w/x.whl"}' \
	"$sha256" "$sha256" >"$work/wanted"
check "as PEP 610 has it" cmp "$work/wanted" "$work/direct/$site/Odd_One-1.0.dist-info/direct_url.json"

# ---- files that come in pieces ----
check "big files, deflated and stored" make env "$work/big" "$work/w/big-1.0-py3-none-any.whl" "$work/w/big_stored-1.0-py3-none-any.whl"
"$python" -c 'print("\n".join(map(str, range(1400000))))' >"$work/big.so"
check "are whole" cmp "$work/big.so" "$work/big/$site/big.so"
check "stored too" cmp "$work/big.so" "$work/big/$site/big_stored.so"
check "with their modes" test "$(stat -c '%a %Y' "$work/big/$site/big.so")" = "555 315532800"
expect "one that RECORD does not have so is refused" 5 "another digest in the archive" make env "$work/big2" "$work/w/big_wrong-1.0-py3-none-any.whl"

# ---- odd places ----
long=$work/"it's a \$place"/$(printf '%0100d' 0)/é
mkdir -p "$(dirname "$long")"
check "a long path with blanks and quotes" make env "$long" "$odd"
expect "a script runs there" 0 main "$long/bin/odd" a
expect "one that was rewritten too" 0 main "$long/bin/odd-script" a
cat >"$work/inside.sh" <<'END'
PATH=/usr/bin:/bin
. "$1/bin/activate"
[ "$VIRTUAL_ENV" = "$1" ] && [ "$(command -v python)" = "$1/bin/python" ] && [ "$(command -v odd)" = "$1/bin/odd" ] || exit 1
. "$1/bin/activate"
deactivate
[ "$PATH" = /usr/bin:/bin ] && [ -z "${VIRTUAL_ENV+x}" ] || exit 1
! command -v deactivate
END
cat >"$work/inside.csh" <<'END'
setenv PATH /usr/bin:/bin
source "$WHERE:q/bin/activate.csh"
if ("$VIRTUAL_ENV" != "$WHERE" || "$PATH" != "${WHERE}/bin:/usr/bin:/bin") exit 1
source "$WHERE:q/bin/activate.csh"
deactivate
if ("$PATH" != "/usr/bin:/bin" || $?VIRTUAL_ENV) exit 1
END
cat >"$work/inside.fish" <<'END'
set -gx PATH /usr/bin /bin
source "$argv[1]/bin/activate.fish"
test "$VIRTUAL_ENV" = "$argv[1]"; and test (command -v odd) = "$argv[1]/bin/odd"; or exit 1
source "$argv[1]/bin/activate.fish"
deactivate
test "$PATH" = "/usr/bin /bin"; or test "$PATH" = /usr/bin:/bin; or exit 1
not set -q VIRTUAL_ENV; and not functions -q deactivate
END
for shell in "sh -eu" "dash -eu" "bash -eu" "zsh -eu" tcsh fish; do
	command -v "${shell%% *}" >/dev/null || continue
	case $shell in tcsh) suffix="csh" ;; fish) suffix="fish" ;; *) suffix="sh" ;; esac
	for where in "$env" "$long"; do
		# shellcheck disable=SC2086
		check "${shell%% *} puts $(basename "$where") first, and leaves it" \
			env WHERE="$where" $shell "$work/inside.$suffix" "$where"
	done
done
check "activate_this.py brings it to a running Python" "$python" -I -B -c \
	'import sys; f = sys.argv[1]; exec(open(f).read(), {"__file__": f}); import odd.cli' "$long/bin/activate_this.py"

# ---- links, copies, byte code ----
check "a file of the cache and of the environment is one" test "$(stat -c %h "$env/$site/odd/data.bin")" -gt 1
check "it cannot be written" test "$(stat -c %a "$env/$site/odd/data.bin") $(stat -c %a "$env/$site/odd/tool.sh")" = "444 555"
check "whatever the umask" sh -c 'umask 077; "$@"' - "$tool" -p "$python" -b env "$work/strict" "$odd"
check "folders are open to all" test -z "$(find "$work/strict/lib" "$work/strict/bin" -type d ! -perm 755)"
check "copies instead" make -b -c env "$work/copy" "$odd"
check "are files of their own, of the same time" test "$(stat -c '%h %Y' "$work/copy/$site/odd/cli.py")" = "1 315532800"
check "clones, or copies where there are none" make -b -C env "$work/clone" "$odd"
check "are files of their own, too" test "$(stat -c %h "$work/clone/$site/odd/data.bin")" -eq 1
make -b -S -L env "$work/named" "$odd" "$work"/w/part_*.whl >"$work/placed_links"
check "links by name" test $? -eq 0
check "lead into the cache" test "$(readlink "$work/named/$site/odd/cli.py" | grep -c "^$PYFUNC_ENV_STORE/wheels/")" -eq 1
check "and are listed as links" grep -q " l $site/odd/cli.py" "$work/placed_links"
expect "which work" 0 main "$work/named/bin/odd"
# A store on a file system that knows no hard links, or no more of them.
fail_at=$BUILDDIR/tests/cli/fail_at
"$fail_at" link=1 true
if [ $? -ne 77 ]; then
	for errno in 1 18 31 95; do # EPERM, EXDEV, EMLINK, EOPNOTSUPP
		check "links are refused with $errno: copies" "$fail_at" link=$errno \
			"$tool" -p "$python" -b env "$work/refused$errno" "$odd"
		check "which are the same" diff -r --exclude=RECORD "$work/copy/$site" "$work/refused$errno/$site"
	done
	expect "any other error is one" 7 "cannot link" "$fail_at" link=5 "$tool" -p "$python" -b env "$work/refused5" "$odd"
else
	skip "the kernel lets nobody make calls fail: no store without links"
fi
if [ -w /dev/shm ] && [ "$(stat -c %d /dev/shm)" != "$(stat -c %d "$work")" ]; then
	shm=$(mktemp -d /dev/shm/pf-wheels.XXXXXX)
	check "another file system: copies" make -b env "$shm/env" "$odd"
	expect "which work" 0 main "$shm/env/bin/odd"
	rm -rf "$shm"
fi
for where in env copy; do
	"$work/$where/bin/python" -I -v -c 'import odd.cli, odd.pure, odd.plat
assert odd.cli.main.__code__.co_filename == odd.cli.__file__, odd.cli.main.__code__.co_filename' 2>"$work/v"
	check "$where: byte code is believed" test "$(grep -c "matches $work/$where/$site/odd/" "$work/v")" -eq 4
	check "$where: and not made anew" test "$(grep -c "wrote.*/odd/" "$work/v")" -eq 0
done
check "no byte code of tests, nor of what is no Python" test \
	"$(find "$env/$site" -name '*.pyc' | grep -c 'bad\.\|tests')" -eq 0
check "compiled once" test "$(find "$PYFUNC_ENV_STORE"/wheels/*/pyc-* -name '*.pyc' -newer "$work/placed" | wc -l)" -eq 0

cat >"$work/broken" <<END
#!/bin/sh
# answers as the interpreter does, and breaks down on a compiler's work
case "\$*" in
*marshal*) kill -s SEGV \$\$ ;;
*base_exe*) "$python" "\$@" | sed "s,^base_exe .*,base_exe $work/broken," ;;
*) exec "$python" "\$@" ;;
esac
END
chmod +x "$work/broken"
expect "a compiler that breaks down costs no more than byte code" 0 "modules are compiled when they are imported" \
	env PYFUNC_ENV_STORE="$work/broken store" "$tool" -b -p "$work/broken" env "$work/plain" "$odd"
check "really" test -z "$(find "$work/plain" "$work/broken store" -name '*.pyc')"

# ---- two of one place ----
expect "two that differ are refused" 5 "clash_a 1.0 and clash_b 1.0 both have $site/clash/__init__.py" \
	make env "$work/clash" "$work"/w/clash_*.whl
expect "or the first is taken, with a warning" 0 "the first one's is taken" \
	make -b -1 env "$work/clash" "$work"/w/clash_*.whl
expect "really" 0 clash_a "$work/clash/bin/python" -I -c 'import clash; print(clash.name)'

# ---- strict, lenient, renamed, damaged ----
old=$work/w/old_one-1.0-py3-none-any.whl
expect "a file that RECORD does not list" 5 'RECORD: "old_one.py" is in the archive and not listed' make get "$old"
check "is taken when asked for" make -l get "$old"
expect "with a warning" 0 'warning: old_one-1.0-py3-none-any.whl: RECORD: "old_one.py" is in the archive and not listed' \
	env PYFUNC_ENV_STORE="$work/lenient store" "$tool" -l get "$old"
"$python" - "$odd" "$work/other" <<'END'
import copy, os, sys, zipfile
# Other bytes than RECORD has the digests of; and a way out of the folder, which nothing forgives.
os.makedirs(sys.argv[2])
source = zipfile.ZipFile(sys.argv[1])
for name, change in (("Odd_One-1.0-py3-none-any.whl", None), ("Odd_One-1.0-1-py3-none-any.whl", "../out.py")):
    with zipfile.ZipFile(os.path.join(sys.argv[2], name), "w", zipfile.ZIP_DEFLATED) as out:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == "odd/cli.py":
                data += b"# more\n"
            out.writestr(copy.copy(member), data)
        if change:
            out.writestr(change, b"")
END
expect "other digests than RECORD has" 5 'RECORD: "odd/cli.py" has another size in the archive' \
	make get "$work/other/Odd_One-1.0-py3-none-any.whl"
expect "are forgiven when asked" 0 'RECORD: "odd/cli.py" has another size in the archive' \
	make -l -b env "$work/forgiven" "$work/other/Odd_One-1.0-py3-none-any.whl"
check "and right in what is installed" "$work/forgiven/bin/python" -I -B -c \
	'import base64, csv, hashlib, sys
for path, digest, size in csv.reader(open(sys.argv[1] + "/Odd_One-1.0.dist-info/RECORD", newline="")):
    data = open(sys.argv[1] + "/" + path, "rb").read()
    assert not digest or digest == "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode(), path' \
	"$work/forgiven/$site"
expect "a way out is not" 5 'has an empty part, "." or ".."' make -l get "$work/other/Odd_One-1.0-1-py3-none-any.whl"
expect "but not in the next strict one" 5 "its RECORD is not complete" make get "$old"
cp "$odd" "$work/other-1.0-py3-none-any.whl"
expect "one that is cached, by another's name" 5 "is the wheel of Odd_One 1.0" make get "$work/other-1.0-py3-none-any.whl"
cached=$(make get "$odd")
chmod u+w "$cached/tree/odd/cli.py" && : >"$cached/tree/odd/cli.py"
rm "$cached"/verified-*
expect "a file cut off before the machine started anew" 0 "is damaged (odd/cli.py): it is made again" make get "$odd"
check "is whole again" make check
truncate -s 100 "$cached/manifest" 2>/dev/null || { chmod u+w "$cached/manifest" && truncate -s 100 "$cached/manifest"; }
expect "a manifest cut off" 0 "is damaged (its manifest): it is made again" make get "$odd"
check "is whole again, too" make check
chmod -R a-w "$PYFUNC_ENV_STORE"
check "a store that is read-only has what it has" make -b env "$work/readonly" "$work"/w/part_*.whl
chmod -R u+w "$PYFUNC_ENV_STORE"

# ---- many at once ----
PYFUNC_ENV_STORE="$work/race store" pids=
export PYFUNC_ENV_STORE
for i in 1 2 3 4 5 6; do
	make -b env "$work/race$i" "$odd" "$work"/w/part_*.whl >"$work/race.out$i" 2>&1 &
	pids="$pids $!"
done
bad=0
for pid in $pids; do wait "$pid" || bad=$((bad + 1)); done
check "six at once all end well" test $bad -eq 0
check "nothing is left in tmp" test -z "$(find "$PYFUNC_ENV_STORE/tmp" -mindepth 1)"
check "and every byte is right" make check
finish
