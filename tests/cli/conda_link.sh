#!/bin/sh
# conda_link.sh - environments of conda packages: what is in them, who wins, what is run, and that they are whole
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2046,SC2086,SC2120,SC2154 # lists of files, without blanks
. "${SRCDIR:-.}/tests/cli/tap.sh"
umask 022
here=${SRCDIR:-.}/tests/cli
tool=$BUILDDIR/tests/cli/conda_tool
maker=$(command -v python3) || skip_all "there is no python3"
python=$("$maker" -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$maker" "$here/make_conda.py" "$work/channel" "$python" || skip_all "no packages can be made"
linux=$work/channel/linux-64 noarch=$work/channel/noarch store=$PYFUNC_ENV_STORE
interpreter=$(echo "$linux"/python-*)
all() { echo "$interpreter $linux/libdemo-1.2-h1_1.tar.bz2 $linux/tool-2.0-0.conda $linux/old-0.9-0.tar.bz2 $noarch/pure-1.0-py_0.conda $noarch/data-1.0-0.conda"; }
make() { "$tool" env $(all) "$@"; }

# ---- contents ----
check "an environment is made" ends 0 make
env=$(cat "$work/out")
minor=$(sed 's/.*python-\([0-9]*\.[0-9]*\).*/\1/' <<-END
	$interpreter
END
)
site=$env/lib/python$minor/site-packages
check "below the store" test "${env%/*}" = "$store/envs"
check "its interpreter starts" "$env/bin/python" -c pass
check "a text names it" test "$(cat "$env/etc/demo.conf")" = "prefix = $env
again = $env/share"
check "so does a script" test "$(head -n 1 "$env/bin/tool")" = "#!$env/bin/python$minor -x"
check "and one of old" test "$(cat "$env/bin/old")" = "#!$env/bin/sh"
binary() { "$maker" - "$env" "$here" "$linux" <<-'END'
	import sys
	sys.dont_write_bytecode = True
	sys.path.insert(0, sys.argv[2])
	from make_conda import PLACE
	env, place = sys.argv[1].encode(), PLACE.encode()
	old = b"\x7fELF\0" + place + b"\0" + place + b"/etc/demo.conf:" + place + b"/share\0tail\0"
	less = len(place) - len(env)
	new = b"\x7fELF\0" + env + bytes(less) + b"\0" + env + b"/etc/demo.conf:" + env + b"/share" + bytes(2 * less) + b"\0tail\0"
	with open(env + b"/lib/libdemo.so.1.2", "rb") as f:
	    data = f.read()
	assert len(old) == len(new) and data == new, data
	END
}
check "so does a binary, each string whole" binary
check "links are links" test "$(readlink "$env/lib/libdemo.so")$(readlink "$env/bin/python")" = "libdemo.so.1.2python$minor"
check "noarch modules are where the interpreter looks" test -f "$site/pure/cli.py"
check "with their byte code" test -f "$site/pure/__pycache__/cli.$("$python" -c 'import sys; print(sys.implementation.cache_tag)').pyc"
check "but for tests" none "$site/pure/tests" -name '*.pyc'
check "its script" test "$(head -n 1 "$env/bin/pure-script")" = "#!$env/bin/python"
check "its entry point runs" test "$(PYTHONPATH=$site "$env/bin/pure-run")" = pure
check "what is noarch of another kind" test -f "$env/share/data.txt"
check "byte code of a text that is another one now is left out" none "$env/lib/python$minor/__pycache__" -name 'build_config*'
check "that of others is kept" test -n "$(find "$env/lib/python$minor/__pycache__" -name 'plain*')"
check "what is alike is one file with the cache's" test "$(find "$env/share/data.txt" -links +1)"
check "what is not to be linked is no link" test "$(find "$env/share/old copy.txt" -links 1)"
check "nor what was replaced" test "$(find "$env/etc/demo.conf" -links 1)"
check "the cache's own has the old prefix" grep -q place_for_a_prefix "$store"/conda/*/tree/etc/demo.conf
check "all is read-only" none "$env" -type f -perm /222
check "nothing is left in tmp" none "$store/tmp" -mindepth 1
expect "it is found again" 0 "$env" make
check "with nothing to say" test ! -s "$work/err"
expect "it verifies" 0 good "$program" env verify
chmod u+w "$env/bin/tool" && echo >>"$env/bin/tool"
expect "a change is seen" 5 "bin/tool has" "$program" env verify
expect "and mended" 0 "" make -R || :
check "it is listed" sh -c "\"$program\" env list | grep -q ' 6 '"
expect "with its packages" 0 "  tool 2.0 0" "$program" env show "$(basename "$env")"

meta() { "$maker" - "$env" <<-'END'
	import hashlib, json, os, sys
	env, owned = sys.argv[1], {}
	for name in os.listdir(env + "/conda-meta"):
	    if not name.endswith(".json"):
	        continue
	    with open(env + "/conda-meta/" + name) as f:
	        r = json.load(f)
	    assert name == "%s-%s-%s.json" % (r["name"], r["version"], r["build"]), name
	    for key in ("build_number", "channel", "depends", "constrains", "fn", "sha256", "subdir", "timestamp", "url", "link"):
	        assert key in r, (name, key)
	    assert sorted(r["files"]) == sorted(p["_path"] for p in r["paths_data"]["paths"])
	    for p in r["paths_data"]["paths"]:
	        path = os.path.join(env, p["_path"])
	        assert os.path.lexists(path) and p["_path"] not in owned, p
	        owned[p["_path"]] = name
	        assert (p["path_type"] == "softlink") == os.path.islink(path), p
	        if "sha256_in_prefix" in p and not os.path.islink(path):
	            with open(path, "rb") as f:
	                assert hashlib.sha256(f.read()).hexdigest() == p["sha256_in_prefix"], p
	there = {os.path.relpath(os.path.join(d, n), env) for d, _, names in os.walk(env) for n in names}
	own = {"manifest.json", "imports.txt", "conda-lock.yml", "bin/activate", "bin/activate.csh", "bin/activate.fish", "bin/activate_this.py"} | {n for n in there if n.startswith(("conda-meta/", "verified-"))}
	assert there - own == set(owned), (there - own) ^ set(owned)
	pure = json.load(open(env + "/conda-meta/pure-1.0-py_0.json"))
	kinds = {p["path_type"] for p in pure["paths_data"]["paths"]}
	assert pure["noarch"] == "python" and kinds == {"hardlink", "pyc_file", "unix_python_entry_point"}, kinds
	END
}
rm -rf "$env"
check "made again" ends 0 make
check "conda-meta tells all of it" meta
check "history has them behind what they need" sh -c "grep -n '^+' '$env/conda-meta/history' | grep -A9 libdemo | grep -A9 'python-' | grep -q tool-2.0"

# ---- who has a place ----
expect "of two that claim a place the later one is told of" 0 "clash-a 1.0 takes the place of another package's file, share/clash.txt of clash-b" \
	make "$linux/clash-a-1.0-0.conda" "$linux/clash-b-1.0-0.conda"
check "it has the place, in whatever order they were named" test "$(cat "$(cat "$work/out")/share/clash.txt")" = a
check "and nothing is told of what is the same" sh -c "! grep -q same.txt '$work/err'"
expect "a folder of one and a file of another" 5 "share/data.txt is a folder of folder and a file of data" make "$linux/folder-1.0-0.conda"
expect "a folder of one and a link of another" 5 "share/way is a folder of into and a link of through" \
	make "$linux/into-1.0-0.conda" "$linux/through-1.0-0.conda"
check "nothing is left of those" test "$(find "$store/tmp" -mindepth 1 | wc -l)" -eq 0
expect "no interpreter" 6 "no python is among the packages" "$tool" env "$linux/old-0.9-0.tar.bz2"

# ---- how it is linked ----
for how in -c -C; do
	check "copies ($how)" ends 0 make $how
	copied=$(cat "$work/out")
	check "are files of their own" none "$copied" -type f -links +1
	check "of the same bytes" cmp "$copied/share/data.txt" "$env/share/data.txt"
done
check "by name means links all the same" ends 0 make -S
check "since programs look around where they are" test "$(find "$(cat "$work/out")/share/data.txt" -links +1)"
check "without byte code" ends 0 make -B
check "there is none of ours" none "$(cat "$work/out")/lib/python$minor/site-packages" -name '*.pyc'
"$BUILDDIR/tests/cli/fail_at" 0 28 true >/dev/null
if [ $? -ne 77 ]; then
	rm -rf "$store/envs"
	check "where links are refused" ends 0 "$BUILDDIR/tests/cli/fail_at" link=1 "$tool" env $(all)
	check "files are copied" none "$(cat "$work/out")" -type f -links +1
	rm -rf "$store/envs"
fi
umask 077
rm -rf "$store/envs"
check "with a strict umask" ends 0 make
check "everybody may read" none "$(cat "$work/out")" -mindepth 1 ! -type l ! -perm -0444 ! -name manifest.json ! -name 'verified-*'
umask 022

# ---- activation ----
expect "an activation" 0 "" make "$linux/act-0.1-0.conda"
active=$(cat "$work/out")
told() { "$maker" - "$active" <<-'END'
	import json, sys
	env = sys.argv[1]
	with open(env + "/activation.json") as f:
	    a = json.load(f)
	assert a["path"] == env + "/act/bin", a
	sees = a["set"].pop("ACT_SEES", None) # where the kernel has namespaces for us
	assert sees in ("yes", None), a
	assert a["set"] == {"ACT_VAR": "from json", "ACT_SAID": "from json and more", "ACT_HOME": env + "/share/act",
	                    "ACT_BAKED": env + "/share"}, a
	END
}
check "is written down" told
check "it changed nothing" none "$active" -name act-was-here
expect "it is part of what is verified" 0 good "$program" env verify "$(basename "$active")"
expect "one that fails is a warning" 0 "the scripts that activate the environment fail (exit status 4)" make "$linux/sick-0.1-0.conda"
check "and leaves nothing" none "$(cat "$work/out")" -name activation.json
expect "a package that sets PATH is told of" 0 "a package replaces PATH when it is activated: that is left out" make "$linux/names-0.1-0.conda"
names=$(cat "$work/out")
mkdir "$work/wheels" && "$maker" "$here/make_wheels.py" "$work/wheels"
check "a venv is made" "$BUILDDIR/tests/cli/wheel_tool" -p "$python" env "$work/venv" "$work/wheels/beta-1.0-py3-none-any.whl"
for shell in bash dash; do
	command -v $shell >/dev/null || continue
	# shellcheck disable=SC2016 # the inner shell's own
	check "$shell: what is set twice, or is not to be set, is given back" env PYTHONHOME=before CONDA_DEFAULT_ENV=before $shell -euc '
		path=$PATH
		. "$1/bin/activate"
		[ "$PYTHONHOME $VIRTUAL_ENV" = "/names/home /names/venv" ] && [ "$CONDA_DEFAULT_ENV" = "$1" ]
		[ "$NAMED" = "it'"'\\''"'s named" ] && [ "$PATH" = "$1/bin:$path" ]
		deactivate
		[ "$PYTHONHOME $CONDA_DEFAULT_ENV" = "before before" ]
		[ "$PATH" = "$path" ] && [ -z "${VIRTUAL_ENV+x}${NAMED+x}${CONDA_PREFIX+x}" ]' - "$names"
	# shellcheck disable=SC2016 # the inner shell's own
	check "$shell: a venv after it gives back what it has set, too" $shell -euc '
		path=$PATH
		. "$1/bin/activate"
		. "$2/bin/activate"
		[ "$PATH" = "$2/bin:$path" ] && [ "$VIRTUAL_ENV" = "$2" ]
		[ -z "${CONDA_PREFIX+x}${CONDA_DEFAULT_ENV+x}${ACT_HOME+x}" ]
		. "$1/bin/activate"
		[ "$PATH" = "$1/act/bin:$1/bin:$path" ] && [ -z "${VIRTUAL_ENV+x}" ]
		deactivate
		[ "$PATH" = "$path" ] && [ -z "${CONDA_PREFIX+x}${VIRTUAL_ENV+x}" ]' - "$active" "$work/venv"
done
check "what is unset is no value" sh -c '! grep -q NOT_SET "$1/activation.json" "$1"/bin/activate*' - "$names"
odd=$("$maker" -c 'import json, sys; print(json.load(open(sys.argv[1]))["set"]["ODD"], end="")' "$names/activation.json")
cat >"$work/inside.csh" <<'END'
setenv PATH /usr/bin:/bin
setenv PYTHONHOME 'it'"'"'s $before'
setenv CONDA_DEFAULT_ENV before
source "$NAMES/bin/activate.csh"
if ("$PYTHONHOME $VIRTUAL_ENV" != "/names/home /names/venv" || "$CONDA_DEFAULT_ENV" != "$NAMES") exit 1
if ("$NAMED" != "it's named" || "$PATH" != "${NAMES}/bin:/usr/bin:/bin") exit 2
sh -c '[ "$ODD" = "$EXPECTED" ]' || exit 3
source "$ACTIVE/bin/activate.csh"
if ($?NAMED || $?VIRTUAL_ENV || $?PYTHONHOME || "$ACT_HOME" != "${ACTIVE}/share/act") exit 4
if ("$PATH" != "${ACTIVE}/act/bin:${ACTIVE}/bin:/usr/bin:/bin") exit 5
source "$VENV/bin/activate.csh"
if ($?ACT_HOME || $?CONDA_PREFIX || "$VIRTUAL_ENV" != "$VENV") exit 6
deactivate
if ($?VIRTUAL_ENV || $?ODD || "$CONDA_DEFAULT_ENV" != before || "$PATH" != "/usr/bin:/bin") exit 7
sh -c '[ "$PYTHONHOME" = "it'"'"'s \$before" ]' || exit 8
END
cat >"$work/inside.fish" <<'END'
set -gx PATH /usr/bin /bin
set -gx PYTHONHOME "it's \$before"
set -gx CONDA_DEFAULT_ENV before
source "$NAMES/bin/activate.fish"
test "$PYTHONHOME $VIRTUAL_ENV" = "/names/home /names/venv"; and test "$CONDA_DEFAULT_ENV" = "$NAMES"; or exit 1
test "$NAMED" = "it's named"; and test "$PATH[1]" = "$NAMES/bin"; or exit 2
sh -c '[ "$ODD" = "$EXPECTED" ]'; or exit 3
source "$ACTIVE/bin/activate.fish"
set -q NAMED; or set -q VIRTUAL_ENV; or set -q PYTHONHOME; and exit 4
test "$ACT_HOME" = "$ACTIVE/share/act"; and test "$PATH[1] $PATH[2]" = "$ACTIVE/act/bin $ACTIVE/bin"; or exit 5
source "$VENV/bin/activate.fish"
set -q ACT_HOME; or set -q CONDA_PREFIX; and exit 6
test "$VIRTUAL_ENV" = "$VENV"; or exit 6
deactivate
set -q VIRTUAL_ENV; or set -q ODD; and exit 7
test "$CONDA_DEFAULT_ENV" = before; and test (count $PATH) = 2; or exit 7
test "$PYTHONHOME" = "it's \$before"; or exit 8
END
for shell in "tcsh -f" "fish --no-config"; do
	command -v "${shell%% *}" >/dev/null || continue
	# shellcheck disable=SC2086
	check "${shell%% *} sets all that they set, and gives it back" env HOME="$work" NAMES="$names" ACTIVE="$active" VENV="$work/venv" EXPECTED="$odd" \
		$shell "$work/inside.$(basename "${shell%% *}" | sed s/^t//)"
done
check "so does a Python that is running" env NAMES="$names" EXPECTED="$odd" "$python" -I -B -c 'import os, sys
f = os.environ["NAMES"] + "/bin/activate_this.py"
exec(open(f).read(), {"__file__": f})
assert os.environ["ODD"] == os.environ["EXPECTED"] and os.environ["CONDA_PREFIX"] == os.environ["NAMES"] == sys.prefix
assert os.environ["PATH"].startswith(sys.prefix + "/bin:") and os.environ["NAMED"] == "it\x27s named"'

# ---- once they are linked ----
expect "a script for then is not run" 0 "not run: what linked would run now that it is linked (see --allow-scripts)" make "$linux/linked-0.1-0.conda"
check "really" none "$(cat "$work/out")" -name ran.txt
cp "$(echo "$store"/conda/*/tree/etc/demo.conf)" "$work/demo.conf"
expect "unless it is allowed" 0 "note: a word" make -A "$linux/linked-0.1-0.conda"
linked=$(cat "$work/out")
check "it was" test "$(cat "$linked/share/linked/ran.txt")" = "linked 0.1 0"
check "what it changed" test "$(tail -n 1 "$linked/etc/demo.conf")" = more
check "is not the cache's" cmp "$work/demo.conf" "$(echo "$store"/conda/*/tree/etc/demo.conf)"
expect "and is verified" 0 good "$program" env verify "$(basename "$linked")"
check "it is read-only again" none "$linked" -type f -perm /222
expect "one that fails" 7 "the script bin/.broken-post-link.sh of broken failed (exit status 3)" make -A "$linux/broken-0.1-0.conda"

