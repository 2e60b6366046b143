#!/bin/sh
# runner_imports.sh - modules found by an environment's list, and by Python where the list cannot know
# SPDX-License-Identifier: Apache-2.0
# shellcheck source-path=SCRIPTDIR source=runner_lib.sh
. "${SRCDIR:-.}/tests/cli/runner_lib.sh"

make_model listed <<'END'
import sys, pack.deep.inner, pack.uncached, pack.stale, pack.moved.elsewhere, pack.unlisted, pack.deep as deep
def how(name):
    module = sys.modules[name]
    assert module.__spec__.name == module.__name__ == name and module.__file__ == module.__spec__.origin
    return type(module.__spec__.loader).__module__ + " " + module.VALUE
class Model:
    def predict(self, data, params=None):
        assert deep.__path__ == [deep.__file__.rpartition("/")[0]] and deep.inner.__package__ == "pack.deep"
        assert deep.inner.__cached__.endswith(".pyc") and deep.inner.__spec__.has_location
        return [how(name) for name in ("pack", "pack.deep", "pack.deep.inner", "pack.uncached", "pack.stale",
                                       "pack.moved", "pack.moved.elsewhere", "pack.unlisted")]
def _load_pyfunc(path):
    return Model()
END
code=$work/listed/code
mkdir -p "$code/pack/deep" "$code/pack/moved/new"
for file in __init__ deep/__init__ deep/inner uncached stale unlisted moved/new/elsewhere; do
	echo "VALUE = '$file'" >"$code/pack/$file.py"
done
printf 'VALUE = "moved"\n__path__ = [__path__[0] + "/new"]\n' >"$code/pack/moved/__init__.py"
echo "raise ImportError('not this one')" >"$code/pack/moved/elsewhere.py"
printf '%s\n' code pack.deep/ pack.deep.inner pack.uncached pack.stale pack.moved/ pack.moved.elsewhere \
	>"$work/listed/imports.txt"

found=0
for python in $(interpreters); do
	version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
	case $version in 2.* | 3.[0-6]) continue ;; esac
	found=$((found + 1))
	find "$work/listed" -name '*.pyc' -delete
	"$python" -m compileall -q "$code"
	rm "$code"/pack/__pycache__/uncached.*
	for file in "$code"/pack/__pycache__/stale.*; do echo "of another Python" >"$file"; done
	# Byte code is not compared with its source: what the source says now does not count.
	echo "VALUE = 'the source'" >"$code/pack/deep/inner.py"
	run "$python" listed -n 1 -i "$work/listed/imports.txt"
	echo "VALUE = 'deep/inner'" >"$code/pack/deep/inner.py"
	check "Python $version: by the list, and otherwise by itself" answers 0 \
		'["_frozen_importlib_external __init__", "_pfr_imports deep/__init__", "_pfr_imports deep/inner", "_pfr_imports uncached", "_pfr_imports stale", "_pfr_imports moved", "_frozen_importlib_external moved/new/elsewhere", "_frozen_importlib_external unlisted"]'
	run "$python" listed -n 1 -i "$work/no such list"
	check "Python $version: without its list, by itself" answers 0 \
		'["_frozen_importlib_external __init__", "_frozen_importlib_external deep/__init__", "_frozen_importlib_external deep/inner", "_frozen_importlib_external uncached", "_frozen_importlib_external stale", "_frozen_importlib_external moved", "_frozen_importlib_external moved/new/elsewhere", "_frozen_importlib_external unlisted"]'
done
[ "$found" -gt 0 ] || skip "no interpreter here that the runner could be tried in"
finish
