#!/bin/sh
# sdist.sh - real source distributions, of every kind of backend: built as pip builds them
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2317
# shellcheck source-path=SCRIPTDIR/../cli source=tap.sh
. "${SRCDIR:-.}/tests/cli/tap.sh"
to_the_index
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
tool=$BUILDDIR/tests/cli/envtool
python=${PYFUNC_ENV_TEST_PYTHON:-python3}
python=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
"$python" -c 'import ensurepip' 2>/dev/null || skip_all "there is no python3 with ensurepip"
make() { "$tool" -m venv -p "$python" "$@"; }

# What is installed, as Python itself tells it: metadata less what each build writes as it likes, and files.
cat >"$work/describe.py" <<'PY'
import importlib.metadata, sys
dist = importlib.metadata.distribution(sys.argv[1])
skipped = {"Metadata-Version", "Dynamic", "License-File", "Description-Content-Type"}
for key, value in sorted((k, v) for k, v in dist.metadata.items() if k not in skipped):
    print(key, repr(" ".join(value.split())))
print(sorted(str(e) for e in dist.entry_points))
for path in sorted(str(f) for f in dist.files):
    if ".dist-info" not in path and "__pycache__" not in path:
        print(path)
PY

# An old one of setup.py alone, backends of four kinds, and one in C.
while read -r project version module; do
	printf 'r %s==%s\n' "$project" "$version" >"$work/needs"
	export PIP_NO_BINARY="$project"
	check "$project $version" ends 0 make create "$work/needs"
	env=$(cat "$work/out")
	check "$project: was built" said "building $project"
	check "$project: imports" "$env/bin/python" -I -c "import $module"
	"$python" -m venv "$work/pip-$project"
	check "$project: pip builds it, too" "$work/pip-$project/bin/python" -I -m pip install -q "$project==$version"
	"$env/bin/python" -I "$work/describe.py" "$project" >"$work/ours" 2>&1
	"$work/pip-$project/bin/python" -I "$work/describe.py" "$project" >"$work/theirs" 2>&1
	check "$project: it is the same" diff "$work/theirs" "$work/ours"
	check "$project: offline, once more" ends 0 make -o -B create "$work/needs"
	check "$project: without a build" silent "building $project"
	rm -rf "$work/pip-$project"
done <<END
docopt 0.6.2 docopt
termcolor 2.4.0 termcolor
idna 3.7 idna
tomlkit 0.12.5 tomlkit
iniconfig 2.0.0 iniconfig
wrapt 1.16.0 wrapt._wrappers
END
finish