# ---- digests and places ----
md5=$(md5sum "$linux/tool-2.0-0.conda" | cut -d ' ' -f 1)
sha=$(sha256sum "$linux/tool-2.0-0.conda" | cut -d ' ' -f 1)
rm -rf "$store/envs" "$store/conda/$sha"
expect "a wrong MD5" 5 "its MD5 is $md5" "$tool" env "$interpreter" "$linux/tool-2.0-0.conda#md5:00000000000000000000000000000000"
check "a right one" ends 0 "$tool" env "$interpreter" "$linux/tool-2.0-0.conda#md5:$md5"
check "is remembered" test "$(cat "$store/conda/md5-$md5")" = "$sha"
rm -rf "$store/envs"
expect "so that the file need not be there" 0 "" "$tool" -o env "$interpreter" "$work/gone/linux-64/tool-2.0-0.conda#md5:$md5"
rm -rf "$store/conda/$sha" "$store/conda/md5-$md5"
expect "a wrong SHA-256" 5 "its SHA-256 is $sha" "$tool" env "$interpreter" \
	"$linux/tool-2.0-0.conda#sha256:0000000000000000000000000000000000000000000000000000000000000000"
rm -rf "$store/envs"
expect "a file that is not there" 7 "gone/linux-64/tool-2.0-0.conda" "$tool" env "$interpreter" "$work/gone/linux-64/tool-2.0-0.conda#md5:$md5"
expect "offline" 4 "offline, and tool-2.0-0.conda is not at hand" "$tool" -o env "$interpreter" \
	"http://127.0.0.1:1/linux-64/tool-2.0-0.conda#md5:$md5"
cp "$linux/libdemo-1.2-h1_1.tar.bz2" "$linux/other-1.2-h1_1.tar.bz2"
expect "the package of another name" 5 "other-1.2-h1_1.tar.bz2 is the package libdemo-1.2-h1_1" \
	"$tool" env "$interpreter" "$linux/other-1.2-h1_1.tar.bz2"
mkdir -p "$work/moved/noarch"
cp "$linux/tool-2.0-0.conda" "$work/moved/noarch/"
expect "of another platform" 5 "is a package for linux-64, not noarch" "$tool" env "$interpreter" "$work/moved/noarch/tool-2.0-0.conda"

# A link of the first part that leads nowhere yet, and out once the second one is there.
"$maker" - "$here" "$work/channel" <<-'END'
	import sys, zipfile
	sys.path.insert(0, sys.argv[1])
	from make_conda import Package, zstd
	p = Package("sly", "1.0")
	info = [("info/" + name, text.encode(), 0o644, None) for name, text in p.texts()]
	info += [("k/s", b"", 0o777, ".."), ("way", b"", 0o777, "k/s/k/s/q/../../../../outside")]
	files = [("q/x", b"x", 0o644, None), ("way/evil", b"x", 0o644, None)]
	with zipfile.ZipFile(sys.argv[2] + "/linux-64/sly-1.0-0.conda", "w") as z:
	    z.writestr("metadata.json", '{"conda_pkg_format_version": 2}')
	    z.writestr("pkg-sly-1.0-0.tar.zst", zstd(p.tar(files)))
	    z.writestr("info-sly-1.0-0.tar.zst", zstd(p.tar(info)))
END
expect "the second part is not written through links of the first" 5 "sly-1.0-0.conda" "$tool" env "$interpreter" "$linux/sly-1.0-0.conda"
check "nothing is outside" none "$work" -name 'outside*'
check "nor evil" none "$work" -name evil

# ---- several at once ----
for round in 1 2 3; do
	rm -rf "$store/envs" "$store/conda"
	for i in 1 2 3 4; do
		make >"$work/out.$i" 2>"$work/err.$i" &
		eval "pid$i=\$!"
	done
	bad=0
	for i in 1 2 3 4; do
		eval "wait \$pid$i" || { bad=$((bad + 1)); sed "s/^/# $i: /" "$work/err.$i"; }
	done
	check "four at once: all end well ($round)" test $bad -eq 0
	check "with one answer" test "$(cat "$work"/out.? | sort -u | wc -l)" -eq 1
done
check "and the cache is whole" "$tool" check

# ---- what is not needed goes ----
check "the cache has a size" sh -c "\"$program\" cache size | grep -q '^conda  *[1-9]'"
ends 0 make "$linux/act-0.1-0.conda"
"$program" env rm "$(basename "$active")" >/dev/null
find "$store/conda" -mindepth 2 -maxdepth 2 -name manifest -exec touch -d '40 days ago' {} +
expect "one package that no environment is made of is removed" 0 "removed 1 conda" "$program" cache prune
check "the environment is whole" sh -c "\"$program\" env verify | grep -q good"
check "and made again without its files" ends 0 make
finish
